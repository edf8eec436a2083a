"""A saving that is claimed and that the feeds contradict, through the whole job: seen in one query, told once, closed.

Belongs here: what readers and the lead see of the fault. Does not belong here: how the methods compute
(`test_evidence`), how notices travel (`test_notices`).
"""

import csv
import json
import re
from datetime import date
from pathlib import Path

import pytest

from pcw.settings import Settings
from sources.synthetic.sample import write_sample
from tests.conftest import PROJECT
from tests.running import Deployed, run_pipeline

APRIL, JUNE = date(2017, 4, 1), date(2017, 6, 1)


def question() -> str:
    """The first query that the README shows."""
    section = (PROJECT / "README.md").read_text(encoding="utf-8").split("## Are they seen in the feeds")[1]
    found = re.findall(r"```sql\n(.*?)```", section.split("\n## ")[0], flags=re.DOTALL)[0]
    return str(found)


def told(deployed: Deployed, event: str) -> list[str]:
    """Titles of what owners were told of savings that are contradicted."""
    lines = (deployed.home.root / "alerts.log").read_text(encoding="utf-8").splitlines()
    return [
        entry["title"]
        for entry in map(json.loads, lines)
        if entry["event"] == event and "contradicted" in entry["title"]
    ]


@pytest.mark.slow
def test_a_claim_that_charges_contradict_is_seen_told_once_and_closed(tmp_path: Path) -> None:
    clean = write_sample(tmp_path / "clean", APRIL, JUNE, practices=3, seed=7, with_truth=False).out
    damaged = write_sample(
        tmp_path / "damaged", APRIL, JUNE, practices=3, seed=7, with_truth=False, faults=["contradicted_saving"]
    ).out
    deployed = Deployed(Settings(home=tmp_path / "home"))

    code, lines = run_pipeline(deployed.settings, inbox=damaged)
    assert code == 0, "\n".join(lines)
    [(scheme, _, lead, month, claimed, evidenced, difference, method, _)] = deployed.query(question())
    assert (scheme, lead, month, method) == (
        "CRES-2017-11",
        "Head of medicines optimisation",
        JUNE,
        "drug_switch",
    )
    assert claimed > 750_000 > evidenced and difference == claimed - evidenced
    [title] = told(deployed, "problem")
    assert scheme in title

    # Nothing new is told of it, until an honest version of the month comes.
    run_pipeline(deployed.settings, inbox=damaged)
    assert told(deployed, "problem") == [title]
    [tracker] = sorted(clean.glob("cres_tracker_2017-18_M03_v*.csv"))[-1:]
    honest = tmp_path / "honest"
    honest.mkdir()
    with tracker.open(encoding="utf-8", newline="") as source:
        rows = [row | {"Version": "9"} for row in csv.DictReader(source)]
    with (honest / "cres_tracker_2017-18_M03_v9.csv").open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    code, lines = run_pipeline(deployed.settings, inbox=honest)
    assert code == 0, "\n".join(lines)
    assert deployed.query(question()) == []
    assert told(deployed, "problem") == told(deployed, "recovered") == [title]
