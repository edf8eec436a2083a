"""Appointments of a sample: of practices, and as they are published of their commissioner.

Belongs here: how many appointments which practice has, of what kind, and the files that say so. Does not belong here:
the other experience feeds (`experience_feeds`). Nothing here draws from a random stream; months vary by `chance`.

- access_return_<month>.csv: appointments offered by practice, clinician and mode, until April 2017.
- appointments_practice_<month>.csv.gz: from then on, in the practice-level layout of Appointments in General Practice,
  with status and time from booking. That file began years later, and tells clinicians only as GP or other: here it
  keeps the words of the return, by which the paper counts access, and is so early that a sample has what has a status.
- Regional_CSV_<month>.csv: the same appointments by commissioner, in the regional layout and in its words.

One difference is planted: of May 2017 the regional file was published again when a part of the unknown statuses was
known, and has a twentieth more appointments not attended than the practices' file. Of those attended or not it has less
than half a percent more, which is within the tolerance.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from .apportion import apportion
from .chance import normal_of
from .evidence_charges import csv_bytes
from .months import add_months, quarter_start
from .practice_feeds import carr_hill_weights
from .world import Practice, World

_RETURN_COLUMNS = ("practice_code", "month", "clinician_type", "mode", "appointments_offered")
_PRACTICE_COLUMNS = (
    *("APPOINTMENT_MONTH_START_DATE", "GP_CODE", "GP_NAME", "SUB_ICB_LOCATION_CODE", "HCP_TYPE", "APPT_MODE"),
    *("NATIONAL_CATEGORY", "TIME_BETWEEN_BOOK_AND_APPT", "COUNT_OF_APPOINTMENTS", "APPT_STATUS"),
)
_REGIONAL_COLUMNS = (
    *("CCG_CODE", "Appointment_Month", "APPT_STATUS", "HCP_TYPE", "APPT_MODE", "TIME_BETWEEN_BOOK_AND_APPT"),
    "COUNT_OF_APPOINTMENTS",
)
#: Appointments that count per 1,000 weighted patients and week, and how far the practices lie about them.
_OFFERED, _OFFERED_FROM_2017, _SPREAD, _MORE_FROM = 70.0, 78.0, 14.0, date(2017, 4, 1)
#: Months that have the level exactly, and how far the others lie about it: all together, and one practice beside them.
_EXACT = (date(2016, 4, 1), date(2017, 3, 1), date(2017, 4, 1), date(2017, 7, 1))
_VARIES, _ONE_VARIES = 0.015, 0.03
#: Share of clinicians and modes among the appointments that count.
_COUNTED = {
    ("GP", "Face-to-Face"): 62, ("GP", "Telephone"): 17, ("Nurse Practitioner", "Face-to-Face"): 14,
    ("Nurse Practitioner", "Telephone"): 3, ("Clinical Pharmacist", "Face-to-Face"): 2,
    ("Physician Associate", "Face-to-Face"): 2,
}  # fmt: skip
#: What does not count, for a hundred that do.
_OTHER = {
    ("GP", "Home Visit"): 3,
    ("Practice Nurse", "Face-to-Face"): 38,
    ("Health Care Assistant", "Face-to-Face"): 21,
}
_WITH_STATUS_FROM, _PUBLISHED_AGAIN, _MORE_MISSED = date(2017, 5, 1), date(2017, 5, 1), 20
#: Of a hundred appointments those that nobody attended, how far the practices lie about them, and how far a month does:
#: all together, and one practice beside them.
_MISSED, _MISSED_SPREAD, _UNKNOWN = 5.5, 2.0, 4.0
_MISSED_VARIES, _MISSED_OF_ONE_VARIES = 0.1, 0.3
_SOON, _LATER, _NO_TIME = "Same Day", "2 to 7 Days", "Unknown / Data Quality"
_CATEGORY = "General Consultation Routine"

#: Practice, clinician, mode, status, time from booking; of the return the last two are None.
Kind = tuple[Practice, str, str, str | None, str | None]


def spread_of(place: int, count: int) -> float:
    """From -1 to 1 by the place of a practice: in no order of its code or its size, always the same."""
    return 2.0 * ((place * 37 + 11) % max(count, 1)) / max(count - 1, 1) - 1.0 if count > 1 else 0.0


def appointment_files(world: World, month: date) -> dict[str, bytes]:
    """The files of a month by name."""
    kinds = dict(_appointments(world, month))
    if month < _WITH_STATUS_FROM:
        offered = [(who.code, f"{month:%Y-%m}", *kind[:2], number) for (who, *kind), number in kinds.items()]
        return {f"access_return_{month:%Y-%m}.csv": csv_bytes(_RETURN_COLUMNS, offered)}
    day = f"{month:%d%b%Y}".upper()
    of_practices = [
        (day, who.code, who.name, who.commissioner, clinician, mode, _CATEGORY, time, number, status)
        for (who, clinician, mode, status, time), number in kinds.items()
    ]
    return {
        f"appointments_practice_{month:%Y-%m}.csv.gz": gzip.compress(
            csv_bytes(_PRACTICE_COLUMNS, of_practices), mtime=0
        ),
        f"Regional_CSV_{month:%Y-%m}.csv": csv_bytes(_REGIONAL_COLUMNS, _regional(kinds, month)),
    }


def _appointments(world: World, month: date) -> Iterator[tuple[Kind, int]]:
    """How many of each kind; from the month on in which statuses are told only what there is."""
    weights = carr_hill_weights(world, quarter_start(month))
    practices = [who for who in world.lists_on(month) if world.is_own(who) and who in weights]
    weeks = (add_months(month, 1) - month).days / 7
    level = _OFFERED
    if month >= _MORE_FROM:
        since = (month.year - _MORE_FROM.year) * 12 + month.month - _MORE_FROM.month
        level = _OFFERED_FROM_2017 + min(since, 8) * 0.5
    spreads = [spread_of(place, len(practices)) for place in range(len(practices))]
    people = [weights[who] / 1000 for who in practices]
    varies = 0.0 if month in _EXACT else _VARIES * normal_of(f"offered:{month}")
    total = round(level * sum(people) * weeks * (1 + varies))
    own = [1 + _ONE_VARIES * normal_of(f"offered:{who.code}:{month}") for who in practices]
    of_each = [size * (level + _SPREAD * apart) * one for size, apart, one in zip(people, spreads, own, strict=True)]
    counted = apportion(total, of_each)
    missed_by_all = _MISSED + _MISSED_VARIES * normal_of(f"missed:{month}")
    for who, offered, apart in zip(practices, counted, spreads, strict=True):
        other = round(offered * sum(_OTHER.values()) / 100)
        parts = {
            **dict(zip(_COUNTED, apportion(offered, list(_COUNTED.values())), strict=True)),
            **dict(zip(_OTHER, apportion(other, list(_OTHER.values())), strict=True)),
        }
        for (clinician, mode), number in parts.items():
            if month < _WITH_STATUS_FROM:
                yield (who, clinician, mode, None, None), number
                continue
            # Where fewer are offered more are missed.
            missed = missed_by_all - _MISSED_SPREAD * apart
            missed += _MISSED_OF_ONE_VARIES * normal_of(f"missed:{who.code}:{month}")
            shares = {
                ("Attended", _SOON): 43.0, ("Attended", _LATER): 57.0 - missed - _UNKNOWN,
                ("DNA", _LATER): missed, ("Unknown", _NO_TIME): _UNKNOWN,
            }  # fmt: skip
            for (status, time), part in zip(shares, apportion(number, list(shares.values())), strict=True):
                if part:
                    yield (who, clinician, mode, status, time), part


def _regional(kinds: dict[Kind, int], month: date) -> list[Sequence[object]]:
    """The sums by commissioner; of the month that was published again some of the unknown were not attended."""
    sums: Counter[tuple[str, ...]] = Counter()
    for (who, clinician, mode, status, time), number in kinds.items():
        clinicians = "GP" if clinician == "GP" else "Other Practice staff"
        sums[who.commissioner, str(status), clinicians, mode, str(time)] += number
    if month == _PUBLISHED_AGAIN:
        for commissioner in sorted({place[0] for place in sums}):
            unknown = (commissioner, "Unknown", "GP", "Face-to-Face", _NO_TIME)
            missed = (commissioner, "DNA", "GP", "Face-to-Face", _LATER)
            of_all = sum(number for place, number in sums.items() if place[:2] == (commissioner, "DNA"))
            moved = -(-of_all // _MORE_MISSED)
            sums[missed] += moved
            sums[unknown] -= moved
    return [
        (commissioner, f"{month:%b%Y}".upper(), *kind, number) for (commissioner, *kind), number in sorted(sums.items())
    ]
