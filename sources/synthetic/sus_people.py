"""Who goes to hospital: patients by practice, and how often each practice's patients do.

Belongs here: pools of patients, their age, sex and pseudonym, and the levels that make practices unlike. Does not
belong here: what they go for. A pool is the list of one practice; the pool of the practice that merged keeps its
patients and changes its code. Patients registered nowhere are pools too, under the default codes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from math import exp
from statistics import NormalDist
from zlib import crc32

import numpy as np

from .description import Provider
from .months import add_months, financial_year_start
from .population import BANDS, lists_by_age
from .practice_feeds import hospital_weights
from .sus_calendar import Numbers, Reals, Texts, day_number
from .world import REFERENCE_LIST, World

#: Share of what the commissioner's patients have: codes that name no practice, and the blank one.
_NOWHERE = {"V81999": 0.0036, "V81997": 0.0022, "V81998": 0.0008, "": 0.0006}
#: The neighbour's patients reach this extract in part only.
_NEIGHBOUR_SHARE = 0.15
#: Spread (log) of practices around the commissioner's rate, by measure. Of `gp_spec` and `acs` such that as many of the
#: 92 practices are in band A as the paper counts: 30, then 39, and 38, then 36.
_SPREAD = {"gp_spec": 0.369, "acs": 0.162, "gp_referred": 0.11, "emergency": 0.14, "any": 0.08}
CHILD_BELOW = 16


def generator(seed: int, label: str) -> np.random.Generator:
    """A stream of its own for each label."""
    return np.random.Generator(np.random.PCG64([abs(seed), crc32(label.encode())]))


def even(rng: np.random.Generator, count: int) -> Reals:
    """`count` numbers of [0, 1), one in each of as many equal parts, in random order: shares come out as asked for."""
    return (rng.permutation(count) + rng.random(count)) / max(count, 1)


def pick(uniform: Reals, weights: Reals) -> Numbers:
    """The index that each uniform number falls on, by weight."""
    edges = np.cumsum(weights)
    place: Numbers = np.minimum(np.searchsorted(edges, uniform * edges[-1], side="right"), len(edges) - 1)
    return place


def whole(rng: np.random.Generator, expected: float) -> int:
    """A whole number with this mean."""
    return int(expected + rng.random())


@dataclass(frozen=True)
class People:
    """Patients (arrays by patient) and pools (arrays by pool); one pool's patients stand together, men before women."""

    codes: tuple[str, ...]
    commissioners: tuple[str, ...]
    own: Numbers
    elsewhere: Numbers
    elsewhere_share: Reals
    weights: Reals
    opened: Numbers
    successor: dict[int, tuple[str, date]]
    effects: dict[str, Reals]
    royal_share: Reals
    women_share: Reals
    #: By sex (0 men, 1 women) and pool: first patient, patients, children among them (they come first).
    block_start: Numbers
    block_size: Numbers
    block_children: Numbers
    birth_day: Numbers
    sex: Numbers
    pseudonyms: Texts
    #: Hospital-weighted population of the commissioner, by first day of the financial year.
    weighted: dict[date, float]
    #: Patients relative to the commissioner of 92 practices.
    scale: float
    #: The hospitals by their part, and who took over whom.
    providers: tuple[Provider, ...]
    moves: tuple[tuple[int, int, date], ...]
    #: What the identifiers of all records begin above: samples that are read together need others.
    numbers_from: int = 0

    def code_in(self, provider: int, month: date) -> int:
        """The provider that has the services of `provider` in a month."""
        return next((later for former, later, since in self.moves if former == provider and month >= since), provider)

    def pools(self, rng: np.random.Generator, own: int, month: date, measure: str) -> Numbers:
        """The pool of each of `own` events of the commissioner's patients, and of those of the others on top."""
        is_open = self.opened <= day_number(month)
        of_own = self.weights * self.effects[measure] * is_open
        chosen = self.own[pick(rng.random(own), of_own[self.own])]
        others = own * self.elsewhere_share.sum()
        elsewhere = pick(rng.random(whole(rng, others)), self.elsewhere_share)
        return np.concatenate([chosen, self.elsewhere[elsewhere]])

    def patients(self, rng: np.random.Generator, pool: Numbers, age: float, women: Reals | None = None) -> Numbers:
        """A patient of each pool; `age` below 1 prefers the old. `women` is 1 where only a woman will do."""
        share = self.women_share[pool] if women is None else np.maximum(self.women_share[pool], women)
        sex = (rng.random(len(pool)) < share).astype(np.int64)
        size, start = self.block_size[sex, pool], self.block_start[sex, pool]
        return start + (size * rng.random(len(pool)) ** age).astype(np.int64)

    def adults(self, rng: np.random.Generator, pool: Numbers, age: float, women: Reals | None = None) -> Numbers:
        """As `patients`, of 16 years and more."""
        share = self.women_share[pool] if women is None else np.maximum(self.women_share[pool], women)
        sex = (rng.random(len(pool)) < share).astype(np.int64)
        children = self.block_children[sex, pool]
        grown = self.block_size[sex, pool] - children
        return self.block_start[sex, pool] + children + (grown * rng.random(len(pool)) ** age).astype(np.int64)

    def children(self, rng: np.random.Generator, pool: Numbers) -> Numbers:
        """As `patients`, below 16 years."""
        sex = (rng.random(len(pool)) < 0.47).astype(np.int64)
        found = self.block_children[sex, pool] * rng.random(len(pool))
        return self.block_start[sex, pool] + found.astype(np.int64)

    def code_texts(self, month: date) -> tuple[Texts, Texts]:
        """The practice codes of the pools in a month: as hospitals write them (some late), and as the spine knows."""
        known = list(self.codes)
        for pool, (code, since) in self.successor.items():
            if month >= since:
                known[pool] = code
        submitted = list(known)
        for pool, (_, since) in self.successor.items():
            if since <= month < add_months(since, 1):
                # The first month after the merger: hospitals still know the old code.
                submitted[pool] = self.codes[pool]
        return np.array(submitted, dtype=object), np.array(known, dtype=object)


