"""What a staged file of hospital activity stands for: provider-months, flex or freeze, nil returns, counts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from expectations.runner import run_suite
from expectations.suites import load_suite
from orchestration.submissions import read_timetable
from pcw.errors import PcwError
from pcw.home import Home
from sources.contracts import Contract, load_contracts
from sources.landing import promote
from sources.ledger import scopes_in_force, with_statuses
from sources.manifests import parquet_files, read_submissions
from sources.receipts import receive
from sources.scopes import stated_problem
from sources.staging import PROFILE, Staged, stage
from tests.running import opened
from tests.unit.activity_feed import (
    APRIL,
    CONTRACT,
    CONTRACT_VALUES,
    HEADER,
    JULY,
    JUNE,
    MAY,
    TIMETABLE,
    home_in,
    row,
    staged_file,
    submission,
)

REPORT_HEADER = f"{HEADER},Report_Period_Start_Date,Report_Period_End_Date"
COVERS = [{"providers": ["RQ6", "REM"], "from": "2017-04", "to": "2017-05"}]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


def scopes(staged: Staged) -> dict[tuple[str, date], tuple[int, str]]:
    return {facts.scope: (facts.rows, facts.activity_status) for facts in staged.scopes}


def file_facts(staged: Staged) -> dict[str, object]:
    with opened(staged) as connection:
        found = connection.execute("from file_facts")
        [facts] = found.fetchall()
        return dict(zip([column[0] for column in found.description or ()], facts, strict=True))


def problem_of(staged: Staged) -> str:
    return str(file_facts(staged)["period_problem"])


def failed_checks(staged: Staged) -> list[str]:
    verdicts = run_suite(
        load_suite("file", "file"), staged.database, "file_facts", period=None, submission_id="s", file_name="f"
    )
    return [verdict.check for verdict in verdicts if not verdict.passed]


def test_a_year_to_date_file_is_split_into_months_with_their_status(home: Home) -> None:
    extract = "2017-07-01T06:00"
    staged = staged_file(
        home,
        row(ended="2017-04-30", extract=extract),
        row(ended="2017-05-01", extract=extract),
        row(ended="2017-05-02", extract=extract),
        row("REM", ended="2017-06-30", extract=extract),
    )
    assert scopes(staged) == {
        ("REM", JUNE): (1, "flex"),
        ("RQ6", APRIL): (1, "freeze"),
        ("RQ6", MAY): (2, "flex"),
    }
    assert staged.periods == (APRIL, MAY, JUNE)
    landed = promote(home, staged, (), "")
    assert read_submissions(home.landing) == [landed]
    assert (landed.protocol, landed.activity_status) == ("bulk", "flex")
    assert landed.version_facts == {"extract_date_time": "2017-07-01T06:00:00"}
    read = duckdb.execute("select count(*) from read_parquet(?)", [parquet_files(home.landing, landed, MAY)])
    assert read.fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("extract", "status"),
    [("2017-06-19 16:59:59", "flex"), ("2017-06-19 17:00", "freeze"), ("2017-06-19", "flex"), ("2017-06-20", "freeze")],
)
def test_freeze_begins_at_the_cut_off_of_the_timetable(home: Home, extract: str, status: str) -> None:
    assert scopes(staged_file(home, row(extract=extract))) == {("RQ6", APRIL): (1, status)}


def test_the_newest_extract_inside_is_that_of_the_whole_file(home: Home) -> None:
    staged = staged_file(home, row(extract="2017-05-01"), row(ended="2017-05-01", extract="2017-07-19 17:00:00"))
    assert scopes(staged) == {("RQ6", APRIL): (1, "freeze"), ("RQ6", MAY): (1, "freeze")}


def test_the_sidecar_goes_before_the_timetable(home: Home) -> None:
    staged = staged_file(home, row(ended="2015-04-10"), activity_status="final")
    assert scopes(staged) == {("RQ6", date(2015, 4, 1)): (1, "final")}
    assert promote(home, staged, (), "").stated == {"activity_status": "final"}


def test_a_month_that_the_timetable_does_not_have_is_refused(home: Home) -> None:
    staged = staged_file(home, row(), row(ended="1017-04-10"))
    assert "holds 1017-04 (first at row 3), which the timetable of submissions (2017-04 to 2017-07)" in problem_of(
        staged
    )
    assert failed_checks(staged) == ["period_agrees"]


def test_what_has_not_ended_or_is_planned_makes_no_month(home: Home) -> None:
    staged = staged_file(
        home, row(), row(ended="", extract="2017-06-02"), row(ended="2017-07-01", extract="2017-06-02")
    )
    assert scopes(staged) == {("RQ6", APRIL): (1, "flex")}
    assert staged.periods == (APRIL, JUNE, JULY)
    assert problem_of(staged) == "None"


def test_a_report_period_stands_for_its_months_up_to_the_extract(home: Home) -> None:
    staged = staged_file(
        home,
        row(ended="2017-05-10", extract="2017-06-02") + ",2017-04-01,2018-03-31",
        row("REM", extract="2017-06-02") + ",2017-04-01,",
        header=REPORT_HEADER,
    )
    assert scopes(staged) == {
        ("REM", APRIL): (1, "flex"),
        ("RQ6", APRIL): (0, "flex"),
        ("RQ6", MAY): (1, "flex"),
        ("RQ6", JUNE): (0, "flex"),
    }


@pytest.mark.parametrize("period", ["2017-05-01,2017-04-30", "1900-01-01,2017-04-30"])
def test_a_report_period_that_is_none_is_refused(home: Home, period: str) -> None:
    staged = staged_file(home, f"{row()},{period}", header=REPORT_HEADER)
    assert "row 2, columns report_period_start_date and report_period_end_date" in problem_of(staged)


@pytest.mark.parametrize("period", ["2017-04-01,2017-04-15", "2017-04-02,2017-05-31", "2017-04-15,"])
def test_a_bulk_file_for_part_of_a_month_is_refused(home: Home, period: str) -> None:
    staged = staged_file(home, f"{row()},{period}", header=REPORT_HEADER)
    assert "which is part of a month, and a bulk file replaces whole months" in problem_of(staged)
    assert failed_checks(staged) == ["period_agrees"]
    assert problem_of(staged_file(home, f"{row()},{period}", header=REPORT_HEADER, protocol="net")) == "None"


def test_two_halves_of_a_month_are_a_month(home: Home) -> None:
    halves = [f"{row()},2017-04-16,2017-04-30", f"{row()},2017-04-01,2017-04-15"]
    staged = staged_file(home, *halves, header=REPORT_HEADER)
    assert problem_of(staged) == "None"
    assert scopes(staged) == {("RQ6", APRIL): (2, "flex")}
    hole = staged_file(home, halves[0], f"{row()},2017-04-01,2017-04-14", header=REPORT_HEADER)
    assert "2017-04-01 to 2017-04-14, which is part of a month" in problem_of(hole)


def test_one_row_extracted_much_later_does_not_freeze_the_others(home: Home) -> None:
    stray = row(extract="2017-08-20")
    received = datetime(2017, 9, 1, tzinfo=UTC)
    staged = staged_file(home, *[row(extract="2017-06-02")] * 1200, stray, received_at=received)
    assert "row 1202, column Extract_Date_Time: 1 row(s) were extracted up to 2017-08-20" in problem_of(staged)
    assert failed_checks(staged) == ["period_agrees"]
    to_date = [row(extract="2017-06-02")] * 1200 + [stray] * 100
    assert problem_of(staged_file(home, *to_date, received_at=received)) == "None"


def test_a_corrected_timetable_reaches_what_was_landed_before() -> None:
    extract = datetime(2017, 6, 20)
    landed = submission("a", extract, ("RQ6", APRIL, "flex"), ("RQ6", MAY, "flex"))
    stated = replace(landed, stated={"activity_status": "flex"})
    known = {"activity": CONTRACT}
    [frozen] = with_statuses([landed], known, {APRIL: datetime(2017, 6, 19, 17)})
    assert [facts.activity_status for facts in frozen.scopes] == ["freeze", "flex"]  # no row for May: as it landed
    assert with_statuses([stated], known, {APRIL: datetime(2017, 6, 19, 17)}) == [stated]


def test_a_net_file_stands_for_its_rows_alone(home: Home) -> None:
    staged = staged_file(home, f"{row(update='1')},2017-04-01,2017-05-31", header=REPORT_HEADER, protocol="net")
    assert scopes(staged) == {("RQ6", APRIL): (1, "flex")}
    assert promote(home, staged, (), "").protocol == "net"


def test_a_header_with_covers_is_a_nil_return(home: Home) -> None:
    staged = staged_file(home, covers=COVERS, received_at=datetime(2017, 6, 30, 12, tzinfo=UTC))
    nothing = {(provider, month): (0, status) for provider in ("REM", "RQ6") for month, status in STATUSES}
    assert scopes(staged) == nothing
    assert failed_checks(staged) == []
    landed = promote(home, staged, (), "")
    assert [(facts.period, facts.rows) for facts in landed.periods] == [(APRIL, 0), (MAY, 0)]
    assert parquet_files(home.landing, landed, APRIL) == []
    assert landed.version_facts == {"extract_date_time": "2017-06-30T12:00:00"}
    assert set(scopes_in_force(read_submissions(home.landing), CONTRACT)) == set(nothing)


STATUSES = ((APRIL, "freeze"), (MAY, "flex"))


def test_a_header_alone_is_a_failed_extract(home: Home) -> None:
    assert failed_checks(staged_file(home)) == ["has_rows"]
    assert failed_checks(staged_file(home, activity_status="flex")) == ["has_rows"]


def test_covers_may_not_lie_after_the_extract(home: Home) -> None:
    staged = staged_file(home, row(extract="2017-04-20"), covers=COVERS)
    assert "its sidecar covers 2017-05, after the month in which it was extracted (2017-04)" in problem_of(staged)


def test_an_extract_after_its_receipt_is_refused(home: Home) -> None:
    staged = staged_file(home, row(extract="2071-05-20 06:00"))
    assert "the newest extract is of 2071-05-20 06:00, after its receipt (2017-09-01" in problem_of(staged)


def test_a_stated_month_must_be_in_the_file(home: Home) -> None:
    assert problem_of(staged_file(home, row(), row(ended="2017-05-10"), period="2017-05")) == "None"
    assert "2017-06 is stated, but its rows are of 2017-04 to 2017-04" in problem_of(
        staged_file(home, row(), period="2017-06")
    )


def test_two_files_of_one_moment_and_extract_have_no_order_in_a_scope_they_share(home: Home) -> None:
    extract = datetime(2017, 5, 20, 6)
    moment = datetime(2017, 9, 1, tzinfo=UTC)
    other = submission("f", extract, ("RQ6", APRIL, "flex"), received_at=moment)
    assert "nobody can tell which is newer" in problem_of(staged_file(home, row(), submissions=(other,)))
    for apart in (
        submission("f", extract, ("REM", APRIL, "flex"), ("RQ6", MAY, "flex"), received_at=moment),
        submission("f", datetime(2017, 5, 21), ("RQ6", APRIL, "flex"), received_at=moment),
        submission("f", extract, ("RQ6", APRIL, "flex"), received_at=datetime(2017, 8, 1, tzinfo=UTC)),
    ):
        assert problem_of(staged_file(home, row(), submissions=(apart,))) == "None"


def test_the_same_bytes_of_one_moment_under_other_terms_have_no_order(home: Home) -> None:
    landed = promote(home, staged_file(home, row()), (), "")
    assert problem_of(staged_file(home, row(), submissions=(landed,))) == "None"
    again = staged_file(home, row(), submissions=(landed,), activity_status="final")
    assert "nobody can tell which is newer" in problem_of(again)


def test_what_volumes_are_judged_by_is_counted(home: Home) -> None:
    staged = staged_file(
        home,
        row(),
        row(specialty=""),
        row(specialty="", ended="2017-04-11"),
        row(update="1"),
        row(ended="", extract="2017-05-20"),
    )
    counted = duckdb.execute("from read_parquet(?)", [str(staged.folder / PROFILE)]).fetchall()
    assert counted == [
        ("RQ6", "", APRIL, "ended", 2),
        ("RQ6", "", APRIL, "rows", 2),
        ("RQ6", "320", APRIL, "ended", 1),
        ("RQ6", "320", APRIL, "rows", 1),
    ]


def test_the_row_gate_sees_the_rows_of_other_months(home: Home) -> None:
    known = (
        submission("a", datetime(2017, 7, 1), ("RQ6", MAY, "flex"), ("REM", MAY, "flex"), ("RQ6", APRIL, "flex")),
        submission("b", datetime(2017, 7, 2), ("RQ6", MAY, "flex")),
    )
    staged = staged_file(home, row(), submissions=known)
    with opened(staged) as connection:
        assert connection.execute("from history").fetchall() == [(MAY, "rows", 2)]


def test_terms_of_scopes_do_not_fit_other_feeds(tmp_path: Path) -> None:
    path = tmp_path / "EPD_201704.csv"
    path.write_text("x\n")
    path.with_name("EPD_201704.csv.meta.json").write_text('{"protocol": "net", "activity_status": "final"}')
    receipt = receive(path, None)
    assert stated_problem(CONTRACT, receipt) is None
    assert "its sidecar states protocol, which epd has not" in str(stated_problem(load_contracts()["epd"], receipt))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "is not a JSON object with received_at"),
        ('{"colour": "red"}', "states colour; known are received_at"),
        ('{"activity_status": "frozen"}', "activity_status is 'frozen'; expected flex, freeze, final or estimate"),
        ('{"protocol": 1}', "protocol is 1; expected bulk or net"),
        ('{"period": 201704}', "period is 201704; expected a month like 2017-04"),
        ('{"period": "201704"}', "period is '201704'; expected a month like 2017-04"),
        ('{"covers": {}}', "covers is no list like"),
        ('{"covers": [{"providers": ["RQ6"], "from": "2017-04"}]}', "covers, entry 1 is not like"),
        ('{"covers": [{"providers": "RQ6", "from": "2017-04", "to": "2017-04"}]}', "entry 1: providers is no list"),
        (
            '{"covers": [{"providers": ["RQ6", "RQ617"], "from": "2017-04", "to": "2017-04"}]}',
            "covers, entry 1: provider 'RQ617' is not three characters in capitals like RQ6: no row has such",
        ),
        ('{"covers": [{"providers": ["rq6"], "from": "2017-04", "to": "2017-04"}]}', "Of a site, state the provider"),
        ('{"covers": [{"providers": [6], "from": "2017-04", "to": "2017-04"}]}', "provider 6 is not three characters"),
        ('{"covers": [{"providers": ["RQ6"], "from": "2017-04", "to": "04/17"}]}', "to is '04/17'; expected a month"),
        ('{"covers": [{"providers": ["RQ6"], "from": "2017-05", "to": "2017-04"}]}', "2017-05 is after to 2017-04"),
        (
            '{"protocol": "net", "covers": [{"providers": ["RQ6"], "from": "2017-04", "to": "2017-04"}]}',
            "a net file stands for its rows alone",
        ),
    ],
)
def test_a_sidecar_that_does_not_fit_gets_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.csv").write_text("x\n")
    (tmp_path / "a.csv.meta.json").write_text(text)
    with pytest.raises(PcwError, match=r"^a\.csv\.meta\.json") as raised:
        receive(tmp_path / "a.csv", None)
    assert said in str(raised.value)


def test_a_receipt_that_is_yet_to_come_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n")
    with pytest.raises(PcwError, match=r"a\.csv is stated to be received at 9000-01-01 00:00, which is yet to come"):
        receive(tmp_path / "a.csv", datetime(9000, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"period": {"columns": ["ended_date"], "rule": "months"}}, "says the month of a row is nullable"),
        ({"period": {"columns": ["ended_date"], "rule": "single"}}, "needs the period rule months"),
        ({"key": ["other"]}, "unknown columns other"),
        ({"profile": {"by": "specialty"}}, "unknown columns specialty"),
        (
            {"supersession": CONTRACT_VALUES["supersession"] | {"record_fallback": None}},
            "a record needs an identifier that is not nullable",
        ),
        ({"supersession": {"kind": "upsert"}}, "supersession"),
    ],
)
def test_a_contract_whose_rules_do_not_fit_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Contract.model_validate({**CONTRACT_VALUES, **change})


def test_of_what_orders_versions_the_newest_of_a_file_is_kept(home: Home) -> None:
    path = home.root / "ACTIVITY.csv"
    path.write_text("\n".join([HEADER, row(ended="2017-05-02"), row(ended="2017-04-30", record="b")]) + "\n")
    ordered = Contract.model_validate({**CONTRACT_VALUES, "version_order": ["ended_date"]})
    receipt = receive(path, datetime(2017, 9, 1, tzinfo=UTC))
    staged = stage(home, receipt, {"activity": ordered}, (), "500MB", timetable=TIMETABLE)
    assert staged.version_facts["ended_date"] == "2017-05-02"


def test_the_timetable_of_the_seed_covers_the_years_of_the_feeds() -> None:
    timetable = read_timetable()
    assert (min(timetable), max(timetable)) == (date(2014, 4, 1), date(2027, 12, 1))
    assert all(cut_off.hour == 17 and cut_off.date() > month for month, cut_off in timetable.items())


def test_a_damaged_timetable_names_its_line(tmp_path: Path) -> None:
    seed = tmp_path / "sus_timetable.csv"
    seed.write_text("activity_month,postrec_inclusion\n2017-04-01,19 June\n")
    with pytest.raises(PcwError, match="line 2"):
        read_timetable(seed)
