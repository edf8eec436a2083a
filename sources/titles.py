"""What a title, or the name of a file, says of a finance report: its year, month, version and body.

Belongs here: words. Whether they agree with the rows belongs in `financial`.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_WORDS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_YEAR = re.compile(r"(?<!\d)20(\d\d) ?[-/_] ?(?:20)?(\d\d)(?![\d]|[-/]\d)")
_SHORT_YEAR = re.compile(r"(?<![\d/-])(\d\d) ?[-/] ?(\d\d)(?![\d]|[-/]\d)")
_PERIOD = re.compile(r"(?<![a-z])(?:month|period|mth|m|p)[ _.:-]*0*(\d{1,2})(?![\d])", re.IGNORECASE)
# Two figures after a blank may be a day: June 17.
_NAMED_MONTH = re.compile(rf"(?<![a-z])({_MONTH_WORDS})(?:[ _,'-]*(20\d\d)|[_'-](\d\d))(?!\d)", re.IGNORECASE)
_NUMBERED_MONTH = re.compile(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])(?:[-_]?[0-3]\d)?(?!\d)")
_DAY = re.compile(r"(?<!\d)[0-3]?\d[/.](0?[1-9]|1[0-2])[/.](20\d\d)(?!\d)")
_SLASHED_DAY = re.compile(r"(?<!\d)([0-3]?\d)[/.](0?[1-9]|1[0-2])[/.](20\d\d)(?!\d)")
_WORDED_DAY = re.compile(rf"(?<!\d)([0-3]?\d)(?:st|nd|rd|th)?[ -]({_MONTH_WORDS})[ ,-]*(20\d\d)(?!\d)", re.IGNORECASE)
_ISO_DAY = re.compile(r"(?<!\d)(20\d\d)-(0[1-9]|1[0-2])-([0-3]\d)(?!\d)")
# In names: days in any notation, and a month with the end of its year, as senders write it (Jul17).
_DAY_IN_NAME = re.compile(
    rf"(?<!\d)(?:20\d\d([-_.]?)(?:0[1-9]|1[0-2])\1[0-3]\d|[0-3]?\d[-_./](?:0?[1-9]|1[0-2])[-_./]20\d\d"
    rf"|(?<![a-z])[0-3]?\d(?:st|nd|rd|th)?[ _-](?:{_MONTH_WORDS})[ ,_-]*20\d\d)(?!\d)"
    rf"|(?<![a-z])(?:{_MONTH_WORDS})[ _-]+[0-3]?\d(?:st|nd|rd|th)?[ ,_-]+20\d\d(?!\d)",
    re.IGNORECASE,
)
_MONTH_OF_NAME = re.compile(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])(?!\d)")
_WORDED_MONTH_OF_NAME = re.compile(rf"(?<![a-z])({_MONTH_WORDS})(?:[ _,'-]*(20\d\d)|[_'-]?(\d\d))(?!\d)", re.IGNORECASE)
_VERSION = re.compile(r"(?<![a-z])(?:version|ver|v)[ _.:]*(\d+)(?![\d.])", re.IGNORECASE)
_ENTITY = re.compile(r"(?<![0-9A-Za-z])([0-9]{2}[A-Z])(?![0-9A-Za-z])")


@dataclass(frozen=True)
class Title:
    """Everything that was said, each once and in order; a title may say a thing twice, or two things."""

    years: tuple[str, ...] = ()
    periods: tuple[int, ...] = ()
    months: tuple[date, ...] = ()
    versions: tuple[int, ...] = ()
    entities: tuple[str, ...] = ()
    days: tuple[date, ...] = ()

    def financial_months(self) -> tuple[tuple[str, int], ...]:
        """The year and period of which it speaks: as such, else by the calendar month."""
        if len(self.years) == 1 and len(self.periods) == 1:
            return ((self.years[0], self.periods[0]),)
        return tuple(dict.fromkeys(financial_month(month) for month in self.months))


def read_title(text: str) -> Title:
    """What a title says; what it does not say is empty."""
    years = [
        f"20{first}/{second}"
        for first, second in [*_YEAR.findall(text), *_SHORT_YEAR.findall(text)]
        if int(second) == (int(first) + 1) % 100
    ]
    rest = _SHORT_YEAR.sub(" ", _YEAR.sub(_without_years, text))
    months = [date(int(year), int(month), 1) for year, month in _NUMBERED_MONTH.findall(rest)]
    months += [date(int(year), int(month), 1) for month, year in _DAY.findall(text)]
    months += [
        date(2000 + int(whole or short) % 100, MONTHS.index(month[:3].lower()) + 1, 1)
        for month, whole, short in _NAMED_MONTH.findall(rest)
    ]
    return Title(
        tuple(dict.fromkeys(years)),
        tuple(dict.fromkeys(int(period) for period in _PERIOD.findall(text))),
        tuple(dict.fromkeys(months)),
        tuple(dict.fromkeys(int(version) for version in _VERSION.findall(text))),
        tuple(dict.fromkeys(_ENTITY.findall(text))),
        tuple(dict.fromkeys(_days(text))),
    )


def months_in_name(name: str) -> tuple[date, ...]:
    """Every month that the name of a file tells, in digits (2017-05) or words (May-2017, May17), in their order.

    A whole day tells none: it may be that on which the file was made.
    """
    rest = _DAY_IN_NAME.sub(" ", name)
    digits = [(int(year), int(month)) for year, month in _MONTH_OF_NAME.findall(rest)]
    words = [
        (2000 + int(whole or short) % 100, MONTHS.index(month[:3].lower()) + 1)
        for month, whole, short in _WORDED_MONTH_OF_NAME.findall(rest)
    ]
    return tuple(date(year, month, 1) for year, month in sorted({*digits, *words}))


def _days(text: str) -> list[date]:
    """Whole days, each once; what looks like one and is none (31/02/2017) is left out."""
    found = [(year, month, day) for day, month, year in _SLASHED_DAY.findall(text)]
    found += [(year, str(MONTHS.index(month[:3].lower()) + 1), day) for day, month, year in _WORDED_DAY.findall(text)]
    found += _ISO_DAY.findall(text)
    days = []
    for parts in found:
        with suppress(ValueError):
            days.append(date(*map(int, parts)))
    return days


def _without_years(found: re.Match[str]) -> str:
    first, second = int(found.group(1)), int(found.group(2))
    return " " if second == (first + 1) % 100 else found.group(0)


def financial_month(month: date) -> tuple[str, int]:
    """Financial year and ledger period of a calendar month."""
    first = month.year - (month.month < 4)
    return f"{first}/{(first + 1) % 100:02}", (month.month - 4) % 12 + 1


def month_of(financial_year: str, period: int) -> date:
    """First day of the month of a ledger period; the adjustments (13) are of March."""
    first = int(financial_year[:4])
    place = min(period, 12) + 3
    return date(first + (place > 12), place - 12 if place > 12 else place, 1)
