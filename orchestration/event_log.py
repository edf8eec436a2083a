"""The history of runs on SQLite, as Dagster keeps it, for a process that writes thousands of events in a row.

Dagster opens a database for every event, three for that of an asset, and closes it again, which makes SQLite write its
journal back each time: half of what a run of one small file took. Here a few stay open. The files are the same, and the
UI reads them meanwhile. What an event is, and when it is written, is Dagster's.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

# The run that goes on, what all runs share, and one to spare: a run of the whole inbox has a database for each file.
KEPT = 3
BUSY_SECONDS = 60


class OpenEventLogStorage(SqliteEventLogStorage):
    """Dagster's own storage with its last used databases kept open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open: OrderedDict[str, Engine] = OrderedDict()
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

    def dispose(self) -> None:
        """Close what is open; also when the instance is disposed of."""
        with self._db_lock:
            while self._open:
                self._open.popitem()[1].dispose()
        super().dispose()


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    # A killed process loses nothing so. When the power fails the last events may be lost, never the whole file; what
    # was landed and released does not rely on them.
    connection.execute("pragma synchronous = normal")
