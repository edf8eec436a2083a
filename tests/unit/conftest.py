"""What the small tests share."""

from collections.abc import Iterator

import duckdb
import pytest

from tests.unit.differing import differ as differ
from tests.unit.differing import moved as moved
from tests.unit.differing import published as published


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """DuckDB with one thread: of a few rows, more of them are a sixth of the time and no help."""
    real = duckdb.connect

    def connect(*arguments: object, config: dict[str, object] | None = None, **options: object) -> object:
        return real(*arguments, config={"threads": 1, **(config or {})}, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(duckdb, "connect", connect)
        yield
