"""The small feeds of England: registers, lists and all that others count.

Belongs here: which feeds there are, and how those of the commissioners come into one file. Does not belong here: what
stands in them, which is that of the ordinary sample. Ledgers and savings are left out: they are one body's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ..contract_feeds import write_contracts
from ..experience_feeds import write_experience
from ..performance_feeds import performance_rows, rows_csv
from ..practice_feeds import lists, registers, weighted_lists
from ..published_feeds import write_published
from ..quality_feeds import write_quality
from ..risk_feeds import write_risks
from .areas import Area, country

Row = Sequence[object]


def write_small(folder: Path, areas: Sequence[Area], month: date) -> None:
    """Write the small feeds of a month; the published indicators only where its ePACT2 export is there."""
    world = country(tuple(areas))
    files = registers(world, month) | lists(world, [month]) | weighted_lists(world, [month])
    files["succ.csv"] = b"".join(registers(area.world, month)["succ.csv"] for area in areas)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    _write_waits(folder, areas, month)
    write_contracts(folder, world, month, month)
    write_risks(folder, month, month, world.description.setting.codes)
    write_quality(folder, world, month, month)
    write_experience(folder, world, month, month)
    if any(folder.glob(f"ePACT2_age_band_{month:%Y%m}.csv*")):
        write_published(folder, world, month, month)


def _write_waits(folder: Path, areas: Sequence[Area], month: date) -> None:
    """The national waiting times, each commissioner at its own hospitals."""
    tables: dict[str, list[list[Row]]] = {}
    for area in areas:
        for name, rows in performance_rows(area.world, month).items():
            tables.setdefault(name, []).append(list(rows))
    for name, parts in tables.items():
        rows_of_all = [row for _, *rows in parts for row in rows]
        (folder / name).write_bytes(rows_csv([parts[0][0], *_summed(rows_of_all)]))


def _summed(rows: Sequence[Row]) -> list[Row]:
    """The rows, one of those that differ in numbers alone (of shared hospitals, and totals); totals come last."""
    sums: dict[tuple[object, ...], list[int]] = {}
    for row in rows:
        key = tuple(None if isinstance(cell, int) else cell for cell in row)
        numbers = [cell for cell in row if isinstance(cell, int)]
        sums[key] = [one + other for one, other in zip(sums[key], numbers, strict=True)] if key in sums else numbers
    found: list[Row] = []
    for key, numbers in sums.items():
        left = iter(numbers)
        found.append([next(left) if cell is None else cell for cell in key])
    return sorted(found, key=lambda row: row[0] == "TOTAL")
