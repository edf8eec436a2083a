"""The sample of clinical quality: the paper's figures from the files as they are, and what searches and QOF share."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from sources.synthetic.quality_feeds import write_quality
from sources.synthetic.quality_registers import REGISTERS
from sources.synthetic.quality_searches import shared
from sources.synthetic.world import build_world

FIRST, LAST = date(2016, 4, 1), date(2017, 7, 1)
SEED = 20170829
MARCH, JUNE = "31/03/2017", "30/06/2017"
Counted = dict[str, tuple[int, int]]


def written(folder: Path, practices: int, first: date = FIRST, last: date = LAST) -> Path:
    folder.mkdir()
    write_quality(folder, build_world(practices, SEED, last), first, last)
    return folder


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("quality") / "s", 92)


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle)


def search(folder: Path, code: str, day: str) -> Counted:
    """Numerator and denominator of each practice, of its newest run in any file."""
    newest: dict[str, tuple[datetime, int, int]] = {}
    for path in folder.glob("gp_search_*.csv"):
        for row in rows(path):
            if (row["Search ID"], row["Relative Date"]) == (code, day):
                run = datetime.strptime(row["Last Run"], "%d/%m/%Y %H:%M")
                found = (run, int(row["Population Count"]), int(row["Parent Count"]))
                newest[row["Practice Code"]] = max(newest.get(row["Practice Code"], found), found)
    return {practice: (numerator, denominator) for practice, (_, numerator, denominator) in newest.items()}


def percent(counted: Counted) -> float:
    return round(100 * sum(pair[0] for pair in counted.values()) / sum(pair[1] for pair in counted.values()), 1)


@pytest.mark.parametrize(
    ("code", "day", "shown"),
    [
        ("INR4M", MARCH, 96.7), ("INR4M", JUNE, 96.4), ("POLYREV", MARCH, 0.0), ("POLYREV", JUNE, 6.5),
        ("HYP", JUNE, 13.6), ("AFAC", MARCH, 81.7), ("STANTI", MARCH, 94.4), ("CHDSTAT", MARCH, 85.1),
        ("HFBB", MARCH, 66.2),
    ],
)  # fmt: skip
def test_the_commissioner_has_the_figures_of_the_paper(sample: Path, code: str, day: str, shown: float) -> None:
    found = search(sample, code, day)
    assert len(found) == 92
    assert percent(found) == shown


def test_as_many_practices_achieve_as_in_the_paper(sample: Path) -> None:
    def achieving(code: str, day: str, hundredths: int) -> int:
        return sum(100 * found >= hundredths * of for found, of in search(sample, code, day).values())

    assert [achieving("INR4M", day, 90) for day in (MARCH, JUNE)] == [85, 78]
    assert [achieving("POLYREV", day, 81) for day in (MARCH, JUNE)] == [0, 1]


@pytest.mark.parametrize(("practices", "below"), [(12, 2), (6, 1), (24, 4)])
def test_with_fewer_practices_shares_stay_and_counts_go_in_proportion(
    tmp_path: Path, practices: int, below: int
) -> None:
    found = search(written(tmp_path / "s", practices), "INR4M", JUNE)
    assert percent(found) == pytest.approx(96.4, abs=0.15)
    assert sum(10 * numerator < 9 * denominator for numerator, denominator in found.values()) == below


def test_searches_were_run_again_within_a_file_and_in_another(sample: Path) -> None:
    runs = defaultdict(set)
    for row in rows(sample / "gp_search_2017-06.csv"):
        runs[row["Practice Code"]].add(row["Last Run"])
    assert sorted(len(found) for found in runs.values()) == [1] * 90 + [2] * 2
    again = {row["Practice Code"]: row["Last Run"] for row in rows(sample / "gp_search_2017-06_rerun.csv")}
    assert len(again) == 3
    first = {
        row["Practice Code"]: int(row["Population Count"])
        for row in rows(sample / "gp_search_2017-06.csv")
        if row["Search ID"] == "HYP"
    }
    final = search(sample, "HYP", JUNE)
    assert all(final[practice][0] > first[practice] for practice in again)


def test_every_row_of_a_search_can_hold(sample: Path) -> None:
    codes = set()
    for path in sample.glob("gp_search_*.csv"):
        for row in rows(path):
            codes.add(row["Search ID"])
            found, of, people = (int(row[name]) for name in ("Population Count", "Parent Count", "Practice Population"))
            assert 0 <= found <= of <= people
            assert not row["Males"] or int(row["Males"]) + int(row["Females"]) == found
    seed = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "gp_search.csv"
    assert codes == {row["search_id"] for row in rows(seed)}


def test_qof_counts_what_the_searches_count_but_of_two_practices(sample: Path) -> None:
    searched = {"CHD": "CHD", "HF": "HF", "STIA": "STIA", "AF": "AF", "HYP": "HYP", "COPD": "COPD", "DM": "DM17"}
    qof = {(row["PRACTICE_CODE"], row["GROUP_CODE"]): row for row in rows(sample / "PREVALENCE_1617.csv")}
    assert {group for _, group in qof} == set(REGISTERS) and len(REGISTERS) == 21
    astray = {}
    for group, code in searched.items():
        for practice, (found, of) in search(sample, code, MARCH).items():
            row = qof[practice, group]
            assert int(row["PATIENT_LIST_SIZE"]) == of, "searches and QOF know one list"
            if abs(int(row["REGISTER"]) - found) > 0.02 * found:
                astray[practice, group] = round(int(row["REGISTER"]) / found, 2)
    assert astray == {("N82X08", "HYP"): 1.09, ("N82X25", "DM"): 0.88}


def test_points_are_those_of_the_framework(sample: Path) -> None:
    points: dict[str, float] = defaultdict(float)
    for row in rows(sample / "ACHIEVEMENT_1617.csv"):
        if row["MEASURE"] == "ACHIEVED_POINTS":
            points[row["PRACTICE_CODE"]] += float(row["VALUE"])
    assert len(points) == 95 and 0 < min(points.values()) <= max(points.values()) <= 559


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        (date(2017, 9, 1), date(2017, 11, 1), [
            "ACHIEVEMENT_1617", "IMD_by_practice", "PREVALENCE_1617", "gp_search_2017-09",
        ]),
        (date(2017, 1, 1), date(2017, 3, 1), [
            "ACHIEVEMENT_1516", "ACHIEVEMENT_1617", "IMD_by_practice", "PREVALENCE_1516", "PREVALENCE_1617",
            "gp_search_2017-03",
        ]),
        (date(2017, 1, 1), date(2017, 2, 1), ["ACHIEVEMENT_1516", "IMD_by_practice", "PREVALENCE_1516"]),
    ],
)  # fmt: skip
def test_nothing_is_written_of_a_later_day(tmp_path: Path, first: date, last: date, names: list[str]) -> None:
    folder = written(tmp_path / "s", 6, first, last)
    assert sorted(path.stem for path in folder.iterdir()) == names


def test_the_same_arguments_give_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    again = written(tmp_path / "s", 92)
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in sample.iterdir()
    }


def test_what_is_shared_out_adds_up_within_what_each_may_take() -> None:
    assert shared(10, [1, 1, 1], [2, 9, 9]) == [2, 4, 4]
    assert shared(5, [3, 0, 0], [2, 2, 9]) == [2, 2, 1]
    assert shared(99, [1, 1], [2, 3]) == [2, 3]
    assert shared(-1, [1, 1], [2, 3]) == [0, 0]
