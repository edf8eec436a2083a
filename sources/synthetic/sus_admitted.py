"""Admissions: the spells of a span (SEM_APCS) and their episodes (SEM_APCE).

Belongs here: how many, who, when, how admitted and where; readmissions, open spells; the columns of both feeds. Does
not belong here: what is coded (`sus_spells`). Spells are drawn by the month of discharge; the commissioner's ACS
admissions are exact by month: 9.2 a year per 1,000 weighted patients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from .months import financial_year_start
from .sus_calendar import (
    EMERGENCY_SEASON,
    PLANNED_SEASON,
    RESPIRATORY_SEASON,
    Numbers,
    Texts,
    day_number,
    day_of,
    month_days,
)
from .sus_emergency import moved
from .sus_people import CHILD_BELOW, People, ages, even, generator, pick
from .sus_shared import common_columns, common_parts
from .sus_spells import SPELL_RECIPES, SPELLS
from .sus_tables import (
    NO_PRICE,
    PARTS,
    RBQ,
    RBS,
    REM,
    REP,
    RQ6,
    Extract,
    day_texts,
    extract_times,
    number_texts,
    price,
    quoted,
    report_periods,
    stamp,
    texts,
)

EMERGENCIES_A_YEAR = 53_828
PLANNED_A_YEAR = 70_000
ACS_RATE = 9.2
#: Share of the emergencies; the rest is `emergency`.
_SHARE = {"pneumonia": 0.035, "national": 0.11, "trap": 0.012}
#: Others, relative to the emergencies.
_BESIDE = {"birth": 0.12, "planned_acs": 0.012, "transfer": 0.01}
#: All spells of a year.
SPELLS_A_YEAR = EMERGENCIES_A_YEAR * (1 + sum(_BESIDE.values())) + PLANNED_A_YEAR
_ADMITTED = {
    "emergency": (("21", 78.0), ("22", 9.0), ("23", 1.5), ("24", 4.0), ("28", 2.0), ("2A", 4.5), ("2D", 1.0)),
    "planned": (("11", 40.0), ("12", 48.0), ("13", 12.0)),
    "birth": (("31", 60.0), ("82", 40.0)),
    "transfer": (("2B", 80.0), ("81", 20.0)),
}
_METHODS = {**dict.fromkeys(("acs", "pneumonia", "national", "trap"), "emergency"), "planned_acs": "planned"}
#: Shortest and longest stays, in days, and the power that makes most of them short.
_STAYS = {"0": (0, 0, 1.0), "S": (0, 3, 1.2), "M": (1, 10, 1.6), "L": (2, 40, 2.2)}
_CARDIAC = ("320", "172")
_MATERNITY = ("501", "424", "502")
#: Stages of price: same day, usual, excess days.
_LEVELS = (1.0, 1.08, 1.35)
_READMITTED = 0.12
_PRIVATE = 0.006
_OPEN_SHARE = 0.004


@dataclass(frozen=True)
class Spells:
    """Arrays by spell, in order of discharge; `discharged` is -1 while a spell is open."""

    months: tuple[date, ...]
    month: Numbers
    recipe: Numbers
    pool: Numbers
    patient: Numbers
    provider: Numbers
    admitted: Numbers
    discharged: Numbers
    method: Numbers
    private: Numbers


METHODS = [code for of in _ADMITTED.values() for code, _ in of]


def _counts(people: People, month: date) -> dict[str, int]:
    """The commissioner's spells of a month, by class."""
    place = month.month - 1
    year = financial_year_start(month)
    growth = 1.01 ** (year.year - 2016)
    emergencies = EMERGENCIES_A_YEAR / (1 - _PRIVATE) / 12 * people.scale * EMERGENCY_SEASON[place] * growth
    counts = {"acs": round(ACS_RATE / 12 * people.weighted[year] / 1_000 * RESPIRATORY_SEASON[place])}
    counts |= {name: round(emergencies * share) for name, share in _SHARE.items()}
    counts["emergency"] = max(round(emergencies) - sum(counts.values()), 0)
    counts |= {name: round(emergencies * share) for name, share in _BESIDE.items()}
    counts["planned"] = round(PLANNED_A_YEAR / 12 * people.scale * PLANNED_SEASON[place] * growth)
    return counts


