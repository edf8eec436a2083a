"""Positions of savings schemes against a second implementation, in any order and split of versions.

Belongs here: properties over made-up plans and trackers. Does not belong here: worked cases (dbt unit tests beside the
models) and the plan of 2019/20 with its questions (`test_cres`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.pipeline.cres_plain import RATES, SUMMED, positions
from tests.pipeline.cres_rows import plan_row, tracker_row
from tests.pipeline.dbt_support import Feeds, build_models

Rows = list[dict[str, Any]]
START = datetime(2019, 4, 1)
MONEY = st.integers(-3000, 30000).map(lambda pence: Decimal(pence) / 100)
SOME = st.integers(100, 30000).map(lambda pence: Decimal(pence) / 100)
# Mostly there: what is not known makes most else unknown.
REPORTED = st.one_of(SOME, SOME, SOME, MONEY, st.none())
EXACT = ("is_updated", "rag_finance", "is_hockey_stick")
ROUNDED = (*RATES, "recurrent_forecast", "non_recurrent_forecast", "next_year_gap")


class Models:
    """The models of positions, built once by dbt and then again and again as the SQL that dbt compiled."""

    def __init__(self, warehouse: Path) -> None:
        self.feeds = Feeds(warehouse)
        build_models(warehouse, "cres_config", "+cres_position", writes=True)
        nodes = json.loads((warehouse.parent / "target" / "manifest.json").read_text())["nodes"]
        built = {name: node for name, node in nodes.items() if node.get("compiled_code") and _is_table(node)}
        self.tables: list[tuple[str, str]] = []
        while built:  # in the order of what reads what
            ready = [name for name, node in built.items() if not set(node["depends_on"]["nodes"]) & set(built)]
            for name in ready:
                node = built.pop(name)
                self.tables.append((f"{node['schema']}.{node['alias']}", node["compiled_code"]))
        self.connection = duckdb.connect(str(warehouse))

    def positions(self, plans: Sequence[Mapping[str, Any]], trackers: Sequence[Mapping[str, Any]]) -> dict[Any, Any]:
        """Rows of cres_position by scheme and month, of these rows of feeds."""
        for dataset, rows in (("cres_plan", plans), ("cres_tracker", trackers)):
            self.connection.execute(f"delete from feed.{dataset}")
            for row in rows:
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                values = list(row.values())
                self.connection.execute(f"insert into feed.{dataset} ({names}) values ({marks})", values)
        for table, sql in self.tables:
            self.connection.execute(f"create or replace table {table} as {sql}")
        found = self.connection.execute("select * from cres_position")
        names = [column[0] for column in found.description or []]
        rows_ = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        keyed = {(row["scheme_id"], row["month"]): row for row in rows_}
        assert len(keyed) == len(rows_)
        return keyed


def _is_table(node: Mapping[str, Any]) -> bool:
    return bool(node["resource_type"] == "model" and node["config"]["materialized"] == "table")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    built = Models(tmp_path_factory.mktemp("cres") / "warehouse.duckdb")
    yield built
    built.connection.close()


@st.composite
def plans(draw: st.DrawFn) -> Rows:
    rows: Rows = []
    for version in draw(st.lists(st.sampled_from([1, 2, None]), max_size=2, unique=True)):
        for scheme_id in draw(st.lists(st.sampled_from("ABC"), min_size=2, unique=True)):
            shape = draw(st.lists(st.one_of(SOME, SOME, MONEY), min_size=3, max_size=3))
            starts = draw(st.sampled_from([0, 0, 1, 2, 9]))
            months = [Decimal(0)] * starts + [shape[number % 3] for number in range(12 - starts)]
            split = draw(st.none() | MONEY)
            rows.append(
                plan_row(
                    scheme_id, months, plan_version=version, full_year_effect=draw(st.none() | MONEY),
                    recurrence=draw(st.sampled_from(["Recurrent", "Non-Recurrent", "Mixed", None])),
                    recurrent_plan=split,
                )
            )  # fmt: skip
        if draw(st.booleans()):
            rows.append(plan_row("A", [Decimal(1)] * 12, plan_version=version, row_type="total"))
    return rows


@st.composite
def trackers(draw: st.DrawFn) -> Rows:
    rows: Rows = []
    for period in draw(st.lists(st.sampled_from([3, 4, 5, 2, 1, 10, 12]), min_size=1, max_size=3, unique=True)):
        for version in draw(st.lists(st.sampled_from([None, 1, 2]), min_size=1, max_size=2, unique=True)):
            for scheme_id in draw(st.lists(st.sampled_from("ABX"), min_size=2, unique=True)):
                actuals = draw(st.lists(REPORTED, min_size=2, max_size=2))
                ahead = draw(st.sampled_from([0, 0, 0, 1])) if period < 12 else 0
                forecast = draw(REPORTED)
                rows.append(
                    tracker_row(
                        scheme_id, period, [actuals[number % 2] for number in range(period + ahead)],
                        [forecast] * (12 - period), tracker_version=version,
                        forecast_fy=draw(st.none() | MONEY), recurrent_ytd=draw(st.none() | SOME),
                        mitigation_value=draw(st.none() | MONEY),
                        updated_on=START.date() + timedelta(days=draw(st.integers(0, 400))),
                    )
                )  # fmt: skip
    return rows


def received(rows: Rows, order: str, shuffled: random.Random | None = None) -> Rows:
    """The rows as they would come: each version one file, or split and shuffled: never so that a key comes twice."""
    versions = sorted({(row.get("ledger_period", 0), row[order] or 0) for row in rows})
    files = [[row for row in rows if (row.get("ledger_period", 0), row[order] or 0) == version] for version in versions]
    if shuffled is not None:
        files = [part for file in files for part in _parts(file, order, shuffled)]
        shuffled.shuffle(files)
    return [
        {**row, "submission_id": f"s{number:03}", "source_row": line, "period": START.date(),
         "received_at": START + timedelta(days=number)}
        for number, file in enumerate(files, start=1) for line, row in enumerate(file, start=1)
    ]  # fmt: skip


def _parts(file: Rows, order: str, shuffled: random.Random) -> list[Rows]:
    if file[0][order] is None:  # without a version a file is one
        return [file]
    parts: list[Rows] = [[], []]
    for row in file:
        parts[shuffled.randrange(2)].append(row)
    return [part for part in parts if part]


def columns(position: Mapping[str, Any]) -> dict[str, Any]:
    return {name: position[name] for name in (*SUMMED, *RATES, *EXACT)}


FEW = examples(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)  # fmt: skip


@examples(FEW, max_examples=40)
@given(plans(), trackers())
def test_positions_are_those_of_the_second_implementation(models: Models, plan: Rows, tracker: Rows) -> None:
    plan, tracker = received(plan, "plan_version"), received(tracker, "tracker_version")
    found, expected = models.positions(plan, tracker), positions(_filled(plan), _filled(tracker))
    assert set(found) == set(expected)
    for key, position in expected.items():
        for name, value in columns(position).items():
            seen = found[key][name]
            if name in ROUNDED and value is not None and seen is not None:
                # of a total the pennies of each scheme add up
                assert abs(float(seen) - float(value)) < 0.05, f"{key} {name}: {seen}, expected {value}"
            else:
                assert seen == value, f"{key} {name}: {seen}, expected {value}"


@pytest.mark.slow
@FEW
@given(plans(), trackers(), st.randoms(use_true_random=False))
def test_any_order_and_split_of_versions_gives_the_same_position(
    models: Models, plan: Rows, tracker: Rows, shuffled: random.Random
) -> None:
    in_order = models.positions(received(plan, "plan_version"), received(tracker, "tracker_version"))
    mixed = models.positions(
        received(plan, "plan_version", shuffled), received(tracker, "tracker_version", shuffled)
    )  # fmt: skip
    assert mixed == in_order


@FEW
@given(plans(), trackers())
def test_the_total_is_the_sum_of_schemes_always(models: Models, plan: Rows, tracker: Rows) -> None:
    found = models.positions(received(plan, "plan_version"), received(tracker, "tracker_version"))
    for (scheme_id, month), total in found.items():
        if scheme_id != "total":
            continue
        schemes = [row for (other, of_month), row in found.items() if of_month == month and other != "total"]
        for name in (*SUMMED, *RATES, "stated_forecast_fy", "schemes_expected", "schemes_reported", "schemes_updated"):
            known = [row[name] for row in schemes if row[name] is not None]
            assert total[name] == (sum(known) if known else None), name
        assert (total["run_rate_reason"] is None) == all(row["run_rate_reason"] is None for row in schemes)
        assert total["is_complete"] == all(row["is_complete"] for row in schemes)


def _filled(rows: Rows) -> Rows:
    """With every column that the second implementation asks for."""
    names = [f"{kind}_m{number:02}" for kind in ("actual", "forecast") for number in range(1, 13)]
    return [{**dict.fromkeys(names), **row} for row in rows]
