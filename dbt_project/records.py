"""Current records of the feeds whose files stand for providers and months: which row of a record counts, and drift.

Which submission is in force for a provider-month belongs in `sources.ledger`; here rows are compared, by record. The
rule is one for all rows ever received, so that files landed in any order give the same (docs/decisions/0007).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from sources.contracts import Contract, Scoped
from sources.ledger import ScopeState, extract_at
from sources.manifests import Scope, Submission, parquet_files
from sources.staging import PROFILE

# How a record was sent and stored, not what it says: a year-to-date file differs in these from the month sent alone.
TRANSPORT = ("generated_record_id", "report_period_start_date", "report_period_end_date", "update_type")
TABLES = {
    "sus_scope": """
        dataset varchar, provider_code varchar, month date, submission_id varchar, protocol varchar,
        activity_status varchar, rows bigint, received_at timestamp, extract_at timestamp, is_base boolean,
        is_in_force boolean
    """,
    "sus_displaced": "dataset varchar, submission_id varchar, source_row bigint",
    "sus_profile": """
        dataset varchar, provider_code varchar, treatment_function_code varchar, month date, submission_id varchar,
        measure varchar, value bigint
    """,
    "sus_drift": """
        dataset varchar, provider_code varchar, month date, frozen_submission_id varchar, later_submission_id varchar,
        records_added bigint, records_removed bigint, records_changed bigint
    """,
}


@dataclass(frozen=True)
class Vintages:
    """All that was received of one such dataset, oldest first, and what is in force for each provider-month."""

    landing: Path
    contract: Contract
    submissions: tuple[Submission, ...]
    states: Mapping[Scope, ScopeState]

    @property
    def scoped(self) -> Scoped:
        """The rules of the dataset."""
        assert self.contract.scoped is not None
        return self.contract.scoped

    @property
    def dataset(self) -> str:
        """Its name."""
        return self.contract.dataset

    def in_force(self) -> dict[date, tuple[Submission, ...]]:
        """For each month the submissions in force for one of its provider-months, oldest first."""
        held: dict[date, set[str]] = {}
        for (_, month), state in self.states.items():
            held.setdefault(month, set()).update(submission.submission_id for submission in state.in_force)
        return {month: tuple(s for s in self.submissions if s.submission_id in ids) for month, ids in held.items()}

    def rows(self, connection: duckdb.DuckDBPyConnection, wanted: Mapping[date, Sequence[Submission]]) -> str:
        """SQL of the landed rows of some submissions and months, in the columns of the contract, with `period`.

        One select for each month: DuckDB 1.5 fails on comparing a hive partition column with a subquery.
        """
        selects = [self._rows_of(connection, period, submissions) for period, submissions in sorted(wanted.items())]
        nothing = ", ".join(f"cast(null as {column.sql_type}) as {column.name}" for column in self.contract.columns)
        return " union all ".join(select for select in selects if select) or (
            f"select {nothing}, cast(null as varchar) as submission_id, cast(null as bigint) as source_row, "
            "cast(null as date) as period where false"
        )

    def _rows_of(
        self, connection: duckdb.DuckDBPyConnection, period: date, submissions: Sequence[Submission]
    ) -> str | None:
        files = [file for submission in submissions for file in parquet_files(self.landing, submission, period)]
        if not files:
            return None
        source = f"read_parquet([{', '.join(map(_text, files))}], hive_partitioning = false, union_by_name = true)"
        landed = {column.name for column in self.contract.columns}
        if any(submission.contract_hash != self.contract.content_hash for submission in submissions):
            # The contract may have gained columns since: they are null in what was landed before.
            landed = {row[0] for row in connection.execute(f"describe from {source}").fetchall()}
        columns = ", ".join(
            f"cast({column.name if column.name in landed else 'null'} as {column.sql_type}) as {column.name}"
            for column in self.contract.columns
        )
        return f"select {columns}, submission_id, source_row, {_day(period)} as period from {source}"

    @property
    def record(self) -> str:
        """SQL of what all versions of a record share, within its provider."""
        return f"coalesce({self.scoped.record}, {self.scoped.record_fallback or self.scoped.record})"

    @property
    def is_deleted(self) -> str:
        """SQL of whether a row deletes its record; a null flag deletes nothing."""
        return f"({self.scoped.deleted}) is true" if self.scoped.deleted else "false"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables of the schema `feed` about providers and months, empty, and what is remembered between builds."""
    for name, columns in TABLES.items():
        connection.execute(f"create or replace table feed.{name} ({columns})")
    connection.execute(f"create table if not exists build.drift ({TABLES['sus_drift']})")


