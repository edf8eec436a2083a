"""Later verdicts of the same check: found by what they are about, in the ledger's order.

Belongs here: which verdict may speak of an earlier one, and what the later ones say. All are put in order once, so that
a feed of thousands of files is read in a moment. What one verdict says is in `publishing.judged`.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from publishing.counting import WHOLE, Facts
from publishing.judged import ACCEPTED, LANDED, OPEN, PASSED, PUT_RIGHT, REFUSED, RELEASED, Judged, Place
from sources.member_names import bare_name

Age = tuple[Facts, tuple[Any, ...]]
Key = tuple[Any, ...]
# What a verdict is looked up by: the part of a file, its name, or its bytes.
PART, NAME, BYTES = "part", "name", "bytes"


class Later:
    """Every verdict that may put an earlier one right: of a release, or of a file for what it was put in force for."""

    def __init__(self, judged: Sequence[Judged]) -> None:
        wanted = {
            key for one in judged for places in one.failing.values() for place in places for key in _keys(one, place)
        }
        checks = {key[0] for key in wanted}
        held: dict[Key, list[tuple[Age, Judged]]] = defaultdict(list)
        names: dict[str | None, list[Judged]] = defaultdict(list)
        for one in judged:
            if one.fate == LANDED:
                names[_name(one)].append(one)
            if _check(one) in checks:
                for key, age in _speaks_of(one):
                    if key in wanted:
                        held[key].append((age, one))
        self._held = {key: _Ordered(pairs) for key, pairs in held.items()}
        self._names = {name: sorted(ones, key=lambda one: one.order) for name, ones in names.items()}

    def under_its_name(self, one: Judged) -> datetime | None:
        """When a good file came under its name."""
        ones = self._names.get(_name(one), [])
        place = bisect_right(ones, one.order, key=lambda other: other.order)
        return ones[place].judged_at if place < len(ones) else None

    def word_on(self, one: Judged, place: Place) -> tuple[str, datetime | None]:
        """What later verdicts say of a place that failed: the first that finds it right, else the last of all.

        Where none speaks of it, what put the file right as a whole.
        """
        part = WHOLE if _is_whole(one) else (place.holder, place.month)
        if part in one.now:
            return OPEN, None
        moments: list[datetime] = []
        last: list[tuple[Age, str]] = []
        for key in _keys(one, place):
            if (found := self._held.get(key)) is not None:
                facts = () if key[1] == BYTES else one.holds.get(part, ())
                right, newest = found.after((facts, one.order), place)
                moments += [right] if right is not None else []
                last += [newest] if newest is not None else []
        if moments:
            return PUT_RIGHT, max(min(moments), one.judged_at)
        if not last and one.settled_at is not None:
            return PUT_RIGHT, one.settled_at
        return (ACCEPTED if last and max(last)[1] == ACCEPTED else OPEN), None


def _keys(one: Judged, place: Place) -> list[Key]:
    """Where to look for who may speak of a place that it failed for."""
    check = _check(one)
    if _is_whole(one):
        return [(check, PART, WHOLE)]
    found: list[Key] = [(check, PART, (place.holder, place.month))]
    if one.by_holder:  # whose it is nobody knows, of one or the other: a file speaks of its own name alone
        unknown, known = [(check, NAME, _name(one), place.month, is_unknown) for is_unknown in (True, False)]
        found = [unknown, known] if place.holder is None else [*found, unknown]
    return [*found, (check, BYTES, _bytes(one), place.month)] if one.fate == REFUSED else found


def _speaks_of(one: Judged) -> Iterator[tuple[Key, Age]]:
    """What it may put right: a release all, a file what it was put in force for, and its own bytes."""
    check = _check(one)
    if one.fate == RELEASED:
        yield (check, PART, WHOLE), ((), one.order)
    if one.fate != LANDED:
        return
    for part in one.ever:
        holder, month = part
        age = (one.holds.get(part, ()), one.order)
        yield (check, PART, part), age
        if one.by_holder:
            yield (check, NAME, _name(one), month, holder is None), age
    for of_month in one.months:
        yield (check, BYTES, _bytes(one), of_month), ((), one.order)


def _is_whole(one: Judged) -> bool:
    return one.submission_id is None or one.replaces_all


class _Ordered:
    """Verdicts of one check on one part, oldest first, and which of them find a place right."""

    def __init__(self, pairs: list[tuple[Age, Judged]]) -> None:
        self._pairs = sorted(pairs, key=lambda pair: pair[0])
        self._right: dict[Place, list[tuple[Age, datetime]]] = {}

    def after(self, age: Age, place: Place) -> tuple[datetime | None, tuple[Age, str] | None]:
        """Of those that came later: when the first found the place right, and what the last says of it."""
        if place not in self._right:
            self._right[place] = [(old, one.judged_at) for old, one in self._pairs if one.says(place) == PASSED]
        right = self._right[place]
        first = bisect_right(right, age, key=lambda pair: pair[0])
        # What tells nothing but its receipt is earlier than what was received later, and than nothing else.
        moment = next((at for old, at in right[first:] if _is_after(old, age)), None)
        newest, last = self._pairs[-1]
        return moment, (newest, last.says(place)) if newest > age and _is_after(newest, age) else None


def _is_after(other: Age, age: Age) -> bool:
    return age[0] != () or other[1] > age[1]


def _check(one: Judged) -> Key:
    return one.dataset, one.verdict.suite, one.verdict.stage, one.verdict.check


def _name(one: Judged) -> str | None:
    """Its name, however it was packed."""
    return bare_name(one.file_name) if one.file_name else one.file_name


def _bytes(one: Judged) -> str:
    """Which bytes a file has: its id begins with their hash."""
    return (one.submission_id or "")[:16]
