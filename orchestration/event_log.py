"""The history of runs on SQLite, as Dagster keeps it, for a process that writes thousands of events in a row.

Dagster opens a database for every event, three for that of an asset, and closes it again, which makes SQLite write its
journal back each time: half of what a run of one small file took. Here a few stay open. And for the database of every
run it reads all its migrations, to write down which is the newest; here once in a process. For every check it asks
whether there is a table for checks; here until there is. The files are the same, and the UI reads them meanwhile. What
an event is, and when it is written, is Dagster's.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from dagster._core.storage.event_log import SqlEventLogStorageMetadata, SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError

# The run that goes on, what all runs share, and one to spare: a run of the whole inbox has a database for each file.
KEPT = 3
BUSY_SECONDS = 60


class OpenEventLogStorage(SqliteEventLogStorage):
    """Dagster's own storage with its last used databases kept open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open: OrderedDict[str, Engine] = OrderedDict()
        self._newest: _Revision | None = None
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """As dagster.yaml would name it."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._open:
            # threads: `_db_lock` lets one in at a time, whichever it is
            arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
            engine = create_engine(self.conn_string_for_shard(shard), pool_size=1, connect_args=arguments)
            event.listen(engine, "connect", _without_waiting_for_the_disk)
            self._open[shard] = engine
        self._open.move_to_end(shard)
        while len(self._open) > KEPT:
            self._open.popitem(last=False)[1].dispose()
        return self._open[shard]

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        if self._newest is not None and not Path(str(engine.url.database)).exists():
            try:
                _make(engine, self._newest)
                return
            except DatabaseError:  # another process makes it too
                engine.dispose()
        is_new = not for_index_shard and not Path(str(engine.url.database)).exists()
        super()._initdb(engine, for_index_shard)
        if is_new:
            with engine.connect() as connection:
                self._newest = _revision_of(connection)

    def has_table(self, table_name: str) -> bool:
        """Whether the database of all runs has a table; none of Dagster's goes away again."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close what is open; also when the instance is disposed of."""
        with self._db_lock:
            while self._open:
                self._open.popitem()[1].dispose()
        super().dispose()


@dataclass(frozen=True)
class _Revision:
    """What Dagster's migrations wrote down: the table, and the newest of them."""

    table: str
    number: str


def _revision_of(connection: Connection) -> _Revision:
    table = connection.execute(text("select sql from sqlite_master where name = 'alembic_version'")).scalar_one()
    return _Revision(table, connection.execute(text("select version_num from alembic_version")).scalar_one())


def _make(engine: Engine, revision: _Revision) -> None:
    """A new database of a run, as Dagster makes it: all its tables, and the revision that they are of."""
    with engine.connect() as connection:
        connection.execute(text("pragma journal_mode = wal"))
        SqlEventLogStorageMetadata.create_all(connection)
        connection.execute(text(revision.table))
        connection.execute(text("insert into alembic_version values (:number)"), {"number": revision.number})
        connection.commit()


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    # A killed process loses nothing so. When the power fails the last events may be lost, never the whole file; what
    # was landed and released does not rely on them.
    connection.execute("pragma synchronous = normal")
