"""The savings plan of 2019/20 with trackers that go wrong in every way: figures, questions, and the SQL of the README.

Belongs here: rules that need several models together, and the checks of totals proven to fail. Does not belong here:
the boundary cases of one model (dbt unit tests), any order of versions (`test_cres_position`).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.pipeline.cres_rows import PRINTED_TOTAL, SCHEMES, SELECTED, add, even, plan_row, printed_plan, tracker_row
from tests.pipeline.dbt_scenario import Built
from tests.pipeline.dbt_support import Feeds, build_models, failed_checks

CENT = Decimal("0.01")
SUM = "assert_savings_total_is_the_sum_of_schemes"


def scheme(number: int) -> str:
    return f"CRES-2019-{number:02}"


def trackers() -> list[dict[str, Any]]:
    """April to July: prescribing saves four fifths of its plan, all else its plan; in July some rows are wrong."""
    rows = []
    for period in (1, 2, 3, 4):
        for number, (name, amount, _) in enumerate(SCHEMES, start=1):
            months = even(amount)
            saved = [(month * Decimal("0.8")).quantize(CENT) if number == 1 else month for month in months[:period]]
            changes: dict[str, Any] = {"scheme_name": name}
            if number == 1:
                changes |= {"mitigation": "Rebates", "mitigation_value": 20_000, "rag_delivery": "A"}
            if period == 4:
                changes |= _july(number, amount)
            rows.append(tracker_row(scheme(number), period, saved, months[period:], **changes))
    july = {row["scheme_id"]: row for row in rows if row["ledger_period"] == 4}
    july[scheme(6)]["actual_m02"] = None  # May is not reported, and nobody forecasts it
    _hockey_stick(july[scheme(12)], even(200_000))
    july[scheme(7)]["actual_m05"] = 1  # August is reported in July
    rows.remove(july[scheme(15)])  # and one scheme is missing
    total = tracker_row("Total", 4, [0] * 4, [0] * 8, row_type="total", forecast_fy=1)
    return [*rows, total, tracker_row("CRES-NEW", 4, [50] * 4, [50] * 8)]


def _hockey_stick(row: dict[str, Any], plan: Sequence[Decimal]) -> None:
    """Half of the plan is saved by July, nothing is forecast to December, and all of the rest afterwards."""
    saved = [(month / 2).quantize(CENT) for month in plan[:4]]
    row |= {f"actual_m{number:02}": month for number, month in enumerate(saved, start=1)}
    row |= {f"forecast_m{number:02}": 0 for number in range(5, 13)}
    row["forecast_m12"] = sum(plan) - sum(saved)


def _july(number: int, amount: int) -> dict[str, Any]:
    return {
        2: {"forecast_fy": amount + 5},
        4: {"updated_on": date(2019, 5, 3)},
        5: {"rag_delivery": "blue"},
        8: {"recurrent_ytd": amount},
        9: {"recurrent_ytd": 10_000},
    }.get(number, {})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    warehouse = tmp_path_factory.mktemp("cres") / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    plan = printed_plan()
    plan[0]["claims"], plan[10]["claims"] = "bnf:0501;drug:adalimumab", "drug:Adalimumab@RQ6;colour:red"
    plan[12]["claims"] = "bnf:10.01;bnf:10.01.03;drug:newumab"
    plan[3]["recurrence"] = "sometimes"
    plan[4]["investment"] = 5
    plan[5]["plan_m12"] += 1
    add(feeds, "cres_plan", plan)
    add(feeds, "cres_plan", [plan_row(scheme(1), even(1), plan_version=0)], "an older version, later")
    add(feeds, "cres_tracker", trackers())
    build_models(warehouse, *SELECTED)
    feeds.execute("create view owner_notice as select * from intermediate.int_cres__notice")  # beside those of others
    return Built(warehouse)


def test_the_plan_is_computed_beside_its_printed_total(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    add(feeds, "cres_plan", printed_plan())
    build_models(warehouse, *SELECTED)
    plain = Built(warehouse)
    sums = "select sum(net_plan), sum(recurrent_plan), sum(non_recurrent_plan), sum(unsplit_plan), count(*)"
    assert plain.rows(f"{sums} from cres_scheme") == [(13_842_847, 9_417_044, 3_625_803, 800_000, 15)]
    asked = (
        "select issue, amount, expected, seen from intermediate.int_cres__quality_query"
        " where issue = 'cres_total_differs'"
    )
    assert plain.rows(asked) == [("cres_total_differs", 9.0, 13_842_847.0, float(PRINTED_TOTAL))]
    issues = "select distinct issue from intermediate.int_cres__quality_query order by all"
    assert plain.rows(issues) == [("cres_total_differs",), ("cres_unsplit",)], (
        "the phasing sums to the plan to the penny"
    )
    assert plain.rows("select count(*) from cres_position") == [(0,)], "without a tracker nothing is reported"


def test_every_question_is_asked_with_its_amount(built: Built) -> None:
    found = built.rows(
        "select issue, month, split_part(subject, '|', 3), amount from intermediate.int_cres__quality_query"
        " where issue <> 'cres_total_differs' order by all"
    )
    july = date(2019, 7, 1)
    ytd = sum(even(718_139)[:4])
    assert found == [
        ("cres_actual_ahead", july, scheme(7), 1),
        ("cres_actual_missing", july, scheme(6), 1),
        ("cres_claim_unknown", None, scheme(11), 1),
        ("cres_double_count", None, scheme(1), 507_800),
        ("cres_double_count", None, scheme(1), 2_664_979),
        ("cres_double_count", None, scheme(11), 507_800),
        ("cres_drug_code_unknown", None, scheme(13), 1),
        ("cres_forecast_differs", july, scheme(2), 5),
        ("cres_net_differs", None, scheme(5), 5),
        ("cres_phasing_differs", None, scheme(6), 1),
        ("cres_rag_unknown", july, scheme(5), 1),
        ("cres_recurrence_unknown", None, scheme(4), 149_446),
        ("cres_recurrent_exceeds", july, scheme(8), float(453_028 - sum(even(453_028)[:4]))),
        ("cres_scheme_missing", july, scheme(15), float(ytd)),
        ("cres_scheme_unplanned", july, "CRES-NEW", 600),
        ("cres_unsplit", None, scheme(3), 800_000),
    ]
    totals = built.rows(
        "select feed, measure, printed, computed from intermediate.int_cres__printed_total"
        " where printed is distinct from computed order by all"
    )
    assert [row[:3] for row in totals] == [
        ("cres_plan", "gross_plan", PRINTED_TOTAL), ("cres_plan", "investment", 0),
        ("cres_plan", "net_plan", PRINTED_TOTAL), ("cres_tracker", "actual_ytd", 0), ("cres_tracker", "forecast_fy", 1),
    ]  # fmt: skip
    asked = (
        "select feed, subject from intermediate.int_cres__quality_query where issue = 'cres_total_differs' order by 1"
    )
    assert [row[0] for row in built.rows(asked)] == ["cres_plan", "cres_tracker"], "once for each printed row"


def test_a_missing_scheme_keeps_its_plan_and_the_total_says_so(built: Built) -> None:
    [missing] = built.rows(
        "select plan_fy, plan_ytd, actual_ytd, forecast_fy, is_updated, previous_forecast_fy, lead from cres_position"
        f" where scheme_id = '{scheme(15)}' and is_latest"
    )
    assert missing == (718_139, sum(even(718_139)[:4]), None, None, False, 718_139, "Sarah Example")
    [total] = built.rows(
        "select schemes_expected, schemes_reported, is_complete, plan_fy,"
        " actual_ytd - plan_ytd_reported = variance_ytd, rag_delivery"
        " from cres_position where scheme_id = 'total' and is_latest"
    )
    assert total == (16, 15, False, 13_842_847, True, None)


def test_four_fifths_of_prescribing_as_worked_by_hand(built: Built) -> None:
    plan = even(2_664_979)
    saved = [(month * Decimal("0.8")).quantize(CENT) for month in plan[:4]]
    gap = sum(plan[:4]) - sum(saved)
    [position] = built.rows(
        "select actual_ytd, variance_ytd, forecast_fy, variance_fy, unmitigated_gap, slippage, rag_finance,"
        " rag_delivery, forecast_change, next_year_gap, run_rate_fy"
        f" from cres_position where scheme_id = '{scheme(1)}' and is_latest"
    )
    assert position == (
        sum(saved), -gap, 2_664_979 - gap, -gap, gap - 20_000, 0, "amber", "amber", saved[3] - plan[3], gap,
        (sum(saved) + sum(plan[4:]) * sum(saved) / sum(plan[:4])).quantize(CENT),
    )  # fmt: skip


@pytest.mark.slow  # four builds of tests
def test_the_checks_of_totals_can_fail(built: Built, tmp_path: Path) -> None:
    for number, (sql, check) in enumerate((
        ("update cres_position set slippage = 1 where scheme_id = 'total'", SUM),
        ("update cres_position set run_rate_fy = 1 where scheme_id = 'total' and not is_latest", SUM),
        ("update cres_position set run_rate_schemes = 1 where scheme_id = 'total'", SUM),
        (f"delete from cres_position where scheme_id = '{scheme(2)}' and is_latest",
         "assert_every_savings_scheme_has_a_position"),
    )):  # fmt: skip
        (tmp_path / str(number)).mkdir()
        warehouse = Path(shutil.copy(built.path, tmp_path / str(number) / "warehouse.duckdb"))
        Feeds(warehouse).execute(sql)
        assert check in failed_checks(warehouse, "test", "--select", "cres_position,test_type:singular")


def readme_queries(heading: str) -> list[str]:
    """The SQL blocks of a section of the README."""
    section = (PROJECT / "README.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```sql\n(.*?)```", section, re.DOTALL)


def test_the_readme_answers_what_a_finance_manager_asks(built: Built) -> None:
    answers: list[Sequence[Any]] = [built.rows(query) for query in readme_queries("Are the savings being delivered")]
    delivered, gap, recurrent, owners, changed = answers
    [whole] = delivered
    assert whole[:2] == ("2019/20", date(2019, 7, 1)) and 13_842_847 in whole
    assert "13 of 16" in whole, "no run rate of the missing scheme, of that without May, and of that without a plan"
    assert whole[-2] == (
        "3 of 16 schemes have no run rate: 2 without a saving to date, 1 with too few reported months that have a plan"
    )
    assert [(row[0], row[7]) for row in gap] == [(scheme(1), True)]
    left_out = {row[0]: (row[1], *row[6:]) for row in recurrent}
    assert left_out["mixed"] == (1, None, 1, 800_000) and left_out[None][2:] == (1, 149_446)
    assert left_out["non_recurrent"] == (4, 0, 0, 0)
    assert {(row[0], row[1]) for row in owners if row[1].startswith(scheme(1))} == {
        ("Sarah Example", f"{scheme(1)} Prescribing"),
        ("Tom Sample", f"{scheme(1)} and {scheme(11)}"),
        ("Tom Sample", f"{scheme(1)} and {scheme(13)}"),
    }
    assert [row[0] == "finance-committee" for row in owners] == [False] * (len(owners) - 4) + [True] * 4, "digests last"
    assert changed[0][0] == scheme(1)


def test_a_drug_is_seen_inside_a_claimed_code_and_a_pair_is_at_risk_once(built: Built) -> None:
    pairs = "select scheme_id_a, scheme_id_b, shared_claims, amount_at_risk from cres_overlap order by all"
    assert built.rows(pairs) == [
        (scheme(1), scheme(11), "drug ADALIMUMAB at RQ6", 2_664_979),
        (scheme(1), scheme(13), "drug ADALIMUMAB of bnf 1001, drug ADALIMUMAB of bnf 100103", 507_800),
        (scheme(11), scheme(13), "drug ADALIMUMAB of bnf 1001 at RQ6, drug ADALIMUMAB of bnf 100103 at RQ6", 507_800),
    ]


def test_a_hockey_stick_is_told_to_the_lead_and_the_finance_lead(built: Built) -> None:
    told = built.rows("select owner, subject, amount, message from owner_notice where kind = 'cres_hockey_stick'")
    subject = f"{scheme(12)} Estates Void / Utilisation"
    assert {row[:3] for row in told} == {
        ("Sarah Example", subject, Decimal("99999.94")),
        ("Tom Sample", subject, Decimal("99999.94")),
    }
    assert "The rate so far gives GBP 100,000.06 (" in told[0][-1]


@pytest.fixture(scope="module")
def year_end(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """All twelve months: prescribing saves four fifths, and one scheme was planned in September alone."""
    warehouse = tmp_path_factory.mktemp("march") / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    once = [Decimal(0)] * 5 + [Decimal(178_346)] + [Decimal(0)] * 6
    rows = []
    for number, (_, amount, _) in enumerate(SCHEMES, start=1):
        share = Decimal("0.8") if number == 1 else Decimal(1)
        saved = [(month * share).quantize(CENT) for month in (once if number == 9 else even(amount))]
        mitigation = {"mitigation": "Rebates", "mitigation_value": 600_000} if number == 1 else {}
        rows += [
            tracker_row(scheme(number), 11, saved[:11], saved[11:], **mitigation),
            tracker_row(scheme(number), 12, saved, [], **mitigation),
        ]
    plan = printed_plan()
    plan[8] |= {f"plan_m{number:02}": month for number, month in enumerate(once, start=1)}
    add(feeds, "cres_plan", plan)
    add(feeds, "cres_tracker", rows)
    build_models(warehouse, *SELECTED)
    feeds.execute("create view owner_notice as select * from intermediate.int_cres__notice")
    return Built(warehouse)


def test_at_the_end_of_the_year_the_run_rate_is_the_outturn_and_no_mitigation_is_left(year_end: Built) -> None:
    delivered, gap, *_ = [year_end.rows(query) for query in readme_queries("Are the savings being delivered")]
    short = sum(even(2_664_979)) - sum((month * Decimal("0.8")).quantize(CENT) for month in even(2_664_979))
    outturn = 13_842_847 - short
    [whole] = delivered
    assert whole[8:] == (outturn, outturn, outturn, 13_842_847, "15 of 15", None, "15 of 15")
    assert [(row[0], row[6], row[7], row[8]) for row in gap] == [(scheme(1), 600_000, False, short)]
    [february] = year_end.rows(
        "select unmitigated_gap, is_mitigation_possible, run_rate_schemes from cres_position"
        " where scheme_id = 'total' and not is_latest"
    )
    assert february == (0, True, 15)
    told = year_end.rows("select kind, amount, message from owner_notice where kind not like '%digest'")
    assert [row[:2] for row in told] == [("cres_below_plan", short)]
    assert "not deducted" in told[0][-1] and "year-end" in told[0][-1] and "next month" not in told[0][-1]
