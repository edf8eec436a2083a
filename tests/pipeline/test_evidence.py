"""Claimed against evidenced savings, on the made-up commissioner of `dbt_scenario`, against figures worked by hand.

Belongs here: what needs the feeds and several models together. Does not belong here: the cases of one method, which are
dbt unit tests beside its model.

Amoxicillin of the commissioner (0.50 an item): April 2016 A 18, C 4; May 2016 A 18, C 4, E 2; April and May 2017 A 18,
E 2.
Trimethoprim is 9 items in every month, under another code before January 2017. June 2017 has no prescribing.
"""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.dbt_scenario import Built, fill, register
from tests.pipeline.dbt_support import Feeds, build_models
from tests.pipeline.evidence_files import Row, add, charge, contract, plan, tracker
from tests.pipeline.test_cres import readme_queries

PLANS = [
    plan("S1", "prescribing_price_volume", "bnf:0501013B0", version=2),
    plan("S2", "prescribing_price_volume", "bnf:0501080W0; bnf:0501080", version=2, lead="Bob"),
    plan("S3", None, None, version=2),
    plan("S4", "rebate", "rebate:RT-STRIPS", version=2),
    plan("S5", "drug_switch", "drug:adalimumab@RQ6", version=2),
    plan("S6", "magic", "foo:bar", version=2),
    plan("S7", "activity", "pod:ae@RQ6", version=2),
    plan("S8", "drug_challenge", "contract:RQ6", version=2),
    plan("S9", "prescribing_price_volume", "bnf:0501013B0;practice:E", version=2),
]
OLD_PLANS = [plan("S1", "rebate", "rebate:RT-STRIPS"), plan("S99", "rebate", "rebate:RT-STRIPS")]
TRACKERS = [
    tracker("S1", 3, 1, 2, 3),
    tracker("S2", 3, 100, 9000, 9000, mitigation="Formulary reminder"),
    tracker("S3", 3, 1, 2, 3),
    tracker("S4", 3, 0, 0, None),
    tracker("S5", 3, 20000, 20000, 30000),
    tracker("S6", 3, 1, 2, 3),
    tracker("S7", 3, 1, 2, 3),
    tracker("S8", 3, 6000, 0, 0),
    tracker("S9", 3, -1, 0, 0),
]
OLD_TRACKERS = [tracker("S1", 2, 70000, 70000), tracker("S2", 2, 80000, 80000)]
CHARGES = [
    *(charge(2016, period, 1, 100, 350) for period in (1, 2, 3)),
    # 60 of 100 switched to 150: the units would have cost 35000 and cost 23000
    *(charge(2017, period, 1, 40, 350, version=2) for period in (1, 2)),
    *(charge(2017, period, 2, 60, 150, "Y", version=2) for period in (1, 2)),
    charge(2017, 2, 3, 2, 3150, version=2, drug_group="eculizumab", product="S", approval_reference=None),
]
# In April, 6300 for NHS England to pay was charged at first.
OLD_CHARGES = [
    charge(2017, 1, 1, 40, 350),
    charge(2017, 1, 2, 60, 150, "Y"),
    charge(2017, 1, 3, 2, 3150, drug_group="eculizumab", product="S", approval_reference=None),
]
MARTS = ("cres_evidence", "rebate_position", "drug_charge_challenge", "contract_tolerance")
READ = (*MARTS, "cres_scheme", "int_evidence__notice", "int_evidence__quality_query", "data_quality_query")


def _built(folder: Path, files: list[tuple[str, list[Row], str, str]]) -> Built:
    warehouse = folder / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    fill(feeds)
    for dataset, rows, received, name in files:
        add(feeds, dataset, rows, received, name)
    feeds.close_ledger()
    build_models(warehouse, *(f"+{model}" for model in READ))
    return Built(warehouse)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return _built(
        tmp_path_factory.mktemp("evidence"),
        [
            ("cres_plan", OLD_PLANS, "2017-04-01", "old"),
            ("cres_plan", PLANS, "2017-05-01", "new"),
            ("cres_tracker", OLD_TRACKERS, "2017-06-10", "old"),
            ("cres_tracker", TRACKERS, "2017-07-10", "new"),
            ("high_cost_drug_charge", OLD_CHARGES, "2017-05-10", "old"),
            ("high_cost_drug_charge", CHARGES, "2017-06-10", "new"),
            ("contract_plan", contract("RQ6", "ae", 150, 100), "2017-04-10", "one"),
        ],
    )


def evidence(built: Built, scheme: str) -> list[tuple[Any, ...]]:
    """Month, claimed, evidenced and state of a scheme."""
    rows = built.rows(
        "select month(month), claimed, evidenced, state from main.cres_evidence where scheme_id = ? order by month",
        scheme,
    )
    return [(month, _number(claimed), _number(seen), state) for month, claimed, seen, state in rows]


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


