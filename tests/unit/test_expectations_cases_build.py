"""A build database and release in small; what breaks each check on it is in `test_expectations_cases_build_breaks`."""

from __future__ import annotations

import duckdb

from dbt_project.records import TABLES
from tests.unit.test_expectations_cases_contract import DEFINITIONS, PUBLISHED_MONTHS, REFERENCE_ROWS
from tests.unit.test_expectations_cases_contract_marts import MARTS as CONTRACT_MARTS
from tests.unit.test_expectations_cases_cres import MARTS as CRES_MARTS
from tests.unit.test_expectations_cases_evidence import MARTS as EVIDENCE_MARTS
from tests.unit.test_expectations_cases_feeds import Rows, make_feed
from tests.unit.test_expectations_cases_finance_marts import MARTS as FINANCE_MARTS
from tests.unit.test_expectations_cases_performance import MARTS as PERFORMANCE_MARTS
from tests.unit.test_expectations_cases_projects import MARTS as PROJECT_MARTS
from tests.unit.test_expectations_cases_quality import COMPONENT, LATEST
from tests.unit.test_expectations_cases_quality import MARTS as QUALITY_MARTS
from tests.unit.test_expectations_cases_statistics import MARTS as STATISTICS_MARTS

MONTHS = [f"2017-{month:02}-01" for month in range(1, 6)]
PRACTICES = ("A10001", "A10002")
ITEMS = {
    "0501013B0AAAAAA": 300, "0501013K0AAAJAJ": 30, "0501080W0AAAEAE": 60, "0501130R0AAAAAA": 40, "0501021L0AAAAAA": 10,
    "0501120L0AAAAAA": 10, "0202010B0AAABAB": 2000,
}  # fmt: skip
PREFIXES = {
    "rx_items_bnf_0501": ["0501"], "rx_items_antibacterial": ["0501"],
    "rx_items_broad_spectrum": ["0501013K0", "0501021", "050112"], "rx_items_co_amoxiclav": ["0501013K0"],
    "rx_items_cephalosporins": ["0501021"], "rx_items_quinolones": ["050112"], "rx_items_trimethoprim": ["0501080W0"],
    "rx_items_nitrofurantoin": ["0501130R0"],
}  # fmt: skip
FEEDS = ("epraccur", "practice_successors", "practice_groups", "bnf_code_changes", "gp_list_quin_age", "gp_list_totals",
         "carr_hill_list", "need_weighted_population", "epd", "epact2_age_band", "practice_contract", "contract_event",
         "complaint", "risk_register", "published_indicator", "indicator_reference")  # fmt: skip
FINANCE = ("ledger", "ledger_journal", "cres_plan", "cres_tracker", "programme_milestone", "contract_plan",
           "high_cost_drug_charge", "rebate_claim", "gp_payments", "spend_over_25k")  # fmt: skip
EXPERIENCE = ("gp_patient_survey", "friends_and_family", "friends_and_family_submission", "gp_appointments",
              "gp_appointments_commissioner", "cqc_rating", "ers_referrals")  # fmt: skip
# Two periods of a ledger and a journal of one of its lines.
LEDGERS: Rows = [
    {
        "financial_year": "2017/18", "ledger_period": period, "entity_code": "99A", "row_type": "line",
        "line_description": "QOF", "source_row": period, "submission_id": f"l{period}",
        "period": f"2017-0{period + 3}-01",
    }
    for period in (1, 2)
]  # fmt: skip
JOURNALS: Rows = [{**LEDGERS[1], "submission_id": "j2", "amount": 5000}]
VERSIONS = """
    create table feed.version (
        dataset varchar, submission_id varchar, scope varchar, period date, version bigint, rows bigint,
        received_at timestamp, is_newest boolean);
    insert into feed.version values
        ('ledger', 'l1', '99A, 2017/18, 1', '2017-04-01', 1, 1, '2017-05-20', true),
        ('ledger', 'l2', '99A, 2017/18, 2', '2017-05-01', 1, 1, '2017-06-20', true),
        ('ledger_journal', 'j2', '99A, 2017/18, 2', '2017-05-01', null, 1, '2017-06-20', true);
"""
PERFORMANCE = ("monthly_ae", "rtt_waiting_list", "diagnostic_waits", "cancer_waits", "iapt")
CLINICAL = ("gp_search", "qof_prevalence", "qof_achievement", "practice_deprivation")
# Two files of one month that count together.
SEARCHES: Rows = [
    {"practice_code": practice, "search_id": "INR4M", "submission_id": f"g{practice}", "period": "2017-06-01"}
    for practice in PRACTICES
]
HOSPITAL = ("sus_aea", "sus_ec", "sus_apcs", "sus_apce", "sus_opa")

