"""Savings marts in small, and for each check of their gate the SQL that breaks it."""

from __future__ import annotations

MARTS = """
    create table cres_scheme as
        select '99A' as entity_code, '2019/20' as financial_year, scheme_id, name as scheme_name, net_plan,
            recurrent_plan, net_plan - recurrent_plan as non_recurrent_plan,
            if(recurrent_plan is null, net_plan, 0) as unsplit_plan
        from (values ('A', 'First', 1200::decimal(18, 2), 1200::decimal(18, 2)), ('B', 'Second', 600, null))
            as schemes (scheme_id, name, net_plan, recurrent_plan);
    insert into feed.cres_plan by name
        select entity_code, financial_year, scheme_id, 'line' as row_type, 1 as plan_version, net_plan,
            's1' as submission_id, 1 as source_row, date '2019-04-01' as period, timestamp '2019-04-01' as received_at
        from cres_scheme
        union all
        select '99A', '2019/20', 'A', 'line', 0, 7, 's0', 1, date '2019-04-01', timestamp '2019-05-01'
        union all
        select '99A', '2019/20', 'Total', 'total', 1, 1801, 's1', 3, date '2019-04-01', timestamp '2019-04-01';
    insert into feed.version values
        ('cres_plan', 's1', '99A, 2019/20', '2019-04-01', 1, 3, '2019-04-01', true),
        ('cres_plan', 's0', '99A, 2019/20', '2019-04-01', 0, 1, '2019-05-01', false);
    create table cres_month as
        select entity_code, financial_year, scheme_id, reported_month::date as reported_month, month::date as month,
            (net_plan / 12)::decimal(18, 2) as plan, if(month <= reported_month, plan, null) as actual,
            reported_month = '2019-05-01' as is_latest
        from cres_scheme, (values (date '2019-04-01'), (date '2019-05-01')) as reports (reported_month),
            range(date '2019-04-01', date '2020-04-01', interval 1 month) as months (month);
    create table cres_position as
        with schemes as (
            select entity_code, financial_year, scheme_id, month, 1 as schemes_expected, 1 as schemes_reported,
                is_latest, true as is_complete, true as is_updated, plan_ytd, plan_ytd as plan_ytd_reported, actual_ytd,
                actual_ytd - plan_ytd as variance_ytd, plan_fy, plan_fy as plan_fy_reported, forecast_fy,
                forecast_fy - plan_fy as variance_fy, plan_fy - forecast_fy as unmitigated_gap, 0 as mitigation_value,
                0 as slippage, forecast_fy as recurrent_forecast, 0 as non_recurrent_forecast, 0 as unsplit_forecast,
                10 as next_year_gap, null::decimal(18, 2) as full_year_effect,
                null::decimal(18, 2) as previous_forecast_fy, null::decimal(18, 2) as forecast_change,
                90::decimal(18, 2) as run_rate_low, 100::decimal(18, 2) as run_rate_fy,
                110::decimal(18, 2) as run_rate_high, 1 as run_rate_schemes, plan_fy as run_rate_plan_fy,
                null::varchar as run_rate_reason, true as is_mitigation_possible,
                'green' as rag_finance, 'amber' as rag_delivery
            from (
                select entity_code, financial_year, scheme_id, month::date as month, month = '2019-05-01' as is_latest,
                    200::decimal(18, 2) as plan_ytd, 190::decimal(18, 2) as actual_ytd, net_plan as plan_fy,
                    net_plan - 10 as forecast_fy
                from cres_scheme, (values (date '2019-04-01'), (date '2019-05-01')) as reports (month)
            )
        )
        select * from schemes
        union all by name
        select entity_code, financial_year, 'total' as scheme_id, month, is_latest, true as is_complete,
            true as is_updated, true as is_mitigation_possible,
            sum(columns(
                '^(schemes|plan|actual|variance|forecast|unmitig|mitig|slippage|recurrent|non_|unsplit|next|run_rate_[^r])'
            )),
            sum(full_year_effect) as full_year_effect, sum(previous_forecast_fy) as previous_forecast_fy,
            'green' as rag_finance
        from schemes group by all;
    create table cres_overlap as
        select '99A' as entity_code, '2019/20' as financial_year, 'A' as scheme_id_a, 'B' as scheme_id_b,
            'bnf 0501' as shared_claims, 600::decimal(18, 2) as amount_at_risk
        where false;
    create table owner_notice as
        select 'cres_digest|99A|' || month as notice_key, 'finance-committee' as owner, 'cres_digest' as kind,
            entity_code as subject, month, unmitigated_gap as amount, 'All is well.' as message
        from cres_position where scheme_id = 'total';
"""


