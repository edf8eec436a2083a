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


@dataclass(frozen=True)
class Refusal:
    """One refused file. `dataset` and `period` are None where the file did not tell one.

    `months`, `scopes` and `versions` are all that it held, as far as it could be read, `version_facts` what orders it
    before its receipt; versions before this kept fewer of them.
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


class Accepted(NamedTuple):
    """A submission that was landed, as far as it can settle a refusal."""

    dataset: str
    file_name: str
    period: date | None
    received_at: datetime


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
            )
        )
    return sorted(found, key=lambda refusal: (refusal.received_at, refusal.sha256))


def is_settled(refusal: Refusal, accepted: Iterable[Accepted]) -> bool:
    """Whether a good file came after it: for the same feed and month, or, where the month is unknown, under the same
    name.
    """
    for good in accepted:
        if utc(good.received_at) < utc(refusal.received_at) or refusal.dataset not in (None, good.dataset):
            continue
        same_month = refusal.period is not None and refusal.dataset is not None and good.period == refusal.period
        if same_month or good.file_name == refusal.file_name:
            return True
    return False
