"""Tables as people send them: where the header is, what stands above it, which rows are lines, totals or neither.

Belongs here: from rows of cells to rows of a contract, with the reasons where one does not fit. How a cell is read
belongs in `cells`, what a title says in `titles`, what is done with the rows in `sheets`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from itertools import chain, pairwise, zip_longest

from sources.cells import Unfit, date_order_problem, plain
from sources.contracts import Column, Contract, Layout, Report
from sources.headers import name_in_file
from sources.titles import Title, financial_month, read_title

# Below this share of its columns a row is not the header.
HEADER_SHARE = 0.5


@dataclass(frozen=True)
class Header:
    """Rows `first` to `last` (from 0) name the columns; the rows above are the title."""

    first: int
    last: int
    cells: tuple[str, ...]

    @cached_property
    def capitals(self) -> tuple[str, ...]:
        """As `Layout.canonical_of` knows them."""
        return tuple(cell.upper() for cell in self.cells)

    @cached_property
    def names(self) -> frozenset[str]:
        """The same, in no order."""
        return frozenset(self.capitals)


@dataclass(frozen=True)
class Row:
    """One row of a table under canonical names; `number` is where the sender sees it, `reasons` say what is wrong."""

    number: int
    values: Mapping[str, str | None]
    reasons: tuple[str, ...]


@dataclass
class Table:
    """What was read of one table; `problem` is a finished sentence, `named` tells what a column is called there."""

    rows: list[Row] = field(default_factory=list)
    title: Title = field(default_factory=Title)
    problem: str | None = None
    named: Callable[[str], str] = str


def possible_headers(rows: Sequence[Sequence[str]]) -> Iterator[Header]:
    """Every row, and every two of one width of which the first may be a heading over several."""
    shown = (tuple(_shown(cell) for cell in row) for row in rows)
    for place, (one, below) in enumerate(pairwise(chain(shown, (None,)))):
        assert one is not None
        yield Header(place, place, one)
        if below is not None and len(below) == len(one):
            pairs = zip(one, below, strict=True)
            joined = (upper if upper == lower else f"{upper} {lower}".strip() for upper, lower in pairs)
            yield Header(place, place + 1, tuple(joined))


def find_header(possible: Iterable[Header], layout: Layout) -> Header | None:
    """The row within the first that names most columns, or two rows."""
    report = layout.report
    assert report is not None
    needed = len(set(layout.names) - set(layout.optional))
    best: tuple[float, Header] | None = None
    for header in possible:
        if header.first >= report.rows_above:
            break
        if layout.canonical_of.keys().isdisjoint(header.names):
            continue
        known = {layout.canonical_of[name] for name in header.names if name in layout.canonical_of}
        if known and (best is None or len(known) > best[0]):
            best = len(known), header
    return best[1] if best and best[0] >= HEADER_SHARE * needed else None


def _shown(cell: str) -> str:
    return re.sub(r"\s+", " ", cell.replace("\u00a0", " ")).strip().lstrip("\ufeff")


def read_table(
    name: str,
    rows: Sequence[Sequence[str]],
    columns: Sequence[str | None],
    contract: Contract,
    layout: Layout,
    stated_month: date | None,
) -> Table:
    """Read one table of a file called `name`; `columns` are the canonical names of its columns.

    Args:
        stated_month: what --period says, for a table that says no month.
    """
    report, header = layout.report, find_header(possible_headers(rows), layout)
    assert report is not None and header is not None
    table = Table(
        title=read_title("; ".join(" ".join(filter(None, row)) for row in rows[: header.first])),
        named=partial(name_in_file, columns=columns, headers=header.cells),
    )
    body = [(place + 1, row) for place, row in enumerate(rows) if place > header.last and any(map(str.strip, row))]
    heading = list(header.capitals)
    body = [(number, row) for number, row in body if [_shown(cell).upper() for cell in row] != heading]
    table.problem = _unnamed_problem(name, header, columns, body) or _order_problem(
        name, columns, table.named, contract, body
    )
    given, problem = _stated(name, table.title, report, stated_month)
    given |= report.fixed
    table.problem = table.problem or problem
    for number, row in body:
        cells = {column: cell for column, cell in zip_longest(columns, row, fillvalue="") if column}
        if _is_note(cells, report):
            continue
        table.rows.append(_read_row(number, cells, given, contract, layout, len(table.rows) + 1, table.named))
    _give_totals_their_scope(table, contract, report)
    if report.month_of and table.rows:
        _give_month(table, report.month_of)
    return table


def _unnamed_problem(
    name: str, header: Header, columns: Sequence[str | None], body: Sequence[tuple[int, Sequence[str]]]
) -> str | None:
    for number, row in body:
        for place, cell in enumerate(row):
            if cell.strip() and (place >= len(columns) or not header.cells[place]):
                return (
                    f"File {name}, row {number}: column {_letters(place)} has no heading and holds a value. "
                    "Give it its heading, or remove it."
                )
    return None


def _letters(place: int) -> str:
    """The name of a column in a sheet: A to Z, AA and so on."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _order_problem(
    name: str,
    columns: Sequence[str | None],
    named: Callable[[str], str],
    contract: Contract,
    body: Sequence[tuple[int, Sequence[str]]],
) -> str | None:
    """One order of day and month for the whole file: two columns of a file come from one program."""
    places = [place for place, column in enumerate(columns) if column and contract.column(column).type == "date"]
    found = date_order_problem((number, row[place]) for place in places for number, row in body if place < len(row))
    if found is None:
        return None
    shown = ", ".join(named(str(columns[place])) for place in places)
    return f"File {name}, column(s) {shown}: {found}. Send all dates in one order, like 30/06/2017."


