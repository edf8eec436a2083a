"""What `make run` makes is released: the sample of its size and spans, which no other test has."""

import re
from pathlib import Path

import pytest

from pcw.settings import Settings
from sources.receipts import month
from sources.synthetic.sample import write_sample
from tests.running import Deployed, run_pipeline

PROJECT = Path(__file__).resolve().parents[2]


def stated(name: str) -> str:
    """What the Makefile says of the first run."""
    [found] = re.findall(rf"(?m)(?:^|\s)(?<!run ){name}[ ?=]+([0-9-]+)", (PROJECT / "Makefile").read_text())
    return str(found)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20170829, 11])
def test_the_first_run_releases(tmp_path: Path, seed: int) -> None:
    spans = {name: month(stated(f"--{name}")) for name in ("from", "to", "finance-from", "finance-to")}
    finance = spans["finance-from"], spans["finance-to"]
    practices = int(stated("PRACTICES"))
    feeds = tmp_path / "feeds"
    write_sample(feeds, spans["from"], spans["to"], practices=practices, seed=seed, with_truth=False, finance=finance)
    deployed = Deployed(Settings(home=tmp_path / "home"))
    code, lines = run_pipeline(deployed.settings, inbox=feeds)
    assert code == 0, "\n".join(lines[-5:])
    assert deployed.query("select count(*) > 0 from indicator_latest") == [(True,)]
