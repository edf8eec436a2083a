"""The verdict of one check: what a gate says, ready to be stored.

Belongs here: the record and its JSON form. Does not belong here: how a check is declared (`suites.py`), how it is run
(`runner.py`) or what follows from it (landing, publishing).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

Severity = Literal["block", "withhold", "warn"]


class ScopeEntry(NamedTuple):
    """One thing that a failed withhold check hits: a month, and of it a practice, a provider, a specialty, or all.

    `dataset` is the feed that is meant where the suite judges several; `reason` says why in the words of this entry,
    and `rule` by which rule of a check that asks several.
    """

    month: date
    practice_code: str | None = None
    provider_code: str | None = None
    treatment_function_code: str | None = None
    dataset: str | None = None
    reason: str | None = None
    rule: str | None = None

    def as_list(self) -> list[str | None]:
        """The entry in JSON types, without what is not said at its end."""
        values = [self.month.isoformat(), *self[1:]]
        while len(values) > 2 and values[-1] is None:
            values.pop()
        return values

    @classmethod
    def from_list(cls, stored: Sequence[str]) -> ScopeEntry:
        """Read what `as_list` wrote, also of a version that knew fewer columns."""
        month, *rest = stored
        return cls(date.fromisoformat(month), *rest)

    @property
    def place(self) -> str:
        """Whom it hits, for a sentence: `RBQ, specialty 320, 2017-03`."""
        specialty = f"specialty {self.treatment_function_code}" if self.treatment_function_code else None
        parts = (self.dataset, self.provider_code, specialty, self.practice_code, f"{self.month:%Y-%m}")
        return ", ".join(part for part in parts if part)


Scope = tuple[ScopeEntry, ...]


@dataclass(frozen=True)
class Verdict:
    """One row per check and run of its suite.

    `scope` holds what a failed withhold check hits. A check that could not be evaluated is failed and has severity
    `block`, whatever was declared: nobody knows what it would have withheld. `waivers` are the ids of those that accept
    some or all of what was found, and `accepted` is the part of the scope that they took out of it. `months` are those
    that a failed check of a build found something of, where it withholds nothing; empty where a row is of no month.
    """

    suite: str
    stage: str
    check: str
    severity: Severity
    passed: bool
    rows_checked: int
    unexpected_count: int
    examples: tuple[str, ...]
    message: str
    owner: str
    period: date | None = None
    submission_id: str | None = None
    scope: Scope = ()
    waivers: tuple[str, ...] = ()
    accepted: Scope = ()
    months: tuple[date, ...] = ()

    @property
    def is_minded(self) -> bool:
        """Failed without stopping anything, and nobody accepted it: whoever runs should see it."""
        return not self.passed and (self.severity == "withhold" or (self.severity == "warn" and not self.waivers))

    def as_dict(self) -> dict[str, Any]:
        """The verdict in JSON types: dates as ISO text, tuples as lists. `from_dict` gives back an equal verdict."""
        return {
            "suite": self.suite,
            "stage": self.stage,
            "check": self.check,
            "severity": self.severity,
            "passed": self.passed,
            "rows_checked": self.rows_checked,
            "unexpected_count": self.unexpected_count,
            "examples": list(self.examples),
            "message": self.message,
            "owner": self.owner,
            "period": None if self.period is None else self.period.isoformat(),
            "submission_id": self.submission_id,
            "scope": [entry.as_list() for entry in self.scope],
            "waivers": list(self.waivers),
            "accepted": [entry.as_list() for entry in self.accepted],
            "months": [month.isoformat() for month in self.months],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Verdict:
        """Read what `as_dict` wrote. A missing or unknown key is an error: a half verdict is no verdict."""
        values = {"waivers": (), "accepted": (), "months": (), **stored}  # older verdicts have none of them
        values["waivers"] = tuple(values["waivers"])
        values["examples"] = tuple(values["examples"])
        values["months"] = tuple(map(date.fromisoformat, values["months"]))
        values["period"] = None if values["period"] is None else date.fromisoformat(values["period"])
        for name in ("scope", "accepted"):
            values[name] = tuple(ScopeEntry.from_list(entry) for entry in values[name])
        return cls(**values)
