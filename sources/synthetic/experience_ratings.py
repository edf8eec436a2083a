"""The monthly ratings of CQC: of each practice the latest by group and domain at the end of the month.

Belongs here: three reports published in June, July and August of the last summer of the sample (or in its last month,
where it ends before), one of which follows a desk review, and one practice that requires improvement. Addresses and
reports are made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .evidence_charges import csv_bytes
from .months import add_months, months_between
from .world import Practice, World

COLUMNS = (
    *("Location ID", "Location ODS Code", "Location Name", "Care Home?", "Location Type"),
    *("Location Primary Inspection Category", "Location Local Authority", "Service / Population Group", "Domain"),
    *("Latest Rating", "Publication Date", "Report Type", "Inherited Rating (Y/N)", "URL"),
)
DOMAINS = ("Overall", "Safe", "Effective", "Caring", "Responsive", "Well-led")
GOOD, IMPROVE, OUTSTANDING = "Good", "Requires improvement", "Outstanding"


@dataclass(frozen=True)
class Report:
    """One published report: the rating overall, that of the domain Safe, and what kind of inspection it was of."""

    published: date
    overall: str
    safe: str
    kind: str


def reports_of(world: World, last: date) -> dict[str, list[Report]]:
    """Every report of each practice of the commissioner, the oldest first."""
    found: dict[str, list[Report]] = {}
    practices = [p for p in world.listed if world.is_own(p)]
    summer = last.year if last.month >= 6 else last.year - 1
    days = [min(day, last.replace(day=21)) for day in (date(summer, 6, 9), date(summer, 7, 14), date(summer, 8, 11))]
    again = {
        1: Report(days[0], GOOD, GOOD, "Location"),
        2: Report(days[1], GOOD, GOOD, "Focused"),
        4: Report(days[2], GOOD, GOOD, "Location"),
    }
    open_ones = [practice for practice in practices if practice.closed is None]
    for place, practice in enumerate(open_ones):
        first = Report(date(2015, 4 + place % 9, 1 + place % 28), GOOD, GOOD, "Location")
        if place in (2, 4):  # overall good and safe not, which the later report put right
            first = Report(date(2015, 4, 23), GOOD, IMPROVE, "Location")
        elif place == 0:
            first = Report(date(2015, 11, 5), IMPROVE, IMPROVE, "Location")
        elif place % 31 == 17:
            first = Report(first.published, OUTSTANDING, GOOD, "Location")
        found[practice.code] = [first, *([again[place]] if place in again else [])]
    return found


def rating_files(world: World, first: date, last: date) -> dict[str, bytes]:
    """The file of each month: what had been published by its end."""
    reports = reports_of(world, last)
    ends = [add_months(month, 1) - timedelta(days=1) for month in months_between(first, last)]
    return {f"{end:%d_%B_%Y}_Latest_ratings.csv": csv_bytes(COLUMNS, _rows(world, reports, end)) for end in ends}


def _rows(world: World, reports: dict[str, list[Report]], end: date) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = []
    for number, practice in enumerate(world.listed, start=1):
        known = [one for one in reports.get(practice.code, []) if practice.opened <= one.published <= end]
        if known and practice.is_open(end):
            rows += _of(practice, number, known[-1])
    return rows


def _of(practice: Practice, number: int, report: Report) -> list[Sequence[object]]:
    location = f"1-{560_000_000 + 7_919 * number}"
    link = f"https://www.cqc.org.uk/location/{location}"
    ratings = {("Overall", domain): GOOD for domain in DOMAINS}
    # The rating of one group of patients, which is not that of the practice.
    ratings |= {
        ("Overall", "Overall"): report.overall, ("Overall", "Safe"): report.safe, ("Older people", "Overall"): GOOD,
    }  # fmt: skip
    return [
        (
            location, practice.code, practice.name, "N", "Primary Medical Services", "GP Practices", "Sampleton",
            group, domain, rating, f"{report.published:%d/%m/%Y}", report.kind, "N", link,
        )
        for (group, domain), rating in ratings.items()
    ]  # fmt: skip
