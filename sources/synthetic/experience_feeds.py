"""The experience feeds of a sample: patient survey, Friends and Family, appointments, CQC ratings, e-referrals.

Belongs here: which files there are and what the commissioner's practices have in them. Does not belong here: the table
of CQC (`experience_ratings`), that of the survey (`experience_survey`) and appointments (`experience_appointments`).
Nothing here draws from a random stream: shares lie in a fixed order about the commissioner's figure, months vary about
it by `chance`, and whole numbers are apportioned, so that the figures of the paper come out exactly with 92 practices
and in proportion with fewer.

- GPPS_<year>_Practice_data_weighted.csv: see `experience_survey`.
- GP_FFT_<month>.csv and CQRS_FFT_submissions_<month>.csv: months that are published two months later. Of 92 practices
  28 failed in April 2017 and 22 in May (of other months 25): half of them sent nothing, the others too late.
- Appointments: see `experience_appointments`.
- <day>_<month>_Latest_ratings.csv: see `experience_ratings`.
- ers_referrals_<month>.csv: 55 to 65 in a hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from .apportion import apportion
from .chance import normal_of, varied_count, varied_share
from .evidence_charges import csv_bytes
from .experience_appointments import appointment_files, spread_of
from .experience_ratings import rating_files
from .experience_survey import survey_files
from .months import add_months, months_between
from .sus_calendar import PLANNED_SEASON, bank_holidays
from .world import Practice, World

#: Practices of 92 that failed to send their return in time, and of the months that no paper tells of.
FAILED = {date(2017, 4, 1): 28, date(2017, 5, 1): 22}
_FAILED_USUALLY = 25
_RETURN_DAY, _PUBLISHED_AFTER = 12, 2
FFT_COLUMNS = (
    *("CCG Code", "Practice Code", "Practice Name", "Total Responses", "Percentage Recommended"),
    *("Percentage Not Recommended", "Extremely Likely", "Likely", "Neither Likely nor Unlikely", "Unlikely"),
    *("Extremely Unlikely", "Don't Know"),
)
CQRS_COLUMNS = ("practice_code", "month", "submitted_on", "responses")
#: Of a hundred answers that recommend, and of the others, with the share of the former.
_RECOMMENDING, _OTHERS, _RECOMMEND = (68, 21), (4, 3, 3, 1), 0.89
ERS_COLUMNS = ("practice_code", "month", "referrals_ers", "referrals_all")
#: Referrals per patient and year; shares of the first month and of a month later.
_REFERRALS, _ELECTRONIC, _ELECTRONIC_GROWTH, _ELECTRONIC_SPREAD = 0.165, 0.58, 0.003, 0.08
#: How far a month's share lies about its level, that of all and that of a practice.
_ELECTRONIC_VARIES, _ELECTRONIC_OF_ONE_VARIES = 0.006, 0.02


def write_experience(folder: Path, world: World, first: date, last: date) -> None:
    """Write the files of these feeds for the months from `first` to `last`."""
    files = survey_files(world, first, last) | rating_files(world, first, last)
    for month in months_between(first, last):
        if add_months(month, _PUBLISHED_AFTER) <= last:
            files |= _friends_and_family(world, month)
        files |= appointment_files(world, month) | _referrals(world, month)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def return_day(month: date, working_days: int = _RETURN_DAY) -> date:
    """The so many-th working day of the month after."""
    day = add_months(month, 1) - timedelta(days=1)
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < 5 and day not in bank_holidays(day.year)
    return day


def _own(world: World, month: date) -> list[Practice]:
    """The commissioner's practices that are there in a month."""
    return [practice for practice in world.lists_on(month) if world.is_own(practice)]


def _friends_and_family(world: World, month: date) -> dict[str, bytes]:
    practices = _own(world, month)
    failing = round(FAILED.get(month, _FAILED_USUALLY) * len(practices) / 92)
    order = sorted(range(len(practices)), key=lambda place: ((place * 29 + month.month * 7) % len(practices), place))
    silent, late = set(order[: failing // 2]), set(order[failing // 2 : failing])
    due = return_day(month)
    published: list[Sequence[object]] = []
    listed: list[Sequence[object]] = []
    for place, practice in enumerate(practices):
        if place in silent:
            listed.append((practice.code, f"{month:%Y-%m}", "", ""))
            continue
        # A zero return is one, too.
        responses = 0 if place == order[-1] else 12 + (place * 17 + month.month * 5) % 90
        sent = due + timedelta(days=3 + place % 9) if place in late else due - timedelta(days=place % 8)
        listed.append((practice.code, f"{month:%Y-%m}", sent.isoformat(), responses))
        if place not in late:
            published.append(_published(practice, responses, month))
    neighbours = [practice for practice in world.lists_on(month) if not world.is_own(practice)]
    published += [_published(practice, 30 + place, month) for place, practice in enumerate(neighbours)]
    return {
        f"GP_FFT_{month:%Y-%m}.csv": csv_bytes(FFT_COLUMNS, published),
        f"CQRS_FFT_submissions_{month:%Y-%m}.csv": csv_bytes(CQRS_COLUMNS, listed),
    }


def _published(practice: Practice, responses: int, month: date) -> Sequence[object]:
    recommending = round(responses * varied_share(_RECOMMEND, responses, f"friends:{practice.code}:{month}"))
    answers = [*apportion(recommending, _RECOMMENDING), *apportion(responses - recommending, _OTHERS)]
    good, bad = answers[0] + answers[1], answers[3] + answers[4]
    shares = [f"{part / responses:.0%}" if responses else "NA" for part in (good, bad)]
    return (practice.commissioner, practice.code, practice.name, responses, *shares, *answers)


def _referrals(world: World, month: date) -> dict[str, bytes]:
    practices = _own(world, month)
    sizes = world.lists_on(month)
    since = (month.year - 2016) * 12 + month.month - 4
    share = min(max(_ELECTRONIC + _ELECTRONIC_GROWTH * since, 0.3), 0.85)
    share += _ELECTRONIC_VARIES * normal_of(f"electronic:{month}")
    rows: list[Sequence[object]] = []
    for place, practice in enumerate(practices):
        level = sizes[practice] * _REFERRALS / 12 * PLANNED_SEASON[month.month - 1]
        referred = varied_count(level, f"referred:{practice.code}:{month}")
        varies = _ELECTRONIC_OF_ONE_VARIES * normal_of(f"electronic:{practice.code}:{month}")
        electronic = round(referred * (share + _ELECTRONIC_SPREAD * spread_of(place, len(practices)) + varies))
        rows.append((practice.code, f"{month:%Y-%m}", electronic, referred))
    return {f"ers_referrals_{month:%Y-%m}.csv": csv_bytes(ERS_COLUMNS, rows)}