def build_spells(people: People, months: list[date], seed: int) -> Spells:
    """The spells discharged in `months`, and those still open at their end."""
    firsts = dict(zip(SPELLS, np.cumsum([0, *(len(of) for of in SPELLS.values())]), strict=False))
    weights = {name: np.array([recipe.weight for recipe in of]) for name, of in SPELLS.items()}
    methods = {
        name: (METHODS.index(of[0][0]), np.array([weight for _, weight in of])) for name, of in _ADMITTED.items()
    }
    columns: list[list[Numbers]] = [[] for _ in range(9)]
    for place, month in enumerate(months):
        rng = generator(seed, f"spells {month:%Y-%m}")
        drawn: list[tuple[Numbers, Numbers, Numbers]] = []
        for name, own in _counts(people, month).items():
            measure = "acs" if name == "acs" else "any" if name == "planned" else "emergency"
            pool = people.pools(rng, own, month, measure)
            recipe = firsts[name] + pick(even(rng, len(pool)), weights[name])
            first, shares = methods[_METHODS.get(name, name)]
            drawn.append((pool, recipe, first + pick(even(rng, len(pool)), shares)))
        pool, recipe, method = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
        days = month_days(month)
        discharged = days.everyday[(rng.random(len(pool)) * len(days.everyday)).astype(np.int64)]
        admitted = discharged - _stays(rng, recipe)
        patient, provider = _who_and_where(rng, people, month, pool, recipe, discharged)
        private = (rng.random(len(pool)) < _PRIVATE).astype(np.int64)
        # What the indicator counts is never private, so that its total is what was asked for.
        private[recipe < len(SPELLS["acs"])] = 0
        if month == months[-1]:
            is_open = rng.random(len(pool)) < _OPEN_SHARE * 12
            is_open &= (recipe >= len(SPELLS["acs"])) & (admitted < discharged)
            discharged = np.where(is_open, -1, discharged)
        found = (np.full(len(pool), place), recipe, pool, patient, provider, admitted, discharged, method, private)
        order = np.lexsort((admitted, discharged))
        for column, values in zip(columns, found, strict=True):
            column.append(values[order])
    return _readmissions(people, Spells(tuple(months), *(np.concatenate(column) for column in columns)), seed)


def _stays(rng: np.random.Generator, recipe: Numbers) -> Numbers:
    """Nights between admission and discharge."""
    shortest, longest, power = np.array([_STAYS[one.stay] for one in SPELL_RECIPES])[recipe].T
    nights: Numbers = (shortest + (longest + 1 - shortest) * rng.random(len(recipe)) ** power).astype(np.int64)
    return nights


def _who_and_where(
    rng: np.random.Generator, people: People, month: date, pool: Numbers, recipe: Numbers, day: Numbers
) -> tuple[Numbers, Numbers]:
    """Patient and provider: children for children's recipes, women for the women's hospital, hearts to the heart's."""
    first = [one.episodes[0].specialty for one in SPELL_RECIPES]
    last = [one.episodes[-1].specialty for one in SPELL_RECIPES]
    child = np.array([code in ("420", "171", "424") for code in first])[recipe]
    woman = np.array([code in _MATERNITY for code in first])[recipe]
    patient = people.adults(rng, pool, 0.55, (woman & ~child).astype(np.float64))
    patient[child] = people.children(rng, pool[child])
    provider = np.where(rng.random(len(pool)) < people.royal_share[pool], RQ6, REM)
    heart = np.array([code in _CARDIAC for code in last])[recipe] & (rng.random(len(pool)) < 0.55)
    provider[heart] = RBQ
    provider[woman] = REP
    provider[ages(people, patient, day) < CHILD_BELOW] = RBS
    provider[np.array([code == "424" for code in first])[recipe]] = REP
    return patient, np.array([people.code_in(place, month) for place in range(len(PARTS))])[provider]


def _readmissions(people: People, spells: Spells, seed: int) -> Spells:
    """Give some general emergencies the patient of a spell that ended in the thirty days before."""
    rng = generator(seed, "readmissions")
    low, high = (sum(len(SPELLS[name]) for name in list(SPELLS)[:n]) for n in (4, 5))
    rows = np.flatnonzero(
        (spells.recipe >= low) & (spells.recipe < high) & (rng.random(len(spells.recipe)) < _READMITTED * 1.6)
    )
    ended = np.where(spells.discharged < 0, np.iinfo(np.int64).max, spells.discharged)
    order = np.argsort(ended, kind="stable")
    begin = np.searchsorted(ended[order], spells.admitted[rows] - 30)
    end = np.searchsorted(ended[order], spells.admitted[rows], side="right")
    earlier = order[np.minimum(begin + (rng.random(len(rows)) * (end - begin)).astype(np.int64), len(order) - 1)]
    commissioner = np.isin(np.arange(len(people.codes)), people.own)
    fits = (end > begin) & (earlier != rows)
    fits &= commissioner[spells.pool[earlier]] & commissioner[spells.pool[rows]]
    fits &= (spells.provider[earlier] == RBS) == (spells.provider[rows] == RBS)
    patient, pool = spells.patient.copy(), spells.pool.copy()
    patient[rows[fits]] = spells.patient[earlier[fits]]
    pool[rows[fits]] = spells.pool[earlier[fits]]
    return Spells(
        spells.months,
        *(spells.month, spells.recipe, pool, patient, spells.provider),
        *(spells.admitted, spells.discharged, spells.method, spells.private),
    )


