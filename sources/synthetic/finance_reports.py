"""Ledger files of a period: the ISFE extract, and the budget report that a committee sees.

Belongs here: which files a period has, their columns, and the totals printed in them. Does not belong here: the
amounts (`finance_ledger`). Names are `ledger_<year>_M<period>.csv` and `budget_report_<year>_M<period>`:

- Every period has an extract by coding string, but 8, which has the report alone: lines, and nothing about codes.
- Periods 2, 6 and 11 have the report first, which states no version, and then the extract.
- Period 5 was extracted twice: in version 1 the forecast of prescribing is still the budget.
- Period 9 comes in two files of one version, one for each programme area.
- Period 13 follows a finished year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .finance_bodies import Body
from .finance_budget import (
    CO_COMMISSIONING,
    PRESCRIBING,
    PRINTED_PERIOD,
    PRINTED_PROPERTY_VARIANCE,
    PRINTED_TOTAL_ACTUAL,
    PRINTED_YEAR,
    PROPERTY,
)
from .finance_ledger import LedgerRow, LedgerYear
from .finance_tables import Cell, as_printed, csv_bytes, pounds, whole_pounds, workbook

Files = dict[str, bytes]
AREAS = (CO_COMMISSIONING, PRESCRIBING)
REPORT_ONLY = (8,)
REPORT_FIRST = (2, 6, 11)
EXTRACTED_TWICE, SPLIT = 5, 9
_AS_WORKBOOK = (2, 11)
EXTRACT_COLUMNS = (
    *("Financial Year", "Period", "Entity", "Version", "Row Type", "Description", "Programme Area", "Coding String"),
    *("Annual Budget", "YTD Budget", "YTD Actual", "YTD Variance", "Forecast Outturn", "Forecast Variance"),
)
REPORT_COLUMNS = (
    *("Description", "YTD Budget", "YTD Actual", "YTD Variance"),
    *("Annual Budget", "Forecast Outturn", "Forecast Variance"),
)


def year_name(year: int) -> str:
    """The financial year as the files print it: 2017/18."""
    return f"{year}/{(year + 1) % 100:02d}"


def file_name(kind: str, year: int, period: int, suffix: str = "") -> str:
    """Name of a file of a period, without its ending."""
    return f"{kind}_{year_name(year).replace('/', '-')}_M{period:02d}{suffix}"


def ledger_files(ledger: LedgerYear, period: int) -> Files:
    """Every ledger file of a period."""
    year, rows, body = ledger.year, ledger.rows(period), ledger.body
    files: Files = {}
    if period in REPORT_ONLY + REPORT_FIRST:
        files |= _report(body, year, period, rows)
    if period == EXTRACTED_TWICE:
        early = [replace(row, forecast=row.annual_budget) if row.line.area == PRESCRIBING else row for row in rows]
        files[f"{file_name('ledger', year, period, f'{body.mark}_v1')}.csv"] = _extract(
            body, year, period, 1, early, AREAS
        )
        files[f"{file_name('ledger', year, period, f'{body.mark}_v2')}.csv"] = _extract(
            body, year, period, 2, rows, AREAS
        )
    elif period == SPLIT:
        for area, label in zip(AREAS, ("co-commissioning", "prescribing"), strict=True):
            name = file_name("ledger", year, period, f"{body.mark}_{label}")
            files[f"{name}.csv"] = _extract(body, year, period, 1, rows, (area,))
    elif period not in REPORT_ONLY:
        name = file_name("ledger", year, period, body.mark)
        files[f"{name}.csv"] = _extract(body, year, period, 1, rows, AREAS)
    return files


class _Sums:
    """Sums of rows in pence, in the order annual budget, budget, actual and forecast."""

    def __init__(self, rows: Iterable[LedgerRow]) -> None:
        self.annual, self.budget, self.actual, self.forecast = (
            sum(part)
            for part in zip(
                *((row.annual_budget, row.ytd_budget, row.ytd_actual, row.forecast) for row in rows), strict=True
            )
        )


def _is_printed(body: Body, year: int, period: int) -> bool:
    return body.is_of_the_papers and (year, period) == (PRINTED_YEAR, PRINTED_PERIOD)


def _extract(body: Body, year: int, period: int, version: int, rows: list[LedgerRow], areas: Sequence[str]) -> bytes:
    head = [year_name(year), str(period), body.code, str(version)]
    lines: list[Sequence[Cell]] = [EXTRACT_COLUMNS]
    # The paper's variance of the property line is a pound short of its actual less its budget.
    short = PRINTED_PROPERTY_VARIANCE * 100 if _is_printed(body, year, period) else None
    for area in areas:
        of_area = [row for row in rows if row.line.area == area]
        for row in of_area:
            variance = row.ytd_actual - row.ytd_budget
            if short is not None and row.line.name == PROPERTY:
                of_line = _Sums(one for one in of_area if one.line.name == PROPERTY)
                variance, short = variance + short - (of_line.actual - of_line.budget), None
            ahead = row.forecast - row.annual_budget
            amounts = (row.annual_budget, row.ytd_budget, row.ytd_actual, variance, row.forecast, ahead)
            lines.append([*head, "line", row.line.name, area, row.coding, *map(pounds, amounts)])
        total = _Sums(of_area)
        if _is_printed(body, year, period) and area == CO_COMMISSIONING:
            total.actual = PRINTED_TOTAL_ACTUAL * 100
        lines.append([*head, "total", f"Total {area}", area, "", *map(pounds, _with_variances(total))])
    if len(areas) > 1:
        lines.append([*head, "total", "Total", "", "", *map(pounds, _with_variances(_Sums(rows)))])
    return csv_bytes(lines)


def _with_variances(sums: _Sums) -> tuple[int, ...]:
    """Annual budget, budget, actual, variance, forecast and its variance."""
    variance, ahead = sums.actual - sums.budget, sums.forecast - sums.annual
    return sums.annual, sums.budget, sums.actual, variance, sums.forecast, ahead


def _report(body: Body, year: int, period: int, rows: list[LedgerRow]) -> Files:
    name = file_name("budget_report", year, period, body.mark)
    lines: list[list[Cell]] = [
        [f"Budget report of {body.code}"],
        [f"Month {period} {year_name(year)}"],
        [],
        list(REPORT_COLUMNS),
    ]
    for line in dict.fromkeys(row.line.name for row in rows):
        lines.append([line, *_printed(_Sums(row for row in rows if row.line.name == line))])
    lines.append(["Total", *_printed(_Sums(rows))])
    if period in _AS_WORKBOOK:
        return {f"{name}.xlsx": workbook(f"Month {period}", lines)}
    texts = [[as_printed(cell) if isinstance(cell, int) else cell for cell in line] for line in lines]
    return {f"{name}.csv": csv_bytes(texts)}


def _printed(sums: _Sums) -> tuple[int, ...]:
    """Whole pounds in the order of the report; every figure is rounded for itself, variances too."""
    annual, budget, actual, variance, forecast, ahead = map(whole_pounds, _with_variances(sums))
    return budget, actual, variance, annual, forecast, ahead
