"""Payments against `payments_plain`: many made-up results, lists, networks and months.

Belongs here: the comparison over everything at once. Does not belong here: single cases, which are dbt unit tests
beside their models, the printed table of networks (`test_pcn_funding`), and how truth is worked out (`payments_plain`).
"""

from __future__ import annotations

import csv
import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.pipeline.dbt_support import PROJECT, Feeds, run_dbt
from tests.pipeline.payments_plain import networks, pence, rewards, specification
from tests.pipeline.projects_plain import add_months, month_end

Row = dict[str, Any]
MONTHS = [add_months(date(2017, 4, 1), number) for number in range(24)]
PRACTICES = [f"P{number:02d}" for number in range(24)]
MODELS = ("gp_specification_payment", "pcn_funding", "federation_gain_share")
DEFINED = {"rx_actual_cost": "epd", "sus_emergency_admissions": "sus_apc"}


def _rates() -> list[Row]:
    """Rates of two indicators over two spans of a year: of one band none is decided, one ended."""
    spans = [(date(2017, 4, 1), date(2018, 3, 31)), (date(2018, 4, 1), None)]
    return [
        {"indicator_id": name, "version": "v", "band": band, "valid_from": start, "valid_to": end,
         "rate_per_weighted_patient": None if band == "C" else Decimal("0.1234") * (place + len(name))}
        for name in ("i", "long") for band in "ABC" for place, (start, end) in enumerate(spans)
        if (name, band, place) != ("i", "B", 1)
    ]  # fmt: skip


def _lists(rng: random.Random) -> list[Row]:
    """Practices that move between networks and commissioners, without a list in some months."""
    found = []
    for month in MONTHS:
        for code in PRACTICES:
            if rng.random() < 0.05:
                continue
            found.append({
                "practice_code": code, "current_practice_code": code, "month": month,
                "list_size": rng.choice([None, *[Decimal(rng.randint(900, 9000))] * 9]),
                "carr_hill_weighted_list": rng.choice([None, *[Decimal(rng.randint(90000, 900000)).scaleb(-2)] * 9]),
                "commissioner_code": rng.choice(["99A"] * 9 + ["01X"]),
                "neighbourhood": None, "locality": None, "pcn": rng.choice([None, *"NNNMMM", "Q"]),
            })  # fmt: skip
    return found


def _results(rng: random.Random) -> list[Row]:
    shapes = [("as_at", "practice", True)] * 6 + [("current", "practice", True), ("as_at", "pcn", True),
                                                  ("as_at", "practice", False)]  # fmt: skip
    found: dict[tuple[Any, ...], Row] = {}
    for month in MONTHS:
        for name in ("i", "long", "unpaid"):
            for code in PRACTICES:
                view, kind, headline = rng.choice(shapes)
                state = rng.choice(["ok"] * 6 + ["awaiting", "withheld"])
                found[month, name, code] = {
                    "indicator_id": name, "version": "v", "is_headline": headline, "org_view": view, "org_type": kind,
                    "org_code": code, "period_end": month_end(month), "state": state, "state_reason": None,
                    "band": rng.choice("ABC") if state == "ok" and rng.random() < 0.9 else None,
                }  # fmt: skip
    return list(found.values())


