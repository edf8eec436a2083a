"""Which dataset and layout a member is: by its header or first rows, with its name as a second witness.

A file that fits no contract gets a sentence about the nearest one. Values and types belong in `reader`.
"""

import csv
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice

from sources.contracts import Contract, Layout
from sources.headers import name_in_file
from sources.identifiers import columns_of_nhs_numbers, identifying_headers, normal_header, redacted
from sources.opening import HEAD_BYTES, Member
from sources.pseudonyms import IS_VALID, PSEUDONYM
from sources.reports import Header, find_header, possible_headers

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 20
# Below this share of matching columns a header has nothing to do with a layout.
NEAREST = 0.5
# What to do about a file that is none of the datasets.
OF_NO_DATASET = (
    "Check that it is the right file: if not, close it with `pcw quarantine --close`; if it is, land it with `pcw land "
    "FILE --dataset NAME`."
)


@dataclass(frozen=True)
class Recognised:
    """What a member is. `columns` names the canonical column of each file column, None where it is ignored.

    `nhs_number` is the position of the column of NHS numbers, which is read as a pseudonym and a flag, `dropped` are
    those of columns that are left out. Of what is none of the datasets `columns` are those of the nearest one.
    `headers` are the names in the file, as they stand there; none where it has no header. `first_row` is the row of its
    header, or its first row where it has none, as a spreadsheet counts: what stands above it is blank, or a title.
    """

    contract: Contract | None
    layout: Layout | None
    delimiter: str
    columns: tuple[str | None, ...]
    problem: str | None
    nhs_number: int | None = None
    dropped: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    first_row: int = 1

    def named(self, column: str) -> str:
        """A column as whoever has the file before them finds it."""
        return name_in_file(column, self.columns, self.headers)

    @property
    def rows_above(self) -> int:
        """How many rows stand above its data."""
        return self.first_row if self.layout is not None and self.layout.header else self.first_row - 1

    @property
    def replaced(self) -> tuple[int, ...]:
        """Positions of the columns that do not land as they came."""
        return self.dropped if self.nhs_number is None else (self.nhs_number, *self.dropped)


@dataclass(frozen=True)
class _Top:
    """The first rows of a member when cells end at this delimiter, and the number of each in the file."""

    delimiter: str
    rows: list[list[str]]
    numbers: list[int]

    @cached_property
    def headers(self) -> tuple[Header, ...]:
        return tuple(possible_headers(self.rows))

    @cached_property
    def header(self) -> list[str]:
        """The cells of the first row."""
        return [cell.strip().lstrip("\ufeff") for cell in self.rows[0]]

    @cached_property
    def capitals(self) -> frozenset[str]:
        """The cells of the first row as `Layout.canonical_of` knows them."""
        return frozenset(cell.upper() for cell in self.header)


@dataclass(frozen=True)
class _Fit:
    """How a layout fits. Most do not at all: their sentences are made when somebody asks."""

    contract: Contract
    layout: Layout
    score: float
    is_perfect: bool
    made: Callable[[], Recognised]

    @cached_property
    def recognised(self) -> Recognised:
        return self.made()


def _fit_of(recognised: Recognised, score: float) -> _Fit:
    assert recognised.contract is not None and recognised.layout is not None
    return _Fit(recognised.contract, recognised.layout, score, recognised.problem is None, lambda: recognised)


def recognise(member: Member, contracts: Iterable[Contract], dataset: str | None = None) -> Recognised:
    """Dataset and layout of a member that was rewritten; `problem` holds the sentence when they do not fit."""
    with member.path.open(encoding="utf-8", newline="") as handle:
        return recognise_head(member.name, handle.read(HEAD_BYTES), contracts, dataset)


def recognise_head(name: str, head: str, contracts: Iterable[Contract], dataset: str | None = None) -> Recognised:
    """Dataset and layout of a member by its name and first rows. Nothing of what may be about a patient is quoted."""
    contracts = list(contracts)
    tops = [_top(head, delimiter) for delimiter in DELIMITERS]
    fits = [_fit(name, top, contract, layout) for contract in contracts for layout in contract.layouts for top in tops]
    perfect = [fit.recognised for fit in fits if fit.is_perfect]
    named = named_like(name, contracts)
    if perfect:
        found = perfect[0]
        assert found.contract is not None
        if dataset is not None and found.contract.dataset != dataset:
            return replace(found, problem=_other(name, found, found.contract, f"stated as {dataset}"))
        if dataset is None and named and found.contract not in named:
            expected = " or ".join(contract.dataset for contract in named)
            return replace(
                found,
                contract=named[0],
                layout=None,
                problem=_other(name, found, found.contract, f"named like {expected}"),
            )
        return found
    wanted = [contract for contract in contracts if contract.dataset == dataset] if dataset else named
    candidates = (
        [fit for fit in fits if fit.contract in wanted] if wanted else [fit for fit in fits if fit.score >= NEAREST]
    )
    if not candidates:
        return _unknown(name, tops, contracts, fits)
    return max(candidates, key=lambda fit: fit.score).recognised


