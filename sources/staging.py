"""A received file read into a scratch database that the gates can open: file_facts, staged, register, history.

Nothing is landed here; promotion and refusal belong in `landing`.
"""

import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from pcw.errors import PcwError
from pcw.files import sha256_of
from pcw.home import Home
from sources.contracts import Contract, Layout
from sources.ledger import PeriodFacts, Submission, current, parquet_files
from sources.opening import Member, open_members
from sources.reader import PRACTICE_COLUMNS, ReadResult, periods_of, read_members
from sources.receipts import Receipt
from sources.recognition import Recognised, named_like, recognise


@dataclass(frozen=True)
class Staged:
    """A receipt that was read as far as it could be. `database` holds file_facts, staged, register and history."""

    receipt: Receipt
    work: Path
    database: Path
    submission_id: str
    contract: Contract | None
    layout: Layout | None
    members: tuple[str, ...]
    read: ReadResult | None
    facts: tuple[PeriodFacts, ...]
    version_facts: dict[str, str]

    @property
    def readable(self) -> bool:
        """Whether there is a relation `staged` for the second gate."""
        return self.read is not None

    @property
    def periods(self) -> tuple[date, ...]:
        """The months that the file holds."""
        return tuple(facts.period for facts in self.facts)

    @property
    def folder(self) -> Path:
        """What landing would hold of it: Parquet by period, and the rows set aside."""
        return self.work / "landing"


def stage(
    home: Home,
    receipt: Receipt,
    contracts: Mapping[str, Contract],
    submissions: Sequence[Submission],
    memory_limit: str,
) -> Staged:
    """Read a received file into a scratch database that the gates can open. Nothing is landed yet."""
    work = home.work / uuid.uuid4().hex
    (work / "members").mkdir(parents=True)
    copy = work / "received"
    shutil.copyfile(receipt.path, copy)
    if sha256_of(copy) != receipt.sha256:
        shutil.rmtree(work)
        raise PcwError(f"File {receipt.name} changed while it was read. Let the copy finish and run again.")
    name = receipt.name
    members = open_members(copy, name, work / "members")
    unknown = _unknown_dataset(receipt, contracts)
    stated = receipt.dataset if unknown is None else None
    known = [(member, recognise(member, contracts.values(), stated)) for member in members if member.problem is None]
    contract, layout = _common(known)
    contract = contract or next(iter(named_like(name, contracts.values())), None)
    number = 1 + max(
        (int(s.submission_id[17:] or 1) for s in submissions if s.file_sha256 == receipt.sha256), default=0
    )
    submission_id = receipt.sha256[:16] + (f"-{number}" if number > 1 else "")

    database = work / "staging.duckdb"
    connection = duckdb.connect(str(database), config={"memory_limit": memory_limit})
    try:
        problem = (
            unknown
            or _first(member.problem for member in members)
            or _first(r.problem for _, r in known)
            or _mixed(name, known)
        )
        read: ReadResult | None = None
        facts: list[PeriodFacts] = []
        version_facts: dict[str, str] = {}
        period_problem: str | None = None
        if problem is None and contract is not None:
            read = read_members(connection, contract, known)
            periods, period_problem = periods_of(connection, contract, name, receipt.period, receipt.received_at.date())
            period_problem = period_problem or _tie(receipt, contract, periods, submissions)
            connection.execute(f"alter table staged add column submission_id varchar default '{submission_id}'")
            facts = _write_parquet(connection, contract, work / "landing")
            version_facts = {column: _newest(connection, column) for column in contract.version_order}
        _write_facts(connection, members, known, name, read, period_problem, unknown or _mixed(name, known))
        _write_context(connection, home, contract, [item.period for item in facts], submissions, contracts)
    finally:
        connection.close()
    names = tuple(member.name for member in members)
    return Staged(receipt, work, database, submission_id, contract, layout, names, read, tuple(facts), version_facts)


def _unknown_dataset(receipt: Receipt, contracts: Mapping[str, Contract]) -> str | None:
    if receipt.dataset is None or receipt.dataset in contracts:
        return None
    return (
        f"File {receipt.name} is stated to be of dataset {receipt.dataset}, which is not known. "
        f"Known: {', '.join(contracts)}. Correct its sidecar or --dataset."
    )


def _newest(connection: duckdb.DuckDBPyConnection, column: str) -> str:
    return str(connection.execute(f"select max({column}) from staged").fetchall()[0][0])


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem is not None), None)


def _common(known: Sequence[tuple[Member, Recognised]]) -> tuple[Contract | None, Layout | None]:
    contracts = [recognised.contract for _, recognised in known if recognised.contract is not None]
    layouts = [recognised.layout for _, recognised in known if recognised.layout is not None]
    return (contracts[0] if contracts else None), (layouts[0] if layouts else None)


