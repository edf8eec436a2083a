"""Patients by sex and five-year age band, for every list that is published.

Belongs here: the age-sex mix and its calibration to STAR-PU per patient. Does not belong here: list totals (`world`)
and the files (`practice_feeds`).
"""

from __future__ import annotations

from datetime import date
from functools import cache
from math import exp

from .apportion import apportion
from .world import REFERENCE_LIST, Practice, World

BANDS = (*(f"{low}_{low + 4}" for low in range(0, 95, 5)), "95+")
SEXES = ("MALE", "FEMALE")
#: STAR-PU per patient at which 1.17 items per STAR-PU a year and 47.64 items per 1,000 patients a month both hold (and
#: 1.15 with 47.15), each within 0.4 %.
STARPU_PER_PATIENT = 0.4903
#: Share of each band in a young city's lists, per cent.
_MIX = (5.6, 5.6, 5.4, 5.8, 10.0, 10.0, 8.2, 6.8, 6.2, 6.6, 6.4, 5.6, 4.8, 4.2, 3.0, 2.3, 1.6, 0.8, 0.3, 0.1)
_WEIGHT_BAND = (0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 8, 8, 8)
_STARPU_MALE = (0.83772, 0.31387, 0.33969, 0.24091, 0.26685, 0.31587, 0.44802, 0.69312, 0.98607)
_STARPU_FEMALE = (0.76523, 0.39658, 0.62566, 0.58032, 0.58513, 0.61859, 0.73886, 0.97271, 1.26583)
_CELL_STARPU = tuple(_STARPU_MALE[band] for band in _WEIGHT_BAND) + tuple(_STARPU_FEMALE[band] for band in _WEIGHT_BAND)

#: Patients of one practice: 20 bands of men, then 20 bands of women.
Cells = tuple[int, ...]


def _mix(practice: Practice, tilt: float) -> list[float]:
    """Weight of each of the 40 cells for one practice."""
    ages = [2.5 + 5 * band for band in range(len(BANDS))]
    bands = [
        share * exp(practice.age_tilt * (age - 40) / 40) * (exp(tilt) if 5 < age < 55 else 1.0)
        for share, age in zip(_MIX, ages, strict=True)
    ]
    # Women live longer: their share rises with age.
    women = [min(practice.female + max(age - 60, 0) * 0.004, 0.75) for age in ages]
    whole = sum(bands)
    men_cells = [band / whole * (1 - share) for band, share in zip(bands, women, strict=True)]
    return men_cells + [band / whole * share for band, share in zip(bands, women, strict=True)]


def starpu(cells: Cells | list[float]) -> float:
    """STAR-PU of one list, as a float: a weight for sharing items, never a published figure."""
    return sum(patients * weight for patients, weight in zip(cells, _CELL_STARPU, strict=True))


@cache
def _tilt(world: World) -> float:
    """How much more people of 5 to 54 a list needs for the commissioner to have STARPU_PER_PATIENT: few antibiotics."""
    lists = [(p, size) for p, size in world.lists_on(REFERENCE_LIST).items() if world.is_own(p)]
    patients = sum(size for _, size in lists)
    low, high = -3.0, 3.0
    for _ in range(30):
        middle = (low + high) / 2
        level = sum(size * starpu(_mix(practice, middle)) for practice, size in lists) / patients
        low, high = (middle, high) if level > STARPU_PER_PATIENT else (low, middle)
    return (low + high) / 2


def lists_by_age(world: World, day: date) -> dict[Practice, Cells]:
    """The list of every practice open on `day`, by cell; its cells sum to its list size."""
    tilt = _tilt(world)
    return {practice: tuple(apportion(size, _mix(practice, tilt))) for practice, size in world.lists_on(day).items()}
