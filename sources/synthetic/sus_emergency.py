"""A&E: the attendances of a span, and the two feeds that hold them (CDS 010 as SEM_AEA, ECDS as EC).

Belongs here: how many, who, when and where; which provider sends which feed in which month; the columns of both. Does
not belong here: what is done there (`sus_attendances`). The commissioner's attendances that the GP Specification counts
are exact by month: 9.2 per 1,000 weighted patients in 2016-17, 8.5 in the twelve months to May 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from .months import financial_year_start
from .sus_attendances import BY_CLASS, INVESTIGATIONS, RECIPES, TREATMENTS
from .sus_calendar import AE_SEASON, EC_FROM, Numbers, Reals, Texts, month_days
from .sus_people import CHILD_BELOW, People, ages, even, generator, pick, whole
from .sus_shared import common_columns, common_parts
from .sus_tables import (
    PARTS,
    RBS,
    REM,
    REP,
    RQ6,
    RW4,
    RY1,
    Extract,
    day_texts,
    extract_times,
    number_texts,
    price,
    report_periods,
    texts,
    together,
)

ATTENDANCES_A_YEAR = 277_594
#: Attendances a year that the GP Specification counts, per 1,000 weighted patients: at the middle of 2016-17, and what
#: a month takes away between April 2016 and May 2017.
GP_SPEC_RATE, GP_SPEC_FALL = 9.2, 0.35
#: Share of all attendances; the rest is `usual`. `wide` and `near` are relative to `core`.
_SHARE = {"walk_in": 0.24, "minor": 0.02, "eye": 0.035, "women": 0.03}
_RELATIVE = {"wide": 0.22, "near": 5.0}
#: Until when (first month without) each provider sends CDS 010, and since when ECDS; REM sends both for half a year,
#: of the first month every second attendance alone, so that CDS 010 has more.
_AEA_UNTIL = {RQ6: EC_FROM, RY1: date(2019, 4, 1), RW4: date(2019, 4, 1)}
_EC_SINCE = {RQ6: EC_FROM, REM: EC_FROM, RY1: date(2019, 4, 1), RW4: date(2019, 4, 1)}
_USUALLY = date(2018, 4, 1)
#: How busy the hours are, from midnight; and those of each kind of time.
_HOURS = (2, 1.5, 1.2, 1, 1, 1.1, 1.6, 2.6, 4.2, 6, 6.6, 6.5, 6.2, 6, 5.8, 5.8, 5.9, 6, 5.9, 5.6, 5.2, 4.4, 3.6, 2.8)
_ANY, _IN_HOURS, _NIGHT, _WEEKEND, _HOLIDAY = range(5)
_WHEN = {"A": _ANY, "H": _IN_HOURS, "N": _NIGHT, "E": _WEEKEND, "B": _HOLIDAY}
_SELF_REFERRED = (("507291000000100", date(2021, 4, 1)), ("1991000124105", date.max))


@dataclass(frozen=True)
class Attendances:
    """Arrays by attendance, in order of month."""

    months: tuple[date, ...]
    month: Numbers
    recipe: Numbers
    pool: Numbers
    patient: Numbers
    provider: Numbers
    day: Numbers
    minute: Numbers


def gp_spec_rate(month: date) -> float:
    """Attendances a year per 1,000 weighted patients that `month` counts, before its season."""
    place = (month.year - 2016) * 12 + month.month - 3
    return GP_SPEC_RATE - GP_SPEC_FALL * (min(max(place, 1), 14) - 6.5)


def _counts(people: People, month: date) -> dict[str, int]:
    """The commissioner's attendances of a month, by class."""
    season = AE_SEASON[month.month - 1]
    year = financial_year_start(month)
    everything = ATTENDANCES_A_YEAR / 12 * people.scale * season * 1.012 ** (year.year - 2016)
    core = gp_spec_rate(month) / 12 * people.weighted[year] / 1_000 * season
    counts = {"core": round(core)}
    counts |= {name: round(core * share) for name, share in _RELATIVE.items()}
    counts |= {name: round(everything * share) for name, share in _SHARE.items()}
    counts["usual"] = max(round(everything) - sum(counts.values()), 0)
    return counts


