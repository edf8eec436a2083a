"""What is changed in Great Expectations while it runs: each shim takes the class that it changes, and is put on once.

Belongs here: a reason, the change, and `original` on what it replaces, so that tests see whether it is still needed.
Nothing here imports Great Expectations. Reasons: docs/decisions/0003.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

# Of these equal values of one type are written alike.
_PLAIN = frozenset({str, int, bool, type(None)})


def one_connection_shim(engine_class: Any) -> None:
    """Make GX keep one connection for dialect duckdb.

    GX fetches rows after it has given the connection back; duckdb-engine then yields none, and every metric fails with
    "list index out of range". Transactions are off: after one failed statement DuckDB refuses all others until a
    rollback that GX never sends, so one wrong check would fail its neighbours.
    """
    if getattr(engine_class.get_connection, "keeps_duckdb", False):
        return
    original = engine_class.get_connection

    @contextmanager
    def get_connection(self: Any) -> Iterator[Any]:
        if self.dialect_name != "duckdb":
            with original(self) as connection:
                yield connection
            return
        if not self._connection:
            self.engine.dialect.do_begin = lambda _connection: None
            self._connection = self.engine.connect()
        yield self._connection

    get_connection.keeps_duckdb = True  # type: ignore[attr-defined]
    get_connection.original = original  # type: ignore[attr-defined]
    engine_class.get_connection = get_connection


def one_configuration_shim(expectation_class: Any) -> None:
    """Make GX build the configuration of an expectation once where it reads all keys of it.

    It builds it anew for each key, hundreds of times for a suite, which took longer than the answers on small files.
    """
    read = expectation_class._get_runtime_kwargs
    if hasattr(read, "original"):
        return
    build = expectation_class.configuration.fget
    held: dict[int, Any] = {}

    def get_runtime_kwargs(self: Any, runtime_configuration: Any = None) -> Any:
        held[id(self)] = build(self)
        try:
            return read(self, runtime_configuration)
        finally:
            del held[id(self)]

    get_runtime_kwargs.original = read  # type: ignore[attr-defined]
    expectation_class._get_runtime_kwargs = get_runtime_kwargs
    expectation_class.configuration = property(lambda self: held[id(self)] if id(self) in held else build(self))


def one_id_shim(id_dict_class: Any) -> None:
    """Make GX work out the id of a metric's arguments once.

    It writes them as JSON for every metric that it names, which was a quarter of what a suite took on small files.
    """
    original = id_dict_class.to_id
    if hasattr(original, "original"):
        return

    @lru_cache(maxsize=1 << 14)
    def id_of(items: tuple[tuple[str, type, Any], ...]) -> Any:
        return original(id_dict_class({name: value for name, _, value in items}))

    def to_id(self: Any, id_keys: Any = None, id_ignore_keys: Any = None) -> Any:
        if id_keys is None and id_ignore_keys is None and _PLAIN.issuperset(map(type, self.values())):
            return id_of(tuple((name, type(value), value) for name, value in self.items()))
        return original(self, id_keys, id_ignore_keys)

    to_id.original = original  # type: ignore[attr-defined]
    id_dict_class.to_id = to_id
