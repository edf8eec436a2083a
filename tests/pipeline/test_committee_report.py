"""The committee's report of August 2017, cell by cell: sections A, C and F as its own paper prints their figures."""

from collections.abc import Iterator
from datetime import date

import pytest

from publishing.reports.committee import committee_report
from publishing.reports.document import Document
from publishing.reports.reader import opened
from publishing.reports.texts import Texts
from tests.conftest import PROJECT
from tests.report_text import lines, rows_of, section, tables
from tests.running import Deployed

pytestmark = pytest.mark.slow
SUMMARY = {
    # indicator's row: (colour word and trend, target, current)
    "National quality premium: good overall experience of making a GP appointment": (
        "RED [up, improving]",
        "Greater than or equal to 85% or 79.7%",
        "RED 77%",
    ),
    "National quality premium, part C: antibacterial items per STAR-PU": (
        "GREEN [down, improving]",
        "Less than 1.16 items per STAR-PU",
        "GREEN 1.15, down (improving) from 1.17 at the report before (Jun Report, to March 2017) "
        "(12 months to May 2017)",
    ),
    "National quality premium, part B i: trimethoprim to nitrofurantoin ratio": (
        "",
        "Less than or equal to 1.65",
        "Awaiting published indicator of May 2017 (due 14 August 2017).",
    ),
    "National quality premium, part B ii: trimethoprim items for patients aged 70 and over": (
        "",
        "Less than or equal to 8,836 items",
        "Awaiting published indicator of May 2017 (due 14 August 2017).",
    ),
    "Local quality premium: recorded prevalence of hypertension": (
        "RED [level, level]",
        "Greater than or equal to 15%",
        "RED 13.6%",
    ),
    "GP Specification A&E attendances": (
        "YELLOW [down, improving]",
        "Band A: less than or equal to 7.3 per 1,000 hospital-weighted patients",
        "Baseline: YELLOW 9.2 / Current: YELLOW 8.5",
    ),
    "GP Specification ambulatory care sensitive admissions": (
        "YELLOW [level, level]",
        "Band A: less than or equal to 8.5 per 1,000 hospital-weighted patients",
        "Baseline: YELLOW 9.2 / Current: YELLOW 9.2",
    ),
    "GP Specification outpatient referrals": (
        "",
        "Band A: less than or equal to 89.1 per 1,000 hospital-weighted patients",
        "Withheld: ",
    ),
    "Medicines management: patients on warfarin with an INR in the last 4 months": (
        "GREEN [down, worsening]",
        "Band A: greater than or equal to 90%",
        "Baseline: GREEN 96.7% / Current: GREEN 96.4%",
    ),
    "Medicines management: polypharmacy patients with a review in the last 12 months": (
        "RED [up, improving]",
        "Band A: greater than or equal to 81%",
        "Baseline: RED 0% / Current: RED 6.5%",
    ),
    "Medicines management: antibiotic prescribing": (
        "RED [down, improving]",
        "Less than or equal to 45.2, or 5% below its own baseline",
        "Baseline: 47.64 / Current: RED 47.15",
    ),
    "Medicines management: high-risk antibiotic prescribing": (
        "RED [down, improving]",
        "Less than or equal to 3.8, or 5% below its own baseline",
        "Baseline: 4.04 / Current: RED 3.99",
    ),
    "Practices with a patient participation group": ("", "100%", "Awaiting practice contract of June 2017"),
    "GP friends and family test submitted each month": (
        "RED [up, improving]",
        "100%",
        "For May 2017: 22 practices did not submit, 6 fewer than for April 2017.",
    ),
    "Practices that publish the average earnings of their GPs": (
        "",
        "100%",
        "Awaiting practice contract of June 2017",
    ),
    "Finance budget": (
        "",
        "Achieve a balanced budget",
        "At 30 June 2017: delegated primary care budgets, a forecast overspend of £0.2m against a budget of £72.5m. "
        "Prescribing, a forecast overspend of £0.6m against a budget of £86.4m.",
    ),
}
DETAILS = {
    # block: (current line, header of the count, its rows)
    "6.1.1": ("Band B: 8.5", "Band A", [("Jun Report", "30"), ("Current", "39")]),
    "6.1.2": ("Band B: 9.2", "Band A", [("Jun Report", "38"), ("Current", "36")]),
    "6.1.3": (None, "Band", [("A", "TBC")]),
    "6.1.4": ("Red: 6.5%", "Band A", [("Jun Report", "0"), ("Current", "1")]),
    "6.1.5": ("Band A: 96.4%", "Band A", [("Jun Report", "85"), ("Current", "78")]),
    "6.1.6": ("Current position 47.15", "Unbanded", [("Jun Report", "-"), ("Current", "N/A")]),
    "6.1.7": ("Current position 3.99", "Unbanded", [("Jun Report", "-"), ("Current", "N/A")]),
}
DELEGATED = """
Enhanced services|387,435|387,435|0|1,549,812|1,549,812|0
General Practice - GMS|10,382,337|9,842,921|(539,416)|41,529,743|41,214,439|(315,304)
General Practice - PMS|659,304|466,947|(192,357)|2,637,245|2,637,245|0
Other - GP Services|1,713,090|1,713,090|0|7,201,474|7,201,474|0
Other List-Based Services (APMS incl.)|1,422,436|1,838,906|416,470|5,689,754|5,689,754|0
Other premises costs|171,363|171,363|0|685,498|685,498|0
Premises cost reimbursements|552,642|552,642|0|2,210,599|2,210,599|0
Primary Care NHS Property Services Costs|1,112,952|1,151,549|38,596|4,451,809|4,606,194|154,385
QOF|1,647,756|2,048,995|401,239|6,591,066|6,992,305|401,239
Total|18,049,315|18,173,847|124,532|72,547,000|72,787,320|240,320
"""


