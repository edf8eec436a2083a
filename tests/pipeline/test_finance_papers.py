"""The papers' own arithmetic: what adds up, what rounding explains and what does not, computed by SQL from the figures.

Belongs here: `paper_checks.csv`, every check worked by hand, and that a changed or lost figure is noticed. Does not
belong here: ledgers (`test_finance_position`).
"""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.pipeline.dbt_scenario import Built
from tests.pipeline.dbt_support import FINANCE, PROJECT, Feeds, run_dbt

pytestmark = pytest.mark.slow  # a build of all finance; that no check is lost is asked by gate 4 of every release
MODELS = ("int_finance__paper_recount", "int_finance__paper_check")
CHECK = (
    "select check_id, kind, printed, computed, printed - computed, tolerance from intermediate.int_finance__paper_check"
)


def _worked() -> dict[str, tuple[str, Decimal, Decimal, Decimal, Decimal, str]]:
    with (Path(__file__).parent / "paper_checks.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["check_id"]: (
                row["kind"], Decimal(row["printed"]), Decimal(row["computed"]), Decimal(row["difference"]),
                Decimal(row["tolerance"]), row["result"],
            )
            for row in csv.DictReader(file)
        }  # fmt: skip


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The seeds and all that finance makes of them, without any feed."""
    warehouse = tmp_path_factory.mktemp("papers") / "warehouse.duckdb"
    Feeds(warehouse).close_ledger()
    run_dbt(warehouse, "build", "--exclude-resource-type", "unit_test", "--select", *FINANCE)
    return Built(warehouse)


@pytest.fixture
def workshop(papers: Built, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy in which figures may be changed."""
    with duckdb.connect(str(shutil.copy(papers.path, tmp_path / papers.path.name))) as connection:
        yield connection


def _again(papers: Built, workshop: duckdb.DuckDBPyConnection) -> dict[str, tuple[object, ...]]:
    compiled = papers.path.parent / "target" / "compiled" / "primary_care_warehouse" / "models" / "finance"
    for model in MODELS:
        sql = (compiled / "intermediate" / f"{model}.sql").read_text(encoding="utf-8")
        workshop.execute(f"create or replace table intermediate.{model} as {sql}")
    return {row[0]: row[2:] for row in workshop.execute(CHECK).fetchall()}


def test_every_check_comes_out_as_worked(papers: Built) -> None:
    found = papers.rows(
        "select check_id, kind, printed, computed, difference, tolerance, result from finance_reconciliation"
        " where source = 'paper'"
    )
    assert {row[0]: row[1:] for row in found} == _worked()
    assert Counter(row[6] for row in found) == {"exact": 59, "within_rounding": 33, "does_not_reconcile": 16}


def test_what_does_not_reconcile_is_a_question_with_its_amount(papers: Built) -> None:
    found = papers.rows(
        "select subject, amount, seen, expected from intermediate.int_finance__quality_query where feed = 'paper'"
    )
    wrong = {name: check for name, check in _worked().items() if check[5] == "does_not_reconcile"}
    assert {row[0]: row[1:] for row in found} == {
        name: (float(difference), float(printed), float(computed))
        for name, (_, printed, computed, difference, _, _) in wrong.items()
    }


def test_nothing_of_the_feeds_is_made_up_without_them(papers: Built) -> None:
    for mart in ("finance_position", "finance_forecast", "finance_accrual"):
        assert papers.rows(f"select count(*) from {mart}") == [(0,)]
    assert papers.rows("select distinct source from finance_reconciliation") == [("paper",)]
    assert papers.rows("select count(*) from intermediate.int_finance__notice") == [(0,)]


def test_a_changed_figure_changes_its_checks_alone(papers: Built, workshop: duckdb.DuckDBPyConnection) -> None:
    before = _again(papers, workshop)
    workshop.execute(
        "update definitions.paper_figure set value = value + 9 where paper_table = 'cres-2019-20' and line = 'NPFIT'"
    )
    after = _again(papers, workshop)
    assert {name for name in before if before[name] != after[name]} == {"cres-total"}
    assert after["cres-total"][:3] == (13842856, 13842856, 0)


def test_a_lost_figure_leaves_its_check_and_fails_the_build(papers: Built, workshop: duckdb.DuckDBPyConnection) -> None:
    workshop.execute("delete from definitions.paper_figure where paper_table = 'cres-2019-20' and line = 'NPFIT'")
    assert _again(papers, workshop)["cres-total"][1] is None
    sql = papers.path.parent / "target" / "compiled" / "primary_care_warehouse" / "tests"
    text = (sql / "assert_paper_operands_have_figures.sql").read_text(encoding="utf-8")
    assert sorted(workshop.execute(text).fetchall()) == [
        ("cres-total", "no figure"),
        ("cres-total", "nothing compared"),
    ]


def test_a_narrative_figure_in_another_column_fails_the_build(
    papers: Built, workshop: duckdb.DuckDBPyConnection
) -> None:
    sql = papers.path.parent / "target" / "compiled" / "primary_care_warehouse" / "tests"
    text = (sql / "assert_narrative_figures_keep_their_column.sql").read_text(encoding="utf-8")
    assert workshop.execute(text).fetchall() == []
    workshop.execute(
        "update definitions.paper_operand set figure = 'ytd_variance'"
        " where check_id = 'delegated-text-forecast' and role = 'term'"
    )
    assert workshop.execute(text).fetchall() == [("delegated-text-forecast", "forecast_variance", "ytd_variance")]


def test_tolerances_of_sums_are_halves_of_the_last_place(papers: Built) -> None:
    """Half a unit of every rounded operand and of the printed figure, for the checks that only add and subtract."""
    found = papers.rows(
        "select check_id, max(tolerance), sum(abs(factor) * 0.5 / power(10, decimals))"
        " from definitions.paper_operand join definitions.paper_figure using (paper_table, line, figure)"
        " join (select check_id, kind, tolerance from definitions.paper_check) using (check_id)"
        " where kind in ('column_sum', 'row_sum', 'row_difference') group by check_id"
    )
    exceptions = {
        "planned-spend-total",  # printed to thousands, and exact
        "af-exceptions-count",  # whole counts
        "allocation-recurrent-2018-19",  # one of its six lines is blank
        "expenditure-chart-sum",  # 100 is not rounded
    }
    off = {name for name, stated, halves in found if abs(float(stated) - float(halves)) > 1e-9}
    assert off == exceptions
    assert len(found) == 53


def test_seeds_hold_figures_and_no_sentences() -> None:
    """Labels are short and in our words; what the papers say is not ours to publish."""
    for name in ("paper_figure", "paper_check", "paper_operand"):
        with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert all(len(cell) <= 110 for cell in row.values()), row