def _nulls(table: str, *columns: str) -> dict[str, str]:
    return {f"{column}_present": f"update {table} set {column} = null" for column in columns}


def _doubled(table: str) -> str:
    return f"insert into {table} select * from {table} limit 1"


OVERLAP = "insert into cres_overlap values ('99A', '2019/20', 'A', 'B', 'bnf 0501', 600); "
OVERLAP_KEYS = ("entity_code", "financial_year", "scheme_id_a", "scheme_id_b", "shared_claims", "amount_at_risk")
BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("cres_scheme", "marts"): {
        **_nulls(
            "cres_scheme", "entity_code", "financial_year", "scheme_id", "scheme_name", "net_plan", "unsplit_plan"
        ),
        "grain": _doubled("cres_scheme"),
        "parts_sum_to_plan": "update cres_scheme set recurrent_plan = 1 where scheme_id = 'A'",
        "plan_arrives": "update feed.cres_plan set net_plan = 601 where scheme_id = 'B'",
    },
    ("cres_month", "marts"): {
        **_nulls(
            "cres_month", "entity_code", "financial_year", "scheme_id", "reported_month", "month", "is_latest"
        ),
        "twelve_months": _doubled("cres_month"),
        "nothing_saved_ahead": "update cres_month set actual = 1 where month = '2019-06-01'",
        "phasing_is_the_plan": "update cres_month set plan = 1 where month = '2019-06-01'",
    },
    ("cres_position", "marts"): {
        **_nulls(
            "cres_position", "entity_code", "financial_year", "scheme_id", "month", "is_latest", "is_complete",
            "is_updated", "schemes_expected", "schemes_reported",
        ),
        "grain": "insert into cres_position select * from cres_position where scheme_id = 'A'",
        "total_is_the_sum_of_schemes": "update cres_position set slippage = 1 where scheme_id = 'total'",
        "one_total_a_month": "delete from cres_position where scheme_id = 'total' and is_latest",
        "total_counts_its_schemes": "update cres_position set schemes_expected = 3 where scheme_id = 'total'",
        "every_scheme_has_a_position": "delete from cres_position where scheme_id = 'B' and is_latest",
        "variance_recomputes": "update cres_position set variance_ytd = -variance_ytd",
        "forecast_parts_sum": "update cres_position set unsplit_forecast = 1",
        "unmitigated_gap_not_negative": "update cres_position set unmitigated_gap = -1",
        "slippage_not_negative": "update cres_position set slippage = -1",
        "next_year_gap_not_negative": "update cres_position set next_year_gap = -1",
        "run_rate_within_its_interval": "update cres_position set run_rate_high = null",
        "run_rate_or_reason": "update cres_position set run_rate_schemes = 0 where scheme_id = 'A'",
        "outturn_is_not_mitigated": (
            "update cres_position set is_mitigation_possible = false, unmitigated_gap = 0 where scheme_id = 'A'"
        ),
        "rag_finance_known": "update cres_position set rag_finance = 'G'",
        "rag_delivery_known": "update cres_position set rag_delivery = 'blue'",
        "one_newest_month": "update cres_position set is_latest = true",
    },
    ("cres_overlap", "marts"): {
        **{name: OVERLAP + sql for name, sql in _nulls("cres_overlap", *OVERLAP_KEYS).items()},
        "grain": OVERLAP + OVERLAP,
        "two_schemes_in_order": OVERLAP + "update cres_overlap set scheme_id_b = 'A'",
        "nothing_counts_twice": OVERLAP,
    },
    ("owner_notice", "marts"): {
        **_nulls("owner_notice", "notice_key", "owner", "kind", "subject", "message"),
        "grain": _doubled("owner_notice"),
        "owner_can_be_addressed": "update owner_notice set owner = ' - '",
        "savings_are_told": "delete from owner_notice where month = '2019-05-01'",
    },
}  # fmt: skip