@pytest.fixture(scope="module")
def paper(august_2017: Deployed) -> Iterator[Document]:
    with opened(august_2017.current) as reader:
        yield committee_report(reader, Texts(PROJECT / "narrative", "99A", date(2017, 6, 1)))


def test_the_summary_has_the_paper_s_rows_in_its_order(paper: Document) -> None:
    (summary,) = tables(section(paper, "4"))
    assert [column.header for column in summary.columns] == ["Area", "Target", "Current performance"]
    assert [row[0].split(" / ")[0] for row in rows_of(summary) if len(row) == 3] == list(SUMMARY)
    assert [row[0] for row in rows_of(summary) if len(row) == 1] == [
        "National performance measures",
        "Local quality improvement schemes - GP Specification 2017/18",
        "Core contract requirements",
        "Finance",
    ]


@pytest.mark.parametrize("name", SUMMARY)
def test_a_row_of_the_summary_says_what_the_paper_says(paper: Document, name: str) -> None:
    (summary,) = tables(section(paper, "4"))
    area, target, current = next(row for row in rows_of(summary) if row[0].split(" / ")[0] == name)
    marks, expected_target, expected = SUMMARY[name]
    assert area.partition(" / ")[2] == marks
    assert target.startswith(expected_target)
    assert current.startswith(expected)


def test_outpatients_say_why_they_are_withheld_and_have_no_figure(paper: Document) -> None:
    (summary,) = tables(section(paper, "4"))
    (current,) = (row[2] for row in rows_of(summary) if row[0].startswith("GP Specification outpatient"))
    assert "cardiology" in current.lower() and current.endswith("Baseline: TBC")


@pytest.mark.parametrize("number", DETAILS)
def test_a_block_of_the_gp_specification_has_the_paper_s_line_and_counts(paper: Document, number: str) -> None:
    line, header, expected = DETAILS[number]
    blocks = section(paper, number)
    if line is not None:
        assert line in lines(blocks)
    achieving = tables(blocks)[0]
    assert achieving.columns[0].header == header
    assert rows_of(achieving) == expected


def test_the_delegated_budget_is_the_paper_s(paper: Document) -> None:
    delegated, prescribing, *_ = tables(section(paper, "11"))
    expected = [tuple(line.split("|")) for line in DELEGATED.strip().splitlines()]
    assert rows_of(delegated) == expected
    assert [column.header for column in delegated.columns] == [
        *("Description", "YTD budget £", "YTD actual £", "YTD variance £"),
        *("Annual budget £", "Forecast outturn £", "Forecast variance £"),
    ]
    assert rows_of(prescribing) == [("Prescribing expenditure", "86,381,974", "86,962,323", "580,349")]


def test_the_restated_forecast_of_prescribing_is_told(paper: Document) -> None:
    vintages = tables(section(paper, "11"))[2]
    told = {row[0]: row[1] for row in rows_of(vintages)}
    assert (told["June 2017"], told["July 2017"]) == ("580,349", "(100,413)")


def test_the_risk_table_is_the_paper_s(paper: Document) -> None:
    grades = next(table for table in tables(list(paper.blocks)) if table.columns[0].header == "Risk category")
    assert [(row[0], row[2]) for row in rows_of(grades)] == [
        *(("Extreme", "2"), ("High", "6"), ("Moderate", "6"), ("Low", "0"))
    ]
