"""Every named fault of the hospital files goes through the whole job and has the consequence that is written here.

Belongs here: which question each fault opens, which figures it holds and in which months, and that all others stay as
they were. Does not belong here: what a fault does to a file (`test_synthetic_sus`), the thresholds of the rules and how
a question closes (`test_sus_quality`), where patients could be left behind (`test_privacy`).
"""

import csv
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pcw.settings import Settings
from sources.synthetic.faults import FAULTS
from sources.synthetic.sus_faults import SUS_FAULTS
from tests.conftest import PROJECT
from tests.pipeline.test_sus_quality import READS_CARDIOLOGY, figures
from tests.running import Deployed, run_pipeline

APRIL, MAY, JUNE = (date(2017, month, 1) for month in (4, 5, 6))
ENDS = {MAY: {date(2017, 5, 31), date(2017, 6, 30)}, JUNE: {date(2017, 6, 30)}}
KEY = "the key of these tests, at least 32 characters"

#: Rule, provider, specialty, month.
Question = tuple[str, str, str | None, date]


def reading(dataset: str) -> frozenset[str]:
    """Indicators whose numerator is of an activity dataset."""
    rows = {}
    for name in ("component_definition", "indicator_variant"):
        with (PROJECT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            rows[name] = list(csv.DictReader(handle))
    of_dataset = {row["component_id"] for row in rows["component_definition"] if row["dataset"] == dataset}
    return frozenset(
        row["indicator_id"] for row in rows["indicator_variant"] if row["numerator_component_id"] in of_dataset
    )


@dataclass(frozen=True)
class Consequence:
    """The questions that are open afterwards and were not before, and what can no longer be said from `month` on."""

    asked: frozenset[Question] = frozenset()
    state: str = ""
    held: frozenset[str] = frozenset()
    month: date = JUNE
    reason: str = ""


CONSEQUENCES = {
    "sus_provider_outage": Consequence(
        frozenset({("sus_provider_missing", "RBS", None, MAY)}),
        "awaiting",
        reading("sus_ae"),
        MAY,
        "awaiting sus_ae 2017-05 of provider RBS (no submission)",
    ),
    "sus_late_month": Consequence(
        frozenset({("sus_provider_missing", "REP", None, JUNE)}),
        "awaiting",
        reading("sus_op"),
        JUNE,
        "awaiting sus_op 2017-06 of provider REP (no submission)",
    ),
    "sus_freeze_restatement": Consequence(frozenset({("sus_frozen_drift", "RQ6", None, APRIL)})),
    "sus_specialty_recode": Consequence(
        frozenset(
            {
                ("sus_specialty_recode", "RBQ", "320", JUNE),
                ("sus_volume", "RBQ", "320", JUNE),
                ("sus_volume_shift", "RBQ", "300", JUNE),
            }
        ),
        "withheld",
        frozenset(READS_CARDIOLOGY),
        JUNE,
        "withheld sus_op 2017-06 of provider RBQ, specialty 320 Cardiology (volume at about 0% of its usual)",
    ),
    # Of every specialty that is large enough to be asked about, and of the others together; spells are what they were.
    "sus_episode_inflation": Consequence(
        frozenset(
            ("sus_episode_inflation", "REM", specialty, JUNE)
            for specialty in ("100", "101", "110", "130", "300", "301", None)
        )
    ),
    "sus_cardiology_multiplied": Consequence(
        frozenset({("sus_volume", "RBQ", "320", JUNE), ("sus_duplicated_rows", "RBQ", "320", JUNE)}),
        "withheld",
        frozenset(READS_CARDIOLOGY),
        JUNE,
        "withheld sus_op 2017-06 of provider RBQ, specialty 320 Cardiology (55.8% repeat another row against 5.0%),"
        " sus_op 2017-06 of provider RBQ, specialty 320 Cardiology (volume at about 300% of its usual)",
    ),
    "sus_planted_identifiers": Consequence(),
}
#: Files that are not let in, and why.
REFUSED = {
    "sus_duplicated_submission": "keys stand more than once with the same provider, aea_ident and extract_date_time"
}
#: Faults that have a test of their own.
ELSEWHERE = {"sus_cardiology_wrong": "tests/pipeline/test_sus_quality.py"}


def test_no_fault_is_without_a_consequence() -> None:
    assert sorted([*CONSEQUENCES, *REFUSED, *ELSEWHERE]) == sorted(SUS_FAULTS)
    for name, path in ELSEWHERE.items():
        assert f'FAULTS["{name}"].apply(' in (PROJECT / path).read_text(encoding="utf-8"), path


def questions(deployed: Deployed) -> set[Question]:
    """What hospital activity asks and nobody has answered."""
    return set(
        deployed.query(
            "select issue, provider_code, treatment_function_code, month from data_quality_query"
            " where is_open and provider_code is not null"
        )
    )


def sent(sample: Path, name: str, folder: Path) -> Path:
    """The file that the fault damaged or added, alone in an inbox."""
    damaged, inbox = folder / "damaged", folder / "inbox"
    shutil.copytree(sample, damaged)
    inbox.mkdir()
    return Path(shutil.copy(damaged / FAULTS[name].apply(damaged, JUNE), inbox))


def forget(deployed: Deployed, name: str) -> None:
    """As if the hospital file of this name had never come."""
    for manifest in deployed.home.landing.glob("sus_*/*/manifest.json"):
        if f'"{name}"' in manifest.read_text(encoding="utf-8"):
            shutil.rmtree(manifest.parent)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONSEQUENCES)
def test_a_fault_has_its_consequence_and_no_other(
    copy_of_released: Deployed, small_sample: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = CONSEQUENCES[name]
    monkeypatch.setenv("PCW_PSEUDONYM_KEY", KEY)
    deployed = Deployed(Settings(home=copy_of_released.home.root))
    before, content, asked = figures(deployed), deployed.content_hash(), questions(deployed)
    file = sent(small_sample, name, tmp_path)
    forget(deployed, file.name)

    code, lines = run_pipeline(deployed.settings, inbox=file.parent)

    assert code == 0, lines
    after = figures(deployed)
    assert after.keys() == before.keys()
    assert asked <= questions(deployed)
    assert questions(deployed) - asked == expected.asked
    touched = {key for key in after if key[0] in expected.held and key[5] in ENDS[expected.month]}
    assert {key for key in after if after[key] != before[key]} <= touched
    assert {after[key][:4] for key in touched} == ({(expected.state, None, None, None)} if expected.held else set())
    if expected.held:
        of_commissioner = (
            "select distinct state_reason from indicator_result"
            " where org_type = 'commissioner' and state = ? and period_end in (select unnest(?))"
            f" and indicator_id in ({', '.join('?' * len(expected.held))})"
        )
        ends = sorted(ENDS[expected.month])
        reasons = deployed.query(of_commissioner, expected.state, ends, *sorted(expected.held))
        assert reasons == [(expected.reason,)]
    else:
        assert deployed.content_hash() == content


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_refused_leaves_the_good_one_in_force(
    copy_of_released: Deployed, small_sample: Path, tmp_path: Path, name: str
) -> None:
    digest, file = copy_of_released.digest(), sent(small_sample, name, tmp_path)

    code, lines = run_pipeline(copy_of_released.settings, inbox=file.parent)

    assert code == 2, lines
    assert any(line.startswith("Refused sus_") and REFUSED[name] in line for line in lines), lines
    assert copy_of_released.digest() == digest
