"""The budget of the fictional commissioner: lines, codes, and what the paper printed for month 3 of 2017/18.

Belongs here: what a line is called, where it is coded, what it is worth in a year, and the figures that are fixed.
Does not belong here: how a year runs from month to month (`finance_course`) and any file format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .apportion import apportion

#: Financial years are known by the year in which they begin: 2017 is 2017/18.
PRINTED_YEAR, PRINTED_PERIOD = 2017, 3
CO_COMMISSIONING, PRESCRIBING = "Primary Care Co-Commissioning", "Prescribing"

#: Whom a line is paid to: every practice, those with one kind of contract, or nobody in particular.
Payees = Literal["all", "gms", "pms", "apms", "none"]
#: How a line is phased over the twelve months: weights, of which only the proportions matter.
Phasing = tuple[int, ...]
_BY_DAYS: Phasing = (30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31)
_LATE: Phasing = (30, 31, 30, 31, 31, 32, 33, 33, 33, 34, 33, 38)
_QUARTERS: Phasing = (40, 25, 26, 41, 25, 26, 40, 26, 25, 40, 25, 26)
_ITEMS: Phasing = (79, 85, 83, 83, 82, 81, 86, 85, 86, 84, 78, 88)


@dataclass(frozen=True)
class Line:
    """One line of the budget report. Money in whole pounds; `printed` is year to date at month 3: budget, actual."""

    name: str
    area: str
    cost_centre: str
    subjective: str
    analysis: str
    payees: Payees
    phasing: Phasing
    annual: int
    printed: tuple[int, int] | None = None
    forecast: int | None = None


LINES = (
    Line(
        *("Enhanced services", CO_COMMISSIONING, "946141", "52161071", "PRCAHO", "all", _BY_DAYS),
        *(1_549_812, (387_435, 387_435), 1_549_812),
    ),
    Line(
        *("General Practice - GMS", CO_COMMISSIONING, "946141", "52161011", "PRCGMS", "gms", _BY_DAYS),
        *(41_529_743, (10_382_337, 9_842_921), 41_214_439),
    ),
    Line(
        *("General Practice - PMS", CO_COMMISSIONING, "946141", "52161021", "PRCPMS", "pms", _BY_DAYS),
        *(2_637_245, (659_304, 466_947), 2_637_245),
    ),
    Line(
        *("Other - GP Services", CO_COMMISSIONING, "946142", "52161091", "PRCOTH", "all", _LATE),
        *(7_201_474, (1_713_090, 1_713_090), 7_201_474),
    ),
    Line(
        *("Other List-Based Services (APMS incl.)", CO_COMMISSIONING, "946141", "52161031", "PRCAPM", "apms", _BY_DAYS),
        *(5_689_754, (1_422_436, 1_838_906), 5_689_754),
    ),
    Line(
        *("Other premises costs", CO_COMMISSIONING, "946143", "52161082", "PRCPRO", "all", _QUARTERS),
        *(685_498, (171_363, 171_363), 685_498),
    ),
    Line(
        *("Premises cost reimbursements", CO_COMMISSIONING, "946143", "52161081", "PRCPRE", "all", _QUARTERS),
        *(2_210_599, (552_642, 552_642), 2_210_599),
    ),
    Line(
        *("Primary Care NHS Property Services Costs", CO_COMMISSIONING, "946144", "52161083", "PRCNPS", "all"),
        *(_QUARTERS, 4_451_809, (1_112_952, 1_151_549), 4_606_194),
    ),
    Line(
        *("QOF", CO_COMMISSIONING, "946145", "52161051", "PRCQOF", "all", _BY_DAYS),
        *(6_591_066, (1_647_756, 2_048_995), 6_992_305),
    ),
    Line(
        *("Prescribing Expenditure", PRESCRIBING, "946151", "52171011", "PRESCR", "all", _ITEMS),
        *(86_381_974, None, 86_962_323),
    ),
)
#: What month 4 of the printed year forecast for prescribing: 0.1m under, after May's data and the review of savings.
PRESCRIBING_AT_M4 = 86_281_561
#: Printed, and a pound away from the lines: year-to-date actual of the total, variance of the property line.
PRINTED_TOTAL_ACTUAL = 18_173_847
PRINTED_PROPERTY_VARIANCE = 38_596
PROPERTY = "Primary Care NHS Property Services Costs"

#: Annual budget of the two programme areas by year, in pounds; other years grow by 3.5 % and 1.5 %.
_ALLOCATIONS = {
    CO_COMMISSIONING: {2016: 70_652_000, 2017: 72_547_000, 2018: 75_041_000, 2019: 78_259_000},
    PRESCRIBING: {2016: 87_214_000, 2017: 86_381_974, 2018: 87_350_000, 2019: 88_300_000},
}
_GROWTH = {CO_COMMISSIONING: 1.035, PRESCRIBING: 1.015}


def allocation(area: str, year: int) -> int:
    """Annual budget of a programme area, in pounds."""
    known = _ALLOCATIONS[area]
    nearest = min(max(year, min(known)), max(known))
    return round(known[nearest] * _GROWTH[area] ** (year - nearest))


def annual_budgets(year: int) -> dict[str, int]:
    """Line -> annual budget in pounds: the printed ones of 2017/18, shared alike in other years."""
    budgets: dict[str, int] = {}
    for area in _ALLOCATIONS:
        lines = [line for line in LINES if line.area == area]
        shares = apportion(allocation(area, year), [float(line.annual) for line in lines])
        budgets |= {line.name: share for line, share in zip(lines, shares, strict=True)}
    return budgets


def coding_string(line: Line, practice: str) -> str:
    """Cost centre / subjective / analysis 1 (practice) / analysis 2 / other, as ISFE has it."""
    return f"{line.cost_centre}/{line.subjective}/{practice or '000000'}/{line.analysis}/000000"
