"""A received file read into a scratch database that the gates can ask: file_facts, staged, scope, register,
practice_group, history.

Nothing is landed here; promotion and refusal belong in `landing`.
"""

import shutil
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

import duckdb

from pcw.errors import PcwError
from pcw.files import sha256_of
from pcw.home import Home
from sources.contracts import Contract, Layout, Upsert, Versions, Whole
from sources.defined import Defined, write_defined
from sources.door import Look, look
from sources.file_facts import write_facts
from sources.finance_context import write_finance_context, write_known_entities
from sources.financial import financial_months
from sources.identifiers import nhs_numbers_in
from sources.ledger import current, extract_text, scopes_in_force, standing
from sources.manifests import PeriodFacts, ScopeFacts, Submission, VersionFacts
from sources.months import write_months
from sources.opening import Member, open_members
from sources.organisations import write_organisations
from sources.plain_csv import read_plain
from sources.previous import write_previous
from sources.pseudonyms import pseudonyms
from sources.reader import ReadResult, periods_of, read_members
from sources.receipts import Receipt
from sources.recognition import Recognised
from sources.scopes import extracted, scopes_of, stated_problem, write_profile
from sources.scratch import open_scratch
from sources.sheets import read_report, tables_of
from sources.told import NOTHING_TOLD, Told, told_by_names
from sources.upserts import upsert_problem
from sources.versions import version_problem, versions_of

# Counts of a submission that volumes are judged by, beside its Parquet.
PROFILE = "profile.parquet"


