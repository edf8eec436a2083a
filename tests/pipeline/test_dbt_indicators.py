"""A small made-up commissioner (`dbt_scenario`), built by dbt once, against figures worked by hand.

Belongs here: rules that need several models together (mergers, moves, missing months, what a rebuild touches).
Does not belong here: the boundary cases of one model, which are dbt unit tests beside that model and run here too.
"""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from expectations.verdict import ScopeEntry
from publishing.withheld import Figures, withheld_figures
from tests.pipeline.dbt_scenario import Built, epd_rows, fill
from tests.pipeline.dbt_support import Feeds, build_models, checks_of_sets, failed_checks, run_dbt


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Everything built once in one go, with all data tests and unit tests."""
    warehouse = tmp_path_factory.mktemp("dbt") / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    fill(feeds)
    feeds.close_ledger()
    run_dbt(warehouse, "build")
    return Built(warehouse)


@pytest.fixture(scope="module")
def rebuilt(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The same warehouse after a resubmitted May 2017, a withdrawn April 2016 and a gate that withholds B in May."""
    warehouse = tmp_path_factory.mktemp("dbt_again") / "warehouse.duckdb"
    shutil.copy(built.path, warehouse)
    feeds = Feeds(warehouse)
    again = Feeds(warehouse.parent / "rows.duckdb")
    again.add("epd", date(2017, 5, 1), epd_rows(date(2017, 5, 1), more_amoxicillin=10))
    feeds.drop("epd", date(2017, 5, 1))
    feeds.drop("epd", date(2016, 4, 1))
    feeds.execute(f"attach '{again.warehouse}' as again; insert into feed.epd from again.feed.epd")
    feeds.withhold("epd", date(2017, 5, 1), "B", "cost per item 12 times its mean")
    # a mark in a month that nobody touched: it survives only if that month is not rebuilt
    feeds.execute(
        "update intermediate.int_prescribing__practice_component set value_all_ages = -1"
        " where month = date '2016-06-01' and practice_code = 'X' and component_id = 'rx_items'"
    )
    feeds.close_ledger(rebuild=[date(2016, 4, 1), date(2017, 5, 1)])
    later = [f"path:models/{family}" for family in ("prescribing", "sus", "indicators")]
    build_models(warehouse, *later)
    return Built(warehouse)


def test_commissioner_figures_are_sums_over_sums(built: Built) -> None:
    # A 30 * 12 + C 4 * 4 + 1 + B 5 * 12 + D 5 + E 2 * 12 + F 4 * 8; lists 550 * 12 + 100 * (12 + 4 + 5 + 12 + 10)
    items, patient_months = 498, 10900
    for org_view in ("as_at", "current"):
        volume = built.result("gpspec-antibiotic-prescribing", "99A", "2017-05-31", org_view)
        assert (volume["numerator"], volume["denominator"]) == (items, patient_months)
        assert volume["value"] == pytest.approx(1000 * items / patient_months, rel=1e-12)
        per_starpu = built.result("qp-antibacterial-items-per-starpu", "99A", "2017-05-31", org_view)
        assert per_starpu["denominator"] == Decimal("660.1935")  # (12 * 452.2455 + 43 * 58.032) / 12
        share = built.result("broad-spectrum-antibiotic-share", "99A", "2017-05-31", org_view)
        assert share["value"] == pytest.approx(100 * 24 / items, rel=1e-12)
        ratio = built.result("qp-trimethoprim-nitrofurantoin-ratio", "99A", "2017-05-31", org_view)
        assert (ratio["numerator"], ratio["denominator"], ratio["band"]) == (108, 109, "met")
        assert volume["orgs_expected"] == 4
        assert volume["numbers_achieving"] == 1  # E at 20; A and B miss, D is part-year


def test_variants_differ_in_numerator_and_weights(built: Built) -> None:
    values = {
        variant: built.result("qp-antibacterial-items-per-starpu", "A", "2017-05-31", "as_at", variant)
        for variant in ("antibacterial_exact", "bnf_0501_exact", "antibacterial_1dp", "bnf_0501_1dp")
    }
    assert {name: (row["numerator"], row["denominator"], row["is_headline"]) for name, row in values.items()} == {
        "antibacterial_exact": (361, Decimal("452.2455"), True),
        "bnf_0501_exact": (397, Decimal("452.2455"), False),
        "antibacterial_1dp": (361, Decimal("460"), False),
        "bnf_0501_1dp": (397, Decimal("460"), False),
    }