def _unknown(name: str, tops: list[_Top], contracts: list[Contract], fits: list[_Fit]) -> Recognised:
    """What is none of the datasets. Its first row may be about a patient: only names that contracts have are told."""
    with_header = [fit for fit in fits if fit.layout.header]
    found = max(with_header, key=lambda fit: fit.score, default=None)
    nearest = found.recognised if found else Recognised(None, None, ",", (), None)
    contract, layout, columns = nearest.contract, nearest.layout, nearest.columns
    shared = list(dict.fromkeys(column for column in columns if column))
    width, row = max(((len(top.rows[0]), top.numbers[0]) for top in tops if top.rows), default=(0, 1))
    shown = f"row {row} has {width} columns, none of them called as in any of these"
    if shared and contract is not None and layout is not None:
        lacking = [column for column in layout.names if column not in {*shared, *layout.optional}]
        shown = f"row {nearest.first_row} has {len(columns)} columns, and shares {_listed(layout, shared)}"
        shown += f" with {contract.dataset}"
        shown += f", which has {_listed(layout, lacking)} too" if lacking else ""
    problem = f"File {name} is none of the {len(contracts)} known datasets: {shown}. {OF_NO_DATASET}"
    return Recognised(None, None, nearest.delimiter, columns if shared else (), problem)


def _listed(layout: Layout, columns: list[str]) -> str:
    names = ", ".join(layout.names[column][0] for column in columns[:6])
    return f"{names} and {len(columns) - 6} more" if len(columns) > 6 else names


def _other(name: str, found: Recognised, contract: Contract, witness: str) -> str:
    return (
        f"File {name} is {witness}, but row {found.first_row} (its header or first row) is that of {contract.dataset} "
        f"({contract.title}). Send the right file; if only its name is wrong, rename it."
    )


def named_like(name: str, contracts: Iterable[Contract]) -> list[Contract]:
    """Contracts whose files are named like this."""
    return [contract for contract in contracts if any(re.search(layout.file_name, name) for layout in contract.layouts)]


def _fit(name: str, top: _Top, contract: Contract, layout: Layout) -> _Fit:
    if not top.rows:
        problem = f"File {name} has no rows. Ask the supplier to send it again."
        return _fit_of(Recognised(contract, layout, top.delimiter, (), problem), 0)
    if not layout.header:
        return _fit_rows(name, top, contract, layout)
    found_header = find_header(top.headers, layout) if layout.report else None
    made = partial(_fit_header, name, top, contract, layout, found_header)
    shares_nothing = (
        found_header is None and contract.identifiers is None and layout.canonical_of.keys().isdisjoint(top.capitals)
    )
    if shares_nothing and len(layout.names) > len(layout.optional):  # whatever it ignores, something is missing
        return _Fit(contract, layout, 0, False, lambda: made().recognised)
    return made()


def _fit_header(name: str, top: _Top, contract: Contract, layout: Layout, found_header: Header | None) -> _Fit:
    # a column without a heading is looked at when the rows are read
    header = list(found_header.cells) if found_header is not None else top.header
    first_row = top.numbers[found_header.first if found_header is not None else 0]
    columns = tuple(layout.canonical_of.get(cell.upper()) for cell in header)
    numbers, dropped = _identifiers(contract, header)
    if numbers:  # its pseudonyms and flags are made here, under our key
        made = (PSEUDONYM, IS_VALID)
        columns = tuple(None if column in made else column for column in columns)
    hidden = {*numbers, *dropped}
    columns = tuple(None if position in hidden else column for position, column in enumerate(columns))
    found = [column for column in columns if column] + ([PSEUDONYM, IS_VALID] if numbers else [])
    is_header = _looks_like_header(header, len(found))
    needed = [wanted for wanted in layout.names if wanted not in layout.optional]
    problems = [f"column {layout.names[wanted][0]} is missing" for wanted in needed if wanted not in found]
    problems += [
        f"column {number} ({_shown(cell, is_header)}) is not in the contract"
        for number, (cell, column) in enumerate(zip(header, columns, strict=True), start=1)
        if column is None and not layout.ignores(cell) and number - 1 not in hidden and (cell or found_header is None)
    ]
    if len(numbers) > 1:
        problems.append(f"{len(numbers)} columns hold NHS numbers, where one is expected")
    problems += [
        f"column {layout.names[column][0]} appears {found.count(column)} times"
        for column in sorted(set(found))
        if found.count(column) > 1
    ]
    problem = None
    if problems:
        problem = (
            f"File {name}, {'header' if found_header else f'row {first_row} (header)'}: "
            f"{'; '.join(problems[:6])}{' and more' if len(problems) > 6 else ''}. "
            f"Expected the {len(needed)} columns of {contract.dataset}, layout {layout.name}"
            f"{f' (another {len(layout.optional)} may be missing)' if layout.optional else ''}. "
            "Ask the supplier for the agreed layout; if the new one is to stay, add it to the contract."
        )
    counted = sum(not layout.ignores(cell) for cell in header) if layout.ignored_like else len(header)
    score = len(set(found)) / max(counted - len(dropped), len(needed))
    number = next(iter(numbers), None)
    return _fit_of(
        Recognised(contract, layout, top.delimiter, columns, problem, number, tuple(dropped), tuple(header), first_row),
        score,
    )


