"""Great Expectations on DuckDB: the only module that imports it, and only inside functions (the import takes seconds).

Belongs here: the context, one validation call, the rows behind a failure. Does not belong here: what is changed in GX
(`gx_shims`), what a check means or how its verdict reads (`runner`). Reasons: docs/decisions/0003.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.gx_shims import one_configuration_shim, one_connection_shim, one_id_shim
from expectations.template import for_gx, for_relation
from expectations.time_limit import CHECK_SECONDS, time_limit
from pcw.duck import RIGHT_ROWS
from pcw.ending import stop_if_ended
from pcw.errors import PcwError
from pcw.rows import HAS_MEMBERS, MEMBERS

if TYPE_CHECKING:
    import duckdb

_SAMPLE = 5


@dataclass(frozen=True)
class Rule:
    """What GX is asked: a named expectation with kwargs, or filled SQL that returns the offending rows."""

    check: str
    expectation: str | None
    kwargs: Mapping[str, Any]
    sql: str | None


@dataclass(frozen=True)
class Outcome:
    """What GX said: `error` is set when the rule could not be evaluated; `sample` holds up to five offending rows."""

    passed: bool
    unexpected_count: int = 0
    sample: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None


@cache
def gx_context() -> Any:
    """The one ephemeral context of this process: nothing on disk, no progress bars, no analytics."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations
    from great_expectations.core.id_dict import IDDict
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.expectations.expectation import Expectation

    one_connection_shim(SqlAlchemyExecutionEngine)
    one_configuration_shim(Expectation)
    one_id_shim(IDDict)
    # GX logs the whole traceback of every metric that fails; the verdict carries its sentence.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    # An ephemeral context writes its configuration as YAML at every change, to nowhere.
    context._save_project_config = lambda: None
    return context


@cache
def counted_rows() -> Any:
    """GX's expectation for SQL that returns offending rows, without the rows: it asks for the count alone.

    The original also fetches the rows, which runs every query twice; the rows of a failure are read afterwards. Its
    count is one of GX's aggregates here, so that GX asks for those of all checks in one statement; a query of its own
    for each costs more than its answer does on small files.
    """
    import sqlalchemy
    from great_expectations.core.metric_domain_types import MetricDomainTypes
    from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.expectations import UnexpectedRowsExpectation
    from great_expectations.expectations.metrics.metric_provider import metric_partial
    from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider

    name = "offending_rows.count"

    class OffendingRows(QueryMetricProvider):  # type: ignore[misc]
        metric_name = name
        value_keys = ("unexpected_rows_query",)

        @metric_partial(  # type: ignore[untyped-decorator]
            engine=SqlAlchemyExecutionEngine,
            partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
            domain_type=MetricDomainTypes.TABLE,
        )
        def _sqlalchemy(
            cls: Any, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
        ) -> Any:
            batch, _domain, _accessor = execution_engine.get_compute_domain(
                metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
            )
            query = cls._get_substituted_batch_subquery_from_query_and_batch_selectable(
                query=metric_value_kwargs["unexpected_rows_query"],
                batch_selectable=batch,
                execution_engine=execution_engine,
            )
            # Of an aggregate there is one row, also where the relation has none.
            count: Any = sqlalchemy.literal_column(f"(select count(*) from ({query})) + 0 * count(*)")
            return count, metric_domain_kwargs, {}

    class CountedRows(UnexpectedRowsExpectation):  # type: ignore[misc]
        metric_dependencies = (name,)

        def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
            count = metrics[name]
            return {"success": count == 0, "result": {"observed_value": count}}

    return CountedRows