def _stated(name: str, title: Title, report: Report, stated_month: date | None) -> tuple[dict[str, str], str | None]:
    """The values of columns that the table does not have: from its title, else the name of the file or --period."""
    if not report.stated:
        return {}, None
    named = read_title(name)
    said = [title, named, Title(months=(stated_month,)) if stated_month else Title()]
    given: dict[str, str] = {}
    problem = None
    months: tuple[tuple[str, int], ...] = next((m for one in said if (m := one.financial_months())), ())
    years = next((one.years for one in said if one.years), ())
    if months and ("ledger_period" in report.stated or not years):  # of a year alone a day is that of printing
        years = tuple(dict.fromkeys(year for year, _ in months))
    found: dict[str, tuple[object, ...]] = {
        "financial_year": years,
        "ledger_period": tuple(period for _, period in months),
        "entity_code": title.entities or named.entities,
        "as_at": title.days or named.days,
    }
    words = {"financial_year": "financial year", "ledger_period": "month", "entity_code": "body", "as_at": "day"}
    examples = {
        "financial_year": "2017/18",
        "ledger_period": "Month 3 2017/18 or June 2017",
        "entity_code": "Entity 99A",
        "as_at": "As at 31/07/2017",
    }
    for column in report.stated:
        if column not in words:  # a version: a report that states none is a version of its own
            version = title.versions or named.versions
            if len(version) == 1:
                given[column] = str(version[0])
            continue
        values = found[column]
        if len(values) == 1:
            given[column] = str(values[0])
        elif not problem and values:
            shown = " and ".join(str(value) for value in values[:3])
            problem = (
                f"File {name}: above its table, or in its name, stand the {words[column]}s {shown}, where one is "
                f"expected. Write the one that it is of, like {examples[column]}."
            )
        elif not problem:
            problem = (
                f"File {name}: neither above its table nor in its name stands its {words[column]}. "
                f"Write it above the table, like {examples[column]}."
            )
    return given, problem


def _is_note(cells: Mapping[str, str], report: Report) -> bool:
    """A heading of a group, a note or a source: one cell, whatever it says. A table of one column has no notes."""
    filled = [cell for cell in cells.values() if cell.strip()]
    return len(cells) > 1 and (not filled or (len(filled) == 1 and report.label is not None))


