"""What is current of hospital files: months, year-to-date files, flex, freeze, deletions and moves, in any order."""

import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from dbt_project.feeds import prepare_feeds, remember_build
from expectations.runner import run_suite
from expectations.suites import Check, load_suite
from orchestration import landing, regating
from orchestration.inputs import inputs_of
from orchestration.pipeline import land_files
from orchestration.submissions import read_timetable
from pcw.home import Home
from pcw.settings import Settings
from sources.contracts import load_contracts
from sources.landing import promote
from sources.manifests import read_submissions
from sources.receipts import receive
from sources.staging import stage
from sources.synthetic.sample import write_sample
from tests.pipeline.sus_files import SHAPES, File, Row, current_rows, write
from tests.running import Deployed, opened, run_pipeline

APRIL, MAY, JUNE = date(2017, 4, 1), date(2017, 5, 1), date(2017, 6, 1)
DATASETS = tuple(SHAPES)
TIMETABLE = read_timetable()
PROVIDERS = st.sampled_from(["RQ6", "REM"])
Rows = set[tuple[Any, ...]]


class Warehouse:
    """Landing and the schema `feed` of one deployment, without gates, dbt or a release."""

    def __init__(self, root: Path) -> None:
        self.home, self.received = Home(root / "home").create(), root / "received"
        self.count = 0

    def land(self, dataset: str, file: File, name: str = "") -> str:
        """Land one file; returns its submission id."""
        self.count += 1
        path = write(self.received, dataset, name or f"file_{self.count}.csv", file)
        known = read_submissions(self.home.landing)
        staged = stage(self.home, receive(path, None), load_contracts(), known, "1GB", None, TIMETABLE)
        with opened(staged) as connection:
            problems = connection.execute("select header_problem, shape_problem, period_problem from file_facts")
            assert problems.fetchall() == [(None, None, None)]
        return promote(self.home, staged, (), "of no gates").submission_id

    def prepare(self, as_at: datetime | None = None) -> list[date]:
        """Prepare the feeds as a build does; returns the months to rebuild."""
        inputs = inputs_of(self.home, Settings(home=self.home.root), as_at)
        months = prepare_feeds(self.home.warehouse, inputs, read_submissions(self.home.landing), "1GB")
        remember_build(self.home.warehouse, inputs)
        return months

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def current(self, dataset: str) -> Rows:
        """Record, provider, day, practice, status and month of the current rows, each of them once."""
        record, _, day, _ = SHAPES[dataset]
        columns = f"{record}, der_provider_code, {day}, gp_practice_code, activity_status, period"
        rows = self.query(f"select {columns} from feed.{dataset}")
        assert len(rows) == len(set(rows))
        return set(rows)

    def drift(self) -> list[tuple[Any, ...]]:
        """Month and records added, removed and changed."""
        return self.query(
            "select month, records_added, records_removed, records_changed from feed.sus_drift order by all"
        )


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


def a_row(dataset: str) -> st.SearchStrategy[Row]:
    """Few records, providers and months, so that they meet."""
    days = st.dates(APRIL, date(2017, 6, 30))
    return st.builds(
        Row,
        st.sampled_from(["R1", "R2", "R3"]),
        PROVIDERS,
        st.none() | days | days if dataset in ("sus_apcs", "sus_apce") else days,
        st.just(False) if dataset == "sus_apcs" else st.sampled_from([False, False, False, True]),
        st.sampled_from(["N82001", "N82002"]),
        st.integers(0, 3),
    )


@st.composite
def some_files(draw: st.DrawFn) -> tuple[str, list[File]]:
    """A dataset and its files, in the order in which they are landed."""
    dataset = draw(st.sampled_from(DATASETS))
    files = []
    for number in range(draw(st.integers(2, 4))):
        protocol = draw(st.sampled_from(["bulk", "bulk", "bulk", "net"]))
        rows = draw(st.lists(a_row(dataset), min_size=protocol == "net", max_size=4))
        covers = draw(
            st.sets(st.tuples(st.sampled_from(["RQ6", "REM"]), st.just(APRIL)), min_size=not rows, max_size=2)
        )
        extract = draw(st.datetimes(datetime(2017, 5, 2), datetime(2017, 8, 30))).replace(second=number, microsecond=0)
        status = draw(st.sampled_from([None, None, None, "flex", "freeze", "final"]))
        is_bulk = protocol == "bulk"
        files.append(File(extract, tuple(rows), protocol, status, tuple(sorted(covers)) if is_bulk else ()))
    return dataset, files