@dataclass(frozen=True)
class Staged:
    """A receipt that was read as far as it could be. `database` holds file_facts and, where readable, the others.

    It is a file, or the open connection to what is in memory: `close` it when the gates have asked.
    """

    receipt: Receipt
    work: Path
    database: Path | duckdb.DuckDBPyConnection
    submission_id: str
    contract: Contract | None
    layout: Layout | None
    members: tuple[str, ...]
    read: ReadResult | None
    facts: tuple[PeriodFacts, ...]
    version_facts: dict[str, str]
    seen: Look
    scopes: tuple[ScopeFacts, ...] = ()
    versions: tuple[VersionFacts, ...] = ()
    told: Told = NOTHING_TOLD

    def close(self) -> None:
        """Let go of the rows in memory; the Parquet stays."""
        if not isinstance(self.database, Path):
            self.database.close()

    @property
    def readable(self) -> bool:
        """Whether there is a relation `staged` for the second gate."""
        return self.read is not None

    @property
    def periods(self) -> tuple[date, ...]:
        """The months that the file holds."""
        return tuple(facts.period for facts in self.facts)

    @property
    def source(self) -> Path:
        """Where the bytes are: of a private file there is no copy."""
        return self.receipt.path if self.seen.is_private else self.work / "received"

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
    pseudonym_key: str | None = None,
    timetable: Mapping[date, datetime] | None = None,
    commissioner: str | None = None,
    indicators: Defined = (),
) -> Staged:
    """Read a received file into a scratch database that the gates can ask. Nothing is landed yet.

    What may be about patients is read from where it lies; no byte of it is written as it came. `timetable` says for
    months of activity from when an extract holds their freeze, `commissioner` whose ledgers and registers are expected,
    `indicators` which versions of indicators are defined.

    Raises:
        PcwError: the file changed meanwhile, or holds NHS numbers and there is no key to replace them.
    """
    name = receipt.name
    unknown = _unknown_dataset(receipt, contracts)
    seen = look(receipt.path, name, contracts, receipt.dataset if unknown is None else None)
    key = pseudonyms(pseudonym_key, name) if seen.needs_key else None
    work = home.work / uuid.uuid4().hex
    (work / "members").mkdir(parents=True)
    source = receipt.path
    if not seen.is_private:
        source = work / "received"
        shutil.copyfile(receipt.path, source)
        _unchanged(source, receipt, work)
    members = open_members(source, name, work / "members", write=not seen.is_private)
    known = seen.known(members)
    if len(counting := tables_of(members, seen.recognised)) < len(members):
        known, members = [pair for pair in known if pair[0] in counting], counting
    contract, layout = _common(known)
    contract = contract or seen.contract
    number = 1 + max(
        (int(s.submission_id[17:] or 1) for s in submissions if s.file_sha256 == receipt.sha256), default=0
    )
    submission_id = receipt.sha256[:16] + (f"-{number}" if number > 1 else "")
    submissions = standing(submissions)  # nothing is compared with what was withdrawn

    connection, file = open_scratch(work, memory_limit, sum(member.byte_count for member in members))
    written = work / "rows.parquet"
    is_done = False
    try:
        problem = (
            unknown
            or _first(member.problem for member in members)
            or _first(r.problem for _, r in known)
            or _mixed(name, known)
        )
        read: ReadResult | None = None
        facts: list[PeriodFacts] = []
        scopes: list[ScopeFacts] = []
        versions: tuple[VersionFacts, ...] = ()
        version_facts: dict[str, str] = {}
        period_problem: str | None = None
        identifier_problem: str | None = None
        if problem is None and contract is not None:
            received, named = receipt.received_at.date(), known[0][1].named
            if layout is not None and layout.report is not None:
                read, title = read_report(connection, contract, name, known, work, receipt.period, submission_id)
                if contract.period.rule == "financial_month":
                    periods, period_problem = financial_months(
                        connection, contract, name, title, receipt.period, received
                    )
                else:
                    periods, period_problem = periods_of(connection, contract, name, receipt.period, received, named)
                versions = versions_of(connection, contract)
                period_problem = period_problem or version_problem(
                    connection,
                    home.landing,
                    contract,
                    name,
                    (receipt.sha256, receipt.received_at),
                    versions,
                    submissions,
                )
            else:
                read = read_plain(connection, contract, known, written, submission_id)
                read = read or read_members(connection, contract, known, key, receipt.received_at, submission_id)
                periods, period_problem = periods_of(connection, contract, name, receipt.period, received, named)
                period_problem = period_problem or upsert_problem(
                    connection, home.landing, contract, receipt, submissions
                )
            identifier_problem = _identifier_problem(connection, contract, name)
            version_facts = {column: _newest(connection, column) for column in contract.version_order}
            scope_problem = stated_problem(contract, receipt)
            if contract.scoped is not None:
                scopes, scope_problem = scopes_of(connection, contract, receipt, timetable or {}, named)
                version_facts[contract.scoped.order] = extract_text(extracted(connection, contract.scoped, receipt))
            period_problem = period_problem or scope_problem
            period_problem = period_problem or _tie(receipt, contract, periods, scopes, version_facts, submissions)
            if periods or period_problem is None:  # rows of no month are nothing that could land
                facts = write_months(
                    connection,
                    contract,
                    work / "landing",
                    [item.period for item in scopes],
                    has_rejected=read.rows_quarantined > 0,
                    is_written=identifier_problem is None,
                    written=written if written.exists() else None,
                )
                if identifier_problem is None:
                    write_profile(connection, contract, work / "landing" / PROFILE)
        write_facts(
            connection,
            members,
            known,
            name,
            read,
            period_problem,
            unknown or _mixed(name, known),
            identifier_problem,
            is_nil_return=bool(scopes and receipt.covers),
        )
        write_context(connection, home, contract, [item.period for item in facts], submissions, contracts)
        if contract is not None:
            write_defined(connection, contract, indicators)
        write_known_entities(connection, commissioner)
        if contract is not None and contract.versions is not None:
            write_finance_context(connection, home.landing, contract, submissions, contracts)
        if seen.is_private:
            _unchanged(source, receipt, work)
        is_done = True
    finally:
        if file or not is_done:
            connection.close()
    names = tuple(member.name for member in members)
    return Staged(
        receipt,
        work,
        file or connection,
        submission_id,
        contract,
        layout,
        names,
        read,
        tuple(facts),
        version_facts,
        seen,
        tuple(scopes),
        versions,
        told_by_names(name, seen.names, contract, contracts, receipt.period, is_private=seen.is_private),
    )


def _unchanged(path: Path, receipt: Receipt, work: Path) -> None:
    if sha256_of(path) != receipt.sha256:
        shutil.rmtree(work)
        raise PcwError(f"File {receipt.name} changed while it was read. Let the copy finish and run again.")


