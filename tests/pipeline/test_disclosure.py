"""The intruder with the released small sample: of no hidden count are fewer than three values left."""

from pathlib import Path
from typing import Any

import pytest

from tests.intruder import ACTIVITY, SPECIALTIES, TO_DATE, Intruder, read
from tests.running import Deployed, query

AUDIENCES = ("current", "practice", "public")
LEFT = 3
#: What of each file the sample hides: figures, components of a month, and rows of providers and specialties.
KINDS = {"current": {"result", "month", "row"}, "practice": {"result", "month"}, "public": {"result"}}


def small(exact: Path) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    """Which nulls of the tables without reasons are 1 to 7 patients: told to the intruder.

    But not of a whole of six specialties or more: each of them would be 1 or 2. Hiding more does not help there, only
    that nobody says so of their total, or of what that is part of.
    """
    condition = f"where {ACTIVITY} and value between 1 and 7"
    months = query(
        exact,
        f"""
        with many as (
            select practice_code, month from component_value
            where starts_with(component_id, '{SPECIALTIES}_') and value > 0
                and not component_id in ('{SPECIALTIES}_with_dental', '{SPECIALTIES}_all_specialties')
            group by all having count(*) >= 6
        )
        select component_id, practice_code, month from component_value {condition}
            and not (
                component_id in (
                    '{SPECIALTIES}', '{SPECIALTIES}_with_dental', '{SPECIALTIES}_all_specialties', 'sus_op_firsts'
                ) and (practice_code, month) in (select (practice_code, month) from many)
            )
        """,
    )
    rows = query(
        exact,
        "select component_id, practice_code, provider_code, treatment_function_code, month "
        f"from component_provider_value {condition}",
    )
    to_date = {
        (table, column, *row)
        for table, pairs in TO_DATE.items()
        for column in (name for pair in pairs for name in pair)
        for row in query(
            exact,
            f"select {'plan_id' if table == 'activity_position' else 'project_id'}, month from {table} "
            f"where {column} between 1 and 7",
        )
    }
    return set(months), set(rows), to_date


def intruder_with(deployed: Deployed, audience: str) -> Intruder:
    exact = (deployed.home.private / "current.duckdb").resolve()
    return read(deployed.home.published / f"{audience}.duckdb", *small(exact))


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_hidden_count_can_be_worked_out(released: Deployed, audience: str) -> None:
    intruder = intruder_with(released, audience)
    left = intruder.narrow()
    assert len(left) > 40, "the sample hides something"
    assert {cell[0] for cell in left} == KINDS[audience]
    assert {cell[3:5] for cell in left if cell[0] == "result"} == {
        (org_view, org_type) for org_view in ("as_at", "current") for org_type in ("practice", "neighbourhood")
    }
    assert {cell: ends for cell, ends in left.items() if ends[1] - ends[0] + 1 < LEFT} == {}


@pytest.mark.slow
def test_nor_by_linear_programming(released: Deployed) -> None:
    intruder = intruder_with(released, "current")
    left = intruder.narrow()
    tightest = sorted(left, key=lambda cell: (left[cell][1] - left[cell][0], cell[:2], str(cell)))[:60]
    solved = intruder.narrowest(tightest)
    assert {cell: ends for cell, ends in solved.items() if ends[1] - ends[0] + 1 < LEFT} == {}


def test_what_protects_says_so_and_is_counted(released: Deployed) -> None:
    [(told, of_small)] = released.query(
        "select count(*) filter (contains(state_reason, 'can not be worked out')), "
        "count(*) filter (contains(state_reason, '1 to 7 patients: not shown')) from indicator_result"
    )
    assert 0 < told < of_small
