"""The ledger periods that a finance file holds, and what contradicts them: its name, its title, --period, its receipt.

Which of several versions of a period counts belongs in `versions`.
"""

import re
from collections.abc import Iterable
from datetime import date

import duckdb

from sources.contracts import Contract
from sources.titles import Title, financial_month, month_of, read_title

YEAR = re.compile(r"20(\d\d)/(\d\d)")
ADJUSTMENTS = 13
# A plan or budget comes at most so many months before its year begins.
PLANS_AHEAD = 12


def financial_months(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    name: str,
    title: Title,
    stated: date | None,
    received: date,
) -> tuple[list[date], str | None]:
    """Fill the column `period` of `staged` with the first day of the month of each row.

    Returns:
        the months, and the sentence about a year or period that cannot be, that is yet to come, or that the name, the
        title or `stated` (--period) contradict.
    """
    columns = contract.period.columns
    year, period = columns[0], columns[1] if len(columns) > 1 else "1"
    found = connection.execute(
        f"select {year}, {period}, min(source_row), count(*) from staged group by all order by all"
    ).fetchall()
    for held, number, row, _ in found:
        if (problem := _impossible(name, columns, held, number, row)) is not None:
            return [], problem  # nothing is written of a file that has no month
    held_months = [(held, number) for held, number, _, _ in found]
    months = {pair: month_of(*pair) for pair in held_months}
    connection.execute("create or replace temp table financial_month (year varchar, number bigint, month date)")
    if months:
        connection.executemany(
            "insert into financial_month values (?, ?, ?)", [(*pair, month) for pair, month in months.items()]
        )
    connection.execute(
        f"update staged set period = found.month from financial_month as found "
        f"where staged.{year} = found.year and {f'staged.{period}' if len(columns) > 1 else period} = found.number"
    )
    connection.execute("drop table temp.financial_month")
    problem = _contradicted(name, contract, held_months, title, stated)
    for held, number, row, count in found:
        problem = problem or _yet_to_come(name, contract, (held, number), row, count, received)
    return sorted(set(months.values())), problem


def _impossible(name: str, columns: tuple[str, ...], year: str | None, period: int | None, row: int) -> str | None:
    start = f"File {name}, row {row:,}, column"
    shape = YEAR.fullmatch(year or "")
    if shape is None or int(shape.group(2)) != (int(shape.group(1)) + 1) % 100:
        return f"{start} {columns[0]}: expected a financial year like 2017/18, found {year or 'nothing'}. Correct it."
    if period is None or not 1 <= period <= ADJUSTMENTS:
        return (
            f"{start} {columns[-1]}: expected a ledger period from 1 (April) to 12 (March), or 13 (the adjustments "
            f"after March), found {'nothing' if period is None else period}. Correct it."
        )
    return None


def _yet_to_come(
    name: str, contract: Contract, held: tuple[str, int], row: int, count: int, received: date
) -> str | None:
    """Actuals of a month that has not begun, and plans of a year that is far away, are of the wrong year."""
    month, start = month_of(*held), f"File {name}, row {row:,}"
    if len(contract.period.columns) > 1:
        if month <= received.replace(day=1):
            return None
        shown = f"period {held[1]} of {held[0]} ({month:%B %Y})" + (
            ", the adjustments after March," if held[1] == ADJUSTMENTS else ""
        )
        return (
            f"{start}, columns {' and '.join(contract.period.columns)}: {count:,} row(s) are of {shown} which is after "
            f"the month of receipt ({received:%Y-%m}). Check year and period, or state when it was received."
        )
    ahead = (month.year - received.year) * 12 + month.month - received.month
    if ahead <= PLANS_AHEAD:
        return None
    return (
        f"{start}, column {contract.period.columns[0]}: {held[0]} begins more than a year after the receipt "
        f"({received:%Y-%m}). Check the year, or state when it was received."
    )


def _contradicted(
    name: str, contract: Contract, held: list[tuple[str, int]], title: Title, stated: date | None
) -> str | None:
    if not held:
        return None
    by_period = len(contract.period.columns) > 1
    witnesses: list[tuple[str, Title]] = [("its name says", read_title(name)), ("its title says", title)]
    witnesses += [("--period says", Title(months=(stated,)))] if stated else []
    years = {year for year, _ in held}
    for witness, said in witnesses:
        months = said.financial_months() if by_period else ()
        if months and not any(month in held or _is_adjusted(month, held, said) for month in months):
            return _contradiction(name, witness, _listed(months), _listed(held))
        named = set(said.years) or {financial_month(month)[0] for month in said.months}
        if named and not named & years:
            return _contradiction(name, witness, " and ".join(sorted(named)), " and ".join(sorted(years)))
        if by_period and said.periods and not months and not {number for _, number in held} & set(said.periods):
            shown = " and ".join(f"period {number}" for number in said.periods)
            return _contradiction(name, witness, shown, _listed(held))
    return None


def _is_adjusted(month: tuple[str, int], held: list[tuple[str, int]], said: Title) -> bool:
    """The adjustments are of March: a calendar month cannot say period 13."""
    return not said.periods and month[1] == ADJUSTMENTS - 1 and (month[0], ADJUSTMENTS) in held


def _contradiction(name: str, witness: str, said: str, held: str) -> str:
    return f"File {name}: {witness} {said}, but its rows are of {held}. Send the right file, or correct what is wrong."


def _listed(months: Iterable[tuple[str, int]]) -> str:
    shown = [f"period {number} of {year}" for year, number in months]
    return ", ".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")
