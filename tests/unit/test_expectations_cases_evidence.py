"""Good contract plans, drug charges and rebate claims in small, and for each check of gate 2 the SQL that breaks it."""

from __future__ import annotations

import duckdb

from tests.unit.test_expectations_cases_feeds import DOUBLED, Rows, make_context, make_feed, nulls, set_row

YEAR = {"financial_year": "2019/20", "entity_code": "99A"}
PLAN_ROWS: Rows = [
    {
        **YEAR, "plan_version": 1, "provider_code": provider, "point_of_delivery": pod, "ledger_period": month,
        "contract_type": "block", "plan_activity": 100, "unit_price": 150, "plan_cost": 15000,
        "tolerance_lower": 0.02, "tolerance_upper": 0.02, "marginal_rate": 0.3,
    }
    for provider in ("RQ6", "REM")
    for pod in ("ae", "elective")
    for month in range(1, 13)
]  # fmt: skip
CHARGE_ROWS: Rows = [
    {
        **YEAR, "ledger_period": 3, "provider_code": "RQ6", "charge_version": 1, "invoice_reference": "I1",
        "line_number": line, "drug_group": "adalimumab", "product": "Originator 40mg", "is_biosimilar": "N",
        "units": 10, "unit_price": 300, "charged_amount": 3000, "approval_reference": f"B{line}",
    }
    for line in range(1, 101)
]  # fmt: skip
CLAIM_ROWS: Rows = [
    {**YEAR, "ledger_period": month, "claim_version": 1, "rebate_term_id": "T1", "claimed_amount": 250}
    for month in (1, 2, 3)
]
GOOD = {"contract_plan": PLAN_ROWS, "high_cost_drug_charge": CHARGE_ROWS, "rebate_claim": CLAIM_ROWS}


def make_rows_database(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """What landing gives gate 2 for a good file of the dataset."""
    make_feed(connection, dataset, "staged", "2019-06-01", GOOD[dataset])
    make_context(connection, ["A10001"], {})


_YEAR_BREAKS = {
    "financial_year_shape": set_row("financial_year", "'2019/21'"),
    "ledger_period_in_year": set_row("ledger_period", "13"),
    "entity_code_shape": set_row("entity_code", "'Liverpool'"),
}
BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("contract_plan", "rows"): {
        **nulls(
            *("financial_year", "entity_code", "provider_code", "point_of_delivery", "ledger_period"),
            *("contract_type", "plan_activity", "unit_price", "plan_cost"),
        ),
        **_YEAR_BREAKS,
        "provider_code_shape": set_row("provider_code", "'RQ617'"),
        "key_unique": DOUBLED,
        "point_of_delivery_known": set_row("point_of_delivery", "'A&E'"),
        "contract_type_known": set_row("contract_type", "'mixed'"),
        "plan_activity_not_negative": set_row("plan_activity", "-100"),
        "unit_price_not_negative": set_row("unit_price", "-150"),
        "plan_cost_not_negative": set_row("plan_cost", "-15000"),
        "cost_is_activity_times_price": set_row("plan_cost", "1500000"),
        "prices_even": set_row("unit_price", "15000"),
        "block_has_tolerances": set_row("marginal_rate", "null"),
        "tolerance_lower_is_a_share": set_row("tolerance_lower", "2"),
        "tolerance_upper_is_a_share": set_row("tolerance_upper", "2"),
        "marginal_rate_is_a_share": set_row("marginal_rate", "30"),
        "year_is_whole": "delete from staged where source_row = 1",
    },
    ("high_cost_drug_charge", "rows"): {
        **nulls(
            *("financial_year", "ledger_period", "entity_code", "provider_code", "invoice_reference", "line_number"),
            *("drug_group", "product", "is_biosimilar", "units", "unit_price", "charged_amount"),
        ),
        **_YEAR_BREAKS,
        "provider_code_shape": set_row("provider_code", "'RQ617'"),
        "key_unique": DOUBLED,
        "is_biosimilar_known": set_row("is_biosimilar", "'yes'"),
        "unit_price_not_negative": set_row("unit_price", "-300"),
        "product_prices_even": set_row("unit_price", "30000"),
        "amounts_are_units_times_price": "update staged set charged_amount = 300000",
        "amounts_mostly_units_times_price": set_row("charged_amount", "3300"),
    },
    ("rebate_claim", "rows"): {
        **nulls("financial_year", "ledger_period", "entity_code", "rebate_term_id", "claimed_amount"),
        **_YEAR_BREAKS,
        "key_unique": DOUBLED,
        "claimed_amount_not_negative": set_row("claimed_amount", "-250"),
        "claimed_amount_plausible": set_row("claimed_amount", "25000000"),
    },
}