APCS_COLUMNS = (
    *("APCS_Ident", "Extract_Date_Time", *common_columns("sem"), "GP_Practice_Code", "PDS_General_Practice_Code"),
    *("Admission_Method", "Administrative_Category", "Admission_Date", "Discharge_Date", "Patient_Classification"),
    *("Treatment_Function_Code", "Main_Specialty_Code", "Der_Diagnosis_All", "Der_Procedure_All"),
    *("Spell_Primary_Diagnosis", "Spell_Core_HRG", "Der_Spell_LoS", "Tariff_Total_Payment", "Tariff_MFF_Payment"),
    *("Grand_Total_Payment_MFF", "Unbundled_Payment_MFF"),
)


def _ident(people: People, spells: Spells) -> int:
    """The first APCS_Ident of the sample: the same in both feeds."""
    return people.numbers_from + 20_000_000 * (financial_year_start(spells.months[0]).year - 2010)


def _extract_times(spells: Spells, row: Numbers, month: Numbers, extracts: Sequence[datetime]) -> Texts:
    """Open spells were sent before the end of their month, the others at the extract."""
    times = extract_times(spells.provider[row], month, extracts)
    month_end = day_of(month_days(spells.months[-1]).last)
    census = datetime(month_end.year, month_end.month, month_end.day, 6) - timedelta(days=1)
    times[spells.discharged[row] < 0] = stamp(census)
    return times


def _practices(people: People, rng: np.random.Generator, spells: Spells) -> tuple[Texts, Texts]:
    by_month = [people.code_texts(month) for month in spells.months]
    submitted, known = (np.concatenate([both[n] for both in by_month]) for n in (0, 1))
    place = spells.month * len(people.codes)
    return submitted[place + spells.pool], known[place + moved(rng, people, spells.pool)]


def _counted(people: People, spells: Spells) -> Numbers:
    return ((spells.recipe < len(SPELLS["acs"])) & np.isin(spells.pool, people.own)).astype(np.int64)


def _first_day(spells: Spells) -> Numbers:
    return np.where(spells.discharged < 0, day_number(spells.months[-1]), spells.discharged)


def apcs_extract(people: People, spells: Spells, extracts: Sequence[datetime], seed: int) -> Extract:
    """SEM_APCS of the spells; `extracts` is when each month's file was made."""
    rng = generator(seed, f"apcs {spells.months[0]}")
    count = len(spells.month)
    stay = spells.discharged - spells.admitted
    is_open = spells.discharged < 0
    level = np.where(stay > 20, 2, np.where(stay > 3, 1, 0))
    prices = [
        price(round(recipe.pence * factor), place, 12_500 if "X723" in recipe.all_procedures else 0)
        for recipe in SPELL_RECIPES
        for place in range(len(PARTS))
        for factor in _LEVELS
    ]
    paid = texts(prices)[(spells.recipe * len(PARTS) + spells.provider) * len(_LEVELS) + level]
    paid[is_open] = NO_PRICE
    coded = [
        ",".join(
            [
                *(recipe.episodes[0].specialty,) * 2,
                *(quoted(recipe.all_diagnoses), quoted(recipe.all_procedures)),
                *(recipe.grouped_diagnosis, recipe.hrg),
            ]
        )
        for recipe in SPELL_RECIPES
    ]
    planned = np.array([method in ("11", "12", "13") for method in METHODS])[spells.method]
    submitted, known = _practices(people, rng, spells)
    parts = {
        "ident": number_texts(_ident(people, spells), count),
        "extract": _extract_times(spells, np.arange(count), spells.month, extracts),
        **common_parts(people, rng, spells.provider, spells.pool, spells.patient, _first_day(spells)),
        "practice": submitted,
        "spine_practice": known,
        "method": texts([f"{m},{c}" for m in METHODS for c in ("01", "02")])[spells.method * 2 + spells.private],
        "admitted": day_texts(spells.admitted),
        "discharged": day_texts(spells.discharged),
        "classification": texts(["1", "2"])[(planned & (stay == 0)).astype(np.int64)],
        "codes": texts(coded)[spells.recipe],
        "stay": texts([*(str(n) for n in range(400)), ""])[np.where(is_open, 400, np.minimum(stay, 399))],
        "paid": paid,
    }
    return Extract(
        "SEM_APCS", spells.months, APCS_COLUMNS, parts, spells.provider, spells.month, _counted(people, spells)
    )


