"""Small patient counts are hidden in the audience's file and nowhere else."""

import csv
from pathlib import Path

import duckdb
import pytest

from pcw.home import Home
from publishing.suppression import COUNT_OF_COST
from tests.conftest import PROJECT
from tests.running import query
from tests.unit.patients_build import SPELLS, build_with_patients, told_release_of
from tests.unit.publishing_build import release_of


def shown(file: Path, columns: str) -> list[tuple[object, ...]]:
    """Rows of June, by practice."""
    return query(
        file,
        f"select org_code, {columns} from indicator_result "
        "where indicator_id = 'spells-rate' and period_end = '2017-06-30' order by org_code",
    )


def test_counts_rates_and_repeated_rates_are_hidden(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    release = told_release_of(home, build_with_patients(tmp_path))
    assert shown(release.path, "cast(numerator as double), value") == [
        ("N82001", None, None),
        ("N82002", 10.0, pytest.approx(25.0)),
        ("N82003", 0.0, 0.0),
        ("N82004", 10.0, pytest.approx(25.0)),
    ]
    # March had 6 patients everywhere: neither as previous value nor as baseline may it come back
    assert shown(release.path, "previous_value, baseline_value") == [
        (practice, None, None) for practice, _ in sorted(SPELLS)
    ]
    # A meaning tells which way it went as well as the arrow does.
    assert shown(release.path, "state_reason, band, rag, trend, trend_meaning")[:2] == [
        ("N82001", "1 to 7 patients: not shown", None, None, None, None),
        ("N82002", None, "missed", "red", "up", "worsening"),
    ]
    assert query(
        release.path,
        "select cast(value as double) from component_value where component_id = 'sus_spells' order by practice_code",
    ) == [(None,), (10.0,), (0.0,), (10.0,)]


def test_exact_file_and_other_counts_stay(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    release = release_of(home, build_with_patients(tmp_path))
    assert [row[1] for row in shown(release.private_path, "cast(numerator as double)")] == [3.0, 12.0, 0.0, 8.0]
    items = "select cast(value as double) from component_value where component_id = 'rx_items' order by all"
    assert query(release.path, items) == query(release.private_path, items)


def test_what_changed_shows_no_hidden_count(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    release_of(home, build_with_patients(tmp_path))
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("update indicator_result set numerator = 4, value = 10 where numerator = 3")
        connection.execute("update component_value set value = 4 where value = 3")
    release = release_of(home, file, inputs_fingerprint="other")
    assert query(release.private_path, "select count(*) > 0 from release_change where after like '4%'") == [(True,)]
    assert query(release.path, "select count(*) from release_change") == [(0,)]


def test_questions_and_positions_hide_small_counts(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into definitions.data_quality_rule values ('sus_volume', 'rows'), ('share', 'share of rows')"
        )
        connection.execute(
            "insert into data_quality_query by name select issue as query_id, * from (values "
            "('sus_op', 'sus_volume', 203, 6.0), ('sus_op', 'share', 3/35, 0.5)) as queries (feed, issue, amount, seen)"
        )
        connection.execute(
            "insert into activity_position by name select *, actual_ytd - (baseline_ytd - 3) as variance_ytd "
            "from (values ('small', 6, 43, 62), ('large', 60, 402, 404)) "
            "as positions (plan_id, actual_month, actual_ytd, baseline_ytd), (select '2017-18' as financial_year, "
            "date '2017-05-01' as month, 'sus_spells' as component_id, 3 as planned_reduction_ytd)"
        )
    release = told_release_of(home, file)
    assert query(
        release.path, "select issue, amount, seen from data_quality_query where feed = 'sus_op' order by issue"
    ) == [("share", 0.09, 0.5), ("sus_volume", 205.0, None)]
    # a variance made from exact counts would give them back
    positions = "select plan_id, actual_month::int, actual_ytd::int, variance_ytd::int from activity_position"
    assert query(release.path, f"{positions} order by all") == [("large", 60, 400, -2), ("small", None, 45, -12)]


def test_rates_of_coding_are_rounded_and_none_is_shown_of_few_rows(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into data_quality_rate values "
            "('sus_op', 'RQ6', '2017-05-01', 'practices_disagree', 1203, 0.01663), "
            "('sus_op', 'REM', '2017-05-01', 'practices_disagree', 99, 0.03030), "
            "('sus_op', 'REP', '2017-05-01', 'practices_disagree', 400, 0.0175)"
        )
    release = told_release_of(home, file)
    rates = "select provider_code, row_count, rate from data_quality_rate order by provider_code"
    assert query(release.path, rates) == [("REM", None, None), ("REP", 400, None), ("RQ6", 1205, 0.02)]
    assert query(release.private_path, rates) == [("REM", 99, 0.0303), ("REP", 400, 0.0175), ("RQ6", 1203, 0.01663)]


def test_a_cost_is_hidden_with_its_count(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into component values ('sus_acs_admissions', 'ACS'), ('sus_acs_cost', 'Cost')")
        connection.execute(
            "insert into definitions.component_definition values ('sus_acs_admissions', true), ('sus_acs_cost', false)"
        )
        connection.execute(
            "insert into component_provider_value by name select *, date '2017-06-01' as month, 'RQ6' as provider_code "
            "from (values ('sus_acs_admissions', 'N82001', 1), ('sus_acs_cost', 'N82001', 163), "
            "('sus_acs_admissions', 'N82002', 41), ('sus_acs_cost', 'N82002', 9000)) "
            "as counted (component_id, practice_code, value)"
        )
    release = told_release_of(home, file)
    shown_values = "select component_id, practice_code, value::int from component_provider_value order by all"
    assert query(release.path, shown_values) == [
        ("sus_acs_admissions", "N82001", None),
        ("sus_acs_admissions", "N82002", 40),
        ("sus_acs_cost", "N82001", None),
        ("sus_acs_cost", "N82002", 9000),
    ]


def test_a_result_that_is_a_cost_is_hidden_with_its_count(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into definitions.component_definition values ('sus_acs_admissions', true), ('sus_acs_cost', false)"
        )
        for name, component in (("acs-rate", "sus_acs_admissions"), ("acs-cost", "sus_acs_cost")):
            connection.execute("insert into indicator values (?, '2017-18', ?, 'sus_apcs', 1, 1)", [name, name])
            connection.execute(
                "insert into definitions.indicator_variant values (?, '2017-18', 'all', ?, null)", [name, component]
            )
        connection.execute(
            "insert into indicator_result by name select *, '2017-18' as version, 'all' as variant, 'ok' as state, "
            "'as_at' as org_view, 'practice' as org_type, date '2017-06-30' as period_end, 400 as denominator, "
            "numerator / 400 as value from (values ('acs-rate', 'A', 3), ('acs-cost', 'A', 4163), "
            "('acs-rate', 'B', 30), ('acs-cost', 'B', 40163), ('acs-cost', 'C', 163), ('acs-rate', 'D', 0), "
            "('acs-cost', 'D', 0)) as figures (indicator_id, org_code, numerator)"
        )
    release = release_of(home, file)
    costs = "select org_code, numerator::int, value, state_reason from indicator_result where indicator_id = 'acs-cost'"
    assert query(release.path, f"{costs} order by 1") == [
        ("A", None, None, "1 to 7 patients: not shown"),
        ("B", 40000, pytest.approx(100), None),
        ("C", None, None, "1 to 7 patients: not shown"),  # nobody knows of how many
        ("D", 0, 0, None),
    ]


def test_every_hospital_cost_is_hidden_with_a_count() -> None:
    with (PROJECT / "dbt_project" / "seeds" / "component_definition.csv").open(encoding="utf-8", newline="") as handle:
        components = {row["component_id"]: row for row in csv.DictReader(handle)}
    costs = {name for name, row in components.items() if row["dataset"].startswith("sus_") and row["measure"] == "cost"}
    assert costs == set(COUNT_OF_COST)
    assert {components[count]["is_patient_count"] for count in COUNT_OF_COST.values()} == {"true"}
    with (PROJECT / "dbt_project" / "seeds" / "indicator_variant.csv").open(encoding="utf-8", newline="") as handle:
        numerators = {row["numerator_component_id"] for row in csv.DictReader(handle)}
    # the results of a cost need those of its count beside them
    assert {COUNT_OF_COST[cost] for cost in costs & numerators} <= numerators


def test_no_difference_of_costs_is_one_tariff(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into component values ('sus_ae_cost', 'Cost')")
        connection.execute(
            "insert into component_value values ('sus_ae_cost', 'N82001', date '2017-06-01', 4082.38, true)"
        )
        connection.execute(
            "insert into component_provider_value by name select 'sus_ae_cost' as component_id, "
            "'N82001' as practice_code, 'RQ6' as provider_code, date '2017-06-01' as month, 4000 as value"
        )
    release = release_of(home, file)
    for table in ("component_value", "component_provider_value"):
        assert query(release.path, f"select value::double from {table} where component_id = 'sus_ae_cost'") == [
            (4000.0,)
        ]


def test_savings_and_tolerances_show_no_count(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into cres_evidence by name select *, '2019/20' as financial_year, date '2019-06-01' as month, "
            "claimed - evidenced as difference from (values "
            "('rebate', 900, 123.45, 'supported', null, null, null), "
            "('large', 9000, 1620, 'contradicted', 91, 103, 180), "
            "('cheap', 9000, 1620, 'contradicted', 91, 103, 40), "
            "('few now', 9000, 1620, 'contradicted', 7, 16, 180), "
            "('few then', 9000, 1620, 'supported', 0, 3, 180)) as savings "
            "(scheme_id, claimed, evidenced, state, patient_count, baseline_patient_count, unit_price)"
        )
        connection.execute(
            "insert into contract_tolerance by name select *, 0.02 as tolerance_lower, 0.02 as tolerance_upper, "
            "0.3 as marginal_rate, 150 as unit_price, actual_ytd / plan_ytd - 1 as share "
            "from (values ('RQ6', 100, 108, 'above', null, 270), ('REM', 100, 91, 'below', null, -315), "
            "('RBS', 100, 103, 'above', null, 45), ('REP', 10, 6, 'below', null, -171), "
            "('RBQ', 10, null, 'awaiting', 'not received', null)) "
            "as blocks (provider_code, plan_ytd, actual_ytd, position, state_reason, amount)"
        )
    release = told_release_of(home, file)
    savings = "select scheme_id, evidenced::int, difference::int, state, patient_count::int from cres_evidence"
    assert query(release.path, f"{savings} order by all") == [
        ("cheap", 1500, 7500, "contradicted", 90),
        ("few now", None, None, "not_visible", None),
        ("few then", None, None, "not_visible", 0),
        ("large", 1800, 7200, "contradicted", 90),
        ("rebate", 123, 777, "supported", None),
    ]
    blocks = "select provider_code, actual_ytd::int, round(share, 3), position, state_reason, amount::double"
    assert query(release.path, f"{blocks} from contract_tolerance order by all") == [
        ("RBQ", None, None, "awaiting", "not received", None),
        ("RBS", 105, 0.05, "above", None, 135.0),
        ("REM", 90, -0.1, "below", None, -360.0),
        ("REP", None, None, None, "1 to 7 patients: not shown", None),
        ("RQ6", 110, 0.1, "above", None, 360.0),
    ]
    exact = "select scheme_id, evidenced::double from cres_evidence where scheme_id like 'few%' order by all"
    assert query(release.private_path, exact) == [("few now", 1620.0), ("few then", 1620.0)]


def test_admissions_of_projects_are_counts_of_patients(tmp_path: Path) -> None:
    """56 after 103 is shown as 55 after 105, and its value is that of the 50 between; 4 after 16 is not shown."""
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into project_benefit by name select project_id, project_id as condition, unit_tariff, state, "
            "1000 as planned_year, unit_tariff * 1000 as planned_value_year, "
            "date '2020-03-01' as month, actual as actual_month, "
            "baseline as baseline_month, actual as actual_to_date, baseline as baseline_to_date, "
            "baseline - actual as avoided_to_date, (baseline - actual) * unit_tariff as value_to_date "
            "from (values ('many', 56, 103, 2000.5, 'delivered'), ('few', 4, 16, 2000.5, 'in_year'), "
            "('none', null, null, 900, 'awaiting')) as rows (project_id, actual, baseline, unit_tariff, state)"
        )
    release = told_release_of(home, file)
    shown = "select project_id, actual_month, avoided_to_date, value_to_date::double, state from project_benefit"
    assert query(release.path, f"{shown} order by all") == [
        ("few", None, None, None, "not_visible"),
        ("many", 55, 50, 100025.0, "delivered"),
        ("none", None, None, None, "awaiting"),
    ]
    assert ("few", 4, 12, 24006.0, "in_year") in query(release.private_path, shown)


def test_a_payment_does_not_tell_a_hidden_band_and_a_reward_no_count(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        found = "select distinct indicator_id, version, org_code, period_end from indicator_result"
        connection.execute(
            "insert into gp_specification_payment by name select indicator_id, version, org_code as practice_code, "
            f"period_end, 'A' as band, 1.5 as rate_per_weighted_patient, 9 as amount, 'computed' as state "
            f"from ({found} "
            "where org_view = 'as_at' and org_type = 'practice')"
        )
        connection.execute(
            "insert into federation_gain_share by name select 'T' as term_id, date '2018-03-01' as month, "
            "'sus_spells' as component_id, 103 as baseline, 98 as actual, 4.8 as reduction_percent, 40 as steps, "
            "4000 as amount, 'computed' as state"
        )
        connection.execute(
            "insert into federation_gain_share by name select 'few' as term_id, date '2018-03-01' as month, "
            "'sus_spells' as component_id, 98 as baseline, 7 as actual, 92.9 as reduction_percent, 40 as steps, "
            "4000 as amount, 'computed' as state"
        )
    release = told_release_of(home, file)
    hidden = (
        "select count(*) from gp_specification_payment where state = 'not_shown' and band is null and amount is null"
    )
    [(payments,)] = query(release.path, hidden)
    [(results,)] = query(
        release.path,
        "select count(distinct (indicator_id, version, org_code, period_end)) from indicator_result "
        "where org_view = 'as_at' and org_type = 'practice' and state_reason like '%not shown%'",
    )
    assert payments == results > 0
    reward = "select baseline::int, actual::int, round(reduction_percent, 2), steps from federation_gain_share"
    assert query(release.path, f"{reward} where term_id = 'T'") == [(105, 100, 4.76, 40)]
    assert query(release.path, f"{reward} where term_id = 'few'") == [(100, None, None, None)]
    words = "select amount, state, state_reason from federation_gain_share where term_id = 'few'"
    assert query(release.path, words) == [(None, "not_shown", "1 to 7 patients: not shown")]
    assert query(release.private_path, f"{reward} where term_id = 'few'") == [(98, 7, 92.9, 40)]


def test_months_of_few_patients_are_not_told_by_the_year_to_date(tmp_path: Path) -> None:
    """Four months of 7 are a year to date of 28, shown as 30: with four hidden months beside it, each could only be 7.

    The next year of another project has the same months as its baseline.
    """
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into project_benefit by name select project_id, condition, "
            "date '2019-04-01' + to_months(n) as month, "
            "1000 as planned_year, 1000.00 as planned_value_year, 1 as unit_tariff, 'in_year' as state, "
            "actual as actual_month, 20 as baseline_month, (n + 1) * actual as actual_to_date, "
            "(n + 1) * 20 as baseline_to_date, (n + 1) * (20 - actual) as avoided_to_date "
            "from range(4) as months (n), (values ('few', 'COPD', 7), ('other', 'COPD', 30), ('many', 'asthma', 30)) "
            "as rows (project_id, condition, actual)"
        )
    release = release_of(home, file)
    shown = "select distinct actual_month, baseline_month, state_reason from project_benefit where project_id = ?"
    words = "1 to 7 patients: not shown"
    assert query(release.path, shown, "few") == query(release.path, shown, "other") == [(None, None, words)]
    assert query(release.path, shown, "many") == [(30, 20, None)]
    # Nor is the year to date shown beside them: who takes every hidden month for 1 to 7 would have them from it.
    sums = "select actual_to_date from project_benefit where project_id = ? order by month"
    assert query(release.path, sums, "few") == [(None,)] * 4
    assert query(release.path, sums, "many") == [(30,), (60,), (90,), (120,)]
