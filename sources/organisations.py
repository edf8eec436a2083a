"""Which organisations there are, for the row gate: the tables `register` and `practice_group`.

Belongs here: these tables, from the newest files in force. What a file must say of them is in the suites.
"""

from collections.abc import Mapping
from datetime import date

import duckdb

from pcw.home import Home
from sources.manifests import Submission, parquet_files

#: The feeds that files of every other feed are held against.
REGISTER, GROUPS = "epraccur", "practice_groups"

InForce = Mapping[str, Mapping[date, tuple[Submission, ...]]]  # by dataset and period


def write_organisations(connection: duckdb.DuckDBPyConnection, home: Home, in_force: InForce) -> None:
    """Practices, one row per practice, and groups of them, one row per kind and code; empty where none has landed."""
    connection.execute("""
        create table register (
            organisation_code varchar, is_gp_practice boolean, open_date date, close_date date,
            commissioner_code varchar
        )
    """)
    if files := _newest(home, in_force, REGISTER):
        connection.execute(
            """
            insert into register
            select organisation_code, prescribing_setting = '4' or prescribing_setting like '%RO76%',
                open_date, close_date, commissioner_code
            from read_parquet(?)
        """,
            [files],
        )
    connection.execute("create table practice_group (org_type varchar, org_code varchar)")
    if files := _newest(home, in_force, GROUPS):
        connection.execute(
            "insert into practice_group select distinct lower(org_type), org_code from read_parquet(?)", [files]
        )


def _newest(home: Home, in_force: InForce, dataset: str) -> list[str]:
    """Files of the newest submission of a register; none where it has not landed."""
    periods = in_force.get(dataset, {})
    if not periods:
        return []
    [newest] = periods[max(periods)]
    return parquet_files(home.landing, newest, max(periods))
