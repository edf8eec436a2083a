"""The history of verdicts in a release: whose it is, what of earlier releases is in it, and its pages."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations.verdict import ScopeEntry, Severity
from pcw.home import Home
from publishing.audiences import load_audiences
from publishing.gate_history import Quality, earlier_builds, verdicts_of
from publishing.gates import ReleaseBlocked
from publishing.shelf import Release
from tests.running import query
from tests.unit.publishing_build import CREATED_AT, build_database, release_of, verdict
from tests.unit.test_judgements import JUNE, said, sent

MAY = date(2017, 5, 1)
BUILDS = """
    select check_id, month, state, release_id from gate_history
    where stage = 'marts' and check_id = 'grain' order by judged_at, month
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def released(
    home: Home, tmp_path: Path, day: int, *withheld: date, keep: int = 12, severity: Severity = "withhold"
) -> Release:
    """A release of a day, of whose months one check withholds some, or warns of them."""
    found = verdict(
        check="grain",
        passed=not withheld,
        severity=severity,
        scope=tuple(map(ScopeEntry, withheld)) if severity == "withhold" else (),
        months=withheld if severity != "withhold" else (),
        unexpected_count=len(withheld),
    )
    build = build_database(tmp_path, items=day)
    at = CREATED_AT + timedelta(days=day)
    return release_of(
        home, build, verdicts=[verdict(), found], created_at=at, inputs_fingerprint=f"inputs-{day}", keep=keep
    )


def test_the_history_is_the_commissioners_alone_and_holds_no_example(home: Home, tmp_path: Path) -> None:
    failed = said(False, examples=("practice_code = N82001",), message="3 costs do not fit.", severity="warn")
    release = release_of(home, build_database(tmp_path), quality=Quality(files=[sent(1, failed, MAY, JUNE)]))
    rows = "select month, file_name, state from gate_history where stage = 'rows' order by month"
    assert query(release.path, rows) == query(release.private_path, rows)
    assert [row[:2] for row in query(release.path, rows)] == [(MAY, "EPD_1.csv"), (JUNE, "EPD_1.csv")]
    tables = "select table_name from duckdb_tables() where table_name = 'gate_history'"
    assert query(release.path, tables) == [("gate_history",)]
    for name in ("public", "practice"):
        assert query(release.file_of(name), tables) == []
    with duckdb.connect(str(release.path), read_only=True) as connection:
        cells = connection.sql("from gate_history").fetchall()
    assert "N82001" not in str(cells)


def test_it_is_lineage_and_changes_no_hash(home: Home, tmp_path: Path) -> None:
    build = build_database(tmp_path)
    without = release_of(home, build)
    other = release_of(home, build, inputs_fingerprint="other", quality=Quality(files=[sent(1, said(False), JUNE)]))
    assert other.is_new and other.content_hash == without.content_hash
    assert other.audiences == without.audiences


@pytest.mark.parametrize("severity", ["withhold", pytest.param("warn", marks=pytest.mark.slow)])
def test_what_earlier_releases_were_judged_stays_and_says_what_became_of_it(
    home: Home, tmp_path: Path, severity: Severity
) -> None:
    first = released(home, tmp_path, 1, MAY, JUNE, severity=severity)
    second = released(home, tmp_path, 2, JUNE, severity=severity)
    assert query(second.path, BUILDS) == [
        ("grain", MAY, "put_right", first.release_id),
        ("grain", JUNE, "open", first.release_id),
        ("grain", JUNE, "open", second.release_id),
    ]
    third = released(home, tmp_path, 3, severity=severity)
    assert {row[2] for row in query(third.path, BUILDS)} == {"put_right", "passed"}
    audit = "select count(distinct release_id) from gate_history where suite = 'release' and check_id = 'opens'"
    assert query(third.path, audit) == [(3,)], "what gate 5 said is in it too"


def test_what_was_accepted_of_an_earlier_release_is_not_said_to_be_put_right(home: Home, tmp_path: Path) -> None:
    """A release keeps of its verdicts which months were accepted, and an accepted one puts no earlier one right."""
    first = released(home, tmp_path, 1, MAY, JUNE)
    found = verdict(
        check="grain",
        passed=False,
        severity="withhold",
        unexpected_count=2,
        scope=(ScopeEntry(JUNE),),
        accepted=(ScopeEntry(MAY),),
        waivers=("w1",),
    )
    at = CREATED_AT + timedelta(days=2)
    build = build_database(tmp_path, items=2)
    second = release_of(home, build, verdicts=[verdict(), found], created_at=at, inputs_fingerprint="second")
    states = [("accepted", first.release_id), ("open", first.release_id)]
    states += [("accepted", second.release_id), ("open", second.release_id)]
    assert [row[2:] for row in query(second.path, BUILDS)] == states
    third = released(home, tmp_path, 3, MAY, JUNE)
    assert [row[2:] for row in query(third.path, BUILDS)][2:4] == states[2:]


def test_a_release_without_a_history_is_read_by_its_results(home: Home, tmp_path: Path) -> None:
    first = released(home, tmp_path, 1, MAY)
    with duckdb.connect(str(first.path)) as connection:
        connection.execute("drop table gate_history")
    [judged] = [one for one in earlier_builds(home) if one.verdict.check == "grain"]
    assert not judged.verdict.passed and judged.release_id == first.release_id
    assert query(released(home, tmp_path, 2).path, BUILDS)[0][:3] == ("grain", None, "put_right")


def test_one_damaged_release_is_left_out_and_named(
    home: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = released(home, tmp_path, 1, MAY), released(home, tmp_path, 2)
    for length in (first.path.stat().st_size // 2, 100, 0):
        os.truncate(first.path, length)
        caplog.clear()
        assert {one.release_id for one in earlier_builds(home)} == {second.release_id}, length
        assert f"Release {first.release_id} is left out" in caplog.text
    third = released(home, tmp_path, 3)
    assert {row[3] for row in query(third.path, BUILDS)} == {second.release_id, third.release_id}


def test_a_release_says_what_gate_5_said_of_files_of_audiences(home: Home, tmp_path: Path) -> None:
    """So that what a blocked try said of them can be put right."""
    said_of = {one.suite: one.passed for one in verdicts_of(released(home, tmp_path, 1)) if one.stage == "release"}
    assert said_of == {"release": True, **{audience.name: True for audience in load_audiences()}}


def test_pages_come_and_go_with_their_release(home: Home, tmp_path: Path) -> None:
    first = released(home, tmp_path, 1, MAY, keep=1)
    page = first.path.parent / "quality" / "marts" / "indicator_result.html"
    assert "Failed, open" in page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o777 == first.path.stat().st_mode & 0o777, "who may read the file may read the page"
    second = released(home, tmp_path, 2, keep=1)
    assert not page.exists() and not first.path.exists()
    assert (second.path.parent / "quality" / "index.html").exists()


def test_a_release_that_is_blocked_leaves_no_page(home: Home, tmp_path: Path) -> None:
    with pytest.raises(ReleaseBlocked):
        release_of(home, build_database(tmp_path), verdicts=[verdict(passed=False)])
    assert not list(home.published.rglob("*.html"))


def test_a_build_of_an_earlier_day_is_no_part_of_the_history(home: Home, tmp_path: Path) -> None:
    beside = release_of(home, build_database(tmp_path), as_at=CREATED_AT, verdicts=[verdict(), verdict(check="grain")])
    assert {row[3] for row in query(beside.path, BUILDS)} == {beside.release_id}
    after = released(home, tmp_path, 1)
    assert {row[3] for row in query(after.path, BUILDS)} == {after.release_id}
