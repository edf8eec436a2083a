"""Versions of finance reports: which a file holds, which counts, and when two files cannot be told apart.

The order: the highest version that a file states, else the newest receipt; what states none is older than what states
one, and what sums up a report older than the report. Which of several rows of a key counts within a version belongs in
`dbt_project/macros/versions.sql`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from sources.contracts import SUMMARY, Contract, Versions
from sources.manifests import Submission, VersionFacts, parquet_files


def versions_of(connection: duckdb.DuckDBPyConnection, contract: Contract) -> tuple[VersionFacts, ...]:
    """What `staged` holds of each scope and version, in order."""
    rules = contract.versions
    if rules is None:
        return ()
    scope = ", ".join(rules.scope)
    found = connection.execute(
        f"select {scope}, period, {rules.order}, {_is_summary(rules)} as is_summary, count(*) from staged "
        "where period is not null group by all order by all nulls first"
    ).fetchall()
    return tuple(
        VersionFacts(tuple(map(str, scope)), period, version, rows, is_summary)
        for *scope, period, version, is_summary, rows in found
    )


def _is_summary(rules: Versions) -> str:
    """SQL of whether a row is of a report that sums up another."""
    return f"coalesce({rules.source} = '{SUMMARY}', false)" if rules.source else "false"


def version_problem(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    contract: Contract,
    name: str,
    received: tuple[str, datetime],
    held: Sequence[VersionFacts],
    submissions: Sequence[Submission],
) -> str | None:
    """The sentence about rows that have no order: within the file, or against one of the same moment of receipt.

    `received` is the hash of the file and its moment of receipt.
    """
    sha256, moment = received
    mixed = _mixed(contract, name, held)
    if mixed is not None or contract.versions is None:
        return mixed
    for other in submissions:
        if other.dataset != contract.dataset or other.received_at != moment or other.file_sha256 == sha256:
            continue
        theirs = {facts.place for facts in other.versions}
        shared = [facts for facts in held if facts.place in theirs]
        if unstated := next((facts for facts in shared if facts.version is None), None):
            return (
                f"File {name} states the same moment of receipt ({moment:%Y-%m-%d %H:%M}) as "
                f"{other.file_name} for {_place(contract, unstated)}, and neither states {contract.versions.order}: "
                "nobody can tell which is newer, or whether they are parts. State a version, or a later --received-at."
            )
        if shared and (differing := differing_row(connection, landing, contract, other)) is not None:
            row, key = differing
            return (
                f"File {name}, row {row:,}: {key} is in {other.file_name} too, with other values, in the same "
                f"version and with the same moment of receipt ({moment:%Y-%m-%d %H:%M}): nobody can tell "
                "which is newer. State a higher version, or a later --received-at."
            )
    return None


def _mixed(contract: Contract, name: str, held: Sequence[VersionFacts]) -> str | None:
    if contract.versions is None:
        return None
    stated = {facts.scope for facts in held if facts.version is not None}
    unstated = next((facts for facts in held if facts.version is None and facts.scope in stated), None)
    if unstated is None:
        return None
    return (
        f"File {name}: of {_place(contract, unstated)} {unstated.rows:,} row(s) state no "
        f"{contract.versions.order} and the others do. Write it into every row, or into none."
    )


def _place(contract: Contract, facts: VersionFacts) -> str:
    assert contract.versions is not None
    return ", ".join(f"{name} {value}" for name, value in zip(contract.versions.scope, facts.scope, strict=True))


def differing_row(
    connection: duckdb.DuckDBPyConnection, landing: Path, contract: Contract, other: Submission
) -> tuple[int, str] | None:
    """The first row of `staged` whose key the other file has with other values, and that key."""
    files = [file for facts in other.periods for file in parquet_files(landing, other, facts.period)]
    said = [column.name for column in contract.columns if column.name not in contract.key]
    same = " and ".join(f"staged.{name} is not distinct from theirs.{name}" for name in contract.key)
    differs = " or ".join(f"staged.{name} is distinct from theirs.{name}" for name in said) or "false"
    shown = ", ".join(f"staged.{name}" for name in contract.key)
    found = connection.execute(
        f"select staged.source_row, {shown} from staged "
        "inner join read_parquet(?, hive_partitioning = false, union_by_name = true) as theirs "
        f"on {same} where {differs} order by staged.source_row limit 1",
        [files],
    ).fetchall()
    if not found:
        return None
    row, *values = found[0]
    return row, ", ".join(
        f"{name} {value}" for name, value in zip(contract.key, values, strict=True) if value is not None
    )


def newest_versions(submissions: Iterable[Submission], contract: Contract) -> set[tuple[str, VersionFacts]]:
    """Of each scope the version that counts, with the id of every file that holds it, wholly or in part."""
    rules = contract.versions
    if rules is None:
        return set()
    own = [s for s in submissions if s.dataset == contract.dataset and not s.is_gone]
    best: dict[tuple[str, ...], tuple[object, ...]] = {}
    for submission in own:
        for facts in submission.versions:
            best[facts.scope] = max(best.get(facts.scope, _LOWEST), _rank(submission, facts))
    return {
        (submission.submission_id, facts)
        for submission in own
        for facts in submission.versions
        if _rank(submission, facts) == best[facts.scope]
    }


def without_superseded(
    submissions: Iterable[Submission], known: Iterable[Submission], contracts: Mapping[str, Contract]
) -> list[Submission]:
    """Those of the submissions in force on which a release rests: of datasets with versions the newest, by `known`.

    Earlier versions are shown as what was known then. The gates of today are not asked about them, as they are not
    about any other file that a newer one replaced.
    """
    every = list(known)
    newest = {
        (dataset, submission_id)
        for dataset, contract in contracts.items()
        for submission_id, _ in newest_versions(every, contract)
    }
    return [
        submission
        for submission in submissions
        if (contract := contracts.get(submission.dataset)) is None
        or contract.versions is None
        or (submission.dataset, submission.submission_id) in newest
    ]


_LOWEST: tuple[object, ...] = (-1,)


def _rank(submission: Submission, facts: VersionFacts) -> tuple[object, ...]:
    """Greater counts before less. Files of one stated version have one rank: they are taken together."""
    if facts.version is not None:
        return not facts.is_summary, 1, facts.version
    return not facts.is_summary, 0, submission.received_at, submission.submission_id


def would_change_nothing(submission: Submission, submissions: Iterable[Submission]) -> bool:
    """Whether these bytes, received again now, would give the same rows: nothing came since for what they hold."""
    held = {facts.place for facts in submission.versions}
    return not any(
        other.dataset == submission.dataset
        and other.submission_id != submission.submission_id
        and _moment(other) >= _moment(submission)
        and any(facts.place in held for facts in other.versions)
        for other in submissions
    )


def _moment(submission: Submission) -> tuple[datetime, str]:
    return submission.received_at, submission.submission_id


def newest_rows(contract: Contract, relation: str) -> str:
    """SQL of the rows of `relation` (with received_at, submission_id and source_row) that count."""
    rules = contract.versions
    assert rules is not None
    scope, order = ", ".join(rules.scope), rules.order
    unstated = f"case when {order} is null then"
    key = ", ".join(dict.fromkeys((*rules.scope, *contract.key)))
    return f"""
        with aged as (
            select *, dense_rank() over (
                partition by {scope}
                order by
                    {_is_summary(rules)}, {order} desc nulls last, {unstated} received_at end desc nulls last,
                    {unstated} submission_id end desc nulls last
            ) as version_age
            from {relation}
        )
        select * exclude (version_age) from aged where version_age = 1
        qualify row_number() over (
            partition by {key}, {order}, {_is_summary(rules)}, {unstated} submission_id end
            order by received_at desc, submission_id desc, source_row desc
        ) = 1
    """