def _times() -> list[Reals]:
    """For each kind of time, the weight of every minute of the day."""
    busy = np.repeat(np.array(_HOURS), 60)
    minute = np.arange(1_440)
    in_hours = (minute >= 8 * 60) & (minute < 18 * 60 + 30)
    day = busy * in_hours
    return [busy, day, busy * ((minute >= 18 * 60 + 30) | (minute < 8 * 60)), day, day]


def build_attendances(people: People, months: list[date], seed: int) -> Attendances:
    """The attendances of `months`; each month is drawn apart."""
    firsts = dict(zip(BY_CLASS, np.cumsum([0, *(len(of) for of in BY_CLASS.values())]), strict=False))
    weights = {name: np.array([recipe.weight for recipe in of]) for name, of in BY_CLASS.items()}
    kinds = np.array([_WHEN[recipe.when] for recipe in RECIPES])
    times = _times()
    columns: list[list[Numbers]] = [[] for _ in range(7)]
    for place, month in enumerate(months):
        rng = generator(seed, f"attendances {month:%Y-%m}")
        pools, recipes, classes = [], [], []
        for number, (name, own) in enumerate(_counts(people, month).items()):
            drawn = people.pools(rng, own, month, "gp_spec" if name in ("core", "wide", "near") else "any")
            pools.append(drawn)
            recipes.append(firsts[name] + pick(even(rng, len(drawn)), weights[name]))
            classes.append(np.full(len(drawn), number))
        pool, recipe = np.concatenate(pools), np.concatenate(recipes)
        kind = kinds[recipe]
        day, minute = _moments(rng, month, kind, times)
        women = np.isin(recipe, firsts["women"] + np.arange(len(BY_CLASS["women"])))
        patient = people.patients(rng, pool, 1.0, women.astype(np.float64))
        grown = women | np.isin(recipe, firsts["eye"] + np.arange(len(BY_CLASS["eye"])))
        patient = np.where(grown, people.adults(rng, pool, 1.0, women.astype(np.float64)), patient)
        provider = _places(rng, people, month, pool, patient, day, recipe, firsts)
        order = np.argsort(day * 1_440 + minute, kind="stable")
        found = (np.full(len(pool), place), recipe, pool, patient, provider, day, minute)
        for column, values in zip(columns, found, strict=True):
            column.append(values[order])
    return Attendances(tuple(months), *(np.concatenate(column) for column in columns))


def _moments(rng: np.random.Generator, month: date, kind: Numbers, times: list[Reals]) -> tuple[Numbers, Numbers]:
    """A day and a minute of each attendance."""
    days = month_days(month)
    of_kind = [days.everyday, days.working, days.working, days.resting, days.holidays]
    which, when = rng.random(len(kind)), rng.random(len(kind))
    day, minute = np.zeros(len(kind), np.int64), np.zeros(len(kind), np.int64)
    for number, possible in enumerate(of_kind):
        rows = np.flatnonzero(kind == number)
        day[rows] = possible[(which[rows] * len(possible)).astype(np.int64)]
        minute[rows] = pick(when[rows], times[number])
    return day, minute


def _places(
    rng: np.random.Generator,
    people: People,
    month: date,
    pool: Numbers,
    patient: Numbers,
    day: Numbers,
    recipe: Numbers,
    firsts: dict[str, int],
) -> Numbers:
    """The provider of each attendance: children go to the children's hospital, type 1 adults to the nearer one."""
    child = ages(people, patient, day) < CHILD_BELOW
    provider = np.where(rng.random(len(pool)) < people.royal_share[pool], RQ6, REM)
    provider[child & (rng.random(len(pool)) < 0.9)] = RBS
    for name, place in (("eye", RQ6), ("women", REP), ("walk_in", RY1), ("minor", RY1)):
        provider[(recipe >= firsts[name]) & (recipe < firsts[name] + len(BY_CLASS[name]))] = place
    return np.array([people.code_in(place, month) for place in range(len(PARTS))])[provider]


def _sends(attendances: Attendances, feed: str) -> Numbers:
    """The positions of the rows that their provider sends in this feed."""
    table = np.zeros((len(PARTS), len(attendances.months)), dtype=bool)
    for place in range(len(PARTS)):
        for number, month in enumerate(attendances.months):
            if feed == "aea":
                table[place, number] = month < _AEA_UNTIL.get(place, _USUALLY)
            else:
                table[place, number] = month >= _EC_SINCE.get(place, _USUALLY)
    sent = table[attendances.provider, attendances.month]
    if feed == "ec" and EC_FROM in attendances.months:
        is_first = (attendances.provider == REM) & (attendances.month == attendances.months.index(EC_FROM))
        sent &= ~is_first | (np.arange(len(sent)) % 2 == 0)
    return np.flatnonzero(sent)


