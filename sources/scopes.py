"""Which providers and months a staged file stands for, how far each month may still change, and what is counted of it.

Which of several files is in force for a provider-month belongs in `ledger`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from sources.calendar import next_month
from sources.contracts import Contract, Scoped
from sources.ledger import extract_text, status_at
from sources.manifests import ActivityStatus, ScopeFacts
from sources.places import place_told
from sources.receipts import CLOCKS, Receipt

# Where a feed says for which days its provider sent everything.
REPORT_PERIOD = ("report_period_start_date", "report_period_end_date")
# Longer than any year-to-date file: a report period beyond it is a typing error.
LONGEST_REPORT = timedelta(days=5 * 366)
# A file of so many rows is ordered by a few that were extracted so much later than all others.
STRAY_OF, STRAY_AFTER = 1000, timedelta(days=31)
# From the one that may change most.
ORDER_OF_STATUS: tuple[ActivityStatus, ...] = ("estimate", "flex", "freeze", "final")


def stated_problem(contract: Contract, receipt: Receipt) -> str | None:
    """The sentence about a sidecar that states of a dataset what only feeds of providers and months can have."""
    keys = [key for key in ("protocol", "covers") if key in receipt.stated]
    if contract.scoped is not None or not keys:
        return None
    return (
        f"File {receipt.name}: its sidecar states {' and '.join(keys)}, which {contract.dataset} has not: a file of it "
        "replaces its whole period. Remove it from the sidecar."
    )


def extracted(connection: duckdb.DuckDBPyConnection, scoped: Scoped, receipt: Receipt) -> datetime:
    """The newest extract time of the rows staged; of a file without rows the moment of its receipt."""
    newest = connection.execute(f"select max({scoped.order}) from staged").fetchall()[0][0]
    return newest or datetime.fromisoformat(extract_text(receipt.received_at))


def scopes_of(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    receipt: Receipt,
    timetable: Mapping[date, datetime],
    named: Callable[[str], str] = str,
) -> tuple[list[ScopeFacts], str | None]:
    """The provider-months that a file stands for; also written as table `scope`, for gates and counts.

    Args:
        connection: the scratch database with `staged`, periods included.
        contract: one whose files stand for provider-months.
        receipt: with what the sidecar states.
        timetable: for each month of activity the moment from which extracts hold its freeze.
        named: what a column is called in the file.

    Returns:
        the scopes, and the sentence when something about them does not fit.
    """
    scoped = contract.scoped
    assert scoped is not None
    name, extract = receipt.name, extracted(connection, scoped, receipt)
    connection.execute(
        "create table scope (provider_code varchar, month date, row_count bigint, activity_status varchar)"
    )
    latest = extract_text(receipt.received_at + CLOCKS)
    if extract_text(extract) > latest:
        return [], (
            f"File {name}, column {named(scoped.order)}: the newest extract is of {extract:%Y-%m-%d %H:%M}, after its "
            f"receipt ({receipt.received_at:%Y-%m-%d %H:%M}). Correct the file, or state when it was received."
        )
    if receipt.protocol != "net" and (stray := _stray_extract(connection, scoped, name, named(scoped.order))):
        return [], stray
    last = extract.date().replace(day=1)
    rows = {
        (provider, month): count
        for provider, month, count in connection.execute(
            f"select {scoped.provider}, period, count(*) from staged group by all"
        ).fetchall()
    }
    # What has not ended, or is planned, is a version of its record and no month that was sent.
    found = {
        (provider, month)
        for provider, month in connection.execute(
            f"select distinct {scoped.provider}, period from staged "
            f"where {contract.period.columns[0]} is not null and period <= ?",
            [last],
        ).fetchall()
    }
    problem = None
    if receipt.protocol != "net":
        reported, problem = _reported(connection, contract, scoped, name)
        covered, cover_problem = _covered(receipt, last)
        found |= {scope for scope in reported if scope[1] <= last} | covered
        problem = problem or cover_problem
    statuses, status_problem = _statuses(connection, {month for _, month in found}, receipt, extract, timetable)
    scopes = [
        ScopeFacts(provider, month, rows.get((provider, month), 0), statuses[month])
        for provider, month in sorted(found)
        if month in statuses
    ]
    if scopes:
        connection.executemany(
            "insert into scope values (?, ?, ?, ?)",
            [(facts.provider, facts.period, facts.rows, facts.activity_status) for facts in scopes],
        )
    return scopes, problem or status_problem


def status_of(receipt: Receipt, scopes: Iterable[ScopeFacts]) -> str:
    """The status of a whole file: what its sidecar states, else that of its month which may change most."""
    held = {facts.activity_status for facts in scopes}
    return receipt.activity_status or next((status for status in ORDER_OF_STATUS if status in held), "final")


def write_profile(connection: duckdb.DuckDBPyConnection, contract: Contract, target: Path) -> None:
    """Count what the contract's profile asks for, over the rows in the scopes of the file that delete nothing."""
    scoped, profile = contract.scoped, contract.profile
    if scoped is None or profile is None:
        return
    measures = {"rows": "true", **profile.measures}
    counts = ", ".join(f"count(*) filter ({predicate}) as {name}" for name, predicate in measures.items())
    specialty = f"coalesce(staged.{profile.by}, '')" if profile.by else "''"
    kept = f"({scoped.deleted}) is not true" if scoped.deleted else "true"
    file = str(target).replace("'", "''")
    connection.execute(f"""
        copy (
            with counted as (
                select scope.provider_code, {specialty} as treatment_function_code, scope.month, {counts}
                from staged
                inner join scope on staged.{scoped.provider} = scope.provider_code and staged.period = scope.month
                where {kept}
                group by all
            )
            select provider_code, treatment_function_code, month, measure, value
            from counted
            unpivot (value for measure in ({", ".join(measures)}))
            order by all
        )
        to '{file}' (format parquet, compression zstd)
    """)


