"""National waiting times of the sample: their parts sum to what is printed, and a planned year keeps to its plan."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import yaml

from expectations.suites import load_suite
from sources.contracts import load_contracts
from sources.recognition import recognise_head
from sources.synthetic.performance_feeds import write_performance
from sources.synthetic.performance_levels import MISSED, TRAJECTORY
from sources.synthetic.world import build_world
from tests.finance_files import landed, said

SEEDS = TRAJECTORY.parent
FIRST, LAST = date(2016, 4, 1), date(2017, 7, 1)
PLANNED = date(2019, 4, 1), date(2020, 3, 1)
BANDS = [f"Gt {week:02} To {week + 1:02} Weeks SUM 1" for week in range(52)]
LATE = [f"{week:02} < {week + 1:02} Weeks" for week in range(6, 13)] + ["13+ Weeks"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both spans of 92 practices."""
    folder = tmp_path_factory.mktemp("performance")
    world = build_world(92, 7, LAST)
    write_performance(folder, world, FIRST, LAST)
    write_performance(folder, world, *PLANNED)
    return folder


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def file_of(sample: Path, pattern: str) -> Path:
    [found] = sample.glob(pattern)
    return found


def rtt(sample: Path, word: str) -> tuple[int, int, int]:
    """Within 18 weeks, all, and over 52 weeks, of the commissioner's specialties."""
    found = [
        row
        for row in rows(file_of(sample, f"*RTT-{word}-full*"))
        if row["Commissioner Org Code"] == "99A" and row["RTT Part Type"] == "Part_2"
        and row["Treatment Function Code"] != "C_999"
    ]  # fmt: skip
    within = sum(int(row[band]) for row in found for band in BANDS[:18])
    return within, sum(int(row["Total All"]) for row in found), sum(int(row["Gt 52 Weeks SUM 1"]) for row in found)


def diagnostics(sample: Path, word: str) -> tuple[int, int]:
    found = [
        row
        for row in rows(file_of(sample, f"DM01-{word}-*"))
        if row["Commissioner Org Code"] == "99A" and row["Diagnostic Tests"] != "TOTAL"
    ]
    return sum(int(row[week]) for row in found for week in LATE), sum(int(row["Total WL"]) for row in found)


def cancer(sample: Path, word: str, standard: str) -> tuple[int, int]:
    found = [
        row
        for row in rows(file_of(sample, f"Cancer-Waits-{word}.csv"))
        if row["Commissioner Org Code"] == "99A" and row["Standard"] == standard and row["Cancer Type"] != "ALL CANCERS"
    ]
    return sum(int(row["Within Standard"]) for row in found), sum(int(row["Total"]) for row in found)


