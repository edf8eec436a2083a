"""The sample finance files: what the papers print of them, sums to the penny, and rows that contracts allow."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from orchestration.cli import app
from pcw.errors import PcwError
from sources.synthetic import sample as writing
from sources.synthetic import write_sample
from sources.synthetic.finance_bodies import Body
from sources.synthetic.finance_budget import LINES
from sources.synthetic.finance_feeds import write_finance
from sources.synthetic.finance_ledger import LedgerYear
from sources.synthetic.finance_milestones import milestone_file
from sources.synthetic.finance_plans import MONTH_NAMES
from sources.synthetic.finance_schemes import SCHEMES
from sources.synthetic.finance_tables import as_printed, whole_pounds
from sources.synthetic.finance_trackers import forecast, reported
from sources.synthetic.months import months_between
from sources.synthetic.truth_finance_files import _rows as read_back
from sources.synthetic.world import build_world

ROOT = Path(__file__).resolve().parents[2]
FIRST, LAST = date(2016, 4, 1), date(2017, 7, 1)
SAVINGS_YEAR = (date(2019, 4, 1), date(2020, 3, 1))
Row = dict[str, str]


def written(folder: Path, practices: int, months: list[date]) -> Path:
    folder.mkdir()
    write_finance(folder, build_world(practices, 7, LAST), months, 7)
    return folder


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    months = months_between(FIRST, LAST) + months_between(*SAVINGS_YEAR)
    return written(tmp_path_factory.mktemp("finance") / "feeds", 30, months)


def rows(path: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def lines(path: Path) -> list[Row]:
    return [row for row in rows(path) if row["Row Type"] == "line"]


def summed(found: list[Row], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in found), Decimal(0))


def by_line(path: Path, column: str) -> dict[str, Decimal]:
    return {
        line.name: summed([row for row in lines(path) if row["Description"] == line.name], column) for line in LINES
    }


# -- the ledger --------------------------------------------------------------------------------------------------------

#: The paper's table: budget and actual to date, annual budget, forecast, printed variances.
MONTH_3 = {
    "Enhanced services": (387435, 387435, 1549812, 1549812, 0, 0),
    "General Practice - GMS": (10382337, 9842921, 41529743, 41214439, -539416, -315304),
    "General Practice - PMS": (659304, 466947, 2637245, 2637245, -192357, 0),
    "Other - GP Services": (1713090, 1713090, 7201474, 7201474, 0, 0),
    "Other List-Based Services (APMS incl.)": (1422436, 1838906, 5689754, 5689754, 416470, 0),
    "Other premises costs": (171363, 171363, 685498, 685498, 0, 0),
    "Premises cost reimbursements": (552642, 552642, 2210599, 2210599, 0, 0),
    "Primary Care NHS Property Services Costs": (1112952, 1151549, 4451809, 4606194, 38596, 154385),
    "QOF": (1647756, 2048995, 6591066, 6992305, 401239, 401239),
}
TABLE = ("YTD Budget", "YTD Actual", "Annual Budget", "Forecast Outturn", "YTD Variance", "Forecast Variance")


@pytest.mark.parametrize("practices", [3, 8, 92])
def test_month_3_of_2017_18_is_the_table_of_the_paper(tmp_path: Path, practices: int) -> None:
    folder = written(tmp_path / "feeds", practices, [date(2017, 6, 1), date(2017, 7, 1)])
    path = folder / "ledger_2017-18_M03.csv"
    for place, column in enumerate(TABLE):
        found = by_line(path, column)
        assert {name: found[name] for name in MONTH_3} == {name: values[place] for name, values in MONTH_3.items()}
    # What medicines may cost is held against the prescribing of as many practices as the sample has.
    share = Decimal(practices) / 92
    budget = by_line(path, "Annual Budget")["Prescribing Expenditure"]
    over = by_line(path, "Forecast Variance")["Prescribing Expenditure"]
    assert abs(budget - 86_381_974 * share) < 2_000 and abs(over - 580_349 * share) < 20
    july = by_line(folder / "ledger_2017-18_M04.csv", "Forecast Variance")["Prescribing Expenditure"]
    assert round(july / share / 1_000_000, 1) == Decimal("-0.1")
    if practices == 92:
        assert (budget, over) == (86_381_974, 580_349)
    [printed] = [row for row in rows(path) if row["Description"] == "Total Primary Care Co-Commissioning"]
    assert [Decimal(printed[column]) for column in TABLE] == [
        *(18_049_315, 18_173_847, 72_547_000, 72_787_320, 124_532, 240_320),
    ]


def test_the_ledger_is_by_practice_and_coding_string(feeds: Path) -> None:
    found = lines(feeds / "ledger_2017-18_M03.csv")
    assert all(re.fullmatch(r"\d{6}/\d{8}/(N82X\d\d|Y0X\d{3})/[A-Z]{6}/000000", row["Coding String"]) for row in found)
    keys = [(row["Coding String"], row["Description"]) for row in found]
    assert len(set(keys)) == len(keys)
    paid = defaultdict(set)
    for row in found:
        paid[row["Description"]].add(row["Coding String"].split("/")[2])
    contracts = [paid[f"General Practice - {kind}"] for kind in ("GMS", "PMS")]
    contracts.append(paid["Other List-Based Services (APMS incl.)"])
    assert sum(map(len, contracts)) == len(set.union(*contracts)) == len(paid["QOF"]) == 30


def test_years_to_date_only_grow_and_end_at_the_year(feeds: Path) -> None:
    ledger = LedgerYear(build_world(30, 7, LAST), 2016, 7)
    for before, after in pairwise(range(1, 14)):
        earlier = {row.coding: row for row in ledger.rows(before)}
        for row in ledger.rows(after):
            if row.coding in earlier:
                assert row.ytd_actual >= earlier[row.coding].ytd_actual
                assert row.ytd_budget >= earlier[row.coding].ytd_budget
                assert row.ytd_actual == earlier[row.coding].ytd_actual + row.movement
    assert all(row.ytd_budget == row.annual_budget and row.forecast == row.ytd_actual for row in ledger.rows(12))
    assert sum(row.movement for row in ledger.rows(13)) > 0


@pytest.mark.parametrize("year", [2016, 2017, 2019])
def test_no_line_is_phased_in_twelfths(year: int) -> None:
    for course in LedgerYear(build_world(8, 7, LAST), year, 7).courses:
        assert sum(course.budget) == course.annual_budget
        assert len(set(course.budget[:12])) > 2
        assert all(amount > 0 for amount in (*course.budget[:12], *course.actual))
        assert course.forecast[-1] == sum(course.actual)


def test_who_closes_keeps_the_budget_and_who_opens_has_none(feeds: Path) -> None:
    world = build_world(30, 7, LAST)
    opened = next(
        practice.code
        for practice in world.listed
        if practice.opened == world.merged_on and practice.code != world.predecessor
    )
    found = {row["Coding String"].split("/")[2]: row for row in lines(feeds / "ledger_2016-17_M12.csv")}
    before = {row["Coding String"].split("/")[2] for row in lines(feeds / "ledger_2016-17_M05_v2.csv")}
    assert Decimal(found[opened]["Annual Budget"]) == 0 < Decimal(found[opened]["YTD Actual"])
    assert opened not in before
    assert Decimal(found[world.predecessor]["YTD Variance"]) < 0
    assert world.predecessor not in {
        row["Coding String"].split("/")[2] for row in lines(feeds / "ledger_2017-18_M01.csv")
    }


def test_printed_totals_of_extracts_are_those_of_their_lines(feeds: Path) -> None:
    count = 0
    for path in sorted(feeds.glob("ledger_*.csv")):
        for total in (row for row in rows(path) if row["Row Type"] == "total"):
            area = total["Programme Area"]
            own = [row for row in lines(path) if area in ("", row["Programme Area"])]
            for column in TABLE:
                expected = Decimal(total[column])
                if (path.name, area, column) == (
                    "ledger_2017-18_M03.csv",
                    "Primary Care Co-Commissioning",
                    "YTD Actual",
                ):
                    expected += 1
                if "Variance" not in column or path.name != "ledger_2017-18_M03.csv":
                    assert summed(own, column) == expected, (path.name, area, column)
                count += 1
    assert count > 400


def test_files_of_a_year(feeds: Path) -> None:
    names = sorted(path.name.partition("_2019-20_")[2] for path in feeds.glob("ledger_2019-20_*"))
    extracts = ["M01", "M02", "M03", "M04", "M05_v1", "M05_v2", "M06", "M07"]
    extracts += ["M09_co-commissioning", "M09_prescribing", "M10", "M11", "M12", "M13"]
    assert names == [f"{name}.csv" for name in extracts]
    reports = sorted(path.name.partition("_2019-20_")[2] for path in feeds.glob("budget_report_2019-20_*"))
    assert reports == ["M02.xlsx", "M06.csv", "M08.csv", "M11.xlsx"]
    # The year that is not over has no adjustments.
    assert not list(feeds.glob("*_2017-18_M13*"))
    early, late = (by_line(feeds / f"ledger_2019-20_M05_v{n}.csv", "Forecast Outturn") for n in (1, 2))
    assert {name for name in early if early[name] != late[name]} == {"Prescribing Expenditure"}


def test_a_report_looks_as_a_committee_sees_it(feeds: Path) -> None:
    text = (feeds / "budget_report_2019-20_M08.csv").read_text(encoding="utf-8")
    assert text.splitlines()[:2] == ["Budget report of 99A", "Month 8 2019/20"]
    assert re.search(r'"\(\d{1,3},\d{3}\)"', text)
    assert text.splitlines()[-1].startswith("Total,")
    first = (feeds / "budget_report_2019-20_M02.xlsx", feeds / "ledger_2019-20_M02.csv")
    printed = {row["line_description"]: row for row in read_back(first[0])}
    assert printed.keys() == {*(line.name for line in LINES), "Total"}
    for name, amount in by_line(first[1], "YTD Actual").items():
        assert abs(Decimal(printed[name]["ytd_actual"]) - amount) <= Decimal("0.5")
    assert {row["financial_year"] for row in printed.values()} == {"2019/20"}
    assert {row["ledger_period"] for row in printed.values()} == {"2"}


@pytest.mark.parametrize(
    ("pence", "text"), [(0, "-"), (123_449, "1,234"), (-123_450, "(1,235)"), (50, "1"), (-49, "-"), (-150, "(2)")]
)
def test_amounts_as_a_report_prints_them(pence: int, text: str) -> None:
    assert as_printed(whole_pounds(pence)) == text


# -- journals ----------------------------------------------------------------------------------------------------------


def test_journals_sum_to_the_movement_of_the_ledger(feeds: Path) -> None:
    world = build_world(30, 7, LAST)
    for year, periods in ((2016, range(1, 14)), (2017, range(1, 5)), (2019, range(1, 14))):
        ledger = LedgerYear(world, year, 7)
        for period in periods:
            found: dict[str, Decimal] = defaultdict(Decimal)
            for row in rows(feeds / f"journals_{year}-{(year + 1) % 100}_M{period:02d}.csv"):
                found[row["Coding String"]] += Decimal(row["Amount"])
            expected = {row.coding: Decimal(row.movement) / 100 for row in ledger.rows(period)}
            assert {code: found.get(code, 0) for code in expected} == expected
            assert found.keys() <= expected.keys()


def test_accruals_are_reversed_but_one(feeds: Path) -> None:
    open_amounts: dict[str, Decimal] = defaultdict(Decimal)
    late = set()
    for path in sorted(feeds.glob("journals_2019-20_*.csv")):
        found = rows(path)
        keys = [(row["Journal Reference"], row["Line Number"]) for row in found]
        assert len(set(keys)) == len(keys)
        for row in found:
            if row["Entry Type"] == "accrual":
                open_amounts[row["Journal Reference"]] += Decimal(row["Amount"])
            if row["Entry Type"] == "reversal":
                assert row["Reverses"] in open_amounts, path.name
                open_amounts[row["Reverses"]] += Decimal(row["Amount"])
                late.add(int(path.stem[-2:]) - int(row["Reverses"].split("-")[1][-2:]))
    # What stays open at the end of the year: the accrual of March, and the forgotten one.
    assert {reference for reference, amount in open_amounts.items() if amount} == {
        *("ACC-201912-PRESCR", "ACC-201907-PRCAHO"),
    }
    assert late == {1, 3}


# -- savings -----------------------------------------------------------------------------------------------------------

PLAN_2019 = [2664979, 1529318, 800000, 149446, 188345, 673571, 952451, 453028, 178346, 1200000, 3225581, 200000, 507800]
PLAN_2019 += [401843, 718139]
PLAN_MONTHS = [f"Plan {name}" for name in MONTH_NAMES]


def test_the_plan_of_2019_20_is_that_of_the_paper(feeds: Path) -> None:
    path = feeds / "cres_plan_2019-20.csv"
    found = lines(path)
    assert [Decimal(row["Net Plan"]) for row in found] == PLAN_2019
    assert [row["Scheme ID"] for row in found] == [f"CRES-2019-{number:02d}" for number in range(1, 16)]
    by_recurrence: dict[str, Decimal] = defaultdict(Decimal)
    for row in found:
        by_recurrence[row["Recurrent / Non-Recurrent"]] += Decimal(row["Net Plan"])
        assert Decimal(row["Gross Plan"]) - Decimal(row["Investment"]) == Decimal(row["Net Plan"])
        assert sum(Decimal(row[name]) for name in PLAN_MONTHS) == Decimal(row["Net Plan"])
        assert row["Lead"] and row["Finance Lead"]
    assert by_recurrence == {"recurrent": 9_417_044, "non_recurrent": 3_625_803, "mixed": 800_000}
    [total] = [row for row in rows(path) if row["Row Type"] == "total"]
    assert (Decimal(total["Net Plan"]), summed(found, "Net Plan")) == (13_842_856, 13_842_847)
    [mixed] = [row for row in found if row["Recurrent / Non-Recurrent"] == "mixed"]
    assert mixed["Recurrent Plan"] == ""


def test_no_two_schemes_claim_the_same(feeds: Path) -> None:
    for path in feeds.glob("cres_plan_*.csv"):
        claims = [claim for row in lines(path) for claim in row["Claims"].split(";") if claim]
        assert len(claims) > 5
        for claim in claims:
            assert sum(claim.startswith(other) for other in claims) == 1
        methods = {row["Evidence Method"] for row in lines(path)}
        # What the medicines and the activity of the sample would contradict is only asked for in 2019/20.
        seen = {"drug_switch", "activity", "none"}
        unseen = {"prescribing_price_volume", "contract_tolerance"} if "2019" in path.name else set()
        assert methods == seen | unseen


def test_savings_of_prescribing_in_2017_18(feeds: Path) -> None:
    [planned] = [row for row in lines(feeds / "cres_plan_2017-18.csv") if row["Scheme"] == "Prescribing"]
    [june] = [row for row in lines(feeds / "cres_tracker_2017-18_M03_v1.csv") if row["Scheme"] == "Prescribing"]
    assert Decimal(planned["Net Plan"]) == 7_000_000
    # The paper: GBP 0.4m slipped.
    assert abs(Decimal(planned["Net Plan"]) - Decimal(june["Forecast Full Year"]) - 420_000) < 1


def tracked(feeds: Path, period: int, number: int, version: int = 1, year: str = "2019-20") -> Row:
    path = feeds / f"cres_tracker_{year}_M{period:02d}_v{version}.csv"
    [row] = [row for row in lines(path) if row["Scheme ID"].endswith(f"-{number:02d}")]
    return row


def test_trackers_add_up(feeds: Path) -> None:
    for path in sorted(feeds.glob("cres_tracker_*.csv")):
        period = int(path.stem[-5:-3])
        for row in lines(path):
            actual = [row[f"Actual {name}"] for name in MONTH_NAMES]
            ahead = [row[f"Forecast {name}"] for name in MONTH_NAMES]
            assert not any(actual[period:])
            assert all(bool(one) != bool(other) for one, other in zip(actual, ahead, strict=True))
            assert sum(Decimal(text) for text in actual + ahead if text) == Decimal(row["Forecast Full Year"])
            assert row["Delivery RAG"] in ("G", "A", "R")
        [total] = [row for row in rows(path) if row["Row Type"] == "total"]
        assert Decimal(total["Forecast Full Year"]) == summed(lines(path), "Forecast Full Year")


def test_what_the_schemes_of_2019_20_have_to_tell(feeds: Path) -> None:
    plan = {row["Scheme ID"]: Decimal(row["Net Plan"]) for row in lines(feeds / "cres_plan_2019-20.csv")}
    # A hockey stick: the forecast is the plan until the year is over.
    late = [Decimal(tracked(feeds, period, 11)["Forecast Full Year"]) for period in range(1, 13)]
    assert set(late[:11]) == {plan["CRES-2019-11"]}
    assert late[11] < plan["CRES-2019-11"] / 2
    # Not updated in August.
    july, august, september = (tracked(feeds, period, 8) for period in (4, 5, 6))
    assert august["Last Updated"] == july["Last Updated"] < september["Last Updated"]
    assert (july["Actual Aug"], august["Actual Aug"], bool(september["Actual Aug"])) == ("", "", True)
    # Restated: prescribing of June in July, the forecast of demand management between two versions of September.
    assert Decimal(tracked(feeds, 3, 1)["Actual Jun"]) > Decimal(tracked(feeds, 4, 1)["Actual Jun"])
    early, restated = (Decimal(tracked(feeds, 6, 14, version)["Forecast Full Year"]) for version in (1, 2))
    assert early > restated
    # Recurrent by plan, delivered once; with a shortfall and nothing on record against it.
    assert (tracked(feeds, 12, 12)["Recurrent YTD"], tracked(feeds, 6, 4)["Mitigation"]) == ("0.00", "")
    assert tracked(feeds, 6, 1)["Mitigation Value"] == "150000.00"


def test_one_scheme_alone_is_a_hockey_stick(feeds: Path) -> None:
    late = set()
    for path in sorted(feeds.glob("cres_tracker_2019-20_*.csv")):
        for row in lines(path):
            last_quarter = sum(Decimal(row[f"Actual {month}"] or row[f"Forecast {month}"]) for month in MONTH_NAMES[9:])
            if last_quarter > Decimal("0.4") * Decimal(row["Forecast Full Year"]):
                late.add(row["Scheme ID"])
    for row in lines(feeds / "cres_plan_2019-20.csv"):
        assert sum(Decimal(row[name]) for name in PLAN_MONTHS[9:]) < Decimal("0.4") * Decimal(row["Net Plan"])
    assert late == {"CRES-2019-11"}


def test_nothing_is_forecast_from_months_that_had_no_plan() -> None:
    for scheme in SCHEMES:
        for period in range(13):
            ahead = forecast(scheme, period, 1)
            assert len(ahead) == 12 - period
            assert all(pence >= 0 for pence in (*ahead, *reported(scheme, period)))


def test_milestones(feeds: Path) -> None:
    before: set[tuple[str, str]] = set()
    for path in sorted(feeds.glob("milestones_2019-20_*.csv")):
        found = rows(path)
        done = {(row["Reference"], row["Number"]) for row in found if row["Completed"]}
        assert before <= done
        before = done
        assert {row["Belongs To"] for row in found} == {"scheme", "project"}
    assert len(before) > 50
    august = rows(feeds / "milestones_2019-20_M05.csv")
    late = {row["Reference"] for row in august if not row["Completed"] and due(row) < date(2019, 8, 31)}
    assert late == {"CRES-2019-04", "CRES-2019-11"}


def test_projects_keep_the_days_of_their_plan_and_are_not_reported_before_it() -> None:
    def days(year: int) -> dict[tuple[str, str], str]:
        [report] = milestone_file(year, 3, Body()).values()
        told = csv.DictReader(io.StringIO(report.decode(), newline=""))
        return {(row["Reference"], row["Number"]): row["Due"] for row in told if row["Belongs To"] == "project"}

    assert days(2017) == {}
    assert days(2019)["cure", "4"] == "31/10/2019"
    assert days(2020) == days(2019)


def due(row: Row) -> date:
    day, month, year = map(int, row["Due"].split("/"))
    return date(year, month, day)


# -- the files as a whole ----------------------------------------------------------------------------------------------


def contract_names(dataset: str) -> Iterator[str]:
    [path] = (ROOT / "sources" / "finance").glob(f"{dataset}.yaml")
    for layout in yaml.safe_load(path.read_text(encoding="utf-8"))["layouts"]:
        for printed in layout["names"].values():
            yield from printed


def test_every_column_is_in_its_contract(feeds: Path) -> None:
    datasets = {
        "ledger": "ledger",
        "budget": "ledger",
        "journals": "ledger_journal",
        "milestones": "programme_milestone",
    }
    for path in sorted(feeds.glob("*.csv")):
        dataset = datasets.get(path.name.partition("_")[0]) or "_".join(path.name.split("_")[:2])
        place = 3 if dataset == "ledger" and path.name.startswith("budget") else 0
        header = next(csv.reader([path.read_text(encoding="utf-8").splitlines()[place]]))
        assert set(header) <= set(contract_names(dataset)), path.name


def test_finance_leaves_the_clinical_files_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    month = date(2017, 6, 1)
    both = write_sample(tmp_path / "both", month, month, practices=3, with_truth=False, finance=SAVINGS_YEAR).out
    monkeypatch.setattr(writing, "write_finance", lambda *_: None)
    monkeypatch.setattr(writing, "write_evidence", lambda *_: None)
    alone = write_sample(tmp_path / "alone", month, month, practices=3, with_truth=False).out
    clinical = {path.name: path.read_bytes() for path in alone.iterdir() if path.is_file()}
    assert len(clinical) > 12
    assert {path.name: path.read_bytes() for path in both.iterdir() if path.name in clinical} == clinical
    finance = {path.name for path in both.iterdir() if path.is_file()} - clinical.keys()
    assert {"ledger_2017-18_M03.csv", "cres_plan_2017-18.csv", "ledger_2019-20_M13.csv"} <= finance
    # No clinical month of the span that is of finance alone.
    assert not {name for name in clinical if "2019" in name}


def test_the_command_needs_both_ends_of_the_span_of_finance(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["sample", "--out", str(tmp_path / "s"), "--finance-from", "2019-04"])
    assert isinstance(result.exception, PcwError)
    assert "--finance-to" in str(result.exception)
    assert not (tmp_path / "s").exists()


def test_a_span_of_finance_is_a_span(tmp_path: Path) -> None:
    month = date(2017, 6, 1)
    with pytest.raises(PcwError, match="Finance runs from 2014-01"):
        write_sample(tmp_path / "s", month, month, practices=3, finance=(SAVINGS_YEAR[1], SAVINGS_YEAR[0]))
    assert not (tmp_path / "s").exists()
