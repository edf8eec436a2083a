"""The contract, risk and dashboard feeds of the sample: the figures of the committee's papers, to the last one.

Belongs here: what stands in the files. Does not belong here: whether they land (`test_registers`).
"""

import csv
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sources.synthetic import write_sample
from sources.synthetic.contract_feeds import write_contracts
from sources.synthetic.risk_feeds import write_risks
from sources.synthetic.world import build_world

SEED = 20170829


def written(folder: Path, first: date, last: date, practices: int = 92) -> Path:
    """The feeds without prescribing, which takes long."""
    folder.mkdir()
    write_contracts(folder, build_world(practices, SEED, last), first, last)
    write_risks(folder, first, last, ["99A"])
    return folder


@pytest.fixture(scope="module")
def to_august(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("feeds") / "s", date(2016, 4, 1), date(2017, 8, 1))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def visits(path: Path, first: str, last: str) -> int:
    """Visits from one month to another, both like 2017-06."""
    days = [
        row["Occurred On"].split("/") for row in table(path) if (row["Record"], row["Event Type"]) == ("event", "visit")
    ]
    return sum(first <= f"{year}-{month}" <= last for _, month, year in days)


def test_contracts_are_of_the_types_of_the_paper(to_august: Path) -> None:
    rows = table(to_august / "practice_contract_2017-08.csv")
    assert Counter(row["Contract Type"] for row in rows) == {"GMS": 74, "PMS": 5, "APMS": 13}
    moving = [row["Contract Type"] for row in rows if row["Requested Move To"]]
    assert moving == ["PMS"] * 3
    assert {row["Record Access"] for row in rows} == {"Y"}
    assert {row["PPG"] for row in rows} == {row["Earnings Published"] for row in rows} == {""}


def test_the_march_register_knows_of_every_patient_participation_group(to_august: Path) -> None:
    sheet = load_workbook(to_august / "practice_contract_2017-03.xlsx").active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[1][0] == "As at 31/03/2017"
    place = rows[3].index("PPG")
    assert [row[place] for row in rows[4:-1]] == ["Y"] * 92
    assert rows[-1][:3] == ["Total contracts", None, "92"]


def test_visits_are_those_of_both_papers(to_august: Path) -> None:
    june, august = (to_august / f"contract_event_2017-{month}.csv" for month in ("06", "08"))
    assert (visits(june, "2016-09", "2017-06"), visits(june, "2017-04", "2017-06")) == (31, 12)
    assert (visits(august, "2016-09", "2017-08"), visits(august, "2017-06", "2017-08")) == (63, 17)
    kept = {(row["Event ID"], row["Practice Code"], row["Occurred On"]) for row in table(august)}
    assert {
        (row["Event ID"], row["Practice Code"], row["Occurred On"]) for row in table(june) if row["Record"] == "event"
    } <= kept


def test_visits_raise_the_themes_of_the_paper_in_its_order(to_august: Path) -> None:
    raised = Counter(
        theme for row in table(to_august / "contract_event_2017-08.csv") for theme in row["Themes"].split(";") if theme
    )
    assert [theme for theme, _ in raised.most_common()] == [
        "PREMISES", "BOUNDARY_MAP", "FFT", "LD_HEALTH_CHECK", "WORKFORCE",
    ]  # fmt: skip


def test_a_span_to_july_has_what_took_place_by_then(tmp_path: Path) -> None:
    folder = written(tmp_path / "s", date(2016, 4, 1), date(2017, 7, 1))
    log = folder / "contract_event_2017-07.csv"
    assert (visits(log, "2016-09", "2017-07"), visits(log, "2017-06", "2017-07")) == (57, 11)


def test_the_log_says_of_which_kinds_it_knows_all(to_august: Path) -> None:
    rows = table(to_august / "contract_event_2017-08.csv")
    covered = {row["Event Type"]: row["Complete To"] for row in rows if row["Record"] == "coverage"}
    to_the_day = {kind for kind, day in covered.items() if day == "31/08/2017"}
    assert to_the_day == {"visit", "extension", "partnership_change", "boundary_change", "list_closure_request"}
    assert {kind for kind, day in covered.items() if not day} == {
        "interim_provider",
        "merger",
        "sanction",
        "practice_closure",
    }
    others = Counter(row["Event Type"] for row in rows if row["Record"] == "event" and row["Event Type"] != "visit")
    assert others == {"boundary_change": 1}


