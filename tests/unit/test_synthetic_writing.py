"""Writing a sample: the same bytes for the same arguments, and care for the folder it is written to."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pcw.errors import PcwError
from sources.synthetic import write_sample
from sources.synthetic.apportion import apportion
from sources.synthetic.prescribing_feeds import money

ROOT = Path(__file__).resolve().parents[2]
FIRST, LAST = date(2016, 4, 1), date(2017, 7, 1)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_same_arguments_same_bytes_in_another_process(tmp_path: Path) -> None:
    write_sample(tmp_path / "here", date(2016, 9, 1), date(2017, 1, 1), practices=13, seed=7)
    code = (
        "from datetime import date; from pathlib import Path; from sources.synthetic import write_sample;"
        f"write_sample(Path({str(tmp_path / 'there')!r}), date(2016, 9, 1), date(2017, 1, 1), practices=13, seed=7)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    assert content(tmp_path / "here") == content(tmp_path / "there")


def test_another_seed_gives_other_figures(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_sample(tmp_path / str(seed), FIRST, FIRST, practices=3, seed=seed)
    assert (tmp_path / "1" / "EPD_201604.csv").read_bytes() != (tmp_path / "2" / "EPD_201604.csv").read_bytes()


def test_rewriting_replaces_the_whole_sample(tmp_path: Path) -> None:
    out = tmp_path / "sample"
    write_sample(out, FIRST, date(2016, 6, 1), practices=3)
    write_sample(out, FIRST, FIRST, practices=3)
    assert [path.name for path in out.glob("EPD*")] == ["EPD_201604.csv"]
    assert not list(tmp_path.glob(".*"))


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "sample"
    (out / "empty").mkdir(parents=True)
    with pytest.raises(PcwError, match="not empty"):
        write_sample(out, FIRST, FIRST, practices=3)
    (out / "empty").rmdir()
    write_sample(out, FIRST, FIRST, practices=3)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    before = content(out)
    with pytest.raises(PcwError, match=r"notes\.txt"):
        write_sample(out, FIRST, FIRST, practices=3, seed=1)
    assert content(out) == before


@pytest.mark.parametrize(
    ("first", "last", "practices"),
    [(date(2017, 2, 1), date(2017, 1, 1), 92), (date(2013, 4, 1), date(2014, 1, 1), 92), (FIRST, LAST, 2)],
)
def test_impossible_arguments_are_refused(tmp_path: Path, first: date, last: date, practices: int) -> None:
    with pytest.raises(PcwError):
        write_sample(tmp_path / "sample", first, last, practices=practices)
    assert not (tmp_path / "sample").exists()


def test_apportion_loses_nothing() -> None:
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]
    assert apportion(0, [1, 2]) == [0, 0]
    assert apportion(5, [0.0, 0.0]) == [0, 0]
    assert sum(apportion(9_999, [0.1 * n for n in range(1, 60)])) == 9_999


@pytest.mark.parametrize(
    ("amount", "text"), [(6_993_852, "69.93852"), (-50_000, "-0.5"), (0, "0"), (100_000, "1"), (-1, "-0.00001")]
)
def test_money(amount: int, text: str) -> None:
    assert money(amount) == text