@pytest.mark.slow
def test_prescribing_is_held_against_the_same_month_of_the_year_before(built: Built) -> None:
    assert evidence(built, "S1") == [(4, 1, 1, "supported"), (5, 2, 2, "supported"), (6, 3, None, "awaiting")]
    [(reason,)] = built.rows(
        "select state_reason from main.cres_evidence where scheme_id = 'S1' and month = date '2017-06-01'"
    )
    assert reason == "prescribing of 2017-06 is not received"


@pytest.mark.slow
def test_a_recoded_medicine_is_no_saving(built: Built) -> None:
    """Unmapped, trimethoprim would look new; and a claim of 9000 is contradicted, one of 100 too small to judge."""
    assert evidence(built, "S2")[:2] == [(4, 100, 0, "not_judged"), (5, 9000, 0, "contradicted")]


@pytest.mark.slow
def test_a_scheme_of_some_practices_counts_theirs_alone(built: Built) -> None:
    assert evidence(built, "S9")[:2] == [(4, -1, -1, "supported"), (5, 0, 0, "supported")]


@pytest.mark.slow
def test_what_no_feed_shows_is_not_visible_and_what_is_missing_is_awaited(built: Built) -> None:
    assert {state for *_, state in evidence(built, "S3") + evidence(built, "S6")} == {"not_visible"}
    assert {state for *_, state in evidence(built, "S7")} == {"awaiting"}
    assert evidence(built, "S4") == [(4, 0, 0, "supported"), (5, 0, 0, "supported"), (6, None, None, "awaiting")]


@pytest.mark.slow
def test_a_switch_and_a_challenge_are_seen_in_the_charges(built: Built) -> None:
    assert evidence(built, "S5") == [
        (4, 20000, 12000, "contradicted"),
        (5, 20000, 12000, "contradicted"),
        (6, 30000, None, "awaiting"),
    ]
    assert evidence(built, "S8") == [(4, 6000, 6300, "supported"), (5, 0, None, "awaiting"), (6, 0, None, "awaiting")]


@pytest.mark.slow
def test_a_contradicted_saving_is_one_query_and_one_notice(built: Built) -> None:
    """Acceptance: visible in one query on the release, and one alert to the lead."""
    assert built.rows(
        "select scheme_id, month(month), difference::int, lead from main.cres_evidence where state = 'contradicted' "
        "order by all"
    ) == [("S2", 5, 9000, "Bob"), ("S5", 4, 8000, "Ann"), ("S5", 5, 8000, "Ann")]
    assert built.rows(
        "select notice_key, owner, amount::int from intermediate.int_evidence__notice order by notice_key"
    ) == [
        ("cres_saving_contradicted|99A|2017/18|S2", "Bob", 9000),
        ("cres_saving_contradicted|99A|2017/18|S5", "Ann", 16000),
    ]
    [(message,)] = built.rows("select message from intermediate.int_evidence__notice where owner = 'Bob'")
    assert "Formulary reminder" in message and "since 2017-05" in message and "GBP 9,000.00" in message


@pytest.mark.slow
def test_the_readme_says_how_much_of_what_is_claimed_is_seen(built: Built) -> None:
    """Also where nothing is contradicted: claimed, supported, contradicted, not judged, not visible, awaiting."""
    first, summary = readme_queries("Are they seen in the feeds")
    assert [row[0] for row in built.rows(first)] == ["S2", "S5", "S5"]
    found = {row[2]: (row[1], *map(_number, row[4:10]), *row[10:]) for row in built.rows(summary)}
    assert set(found) == {f"S{number}" for number in range(1, 10)}
    assert found["S1"] == ("prescribing_price_volume", 6, 3, 0, 0, 0, 3, 3, 0)
    assert found["S2"] == ("prescribing_price_volume", 18100, 0, 9000, 100, 0, 9000, 3, 0)
    assert found["S3"] == ("none", 6, 0, 0, 0, 6, 0, 3, 0)
    assert found["S4"] == ("rebate", 0, 0, 0, 0, 0, 0, 3, 1)
    assert found["S5"] == ("drug_switch", 70000, 0, 40000, 0, 0, 30000, 3, 0)


