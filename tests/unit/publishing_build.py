"""Hand-made build databases, verdicts and audits for tests of `publishing`. No test is in here."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from expectations.suites import load_suites
from expectations.verdict import Verdict
from pcw.home import Home
from publishing import quality_tables
from publishing.audiences import load_audiences
from publishing.gates import RequiredCheck
from publishing.release import publish
from publishing.shelf import Release

SCHEMA = """
create schema feed;
create schema definitions;
create table definitions.suppression_rule (hide_from integer, hide_to integer, round_to integer, is_active boolean,
    round_cost_to integer, audience varchar
);
create table definitions.data_quality_rule (issue varchar, unit varchar);
create table definitions.reconciliation (reconciliation_id varchar, component_id varchar);
create table definitions.component_definition (component_id varchar, is_patient_count boolean);
create table definitions.indicator_variant (
    indicator_id varchar, version varchar, variant varchar, numerator_component_id varchar,
    denominator_component_id varchar
);
create table main.indicator (
    indicator_id varchar not null, version varchar not null, name varchar, source_feeds varchar,
    multiplier decimal(18,5), decimals integer
);
create table main.indicator_result (
    indicator_id varchar not null, version varchar not null, variant varchar not null, org_view varchar not null,
    org_type varchar not null, org_code varchar not null, period_end date not null, numerator decimal(38,10),
    denominator decimal(38,10), value double, state varchar, release_id varchar, previous_value double,
    baseline_value double, state_reason varchar, band varchar, rag varchar, trend varchar,
    window_start date, is_headline boolean, spc_variation varchar, outlier varchar, months_open integer,
    trend_meaning varchar
);
create table main.indicator_register (indicator_id varchar, name varchar, state varchar);
create table main.indicator_threshold (
    commissioner_code varchar, indicator_id varchar, version varchar, kind varchar, org_type varchar, org_code varchar,
    band varchar, band_order integer, rule varchar, figure decimal(18,5), valid_from date
);
create table main.indicator_spc (
    indicator_id varchar, version varchar, org_type varchar, org_code varchar, month date, period_end date,
    value double, months_a_rate integer, mean double, average_moving_range double, lower_limit double,
    upper_limit double, point_flags varchar, variation varchar
);
create table main.indicator_comparison (
    indicator_id varchar, version varchar, practice_code varchar, period_end date, value double, ci_lower double,
    ci_upper double, denominator decimal(38,10), benchmark double, alert_lower double, alert_upper double,
    outlier_lower double, outlier_upper double, spread double, outlier varchar, place integer, best_place integer,
    worst_place integer, peer_group varchar, peer_median double
);
create table main.practice_outlier (
    practice_code varchar, indicator_id varchar, version varchar, period_end date, rule varchar, finding varchar
);
create table main.component (component_id varchar not null, name varchar);
create table main.component_value (
    component_id varchar not null, practice_code varchar not null, month date not null, value decimal(28,5),
    is_complete boolean
);
create table main.component_provider_value (
    component_id varchar not null, practice_code varchar not null, provider_code varchar not null,
    treatment_function_code varchar, month date not null, value decimal(28,5)
);
create table main.activity_position (
    plan_id varchar not null, financial_year varchar not null, month date not null, component_id varchar,
    actual_month decimal(28,5), actual_ytd decimal(28,5), baseline_ytd decimal(28,5), baseline_fy decimal(28,5),
    plan_ytd decimal(28,5), plan_fy decimal(28,5), variance_ytd decimal(28,5), achieved_reduction_ytd decimal(28,5),
    planned_reduction_ytd decimal(28,5), planned_reduction_fy decimal(28,5)
);
create table main.finance_position (
    entity_code varchar not null, financial_year varchar not null, ledger_period integer not null,
    vintage integer not null, level varchar not null, level_code varchar not null, ytd_actual decimal(18,2),
    report_version integer, received_at timestamp, is_current boolean
);
create table main.finance_reconciliation (
    check_id varchar not null, source varchar, printed decimal(18,6), vintage integer, is_current boolean
);
create table main.finance_forecast (
    entity_code varchar not null, financial_year varchar not null, month date not null, forecast decimal(18,2)
);
create table main.finance_accrual (
    entity_code varchar not null, journal_reference varchar not null, financial_year varchar not null,
    ledger_period integer not null, outstanding decimal(18,2)
);
create table main.cres_evidence (
    entity_code varchar, financial_year varchar, scheme_id varchar, month date, claimed decimal(18,2),
    evidenced decimal(18,2), difference decimal(18,2), state varchar, state_reason varchar,
    patient_count decimal(18,2), baseline_patient_count decimal(18,2), unit_price decimal(18,4)
);
create table main.contract_tolerance (
    entity_code varchar, financial_year varchar, provider_code varchar, point_of_delivery varchar, month date,
    plan_ytd decimal(18,2), actual_ytd decimal(18,2), share double, tolerance_lower decimal(9,4),
    tolerance_upper decimal(9,4), marginal_rate decimal(9,4), unit_price decimal(18,4), position varchar,
    state_reason varchar, amount decimal(18,2)
);
create table main.rebate_position (entity_code varchar, rebate_term_id varchar, month date, due decimal(18,2));
create table main.drug_charge_challenge (
    entity_code varchar, month date, provider_code varchar, invoice_reference varchar, line_number integer,
    reason varchar, challenged_amount decimal(18,2)
);
create table main.project_benefit (
    commissioner_code varchar default '99A',
    project_id varchar, month date, condition varchar, planned_year integer, planned_value_year decimal(18,2),
    actual_month integer, baseline_month integer, actual_to_date integer,
    baseline_to_date integer, avoided_to_date integer, unit_tariff decimal(18,4), value_to_date decimal(18,2),
    state varchar, state_reason varchar
);
create table main.project_milestone_status (
    commissioner_code varchar, project_id varchar, milestone_order integer, reported_month date, state varchar
);
create table main.gp_specification_payment (
    practice_code varchar, period_end date, indicator_id varchar, version varchar, band varchar,
    rate_per_weighted_patient decimal(18,4), amount decimal(18,2), state varchar, state_reason varchar
);
create table main.pcn_funding (financial_year varchar, pcn varchar, element varchar, amount decimal(18,2));
create table main.federation_gain_share (
    term_id varchar, month date, component_id varchar, baseline decimal(18,5), actual decimal(18,5),
    reduction_percent double, steps integer, amount decimal(18,2), state varchar, state_reason varchar
);
create table main.provider_performance (
    dataset varchar, provider_code varchar, code varchar, month date, numerator decimal(28,5), value decimal(9,4)
);
create table main.risk (commissioner_code varchar, register_month date, ref varchar, residual_score integer);
create table main.risk_grade_count (
    commissioner_code varchar, register_month date, basis varchar, grade varchar, grade_order integer, risks integer
);
create table main.cqc_inspection (practice_code varchar, publication_date date, overall_rating varchar);
create table main.practice_contract (month date, practice_code varchar, contract_type varchar, is_expected boolean);
create table main.contract_event (event_id varchar, event_type varchar, occurred_on date);
create table main.contract_event_coverage (event_type varchar, complete_to date);
create table main.contract_visit_theme (event_id varchar, theme_code varchar);
create table main.complaint_summary (
    commissioner_code varchar, financial_year varchar, summary_group varchar, name varchar, complaints integer,
    rank integer
);
create table main.organisation (
    org_type varchar not null, org_code varchar not null, valid_from date, valid_to date, name varchar
);
create table main.practice_month (
    practice_code varchar not null, month date not null, list_size bigint, neighbourhood varchar, locality varchar,
    pcn varchar, commissioner_code varchar, current_practice_code varchar
);
create table main.cres_scheme (
    entity_code varchar not null, financial_year varchar not null, scheme_id varchar not null, net_plan decimal(18,2)
);
create table main.cres_month (
    entity_code varchar not null, financial_year varchar not null, scheme_id varchar not null,
    reported_month date not null, month date not null, plan decimal(18,2)
);
create table main.cres_position (
    entity_code varchar not null, financial_year varchar not null, scheme_id varchar not null, month date not null,
    plan_ytd decimal(18,2), actual_ytd decimal(18,2)
);
create table main.cres_overlap (
    entity_code varchar, financial_year varchar, scheme_id_a varchar, scheme_id_b varchar, shared_claims varchar
);
create table main.owner_notice (
    notice_key varchar, owner varchar, kind varchar, subject varchar, month date, amount decimal(18,2), message varchar
);
create table main.data_quality_query (
    query_id varchar, feed varchar, issue varchar, amount double, seen double, expected double, detail varchar,
    practice_code varchar, provider_code varchar, month date
);
create table main.indicator_reconciliation (
    reconciliation_id varchar not null, indicator_id varchar, org_type varchar not null, org_code varchar not null,
    period_end date not null, computed_numerator decimal(38,10), computed_denominator decimal(38,10),
    computed_value decimal(20,8), published_value decimal(20,8), difference decimal(20,8), share_of_published double,
    state varchar, state_reason varchar, counts_patients boolean, issue varchar
);
create table main.data_quality_rate (
    dataset varchar, provider_code varchar, month date, measure varchar, row_count bigint, rate double
);
create view "warehouse"."main"."indicator_latest" as (
    with results as (select * from "warehouse"."main"."indicator_result")
    select results.*, indicator.name from results
    join "warehouse"."main"."indicator" as indicator using (indicator_id, version)
);
comment on table main.indicator_result is 'One row per indicator, organisation and period; it''s contracted.';
comment on column main.indicator_result.value is 'multiplier x numerator / denominator';
comment on column main.component_value.value is 'Exact monthly value';
comment on view main.indicator_latest is 'Newest results with names';
create table feed.submission (
    dataset varchar, submission_id varchar, file_name varchar, file_sha256 varchar, period date, supplier varchar,
    contract_version integer, layout varchar, rows_read bigint, rows_accepted bigint, rows_quarantined bigint,
    rows_in_period bigint, activity_status varchar, received_at timestamp, landed_at timestamp, is_current boolean,
    withdrawn_at timestamp, withdrawn_by varchar, withdrawn_reason varchar
);
create table feed.waiver (
    waiver_id varchar, suite varchar, stage varchar, check_id varchar, month date, provider_code varchar,
    treatment_function_code varchar, practice_code varchar, rule varchar, file_sha256 varchar, granted_by varchar,
    reason varchar, granted_at timestamp, valid_until date
);
create table feed.data_month (dataset varchar, month date, is_loaded boolean);
"""
# The views name the database as dbt does, by the name of its file.
WAREHOUSE = "warehouse.duckdb"
MONTHS = [date(2017, 5, 1), date(2017, 6, 1)]
PERIOD_ENDS = [date(2017, 5, 31), date(2017, 6, 30)]
PRACTICES = ["N82001", "N82002"]
CREATED_AT = datetime(2017, 8, 1, 12, 0, 0, tzinfo=UTC)
REQUIRED = [RequiredCheck("indicator_result", "marts", "keys_unique"), RequiredCheck("release", "release", "opens")]


AUDIENCES = load_audiences("""
public:
  why: Anybody.
  tables:
    indicator: {why: Definitions., columns: [indicator_id, version, name]}
    indicator_result:
      why: Figures.
      columns: [indicator_id, version, variant, org_view, org_type, org_code, period_end, numerator, value, band]
    practice_month: {why: Lists., columns: [practice_code, month, list_size], rows: practice_code <> 'N82002'}
    release: {why: Which., columns: [release_id, commissioner, content_hash]}
    release_change: {why: What moved., columns: [table_name, change, key, month, column_name, before, after]}
