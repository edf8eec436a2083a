"""A fraction of the sample of England passes every gate and is released, for many commissioners and all together.

Belongs here: that what `pcw sample --scale england` writes runs, and that its figures are those of its files.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pcw.settings import Settings
from sources.synthetic.england import write_england
from sources.synthetic.england.sample import EnglandSummary
from tests.running import Deployed, run_pipeline

pytestmark = pytest.mark.slow

#: Both emergency feeds are sent in this month; small as it is there are three commissioners.
MONTH, FRACTION = date(2017, 11, 1), 0.003


@dataclass(frozen=True)
class Case:
    """The sample and the deployment that released it."""

    sample: EnglandSummary
    deployed: Deployed


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("england")
    sample = write_england(folder / "feeds", MONTH, fraction=FRACTION, seed=7)
    deployed = Deployed(Settings(home=folder / "home", commissioner=sample.commissioner, copies=()))
    code, lines = run_pipeline(deployed.settings, inbox=sample.out)
    assert code == 0, "\n".join(lines)
    return Case(sample, deployed)


def _read(folder: Path, pattern: str) -> list[dict[str, str]]:
    (path,) = folder.glob(pattern)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_is_landed_and_every_gate_passes(case: Case) -> None:
    [(checks, failed)] = case.deployed.query(
        "select count(*), count(*) filter (passed is distinct from true) from gate_result"
    )
    assert checks > 1_000 and failed == 0
    landed = {name for (name,) in case.deployed.query("select distinct file_name from submission")}
    assert landed == set(case.sample.files)


def test_every_level_has_results(case: Case) -> None:
    found = dict(case.deployed.query("select org_type, count(distinct org_code) from indicator_result group by all"))
    assert (found["commissioner"], found["system"], found["practice"]) == (3, 1, case.sample.practices)


def test_components_are_what_the_files_hold(case: Case) -> None:
    own = {
        record[0]: record[14]
        for record in csv.reader((case.sample.out / "epraccur.csv").read_text(encoding="utf-8").splitlines())
        if record[25] == "4"
    }
    items: Counter[str] = Counter()
    for row in _read(case.sample.out, "EPD_*"):
        code = row["PRACTICE_CODE"].strip()
        if code in own:
            items[own[code]] += int(row["ITEMS"])
    patients: Counter[str] = Counter()
    for row in _read(case.sample.out, "gp-reg-pat-prac-all_*"):
        patients[own[row["CODE"]]] += int(row["NUMBER_OF_PATIENTS"])
    for component, expected in (("rx_items", items), ("list_size", patients)):
        found: Counter[str] = Counter()
        for code, value in case.deployed.exact(
            "select practice_code, value from component_value where component_id = ? and month = ?", component, MONTH
        ):
            if code in own:
                found[own[code]] += int(value)
        assert found == expected, component


def test_places_are_those_of_a_plain_count(case: Case) -> None:
    """Each practice is held against each: behind all that are beyond chance before it, before all that are behind."""
    groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    columns = ("practice_code", "direction", "ci_lower", "ci_upper", "best_place", "worst_place")
    sql = (
        f"select compared.indicator_id, compared.version, compared.period_end, {', '.join(columns)}"
        " from indicator_comparison as compared join indicator using (indicator_id, version)"
        " where ci_lower is not null and compared.place is not null"
    )
    for *key, values in ((*row[:3], dict(zip(columns, row[3:], strict=True))) for row in case.deployed.exact(sql)):
        groups.setdefault(tuple(key), []).append(values)
    wrong, held = [], 0
    for key, practices in groups.items():
        for own in practices:
            above = sum(other["ci_lower"] > own["ci_upper"] for other in practices)
            below = sum(other["ci_upper"] < own["ci_lower"] for other in practices)
            before, behind = {"up": (above, below), "neutral": (above, below), "down": (below, above)}[own["direction"]]
            held += before + behind > 0
            if (own["best_place"], own["worst_place"]) != (1 + before, len(practices) - behind):
                wrong.append((key, own))
    assert held > 50 and wrong == []