# Three attendances of one provider; the first was replaced, so that two count. A net file came later.
ATTENDANCES: Rows = [
    {"aea_ident": ident, "unique_cds_identifier": ident, "der_provider_code": "RQ6", "source_row": row}
    for row, ident in ((2, "B"), (3, "C"))
]
SCOPES = """
    insert into feed.sus_scope values
        ('sus_aea', 'RQ6', '2017-05-01', 's1', 'bulk', 'flex', 3, '2017-06-20', '2017-06-19', true, true),
        ('sus_aea', 'RQ6', '2017-05-01', 's0', 'bulk', 'flex', 9, '2017-06-10', '2017-06-09', false, false),
        ('sus_opa', 'RQ6', '2017-05-01', 's2', 'bulk', 'flex', 0, '2017-06-20', '2017-06-19', true, true);
    insert into feed.sus_displaced values ('sus_aea', 's1', 1);
"""

LEDGER = """
    create table feed.submission (
        dataset varchar, submission_id varchar, file_name varchar, period date, rows_read bigint,
        rows_accepted bigint, rows_quarantined bigint, is_current boolean);
    create table feed.control_total as
        select 'epd' as dataset, 'e' as submission_id, period, measure, total::decimal(38, 5) as total
        from (
            unpivot (
                select period, sum(items)::decimal(38, 5) as items, sum(nic)::decimal(38, 5) as nic,
                    sum(actual_cost)::decimal(38, 5) as actual_cost,
                    sum(total_quantity)::decimal(38, 5) as total_quantity
                from feed.epd group by period
            ) on items, nic, actual_cost, total_quantity into name measure value total
        );
    create table feed.snapshot_month as
        select 'gp_list_quin_age' as dataset, month, date '2017-01-01' as period
        from range(date '2017-01-01', date '2017-04-01', interval 1 month) as months (month)
        union all select 'gp_list_quin_age', month, date '2017-04-01'
        from range(date '2017-04-01', date '2017-06-01', interval 1 month) as months (month);
    update feed.snapshot_month set month = month::date;
"""
MARTS = """
    create table component_value as
        select component_id, practice_code, period as month, sum(value)::decimal(28, 5) as value,
            true as is_complete, period as data_month
        from (
            unpivot (
                select practice_code, period, items::decimal(28, 5) as rx_items, nic::decimal(28, 5) as rx_nic,
                    actual_cost::decimal(28, 5) as rx_actual_cost, total_quantity::decimal(28, 5) as rx_total_quantity
                from feed.epd
            ) on rx_items, rx_nic, rx_actual_cost, rx_total_quantity into name component_id value value
        ) group by all;
    create table practice_month as
        select org_code as practice_code, served.month::date as month,
            sum(number_of_patients)::decimal(28, 5) as list_size,
            (list_size * 0.6)::decimal(28, 5) as starpu_oral_antibacterial_items,
            (list_size * 4)::decimal(28, 5) as astropu_cost,
            (list_size * 15)::decimal(28, 5) as astropu_items,
            if(practice_code = 'A10001', 'N1', 'N2') as neighbourhood, 'L1' as locality
        from feed.gp_list_quin_age as lists join feed.snapshot_month as served using (period)
        where sex <> 'ALL' and age_group_5 <> 'ALL' group by all;
    insert into component_value select 'list_size', practice_code, month, list_size, true, month from practice_month;
    insert into component_value
        select 'rx_items_trimethoprim_age_70_plus', practice_code, period, sum(items), true, period
        from feed.epact2_age_band where age_band = '70-74' group by all;
    create table indicator as
        select * from (values
            ('share', '1', 'Share', '%', 100.0, 'down', 'month', 'owner'),
            ('count', '1', 'Count', 'items', 1.0, 'down', 'month', 'owner')
        ) as rows (indicator_id, version, name, unit, multiplier, direction, period_basis, owner);
    create table organisation (
        org_type varchar, org_code varchar, valid_from date, valid_to date, name varchar, commissioner_code varchar,
        neighbourhood varchar, locality varchar, pcn varchar, status varchar, successor_code varchar
    );
    insert into organisation by name
        select 'practice' as org_type, unnest(['A10001', 'A10002']) as org_code, date '1974-04-01' as valid_from,
            '99A' as commissioner_code, unnest(['N1', 'N2']) as neighbourhood, 'L1' as locality
        union all by name
        select 'neighbourhood' as org_type, unnest(['N1', 'N2']) as org_code, date '2013-04-01' as valid_from,
            'L1' as locality
        union all by name select 'locality' as org_type, 'L1' as org_code, date '2013-04-01' as valid_from
        union all by name select 'commissioner' as org_type, '99A' as org_code, date '2013-04-01' as valid_from;
    create table indicator_result as
        select indicator_id, '1' as version, variant, variant = 'first' as is_headline, org_view, org_type, org_code,
            date '2017-05-31' as period_end, numerator::decimal(38, 10) as numerator,
            (case indicator_id when 'share' then 2 * numerator end)::decimal(38, 10) as denominator,
            (case indicator_id when 'share' then 50 else numerator end)::double as value,
            null::varchar as band, null::varchar as rag, 'level' as trend,
            'level' as trend_meaning, 'common' as spc_variation, practices - 1 as numbers_achieving,
            practices as orgs_expected, 'ok' as state, null::varchar as state_reason,
            date '2017-05-01' as data_month, 'r1' as release_id
        from (values
                ('practice', 'A10001', 10, 1), ('practice', 'A10002', 20, 1), ('neighbourhood', 'N1', 10, 1),
                ('neighbourhood', 'N2', 20, 1), ('locality', 'L1', 30, 2), ('commissioner', '99A', 30, 2)
            ) as orgs (org_type, org_code, numerator, practices),
            (values ('share'), ('count')) as indicators (indicator_id),
            (values ('first'), ('second')) as variants (variant),
            (values ('as_at'), ('current')) as views (org_view);
    insert into indicator_result by name
        select * replace (
            date '2017-04-30' as period_end, date '2017-04-01' as data_month, null as numerator, null as denominator,
            null as value, 'awaiting' as state, 'awaiting epd 2017-04' as state_reason
        )
        from indicator_result;
    insert into component_value
        select 'sus_op_firsts', unnest(['A10001', 'A10002']), date '2017-05-01', unnest([3, 5]), true,
            date '2017-05-01';
    create table component_provider_value as
        select component_id, practice_code, 'RQ6' as provider_code, '320' as treatment_function_code, month, value
        from component_value where component_id = 'sus_op_firsts';
    create schema intermediate;
    create table intermediate.int_sus__quality as
        select * from (values
            ('sus_op', 'RBQ', '320', date '2017-05-01', 'sus_volume', 'volume', 80.0, 82.0, false, 'withhold',
                'as usual'),
            ('sus_op', 'RBQ', '', date '2017-05-01', 'sus_ungrouped', 'ungrouped', 0.0, 0.01, false, 'warn', 'as usual')
        ) as rows (dataset, provider_code, treatment_function_code, month, rule, measure, seen, expected, is_failing,
            severity, detail);
    create table intermediate.int_sus__undecided (
        dataset varchar, rule varchar, provider_code varchar, month date, seen double, expected double, reason varchar
    );
    create table intermediate.int_sus__unpriced (
        dataset varchar, provider_code varchar, month date, reason varchar
    );
    create table data_quality_rate as
        select 'sus_op' as dataset, 'RBQ' as provider_code, date '2017-05-01' as month,
            'practices_disagree' as measure, 1200::bigint as row_count, 0.017::double as rate;
    create table submission as select * from feed.submission;
    create table gate_result as select 'epd' as suite;
    create table gate_check as select 'epd' as suite;
    create table gate_history as select 'epd' as dataset;
    create table feed_month as select 'epd' as dataset;
    create table release as select 'r1' as release_id;
"""