@pytest.mark.slow  # fifteen histories of submissions, each landed
@examples(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(some_files())
def test_rows_that_count_are_those_of_the_rules_and_only_their_months_are_rebuilt(
    given_files: tuple[str, list[File]],
) -> None:
    dataset, files = given_files
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder))
        before: Rows = set()
        for place, file in enumerate(files, start=1):
            warehouse.land(dataset, file)
            rebuilt = warehouse.prepare()
            current = warehouse.current(dataset)
            assert current == current_rows(files[:place], TIMETABLE)
            assert {row[-1] for row in current ^ before} <= set(rebuilt)
            before = current
        assert warehouse.prepare() == []
        in_force = warehouse.query("select coalesce(sum(rows), 0) from feed.sus_scope where is_in_force")[0][0]
        assert in_force == len(before) + warehouse.query("select count(*) from feed.sus_displaced")[0][0]


FLEX = File(datetime(2017, 5, 16, 9), (Row("A", "RQ6", date(2017, 4, 3)), Row("B", "RQ6", date(2017, 4, 30))))
FREEZE = File(
    datetime(2017, 6, 20, 9),
    (Row("A", "RQ6", date(2017, 4, 3)), Row("C", "RQ6", date(2017, 4, 9)), Row("D", "RQ6", date(2017, 5, 2))),
)
YEAR_TO_DATE = File(
    datetime(2017, 7, 21, 9),
    (
        Row("A", "RQ6", date(2017, 4, 3), practice="N82002"),
        Row("E", "RQ6", date(2017, 4, 20)),
        Row("D", "RQ6", date(2017, 5, 2)),
        Row("F", "RQ6", date(2017, 5, 31)),
        Row("G", "REM", date(2017, 5, 4)),
        Row("H", "RQ6", date(2017, 6, 1)),
    ),
)


@pytest.mark.parametrize(
    "dataset", [DATASETS[0], *(pytest.param(name, marks=pytest.mark.slow) for name in DATASETS[1:])]
)
def test_a_year_to_date_file_fills_its_months_and_changes_no_frozen_one(warehouse: Warehouse, dataset: str) -> None:
    warehouse.land(dataset, FLEX)
    assert warehouse.prepare() == [APRIL]
    assert {row[4] for row in warehouse.current(dataset)} == {"flex"}

    warehouse.land(dataset, FREEZE)
    assert warehouse.prepare() == [APRIL, MAY]
    assert {(row[0], row[4]) for row in warehouse.current(dataset)} == {("A", "freeze"), ("C", "freeze"), ("D", "flex")}
    assert warehouse.drift() == []

    # The freeze of May and the flex of June; April is frozen.
    warehouse.land(dataset, YEAR_TO_DATE)
    assert warehouse.prepare() == [MAY, JUNE]
    current = {(row[0], row[3], row[4]) for row in warehouse.current(dataset)}
    assert current == {
        ("A", "N82001", "freeze"), ("C", "N82001", "freeze"), ("D", "N82001", "freeze"), ("F", "N82001", "freeze"),
        ("G", "N82001", "freeze"), ("H", "N82001", "flex"),
    }  # fmt: skip
    assert warehouse.drift() == [(APRIL, 1, 1, 1)]

    # The same, declared final, replaces what was frozen.
    final = File(datetime(2018, 6, 1), YEAR_TO_DATE.rows, status="final")
    warehouse.land(dataset, final)
    assert warehouse.prepare() == [APRIL, MAY, JUNE]
    assert warehouse.current(dataset) == current_rows([final], TIMETABLE)
    assert warehouse.drift() == []


def test_what_a_file_says_of_its_own_sending_is_no_drift(warehouse: Warehouse) -> None:
    rows = (Row("A", "RQ6", date(2017, 4, 3)),)
    warehouse.land("sus_aea", File(datetime(2017, 6, 20), rows))
    warehouse.land("sus_aea", File(datetime(2017, 7, 20), (*rows, Row("B", "RQ6", date(2017, 5, 2)))))
    warehouse.prepare()
    assert warehouse.drift() == []


