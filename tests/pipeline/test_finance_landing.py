"""Finance files on their way: partitions, calendar, names that contradict, gates asked again, staging models."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from orchestration.landing import suites_hash
from orchestration.peeking import peek
from orchestration.regating import regate, ungated
from pcw.home import Home
from pcw.settings import Settings
from sources.calendar import overdue
from sources.contracts import load_contracts
from sources.ledger import current
from sources.manifests import REGATED, read_submissions
from sources.receipts import receive
from tests.finance_files import TITLE, budget_report, cres_plan, journals, landed, ledger, said, write_csv, write_xlsx
from tests.pipeline.dbt_support import Feeds, build_models

CONTRACTS = load_contracts()


def partition(path: Path) -> tuple[str | None, str]:
    seen = peek(receive(path, datetime(2020, 5, 1, tzinfo=UTC)))
    return seen.dataset, seen.partition


def test_a_file_is_landed_under_its_month(tmp_path: Path) -> None:
    assert partition(write_csv(tmp_path / "a.csv", ledger(3))) == ("ledger", "2017-06-01")
    assert partition(write_csv(tmp_path / "b.csv", ledger(13))) == ("ledger", "2018-03-01")
    assert partition(write_xlsx(tmp_path / "c.xlsx", budget_report())) == ("ledger", "2017-06-01")
    assert partition(write_xlsx(tmp_path / "d.xlsx", cres_plan())) == ("cres_plan", "2019-04-01")
    assert partition(write_csv(tmp_path / "e.csv", journals())) == ("ledger_journal", "2017-06-01")
    in_name = budget_report(title=(("Entity 99A",),))
    assert partition(write_csv(tmp_path / "budget_report_2017-18_M03.csv", in_name)) == ("ledger", "2017-06-01")


def test_a_month_that_is_missing_is_overdue_and_a_plan_is_of_its_year(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for period, received in ((1, "2017-05-20"), (3, "2017-07-20")):
        assert landed(home, write_csv(tmp_path / f"ledger_M{period:02}.csv", ledger(period)), received).submission
    assert landed(home, write_csv(tmp_path / "cres_plan.csv", cres_plan()), "2019-05-01").submission
    in_force = current(read_submissions(Home(home).landing), CONTRACTS)
    late = overdue(CONTRACTS, in_force, date(2017, 7, 25))
    assert [(item.dataset, item.month, item.due) for item in late] == [("ledger", date(2017, 5, 1), date(2017, 6, 20))]
    plans = [item for item in overdue(CONTRACTS, in_force, date(2020, 6, 1)) if item.dataset == "cres_plan"]
    assert [(item.month, item.due) for item in plans] == [(date(2020, 4, 1), date(2020, 5, 30))]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ledger_M04", "its name says period 4, but its rows are of period 3 of 2017/18"),
        ("ledger_2016-17", "its name says 2016/17, but its rows are of 2017/18"),
        ("ledger_2017-07", "its name says period 4 of 2017/18, but its rows are of period 3 of 2017/18"),
        ("ledger July 2017", "its name says period 4 of 2017/18"),
    ],
)
def test_a_name_that_contradicts_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    outcome = landed(tmp_path / "home", write_csv(tmp_path / f"{name}.csv", ledger(3)))
    assert outcome.refusal is not None and sentence in said(outcome)


def test_a_title_and_a_stated_month_must_agree_with_the_rows(tmp_path: Path) -> None:
    home = tmp_path / "home"
    titled = [("Month 4 2017/18",), (), *ledger(3)]
    outcome = landed(home, write_csv(tmp_path / "ledger.csv", titled))
    assert outcome.refusal is not None and "its title says period 4 of 2017/18, but its rows" in said(outcome)
    path = write_csv(tmp_path / "ledger.csv", ledger(3))
    outcome = landed(home, path, period=date(2017, 7, 1))
    assert outcome.refusal is not None and "--period says period 4 of 2017/18" in said(outcome)
    assert landed(home, path, period=date(2017, 6, 1)).submission is not None


@pytest.mark.parametrize("year", ["2017", "2017/19", "17/18", "Apr-17"])
def test_a_malformed_year_is_refused(tmp_path: Path, year: str) -> None:
    outcome = landed(tmp_path / "home", write_csv(tmp_path / "ledger.csv", ledger(3, year=year)))
    assert outcome.refusal is not None
    assert f"row 2, column financial_year: expected a financial year like 2017/18, found {year}" in said(outcome)


def test_a_file_may_hold_several_periods(tmp_path: Path) -> None:
    outcome = landed(tmp_path / "home", write_csv(tmp_path / "ledger.csv", [*ledger(2), *ledger(3)[1:]]))
    assert outcome.periods == (date(2017, 5, 1), date(2017, 6, 1)), said(outcome)


def test_several_tables_in_one_file_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ledger(3))
    with zipfile.ZipFile(tmp_path / "ledger.zip", "w") as archive:
        archive.write(path, "a.csv")
        archive.write(path, "b.csv")
    outcome = landed(tmp_path / "home", tmp_path / "ledger.zip")
    assert outcome.refusal is not None
    assert "File ledger.zip holds 2 tables (a.csv, b.csv). Send one table in each file." in said(outcome)

    def second(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        other = sheet.parent.create_sheet("Second")
        for row in budget_report():
            other.append(list(row))

    outcome = landed(tmp_path / "home", write_xlsx(tmp_path / "budget_report.xlsx", budget_report(), second))
    assert outcome.refusal is not None and "holds 2 tables" in said(outcome)


def test_gates_are_asked_again_of_a_workbook_that_landed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, settings = Home(tmp_path / "home"), Settings(home=tmp_path / "home")
    month_in_option = budget_report(title=TITLE[:2])
    outcome = landed(home.root, write_xlsx(tmp_path / "budget_report.xlsx", month_in_option), period=date(2017, 6, 1))
    assert outcome.submission is not None, said(outcome)
    folder = home.landing / "ledger" / outcome.submission.submission_id
    [submission] = read_submissions(home.landing)
    assert ungated([submission]) == []
    regate(home, settings, submission, [submission])
    assert (folder / REGATED).exists()
    [again] = read_submissions(home.landing)
    assert again.suites_hash == suites_hash("ledger")
    assert [v["check"] for v in again.verdicts if not v["passed"]] == []
    assert len(again.verdicts) == len(submission.verdicts)


def test_public_look_alikes_are_staged_by_their_newest_file(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    practice = {"financial_year": "2018/19", "practice_code": "N82001", "commissioner_code": "99A"}
    spend = {
        "entity_name": "A TRUST", "financial_year": "2020/21", "ledger_period": 1, "supplier_name": "A",
        "transaction_number": "1",
    }  # fmt: skip
    for day, amount in ((1, 100), (2, 200)):
        given = {"received_at": datetime(2020, 8, day), "submission_id": f"s{day}"}
        feeds.add("gp_payments", date(2018, 4, 1), [{**practice, **given, "net_payments": amount}])
        rows = [{**spend, **given, "line_number": line, "amount": amount} for line in range(1, 4 - day)]
        feeds.add("spend_over_25k", date(2020, 4, 1), rows)
    feeds.close_ledger()
    build_models(warehouse, "stg_finance__gp_payments", "stg_finance__spend")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("use staging")
        payments = connection.execute("select practice_code, net_payments from stg_finance__gp_payments").fetchall()
        spent = connection.execute("select month, line_number, amount from stg_finance__spend").fetchall()
    assert payments == [("N82001", 200)]
    assert spent == [(date(2020, 4, 1), 1, 200)]
