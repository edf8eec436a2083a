"""Outpatients: the appointments of a span and the feed that holds them (SEM_OPA).

Belongs here: how many, who and when; the columns. Does not belong here: clinics and kinds of appointment
(`sus_clinics`). The commissioner's GP-referred first attendances in the nine specialties are exact by month: 90.1
a year per 1,000 weighted patients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from .months import financial_year_start
from .sus_calendar import PLANNED_SEASON, Numbers, month_days
from .sus_clinics import CELLS, COUNTED, NINE, OTHERS
from .sus_emergency import moved, with_older_versions
from .sus_people import People, even, generator, pick
from .sus_shared import common_columns, common_parts
from .sus_tables import (
    NO_PRICE,
    PARTS,
    RBS,
    REP,
    Extract,
    day_texts,
    extract_times,
    number_texts,
    price,
    report_periods,
    texts,
)

APPOINTMENTS_A_YEAR = 600_000
#: Consultants (and nurses) of a clinic.
_CONSULTANTS = 8


@dataclass(frozen=True)
class Appointments:
    """Arrays by appointment, in order of day."""

    months: tuple[date, ...]
    month: Numbers
    cell: Numbers
    pool: Numbers
    patient: Numbers
    provider: Numbers
    day: Numbers


def build_appointments(people: People, months: list[date], seed: int) -> Appointments:
    """The appointments of `months`; each month is drawn apart."""
    counted, others = (np.array([cell.share for cell in cells]) for cells in (COUNTED, OTHERS))
    child = np.array([cell.provider == RBS for cell in CELLS])
    woman = np.array([cell.provider == REP or cell.function == "502" for cell in CELLS])
    columns: list[list[Numbers]] = [[] for _ in range(6)]
    for place, month in enumerate(months):
        rng = generator(seed, f"appointments {month:%Y-%m}")
        year = financial_year_start(month)
        season = PLANNED_SEASON[month.month - 1] / 12
        firsts = round(sum(NINE.values()) * people.weighted[year] / 1_000 * season)
        rest = round(APPOINTMENTS_A_YEAR * people.scale * season * 1.008 ** (year.year - 2016)) - firsts
        pools = [people.pools(rng, firsts, month, "gp_referred"), people.pools(rng, rest, month, "any")]
        cells = [pick(even(rng, len(pools[0])), counted), len(COUNTED) + pick(even(rng, len(pools[1])), others)]
        pool, cell = np.concatenate(pools), np.concatenate(cells)
        patient = people.adults(rng, pool, 0.7, woman[cell].astype(np.float64))
        of_child = child[cell]
        patient[of_child] = people.children(rng, pool[of_child])
        working = month_days(month).working
        day = working[(rng.random(len(pool)) * len(working)).astype(np.int64)]
        codes = np.array([people.code_in(provider, month) for provider in range(len(PARTS))])
        provider = codes[np.array([one.provider for one in CELLS])[cell]]
        order = np.argsort(day, kind="stable")
        found = (np.full(len(pool), place), cell, pool, patient, provider, day)
        for column, values in zip(columns, found, strict=True):
            column.append(values[order])
    return Appointments(tuple(months), *(np.concatenate(column) for column in columns))


OPA_COLUMNS = (
    *("OPA_Ident", "Unique_CDS_Identifier", "Update_Type", "Report_Period_Start_Date", "Report_Period_End_Date"),
    *("Extract_Date_Time", *common_columns("sem"), "GP_Practice_Code", "PDS_General_Practice_Code"),
    *("Appointment_Date", "Attendance_Status", "First_Attendance", "OPA_Referral_Source", "Treatment_Function_Code"),
    *("Main_Specialty_Code", "Administrative_Category", "Outcome_of_Attendance", "CDS_Type", "Consultant_Code"),
    *("Priority_Type", "Core_HRG", "Tariff_Total_Payment", "Tariff_MFF_Payment", "Grand_Total_Payment_MFF"),
    "Unbundled_Payment_MFF",
)


def opa_extract(people: People, events: Appointments, extracts: Sequence[datetime], seed: int) -> Extract:
    """SEM_OPA of the appointments; `extracts` is when each month's file was made."""
    count = len(events.month)
    first = people.numbers_from + 2_000_000 * (financial_year_start(events.months[0]).year - 2010)
    rng = generator(seed, f"opa {first}")
    coded, paid, staff = [], [], []
    for cell in CELLS:
        kind = cell.kind
        codes = [kind.status, kind.first, kind.source, cell.function, cell.main, kind.category, kind.outcome, kind.cds]
        coded.append(",".join(codes))
        scan = 9_800 if cell.function in ("320", "110", "340") else 0
        for provider in range(len(PARTS)):
            for unbundled in (0, scan):
                paid.append(f"{kind.hrg},{price(kind.pence, provider, unbundled) if kind.hrg else NO_PRICE}")
        for person in range(_CONSULTANTS):
            staff.append(f"{kind.consultant}{int(cell.function) * 1_000 + cell.provider * 100 + person:07d}")
    scanned = (rng.random(count) < 0.08).astype(np.int64)
    practices = [people.code_texts(month) for month in events.months]
    submitted, known = (np.concatenate([both[n] for both in practices]) for n in (0, 1))
    row = events.month * len(people.codes)
    urgency = np.searchsorted(np.array([0.72, 0.88]), rng.random(count))
    parts = {
        "ident": number_texts(10 * first, count),
        "record": number_texts(first, count, "BO20"),
        "update_type": texts(["9", ""])[(rng.random(count) < 0.2).astype(np.int64)],
        "report_period": report_periods(events.months, events.month),
        "extract": extract_times(events.provider, events.month, extracts),
        **common_parts(people, rng, events.provider, events.pool, events.patient, events.day),
        "practice": submitted[row + events.pool],
        "spine_practice": known[row + moved(rng, people, events.pool)],
        "day": day_texts(events.day),
        "codes": texts(coded)[events.cell],
        "consultant": texts(staff)[events.cell * _CONSULTANTS + events.patient % _CONSULTANTS],
        "priority": texts(["1", "2", "3"])[urgency],
        "paid": texts(paid)[(events.cell * len(PARTS) + events.provider) * 2 + scanned],
    }
    counted = ((events.cell < len(COUNTED)) & np.isin(events.pool, people.own)).astype(np.int64)
    made = Extract("SEM_OPA", events.months, OPA_COLUMNS, parts, events.provider, events.month, counted)
    return with_older_versions(made, rng, extracts)
