"""What passes between the build database and Spark, as statements and Parquet; Spark itself is not asked here."""

import json
from pathlib import Path

import duckdb
import pytest

from dbt_project.spark import take_back, write_feeds
from orchestration.dbt_assets import on_spark
from pcw.errors import PcwError
from pcw.settings import Settings


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A feed over two landed files, of which the second has a column more, and one table of the ledger."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"copy (select 'A' as code, 1 as items) to '{tmp_path}/one.parquet'")
        connection.execute(f"copy (select 'it''s' as note, 2 as items, 'B' as code) to '{tmp_path}/two.parquet'")
        connection.execute("create schema feed; create table feed.waiver as select 'w' as waiver_id")
        files = f"read_parquet(['{tmp_path}/one.parquet', '{tmp_path}/two.parquet'], union_by_name = true)"
        connection.execute(f"create view feed.epd as select code, note, items / 2 as half from {files} as landed")
    return path


def test_landed_files_are_read_where_they_lie_and_columns_by_name(warehouse: Path, tmp_path: Path) -> None:
    write_feeds(warehouse, tmp_path / "spark")
    statements = [" ".join(line.split()) for line in json.loads((tmp_path / "spark" / "feeds.json").read_text())]
    ledger = tmp_path / "spark" / "ledger" / "waiver.parquet"
    assert statements == [
        "create database if not exists feed",
        f"create or replace view feed.waiver as select * from parquet.`{ledger}`",
        "create or replace view feed.epd as SELECT code, note, ( CAST(items AS DOUBLE) / CAST(2 AS DOUBLE) ) AS half"
        f" FROM ( SELECT `code`, `items`, NULL AS `note` FROM `parquet`.`{tmp_path}/one.parquet` UNION ALL"
        f" SELECT `code`, `items`, `note` FROM `parquet`.`{tmp_path}/two.parquet` ) AS landed",
    ]
    assert duckdb.read_parquet(str(ledger)).fetchall() == [("w",)]


def test_what_spark_built_replaces_what_was_built_before(warehouse: Path, tmp_path: Path) -> None:
    folder = tmp_path / "spark"
    table = folder / "tables" / "main.db" / "indicator"
    table.mkdir(parents=True)
    duckdb.sql("select 'i' as indicator_id").write_parquet(str(table / "part-0.parquet"))
    (folder / "views.json").write_text(json.dumps({"staging.stg": {"duckdb": "select code from feed.epd"}}))
    docs = {
        "main.indicator": {"description": "Who's who.", "columns": {"indicator_id": "Its id."}},
        "staging.stg": {"description": "Codes.", "columns": {}},
    }
    (folder / "docs.json").write_text(json.dumps(docs))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table main.indicator as select 'old' as indicator_id, 1 as other")
    take_back(warehouse, folder)
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("from main.indicator").fetchall() == [("i",)]
        assert connection.execute("from staging.stg order by all").fetchall() == [("A",), ("B",)]
        told = """select table_name, comment from duckdb_tables()
            union all select column_name, comment from duckdb_columns()"""
        assert {("indicator", "Who's who."), ("indicator_id", "Its id.")} <= set(connection.execute(told).fetchall())
        assert connection.execute("select comment from duckdb_views() where view_name = 'stg'").fetchall() == [
            ("Codes.",)
        ]


def test_a_build_that_broke_off_leaves_nothing_for_the_next_one(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.dbt_assets.SPARK_PYTHON", warehouse)
    folder = tmp_path / "spark-warehouse"

    def build(fails: bool) -> bool:
        """Whether a table of the build before was still there."""
        with on_spark(Settings(), warehouse, tmp_path):
            table = folder / "tables" / "main.db" / "indicator"
            was_there = table.exists()
            table.mkdir(parents=True, exist_ok=True)
            duckdb.sql("select 'i' as indicator_id").write_parquet(str(table / "part-0.parquet"))
            (folder / "views.json").write_text("{}")
            (folder / "docs.json").write_text("{}")
            if fails:
                raise RuntimeError
        return was_there

    assert not build(fails=False)
    assert build(fails=False)
    with pytest.raises(RuntimeError):
        build(fails=True)
    assert not build(fails=False)
    (folder / "whole").write_text("other definitions")
    assert not build(fails=False)


def test_without_spark_a_build_says_what_to_do(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.dbt_assets.SPARK_PYTHON", tmp_path / "nothing")
    with pytest.raises(PcwError, match="make spark-install"), on_spark(Settings(), warehouse, tmp_path):
        pass
