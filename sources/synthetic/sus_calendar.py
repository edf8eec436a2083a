"""Days, bank holidays and delivery dates of the sample hospital files.

Belongs here: which days a month has and which of them are worked, seasons, when an extract was made. Does not belong
here: what happens on those days. Days are counted from 1970-01-01, as numpy counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

from .months import add_months, financial_year_start

Numbers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

#: Before this month the sample has no hospital activity.
SUS_FROM = date(2014, 4, 1)
EC_FROM = date(2017, 10, 1)
EPOCH = date(1970, 1, 1)
#: January to December, mean 1.
AE_SEASON = (0.96, 0.96, 1.04, 0.98, 1.04, 1.02, 1.01, 0.97, 0.99, 1.02, 1.01, 1.00)
EMERGENCY_SEASON = (1.06, 0.97, 1.04, 0.98, 0.98, 0.95, 0.95, 0.94, 0.96, 1.02, 1.05, 1.10)
RESPIRATORY_SEASON = (1.25, 1.10, 1.08, 0.97, 0.92, 0.86, 0.82, 0.78, 0.88, 1.00, 1.10, 1.24)
PLANNED_SEASON = (1.00, 0.97, 1.06, 0.96, 1.00, 1.02, 0.99, 0.96, 1.01, 1.05, 1.06, 0.92)


def day_number(day: date) -> int:
    """Days from 1970-01-01."""
    return day.toordinal() - EPOCH.toordinal()


def day_of(number: int) -> date:
    """The date of a day number."""
    return date.fromordinal(int(number) + EPOCH.toordinal())


def _easter(year: int) -> date:
    """Easter Sunday (Gauss, Gregorian)."""
    century, golden = year // 100, year % 19
    moon = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon -= moon // 28 * (1 - 29 // (moon + 1) * ((21 - golden) // 11))
    back = moon - (year + year // 4 + moon + 2 - century + century // 4) % 7
    month = 3 + (back + 40) // 44
    return date(year, month, back + 28 - 31 * (month // 4))


def _monday(year: int, month: int, last: bool = False) -> date:
    day = date(year, month, 25 if last else 1)
    return day + timedelta(days=-day.weekday() % 7)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """Bank holidays of England in a year, with the moved and the extra ones."""
    easter = _easter(year)
    days = {easter - timedelta(days=2), easter + timedelta(days=1)}
    days.add(date(2020, 5, 8) if year == 2020 else _monday(year, 5))
    days.add(date(2022, 6, 2) if year == 2022 else _monday(year, 5, last=True))
    days.add(_monday(year, 8, last=True))
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        while fixed.weekday() >= 5 or fixed in days:
            fixed += timedelta(days=1)
        days.add(fixed)
    days |= {day for day in (date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)) if day.year == year}
    return frozenset(days)


@dataclass(frozen=True)
class MonthDays:
    """Day numbers of one month: all, and those of one kind."""

    month: date
    everyday: Numbers
    working: Numbers
    resting: Numbers
    holidays: Numbers

    @property
    def first(self) -> int:
        """Day number of the first."""
        return int(self.everyday[0])

    @property
    def last(self) -> int:
        """Day number of the last."""
        return int(self.everyday[-1])


@cache
def month_days(month: date) -> MonthDays:
    """The days of `month`; a month without a bank holiday has its Saturdays in their place."""
    count = (add_months(month, 1) - month).days
    days = [month + timedelta(days=offset) for offset in range(count)]
    holidays = bank_holidays(month.year)
    numbers = {
        "everyday": days,
        "working": [day for day in days if day.weekday() < 5 and day not in holidays],
        "resting": [day for day in days if day.weekday() >= 5],
        "holidays": [day for day in days if day in holidays] or [day for day in days if day.weekday() == 5],
    }
    return MonthDays(month, **{name: np.array([day_number(day) for day in of]) for name, of in numbers.items()})


def year_months(months: list[date]) -> list[list[date]]:
    """The months of a span, by financial year."""
    years = sorted({financial_year_start(month) for month in months})
    return [[month for month in months if financial_year_start(month) == year] for year in years]


def file_stem(month: date) -> str:
    """Financial year and month as file names print them: 201617_M12."""
    year = financial_year_start(month).year
    return f"{year}{(year + 1) % 100:02d}_M{(month.month - 4) % 12 + 1:02d}"


def year_extract(of_year: list[date], last: date) -> datetime:
    """When the file of a financial year was extracted.

    On 25 May after the year, when its last month is frozen; or, while that day has not come, on the 14th after the last
    month of the sample: then the last two months are flex.
    """
    annual = datetime(financial_year_start(of_year[0]).year + 1, 5, 25, 18, 30)
    after = add_months(last, 1)
    return min(annual, datetime(after.year, after.month, 14, 18, 30))


def flex_extract(last: date, is_only: bool) -> datetime:
    """When the earlier file of one provider was extracted: a month before the newest, or two days in a single month."""
    month = add_months(last, 1) if is_only else last
    return datetime(month.year, month.month, 12, 18, 30)


def net_extract(last: date) -> datetime:
    """When the newest corrections were extracted: two days after the newest file."""
    after = add_months(last, 1)
    return datetime(after.year, after.month, 16, 18, 30)