APCE_COLUMNS = (
    *("APCE_Ident", "APCS_Ident", "Unique_CDS_Identifier", "Update_Type", "Report_Period_Start_Date"),
    *("Report_Period_End_Date", "Extract_Date_Time", *common_columns("sem"), "GP_Practice_Code"),
    *("Admission_Method", "Administrative_Category", "Admission_Date", "Discharge_Date", "Episode_Number"),
    *("Episode_Start_Date", "Episode_End_Date", "Primary_Diagnosis_Code", "Treatment_Function_Code"),
    *("Main_Specialty_Code", "FCE_HRG", "Tariff_Total_Payment"),
)


def apce_extract(people: People, spells: Spells, extracts: Sequence[datetime], seed: int) -> Extract:
    """SEM_APCE: the episodes of the same spells. Only the first episode of a spell carries its price."""
    rng = generator(seed, f"apce {spells.months[0]}")
    episodes = np.array([len(recipe.episodes) for recipe in SPELL_RECIPES])
    before = np.concatenate([[0], np.cumsum(episodes)[:-1]])
    count = episodes[spells.recipe]
    row = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    last = number == count[row] - 1
    discharged = spells.discharged[row]
    end_of_stay = np.where(discharged < 0, day_number(spells.months[-1]) + 27, discharged)
    stay = np.maximum(end_of_stay - spells.admitted[row], 0)
    # An episode lies in the file of the month in which it ended: none ends before the sample begins.
    first = day_number(spells.months[0])
    middle = np.maximum(spells.admitted[row] + stay * np.stack([number, number + 1]) // count[row], first)
    begin = np.where(number == 0, spells.admitted[row], middle[0])
    end = np.where(last, discharged, middle[1])
    coded, priced = [], []
    for recipe in SPELL_RECIPES:
        for place, episode in enumerate(recipe.episodes):
            primary = (*episode.diagnoses, "")[0]
            coded.append(f"{primary},{episode.specialty},{episode.specialty},{recipe.hrg}")
            pounds = recipe.pence // 100
            priced.append(f"{pounds}.00" if place == 0 and pounds else "")
    kind = before[spells.recipe[row]] + number
    provider, private = spells.provider[row], spells.private[row]
    submitted, _ = _practices(people, rng, spells)
    ended = _month_of(spells.months, end, spells.month[row])
    parts = {
        "ident": number_texts(3 * _ident(people, spells), len(row)),
        "spell": number_texts(_ident(people, spells), len(count))[row],
        "record": number_texts(3 * _ident(people, spells), len(row), "BP13"),
        "update_type": texts(["9", ""])[(rng.random(len(row)) < 0.2).astype(np.int64)],
        "report_period": report_periods(spells.months, ended),
        "extract": _extract_times(spells, row, ended, extracts),
        **common_parts(people, rng, provider, spells.pool[row], spells.patient[row], end_of_stay),
        "practice": submitted[row],
        "method": texts([f"{m},{c}" for m in METHODS for c in ("01", "02")])[spells.method[row] * 2 + private],
        "admitted": day_texts(spells.admitted[row]),
        "discharged": day_texts(discharged),
        "number": texts([str(n) for n in range(1, 10)])[number],
        "begin": day_texts(begin),
        "end": day_texts(end),
        "codes": texts(coded)[kind],
        "paid": texts(priced)[kind],
    }
    return Extract("SEM_APCE", spells.months, APCE_COLUMNS, parts, provider, ended, _counted(people, spells)[row])


def _month_of(months: tuple[date, ...], day: Numbers, otherwise: Numbers) -> Numbers:
    starts = np.array([day_number(month) for month in months])
    found: Numbers = np.where(day < 0, otherwise, np.searchsorted(starts, day, side="right") - 1)
    return found
