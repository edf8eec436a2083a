"""Good national waiting times in small, and for each check of their gates the SQL that breaks it."""

from __future__ import annotations

import duckdb

from tests.unit.test_expectations_cases_feeds import DOUBLED, Rows, make_context, make_feed, nulls, set_row

PROVIDERS = [f"R{number:02}" for number in range(1, 31)]
AE_COUNTS = ("attendances_type_1", "attendances_type_2", "attendances_other")
AE_OVER = ("over_4_hours_type_1", "over_4_hours_type_2", "over_4_hours_other")
AE_BOOKED = ("booked_type_1", "booked_type_2", "booked_other")
AE_BOOKED_OVER = tuple(f"booked_{name}" for name in AE_OVER)


def _ae(row_type: str, code: str, times: int) -> dict[str, object]:
    counts = {**dict.fromkeys(AE_COUNTS + AE_BOOKED, 100 * times), **dict.fromkeys(AE_OVER + AE_BOOKED_OVER, 9 * times)}
    return {"month": "2017-09-01", "row_type": row_type, "org_code": code, **counts}


AE_ROWS: Rows = [*(_ae("line", code, 1) for code in PROVIDERS), _ae("total", "TOTAL", 30)]
# Of each specialty 90 within 18 weeks, 9 after it and one of over 52; 999 is both of them.
RTT_ROWS: Rows = [
    {
        "month": "2017-09-01", "provider_code": provider, "commissioner_code": "99A", "part_type": part,
        "treatment_function_code": function, "weeks_000_001": 90 * times, "weeks_018_019": 9 * times,
        "weeks_over_52": times, "total_all": 100 * times,
    }
    for provider in PROVIDERS
    for part in ("Part_1B", "Part_2")
    for function, times in (("C_100", 1), ("X01", 1), ("C_999", 2))
]  # fmt: skip
WEEKS = (*(f"weeks_{week:02}_{week + 1:02}" for week in range(13)), "weeks_13_plus")
DM01_ROWS: Rows = [
    {
        "month": "2017-09-01", "provider_code": provider, "commissioner_code": "99A", "diagnostic_test": test,
        **dict.fromkeys(WEEKS, 10 * times), "total_waiting": 140 * times,
    }
    for provider in PROVIDERS
    for test, times in (("COLONOSCOPY", 1), ("GASTROSCOPY", 1), ("TOTAL", 2))
]  # fmt: skip
CANCER_ROWS: Rows = [
    {
        "month": "2017-09-01", "standard": standard, "provider_code": provider, "commissioner_code": "99A",
        "cancer_type": cancer, "total": 20 * times, "within_standard": 18 * times, "breaches": 2 * times,
    }
    for standard in ("2WW", "62 Days")
    for provider in PROVIDERS
    for cancer, times in (("Lung", 1), ("Skin", 1), ("ALL CANCERS", 2))
]  # fmt: skip
IAPT_COUNTS = {
    "Count_FirstTreatment": 860, "Count_FinishedCourseTreatment": 480, "Count_NotAtCaseness": 40,
    "Count_Recovery": 220, "Count_FirstTreatment6WeeksFinishedCourseTreatment": 410,
    "Count_FirstTreatment18WeeksFinishedCourseTreatment": 475,
}  # fmt: skip
IAPT_ROWS: Rows = [
    {
        "period_start": "2017-09-01", "period_end": "2017-09-30", "group_type": group, "org_code": code,
        "measure_name": measure, "measure_value": value * times,
    }
    for group, code, times in (("CCG", "99A", 1), ("CCG", "01J", 1), ("England", "All", 2))
    for measure, value in IAPT_COUNTS.items()
]  # fmt: skip
GOOD: dict[str, tuple[Rows, dict[str, float]]] = {
    "monthly_ae": (AE_ROWS, {"rows": 31, "practices": 30, **dict.fromkeys(AE_COUNTS, 3000)}),
    "rtt_waiting_list": (RTT_ROWS, {"rows": 180, "total_all": 24000}),
    "diagnostic_waits": (DM01_ROWS, {"rows": 90, "total_waiting": 16800}),
    "cancer_waits": (CANCER_ROWS, {"rows": 180, "total": 4800, "within_standard": 4320}),
    "iapt": (IAPT_ROWS, {"rows": 18}),
}