def test_a_merger_counts_once_in_either_view(built: Built) -> None:
    indicator, end = "gpspec-antibiotic-prescribing", "2017-05-31"
    assert built.result(indicator, "A", end, "as_at")["numerator"] == 361
    assert built.result(indicator, "A", end, "as_at")["denominator"] == 6600
    assert built.result(indicator, "A", end, "current")["numerator"] == 377
    assert built.result(indicator, "A", end, "current")["denominator"] == 7000
    history = built.rows(
        "select org_view, max(period_end) from main.indicator_result where org_code = 'C' group by org_view"
    )
    assert history == [("as_at", date(2016, 9, 30))], "C has rows while it was open, and none in the view current"
    successor = built.rows("select status, successor_code from main.organisation where org_code = 'C'")
    assert set(successor) == {("closed", "A")}


def test_a_move_splits_or_carries_the_history(built: Built) -> None:
    indicator, end = "gpspec-antibiotic-prescribing", "2017-05-31"
    numerators = {
        (org_view, group): built.result(indicator, group, end, org_view)["numerator"]
        for org_view in ("as_at", "current")
        for group in ("N1", "N2")
    }
    assert numerators == {("as_at", "N1"): 412, ("as_at", "N2"): 86, ("current", "N1"): 377, ("current", "N2"): 121}
    spans = built.rows(
        "select valid_from, valid_to, neighbourhood from main.organisation where org_code = 'B' order by valid_from"
    )
    assert spans[-2:] == [(date(2013, 4, 1), date(2016, 12, 31), "N1"), (date(2017, 1, 1), None, "N2")]


def test_a_month_that_has_not_come_is_awaited_and_not_zero(built: Built) -> None:
    june = built.result("gpspec-antibiotic-prescribing", "A", "2017-06-30")
    may = built.result("gpspec-antibiotic-prescribing", "A", "2017-05-31")
    assert (june["state"], june["state_reason"], june["data_month"]) == (
        "awaiting", "awaiting epd 2017-06", date(2017, 5, 1)
    )  # fmt: skip
    assert (june["value"], june["numerator"], june["band"]) == (None, None, None)
    assert june["previous_value"] == may["value"]
    aged = built.result("qp-trimethoprim-items-age-70-plus", "99A", "2017-06-30")
    assert (aged["state"], aged["value"], aged["target"], aged["band"]) == ("ok", 60.0, 8836.0, "met")
    assert built.result("qp-trimethoprim-items-age-70-plus", "A", "2017-06-30")["band"] is None
    early = built.result("broad-spectrum-antibiotic-share", "A", "2016-05-31")
    assert early["state_reason"] == "awaiting epd 2015-06, epd 2015-07, epd 2015-08 and 7 more"


def test_a_practice_without_rows_makes_its_groups_wait(built: Built) -> None:
    indicator, end = "broad-spectrum-antibiotic-share", "2017-03-31"
    states = {org: built.result(indicator, org, end)["state_reason"] for org in ("E", "N1", "N2", "L1", "99A", "A")}
    of_e = "awaiting epd 2016-04 of E"
    assert states == {"E": "awaiting epd 2016-04", "N1": None, "N2": of_e, "L1": of_e, "99A": of_e, "A": None}
    assert built.result(indicator, "99A", "2017-04-30")["state"] == "ok"