def _stray_extract(connection: duckdb.DuckDBPyConnection, scoped: Scoped, name: str, column: str) -> str | None:
    """The sentence about a few rows taken long after all others: the newest one orders a file, and freezes its months.

    In a file to date the newest month is a twelfth or more, so that its extract never stands alone.
    """
    [(count, row, newest, others)] = connection.execute(
        f"""
        with most as (select quantile_disc({scoped.order}, 0.99) as moment, count(*) as rows from staged)
        select count(*), arg_max(source_row, {scoped.order}), max({scoped.order}), any_value(moment)
        from staged cross join most
        where most.rows >= {STRAY_OF} and staged.{scoped.order} > most.moment + interval {STRAY_AFTER.days} day
        """
    ).fetchall()
    if not count:
        return None
    return (
        f"File {name}, {place_told(connection, row)}, column {column}: {count:,} row(s) were extracted up to "
        f"{newest:%Y-%m-%d %H:%M}, and 99% of the file by {others:%Y-%m-%d %H:%M}. The newest extract says which file "
        "is newer and which months are frozen. Ask the supplier to correct these rows, or to send them apart, as "
        'corrections ("protocol": "net").'
    )


def _months(first: date, last: date) -> list[date]:
    months = [first]
    while months[-1] < last:
        months.append(next_month(months[-1]))
    return months


def _reported(
    connection: duckdb.DuckDBPyConnection, contract: Contract, scoped: Scoped, name: str
) -> tuple[set[tuple[str, date]], str | None]:
    """Every month that the rows say their provider reports on, in one period or in several that meet."""
    if not set(REPORT_PERIOD) <= {column.name for column in contract.columns}:
        return set(), None
    start, end = REPORT_PERIOD
    found = connection.execute(f"""
        select {scoped.provider}, {start}, coalesce({end}, last_day({start})), min(source_row)
        from staged
        where {start} is not null
        group by all
        order by all
    """).fetchall()
    spans: dict[str, list[tuple[date, date, int]]] = {}
    for provider, first, last, row in found:
        if last < first or last - first > LONGEST_REPORT:
            return set(), (
                f"File {name}, {place_told(connection, row)}, columns {start} and {end}: {first:%Y-%m-%d} to "
                f"{last:%Y-%m-%d} is no period that a provider reports on. Ask the supplier to correct it."
            )
        held = spans.setdefault(provider, [])
        if held and first <= held[-1][1] + timedelta(days=1):  # sorted by their first day
            held[-1] = (held[-1][0], max(held[-1][1], last), held[-1][2])
        else:
            held.append((first, last, row))
    reported: set[tuple[str, date]] = set()
    for provider, first, last, row in ((name_of, *span) for name_of, held in spans.items() for span in held):
        if first.day != 1 or (last + timedelta(days=1)).day != 1:
            place = f"{place_told(connection, row)}, columns {start} and {end}"
            return set(), (
                f"File {name}, {place}: {provider} reports on {first:%Y-%m-%d} to {last:%Y-%m-%d}, which is part of a "
                "month, and a bulk file replaces whole months: the rest would count as deleted. Ask for whole months, "
                'or state "protocol": "net" in its sidecar if it only adds and corrects.'
            )
        reported |= {(provider, month) for month in _months(first.replace(day=1), last.replace(day=1))}
    return reported, None


def _covered(receipt: Receipt, last: date) -> tuple[set[tuple[str, date]], str | None]:
    covered = set()
    for cover in receipt.covers:
        if cover.last > last:
            return set(), (
                f"File {receipt.name}: its sidecar covers {cover.last:%Y-%m}, after the month in which it was "
                f"extracted ({last:%Y-%m}). Correct covers in the sidecar."
            )
        covered |= {(provider, month) for provider in cover.providers for month in _months(cover.first, cover.last)}
    return covered, None


def _statuses(
    connection: duckdb.DuckDBPyConnection,
    months: set[date],
    receipt: Receipt,
    extract: datetime,
    timetable: Mapping[date, datetime],
) -> tuple[dict[date, str], str | None]:
    """Flex or freeze of each month, by the timetable where the sidecar does not say."""
    if receipt.activity_status is not None:
        return dict.fromkeys(months, receipt.activity_status), None
    statuses: dict[date, str] = {month: status_at(extract, timetable[month]) for month in months if month in timetable}
    if not (unknown := sorted(months - set(statuses))):
        return statuses, None
    return statuses, (
        f"File {receipt.name} holds {_listed(connection, unknown)}, which the timetable of submissions "
        f"({_span(timetable)}) does not have: nobody can tell whether it is flex or freeze. Correct the dates, state "
        "activity_status in its sidecar, or add the published timetable to the seed sus_timetable."
    )


def _listed(connection: duckdb.DuckDBPyConnection, months: Sequence[date]) -> str:
    first_rows = dict(connection.execute("select period, min(source_row) from staged group by period").fetchall())
    named = [
        f"{month:%Y-%m}" + (f" (first at {place_told(connection, first_rows[month])})" if month in first_rows else "")
        for month in months[:3]
    ]
    return ", ".join(named) + (f" and {len(months) - 3} more months" if len(months) > 3 else "")


def _span(timetable: Mapping[date, datetime]) -> str:
    return f"{min(timetable):%Y-%m} to {max(timetable):%Y-%m}" if timetable else "it has no months"
