"""How many items each cost centre has, of what, each month.

Belongs here: the monthly rates that put the commissioner near the committee paper, and their exact sharing between cost
centres, presentations and pack quantities. Does not belong here: prices and names (`formulary`), file formats.

The antibacterial groups are shared from a commissioner total, so that its rates are what this module says to the last
item; everything else follows each practice's list with its own level and noise.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp

from .apportion import apportion
from .formulary import ANTIBACTERIALS, OTHERS, Presentation
from .months import add_months, financial_year_start, list_month
from .population import Cells, lists_by_age, starpu
from .world import Practice, World

# Items per 1,000 patients and month in 2016-17, and the factor of April and May 2017 that takes the rolling rate to the
# paper's figure at 2017-05-31 (47.64 -> 47.15, 4.04 -> 3.99). The seasons weigh the months in which lists are longer a
# little more, so that the rolling rate of the antibacterials comes out 0.006 above what stands here.
ANTIBACTERIAL_RATE, ANTIBACTERIAL_NEXT = 47.634, 47.143
BROAD_RATE, BROAD_NEXT = 4.04, 3.99
EXCLUDED_RATE = 0.55
TRIMETHOPRIM_RATE, RATIO = 3.4, 1.715
#: April to March, mean 1: infections peak in winter.
_SEASON = (0.985, 0.965, 0.925, 0.895, 0.855, 0.935, 1.005, 1.045, 1.145, 1.165, 1.045, 1.035)
_BROAD_SEASON = (0.99, 0.985, 0.97, 0.96, 0.945, 0.98, 1.0, 1.015, 1.05, 1.06, 1.02, 1.025)
_WORKING_DAYS = (0.985, 1.0, 1.02, 0.99, 1.01, 1.0, 1.0, 1.02, 1.0, 0.985, 0.95, 1.04)
_BROAD_SHARES = {"co_amoxiclav": 0.56, "cephalosporin": 0.25, "quinolone": 0.19}
#: As many patients a cost centre that is no practice is worth.
WALK_IN_PATIENTS = 420.0
GROUPS = ("co_amoxiclav", "cephalosporin", "quinolone", "trimethoprim", "nitrofurantoin", "other", "excluded")


@dataclass(frozen=True)
class Line:
    """Items of one presentation and quantity per item, in one cost centre and month; an adjustment is negative."""

    presentation: Presentation
    tenths: int
    items: int


@dataclass(frozen=True)
class Prescriber:
    """A code that dispenses in one month, with its weight (patients, or as many as it is worth)."""

    code: str
    name: str
    postcode: str
    commissioner: str
    weight: float
    starpu: float
    practice: Practice | None


def _yearly(month: date, this_year: float, next_year: float, season: tuple[float, ...]) -> float:
    """Factor of the financial year: 1 in 2016-17, afterwards what moves the rolling rate after two months."""
    spring = season[0] + season[1]
    fall = 1 - 12 * (this_year - next_year) / this_year / spring
    year = financial_year_start(month).year
    if year < 2016:
        return 1.02
    return (1.0, fall, fall * 0.99)[min(year - 2016, 2)]


def rates(month: date) -> dict[str, float]:
    """Items per 1,000 patients of the commissioner in `month`, by antibacterial group."""
    index = (month.month - 4) % 12
    total = ANTIBACTERIAL_RATE * _SEASON[index] * _yearly(month, ANTIBACTERIAL_RATE, ANTIBACTERIAL_NEXT, _SEASON)
    broad = BROAD_RATE * _BROAD_SEASON[index] * _yearly(month, BROAD_RATE, BROAD_NEXT, _BROAD_SEASON)
    # Months since October 2016: trimethoprim falls, nitrofurantoin takes its place; after four years it levels out.
    age = min(max((month.year - 2016) * 12 + month.month - 10, -24), 48)
    trimethoprim = TRIMETHOPRIM_RATE * exp(-0.004 * age)
    nitrofurantoin = TRIMETHOPRIM_RATE / RATIO * exp(0.001 * age)
    result = {group: broad * share for group, share in _BROAD_SHARES.items()}
    result |= {"trimethoprim": trimethoprim, "nitrofurantoin": nitrofurantoin}
    result["other"] = total - broad - trimethoprim - nitrofurantoin
    result["excluded"] = EXCLUDED_RATE
    return result


def patients_of(world: World, month: date, cells: Mapping[Practice, Cells]) -> int:
    """Patients of the commissioner on the list that serves `month`."""
    return sum(sum(row) for practice, row in cells.items() if world.is_own(practice))


def prescribers(world: World, month: date, cells: Mapping[Practice, Cells]) -> list[Prescriber]:
    """Every identified code that dispenses in `month`, in code order.

    Includes the walk-in centre (a cost centre that is no practice) and, for two months after its closing, the practice
    that merged: its last prescriptions reach the pharmacy late.
    """
    rows = []
    for practice in world.practices:
        if not practice.dispenses:
            continue
        patients = cells.get(practice)
        if patients is not None:
            weight, need = float(sum(patients)), starpu(patients)
        elif practice.code == world.predecessor and world.merged_on <= month < add_months(world.merged_on, 2):
            weight = practice.size * (0.15 if month == world.merged_on else 0.05)
            need = weight * 0.49
        elif not practice.is_gp:
            weight, need = WALK_IN_PATIENTS, WALK_IN_PATIENTS * 0.49
        else:
            continue
        place = (practice.code, practice.name, practice.postcode, practice.commissioner)
        rows.append(Prescriber(*place, weight=weight, starpu=need, practice=practice))
    return rows


def _effect(practice: Practice | None, group: str) -> float:
    if practice is None:
        return 1.0
    if group in _BROAD_SHARES:
        return practice.antibiotics * practice.broad
    if group == "trimethoprim":
        return practice.antibiotics * practice.trimethoprim
    if group == "nitrofurantoin":
        return practice.antibiotics / practice.trimethoprim
    return practice.antibiotics


def _antibacterials(
    world: World, month: date, units: list[Prescriber], patients: int, rng: random.Random
) -> list[dict[str, int]]:
    """Items by antibacterial group, one dict per unit; own units together sum exactly to the rate."""
    result: list[dict[str, int]] = [{} for _ in units]
    own = [index for index, unit in enumerate(units) if unit.commissioner in world.own]
    for group, rate in rates(month).items():
        weights = [unit.starpu * _effect(unit.practice, group) * exp(rng.gauss(0.0, 0.06)) for unit in units]
        shared = apportion(round(rate * patients / 1_000), [weights[index] for index in own])
        for index, items in zip(own, shared, strict=True):
            result[index][group] = items
        for index, unit in enumerate(units):
            if unit.commissioner not in world.own:
                result[index][group] = round(rate / 0.49 / 1_000 * weights[index])
    return result


def _split(presentation: Presentation, items: int) -> Iterator[Line]:
    """One line for each pack quantity."""
    for tenths, count in zip(presentation.tenths, apportion(items, presentation.shares), strict=True):
        if count:
            yield Line(presentation, tenths, count)


def _with_adjustment(lines: list[Line], rng: random.Random) -> list[Line]:
    """Now and then a correction: a negative line under a quantity of its own, balanced in the same month."""
    if not lines or rng.random() > 0.12:
        return lines
    chosen = rng.randrange(len(lines))
    line = lines[chosen]
    count = rng.randint(1, 2)
    wrong = line.tenths * 3
    raised = Line(line.presentation, line.tenths, line.items + count)
    return [*lines[:chosen], raised, Line(line.presentation, wrong, -count), *lines[chosen + 1 :]]


def level_of(unit: Prescriber, month: date) -> float:
    """Thousands of patients whom the items of a prescriber in `month` are worth."""
    days = _WORKING_DAYS[(month.month - 4) % 12]
    return unit.weight * days * (unit.practice.volume if unit.practice else 1.0) / 1_000


def month_lines(
    world: World, month: date, seed: int, others: Sequence[Presentation] = OTHERS
) -> list[tuple[Prescriber, list[Line]]]:
    """Every line of `month`, by prescriber in code order: antibacterial lines, then those of `others`."""
    cells = lists_by_age(world, list_month(month))
    units = prescribers(world, month, cells)
    rng = random.Random(f"{seed}:items:{month:%Y-%m}")
    groups = _antibacterials(world, month, units, patients_of(world, month, cells), rng)
    by_group = {group: [p for p in ANTIBACTERIALS if p.group == group] for group in GROUPS}
    result = []
    for unit, items_of in zip(units, groups, strict=True):
        lines: list[Line] = []
        for group in GROUPS:
            weights = [p.rate * (0.8 + 0.4 * rng.random()) for p in by_group[group]]
            for presentation, items in zip(by_group[group], apportion(items_of[group], weights), strict=True):
                lines.extend(_split(presentation, items))
        lines = _with_adjustment(lines, rng)
        level = level_of(unit, month)
        for presentation in others:
            lines.extend(_split(presentation, round(presentation.rate * level * (0.85 + 0.3 * rng.random()))))
        result.append((unit, lines))
    return result


def unidentified_lines(world: World, month: date, seed: int) -> list[tuple[Prescriber, list[Line]]]:
    """The rows nobody can be named for: code `-` and the dummy practice of an area."""
    rng = random.Random(f"{seed}:unidentified:{month:%Y-%m}")
    dummies = (
        ("-", "UNIDENTIFIED DOCTORS", "-"),
        ("Q59998", "UNKNOWN SURGERY", world.description.commissioners[0].code),
    )
    result = []
    for code, name, commissioner in dummies:
        chosen = [*ANTIBACTERIALS[:3], ANTIBACTERIALS[12], *rng.sample(OTHERS, 3)]
        lines = [line for p in chosen for line in _split(p, rng.randint(1, 9))]
        result.append((Prescriber(code, name, "", commissioner, 0.0, 0.0, None), lines))
    return result