def make_rows_database(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """What landing gives gate 2 for a good file of the dataset."""
    rows, history = GOOD[dataset]
    make_feed(connection, dataset, "staged", "2017-09-01", rows)
    make_context(connection, ["A10001"], history)


VOLUME = {
    "volume_far_from_history": "update history set value = value / 2.1 where measure = 'rows'",
    "volume_off_history": "update history set value = value / 1.3 where measure = 'rows'",
}
CODES = {
    "provider_code_shape": set_row("provider_code", "'5.00E+03'"),
    "commissioner_code_shape": set_row("commissioner_code", "'NHS SAMPLE CCG'"),
}
BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("monthly_ae", "rows"): {
        **nulls("month", "row_type", "org_code", *AE_COUNTS, *AE_OVER),
        **VOLUME,
        "key_unique": DOUBLED,
        "org_code_shape": set_row("org_code", "'5.00E+03'"),
        "counts_not_negative": set_row("admissions_elsewhere", "-1"),
        "over_4_hours_within_attendances": set_row("booked_over_4_hours_other", "101"),
        "booked_whole_or_none": set_row("booked_over_4_hours_other", "null"),
        "has_providers": "delete from staged where row_type = 'line'",
        # 100 that became 1,000 by a digit too many.
        "printed_total_is_the_sum": set_row("attendances_other", "1000"),
        "printed_total_there": "delete from staged where row_type = 'total'",
        "providers_lost": "delete from staged where org_code <= 'R07'",
    },
    ("rtt_waiting_list", "rows"): {
        **nulls("month", "provider_code", "commissioner_code", "part_type", "treatment_function_code", "total_all"),
        **VOLUME,
        **CODES,
        "key_unique": DOUBLED,
        "counts_not_negative": set_row("weeks_103_104", "-1"),
        "part_known": set_row("part_type", "'Part_4'"),
        "treatment_function_code_shape": set_row("treatment_function_code", "'Total'"),
        "has_incomplete_pathways": "delete from staged where part_type = 'Part_2'",
        "weeks_sum_to_total": set_row("weeks_018_019", "99"),
        "printed_total_is_the_sum": "delete from staged where source_row = 1",
    },
    ("diagnostic_waits", "rows"): {
        **nulls("month", "provider_code", "commissioner_code", "diagnostic_test", *WEEKS, "total_waiting"),
        **VOLUME,
        **CODES,
        "key_unique": DOUBLED,
        "counts_not_negative": set_row("planned_activity", "-1"),
        "has_tests": "delete from staged where diagnostic_test <> 'TOTAL'",
        "weeks_sum_to_total": set_row("weeks_13_plus", "100"),
        # A late wait that became an early one: the sums of all do not tell it.
        "printed_total_is_the_sum": "update staged set weeks_00_01 = 19, weeks_06_07 = 1 where source_row = 1",
    },
    ("cancer_waits", "rows"): {
        **nulls("month", "standard", "provider_code", "commissioner_code", "cancer_type", "total", "within_standard"),
        **VOLUME,
        **CODES,
        "key_unique": DOUBLED,
        "counts_not_negative": set_row("breaches", "-2"),
        "standard_known": set_row("standard", "'104 Days'"),
        "within_at_most_total": set_row("within_standard", "21"),
        "breaches_add_up": set_row("breaches", "20"),
        "printed_total_is_the_sum": set_row("total", "200"),
    },
    ("iapt", "rows"): {
        **nulls("period_start", "period_end", "group_type", "org_code", "measure_name"),
        **VOLUME,
        "key_unique": DOUBLED,
        "period_is_one_month": "update staged set period_end = '2017-11-30'",
        "group_known": set_row("group_type", "'Sector'"),
        "counts_not_negative": set_row("measure_value", "-5"),
        "measures_there": "delete from staged where measure_name = 'Count_Recovery'",
        "parts_within_whole": (
            "update staged set measure_value = 2200 where org_code = '99A' and measure_name = 'Count_Recovery'"
        ),
        "commissioners_within_england": set_row("measure_value", "8600"),
    },
}