class Relation:
    """One table or view of a DuckDB database as GX sees it. Use through `open_relation`."""

    def __init__(self, engine: Any, relation: str, seconds: float) -> None:
        self._engine, self.relation, self._seconds = engine, relation, seconds
        with engine.get_connection() as connection:
            self._database = connection.connection.dbapi_connection
        self.columns = tuple(row["column_name"] for row in self.rows(f"describe {relation}"))
        described = _Described(engine.engine, self)
        engine.get_inspector = lambda: described
        self._validator = _validator(engine, relation)

    def rows(self, sql: str) -> list[Mapping[str, Any]]:
        """Run SQL on the kept connection. Raises PcwError with DuckDB's sentence, or when it takes too long."""
        import duckdb
        import sqlalchemy

        with time_limit(self._database, self._seconds) as limit:
            try:
                with self._engine.get_connection() as connection:
                    result = connection.exec_driver_sql(sql)
                    return [dict(row) for row in result.mappings().fetchall()]
            except (sqlalchemy.exc.SQLAlchemyError, duckdb.Error) as problem:
                raise PcwError(str(limit) if limit.ran_out else sentence(str(problem))) from problem

    @cached_property
    def members(self) -> tuple[tuple[int, str], ...]:
        """After which row each member of an archive begins, see `pcw.rows`; none where the rows are of one table."""
        rows = self.rows(MEMBERS) if self.rows(HAS_MEMBERS) else []
        return tuple((row["starts_after"], row["member"]) for row in rows)

    def count(self) -> int:
        """Rows of the relation."""
        return int(self.rows(f"select count(*) as n from {self.relation}")[0]["n"])

    def validate(self, rules: Sequence[Rule]) -> dict[str, Outcome]:
        """One outcome per rule. All rules go in one call; only what fails is asked again, alone and in full.

        Raises KeyboardInterrupt where the process was told to end: no file is refused by Ctrl-C.

        The second question finds counts and rows, and clears rules that only failed because GX computes the metrics of
        all of them in one statement.
        """
        stop_if_ended()
        outcomes: dict[str, Outcome] = {}
        built: dict[str, Any] = {}
        for rule in rules:
            made = _expectation(rule)
            if isinstance(made, Outcome):
                outcomes[rule.check] = made
            else:
                built[rule.check] = made
        with time_limit(self._database, self._seconds):
            first = self._ask(list(built.values()), {"result_format": "BOOLEAN_ONLY"})
        for rule in rules:
            if rule.check in built:
                stop_if_ended()
                passed = rule.check in first and bool(first[rule.check].success)
                outcomes[rule.check] = Outcome(True) if passed else self._explain(rule, built[rule.check])
        stop_if_ended()  # what ends the process also breaks off a query, and that is no answer
        return outcomes

    def _ask(self, expectations: list[Any], result_format: dict[str, Any]) -> dict[str, Any]:
        import sqlalchemy
        from great_expectations.exceptions import GreatExpectationsError

        asked = [expectation.configuration for expectation in expectations]
        try:
            results = self._validator.graph_validate(asked, {"result_format": result_format})
        except (GreatExpectationsError, sqlalchemy.exc.SQLAlchemyError):
            return {}  # nobody answered: each rule is asked alone, and fails with its own sentence
        return {result.expectation_config.meta["check"]: result for result in results}

    def _explain(self, rule: Rule, expectation: Any) -> Outcome:
        shown = [name for name in ("source_row", "month", "practice_code") if name in self.columns]
        full = {"result_format": "SUMMARY", "partial_unexpected_count": _SAMPLE, "unexpected_index_column_names": shown}
        with time_limit(self._database, self._seconds) as limit:
            result = self._ask([expectation], full).get(rule.check)
        if limit.ran_out:
            return Outcome(False, error=str(limit))
        if result is None:
            return Outcome(False, error="Great Expectations gave no result")
        error = _error_in(result.exception_info)
        if error:
            return Outcome(False, error=error)
        if result.success:
            return Outcome(True)
        found = result.result
        if rule.sql is None:
            count = found.get("unexpected_count", 1)
            sample = found.get("partial_unexpected_index_list") or _values(rule, found)
            return Outcome(False, int(count), tuple(sample[:_SAMPLE]))
        try:
            return Outcome(False, int(found["observed_value"]), tuple(self.offenders(rule.sql, "*", _SAMPLE)))
        except PcwError as problem:
            return Outcome(False, int(found["observed_value"]), error=str(problem))

    def offenders(self, sql: str, select: str, limit: int | None = None) -> list[Mapping[str, Any]]:
        """Rows that the filled SQL returns, those of the lowest source_row first where it has that column."""
        query = f"select {select} from ({for_relation(sql, self.relation)}) as offender"
        if limit is not None:
            query += f"{' order by source_row' if 'source_row' in self.columns_of(sql) else ''} limit {limit}"
        return self.rows(query)

    def columns_of(self, sql: str) -> list[str]:
        """Names of the columns that the filled SQL returns."""
        return [row["column_name"] for row in self.rows(f"describe {for_relation(sql, self.relation)}")]


class _Described:
    """What GX asks SQLAlchemy's inspector, answered by `describe`.

    The reflection of duckdb-engine reads the catalogue of every database, a tenth of a second for each suite.
    """

    def __init__(self, engine: Any, relation: Relation) -> None:
        self.dialect, self._columns = engine.dialect, relation.columns

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        """Names of columns; no check of ours asks for their types."""
        return [{"name": name, "type": None} for name in self._columns]

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]:
        """No relation has a key."""
        return {}


