"""Good tables of the statistics, and for each check of gate 4 the SQL that breaks it."""

from __future__ import annotations

MARTS = """
    create table indicator_spc as
        select 'share' as indicator_id, '1' as version, 'practice' as org_type,
            code as org_code, date '2017-09-01' as month, date '2017-09-30' as period_end, value::double as value,
            1 as months_a_rate, points::integer as point_count, mean::double as mean,
            reach::double / 2.66 as average_moving_range,
            (mean - reach)::double as lower_limit, (mean + reach)::double as upper_limit, flags as point_flags,
            variation, null::varchar as assurance
        from (values ('A10001', 1.1, 12, 1.1, 0.2, '............', 'common'),
            ('A10002', 1.5, 12, 1.1, 0.2, '...........o', 'concern'), ('A10003', 1.1, null, null, null, null, null))
            as rows (code, value, points, mean, reach, flags, variation);
    create table indicator_comparison as
        select indicator_id, version, org_code as practice_code, period_end, value, value * 0.5 as outlier_lower,
            value * 0.7 as alert_lower, value as benchmark, value * 1.3 as alert_upper, value * 1.5 as outlier_upper,
            null::varchar as outlier, false as is_small_denominator,
            row_number() over (partition by indicator_id, period_end order by value, org_code)::integer as place,
            1 as best_place, count(*) over (partition by indicator_id, period_end)::integer as worst_place,
            count(*) over (partition by indicator_id, period_end)::integer as practices_ranked
        from indicator_result
        where org_type = 'practice' and is_headline and org_view = 'as_at' and state = 'ok' and value is not null;
    create table indicator_register as
        select indicator_id, name, 'prescribing' as domain, 'a paper' as source, 'live' as state,
            null::varchar as state_reason
        from indicator
        union all
        select 'later', 'Later', 'rtt', 'a paper', 'awaiting', 'awaiting a feed: iapt';
    alter table indicator_result add column if not exists target double;
    update indicator_result set target = 1.16;
    create table indicator_threshold as
        select null::varchar as commissioner_code, indicator_id, version, 'target' as kind, null::varchar as org_type,
            null::varchar as org_code, null::varchar as band, null::integer as band_order, 'below' as rule,
            1.16::decimal(18, 5) as figure, null::date as valid_from, 'a paper' as source
        from (select distinct indicator_id, version from indicator_result);
    create table practice_outlier as
        select practice_code, indicator_id, version, period_end, 'funnel' as rule, 'high' as finding
        from indicator_comparison;
"""


def _present(table: str, columns: str) -> dict[str, str]:
    return {f"{column}_present": f"update {table} set {column} = null" for column in columns.split()}


BREAKS = {
    ("indicator_spc", "marts"): {
        **_present("indicator_spc", "indicator_id version org_type org_code month period_end value months_a_rate"),
        "grain": "insert into indicator_spc select * from indicator_spc limit 1",
        "limits_around_the_mean": "update indicator_spc set upper_limit = upper_limit + 1 where org_code = 'A10001'",
        "icon_follows_from_the_flag": "update indicator_spc set variation = 'concern' where org_code = 'A10001'",
        "last_point_outside_is_flagged": "update indicator_spc set value = 9 where org_code = 'A10001'",
        "neutral_is_not_judged": "update indicator set direction = 'neutral'",
    },
    ("indicator_comparison", "marts"): {
        **_present("indicator_comparison", "indicator_id version practice_code period_end value is_small_denominator"),
        "grain": "insert into indicator_comparison select * from indicator_comparison limit 1",
        "figure_of_the_result": "update indicator_comparison set value = value + 1",
        "limits_in_order": "update indicator_comparison set alert_lower = benchmark + 1",
        "ranks_in_order": "update indicator_comparison set best_place = practices_ranked + 1",
        "outliers_outside_the_funnel": "update indicator_comparison set outlier = 'high'",
    },
    ("indicator_register", "marts"): {
        **_present("indicator_register", "indicator_id name domain source state"),
        "grain": "insert into indicator_register select * from indicator_register limit 1",
        "waits_for_something": "update indicator_register set state_reason = null",
        "every_result_is_registered": "delete from indicator_register where state = 'live'",
    },
    ("indicator_threshold", "marts"): {
        **_present("indicator_threshold", "indicator_id version kind rule source"),
        "grain": "insert into indicator_threshold select * from indicator_threshold limit 1",
        "rule_has_its_figure": "update indicator_threshold set rule = 'otherwise'",
        "judged_by_what_is_told": "delete from indicator_threshold",
    },
    ("practice_outlier", "marts"): {
        **_present("practice_outlier", "practice_code indicator_id version period_end rule finding"),
        "grain": "insert into practice_outlier select * from practice_outlier limit 1",
        "has_a_figure": "update practice_outlier set practice_code = 'Z99999'",
        "one_way_is_good": "update indicator set direction = 'neutral'",
    },
}