def test_a_record_whose_date_was_amended_moves_and_rebuilds_both_of_its_months(warehouse: Warehouse) -> None:
    april = File(datetime(2017, 5, 16), (Row("A", "RQ6", date(2017, 4, 30)), Row("B", "RQ6", date(2017, 4, 2))))
    june = File(datetime(2017, 7, 17), (Row("C", "REM", date(2017, 6, 2)),))
    warehouse.land("sus_aea", april)
    warehouse.land("sus_aea", june)
    assert warehouse.prepare() == [APRIL, MAY, JUNE]
    may = File(datetime(2017, 6, 16), (Row("A", "RQ6", date(2017, 5, 1)),))
    warehouse.land("sus_aea", may)
    assert warehouse.prepare() == [APRIL, MAY]
    assert {(row[0], row[2]) for row in warehouse.current("sus_aea")} == {
        ("A", date(2017, 5, 1)), ("B", date(2017, 4, 2)), ("C", date(2017, 6, 2)),
    }  # fmt: skip
    assert warehouse.query("select dataset, source_row from feed.sus_displaced") == [("sus_aea", 2)]


def test_of_two_frozen_months_the_one_frozen_first_keeps_a_record_until_one_is_declared_final(
    warehouse: Warehouse,
) -> None:
    in_april, in_may = Row("A", "RQ6", date(2017, 4, 30)), Row("A", "RQ6", date(2017, 5, 1))
    april = File(datetime(2017, 6, 20), (in_april, Row("B", "RQ6", date(2017, 4, 2))))
    may = File(datetime(2017, 7, 20), (in_may, Row("C", "RQ6", date(2017, 5, 2))))
    warehouse.land("sus_aea", april)
    assert warehouse.prepare() == [APRIL]
    warehouse.land("sus_aea", may)
    assert warehouse.prepare() == [MAY]
    assert {(row[0], row[-1]) for row in warehouse.current("sus_aea")} == {("A", APRIL), ("B", APRIL), ("C", MAY)}
    final = File(datetime(2018, 5, 20), may.rows, status="final")
    warehouse.land("sus_aea", final)
    assert warehouse.prepare() == [APRIL, MAY]
    assert warehouse.current("sus_aea") == current_rows([april, may, final], TIMETABLE)
    assert {(row[0], row[-1]) for row in warehouse.current("sus_aea")} == {("A", MAY), ("B", APRIL), ("C", MAY)}


def test_a_deletion_in_a_frozen_month_leaves_the_record_where_it_moved_to(warehouse: Warehouse) -> None:
    april = File(datetime(2017, 6, 20), (Row("A", "RQ6", date(2017, 4, 30), True), Row("B", "RQ6", date(2017, 4, 2))))
    may = File(datetime(2017, 7, 20), (Row("A", "RQ6", date(2017, 5, 1)),))
    twice = (Row("D", "REM", date(2017, 4, 3), minutes=5), Row("D", "REM", date(2017, 4, 3), True))
    for file in (april, may, File(datetime(2017, 6, 21), (*twice, Row("E", "REM", date(2017, 4, 9))))):
        warehouse.land("sus_aea", file)
    warehouse.prepare()
    assert {(row[0], row[-1]) for row in warehouse.current("sus_aea")} == {("A", MAY), ("B", APRIL), ("E", APRIL)}


def test_two_providers_may_number_their_records_alike(warehouse: Warehouse) -> None:
    for number, provider in enumerate(("RQ6", "REM")):
        warehouse.land("sus_apcs", File(datetime(2017, 6, 20 + number), (Row("1", provider, date(2017, 4, 3)),)))
    warehouse.prepare()
    assert {row[:2] for row in warehouse.current("sus_apcs")} == {("1", "RQ6"), ("1", "REM")}
    assert warehouse.query("from feed.sus_displaced") == []
    verdicts = run_suite(load_suite("sus_scope", "staged"), warehouse.home.warehouse, "feed.sus_scope")
    assert [verdict.message for verdict in verdicts if not verdict.passed] == []


