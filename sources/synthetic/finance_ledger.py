"""The ledger of a fictional commissioner: each line by practice and coding string, for each period.

Belongs here: who is paid a line, and the rows of a period in pence. Does not belong here: how a line runs over the
year (`finance_course`), journals, and file formats. A line's rows always sum to the line: its shares have no
remainder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property

from .apportion import apportion
from .finance_bodies import Body
from .finance_budget import Line, coding_string
from .finance_course import ADJUSTMENTS, MONTHS, Course, courses
from .months import add_months
from .world import PATIENTS_PER_92_PRACTICES, REFERENCE_LIST, World


@dataclass(frozen=True)
class LedgerRow:
    """One coding string of one line in one period, in pence; `movement` is the actual of the period alone."""

    line: Line
    coding: str
    annual_budget: int
    ytd_budget: int
    ytd_actual: int
    forecast: int
    movement: int


@dataclass(frozen=True)
class LedgerYear:
    """A financial year of the ledger of a commissioner of `world`."""

    world: World
    year: int
    seed: int
    body: Body = field(default_factory=Body)

    @cached_property
    def courses(self) -> tuple[Course, ...]:
        """The lines of the year."""
        return courses(self.year, self.seed, self._size, self.body)

    @property
    def _size(self) -> Fraction:
        """Share of the commissioner that the sample has: budgets of medicines are held against its prescribing."""
        lists = self.world.lists_on(REFERENCE_LIST)
        patients = sum(size for practice, size in lists.items() if practice.commissioner == self.body.code)
        return Fraction(patients, PATIENTS_PER_92_PRACTICES)

    @cached_property
    def _rows(self) -> dict[int, list[LedgerRow]]:
        found: dict[int, list[LedgerRow]] = {period: [] for period in range(1, ADJUSTMENTS + 1)}
        for course in self.courses:
            for period, rows in self._by_practice(course).items():
                found[period] += rows
        return found

    def rows(self, period: int) -> list[LedgerRow]:
        """The rows of a period, 1 to 13, line by line."""
        return self._rows[period]

    def _by_practice(self, course: Course) -> dict[int, list[LedgerRow]]:
        lists = [self._payees(course.line, add_months(date(self.year, 4, 1), n)) for n in range(MONTHS)]
        lists.append(lists[-1])
        codes = sorted({code for payees in lists for code in payees})
        # Whoever opens in the course of the year has no budget, but is paid; whoever closes keeps the budget.
        shares = [lists[0].get(code, 0.0) for code in codes]
        annual = dict(zip(codes, apportion(course.annual_budget, shares), strict=True))
        budget, actual = dict.fromkeys(codes, 0), dict.fromkeys(codes, 0)
        found = {}
        for period, payees in enumerate(lists, 1):
            weights = [payees.get(code, 0.0) for code in codes]
            movement = dict(zip(codes, apportion(course.actual[period - 1], weights), strict=True))
            for code, part in zip(codes, apportion(course.budget[period - 1], shares), strict=True):
                budget[code] += part
                actual[code] += movement[code]
            if period == MONTHS:
                budget = dict(annual)
            to_come = course.forecast[period - 1] - course.ytd_actual(period)
            ahead = dict(zip(codes, apportion(to_come, weights), strict=True))
            found[period] = [
                LedgerRow(
                    course.line,
                    coding_string(course.line, code),
                    annual[code],
                    budget[code],
                    actual[code],
                    actual[code] + ahead[code],
                    movement[code],
                )
                for code in codes
                if annual[code] or actual[code]
            ]
        return found

    def _payees(self, line: Line, month: date) -> Mapping[str, float]:
        """Practice -> weight in a month; practices of one contract share its line alone."""
        lists = {
            practice.code: float(size)
            for practice, size in self.world.lists_on(month).items()
            if practice.commissioner == self.body.code
        }
        if line.payees == "all":
            return lists
        steady = [code for code in sorted(lists) if code not in self._changing]
        apms = [code for code in steady if code.startswith("Y")] or steady[-1:]
        rest = [code for code in steady if code not in apms]
        pms = rest[4::10] or rest[:1] or apms
        if line.payees == "gms":
            return {code: size for code, size in lists.items() if code not in apms and code not in pms} or lists
        return {code: lists[code] for code in (apms if line.payees == "apms" else pms)}

    @cached_property
    def _changing(self) -> frozenset[str]:
        """Practices that open or close at the merger: their contract is GMS, so that both sides of it are one line."""
        opened = {practice.code for practice in self.world.listed if practice.opened == self.world.merged_on}
        return frozenset({self.world.predecessor, self.world.successor, *opened})
