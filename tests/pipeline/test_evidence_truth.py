"""Rebates, challenges and tolerances of the sample, as released, against the truth worked out in plain Python."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.running import Deployed


def truth(sample: Path, name: str) -> list[dict[str, str]]:
    with (sample / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def same(text: str, found: object) -> bool:
    """Missing is missing, and amounts are equal to the penny."""
    if isinstance(found, Decimal):
        return text != "" and Decimal(text) == found
    return text == ("" if found is None else found.isoformat() if isinstance(found, date) else str(found))


@pytest.mark.parametrize("mart", ["rebate_position", "drug_charge_challenge", "contract_tolerance"])
def test_every_figure_of_truth_is_released_exactly(released: Deployed, small_sample: Path, mart: str) -> None:
    expected = truth(small_sample, mart)
    columns = list(expected[0])
    found = released.exact(f"select {', '.join(columns)} from {mart}")
    assert len(found) == len(expected) > 10
    keys = [name for name in columns if name not in ("due", "claimed", "state", "challenged_amount", "counted_amount",
                                                     "plan_ytd", "actual_ytd", "position", "amount")]  # fmt: skip
    known = {tuple(row[name] for name in keys): row for row in expected}
    for values in found:
        row = dict(zip(columns, values, strict=True))
        key = tuple(row[name].isoformat() if isinstance(row[name], date) else str(row[name]) for name in keys)
        assert key in known, key
        assert {name: row[name] for name in columns if not same(known[key][name], row[name])} == {}, key


def test_readers_see_no_count_of_few_patients(released: Deployed) -> None:
    shown = released.query("select actual_ytd, position, amount, state_reason from contract_tolerance")
    counts = [row[0] for row in shown if row[0] is not None]
    assert counts and all(count % 5 == 0 for count in counts)
    exact = released.exact("select count(*) from contract_tolerance where actual_ytd between 1 and 7")[0][0]
    hidden = [row for row in shown if row[3] == "1 to 7 patients: not shown"]
    assert len(hidden) == exact and all(row[:3] == (None, None, None) for row in hidden)


def test_what_the_charges_and_claims_raise_is_asked(released: Deployed) -> None:
    """One claim of the sample is a tenth short; each provider that broke a rule is asked, by month and rule."""
    assert released.query(
        "select detail, round(amount / expected, 3) from data_quality_query where issue = 'rebate_differs'"
    ) == [("Blood glucose testing strips: an amount for each item: less was claimed than is due by the terms", -0.1)]
    asked = released.query(
        "select count(*), sum(amount) from data_quality_query where issue = 'drug_charge_challenged'"
    )
    challenged = released.query(
        "select count(distinct (provider_code, month, reason)), sum(challenged_amount)::double "
        "from drug_charge_challenge"
    )
    assert asked == challenged
