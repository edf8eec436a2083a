"""The paper of several commissioners together: what is added, what is not, and who is told of what is missing."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from publishing.reports.committee import committee_report
from publishing.reports.document import Document
from publishing.reports.group import group_report
from publishing.reports.making import make_reports
from publishing.reports.reader import Reader
from publishing.reports.texts import Texts
from tests.unit.report_release import definition, lines_of, listed, make_release, release, result, table_of
from tests.walking import figures_wrong

JUNE, END = date(2017, 6, 1), date(2017, 6, 30)
AE, CODES = "gpspec-ae-attendance-rate", ("03W", "04C")
SETTING = "LLR=03W,04C"
Rows = Mapping[str, Sequence[Mapping[str, object]]]


def area(code: str, name: str, actual: str | None) -> Mapping[str, object]:
    return {
        **{"entity_code": code, "financial_year": "2017/18", "ledger_period": 3, "vintage": 1, "month": JUNE},
        **{"level": "programme_area", "level_code": name, "level_name": name, "is_current": True},
        **{"is_adjustment": False, "ytd_actual": actual and Decimal(actual), "ytd_budget": Decimal(100)},
    }


def savings(code: str, saved: str, month: date = JUNE) -> Mapping[str, object]:
    key = {"entity_code": code, "financial_year": "2017/18", "scheme_id": "total", "month": month}
    return {**key, "actual_ytd": Decimal(saved), "is_complete": True}


def risk_counts(code: str, *risks: int) -> list[Mapping[str, object]]:
    key = {"commissioner_code": code, "register_month": JUNE, "basis": "residual_without_closed"}
    return [
        {**key, "grade": grade, "grade_order": order, "lowest_score": 1, "highest_score": 2, "risks": count}
        for order, (grade, count) in enumerate(zip(("Extreme", "High"), risks, strict=True))
    ]


DELEGATED, MEDICINES = "Primary Care Co-Commissioning", "Prescribing"
ROWS: Rows = {
    "release": [release(commissioner=SETTING)],
    "indicator": [definition(AE)],
    "indicator_result": [
        result(AE, ("system", "LLR"), END, 9.1),
        result(AE, ("commissioner", "03W"), END, 8.5),
        result(AE, ("commissioner", "04C"), END, None, state="awaiting", state_reason="awaiting sus_ec 2017-06"),
        result(AE, ("commissioner", "99A"), END, 77.7),
    ],
    "practice_month": [listed("A81001", JUNE, 100, "N1")],
    "finance_position": [
        *(area(code, DELEGATED, actual) for code, actual in (("03W", "1000.40"), ("04C", "-20.10"), ("99A", "7777"))),
        *(area(code, MEDICINES, actual) for code, actual in (("03W", "500"), ("04C", None))),
    ],
    "cres_position": [savings("03W", "60"), savings("04C", "7", date(2017, 5, 1)), savings("99A", "7777")],
    "risk": [
        {
            "commissioner_code": code,
            "register_month": JUNE,
            "as_at": END,
            "ref": code,
            "description": "",
            "is_closed": False,
        }
        for code in ("03W", "99A")
    ],
    "risk_grade_count": [*risk_counts("03W", 1, 4), *risk_counts("99A", 77, 77)],
}


def made(tmp_path: Path, rows: Rows) -> Document:
    """The paper of June 2017, every figure of which is looked up in the release again."""
    with duckdb.connect(make_release(tmp_path / "release.duckdb", rows), read_only=True) as connection:
        document = group_report(Reader(connection), Texts(tmp_path / "narrative", "LLR", JUNE))
        assert figures_wrong(document, connection) == []
    return document


def test_each_stands_beside_the_others_and_all_together(tmp_path: Path) -> None:
    table = table_of(made(tmp_path, ROWS), "Current performance")
    assert table[0] == ["Measure", "LLR", "03W", "04C", "Data"]
    (row,) = (row for row in table if row[0].startswith("GP Specification A&E"))
    assert ("9.1" in row[1], "8.5" in row[2], "77.7" in " ".join(row)) == (True, True, False)
    assert "waiting" in row[3]


def test_a_sum_is_made_where_every_member_has_the_amount(tmp_path: Path) -> None:
    document = made(tmp_path, ROWS)
    delegated = table_of(document, "Primary care delegated budgets")
    assert [row[2] for row in delegated] == ["YTD actual £", "1,000", "(20)", "980"]
    medicines = table_of(document, "Prescribing budgets")
    assert [row[2] for row in medicines[1:]] == ["500", "not known", "not known of all"]
    assert [row[1] for row in medicines[1:]] == ["100", "100", "200"]


def test_savings_of_two_months_are_not_added(tmp_path: Path) -> None:
    table = table_of(made(tmp_path, ROWS), "CRES positions, 2017/18, to June 2017")
    assert [row[2] for row in table[1:]] == ["60", "no tracker of June 2017", "not known of all"]


def test_a_member_without_a_register_has_no_risks_of_nought(tmp_path: Path) -> None:
    table = table_of(made(tmp_path, ROWS), "Risks by residual grade")
    assert table[1:] == [["03W", "June 2017", "1", "4"], ["04C", "none came", "none came", "none came"]]


def test_a_release_with_nothing_says_so(tmp_path: Path) -> None:
    document = made(tmp_path, {"release": [release(commissioner=SETTING)]})
    assert list(document.figures()) == []
    assert "Awaiting the risk register of June 2017." in lines_of(document)


@pytest.mark.parametrize("code", CODES)
def test_the_paper_of_a_member_has_nothing_of_another(tmp_path: Path, code: str) -> None:
    with duckdb.connect(make_release(tmp_path / "release.duckdb", ROWS), read_only=True) as connection:
        document = committee_report(Reader(connection, code), Texts(tmp_path, code, JUNE))
    keys = [dict(source.key) for figure in document.figures() for source in figure.sources]
    assert {key.get("entity_code", key.get("commissioner_code", code)) for key in keys} == {code}


def test_papers_of_all_together_stand_beside_those_of_each(tmp_path: Path) -> None:
    file = make_release(tmp_path / "r.duckdb", ROWS)
    papers = make_reports(file, tmp_path, tmp_path / "out", kinds=["html"])
    assert [path.relative_to(tmp_path / "out").as_posix() for path in papers.files] == [
        "03W/2017-06/committee-report.html",
        "04C/2017-06/committee-report.html",
        "LLR/2017-06/group-report.html",
    ]
    assert "for the commissioners" in papers.files[-1].read_text(encoding="utf-8")
    assert len(papers.warnings) == 3
