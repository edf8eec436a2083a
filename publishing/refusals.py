"""Files that were refused, what the gates said of them, and what is still open about them.

Belongs here: reading `quarantine/*/refusal.json`. Landing writes them; nothing here refuses a file.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from expectations.verdict import Verdict
from pcw.files import read_json
from pcw.home import Home
from publishing.counting import Facts, Part, parts_of, replaces_all
from publishing.lineage import utc
from sources.contracts import Contract, Whole, load_contracts
from sources.ledger import version_order
from sources.manifests import Scope, Submission, VersionFacts
from sources.member_names import bare_name


class Closing(NamedTuple):
    """Who said, and why, that nobody will send a refused file again (`pcw quarantine --close`)."""

    by: str
    reason: str
    closed_at: datetime

    def __str__(self) -> str:
        return f"{self.by} closed it on {self.closed_at:%Y-%m-%d}: {self.reason}"


@dataclass(frozen=True)
class Refusal:
    """One refused file. `dataset` and `period` are None where neither its contents nor its names tell one.

    `months`, `scopes` and `versions` are all that it held, as far as it could be read, `version_facts` what orders it
    before its receipt, `names` those under which it may come again, `is_kept` whether its bytes were; versions before
    this kept fewer of them.
    """

    file_name: str
    sha256: str
    dataset: str | None
    stage: str
    message: str
    received_at: datetime
    period: date | None = None
    months: tuple[date, ...] = ()
    scopes: tuple[Scope, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    versions: tuple[VersionFacts, ...] = ()
    version_facts: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    is_kept: bool = True
    closed: Closing | None = None

    def standing(self, accepted: Iterable["Accepted"]) -> str:
        """In words, for a list: open, closed by whom, or put right by which file."""
        if self.closed is not None:
            return str(self.closed)
        goods = settled_by(self, accepted)
        return "; ".join(f"put right by {one.file_name} of {one.received_at:%Y-%m-%d}" for one in goods) or "open"

    @property
    def contract(self) -> Contract | None:
        """The contract of its feed, where both are known."""
        return load_contracts().get(self.dataset or "")

    @property
    def is_by_holder(self) -> bool:
        """Whether it stood for months of a provider or body, known or not: another's file does not put it right."""
        kept_whole = self.contract is None or isinstance(self.contract.supersession, Whole)
        return not kept_whole or bool(self.scopes or self.versions)

    @property
    def is_by_month(self) -> bool:
        """Whether its months are all that it stood for, so that files of these months put it right."""
        return bool(self.months) and not self.is_by_holder

    @property
    def holds(self) -> dict[Part, Facts]:
        """What it stood for, with what orders it before its receipt."""
        facts = version_order(self.version_facts, self.contract) if self.contract and self.version_facts else ()
        return parts_of(self.contract, self.months, self.scopes, self.versions, facts)


class Accepted(NamedTuple):
    """A month of a submission that was landed, as far as it can settle a refusal.

    `is_all`: it replaces whatever came before. `holds`: what it has of providers or bodies that month, with what orders
    it before its receipt.
    """

    dataset: str
    file_name: str
    period: date | None
    received_at: datetime
    rows_read: int = 0
    rows_quarantined: int = 0
    is_all: bool = False
    holds: tuple[tuple[Part, Facts], ...] = ()


def accepted_of(submissions: Iterable[Submission], contracts: Mapping[str, Contract]) -> list[Accepted]:
    """Each month of these submissions. A net file changes what others hold, and stands for nothing itself."""
    found = []
    for one in submissions:
        contract = contracts.get(one.dataset)
        facts = version_order(one.version_facts, contract) if contract else ()
        months = [held.period for held in one.periods]
        holds = parts_of(contract, months, [held.scope for held in one.scopes], one.versions, facts)
        found += [
            Accepted(
                one.dataset,
                one.file_name,
                month,
                utc(one.received_at),
                one.rows_read,
                one.rows_quarantined,
                replaces_all(contract),
                tuple((part, rank) for part, rank in holds.items() if part[1] == month and one.protocol != "net"),
            )
            for month in months
        ]
    return found