@contextmanager
def open_relation(
    database: Path | str | duckdb.DuckDBPyConnection, relation: str, seconds: float = CHECK_SECONDS
) -> Iterator[Relation]:
    """Open a relation (`table` or `schema.table`) of a DuckDB file, of a duckdb-engine URL or of an open connection.

    No question may take longer than so many `seconds`: that of all rules together, and then that of each alone.
    A path is opened read-only, so the caller must have closed its own writing connection; one that is given stays open.
    Raises PcwError when the file cannot be opened or the relation is not there.
    """
    import duckdb
    import sqlalchemy

    gx_context()
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    engine = None
    try:
        engine = SqlAlchemyExecutionEngine(engine=_sql_engine(database))
        opened = Relation(engine, relation, seconds)
    except (sqlalchemy.exc.SQLAlchemyError, duckdb.Error, PcwError) as problem:
        _close(engine)
        raise PcwError(f"{relation} cannot be read from {_shown(database)}: {sentence(str(problem))}") from problem
    try:
        yield opened
    finally:
        _close(engine)


@contextmanager
def opened_once(path: Path) -> Iterator[Path | duckdb.DuckDBPyConnection]:
    """A DuckDB file open to be read by many suites: opening it takes longer than most of their questions.

    One that cannot be opened is given as it is, so that each suite says why.
    """
    import duckdb

    try:
        connection = duckdb.connect(str(path), read_only=True, config=RIGHT_ROWS)
    except duckdb.Error:
        yield path
        return
    with connection:
        yield connection


def _sql_engine(database: Path | str | duckdb.DuckDBPyConnection) -> Any:
    import sqlalchemy

    if isinstance(database, Path):
        return sqlalchemy.create_engine(f"duckdb:///{database}", connect_args={"read_only": True, "config": RIGHT_ROWS})
    if isinstance(database, str):
        return sqlalchemy.create_engine(database)
    from duckdb_engine import ConnectionWrapper

    return sqlalchemy.create_engine("duckdb://", creator=lambda: ConnectionWrapper(database.cursor()))


def _validator(engine: Any, relation: str) -> Any:
    """What GX validates with, on one table. A data source and an asset would only be asked for the same once more."""
    from great_expectations.core.batch import Batch, LegacyBatchDefinition
    from great_expectations.core.batch_spec import SqlAlchemyDatasourceBatchSpec
    from great_expectations.core.id_dict import IDDict
    from great_expectations.validator.validator import Validator

    schema, _, table = relation.rpartition(".")
    spec = SqlAlchemyDatasourceBatchSpec(
        type="table", table_name=table, schema_name=schema or None, create_temp_table=False
    )
    data, markers = engine.get_batch_data_and_markers(batch_spec=spec)
    definition = LegacyBatchDefinition("duckdb", "relation", relation, IDDict())
    batch = Batch(data=data, batch_definition=definition, batch_spec=spec, batch_markers=markers)
    return Validator(execution_engine=engine, batches=[batch], data_context=gx_context())


def _close(engine: Any) -> None:
    """Give back every connection: the caller moves or replaces the file next."""
    if engine is None:
        return
    if engine._connection:  # GX closes the connections it keeps only for the dialects it knows
        engine._connection.close()
    engine.engine.dispose()


def sentence(text: str) -> str:
    """The line of a driver's message that says what is wrong, without SQL, link or traceback."""
    found = re.search(r"\(_?duckdb\.\w+\)\s*(.+?)(?:\n\n|\nLINE |\[SQL:|$)", text, re.DOTALL)
    plain = found.group(1) if found else text.split("[SQL:")[0]
    return re.sub(r"\s+", " ", plain).strip()[:300]


def _expectation(rule: Rule) -> Any:
    """The GX object of a rule, or the Outcome that says why it cannot be one."""
    from great_expectations import expectations as known

    meta = {"check": rule.check}
    try:
        if rule.sql is not None:
            return counted_rows()(unexpected_rows_query=for_gx(rule.sql), meta=meta)
        kind = getattr(known, str(rule.expectation), None)
        if kind is None:
            return Outcome(False, error=f"Great Expectations has no {rule.expectation}")
        return kind(**rule.kwargs, meta=meta)
    except (TypeError, ValueError) as problem:
        return Outcome(False, error=sentence(str(problem)))


def _error_in(exception_info: Any) -> str | None:
    """The sentence of the first exception; GX gives one record, or one per metric."""
    if not exception_info:
        return None
    records = [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    for record in records:
        if record and record.get("raised_exception"):
            return sentence(str(record.get("exception_message")))
    return None


def _values(rule: Rule, found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Offending values of a relation that has no columns to name their rows by, else what was observed."""
    column = rule.kwargs.get("column")
    if "partial_unexpected_list" in found:
        return [
            value if isinstance(value, dict) else {str(column): value} for value in found["partial_unexpected_list"]
        ]
    return [{"observed": found.get("observed_value")}]


def _shown(database: Path | str | duckdb.DuckDBPyConnection) -> str:
    if isinstance(database, Path):
        return database.name
    if isinstance(database, str):
        return database
    import duckdb

    of_this = "select path from duckdb_databases() where database_name = current_database()"
    try:
        file = database.cursor().execute(of_this).fetchone()
    except duckdb.Error:
        return "an open database"
    return Path(file[0]).name if file and file[0] else "the rows in memory"
