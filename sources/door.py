"""A look at a received file before anything of it is written: what it is, and whether patients are in it.

Belongs here: what may be written and what may be kept. What identifies belongs in `identifiers`, how a member is opened
in `opening`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pcw.errors import PcwError
from sources.contracts import Contract
from sources.identifiers import TextScan, columns_of_birth_dates, columns_of_nhs_numbers, identifying_headers
from sources.opening import DAMAGED, Head, Member, heads, numbered, open_members
from sources.recognition import DELIMITERS, Recognised, head_rows, named_like, recognise_head

# No feed is split at these, yet a file that nobody knows may be.
_ODD_DELIMITERS = ("~", "^")
_ROWS = 2000
_UNSEARCHABLE = "it cannot be searched for what identifies patients"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Look:
    """What the first rows show. Of a `private` file no byte is written as it came: it may be about patients.

    `recognised` has one entry for each member, None where it is no text. `contract` is that of the most careful of the
    witnesses: contents, name, statement. `findings` are parts of sentences. `names` of members may be patients'.
    """

    recognised: tuple[Recognised | None, ...]
    contract: Contract | None
    findings: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def is_private(self) -> bool:
        """Of an identifiable feed, of none that is known, or showing identifiers."""
        return self.contract is None or self.contract.identifiable or bool(self.findings)

    @property
    def needs_key(self) -> bool:
        """Whether NHS numbers will be read."""
        return any(found and found.nhs_number is not None and found.problem is None for found in self.recognised)

    def known(self, members: Sequence[Member]) -> list[tuple[Member, Recognised]]:
        """The members that can be read as tables, with what they are."""
        pairs = zip(members, self.recognised, strict=True)
        return [(member, found) for member, found in pairs if member.problem is None and found is not None]


def look(path: Path, name: str, contracts: Mapping[str, Contract], stated: str | None) -> Look:
    """Look at the first rows of each member, in memory."""
    seen: list[Recognised | None] = []
    findings: list[str] = []
    members = heads(path, name)
    for head in members:
        found = recognise_head(head.name, head.text, contracts.values(), stated) if head.text is not None else None
        shown = _findings(head, found)
        if found and found.contract and found.problem is None and shown:
            found = replace(found, problem=_planted(head.name, found.contract, shown))
        seen.append(found)
        findings += shown
    witnesses = [found.contract for found in seen if found and found.contract]
    witnesses += [contracts[stated]] if stated else named_like(name, contracts.values())
    contract = next((one for one in witnesses if one.identifiable), next(iter(witnesses), None))
    looked = Look(tuple(seen), contract, tuple(dict.fromkeys(findings)), tuple(head.name for head in members))
    return replace(looked, recognised=_unnamed(name, members, seen)) if looked.is_private else looked


def _unnamed(name: str, members: Sequence[Head], seen: Sequence[Recognised | None]) -> tuple[Recognised | None, ...]:
    """What the members of a private archive are, in sentences that do not name them: a name may be a patient's."""
    return tuple(
        replace(found, problem=found.problem.replace(f"File {head.name}", f"File {numbered(name, head.number)}", 1))
        if found and found.problem and head.number
        else found
        for head, found in zip(members, seen, strict=True)
    )


def _planted(name: str, contract: Contract, findings: Sequence[str]) -> str:
    return (
        f"File {name} shows patients where {contract.dataset} has none: {'; '.join(findings[:3])}. "
        "Ask the supplier for the file without them, and tell who looks after information governance."
    )