practice:
  why: Practices.
  like: public
  tables:
    component_value: {why: By month., columns: [component_id, practice_code, month, value]}
""")


def build_database(folder: Path, *, items: int = 10, submission: str = "aaa", received: str = "2017-07-01") -> Path:
    """A build database of two practices and two months. `items` is the figure of N82001 in June, from `submission`."""
    file = folder / WAREHOUSE
    file.unlink(missing_ok=True)
    file.write_bytes(_built(items, submission, received))
    return file


@cache
def _built(items: int, submission: str, received: str) -> bytes:
    """The bytes of such a database: made once, it is asked for hundreds of times."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / WAREHOUSE
        _build(file, items, submission, received)
        return file.read_bytes()


def _build(file: Path, items: int, submission: str, received: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.begin()
        connection.execute(SCHEMA)
        _describe(connection)
        connection.execute(
            "insert into indicator values "
            "('items-rate', '2017-18', 'Items per 1,000', 'epd, gp_list_quin_age', 1000, 1)"
        )
        connection.execute("insert into component values ('rx_items', 'Items')")
        connection.execute("insert into definitions.suppression_rule values (1, 7, 5, true, 500, null)")
        connection.execute(
            "insert into definitions.component_definition values ('rx_items', false), ('sus_spells', true)"
        )
        connection.execute(
            "insert into definitions.indicator_variant values ('items-rate', '2017-18', 'all', 'rx_items', null)"
        )
        for practice in PRACTICES:
            connection.execute(
                "insert into organisation values ('practice', ?, null, null, ?)", [practice, f"Dr {practice}"]
            )
            for month, period_end in zip(MONTHS, PERIOD_ENDS, strict=True):
                count = items if (practice, month) == ("N82001", MONTHS[1]) else 5
                connection.execute(
                    "insert into component_value values ('rx_items', ?, ?, ?, true)", [practice, month, count]
                )
                connection.execute(
                    "insert into practice_month by name select ? as practice_code, ? as month, 1000 as list_size",
                    [practice, month],
                )
                connection.execute(
                    "insert into indicator_result values "
                    "('items-rate', '2017-18', 'all', 'as_at', 'practice', ?, ?, ?, 1000, ?, 'ok', null, "
                    "null, null, null, null, null, null, null, true, null, null, null, null)",
                    [practice, period_end, count, float(count)],
                )
        connection.execute(
            "insert into data_quality_query by name select 'q1' as query_id, 'epraccur' as feed, "
            "'successor' as issue, 1 as amount, 'two successors' as detail"
        )
        for month in MONTHS:
            loaded = submission if month == MONTHS[1] else "may"
            connection.execute(
                "insert into feed.submission values "
                "('epd', ?, ?, 'f00', ?, 'NHSBSA', 1, 'bnf_26', 4, 4, 0, 4, 'final', ?, ?, true, null, null, null)",
                [loaded, f"EPD_{month:%Y%m}.csv", month, received, received],
            )
            connection.execute("insert into feed.data_month values ('epd', ?, true)", [month])
        connection.execute("insert into feed.data_month values ('epact2_age_band', '2017-05-01', true)")
        connection.execute("insert into feed.data_month values ('epact2_age_band', '2017-06-01', false)")
        connection.commit()


def _describe(connection: duckdb.DuckDBPyConnection) -> None:
    """A comment on every column that has none: dbt describes each, and so does the build."""
    columns = connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'main' and comment is null "
        "and not internal and table_name in (select table_name from duckdb_tables() where schema_name = 'main')"
    ).fetchall()
    for table, column in columns:
        connection.execute(f"comment on column main.{table}.{column} is 'Column {column}'")