def _of(attendances: Attendances, rows: Numbers) -> Attendances:
    names = ("month", "recipe", "pool", "patient", "provider", "day", "minute")
    return Attendances(attendances.months, *(getattr(attendances, name)[rows] for name in names))


def _clock() -> Texts:
    return texts([f"{minute // 60:02d}:{minute % 60:02d}:00" for minute in range(1_440)])


def _counted(people: People, attendances: Attendances) -> Numbers:
    of_own = np.isin(attendances.pool, people.own)
    return ((attendances.recipe < len(BY_CLASS["core"])) & of_own).astype(np.int64)


AEA_COLUMNS = (
    *("AEA_Ident", "Unique_CDS_Identifier", "Update_Type", "Report_Period_Start_Date", "Report_Period_End_Date"),
    *("Extract_Date_Time", *common_columns("sem"), "GP_Practice_Code", "AEA_Department_Type"),
    *("AEA_Attendance_Category", "AEA_Referral_Source", "AEA_Arrival_Mode", "AEA_Attendance_Disposal"),
    *("AEA_Patient_Group", *(f"AEA_Investigation_{n:02d}" for n in range(1, INVESTIGATIONS + 1))),
    *(f"AEA_Treatment_{n:02d}" for n in range(1, TREATMENTS + 1)),
    *("Administrative_Category", "Arrival_Date", "Arrival_Time", "SUS_HRG_Code", "Tariff_Total_Payment"),
    *("Tariff_MFF_Payment", "Grand_Total_Payment_MFF", "Unbundled_Payment_MFF"),
)


def aea_extract(people: People, everything: Attendances, extracts: Sequence[datetime], seed: int) -> Extract:
    """SEM_AEA of all months of `everything`; `extracts` is when each month's file was made."""
    events = _of(everything, _sends(everything, "aea"))
    count = len(events.month)
    first = people.numbers_from + 1_000_000 * (financial_year_start(everything.months[0]).year - 2010)
    rng = generator(seed, f"aea {first}")
    prices = [
        f"{recipe.administrative_category}|{recipe.hrg},{price(recipe.pence, place)}"
        for recipe in RECIPES
        for place in range(len(PARTS))
    ]
    category, paid = zip(*(text.split("|") for text in prices), strict=True)
    offer = events.recipe * len(PARTS) + events.provider
    parts = {
        "ident": number_texts(10 * first, count),
        "record": number_texts(first, count, "BA10"),
        "update_type": texts(["9", ""])[(rng.random(count) < 0.2).astype(np.int64)],
        "report_period": report_periods(events.months, events.month),
        "extract": extract_times(events.provider, events.month, extracts),
        **common_parts(people, rng, events.provider, events.pool, events.patient, events.day),
        "practice": _practice(people, events),
        "codes": texts([recipe.cds010() for recipe in RECIPES])[events.recipe],
        "category": texts(category)[offer],
        "day": day_texts(events.day),
        "time": _clock()[events.minute],
        "paid": texts(paid)[offer],
    }
    made = Extract(
        "SEM_AEA", events.months, AEA_COLUMNS, parts, events.provider, events.month, _counted(people, events)
    )
    return with_older_versions(made, rng, extracts)


def _practice(people: People, events: Attendances) -> Texts:
    """The practice that the hospital wrote down."""
    by_month = np.concatenate([people.code_texts(month)[0] for month in events.months])
    found: Texts = by_month[events.month * len(people.codes) + events.pool]
    return found