def _findings(head: Head, recognised: Recognised | None) -> list[str]:
    """What identifies patients in a head, beside the columns that the contract replaces or drops.

    In a file that fits its contract only NHS numbers are looked for: its columns are known to be none of the others.
    """
    rows = _rows(head.text or "", recognised.delimiter if recognised and recognised.contract else None)
    if not rows:
        return []
    unread = _unread(recognised)
    if unread:
        rows = [["" if place in unread else cell for place, cell in enumerate(row)] for row in rows]
    found = [f"column {number} holds NHS numbers" for number in columns_of_nhs_numbers(rows)]
    if recognised is None or recognised.contract is None or recognised.problem is not None:
        # The position, not the name: what looks like a header may be a row. A title may stand above the header.
        named = {place for row in rows[:20] for place, cell in enumerate(row, 1) if identifying_headers([cell])}
        found += [f"column {place} is named like what identifies patients" for place in sorted(named)]
        found += [f"column {number} holds dates like birth dates" for number in columns_of_birth_dates(rows)]
    return found


def _unread(recognised: Recognised | None) -> set[int]:
    """Positions of the columns that do not land as they came; in a refused file, of those that were foreseen."""
    if recognised is None:
        return set()
    if recognised.contract is not None and recognised.problem is None:
        return {place for place, column in enumerate(recognised.columns) if column is None}
    return set(recognised.replaced)


def _rows(text: str, delimiter: str | None) -> list[list[str]]:
    """The first rows, split at the delimiter, or at the one that splits most."""
    best: list[list[str]] = []
    for candidate in (delimiter,) if delimiter else (*DELIMITERS, *_ODD_DELIMITERS):
        rows = head_rows(text, candidate, _ROWS)
        if sum(map(len, rows)) > sum(map(len, best)):
            best = rows
    return best


def reason_not_to_keep(seen: Look, source: Path, name: str, work: Path) -> str | None:
    """Why the bytes of a refused file are not kept: part of a sentence, None where they may be.

    Of a feed about patients none are. Any other file is searched through for identifiers; one that cannot be searched
    is kept only where it is at least named like a feed without patients.
    """
    if seen.contract is not None and seen.contract.identifiable:
        return f"{seen.contract.dataset} is about patients"
    if seen.findings:
        return seen.findings[0]
    reasons = [_reason_in(member) for member in open_members(source, name, work, write=False)]
    if seen.contract is not None:
        reasons = [reason for reason in reasons if reason != _UNSEARCHABLE]
    elif any(_is_list(head, found) for head, found in zip(heads(source, name), seen.recognised, strict=True)):
        reasons.append("it is a table with no column that is known, and may be a list of patients")
    return next((reason for reason in reasons if reason), None)


def _is_list(head: Head, recognised: Recognised | None) -> bool:
    """A table of three columns or more, none of them called as in any contract. Names of people look like any words."""
    rows = _rows(head.text or "", None)
    return len(rows) > 1 and min(map(len, rows[:20])) >= 3 and not (recognised and any(recognised.columns))


def _reason_in(member: Member) -> str | None:
    if member.problem is not None:
        return _UNSEARCHABLE
    scan, first = TextScan(), ""
    try:
        for chunk in replace(member, encoding=member.encoding or "latin-1").utf8():
            text = chunk.decode("utf-8", errors="replace")
            if "\x00" in text:
                return _UNSEARCHABLE
            first = first or text
            scan.add(text)
    except (OSError, UnicodeError, *DAMAGED):
        return _UNSEARCHABLE
    return scan.finding() or next(iter(_findings(Head(member.name, first), None)), None)


def without_values(name: str, is_private: Callable[[], bool], call: Callable[[], _T]) -> _T:
    """What `call` returns. An unexpected error may quote what it stumbled over: of a private file its kind is told.

    Raises:
        PcwError: in place of any other error while a private file was read.
    """
    try:
        return call()
    except PcwError as error:
        if error.__context__ is None or not is_private():
            raise
        message = str(error)
    except Exception as error:
        if not is_private():
            raise
        message = (
            f"File {name} could not be read: {type(error).__name__}. Its message may quote patients' values and is not "
            "shown. Nothing of the file was landed; this is a defect of the reader: report it."
        )
    # Outside of the handlers, so that nothing of the first error hangs on this one: Dagster stores whole chains.
    raise PcwError(message)
