"""The verdict of one check: what a gate says, ready to be stored.

Belongs here: the record and its JSON form. Does not belong here: how a check is declared (`suites.py`), how it is run
(`runner.py`) or what follows from it (landing, publishing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Severity = Literal["block", "withhold", "warn"]
Scope = tuple[tuple[date, str | None], ...]


@dataclass(frozen=True)
class Verdict:
    """One row per check and run of its suite.

    `scope` holds the (month, practice code or None for all) that a failed withhold check hits. A check that could not
    be evaluated is failed and has severity `block`, whatever was declared: nobody knows what it would have withheld.
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
            "scope": [[month.isoformat(), practice] for month, practice in self.scope],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Verdict:
        """Read what `as_dict` wrote. A missing or unknown key is an error: a half verdict is no verdict."""
        values = dict(stored)
        values["examples"] = tuple(values["examples"])
        values["period"] = None if values["period"] is None else date.fromisoformat(values["period"])
        values["scope"] = tuple((date.fromisoformat(month), practice) for month, practice in values["scope"])
        return cls(**values)