def test_complaints_are_those_of_the_paper(to_august: Path) -> None:
    rows = table(to_august / "complaint_2016-17.csv")
    assert len(rows) == 102
    assert len({row["Practice Code"] for row in rows}) == 59
    outcomes = Counter(row["Outcome"] for row in rows)
    assert outcomes.pop("Partly upheld") + outcomes.pop("Upheld") == 22
    assert outcomes == {"Not upheld": 15, "Resolved by provider": 19, "No consent": 14, "Withdrawn": 14, "": 18}
    ranked = [theme for theme, _ in Counter(row["Theme"] for row in rows).most_common()]
    assert ranked == ["Clinical care", "Prescriptions", "Appointments", "Removal from list", "Communication"]
    assert len(table(to_august / "complaint_2017-18.csv")) < 102 / 2


def test_fewer_practices_have_fewer_of_each(tmp_path: Path) -> None:
    folder = written(tmp_path / "s", date(2016, 4, 1), date(2017, 8, 1), practices=12)
    assert len(table(folder / "complaint_2016-17.csv")) == 13
    assert visits(folder / "contract_event_2017-08.csv", "2016-09", "2017-08") == 8
    assert len(table(folder / "practice_contract_2017-08.csv")) == 12


@pytest.mark.parametrize(
    ("first", "last"), [(date(2014, 1, 1), date(2014, 3, 1)), (date(2019, 11, 1), date(2020, 2, 1))]
)
def test_nothing_is_dated_after_the_span_or_before_its_practice(tmp_path: Path, first: date, last: date) -> None:
    folder = written(tmp_path / "s", first, last, practices=12)
    end = (last + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    opened = {practice.code: practice.opened for practice in build_world(12, SEED, last).practices}
    seen = Counter[str]()
    for path in folder.glob("*.csv"):
        for row in table(path):
            for name in (
                "Start Date",
                "Occurred On",
                "Requested On",
                "Received On",
                "Complete To",
                "As At",
                "Date Entered",
            ):
                if not row.get(name):
                    continue
                day = datetime.strptime(row[name], "%d/%m/%Y").date()
                assert day <= end, (path.name, row)
                assert opened.get(row.get("Practice Code", ""), day) <= day, (path.name, row)
                seen[name] += 1
    assert set(seen) >= {"Start Date", "Occurred On", "Received On", "As At", "Date Entered"}


def test_risks_are_those_of_the_paper(to_august: Path) -> None:
    rows = table(to_august / "risk_register_2017-08.csv")
    scores = [(int(row["Likelihood"]) * int(row["Consequence"]), int(row["Current Score"])) for row in rows]
    scores += [
        (int(row["Residual Likelihood"]) * int(row["Residual Consequence"]), int(row["Residual Score"])) for row in rows
    ]
    assert all(product == printed for product, printed in scores)
    bounds = {"Extreme": (15, 25), "High": (8, 12), "Moderate": (4, 6), "Low": (1, 3)}
    left = [int(row["Residual Score"]) for row in rows if row["Status"] == "open"]
    assert {name: sum(low <= score <= high for score in left) for name, (low, high) in bounds.items()} == {
        "Extreme": 2, "High": 6, "Moderate": 6, "Low": 0,
    }  # fmt: skip
    assert len(rows) == 15
    assert (to_august / "risk_register_2017-06.xlsx").exists()


def test_the_dashboard_agrees_in_two_values_and_differs_in_one(tmp_path: Path) -> None:
    write_sample(tmp_path / "s", date(2016, 4, 1), date(2017, 5, 1), practices=5)
    published = {row["Indicator Code"]: row for row in table(tmp_path / "s" / "quality_premium_2017-03.csv")}
    ours = {
        row["indicator_id"]: float(row["value"])
        for row in table(tmp_path / "s" / "truth" / "indicator_result.csv")
        if (row["org_type"], row["org_code"], row["org_view"]) == ("commissioner", "99A", "as_at")
        and row["variant"] in ("standard", "antibacterial_exact")
        and row["period_end"] == "2017-03-31"
        and row["indicator_id"].startswith("qp-")
    }
    pairs = {
        "QP_TRIMETHOPRIM_RATIO": ("qp-trimethoprim-nitrofurantoin-ratio", 1),
        "QP_ANTIBACTERIAL_STARPU": ("qp-antibacterial-items-per-starpu", 1),
        "QP_TRIMETHOPRIM_70_PLUS": ("qp-trimethoprim-items-age-70-plus", 1.03),
    }
    assert set(published) == set(pairs)
    for code, (indicator, factor) in pairs.items():
        assert float(published[code]["Value"]) == pytest.approx(factor * ours[indicator], rel=0.005), code
        assert published[code]["Period End"] == "31/03/2017"
