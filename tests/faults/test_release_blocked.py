"""A release that is refused, or that fails half-way, leaves every byte that readers see as it was."""

import json
import multiprocessing
import os
import resource
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from expectations.verdict import Verdict
from pcw.errors import PcwError
from pcw.files import sha256_of
from pcw.home import Home
from publishing.gates import ReleaseBlocked
from tests.running import Deployed
from tests.unit.publishing_build import build_database, good_audit, release_of, verdict

Snapshot = dict[str, tuple[str, int, int]]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with one release. Tests must not change it."""
    folder = tmp_path_factory.mktemp("published")
    home = Home(folder / "home").create()
    release_of(home, build_database(folder, items=10))
    return home


@pytest.fixture
def home(published: Home, tmp_path: Path) -> Home:
    """A home of one's own with one release, and a changed build that waits to be released."""
    home = Home(tmp_path / "home")
    shutil.copytree(published.root, home.root, symlinks=True)
    build_database(tmp_path, items=99)
    return home


def snapshot(home: Home) -> Snapshot:
    """Every file and link below published/ and private/: contents (or target), inode, time of change."""
    found = {}
    for root in (home.published, home.private):
        for path in sorted(root.rglob("*")):
            contents = os.readlink(path) if path.is_symlink() else sha256_of(path) if path.is_file() else "folder"
            details = path.lstat()
            # folders get a new time when something is written beside and removed again
            found[str(path)] = (contents, details.st_ino, 0 if path.is_dir() else details.st_mtime_ns)
    return found


def failing_audit(file: Path) -> Sequence[Verdict]:
    assert good_audit(file)[0].passed, "the file that is audited is whole"
    return [
        verdict(suite="release", stage="release", check="opens", passed=False, message="2 of 4 results have no name")
    ]


def silent_audit(file: Path) -> Sequence[Verdict]:
    return []


def broken_audit(file: Path) -> Sequence[Verdict]:
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("select * from a_table_that_is_not_there")
    return []


def test_a_failed_audit_changes_nothing(home: Home, tmp_path: Path) -> None:
    before = snapshot(home)
    with pytest.raises(ReleaseBlocked, match="2 of 4 results have no name") as caught:
        release_of(home, tmp_path / "warehouse.duckdb", audit=failing_audit)
    assert snapshot(home) == before
    assert [failed.check for failed in caught.value.failed] == ["opens"]


def test_an_audit_that_says_nothing_blocks(home: Home, tmp_path: Path) -> None:
    before = snapshot(home)
    with pytest.raises(ReleaseBlocked, match="release release opens"):
        release_of(home, tmp_path / "warehouse.duckdb", audit=silent_audit)
    assert snapshot(home) == before


def test_an_audit_that_breaks_blocks(home: Home, tmp_path: Path) -> None:
    before = snapshot(home)
    with pytest.raises(PcwError, match="a_table_that_is_not_there"):
        release_of(home, tmp_path / "warehouse.duckdb", audit=broken_audit)
    assert snapshot(home) == before


def test_a_failed_mart_gate_blocks_before_anything_is_written(home: Home, tmp_path: Path) -> None:
    before = snapshot(home)

    def never(file: Path) -> Sequence[Verdict]:
        raise AssertionError("a blocked release is not written, so it is not audited")

    with pytest.raises(ReleaseBlocked, match="keys_unique"):
        release_of(home, tmp_path / "warehouse.duckdb", verdicts=[verdict(passed=False)], audit=never)
    with pytest.raises(ReleaseBlocked, match="no verdict"):
        release_of(home, tmp_path / "warehouse.duckdb", verdicts=[], audit=never)
    assert snapshot(home) == before


def test_a_blocked_first_release_leaves_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    with pytest.raises(ReleaseBlocked):
        release_of(home, build_database(tmp_path), audit=failing_audit)
    assert not (home.published / "current.duckdb").exists()
    assert not list(home.private.iterdir())
    assert not list((home.published / "releases").iterdir())


