"""The prescribing forecast of the small sample as released against `forecast_plain`, and said to be restated.

Belongs here: the comparison. Does not belong here: single cases (dbt unit tests, `test_finance_position`).
"""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from sources.synthetic.world import COMMISSIONER
from tests.pipeline.dbt_support import PROJECT
from tests.pipeline.forecast_plain import actual_costs, forecasts
from tests.running import Deployed


def test_every_forecast_is_that_of_the_plain_reading(released: Deployed, small_sample: Path) -> None:
    with (small_sample / "truth" / "finance_position.csv").open(encoding="utf-8", newline="") as file:
        budgets = {
            date.fromisoformat(row["month"]): Decimal(row["annual_budget"])
            for row in csv.DictReader(file)
            if row["entity_code"] == COMMISSIONER and row["is_current"] == "true" and row["ledger_period"] != "13"
            and (row["level"], row["level_code"]) == ("programme_area", "Prescribing") and row["annual_budget"]
        }  # fmt: skip
    with (PROJECT / "seeds" / "prescribing_profile.csv").open(encoding="utf-8", newline="") as file:
        shares = {int(row["ledger_period"]): Decimal(row["share"]) for row in csv.DictReader(file)}
    expected = forecasts(actual_costs(small_sample, COMMISSIONER), shares, budgets)
    found = released.exact(
        "select month, actual_to_date, profile_share, forecast, annual_budget, variance, variance_change,"
        " has_changed_sign from finance_forecast"
    )
    assert {row[0]: row[1:] for row in found} == expected
    assert sum(row[3] is not None for row in found) == 13


def test_forecasts_made_of_what_came_years_later_are_said_to_be_restated(released: Deployed) -> None:
    """The sample is received long after its months: no vintage is what was known then."""
    assert released.query("select distinct state, is_restated from finance_forecast order by all") == [
        ("not_started", None),
        ("ok", True),
    ]
