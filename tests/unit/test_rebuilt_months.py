"""Which months a file makes the incremental models build again, and that every file is part of what was built."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dbt_project.feeds import Inputs
from sources.contracts import load_contracts

MAY, JUNE = date(2017, 5, 1), date(2017, 6, 1)
HELD = {
    "epd": (MAY, JUNE), "contract_event": (MAY,), "gp_patient_survey": (date(2017, 3, 1),), "gp_search": (JUNE,),
    "risk_register": (JUNE,), "epraccur": (MAY,),
}  # fmt: skip


def inputs(changed: str | None = None, only: Collection[str] = tuple(HELD)) -> Inputs:
    """What is in force, one file of it another one."""

    def one(dataset: str, period: date) -> Any:
        is_new = dataset == changed and period == max(HELD[dataset])
        return SimpleNamespace(dataset=dataset, submission_id=f"{dataset}-{period}{'-again' if is_new else ''}")

    contracts = {name: contract for name, contract in load_contracts().items() if name in only}
    in_force: Any = {name: {period: (one(name, period),) for period in HELD[name]} for name in only}
    return Inputs(Path("none"), contracts, in_force, "99A")


@pytest.mark.parametrize("dataset", ["contract_event", "gp_patient_survey", "gp_search", "risk_register"])
def test_counts_build_no_month_again_and_are_part_of_what_was_built(dataset: str) -> None:
    """A log is sent whole each month, a survey serves a year: their rows are modelled in each build anyway."""
    before, after = inputs(), inputs(dataset)
    assert before.month_fingerprints() == after.month_fingerprints()
    assert before.fingerprint() != after.fingerprint()


def test_prescribing_builds_its_month_again_and_a_register_every_month() -> None:
    before = inputs().month_fingerprints()
    changed = {
        name: {month for month, value in inputs(name).month_fingerprints().items() if value != before[month]}
        for name in ("epd", "epraccur")
    }
    assert changed == {"epd": {JUNE}, "epraccur": set(before)}


def test_a_register_is_part_of_what_was_built_where_nothing_has_months_but_counts() -> None:
    """Found by real QOF files beside a register alone: a later map of practices was landed and changed no release."""
    only = ("gp_search", "epraccur")
    assert inputs(only=only).months() == []
    assert inputs(only=only).fingerprint() != inputs("epraccur", only).fingerprint()