def publish_on_a_full_disk(root: str, warehouse: str, limit: int) -> None:
    """In a process of its own: no file may grow beyond `limit` bytes, as on a disk that fills up."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    with pytest.raises(PcwError, match="nothing was published"):
        release_of(Home(Path(root)), Path(warehouse))


@pytest.mark.parametrize("limit", [0, pytest.param(16_384, marks=pytest.mark.slow), 1_000_000])
def test_a_full_disk_changes_nothing(home: Home, tmp_path: Path, limit: int) -> None:
    before = snapshot(home)
    arguments = (str(home.root), str(tmp_path / "warehouse.duckdb"), limit)
    child = multiprocessing.get_context("forkserver").Process(target=publish_on_a_full_disk, args=arguments)
    child.start()
    child.join()
    assert child.exitcode == 0
    assert snapshot(home) == before
    assert release_of(home, tmp_path / "warehouse.duckdb").is_current


def release_job(deployed: Deployed, chosen: Callable[[dg.AssetKey], bool]) -> tuple[bool, list[str]]:
    """Run those assets of the release job as the UI would; whether it succeeded, and what its failed steps said."""
    from orchestration.build import build_defs
    from orchestration.instance import open_instance

    with deployed.environment():
        job = build_defs().resolve_job_def("release")
        done = job.execute_in_process(
            instance=open_instance(deployed.home), raise_on_error=False,
            asset_selection=[key for key in job.asset_layer.executable_asset_keys if chosen(key)],
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )  # fmt: skip
    return done.success, [str(event.event_specific_data.error) for event in done.all_events if event.is_step_failure]


@pytest.mark.parametrize("selected", [[], pytest.param(["staging/stg_practice__epraccur"], marks=pytest.mark.slow)])
def test_a_run_that_skips_models_releases_nothing(copy_of_released: Deployed, selected: list[str]) -> None:
    """Feeds, gates and publishing without the dbt sets, or with one model of them: the others are those of before."""
    before = snapshot(copy_of_released.home)
    ok, said = release_job(
        copy_of_released,
        lambda key: key.path[0] in ("feed", "gates", "published") or "/".join(key.path) in selected,
    )
    assert not ok
    assert any("The models of components were not all built from these feeds" in text for text in said), said
    assert snapshot(copy_of_released.home) == before


def forget_of_build(home: Home, stage: str) -> str:
    """Take the verdict of one check of gate 3 or 4 away, as a gate that was skipped would; returns its name."""
    with duckdb.connect(str(home.warehouse)) as connection:
        verdicts = connection.execute("select verdict from build.verdict where stage = ?", [stage]).fetchall()
        gone = min(text for (text,) in verdicts)
        connection.execute("delete from build.verdict where verdict = ?", [gone])
    named = json.loads(gone)
    return f"{named['suite']} {stage} {named['check']}"


def forget_of_submission(home: Home, stage: str) -> str:
    """The same of a landed file: gates 1 and 2."""
    manifest = next((home.landing / "epd").glob("*/manifest.json"))
    values = json.loads(manifest.read_text())
    gone = next(v for v in values["verdicts"] if v["stage"] == stage)
    values["verdicts"].remove(gone)
    manifest.write_text(json.dumps(values))
    return f"{gone['suite']} {stage} {gone['check']} of submission {values['submission_id']}"


def test_one_missing_verdict_of_any_gate_releases_nothing(copy_of_released: Deployed) -> None:
    """Publishing alone, of a build that is whole: it asks for every verdict, whatever run it came from."""
    home = copy_of_released.home
    assert release_job(copy_of_released, lambda key: key.path[0] == "published") == (True, []), "and with all of them"
    before = snapshot(home)
    for stage in ("marts", "staged", "rows", "file"):
        kept = {path: path.read_bytes() for path in (home.warehouse, *home.landing.glob("epd/*/manifest.json"))}
        gone = (forget_of_build if stage in ("marts", "staged") else forget_of_submission)(home, stage)
        ok, said = release_job(copy_of_released, lambda key: key.path[0] == "published")
        assert not ok and f"1 declared check(s) have no verdict and count as failed: {gone}" in said[0], (stage, said)
        assert snapshot(home) == before, stage
        for path, contents in kept.items():
            path.write_bytes(contents)


def test_a_check_that_takes_too_long_releases_nothing(
    copy_of_released: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mart whose rows never come: its gate ends all the same, and a later run of publishing alone is refused too."""
    from expectations.runner import run_suite
    from orchestration import build_assets

    home, before = copy_of_released.home, snapshot(copy_of_released.home)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("alter table main.practice_month rename to practice_month_rows")
        endless = "select count(*) from range(10000000) a, range(10000000) b where a.range + b.range < 0"
        connection.execute(f"create view main.practice_month as from main.practice_month_rows where ({endless}) = 0")
    suite = next(suite for suite in build_assets.suites_of("marts") if suite.relation == "main.practice_month")
    monkeypatch.setattr(build_assets, "suites_of", lambda stage: [suite] if stage == "marts" else [])
    monkeypatch.setattr(build_assets, "run_suite", partial(run_suite, seconds=0.2))
    ok, said = release_job(copy_of_released, lambda key: key.path == ["gates", "marts"])
    assert not ok and "it gave no answer within 0.2 seconds and was stopped" in said[0], said
    ok, said = release_job(copy_of_released, lambda key: key.path[0] == "published")
    assert not ok and "it gave no answer within 0.2 seconds and was stopped" in said[0], said
    assert snapshot(home) == before
