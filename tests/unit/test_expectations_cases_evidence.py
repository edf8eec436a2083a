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

MARTS = """
    create table cres_evidence as
        select '99A' as entity_code, '2019/20' as financial_year, scheme_id, date '2019-06-01' as month,
            date '2019-06-01' as reported_month, claimed::decimal(18, 2) as claimed,
            evidenced::decimal(18, 2) as evidenced, (claimed - evidenced)::decimal(18, 2) as difference, method, state,
            state_reason, false as has_cost_break, baseline_cost::decimal(18, 2) as baseline_cost,
            cost::decimal(18, 2) as cost, price::decimal(18, 2) as price_effect,
            volume::decimal(18, 2) as volume_effect, mix::decimal(18, 2) as mix_effect,
            counted::decimal(18, 2) as patient_count, unit_price::decimal(18, 4) as unit_price
        from (values
            ('A', 500, 400, 'prescribing_price_volume', 'supported', null, 1000, 600, -300, -200, 100, null, null),
            ('B', 900, 100, 'drug_switch', 'contradicted', null, 1000, 900, null, null, null, null, null),
            ('C', 900, null, 'rebate', 'awaiting', 'no claim', null, null, null, null, null, null, null),
            ('D', 900, null, 'none', 'not_visible', 'no method', null, null, null, null, null, null, null),
            ('E', 900, 900, 'activity', 'supported', null, null, null, null, null, null, 90, 150),
            ('F', 900, 100, 'rebate', 'not_judged', 'too small', null, null, null, null, null, null, null)
        ) as rows (scheme_id, claimed, evidenced, method, state, state_reason, baseline_cost, cost, price, volume, mix,
            counted, unit_price);
    create table drug_charge_challenge as
        select '99A' as entity_code, '2019/20' as financial_year, date '2019-06-01' as month, 'RQ6' as provider_code,
            'I1' as invoice_reference, line_number, reason, 1000::decimal(18, 2) as charged_amount,
            challenged::decimal(18, 2) as challenged_amount, counted::decimal(18, 2) as counted_amount
        from (values (1, 'no_approval', 1000, 1000), (1, 'price_above_reference', 90, 0),
            (2, 'charged_twice', 1000, 1000)) as rows (line_number, reason, challenged, counted);
    create table contract_tolerance as
        select '99A' as entity_code, '2019/20' as financial_year, provider_code, 'ae' as point_of_delivery,
            date '2019-06-01' as month, 300::decimal(18, 2) as plan_ytd, actual::decimal(18, 2) as actual_ytd,
            0.02::decimal(9, 4) as tolerance_lower, 0.02::decimal(9, 4) as tolerance_upper,
            0.3::decimal(9, 4) as marginal_rate, 150::decimal(18, 4) as unit_price, position, state_reason,
            amount::decimal(18, 2) as amount
        from (values ('RQ6', 310, 'above', 180, null), ('REM', 280, 'below', -630, null),
            ('RBS', 301, 'within', 0, null), ('REP', null, 'awaiting', null, 'not received'))
            as rows (provider_code, actual, position, amount, state_reason);
    create table rebate_position as
        select '99A' as entity_code, rebate_term_id, date '2019-06-01' as month, 'per_item' as kind,
            1.25::decimal(18, 4) as rate, items::decimal(18, 5) as items, (items * 10)::decimal(18, 5) as nic,
            due::decimal(18, 2) as due, claimed::decimal(18, 2) as claimed,
            (claimed - due)::decimal(18, 2) as difference, state
        from (values ('A', 400, 500, 500, 'claimed'), ('B', 400, 500, 400, 'under_claimed'),
            ('C', null, null, 9, 'awaiting'), ('D', null, 0, 7, 'no_agreement'))
            as rows (rebate_term_id, items, due, claimed, state);
"""


def _mart(table: str, columns: str, **breaks: str) -> dict[str, str]:
    """Breaks of columns that must be there and of the key, and `update <table> set ...` of the others."""
    return {
        **{f"{column}_present": f"update {table} set {column} = null" for column in columns.split()},
        "grain": f"insert into {table} select * from {table} limit 1",
        **{check: f"update {table} set {change}" for check, change in breaks.items()},
    }


BREAKS |= {
    ("cres_evidence", "marts"): _mart(
        "cres_evidence",
        "entity_code financial_year scheme_id month reported_month method state has_cost_break",
        state_known="state = 'likely' where scheme_id = 'A'",
        difference_adds_up="difference = -difference where scheme_id = 'A'",
        effects_add_up="mix_effect = null where scheme_id = 'A'",
        saving_is_baseline_less_cost="cost = 0 where scheme_id = 'B'",
        judged_where_known="state = 'supported' where scheme_id = 'C'",
        reason_unless_judged="state_reason = '' where scheme_id = 'C'",
        counts_can_be_hidden="unit_price = null where scheme_id = 'E'",
        month_not_after_report="reported_month = '2019-05-01' where scheme_id = 'A'",
    ),
    ("drug_charge_challenge", "marts"): _mart(
        "drug_charge_challenge",
        "entity_code month provider_code invoice_reference line_number reason financial_year charged_amount"
        " challenged_amount counted_amount",
        reason_known="reason = 'dear' where line_number = 2",
        within_the_charge="challenged_amount = 1001 where line_number = 2",
        line_counted_once="counted_amount = challenged_amount",
    ),
    ("contract_tolerance", "marts"): _mart(
        "contract_tolerance",
        "entity_code financial_year provider_code point_of_delivery month plan_ytd tolerance_lower tolerance_upper"
        " marginal_rate position",
        position_known="position = 'high' where provider_code = 'RQ6'",
        position_agrees="position = 'within' where provider_code = 'RQ6'",
        amount_recomputes="amount = -amount where provider_code = 'RQ6'",
        reason_while_awaiting="state_reason = null",
    ),
    ("rebate_position", "marts"): _mart(
        "rebate_position",
        "entity_code rebate_term_id month state",
        state_known="state = 'lost' where rebate_term_id = 'A'",
        difference_adds_up="difference = 1 where rebate_term_id = 'A'",
        due_recomputes="due = 499, difference = 1 where rebate_term_id = 'A'",
        nothing_due_without_prescribing="items = null, nic = null where rebate_term_id = 'A'",
    ),
}