def _identifiers(contract: Contract, header: list[str]) -> tuple[list[int], list[int]]:
    """Positions of the columns of NHS numbers, and of the columns that never land."""
    if contract.identifiers is None:
        return [], []
    names = [normal_header(cell) for cell in header]
    numbers = [position for position, name in enumerate(names) if name in contract.identifiers.normal_numbers]
    return numbers, [position for position, name in enumerate(names) if name in contract.identifiers.normal_dropped]


def _looks_like_header(header: list[str], known: int) -> bool:
    """Most of its names are known, or some are and no cell is a bare number or date."""
    return known * 2 >= len(header) or (
        known > 0 and not any(re.fullmatch(r"[0-9/:. -]*[0-9][0-9/:. -]*", cell) for cell in header)
    )


def _shown(cell: str, is_header: bool) -> str:
    """A column name; a cell of a first row that is no header may be about a patient."""
    if not cell:
        return "without a name"
    return redacted(cell[:60]) if is_header and not re.search(r"[0-9]{4}", cell) else "not shown"


def _top(head: str, delimiter: str) -> _Top:
    rows = _rows(head, delimiter, SAMPLE_ROWS + 2)
    numbers = [number for number, row in enumerate(rows, start=1) if any(row)]
    return _Top(delimiter, [rows[number - 1] for number in numbers], numbers)


def head_rows(head: str, delimiter: str, most: int) -> list[list[str]]:
    """The first rows of a member that are not blank."""
    return [row for row in _rows(head, delimiter, most) if any(row)]


def _rows(head: str, delimiter: str, most: int) -> list[list[str]]:
    rows: list[list[str]] = []
    with suppress(csv.Error):  # a cell longer than any: whoever reads the whole says where it is
        rows.extend(islice(csv.reader(head.splitlines(keepends=True), delimiter=delimiter), most))
    return rows


def _fit_rows(name: str, top: _Top, contract: Contract, layout: Layout) -> _Fit:
    """A layout without a header: the number of columns, and patterns that most of the first rows match."""
    columns = tuple(column.name for column in contract.columns if column.name not in layout.absent)
    rows, delimiter = top.rows[:-1] or top.rows, top.delimiter  # the last of the sample may be cut
    width = len(rows[0])
    if width != len(columns):
        problem = (
            f"File {name}, row {top.numbers[0]}: has {width} columns, {len(columns)} expected in {contract.dataset} "
            f"(layout {layout.name}, no header). Ask the supplier for the agreed layout."
        )
        return _fit_of(
            Recognised(contract, layout, delimiter, columns, problem),
            0.3 * min(width, len(columns)) / max(width, len(columns)),
        )
    for column, pattern in layout.recognise.items():
        position = columns.index(column)
        wrong = [
            (number, row[position])
            for number, row in zip(top.numbers, rows, strict=False)
            if len(row) == width and not re.fullmatch(pattern, row[position].strip())
        ]
        if len(wrong) * 2 >= len(rows):
            number, value = wrong[0]
            has_patients = identifying_headers(rows[0]) or columns_of_nhs_numbers(rows)
            shown = "a value" if has_patients or len(rows[0]) < 2 else repr(value[:40])
            problem = (
                f"File {name}, row {number}, column {column} (number {position + 1}): expected {pattern}, "
                f"found {shown}, which is not what {contract.dataset} has there. Check that it is the right file."
            )
            return _fit_of(Recognised(contract, layout, delimiter, columns, problem), 0.3)
    return _fit_of(Recognised(contract, layout, delimiter, columns, None, first_row=top.numbers[0]), 1)
