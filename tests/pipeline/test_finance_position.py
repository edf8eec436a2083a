"""The ledger models against the printed table of month 3 of 2017/18, against hand-worked cases and against a second
implementation in plain Python.

Belongs here: position, reconciliation, prescribing forecast and accruals. Does not belong here: the papers' own
arithmetic (`test_finance_papers`), savings (`test_finance_cres` and others).
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipeline.dbt_scenario import Built
from tests.pipeline.finance_plain import CELLS as PLAIN_CELLS
from tests.pipeline.finance_plain import position, reconciliation
from tests.pipeline.finance_world import (
    AREA,
    CELLS,
    PRACTICES,
    PRINTED,
    PRINTED_TOTAL,
    RECEIVED,
    Row,
    build,
    later_reports,
    line,
    month_3,
    rebuild_ledger,
    report,
    total,
)
from tests.pipeline.test_cres import readme_queries

REGISTER = (*PRACTICES, "Y00001")
FIGURES = [*PLAIN_CELLS, *(f"printed_{cell}" for cell in PLAIN_CELLS), "is_current", "month_actual",
           "previous_forecast_outturn"]  # fmt: skip
MONTH_3_V1 = "entity_code = '99A' and financial_year = '2017/18' and ledger_period = 3 and vintage = 1"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The world of `finance_world`, built once with all data tests and unit tests."""
    return build(tmp_path_factory.mktemp("finance"))


