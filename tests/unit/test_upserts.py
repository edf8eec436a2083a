"""Searches that are run again: any order of landing counts the same rows; what has no order is refused."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dbt_project.feeds import ROOM, Inputs, prepare_feeds
from pcw.home import Home
from sources.calendar import overdue
from sources.contracts import ROOM as SOURCES
from sources.contracts import Contract, load_contracts
from sources.landing import promote
from sources.ledger import current, standing
from sources.manifests import read_submissions
from sources.receipts import is_nothing_new, receive
from sources.retention import plan, purge
from sources.staging import stage
from sources.upserts import newest_of_key
from sources.withdrawals import reinstate, withdraw
from tests.running import opened

CONTRACTS = load_contracts()
SEARCH = CONTRACTS["gp_search"]
START = datetime(2017, 7, 20, 12, tzinfo=UTC)
HEADER = [
    *("practice_code", "search_id", "search_version", "as_at", "run_at", "population", "numerator", "denominator"),
]
Counts = dict[str, tuple[int, int]]


def row(practice: str, run: str, denominator: int, numerator: int, version: str = "2.0") -> list[Any]:
    return [f"A8100{practice}", "INR4M", version, "2017-06-30", f"{run} 08:00", 5000, numerator, denominator]


def write(folder: Path, name: str, rows: Sequence[Sequence[Any]]) -> Path:
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([HEADER, *rows])
    return path


def put(home: Home, name: str, rows: Sequence[Sequence[Any]], received: datetime) -> str | None:
    """Land without the gates of rows; the sentence when the file is refused."""
    path = write(home.root, f"gp_search_{name}", rows)
    staged = stage(home, receive(path, received), CONTRACTS, read_submissions(home.landing), "1GB")
    with opened(staged) as connection:
        [(problem,)] = connection.execute(
            "select coalesce(period_problem, header_problem, shape_problem, quarantine_problem) from file_facts"
        ).fetchall()
    staged.close()
    if problem is None:
        promote(home, staged, [], "")
    return problem


def build(home: Home, as_at: datetime | None = None) -> Inputs:
    known = standing(read_submissions(home.landing), as_at)
    inputs = Inputs(home.landing, CONTRACTS, current(known, CONTRACTS, as_at), "99A", tuple(known))
    prepare_feeds(home.warehouse, inputs, read_submissions(home.landing), "1GB")
    return inputs


def counting(home: Home, as_at: datetime | None = None) -> Counts:
    """Numerator and denominator that count, by the models' rule; landing's own rule must say the same."""
    build(home, as_at)
    assert SEARCH.upsert is not None
    macro = (ROOM / "macros" / "upsert.sql").read_text()
    age = jinja2.Template(macro + "{{ upsert_age(key, order) }}").render(
        key=SEARCH.upsert.key, order=SEARCH.upsert.order
    )
    shown = "select practice_code[6:], numerator, denominator from"
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        models = connection.execute(f"{shown} (select *, {age} as age from feed.gp_search) where age = 1").fetchall()
        landing = connection.execute(f"{shown} ({newest_of_key(SEARCH, 'feed.gp_search')})").fetchall()
    assert sorted(models) == sorted(landing)
    return {practice: (numerator, denominator) for practice, numerator, denominator in models}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


# -- the rule ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    """Runs of practices on a day of July, received so many hours after the start."""

    runs: tuple[tuple[str, int, int], ...]
    hour: int

    def rows(self) -> list[list[Any]]:
        return [row(practice, f"2017-07-{day:02}", 100, found) for practice, day, found in self.runs]


def expected(files: Sequence[File]) -> Counts:
    """The plain rule: of each practice the latest run, of one run the newest receipt."""
    found: dict[str, tuple[int, int, int]] = {}
    for file in files:
        for practice, day, numerator in file.runs:
            found[practice] = max(found.get(practice, (0, -1, 0)), (day, file.hour, numerator))
    return {practice: (numerator, 100) for practice, (_, _, numerator) in found.items()}


@st.composite
def received_files(draw: st.DrawFn) -> list[File]:
    files = []
    for hour in draw(st.permutations(range(draw(st.integers(1, 4))))):
        keys = draw(
            st.lists(st.tuples(st.sampled_from("1234"), st.integers(1, 4)), min_size=1, max_size=5, unique=True)
        )
        files.append(File(tuple((practice, day, draw(st.integers(0, 100))) for practice, day in keys), hour))
    return files


@pytest.mark.slow  # fifteen histories, each landed
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(received_files(), st.randoms())
def test_any_order_of_landing_counts_the_same_rows(files: list[File], random: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        random.shuffle(files)
        for place, file in enumerate(files):
            assert put(home, str(place), file.rows(), START + timedelta(hours=file.hour)) is None
        assert counting(home) == expected(files)
        for hour in range(len(files)):
            known_then = [file for file in files if file.hour <= hour]
            assert counting(home, START + timedelta(hours=hour)) == expected(known_then)
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            ledger = connection.execute(
                "select count(*), count(*) filter (is_current), sum(rows_accepted) from feed.submission"
            ).fetchall()
            assert connection.execute("from feed.upsert_dataset").fetchall() == [("gp_search",)]
        rows = sum(len(file.runs) for file in files)
        assert ledger == [(len(files), len(files), rows)]


def test_both_orders_of_two_files_are_one_input(tmp_path: Path) -> None:
    first, second = File((("1", 1, 90), ("2", 1, 80)), 0), File((("1", 3, 95),), 1)
    found = []
    for name, order in (("a", (first, second)), ("b", (second, first))):
        (tmp_path / name).mkdir()
        home = Home(tmp_path / name).create()
        for file in order:
            assert put(home, f"{file.hour}", file.rows(), START + timedelta(hours=file.hour)) is None
        found.append((counting(home), build(home).fingerprint()))
    assert found[0] == found[1]
    assert found[0][0] == {"1": (95, 100), "2": (80, 100)}


def test_the_paper_example_of_a_rerun(home: Home) -> None:
    """G5: A ran again on 5 July; B has nobody on warfarin; E sent nothing and is nowhere."""
    rows = [
        row("1", "2017-06-30", 100, 96), row("2", "2017-06-30", 0, 0), row("3", "2017-06-30", 50, 40),
        row("4", "2017-06-30", 200, 190),
    ]  # fmt: skip
    assert put(home, "2017-06", rows, START) is None
    assert put(home, "2017-06_rerun", [row("1", "2017-07-05", 102, 97)], START + timedelta(days=1)) is None
    found = counting(home)
    assert found == {"1": (97, 102), "2": (0, 0), "3": (40, 50), "4": (190, 200)}
    numerator, denominator = (sum(pair[place] for pair in found.values()) for place in (0, 1))
    assert (numerator, denominator, round(100 * numerator / denominator, 2)) == (327, 352, 92.9)
    achieving = {practice for practice, (found_of, of) in found.items() if of and found_of >= 0.9 * of}
    assert achieving == {"1", "4"}


def test_a_rerun_in_an_older_version_counts_by_its_time(home: Home) -> None:
    assert put(home, "a", [row("1", "2017-07-01", 100, 90, "2.0")], START) is None
    assert put(home, "b", [row("1", "2017-07-02", 100, 70, "1.0")], START + timedelta(hours=1)) is None
    assert counting(home) == {"1": (70, 100)}


# -- what has no order -------------------------------------------------------------------------------------------------


def test_one_run_with_other_counts_at_one_moment_is_refused(home: Home) -> None:
    assert put(home, "a", [row("1", "2017-07-01", 100, 90), row("2", "2017-07-01", 100, 90)], START) is None
    assert put(home, "same", [row("1", "2017-07-01", 100, 90)], START) is None
    assert put(home, "later_run", [row("1", "2017-07-02", 100, 95)], START) is None
    problem = put(home, "b", [row("3", "2017-07-01", 100, 50), row("2", "2017-07-01", 100, 91)], START)
    assert problem is not None
    assert problem.startswith("File gp_search_b.csv, row 3: practice_code A81002, search_id INR4M, as_at 2017-06-30, ")
    assert "is in gp_search_a.csv too, with other values and with the same moment of receipt" in problem
    assert put(home, "b", [row("2", "2017-07-01", 100, 91)], START + timedelta(hours=1)) is None
    assert counting(home)["2"] == (91, 100)


def test_a_run_that_is_yet_to_come_is_refused(home: Home) -> None:
    """It would be the newest for ever."""
    problem = put(home, "a", [row("1", "2017-07-01", 100, 90), row("2", "2071-07-01", 100, 90)], START)
    assert problem is not None and "row 3: run_at is 2071-07-01 08:00, after the receipt of the file" in problem


def test_a_file_is_of_one_month(home: Home) -> None:
    other = row("1", "2017-07-01", 100, 90)
    other[3] = "2017-05-31"
    problem = put(home, "a", [row("1", "2017-07-01", 100, 90), other], START)
    assert problem is not None and "column as_at: one month expected" in problem


# -- receipts, withdrawals, retention ----------------------------------------------------------------------------------


def test_the_same_bytes_are_new_where_the_same_keys_came_since(home: Home, tmp_path: Path) -> None:
    first = [row("1", "2017-07-01", 100, 90)]
    assert put(home, "a", first, START) is None
    path = write(tmp_path, "again", first)

    def is_known() -> bool:
        again = receive(path, START + timedelta(hours=9))
        return is_nothing_new(home, again, read_submissions(home.landing), CONTRACTS, left_in_place=False)

    assert is_known()
    put(home, "of_another", [row("2", "2017-07-01", 100, 50)], START + timedelta(hours=1))
    assert is_known()
    put(home, "same_run", [row("1", "2017-07-01", 100, 60)], START + timedelta(hours=2))
    assert not is_known()
    assert put(home, "a_again", first, START + timedelta(hours=9)) is None
    assert counting(home) == {"1": (90, 100), "2": (50, 100)}
    assert is_known()


def test_what_is_withdrawn_gives_way_to_the_run_before(home: Home) -> None:
    put(home, "a", [row("1", "2017-07-01", 100, 90)], START)
    put(home, "b", [row("1", "2017-07-03", 100, 20)], START + timedelta(hours=1))
    [wrong] = [s for s in read_submissions(home.landing) if s.file_name == "gp_search_b.csv"]
    withdraw(home, wrong, by="A Person", reason="test searches", at=START + timedelta(hours=2))
    assert counting(home) == {"1": (90, 100)}
    assert counting(home, START + timedelta(hours=1)) == {"1": (20, 100)}
    [wrong] = [s for s in read_submissions(home.landing) if s.file_name == "gp_search_b.csv"]
    reinstate(home, wrong, at=START + timedelta(hours=3))
    assert counting(home) == {"1": (20, 100)}


def test_no_file_of_a_month_is_purged_unasked(home: Home) -> None:
    """All are in force together, also one of which every row was run again."""
    put(home, "a", [row("1", "2017-07-01", 100, 90)], START)
    put(home, "b", [row("1", "2017-07-03", 100, 95)], START + timedelta(hours=1))
    known, until = read_submissions(home.landing), START + timedelta(days=1)
    assert plan(known, CONTRACTS, "gp_search", until, with_current=False).purge == ()
    newest = max(known, key=lambda one: one.received_at)
    planned = plan([newest], CONTRACTS, "gp_search", until, with_current=True)
    purge(home, planned, reason="end of the agreement", at=until)
    assert counting(home) == {"1": (90, 100)}


def test_the_month_before_is_there_to_compare_with(home: Home) -> None:
    old, again = row("1", "2017-04-02", 100, 33), row("1", "2017-04-09", 100, 39)
    for one in (old, again):
        one[3] = "2017-03-31"
    put(home, "2017-03", [old], START)
    put(home, "2017-03_rerun", [again], START + timedelta(hours=1))
    path = write(home.root, "gp_search_2017-06", [row("1", "2017-07-01", 100, 40)])
    staged = stage(home, receive(path, START), CONTRACTS, read_submissions(home.landing), "1GB")
    with opened(staged) as connection:
        assert connection.execute("select as_at, numerator from previous").fetchall() == [(date(2017, 3, 31), 39)]
    staged.close()


def test_a_month_between_two_quarter_ends_is_not_missing(home: Home) -> None:
    """A monthly run is welcome, and moves no quarter end."""
    for month, end in (("2017-02", "2017-02-28"), ("2017-03", "2017-03-31"), ("2017-09", "2017-09-30")):
        one = row("1", "2017-10-02", 100, 33)
        one[3] = end
        assert put(home, month, [one], START + timedelta(days=90)) is None
    inputs = build(home)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        months = connection.execute(
            "select strftime(month, '%Y-%m'), is_loaded from feed.data_month where dataset = 'gp_search' order by month"
        ).fetchall()
    assert months == [("2017-02", True), ("2017-03", True), ("2017-06", False), ("2017-09", True)]
    late = overdue(CONTRACTS, inputs.in_force, date(2018, 3, 1))
    assert [(item.dataset, item.month, item.due) for item in late] == [
        ("gp_search", date(2017, 6, 1), date(2017, 8, 9)),
        ("gp_search", date(2017, 12, 1), date(2018, 2, 9)),
    ]


# -- the contract ------------------------------------------------------------------------------------------------------

_GOOD = {"kind": "upsert", "key": ["practice_code", "search_id", "as_at"], "order": "run_at"}
_REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "order of no column": ({"supersession": {**_GOOD, "order": "ran"}}, "unknown columns ran"),
    "key that does not tell": ({"supersession": {**_GOOD, "key": ["practice_code", "as_at"]}}, "are the key of the"),
    "order in the key": ({"supersession": {**_GOOD, "key": [*_GOOD["key"], "run_at"]}}, "are the key of the contract"),
    "month beside the key": ({"period": {"rule": "single", "columns": ["run_at"]}}, "a column of its key says which"),
    "several months": ({"period": {"rule": "months", "columns": ["as_at"]}}, "of one month"),
    "another order": ({"version_order": ["run_at"]}, "said by `order` of the supersession alone"),
}


@pytest.mark.parametrize("change", _REFUSED)
def test_a_contract_that_cannot_order_rows_is_refused(change: str) -> None:
    written = yaml.safe_load((SOURCES / "quality" / "gp_search.yaml").read_text(encoding="utf-8"))
    assert Contract.model_validate(written) == SEARCH.model_copy(update={"content_hash": ""})
    changed, words = _REFUSED[change]
    with pytest.raises(ValidationError, match=words):
        Contract.model_validate(written | changed)


@pytest.mark.parametrize(
    ("column", "changed", "words"),
    [
        ("run_at", {"nullable": True}, "columns run_at say which row counts"),
        ("search_id", {"nullable": True}, "columns search_id say which row counts"),
        ("run_at", {"type": "date"}, "column run_at is not a timestamp"),
    ],
)
def test_the_order_is_a_time_that_every_row_has(column: str, changed: dict[str, Any], words: str) -> None:
    written = yaml.safe_load((SOURCES / "quality" / "gp_search.yaml").read_text(encoding="utf-8"))
    written["columns"] = [one | changed if one["name"] == column else one for one in written["columns"]]
    with pytest.raises(ValidationError, match=words):
        Contract.model_validate(written)
