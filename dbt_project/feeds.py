"""The schema `feed` of the build database: current submissions as relations, and which months must be rebuilt.

The build database is disposable: it is thrown away when models, seeds or contracts changed, and whenever it cannot be
opened. What the feeds mean belongs in the models.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from dbt_project.kept import create_kept
from dbt_project.ledger_tables import insert, utc, write_calendar, write_submissions, write_waivers
from dbt_project.records import Vintages, create_tables, current_records, write_records
from dbt_project.warehouse import assert_closed, discard
from expectations.waivers import Waiver
from pcw.errors import PcwError
from sources.calendar import next_month
from sources.contracts import Contract
from sources.ledger import order_key, scope_states, serving_period
from sources.manifests import Submission, parquet_files
from sources.versions import without_superseded

ROOM = Path(__file__).parent
# Families whose rows incremental models keep by month; of all others every row is modelled in each build.
KEPT_BY_MONTH = ("practice", "prescribing", "sus")
MODEL_FILES = ("*.py", "models/**/*", "macros/**/*", "seeds/**/*", "tests/**/*", "dbt_project.yml")


@dataclass(frozen=True)
class Inputs:
    """Everything that the figures of one build depend on.

    `known` are all submissions received by then and not withdrawn, `in_force` those that are current; `gates` is a hash
    of the suites that let them through and of the `waivers` of what they found. `engine` is what the models are built
    by.
    """

    landing: Path
    contracts: Mapping[str, Contract]
    in_force: Mapping[str, Mapping[date, tuple[Submission, ...]]]
    commissioner: str
    known: tuple[Submission, ...] = ()
    gates: str = ""
    waivers: tuple[Waiver, ...] = ()
    engine: str = "duckdb"

    @cached_property
    def vintages(self) -> dict[str, Vintages]:
        """Of the datasets whose files stand for providers and months, all that was received."""
        found = {}
        for dataset, contract in self.contracts.items():
            if contract.scoped is not None:
                own = [submission for submission in self.known if submission.dataset == dataset]
                own.sort(key=lambda submission: order_key(submission, contract))
                found[dataset] = Vintages(self.landing, contract, tuple(own), scope_states(own, contract))
        return found

    def current_submissions(self) -> list[Submission]:
        """Each submission that is in force for something, once."""
        periods = [held for by_period in self.in_force.values() for held in by_period.values()]
        return list({(s.dataset, s.submission_id): s for held in periods for s in held}.values())

    def judged_submissions(self) -> list[Submission]:
        """Those of them whose verdicts a release rests on: no superseded version of a report."""
        return without_superseded(self.current_submissions(), self.known, self.contracts)

    def months(self) -> list[date]:
        """First days of the months from the first to the last that a list, prescribing or hospital activity has.

        Finance and counts have months of their own: a plan of next year, or a survey of years ago, makes no month of
        activity.
        """
        held = [
            period
            for dataset, periods in self.in_force.items()
            if self.contracts[dataset].cadence in ("monthly", "snapshot")
            and self.contracts[dataset].family in KEPT_BY_MONTH
            for period in periods
        ]
        return list(_month_range(min(held), max(held))) if held else []

    def months_of(self, dataset: str) -> list[date]:
        """Those months, and those from the first to the last of this feed: a gap is missing whatever else came."""
        own = self.in_force[dataset]
        return sorted({*self.months(), *(_month_range(min(own), max(own)) if own else ())})

    def served(self, dataset: str, month: date) -> date | None:
        """The period whose rows stand for `month`; None where nothing does."""
        periods = self.in_force[dataset]
        if self.contracts[dataset].cadence == "monthly":
            return month if month in periods else None
        return serving_period(self.contracts[dataset], periods, month)

    def month_fingerprints(self, displaced: Mapping[date, str] | None = None) -> dict[date, str]:
        """For each month a hash of all that its rows are made from; `displaced` stands for rows that do not count."""
        by_month = {
            dataset: periods
            for dataset, periods in self.in_force.items()
            if self.contracts[dataset].family in KEPT_BY_MONTH
        }
        always = {
            dataset: {period.isoformat(): _ids(held) for period, held in periods.items()}
            for dataset, periods in by_month.items()
            if self.contracts[dataset].cadence == "register"
        }
        scopes: dict[date, list[tuple[str, str, str | None, list[str]]]] = {}
        for dataset, vintages in self.vintages.items():
            for (provider, month), state in vintages.states.items():
                scopes.setdefault(month, []).append((dataset, provider, state.status, _ids(state.in_force)))
        fingerprints = {}
        for month in self.months():
            own = {}
            for dataset, periods in by_month.items():
                if dataset in always or dataset in self.vintages:
                    continue
                if (period := self.served(dataset, month)) is not None:
                    own[dataset] = [period.isoformat(), _ids(periods[period])]
            without = (displaced or {}).get(month)
            fingerprints[month] = _hash([self.commissioner, always, own, sorted(scopes.get(month, [])), without])
        return fingerprints

    def fingerprint(self) -> str:
        """A hash of all inputs, models and definitions: equal means that a release would be equal."""
        months = {month.isoformat(): value for month, value in self.month_fingerprints().items()}
        # Which row of a record counts, and what is reported of earlier vintages, depends on all of them.
        received: dict[str, list[Any]] = {
            dataset: _ids(vintages.submissions) for dataset, vintages in self.vintages.items()
        }
        received |= {
            dataset: [[period.isoformat(), *_ids(held)] for period, held in sorted(periods.items())]
            for dataset, periods in self.in_force.items()
            if self.contracts[dataset].family not in KEPT_BY_MONTH
        }
        # Registers are in the hash of every month; where nothing has months but counts, they stand for themselves.
        registers = {
            dataset: [[period.isoformat(), *_ids(held)] for period, held in sorted(periods.items())]
            for dataset, periods in self.in_force.items()
            if not months and self.contracts[dataset].cadence == "register"
        }
        return _hash([definitions_hash(self.contracts), self.gates, self.commissioner, months, received | registers])


def _ids(submissions: Iterable[Submission]) -> list[str]:
    return [submission.submission_id for submission in submissions]


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _month_range(first: date, last: date) -> Iterable[date]:
    month = first
    while month <= last:
        yield month
        month = next_month(month)


def definitions_hash(contracts: Mapping[str, Contract]) -> str:
    """A hash of models, macros, seeds, tests and contracts."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in MODEL_FILES for path in ROOM.glob(pattern) if path.is_file()}):
        digest.update(f"{path.relative_to(ROOM)}\0".encode() + path.read_bytes() + b"\0")
    for contract in contracts.values():
        digest.update(contract.content_hash.encode())
    return digest.hexdigest()


