"""From recognised members to typed rows in DuckDB: `staged` (accepted), `rejected` (set aside, with reasons).

Rows are written once, in the order of the file, into `received`; the others are views over it.

All text is read as text and typed by the contract, so that nothing is guessed. Which rows must hold what beyond their
type belongs in the suites of `expectations`.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from sources.contracts import Column, Contract
from sources.named_months import month_told
from sources.named_years import NAMED_YEARS, month_of_named_year
from sources.opening import Member
from sources.places import blank_rows, count_left_out, is_whole, last_row, number_rows, place_told, write_members
from sources.printed_totals import date_totals, row_type_sql, unless_total
from sources.pseudonyms import IS_VALID, PSEUDONYM, Pseudonyms, pseudonym_sql, validity_sql
from sources.recognition import Recognised
from sources.scratch import setting
from sources.titles import months_in_name

# A practice column is what plausibility counts; each dataset names it in its own way.
PRACTICE_COLUMNS = ("practice_code", "gp_practice_code", "organisation_code", "org_code", "code", "predecessor_code")
# An hour is 00 to 23: DuckDB would read 24:00 as a time.
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.0{1,7})?)?"
_DIGITS = "([01][0-9]|2[0-3])[0-5][0-9]"
_MOMENT = _CLOCK.replace(".0{1,7}", ".[0-9]{1,7}")
SHAPES = {"timestamp": rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([ T]{_MOMENT})?", "time": _CLOCK}


@dataclass(frozen=True)
class ReadResult:
    """What reading found; problems are finished sentences or None."""

    rows_read: int
    rows_quarantined: int
    shape_problem: str | None
    quarantine_problem: str | None
    quarantine_examples: tuple[str, ...]


def read_members(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    members: Sequence[tuple[Member, Recognised]],
    pseudonyms: Pseudonyms | None = None,
    received_at: datetime | None = None,
    submission_id: str = "",
) -> ReadResult:
    """Fill `received` from the members of one file, and put the views `staged` and `rejected` before it.

    `staged`: contract columns in order, then source_row (see `places`), period (where the rows tell it) and
    submission_id. NHS numbers are replaced while they are read, under `pseudonyms`; sentences about an identifiable
    feed hold no values.
    """
    shape_problem = None
    columns = ", ".join(f"{column.name} {column.sql_type}" for column in contract.columns)
    connection.execute(f"create table received ({columns}, period date, reason varchar, ahead bigint)")
    starts: list[tuple[int, str]] = []
    last = 0
    # Buffers of the reader hold rows as they came: what does not fit into memory fails instead of going to disk.
    with setting(connection, temp_directory="") if contract.identifiable else nullcontext():
        for member, recognised in members:
            starts.append((last, member.name))
            shape_problem = _read_member(connection, contract, member, recognised, pseudonyms, received_at, last)
            if shape_problem is not None:
                break
            last = max(last + recognised.rows_above, last_row(connection) or 0)
    write_members(connection, starts)
    date_totals(connection, contract, members[0][1])
    [(rows_read, quarantined)] = connection.execute("select count(*), count(reason) from received").fetchall()
    number_rows(connection, contract, submission_id, quarantined)
    examples = tuple(
        f"{place_told(connection, row)}, {reason}"
        for row, reason in connection.execute(
            "select source_row, reason from rejected order by source_row limit 5"
        ).fetchall()
    )
    name = members[0][0].name + (f" and {len(members) - 1} more in its archive" if len(members) > 1 else "")
    quarantine_problem = None
    if quarantined > rows_read * contract.quarantine.max_share:
        quarantine_problem = (
            f"File {name}: {quarantined:,} of {rows_read:,} rows do not fit the contract of {contract.dataset}, "
            f"{contract.quarantine.overstepped}. First: {'; '.join(examples[:3])}. "
            "Ask the supplier to correct and resend it."
        )
    return ReadResult(rows_read, quarantined, shape_problem, quarantine_problem, examples)


def _is_in_memory(connection: duckdb.DuckDBPyConnection) -> bool:
    return connection.execute("select path is null from duckdb_databases() where not internal").fetchall() == [(True,)]


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _read_member(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    member: Member,
    recognised: Recognised,
    pseudonyms: Pseudonyms | None,
    received_at: datetime | None,
    last: int,
) -> str | None:
    """Add the typed rows of a member to `received`, with the reason where they do not fit. `last` row came before it.

    One statement from text to typed values: text that fits no type may be about a patient, and is stored nowhere.
    """
    assert recognised.layout is not None
    names = [column or f"ignored_{number}" for number, column in enumerate(recognised.columns)]
    fields = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    empty = ", ".join(f"'{cell}'" for cell in recognised.layout.empty)
    kept = ", ".join(
        f"if(trim({name}) in ({empty}), null, {name}) as {name}" if empty else name
        for name in names
        if not name.startswith("ignored_")
    )
    first_place = _count(connection, "select count(*) from received")
    ahead = last + recognised.rows_above + 1 - first_place
    parameters: dict[str, object] = {"delimiter": recognised.delimiter}
    if recognised.nhs_number is not None:
        assert pseudonyms is not None
        number = names[recognised.nhs_number]
        kept += f", {pseudonym_sql(number)} as {PSEUDONYM}, {validity_sql(number)} as {IS_VALID}"
        names += [PSEUDONYM, IS_VALID]
        parameters |= pseudonyms.parameters
    absent = set(recognised.layout.absent)
    for column in contract.columns:
        if column.name not in names:
            text = "null::varchar"
            if contract.scoped and column.name == contract.scoped.order and column.name in absent and received_at:
                text = f"'{received_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"
                absent.remove(column.name)
            if recognised.layout.printed_total and column.name == recognised.layout.printed_total.row_type:
                text = row_type_sql(recognised.layout.printed_total)
            kept += f", {text} as {column.name}"
    trimmed = ", ".join(f"{_trimmed(column.name)} as {column.name}" for column in contract.columns)
    typed = ", ".join(f"{_typed(column)} as {column.name}" for column in contract.columns)
    typed += "".join(f", {column.name} as {column.name}__text" for column in contract.columns if column.type != "text")
    reasons = [
        (unless_total(reason[0], column, contract, recognised.layout.printed_total), reason[1])
        for column in contract.columns
        if (reason := _reason(column, recognised, contract.identifiable, column.nullable or column.name in absent))
    ]
    # A case evaluates its branch for the rows concerned alone: sentences are made where something is wrong.
    wrong = " or ".join(f"({condition})" for condition, _ in reasons) or "false"
    sentences = ", ".join(f"case when {condition} then {sentence} end" for condition, sentence in reasons) or "null"
    sql = f"""
        insert into received
        with raw as (
            select {kept}
            from read_csv(
                $path, columns = {{{fields}}}, header = {str(recognised.layout.header).lower()}, delim = $delimiter,
                quote = '"', escape = '"', auto_detect = false, null_padding = false,
                skip = {recognised.first_row - 1}, store_rejects = true, rejects_limit = 20
            )
        ),
        trimmed as (select {trimmed} from raw),
        typed as (select {typed} from trimmed)
        select
            {", ".join(column.name for column in contract.columns)},
            {period_sql(contract)},
            case when {wrong} then concat_ws('; ', {sentences}) end,
            {ahead}
        from typed
    """
    try:
        # Threads each fill a table of their own, in memory, and copy it into one that has the order of the file.
        with setting(connection, threads=1) if _is_in_memory(connection) else nullcontext(), member.table() as path:
            connection.execute(sql, {**parameters, "path": str(path)})
    except duckdb.Error as error:
        if "state machine" in str(error):
            return (
                f"File {member.name} cannot be read as a table: its rows do not all end alike (some with CR LF, some "
                "with LF alone), or a quote is never closed. Save it again as CSV in the program that made it."
            )
        first = _without_values(error) if contract.identifiable else str(error).splitlines()[0][:200].rstrip(".")
        return f"File {member.name} cannot be read as a table: {first}. Ask the supplier to send it again."
    # Its `line` is the row: a cell of several lines is one, and blank ones count.
    broken = connection.execute(
        "select line, column_name, error_type, error_message from reject_errors order by line, column_idx"
    ).fetchall()
    left_out = {row for row, *_ in broken}
    connection.execute("drop table reject_errors")  # it holds the broken lines
    connection.execute("drop table reject_scans")
    count_left_out(connection, {*left_out, *blank_rows(member, recognised)}, first_place, recognised.rows_above)
    if not broken:
        if is_whole(connection, member, recognised, first_place):
            return None
        return (
            f"File {member.name}: its header is in row {recognised.first_row}, and not all rows below it can be read "
            "with what stands above it. Remove what is above the header and send it again."
        )
    row, column, kind, message = broken[0]
    found = re.search(r"Found: (\d+)", message)
    width = len(recognised.columns)
    came = f"has {found.group(1)} columns, {width} expected" if found else f"is malformed ({kind.lower()})"
    cause = (
        "A text that holds the separator of columns (mostly a comma) without quotation marks does this, or damage"
        if found and int(found.group(1)) > width
        else "The file is cut off or damaged"
    )
    place = re.fullmatch(r"ignored_(\d+)", column or "")
    where = f", at column {int(place.group(1)) + 1 if place else recognised.named(column)}" if column else ""
    return (
        f"File {member.name}, row {row}{where}: {came}; {len(left_out):,} such row(s) or more. {cause}: ask the "
        "supplier to send it again."
    )


def _without_values(error: duckdb.Error) -> str:
    """Where a row broke; the rest of the message quotes it."""
    row = re.search(r"Line: (\d+)", str(error))
    return f"{type(error).__name__} at row {row.group(1)}" if row else type(error).__name__


def _trimmed(name: str) -> str:
    """SQL of a text without the blanks around it, null where nothing is left.

    `trim` knows the blanks of all scripts and takes its time with every character: only what begins or ends with a
    blank, or is not plain ASCII, is given to it.
    """
    may_have_blanks = f"{name} <= '!' or ends_with({name}, ' ') or strlen({name}) != length({name})"
    return f"case when {may_have_blanks} then nullif(trim({name}), '') else {name} end"


def period_sql(contract: Contract) -> str:
    """SQL of the month of a row, null where the file as a whole has one."""
    if contract.period.rule not in ("single", "months"):
        return "null"
    columns = ", ".join(contract.period.columns[:1] if contract.period.rule == "single" else contract.period.columns)
    return f"cast(date_trunc('month', coalesce({columns})) as date)"


def _typed(column: Column) -> str:
    """SQL of the typed value, null where the text does not fit; never a rounded or guessed one."""
    text = column.name
    if column.type == "integer":
        return f"case when regexp_full_match({text}, '[+-]?[0-9]+') then try_cast({text} as bigint) end"
    if column.type.startswith("decimal"):
        scale = _scale(column)
        shape = rf"[+-]?([0-9]+\.?[0-9]{{0,{scale}}}0*|\.[0-9]{{1,{scale}}}0*)"
        return f"case when regexp_full_match({text}, '{shape}') then try_cast({text} as {column.type}) end"
    if column.type == "month":
        digits = f"replace(replace({text}, '_', ''), '-', '')"
        parsed = f"try_cast(try_strptime({digits}, '%Y%m') as date)"
        return f"case when regexp_full_match({text}, '[0-9]{{4}}[_-]?[0-9]{{2}}') then {parsed} end"
    if column.type == "date":
        formats = ", ".join(f"'{form}'" for form in column.formats)
        return f"try_cast(try_strptime({text}, [{formats}]) as date)"
    if column.type == "timestamp" and column.formats:
        formats = ", ".join(f"'{form}'" for form in column.formats)
        return f"try_strptime({text}, [{formats}])"
    if column.type in SHAPES:  # some write fractions of seconds to a time of day, always zero, some 0905 for 09:05
        digits = f"when regexp_full_match({text}, '{_DIGITS}') then try_cast(try_strptime({text}, '%H%M') as time)"
        return (
            f"case when regexp_full_match({text}, '{SHAPES[column.type]}') then try_cast({text} as {column.type}) "
            f"{digits if column.type == 'time' else ''} end"
        )
    return text


def _scale(column: Column) -> str:
    return column.type.rstrip(")").split(",")[1]


def _reason(column: Column, recognised: Recognised, is_hidden: bool, may_be_empty: bool) -> tuple[str, str] | None:
    """SQL of when a value does not fit and of the sentence about it; None for what always fits.

    `is_hidden` keeps the value out of it.
    """
    wanted = {
        "integer": "a whole number",
        "month": "a month like 2017-04",
        "date": f"a date like {' or '.join(column.formats)}",
        "timestamp": f"a time like {' or '.join(column.formats) or '2017-07-19 06:00'}",
        "time": "a time of day like 09:05",
        "text": "a value",
    }.get(column.type) or f"an amount with at most {_scale(column)} decimals"
    named = recognised.named(column.name).replace("'", "''")
    name, start = column.name, f"column {named}: expected {wanted}, found "
    if column.type == "text":
        return None if may_be_empty else (f"{name} is null", f"'{start}nothing'")
    text = f"{name}__text"
    value = f"case when {text} is not null then 'another value (not shown)' end" if is_hidden else f"left({text}, 40)"
    condition = f"{name} is null and {text} is not null" if may_be_empty else f"{name} is null"
    return condition, f"'{start}' || coalesce({value}, 'nothing')"


def periods_of(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    name: str,
    stated: date | None,
    received: date,
    named: Callable[[str], str] = str,
) -> tuple[list[date], str | None]:
    """The months of `staged`; where the file as a whole has one, fill its column `period` (first day of month).

    Args:
        named: what a column is called in the file.

    Returns:
        the periods, and the sentence when the months inside, in the name and stated do not agree.
    """
    in_name = months_in_name(name) if contract.period.name_must_agree else ()
    if contract.period.rule in NAMED_YEARS:
        month, problem = month_of_named_year(contract.period.rule, name, stated, received)
        if month is None:
            return [], problem
        connection.execute("update received set period = ?", [month])
        return [month], None
    if contract.period.is_told_by_name:
        told, problem = month_told(contract, name, stated, received)
        if told is not None:
            connection.execute("update received set period = ?", [told])
        return ([] if told is None else [told]), problem
    if contract.period.rule == "latest":
        # Planned openings lie in the future: a register is as new as the last day that had come when it was received.
        past = ", ".join(f"max({column}) filter ({column} <= $received)" for column in contract.period.columns)
        found_dates = connection.execute(f"select {past} from staged", {"received": received}).fetchall()[0]
        latest = max((value for value in found_dates if value is not None), default=None)
        if latest is None and contract.period.fallback == "received":
            latest = received
        if latest is None:
            return (
                [],
                f"File {name}: no date in column(s) {', '.join(map(named, contract.period.columns))}, "
                "so its period is unknown. Ask the supplier to send it with its dates.",
            )
        month = latest.replace(day=1)
        connection.execute("update received set period = ?", [month])
        return [month], None
    if contract.period.rule == "months":
        return _several_months(connection, contract, name, [stated] if stated else [], received)
    column = named(contract.period.columns[0])
    found = connection.execute(
        "select period, count(*), min(source_row) from staged group by period order by count(*) desc, period"
    ).fetchall()
    problem = None
    if len(found) > 1:
        others = ", ".join(
            f"{month:%Y-%m} ({count:,} rows, first at {place_told(connection, row)})"
            for month, count, row in found[1:4]
        )
        problem = (
            f"File {name}, column {column}: one month expected, found {found[0][0]:%Y-%m} ({found[0][1]:,} rows) "
            f"and {others}. Ask for one file a month."
        )
    elif found:
        inside = found[0][0]
        for months, witness in ((in_name, "its name says"), ((stated,) if stated else (), "--period says")):
            if months and inside not in months:
                problem = (
                    f"File {name}, {place_told(connection, found[0][2])}, column {column}: {witness} "
                    f"{' and '.join(f'{month:%Y-%m}' for month in months)} but the rows are of {inside:%Y-%m}. "
                    "Send the right file; if only its name is wrong, rename it."
                )
        if inside > received.replace(day=1):
            problem = (
                f"File {name}, {place_told(connection, found[0][2])}, column {column}: {inside:%Y-%m} is after the "
                f"month of receipt ({received:%Y-%m}). Correct the file, or state when it was received."
            )
    return [row[0] for row in found], problem


def _several_months(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    name: str,
    expected: Sequence[date],
    received: date,
) -> tuple[list[date], str | None]:
    found = [row[0] for row in connection.execute("select distinct period from staged order by period").fetchall()]
    if contract.scoped is None and found and found[-1] > received.replace(day=1):
        return found, (
            f"File {name}, column {contract.period.columns[-1]}: {found[-1]:%Y-%m} is after the month of receipt "
            f"({received:%Y-%m}). Correct the file, or state when it was received."
        )
    missing = [month for month in expected if month not in found] if found else []
    if not missing:
        return found, None
    return found, (
        f"File {name}: {missing[0]:%Y-%m} is stated, but its rows are of {found[0]:%Y-%m} to {found[-1]:%Y-%m} "
        "and none of that month. Send the right file, or state no month."
    )
