"""The committee report of small made-up releases: what it says where something is missing, old or another's."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pcw.errors import PcwError
from publishing.reports.committee import committee_report, quarter_name
from publishing.reports.document import Document, Slot
from publishing.reports.layout import committee_layout
from publishing.reports.making import make_reports, releases_told
from publishing.reports.reader import Reader
from publishing.reports.texts import Texts
from tests.conftest import PROJECT
from tests.report_text import lines, rows_of, section, tables
from tests.unit.report_release import definition, listed, make_release, organisation, received, release, result
from tests.unit.test_reports_texts import written
from tests.walking import figures_wrong

JUNE, END = date(2017, 6, 1), date(2017, 6, 30)
OURS = ("commissioner", "99A")
AE = "gpspec-ae-attendance-rate"
Rows = Mapping[str, Sequence[Mapping[str, object]]]


def report(tmp_path: Path, rows: Rows, commissioner: str = "99A", facts: str = "") -> Document:
    """The report of June 2017, every figure of which is looked up in the release again."""
    if facts:
        written(tmp_path / "narrative", "2017-06", "report.yaml", facts)
    with duckdb.connect(make_release(tmp_path / "release.duckdb", rows), read_only=True) as connection:
        texts = Texts(tmp_path / "narrative", commissioner, JUNE)
        made = committee_report(Reader(connection, commissioner), texts)
        assert figures_wrong(made, connection) == []
    return made


def said(document: Document, number: str) -> str:
    return " ".join(lines(section(document, number)))


def test_a_release_without_anything_says_what_it_awaits_and_nothing_else(tmp_path: Path) -> None:
    made = report(tmp_path, {})
    assert list(made.figures()) == []
    assert said(made, "7").startswith("Awaiting the ratings of CQC")
    assert said(made, "8").startswith("Awaiting the contract register.")
    assert said(made, "9") == said(made, "10") == "No update this reporting period."
    assert "Awaiting the ledger of June 2017." in said(made, "11")


def test_none_is_said_only_of_days_that_the_log_holds(tmp_path: Path) -> None:
    kinds = {
        "sanction": (date(2016, 4, 1), date(2017, 6, 30)),
        "merger": (date(2016, 4, 1), date(2017, 3, 31)),
        "extension": (date(2017, 6, 1), date(2017, 6, 30)),
        "visit": (date(2016, 4, 1), date(2017, 5, 31)),
        "list_closure_request": (date(2016, 4, 1), date(2017, 5, 31)),
    }
    coverage = [
        {"event_type": kind, "complete_from": first, "complete_to": last, "is_covered": True, "as_at": END}
        for kind, (first, last) in kinds.items()
    ]
    made = report(tmp_path, {"contract_event_coverage": coverage})
    assert said(made, "8.3") == "No requests in this period."
    assert said(made, "8.2.5").startswith("The log is complete from 1 April 2016 to 31 March 2017")
    assert said(made, "8.2.1").startswith("The log is complete from 1 June 2017")
    assert said(made, "8.4") == "None up to 31 May 2017; what came after it is not known."
    assert said(made, "8.5") == "No update this reporting period."
    assert "No visits" not in said(made, "9")
    assert "complete from 1 April 2016 to 31 May 2017" in said(made, "9")


def test_a_practice_that_moved_is_counted_where_it_was_on_the_day(tmp_path: Path) -> None:
    moved = organisation("practice", "A81001", "Moved")
    spans = [
        {**moved, "commissioner_code": "03W", "valid_to": date(2016, 12, 31)},
        {**moved, "commissioner_code": "04C", "valid_from": date(2017, 1, 1)},
    ]
    event = {"event_id": "E1", "event_type": "sanction", "practice_code": "A81001", "occurred_on": date(2017, 5, 9)}
    contract = {"month": JUNE, "as_at": END, "practice_code": "A81001", "contract_type": "GMS", "is_expected": None}
    rows: Rows = {
        "release": [release(commissioner="03W,04C")],
        "organisation": spans,
        "contract_event": [{**event, "is_complete": True, "as_at": END}],
        "practice_contract": [contract],
    }
    (tmp_path / "other").mkdir()
    theirs, ours = report(tmp_path, rows, "03W"), report(tmp_path / "other", rows, "04C")
    assert "1 in this period: Moved." in said(ours, "8.3")
    assert said(theirs, "8.3") == "No update this reporting period."
    # null: nobody knows whether it is expected, so its contract counts
    assert said(ours, "8").startswith("Contracts of 1 practices")
    assert "has no contract of a practice of ours" in said(theirs, "8")


def test_figures_of_two_definitions_are_not_compared(tmp_path: Path) -> None:
    now = result(AE, OURS, END, 8.5)
    year_end = result(AE, OURS, date(2017, 3, 31), 9.2)
    made = report(tmp_path, {"indicator": [definition(AE)], "indicator_result": [now, year_end]})
    (row,) = (row for row in rows_of(tables(section(made, "4"))[0]) if row[0].startswith("GP Specification A&E"))
    assert row[0].endswith("[down, improving]") and "Baseline: 9.20" in row[2]
    (tmp_path / "old").mkdir()
    made = report(
        tmp_path / "old",
        {"indicator": [definition(AE)], "indicator_result": [now, {**year_end, "version": "2016-17"}]},
    )
    (row,) = (row for row in rows_of(tables(section(made, "4"))[0]) if row[0].startswith("GP Specification A&E"))
    assert row[0] == "GP Specification A&E attendances" and row[2].startswith("Baseline: not known")


def test_the_report_before_had_the_same_lag_where_nobody_says_otherwise(tmp_path: Path) -> None:
    months = {date(2017, 2, 28): 9.0, date(2017, 3, 31): 8.0, date(2017, 5, 31): 8.5, END: None}
    rows: Rows = {
        "indicator": [definition(AE)],
        "indicator_result": [result(AE, OURS, end, value) for end, value in months.items()],
        "feed_month": [row for feed in ("sus_opa", "sus_apce") for row in received(feed, date(2017, 5, 1))],
    }
    trends = []
    for name, facts in (("a", ""), ("b", "previous: {label: Spring, period: 2017-03}")):
        (tmp_path / name).mkdir()
        made = report(tmp_path / name, rows, facts=facts)
        (row,) = (row for row in rows_of(tables(section(made, "4"))[0]) if row[0].startswith("GP Specification A&E"))
        trends.append(row[0].partition(" / ")[2])
    assert trends == ["[down, improving]", "[down, improving]"]


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (date(2016, 7, 1), "part of Q2 2016/17: July 2016 only"),
        (date(2016, 8, 1), "part of Q2 2016/17: July and August 2016"),
        (date(2016, 9, 1), "Q2 2016/17"),
        (date(2017, 2, 1), "part of Q4 2016/17: January and February 2017"),
        (date(2017, 3, 1), "Q4 2016/17"),
    ],
)
def test_a_part_of_a_quarter_is_not_called_one(tmp_path: Path, month: date, expected: str) -> None:
    assert quarter_name(month) == expected
    with duckdb.connect(make_release(tmp_path / "release.duckdb", {}), read_only=True) as connection:
        made = committee_report(Reader(connection), Texts(tmp_path, "99A", month))
    assert made.subtitle == f"99A, {expected}"


def test_a_group_of_feeds_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PcwError, match=r"secondarycare is no group of feeds\. Expected: prescribing, returns"):
        report(tmp_path, {}, facts="data_up_to: {secondarycare: 2017-05}")


def area(name: str, variance: str | None, budget: str | None = "72547000") -> Mapping[str, object]:
    return {
        **{"entity_code": "99A", "financial_year": "2017/18", "ledger_period": 3, "vintage": 1, "month": JUNE},
        **{"level": "programme_area", "level_code": name, "level_name": name, "is_current": True},
        **{"is_adjustment": False, "annual_budget": budget and Decimal(budget)},
        **{"forecast_variance": variance and Decimal(variance)},
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (area("PRIMARY CARE co-commissioning", "240320"), "a forecast overspend of £0.24m against a budget of £72.5m"),
        (area("Primary Care Co-Commissioning", "-4000"), "a forecast underspend of £4,000 against a budget of £72.5m"),
        (area("Primary Care Co-Commissioning", "0"), "forecast to balance against a budget of £72.5m"),
        (area("Primary Care Co-Commissioning", None), "no forecast against a budget of £72.5m"),
        (area("Primary Care Co-Commissioning", "5", None), "against a budget that is not known"),
        (area("Delegated", "5"), "The ledger of June 2017 has no programme area Primary Care Co-Commissioning."),
    ],
)
def test_the_position_is_put_into_words(tmp_path: Path, row: Mapping[str, object], expected: str) -> None:
    assert expected in said(report(tmp_path, {"finance_position": [row]}), "11")


def risk(ref: str, **changed: object) -> Mapping[str, object]:
    own = {"commissioner_code": "99A", "register_month": JUNE, "as_at": END}
    return {**own, "ref": ref, "description": "Something", "is_closed": False} | changed


@pytest.mark.parametrize(("matches", "is_told"), [(True, False), (None, False), (False, True)])
def test_a_score_is_called_another_only_where_one_is_printed(
    tmp_path: Path, matches: bool | None, is_told: bool
) -> None:
    made = report(tmp_path, {"risk": [risk("R1", current_matches_score=matches, residual_matches_score=True)]})
    assert any("another score" in line for line in lines(list(made.blocks))) is is_told


def test_an_old_programme_report_is_called_by_its_month(tmp_path: Path) -> None:
    milestone = {
        **{
            "commissioner_code": "99A",
            "project_id": "P",
            "milestone_order": 1,
            "reported_month": date(2016, 4, 1),
            "name": "Proj",
        },
        **{"programme": "Prevention", "label": "Go live", "due": date(2016, 9, 30), "state": "due"},
    }
    told = " ".join(lines(list(report(tmp_path, {"project_milestone_status": [milestone]}).blocks)))
    assert "by the programme office's report of April 2016" in told
    assert "Not known: nothing was reported after April 2016." in told


@pytest.mark.parametrize(
    "link", ["https://www.cqc.org.uk/a b", "www.cqc.org.uk/location/1", "https://www.cqc.org.uk/1"]
)
def test_a_link_that_is_none_is_printed_as_text(tmp_path: Path, link: str) -> None:
    row = {
        **{"practice_code": "A81001", "commissioner_code": "99A", "publication_date": date(2017, 6, 9)},
        **{"overall_rating": "Good", "is_inherited": False, "report_link": link},
    }
    assert f"The full report: {link}" in " ".join(lines(section(report(tmp_path, {"cqc_inspection": [row]}), "7")))


def test_duties_that_nobody_judged_are_not_stated(tmp_path: Path) -> None:
    blocks = section(report(tmp_path, {}), "12")
    assert {block.empty for block in blocks if isinstance(block, Slot)} == {"Not stated."}


def test_a_workstream_without_milestones_keeps_its_rating(tmp_path: Path) -> None:
    facts = "workstreams: [{name: Care redesign, rating: amber, programmes: [Primary care]}]"
    milestone = {
        **{"commissioner_code": "99A", "project_id": "P", "milestone_order": 1, "reported_month": JUNE, "name": "Proj"},
        **{"programme": "Prevention", "label": "Go live", "due": date(2017, 9, 30), "state": "due"},
    }
    told = lines(list(report(tmp_path, {"project_milestone_status": [milestone]}, facts=facts).blocks))
    assert "Workstream: Care redesign: (amber). No milestone of its projects was reported." in told


def test_a_feed_that_came_without_the_figure_is_not_called_late(tmp_path: Path) -> None:
    waiting = result("contract-ppg-coverage", OURS, END, None)
    reason = "awaiting practice_contract 2017-06: 0 of 92 practices have it"
    rows: Rows = {
        "indicator": [definition("contract-ppg-coverage")],
        "indicator_result": [{**waiting, "state_reason": reason}],
        "feed_month": received("practice_contract", JUNE),
    }
    assert "0 of 92 practices have it in the file that came." in said(report(tmp_path, rows), "8.1.1")


@pytest.mark.parametrize(("period", "expected"), [((2017, 7), "has results up to 2017-06"), ((2015, 1), "its first")])
def test_a_period_without_a_figure_is_refused(tmp_path: Path, period: tuple[int, int], expected: str) -> None:
    with pytest.raises(PcwError, match=expected):
        make_reports(small(tmp_path / "r.duckdb"), tmp_path, tmp_path / "out", period=date(*period, 1))


def test_a_mistyped_slot_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    written(tmp_path / "narrative", "2017-06", "slot_assurance_acs.txt", "Lost?")
    made = make_reports(small(tmp_path / "r.duckdb"), tmp_path / "narrative", tmp_path / "out", kinds=["html"])
    assert made.warnings[0].endswith(
        "slot_assurance_acs.txt is no text of this report: did you mean assurance-acs.txt."
    )


def small(path: Path, **changed: object) -> Path:
    return make_release(
        path,
        {
            "release": [release(**changed)],
            "indicator": [definition(AE)],
            "indicator_result": [result(AE, ("commissioner", code), END, 8.5) for code in ("03W", "04C", "99A")],
            "practice_month": [listed("A81001", JUNE, 100, "N1")],
        },
    )


def test_each_commissioner_has_papers_of_its_own(tmp_path: Path) -> None:
    file = small(tmp_path / "r.duckdb", commissioner="03W,04C")
    made = make_reports(file, tmp_path, tmp_path / "out", kinds=["html"])
    assert [path.relative_to(tmp_path / "out").as_posix() for path in made.files] == [
        "03W/2017-06/committee-report.html",
        "04C/2017-06/committee-report.html",
    ]
    assert len(made.warnings) == 2 and "does not exist" in made.warnings[0]


def test_the_papers_of_a_period_are_of_one_release(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second = small(tmp_path / "1.duckdb"), small(tmp_path / "2.duckdb", release_id="20170802T090000Z-11111111")
    make_reports(first, tmp_path, out, kinds=["html", "pdf"], with_packs=True)
    page = out / "2017-06" / "practice" / "A81001.html"
    assert "20170801T090000Z-0a1b2c3d" in page.read_text(encoding="utf-8")
    for path, up in (("practice/A81001", "../"), ("committee-report", ""), ("indicators/index", "../")):
        assert f'href="{up}index.html"' in (out / "2017-06" / f"{path}.html").read_text(encoding="utf-8")
    assert "practice/A81001.html" in (out / "2017-06" / "index.html").read_text(encoding="utf-8")
    (out / "2017-06" / "practice" / "A81999.html").write_text("closed since", encoding="utf-8")
    make_reports(second, tmp_path, out, kinds=["html"])
    # Packs that were there are made again; what is no more is gone.
    assert "20170802T090000Z-11111111" in page.read_text(encoding="utf-8")
    assert not (out / "2017-06" / "practice" / "A81999.html").exists()
    assert not (out / "2017-06" / "committee-report.pdf").exists()
    assert releases_told(out) == {"20170802T090000Z-11111111"}


def test_papers_of_another_release_stand_beside_the_current_ones(tmp_path: Path) -> None:
    out, file = tmp_path / "out", small(tmp_path / "r.duckdb")
    made = make_reports(file, tmp_path, out, kinds=["html"], beside=True)
    assert made.files[0].parent.name == "2017-06-20170801T090000Z-0a1b2c3d"
    assert releases_told(out) == set()


def test_the_baseline_of_the_report_is_that_of_the_definition() -> None:
    """A row that shows a baseline is of an indicator that has one, so that the site and the tables have it too."""
    with (PROJECT / "dbt_project" / "seeds" / "indicator_definition.csv").open(encoding="utf-8", newline="") as handle:
        rules = {row["indicator_id"]: row["baseline_rule"] for row in csv.DictReader(handle)}
    rows = [row for group in committee_layout().summary for row in group.rows if row.show == "baseline"]
    assert len(rows) > 3
    assert {row.indicator: rules[row.indicator] for row in rows} == {
        row.indicator: "previous_financial_year" for row in rows
    }