def prepare_feeds(warehouse: Path, inputs: Inputs, submissions: Sequence[Submission], memory_limit: str) -> list[date]:
    """Write the schema `feed` and return the months to rebuild.

    Their fingerprints are forgotten first and written again by `remember_build`, so that a build which breaks off is
    done again and never taken for whole.
    """
    # Types and last digits of tables differ between engines: neither goes on by month where the other has built.
    definitions = f"{inputs.engine} {definitions_hash(inputs.contracts)}"
    connection = _open(warehouse, definitions, memory_limit)
    try:
        connection.execute("begin")
        create_tables(connection)
        displaced = [write_records(connection, vintages) for vintages in inputs.vintages.values()]
        known = dict(connection.execute("select month, fingerprint from build.month_fingerprint").fetchall())
        wanted = inputs.month_fingerprints(_together(displaced))
        connection.execute("create or replace table build.wanted_fingerprint (month date, fingerprint varchar)")
        insert(connection, "build.wanted_fingerprint", list(wanted.items()))
        rebuild = sorted(month for month in known.keys() | wanted.keys() if known.get(month) != wanted.get(month))
        connection.execute("create or replace table feed.rebuild_month (month date)")
        insert(connection, "feed.rebuild_month", [(month,) for month in rebuild])
        connection.execute("delete from build.month_fingerprint where month in (select month from feed.rebuild_month)")
        for dataset, contract in inputs.contracts.items():
            connection.execute(_feed_view(connection, inputs, dataset, contract))
        write_calendar(connection, inputs)
        write_submissions(connection, inputs, submissions)
        write_waivers(connection, inputs.waivers)
        connection.execute(
            "create or replace table feed.withheld (dataset varchar, practice_code varchar, month date, "
            "reason varchar, provider_code varchar, treatment_function_code varchar)"
        )
        create_kept(connection, anew=True)
        connection.execute("create or replace table build.inputs as select ? as fingerprint", [inputs.fingerprint()])
        connection.execute("commit")
    finally:
        connection.close()
    return rebuild