def write_records(connection: duckdb.DuckDBPyConnection, vintages: Vintages) -> dict[date, str]:
    """Fill these tables for one dataset; returns for each month a hash of its rows in force that do not count."""
    _write_scopes(connection, vintages)
    if not vintages.submissions:
        return {}
    displaced = _write_displaced(connection, vintages)
    _write_profile(connection, vintages)
    _write_drift(connection, vintages)
    return displaced


def current_records(connection: duckdb.DuckDBPyConnection, vintages: Vintages) -> str:
    """SQL of the view of current records: the rows in force without those that were displaced."""
    columns = ", ".join(f"landed.{column.name}" for column in vintages.contract.columns)
    dataset, provider = _text(vintages.dataset), vintages.scoped.provider
    return f"""
        select {columns}, landed.submission_id, landed.source_row, landed.period, scopes.activity_status
        from ({vintages.rows(connection, vintages.in_force())}) as landed
        inner join feed.sus_scope as scopes
            on
                scopes.dataset = {dataset}
                and scopes.is_in_force
                and landed.submission_id = scopes.submission_id
                and landed.{provider} = scopes.provider_code
                and landed.period = scopes.month
        anti join feed.sus_displaced as displaced
            on
                displaced.dataset = {dataset}
                and landed.submission_id = displaced.submission_id
                and landed.source_row = displaced.source_row
    """


def _write_scopes(connection: duckdb.DuckDBPyConnection, vintages: Vintages) -> None:
    rows = []
    for submission in vintages.submissions:
        extracted = extract_at(submission, vintages.contract)
        received = submission.received_at.astimezone(UTC).replace(tzinfo=None)
        for facts in submission.scopes:
            state = vintages.states[facts.scope]
            is_base = state.base is not None and state.base.submission_id == submission.submission_id
            is_in_force = any(other.submission_id == submission.submission_id for other in state.in_force)
            place = (vintages.dataset, facts.provider, facts.period, submission.submission_id, submission.protocol)
            rows.append((*place, facts.activity_status, facts.rows, received, extracted, is_base, is_in_force))
    _insert(connection, "feed.sus_scope", rows)


