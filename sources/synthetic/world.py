"""The fictional commissioner, or several: practices, cost centres, groups, the merger, the move and the opening.

Belongs here: who exists, since when, how large and how unlike the others. Does not belong here: patients by age
(`population`), items (`volumes`), names and codes (`description`) and any file format.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from math import exp
from statistics import NormalDist

from .description import Codes, Description, Names, load_description
from .months import years_since

#: The commissioner of the finance feeds, which one sample has.
COMMISSIONER = load_description().commissioner
SMALLEST_LIST, LARGEST_LIST = 1_422, 34_888
PATIENTS_PER_92_PRACTICES = 505_000
REFERENCE_LIST = date(2017, 4, 1)
JOINED = date(2013, 4, 1)
JOINED_NHS = date(1974, 4, 1)


@dataclass(frozen=True)
class Practice:
    """One prescribing cost centre; `size` is its list on the reference day (0 where it keeps no list)."""

    code: str
    name: str
    commissioner: str
    opened: date
    size: int
    closed: date | None = None
    setting: str = "4"
    status: str = "A"
    postcode: str = ""
    growth: float = 0.0
    age_tilt: float = 0.0
    female: float = 0.5
    antibiotics: float = 1.0
    broad: float = 1.0
    trimethoprim: float = 1.0
    volume: float = 1.0
    dispenses: bool = True

    @property
    def is_gp(self) -> bool:
        """True for a general practice, false for the other cost centres of the register."""
        return self.setting == "4"

    def is_open(self, day: date) -> bool:
        """True while the register shows the practice open on `day`."""
        return self.opened <= day and (self.closed is None or self.closed >= day)


@dataclass(frozen=True)
class Membership:
    """One practice in one group for a span of days."""

    practice_code: str
    org_type: str
    org_code: str
    org_name: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class World:
    """Everything that exists, and the dated events: one merger, one opening, one move of neighbourhood."""

    practices: tuple[Practice, ...]
    merged_on: date
    predecessor: str
    successor: str
    memberships: tuple[Membership, ...] = field(default=())
    description: Description = field(default_factory=load_description)

    @cached_property
    def own(self) -> frozenset[str]:
        """Codes of the commissioners that the sample is of."""
        return frozenset(self.description.setting.codes)

    def is_own(self, practice: Practice) -> bool:
        """Whether a practice or cost centre is of one of these commissioners."""
        return practice.commissioner in self.own

    def share_of(self, commissioner: str) -> float:
        """The share of a commissioner in the patients of all own practices that are open at the end."""
        sizes = dict.fromkeys(self.description.setting.codes, 0)
        for practice in self.practices:
            if practice.commissioner in sizes and practice.closed is None:
                sizes[practice.commissioner] += practice.size
        return sizes[commissioner] / sum(sizes.values())

    @cached_property
    def listed(self) -> tuple[Practice, ...]:
        """Practices that keep a list, of every commissioner, in code order."""
        return tuple(practice for practice in self.practices if practice.is_gp and practice.size > 0)

    def lists_on(self, day: date) -> dict[Practice, int]:
        """Registered patients of every practice open on `day`."""
        sizes = {practice: list_size(practice, day) for practice in self.listed if practice.is_open(day)}
        if day < self.merged_on:
            moved = next(size for practice, size in sizes.items() if practice.code == self.predecessor)
            return {p: size - moved if p.code == self.successor else size for p, size in sizes.items()}
        return sizes


def list_size(practice: Practice, day: date) -> int:
    """Patients on a day: the reference list and a steady growth, inside the range of the commissioner's lists."""
    if practice.growth == 0.0:
        return practice.size
    grown = round(practice.size * (1 + practice.growth * years_since(day, REFERENCE_LIST)))
    return min(max(grown, SMALLEST_LIST), LARGEST_LIST)