def test_a_closed_practice_is_not_awaited_though_its_list_still_serves(built: Built) -> None:
    indicator = "gpspec-antibiotic-prescribing"
    listed = "select month, has_list, is_open_in_register from main.practice_month where practice_code = 'F'"
    assert built.rows(f"{listed} and month >= date '2017-01-01' order by month") == [
        (date(2017, 1, 1), True, False), (date(2017, 2, 1), True, False), (date(2017, 3, 1), True, False),
    ]  # fmt: skip
    last = "select org_view, max(period_end) from main.indicator_result where org_code = 'F' group by org_view"
    assert set(built.rows(last)) == {("as_at", date(2017, 1, 31)), ("current", date(2017, 1, 31))}
    for org_view in ("as_at", "current"):
        for org in ("N2", "L1", "99A"):
            for end in ("2017-04-30", "2017-05-31"):
                result = built.result(indicator, org, end, org_view)
                assert (result["state"], result["value"] is None) == ("ok", False), (org, end, org_view)
    assert [built.result(indicator, "99A", end)["orgs_expected"] for end in ("2017-01-31", "2017-02-28")] == [5, 4]


def test_nobody_achieves_what_nobody_can_be_judged_by(built: Built) -> None:
    may, june = "2017-05-31", "2017-06-30"
    assert built.result("gpspec-antibiotic-prescribing", "N1", may)["numbers_achieving"] == 0  # A is judged and misses
    unjudged = [
        ("prescribing-cost-per-astropu", "99A", may), ("broad-spectrum-antibiotic-share", "99A", may),  # no target
        ("qp-trimethoprim-items-age-70-plus", "99A", june),  # a target of the commissioner alone
        ("gpspec-antibiotic-prescribing", "99A", june),  # awaiting
    ]  # fmt: skip
    for indicator, org, end in unjudged:
        result = built.result(indicator, org, end)
        assert (result["numbers_achieving"], result["orgs_expected"]) == (None, 4), indicator
    assert not built.rows("select 1 from main.indicator_result where org_type = 'practice' and numbers_achieving >= 0")


def test_part_of_a_year_is_shown_and_not_judged(built: Built) -> None:
    new = built.result("gpspec-antibiotic-prescribing", "D", "2017-05-31")
    assert (new["value"], new["band"], new["rag"], new["months_open"]) == (10.0, None, None, 5)
    assert (new["state"], new["state_reason"]) == ("ok", "open 5 of 12 months")
    mean = built.result("qp-antibacterial-items-per-starpu", "D", "2017-05-31")
    assert mean["denominator"] == Decimal("58.032"), "the mean list of the months in which it was open"


def test_baseline_target_and_trend(built: Built) -> None:
    a = built.result("gpspec-antibiotic-prescribing", "A", "2017-05-31")
    assert a["baseline_value"] == built.result("gpspec-antibiotic-prescribing", "A", "2017-03-31")["value"]
    assert a["target"] == pytest.approx(0.95 * 1000 * 361 / 6600, rel=1e-12)
    assert (a["band"], a["rag"], a["trend"], a["trend_meaning"]) == ("not_met", "red", "level", "level")
    e = built.result("gpspec-antibiotic-prescribing", "E", "2017-05-31")
    assert (e["value"], e["baseline_value"], e["target"], e["band"], e["rag"]) == (20.0, None, 45.2, "met", "green")
    commissioner = built.result("gpspec-antibiotic-prescribing", "99A", "2017-05-31")
    assert (commissioner["band"], commissioner["state_reason"]) == (None, "no baseline")


def test_components_keep_every_code_of_the_feed(built: Built) -> None:
    may = dict(
        built.rows(
            "select practice_code, value from main.component_value"
            " where component_id = 'rx_items_antibacterial' and month = date '2017-05-01'"
        )
    )
    assert may == {"A": 30, "B": 5, "D": 1, "E": 2, "X": 7, "-": 5, "Z99": 0}
    assert built.rows(
        "select value, data_month from main.component_value where component_id = 'list_size'"
        " and practice_code = 'A' and month = date '2017-06-01'"
    ) == [(550, date(2017, 4, 1))]
    assert not built.rows("select 1 from main.component_value where not is_complete")


