"""Good finance feeds in small, and for each check of gate 2 the SQL that breaks it."""

from __future__ import annotations

from typing import Any

import duckdb

from expectations.suites import load_suites
from expectations.template import sql_literal
from sources.contracts import load_contracts
from tests.finance_files import BUDGET, BUDGET_TOTAL, CRES, phased
from tests.unit.test_expectations_cases_feeds import Rows, make_feed, nulls, set_row

PERIODS = {
    "cres_plan": "2019-04-01", "cres_tracker": "2019-06-01", "gp_payments": "2018-04-01",
    "spend_over_25k": "2020-04-01",
}  # fmt: skip
MONTHS = [f"{month:02}" for month in range(1, 13)]


def _ledger_row(place: int, cells: tuple[Any, ...], row_type: str, period: int) -> dict[str, Any]:
    name, ytd_budget, ytd_actual, ytd_variance, annual, outturn, variance = cells
    is_line = row_type == "line"
    return {
        "financial_year": "2017/18", "ledger_period": period, "entity_code": "99A", "row_type": row_type,
        "line_description": name, "programme_area": "Primary Care Co-Commissioning" if is_line else None,
        "coding_string": f"94614{place}/5216107{place}/N8200{place}/PRCAHO/000000" if is_line else None,
        "annual_budget": annual, "ytd_budget": ytd_budget, "ytd_actual": ytd_actual, "ytd_variance": ytd_variance,
        "forecast_outturn": outturn, "forecast_variance": variance,
    }  # fmt: skip


LEDGER = [_ledger_row(place, cells, "line", 3) for place, cells in enumerate(BUDGET)]
LEDGER += [_ledger_row(9, BUDGET_TOTAL, "total", 3)]
LEDGER_BEFORE = [{**row, "ledger_period": 2, "period": "2017-05-01"} for row in LEDGER]


def _journal(reference: str, number: int, line: int, ledger_period: int = 3, **changed: Any) -> dict[str, Any]:
    return {
        "financial_year": "2017/18", "ledger_period": ledger_period, "entity_code": "99A",
        "journal_reference": reference, "line_number": line, "entry_type": "accrual",
        "coding_string": f"94614{number}/52161070/N82001/PRCAHO/000000",
        "line_description": "QOF", "posted_on": f"2017-0{ledger_period + 3}-28", "amount": 5000 + number,
    } | changed  # fmt: skip


JOURNALS = [
    _journal("ACC-03-1", 1, 1), _journal("ACC-03-1", 2, 2), _journal("ACC-03-2", 3, 1),
    _journal("REV-03-1", 4, 1, entry_type="reversal", reverses="ACC-02-1", amount=-5004),
    _journal("ADJ-03-1", 5, 1, entry_type="adjustment", amount=700),
    _journal("ADJ-03-1", 6, 2, entry_type="adjustment", amount=-700),
]  # fmt: skip
JOURNALS_BEFORE = [_journal("ACC-02-1", 4, 1, 2, period="2017-05-01")]


def _plan_row(place: int, name: str, amount: int, recurrence: str) -> dict[str, Any]:
    return {
        "financial_year": "2019/20", "entity_code": "99A", "plan_version": 2, "row_type": "line",
        "scheme_id": f"CRES-2019-{place:02}", "scheme_name": name, "lead": "A lead", "recurrence": recurrence,
        "recurrent_plan": amount // 2 if recurrence == "mixed" else None, "cash_releasing": "Y",
        "start_date": "2019-04-01", "end_date": "2020-03-31", "gross_plan": amount + 10, "investment": 10,
        "net_plan": amount, "claims": "bnf:0501; contract:RQ6", "evidence_method": "activity",
        **{f"plan_m{month}": part for month, part in zip(MONTHS, phased(amount), strict=True)},
    }  # fmt: skip


PLAN = [_plan_row(place, *scheme) for place, scheme in enumerate(CRES, start=1)]
PLAN_TOTAL = {
    "financial_year": "2019/20", "entity_code": "99A", "plan_version": 2, "row_type": "total", "scheme_id": "Total",
    "scheme_name": "Total", "net_plan": 13842850,
}  # fmt: skip
PLAN_BEFORE = [{**row, "plan_version": 1, "period": "2019-04-01"} for row in PLAN]


def _tracker_row(place: int, name: str, amount: int, period: int) -> dict[str, Any]:
    parts = list(zip(MONTHS, phased(amount), strict=True))
    return {
        "financial_year": "2019/20", "ledger_period": period, "entity_code": "99A", "tracker_version": 1,
        "row_type": "line", "scheme_id": f"CRES-2019-{place:02}", "scheme_name": name,
        **{f"actual_m{month}": part for month, part in parts[:period]},
        **{f"forecast_m{month}": part for month, part in parts[period:]},
        "forecast_fy": amount, "rag_delivery": "G", "updated_on": "2019-07-05",
    }  # fmt: skip


