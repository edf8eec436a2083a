"""The SQL of the models in the words of Spark: how each rule reads. That both mean the same: `pipeline/test_spark`."""

import pytest
import sqlglot
from sqlglot.errors import SqlglotError

from dbt_project.dialect import to_spark

RULES = [
    # Nulls are last in DuckDB, whichever way the order goes.
    ("row_number() over (order by a, b desc)", "ROW_NUMBER() OVER (ORDER BY a NULLS LAST, b DESC)"),
    ("a / b / c", "CAST(CAST(a AS DOUBLE) / CAST(b AS DOUBLE) AS DOUBLE) / CAST(c AS DOUBLE)"),
    ("avg(a)", "AVG(CAST(a AS DOUBLE))"),
    ("sum(a order by a)", "CASE WHEN COUNT(a) >= 1 THEN AGGREGATE(ARRAY_SORT(COLLECT_LIST(CAST(a AS DOUBLE))), "
                          "CAST(0 AS DOUBLE), (t_, v_) -> t_ + v_) END"),
    ("percentile_cont(0.1) within group (order by a)", "PERCENTILE(a, 0.1)"),
    ("max_by(a, b)", "MAX_BY(a, b) FILTER(WHERE NOT a IS NULL)"),
    ("max_by(a, b) filter (where c)", "MAX_BY(a, b) FILTER(WHERE c AND NOT a IS NULL)"),
    ("concat('x', a)", "CONCAT('x', COALESCE(CAST(a AS STRING), ''))"),
    ("concat_ws('|', a, b)", "CONCAT_WS('|', a, b)"),
    ("a like 'x%'", "a LIKE 'x%'"),
    ("a like concat(b, '%')", "a LIKE CONCAT(COALESCE(CAST(b AS STRING), ''), '%') ESCAPE '\\001'"),
    ("a like 'x\\y%'", "a LIKE 'x\\\\y%' ESCAPE '\\001'"),
    ("cast(a as integer)", "IF(TYPEOF(a) = 'double', CAST(RINT(a) AS INT), CAST(ROUND(a, 0) AS INT))"),
    ("cast(-a as integer)", "IF(TYPEOF(-a) = 'double', CAST(RINT(-a) AS INT), CAST(ROUND(-a, 0) AS INT))"),
    ("cast(a / 2 as integer)", "CAST(RINT(CAST(a AS DOUBLE) / CAST(2 AS DOUBLE)) AS INT)"),
    ("cast(substr(a, 1, 4) as integer)", "CAST(SUBSTRING(a, 1, 4) AS INT)"),
    ("round(a / 2, 1)", "CAST(ROUND((CAST(CAST(a AS DOUBLE) / CAST(2 AS DOUBLE) AS DOUBLE)) * 1e1, 0) AS DOUBLE) "
                        "/ CAST(1e1 AS DOUBLE)"),
    ("round(a, 1)", "ROUND(a, 1)"),
    ("cast(a as decimal(18, 2))", "IF(TYPEOF(a) = 'double', CAST(CAST(ROUND((CAST(a AS DOUBLE)) * 1e2, 0) AS DOUBLE) "
                                  "/ CAST(1e2 AS DOUBLE) AS DECIMAL(18, 2)), CAST(a AS DECIMAL(18, 2)))"),
    ("cast(sum(a) as decimal(18, 2))", "CAST(SUM(a) AS DECIMAL(18, 2))"),
    ("date_diff('day', a, b)", "DATEDIFF(CAST(b AS DATE), CAST(a AS DATE))"),
    ("format('GBP {:,.2f}', a)", "CONCAT('GBP ', FORMAT_NUMBER(a, 2))"),
    ("format('{:,}', a)", "CONCAT('', FORMAT_NUMBER(a, 0))"),
    ("upper(a)", "UPPER(TRANSLATE(a, 'ß', 'ẞ'))"),
    ("lower(a)", "LOWER(TRANSLATE(a, 'İΣ', 'iσ'))"),
    ("list_has_any(a, b)", "ARRAYS_OVERLAP(a, b)"),
    ("list_has_all(a, b)", "SIZE(ARRAY_EXCEPT(b, a)) = 0"),
    ("trim(a)", "REGEXP_REPLACE(a, '^\\\\p{Zs}+|\\\\p{Zs}+$', '')"),
    ("cast(a as time)", "CAST(a AS time(6))"),
    ("list_extract(a, 1)", "GET(a, 1 - 1)"),
    ("array_agg(a)", "IF(SIZE(COLLECT_LIST(a)) > 0, COLLECT_LIST(a), NULL)"),
    ("array_agg(a) filter (where b)", "IF(SIZE(COLLECT_LIST(a) FILTER(WHERE b)) > 0, "
                                      "COLLECT_LIST(a) FILTER(WHERE b), NULL)"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), RULES, ids=[said for said, _ in RULES])
def test_each_rule(said: str, expected: str) -> None:
    assert " ".join(to_spark(f"select {said}").split()).replace("( ", "(").replace(" )", ")") == f"SELECT {expected}"


def test_a_parsed_query_is_left_as_it_was() -> None:
    query = sqlglot.parse_one("select a / b", read="duckdb")
    assert "CAST" in to_spark(query)
    assert query.sql("duckdb") == "SELECT a / b"


@pytest.mark.parametrize(
    "said", ["format('{:x}', a)", "a from", "* from read_parquet(['x', 'y'], union_by_name = true)"]
)
def test_what_spark_has_no_words_for_is_an_error(said: str) -> None:
    with pytest.raises((SqlglotError, ValueError)):
        to_spark(f"select {said}")


@pytest.mark.parametrize(
    "said",
    [
        "dayofweek(a)", "weekday(a)", "list(a order by b)", "array_agg(a order by b) filter (where c)", "sin(a)",
        "try_cast(a as integer)", "extract(isodow from a)", "date_trunc('week', a)", "date_diff('month', a, b)",
        "strftime(a, '%Y')", "row_number() over (order by epoch(a))",
    ],
)  # fmt: skip
def test_what_was_not_held_against_both_engines_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="nobody has asked whether Spark means the same"):
        to_spark(f"select {said}")