MARTS = """
    create table provider_performance as
        select 'rtt_waiting_list' as dataset, provider_code, provider_code as provider_name, 'RTT' as code,
            date '2017-05-01' as month, 'within_18_weeks' as measure, numerator::decimal(28, 5) as numerator,
            denominator::decimal(28, 5) as denominator, value::decimal(9, 4) as value, agrees as agrees_with_printed
        from (values ('RQ6', 2, 3, 66.6667, true), ('REM', 90, 100, 90, null), ('RBS', 0, 0, null, true))
            as rows (provider_code, numerator, denominator, value, agrees);
    create table indicator_reconciliation as
        select *, 'Items' as name, 'published_indicator' as published_dataset, 'counterpart' as counterpart,
            date '2017-03-31' as period_end, 'items' as unit, 'rounding' as tolerance_basis, false as counts_patients,
            'differs' as issue, 'owner' as owner, computed - published as difference, computed as computed_value,
            computed as computed_numerator, published as published_value
        from (values
            ('qp', 'published_indicator', 'commissioner', '99A', 'equal', 199.0, 200.0, 1.0, 'agrees', null, null),
            ('ae', 'provider_attendances', 'provider', 'RQ6', 'at_most', 10.0, 200.0, 2.0, 'agrees', null, null),
            ('missed', 'published_count', 'commissioner', '99A', 'equal', 199.0, 200.0, 2.0, 'agrees', null, null),
            ('qof', 'indicator', 'practice', 'A10001', 'equal', null, 200.0, 4.0, 'awaiting', 'computed', 'No search.'),
            ('qof', 'indicator', 'practice', 'A10002', 'equal', 20.0, null, null, 'awaiting', 'published', 'No QOF.'),
            ('qof', 'indicator', 'practice', 'A10003', 'equal', 20.0, 2.0, 1.0, 'not_compared', null, 'Few.'))
            as rows (reconciliation_id, kind, org_type, org_code, rule, computed, published, tolerance, state,
                awaiting_side, state_reason);
"""
_DIFFERS = "update indicator_reconciliation set state = 'differs', state_reason = 'Less.', tolerance = 0.5"
BREAKS |= {
    ("provider_performance", "marts"): {
        **{
            f"{column}_present": f"update provider_performance set {column} = null"
            for column in ("dataset", "provider_code", "code", "month", "measure", "numerator", "denominator")
        },
        "grain": "insert into provider_performance select * from provider_performance limit 1",
        "no_total_is_a_provider": "update provider_performance set provider_code = 'TOTAL' where numerator = 90",
        "numerator_within_denominator": "update provider_performance set numerator = 101 where numerator = 90",
        "value_recomputes": "update provider_performance set value = 0 where denominator = 0",
        "agrees_with_printed_total": "update provider_performance set agrees_with_printed = false",
    },
    ("indicator_reconciliation", "marts"): {
        **{
            f"{column}_present": f"update indicator_reconciliation set {column} = null"
            for column in (
                "reconciliation_id", "name", "kind", "counterpart", "published_dataset", "org_type", "org_code",
                "period_end", "unit", "rule", "tolerance_basis", "state", "counts_patients", "issue", "owner",
            )
        },
        "grain": "insert into indicator_reconciliation select * from indicator_reconciliation limit 1",
        "no_total_is_a_provider": "update indicator_reconciliation set org_code = 'TOTAL' where org_type = 'provider'",
        "figures_follow": "update indicator_reconciliation set difference = 0 where org_type = 'provider'",
        "state_follows": "update indicator_reconciliation set tolerance = 0.9 where reconciliation_id = 'qp'",
        "differences_are_asked": f"{_DIFFERS} where reconciliation_id = 'qp'",
        "published_figures_agree": f"{_DIFFERS} where reconciliation_id = 'qp'",
    },
}  # fmt: skip
