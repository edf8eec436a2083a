"""The dbt project on a real Spark, a master and two workers, beside the same project on DuckDB.

Belongs here: that both engines make the same rows of the same feeds, kind and unkind, and fail on the same.
Does not belong here: what the rows mean, and how each rule of the translation reads (`tests/unit/test_dialect.py`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dbt_project.dialect import to_spark
from tests.pipeline.adversarial_feeds import fill_unkindly
from tests.pipeline.dbt_scenario import fill
from tests.pipeline.dbt_support import Feeds, invoke
from tests.running import Deployed
from tests.spark import PYTHON, cluster, dbt_on_spark, differences, missing, spark_environment, write_views

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.xdist_group("spark"),
]

MODELS = ("--exclude-resource-type", "unit_test", "test")
BAD_YEAR = {"row_type": "line", "complaint_ref": "1", "financial_year": "20x6/17", "practice_code": "A",
            "outcome": "upheld"}  # fmt: skip
READS_IT = ("run", "--select", "stg_contract__complaint", "int_contract__complaint_count")


@dataclass(frozen=True)
class Both:
    """One set of feeds, built by DuckDB in `warehouse` and by the workers of `master` below `folder`."""

    warehouse: Path
    folder: Path
    master: str
    configuration: Path


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    home = tmp_path_factory.mktemp("spark")
    warehouse = home / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    fill(feeds)
    fill_unkindly(feeds)
    feeds.close_ledger()
    done = invoke(warehouse, ["build", *MODELS], writes=True)
    assert done.returncode == 0, done.stdout[-4000:]
    with cluster(home / "cluster") as master:
        found = Both(warehouse, home / "tables", master, home / "cluster" / "conf")
        built = on_spark(found, "build", *MODELS)
        assert built.returncode == 0, f"{built.stdout[-6000:]}{built.stderr[-2000:]}"
        yield found


def on_spark(both: Both, *arguments: str) -> subprocess.CompletedProcess[str]:
    return dbt_on_spark(both.warehouse, both.folder, both.master, *arguments, configuration=both.configuration)


def test_every_model_has_the_same_rows(both: Both) -> None:
    write_views(both.folder, both.master, both.configuration)
    assert differences(both.warehouse, both.folder) == {}


def test_a_landed_sample_has_the_same_rows(both: Both, released: Deployed, tmp_path: Path) -> None:
    """The files of the ordinary sample as they lie in landing; the feeds above are tables."""
    landed = Both(tmp_path / "warehouse.duckdb", tmp_path / "tables", both.master, both.configuration)
    shutil.copyfile(released.home.warehouse, landed.warehouse)
    built = on_spark(landed, "build", *MODELS)
    assert built.returncode == 0, f"{built.stdout[-6000:]}{built.stderr[-2000:]}"
    write_views(landed.folder, landed.master, landed.configuration)
    assert differences(landed.warehouse, landed.folder) == {}
    with duckdb.connect(str(landed.warehouse), read_only=True) as connection:
        # Rules that read the time of day decide something in this sample.
        counted = "select count(*) from intermediate.int_sus__attendance where is_gp_spec"
        [(some,)] = connection.execute(counted).fetchall()
    assert some > 0


def test_the_comparison_sees_a_changed_figure(both: Both, tmp_path: Path) -> None:
    for change, expected in (
        ("value = value * (1 + 1e-6)", "value"),
        ("numerator = numerator + 0.01", "rows that only DuckDB has"),
        ("state_reason = 'because'", "rows that only DuckDB has"),
    ):
        copy = tmp_path / expected.replace(" ", "-") / "warehouse.duckdb"
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(both.warehouse.read_bytes())
        with duckdb.connect(str(copy)) as connection:
            key = "(select min(rowid) from main.indicator_result where value > 0)"
            connection.execute(f"update main.indicator_result set {change} where rowid = {key}")
        found = differences(copy, both.folder)
        assert expected in found.pop("main.indicator_result")
        assert set(found) <= {"main.indicator_latest"}  # the view over it, where the row is its newest


def test_the_work_was_done_by_both_workers(both: Both) -> None:
    for worker in ("worker-1", "worker-2"):
        log = (both.folder.parent / "cluster" / f"{worker}.log").read_text()
        assert "Asked to launch executor" in log, log[-2000:]


def test_a_cast_that_cannot_be_made_fails_on_both(both: Both) -> None:
    feeds = Feeds(both.warehouse)
    feeds.add("complaint", date(2017, 3, 1), [BAD_YEAR])
    try:
        plain = invoke(both.warehouse, [*READS_IT])
        spark = on_spark(both, *READS_IT)
    finally:
        feeds.execute("delete from feed.complaint where financial_year = '20x6/17'")
    assert plain.returncode != 0 and "Could not convert string '20x6'" in plain.stdout, plain.stdout[-3000:]
    assert spark.returncode != 0 and "CAST_INVALID_INPUT" in spark.stdout, spark.stdout[-3000:]


# Each over one row: n (null), i = 7, d = 2.5 and e = -2.5 and h = 0.005 (decimals), f = 1.005, g = 2.5 (doubles),
# s = 'Ñ\\b%_', day = 2016-02-29.
EXPRESSIONS = (
    "i / 2", "d / 3", "e / 2", "cast(d as integer)", "cast(e as integer)", "cast(d + 1 as bigint)",
    "cast(round(f, 2) as decimal(18, 2))", "cast(f as decimal(18, 2))", "cast(g * 0.1 as decimal(18, 1))",
    "round(d, 0)", "round(e, 0)", "round(h, 2)", "cast(round(-h, 2) as decimal(18, 2))",
    "cast(2.675 as decimal(18, 2))",
    "concat('a', n, i)", "'a' || n", "concat_ws('|', 'a', n, 'b')", "coalesce(n, i)", "s like concat(s, '%')",
    "s like 'Ñ\\b%'", "length(s)", "upper('éß'), lower('ÉİΣΑΣ')", "greatest(n, i)", "least(n, i, 3)",
    "date_diff('day', day, make_date(2017, 3, 1))", "cast(day + interval '1 day' as date)", "last_day(day)",
    "cast(day - interval '1 day' as date)", "cast(date_trunc('month', day) as date)", "extract(year from day)",
    "format('GBP {:,.2f}', cast(1234567.125 as double))", "format('{:,}', cast(-1234 as bigint))",
    "string_split('a;b;;', ';')", "list_has_any(['a'], ['b', 'a'])", "list_has_all(['a'], ['a', 'b'])",
    "list_extract(string_split('a,b', ','), 1)", "split_part('a.b.c', '.', 2)", "split_part('a.b', '.', 5)",
    "substr(s, 2)", "left(s, 2)", "md5(s)", "cast(h as string)", "cast(d * d as string)", "cast(g as string)",
    "-7 % 3", "power(2, 10)", "sign(e)", "floor(e)", "nullif(i, 7)", "n is distinct from i", "cast(day as string)",
    "translate('a/b-c|d', '/-|', '...')", "trim(trailing '0' from '1.500')", "lpad('7', 2, '0')", "1e-9 + g",
    "trim('\u00a0 a b\u2003')", "trim('  a ')", "trim(split_part('drug:\u00a0x', ':', 2))",
    "cast(g as integer)", "cast(g + 1 as integer)", "cast(-g as bigint)", "cast(-e as integer)",
    "cast(abs(e) as integer)", "cast(i / 2 as integer)", "cast(case when i > 7 then d else e end as integer)",
    "cast(nullif(d, 1) as integer)", "cast(greatest(d, e) as integer)", "cast(coalesce(n, i) as bigint)",
    "cast(cast(i as string) as integer)",
    "cast(cast('08:05:00' as time) as string)", "left(cast(cast('18:29:59' as time) as string), 5) < '18:30'",
)  # fmt: skip
AGGREGATES = (
    "avg(d)", "sum(d)", "sum(h order by h)", "avg(g order by g)", "stddev_samp(g order by g)", "median(d)",
    "percentile_cont(0.1) within group (order by g)", "max_by(n, d)", "max_by(s, d)", "min_by(d, h)",
    "cast(sum(d) as bigint)", "cast(sum(g) as bigint)", "cast(max(e) as integer)",
    "array_agg(i) filter (where i > 100)", "array_agg(i) filter (where i > 7)", "string_agg(s, ', ' order by d)",
    "count(n)", "sum(n)", "count(*) filter (where d > 0)",
)  # fmt: skip
ROWS = """(values
    (null, 7, cast(2.5 as decimal(18, 2)), cast(-2.5 as decimal(18, 2)), cast(0.005 as decimal(18, 5)),
        cast(1.005 as double), cast(2.5 as double), 'Ñ\\b%_', make_date(2016, 2, 29)),
    (3, 8, cast(1.5 as decimal(18, 2)), cast(-1.5 as decimal(18, 2)), null,
        cast(0.285 as double), cast(0.1 as double), 'x', make_date(2017, 3, 31))
) as rows (n, i, d, e, h, f, g, s, day)"""
ASK = """
import json, os, sys
from pathlib import Path
from orchestration.spark_child import find_spark, session
find_spark()
Path(sys.argv[1], "feeds.json").write_text("[]")
spark = session("local[1]", Path(sys.argv[1]))
asked = json.loads(Path(sys.argv[1], "asked.json").read_text())
def plain(value):
    return value if value is None or isinstance(value, (bool, int, float, list)) else str(value)