def _write_displaced(connection: duckdb.DuckDBPyConnection, vintages: Vintages) -> dict[date, str]:
    """Rows in force that another version of their record replaces, or that delete it.

    Only a record in two months, twice in force, deleted, or with a newer row in no scope can have such rows: within one
    scope the rows in force are newer than all that took part before them. Of two frozen months the one frozen first
    keeps the record; one declared final takes it from any other. A file says of a record what its newest row says, and
    of one that it deletes it keeps nothing.
    """
    scoped, dataset = vintages.scoped, _text(vintages.dataset)
    everything = {
        period: [s for s in vintages.submissions if any(facts.period == period for facts in s.periods)]
        for period in {facts.period for submission in vintages.submissions for facts in submission.periods}
    }
    frozen = [
        (provider, month, state.base.submission_id, state.status == "final")
        for (provider, month), state in vintages.states.items()
        if state.is_frozen and state.base is not None
    ]
    connection.execute("create or replace temp table turn (submission_id varchar, turn bigint)")
    _insert(connection, "turn", [(s.submission_id, number) for number, s in enumerate(vintages.submissions)])
    connection.execute(
        "create or replace temp table frozen (provider varchar, month date, submission_id varchar, is_final boolean)"
    )
    _insert(connection, "frozen", frozen)
    connection.execute(f"""
        create or replace temp view placed as
        select
            landed.period, landed.submission_id, landed.source_row, landed.provider, landed.record, landed.is_deleted,
            turn.turn, landed.extracted, scopes.submission_id is not null as is_in_force,
            case when frozen.submission_id = landed.submission_id then if(frozen.is_final, 2, 1) else 0 end as standing
        from (
            select
                period, submission_id, source_row, {scoped.provider} as provider, {vintages.record} as record,
                {scoped.order} as extracted, {vintages.is_deleted} as is_deleted
            from ({vintages.rows(connection, everything)})
        ) as landed
        inner join turn on landed.submission_id = turn.submission_id
        left join frozen on landed.provider = frozen.provider and landed.period = frozen.month
        left join turn as frozen_turn on frozen.submission_id = frozen_turn.submission_id
        left join feed.sus_scope as scopes
            on
                scopes.dataset = {dataset}
                and scopes.is_in_force
                and landed.submission_id = scopes.submission_id
                and landed.provider = scopes.provider_code
                and landed.period = scopes.month
        where frozen_turn.turn is null or turn.turn <= frozen_turn.turn
    """)
    # Hashes of records: two that share one are looked at both.
    connection.execute("""
        create or replace temp table doubtful as
        select hash(provider, record) as record_hash
        from placed
        group by record_hash
        having
            min(period) <> max(period)
            or count(*) filter (is_in_force) > 1
            or bool_or(is_deleted)
            or max(turn) filter (not is_in_force) >= min(turn) filter (is_in_force)
    """)
    connection.execute("""
        create or replace temp table displaced as
        select period, submission_id, source_row
        from (
            select
                *,
                row_number() over (
                    partition by provider, record
                    order by kept desc, if(kept = 1, -turn, turn) desc, extracted desc, source_row desc
                ) as place
            from (
                select
                    placed.*,
                    if(placed.is_deleted or row_number() over said > 1, 0, placed.standing) as kept
                from placed semi join doubtful on hash(placed.provider, placed.record) = doubtful.record_hash
                window said as (
                    partition by placed.provider, placed.record, placed.submission_id
                    order by placed.extracted desc, placed.source_row desc
                )
            )
        )
        where is_in_force and (place > 1 or is_deleted)
    """)
    connection.execute(f"insert into feed.sus_displaced select {dataset}, submission_id, source_row from displaced")
    hashes = connection.execute("""
        select period, md5(string_agg(concat(submission_id, ' ', source_row), ',' order by submission_id, source_row))
        from displaced group by period
    """).fetchall()
    connection.execute("drop view temp.placed")
    for name in ("turn", "frozen", "doubtful", "displaced"):
        connection.execute(f"drop table temp.{name}")
    return dict(hashes)


def _write_profile(connection: duckdb.DuckDBPyConnection, vintages: Vintages) -> None:
    """The counts that landing made of bulk submissions."""
    folder = vintages.landing / vintages.dataset
    files = [folder / s.submission_id / PROFILE for s in vintages.submissions if s.protocol != "net"]
    listed = ", ".join(_text(str(file)) for file in files if file.exists())
    if not listed:
        return
    connection.execute(f"""
        insert into feed.sus_profile
        select
            {_text(vintages.dataset)}, provider_code, treatment_function_code, month,
            parse_path(filename)[-2], measure, value
        from read_parquet([{listed}], filename = true, hive_partitioning = false)
    """)


@dataclass(frozen=True)
class _Pair:
    """A frozen provider-month and a submission that came for it later."""

    provider: str
    month: date
    frozen: Submission
    later: Submission

    @property
    def key(self) -> tuple[str, date, str, str]:
        return self.provider, self.month, self.frozen.submission_id, self.later.submission_id