def _lists(code: str, patients: int) -> Rows:
    one = {"extract_date": "2017-01-01", "org_type": "GP", "org_code": code}
    rows = [one | {"sex": "ALL", "age_group_5": "ALL", "number_of_patients": patients}]
    for sex in ("MALE", "FEMALE"):
        rows.append(one | {"sex": sex, "age_group_5": "ALL", "number_of_patients": patients // 2})
        rows += [
            one | {"sex": sex, "age_group_5": band, "number_of_patients": patients // 4} for band in ("25_29", "70_74")
        ]
    return rows


def _feeds() -> dict[str, Rows]:
    rx = [
        {
            "year_month": month, "period": month, "submission_id": month, "practice_code": practice, "bnf_code": bnf,
            "quantity": 20, "items": items, "total_quantity": 20 * items, "nic": 8 * items, "actual_cost": 7 * items,
        }
        for month in MONTHS for practice in PRACTICES for bnf, items in ITEMS.items()
    ]  # fmt: skip
    by_age = [
        {
            "period": month, "submission_id": month, "practice_code": practice, "bnf_code": "0501080W0AAAEAE",
            "age_band": band, "items": 25,
        }
        for month in MONTHS for practice in PRACTICES for band in ("20-24", "70-74")
    ]  # fmt: skip
    snapshots = ("2017-01-01", "2017-04-01")
    quin = [
        row | {"period": day, "submission_id": day}
        for day in snapshots
        for code in PRACTICES
        for row in _lists(code, 2000)
    ]
    totals = [
        {"period": day, "submission_id": day, "type": "GP", "code": code, "number_of_patients": 2000}
        for day in snapshots for code in PRACTICES
    ]  # fmt: skip
    register = [
        {
            "organisation_code": code, "open_date": "1974-04-01", "status_code": "A", "commissioner_code": "99A",
            "prescribing_setting": "4", "period": "2017-04-01",
        }
        for code in PRACTICES
    ]  # fmt: skip
    return {
        "epd": rx,
        "epact2_age_band": by_age,
        "gp_list_quin_age": quin,
        "gp_list_totals": totals,
        "epraccur": register,
        "published_indicator": PUBLISHED_MONTHS,
        "indicator_reference": REFERENCE_ROWS,
    }


def make_build_database(connection: duckdb.DuckDBPyConnection) -> None:
    """Feeds, ledger, marts and release of two practices and five months."""
    connection.execute("create schema feed")
    feeds = _feeds()
    for dataset in (*FEEDS, *EXPERIENCE):
        make_feed(connection, dataset, f"feed.{dataset}", "2017-01-01", feeds.get(dataset, []))
    for dataset in HOSPITAL:
        make_feed(connection, dataset, f"feed.{dataset}", "2017-05-01", ATTENDANCES if dataset == "sus_aea" else [])
    rows = {"ledger": LEDGERS, "ledger_journal": JOURNALS}
    for dataset in PERFORMANCE:
        make_feed(connection, dataset, f"feed.{dataset}", "2017-01-01", [])
    for dataset in FINANCE:
        make_feed(connection, dataset, f"feed.{dataset}", "2017-05-01", rows.get(dataset, []))
        connection.execute(f"alter table feed.{dataset} add column received_at timestamp")
    for dataset in CLINICAL:
        searches = SEARCHES if dataset == "gp_search" else []
        make_feed(connection, dataset, f"feed.{dataset}", "2017-06-01", searches)
    connection.execute("create table feed.upsert_dataset as select 'gp_search' as dataset")
    connection.execute(VERSIONS)
    connection.execute(LEDGER)
    for name, columns in TABLES.items():
        connection.execute(f"create table feed.{name} ({columns})")
    connection.execute(SCOPES)
    for dataset in (*FEEDS, *CLINICAL):
        connection.execute(
            f"insert into feed.submission select '{dataset}', submission_id, '{dataset}.csv', period,"
            f" count(*), count(*), 0, true from feed.{dataset} group by all"
        )
    connection.execute(DEFINITIONS)
    connection.execute(MARTS)
    connection.execute(CRES_MARTS)
    connection.execute(FINANCE_MARTS)
    connection.execute(EVIDENCE_MARTS)
    connection.execute(PROJECT_MARTS)
    connection.execute(PERFORMANCE_MARTS)
    connection.execute(STATISTICS_MARTS)
    connection.execute(QUALITY_MARTS)
    connection.execute(CONTRACT_MARTS)
    connection.execute(LATEST)
    for component, prefixes in PREFIXES.items():
        chosen = " or ".join(f"starts_with(bnf_code, '{prefix}')" for prefix in prefixes)
        connection.execute(
            f"insert into component_value select '{component}', practice_code, period, sum(items) filter ({chosen}),"
            " true, period from feed.epd group by all"
        )
    connection.execute(COMPONENT)
    for kind, table in connection.execute(
        "select 'table', table_name from duckdb_tables() where schema_name = 'main' "
        "union all select 'view', view_name from duckdb_views() where schema_name = 'main' and not internal"
    ).fetchall():
        connection.execute(f"comment on {kind} {table} is 'One row per thing.'")
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal"
    ).fetchall():
        connection.execute(f"comment on column {table}.{column} is 'Described.'")
