"""Versions of ledger files: any order and any split give the same rows; what has no order is refused."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbt_project.feeds import ROOM, Inputs, prepare_feeds
from pcw.home import Home
from sources.contracts import load_contracts
from sources.landing import promote
from sources.ledger import current
from sources.manifests import Submission, read_submissions
from sources.receipts import is_nothing_new, receive
from sources.staging import stage
from sources.versions import newest_rows, newest_versions
from tests.finance_files import BUDGET, BUDGET_HEADER, TITLE, ledger, write_csv
from tests.running import opened

CONTRACTS = load_contracts()
LEDGER = CONTRACTS["ledger"]
START = datetime(2017, 7, 1, 12, tzinfo=UTC)
LINES = [cells[0] for cells in BUDGET[:4]]


def put(home: Home, name: str, rows: Sequence[Sequence[Any]], received: datetime) -> str | None:
    """Land without the gates of rows; the sentence when the file is refused."""
    path = write_csv(home.root / f"{name}.csv", rows)
    staged = stage(home, receive(path, received), CONTRACTS, read_submissions(home.landing), "1GB", commissioner="99A")
    with opened(staged) as connection:
        [(problem,)] = connection.execute(
            "select coalesce(period_problem, header_problem, shape_problem, quarantine_problem) from file_facts"
        ).fetchall()
    staged.close()
    if problem is None:
        promote(home, staged, [], "")
    return problem


@dataclass(frozen=True)
class File:
    """Amounts of some lines of June, under a version, received so many hours after the start."""

    version: int | None
    amounts: tuple[tuple[int, int], ...]
    hour: int
    is_summary: bool = False

    def rows(self) -> Sequence[Sequence[Any]]:
        lines = [(LINES[line], amount, amount, 0, amount, amount, 0) for line, amount in self.amounts]
        if self.is_summary:
            stated = [] if self.version is None else [(f"Version {self.version}",)]
            return [*TITLE[:3], *stated, BUDGET_HEADER, *lines]
        rows = ledger(3, "" if self.version is None else self.version, lines=lines)
        for row, (line, _) in zip(rows[1:], self.amounts, strict=True):
            row[7] = f"94614{line}/52161070/N82001/PRCAHO/000000"
        return rows


def expected(files: Sequence[File]) -> dict[str, int]:
    """The plain rule: the highest version, of each line its newest receipt; without a version the newest file. Where
    an extract came no summary counts.
    """
    files = [file for file in files if not file.is_summary] or files
    ordered = sorted(files, key=lambda file: file.hour)
    stated = [file for file in ordered if file.version is not None]
    if not stated:
        return {LINES[line]: amount for line, amount in ordered[-1].amounts}
    highest = max(file.version for file in stated if file.version is not None)
    return {LINES[line]: amount for file in stated if file.version == highest for line, amount in file.amounts}


def build(home: Home, as_at: datetime | None = None) -> list[Submission]:
    known = [s for s in read_submissions(home.landing) if as_at is None or s.received_at <= as_at]
    inputs = Inputs(home.landing, CONTRACTS, current(known, CONTRACTS), "99A", tuple(known))
    prepare_feeds(home.warehouse, inputs, read_submissions(home.landing), "1GB")
    return known


def macro_sql() -> str:
    """The same rule as the models have it."""
    macros = (ROOM / "macros" / "versions.sql").read_text()
    scope = list(LEDGER.versions.scope) if LEDGER.versions else []
    key = [name for name in LEDGER.key if name not in (*scope, "report_version")]
    select = (
        "select line_description, ytd_actual from ("
        "select *, {{ version_age(scope, 'report_version', summary) }} as version_age, "
        "{{ receipt_age(scope, 'report_version', key) }} as receipt_age from feed.ledger) "
        "where version_age = 1 and receipt_age = 1"
    )
    return jinja2.Template(macros + select).render(
        scope=scope, key=key, summary="coalesce(report_source = 'summary', false)"
    )


def counting(home: Home) -> dict[str, int]:
    """The rows that count by the models' rule; landing's own rule must say the same."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        by_models = dict(connection.execute(macro_sql()).fetchall())
        ours = newest_rows(LEDGER, "feed.ledger")
        by_landing = dict(connection.execute(f"select line_description, ytd_actual from ({ours})").fetchall())
    assert by_models == by_landing
    return {line: int(amount) for line, amount in by_models.items()}


def amounts(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    lines = draw(st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True))
    return tuple((line, draw(st.integers(1, 10**6))) for line in lines)