TRACKER = [_tracker_row(place, scheme[0], scheme[1], 3) for place, scheme in enumerate(CRES, start=1)]
TRACKER_TOTAL = {**PLAN_TOTAL, "ledger_period": 3, "tracker_version": 1, "forecast_fy": 13842847}
del TRACKER_TOTAL["plan_version"], TRACKER_TOTAL["net_plan"]
TRACKER_BEFORE = [
    {**_tracker_row(place, scheme[0], scheme[1], 2), "period": "2019-05-01"}
    for place, scheme in enumerate(CRES, start=1)
]
MILESTONES = [
    {
        "financial_year": "2017/18", "ledger_period": 3, "entity_code": "99A", "belongs_to": kind,
        "reference": f"CRES-2017-{number:02}", "milestone_number": number, "label": "Contract signed",
        "due_date": "2017-06-30", "completed_on": "2017-06-15" if number == 1 else None,
    }
    for number, kind in enumerate(("scheme", "project"), start=1)
]  # fmt: skip
PAYMENTS = [
    {
        "financial_year": "2018/19", "practice_code": f"N820{number:02}", "commissioner_code": "99A",
        "contract_type": "GMS", "registered_patients": 8000, "weighted_patients": 8200, "total_payments": 1200000.5,
        "deductions": -100000, "net_payments": 1100000.5,
    }
    for number in range(1, 11)
]  # fmt: skip
SPEND = [
    {
        "entity_name": "NHS SOMEWHERE CCG", "financial_year": "2020/21", "ledger_period": 1, "line_number": number,
        "paid_on": "2020-04-30", "expense_type": "Contract Value", "supplier_name": "A SUPPLIER",
        "transaction_number": f"3179488{number:02}", "amount": 30000 + number,
    }
    for number in range(1, 41)
]  # fmt: skip
# Of each dataset its rows, and those that count of what came before.
GOOD: dict[str, tuple[Rows, Rows]] = {
    "ledger": (LEDGER, LEDGER_BEFORE),
    "ledger_journal": (JOURNALS, JOURNALS_BEFORE),
    "cres_plan": ([*PLAN, PLAN_TOTAL], PLAN_BEFORE),
    "cres_tracker": ([*TRACKER, TRACKER_TOTAL], TRACKER_BEFORE),
    "programme_milestone": (MILESTONES, []),
    "gp_payments": (PAYMENTS, [{**row, "financial_year": "2017/18", "period": "2017-04-01"} for row in PAYMENTS]),
    "spend_over_25k": (SPEND, []),
}


