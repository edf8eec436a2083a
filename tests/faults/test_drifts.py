"""Clean months raise few alarms, and drifts are found: the stated rate of benchmarks/reliability.md, on a few."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.anomalies import FIRST, LAST, Clean, prescribing
from sources.synthetic.sample import write_sample
from tests.faults.drifts import DRIFTS

pytestmark = pytest.mark.slow
NAMES = ("practice_missing", "packs_for_units", "bnf_version", "items_rounded", "age_bands_swapped", "list_jump")
STATED_RATE = 0.001  # alarms by verdicts


def test_clean_months_are_quiet_and_drifts_are_found(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample", FIRST, LAST, practices=8, seed=20170829, with_truth=False)
    clean = Clean()
    found = list(prescribing(tmp_path, tmp_path / "sample", clean, NAMES))
    assert len(clean.by_file) > 100, "36 months were landed"
    assert sum(clean.alarms.values()) <= STATED_RATE * sum(clean.asked.values()), clean.alarms
    assert {severity for _, severity in clean.alarms} <= {"warn"}, clean.alarms
    assert len(found) == len(NAMES)
    for drift in found:
        assert drift.check in DRIFTS[drift.drift].found_by, drift
        assert drift.delay == 0, drift
