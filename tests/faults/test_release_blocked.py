"""A release that is refused, or that fails half-way, leaves every byte that readers see as it was."""

import multiprocessing
import os
import resource
from collections.abc import Sequence
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


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one release, and a changed build that waits to be released."""
    home = Home(tmp_path / "home").create()
    release_of(home, build_database(tmp_path, items=10))
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


@pytest.mark.parametrize("limit", [0, 16_384, 1_000_000])
def test_a_full_disk_changes_nothing(home: Home, tmp_path: Path, limit: int) -> None:
    before = snapshot(home)
    arguments = (str(home.root), str(tmp_path / "warehouse.duckdb"), limit)
    child = multiprocessing.get_context("forkserver").Process(target=publish_on_a_full_disk, args=arguments)
    child.start()
    child.join()
    assert child.exitcode == 0
    assert snapshot(home) == before
    assert release_of(home, tmp_path / "warehouse.duckdb").is_current


@pytest.mark.parametrize("selected", [[], ["staging/stg_practice__epraccur"]])
def test_a_run_that_skips_models_releases_nothing(copy_of_released: Deployed, selected: list[str]) -> None:
    """Feeds, gates and publishing without the dbt sets, or with one model of them: the others are those of before."""
    from orchestration.build import build_defs
    from orchestration.instance import open_instance

    home, before = copy_of_released.home, snapshot(copy_of_released.home)
    with copy_of_released.environment():
        job = build_defs().resolve_job_def("release")
        others = [key for key in job.asset_layer.executable_asset_keys if key.path[0] in ("feed", "gates", "published")]
        chosen = [*others, *(dg.AssetKey(name.split("/")) for name in selected)]
        done = job.execute_in_process(
            instance=open_instance(home), asset_selection=chosen, raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )  # fmt: skip
    assert not done.success
    said = [str(event.event_specific_data.error) for event in done.all_events if event.is_step_failure]
    assert any("The models of components were not all built from these feeds" in text for text in said), said
    assert snapshot(home) == before
