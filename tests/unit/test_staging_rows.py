"""How rows are written: text trimmed as `trim` does, months in the order of the file, in memory or in a file alike."""

import sys
import unicodedata
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pcw.home import Home
from sources.months import _write_rows
from sources.reader import _trimmed
from sources.scratch import open_scratch
from tests.running import opened
from tests.unit.activity_feed import row, staged_file

BLANKS = [chr(code) for code in range(sys.maxunicode) if unicodedata.category(chr(code)) == "Zs"]
CHARACTERS = st.sampled_from(
    [*BLANKS, "\t", "\n", "\x01", "!", '"', "a", "Z", "~", "\x7f", "é", "\u200b", "\U0001f600"]
)


@settings(deadline=None)
@given(st.lists(st.none() | st.text(CHARACTERS, max_size=16), min_size=1, max_size=20))
@example([f"{before}{text}{after}" for before in ("", *BLANKS) for text in ("", "a b") for after in ("", *BLANKS)])
def test_text_is_trimmed_as_trim_does_it(texts: list[str | None]) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table texts as select unnest(?::varchar[]) as text", [texts])
        differ = f"{_trimmed('text')} is distinct from nullif(trim(text), '')"
        assert connection.execute(f"select text from texts where {differ}").fetchall() == []


@pytest.mark.parametrize("one_pass", [2_000_000, 1_000_000])
def test_months_are_written_in_the_order_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_pass: int
) -> None:
    """Months in turns, and each of several row groups: what DuckDB would write in several pieces, it would reorder."""
    monkeypatch.setattr("sources.months.ONE_PASS", one_pass)
    with duckdb.connect(config={"threads": 4}) as connection:
        connection.execute("""
            create table staged as
            select range as source_row, (date '2017-01-01' + to_months((range % 3)::int))::date as period, 'x' as name
            from range(1_500_000)
        """)
        months = [date(2017, month, 1) for month in (1, 2, 3)]
        _write_rows(connection, "select name, source_row", tmp_path, months, 1_500_000)
        assert connection.execute("select current_setting('threads')").fetchall() == [(4,)]
        for place, month in enumerate(months):
            [file] = (tmp_path / f"period={month}").iterdir()
            assert file.name == "part-0.parquet"
            given = connection.execute(
                "select source_row from read_parquet(?, hive_partitioning = false)", [str(file)]
            ).fetchnumpy()["source_row"]
            assert (given == range(place, 1_500_000, 3)).all()
            described = connection.execute(
                "describe from read_parquet(?, hive_partitioning = false)", [str(file)]
            ).fetchall()
            assert [column[0] for column in described] == ["name", "source_row"]


def test_what_may_not_fit_into_memory_goes_to_a_file(tmp_path: Path) -> None:
    for text_bytes, is_in_memory in ((1 << 20, True), (20 << 20, False)):
        connection, file = open_scratch(tmp_path, "100MB", text_bytes)
        assert (file is None) == is_in_memory
        connection.close()


@pytest.mark.parametrize("room", [8, 1 << 40])
def test_the_gates_see_the_same_rows_in_memory_and_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr("sources.scratch.ROOM", room)
    staged = staged_file(Home(tmp_path / "home").create(), row(), row(ended="2017-05-02"))
    assert isinstance(staged.database, Path) == (room > 8)
    with opened(staged) as connection:
        assert connection.execute("select source_row, period from staged").fetchall() == [
            (2, date(2017, 4, 1)),
            (3, date(2017, 5, 1)),
        ]
    staged.close()
    assert (staged.work / "staging.duckdb").exists() == (room > 8)
