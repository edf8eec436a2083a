"""What the codes of the hospital feeds mean, written out from the domain sheet for `truth` alone.

Belongs here: code lists, bank holidays, and the tests that look at the codes of one attendance, spell or appointment.
Does not belong here: which rows count (`truth_sus_rules`), what is summed (`truth_sus`). Nothing of this is read from
the seeds: a code list that is wrong there must differ from this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache

#: Providers of which data is expected every month.
PROVIDERS = {
    "sus_ae": ("RQ6", "REM", "RBS", "REP", "RY1"),
    "sus_apc": ("RQ6", "REM", "RBS", "REP", "RBQ"),
    "sus_op": ("RQ6", "REM", "RBS", "REP", "RBQ"),
}

#: By commissioner: nobody has agreed yet whom another one waits for.
PROVIDERS_OF = {"99A": PROVIDERS}

NO_PRACTICE = frozenset(("", "V81997", "V81998", "V81999"))
PRIVATE = "02"

# A&E, CDS 010. Codes carry a sub-analysis behind their first two characters.
AEA_DISCHARGED = frozenset(("02", "03"))
AEA_NO_INVESTIGATION = frozenset(("24", ""))
AEA_MINOR_INVESTIGATION = AEA_NO_INVESTIGATION | {"06", "21", "22"}
AEA_ADVICE = frozenset(("22", "57", "07"))
AEA_NEUTRAL = frozenset(("30", "99", ""))

# Emergency care data set, SNOMED CT.
EC_SELF = frozenset(("507291000000100", "1991000124105"))
EC_NOT_AMBULANCE = frozenset(("1048071000000103", "1048061000000105", "1047991000000102", "1048001000000106"))
EC_DISCHARGED = frozenset(("3780001", "989501000000106"))
EC_NO_INVESTIGATION = frozenset(("1088291000000101", ""))
EC_MINOR_INVESTIGATION = EC_NO_INVESTIGATION | {"27171005", "67900009", "167252002", "53115007"}
EC_ADVICE = frozenset(("413334001", "266712008"))
EC_NEUTRAL = frozenset(("183964008", ""))

# Admitted care. 2B is a transfer, not an emergency admission.
EMERGENCY = frozenset(("21", "22", "23", "24", "25", "2A", "2C", "2D", "28"))
ELECTIVE = frozenset(("11", "12", "13"))
#: Patient classifications of elective spells; where it is not told, a planned spell is one. Regular attenders are none.
ORDINARY_OR_DAY_CASE = frozenset(("1", "2", ""))
#: Emergencies, transfers, mothers and babies.
NON_ELECTIVE = EMERGENCY | {"2B", "31", "32", "81", "82", "83"}

# Outpatients.
ATTENDED = frozenset("56")
FIRST = frozenset("13")
FIRST_OR_FOLLOW_UP = FIRST | frozenset("24")
FUTURE = "021"
GP, DENTAL = "03", "92"
NOT_CONSULTANT = frozenset(("560", "950", "960"))
SPECIALTIES = {
    "330": "dermatology",
    "120": "ent",
    "410": "rheumatology",
    "502": "gynaecology",
    "101": "urology",
    "107": "vascular",
    "320": "cardiology",
    "340": "respiratory",
    "301": "gastroenterology",
}


def _prefixes(text: str) -> tuple[str, ...]:
    """`J45 J46 E10-E14.0-8`: plain prefixes, spans of categories, and spans of the fourth character behind a dot."""
    found: list[str] = []
    for word in text.split():
        categories, _, fourth = word.partition(".")
        first, _, last = categories.partition("-")
        numbers = range(int(first[1:]), int((last or first)[1:]) + 1)
        width = len(first) - 1
        spelt = [f"{first[0]}{number:0{width}d}" for number in numbers]
        low, _, high = fourth.partition("-")
        digits = [str(digit) for digit in range(int(low), int(high or low) + 1)] if fourth else [""]
        found += [category + digit for category in spelt for digit in digits]
    return tuple(found)


ANGINA = _prefixes("I20 I240 I248 I249")
ANGINA_NOT = (*"ABCDEFGHJKLMNOPQRSTVW", "X0", "X1", "X2", "X4", "X5")
ASTHMA = _prefixes("J45 J46")
CELLULITIS = _prefixes("L03 L04 L080 L088 L089 L88 L980")
CELLULITIS_NOT = (
    *"ABCDEFGHJKLMNOPQRTVW",
    *("S1", "S2", "S3", "S41", "S42", "S43", "S44", "S45", "S48", "S49", "X0", "X1", "X2", "X4", "X5"),
)
HEART_FAILURE = _prefixes("I110 I50 J81")
HEART_FAILURE_NOT = _prefixes("K0-K4 K50 K52 K55-K57 K60 K61 K66-K69 K71")
COPD = _prefixes("J41-J44 J47")
BRONCHITIS = ("J20",)
INFLUENZA = _prefixes("J10 J11 J13 J14 J153 J154 J157 J159 J168 J181 J188")
INFLUENZA_NOT = ("D57",)
PNEUMONIA_UNSPECIFIED = ("J189",)
HYPERTENSION = _prefixes("I10 I119")
#: The rest of the national list that looks at the primary diagnosis and excludes nothing.
NATIONAL_PRIMARY = _prefixes(
    "G40 G41 O15 R56"  # convulsions
    " E86 K522 K528 K529"  # gastroenteritis
    " A690 K02-K06 K08 K098 K099 K12 K13"  # teeth
    " H66 H67 J02 J03 J06 J312"  # ear, nose and throat
    " N70 N73 N74"  # pelvic inflammation
    " K25-K28.0-2 K25-K28.4-6"  # perforated or bleeding ulcer
    " N10-N12 N136"  # pyelonephritis
    " D501 D508 D509"  # anaemia
    " E40-E43 E550 E643"  # nutrition
)
#: Gangrene, diabetes, and what a vaccine prevents: in any position.
NATIONAL_ANY = _prefixes("R02 E10-E14.0-8 A35-A37 A80 B05 B06 B161 B169 B180 B181 B26 G000 M014")


def codes_of(text: str) -> list[str]:
    """The codes of a list in which `||` opens an episode: upper case, without dots, dashes and blanks."""
    words = text.upper().replace("||", ",").replace(".", "").replace("-", "").replace(" ", "").split(",")
    return [word for word in words if word]


def opening_code(text: str) -> str:
    """What stands first in such a list for the first episode; nothing where that place is blank."""
    first_episode, *_ = text.strip().removeprefix("||").split("||")
    place, *_ = first_episode.split(",")
    return "".join(codes_of(place))


def _any(codes: Iterable[str], prefixes: tuple[str, ...]) -> bool:
    return any(code.startswith(prefixes) for code in codes)


def is_six_conditions(primary: str, secondary: Sequence[str], procedures: Sequence[str]) -> bool:
    """The six conditions of the GP Specification, of an emergency spell."""
    if primary.startswith(ANGINA):
        return not _any(procedures[:1], ANGINA_NOT)
    if primary.startswith(ASTHMA + COPD):
        return True
    if primary.startswith(BRONCHITIS):
        return _any(secondary, COPD)
    if primary.startswith(CELLULITIS):
        return not _any(procedures, CELLULITIS_NOT)
    if primary.startswith(HEART_FAILURE):
        return not _any(procedures, HEART_FAILURE_NOT)
    return primary.startswith(INFLUENZA) and not _any(secondary, INFLUENZA_NOT)


def is_with_j189(primary: str, secondary: Sequence[str], procedures: Sequence[str]) -> bool:
    """The six conditions, and pneumonia of an unspecified organism among influenza and pneumonia."""
    if primary.startswith(PNEUMONIA_UNSPECIFIED):
        return not _any(secondary, INFLUENZA_NOT)
    return is_six_conditions(primary, secondary, procedures)


def is_national(primary: str, secondary: Sequence[str], procedures: Sequence[str]) -> bool:
    """The nineteen conditions of the national list: the six and thirteen more."""
    if is_six_conditions(primary, secondary, procedures) or primary.startswith(NATIONAL_PRIMARY):
        return True
    if primary.startswith(HYPERTENSION) and not _any(procedures, HEART_FAILURE_NOT):
        return True
    return _any((primary, *secondary), NATIONAL_ANY)


def is_advice_only(treatments: Iterable[str], advice: frozenset[str], neutral: frozenset[str]) -> bool:
    """One treatment at least is advice or a prescription, and no other one is anything but nothing."""
    seen = set(treatments)
    return bool(seen & advice) and seen <= advice | neutral


@cache
def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Gauss, in the form of Lichtenberg)."""
    century = year // 100
    lunar = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    solar = 2 - (3 * century + 3) // 4
    golden = year % 19
    seed = (19 * golden + lunar) % 30
    correction = (seed + golden // 11) // 29
    border = 21 + seed - correction
    sunday = 7 - (year + year // 4 + solar) % 7
    return date(year, 3, 1) + timedelta(days=border + (7 - (border - sunday) % 7) - 1)


def _monday(year: int, month: int, *, last: bool) -> date:
    day = date(year, month, 25 if last else 1)
    return day + timedelta(days=-day.weekday() % 7)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The days of a year on which England does not work, beside Saturdays and Sundays."""
    easter = _easter(year)
    days = {easter - timedelta(days=2), easter + timedelta(days=1)}
    days.add(date(2020, 5, 8) if year == 2020 else _monday(year, 5, last=False))
    days.add(date(2022, 6, 2) if year == 2022 else _monday(year, 5, last=True))
    days.add(_monday(year, 8, last=True))
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = fixed
        while day.weekday() > 4 or day in days:
            day += timedelta(days=1)
        days.add(day)
    days |= {day for day in (date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)) if day.year == year}
    return frozenset(days)


@cache
def is_working_day(text: str) -> bool:
    """Monday to Friday and no bank holiday, of a day written as in ISO 8601."""
    day = date.fromisoformat(text)
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def is_in_hours(day: str, time: str) -> bool:
    """Monday to Friday, 08:00 to before 18:30, no bank holiday; an unknown time is not in hours."""
    return "08:00" <= time[:5] < "18:30" and is_working_day(day)
