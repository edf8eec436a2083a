"""A release whose `release.json` cannot be read is left out and told once; others go on, and readers keep theirs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.damaged_releases import alerts_from_damaged, mended, untold
from orchestration.digest import _release_line
from orchestration.doctor_data import releases as examined
from pcw.errors import PcwError
from pcw.home import Home
from publishing import shelf
from publishing.delivery import deliver, told_alerts
from publishing.gate_history import earlier_builds
from publishing.rollback import rollback, unpin
from publishing.shelf import Release
from publishing.status import render, status
from tests.running import query
from tests.unit.publishing_build import CREATED_AT, build_database, release_of

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def without(facts: Path, name: str) -> None:
    facts.write_text(json.dumps({key: value for key, value in json.loads(facts.read_text()).items() if key != name}))


def with_value(facts: Path, name: str, value: object) -> None:
    facts.write_text(json.dumps({**json.loads(facts.read_text()), name: value}))


def as_folder(facts: Path) -> None:
    facts.unlink()
    facts.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda facts: facts.unlink(),
    "empty": lambda facts: facts.write_text(""),
    "cut": lambda facts: facts.write_text(facts.read_text()[:90]),
    "no object": lambda facts: facts.write_text("[]"),
    "no text": lambda facts: facts.write_bytes(b"\xff\xfe\x00"),
    "no sequence": lambda facts: without(facts, "sequence"),
    "text for a number": lambda facts: with_value(facts, "sequence", "2"),
    "a number for text": lambda facts: with_value(facts, "content_hash", 7),
    "no time": lambda facts: facts.write_text(facts.read_text().replace('"created_at": "2', '"created_at": "x')),
    "a folder": as_folder,
    "of another": lambda facts: facts.write_text(facts.read_text().replace(facts.parent.name, "20000101T000000Z-0")),
}


# Each way of damage is found by the same reading: a few belong to every run.
QUICK = {"missing", "cut", "a number for text", "of another"}
CASES = [pytest.param(case, marks=() if case in QUICK else pytest.mark.slow) for case in DAMAGE]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def released(home: Home, tmp_path: Path, day: int) -> Release:
    build = build_database(tmp_path, items=10 + day)
    at = CREATED_AT + timedelta(days=day)
    return release_of(home, build, created_at=at, inputs_fingerprint=f"inputs-{day}")


@pytest.fixture(scope="module")
def with_two(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("two")
    home = Home(folder / "home").create()
    for day in (1, 2):
        released(home, folder, day)
    return home


@pytest.fixture
def two(with_two: Home, home: Home) -> list[Release]:
    """The old release and the current one, in a home of one's own."""
    shutil.copytree(with_two.root, home.root, symlinks=True, dirs_exist_ok=True)
    return shelf.releases(home)


def damage(release: Release, case: str = "cut") -> None:
    DAMAGE[case](release.path.parent / "release.json")


@pytest.mark.parametrize("case", CASES)
def test_an_old_one_is_left_out_and_the_rest_goes_on(two: list[Release], home: Home, tmp_path: Path, case: str) -> None:
    old, current = two
    damage(old, case)
    assert [release.release_id for release in shelf.releases(home)] == [current.release_id]
    [left_out] = shelf.damaged(home)
    assert left_out.release_id == old.release_id and left_out.problem
    shelf.repair(home)
    assert shelf.current_id(home) == current.release_id
    third = released(home, tmp_path, 3)
    assert third.is_current and third.previous_release_id == current.release_id
    assert {one.release_id for one in earlier_builds(home)} == {current.release_id, third.release_id}
    assert old.private_path.exists(), "what cannot be read is not removed"
    with pytest.raises(PcwError, match=rf"{old.release_id} has no release\.json.*pcw doctor"):
        rollback(home, old.release_id, reason="try", at=NOW)


@pytest.mark.parametrize("case", CASES)
def test_readers_keep_a_current_one_until_there_is_another(
    two: list[Release], home: Home, tmp_path: Path, case: str
) -> None:
    old, current = two
    damage(current, case)
    shelf.repair(home)
    assert shelf.current_id(home) == current.release_id
    assert query(home.published / "current.duckdb", "select release_id from release") == [(current.release_id,)]
    assert shelf.current_release(home) is None and status(home)["release"] is None
    assert f"{current.release_id}, which is damaged" in _release_line(home)
    assert f"Readers see release {current.release_id}, which is damaged: `pcw doctor`." in render(status(home))
    with pytest.raises(PcwError, match="Name the release to go back to"):
        rollback(home, None, reason="try", at=NOW)
    third = released(home, tmp_path, 2)
    assert third.is_new and third.is_current and third.previous_release_id == old.release_id
    assert third.sequence > current.sequence, "also when the damaged one is restored"


def test_a_number_is_given_once_also_where_some_are_gone(two: list[Release], home: Home, tmp_path: Path) -> None:
    first, second, third = *two, released(home, tmp_path, 3)
    shelf.remove(second.path.parent)
    damage(third)
    assert [release.sequence for release in shelf.releases(home)] == [first.sequence]
    assert shelf.next_sequence(home) > third.sequence


def test_the_only_one_may_be_damaged(home: Home, tmp_path: Path) -> None:
    damage(released(home, tmp_path, 1))
    second = released(home, tmp_path, 2)
    assert second.is_current and second.previous_release_id is None


def test_a_pinned_one_stays_with_readers(two: list[Release], home: Home, tmp_path: Path) -> None:
    first, _ = two
    rollback(home, first.release_id, reason="figures asked about", at=NOW)
    damage(first)
    third = released(home, tmp_path, 3)
    assert third.is_new and not third.is_current
    assert shelf.current_id(home) == first.release_id
    about = [finding.sentence for finding in examined(home, deep=False)]
    assert any("Readers see this release" in text for text in about) and not any("is gone" in text for text in about)
    assert any("keep it until `pcw rollback --unpin`" in text for text in about)
    for release in shelf.releases(home)[1:]:
        damage(release)
    assert unpin(home).release_id == shelf.releases(home)[0].release_id


def test_unpinning_needs_one_that_can_be_read(home: Home, tmp_path: Path) -> None:
    first = released(home, tmp_path, 1)
    rollback(home, first.release_id, reason="asked about", at=NOW)
    damage(first)
    with pytest.raises(PcwError, match="stays pinned"):
        unpin(home)
    assert shelf.pin_of(home) is not None


def test_it_is_told_once_and_cleared_when_it_can_be_read_again(two: list[Release], home: Home) -> None:
    old, _ = two
    facts = old.path.parent / "release.json"
    kept = facts.read_text()
    assert not untold(home)
    damage(old)
    assert untold(home)
    [alert] = alerts_from_damaged(home)
    assert alert.owner == "data-engineering" and str(facts) in alert.body[0]
    report = deliver([alert], [], home, cleared=set(), accepted=set(), look=None, now=NOW)
    assert report.new == 1 and not untold(home)
    assert deliver(alerts_from_damaged(home), [], home, cleared=set(), accepted=set(), look=None, now=NOW).new == 0
    facts.write_text(kept)
    assert untold(home)
    cleared = mended(home, told_alerts(home))
    assert deliver([], [], home, cleared=cleared, accepted=set(), look=None, now=NOW).recovered == 1
    assert not untold(home)


def test_the_doctor_says_what_to_do(two: list[Release], home: Home) -> None:
    old, _ = two
    damage(old)
    [found] = [finding for finding in examined(home, deep=False) if finding.is_todo]
    assert found.about == "releases"
    assert str(old.path.parent / "release.json") in found.sentence and "from a backup" in found.sentence
    assert str(old.private_path) in found.sentence
