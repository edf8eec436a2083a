"""Every figure of the truth of a sample is released exactly, at every level.

Belongs here: the comparison, and the samples that it is made for: the small one, the one in which ECDS takes the place
of CDS 010, and the whole commissioner. Does not belong here: how truth is worked out (`sources.synthetic.truth`).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pcw.settings import Settings
from sources.synthetic.sample import write_sample
from sources.synthetic.truth_counted import counted_indicators
from tests.running import Deployed, query, run_pipeline


@dataclass(frozen=True)
class Case:
    """A sample with its truth, and the deployment that released it."""

    sample: Path
    deployed: Deployed


#: First and last month, practices, seed. From CDS 010 alone to ECDS, over the months in which a visit may be in both.
SPANS = {
    "switch to ECDS": (date(2017, 4, 1), date(2018, 6, 1), 8, 7),
    "whole commissioner": (date(2016, 4, 1), date(2017, 7, 1), 92, 20170829),
}


def made(span: str, folder: Path) -> Case:
    """A sample written, landed and released."""
    first, last, practices, seed = SPANS[span]
    sample = write_sample(folder / "feeds", first, last, practices=practices, seed=seed).out
    deployed = Deployed(Settings(home=folder / "home"))
    code, lines = run_pipeline(deployed.settings, inbox=sample)
    assert code == 0, "\n".join(lines)
    return Case(sample, deployed)


@pytest.fixture(scope="module", params=["small", *(pytest.param(span, marks=pytest.mark.slow) for span in SPANS)])
def released_case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Each sample in turn; the small one is that of all tests."""
    if request.param == "small":
        return Case(request.getfixturevalue("small_sample"), request.getfixturevalue("released"))
    return made(request.param, tmp_path_factory.mktemp("truth"))


def truth(sample: Path, name: str) -> Iterator[dict[str, str]]:
    with (sample / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle)


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def close(found: Any, expected: str) -> bool:
    """1e-9 relative, and missing is missing."""
    if found is None or expected == "":
        return found is None and expected == ""
    return abs(float(found) - float(expected)) <= 1e-9 * max(abs(float(expected)), 1e-12)


def test_every_component_value_of_truth_is_released_exactly(released_case: Case) -> None:
    found = {
        row[:3]: row[3]
        for row in released_case.deployed.exact("select component_id, practice_code, month, value from component_value")
    }
    expected = {
        (row["component_id"], row["practice_code"], date.fromisoformat(row["month"])): number(row["value"])
        for row in truth(released_case.sample, "component_value")
    }
    assert len(expected) > 1000
    assert {key: value for key, value in found.items() if expected.get(key) != value} == {}
    assert expected.keys() - found.keys() == set()


def test_every_value_by_provider_and_specialty_of_truth_is_released_exactly(released_case: Case) -> None:
    names = ("component_id", "practice_code", "provider_code", "treatment_function_code")
    found = {
        row[:5]: row[5]
        for row in released_case.deployed.exact(
            "select component_id, practice_code, provider_code, coalesce(treatment_function_code, ''), month, value"
            " from component_provider_value"
        )
    }
    expected = {
        (*(row[name] for name in names), date.fromisoformat(row["month"])): number(row["value"])
        for row in truth(released_case.sample, "component_provider_value")
    }
    assert len(expected) > 1000
    assert {key: value for key, value in found.items() if expected.get(key) != value} == {}
    assert expected.keys() - found.keys() == set()


EXACT = ("numerator", "band", "rag", "trend", "numbers_achieving", "orgs_judged", "orgs_expected", "state")
RATES = ("denominator", "value", "target", "baseline_value", "previous_value")
KEY = ("indicator_id", "version", "variant", "org_view", "org_type", "org_code", "period_end")


def test_every_result_of_truth_is_released_at_every_level(released_case: Case) -> None:
    columns = (*KEY, *EXACT, *RATES)
    found = {
        row[: len(KEY)]: row
        for row in released_case.deployed.exact(f"select {', '.join(columns)} from indicator_result")
    }
    indicators = {key[0] for key in found}
    levels, valued, compared, wrong = set(), set(), 0, []
    for row in truth(released_case.sample, "indicator_result"):
        key = (*(row[name] for name in KEY[:-1]), date.fromisoformat(row["period_end"]))
        got = dict(zip(columns, found.pop(key), strict=True))
        levels.add(row["org_type"])
        compared += 1
        if row["value"]:
            valued.add((row["org_type"], row["indicator_id"]))
        for name in EXACT:
            same = number(row[name]) == got[name] if name == "numerator" else (row[name] or None) == _text(got[name])
            if not same:
                wrong.append((key, name, row[name], got[name]))
        wrong += [(key, name, row[name], got[name]) for name in RATES if not close(got[name], row[name])]
    assert wrong == []
    assert found == {}
    assert levels >= {"practice", "neighbourhood", "locality", "commissioner"}
    assert compared > 1000
    # Not one indicator is awaiting throughout, but what a small sample cannot tell: counts of talking
    # therapies below five, registers that say nothing yet, and twelve months of visits.
    silent = {"goal-iapt-recovery", "contract-gp-earnings-published", "contract-visits-completed"}
    of_commissioners = {row.indicator_id for row in counted_indicators(("99A",)) if row.level == "commissioner"}
    of_practices = set(product(levels, indicators - silent - of_commissioners))
    assert valued >= of_practices | {("commissioner", name) for name in of_commissioners - silent}
    assert {name for _, name in valued} >= indicators - silent


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def test_practice_months_of_truth(released_case: Case) -> None:
    names = (
        "list_size",
        "starpu_oral_antibacterial_items",
        "astropu_cost",
        "astropu_items",
        "neighbourhood",
        "locality",
    )
    found = {
        row[:2]: row[2:]
        for row in released_case.deployed.query(f"select practice_code, month, {', '.join(names)} from practice_month")
    }
    for row in truth(released_case.sample, "practice_month"):
        got = dict(zip(names, found[row["practice_code"], date.fromisoformat(row["month"])], strict=True))
        assert all(number(row[name]) == got[name] for name in names[:4]), row
        assert all((row[name] or None) == got[name] for name in names[4:]), row


def test_attendances_are_read_from_the_feed_that_has_more_of_them(released_case: Case) -> None:
    """REM sends both feeds for half a year, and of the first month half as ECDS. Walk-in centres stay with CDS 010."""
    read = {
        row[:2]: row[2:]
        for row in query(
            released_case.deployed.home.warehouse,
            "select provider_code, month, feed, aea_rows > 0 and ec_rows > 0 from intermediate.int_sus__emergency_feed",
        )
    }
    months = {month for _, month in read}
    overlap = {month for month in months if date(2017, 10, 1) <= month < date(2018, 4, 1)}
    assert {key for key, (_, is_in_both) in read.items() if is_in_both} == {("REM", month) for month in overlap}
    later = {("RQ6", month) for month in months if month >= date(2017, 10, 1)}
    later |= {("REM", month) for month in months if month >= date(2017, 11, 1)}
    later |= {(provider, month) for provider in ("RBS", "REP") for month in months if month >= date(2018, 4, 1)}
    assert {key for key, (feed, _) in read.items() if feed == "ec"} == later
