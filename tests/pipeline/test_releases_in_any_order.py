"""The same files landed in any order and again and again, through whole releases: one content hash.

Belongs here: `pcw land` and `pcw run` themselves. A thousand orders of every kind of supersession, without building,
are in `test_interleavings`.
"""

import random
import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration import pipeline
from pcw.home import Home
from pcw.settings import Settings
from sources.manifests import read_submissions
from sources.synthetic.sample import write_sample
from tests.running import Deployed, run_pipeline

START = datetime(2017, 8, 1, tzinfo=UTC)
# In the order in which they were received: months, corrections, a flex with its net update, versions.
LATER = (
    "SEM_OPA_201718_M02_REM.csv",
    "SEM_OPA_201718_M03.csv",
    "SEM_OPA_201718_M03_net.csv",
    "EPD_201706.csv",
    "ePACT2_age_band_201706.csv",
    "EPD_201705.csv",
    "EPD_201706_corrected.csv",
    "contract_plan_2017-18_v2.csv",
    "high_cost_drug_charges_2017-18_v2.csv",
    "ledger_2017-18_M03.csv",
)
ORDERS = 20


def land(home: Path, file: Path, received_at: datetime) -> tuple[int, list[str]]:
    said: list[str] = []
    settings = Settings(home=home)
    with Deployed(settings).environment():
        code = pipeline.land_files(settings, said.append, [file], dataset=None, period=None, received_at=received_at)
    return code, said


def landed(home: Path) -> list[tuple[str, str]]:
    return sorted((s.dataset, s.file_sha256) for s in read_submissions(Home(home).landing))


def test_a_file_landed_a_hundred_times_is_landed_once(tmp_path: Path) -> None:
    """A good one and one that nobody knows."""
    write_sample(tmp_path / "feeds", date(2017, 4, 1), date(2017, 4, 1), practices=3, seed=7, with_truth=False)
    (tmp_path / "nonsense.txt").write_bytes(b"nonsense")
    home = tmp_path / "home"
    answers = Counter[str]()
    for number in range(100):
        at = START + timedelta(minutes=number)
        code, said = land(home, tmp_path / "feeds/practice_groups.csv", at)
        answers[said[0]] += 1
        assert code == 0
        if number % 20 == 0:
            assert land(home, tmp_path / "nonsense.txt", at)[0] == 2, "refused, and still refused"
        if number == 0:
            first = {path: path.read_bytes() for path in home.glob("landing/**/*") if path.is_file()}
    assert sorted(answers.values()) == [1, 99], answers
    assert {path: path.read_bytes() for path in home.glob("landing/**/*") if path.is_file()} == first
    assert len(landed(home)) == 1
    assert len(list(home.glob("quarantine/**/nonsense.txt*"))) == 1, "kept once"


@pytest.mark.slow
def test_twenty_random_orders_make_one_release(tmp_path: Path) -> None:
    """Each order starts from the same release of what came first; every file is landed once to three times."""
    feeds, later, base = tmp_path / "feeds", tmp_path / "later", tmp_path / "base"
    write_sample(feeds, date(2017, 5, 1), date(2017, 6, 1), practices=3, seed=7, with_truth=False)
    rows = (feeds / "EPD_201706.csv").read_text().splitlines(keepends=True)
    (feeds / "EPD_201706_corrected.csv").write_text("".join(rows[:-1]))
    later.mkdir()
    for name in LATER:
        for path in feeds.glob(f"{name}*"):
            path.rename(later / path.name)
    code, lines = run_pipeline(Settings(home=base), inbox=feeds, received_at=START)
    assert code == 0, lines
    chance = random.Random(20171127)
    received = {name: START + timedelta(days=1 + number) for number, name in enumerate(LATER)}
    released: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for number in range(ORDERS + 1):
        home = tmp_path / f"home{number}"
        shutil.copytree(base, home, symlinks=True)
        order = list(LATER) if number == 0 else [name for name in LATER for _ in range(chance.choice((1, 1, 2, 3)))]
        if number:
            chance.shuffle(order)
        for name in order:
            code, said = land(home, later / name, received[name])
            assert code == 0, (number, order, said)
        code, lines = run_pipeline(Settings(home=home), inbox=None)
        assert code == 0, (number, order, lines)
        deployed = Deployed(Settings(home=home))
        released[f"{number}: {order}"] = deployed.content_hash(), landed(home)
        print(number, len(order), deployed.content_hash()[:12], flush=True)
        assert len(set(map(str, released.values()))) == 1, released
        shutil.rmtree(home)
