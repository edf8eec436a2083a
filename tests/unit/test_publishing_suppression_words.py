"""The rule in force, and what the file of readers says of it: on the whole, and of each column."""

import shutil
from pathlib import Path

import duckdb
import pytest

from pcw.errors import PcwError
from pcw.home import Home
from publishing.suppression import AT_ODDS, EXACT, Rule
from publishing.tables import attach
from tests.changed_columns import untold
from tests.running import query
from tests.unit.patients_build import build_with_patients, told_release_of
from tests.unit.publishing_build import release_of


def test_every_file_says_what_of_patients_it_hides_and_rounds(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    release = release_of(home, build_with_patients(tmp_path))
    said = "select disclosure from release"
    [(shown_of,)] = query(release.path, said)
    assert shown_of.startswith("Counts of 1 to 7 patients, and a few from which") and "the nearest 5" in shown_of
    assert query(release.private_path, said) == [(EXACT,)]


@pytest.mark.parametrize(
    ("rule", "begin"),
    [
        (Rule(0, 0, 1, 1), EXACT),
        (Rule(1, 0, 10, 1), EXACT),
        (
            Rule(1, 4, 1, 500),
            "Counts of 1 to 4 patients, and a few from which one could be worked out, are not shown; what patients "
            "cost is shown to the nearest 500 pounds, and rates are made of what is shown.",
        ),
        (Rule(1, 4, 1, 1), "Counts of 1 to 4 patients, and a few from which one could be worked out, are not shown."),
    ],
)
def test_a_rule_is_told_as_it_is(rule: Rule, begin: str) -> None:
    assert rule.disclosure.startswith(begin)
    assert (AT_ODDS in rule.disclosure) is (rule.cost_to > 1)


def test_no_active_rule_publishes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("update definitions.suppression_rule set is_active = false")
    with pytest.raises(PcwError, match="exactly one must be"):
        release_of(home, file)
    assert not (home.published / "current.duckdb").exists()


def test_a_rule_that_hides_nothing_leaves_a_copy(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("update definitions.suppression_rule set hide_from = 0, hide_to = 0, round_to = 1")
    release = release_of(home, file)
    with duckdb.connect(":memory:") as connection:
        attach(connection, release.path, "shown")
        attach(connection, release.private_path, "exact")
        assert not connection.execute(
            "from shown.main.indicator_result except from exact.main.indicator_result"
        ).fetchall()


def test_a_column_that_the_rule_changes_says_so_in_that_file_alone(tmp_path: Path) -> None:
    """That no column is forgotten is seen where each is changed (`told_release_of`, and the released sample)."""
    release = told_release_of(Home(tmp_path / "home").create(), build_with_patients(tmp_path))
    asked = "select table_name, column_name, comment from duckdb_columns() where schema_name = 'main' and not internal"
    published = {(table, column): comment for table, column, comment in query(release.path, asked)}
    exact = {(table, column): comment for table, column, comment in query(release.private_path, asked)}
    told = {place for place in published if published[place] != exact[place]}
    said = published["indicator_latest", "value"]
    assert "In this file: counts of patients are to the nearest 5" in said and "a count of 1 to 7" in said
    assert said.count("In this file") == 1 and "though state is ok" in published["indicator_result", "numerator"]
    assert ("component_value", "value") in told and ("component_value", "month") not in told
    assert not [place for place, comment in exact.items() if "In this file" in (comment or "")]


def test_a_column_that_is_changed_and_says_nothing_is_noticed(tmp_path: Path) -> None:
    release = release_of(Home(tmp_path / "home").create(), build_with_patients(tmp_path))
    silent = tmp_path / "silent.duckdb"
    shutil.copyfile(release.path, silent)
    with duckdb.connect(str(silent)) as connection:
        connection.execute("comment on column component_value.value is 'Exact monthly value'")
        connection.execute("comment on column indicator_result.rag is null")
    assert untold(silent, release.private_path) == {("component_value", "value"), ("indicator_result", "rag")}