def _write_drift(connection: duckdb.DuckDBPyConnection, vintages: Vintages) -> None:
    """What later submissions would have changed. Two submissions are compared once: neither ever changes."""
    pairs = [
        _Pair(provider, month, state.base, later)
        for (provider, month), state in vintages.states.items()
        if state.base is not None
        for later in state.drift
    ]
    if not pairs:
        return
    dataset = _text(vintages.dataset)
    compared = set(
        connection.execute(f"""
            select provider_code, month, frozen_submission_id, later_submission_id
            from build.drift where dataset = {dataset}
        """).fetchall()
    )
    new = [pair for pair in pairs if pair.key not in compared]
    for month in sorted({pair.month for pair in new}):  # one at a time: memory for a month, whatever the history
        _compare(connection, vintages, month, [pair for pair in new if pair.month == month])
    connection.execute(
        "create or replace temp table pair (provider varchar, month date, frozen varchar, later varchar)"
    )
    _insert(connection, "pair", [pair.key for pair in pairs])
    connection.execute(f"""
        insert into feed.sus_drift
        select drift.*
        from build.drift as drift
        semi join pair
            on
                drift.dataset = {dataset}
                and drift.provider_code = pair.provider
                and drift.month = pair.month
                and drift.frozen_submission_id = pair.frozen
                and drift.later_submission_id = pair.later
        where drift.records_added + drift.records_removed + drift.records_changed > 0
    """)
    connection.execute("drop table temp.pair")


def _compare(connection: duckdb.DuckDBPyConnection, vintages: Vintages, month: date, pairs: Sequence[_Pair]) -> None:
    """By record; a bulk file removes what it lacks, a net file what it deletes."""
    scoped, dataset = vintages.scoped, _text(vintages.dataset)
    held = {submission.submission_id: submission for pair in pairs for submission in (pair.frozen, pair.later)}
    unsaid = (scoped.order, scoped.record_fallback, *TRANSPORT)
    said = ", ".join(column.name for column in vintages.contract.columns if column.name not in unsaid)
    connection.execute(
        "create or replace temp table pair "
        "(provider varchar, month date, frozen varchar, later varchar, is_net boolean)"
    )
    _insert(connection, "pair", [(*pair.key, pair.later.protocol == "net") for pair in pairs])
    connection.execute(f"""
        insert into build.drift
        with versions as (
            select
                {scoped.provider} as provider, period as month, submission_id, {vintages.record} as record,
                arg_max(
                    struct_pack(is_deleted := {vintages.is_deleted}, said := hash({said})),
                    struct_pack(extracted := {scoped.order}, source_row := source_row)
                ) as version
            from ({vintages.rows(connection, {month: list(held.values())})})
            group by all
        ),
        frozen as (
            select pair.*, versions.record, versions.version.said as said
            from pair
            inner join versions
                on
                    pair.provider = versions.provider
                    and pair.month = versions.month
                    and pair.frozen = versions.submission_id
            where not versions.version.is_deleted
        ),
        later as (
            select pair.*, versions.record, versions.version.said as said, versions.version.is_deleted as is_deleted
            from pair
            inner join versions
                on
                    pair.provider = versions.provider
                    and pair.month = versions.month
                    and pair.later = versions.submission_id
        ),
        compared as (
            select
                provider, month, frozen, later,
                frozen.record is null and not later.is_deleted as is_added,
                frozen.record is not null and coalesce(later.is_deleted, not frozen.is_net) as is_removed,
                frozen.record is not null and not later.is_deleted and frozen.said <> later.said as is_changed
            from frozen full join later using (provider, month, frozen, later, record)
        )
        select
            {dataset}, pair.provider, pair.month, pair.frozen, pair.later, count(*) filter (compared.is_added),
            count(*) filter (compared.is_removed), count(*) filter (compared.is_changed)
        from pair left join compared using (provider, month, frozen, later)
        group by all
    """)
    connection.execute("drop table temp.pair")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _day(day: date) -> str:
    return f"date '{day.isoformat()}'"


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Rows by rows of literals: a prepared insert per row takes seconds for years of provider-months."""
    listed = [f"({', '.join(map(_literal, row))})" for row in rows]
    for start in range(0, len(listed), 5000):
        connection.execute(f"insert into {table} values {', '.join(listed[start : start + 5000])}")


def _literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"timestamp '{value.isoformat(sep=' ')}'"
    return _day(value) if isinstance(value, date) else _text(str(value))
