"""Months that are missing of a feed, in words: the newest first, and none drowns the rest.

Belongs here: which months stand alone and which as a span. Which are missing is decided in `sources.calendar` and by
the build.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

from sources.calendar import next_month

# More in a row than a person asks for one by one are one span, as a feed that has stopped is one alert.
SINGLY = 3


def runs(months: Iterable[date], expected: Iterable[date] = ()) -> list[list[date]]:
    """Months that follow each other, oldest first; of a feed that comes each quarter, those of two quarters do.

    Args:
        expected: the months of the feed, where it does not come every month.
    """
    calendar = sorted(set(expected))
    after = dict(pairwise(calendar))
    found: list[list[date]] = []
    for month in sorted(set(months)):
        if found and after.get(found[-1][-1], next_month(found[-1][-1])) == month:
            found[-1].append(month)
        else:
            found.append([month])
    return found


def span(run: Sequence[date]) -> str:
    """Months in a row: `2016-04 to 2017-03`."""
    return f"{run[0]:%Y-%m}" + (f" to {run[-1]:%Y-%m}" if len(run) > 1 else "")


def counted(months: Sequence[date], expected: Iterable[date] = ()) -> str:
    """The same of any months, with how many they are: `2016-04 to 2017-03, 12 months`."""
    return f"{', '.join(map(span, runs(months, expected)))}, {len(months)} month{'s' if len(months) > 1 else ''}"


def singly(months: Iterable[date], expected: Iterable[date] = ()) -> list[list[date]]:
    """Newest first: a few in a row each alone, many as one."""
    found: list[list[date]] = []
    for run in reversed(runs(months, expected)):
        found += [run] if len(run) > SINGLY else [[month] for month in reversed(run)]
    return found


def in_words(months: Iterable[date]) -> str:
    """Months that are missing, newest first: `2019-04, 2018-02, 2016-09 to 2017-11 (15 months)`."""
    return ", ".join(span(run) + (f" ({len(run)} months)" if len(run) > 1 else "") for run in singly(months))
