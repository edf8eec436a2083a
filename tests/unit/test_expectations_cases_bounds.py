"""Where checks end: SQL that goes exactly as far as a rule allows, and breaks that only a careful rule sees.

Belongs here: cases beside the first failing one of each check (`test_expectations_cases_*`), each of a mistake in the
rule that the first one let pass. `test_expectations_checks` runs them.
"""

from __future__ import annotations

# The check passes: one step more and it would fail.
ALLOWED: dict[tuple[str, str, str], str] = {
    # A practice that closed before its first list had a locality to itself, of which no month tells.
    ("indicator_result", "marts", "groups_equal_commissioner"): (
        "update indicator_result set numerator = 29 where org_code = 'L1' and state = 'ok'; "
        "insert into organisation by name select 'practice' as org_type, 'A10003' as org_code, "
        "date '1974-04-01' as valid_from, date '2017-04-30' as valid_to, '99A' as commissioner_code, "
        "'N3' as neighbourhood, 'L3' as locality"
    ),
    # Codes of the third month have two months before them: too few to say what is new.
    ("epd", "staged", "codes_replaced"): (
        "update feed.epd set bnf_code = '0509' || bnf_code[5:] where starts_with(bnf_code, '05')"
        " and period = (select distinct period from feed.epd order by period limit 1 offset 2)"
    ),
    ("ledger_journal", "rows", "posted_in_its_year"): (
        "update staged set posted_on = if(source_row = 1, date '2017-04-01', date '2018-03-31')"
    ),
    ("practice_month", "marts", "weights_positive"): (
        "update practice_month set list_size = 0, starpu_oral_antibacterial_items = 0, astropu_cost = 0,"
        " astropu_items = 0 where practice_code = 'A10001'"
    ),
    # 10,000 printed of 9,900: a hundredth exactly.
    ("cres_plan", "rows", "lines_far_from_total"): (
        "update staged set net_plan = 0 where row_type = 'line';"
        "update staged set net_plan = 9900 where source_row = 1;"
        "update staged set net_plan = 10000 where row_type = 'total'"
    ),
    ("data_quality_query", "marts", "closed_when_answered"): (
        "update data_quality_query set closed_at = opened_at where query_id = 'B'"
    ),
}
# Where neither way is good a move means neither, and an icon is high or low; a target of its own stays one.
ALLOWED |= {
    ("indicator_result", "marts", "meaning_follows_from_direction"): (
        "update indicator set direction = 'neutral'; update indicator_result set trend_meaning = 'neutral',"
        " trend = if(org_code = 'A10001', 'up', 'down'), spc_variation = 'neutral_high'"
    ),
    ("indicator_spc", "marts", "neutral_is_not_judged"): (
        "update indicator set direction = 'neutral'; update indicator_spc set variation = 'neutral_low'"
        " where variation = 'concern'"
    ),
}
ALLOWED |= {
    # In the first months of a year a tenth of a year's complaints is no matter.
    ("complaint", "rows", "count_far_from_history"): "update history set value = 330",
    # A group that there is.
    ("indicator_reference", "rows", "group_in_practice_groups"): (
        "update staged set org_type = 'neighbourhood', org_code = 'N1' where source_row = 7"
    ),
    # The commissioner's own target, and one of every commissioner.
    ("indicator_reference", "rows", "commissioner_is_ours"): (
        "update staged set org_type = 'commissioner', org_code = if(source_row = 7, '99A', null) where source_row > 5"
    ),
}
# The check fails, and says so much.
SEEN: dict[tuple[str, str, str], tuple[str, str]] = {
    # Both are ours, but neither decides for the other.
    ("indicator_reference", "rows", "commissioner_is_ours"): (
        "insert into known_entity values ('01X'); "
        "update staged set org_type = 'commissioner', org_code = '01X' where source_row = 7",
        "row 7, volume: 01X in a row of 99A, where 01X or 99A in both was expected",
    ),
    # Blanks and small letters make no other risk: staging takes both rows for one.
    ("risk_register", "rows", "key_unique"): (
        "insert into staged select * replace (source_row + 1000 as source_row, ' ' || ref || ' ' as ref, "
        "lower(commissioner_code) || ' ' as commissioner_code) from staged where source_row = 1",
        "1 of ",
    ),
    ("component_provider_value", "marts", "adds_up"): (
        "delete from component_value where component_id = 'sus_op_firsts'",
        "of_practices = 0",
    ),
    ("indicator_latest", "marts", "is_the_newest"): (
        "create table kept as select * from indicator_latest where org_code <> 'A10001'; drop view indicator_latest;"
        "alter table kept rename to indicator_latest",
        "A10001",
    ),
    ("finance_accrual", "marts", "reversals_add_up"): (
        "update finance_accrual set reversed_in_period = null",
        "in_periods = empty",
    ),
    # A month that stands twice is one month.
    ("contract_plan", "rows", "year_is_whole"): (
        "delete from staged where ledger_period = 12;"
        "insert into staged select * replace (source_row + 1000 as source_row) from staged where ledger_period = 11",
        "months = 11",
    ),
}

# Further clauses of one check, each broken alone: the first failing case breaks one of them.
CLAUSES: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("indicator_reconciliation", "marts", "figures_follow"): (
        "update indicator_reconciliation set computed_numerator = 11 where kind = 'provider_attendances'",
        "update indicator_reconciliation set computed_numerator = null where kind = 'published_count'",
    ),
    ("indicator_reconciliation", "marts", "state_follows"): (
        "update indicator_reconciliation set state = 'unknown' where state = 'not_compared'",
        "update indicator_reconciliation set state_reason = 'Less.' where state = 'agrees'",
        "update indicator_reconciliation set awaiting_side = null where state = 'awaiting'",
        "update indicator_reconciliation set awaiting_side = 'published' where awaiting_side = 'computed'",
    ),
    # Down is good of the share.
    ("indicator_result", "marts", "meaning_follows_from_direction"): (
        "update indicator_result set trend_meaning = null",
        "update indicator_result set trend = 'up', trend_meaning = 'level'",
        "update indicator_result set trend = 'up', trend_meaning = 'neutral'",
        "update indicator_result set trend = 'up', trend_meaning = 'improving'",
        "update indicator_result set trend = 'down', trend_meaning = 'worsening'",
        "update indicator_result set spc_variation = 'neutral_high'",
        "update indicator_result set spc_variation = 'improvement'; update indicator set direction = 'neutral'",
        "update indicator_result set trend = 'up', trend_meaning = 'worsening';"
        "update indicator set direction = 'neutral'",
    ),
    ("indicator_spc", "marts", "neutral_is_not_judged"): (
        "update indicator_spc set variation = 'neutral_high' where org_code = 'A10002'",
        "update indicator_spc set variation = 'common', assurance = 'pass'; update indicator set direction = 'neutral'",
    ),
}