def _mixed(name: str, known: Sequence[tuple[Member, Recognised]]) -> str | None:
    datasets = {recognised.contract.dataset for _, recognised in known if recognised.contract is not None}
    if len(datasets) <= 1:
        return None
    return f"File {name} holds members of several datasets ({', '.join(sorted(datasets))}). Send one file for each."


def _tie(
    receipt: Receipt, contract: Contract, periods: Sequence[date], submissions: Sequence[Submission]
) -> str | None:
    """Two different files that state the same moment of receipt have no order: say so instead of guessing."""
    for other in submissions:
        same_scope = contract.supersession.scope == "dataset" or {f.period for f in other.periods} & set(periods)
        if (
            other.dataset == contract.dataset
            and other.received_at == receipt.received_at
            and same_scope
            and other.file_sha256 != receipt.sha256
        ):
            return (
                f"File {receipt.name} states the same moment of receipt ({receipt.received_at:%Y-%m-%d %H:%M}) "
                f"as {other.file_name} for the same period of {contract.dataset}: nobody can tell which is newer. "
                "State a later --received-at."
            )
    return None


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _write_parquet(connection: duckdb.DuckDBPyConnection, contract: Contract, folder: Path) -> list[PeriodFacts]:
    practice = next((name for name in PRACTICE_COLUMNS if name in {c.name for c in contract.columns}), None)
    names = ", ".join(column.name for column in contract.columns)
    folder.mkdir()
    facts = []
    for (period,) in connection.execute("select distinct period from staged order by period").fetchall():
        target = folder / f"period={period.isoformat()}"
        target.mkdir()
        connection.execute(f"""
            copy (
                select {names}, submission_id, source_row from staged
                where period = date '{period.isoformat()}' order by source_row
            )
            to {_literal(target / "part-0.parquet")} (format parquet, compression zstd)
        """)
        totals = "".join(f", coalesce(sum({name}), 0)" for name in contract.control_totals)
        practices = f"count(distinct {practice})" if practice else "0"
        row = connection.execute(
            f"select count(*), {practices} {totals} from staged where period = ?", [period]
        ).fetchall()[0]
        control_totals = {name: Decimal(total) for name, total in zip(contract.control_totals, row[2:], strict=True)}
        facts.append(PeriodFacts(period, row[0], row[1], control_totals))
    if connection.execute("select count(*) from rejected").fetchall()[0][0]:
        connection.execute(
            f"copy (from rejected order by source_row) to {_literal(folder / 'rejected.parquet')} (format parquet)"
        )
    return facts


def _write_facts(
    connection: duckdb.DuckDBPyConnection,
    members: Sequence[Member],
    known: Sequence[tuple[Member, Recognised]],
    name: str,
    read: ReadResult | None,
    period_problem: str | None,
    dataset_problem: str | None,
) -> None:
    connection.execute("""
        create table file_facts (
            file_name varchar, member varchar, byte_count bigint, text_problem varchar, header_problem varchar,
            shape_problem varchar, period_problem varchar, rows_read bigint, rows_quarantined bigint,
            quarantine_problem varchar, encoding varchar, ends_with_newline boolean
        )
    """)
    recognised = {id(member): r for member, r in known}
    for position, member in enumerate(members):
        found = recognised.get(id(member))
        first = position == 0 and read is not None
        connection.execute(
            "insert into file_facts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                name,
                member.name,
                member.byte_count,
                member.problem,
                (found.problem if found else None) or dataset_problem,
                read.shape_problem if first and read else None,
                period_problem if first else None,
                read.rows_read if read else None,
                read.rows_quarantined if read else None,
                read.quarantine_problem if first and read else None,
                member.encoding,
                member.ends_with_newline,
            ],
        )


def _write_context(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    contract: Contract | None,
    periods: Sequence[date],
    submissions: Sequence[Submission],
    contracts: Mapping[str, Contract],
) -> None:
    """What the row gate may compare with: the newest register, and the current control totals of other periods."""
    in_force = current(submissions, contracts)
    registers = in_force.get("epraccur", {})
    connection.execute("""
        create table register (
            organisation_code varchar, is_gp_practice boolean, open_date date, close_date date,
            commissioner_code varchar
        )
    """)
    if registers:
        newest = registers[max(registers)]
        connection.execute(
            """
            insert into register
            select organisation_code, prescribing_setting = '4' or prescribing_setting like '%RO76%',
                open_date, close_date, commissioner_code
            from read_parquet(?)
        """,
            [parquet_files(home.landing, newest, max(registers))],
        )
    connection.execute("create table history (period date, measure varchar, value decimal(38, 5))")
    if contract is None:
        return
    rows: list[tuple[date, str, Decimal]] = []
    for period, submission in in_force[contract.dataset].items():
        facts = next(facts for facts in submission.periods if facts.period == period)
        if period not in periods:
            rows += [(period, "rows", Decimal(facts.rows)), (period, "practices", Decimal(facts.practices))]
            rows += [(period, measure, total) for measure, total in facts.control_totals.items()]
    if rows:
        connection.executemany("insert into history values (?, ?, ?)", rows)