@pytest.fixture(scope="module")
def workshop(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the build database in which the ledger may be replaced."""
    copied = tmp_path_factory.mktemp("workshop") / built.path.name
    shutil.copy(built.path, copied)
    with duckdb.connect(str(copied)) as connection:
        yield connection


def _compiled(built: Built) -> Path:
    return built.path.parent / "target" / "compiled" / "primary_care_warehouse" / "models" / "finance"


def test_the_printed_table_is_rebuilt_cell_by_cell(built: Built) -> None:
    rows = built.rows(
        f"select level_code, {', '.join(CELLS)} from finance_position where {MONTH_3_V1} and level = 'line'"
    )
    computed = {name: cells for name, *cells in rows if name in PRINTED}
    for name, printed in PRINTED.items():
        expected = list(map(Decimal, printed))
        if name == "Primary Care NHS Property Services Costs":
            expected[CELLS.index("ytd_variance")] += 1  # printed 38,596; actual less budget is 38,597
        assert computed[name] == expected, name
    # and each line of it is the sum of several ledger rows, by practice and cost centre
    [(rows_of_qof,)] = built.rows(f"select row_count from finance_position where {MONTH_3_V1} and level_code = 'QOF'")
    assert rows_of_qof == 3


def test_the_readme_shows_the_newest_budget_report(built: Built) -> None:
    [query] = readme_queries("The budget")
    rows = built.rows(query)
    newest = (
        "select financial_year, max(ledger_period) from main.finance_position where ledger_period <= 12 group by all"
        " order by all desc limit 1"
    )
    assert {row[2] for row in rows} == {"line", "programme_area", "total"}
    assert {row[:2] for row in rows} == set(built.rows(newest))


def test_printed_and_computed_totals_stand_side_by_side(built: Built) -> None:
    names = ", ".join([*CELLS, *(f"printed_{cell}" for cell in CELLS)])
    [cells] = built.rows(f"select {names} from finance_position where {MONTH_3_V1} and level_code = '{AREA}'")
    assert cells[:6] == (18049315, 18173848, 124533, 72547000, 72787320, 240320)
    assert cells[6:] == PRINTED_TOTAL
    [propco] = built.rows(
        f"select ytd_variance, printed_ytd_variance from finance_position where {MONTH_3_V1} and level = 'line'"
        " and level_code like '%Property%'"
    )
    assert propco == (38597, 38596)
    found = built.rows(
        "select printed, computed, difference, tolerance, result from finance_reconciliation"
        " where check_id = 'ledger|99A|2017/18|03|1|total|Total|ytd_actual'"
    )
    assert found == [(18173847, 18173848, -1, 9, "within_rounding")]


def test_narrative_figure_is_bound_to_the_forecast_variance(built: Built) -> None:
    [(figure, value)] = built.rows(
        "select operands.figure, figures.value from definitions.paper_operand as operands"
        " join definitions.paper_figure as figures using (paper_table, line, figure)"
        " where check_id = 'delegated-text-forecast' and role = 'printed'"
    )
    assert (figure, value) == ("forecast_variance", Decimal("0.24"))
    [(forecast, to_date)] = built.rows(
        "select round(forecast_variance / 1000000, 2), round(ytd_variance / 1000000, 2) from finance_position"
        f" where {MONTH_3_V1} and level_code = '{AREA}'"
    )
    assert (float(forecast), float(to_date)) == (0.24, 0.12)


def test_practices_are_those_of_the_register(built: Built) -> None:
    found = built.rows(
        "select distinct level_code, level_name from finance_position where level = 'practice' order by 1"
    )
    assert found == [(code, f"Practice {code}") for code in PRACTICES]
    unknown = built.rows(
        "select practice_code, month, amount from intermediate.int_finance__quality_query"
        " where issue = 'ledger_unknown_practice'"
    )
    assert unknown == [("N99999", date(2017, 9, 1), 3500000)]


def test_every_vintage_is_kept(built: Built) -> None:
    """What the forecast was at month 3, as restated, and what it became at month 4."""
    found = built.rows(
        "select ledger_period, vintage, is_current, forecast_variance, restatement_change, previous_forecast_outturn,"
        " forecast_change from finance_position"
        " where financial_year = '2017/18' and level = 'line' and level_code = 'QOF' order by 1, 2"
    )
    assert found == [
        (3, 1, False, 401239, None, None, None),
        (3, 2, True, 301239, -100000, None, None),
        (4, 1, True, 308934, None, 6892305, 7695),
        (6, 1, True, None, None, None, None),  # a row without forecast: missing, not zero
    ]


def test_a_period_alone_needs_the_one_before(built: Built) -> None:
    found = built.rows(
        "select financial_year, ledger_period, month, is_adjustment, ytd_actual, month_actual from finance_position"
        " where level = 'line' and level_code = 'QOF' and is_current order by 1, 2"
    )
    assert found == [
        ("2016/17", 1, date(2016, 4, 1), False, 400000, 400000),
        ("2016/17", 12, date(2017, 3, 1), False, 6100000, None),
        ("2016/17", 13, date(2017, 3, 1), True, 6150000, 50000),  # told apart, not added to 12
        ("2017/18", 3, date(2017, 6, 1), False, 2048995, None),
        ("2017/18", 4, date(2017, 7, 1), False, 2600000, 551005),
        ("2017/18", 6, date(2017, 9, 1), False, 3500000, None),  # month 5 never came
    ]


def test_differences_and_unlikely_lines_are_questions_with_their_amounts(built: Built) -> None:
    found = built.rows(
        "select issue, subject, amount from intermediate.int_finance__quality_query"
        " where feed = 'ledger' and practice_code is null order by issue, subject"
    )
    named = {(issue, subject.split(", ")[-1]): round(amount, 2) for issue, subject, amount in found}
    assert len(found) == len(named)
    assert named == {
        ("budget_phasing_unusual", "Other - GP Services"): -87260.04,
        ("forecast_ignores_variance", "General Practice - PMS"): -192357,
        ("forecast_ignores_variance", "Other List-Based Services (APMS incl.)"): 416470,
        # once for each printed row, whatever the number of its columns that are off
        ("printed_figure_differs", "Primary Care NHS Property Services Costs"): -1,
        ("printed_total_differs", "QOF"): 100000,
        ("printed_total_differs", "Total"): 100000,
    }
    [(detail,)] = built.rows(
        "select detail from intermediate.int_finance__quality_query where issue = 'printed_total_differs'"
        " and subject = '99A 2017/18 period 3, Total'"
    )
    for part in (
        "forecast outturn: printed",
        "forecast variance: printed",
        "ytd actual: printed 18173847, computed 18173848 GBP",
    ):
        assert part in detail
    plan = built.rows(
        "select check_id, printed, computed, difference from finance_reconciliation where source = 'cres_plan'"
        " and result <> 'exact' order by 1"
    )
    assert plan == [
        (f"cres_plan|99A|2019/20|1|Total|{measure}", 13842856, 13842847, 9) for measure in ("gross_plan", "net_plan")
    ]


def test_nine_pounds_of_the_plan_and_of_its_paper_are_one_question(built: Built) -> None:
    """The paper prints what the plan prints, in two columns of one row."""
    asked = " union all ".join(
        f"select feed, subject, amount, expected, seen, detail from intermediate.{model}"
        for model in ("int_finance__quality_query", "int_cres__quality_query")
    )
    found = built.rows(f"select * from ({asked}) where seen = 13842856")
    assert [row[:5] for row in found] == [("cres_plan", "99A|2019/20|Total", 9, 13842847, 13842856)]
    assert found[0][5].startswith("Total of 99A 2019/20 prints ") and "15 schemes sum to" in found[0][5]
    assert "gross_plan" in found[0][5] and "net_plan" in found[0][5] and "investment" not in found[0][5]
    assert built.rows("select count(*) from finance_reconciliation where printed = 13842856 and difference = 9") == [
        (3,)
    ]


def test_prescribing_forecast_shows_its_lag_and_its_changes(built: Built) -> None:
    found = built.rows(
        "select month, data_to, lag_months, actual_to_date, profile_share, forecast, variance, variance_change,"
        " has_changed_sign, has_moved, state from finance_forecast where financial_year = '2017/18' order by month"
    )
    nothing = (None,) * 5
    assert found == [
        (date(2017, 4, 1), None, 2, None, None, *nothing, "not_started"),
        (date(2017, 5, 1), None, 2, None, None, *nothing, "not_started"),
        # 7,147,000 / 0.08219, against a budget of 86,381,974
        (date(2017, 6, 1), date(2017, 4, 1), 2, 7147000, Decimal("0.08219"), Decimal("86957050.74"),
         Decimal("575076.74"), None, None, None, "ok"),
        (date(2017, 7, 1), date(2017, 5, 1), 2, 14419000, Decimal("0.16712"), Decimal("86279320.25"),
         Decimal("-102653.75"), Decimal("-677730.49"), True, True, "ok"),
        # June was never received: null, though July was
        (date(2017, 8, 1), date(2017, 6, 1), 2, None, Decimal("0.24931"), *nothing, "awaiting"),
        (date(2017, 9, 1), date(2017, 7, 1), 2, None, Decimal("0.33424"), *nothing, "awaiting"),
    ]  # fmt: skip


def test_a_forecast_that_changes_sign_is_told_to_finance(built: Built) -> None:
    found = built.rows(
        "select notice_key, owner, kind, month, amount, message from intermediate.int_finance__notice order by 1"
    )
    assert [row[:5] for row in found] == [
        ("prescribing_forecast|actuals|99A|2017/18|2017-07-01", "finance", "forecast_changed_sign", date(2017, 7, 1),
         Decimal("-677730.49")),
        ("prescribing_forecast|ledger|99A|2017/18|2017-07-01", "finance", "forecast_changed_sign", date(2017, 7, 1),
         Decimal("-680349")),
    ]  # fmt: skip
    assert found[1][5] == (
        "The prescribing forecast of 99A for 2017/18 of the ledger changed sign: from GBP 580,349 over budget (vintage"
        " 2017-06) to GBP 100,000 under budget (vintage 2017-07), better by GBP 680,349. Say what moved it, and restate"
        " the forecast in the next budget report if it does not stand."
    )
    assert "; actual cost to 2017-05. " in found[0][5]


def test_accruals_are_followed_until_they_are_reversed(built: Built) -> None:
    found = built.rows(
        "select journal_reference, financial_year, ledger_period, outstanding, state from finance_accrual"
        " order by 1, 2, 3"
    )
    assert found == [
        ("ACC1", "2017/18", 3, 1000, "open"),
        ("ACC1", "2017/18", 4, 0, "reversed"),
        ("ACC2", "2016/17", 12, 500, "open"),
        ("ACC2", "2017/18", 1, 0, "reversed"),
        ("ACC2", "2017/18", 3, -500, "over_reversed"),
        ("ACC2", "2017/18", 4, -500, "over_reversed"),
        ("ACC3", "2017/18", 3, 800, "open"),
        ("ACC3", "2017/18", 4, 500, "part_reversed"),
    ]
    questions = built.rows(
        "select issue, amount, detail from intermediate.int_finance__quality_query where feed = 'ledger_journal'"
        " order by 1, 2"
    )
    assert questions == [
        ("accrual_reversal_unknown", -70, "Reversal REV5 names NONE, which was not received"),
        ("accrual_reversal_unknown", -20, "Reversal REV6 names no journal"),
        ("accrual_reversed_twice", -500, "Accrual ACC2 reversed by REV2, REV3"),
    ]


def _models(connection: duckdb.DuckDBPyConnection) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Position and checks as the models have them, keyed like those of `finance_plain`."""
    positions = connection.execute(
        "select entity_code, financial_year, ledger_period, vintage, level, level_code,"
        f" {', '.join(FIGURES)} from finance_position"
    ).fetchall()
    checks = connection.execute(
        "select entity_code, financial_year, ledger_period, vintage, row_type, line_description, measure, printed,"
        " computed, tolerance, case when printed = computed then 'exact' when abs(printed - computed) <= tolerance"
        " then 'within_rounding' else 'does_not_reconcile' end from intermediate.int_finance__ledger_check"
    ).fetchall()
    return (
        {row[:6]: dict(zip(FIGURES, row[6:], strict=True)) for row in positions},
        {row[:7]: row[7:] for row in checks},
    )


def _plain(files: list[list[Row]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    empty = dict.fromkeys(("report_version", "coding_string", "programme_area"))
    rows: list[Mapping[str, Any]] = [
        {**empty, **row, "submission_id": f"s{number}", "source_row": place}
        for number, file in enumerate(files) for place, row in enumerate(file)
    ]  # fmt: skip
    found = position(rows, REGISTER)
    return {key: {name: figures[name] for name in FIGURES} for key, figures in found.items()}, reconciliation(rows)


def test_plain_python_agrees_on_the_world(workshop: duckdb.DuckDBPyConnection, built: Built) -> None:
    files = [month_3(), later_reports()]
    rebuild_ledger(workshop, _compiled(built), files)
    assert _models(workshop) == _plain(files)
    [(judged,)] = workshop.execute(
        "select count(*) from finance_reconciliation join intermediate.int_finance__ledger_check using (check_id)"
    ).fetchall()
    assert judged == len(_plain(files)[1])


def test_a_level_that_does_not_add_up_fails_the_build(workshop: duckdb.DuckDBPyConnection, built: Built) -> None:
    rebuild_ledger(workshop, _compiled(built), [month_3()])
    path = _compiled(built).parents[1] / "tests" / "assert_ledger_levels_add_up.sql"
    assert workshop.execute(path.read_text(encoding="utf-8")).fetchall() == []
    workshop.execute("delete from finance_position where level = 'line' and level_code = 'QOF'")
    assert len(workshop.execute(path.read_text(encoding="utf-8")).fetchall()) == 1


AMOUNTS = st.one_of(st.none(), st.integers(-5000, 5000), st.decimals(-99, 99, places=2))
LINES = st.builds(
    line,
    st.sampled_from(["QOF", "GMS", "Prescribing"]),
    st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
    st.sampled_from([None, f"946141/5/{PRACTICES[0]}/X/0", f"946141.6.{PRACTICES[1]}.X.0", "946200/5/N99999/X/0"]),
    st.sampled_from([AREA, "Prescribing", None]),
)
WHOLE = st.one_of(st.none(), st.integers(-9000, 9000))
TOTALS = st.builds(
    total,
    st.sampled_from(["Total", "QOF", "Prescribing", "Grand total"]),
    st.tuples(*[WHOLE] * 6),
    st.sampled_from([None, AREA]),
)
REPORTS = st.builds(report, st.sampled_from([1, 2, 3, 12, 13]), st.sampled_from([None, 1, 2]))


@st.composite
def _files(draw: st.DrawFn) -> list[list[Row]]:
    """A few files of a few reports; a key occurs once in a file, as the gate of landing has it."""
    files = []
    for number in range(draw(st.integers(1, 4))):
        received = RECEIVED + timedelta(days=draw(st.integers(0, 3)))
        rows: dict[tuple[Any, ...], Row] = {}
        for _ in range(draw(st.integers(1, 3))):
            of = draw(REPORTS)
            for row in draw(st.lists(st.one_of(LINES, TOTALS), max_size=5)):
                whole = of | row | {"received_at": received + timedelta(seconds=number)}
                rows[of["ledger_period"], of["report_version"], row["row_type"], row.get("coding_string"),
                     row["line_description"]] = whole  # fmt: skip
        files.append(list(rows.values()))
    return files


@given(_files())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_plain_python_agrees_on_any_ledger(
    workshop: duckdb.DuckDBPyConnection, built: Built, files: list[list[Row]]
) -> None:
    rebuild_ledger(workshop, _compiled(built), files)
    assert _models(workshop) == _plain(files)


@pytest.mark.slow
@given(st.integers(1, 6), st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_split_of_files_give_the_same_position(
    workshop: duckdb.DuckDBPyConnection, built: Built, count: int, dice: random.Random
) -> None:
    """Of reports that state their version."""
    rows = [row for row in month_3() + later_reports() if row["report_version"] is not None]
    rebuild_ledger(workshop, _compiled(built), [rows])
    whole = _models(workshop)
    dice.shuffle(rows)
    files: list[list[Row]] = [[] for _ in range(count)]
    for row in rows:
        place = dice.randrange(count)
        files[place].append(row | {"received_at": RECEIVED + timedelta(days=place)})
    rebuild_ledger(workshop, _compiled(built), files)
    assert _models(workshop) == whole
