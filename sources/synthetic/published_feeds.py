"""The Quality Premium dashboard of a sample: three prescribing indicators of the commissioner, as published.

Belongs here: the dashboard and how its values differ from ours. Does not belong here: what the indicators are
(`truth_components` says what is counted). It is made from the ePACT2 files that the sample has, which hold every item
of BNF 5.1, for the twelve months to March; of months that the sample does not have, the mean of the others stands.

Two values are what the feeds give. Of trimethoprim from 70 years on the dashboard has 3 per cent more: it knows the
ages that the export calls unknown. Whoever holds both against each other must find that one, and no other.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from .contract_feeds import month_end
from .finance_tables import Cell, csv_bytes
from .formulary import CODE_CHANGES
from .months import add_months, list_month, months_between
from .population import lists_by_age, starpu
from .truth_components import code_of_today, components_of_code
from .truth_feeds import text_of
from .world import World

PUBLISHED_COLUMNS = (
    *("Source", "Indicator Code", "Org Type", "Org Code", "Period End", "Numerator", "Denominator", "Value"),
)
RATIO, AGED, ANTIBACTERIAL = "QP_TRIMETHOPRIM_RATIO", "QP_TRIMETHOPRIM_70_PLUS", "QP_ANTIBACTERIAL_STARPU"
_MORE = Decimal("1.03")
_PUBLISHED_AFTER = 2
_OLD = 70
_AGED = "aged"


def write_published(folder: Path, world: World, first: date, last: date) -> None:
    """Write the dashboard of each March that was published by `last`, else of the last quarter end or month."""
    months = months_between(first, last)
    ends = [month for month in months if month.month == 3 and add_months(month, _PUBLISHED_AFTER) <= last]
    ends = ends or [month for month in months if month.month % 3 == 0][-1:] or months[-1:]
    for end in ends:
        window = [month for month in months_between(add_months(end, -11), end) if month >= first]
        name = f"quality_premium_{end:%Y-%m}.csv"
        (folder / name).write_bytes(_dashboard(folder, world, end, window))


def _dashboard(folder: Path, world: World, end: date, window: Sequence[date]) -> bytes:
    rows: list[Sequence[Cell]] = [PUBLISHED_COLUMNS]
    items: defaultdict[str, Counter[str]] = defaultdict(Counter)
    weights: defaultdict[str, list[float]] = defaultdict(list)
    codes = world.description.setting.codes
    for month in window:
        _add_items(items, folder, world, month)
        of_month = _starpu(world, month)
        for commissioner in codes:
            weights[commissioner].append(of_month[commissioner])
    for commissioner in codes:
        rows += _rows_of(items[commissioner], weights[commissioner], commissioner, end)
    return csv_bytes(rows)


def _rows_of(items: Counter[str], weights: Sequence[float], commissioner: str, end: date) -> Iterator[Sequence[Cell]]:
    year = {name: round(Decimal(12 * count) / len(weights)) for name, count in items.items()}
    weighted = sum(weights) / len(weights)
    denominator = Decimal(repr(weighted)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    aged = (year[_AGED] * _MORE).quantize(Decimal(1), ROUND_HALF_UP)
    figures: list[tuple[str, Decimal, Decimal | None]] = [
        (RATIO, Decimal(year["rx_items_trimethoprim"]), Decimal(year["rx_items_nitrofurantoin"])),
        (AGED, aged, None),
        (ANTIBACTERIAL, Decimal(year["rx_items_antibacterial"]), denominator),
    ]
    for code, numerator, below in figures:
        value = numerator if below is None else (numerator / below).quantize(Decimal("0.001"), ROUND_HALF_UP)
        yield [
            "Quality Premium dashboard", code, "commissioner", commissioner, f"{month_end(end):%d/%m/%Y}",
            str(numerator), None if below is None else str(below), str(value),
        ]  # fmt: skip


def _add_items(found: defaultdict[str, Counter[str]], folder: Path, world: World, month: date) -> None:
    """Add a month's items of each commissioner by component, and those of trimethoprim from 70 years on."""
    commissioner_of = {practice.code: practice.commissioner for practice in world.practices}
    changes: list[tuple[str, str, date | None]] = list(CODE_CHANGES)
    [path] = folder.glob(f"ePACT2_age_band_{month:%Y%m}.csv*")
    reader = csv.reader(text_of(path).splitlines())
    next(reader)
    components_of = cache(lambda code: components_of_code(code_of_today(code, month, changes)))
    for _, _, practice, _, code, _, band, count, *_ in reader:
        if practice not in commissioner_of:
            continue
        items = found[commissioner_of[practice]]
        components = components_of(code)
        for component in components:
            items[component] += int(count)
        if "rx_items_trimethoprim" in components and band[0].isdigit() and int(band.rstrip("+").split("-")[0]) >= _OLD:
            items[_AGED] += int(count)


def _starpu(world: World, month: date) -> defaultdict[str, float]:
    """STAR-PU of each commissioner."""
    found: defaultdict[str, float] = defaultdict(float)
    for practice, row in lists_by_age(world, list_month(month)).items():
        found[practice.commissioner] += starpu(row)
    return found