def read_refusals(home: Home) -> list[Refusal]:
    """Every refusal in quarantine, oldest first."""
    found = []
    for file in home.quarantine.glob("[!.]*/refusal.json"):
        stored = read_json(file)
        months = stored.get("months") or filter(None, [stored.get("period")])
        found.append(
            Refusal(
                file_name=stored["file_name"],
                sha256=stored["sha256"],
                dataset=stored.get("dataset"),
                stage=stored["stage"],
                message=stored["message"],
                received_at=utc(datetime.fromisoformat(stored["received_at"])),
                period=date.fromisoformat(stored["period"]) if stored.get("period") else None,
                months=tuple(map(date.fromisoformat, months)),
                scopes=tuple((provider, date.fromisoformat(month)) for provider, month in stored.get("scopes", ())),
                verdicts=tuple(map(Verdict.from_dict, stored.get("verdicts", ()))),
                versions=tuple(
                    VersionFacts(
                        **{**held, "scope": tuple(held["scope"]), "period": date.fromisoformat(held["period"])}
                    )
                    for held in stored.get("versions", ())
                ),
                version_facts=stored.get("version_facts", {}),
                names=tuple(stored.get("names", ())),
                is_kept=stored.get("raw") != "not kept",
                closed=_closing(stored.get("closed")),
            )
        )
    return sorted(found, key=lambda refusal: (refusal.received_at, refusal.sha256))


def _closing(stored: Mapping[str, str] | None) -> Closing | None:
    if stored is None:
        return None
    return Closing(stored["by"], stored["reason"], utc(datetime.fromisoformat(stored["closed_at"])))


def is_settled(refusal: Refusal, accepted: Iterable[Accepted]) -> bool:
    """Whether somebody closed it, or a good file came after it: see `settled_by`."""
    return refusal.closed is not None or bool(settled_by(refusal, accepted))


def settled_by(refusal: Refusal, accepted: Iterable[Accepted]) -> list[Accepted]:
    """The good files that came after it and put it right, of several the newest; none while it is open.

    One under its name, however packed; or one for each of its months; or, where a file replaces all earlier ones, any.
    Where files stand for months of a provider or body, one for each of these, not older by what is inside.
    """
    after = [
        good
        for good in sorted(accepted, key=lambda good: utc(good.received_at))
        if utc(good.received_at) >= utc(refusal.received_at) and refusal.dataset in (None, good.dataset)
    ]
    names = {bare_name(refusal.file_name), *refusal.names}
    alike = [
        good for good in after if bare_name(good.file_name) in names or (good.is_all and refusal.dataset is not None)
    ]
    if alike:
        return alike[-1:]
    if refusal.dataset is None:
        return []
    if not refusal.is_by_holder:
        months = {good.period: good for good in after}
        return _each(months.get(month) for month in refusal.months)
    parts = refusal.holds
    if any(holder is None for holder, _ in parts):
        return []  # whose it was nobody knows
    newest = {part: good for good in after for part, facts in good.holds if part in parts and parts[part] <= facts}
    return _each(newest.get(part) for part in parts)


def settled_at(refusal: Refusal, accepted: Iterable[Accepted]) -> datetime | None:
    """When the good file came with which it was put right first; None while none came."""
    files = sorted(accepted, key=lambda good: utc(good.received_at))
    place = bisect_left(range(len(files) + 1), True, key=lambda many: bool(settled_by(refusal, files[:many])))
    return utc(files[place - 1].received_at) if place <= len(files) else None


def _each(found: Iterable[Accepted | None]) -> list[Accepted]:
    """Each file once; none where anything is lacking."""
    files: dict[tuple[str, datetime], Accepted] = {}
    for good in found:
        if good is None:
            return []
        files.setdefault((good.file_name, utc(good.received_at)), good)
    return list(files.values())
