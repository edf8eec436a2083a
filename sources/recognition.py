"""Which dataset and layout a member is: by its header or first rows, with its name as a second witness.

A file that fits no contract gets a sentence about the nearest one. Values and types belong in `reader`.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

from sources.contracts import Contract, Layout
from sources.opening import Member

DELIMITERS = (",", ";", "\t", "|")
HEAD_BYTES = 1 << 18
SAMPLE_ROWS = 20
# Below this share of matching columns a header has nothing to do with a layout.
NEAREST = 0.5


@dataclass(frozen=True)
class Recognised:
    """What a member is. `columns` names the canonical column of each file column, None where it is ignored."""

    contract: Contract | None
    layout: Layout | None
    delimiter: str
    columns: tuple[str | None, ...]
    problem: str | None


@dataclass(frozen=True)
class _Fit:
    recognised: Recognised
    score: float


def recognise(member: Member, contracts: Iterable[Contract], dataset: str | None = None) -> Recognised:
    """Dataset and layout of a member; `problem` holds the sentence when they do not fit."""
    contracts = list(contracts)
    with member.path.open(encoding="utf-8", newline="") as handle:
        head = handle.read(HEAD_BYTES)
    fits = [
        _fit(member.name, head, delimiter, contract, layout)
        for contract in contracts
        for layout in contract.layouts
        for delimiter in DELIMITERS
    ]
    perfect = [fit.recognised for fit in fits if fit.recognised.problem is None]
    named = named_like(member.name, contracts)
    if perfect:
        found = perfect[0]
        assert found.contract is not None
        if dataset is not None and found.contract.dataset != dataset:
            return replace(found, problem=_other(member.name, found.contract, f"stated as {dataset}"))
        if dataset is None and named and found.contract not in named:
            expected = " or ".join(contract.dataset for contract in named)
            return replace(
                found,
                contract=named[0],
                layout=None,
                problem=_other(member.name, found.contract, f"named like {expected}"),
            )
        return found
    wanted = [contract for contract in contracts if contract.dataset == dataset] if dataset else named
    candidates = (
        [fit for fit in fits if fit.recognised.contract in wanted]
        if wanted
        else [fit for fit in fits if fit.score >= NEAREST]
    )
    if not candidates:
        names = ", ".join(contract.dataset for contract in contracts)
        first = head.splitlines()[0][:120] if head.strip() else ""
        problem = (
            f"File {member.name} is none of the known datasets ({names}): its first row is {first!r}. "
            "Check that it is the right file, or state --dataset."
        )
        return Recognised(None, None, ",", (), problem)
    return max(candidates, key=lambda fit: fit.score).recognised


def _other(name: str, contract: Contract, witness: str) -> str:
    return (
        f"File {name} is {witness}, but row 1 (its header or first row) is that of {contract.dataset} "
        f"({contract.title}). Send the right file, or rename it."
    )


def named_like(name: str, contracts: Iterable[Contract]) -> list[Contract]:
    """Contracts whose files are named like this."""
    return [contract for contract in contracts if any(re.search(layout.file_name, name) for layout in contract.layouts)]


def _fit(name: str, head: str, delimiter: str, contract: Contract, layout: Layout) -> _Fit:
    rows = [
        row
        for row in islice(csv.reader(head.splitlines(keepends=True), delimiter=delimiter), SAMPLE_ROWS + 2)
        if any(row)
    ]
    if not rows:
        problem = f"File {name} has no rows. Ask the supplier to send it again."
        return _Fit(Recognised(contract, layout, delimiter, (), problem), 0)
    return (
        _fit_header(name, rows, delimiter, contract, layout)
        if layout.header
        else _fit_rows(name, rows, delimiter, contract, layout)
    )


def _fit_header(name: str, rows: list[list[str]], delimiter: str, contract: Contract, layout: Layout) -> _Fit:
    header = [cell.strip().lstrip("\ufeff") for cell in rows[0]]
    ignored = {other.upper() for other in layout.ignored}
    columns = tuple(layout.canonical_of.get(cell.upper()) for cell in header)
    found = [column for column in columns if column]
    problems = [f"column {layout.names[wanted][0]} is missing" for wanted in layout.names if wanted not in found]
    problems += [
        f"column {number} ({cell or 'without a name'}) is not in the contract"
        for number, (cell, column) in enumerate(zip(header, columns, strict=True), start=1)
        if column is None and cell.upper() not in ignored
    ]
    problems += [
        f"column {layout.names[column][0]} appears {found.count(column)} times"
        for column in sorted(set(found))
        if found.count(column) > 1
    ]
    problem = None
    if problems:
        problem = (
            f"File {name}, row 1 (header): {'; '.join(problems[:6])}{' and more' if len(problems) > 6 else ''}. "
            f"Expected the {len(layout.names)} columns of {contract.dataset}, layout {layout.name}. "
            "Ask the supplier for the agreed layout, or add the new one to the contract."
        )
    score = len(set(found)) / max(len(header), len(layout.names))
    return _Fit(Recognised(contract, layout, delimiter, columns, problem), score)


def _fit_rows(name: str, rows: list[list[str]], delimiter: str, contract: Contract, layout: Layout) -> _Fit:
    """A layout without a header: the number of columns, and patterns that most of the first rows match."""
    columns = tuple(column.name for column in contract.columns if column.name not in layout.absent)
    rows = rows[:-1] or rows  # the last of the sample may be cut
    width = len(rows[0])
    if width != len(columns):
        problem = (
            f"File {name}, row 1: has {width} columns, {len(columns)} expected in {contract.dataset} "
            f"(layout {layout.name}, no header). Ask the supplier for the agreed layout."
        )
        return _Fit(
            Recognised(contract, layout, delimiter, columns, problem),
            0.3 * min(width, len(columns)) / max(width, len(columns)),
        )
    for column, pattern in layout.recognise.items():
        position = columns.index(column)
        wrong = [
            (number, row[position])
            for number, row in enumerate(rows, start=1)
            if len(row) == width and not re.fullmatch(pattern, row[position].strip())
        ]
        if len(wrong) * 2 >= len(rows):
            number, value = wrong[0]
            problem = (
                f"File {name}, row {number}, column {position + 1} ({column}): found {value[:40]!r}, which is not what "
                f"{contract.dataset} has there. Check that it is the right file."
            )
            return _Fit(Recognised(contract, layout, delimiter, columns, problem), 0.3)
    return _Fit(Recognised(contract, layout, delimiter, columns, None), 1)
