"""The finance files of a sample: ledger, journals, plan and tracker of savings, milestones.

Belongs here: which months and years have which file. Does not belong here: what stands in them. Nothing here draws
from the random streams of the clinical feeds, so that these are the same with and without finance.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from .finance_bodies import Body, bodies
from .finance_course import ADJUSTMENTS, MONTHS
from .finance_journals import Journals
from .finance_ledger import LedgerYear
from .finance_milestones import milestone_file
from .finance_plans import plan_file
from .finance_reports import ledger_files
from .finance_trackers import tracker_files
from .months import add_months, financial_year_start
from .world import World


def write_finance(folder: Path, world: World, months: Iterable[date], seed: int) -> None:
    """Write the finance files of `months`, and the plan of each financial year that they touch, of each body."""
    for body in bodies(world):
        _write_body(folder, world, body, months, seed)


def _write_body(folder: Path, world: World, body: Body, months: Iterable[date], seed: int) -> None:
    ledgers: dict[int, LedgerYear] = {}
    journals, before = Journals(), None
    for month in sorted(set(months)):
        year = financial_year_start(month).year
        if year not in ledgers:
            ledgers[year] = LedgerYear(world, year, seed, body)
            _write(folder, plan_file(year, body))
        if before is None or add_months(before, 1) != month:
            journals = Journals()
        before = month
        period = (month.month - 4) % MONTHS + 1
        for each in (period, ADJUSTMENTS) if period == MONTHS else (period,):
            _write(folder, ledger_files(ledgers[year], each))
            _write(folder, journals.files(ledgers[year], each))
        _write(folder, tracker_files(year, period, body))
        _write(folder, milestone_file(year, period, body))


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
