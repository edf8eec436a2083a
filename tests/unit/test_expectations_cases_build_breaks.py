"""What breaks each check on the small build database of `test_expectations_cases_build`."""

from __future__ import annotations


def nulls(table: str, *columns: str) -> dict[str, str]:
    """The breaking SQL of the `<column>_present` checks."""
    return {f"{column}_present": f"update {table} set {column} = null" for column in columns}


def doubled(table: str) -> str:
    """One row twice."""
    return f"insert into {table} select * from {table} limit 1"


RESULT_KEYS = (
    "indicator_id",
    "version",
    "variant",
    "is_headline",
    "org_view",
    "org_type",
    "org_code",
    "period_end",
    "state",
)
UNKNOWN_WORDS = {
    f"{column}_known": f"update indicator_result set {column} = 'other'"
    for column in ("org_view", "org_type", "state", "trend", "trend_meaning", "spc_variation", "rag")
}
BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("submission", "staged"): {
        "rows_balance": "update feed.submission set rows_quarantined = 1 where dataset = 'epd'",
        "one_current_a_period": "insert into feed.submission select * from feed.submission where dataset = 'epd'",
        "feeds_hold_what_landed": "delete from feed.epd where source_row = 1",
    },
    ("ledger", "staged"): {
        "one_newest_version": (
            "insert into feed.version select * replace (2 as version) from feed.version where submission_id = 'l1'"
        ),
        "period_without_gap": "update feed.ledger set ledger_period = 4 where ledger_period = 2",
        "journals_are_in_the_ledger": "update feed.ledger_journal set line_description = 'Dentistry'",
    },
    ("sus_scope", "staged"): {
        "one_base_a_month": "update feed.sus_scope set is_base = true",
        "base_is_in_force": "update feed.sus_scope set is_in_force = false where submission_id = 's2'",
        "rows_count_or_are_displaced": "delete from feed.sus_displaced",
        "records_count_once": "update feed.sus_aea set unique_cds_identifier = 'B'",
    },
    ("epd", "staged"): {
        "month_against_history": "update feed.epd set items = items * 3 where period = '2017-05-01'",
        "practice_against_own_history": "update feed.epd set items = items * 9 "
        "where period = '2017-05-01' and practice_code = 'A10001'",
        "practice_silent": "delete from feed.epd where period = '2017-05-01' and practice_code = 'A10001'",
        "chapter_cost_far_from_history": "update feed.epd set actual_cost = actual_cost * 10 "
        "where period = '2017-05-01' and starts_with(bnf_code, '05')",
        "chapter_cost_off_history": "update feed.epd set actual_cost = actual_cost * 2 "
        "where period = '2017-05-01' and starts_with(bnf_code, '05')",
        "chapter_quantity_off_history": "update feed.epd set total_quantity = total_quantity / 20 "
        "where period = '2017-05-01' and starts_with(bnf_code, '05')",
        "codes_replaced": "update feed.epd set bnf_code = '0509' || bnf_code[5:] "
        "where period = '2017-05-01' and starts_with(bnf_code, '05')",
        "items_not_rounded": "update feed.epd set items = items + 1 where period < '2017-05-01'",
        "practice_in_register": "delete from feed.epraccur where organisation_code = 'A10001'",
        "month_without_gap": "delete from feed.epd where period = '2017-03-01'",
    },
    ("epact2_age_band", "staged"): {
        "month_against_history": "update feed.epact2_age_band set items = 1 where period = '2017-05-01'",
        "not_above_epd": "update feed.epact2_age_band set items = items * 2 where period = '2017-05-01'",
        "share_of_epd": "update feed.epact2_age_band set items = 24 where period = '2017-05-01'",
        "ages_as_usual": "update feed.epact2_age_band set age_band = '0-4' "
        "where period = '2017-05-01' and age_band = '70-74'",
    },
    ("gp_list_quin_age", "staged"): {
        "list_against_own_last": "update feed.gp_list_quin_age set number_of_patients = number_of_patients * 10 "
        "where period = '2017-04-01' and org_code = 'A10001'",
        "list_moved": "update feed.gp_list_quin_age set number_of_patients = number_of_patients * 2 "
        "where period = '2017-04-01' and org_code = 'A10001'",
        "open_practices_have_a_list": "delete from feed.gp_list_quin_age where org_code = 'A10001'",
        "agrees_with_totals": "update feed.gp_list_totals set number_of_patients = 1999 where code = 'A10001'",
    },
    ("component_value", "marts"): {
        **nulls("component_value", "component_id", "practice_code", "month", "value", "is_complete"),
        "grain": doubled("component_value"),
        "prescribing_conserved": "delete from component_value where component_id = 'rx_nic' "
        "and practice_code = 'A10001'",
        "control_totals_arrive": "update feed.control_total set total = total + 1 where measure = 'items'",
        "lists_conserved": "update component_value set value = value * 2 where component_id = 'list_size'",
        "populations_not_negative": "update component_value set value = -1 where component_id = 'list_size'",
        "parts_within_whole": "update component_value set value = 99999 where component_id = 'rx_items_quinolones'",
        "age_within_trimethoprim": "update component_value set value = 999 "
        "where component_id = 'rx_items_trimethoprim_age_70_plus'",
        "code_list_matches": "insert into component_value "
        "select 'rx_items_nothing', 'A10001', month::date, 0, true, month::date "
        "from range(date '2016-01-01', date '2017-06-01', interval 1 month) as months (month)",
        "data_month_not_ahead": "update component_value set data_month = '2018-01-01'",
    },
    ("sus_quality", "staged"): {
        "rows_judged": "update intermediate.int_sus__quality set is_failing = null",
        "activity_stands": "update intermediate.int_sus__quality set is_failing = true where rule = 'sus_volume'",
        "activity_is_usual": "update intermediate.int_sus__quality set is_failing = true where rule = 'sus_ungrouped'",
    },
    ("sus_undecided", "staged"): {
        "codes_that_decide_are_sent": "insert into intermediate.int_sus__undecided values "
        "('sus_op', 'sus_op_undecided', 'RBQ', '2017-05-01', 1, 0.5, '100% of what may count lack a code')",
    },
    ("sus_unpriced", "staged"): {
        "activity_has_prices": "insert into intermediate.int_sus__unpriced values "
        "('sus_op', 'RBQ', '2017-05-01', 'no record has a price')",
    },
    ("component_provider_value", "marts"): {
        **nulls("component_provider_value", "component_id", "practice_code", "provider_code", "month", "value"),
        "grain": doubled("component_provider_value"),
        "adds_up": "update component_provider_value set value = value + 1 where practice_code = 'A10001'",
    },
    ("data_quality_rate", "marts"): {
        **nulls("data_quality_rate", "dataset", "provider_code", "month", "measure", "row_count", "rate"),
        "grain": doubled("data_quality_rate"),
        "rate_is_a_share": "update data_quality_rate set rate = 1.7",
    },
    ("practice_month", "marts"): {
        **nulls("practice_month", "practice_code", "month"),
        "grain": doubled("practice_month"),
        "weights_positive": "update practice_month set starpu_oral_antibacterial_items = null",
        "weights_plausible": "update practice_month set astropu_cost = astropu_cost * 3",
        "list_not_negative": "update practice_month set list_size = -1",
    },
    ("organisation", "marts"): {
        **nulls("organisation", "org_type", "org_code", "valid_from"),
        "dates_in_order": "update organisation set valid_to = '1900-01-01' where org_code = 'A10001'",
        "one_span_a_day": "insert into organisation select * replace (date '2017-01-01' as valid_from) "
        "from organisation limit 1",
        "parents_known": "update organisation set neighbourhood = 'N9' where org_code = 'A10001'",
        "not_own_successor": "update organisation set successor_code = org_code where org_code = 'A10001'",
    },
    ("indicator", "marts"): {
        **nulls(
            "indicator", "indicator_id", "version", "name", "unit", "multiplier", "direction", "period_basis", "owner"
        ),
        "grain": doubled("indicator"),
        "direction_known": "update indicator set direction = 'sideways'",
    },
    ("indicator_result", "marts"): {
        **nulls("indicator_result", *RESULT_KEYS),
        **UNKNOWN_WORDS,
        "grain": doubled("indicator_result"),
        "one_headline": "update indicator_result set is_headline = true where org_code = '99A'",
        "silent_unless_ok": "update indicator_result set value = 1 where state = 'awaiting'",
        "reason_unless_ok": "update indicator_result set state_reason = '' where state = 'awaiting'",
        "recomputes": "update indicator_result set value = value + 0.000001 where org_code = '99A'",
        "indicator_known": "delete from indicator where indicator_id = 'share'",
        "meaning_follows_from_direction": "update indicator_result set trend = 'down', trend_meaning = 'improving';"
        "update indicator set direction = 'neutral' where indicator_id = 'share'",
        "groups_not_above_commissioner": "update indicator_result set numerator = 31 "
        "where org_code = 'L1' and state = 'ok'",
        "groups_equal_commissioner": "update indicator_result set numerator = 29 "
        "where org_code = 'L1' and state = 'ok'",
        "achieving_within_expected": "update indicator_result set numbers_achieving = 9",
        "data_month_not_ahead": "update indicator_result set data_month = '2018-01-01'",
    },
    ("release", "release"): {
        "enough_received": "delete from organisation",
        "one_release": "insert into release values ('r2')",
        "tables_filled": "delete from component",
        "tables_described": "comment on table component is null",
        "columns_described": "comment on column component.component_id is null",
    },
    ("indicator_result", "release"): {
        "of_this_release": "update indicator_result set release_id = 'r0' where org_code = '99A'",
        "indicator_known": "delete from indicator where indicator_id = 'share'",
        "silent_unless_ok": "update indicator_result set value = 1 where state = 'awaiting'",
        "one_headline": "update indicator_result set is_headline = true where org_code = '99A'",
    },
}
