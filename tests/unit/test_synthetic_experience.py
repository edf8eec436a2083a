"""The experience feeds of a sample: the figures of the paper to the printed digit, and the other feeds as they were."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sources.synthetic import write_sample
from sources.synthetic.experience_feeds import return_day, write_experience
from sources.synthetic.experience_ratings import rating_files, reports_of
from sources.synthetic.experience_survey import survey_files
from sources.synthetic.months import months_between
from sources.synthetic.practice_feeds import weighted_lists
from sources.synthetic.world import COMMISSIONER, World, build_world

FIRST, LAST = date(2016, 4, 1), date(2017, 7, 1)
OWN = ("GPPS", "GP_FFT", "CQRS", "access_return", "appointments_practice", "Regional_CSV", "ers_referrals")


def rows(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """These feeds alone, of all 92 practices."""
    folder = tmp_path_factory.mktemp("experience")
    world = build_world(92, 20170829, LAST)
    write_experience(folder, world, FIRST, LAST)
    for name, content in weighted_lists(world, months_between(FIRST, LAST)).items():
        (folder / name).write_bytes(content)
    return world, folder


def test_the_other_feeds_are_the_same_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    span = (date(2017, 1, 1), date(2017, 5, 1))
    with_them = write_sample(tmp_path / "a", *span, practices=4, seed=3, with_truth=False).out
    again = write_sample(tmp_path / "b", *span, practices=4, seed=3, with_truth=False).out
    assert digests(with_them) == digests(again)
    monkeypatch.setattr("sources.synthetic.sample.write_experience", lambda *arguments: None)
    without = write_sample(tmp_path / "c", *span, practices=4, seed=3, with_truth=False).out
    others = {
        name: digest
        for name, digest in digests(with_them).items()
        if not name.startswith(OWN) and "Latest_ratings" not in name
    }
    assert others == digests(without)
    assert (
        len(digests(with_them)) - len(others) == 3 + 3 + 5 + 5 + 5 + 1 + 1
    )  # returns lag by two months; the wave of 2016


@pytest.mark.parametrize(("year", "printed"), [(2016, "76.7"), (2017, "77.0")])
def test_the_survey_is_that_of_the_paper(whole: tuple[World, Path], year: int, printed: str) -> None:
    table = list(rows(whole[1] / f"GPPS_{year}_Practice_data_weighted.csv"))
    practices = [row for row in table if row["Practice_Code"] != COMMISSIONER]
    good = sum(Decimal(row["q18_12"]) for row in practices)
    base = sum(Decimal(row["q18base"]) for row in practices)
    assert f"{100 * good / base:.1f}" == printed
    [total] = [row for row in table if row["Practice_Code"] == COMMISSIONER]
    assert (Decimal(total["q18_12"]), Decimal(total["q18base"])) == (good, base)
    shares = [Decimal(row["q18_12"]) / Decimal(row["q18base"]) for row in practices]
    assert min(shares) < Decimal("0.7") and max(shares) > Decimal("0.85")


def test_waves_are_written_when_they_are_published() -> None:
    world = build_world(12, 5, date(2018, 8, 1))
    until_june = survey_files(world, FIRST, date(2017, 6, 1))
    assert sorted(until_june) == ["GPPS_2016_Practice_data_weighted.csv"]
    files = survey_files(world, FIRST, date(2018, 8, 1))
    assert len(files) == 3
    headers = {name[5:9]: content.decode().splitlines()[0] for name, content in files.items()}
    assert "q18base" in headers["2017"] and "q12_1" in headers["2017"]
    assert "Q18_12345base" in headers["2018"] and "q12_1" not in headers["2018"].lower()


@pytest.mark.parametrize(
    ("month", "day"), [(date(2017, 4, 1), date(2017, 5, 17)), (date(2017, 5, 1), date(2017, 6, 16)),
                       (date(2016, 12, 1), date(2017, 1, 18)), (date(2017, 3, 1), date(2017, 4, 20))]
)  # fmt: skip
def test_the_twelfth_working_day(month: date, day: date) -> None:
    assert return_day(month) == day


@pytest.mark.parametrize(("month", "submitted"), [("2017-04", 64), ("2017-05", 70)])
def test_returns_are_those_of_the_paper(whole: tuple[World, Path], month: str, submitted: int) -> None:
    listed = list(rows(whole[1] / f"CQRS_FFT_submissions_{month}.csv"))
    due = return_day(date.fromisoformat(f"{month}-01")).isoformat()
    in_time = {row["practice_code"] for row in listed if row["submitted_on"] and row["submitted_on"] <= due}
    assert (len(listed), len(in_time)) == (92, submitted)
    assert any(row["submitted_on"] > due for row in listed) and any(row["responses"] == "0" for row in listed)
    published = {row["Practice Code"] for row in rows(whole[1] / f"GP_FFT_{month}.csv") if row["CCG Code"] == "99A"}
    assert published == in_time
    assert not (whole[1] / "GP_FFT_2017-06.csv").exists()


def test_appointments_rise_from_seventy_to_eighty(whole: tuple[World, Path]) -> None:
    _, folder = whole
    counted = {"GP", "Nurse Practitioner", "Clinical Pharmacist", "Physician Associate"}
    rates = {}
    for month, days in (("2016-04", 30), ("2017-03", 31), ("2017-04", 30), ("2017-07", 31)):
        quarter = f"{month[:4]}-{(int(month[5:]) - 1) // 3 * 3 + 1:02d}"
        people = {
            row["PRACTICE_CODE"]: Decimal(row["PRACTICE_NORMALISED_WEIGHTED_LIST_SIZE"])
            for row in rows(folder / f"carr_hill_list_{quarter}.csv")
        }
        offered: dict[str, int] = defaultdict(int)
        for practice, clinician, mode, number in appointments(folder, month):
            if clinician in counted and mode in ("Face-to-Face", "Telephone"):
                offered[practice] += number
        own = {code: Decimal(7000 * count) / days / people[code] for code, count in offered.items()}
        rates[month] = Decimal(7000 * sum(offered.values())) / days / sum(people[code] for code in offered)
        assert min(own.values()) < rates[month] - 10 and max(own.values()) > rates[month] + 10
    assert [f"{rate:.1f}" for rate in rates.values()] == ["70.0", "70.0", "78.0", "79.5"]


def appointments(folder: Path, month: str) -> Iterator[tuple[str, str, str, int]]:
    """Practice, clinician, mode and number, whichever file the month has."""
    names: tuple[str, ...] = ("practice_code", "clinician_type", "mode", "appointments_offered")
    path = folder / f"access_return_{month}.csv"
    if month >= "2017-05":
        assert not path.exists(), "the newer receipt would count"
        names = ("GP_CODE", "HCP_TYPE", "APPT_MODE", "COUNT_OF_APPOINTMENTS")
        path = folder / f"appointments_practice_{month}.csv.gz"
    for row in rows(path):
        yield row[names[0]], row[names[1]], row[names[2]], int(row[names[3]])


@pytest.mark.parametrize(("month", "more"), [("2017-05", True), ("2017-06", False), ("2017-07", False)])
def test_a_commissioner_has_the_appointments_of_its_practices(
    whole: tuple[World, Path], month: str, more: bool
) -> None:
    sums: list[Counter[str]] = [Counter(), Counter()]
    for found, name in zip(sums, ("appointments_practice_{}.csv.gz", "Regional_CSV_{}.csv"), strict=True):
        for row in rows(whole[1] / name.format(month)):
            found[row["APPT_STATUS"]] += int(row["COUNT_OF_APPOINTMENTS"])
    practices, commissioner = sums
    assert practices.total() == commissioner.total() and practices["Attended"] == commissioner["Attended"]
    assert 0.05 < practices["DNA"] / (practices["DNA"] + practices["Attended"]) < 0.07
    moved = commissioner["DNA"] - practices["DNA"]
    assert moved == (-(-practices["DNA"] // 20) if more else 0)
    assert moved < 0.005 * (practices["DNA"] + practices["Attended"])


def test_three_reports_of_the_last_summer_and_one_practice_to_improve() -> None:
    for last in (LAST, date(2017, 12, 1), date(2018, 3, 1)):
        world = build_world(92, 20170829, last)
        published = sorted(report.published for reports in reports_of(world, last).values() for report in reports[1:])
        assert len(published) == 3
        assert published[0] == date(2017, 6, 9) and published[-1] in (date(2017, 7, 21), date(2017, 8, 11))
        name, content = list(rating_files(world, last, last).items())[-1]
        overall = [
            row for row in csv.DictReader(content.decode().splitlines())
            if row["Service / Population Group"] == row["Domain"] == "Overall"
        ]  # fmt: skip
        assert [row["Latest Rating"] for row in overall].count("Requires improvement") == 1, name


def test_e_referrals_lie_between_the_shares_of_the_papers(whole: tuple[World, Path]) -> None:
    for path in whole[1].glob("ers_referrals_*.csv"):
        table = list(rows(path))
        share = sum(int(row["referrals_ers"]) for row in table) / sum(int(row["referrals_all"]) for row in table)
        assert 0.55 <= share <= 0.65
        assert all(int(row["referrals_ers"]) <= int(row["referrals_all"]) for row in table)


@pytest.mark.parametrize("practices", [3, 6, 12])
def test_a_small_commissioner_has_all_of_it(tmp_path: Path, practices: int) -> None:
    out = write_sample(tmp_path / "s", date(2017, 3, 1), date(2017, 7, 1), practices=practices, with_truth=False).out
    listed = list(rows(out / "CQRS_FFT_submissions_2017-05.csv"))
    assert len(listed) == practices
    assert sum(not row["submitted_on"] or row["submitted_on"] > "2017-06-16" for row in listed) == round(
        22 * practices / 92
    )