@pytest.mark.slow
def test_questions_reach_the_data_quality_queries_with_their_amounts(built: Built) -> None:
    found = built.rows(
        "select issue, feed, owner, provider_code, month, amount from main.data_quality_query "
        "where issue in (select distinct issue from intermediate.int_evidence__quality_query) order by all"
    )
    april, may = date(2017, 4, 1), date(2017, 5, 1)
    assert found == [
        ("cres_method_unknown", "cres_plan", "finance", None, None, None),
        ("cres_saving_contradicted", "cres_tracker", "finance", None, april, 8000.0),
        ("cres_saving_contradicted", "cres_tracker", "finance", None, may, 8000.0),
        ("cres_saving_contradicted", "cres_tracker", "finance", None, may, 9000.0),
        ("drug_charge_challenged", "high_cost_drug_charge", "contracting", "RQ6", may, 6300.0),
    ]


@pytest.mark.slow  # another whole build
def test_any_order_of_versions_and_any_split_of_files_give_the_same(built: Built, tmp_path: Path) -> None:
    other = _built(
        tmp_path,
        [
            ("cres_plan", PLANS[4:], "2017-04-01", "b"),
            ("cres_plan", OLD_PLANS, "2017-05-01", "a"),
            ("cres_plan", PLANS[:4], "2017-06-01", "c"),
            ("cres_tracker", TRACKERS[::-1], "2017-06-10", "b"),
            ("cres_tracker", OLD_TRACKERS, "2017-07-10", "a"),
            ("high_cost_drug_charge", CHARGES[::2], "2017-05-10", "b"),
            ("high_cost_drug_charge", OLD_CHARGES, "2017-06-10", "a"),
            ("high_cost_drug_charge", CHARGES[1::2], "2017-07-10", "c"),
            ("contract_plan", contract("RQ6", "ae", 999, 1, version=0), "2017-05-10", "late"),
            ("contract_plan", contract("RQ6", "ae", 150, 100), "2017-04-10", "one"),
        ],
    )
    for mart in MARTS:
        sql = f"select * from main.{mart} order by all"
        assert other.rows(sql) == built.rows(sql), mart


def test_price_volume_and_mix_agree_with_plain_python(tmp_path: Path) -> None:
    """Sixty schemes of random presentations: a second implementation, and the three add up to the penny."""
    rng = random.Random(20190401)
    warehouse = tmp_path / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    feeds.add("epraccur", date(2017, 4, 1), [register("N82001", date(1974, 4, 1))])
    months = (date(2016, 4, 1), date(2017, 4, 1))
    rows: dict[date, list[Row]] = {month: [] for month in months}
    for number in range(60):
        for presentation in range(rng.randint(1, 4)):
            for month in months:
                if rng.random() < 0.8:
                    items, each = rng.randint(-2, 90), rng.choice((7, 28, 30, 56))
                    code = f"01{number:02d}010{presentation}"
                    nic = Decimal(items * each * rng.randint(1, 9999)).scaleb(-4)
                    rows[month].append(
                        {
                            "year_month": month, "practice_code": "N82001", "bnf_code": code,
                            "items": items, "quantity": each, "total_quantity": items * each, "nic": nic,
                            "actual_cost": nic * rng.randint(92, 94) / 100, "unidentified": "N",
                        }
                    )  # fmt: skip
    for month in months:
        feeds.add("epd", month, rows[month])
    add(feeds, "cres_plan", [plan(f"S{n:02d}", "prescribing_price_volume", f"bnf:01{n:02d}") for n in range(60)])
    add(feeds, "cres_tracker", [tracker(f"S{n:02d}", 1, 0) for n in range(60)])
    feeds.close_ledger()
    build_models(warehouse, "+int_evidence__price_volume")
    found = {
        row[0]: row[1:]
        for row in Built(warehouse).rows(
            "select scheme_id, actual_cost_saving, actual_cost_price_effect, actual_cost_volume_effect, "
            "actual_cost_mix_effect, actual_cost, baseline_actual_cost from intermediate.int_evidence__price_volume"
        )
    }
    assert len(found) == 60
    for number in range(60):
        then, now = ([row for row in rows[month] if row["bnf_code"][:4] == f"01{number:02d}"] for month in months)
        saving, price, volume, mix, cost, baseline = found[f"S{number:02d}"]
        assert price + volume + mix == cost - baseline == -saving
        assert abs(cost - sum(row["actual_cost"] for row in now)) <= Decimal("0.005")
        before = {row["bnf_code"]: row for row in then}
        expected = sum(
            float(row["actual_cost"])
            - row["total_quantity"]
            * float(before[row["bnf_code"]]["actual_cost"])
            / before[row["bnf_code"]]["total_quantity"]
            for row in now
            if row["total_quantity"] > 0 and row["bnf_code"] in before and before[row["bnf_code"]]["total_quantity"] > 0
        )
        assert float(price) == pytest.approx(expected, abs=0.0051)
        items, items_before = sum(row["items"] for row in now), sum(row["items"] for row in then)
        share = (items - items_before) / items_before if items_before else 0
        assert float(volume) == pytest.approx(share * float(baseline), abs=0.0051)
