"""Every way of BI at once while a whole run lands a file, builds, gates, releases and makes its copies.

Superset, psql, ODBC and DuckDB are really running, and each asks the whole cookbook again and again. What the answers
are belongs into `test_cookbook` and `test_superset`.
"""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from pcw.settings import Settings
from publishing import shelf
from tests.pipeline.test_cookbook import ISQL, ODBC_DRIVER, OF_ONE_RELEASE, odbc, questions, reading
from tests.pipeline.test_superset import Superset, asked_wrongly
from tests.pipeline.test_superset import superset as superset
from tests.pipeline.test_whole_job import cheaper
from tests.running import MUCH_LATER, run_pipeline
from tests.services import POSTGRES
from tests.serving import PSQL, as_reader, ask, connected
from tests.unit.test_reports_browser import browser as browser
from tests.unit.test_reports_browser import pytestmark as needs_chromium

pytestmark = [
    *needs_chromium,
    pytest.mark.slow,
    pytest.mark.skipif(POSTGRES is None or PSQL is None, reason="PostgreSQL is not installed"),
    pytest.mark.skipif(ISQL is None or ODBC_DRIVER is None, reason="unixODBC or its driver is not installed"),
]


@contextmanager
def asking(ask_all: Callable[[], tuple[str, list[str]]]) -> Iterator[tuple[set[str], list[str]]]:
    """Asks again and again meanwhile, and once afterwards; yields which releases were seen and what went wrong."""
    seen: set[str] = set()
    wrong: list[str] = []
    stop = threading.Event()

    def keep_asking() -> None:
        is_last = False
        while not is_last:
            is_last = stop.is_set()
            release_id, problems = ask_all()
            seen.add(release_id)
            wrong.extend(problems)

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(keep_asking)
        try:
            yield seen, wrong
        finally:
            stop.set()
        asked.result()  # what a reader is told as an error is raised here


def test_nobody_sees_an_error_while_a_run_releases(
    superset: Superset, server: str, small_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PCW_SERVING_URL", server)
    deployed = superset.deployed
    copies = ("site", "exports", "postgres")
    settings = Settings(home=deployed.home.root, serving_url=SecretStr(server), copies=copies)
    code, lines = run_pipeline(settings)
    assert code == 0, lines
    first = shelf.current_id(deployed.home)
    resent = cheaper(small_sample, tmp_path / "resent" / "EPD_201703.csv", "201703")
    every = [re.sub(r"\s+", " ", re.sub(r"--.*", "", query)).strip() for _, query in questions()]

    def by_superset() -> tuple[str, list[str]]:
        return superset.lab("select release_id from release")["data"][0]["release_id"], asked_wrongly(superset)

    def by_duckdb() -> tuple[str, list[str]]:
        """A notebook: one connection for all questions, so one release."""
        with duckdb.connect(str(deployed.current.resolve()), read_only=True) as connection:
            [(release_id,)] = connection.execute("select release_id from release").fetchall()
            for query in every:
                connection.execute(query).fetchall()
            [(still,)] = connection.execute("select distinct release_id from indicator_result").fetchall()
        return release_id, [] if still == release_id else [f"{release_id} and {still}"]

    def by_parquet() -> tuple[str, list[str]]:
        path = deployed.home.published / "exports" / "public" / "parquet" / "release.parquet"
        with duckdb.connect() as connection:
            [(release_id,)] = connection.execute("select release_id from read_parquet(?)", [str(path)]).fetchall()
        return release_id, []

    reader = as_reader(server)
    psql = [str(PSQL), "-X", "-q", "-v", "ON_ERROR_STOP=1", reader]
    isql, environment = odbc(reader, tmp_path)
    asked = "\n".join([*every, OF_ONE_RELEASE])
    by_odbc = "\n".join(query.rstrip(";") for query in [*every, OF_ONE_RELEASE]) + "\n"
    with ExitStack() as readers:
        by_psql = readers.enter_context(reading(psql, f"set search_path = pcw;\n{asked}", {}))
        by_isql = readers.enter_context(reading(isql, by_odbc, environment))
        others = [readers.enter_context(asking(way)) for way in (by_superset, by_duckdb, by_parquet)]
        code, lines = run_pipeline(settings, inbox=resent.parent, received_at=MUCH_LATER)
    assert code == 0, lines
    last = shelf.current_id(deployed.home)
    assert last != first
    for program in (by_psql, by_isql):
        assert program.wrong == [] and program.times >= 3
    for seen, wrong in others:
        assert wrong == [] and seen == {first, last}
    with connected(reader) as served:
        assert ask(served, "select release_id from pcw.release") == [(last,)]