def answer(query):
    try:
        return [[plain(value) for value in row] for row in spark.sql(query).collect()]
    except Exception as error:  # told beside the query it belongs to
        return [[str(error)[:300]]]
found = [answer(query) for query in asked]
Path(sys.argv[1], "found.json").write_text(json.dumps(found))
spark.stop()
"""


def test_expressions_mean_the_same(tmp_path: Path) -> None:
    queries = [f"select {asked} from {ROWS}" for asked in (*EXPRESSIONS, *AGGREGATES)]
    (tmp_path / "asked.json").write_text(json.dumps([to_spark(query) for query in queries]))
    environment = spark_environment(tmp_path, "local[1]")
    line = [str(PYTHON), "-c", ASK, str(tmp_path)]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads((tmp_path / "found.json").read_text())
    differing = {}
    with duckdb.connect() as connection:
        for query, rows in zip(queries, found, strict=True):
            own = [[_plain(value) for value in row] for row in connection.execute(query).fetchall()]
            if [[_number(v) for v in row] for row in own] != [[_number(v) for v in row] for row in rows]:
                differing[query.split(" from (values")[0]] = (own, rows)
    assert differing == {}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | list) else str(value)


def _number(value: Any) -> Any:
    """Numbers of whatever type within what doubles may differ by; all else as it is."""
    try:
        return round(Decimal(str(value)), 9) if not isinstance(value, bool | list) else value
    except ArithmeticError:
        return value
