"""Whole jobs after damage and on a full disk: a sentence, readers keep what they had, then the same figures."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration import pipeline
from orchestration.doctor import examine
from pcw.settings import Settings
from sources.manifests import read_submissions
from sources.synthetic.sample import write_sample
from tests.running import Deployed, run_pipeline

pytestmark = pytest.mark.slow
RECEIVED = datetime(2017, 8, 1, tzinfo=UTC)
MB = 1 << 20
PAGE = 4096  # a file in memory takes whole ones


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`first` is released in `home`; `more` is one more month of prescribing."""
    folder = tmp_path_factory.mktemp("recovery")
    write_sample(folder / "first", date(2017, 5, 1), date(2017, 6, 1), practices=3, seed=7, with_truth=False)
    for unneeded in [*(folder / "first").glob("SEM_*"), *(folder / "first").glob("EC_*")]:
        unneeded.unlink()
    (folder / "more").mkdir()
    shutil.move(folder / "first" / "EPD_201706.csv", folder / "more")
    code, lines = run_pipeline(Settings(home=folder / "home"), folder / "first", received_at=RECEIVED)
    assert code == 0, lines
    return folder


@pytest.fixture(scope="module")
def expected(folder: Path) -> str:
    """What one more month gives where nothing goes wrong."""
    shutil.copytree(folder / "home", folder / "expected", symlinks=True)
    deployed = Deployed(Settings(home=folder / "expected"))
    code, lines = run_pipeline(deployed.settings, folder / "more", received_at=RECEIVED)
    assert code == 0, lines
    return deployed.content_hash()


@pytest.fixture
def deployed(folder: Path, tmp_path: Path) -> Deployed:
    shutil.copytree(folder / "home", tmp_path / "home", symlinks=True)
    return Deployed(Settings(home=tmp_path / "home"))


def test_damaged_rows_and_a_damaged_build_database(
    deployed: Deployed, folder: Path, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = deployed.home
    before = deployed.digest()
    [damaged] = [s for s in read_submissions(home.landing) if s.dataset == "epd"]
    lying = home.landing / "epd" / damaged.submission_id
    parquet = next(lying.rglob("*.parquet"))
    data = bytearray(parquet.read_bytes())
    data[len(data) // 2] ^= 1
    parquet.write_bytes(data)
    home.warehouse.write_bytes(b"no database" * 1000)

    code, lines = run_pipeline(deployed.settings, folder / "more", received_at=RECEIVED)
    assert code == 1
    assert any("It holds nothing of its own: it is built again from landing." in line for line in lines), lines
    assert any("does not hold what was written" in line for line in lines), lines
    assert deployed.digest() == before

    # Exactly what the sentence says.
    moved = shutil.move(lying, tmp_path / "moved")
    monkeypatch.chdir(moved)
    with deployed.environment():
        again = pipeline.land_files(
            deployed.settings, lines.append, [Path("raw/EPD_201705.csv.gz")],
            dataset="epd", period=None, received_at=damaged.received_at,
        )  # fmt: skip
    assert again == 0, lines
    code, lines = run_pipeline(deployed.settings, folder / "more", received_at=RECEIVED)
    assert code == 0, lines
    assert deployed.content_hash() == expected
    found = [finding.sentence for finding in examine(deployed.settings, deep=True) if finding.is_todo]
    assert found == [] or all("Landing lacks" not in sentence for sentence in found)


def test_a_page_of_the_build_database_that_only_a_build_reads(deployed: Deployed, folder: Path, expected: str) -> None:
    size = deployed.home.warehouse.stat().st_size
    with deployed.home.warehouse.open("r+b") as file:
        for place in range(3 * 4096, size, 256 * 1024):  # the header stays
            file.seek(place)
            file.write(b"\xff" * 64)
    code, lines = run_pipeline(deployed.settings, folder / "more", received_at=RECEIVED)
    assert code == 0, lines
    assert any("it is built again from landing" in line for line in lines), lines
    assert deployed.content_hash() == expected


@pytest.fixture
def small_disk(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """The home on a file system of its own, with a little room."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    place = tmp_path / "disk"
    place.mkdir()
    pages = sum(-(-path.lstat().st_size // PAGE) for path in (folder / "home").rglob("*"))
    size = pages * PAGE // MB + 8
    mounted = ["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", str(place)]
    if subprocess.run(mounted, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        shutil.copytree(folder / "home", place / "home", symlinks=True)
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_fills_up_during_a_build(small_disk: Path, folder: Path, expected: str) -> None:
    deployed = Deployed(Settings(home=small_disk / "home"))
    before = deployed.digest()
    try:
        code, said = run_pipeline(deployed.settings, folder / "more", received_at=RECEIVED)
    except pipeline.PcwError as error:
        code, said = 1, [str(error)]
    assert code == 1, said
    assert deployed.digest() == before
    subprocess.run(["mount", "-o", "remount,size=1g", str(small_disk)], check=True)
    code, lines = run_pipeline(deployed.settings, folder / "more", received_at=RECEIVED)
    assert code == 0, lines
    assert deployed.content_hash() == expected
