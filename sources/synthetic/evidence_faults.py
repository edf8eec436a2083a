"""A saving that is claimed and was not made: the fault that the evidence is there for.

Belongs here: the damage to the tracker. Does not belong here: the registry (`faults`), and what the pipeline should say
about it.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from pcw.errors import PcwError

from .evidence_charges import csv_bytes
from .faults import FAULTS, named_fault
from .months import financial_year_start

#: What is claimed on top, GBP: more than a month of charges for high-cost drugs.
CLAIMED = Decimal(750_000)
_MONTHS = ("Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar")
_TRACKER = r"cres_tracker_(\d{4})-\d\d_M(\d\d)_v(\d+)\.csv"
_VISIBLE = "drug_switch"
Row = dict[str, str]


def _read(path: Path) -> tuple[list[str], list[Row]]:
    reader = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return list(reader.fieldnames or []), [dict(row) for row in reader]


def _newest_tracker(folder: Path, last: date) -> Path:
    """That of the last month with charges, or of the newest one before it."""
    found = []
    for path in folder.iterdir():
        if (match := re.fullmatch(_TRACKER, path.name)) is not None:
            year, period, version = (int(part) for part in match.groups())
            if (year, period) <= (financial_year_start(last).year, (last.month - 4) % 12 + 1):
                found.append((year, period, version, path))
    if not found:
        raise PcwError(f"Fault contradicted_saving needs a tracker of {last:%Y-%m} or before, and there is none.")
    return max(found)[-1]


@named_fault(
    "contradicted_saving",
    f"Tracker of the last month with charges: the scheme that saves on high-cost drugs claims GBP {CLAIMED:,} more for"
    " it; the printed total and the forecast of the year rise with it.",
    _TRACKER,
)
def _(path: Path, last: date) -> str:
    tracker = _newest_tracker(path.parent, last)
    columns, rows = _read(tracker)
    year = next(row["Financial Year"] for row in rows)
    plans = [
        row
        for plan in sorted(path.parent.glob("cres_plan_*.csv"))
        for row in _read(plan)[1]
        if row.get("Financial Year") == year and row.get("Evidence Method") == _VISIBLE
    ]
    if not plans:
        raise PcwError(f"Fault contradicted_saving needs a scheme of {year} by the method {_VISIBLE} in the plan.")
    scheme = plans[0]["Scheme ID"]
    actual = f"Actual {_MONTHS[int(rows[0]['Month']) - 1]}"
    for row in rows:
        if row["Scheme ID"] == scheme or row["Row Type"] == "total":
            for name in (actual, "Forecast Full Year"):
                row[name] = f"{Decimal(row[name] or 0) + CLAIMED:.2f}"
    tracker.write_bytes(csv_bytes(columns, ([row[name] for name in columns] for row in rows)))
    return tracker.name


#: The faults of this module.
EVIDENCE_FAULTS = {name: FAULTS[name] for name in ("contradicted_saving",)}
