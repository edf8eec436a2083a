"""Finance files as people send them: the delegated budget of month 3 2017/18, the savings of 2019/20, journals.

Belongs here: good files, and ways to write them. What is wrong with a bad one belongs in its test.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from orchestration.landing import LandingOutcome, land
from pcw.home import Home
from pcw.settings import Settings
from sources.receipts import receive

Rows = Sequence[Sequence[Any]]
BUDGET_HEADER = (
    "Description", "YTD Budget", "YTD Actual", "YTD Variance", "Annual Budget", "Forecast Outturn", "Forecast Variance",
)  # fmt: skip
# As printed: one variance and the total of actuals are a pound below their own arithmetic.
BUDGET = (
    ("Enhanced services", 387435, 387435, 0, 1549812, 1549812, 0),
    ("General Practice - GMS", 10382337, 9842921, -539416, 41529743, 41214439, -315304),
    ("General Practice - PMS", 659304, 466947, -192357, 2637245, 2637245, 0),
    ("Other - GP Services", 1713090, 1713090, 0, 7201474, 7201474, 0),
    ("Other List-Based Services (APMS incl.)", 1422436, 1838906, 416470, 5689754, 5689754, 0),
    ("Other premises costs", 171363, 171363, 0, 685498, 685498, 0),
    ("Premises cost reimbursements", 552642, 552642, 0, 2210599, 2210599, 0),
    ("Primary Care NHS Property Services Costs", 1112952, 1151549, 38596, 4451809, 4606194, 154385),
    ("QOF", 1647756, 2048995, 401239, 6591066, 6992305, 401239),
)
BUDGET_TOTAL = ("Total", 18049315, 18173847, 124532, 72547000, 72787320, 240320)
TITLE = (("Delegated Primary Care Commissioning",), ("Entity 99A",), ("Month 3 2017/18",), ())
LEDGER_HEADER = (
    "Financial Year", "Period", "Entity", "Version", "Row Type", "Description", "Programme Area", "Coding String",
    "Annual Budget", "YTD Budget", "YTD Actual", "YTD Variance", "Forecast Outturn", "Forecast Variance",
)  # fmt: skip
CRES = (
    ("Prescribing", 2664979, "recurrent"), ("NPFIT", 1529318, "non_recurrent"), ("Running Costs", 800000, "mixed"),
    ("Digital Programme", 149446, "recurrent"), ("Community / Intermediate Care", 188345, "recurrent"),
    ("Contracts", 673571, "recurrent"), ("Continuing Healthcare", 952451, "recurrent"),
    ("Clinical Leads", 453028, "recurrent"), ("AQ Contribution", 178346, "non_recurrent"),
    ("HCP Contribution", 1200000, "non_recurrent"), ("High Cost Drugs (Adalimumab & Others)", 3225581, "recurrent"),
    ("Estates Void / Utilisation", 200000, "recurrent"), ("Enhanced Services", 507800, "recurrent"),
    ("Demand Management", 401843, "recurrent"), ("Slippage on Planned Investments", 718139, "non_recurrent"),
)  # fmt: skip
MONTHS = ("Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar")
PLAN_HEADER = (
    "Financial Year", "Entity", "Version", "Scheme ID", "Scheme", "Category", "Lead", "Finance Lead", "Recurrence",
    "Cash Releasing", "Start Date", "End Date", "Gross Plan", "Investment", "Net Plan",
    *(f"Plan {month}" for month in MONTHS),
)  # fmt: skip
TRACKER_HEADER = (
    "Financial Year", "Period", "Entity", "Version", "Scheme ID", "Scheme",
    *(f"Actual {month}" for month in MONTHS), *(f"Forecast {month}" for month in MONTHS),
    "Forecast Full Year", "Delivery RAG", "Updated On",
)  # fmt: skip
JOURNAL_HEADER = (
    "Financial Year", "Period", "Entity", "Journal Reference", "Line", "Entry Type", "Reverses", "Coding String",
    "Description", "Posted Date", "Amount",
)  # fmt: skip


def budget_report(
    total: Sequence[Any] = BUDGET_TOTAL, title: Rows = TITLE, lines: Rows = BUDGET
) -> list[Sequence[Any]]:
    """The printed table: titles, header, nine lines and the total."""
    return [*title, BUDGET_HEADER, *lines, total]


def ledger(
    period: int = 3, version: object = "", year: str = "2017/18", entity: str = "99A", lines: Rows = BUDGET
) -> list[list[Any]]:
    """The same nine lines as an extract with coding strings."""
    rows: list[list[Any]] = [list(LEDGER_HEADER)]
    for place, (name, ytd_budget, ytd_actual, ytd_variance, annual, outturn, variance) in enumerate(lines):
        rows.append([
            year, period, entity, version, "", name, "Primary Care Co-Commissioning",
            f"94614{place}/5216107{place}/N8200{place}/PRCAHO/000000",
            annual, ytd_budget, ytd_actual, ytd_variance, outturn, variance,
        ])  # fmt: skip
    return rows


def phased(amount: int) -> list[int]:
    """Whole pounds over twelve months that sum to the amount."""
    return [amount // 12] * 11 + [amount - 11 * (amount // 12)]


def cres_plan(version: object = 1, schemes: Sequence[tuple[str, int, str]] = CRES) -> list[list[Any]]:
    """The fifteen schemes of 2019/20 and the printed total."""
    rows: list[list[Any]] = [list(PLAN_HEADER)]
    for place, (name, amount, recurrence) in enumerate(schemes, start=1):
        rows.append([
            "2019/20", "99A", version, f"CRES-2019-{place:02}", name, "Programme", "A lead", "A finance lead",
            recurrence, "Y", "01/04/2019", "31/03/2020", amount, 0, amount, *phased(amount),
        ])  # fmt: skip
    total = ["" for _ in PLAN_HEADER]
    total[4], total[12], total[14] = "Total", 13842856, 13842856
    return [*rows, total]


def cres_tracker(
    period: int = 3, version: object = 1, schemes: Sequence[tuple[str, int, str]] = CRES
) -> list[list[Any]]:
    """A tracker that is on plan."""
    rows: list[list[Any]] = [list(TRACKER_HEADER)]
    for place, (name, amount, _) in enumerate(schemes, start=1):
        months = phased(amount)
        actual = [value if month < period else "" for month, value in enumerate(months)]
        forecast = [value if month >= period else "" for month, value in enumerate(months)]
        rows.append([
            "2019/20", period, "99A", version, f"CRES-2019-{place:02}", name, *actual, *forecast, amount, "G",
            "05/07/2019",
        ])  # fmt: skip
    return rows


def journals(period: int = 3, posted: str = "28/06/2017", prefix: str = "ACC") -> list[list[Any]]:
    """Two accruals of a period."""
    return [
        list(JOURNAL_HEADER),
        *(
            ["2017/18", period, "99A", f"{prefix}-{period:02}-{number}", 1, "accrual", "",
             f"94614{number}/5216107{number}/N8200{number}/PRCAHO/000000", BUDGET[number][0], posted,
             1000.5 * number + 5000]
            for number in (1, 2)
        ),
    ]  # fmt: skip


def write_csv(path: Path, rows: Iterable[Sequence[Any]]) -> Path:
    """A CSV file with line ends of Windows, as Excel writes it."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)
    return path


def write_xlsx(path: Path, rows: Iterable[Sequence[Any]], change: Callable[[Worksheet], object] | None = None) -> Path:
    """A workbook of one sheet; `change` may hide, merge or add."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    if change is not None:
        change(sheet)
    book.save(path)
    return path


def landed(home: Path, path: Path, received: str = "2017-07-20", **stated: Any) -> LandingOutcome:
    """Land a file as `pcw land` does."""
    moment = datetime.fromisoformat(received).replace(tzinfo=UTC)
    return land(Home(home).create(), Settings(home=home), receive(path, moment, **stated))


def said(outcome: LandingOutcome) -> str:
    """All that the gates found: of a refusal its message, of a submission its failed checks."""
    found = [verdict.message for verdict in outcome.verdicts if not verdict.passed]
    return " | ".join(([outcome.refusal.message] if outcome.refusal else []) + found)