def test_questions_are_listed_not_guessed(built: Built) -> None:
    questions = built.rows(
        "select issue, practice_code, count(*), sum(amount) from main.data_quality_query"
        # what the papers themselves raise stands in every build: test_finance_papers
        " where feed not in ('epact2_age_band', 'paper') group by issue, practice_code order by all"
    )
    assert questions == [
        ("closed_practice_dispensing", "C", 1, 1.0),
        ("conflicting_succession", "Q1", 2, 2.0),
        # what the operational plan raises: 67,630 + 12,223 + 4,768 without a count; 3,726.32 and 6,755.18 a piece
        ("project_milestone_undated", None, 9, 34.0),
        ("project_unit_cost_outlier", None, 2, 10481.5),
        ("project_value_without_count", None, 3, 84621.0),
        ("unidentified_prescriber", "-", 14, 70.0),
        ("unknown_practice", "Z99", 14, 14.0),
    ]
    # B agrees at 3 items in both feeds; A has 6 in one and 2 + 3 + 1 of all ages in the other
    assert not built.rows("select 1 from main.data_quality_query where issue = 'epact2_differs_from_epd'")


def test_only_practices_of_the_commissioner_roll_up(built: Built) -> None:
    assert built.result("gpspec-antibiotic-prescribing", "X", "2017-05-31")["value"] == 70.0
    organisations = built.rows("select distinct org_code from main.indicator_result where org_type <> 'practice'")
    assert {row[0] for row in organisations} == {"N1", "N2", "L1", "99A"}


def test_newest_results_say_whose_practice_it_is(built: Built) -> None:
    found = built.rows("select distinct org_type, org_code, commissioner_code from main.indicator_latest order by all")
    codes = {row[:2]: row[2] for row in found}
    assert len(codes) == len(found)
    assert codes["practice", "A"] == codes["neighbourhood", "N1"] == codes["commissioner", "99A"] == "99A"
    assert codes["practice", "X"] != "99A"


def test_every_column_that_readers_see_is_described_in_the_file(built: Built) -> None:
    silent = built.rows(
        "select table_name, column_name from duckdb_columns()"
        " where schema_name in ('main', 'definitions') and not internal and coalesce(comment, '') = ''"
    )
    assert silent == []
    latest = built.rows("select count(*), count(distinct org_name) from main.indicator_latest where org_code = 'N1'")
    assert latest == [(82, 1)]


def test_a_rebuild_touches_only_its_months(built: Built, rebuilt: Built) -> None:
    by_month = "select month, count(*), sum(value) from intermediate.int_prescribing__practice_component group by month"
    before, after = ({row[0]: row[1:] for row in database.rows(by_month)} for database in (built, rebuilt))
    epd_april = (
        "select count(*) from intermediate.int_prescribing__practice_component where dataset = 'epd' and month = ?"
    )
    assert rebuilt.rows(epd_april, date(2016, 4, 1)) == [(0,)], "the withdrawn month is gone"
    assert {month for month in before if before[month] != after.get(month)} == {date(2016, 4, 1), date(2017, 5, 1)}
    assert rebuilt.rows("select count(*) from intermediate.int_prescribing__practice_component"
                        " where value_all_ages = -1") == [(1,)], "June 2016 was not rebuilt"  # fmt: skip


def test_resubmitted_withdrawn_and_withheld_months_show(rebuilt: Built) -> None:
    indicator = "broad-spectrum-antibiotic-share"
    assert rebuilt.result(indicator, "A", "2017-05-31")["denominator"] == 371
    assert rebuilt.result(indicator, "A", "2017-03-31")["state_reason"] == "awaiting epd 2016-04"
    held = rebuilt.result(indicator, "B", "2017-05-31")
    assert (held["state"], held["value"], held["band"]) == ("withheld", None, None)
    assert held["state_reason"] == "withheld epd 2017-05 (cost per item 12 times its mean)"
    assert held["previous_value"] == rebuilt.result(indicator, "B", "2017-04-30")["value"]
    of_b = "withheld epd 2017-05 of B (cost per item 12 times its mean)"
    reasons = {org: rebuilt.result(indicator, org, "2017-05-31")["state_reason"] for org in ("N1", "N2", "99A")}
    assert reasons == {"N1": None, "N2": of_b, "99A": of_b}
    assert rebuilt.result(indicator, "N1", "2017-05-31", "current")["state"] == "ok"
    assert set(
        rebuilt.rows("select distinct practice_code, month from main.component_value where not is_complete")
    ) == {("B", date(2017, 5, 1))}