def _identifier_problem(connection: duckdb.DuckDBPyConnection, contract: Contract, name: str) -> str | None:
    """NHS numbers in a column that is to hold none: behind a wrong header, or written into a text."""
    if not contract.identifiable:
        return None
    texts = [column.name for column in contract.columns if column.type == "text"]
    found = nhs_numbers_in(connection, "staged", texts)
    if not found:
        return None
    return (
        f"File {name}: {'; '.join(found[:3])}, and none of {contract.dataset} may. "
        "Ask the supplier for the file without them, and tell who looks after information governance."
    )


def _unknown_dataset(receipt: Receipt, contracts: Mapping[str, Contract]) -> str | None:
    if receipt.dataset is None or receipt.dataset in contracts:
        return None
    nearest = get_close_matches(receipt.dataset, contracts, n=6, cutoff=0)
    return (
        f"File {receipt.name} is stated to be of dataset {receipt.dataset}, which is not known. "
        f"Known: {', '.join(nearest)} and {len(contracts) - len(nearest)} more. Correct its sidecar or --dataset."
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
    receipt: Receipt,
    contract: Contract,
    periods: Sequence[date],
    scopes: Sequence[ScopeFacts],
    version_facts: Mapping[str, str],
    submissions: Sequence[Submission],
) -> str | None:
    """Two different files that state the same moment of receipt have no order: say so instead of guessing."""
    held = {facts.scope for facts in scopes}
    for other in submissions:
        if other.dataset != contract.dataset or other.received_at != receipt.received_at:
            continue
        if isinstance(contract.supersession, Versions | Upsert):  # told apart by version, or by key
            continue
        if isinstance(contract.supersession, Whole):
            held_periods = {facts.period for facts in other.periods}
            is_same_scope = contract.supersession.scope == "dataset" or bool(held_periods & set(periods))
            is_other = other.file_sha256 != receipt.sha256
        else:  # the extract time inside comes first, and the same bytes under other terms are another submission
            order = contract.supersession.order
            is_same_scope = bool({facts.scope for facts in other.scopes} & held)
            is_other = (other.file_sha256, other.stated) != (receipt.sha256, receipt.stated)
            is_other = is_other and other.version_facts[order] == version_facts[order]
        if is_same_scope and is_other:
            return (
                f"File {receipt.name} states the same moment of receipt ({receipt.received_at:%Y-%m-%d %H:%M}) "
                f"as {other.file_name} for the same period of {contract.dataset}: nobody can tell which is newer. "
                "State a later --received-at."
            )
    return None


def write_context(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    contract: Contract | None,
    periods: Sequence[date],
    submissions: Sequence[Submission],
    contracts: Mapping[str, Contract],
) -> None:
    """What the row gate may compare with: the newest registers, and the current control totals of other periods."""
    in_force = current(submissions, contracts)
    write_organisations(connection, home, in_force)
    connection.execute("create table history (period date, measure varchar, value decimal(38, 5))")
    if contract is None:
        return
    rows: list[tuple[date, str, Decimal]] = []
    if contract.scoped is not None:
        by_month = Counter[date]()
        for (provider, month), held in scopes_in_force(submissions, contract).items():
            by_month[month] += sum(f.rows for s in held for f in s.scopes if f.scope == (provider, month))
        rows += [(month, "rows", Decimal(count)) for month, count in by_month.items() if month not in periods]
        in_force = {contract.dataset: {}}
    write_previous(connection, home.landing, contract, periods, in_force[contract.dataset])
    if contract.counts_together:  # compared row by row
        in_force = {contract.dataset: {}}
    for period, [submission] in in_force[contract.dataset].items():
        facts = next(facts for facts in submission.periods if facts.period == period)
        if period not in periods:
            rows += [(period, "rows", Decimal(facts.rows)), (period, "practices", Decimal(facts.practices))]
            rows += [(period, measure, total) for measure, total in facts.control_totals.items()]
    if rows:
        connection.executemany("insert into history values (?, ?, ?)", rows)
