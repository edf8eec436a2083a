"""A damaged or odd home stops a run with a sentence before anything is built, and readers keep every byte they had."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.doctor import examine
from pcw.errors import PcwError
from pcw.home import Home
from pcw.settings import Settings
from publishing import shelf
from publishing.backup import backup, restore
from sources.manifests import MANIFEST
from tests.conftest import PROJECT
from tests.running import Deployed, run_pipeline
from tests.unit.operating_home import operated


@pytest.fixture
def inbox(small_sample: Path, tmp_path: Path) -> Path:
    """A folder with one new file, so that there is something to do."""
    folder = tmp_path / "new"
    folder.mkdir()
    text = (small_sample / "practice_groups.csv").read_text()
    (folder / "practice_groups.csv").write_text(text.replace("Alderbank", "Elmwood"))
    return folder


def parquet(deployed: Deployed, dataset: str) -> Path:
    return next((deployed.home.landing / dataset).rglob("*.parquet"))


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGE: dict[str, tuple[Callable[[Deployed], object], str]] = {
    "a changed byte": (lambda d: flip_a_byte(parquet(d, "epd")), r"does not hold what was written"),
    "a missing month of a hospital extract": (lambda d: parquet(d, "sus_apcs").unlink(), r"is missing.*send the file"),
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow) if "byte" not in case else case for case in DAMAGE]
)
def test_damaged_landing_is_named_and_nothing_is_built(copy_of_released: Deployed, inbox: Path, case: str) -> None:
    damage, said = DAMAGE[case]
    damage(copy_of_released)
    before = copy_of_released.digest()
    code, lines = run_pipeline(copy_of_released.settings, inbox=inbox)
    assert code == 1
    assert "Landed data are damaged, so nothing is built: of " in lines[-2] + lines[-1]
    assert re.search(said, "\n".join(lines))
    assert copy_of_released.digest() == before
    about = {finding.about for finding in examine(copy_of_released.settings, deep=True) if finding.is_todo}
    assert "landing" in about


@pytest.mark.parametrize("contents", [None, "{", "{}"])
def test_a_damaged_or_missing_manifest_is_named(copy_of_released: Deployed, inbox: Path, contents: str | None) -> None:
    before = copy_of_released.digest()
    manifest = next((copy_of_released.home.landing / "epd").glob(f"*/{MANIFEST}"))
    if contents is None:
        manifest.unlink()
    else:
        manifest.write_text(contents)
    with pytest.raises(PcwError, match=rf"{manifest.parent.name}.*[Rr]estore"):
        run_pipeline(copy_of_released.settings, inbox=inbox)
    assert copy_of_released.digest() == before


@pytest.mark.slow  # a release of its own; the parts are in `test_damaged_releases`
def test_a_release_that_cannot_be_read_stops_no_run(copy_of_released: Deployed) -> None:
    """Readers keep it until the run has made another; then it is one of the old ones, and nothing is new."""
    home = copy_of_released.home
    seen = shelf.current_id(home)
    assert seen is not None
    facts = shelf.releases_folder(home) / seen / "release.json"
    facts.write_text(facts.read_text()[:99])
    [todo] = [finding for finding in examine(copy_of_released.settings, deep=False) if finding.about == "releases"]
    assert todo.is_todo and seen in todo.sentence and "Readers see this release and keep it" in todo.sentence
    code, lines = run_pipeline(copy_of_released.settings)
    assert code in (0, 2) and any(line.startswith(f"Warning: Release {seen} has no release.json") for line in lines)
    made = shelf.current_release(home)
    assert made is not None and made.release_id != seen
    told = [line for line in (home.root / "alerts.log").read_text().splitlines() if "cannot be read" in line]
    assert len(told) == 1 and seen in told[0]
    code, lines = run_pipeline(copy_of_released.settings)
    assert any(line.startswith("Nothing new") and made.release_id in line for line in lines)
    again = [line for line in (home.root / "alerts.log").read_text().splitlines() if "cannot be read" in line]
    assert again == told


def test_a_clock_that_went_back_is_noticed(copy_of_released: Deployed, inbox: Path) -> None:
    manifest = next((copy_of_released.home.landing / "epd").glob(f"*/{MANIFEST}"))
    ahead = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "landed_at": ahead}))
    before = copy_of_released.digest()
    with pytest.raises(PcwError, match=r"it went back, or was wrong then\. practice_groups\.csv .*--received-at"):
        run_pipeline(copy_of_released.settings, inbox=inbox)
    assert copy_of_released.digest() == before
    assert len(list(copy_of_released.home.landing.glob("practice_groups/*"))) == 1


def test_a_restored_home_goes_on_where_it_was(copy_of_released: Deployed, small_sample: Path, tmp_path: Path) -> None:
    backup(copy_of_released.home, tmp_path / "backups", at=datetime.now(UTC), with_history=True)
    other = Deployed(Settings(home=tmp_path / "other"))
    restore(other.home, tmp_path / "backups")
    code, lines = run_pipeline(other.settings, inbox=small_sample)
    assert (code, lines[0].split(":")[0]) == (0, "Nothing new")
    assert other.digest() == copy_of_released.digest()
    assert other.content_hash() == copy_of_released.content_hash()
    assert [finding for finding in examine(other.settings, deep=True) if finding.is_todo] == []


@pytest.fixture
def not_ours(tmp_path: Path) -> Iterator[Deployed]:
    """A deployment where anybody may look and nobody may write."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = operated(Path(folder) / "home", tmp_path / "outside").root
        for path in [home, *home.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o555 if path.is_dir() else 0o444)
        yield Deployed(Settings(home=home))
        for path in [home, *home.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)


# Everything is imported first: another user may not be able to read the programs.
AS_SOMEBODY_ELSE = """
import os, sys
import orchestration.pipeline, orchestration.doctor, pcw.settings, publishing.delivery, typer.rich_utils
from orchestration.cli import program
if os.geteuid() == 0:  # modes do not bind root
    os.setgid(65534)
    os.setuid(65534)
program()
"""


def test_a_home_that_cannot_be_written_gets_a_sentence(not_ours: Deployed) -> None:
    before = not_ours.digest()

    def pcw(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PCW_HOME": str(not_ours.home.root)}
        command = [sys.executable, "-c", AS_SOMEBODY_ELSE, *arguments]
        return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)

    done = pcw("run")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith("Error: "), done.stderr
    assert "cannot be written: " in done.stderr
    assert "Traceback" not in done.stderr
    asked = pcw("doctor")
    assert asked.returncode == 2, asked.stdout + asked.stderr
    assert "cannot be written (Permission denied), so no run can start" in asked.stdout
    assert not_ours.digest() == before


@pytest.mark.slow
def test_a_disk_that_is_full_gets_a_sentence(copy_of_released: Deployed, inbox: Path) -> None:
    """No file may grow beyond a limit, as where the last block is taken."""
    before = copy_of_released.digest()
    limited = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); from orchestration.cli import program; program()"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, "run", "--inbox", str(inbox)],
        cwd=PROJECT,
        env={**os.environ, "PCW_HOME": str(copy_of_released.home.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Error" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr.split("Exception while writing logger call")[0], done.stderr
    assert copy_of_released.digest() == before
    left = Home(copy_of_released.home.root)
    assert len(list(left.landing.glob("practice_groups/[!.]*"))) == 1