def with_older_versions(made: Extract, rng: np.random.Generator, extracts: Sequence[datetime]) -> Extract:
    """Add, behind the others, an earlier version of a few records: an ident of its own, an older extract time."""
    if not len(made):
        return made
    chosen = np.sort((even(rng, max(len(made) // 2_000, 2)) * len(made)).astype(np.int64))
    before = [moment - timedelta(days=10) for moment in extracts]
    older = made.take(chosen).mapped(ident=lambda text: f"{text}7")
    older = older.changed(extract=extract_times(older.provider, older.month, before))
    # Corrections leave records with two versions alone.
    once = np.where(np.isin(np.arange(len(made)), chosen), 0, made.counted)
    return together([replace(made, counted=once), replace(older, counted=np.zeros(len(older), np.int64))])


EC_COLUMNS = (
    *("EC_Ident", "Unique_CDS_Identifier", "Update_Type", "Report_Period_Start_Date", "Report_Period_End_Date"),
    *("CDS_Extract_Date_Time", *common_columns("ec"), "GP_Practice_Code", "PDS_General_Practice_Code"),
    *("EC_Department_Type", "EC_AttendanceCategory", "EC_Attendance_Source_SNOMED_CT", "EC_Arrival_Mode_SNOMED_CT"),
    *("EC_Discharge_Status_SNOMED_CT", "EC_Discharge_Destination_SNOMED_CT", "Discharge_Follow_Up_SNOMED_CT"),
    *("Der_EC_Investigation_All", "Der_EC_Treatment_All", "Administrative_Category", "Arrival_Date", "Arrival_Time"),
    *("SUS_HRG_Code", "SUS_Tariff", "FinalPrice", "Der_Dupe_Flag", "Finished_Indicator"),
)


def ec_extract(people: People, everything: Attendances, extracts: Sequence[datetime], seed: int) -> Extract:
    """EC of the months, as `aea_extract`, with the duplicates and deletions that only this feed flags."""
    events = _of(everything, _sends(everything, "ec"))
    first = people.numbers_from + 1_000_000 * (financial_year_start(everything.months[0]).year - 2010)
    rng = generator(seed, f"ec {first}")
    count = len(events.month)
    # A duplicate, and a deleted record: the same attendance under identifiers of its own.
    extra = [(even(rng, whole(rng, count * share) + 1) * count).astype(np.int64) if count else np.arange(0)
             for share in (0.003, 0.001)]  # fmt: skip
    events = _of(events, np.concatenate([np.arange(count), *extra]))
    duplicate, deleted = count + np.arange(len(extra[0])), count + len(extra[0]) + np.arange(len(extra[1]))
    dupe = (rng.random(len(events.month)) < 0.25).astype(np.int64)
    dupe[duplicate] = 2
    finished = (rng.random(len(events.month)) < 0.6).astype(np.int64)
    finished[deleted] = 2
    count = len(events.month)
    variants = 4
    self_referred = [next(code for code, until in _SELF_REFERRED if month < until) for month in events.months]
    codes = sorted(set(self_referred))
    coded = texts([recipe.ecds(n, code) for code in codes for recipe in RECIPES for n in range(variants)])
    of_month = np.array([codes.index(code) for code in self_referred])[events.month]
    paid = []
    for recipe in RECIPES:
        for place in range(len(PARTS)):
            tariff, _, total, _ = price(recipe.pence, place).split(",")
            paid.append(f"{recipe.hrg},{tariff},{total}")
    known = np.concatenate([people.code_texts(month)[1] for month in events.months])
    parts = {
        "ident": number_texts(10 * first, count, "7"),
        "record": number_texts(first, count, "BE11"),
        "update_type": texts(["9", ""])[(rng.random(count) < 0.2).astype(np.int64)],
        "report_period": report_periods(events.months, events.month),
        "extract": extract_times(events.provider, events.month, extracts),
        **common_parts(people, rng, events.provider, events.pool, events.patient, events.day),
        "practice": _practice(people, events),
        "spine_practice": known[events.month * len(people.codes) + moved(rng, people, events.pool)],
        "codes": coded[
            (of_month * len(RECIPES) + events.recipe) * variants + (rng.random(count) * variants).astype(int)
        ],
        "category": texts([recipe.administrative_category for recipe in RECIPES])[events.recipe],
        "day": day_texts(events.day),
        "time": _clock()[events.minute],
        "paid": texts(paid)[events.recipe * len(PARTS) + events.provider],
        "dupe": texts(["0", "", "1"])[dupe],
        "finished": texts(["", "Finished", "Deleted"])[finished],
    }
    counted = _counted(people, events) * (dupe != 2) * (finished != 2)
    return Extract("EC", events.months, EC_COLUMNS, parts, events.provider, events.month, counted)


def moved(rng: np.random.Generator, people: People, pool: Numbers) -> Numbers:
    """The pool that the spine has: for one patient in 60 another practice of the commissioner."""
    other = people.own[(rng.random(len(pool)) * len(people.own)).astype(np.int64)]
    return np.where(rng.random(len(pool)) < 1 / 60, other, pool)