def test_both_may_stand_in_one_file(warehouse: Warehouse) -> None:
    rows = tuple(Row("1", provider, date(2017, 4, 3)) for provider in ("RQ6", "REM"))
    path = write(warehouse.received, "sus_apcs", "both.csv", File(datetime(2017, 6, 20), rows))
    staged = stage(warehouse.home, receive(path, None), load_contracts(), [], "1GB", None, TIMETABLE)
    verdicts = {
        verdict.check: verdict for verdict in run_suite(load_suite("sus_apcs", "rows"), staged.database, "staged")
    }
    assert verdicts["key_unique"].passed


def test_a_file_for_one_month_rebuilds_that_month_alone(warehouse: Warehouse) -> None:
    for month in (4, 5, 6):
        row = Row(f"{month}", "RQ6", date(2017, month, 10))
        warehouse.land("sus_opa", File(datetime(2017, month + 1, 12), (row,)))
        warehouse.land("sus_aea", File(datetime(2017, month + 1, 13), (row,)))
    assert warehouse.prepare() == [APRIL, MAY, JUNE]
    warehouse.land("sus_opa", File(datetime(2017, 7, 14), (Row("9", "REM", date(2017, 6, 1)),)))
    assert warehouse.prepare() == [JUNE]
    # A net file after the freeze of its month changes nothing.
    warehouse.land("sus_opa", File(datetime(2017, 6, 29), (Row("4", "RQ6", date(2017, 4, 10)),), status="freeze"))
    assert warehouse.prepare() == [APRIL]
    warehouse.land("sus_opa", File(datetime(2017, 7, 1), (Row("4", "RQ6", date(2017, 4, 10), True),), "net"))
    assert warehouse.prepare() == []
    assert warehouse.drift() == [(APRIL, 0, 1, 0)]


def test_net_files_change_delete_and_move_records_and_null_flags_delete_nothing(warehouse: Warehouse) -> None:
    warehouse.land("sus_apce", FLEX)
    changed = Row("A", "RQ6", date(2017, 4, 3), practice="N82009")
    warehouse.land("sus_apce", File(datetime(2017, 5, 17), (changed,), "net"))
    warehouse.prepare()
    assert {(row[0], row[3]) for row in warehouse.current("sus_apce")} == {("A", "N82009"), ("B", "N82001")}
    warehouse.land("sus_apce", File(datetime(2017, 5, 18), (Row("B", "RQ6", date(2017, 4, 30), True),), "net"))
    warehouse.prepare()
    assert {row[0] for row in warehouse.current("sus_apce")} == {"A"}
    path = write(warehouse.received, "sus_apce", "nulls.csv", File(datetime(2017, 5, 19), FLEX.rows))
    path.write_text(path.read_text().replace(",9,", ",,"))
    staged = stage(warehouse.home, receive(path, None), load_contracts(), [], "1GB", None, TIMETABLE)
    promote(warehouse.home, staged, (), "of no gates")
    warehouse.prepare()
    assert warehouse.query("select distinct update_type from feed.sus_apce") == [(None,)]
    assert {row[0] for row in warehouse.current("sus_apce")} == {"A", "B"}


def test_a_nil_return_is_a_month_without_activity_and_not_a_missing_one(warehouse: Warehouse) -> None:
    warehouse.land("sus_apcs", FLEX)
    warehouse.land("sus_apcs", File(datetime(2017, 5, 18), (), covers=(("RQ6", APRIL), ("REM", APRIL))))
    warehouse.prepare()
    assert warehouse.current("sus_apcs") == set()
    assert warehouse.query("select month, is_loaded from feed.data_month where dataset = 'sus_apcs'") == [(APRIL, True)]
    in_force = "select provider_code, rows, is_base from feed.sus_scope where is_in_force order by all"
    assert warehouse.query(in_force) == [("REM", 0, True), ("RQ6", 0, True)]


def test_spells_that_have_not_ended_are_versions_of_their_record_and_no_month(warehouse: Warehouse) -> None:
    warehouse.land("sus_apcs", FLEX)
    warehouse.land("sus_apcs", File(datetime(2017, 6, 5), (Row("B", "RQ6", None), Row("Z", "RQ6", None))))
    assert warehouse.prepare() == [APRIL]
    assert {row[0] for row in warehouse.current("sus_apcs")} == {"A"}
    assert warehouse.query("select distinct month from feed.data_month") == [(APRIL,)]


