"""Files that were refused, what the gates said of them, and what is still open about them.

Belongs here: reading `quarantine/*/refusal.json`. Landing writes them; nothing here refuses a file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from expectations.verdict import Verdict
from pcw.files import read_json
from pcw.home import Home
from publishing.lineage import utc
from sources.manifests import Scope, VersionFacts
from sources.member_names import bare_name


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

    @property
    def is_by_month(self) -> bool:
        """Whether its months are all that it stood for, so that files of these months put it right."""
        return bool(self.months) and (self.period is not None or not (self.scopes or self.versions))


class Accepted(NamedTuple):
    """A submission that was landed, as far as it can settle a refusal. `is_all`: it replaces whatever came before."""

    dataset: str
    file_name: str
    period: date | None
    received_at: datetime
    rows_read: int = 0
    rows_quarantined: int = 0
    is_all: bool = False


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
            )
        )
    return sorted(found, key=lambda refusal: (refusal.received_at, refusal.sha256))


def is_settled(refusal: Refusal, accepted: Iterable[Accepted]) -> bool:
    """Whether a good file came after it: see `settled_by`."""
    return bool(settled_by(refusal, accepted))


def settled_by(refusal: Refusal, accepted: Iterable[Accepted]) -> list[Accepted]:
    """The good files that came after it and put it right, of several the newest; none while it is open.

    One under its name, however packed; or one for each of its months; or, where a file replaces all earlier ones, any.
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
    if refusal.dataset is None or not refusal.is_by_month:
        return []
    months = {good.period: good for good in after}
    if not months.keys() >= set(refusal.months):
        return []
    return list(dict.fromkeys(months[month] for month in refusal.months))