def _is_total(cells: Mapping[str, str], contract: Contract, report: Report) -> bool:
    """Whether a row is called a total: in its label, or in its first cell where the label is empty."""
    if report.row_type is None or report.label is None:
        return False
    said = cells.get(report.row_type, "").strip().lower()
    if said in ("line", "total"):
        return said == "total"
    label = cells.get(report.label, "").strip()
    texts = [cells.get(column.name, "").strip() for column in contract.columns if column.type != "date"]
    first = next((text for text in texts if text), "")
    return any(re.fullmatch(report.totals, text) is not None for text in (label or first, first))


def _read_row(
    number: int,
    cells: Mapping[str, str],
    given: Mapping[str, str],
    contract: Contract,
    layout: Layout,
    place: int,
    named: Callable[[str], str],
) -> Row:
    report = layout.report
    assert report is not None
    is_total = _is_total(cells, contract, report)
    values: dict[str, str | None] = {}
    reasons: list[str] = []
    empty = {cell.lower() for cell in layout.empty}
    for column in contract.columns:
        cell = given.get(column.name, cells.get(column.name, ""))
        if cell.strip().lower() in empty:
            cell = ""
        is_word = is_total and re.fullmatch(report.totals, cell.strip()) is not None
        if is_word and column.name != report.label and not _names_total(column, contract, report):
            cell = ""  # the word stands in the first cell, whatever its column
        try:
            values[column.name] = plain(cell, column)
        except Unfit as wrong:
            values[column.name] = None
            unquoted = f"{str(wrong).split(', found ')[0]}, found another value (not shown)"
            shown = str(wrong) if report.is_quoted else unquoted
            reasons.append(f"column {named(column.name)}: {shown}")
    if report.row_type is not None and not values.get(report.row_type):
        values[report.row_type] = "total" if is_total else "line"
    if report.numbered is not None:
        values[report.numbered] = str(place)
    if is_total:
        label = next(text for text in (cells.get(report.label or "", ""), *cells.values()) if text.strip()).strip()
        for column in contract.columns:
            if _names_total(column, contract, report) or column.name == report.label:
                values[column.name] = values[column.name] or label
    return Row(number, values, tuple(reasons))


def _names_total(column: Column, contract: Contract, report: Report) -> bool:
    """Whether the column identifies a row within its report: a total is identified by its label."""
    scope = contract.versions.scope if contract.versions else ()
    return column.type == "text" and not column.nullable and column.name not in (*scope, report.row_type)


def _give_totals_their_scope(table: Table, contract: Contract, report: Report) -> None:
    """A total is of the year, month, body, version or day of the lines above it, where all of them have the same."""
    if report.row_type is None:
        return
    versions = contract.versions
    lines = [row.values for row in table.rows if row.values[report.row_type] == "line"]
    for column in (*versions.scope, versions.order) if versions else contract.period.columns:
        held = {values[column] for values in lines}
        if len(held) != 1:
            continue
        [value] = held
        table.rows = [
            Row(row.number, {**row.values, column: value}, row.reasons)
            if row.values[report.row_type] == "total" and row.values[column] is None
            else row
            for row in table.rows
        ]


def _give_month(table: Table, column: str) -> None:
    """Year and period of a file that says them nowhere but in its dates: those of the newest."""
    days = [date.fromisoformat(day) for row in table.rows if (day := row.values[column])]
    if not days:
        return
    year, period = financial_month(max(days))
    given = {"financial_year": year, "ledger_period": str(period)}
    table.rows = [
        Row(row.number, {**row.values, **{name: v for name, v in given.items() if name in row.values}}, row.reasons)
        for row in table.rows
    ]


def missing(row: Row, contract: Contract, layout: Layout, named: Callable[[str], str] = str) -> list[str]:
    """Reasons for what a row must have and has not; of a printed total, which may be one of some columns, the key."""
    report = layout.report
    assert report is not None
    is_total = report.row_type is not None and row.values.get(report.row_type) == "total"
    return [
        f"column {named(column.name)}: expected a value, found nothing"
        for column in contract.columns
        if row.values[column.name] is None
        and not column.nullable
        and column.name not in layout.absent
        and not any(reason.startswith(f"column {named(column.name)}: ") for reason in row.reasons)
        and not (is_total and column.name not in contract.key)
    ]
