"""Waivers: a named person accepts a finding of a gate, for a reason, until a day.

Belongs here: what a waiver covers and what is left of a verdict under it. Does not belong here: granting one
(`orchestration.waiving`) and what a verdict leads to. A waiver accepts what it names and nothing that comes later: one
month, one check, and of it the provider, specialty, practice, rules or file that it names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from expectations.verdict import ScopeEntry, Verdict
from pcw.errors import PcwError
from pcw.files import read_json, write_atomically


@dataclass(frozen=True)
class Waiver:
    """One acceptance. What is None narrows nothing, except the month: without one only a finding of no month is meant.

    `rules` are those of the finding where its check holds several; `file_sha256` is the file that a gate had refused.
    """

    waiver_id: str
    suite: str
    stage: str
    check: str
    month: date | None
    provider_code: str | None
    treatment_function_code: str | None
    practice_code: str | None
    rules: tuple[str, ...]
    file_sha256: str | None
    granted_by: str
    reason: str
    granted_at: datetime
    until: date
    ended_at: datetime | None = None
    ended_by: str | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether it is in force: from when it was granted to the end of its last day (UTC), unless ended before."""
        if self.ended_at is not None and self.ended_at <= moment:
            return False
        return self.granted_at <= moment and moment.astimezone(UTC).date() <= self.until

    def covers(self, entry: ScopeEntry) -> bool:
        """Whether it accepts this part of what a check withholds."""
        narrowing = (
            (self.provider_code, entry.provider_code),
            (self.treatment_function_code, entry.treatment_function_code),
            (self.practice_code, entry.practice_code),
        )
        return (
            entry.month == self.month
            and all(wanted is None or wanted == found for wanted, found in narrowing)
            and (not self.rules or entry.rule in self.rules)
        )

    def is_about(self, verdict: Verdict) -> bool:
        """Whether it is about this check at all."""
        return (verdict.suite, verdict.stage, verdict.check) == (self.suite, self.stage, self.check)

    def to_json(self) -> dict[str, Any]:
        """Plain values for its file."""
        values = asdict(self)
        return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Waiver:
        """Read what `to_json` wrote."""
        moments = {name: datetime.fromisoformat(stored[name]) if stored[name] else None for name in _MOMENTS}
        days = {name: date.fromisoformat(stored[name]) if stored[name] else None for name in _DAYS}
        return cls(**{**stored, **moments, **days, "rules": tuple(stored["rules"])})


_MOMENTS, _DAYS = ("granted_at", "ended_at"), ("month", "until")


def read_waivers(folder: Path) -> list[Waiver]:
    """Every waiver ever granted, oldest first.

    Raises:
        PcwError: a file that cannot be read: what it accepted is not known, so nothing goes on.
    """
    found = []
    for path in sorted(folder.glob("[!.]*.json")):
        try:
            found.append(Waiver.from_json(read_json(path)))
        except (KeyError, TypeError, ValueError) as error:
            raise PcwError(
                f"Waiver {path.name} is damaged: {error!r}. Restore it from a backup or remove it."
            ) from error
    return sorted(found, key=lambda waiver: (waiver.granted_at, waiver.waiver_id))


def write_waiver(folder: Path, waiver: Waiver) -> None:
    """Keep a waiver, or what became of it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / f"{waiver.waiver_id}.json", json.dumps(waiver.to_json(), indent=1, ensure_ascii=False))


def in_force(waivers: Iterable[Waiver], *moments: datetime) -> list[Waiver]:
    """Those that hold at one of the moments."""
    return [waiver for waiver in waivers if any(waiver.holds(moment) for moment in moments)]


def waived(verdicts: Iterable[Verdict], waivers: Sequence[Waiver], file_sha256: str | None = None) -> list[Verdict]:
    """The verdicts as they count under the waivers given: what is accepted neither blocks nor withholds.

    It stays failed, becomes a warning and names its waivers. Of what a check withholds only what no waiver covers is
    left, and what they cover is `accepted`. `file_sha256`: the file that is judged, where the verdicts are of one.
    """
    return [_waived(verdict, [w for w in waivers if w.is_about(verdict)], file_sha256) for verdict in verdicts]


def _waived(verdict: Verdict, waivers: Sequence[Waiver], file_sha256: str | None) -> Verdict:
    if verdict.passed or verdict.severity == "warn" or not waivers:
        return verdict
    if verdict.severity == "block":
        meant = [w for w in waivers if w.month == verdict.period and w.file_sha256 == file_sha256 and not _narrowed(w)]
        return replace(verdict, severity="warn", waivers=_ids(verdict, meant)) if meant else verdict
    used = [waiver for waiver in waivers if any(waiver.covers(entry) for entry in verdict.scope)]
    if not used:
        return verdict
    left = tuple(entry for entry in verdict.scope if not any(waiver.covers(entry) for waiver in used))
    accepted = tuple(entry for entry in verdict.scope if entry not in left)
    return replace(
        verdict,
        scope=left,
        severity="withhold" if left else "warn",
        waivers=_ids(verdict, used),
        accepted=(*verdict.accepted, *accepted),
    )


def _narrowed(waiver: Waiver) -> bool:
    return any((waiver.provider_code, waiver.treatment_function_code, waiver.practice_code, waiver.rules))


def _ids(verdict: Verdict, waivers: Iterable[Waiver]) -> tuple[str, ...]:
    return tuple(sorted({*verdict.waivers, *(waiver.waiver_id for waiver in waivers)}))