def test_an_alert_counts_the_figures_that_are_withheld_for_it(rebuilt: Built) -> None:
    practice, other = ScopeEntry(date(2017, 5, 1), "B", dataset="epd"), ScopeEntry(date(2017, 5, 1), "A", dataset="epd")
    found = withheld_figures(rebuilt.path, {"of b": [practice], "of a": [other], "of both": [practice, other]})
    [(ids, orgs, months)] = rebuilt.rows(
        "select list(distinct indicator_id order by indicator_id), count(distinct (org_type, org_code)),"
        " count(distinct period_end) from main.indicator_result where state = 'withheld'"
    )
    assert found == dict.fromkeys(("of b", "of both"), Figures(tuple(ids), orgs, months))
    assert "broad-spectrum-antibiotic-share" in ids and orgs >= 3 and months >= 1
    text = str(Figures(tuple(f"i{number}" for number in range(14)), 3, 1))
    assert text.endswith("i11 and 2 more: 3 organisation(s), 1 month(s)")


def test_nothing_is_withheld_where_nothing_is_built(tmp_path: Path) -> None:
    entry = ScopeEntry(date(2017, 5, 1), dataset="epd")
    assert withheld_figures(tmp_path / "none.duckdb", {"x": [entry]}) == {}
    Feeds(tmp_path / "empty.duckdb")
    assert withheld_figures(tmp_path / "empty.duckdb", {"x": [entry]}) == {}


@pytest.mark.slow  # all models once more
def test_a_warehouse_without_any_feed_builds(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    Feeds(warehouse)
    run_dbt(warehouse, "build", "--exclude-resource-type", "unit_test", "test")
    assert Built(warehouse).rows("select count(*) from main.indicator_result") == [(0,)]
    assert Built(warehouse).rows("select count(*) from main.indicator") == [(115,)]


def test_every_data_test_runs_in_exactly_one_of_the_two_sets(tmp_path: Path) -> None:
    by_set, declared = checks_of_sets(tmp_path)
    assert sorted(test for tests in by_set for test in tests) == sorted(declared)
    assert all(by_set)


def test_the_checks_of_marts_can_fail(built: Built, tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(built.path, warehouse)
    feeds = Feeds(warehouse)
    components = "intermediate.int_prescribing__practice_component"
    feeds.execute(f"delete from {components} where practice_code = 'Z99' and month = date '2017-05-01'")
    feeds.execute(
        "insert into intermediate.int_sus__attendance (month, provider_code, practice_code)"
        " values (date '2017-05-01', 'RQ6', 'A')"
    )
    feeds.execute("insert into intermediate.int_sus__attendance (month) values (date '2028-01-01')")
    feeds.execute("insert into definitions.bank_holiday values (date '2028-01-03', 'the first of eight')")
    feeds.execute("insert into intermediate.int_experience__return_deadline values (date '2027-12-01', '2028-01-18')")
    feeds.add("friends_and_family_submission", date(2027, 12, 1), [{"practice_code": "A"}])
    feeds.execute("update intermediate.int_indicators__org_component_month set value = value + 1 where org_code = 'B'")
    feeds.execute("update main.indicator_result set value = 0 where state = 'awaiting' and org_code = 'E'")
    feeds.execute("delete from main.indicator_result where org_code = 'A' and period_end = date '2017-05-31'")
    feeds.execute("insert into main.indicator_result select * from main.indicator_result where org_code = 'D'")
    failed = failed_checks(warehouse, "test", "--select", "test_type:singular", "unique_combination_indicator_result*")
    assert {name for name in failed if not name.startswith("unique_combination")} == {
        "assert_prescribing_is_conserved",
        "assert_hospital_activity_is_conserved",
        "assert_bank_holidays_cover_attendances",
        "assert_bank_holidays_cover_returns",
        "assert_mergers_conserve_sums",
        "assert_only_ok_results_have_figures",
        "assert_every_expected_result_exists",
        "assert_code_lists_match_data",  # warns: the scenario has no cephalosporins, quinolones or leprosy drugs
    }
    assert any(name.startswith("unique_combination_indicator_result") for name in failed)