@st.composite
def received_files(draw: st.DrawFn) -> list[list[File]]:
    """Files of several versions, each in parts that do not overlap and came at one moment, in the order of landing."""
    count = draw(st.integers(1, 4))
    hours = draw(st.permutations(range(count)))
    whole = [File(draw(st.sampled_from([None, 1, 2])), amounts(draw), hour, draw(st.booleans())) for hour in hours]
    parts = []
    for file in whole:
        cut = draw(st.integers(0, len(file.amounts))) if file.version is not None else 0
        halves = [file.amounts[:cut], file.amounts[cut:]]
        parts.append([replace(file, amounts=half) for half in halves if half])
    return parts


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(received_files(), st.randoms())
def test_any_order_of_versions_and_any_split_give_the_same_rows(files: list[list[File]], random: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        parts = [part for file in files for part in file]
        random.shuffle(parts)
        for place, part in enumerate(parts):
            assert put(home, f"ledger_{place}", part.rows(), START + timedelta(hours=part.hour)) is None
        known = build(home)
        assert counting(home) == expected(parts)
        newest = {facts.version for _, facts in newest_versions(known, LEDGER)}
        assert len(newest) == 1
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            found = connection.execute("select count(*), count(*) filter (is_current) from feed.submission").fetchall()
            rows = connection.execute(
                "select count(*), (select sum(rows) from feed.version) from feed.ledger"
            ).fetchall()
        assert found[0][0] == len(parts) and 1 <= found[0][1] <= len(parts)
        assert rows[0][0] == rows[0][1] == sum(len(part.amounts) for part in parts)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def test_a_manifest_remembers_versions_and_an_older_one_has_none(home: Home) -> None:
    put(home, "ledger", [*ledger(2, 1), *ledger(3, 2)[1:]], START)
    [written] = read_submissions(home.landing)
    assert [(facts.scope, facts.version, facts.rows) for facts in written.versions] == [
        (("99A", "2017/18", "2"), 1, 9),
        (("99A", "2017/18", "3"), 2, 9),
    ]
    assert Submission.from_json(written.to_json()) == written
    older = {name: value for name, value in written.to_json().items() if name != "versions"}
    assert Submission.from_json(older).versions == ()


def test_two_files_that_disagree_at_one_moment_are_refused_and_parts_land(home: Home) -> None:
    rows = ledger(3, 1)
    assert put(home, "ledger_a", rows[:5], START) is None
    assert put(home, "ledger_b", [rows[0], *rows[5:]], START) is None
    assert put(home, "ledger_same", rows[:3], START) is None
    other = [rows[0], [*rows[1][:10], 1, *rows[1][11:]]]
    problem = put(home, "ledger_other", other, START)
    assert problem is not None and problem.startswith("File ledger_other.csv, row 2: entity_code 99A, ")
    assert ".csv too, with other values, in the same version" in problem
    assert put(home, "ledger_other", other, START + timedelta(hours=1)) is None


def test_two_files_without_a_version_at_one_moment_are_refused(home: Home) -> None:
    rows = ledger(3)
    assert put(home, "ledger_a", rows[:5], START) is None
    problem = put(home, "ledger_b", [rows[0], *rows[5:]], START)
    assert problem is not None and "neither states report_version" in problem and "ledger_a.csv" in problem
    assert put(home, "ledger_c", ledger(2), START) is None


def test_a_version_in_some_rows_only_is_refused(home: Home) -> None:
    rows = ledger(3, 1)
    rows[4][3] = ""
    assert "1 row(s) state no report_version and the others do" in str(put(home, "ledger", rows, START))


def test_what_was_the_forecast_is_still_known(home: Home) -> None:
    put(home, "ledger_a", File(None, ((0, 100),), 0).rows(), START)
    put(home, "ledger_b", File(None, ((0, 200),), 1).rows(), START + timedelta(hours=1))
    build(home)
    assert counting(home) == {LINES[0]: 200}
    build(home, as_at=START)
    assert counting(home) == {LINES[0]: 100}


def test_the_same_bytes_are_new_where_something_came_since(home: Home, tmp_path: Path) -> None:
    first, second = File(None, ((0, 100),), 0).rows(), File(None, ((0, 200),), 1).rows()
    put(home, "ledger_a", first, START)
    path = write_csv(tmp_path / "again.csv", first)

    def is_known() -> bool:
        again = receive(path, START + timedelta(hours=5))
        return is_nothing_new(home, again, read_submissions(home.landing), CONTRACTS, left_in_place=False)

    assert is_known()
    put(home, "ledger_b", second, START + timedelta(hours=1))
    assert not is_known()
    assert put(home, "ledger_again", first, START + timedelta(hours=5)) is None
    build(home)
    assert counting(home) == {LINES[0]: 100}
    assert is_known()


def test_adjustments_are_a_scope_beside_march(home: Home) -> None:
    put(home, "march", ledger(12), datetime(2018, 4, 20, tzinfo=UTC))
    put(home, "adjusted", ledger(13), datetime(2018, 5, 20, tzinfo=UTC))
    known = build(home)
    assert {facts.scope[2] for _, facts in newest_versions(known, LEDGER)} == {"12", "13"}
    [period] = current(known, CONTRACTS)["ledger"]
    assert period == date(2018, 3, 1)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        found = connection.execute(
            "select ledger_period, sum(ytd_actual) from feed.ledger group by 1 order by 1"
        ).fetchall()
    assert found == [(12, Decimal("18173848.00")), (13, Decimal("18173848.00"))]
