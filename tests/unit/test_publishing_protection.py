"""Whatever the counts are, the intruder is left with three values of each hidden one; and what is hidden is settled."""

import random
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publishing.linked import PROVIDER, link
from publishing.protection import UNKNOWN, protect
from publishing.suppression import Rule, active_rule, suppress
from publishing.tables import MARTS, attach
from tests import intruder as attack
from tests.intruder import Intruder, read
from tests.running import query
from tests.unit.publishing_build import build_database

Row = tuple[int, int, int, int]  # practice, provider, months after the first, count
MONTHS = [date(2016 + (3 + at) // 12, (3 + at) % 12 + 1, 1) for at in range(14)]
GROUPS = ("N1", "N1", "N2")
WINDOWS = (11, 12, 13)
LEFT = 3
COUNTS = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 6, 7, 8, 9, 12, 13, 17, 18, 40])
WORLDS = st.lists(COUNTS, min_size=3 * 2 * len(MONTHS), max_size=3 * 2 * len(MONTHS))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A build without any activity."""
    file = build_database(tmp_path_factory.mktemp("protection"))
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into indicator values ('spells-rate', '2017-18', 'Spells', 'sus_apcs', 1000, 1)")
        connection.execute(
            "insert into definitions.indicator_variant values ('spells-rate', '2017-18', 'all', 'sus_spells', null)"
        )
        for table in ("practice_month", "indicator_result", "component_value"):
            connection.execute(f"delete from {table}")
    yield file


def world(template: Path, counts: list[int], *, order: int = 0) -> Path:
    """A build with these counts by practice, provider and month; rows are written in an order of their own."""
    file = template.with_name("world.duckdb")
    shutil.copyfile(template, file)
    cells = iter(counts)
    rows = [(p, provider, m, next(cells)) for p in range(3) for provider in range(2) for m in range(len(MONTHS))]
    random.Random(order).shuffle(rows)
    shown = ", ".join(
        f"('sus_spells', 'P{p}', 'R{provider}', date '{MONTHS[m]}', {count})" for p, provider, m, count in rows
    )
    members = ", ".join(f"('P{p}', date '{month}', '{GROUPS[p]}', '99A', 'P{p}')" for p in range(3) for month in MONTHS)
    ends = ", ".join(f"(date '{MONTHS[end]}', date '{MONTHS[end - 11]}')" for end in WINDOWS)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"""
            insert into component_provider_value by name
            select * from (values {shown}) as rows (component_id, practice_code, provider_code, month, value)
            where value > 0;
            insert into component_value by name
            select component_id, practice_code, month, sum(value) as value, true as is_complete
            from (values {shown}) as rows (component_id, practice_code, provider_code, month, value) group by all;
            insert into practice_month by name
            select * from (values {members})
                as rows (practice_code, month, neighbourhood, commissioner_code, current_practice_code);
            insert into indicator_result by name
            with places as (
                select distinct practice_code, unnest(['practice', 'neighbourhood', 'commissioner']) as org_type,
                    unnest([practice_code, neighbourhood, commissioner_code]) as org_code
                from practice_month
            )
            select 'spells-rate' as indicator_id, '2017-18' as version, 'all' as variant, org_view, org_type, org_code,
                last_day(ends.month) as period_end, window_start, sum(value) as numerator, 'ok' as state
            from component_value
            join places using (practice_code)
            join (values {ends}) as ends (month, window_start)
                on component_value.month between window_start and ends.month
            cross join (values ('as_at'), ('current')) as views (org_view)
            group by all;
        """)
    return file


def hidden(build: Path) -> Path:
    """The same as readers may see it."""
    file = build.with_name("shown.duckdb")
    shutil.copyfile(build, file)
    with duckdb.connect(":memory:") as connection:
        attach(connection, build, "build")
        attach(connection, file, "shown", write=True)
        suppress(connection, "build", "shown", active_rule(connection, "build", "commissioner"))
    return file


def intruder_with(build: Path, shown: Path) -> Intruder:
    """An intruder who is told which months and rows are small."""
    keys = "component_id, practice_code"
    months = query(build, f"select {keys}, month from component_value where value between 1 and 7")
    rows = query(
        build,
        f"select {keys}, provider_code, treatment_function_code, month from component_provider_value "
        "where value between 1 and 7",
    )
    return read(shown, set(months), set(rows))


def derived(intruder: Intruder) -> dict[object, tuple[float, float]]:
    return {cell: ends for cell, ends in intruder.narrow().items() if ends[1] - ends[0] + 1 < LEFT}


def test_the_intruder_knows_every_table_of_a_release(template: Path) -> None:
    assert {mart.name for mart in MARTS} <= attack.READ | attack.NOT_READ.keys()
    assert not attack.READ & attack.NOT_READ.keys()
    shown = hidden(world(template, [0] * 84))
    with duckdb.connect(str(shown)) as connection:
        connection.execute("create table patients_by_street (street varchar, patients integer)")
    with pytest.raises(AssertionError, match=r"does not know .*patients_by_street"):
        read(shown, set(), set())


def test_the_intruder_reads_sums_to_date(template: Path, tmp_path: Path) -> None:
    """May is what June has more than May and before: 8 to date and 10, so that June would be 1 to 5."""
    shown = tmp_path / "shown.duckdb"
    shutil.copyfile(hidden(world(template, [0] * 84)), shown)
    with duckdb.connect(str(shown)) as connection:
        connection.execute("""
            insert into project_benefit by name select * from (values
                ('P', date '2017-05-01', 10, 10), ('P', date '2017-06-01', null, 15)
            ) as rows (project_id, month, actual_month, actual_to_date)
        """)
    june = ("project_benefit", "actual_month", "P", date(2017, 6, 1))
    left = read(shown, set(), set(), {june}).narrow()
    assert left[june] == (1, 7)
    with duckdb.connect(str(shown)) as connection:
        connection.execute("update project_benefit set actual_to_date = 20 where month = '2017-06-01'")
    assert read(shown, set(), set(), {june}).narrow()[june] == (6, 7), "more than twelve before, 18 at least after"


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=WORLDS)
def test_no_hidden_count_can_be_worked_out(template: Path, counts: list[int]) -> None:
    build = world(template, counts)
    assert derived(intruder_with(build, hidden(build))) == {}


def test_the_intruder_finds_what_is_not_protected(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(connection: duckdb.DuckDBPyConnection, rule: object) -> None:
        connection.execute("create or replace temp table protected_cell (cell_id bigint, is_small boolean)")

    monkeypatch.setattr("publishing.suppression.protect", nothing)
    # 8 and 8 are shown as 10 and 10, with 1 as 15: not 17 or more, so the hidden one is 1
    counts = [0] * 84
    counts[0], counts[1], counts[2] = 8, 8, 1
    build = world(template, counts)
    found = derived(intruder_with(build, hidden(build)))
    assert found[("month", "sus_spells", "P0", MONTHS[2])] == (1, 1)
    monkeypatch.setattr("publishing.suppression.protect", protect)
    assert derived(intruder_with(build, hidden(build))) == {}


def test_what_is_hidden_does_not_depend_on_the_order_of_rows(template: Path) -> None:
    counts = random.Random(4).choices([0, 1, 2, 6, 7, 8, 9, 13, 40], k=84)
    found = []
    for order in (1, 2):
        shown = hidden(world(template, counts, order=order))
        found.append(
            [
                query(shown, f"select * from {table} order by all")
                for table in ("component_value", "component_provider_value", "indicator_result")
            ]
        )
    assert found[0] == found[1]


def known_from_the_beginning(connection: duckdb.DuckDBPyConnection, rule: Rule) -> dict[int, tuple[int, int]]:
    """What an intruder knows of each linked cell when all is hidden: every link again and again, in plain Python."""
    hidden_now = {cell for (cell,) in connection.execute("select cell_id from protected_cell").fetchall()}
    links: dict[int, list[tuple[int, int]]] = {}
    for relation, cell, sign in connection.execute("select relation, cell_id, sign from linked_part").fetchall():
        links.setdefault(relation, []).append((cell, sign))
    known: dict[int, tuple[int, int]] = {}
    for cell, kind, exact in connection.execute("select cell_id, kind, exact::bigint from linked_cell").fetchall():
        near = 5 * ((exact + 2) // 5)
        known[cell] = (
            (int(kind == PROVIDER), UNKNOWN) if kind == 0 or cell in hidden_now
            else (rule.hide_from, rule.hide_to) if rule.hide_from <= exact <= rule.hide_to
            else (0, 0) if exact == 0
            else (max(near - 2, rule.hide_to + 1), near + 2)
        )  # fmt: skip
    before: dict[int, tuple[int, int]] = {}
    while before != known:
        before = dict(known)
        for parts in links.values():
            for at, (cell, sign) in enumerate(parts):  # a cell may be in a link twice
                others = [(*known[other], of) for other, of in parts[:at] + parts[at + 1 :]]
                least = sum(low if of > 0 else -high for low, high, of in others)
                most = sum(high if of > 0 else -low for low, high, of in others)
                low, high = (-most, -least) if sign > 0 else (least, most)
                known[cell] = max(known[cell][0], low), min(known[cell][1], high)
    return {cell: known[cell] for parts in links.values() for cell, _ in parts}


@pytest.mark.parametrize(("seed", "least"), [(1, 3), (6, 2), (7, 30)])
def test_rounds_that_go_on_know_what_looking_from_the_beginning_knows(template: Path, seed: int, least: int) -> None:
    build = world(template, random.Random(seed).choices([0, 1, 2, 6, 7, 8, 9, 13, 40], k=84))
    with duckdb.connect(":memory:") as connection:
        attach(connection, build, "build")
        connection.execute("create temp table patient_component as select 'sus_spells' as component_id")
        link(connection, "build.definitions", "build.main")
        rule = active_rule(connection, "build", "commissioner")
        protect(connection, rule)
        [(chosen,)] = connection.execute("select count(*) from protected_cell").fetchall()
        found = {cell: ends for cell, *ends in connection.execute("select cell_id, lower, upper from bound").fetchall()}
        expected = known_from_the_beginning(connection, rule)
    assert chosen >= least
    assert {cell: tuple(ends) for cell, ends in found.items()} == expected


def test_nothing_is_shown_below_a_hidden_total_and_zero_stays_zero(template: Path) -> None:
    counts = [0] * 84
    counts[0], counts[14], counts[1] = 3, 2, 30
    shown = hidden(world(template, counts))
    assert query(shown, "select practice_code, month, value::int from component_provider_value") == [
        ("P0", MONTHS[1], 30)
    ]
    assert query(shown, "select count(*) from component_value where value = 0 and practice_code <> 'P0'") == [(28,)]


FIRSTS = "sus_op_gp_referred_firsts"
ONE_EACH = ("urology", "ent", "cardiology", "respiratory", "rheumatology", "gastroenterology")


def firsts_of_a_month(template: Path, with_dental: int | None) -> Path:
    """Six specialties with one first attendance each, and what they are part of."""
    build = world(template, [0] * 84)
    counts = {f"{FIRSTS}_{name}": 1 for name in ONE_EACH}
    counts |= {f"{FIRSTS}_{name}": 0 for name in ("dermatology", "gynaecology", "vascular")}
    counts |= {FIRSTS: 6, f"{FIRSTS}_all_specialties": 12}
    if with_dental is not None:
        counts[f"{FIRSTS}_with_dental"] = with_dental
    with duckdb.connect(str(build)) as connection:
        for name, count in counts.items():
            connection.execute("insert into definitions.component_definition values (?, true)", [name])
            connection.execute("insert into component_value values (?, 'P0', ?, ?, true)", [name, MONTHS[0], count])
    return build


@pytest.mark.parametrize("with_dental", [None, 6, 7, 8, 40])
def test_a_small_whole_of_a_small_whole_is_hidden_in_other_words(template: Path, with_dental: int | None) -> None:
    """Six parts of a whole of at most seven are one or two each: there must be no knowing that it is at most seven,
    neither from itself nor from the wider count that it is part of. It once found no end, and nothing was published.
    """
    build = firsts_of_a_month(template, with_dental)
    hidden(build)
    with duckdb.connect(":memory:") as connection:
        attach(connection, build, "build")
        connection.execute(
            "create temp table patient_component as "
            "select component_id from build.definitions.component_definition where is_patient_count"
        )
        link(connection, "build.definitions", "build.main")
        protect(connection, active_rule(connection, "build", "commissioner"))
        protected = dict(
            connection.execute(
                "select name, is_small from protected_cell join linked_cell using (cell_id) where exact > 0"
            ).fetchall()
        )
        left = connection.execute(
            f"select upper - lower + 1 from bound join linked_cell using (cell_id) where name = '{FIRSTS}_ent'"
        ).fetchall()
    assert protected[FIRSTS] is True
    assert protected.get(f"{FIRSTS}_with_dental", False) is (with_dental in (6, 7))
    assert left[0][0] >= LEFT


def test_where_nothing_else_is_left_any_small_count_is_hidden_in_other_words() -> None:
    """Six parts of a small whole that no link calls one."""
    rule = Rule(1, 7, 5, 500)
    with duckdb.connect(":memory:") as connection:
        connection.execute("create temp table linked_cell (cell_id bigint, kind bigint, exact bigint)")
        connection.execute(
            "create temp table linked_part "
            "(relation bigint, cell_id bigint, sign int, is_total boolean, is_wider boolean)"
        )
        cells = [(1, 6), *((cell, 1) for cell in range(2, 8))]
        for cell, exact in cells:
            connection.execute("insert into linked_cell values (?, 2, ?)", [cell, exact])
            connection.execute("insert into linked_part values (1, ?, ?, false, false)", [cell, -1 if cell == 1 else 1])
        protect(connection, rule)
        left = connection.execute(
            "select min(upper - lower + 1) from bound join linked_cell using (cell_id) where exact between 1 and 7"
        ).fetchall()
    assert left[0][0] >= LEFT
