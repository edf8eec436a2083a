"""The position and the ledger's reconciliation once more, row by row in plain Python, from the rows of the feed.

Belongs here: what the models must agree with, written without SQL and without their steps. Does not belong here: rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
Key = tuple[str, str, int, int, str, str]  # entity, year, period, vintage, level, code
SUMMED = ("ytd_budget", "ytd_actual", "annual_budget", "forecast_outturn")
VARIANCES = {"ytd_variance": ("ytd_actual", "ytd_budget"), "forecast_variance": ("forecast_outturn", "annual_budget")}
CELLS = (*SUMMED, *VARIANCES)


def vintages(rows: Iterable[Row]) -> dict[tuple[str, str, int], list[list[Row]]]:
    """Of each report its versions, the oldest first, each with the rows that count in it."""
    reports: dict[tuple[str, str, int], dict[tuple[Any, ...], dict[tuple[Any, ...], Row]]] = {}
    for row in sorted(rows, key=lambda row: (row["received_at"], row["submission_id"], row["source_row"])):
        report = (row["entity_code"], row["financial_year"], row["ledger_period"])
        stated = row["report_version"]
        # one that states no version is whole, and older than all that do
        version = (0, row["received_at"], row["submission_id"]) if stated is None else (1, stated)
        key = (row["row_type"], row["coding_string"], row["line_description"])
        reports.setdefault(report, {}).setdefault(version, {})[key] = row  # the newest receipt stays
    return {
        report: [list(versions[version].values()) for version in sorted(versions)]
        for report, versions in reports.items()
    }


def _sum(values: Sequence[Any]) -> Decimal | None:
    return None if any(value is None for value in values) else sum((Decimal(value) for value in values), Decimal(0))


def _less(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    return None if left is None or right is None else left - right


def _codes(row: Row, register: Iterable[str]) -> list[tuple[str, str]]:
    parts = (row["coding_string"] or "").replace(".", "/").split("/") + [""] * 5
    codes = [("total", "total"), ("line", row["line_description"]), ("cost_centre", parts[0] or "not_stated"),
             ("programme_area", row["programme_area"] or "not_stated")]  # fmt: skip
    return codes + ([("practice", parts[2])] if parts[2] in register else [])


def _uncoded(kept: Sequence[Row]) -> set[str]:
    """Levels of which some line states no code."""
    found: set[str] = set()
    for row in kept:
        if row["row_type"] == "line":
            found |= set() if row["programme_area"] else {"programme_area"}
            found |= set() if row["coding_string"] else {"cost_centre", "practice"}
    return found


def _printed(kept: Sequence[Row], level: str, code: str) -> dict[str, Any]:
    """What a report prints for a level and code: its total, else the line itself, else the variances of its rows."""
    lines = [row for row in kept if row["row_type"] == "line"]
    totals = [row for row in kept if row["row_type"] == "total" and level_of_total(row, lines) == (level, code)]
    if totals:
        first = min(totals, key=lambda row: row["line_description"])
        return {cell: first.get(cell) for cell in CELLS}
    own = [row for row in lines if row["line_description"] == code] if level == "line" else []
    printed: dict[str, Any] = dict.fromkeys(CELLS)
    if own:
        printed.update({name: _sum([row.get(name) for row in own]) for name in VARIANCES})
    if len(own) == 1:
        printed.update({name: own[0].get(name) for name in SUMMED})
    return printed


def level_of_total(row: Row, lines: Sequence[Row]) -> tuple[str, str]:
    """What a printed total is the total of."""
    label = row["line_description"]
    if label in {line["line_description"] for line in lines}:
        return "line", label
    if label in {line["programme_area"] or "not_stated" for line in lines}:
        return "programme_area", label
    return ("programme_area", row["programme_area"]) if row["programme_area"] else ("total", "total")


def position(rows: Iterable[Row], register: Iterable[str]) -> dict[Key, dict[str, Any]]:
    """The computed and printed figures of every vintage, level and code."""
    known = set(register)
    found: dict[Key, dict[str, Any]] = {}
    uncoded: dict[tuple[str, str, int], set[str]] = {}
    for (entity, year, period), versions in vintages(rows).items():
        uncoded[entity, year, period] = _uncoded(versions[-1])
        for number, kept in enumerate(versions, start=1):
            groups: dict[tuple[str, str], list[Row]] = {}
            for row in kept:
                for place in _codes(row, known) if row["row_type"] == "line" else []:
                    groups.setdefault(place, []).append(row)
            for (level, code), group in groups.items():
                figures: dict[str, Any] = {name: _sum([row.get(name) for row in group]) for name in SUMMED}
                figures |= {name: _less(figures[a], figures[b]) for name, (a, b) in VARIANCES.items()}
                figures |= {f"printed_{name}": value for name, value in _printed(kept, level, code).items()}
                figures["is_current"] = number == len(versions)
                found[entity, year, period, number, level, code] = figures
    for (entity, year, period, _, level, code), figures in found.items():
        current = {key[4:]: value for key, value in found.items()
                   if key[:3] == (entity, year, period - 1) and value["is_current"]}  # fmt: skip
        before = current.get((level, code))
        # what the period before did not have began at nothing, unless rows of it state no code of the level
        began = (
            bool(current) and before is None and code != "not_stated" and level not in uncoded[entity, year, period - 1]
        )
        figures["month_actual"] = (
            figures["ytd_actual"]
            if period == 1 or began
            else _less(figures["ytd_actual"], (before or {}).get("ytd_actual"))
        )
        figures["previous_forecast_outturn"] = before["forecast_outturn"] if before else None
    return found


def reconciliation(rows: Iterable[Row]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Of each printed total's figure, and each printed variance of a line: printed, computed, tolerance and result."""
    rows = list(rows)
    computed = position(rows, ())
    checks: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for report, versions in vintages(rows).items():
        for number, kept in enumerate(versions, start=1):
            lines = [row for row in kept if row["row_type"] == "line"]
            for row in kept:
                if row["row_type"] == "total":
                    level, code = level_of_total(row, lines)
                    of = [one for one in lines if (level, code) in _codes(one, ())]
                    tolerance = len({one["line_description"] for one in of}) or 1
                    sums = computed.get((*report, number, level, code), {})
                    for cell in CELLS:
                        if row.get(cell) is not None:
                            key = (*report, number, "total", row["line_description"], cell)
                            checks[key] = _judged(Decimal(row[cell]), sums.get(cell), tolerance)
            for name in {one["line_description"] for one in lines}:
                own = [one for one in lines if one["line_description"] == name]
                for cell in VARIANCES:
                    stated = _sum([one.get(cell) for one in own])
                    if stated is not None:
                        value = computed[(*report, number, "line", name)][cell]
                        checks[(*report, number, "line", name, cell)] = _judged(stated, value, len(own))
    return checks


def _judged(printed: Decimal, value: Decimal | None, tolerance: int) -> tuple[Any, ...]:
    if value is None:
        return printed, None, tolerance, "does_not_reconcile"
    off = abs(printed - value)
    return printed, value, tolerance, "exact" if not off else "within_rounding" if off <= tolerance else "does_not_reconcile"  # fmt: skip # noqa: E501
