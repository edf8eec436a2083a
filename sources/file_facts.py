"""What the file gate is asked of: one row for each member of a received file, with finished sentences.

What a sentence is about is found where the file is opened, recognised and read; the verdict belongs in `expectations`.
"""

from collections.abc import Sequence

import duckdb

from sources.opening import Member
from sources.reader import ReadResult
from sources.recognition import OF_NO_DATASET, Recognised


def write_facts(
    connection: duckdb.DuckDBPyConnection,
    members: Sequence[Member],
    known: Sequence[tuple[Member, Recognised]],
    name: str,
    read: ReadResult | None,
    period_problem: str | None,
    dataset_problem: str | None,
    identifier_problem: str | None,
    *,
    is_nil_return: bool,
) -> None:
    """What the file gate judges: table file_facts, one row per member; problems are finished sentences or null."""
    connection.execute("""
        create table file_facts (
            file_name varchar, member varchar, byte_count bigint, text_problem varchar, header_problem varchar,
            shape_problem varchar, period_problem varchar, rows_read bigint, rows_quarantined bigint,
            quarantine_problem varchar, encoding varchar, ends_with_newline boolean, identifier_problem varchar,
            is_nil_return boolean, set_aside varchar
        )
    """)
    recognised = {id(member): r for member, r in known}
    holds_data = any(found.problem is None for _, found in known)
    for position, member in enumerate(members):
        found = recognised.get(id(member))
        first = position == 0 and read is not None
        header_problem = _placed(name, members, found.problem) if found else None
        if header_problem is not None and holds_data:
            rid = f"Remove it from {name}, or ask the supplier for an archive without it."
            header_problem = header_problem.replace(OF_NO_DATASET, rid)
        connection.execute(
            "insert into file_facts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                name,
                member.name,
                member.byte_count,
                member.name_problem or _placed(name, members, member.problem),
                header_problem or (dataset_problem if position == 0 else None),
                read.shape_problem if first and read else None,
                period_problem if first else None,
                read.rows_read if read else None,
                read.rows_quarantined if read else None,
                read.quarantine_problem if first and read else None,
                member.encoding,
                member.ends_with_newline,
                identifier_problem if first else None,
                is_nil_return,
                _set_aside(name, read) if first and read else None,
            ],
        )


def _placed(name: str, members: Sequence[Member], problem: str | None) -> str | None:
    """A problem of one of several members, told with the archive: that is what came, and what is sent again."""
    return problem if problem is None or len(members) == 1 or name in problem else f"In {name}: {problem}"


def _set_aside(name: str, read: ReadResult) -> str | None:
    """The sentence about rows that do not fit. Whether the others land without them, or none does, is not known yet."""
    if not read.rows_quarantined:
        return None
    shown = "; ".join(read.quarantine_examples[:3])
    more = read.rows_quarantined - len(read.quarantine_examples[:3])
    return (
        f"File {name}: {read.rows_quarantined:,} of {read.rows_read:,} rows do not fit the contract. "
        f"First: {shown}{f'; and {more:,} more' if more else ''}. Ask the supplier to correct and resend it."
    )