def test_a_column_that_the_contract_gained_is_null_in_what_was_landed_before(warehouse: Warehouse) -> None:
    warehouse.land("sus_opa", FLEX)
    [part] = warehouse.home.landing.glob("sus_opa/*/period=*/*.parquet")
    with duckdb.connect() as connection:
        rows = connection.sql(f"select * exclude (pds_general_practice_code) from read_parquet('{part}')")
        rows.write_parquet(f"{part}.beside")
    part.with_name(f"{part.name}.beside").rename(part)
    manifest = part.parents[1] / "manifest.json"
    manifest.write_text(
        manifest.read_text().replace(load_contracts()["sus_opa"].content_hash, "of an earlier contract")
    )
    assert warehouse.prepare() == [APRIL]
    warehouse.land("sus_opa", File(datetime(2017, 5, 17), (Row("A", "RQ6", date(2017, 4, 4)),), "net"))
    warehouse.prepare()
    assert {(row[0], row[2].day) for row in warehouse.current("sus_opa")} == {("A", 4), ("B", 30)}
    assert warehouse.query("select distinct pds_general_practice_code from feed.sus_opa") == [(None,)]


def test_as_at_a_day_the_flex_is_what_was_known(warehouse: Warehouse) -> None:
    warehouse.land("sus_opa", FREEZE)
    warehouse.land("sus_opa", FLEX)
    warehouse.prepare()
    assert {row[0] for row in warehouse.current("sus_opa")} == {"A", "C", "D"}
    warehouse.prepare(datetime(2017, 6, 1, tzinfo=UTC))
    assert {row[0] for row in warehouse.current("sus_opa")} == {"A", "B"}


def test_the_ledger_says_of_each_month_of_a_file_how_far_it_may_change(warehouse: Warehouse) -> None:
    flex, freeze = warehouse.land("sus_opa", FLEX), warehouse.land("sus_opa", FREEZE)
    warehouse.prepare()
    ledger = "select submission_id, period, activity_status, is_current from feed.submission order by period, 3"
    assert warehouse.query(ledger) == [
        (flex, APRIL, "flex", False), (freeze, APRIL, "freeze", True), (freeze, MAY, "flex", True),
    ]  # fmt: skip
    profile = "select submission_id, month, value from feed.sus_profile where measure = 'rows' order by value, month"
    assert warehouse.query(profile) == [(freeze, MAY, 1), (flex, APRIL, 2), (freeze, APRIL, 2)]


def _scenario(practice: str) -> list[tuple[str, str, File]]:
    """Months, year-to-date files, flex, freeze, a move and a deletion, in the order of submission."""
    april = tuple(Row(f"A{n}", "RQ6", date(2017, 4, n)) for n in range(1, 7))
    others = tuple(Row(f"B{n}", "REM", date(2017, 4, n)) for n in range(7, 12))
    may = tuple(Row(f"C{n}", "RQ6", date(2017, 5, n)) for n in range(1, 9))
    june = tuple(Row(f"D{n}", "REM", date(2017, 6, n)) for n in range(1, 4))
    moved = Row("C1", "RQ6", date(2017, 6, 1))
    late = Row("E1", "RQ6", date(2017, 4, 29))
    bulk = [
        ("april_flex", File(datetime(2017, 5, 16, 9), (*april, *others))),
        ("april_freeze_may_flex", File(datetime(2017, 6, 20, 9), (*april[:4], *others[:3], *may))),
        ("year_to_date", File(datetime(2017, 7, 14, 9), (*april, late, *others, *may[1:], moved, *june))),
        ("june_again", File(datetime(2017, 7, 15, 9), (moved, *june[:2]), covers=(("RQ6", JUNE), ("REM", JUNE)))),
    ]
    deleted = File(datetime(2017, 7, 17, 9), (Row("D1", "REM", JUNE, True),), "net")
    every = {dataset: [*bulk, ("deletion", deleted)] for dataset in ("sus_aea", "sus_opa")}
    every |= {"sus_apcs": bulk, "sus_apce": bulk[1:3]}
    return [
        (dataset, name, replace(file, rows=tuple(replace(row, practice=practice) for row in file.rows)))
        for dataset, files in every.items()
        for name, file in files
    ]


