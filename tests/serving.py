"""PostgreSQL as a server of copies in tests: its roles, and connections to it.

Belongs here: what the tests of the serving copy and of the cookbook share. The server itself is in `services`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.services import PASSWORD

PSQL = shutil.which("psql")
READER = "ann-the-analyst"


@contextmanager
def connected(url: str) -> Iterator[Any]:
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def ask(connection: Any, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []


def as_reader(url: str, who: str = "ann") -> str:
    return url.replace(f"pcw:{PASSWORD}@", f"{who}:{READER}@")