def _network_rates() -> list[Row]:
    """The printed elements of 2019/20, as if they had been paid in 2018/19."""
    with (PROJECT / "seeds" / "pcn_funding_rate.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    dates = {"list_month": date(2018, 4, 1), "network_month": date(2018, 7, 1), "first_month": date(2018, 4, 1)}
    return [
        {"financial_year": "2018/19", "element": row["element"], "paid_to": row["paid_to"], "basis": row["basis"],
         "rate": Decimal(row["rate"]), "list_kind": row["list_kind"] or None, **dates, "months": int(row["months"])}
        for row in rows
    ]  # fmt: skip


def _values(rng: random.Random, practices: list[Row]) -> dict[tuple[str, str, date], Decimal]:
    """Values of nearly every practice and month, and more of a network that nobody lacks."""
    found = {}
    for row in practices:
        for component in DEFINED:
            if row["pcn"] == "Q" and rng.random() < 0.1:
                continue
            whole = rng.randint(95000, 100000) if row["month"] < date(2018, 4, 1) else rng.randint(93000, 98000)
            found[component, row["practice_code"], row["month"]] = Decimal(whole).scaleb(-2)
    return found


def _terms() -> list[Row]:
    return [
        {"term_id": f"{kind}-{code}-{component}-{months}", "federation": "F", "org_type": kind, "org_code": code,
         "component_id": component, "baseline_from": date(2017, 4, 1), "period_from": date(2018, 4, 1),
         "months": months, "gbp_per_step": price}
        for kind, code in (("pcn", "N"), ("pcn", "M"), ("pcn", "Q"), ("commissioner", "99A"))
        for component, months, price in (
            ("rx_actual_cost", 12, Decimal("123.45")), ("sus_emergency_admissions", 5, None),
        )
    ]  # fmt: skip


def _table(connection: duckdb.DuckDBPyConnection, name: str, types: str, rows: list[Row]) -> None:
    columns = [part.split()[0] for part in types.split(", ")]
    connection.execute(f"create table {name} ({types})")
    connection.executemany(
        f"insert into {name} values ({', '.join('?' * len(columns))})",
        [[row.get(one) for one in columns] for row in rows],
    )


class World:
    """Made-up inputs of the payments, and what dbt made of them."""

    def __init__(self, folder: Path) -> None:
        rng = random.Random(20190726)
        self.rates, self.results, self.practices = _rates(), _results(rng), _lists(rng)
        self.network_rates, self.terms = _network_rates(), _terms()
        self.values = _values(rng, self.practices)
        self.file = folder / "warehouse.duckdb"
        Feeds(self.file)
        with duckdb.connect(str(self.file)) as connection:
            self._fill(connection)
        run_dbt(self.file, "run", "--select", *MODELS)

    def _fill(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("create schema definitions; create schema intermediate")
        _table(connection, "definitions.gp_spec_payment_rate", "indicator_id varchar, version varchar, band varchar, "
               "rate_per_weighted_patient decimal(18,4), valid_from date, valid_to date", self.rates)  # fmt: skip
        _table(connection, "indicator_result", "indicator_id varchar, version varchar, is_headline boolean, "
               "org_view varchar, org_type varchar, org_code varchar, period_end date, state varchar, "
               "state_reason varchar, band varchar", self.results)  # fmt: skip
        _table(connection, "practice_month", "practice_code varchar, current_practice_code varchar, month date, "
               "list_size decimal(28,5), carr_hill_weighted_list decimal(28,5), commissioner_code varchar, "
               "neighbourhood varchar, locality varchar, pcn varchar", self.practices)  # fmt: skip
        _table(connection, "definitions.pcn_funding_rate", "financial_year varchar, element varchar, paid_to varchar, "
               "basis varchar, rate decimal(18,4), printed_rate decimal(18,2), list_kind varchar, list_month date, "
               "network_month date, first_month date, months integer, first_payment date",
               self.network_rates)  # fmt: skip
        _table(connection, "definitions.gain_share_term", "term_id varchar, federation varchar, org_type varchar, "
               "org_code varchar, component_id varchar, baseline_from date, period_from date, months integer, "
               "gbp_per_step decimal(18,2)", self.terms)  # fmt: skip
        _table(connection, "definitions.component_definition", "component_id varchar, dataset varchar",
               [{"component_id": name, "dataset": dataset} for name, dataset in DEFINED.items()])  # fmt: skip
        _table(connection, "component_value", "component_id varchar, practice_code varchar, month date, "
               "value decimal(28,5), is_complete boolean",
               [{"component_id": key[0], "practice_code": key[1], "month": key[2], "value": value, "is_complete": True}
                for key, value in self.values.items()])  # fmt: skip
        _table(connection, "intermediate.int_practice__calendar", "month date, month_index integer",
               [{"month": month, "month_index": month.year * 12 + month.month - 1} for month in MONTHS])  # fmt: skip
        # what the indicators know of practices without rows
        gaps = [
            {"org_view": "as_at", "org_type": kind, "org_code": row[column], "dataset": dataset, "cause": "missing",
             "month_index": row["month"].year * 12 + row["month"].month - 1}
            for row in self.practices for component, dataset in DEFINED.items()
            if (component, row["practice_code"], row["month"]) not in self.values
            for kind, column in (("pcn", "pcn"), ("commissioner", "commissioner_code"))
        ]  # fmt: skip
        _table(connection, "intermediate.int_indicators__gap", "org_view varchar, org_type varchar, org_code varchar, "
               "dataset varchar, month_index integer, cause varchar", gaps)  # fmt: skip

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("payments"))


def test_every_payment_of_the_specification_is_that_of_the_plain_reading(world: World) -> None:
    expected = specification(world.rates, world.results, world.practices, "99A")
    found = {
        row[:4]: row[4:]
        for row in world.rows(
            "select practice_code, period_end, indicator_id, version, amount, state from gp_specification_payment"
        )
    }
    assert found == expected
    assert {state for _, state in found.values()} == {
        "computed", "awaiting", "band_not_known", "rate_not_set", "list_not_known",
    }  # fmt: skip


def test_every_network_is_funded_as_by_the_plain_reading(world: World) -> None:
    expected = networks(world.network_rates, world.practices, "99A")
    rows = world.rows("select financial_year, pcn, element, practices, amount, state from pcn_funding")
    assert {row[:3]: row[3:5] for row in rows} == expected
    assert all((state == "awaiting") == (amount is None) for *_, amount, state in rows)
    assert {state for *_, state in rows} == {"computed", "awaiting"}


def test_every_reward_is_that_of_the_plain_reading(world: World) -> None:
    groups: dict[tuple[str, date, str], set[str]] = {}
    for row in world.practices:
        for kind, column in (("pcn", "pcn"), ("commissioner", "commissioner_code")):
            groups.setdefault((kind, row["month"], row[column]), set()).add(row["practice_code"])
    expected = set(rewards(world.terms, groups, world.values, MONTHS[-1]))
    found = world.rows("select term_id, month, baseline, actual, steps, amount, state from federation_gain_share")
    assert {row if row[6] != "awaiting" else (*row[:2], row[6]) for row in found} == {
        row if row[6] != "awaiting" else (*row[:2], row[6]) for row in expected
    }
    assert {row[6] for row in found} == {"computed", "awaiting", "rate_not_set"}
    assert all(row[2:6] == (None,) * 4 for row in found if row[6] == "awaiting")


def test_half_a_penny_is_one() -> None:
    assert pence(Decimal("0.125")) == Decimal("0.13")
    assert pence(Decimal("-0.125")) == Decimal("-0.13")
