"""What a file that names indicators is compared with: the table `defined_indicator`, one row per indicator version.

Belongs here: the table alone. Which indicators there are is known where they are defined, and is given.
"""

from collections.abc import Collection

import duckdb

from sources.contracts import Contract

Defined = Collection[tuple[str, str]]  # indicator_id and version
_NAMED = {"indicator_id", "version"}


def write_defined(connection: duckdb.DuckDBPyConnection, contract: Contract, indicators: Defined) -> None:
    """For contracts whose files name versions of indicators; without any given no row of them is known."""
    if not {column.name for column in contract.columns} >= _NAMED:
        return
    connection.execute("create table defined_indicator (indicator_id varchar, version varchar)")
    if indicators:
        connection.executemany("insert into defined_indicator values (?, ?)", sorted(indicators))