def _sizes(count: int, mean: float | None) -> list[int]:
    """List sizes, smallest first: lognormal quantiles that sum to the patients of `count` practices."""
    total = PATIENTS_PER_92_PRACTICES * count / 92 if mean is None else mean * count
    spread = [exp(0.55 * NormalDist().inv_cdf((index + 0.5) / count)) for index in range(count)]
    fixed = [SMALLEST_LIST, LARGEST_LIST] if count >= 20 else []
    free = spread[1:-1] if fixed else spread
    scale = (total - sum(fixed)) / sum(free)
    sizes = [min(max(round(part * scale), SMALLEST_LIST + 40), LARGEST_LIST - 4_000) for part in free]
    sizes[-1] += max(round(total) - sum(sizes) - sum(fixed), -sizes[-1] // 3)
    return [fixed[0], *sizes, fixed[1]] if fixed else sizes


def practice_code(index: int, codes: Codes) -> str:
    """Code of the nth practice: N82X01 style, every twelfth Y0X012 style."""
    if index % 12 == 0:
        return codes.every_twelfth.format(index)
    return (codes.usual if index < 100 else codes.from_100).format(index)


def practice_name(index: int, names: Names) -> str:
    """Invented name of the nth practice."""
    first, second, kinds = names.first, names.second, names.kinds
    word = first[index % len(first)] + second[index // len(first) % len(second)]
    ordinal = "" if index < len(first) * len(second) else f" {index // (len(first) * len(second)) + 1}"
    return f"{word} {kinds[index % len(kinds)]}{ordinal}"


def _practice(description: Description, index: int, size: int, rng: random.Random) -> Practice:
    area, places = description.postcode_area, description.places
    steady = size in (SMALLEST_LIST, LARGEST_LIST)
    return Practice(
        code=practice_code(index, description.codes),
        name=practice_name(index, description.names),
        commissioner=places[(index - 1) % len(places)][0].commissioner,
        opened=JOINED_NHS if index % 3 else date(1991, 10, 1),
        size=size,
        postcode=f"{area}{index % 28 + 1} {index % 9 + 1}{'ABDEFGHJLN'[index % 10]}{'PQRSTUWXYZ'[index // 10 % 10]}",
        growth=0.0 if steady else rng.gauss(0.002, 0.006),
        age_tilt=min(max(rng.gauss(0.0, 0.3), -0.7), 0.7),
        female=min(max(rng.gauss(0.485, 0.012), 0.45), 0.53),
        antibiotics=exp(rng.gauss(0.0, 0.14)),
        broad=exp(rng.gauss(0.0, 0.25)),
        trimethoprim=exp(rng.gauss(0.0, 0.18)),
        volume=exp(rng.gauss(0.0, 0.1)),
    )


def _memberships(
    description: Description, practices: list[Practice], mover: str, moved_on: date, last: date
) -> tuple[Membership, ...]:
    rows, places = [], description.places
    for index, practice in enumerate(practices):
        start = max(practice.opened, JOINED)
        place = index % len(places)
        locality, _ = places[place]
        spans = [(place, start, practice.closed)]
        if practice.code == mover:
            # The next neighbourhood of the same locality: the practice changes one level only.
            siblings = [number for number, (one, _) in enumerate(places) if one == locality]
            other = siblings[(siblings.index(place) + 1) % len(siblings)]
            spans = [(place, start, date.fromordinal(moved_on.toordinal() - 1)), (other, moved_on, None)]
        for number, since, until in spans:
            code = f"{locality.commissioner}-N{number + 1:02d}"
            rows.append(Membership(practice.code, "neighbourhood", code, places[number][1], since, until))
        code = f"{locality.commissioner}-{locality.code}"
        rows.append(Membership(practice.code, "locality", code, locality.name, start, practice.closed))
        if last >= date(2019, 7, 1) and practice.closed is None:
            number = index % description.networks + 1
            name = f"{places[number - 1][1]} PCN"
            network = description.codes.network.format(number)
            rows.append(Membership(practice.code, "pcn", network, name, date(2019, 7, 1)))
    return tuple(sorted(rows, key=lambda row: (row.org_type, row.practice_code, row.valid_from)))


def _other_cost_centres(description: Description) -> list[Practice]:
    """Cost centres that are no practices, and practices of the neighbouring commissioner (one does not dispense)."""
    own, nowhere = description.commissioners[0].code, f"{description.postcode_area}9 9ZZ"
    since = date(2006, 4, 1)
    rows = [
        Practice(one.code, one.name, own, since, 0, setting=one.setting, postcode=nowhere, dispenses=one.dispenses)
        for one in description.cost_centres
    ]
    place, neighbour = description.neighbour_postcode, description.neighbour
    if neighbour:
        rows += [
            Practice(
                one.code, one.name, neighbour.code, JOINED_NHS, one.patients, postcode=place, dispenses=one.dispenses
            )
            for one in description.neighbour_practices
        ]
    return rows


def build_world(practices: int, seed: int, last: date, description: Description | None = None) -> World:
    """The commissioner as the register of `last` knows it; the same arguments always give the same world.

    `practices` are open at the end. One more merged into another on 2016-10-01 (in a span that ends earlier: the
    October before it), one opened that day, one moved neighbourhood the January after.
    """
    description = description or load_description()
    rng = random.Random(f"{seed}:world")
    merged_on = date(2016, 10, 1) if last >= date(2016, 10, 1) else date(last.year - 1, 10, 1)
    moved_on = date(2017, 1, 1) if last >= date(2017, 1, 1) else date(merged_on.year, 1, 1)
    sizes = _sizes(practices, description.patients_a_practice)
    shuffled = sizes[:]
    rng.shuffle(shuffled)
    rows = [_practice(description, index + 1, size, rng) for index, size in enumerate(shuffled)]
    by_size = sorted(rows, key=lambda practice: (practice.size, practice.code))
    successor = by_size[-2]
    newcomer = by_size[3] if practices >= 6 else by_size[0]
    mover = by_size[practices // 2] if practices >= 6 else by_size[-1]
    rows = [replace(p, opened=merged_on) if p.code == newcomer.code else p for p in rows]
    predecessor = replace(
        _practice(description, practices + 1, max(min(2_600, successor.size // 3), 400), rng),
        closed=date.fromordinal(merged_on.toordinal() - 1),
        status="C",
        growth=0.0,
    )
    rows.append(predecessor)
    memberships = _memberships(description, rows, mover.code, moved_on, last)
    everyone = tuple(sorted(rows + _other_cost_centres(description), key=lambda practice: practice.code))
    return World(everyone, merged_on, predecessor.code, successor.code, memberships, description)
