"""One verdict of one file or build, and what it says of a place.

Belongs here: the record, its states, and what of a month it found failed or accepted. Which verdicts there are belongs
in `publishing.judgements`, which comes later than which in `publishing.later`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple

from expectations.verdict import ScopeEntry, Verdict
from publishing.counting import WHOLE, Facts, Part

# What became of what was judged.
LANDED, REFUSED, WITHDRAWN, REMOVED = "landed", "refused", "withdrawn", "removed"
RELEASED, NOT_RELEASED = "released", "not_released"
# What became of a verdict.
PASSED, OPEN, PUT_RIGHT, ACCEPTED, RETIRED = "passed", "open", "put_right", "accepted", "retired"
CLOSED = "closed"


class Place(NamedTuple):
    """What a check hit: a month, and of it a provider, specialty or practice; None is all of them.

    `holder` is whose part of the file it is, as in `publishing.counting`; None where there are none, or nobody knows.
    """

    month: date | None
    provider: str | None = None
    specialty: str | None = None
    practice: str | None = None
    holder: str | None = None

    def overlaps(self, other: "Place") -> bool:
        """Whether both may mean the same."""
        return all(own is None or its is None or own == its for own, its in zip(self, other, strict=True))


@dataclass(frozen=True)
class Judged:
    """One verdict, with what it was about.

    `dataset` is the feed of a file, or the table of a build; None where a file told neither. `order` says which of two
    that hold the same came later. `months` are those of a file, `in_force` those in which it counts; `holds`, `now` and
    `ever` as in `publishing.counting`. `by_holder`: several files of its feed stand beside each other in a month. Of a
    refused file, `is_closed`: somebody closed it; `settled_at`: when the good file came that put it right as a whole.
    """

    verdict: Verdict
    dataset: str | None
    fate: str
    judged_at: datetime
    order: tuple[Any, ...]
    months: tuple[date, ...] = ()
    in_force: frozenset[date | None] = frozenset()
    holds: Mapping[Part, Facts] = field(default_factory=dict)
    now: frozenset[Part] = frozenset()
    ever: frozenset[Part] = frozenset()
    by_holder: bool = False
    file_name: str | None = None
    submission_id: str | None = None
    release_id: str | None = None
    is_closed: bool = False
    settled_at: datetime | None = None

    @property
    def replaces_all(self) -> bool:
        """Whether a file of this feed replaces every earlier one, whatever its month."""
        return WHOLE in self.holds

    @cached_property
    def accepted(self) -> frozenset[Place]:
        """What it found and waivers accept."""
        if self.verdict.accepted:
            return self._places(self.verdict.accepted) - self._places(self.verdict.scope)
        if self.verdict.passed or not self.verdict.waivers or self.verdict.severity != "warn":
            return frozenset()
        return frozenset(place for places in self.failing.values() for place in places)

    @cached_property
    def failing(self) -> dict[date | None, frozenset[Place]]:
        """The months that it failed for, and what of them; what is accepted failed too."""
        if self.verdict.passed:
            return {}
        by_month: dict[date | None, set[Place]] = defaultdict(set)
        for place in self._places((*self.verdict.scope, *self.verdict.accepted)):
            by_month[place.month].add(place)
        for month in () if by_month else self.verdict.months or self.months or (self.verdict.period,):
            by_month[month] = {Place(month, holder=holder) for holder in self._holders(month)}
        return {month: frozenset(places) for month, places in by_month.items()}

    def _places(self, scope: Iterable[ScopeEntry]) -> frozenset[Place]:
        found: set[Place] = set()
        for entry in scope:
            holders = self._holders(entry.month)
            if entry.provider_code in holders:
                holders = [entry.provider_code]
            of_entry = (entry.month, entry.provider_code, entry.treatment_function_code, entry.practice_code)
            found.update(Place(*of_entry, holder=holder) for holder in holders)
        return frozenset(found)

    def _holders(self, month: date | None) -> list[str | None]:
        return self._by_month.get(month, [None])

    @cached_property
    def _by_month(self) -> dict[date | None, list[str | None]]:
        found: dict[date | None, list[str | None]] = defaultdict(list)
        for holder, month in self.holds:
            found[month].append(holder)
        return found

    def says(self, place: Place) -> str:
        """What it says of what an earlier verdict of the same check hit: passed, accepted or open."""
        if self.verdict.passed:
            return PASSED
        months = self.failing if place.month is None else (place.month, None)
        hits = [hit for month in months for hit in self.failing.get(month, ()) if hit.overlaps(place)]
        if not hits:
            return PASSED if self.verdict.scope or self.verdict.accepted or self.verdict.months else OPEN
        return ACCEPTED if self.accepted.issuperset(hits) else OPEN

    def outcome(self, month: date | None) -> str:
        """What became of the file in a month, or of the build."""
        if self.fate != LANDED:
            return self.fate
        return "current" if month in self.in_force or WHOLE in self.now else "superseded"
