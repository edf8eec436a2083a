"""Purging: rows and bytes go, the manifest stays and says when and why; what figures rest on is not touched unasked."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.inputs import inputs_of, read_in_build
from orchestration.submissions import submissions_of
from pcw.errors import PcwError
from pcw.home import Home
from pcw.settings import Settings
from sources import retention
from sources.contracts import load_contracts
from sources.intact import assert_intact, damage, folder_of
from sources.manifests import MANIFEST, Submission
from sources.receipts import is_nothing_new, receive
from tests.unit.operating_home import GROUPS, NEW, OLD, operated

YEAR_AGO = datetime.now(UTC) - timedelta(days=365)
FEED = "practice_groups"


@pytest.fixture(scope="module")
def operated_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("operated")
    return operated(folder / "home", folder / "outside").root


@pytest.fixture
def home(operated_once: Path, tmp_path: Path) -> Home:
    shutil.copytree(operated_once, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def both(home: Home) -> tuple[Submission, Submission]:
    """The superseded submission and the current one."""
    old, new = sorted(submissions_of(home), key=lambda s: s.received_at)
    return old, new


def purge(home: Home, before: datetime, *, with_current: bool = False) -> retention.Plan:
    planned = retention.plan(submissions_of(home), load_contracts(), FEED, before, with_current=with_current)
    retention.purge(home, planned, reason="retention of two years", at=datetime.now(UTC))
    return planned


def test_what_is_superseded_goes_and_leaves_its_manifest(home: Home) -> None:
    fingerprint = inputs_of(home, Settings(home=home.root)).fingerprint()
    planned = purge(home, datetime.now(UTC))
    old, new = both(home)
    assert [s.submission_id for s in planned.purge] == [old.submission_id]
    assert [s.submission_id for s in planned.kept] == [new.submission_id]
    assert [path.name for path in folder_of(home.landing, old).iterdir()] == [MANIFEST]
    assert old.purged is not None
    assert old.purged["reason"] == "retention of two years"
    assert list(damage(home.landing, old, deep=True)) == []
    assert new.purged is None
    assert list(damage(home.landing, new, deep=True)) == []
    inputs = inputs_of(home, Settings(home=home.root))
    assert inputs.fingerprint() == fingerprint
    assert_intact(home.landing, read_in_build(inputs))
    assert purge(home, datetime.now(UTC)).purge == ()


def test_a_day_before_it_was_superseded_cannot_be_built_any_more(home: Home) -> None:
    purge(home, YEAR_AGO)
    inputs = inputs_of(home, Settings(home=home.root), as_at=OLD + timedelta(days=1))
    with pytest.raises(PcwError, match=r"practice_groups\.csv.* was purged on .*retention of two years.*any more"):
        assert_intact(home.landing, read_in_build(inputs))


def test_what_is_current_goes_only_when_it_is_stated_and_then_counts_as_never_received(home: Home) -> None:
    purge(home, datetime.now(UTC), with_current=True)
    old, new = both(home)
    assert (old.is_gone, new.is_gone) == (False, True)
    inputs = inputs_of(home, Settings(home=home.root))
    # The one before it is superseded for good: it does not come back, and it was purged too.
    assert inputs.current_submissions() == []
    later = inputs_of(home, Settings(home=home.root), as_at=NEW + timedelta(days=1))
    with pytest.raises(PcwError, match="was purged"):
        assert_intact(home.landing, read_in_build(later))


def test_what_is_gone_gives_way_to_what_was_before_it(home: Home) -> None:
    planned = retention.plan(submissions_of(home), load_contracts(), FEED, datetime.now(UTC), with_current=True)
    [newest] = [s for s in planned.purge if s.submission_id in planned.current]
    retention.purge(home, replace(planned, purge=(newest,)), reason="sent by mistake", at=datetime.now(UTC))
    old, _ = both(home)
    inputs = inputs_of(home, Settings(home=home.root))
    assert inputs.current_submissions() == [old]
    assert_intact(home.landing, read_in_build(inputs))


def test_purged_bytes_that_still_lie_in_a_folder_do_not_come_back(home: Home, tmp_path: Path) -> None:
    purge(home, datetime.now(UTC), with_current=True)
    path = tmp_path / "practice_groups.csv"
    path.write_text(GROUPS)
    receipt = replace(receive(path, OLD), mtime_ns=both(home)[0].file_mtime_ns)
    for left_in_place in (True, False):
        assert is_nothing_new(home, receipt, submissions_of(home), load_contracts(), left_in_place=left_in_place)


def test_only_what_is_old_enough(home: Home) -> None:
    planned = retention.plan(submissions_of(home), load_contracts(), FEED, OLD, with_current=True)
    assert (planned.purge, planned.kept) == ((), ())


@pytest.mark.parametrize("dataset", ["sus_opa", "ledger"])
def test_where_earlier_versions_count_every_submission_is_current(home: Home, dataset: str) -> None:
    stated = [replace(s, dataset=dataset) for s in submissions_of(home)]
    planned = retention.plan(stated, load_contracts(), dataset, datetime.now(UTC), with_current=False)
    assert planned.purge == ()
    assert len(planned.kept) == 2


def test_a_crash_in_between_is_finished(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(retention, "_remove_data", lambda *_: False)
        purge(home, YEAR_AGO)
    old, _ = both(home)
    assert "still there though it was purged" in next(damage(home.landing, old, deep=False))
    assert retention.finish(home, submissions_of(home)) == 1
    assert list(damage(home.landing, old, deep=False)) == []
    assert retention.finish(home, submissions_of(home)) == 0


def test_the_command_says_what_it_does(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_HOME", str(home.root))
    arguments = ["purge", "--dataset", FEED, "--older-than", "90", "--reason", "two years"]
    dry = CliRunner().invoke(app, [*arguments, "--dry-run"])
    assert dry.output.splitlines()[0] == f"Would purge practice_groups.csv, {OLD:%Y-%m-%d}"
    assert both(home)[0].purged is None
    done = CliRunner().invoke(app, arguments)
    assert f"Purged practice_groups.csv, {OLD:%Y-%m-%d}\n1 of practice_groups purged, 1 as old kept" in done.output
    assert f"{NEW:%Y-%m-%d}" not in done.output
    assert both(home)[0].purged is not None
    unknown = CliRunner().invoke(app, ["purge", "--dataset", "nothing", "--older-than", "1", "--reason", "x"])
    assert "There is no dataset nothing" in str(unknown.exception)