def _together(displaced: Sequence[Mapping[date, str]]) -> dict[date, str]:
    """Of each month one hash for all datasets."""
    months = {month for hashes in displaced for month in hashes}
    return {month: _hash([hashes.get(month) for hashes in displaced]) for month in months}


def assert_same_inputs(warehouse: Path, inputs: Inputs) -> None:
    """Refuse to go on with a build whose feeds were prepared from other files, definitions or gates.

    Raises:
        PcwError: something was landed or changed since; the whole job must run again.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        prepared = connection.execute("select fingerprint from build.inputs").fetchall()
    if prepared != [(inputs.fingerprint(),)]:
        raise PcwError(
            "Files or definitions changed since the feeds of this build were prepared. Run the whole job again."
        )


def remember_build(warehouse: Path, inputs: Inputs) -> None:
    """Record that every month is now built from these inputs.

    Raises:
        PcwError: the build was made from others.
    """
    assert_same_inputs(warehouse, inputs)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("begin")
        connection.execute("delete from build.month_fingerprint")
        connection.execute("insert into build.month_fingerprint from build.wanted_fingerprint")
        connection.execute("commit")


def _open(warehouse: Path, definitions: str, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """The build database made with these definitions, else a new one."""
    if warehouse.exists() and not _is_usable(warehouse, definitions):
        discard(warehouse)
    connection = duckdb.connect(str(warehouse), config={"memory_limit": memory_limit})
    connection.execute("create schema if not exists feed")
    connection.execute("create schema if not exists build")
    connection.execute("create table if not exists build.month_fingerprint (month date, fingerprint varchar)")
    connection.execute("create table if not exists build.definitions (hash varchar)")
    create_kept(connection, anew=False)
    if not connection.execute("select 1 from build.definitions").fetchall():
        connection.execute("insert into build.definitions values (?)", [definitions])
    return connection


def _is_usable(warehouse: Path, definitions: str) -> bool:
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute("select hash from build.definitions").fetchall() == [(definitions,)]
    except duckdb.Error as error:
        assert_closed(warehouse, error)
        return False  # damaged, or made by something else: it holds nothing that landing does not


def _feed_view(connection: duckdb.DuckDBPyConnection, inputs: Inputs, dataset: str, contract: Contract) -> str:
    """One select for each period: DuckDB 1.5 fails on comparing a hive partition column with a subquery."""
    if dataset in inputs.vintages:
        return f"create or replace view feed.{dataset} as {current_records(connection, inputs.vintages[dataset])}"
    selects = []
    held = ((period, one) for period, several in sorted(inputs.in_force[dataset].items()) for one in several)
    for period, submission in held:
        files = parquet_files(inputs.landing, submission, period)
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
        # A contract may have gained columns since this file was landed: they are null in it.
        described = connection.execute(f"describe from read_parquet([{listed}], hive_partitioning = false)").fetchall()
        landed = {row[0] for row in described}
        columns = ", ".join(
            f"cast({column.name if column.name in landed else 'null'} as {column.sql_type}) as {column.name}"
            for column in contract.columns
        )
        if contract.counts_together:  # which rows count depends on when they came
            columns += f", timestamp '{utc(submission.received_at)}' as received_at"
        selects.append(
            f"select {columns}, submission_id, source_row, date '{period.isoformat()}' as period "
            f"from read_parquet([{listed}], hive_partitioning = false)"
        )
    if selects:
        return f"create or replace view feed.{dataset} as {' union all '.join(selects)}"
    nothing = [f"cast(null as {column.sql_type}) as {column.name}" for column in contract.columns]
    if contract.counts_together:
        nothing.append("cast(null as timestamp) as received_at")
    return f"""
        create or replace view feed.{dataset} as
        select {", ".join(nothing)}, cast(null as varchar) as submission_id, cast(null as bigint) as source_row,
            cast(null as date) as period
        where false
    """