@pytest.fixture(scope="module")
def other_feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which all feeds but the hospital's are landed."""
    sample, home = tmp_path_factory.mktemp("sample") / "feeds", tmp_path_factory.mktemp("base") / "home"
    write_sample(sample, APRIL, JUNE, practices=4, seed=7)
    files = [path for path in sorted(sample.glob("*.csv*")) if not path.name.startswith(("SEM_", "EC_"))]
    lines: list[str] = []
    with Deployed(Settings(home=home)).environment():
        code = land_files(Settings(home=home), lines.append, files, dataset=None, period=None, received_at=None)
    assert code == 0, lines
    return home


def _inbox(folder: Path, files: Sequence[tuple[str, str, File]]) -> Path:
    """Files that are landed in the order given: those of one dataset are, by their names."""
    for place, (dataset, title, file) in enumerate(files):
        path = write(folder, dataset, f"{dataset}_{title}.csv", file)
        for written in (path, path.with_name(f"{path.name}.meta.json")):
            written.rename(folder / f"{place:02}_{written.name}")
    return folder


@pytest.mark.slow
def test_any_order_gives_one_release_content_hash(other_feeds: Path, tmp_path: Path) -> None:
    [lists] = other_feeds.glob("landing/gp_list_totals/*/period=2017-04-01/*.parquet")
    with duckdb.connect() as connection:
        practice = connection.sql(f"select min(code) from read_parquet('{lists}')").fetchall()[0][0]
    scenario = _scenario(practice)
    backwards = scenario[::-1]
    mixed = random.Random(3).sample(backwards[7:], len(backwards) - 7)
    orders = {"sent": [scenario], "backwards, with a release between": [backwards[:7], mixed]}
    counts = """
        select component_id, cast(sum(value) as integer) from component_value
        where component_id in ('sus_ae_attendances', 'sus_op_attendances', 'sus_emergency_admissions')
        group by component_id order by component_id
    """
    found = {}
    for name, batches in orders.items():
        deployed = Deployed(Settings(home=tmp_path / name / "home"))
        shutil.copytree(other_feeds, deployed.home.root, symlinks=True)
        for number, batch in enumerate(batches):
            code, lines = run_pipeline(deployed.settings, inbox=_inbox(tmp_path / name / f"batch_{number}", batch))
            assert code == 0, lines
        found[name] = (deployed.content_hash(), deployed.exact(counts))
    assert len(set(map(str, found.values()))) == 1, found
    # Frozen April: 4 + 3; May after the move: 7; June: the moved record and two, of which one was deleted.
    assert found["sent"][1] == [
        ("sus_ae_attendances", 16), ("sus_emergency_admissions", 17), ("sus_op_attendances", 16),
    ]  # fmt: skip


@pytest.mark.slow
def test_hospital_files_are_asked_again_when_their_gates_change(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=warehouse.home.root)
    path = write(warehouse.received, "sus_opa", "opa.csv", FREEZE)
    assert landing.land(warehouse.home, settings, receive(path, None)).submission is not None
    submissions = read_submissions(warehouse.home.landing)
    assert regating.ungated(submissions) == []
    check = Check(
        id="never_holds",
        severity="block",
        why="To see it asked.",
        message="{file} never holds.",
        fix="Nothing.",
        unexpected_rows="select source_row from {batch} where period is not null and submission_id is not null limit 1",
    )
    real = landing.load_suite
    suite = real("sus_opa", "rows")
    stricter = suite.model_copy(update={"checks": (*suite.checks, check)})
    monkeypatch.setattr(landing, "load_suite", lambda name, stage: stricter if name == "sus_opa" else real(name, stage))
    [again] = regating.ungated(submissions)
    regating.regate(warehouse.home, settings, again, submissions)
    [judged] = read_submissions(warehouse.home.landing)
    assert regating.ungated([judged]) == []
    assert [verdict["check"] for verdict in judged.verdicts if not verdict["passed"]] == ["never_holds"]
    assert {v["submission_id"] for v in judged.verdicts} == {judged.submission_id}
    kept = {verdict["check"] for verdict in again.verdicts}
    assert {verdict["check"] for verdict in judged.verdicts} == kept | {"never_holds"}
