"""Milestones and benefits of the plan's projects against `projects_plain`: many made-up reports and admissions.

Belongs here: the comparison over everything at once, and what a report or a hospital may do wrong. Does not belong
here: single cases, which are dbt unit tests beside their models, and how truth is worked out (`projects_plain`).
"""

from __future__ import annotations

import csv
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.pipeline.dbt_support import PROJECT, Feeds, build_models, failed_checks
from tests.pipeline.projects_plain import add_months, benefits, due_day, milestone_states, month_end

Row = dict[str, Any]
VISIBLE = ("COPD", "asthma", "cellulitis", "chest pain")
LAST = date(2021, 3, 1)
REPORTED = [date(2019, 4, 1), date(2019, 9, 1), date(2020, 2, 1), date(2020, 4, 1)]  # February of a leap year
MODELS = ("stg_finance__programme_milestone", "int_project__report", "int_project__benefit", "project_benefit",
          "project_milestone_status")  # fmt: skip


def seed(name: str) -> list[Row]:
    """Rows of a seed as the plain reading wants them."""
    kinds = {"due_date": date.fromisoformat, "first_full_month": date.fromisoformat, "milestone_order": int,
             "admissions_avoided": int, "tariff_gbp": Decimal, "ae_gbp": Decimal}  # fmt: skip
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            {key: (kinds.get(key, str)(text) if text else None) for key, text in row.items()}
            for row in csv.DictReader(file)
        ]


def made_reports(rng: random.Random) -> list[Row]:
    """Reports in two versions: some milestones, in any case, done on days around those that matter."""
    found = []
    for month in REPORTED:
        year = month.year - (month.month < 4)
        for version in (1, 2):
            for number, one in enumerate(rng.sample(seed("project_milestone"), 150)):
                around = rng.choice([one["due_date"] or month, month_end(month)])
                done = rng.choice([None, around + timedelta(days=rng.choice([-30, -1, 0, 1, 40]))])
                found.append({
                    "financial_year": f"{year}/{(year + 1) % 100}", "ledger_period": (month.month - 4) % 12 + 1,
                    "entity_code": "99A", "report_version": version, "belongs_to": "project",
                    "reference": one["project_id"], "milestone_number": number,
                    "label": rng.choice([one["label"], one["label"].upper(), f" {one['label']} "]),
                    "due_date": rng.choice([None, month_end(month), month_end(month) + timedelta(days=1)]),
                    "completed_on": done, "received_at": datetime(2020, 6, 1, 9),
                })  # fmt: skip
            # the office writes a project in two ways within one report: its last row counts
            found += [{**row, "reference": row["reference"].upper(), "completed_on": None} for row in found[-3:]]
            found.append({**found[-1], "label": f"Unknown {version}"})
            found.append({**found[-1], "belongs_to": "scheme", "label": found[0]["label"]})
    return found


def made_admissions(rng: random.Random) -> dict[tuple[str, date], int]:
    """Few admissions or many, none at all, and some months that were not received."""
    months = [add_months(date(2018, 4, 1), number) for number in range(37)]
    counts = {(name, month): rng.choice([0, 3, 60, 90]) for name in VISIBLE for month in months}
    for gap in rng.sample(sorted(counts), 3):
        del counts[gap]
    return counts


def make(folder: Path, reports: list[Row], admissions: dict[tuple[str, date], int]) -> Path:
    """Build the project marts on reports and counts."""
    warehouse = folder / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    feeds.add("programme_milestone", date(2019, 4, 1), reports)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(f"create table intermediate.int_practice__calendar as select date '{LAST}' as month")
        connection.execute(
            "create table intermediate.int_project__condition_month"
            " (commissioner_code varchar default '99A', condition varchar, month date, admissions integer)"
        )
        connection.executemany(
            "insert into intermediate.int_project__condition_month (condition, month, admissions) values (?, ?, ?)",
            [(*key, value) for key, value in admissions.items()],
        )
    build_models(warehouse, "project", "project_milestone", "project_condition", "project_config", *MODELS)
    return warehouse


def rows(warehouse: Path, sql: str) -> list[Row]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


@pytest.fixture(scope="module")
def made() -> tuple[list[Row], dict[tuple[str, date], int]]:
    rng = random.Random(20190401)
    admissions = made_admissions(rng)
    # everything of COPD and asthma is known
    admissions |= {(name, add_months(date(2018, 4, 1), n)): 60 + n for name in VISIBLE[:2] for n in range(37)}
    return made_reports(rng), admissions


@pytest.fixture(scope="module")
def warehouse(made: tuple[list[Row], dict[tuple[str, date], int]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("projects"), *made)


def test_every_milestone_has_the_state_of_the_plain_reading(
    warehouse: Path, made: tuple[list[Row], dict[tuple[str, date], int]]
) -> None:
    newest = [
        {**row, "reported_month": month, "project_id": row["reference"].lower(), "reported_due_date": row["due_date"]}
        for row in made[0]
        for month in REPORTED
        if row["report_version"] == 2
        and row["belongs_to"] == "project"
        and month.month == (row["ledger_period"] + 2) % 12 + 1
        and f"{month.year - (month.month < 4)}" == row["financial_year"][:4]
    ]
    expected = milestone_states(seed("project_milestone"), newest)
    found = {
        (row["project_id"], row["milestone_order"], row["reported_month"]): row["state"]
        for row in rows(warehouse, "select * from project_milestone_status")
    }
    assert found == expected
    assert set(found.values()) == {"done", "done_late", "due", "late", "undated", "not_reported"}


def test_every_due_day_of_the_plan_is_read_as_printed() -> None:
    read = {(row["due_text"], row["due_date"]) for row in seed("project_milestone") if row["due_text"]}
    assert len(read) > 60
    assert {(text, due_day(text)) for text, _ in read} == read


def test_every_benefit_is_that_of_the_plain_reading(
    warehouse: Path, made: tuple[list[Row], dict[tuple[str, date], int]]
) -> None:
    expected = {(row["project_id"], row["month"]): row for row in benefits(seed("project"), VISIBLE, made[1], LAST)}
    found = {(row["project_id"], row["month"]): row for row in rows(warehouse, "select * from project_benefit")}
    assert set(found) == set(expected)
    wrong = [
        (key, name, value, found[key][name])
        for key, row in expected.items()
        for name, value in row.items()
        if found[key][name] != value
    ]
    assert wrong == []
    assert {row["state"] for row in found.values()} >= {"in_year", "awaiting", "not_visible", "not_delivered"}


@pytest.mark.slow
def test_a_milestone_of_no_project_of_the_plan_is_seen(tmp_path: Path) -> None:
    """A commissioner without a plan (01J) has the projects that its reports name; one with a plan has those of it."""
    check = "assert_milestones_of_a_plan_are_of_its_projects"
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("""
            create schema definitions;
            create table definitions.project as select '99A' as commissioner_code, 'cure' as project_id;
            create table project_milestone_status as
                select * from (values ('99A', 'cure', 'Staff in post'), ('01J', 'Wound care', 'Contract signed'))
                    as rows (commissioner_code, project_id, label);
        """)
    assert failed_checks(warehouse, "test", "--select", check) == set()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into project_milestone_status values ('99A', 'Wound care', 'Contract signed')")
    assert failed_checks(warehouse, "test", "--select", check) == {check}
