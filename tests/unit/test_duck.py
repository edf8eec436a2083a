"""That DuckDB takes the row that comes first, also where what is ordered by may be empty."""

from pathlib import Path

import duckdb
import sqlalchemy
import yaml

from expectations.gx_engine import _sql_engine
from pcw.duck import RIGHT_ROWS
from sources.scratch import open_scratch

# One of the questions that DuckDB 1.5.5 answers with no row.
TWO_ROWS = """
    with placed as (
        select row_number() over (partition by code order by null) as place from (values (3), (3)) as t (code)
    )
    select place from placed
    where place <= 7
"""


def test_the_models_are_built_under_the_same_setting_which_is_said_once() -> None:
    """dbt would say `settings` again for each model. One thread plans by them while another says them, and a process
    of 1.5.5 ends by a signal: two builds of one day did.
    """
    profile = yaml.safe_load(Path("dbt_project/profiles.yml").read_text("utf-8"))
    output = profile["pcw"]["outputs"]["duckdb"]
    assert {name: output["config_options"][name] for name in RIGHT_ROWS} == RIGHT_ROWS
    assert "settings" not in output


def test_a_scratch_database_keeps_rows_whose_order_is_empty(tmp_path: Path) -> None:
    for text_bytes in (0, 1 << 33):
        connection, _ = open_scratch(tmp_path, "100MB", text_bytes)
        assert connection.execute(TWO_ROWS).fetchall() == [(1,), (2,)]
        connection.close()


def test_the_gates_keep_them_too(tmp_path: Path) -> None:
    file = tmp_path / "build.duckdb"
    duckdb.connect(str(file)).close()
    with _sql_engine(file).connect() as connection:
        assert connection.execute(sqlalchemy.text(TWO_ROWS)).fetchall() == [(1,), (2,)]
