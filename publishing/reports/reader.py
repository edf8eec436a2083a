"""One release, read for a paper: rows that know which row of which table they are.

Belongs here: opening the file that an audience sees and asking it. Does not belong here: which rows a paper wants.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pcw.commissioners import read_commissioners
from pcw.errors import PcwError
from publishing.reports.document import Figure, Shown, Source
from publishing.reports.formats import figure, key_text
from publishing.suppression import AT_ODDS, UNSAID
from publishing.tables import MARTS

# What makes a row of a table one row; of tables that are not compared between releases it is said here.
KEYS: Mapping[str, tuple[str, ...]] = {mart.name: mart.key for mart in MARTS if mart.key} | {
    "cres_month": ("entity_code", "financial_year", "scheme_id", "reported_month", "month"),
    "indicator_comparison": ("indicator_id", "version", "practice_code", "period_end"),
    "indicator_spc": ("indicator_id", "version", "org_type", "org_code", "month"),
    "practice_outlier": ("practice_code", "indicator_id", "version", "period_end", "rule"),
    "project_milestone_status": ("commissioner_code", "project_id", "milestone_order", "reported_month"),
    "indicator_threshold": (
        *("commissioner_code", "indicator_id", "version", "kind", "band", "org_type", "org_code", "valid_from"),
    ),
    "feed_month": ("dataset", "supplier", "month"),
    "data_quality_query": ("query_id",),
    "cres_overlap": ("entity_code", "financial_year", "scheme_id_a", "scheme_id_b"),
    "submission": ("dataset", "submission_id", "period"),
    "feed_freshness": ("dataset",),
    "gate_result": ("suite", "stage", "check_id", "period", "submission_id"),
    "data_quality_rate": ("dataset", "measure", "month", "provider_code"),
}

# Front of a paper: what of counts of patients is hidden or rounded.
COUNTS = "Counts of patients"


@dataclass(frozen=True)
class Record:
    """One row of a table of the release."""

    table: str
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def get(self, column: str) -> Any:
        """A column that a release of an older version lacks: None there."""
        return self.values.get(column)

    def source(self, column: str, sign: int = 1) -> Source:
        """Where a figure of it stands."""
        return Source(self.table, key_text({name: self.values[name] for name in KEYS[self.table]}), column, sign)

    def figure(self, column: str, how: Shown) -> Figure:
        """A figure of it; an error where it is absent."""
        return figure(self.values[column], how, self.source(column))


class Reader:
    """The tables of one release file, for one commissioner; text of a filter is ours, values are parameters."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, commissioner: str | None = None) -> None:
        self._connection = connection
        (release,) = self.records("release")
        self.release_id: str = release["release_id"]
        whom = read_commissioners(release["commissioner"])
        self.commissioners, self.together = whom.codes, whom.together
        self.commissioner = commissioner or self.commissioners[0]
        self.disclosure: str = release.get("disclosure") or UNSAID
        self.as_at: date | None = release["as_at"].date() if release["as_at"] else None

    @property
    def may_be_at_odds(self) -> bool:
        """Whether figures of patients are rounded, or may be: colours were judged on exact ones."""
        return self.disclosure == UNSAID or AT_ODDS in self.disclosure

    def of(self, commissioner: str) -> "Reader":
        """The same release, for another of its commissioners."""
        return Reader(self._connection, commissioner)

    def records(self, table: str, where: str = "true", *parameters: object, order: str = "") -> list[Record]:
        """Rows of a table that fit a filter, in an order."""
        ordered = f" order by {order}" if order else ""
        found = self._connection.execute(f'select * from "{table}" where {where}{ordered}', parameters)
        names = [column[0] for column in found.description or ()]
        return [Record(table, dict(zip(names, row, strict=True))) for row in found.fetchall()]

    def newest(self, table: str, by: str, where: str, *parameters: object) -> Record | None:
        """The row with the largest value of a column among those that fit; None where none does."""
        found = self.records(table, where, *parameters, order=f"{by} desc limit 1")
        return found[0] if found else None

    def column(self, query: str, *parameters: object) -> list[Any]:
        """The first column of a query's rows: for lists of codes and months, never for figures that are shown."""
        return [row[0] for row in self.rows(query, *parameters)]

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """All rows of such a query."""
        return self._connection.execute(query, parameters).fetchall()

    def described(self, table: str) -> tuple[str, list[tuple[str, str]]]:
        """What the release says of a table, and of each of its columns."""
        about = self.column("select comment from duckdb_tables() where table_name = ? and not temporary", table)
        columns = self.rows(
            "select column_name, coalesce(comment, '') from duckdb_columns() where table_name = ? "
            "order by column_index",
            table,
        )
        return about[0] or "", [(name, said) for name, said in columns]


@contextmanager
def opened(file: Path) -> Iterator[Reader]:
    """A reader of a release file, read-only.

    Raises:
        PcwError: the file is not there or no release.
    """
    if not file.exists():
        raise PcwError(f"There is no release to report on: {file} does not exist. Make one first: pcw run.")
    connection = duckdb.connect(file, read_only=True)
    try:
        yield Reader(connection)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise PcwError(
            f"{file} lacks a table or column that reports read, so an older version wrote it: pcw run releases anew. "
            f"({str(error).splitlines()[0]})"
        ) from error
    finally:
        connection.close()


def names_of(records: Sequence[Record], key: str, column: str) -> dict[str, Any]:
    """One column of rows by another."""
    return {record[key]: record[column] for record in records}
