"""The walker of figures notices what it is for: each kind of wrong figure, made wrong once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from publishing.reports.document import Bullets, Document, Figure, Operation, Paragraph, Shown, Source, Value
from publishing.reports.formats import shown
from tests.unit.report_release import make_release
from tests.walking import figures_wrong, numbers_loose, written

MONEY = Shown(2, scale=1_000_000, before="£", after="m")


def source(practice: str, month: str | None = "2017-06-01", column: str = "list_size", sign: int = 1) -> Source:
    return Source("practice_month", {"practice_code": practice, "month": month}, column, sign)


def figure(
    text: str, value: Value, *sources: Source, how: Shown | None = None, operation: Operation = "value"
) -> Figure:
    return Figure(text, value, how or Shown(), sources, operation)


NORTH = Source("practice_month", {"neighbourhood": "N1"}, "*")
RIGHT = {
    "value": figure("3,717", Decimal("3717.00000"), source("A")),
    "nobody": figure("8", Decimal(8), source("C", None)),
    "sum": figure("3,708", Decimal(3708), source("A"), source("B", sign=-1), operation="sum"),
    "count": figure("3", 3, NORTH, source("C", None), operation="count"),
}  # fmt: skip


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    june = date(2017, 6, 1)
    given = [
        {"practice_code": "A", "month": june, "list_size": 3717, "neighbourhood": "N1", "locality": "West 7"},
        {"practice_code": "B", "month": june, "list_size": 9, "neighbourhood": "N1"},
        {"practice_code": "C", "month": None, "list_size": 8, "neighbourhood": "N2"},
        {"practice_code": "D", "month": june, "list_size": None, "neighbourhood": "N3"},
        *({"practice_code": "E", "month": june, "list_size": 1, "neighbourhood": "N4"} for _ in range(2)),
    ]
    path = make_release(tmp_path_factory.mktemp("walking") / "release.duckdb", {"practice_month": given})
    with duckdb.connect(path, read_only=True) as opened:
        yield opened


def document(*figures: Figure, said: str = "") -> Document:
    return Document("one", "One", "", "r", (Paragraph((said, *figures)), Bullets(((said,),))))


def test_right_figures_are_right(connection: duckdb.DuckDBPyConnection) -> None:
    assert figures_wrong(document(*RIGHT.values()), connection) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (replace(RIGHT["value"], text="3,718"), "should be written '3,717'"),
        (replace(RIGHT["value"], value=3718), "the release comes to Decimal('3717.00000')"),
        (replace(RIGHT["value"], sources=(source("B"),)), "the release comes to Decimal('9.00000')"),
        (replace(RIGHT["value"], sources=()), "has no source"),
        (replace(RIGHT["value"], sources=(source("A"), source("B"))), "is the value of 2 sources"),
        (replace(RIGHT["sum"], sources=(source("A"), source("B"))), "the release comes to Decimal('3726')"),
        (replace(RIGHT["sum"], operation="value"), "is the value of 2 sources"),
        (replace(RIGHT["count"], value=4, text="4"), "the release comes to 3"),
        (figure("0", 0, source("D")), "which is absent"),
        (figure("1", 1, source("E")), "names 2 rows of practice_month"),
        (figure("1", 1, source("Z")), "names 0 rows of practice_month"),
        (figure("9", 9, source("B", None)), "names 0 rows of practice_month"),
    ],
)
def test_each_wrong_figure_is_noticed(connection: duckdb.DuckDBPyConnection, wrong: Figure, sentence: str) -> None:
    found = figures_wrong(document(RIGHT["nobody"], wrong), connection)
    assert len([problem for problem in found if sentence in problem]) == 1


def test_a_release_that_changed_is_noticed(tmp_path: Path) -> None:
    path = make_release(tmp_path / "r.duckdb", {"practice_month": [{"practice_code": "A", "list_size": 3716}]})
    with duckdb.connect(path) as connection:
        told = figure("3,717", 3717, source("A", None))
        assert len(figures_wrong(document(told), connection)) == 2


@pytest.mark.parametrize(
    ("value", "how", "text"),
    [
        (Decimal("2.675"), Shown(2), "2.68"),
        (1.005, Shown(2), "1.01"),
        (-0.004, Shown(2), "0.00"),
        (-1234.5, Shown(0, brackets=True), "(1,235)"),
        (77.0, Shown(1, after="%", is_trimmed=True), "77%"),
        (77.04, Shown(1, after="%", is_trimmed=True), "77%"),
        (Decimal("15638709.23"), MONEY, "£15.64m"),
        (Decimal("0.05"), Shown(0, scale=Decimal("0.01"), after="%"), "5%"),
        ("GMS", Shown(), "GMS"),
    ],
)
def test_two_ways_of_writing_agree(value: Value, how: Shown, text: str) -> None:
    assert written(value, how) == text == shown(value, how)


@pytest.mark.parametrize(
    "said", ["31 May 2017", "May 2017", "2017-05", "2017/18", "Q1 2017/18", "in west 7", "12 months to May 2017", ""]
)
def test_dates_names_and_phrases_are_no_loose_numbers(connection: duckdb.DuckDBPyConnection, said: str) -> None:
    assert numbers_loose(document(said=said), connection, ["12 months to"]) == []


@pytest.mark.parametrize("said", ["3 practices", "West 75", "£4.20 of May 2017", "12 weeks"])
def test_a_number_outside_a_figure_is_noticed(connection: duckdb.DuckDBPyConnection, said: str) -> None:
    assert numbers_loose(document(said=said), connection, ["12 months to"]) == [said]