def make_rows_database(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """What landing gives gate 2 for a good finance file: month 3 of 2017/18, savings of 2019/20."""
    rows, before = GOOD[dataset]
    period = PERIODS.get(dataset, "2017-06-01")
    make_feed(connection, dataset, "staged", period, rows)
    make_feed(connection, dataset, "earlier", period, before)
    make_feed(connection, dataset, "parts", period, [])
    if dataset == "cres_tracker":
        make_feed(connection, "cres_plan", "plan", "2019-04-01", PLAN)
    connection.execute("create table known_entity as select '99A' as entity_code")


def add(dataset: str, row: dict[str, Any], **changed: Any) -> str:
    """One more row."""
    values = {**row, "source_row": 100, "period": PERIODS.get(dataset, "2017-06-01"), **changed}
    kinds = {column.name: column.sql_type for column in load_contracts()[dataset].columns}
    cells = ", ".join(f"cast({sql_literal(v)} as {kinds.get(k, 'varchar')}) as {k}" for k, v in values.items())
    return f"insert into staged by name select {cells}".replace("as varchar) as source_row", "as bigint) as source_row")


DOUBLED = "insert into staged select * replace (source_row + 1000 as source_row) from staged where source_row = 1"
SHARED = {
    "key_unique": DOUBLED,
    "entity_known": set_row("entity_code", "'01J'"),
    "period_known": set_row("ledger_period", "14"),
}
SCHEMES = {
    "row_type_known": set_row("row_type", "'subtotal'"),
    "called_total": set_row("scheme_name", "'Total savings'"),
}
BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("ledger", "rows"): {
        **nulls("financial_year", "ledger_period", "entity_code", "row_type", "line_description"),
        **SHARED,
        "row_type_known": set_row("row_type", "'subtotal'"),
        "coding_string_shape": set_row("coding_string", "'9.46141E+05'"),
        "programme_area_known": set_row("programme_area", "'Dentistry'"),
        "lines_have_amounts": (
            "update staged set ytd_budget = null, ytd_actual = null, annual_budget = null, forecast_outturn = null "
            "where source_row = 1"
        ),
        "has_lines": "delete from staged where row_type = 'line'",
        "called_total": set_row("line_description", "'Sub-total GP services'"),
        "line_is_no_sum": "update staged set row_type = 'line', line_description = 'All' where row_type = 'total'",
        "lines_sum_to_total": set_row("ytd_budget", "ytd_budget + 9", 10),
        "lines_far_from_total": "delete from staged where source_row = 2",
        "brackets_kept": set_row("ytd_variance", "539416", 2),
        "variance_sign_kept": set_row("ytd_variance", "-416470", 5),
        "variance_adds_up": set_row("ytd_variance", "416480", 5),
        "variance_far_off": set_row("ytd_actual", "-ytd_actual", 5),
        "of_the_size_of_its_budget": "update staged set ytd_actual = ytd_actual * 100",
        "pence_as_pounds": set_row("annual_budget", "annual_budget * 100", 4),
        "budget_sign_kept": set_row("annual_budget", "-annual_budget", 4),
        "actual_sign_kept": set_row("ytd_actual", "-ytd_actual", 2),
        "forecast_plausible": "update staged set forecast_outturn = forecast_outturn * 1.3",
        "budget_moves_little": "update earlier set annual_budget = annual_budget * 0.7",
        "adjustments_follow_march": "update staged set ledger_period = 13",
    },
    ("ledger_journal", "rows"): {
        **nulls(
            "financial_year", "ledger_period", "entity_code", "journal_reference", "line_number", "entry_type",
            "coding_string", "line_description", "posted_on", "amount",
        ),
        **SHARED,
        "entry_type_known": set_row("entry_type", "'provision'"),
        "coding_string_shape": set_row("coding_string", "'946141'"),
        "posted_in_its_year": set_row("posted_on", "date '2018-12-06'"),
        "posted_in_its_month": set_row("posted_on", "date '2017-05-28'"),
        "journal_not_doubled": (
            "insert into staged select * replace (line_number + 10 as line_number, source_row + 10 as source_row) "
            "from staged where journal_reference = 'ACC-03-1'"
        ),
        "journal_posted_once": set_row("journal_reference", "'ACC-02-1'", 3),
        "journals_differ": (
            "insert into staged select * replace ('ACC-03-9' as journal_reference, source_row + 10 as source_row) "
            "from staged where journal_reference = 'ACC-03-2'"
        ),
        "reversal_names_its_journal": set_row("reverses", "null", 4),
        "reversal_of_known_journal": set_row("reverses", "'ACC-01-7'", 4),
        "reversal_unproven": "delete from earlier",
        "reversal_is_the_negative": set_row("amount", "-5000", 4),
        "adjustment_balances": set_row("amount", "-600", 6),
    },
    ("cres_plan", "rows"): {
        **nulls(
            "financial_year", "entity_code", "row_type", "scheme_id", "scheme_name", "gross_plan", "investment",
            "net_plan", *(f"plan_m{month}" for month in MONTHS),
        ),
        **{check: SHARED[check] for check in ("key_unique", "entity_known")},
        **SCHEMES,
        "line_is_no_sum": add("cres_plan", PLAN[0], scheme_id="X", net_plan=13842847),
        "lines_sum_to_total": set_row("net_plan", "13842856", 16),
        "lines_far_from_total": "delete from staged where source_row = 1",
        "net_is_gross_less_investment": set_row("investment", "11"),
        "months_sum_to_plan": set_row("plan_m03", "plan_m03 + 0.01"),
        "saving_is_positive": set_row("gross_plan", "-gross_plan"),
        "pence_as_pounds": set_row("net_plan", "net_plan * 100"),
        "recurrence_known": set_row("recurrence", "'Sometimes'"),
        "cash_releasing_known": set_row("cash_releasing", "'Yes'"),
        "recurrent_part_fits": set_row("recurrent_plan", "1"),
        "mixed_is_split": "update staged set recurrent_plan = null",
        "leads_named": set_row("lead", "null"),
        "dates_in_order": set_row("end_date", "date '2019-03-01'"),
        "dates_near_the_year": set_row("start_date", "date '1905-07-13'"),
        "claims_shape": set_row("claims", "'antibiotics'"),
        "evidence_method_known": set_row("evidence_method", "'judgement'"),
    },
    ("cres_tracker", "rows"): {
        **nulls("financial_year", "ledger_period", "entity_code", "row_type", "scheme_id", "scheme_name"),
        **SHARED,
        **SCHEMES,
        "line_is_no_sum": add("cres_tracker", TRACKER[0], scheme_id="X", forecast_fy=13842847),
        "lines_sum_to_total": set_row("forecast_fy", "13842856", 16),
        "lines_far_from_total": "delete from staged where source_row = 1",
        "no_actuals_to_come": set_row("actual_m04", "1000"),
        "actuals_are_here": set_row("actual_m02", "null"),
        "forecast_sums_to_year": set_row("forecast_fy", "forecast_fy + 20"),
        "rag_known": set_row("rag_delivery", "'Green'"),
        "rag_given": set_row("rag_delivery", "null"),
        "scheme_in_plan": set_row("scheme_id", "'CRES-2019-99'"),
        "schemes_of_its_year": "update staged set financial_year = '2020/21'",
        "plan_is_tracked": "delete from staged where source_row = 1",
        "pence_as_pounds": set_row("forecast_fy", "forecast_fy * 100"),
        "saving_sign_kept": set_row("forecast_fy", "-forecast_fy"),
        "actual_sign_kept": (
            "update staged set actual_m02 = 1153570 where row_type = 'total'; "
            "update staged set actual_m02 = -actual_m02 where source_row = 1"
        ),
        "forecast_plausible": set_row("forecast_fy", "forecast_fy * 2"),
        "past_actuals_stand": set_row("actual_m01", "actual_m01 + 5000"),
        "updated_in_time": set_row("updated_on", "date '2019-12-05'"),
    },
    ("gp_payments", "rows"): {
        **nulls(
            "financial_year", "practice_code", "commissioner_code", "registered_patients", "weighted_patients",
            "total_payments", "deductions", "net_payments",
        ),
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'A SURGERY'"),
        "net_is_total_less_deductions": set_row("deductions", "-deductions"),
        "per_patient_plausible": "update staged set total_payments = total_payments * 100",
        "practice_per_patient_plausible": set_row("registered_patients", "100"),
        "contract_type_known": set_row("contract_type", "'GDS'"),
        "practices_lost": "delete from staged where source_row > 5",
    },
    ("spend_over_25k", "rows"): {
        **nulls(
            "entity_name", "financial_year", "ledger_period", "line_number", "paid_on", "supplier_name",
            "transaction_number", "amount",
        ),
        "key_unique": DOUBLED,
        "transaction_once": DOUBLED.replace("(source_row", "(77 as line_number, source_row"),
        "mostly_once": (
            "insert into staged by name select * replace (77 as line_number, source_row + 100 as source_row) "
            "from staged where source_row <= 21"
        ),
        "one_body": set_row("entity_name", "'NHS SOMEWHERE'"),
        "over_the_threshold": set_row("amount", "100"),
        "mostly_over_the_threshold": "update staged set amount = amount / 1000",
        "amount_plausible": set_row("amount", "3000000000"),
        "paid_lately": set_row("paid_on", "date '2002-04-30'"),
    },
    ("programme_milestone", "rows"): {
        **nulls(
            "financial_year", "ledger_period", "entity_code", "belongs_to", "reference", "milestone_number", "label"
        ),
        **SHARED,
        "belongs_to_known": set_row("belongs_to", "'workstream'"),
        "dates_plausible": set_row("due_date", "date '1900-01-06'"),
        "done_before_the_report": set_row("completed_on", "date '2017-12-06'"),
        "has_a_date": "update staged set due_date = null, completed_on = null",
    },
}  # fmt: skip


def test_one_doubled_body_among_others_is_seen_and_two_like_payments_are_not() -> None:
    """Spend lists of several bodies in one file: the others do not water the doubled one down."""
    rows = (
        "select {body} as entity_name, range + {first} as source_row, 'T' || range as transaction_number, 'S' as "
        "supplier_name, 'E' as expense_type, 'A' as expense_area, date '2017-05-01' as paid_on, 30000.0 as amount "
    )
    bodies = [
        rows.format(body="'ONE'", first=2) + "from range(10)", rows.format(body="'ONE'", first=12) + "from range(10)",
        rows.format(body="'TWO'", first=30) + "from range(300)", rows.format(body="'SIX'", first=400) + "from range(2)",
        rows.format(body="'SIX'", first=500) + "from range(1)",
    ]  # fmt: skip
    check = next(c for c in load_suites()["spend_over_25k", "rows"].checks if c.id == "mostly_once")
    with duckdb.connect(":memory:") as connection:
        connection.execute("create table staged as " + " union all ".join(bodies))
        assert check.unexpected_rows is not None
        found = connection.execute(check.unexpected_rows.format(batch="staged")).fetchall()
    assert found == [(2, "ONE", 10, 20)]