def _effects(seed: int, pools: int, own: Numbers, weights: Reals) -> dict[str, Reals]:
    """Levels of the practices: quantiles of a lognormal in random order, mean 1 by weight."""
    result = {}
    for measure, spread in _SPREAD.items():
        levels = [exp(spread * NormalDist().inv_cdf((n + 0.5) / len(own))) for n in range(len(own))]
        random.Random(f"{seed}:sus:{measure}").shuffle(levels)
        of_pool = np.ones(pools)
        of_pool[own] = np.array(levels) / np.average(levels, weights=weights[own])
        result[measure] = of_pool
    return result


def build_people(world: World, seed: int, months: list[date]) -> People:
    """Everybody who can have activity in `months`; the same arguments give the same people."""
    cells = lists_by_age(world, REFERENCE_LIST)
    before = lists_by_age(world, add_months(world.merged_on, -1))
    merged = next(practice for practice in world.listed if practice.code == world.predecessor)
    if merged not in cells:
        cells[merged] = before[merged]
    practices = sorted(cells, key=lambda practice: practice.code)
    years = sorted({financial_year_start(month) for month in months})
    needs = {year: hospital_weights(world, year) for year in years}
    by_cell = [list(cells[practice]) for practice in practices]
    by_cell += [[max(round(n * 0.004), 1) for n in by_cell[0]] for _ in _NOWHERE]
    codes = [practice.code for practice in practices] + list(_NOWHERE)
    size = np.array([sum(row) for row in by_cell], dtype=np.float64)
    place = {code: index for index, code in enumerate(codes)}
    if world.merged_on <= REFERENCE_LIST:
        size[place[world.successor]] -= min(merged.size, size[place[world.successor]] / 2)
    of_year = needs[years[-1]]
    need = np.array([of_year[p] / sum(cells[p]) if p in of_year else 1.0 for p in practices] + [1.0] * len(_NOWHERE))
    weights = size * need
    own = np.array([place[p.code] for p in practices if world.is_own(p)])
    neighbours = [place[p.code] for p in practices if not world.is_own(p)]
    nowhere = [place[code] for code in _NOWHERE]
    share = [_NEIGHBOUR_SHARE * weights[pool] / weights[own].sum() for pool in neighbours]
    starts, sizes, children, births, sexes = _everybody(by_cell, seed)
    patients = len(births)
    return People(
        codes=tuple(codes),
        commissioners=tuple(
            [p.commissioner for p in practices] + [world.description.commissioners[0].code] * len(_NOWHERE)
        ),
        own=own,
        elsewhere=np.array(neighbours + nowhere),
        elsewhere_share=np.array(share + [_NOWHERE[codes[pool]] for pool in nowhere]),
        weights=weights,
        opened=np.array([day_number(p.opened) for p in practices] + [0] * len(_NOWHERE)),
        successor={place[world.predecessor]: (world.successor, world.merged_on)},
        effects=_effects(seed, len(codes), own, weights),
        royal_share=np.array([0.68 if crc32(code.encode()) % 5 < 3 else 0.42 for code in codes]),
        women_share=sizes[1] / np.maximum(sizes[0] + sizes[1], 1),
        block_start=starts,
        block_size=sizes,
        block_children=children,
        birth_day=births,
        sex=sexes,
        pseudonyms=_pseudonyms(seed, patients),
        weighted={
            year: sum(weight for practice, weight in needs[year].items() if world.is_own(practice)) for year in years
        },
        scale=float(sum(sum(cells[p]) for p in practices if world.is_own(p) and p != merged)) / 505_000,
        providers=world.description.providers,
        moves=world.description.moves_by_place,
    )


def _everybody(by_cell: list[list[int]], seed: int) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers]:
    """Blocks by sex and pool, and the birth day and sex of every patient; youngest first within a block."""
    rng = generator(seed, "people")
    count = np.array(by_cell, dtype=np.int64)
    bands = len(BANDS)
    band = np.tile(np.tile(np.arange(bands), 2), len(by_cell))
    age = np.repeat(band, count.ravel()) * 5.0
    age += rng.random(len(age)) * 5
    # Youngest first inside a band as well, so that children are the first of their block.
    block = np.repeat(np.arange(len(by_cell) * 2), count.reshape(-1, bands).sum(axis=1))
    age = age[np.lexsort((age, block))]
    sizes = count.reshape(len(by_cell), 2, bands).sum(axis=2).T
    starts = (np.cumsum(sizes.T.ravel()) - sizes.T.ravel()).reshape(len(by_cell), 2).T
    child = np.bincount(block[age < CHILD_BELOW], minlength=len(by_cell) * 2).reshape(len(by_cell), 2).T
    births = day_number(REFERENCE_LIST) - (age * 365.25).astype(np.int64)
    return starts, sizes, child, births, block % 2 + 1


def _pseudonyms(seed: int, count: int) -> Texts:
    """One random-looking 128-bit hex string for each patient."""
    data = generator(seed, "pseudonyms").bytes(count * 16).hex()
    return np.array([data[place : place + 32] for place in range(0, count * 32, 32)], dtype=object)


def ages(people: People, patient: Numbers, day: Numbers) -> Numbers:
    """Whole years of age on a day; before birth 0."""
    return np.maximum((day - people.birth_day[patient]) / 365.25, 0).astype(np.int64)