def verdict(**changes: Any) -> Verdict:
    """A verdict that passed, with changes."""
    values: dict[str, Any] = {
        "suite": "indicator_result",
        "stage": "marts",
        "check": "keys_unique",
        "severity": "block",
        "passed": True,
        "rows_checked": 4,
        "unexpected_count": 0,
        "examples": (),
        "message": "keys are unique",
        "owner": "data-engineering",
    }
    return Verdict(**{**values, **changes})


def good_audit(file: Path) -> list[Verdict]:
    """Opens the file as a reader does."""
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute("select count(*) from indicator_latest").fetchall()[0][0]
    return [verdict(suite="release", stage="release", check="opens", rows_checked=rows, passed=rows > 0)]


# What any release says of gates, beside what it was judged by.
SUITES_OF_EACH = {("file", "file"), ("epd", "rows"), ("indicator_result", "marts"), ("release", "release")}


def release_of(home: Home, warehouse: Path, **changes: Any) -> Release:
    """Publish a build with verdicts that pass, with changes. Of the gates it names a few beside those asked."""
    verdicts: Sequence[Verdict] = [verdict()]
    arguments: dict[str, Any] = {
        "as_at": None,
        "created_at": CREATED_AT,
        "inputs_fingerprint": "inputs-1",
        "verdicts": verdicts,
        "required": REQUIRED,
        "commissioner": "99A",
        "audit": good_audit,
        "audiences": AUDIENCES,
    }
    arguments |= changes
    asked = {(verdict.suite, verdict.stage) for verdict in arguments["verdicts"]} | SUITES_OF_EACH
    few = {key: suite for key, suite in load_suites().items() if key in asked}
    with patch.object(quality_tables, "load_suites", lambda: few):  # a page for each of a hundred takes long
        return publish(home, warehouse, **arguments)
