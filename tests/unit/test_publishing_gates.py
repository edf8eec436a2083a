"""The last word before a release fails closed."""

import shutil
from pathlib import Path

import duckdb
import pytest

from expectations.runner import run_suite
from expectations.suites import declared_checks, load_suite
from pcw.home import Home
from publishing.gates import ReleaseBlocked, RequiredCheck, assert_gates, required_checks
from tests.unit.publishing_build import build_database, release_of, verdict

DECLARED = [
    ("epd", "rows", "codes", "block", "medicines"),
    ("epd", "staged", "totals", "withhold", "medicines"),
    ("release", "release", "opens", "warn", "data-engineering"),
]


def test_every_current_submission_needs_its_own_verdict() -> None:
    required = required_checks(DECLARED, [("epd", "aaa"), ("epd", "bbb"), ("epraccur", "ccc")])
    assert required == [
        RequiredCheck("epd", "rows", "codes", "aaa"),
        RequiredCheck("epd", "rows", "codes", "bbb"),
        RequiredCheck("epd", "staged", "totals"),
        RequiredCheck("release", "release", "opens"),
    ]
    only_first = [
        verdict(suite="epd", stage="rows", check="codes", submission_id="aaa"),
        verdict(suite="epd", stage="staged", check="totals"),
        verdict(suite="release", stage="release", check="opens"),
    ]
    with pytest.raises(ReleaseBlocked, match="epd rows codes of submission bbb") as caught:
        assert_gates(only_first, required)
    assert caught.value.missing == (RequiredCheck("epd", "rows", "codes", "bbb"),)
    assert_gates([*only_first, verdict(suite="epd", stage="rows", check="codes", submission_id="bbb")], required)


@pytest.mark.parametrize("severity", ["warn", "withhold"])
def test_a_failed_check_that_does_not_block_lets_the_release_through(severity: str) -> None:
    failed = verdict(severity=severity, passed=False)
    assert_gates([failed], [RequiredCheck("indicator_result", "marts", "keys_unique")])


def test_a_failed_blocking_check_is_named_with_its_sentence() -> None:
    failed = verdict(passed=False, message="12 keys occur twice in indicator_result")
    with pytest.raises(ReleaseBlocked, match="12 keys occur twice") as caught:
        assert_gates([failed], [])
    assert caught.value.failed == (failed,)


def test_any_one_verdict_taken_away_blocks_and_is_named() -> None:
    """Of every check that the suites declare, on a submission of every dataset."""
    declared = declared_checks()
    required = required_checks(declared, [(dataset, "aaa") for dataset in {check.suite for check in declared}])
    whole = [
        verdict(suite=r.suite, stage=r.stage, check=r.check, submission_id=r.submission_id, severity="warn")
        for r in required
    ]
    assert_gates(whole, required)
    for place, gone in enumerate(required):
        with pytest.raises(
            ReleaseBlocked, match=r"^Nothing was released.* 1 declared check\(s\) have no verdict"
        ) as caught:
            assert_gates(whole[:place] + whole[place + 1 :], required)
        assert caught.value.missing == (gone,) and f"count as failed: {gone}. " in str(caught.value)


@pytest.mark.parametrize("other", [{"stage": "staged"}, {"suite": "epd"}, {"check": "keys"}])
def test_the_verdict_of_another_suite_stage_or_check_does_not_stand_in(other: dict[str, str]) -> None:
    with pytest.raises(ReleaseBlocked, match="indicator_result marts keys_unique"):
        assert_gates([verdict(**other)], [RequiredCheck("indicator_result", "marts", "keys_unique")])


def test_many_failures_are_counted_not_all_listed() -> None:
    with pytest.raises(ReleaseBlocked, match=r"9 blocking check\(s\) failed.*and 4 more"):
        assert_gates([verdict(passed=False, check=f"c{number}") for number in range(9)], [])


def test_a_release_of_too_little_says_which_feeds_are_missing_and_which_came(tmp_path: Path) -> None:
    release = release_of(Home(tmp_path / "home").create(), build_database(tmp_path))
    file = tmp_path / "little.duckdb"
    shutil.copyfile(release.path, file)
    file.chmod(0o600)
    with duckdb.connect(str(file)) as connection:
        for table in ("organisation", "practice_month", "indicator_result"):
            connection.execute(f"delete from {table}")
    verdicts = {one.check: one for one in run_suite(load_suite("release", "release"), file, "main.release")}
    said = verdicts["enough_received"]
    assert not said.passed and said.severity == "block"
    assert "missing is the register of practices (epraccur); received is epd" in said.message
    assert "organisation" not in verdicts["tables_filled"].message, "one sentence says it"
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into organisation (org_type, org_code) values ('practice', 'N82001')")
    verdicts = {one.check: one for one in run_suite(load_suite("release", "release"), file, "main.release")}
    assert "missing is a month of prescribing (epd)" in verdicts["enough_received"].message
