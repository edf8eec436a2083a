"""The position of the ledger by level and version, in plain Python from the written files.

Belongs here: sums of lines at each level, what is printed beside them, and the change since the period before. Does
not belong here: reading (`truth_finance_files`) and savings (`truth_cres`).

finance_position.csv has one row per body, year, period, version (vintage, the oldest is 1), level and code.

Readings:
- Sums are of lines alone. A line that lacks a figure makes the sum of it unknown.
- A line is printed where it is one row; of a line of several rows only the variances are, and these are summed. A
  printed total with a programme area is of that area, one without is of everything.
- Practices are those of the register, known by the third part of the coding string; a report without coding strings
  has none. What states no cost centre or programme area is `not_stated`.
- The month's own actual is the year to date less that of the period before, by its newest version. A code which that
  version does not have began at nothing, unless some of its lines state no code of the level: then nobody knows.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from .truth_finance_files import Row, Scope, Vintage, amount, read_vintages, total

LEDGER_KEY = ("row_type", "coding_string", "line_description")
FIGURES = ("ytd_budget", "ytd_actual", "annual_budget", "forecast_outturn")
PRINTED = ("ytd_budget", "ytd_actual", "ytd_variance", "annual_budget", "forecast_outturn", "forecast_variance")
POSITION_COLUMNS = (
    *("entity_code", "financial_year", "ledger_period", "vintage", "level", "level_code", "level_name", "month"),
    *("is_current", "ytd_budget", "ytd_actual", "ytd_variance", "annual_budget", "forecast_outturn"),
    *("forecast_variance", *(f"printed_{name}" for name in PRINTED), "month_actual", "previous_forecast_outturn"),
    *("forecast_change", "report_version"),
)
NOT_STATED = "not_stated"
Figures = dict[str, Decimal | None]
#: Level and code.
Place = tuple[str, str]


@dataclass(frozen=True)
class PrintedTotal:
    """A printed total: its label, and what it is the total of."""

    label: str
    place: Place
    figures: Figures


@dataclass
class Position:
    """One version of one period: computed and printed figures by place, and the levels that not every line states."""

    computed: dict[Place, Figures] = field(default_factory=dict)
    printed: dict[Place, Figures] = field(default_factory=dict)
    names: dict[Place, str] = field(default_factory=dict)
    row_counts: dict[Place, int] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    totals: list[PrintedTotal] = field(default_factory=list)
    line_counts: dict[Place, int] = field(default_factory=dict)


def month_of(year: str, period: int) -> str:
    """First day of the month of a period; 13 is of March."""
    month = (min(period, 12) + 2) % 12 + 1
    return f"{int(year[:4]) + (month < 4)}-{month:02d}-01"


def read_ledgers(folder: Path) -> dict[Scope, list[Vintage]]:
    """Every version of every month-end report of a folder."""
    return read_vintages(folder, r"(?i)(ledger|budget_?report)(?!_?journal).*\.(csv|xlsx)$", LEDGER_KEY)


def read_practices(folder: Path) -> dict[str, str]:
    """Code and name of the practices of the register."""
    with (folder / "epraccur.csv").open(encoding="utf-8", newline="") as file:
        return {row[0]: row[1] for row in csv.reader(file)}


def positions(ledgers: dict[Scope, list[Vintage]], practices: dict[str, str]) -> dict[Scope, list[Position]]:
    """Figures of every version, oldest first."""
    return {scope: [position(vintage, practices) for vintage in versions] for scope, versions in ledgers.items()}


def position(vintage: Vintage, practices: dict[str, str]) -> Position:
    """Figures of one version at every level."""
    found, lines = Position(), defaultdict(list)
    for row in vintage.rows.values():
        if row["row_type"] == "line":
            for level, code, name in _levels(row, practices, found.incomplete):
                found.names[level, code] = name
                lines[level, code].append(row)
        else:
            area = row.get("programme_area")
            place = ("programme_area", area) if area else ("total", "total")
            found.printed[place] = {name: amount(row.get(name)) for name in PRINTED}
            found.totals.append(PrintedTotal(row["line_description"], place, found.printed[place]))
    for place, rows in lines.items():
        found.row_counts[place] = len(rows)
        found.line_counts[place] = len({row["line_description"] for row in rows})
        sums = {name: total(amount(row.get(name)) for row in rows) for name in FIGURES}
        found.computed[place] = sums | {
            "ytd_variance": less(sums["ytd_actual"], sums["ytd_budget"]),
            "forecast_variance": less(sums["forecast_outturn"], sums["annual_budget"]),
        }
        if place[0] == "line":
            shown = PRINTED if len(rows) == 1 else ("ytd_variance", "forecast_variance")
            found.printed[place] = {name: total(amount(row.get(name)) for row in rows) for name in shown}
    return found


def _levels(row: Row, practices: dict[str, str], incomplete: set[str]) -> Iterator[tuple[str, str, str]]:
    line, area = row["line_description"], row.get("programme_area")
    parts = (row.get("coding_string") or "").split("/")
    yield "total", "total", "Total"
    yield "line", line, line
    yield "programme_area", area or NOT_STATED, area or "Not stated"
    yield "cost_centre", parts[0] or NOT_STATED, parts[0] or "Not stated"
    if len(parts) > 2 and parts[2] in practices:
        yield "practice", parts[2], practices[parts[2]]
    if not area:
        incomplete.add("programme_area")
    if len(parts) < 3:
        incomplete.update(("cost_centre", "practice"))


def less(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    """The difference, unknown where one side is."""
    return None if left is None or right is None else left - right


def position_lines(
    ledgers: dict[Scope, list[Vintage]], found: dict[Scope, list[Position]]
) -> Iterator[tuple[object, ...]]:
    """Lines of finance_position.csv."""
    for scope, versions in found.items():
        body, year, period = scope
        before = found.get((body, year, period - 1), [Position()])[-1]
        for number, one in enumerate(versions, 1):
            stated = ledgers[scope][number - 1].version
            for place, sums in one.computed.items():
                printed, previous = one.printed.get(place, {}), before.computed.get(place)
                forecast = previous["forecast_outturn"] if previous else None
                yield (
                    *(body, year, period, number, *place, one.names[place], month_of(year, period)),
                    *("true" if number == len(versions) else "false", *(sums[name] for name in PRINTED)),
                    *(printed.get(name) for name in PRINTED),
                    _month_actual(place, sums, period, before),
                    *(forecast, less(sums["forecast_outturn"], forecast), stated),
                )


def _month_actual(place: Place, sums: Figures, period: int, before: Position) -> Decimal | None:
    if period == 1:
        return sums["ytd_actual"]
    previous = before.computed.get(place)
    if previous is not None:
        return less(sums["ytd_actual"], previous["ytd_actual"])
    is_unknown = not before.computed or place[0] in before.incomplete or place[1] == NOT_STATED
    return None if is_unknown else sums["ytd_actual"]
