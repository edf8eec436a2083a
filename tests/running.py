"""Run the pipeline as `pcw run` does, in this process, and look at what it released."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pcw.home import Home
from pcw.settings import Settings
from sources.staging import Staged

# Half a day from now: after all that the tests receive, and within the day by which clocks may differ.
LATER = datetime.now(UTC) + timedelta(hours=12)
MUCH_LATER = LATER + timedelta(hours=2)


@contextmanager
def opened(staged: Staged) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the gates ask of a staged file, whether it is in memory or in a file."""
    found = staged.database
    with duckdb.connect(str(found), read_only=True) if isinstance(found, Path) else found.cursor() as connection:
        yield connection


@dataclass(frozen=True)
class Deployed:
    """A deployment under test."""

    settings: Settings

    @property
    def home(self) -> Home:
        """Its folders."""
        return Home(self.settings.home)

    @property
    def current(self) -> Path:
        """What readers open."""
        return self.home.published / "current.duckdb"

    @contextmanager
    def environment(self) -> Iterator[None]:
        """The environment in which its jobs run: they read their settings from there."""
        own = {"PCW_HOME": str(self.settings.home), "PCW_COMMISSIONER": self.settings.commissioner}
        own["PCW_COPIES"] = ",".join(self.settings.wanted_copies)
        before = {name: os.environ.get(name) for name in own}
        os.environ.update(own)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the current release as a BI reader would."""
        return query(self.current, sql, *parameters)

    def exact(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the exact marts of the current release, before small numbers are hidden."""
        return query(self.home.private / "current.duckdb", sql, *parameters)

    def digest(self) -> str:
        """SHA-256 of the bytes that readers see."""
        return hashlib.sha256(self.current.read_bytes()).hexdigest()

    def content_hash(self) -> str:
        """Hash of the figures and definitions of the current release."""
        return str(self.query("select content_hash from release")[0][0])


def query(file: Path, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows of a query on a DuckDB file, opened read-only."""
    with duckdb.connect(str(file.resolve()), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def run_pipeline(
    settings: Settings, inbox: Path | None = None, as_at: datetime | None = None, received_at: datetime | None = None
) -> tuple[int, list[str]]:
    """Exit code and lines of one `pcw run`."""
    from orchestration import pipeline

    lines: list[str] = []
    with Deployed(settings).environment():
        code = pipeline.run(settings, lines.append, inbox=inbox, as_at=as_at, received_at=received_at)
    return code, lines
