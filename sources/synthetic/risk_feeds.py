"""The risk register of a sample: references and scores of the committee's paper, in other words.

Belongs here: the risks and the two registers. Does not belong here: grades, which the pipeline computes. The register
of the last month has the paper's fifteen risks; the one before (June 2017 where the span has it, else a month earlier)
has fourteen: one was entered since, and one was not closed yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .contract_feeds import month_end
from .finance_tables import Cell, csv_bytes, workbook
from .months import add_months, financial_year_start

RISK_COLUMNS = (
    *("Ref", "Area", "Organisational Goal", "Date Entered", "Objective", "Description", "Current Controls"),
    *("Assurance", "Likelihood", "Consequence", "Current Score", "Accepted", "Actions", "Residual Likelihood"),
    *("Residual Consequence", "Residual Score", "Lead", "Completion", "Review", "Progress", "Status"),
)
_REGISTER_OF_JUNE = date(2017, 6, 1)
_DATED = 2017
_CLOSED, _NEW = "Co-comm 04", "Trans PC 04"
#: Of several commissioners each has it.
_OF_ALL = "Fin 01"


@dataclass(frozen=True)
class _Risk:
    """One risk; scores are likelihood and consequence, before and after the actions."""

    ref: str
    entered: date
    text: str
    controls: str
    now: tuple[int, int]
    after: tuple[int, int]
    lead: str
    accepted: str | None = "N"
    completion: str = "Ongoing"
    review: str = "Aug-17"

    @property
    def area(self) -> str:
        """By the beginning of its reference."""
        areas = {"co": "co-commissioning", "tr": "transformation", "rx": "prescribing", "fi": "finance"}
        return areas[self.ref[:2].lower()]


_APRIL = date(2017, 4, 1)
_RISKS = (
    _Risk("Co-Com 01", _APRIL, "New providers cannot staff their lists", "Contract meetings", (3, 4), (2, 4), "SA/TF"),
    _Risk("Co-Com 02", date(2015, 12, 15), "National support service fails practices", "Letters and meetings",
          (3, 3), (4, 4), "CM"),
    _Risk("Co-Com 03", date(2015, 4, 9), "A practice is unsafe", "Visits and oversight group", (3, 3), (2, 3), "JW"),
    _Risk(_CLOSED, _APRIL, "Practices decline the quality scheme", "Specification negotiated", (2, 3), (1, 3), "SA",
          completion="10/05/2017"),
    _Risk("Co-comm 05", _APRIL, "New contract terms are not met", "Guidance and visits", (2, 3), (2, 2), "SA"),
    _Risk("Co-comm 06", _APRIL, "The quality scheme is not delivered", "Quarterly monitoring", (4, 3), (3, 3), "SA",
          completion="30/06/2017"),
    _Risk("Trans PC 01", _APRIL, "Practices cannot carry on as they are", "Action plan", (3, 3), (2, 3), "ColM",
          review="Oct-17"),
    _Risk("Trans PC 02", _APRIL, "Too few staff for care at scale", "Recruitment schemes", (3, 4), (3, 3), "ColM",
          review="Oct-17"),
    _Risk(_NEW, _APRIL, "Medicines team is committed elsewhere", "Team shared out", (4, 2), (4, 2), "PJ",
          accepted=None, review="Sep-17"),
    _Risk("Trans PC 03", _APRIL, "Too little room for care at scale", "Use of rooms studied", (3, 3), (2, 3), "ColM",
          completion="Q3 2017/18", review="Oct-17"),
    _Risk("Rx1", _APRIL, "Prescribing costs are not reduced", "Monthly monitoring", (3, 4), (2, 3), "PJ",
          accepted=None, completion="3 to 24 months", review="Monthly"),
    _Risk("Rx2", _APRIL, "Hospital drugs move cost to practices", "Approval system", (5, 4), (4, 4), "PJ",
          accepted=None, completion="Apr-18", review="Monthly"),
    _Risk("Rx3", _APRIL, "Biosimilars are taken up slowly", "Gain share", (3, 3), (2, 3), "PJ", accepted=None,
          completion="Q3 2017", review="Quarterly"),
    _Risk("Fin 01", _APRIL, "Assumptions of the allocation fail", "Budget meetings", (3, 4), (3, 4), "CM/MB",
          review="Monthly"),
    _Risk("Fin 02", _APRIL, "The quality scheme costs more than planned", "Payment searches", (4, 3), (4, 3), "CM/MB",
          review="Monthly"),
)  # fmt: skip


def write_risks(folder: Path, first: date, last: date, commissioners: Sequence[str]) -> None:
    """Write the registers of the months `first` to `last`: the last one as a table, the one before as a workbook.

    Of several commissioners each register says whose a risk is: they share them out, and each has one that all have.
    """
    before = _REGISTER_OF_JUNE if first <= _REGISTER_OF_JUNE < last else add_months(last, -1)
    # Days of entry are those of the paper, or as many years earlier as the span is.
    years = max(0, _DATED - financial_year_start(before if first <= before else last).year)
    if first <= before:
        titled: list[list[Cell]] = [["Risk register, primary care"], [f"As at {month_end(before):%d/%m/%Y}"], []]
        rows = [
            [*whose, *_row(risk, years, is_closed=False)]
            for whose, risk in _shared_out(commissioners)
            if risk.ref != _NEW
        ]
        content = workbook("Risks", [*titled, [*_whose_column(commissioners), *RISK_COLUMNS], *rows])
        (folder / f"risk_register_{before:%Y-%m}.xlsx").write_bytes(content)
    table: list[Sequence[Cell]] = [[*_whose_column(commissioners), *RISK_COLUMNS, "As At"]]
    table += [
        [*whose, *_row(risk, years, is_closed=risk.ref == _CLOSED), f"{month_end(last):%d/%m/%Y}"]
        for whose, risk in _shared_out(commissioners)
    ]
    (folder / f"risk_register_{last:%Y-%m}.csv").write_bytes(csv_bytes(table))


def _whose_column(commissioners: Sequence[str]) -> list[Cell]:
    return ["Commissioner"] if len(commissioners) > 1 else []


def _shared_out(commissioners: Sequence[str]) -> list[tuple[list[Cell], _Risk]]:
    """Every risk with whose it is; of one commissioner nobody says."""
    if len(commissioners) == 1:
        return [([], risk) for risk in _RISKS]
    return [
        ([code], risk)
        for number, risk in enumerate(_RISKS)
        for place, code in enumerate(commissioners)
        if risk.ref == _OF_ALL or number % len(commissioners) == place
    ]


def _row(risk: _Risk, years: int, *, is_closed: bool) -> list[Cell]:
    entered = risk.entered.replace(year=risk.entered.year - years)
    (likely, grave), (likely_after, grave_after) = risk.now, risk.after
    return [
        risk.ref, risk.area, "Primary care that lasts", f"{entered:%d/%m/%Y}", "Safe and sustainable general practice",
        risk.text, risk.controls, "Report to the committee", likely, grave, likely * grave, risk.accepted,
        "As in the action plan", likely_after, grave_after, likely_after * grave_after, risk.lead, risk.completion,
        risk.review, "Closed: done" if is_closed else "In hand", "closed" if is_closed else "open",
    ]  # fmt: skip