def shown(part: int, whole: int) -> Decimal:
    """As a report prints it."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)


def test_levels_of_the_clinical_months_are_plausible(sample: Path) -> None:
    within, waiting, longest = rtt(sample, "April-2016")
    assert (shown(within, waiting), longest < 5) == (Decimal("92.6"), True)
    assert 29_000 < waiting < 31_000
    assert shown(*diagnostics(sample, "April-2016")) == Decimal("1.1")
    assert shown(*cancer(sample, "April-2016", "2WW")) == Decimal("94.4")
    assert shown(*rtt(sample, "July-2017")[:2]) < 92


def test_printed_totals_are_the_sums(sample: Path) -> None:
    for path in sample.glob("Monthly-AE-*.csv"):
        *lines, total = rows(path)
        assert total["Org Code"] == "TOTAL"
        for column in list(total)[4:]:
            assert sum(int(line[column]) for line in lines) == int(total[column])
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows(file_of(sample, "*RTT-May-2017-*")):
        key = row["Provider Org Code"], row["Commissioner Org Code"], row["RTT Part Type"]
        sums[key][row["Treatment Function Code"] == "C_999"] += int(row["Total All"])
    assert sums and all(parts == printed for parts, printed in sums.values())


def test_a_planned_year_keeps_to_its_plan_but_for_the_months_that_miss_it(sample: Path) -> None:
    plans = {(row["indicator_id"], date.fromisoformat(row["month"])): Decimal(row["plan"]) for row in rows(TRAJECTORY)}
    for month in sorted({month for indicator, month in plans if indicator.startswith("rtt")}):
        word, missed = f"{month:%B-%Y}", month.month in MISSED
        within, waiting, longest = rtt(sample, word)
        better = {
            "rtt-incomplete-18-weeks": shown(within, waiting),
            "cancer-2-week-wait": shown(*cancer(sample, word, "2WW")),
            "cancer-62-day-urgent": shown(*cancer(sample, word, "62 Days")),
        }
        worse = {
            "rtt-52-week-waits": Decimal(longest),
            "diagnostic-6-week-waits": shown(*diagnostics(sample, word)),
        }
        for indicator, value in better.items():
            assert (value >= plans[indicator, month]) is not missed, (indicator, month, value)
        for indicator, value in worse.items():
            assert (value <= plans[indicator, month]) is not missed, (indicator, month, value)
        # The commissioner's practices change in number of patients; the plan is of its 505,000.
        assert abs(waiting / float(plans["rtt-waiting-list-size", month]) - 1) < 0.04


def test_a_file_of_long_waits_and_one_that_suppresses_are_read(sample: Path, tmp_path: Path) -> None:
    """The layout since 2021 has 104 weeks; of an IAPT file a star is missing, not zero."""
    found = list(rows(file_of(sample, "*RTT-July-2017-*")))
    later = {f"Gt {week:02} To {week + 1:02} Weeks SUM 1": "" for week in range(52, 104)}
    path = tmp_path / "20170731-RTT-July-2017-full-extract.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        names = list(found[0])
        place = names.index("Gt 52 Weeks SUM 1")
        writer = csv.DictWriter(file, [*names[:place], *later, "Gt 104 Weeks SUM 1", *names[place + 1 :]])
        writer.writeheader()
        for row in found:
            last = row.pop("Gt 52 Weeks SUM 1")
            writer.writerow({**row, **later, "Gt 104 Weeks SUM 1": last})
    outcome = landed(tmp_path / "home", path, "2017-09-14")
    assert outcome.submission is not None and said(outcome) == "", said(outcome)
    assert outcome.submission.layout == "to_104_weeks"
    text = file_of(sample, "iapt-july-2017-*").read_text(encoding="utf-8")
    few = [line for line in text.splitlines() if ",CCG,01J," in line and "NotAtCaseness" in line]
    path = tmp_path / "iapt-july-2017.csv"
    path.write_text(text.replace(few[0], few[0].rsplit(",", 1)[0] + ",*"), encoding="utf-8")
    outcome = landed(tmp_path / "home", path, "2017-10-20")
    assert outcome.submission is not None and outcome.submission.rows_quarantined == 0, said(outcome)


def test_each_file_is_told_by_its_name_and_header(sample: Path) -> None:
    contracts = load_contracts().values()
    for path in sample.iterdir():
        found = recognise_head(path.name, path.read_text(encoding="utf-8")[:8000], contracts)
        assert found.problem is None and found.contract is not None and found.contract.family == "performance"


def test_standards_are_the_same_at_the_gate_and_in_the_seed() -> None:
    suite = load_suite("cancer_waits", "rows")
    sql = suite.sql(suite.check("standard_known"))
    named = {part.strip().strip("'") for part in sql[sql.index(" in (") + 5 : sql.rindex(")")].split(",")}
    assert named == {row["standard"] for row in rows(SEEDS / "cancer_standard.csv")}


def test_the_trajectories_are_those_of_the_plan(realdata: Path) -> None:
    """Quarters stand in their last month; ids are those of the register of indicators."""
    path = realdata.parent / "facts" / "trajectories.yaml"
    if not path.is_file():
        pytest.skip("the facts of the papers are not beside the project")
    renamed = {"cancer-62-day": "cancer-62-day-urgent", "iapt-roll-out": "iapt-roll-out-quarterly"}
    quarters = {"Q1": "2019-06", "Q2": "2019-09", "Q3": "2019-12", "Q4": "2020-03"}
    printed = {
        (renamed.get(one["id"], one["id"]), f"{quarters.get(str(month)[-2:], month)}-01"): Decimal(str(plan))
        for one in yaml.safe_load(path.read_text(encoding="utf-8"))["performance_trajectories"]
        for month, plan in one["values"].items()
    }
    assert len(printed) == 76
    assert printed == {(row["indicator_id"], row["month"]): Decimal(row["plan"]) for row in rows(TRAJECTORY)}
