"""Readers poll while releases are published: no error, and never two releases in one answer."""

import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pcw.home import Home
from tests.unit.publishing_build import build_database, release_of

ANSWER = """
    select
        (select release_id from release),
        list_sort(list(distinct release_id)),
        (select list(distinct release_id) from gate_result),
        (select sum(value)::bigint from component_value),
        sum(value)::bigint,
        count(*)
    from indicator_latest
"""


@dataclass
class Seen:
    """What one reader saw."""

    polls: int = 0
    releases: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def poll(published: Path, stop: Any) -> Seen:
    """Open what is current as a BI tool does, by the link and by `current.json`, until told to stop."""
    seen = Seen()
    while not stop.is_set() or not seen.polls:
        try:
            facts = json.loads((published / "current.json").read_text())
            for file in (published / "current.duckdb", published / facts["file"]):
                with duckdb.connect(str(file), read_only=True) as connection:
                    [(release, stamped, gated, components, results, rows)] = connection.execute(ANSWER).fetchall()
                if not (stamped == gated == [release] and components == results and rows == 4):
                    seen.errors.append(f"mixed: {release} {stamped} {gated} {components} {results} {rows}")
                if release not in seen.releases:
                    seen.releases.append(release)
        except (duckdb.Error, OSError, ValueError) as error:
            seen.errors.append(repr(error))
        seen.polls += 1
        look_closely(published, seen)
    return seen


def look_closely(published: Path, seen: Seen) -> None:
    """For a moment, only look whether the names are there: a gap between two links lasts microseconds."""
    until = time.monotonic() + 0.02
    try:
        while time.monotonic() < until:
            os.stat(published / "current.duckdb")
            os.stat(published / "current.json")
    except OSError as error:
        seen.errors.append(repr(error))


def poll_in_a_process(published: str, stop: Event, answers: Any) -> None:
    answers.put(poll(Path(published), stop))


@pytest.mark.parametrize("publishes", [4, pytest.param(200, marks=pytest.mark.slow)])
def test_no_reader_sees_an_error_or_a_mixture(tmp_path: Path, publishes: int) -> None:
    for reading in publish_under_readers(tmp_path, publishes):
        assert reading.errors == []
        assert len(reading.releases) > min(publishes // 2, 3), "it polled while releases were published"


def publish_under_readers(tmp_path: Path, publishes: int) -> list[Seen]:
    """Publish so often; what a thread, and a process that opens what is current again and again, saw meanwhile."""
    home = Home(tmp_path / "home").create()
    build = build_database(tmp_path, items=1)
    first = release_of(home, build)
    context = multiprocessing.get_context("forkserver")
    stop, answers = context.Event(), context.Queue()
    reader = context.Process(target=poll_in_a_process, args=(str(home.published), stop, answers))
    reader.start()
    seen: list[Seen] = []
    thread = threading.Thread(target=lambda: seen.append(poll(home.published, stop)))
    thread.start()
    with duckdb.connect(str(home.published / "current.duckdb"), read_only=True) as patient:
        for number in range(publishes):
            with duckdb.connect(str(build)) as connection:
                connection.execute("update component_value set value = value + 1 where practice_code = 'N82001'")
                connection.execute("update indicator_result set value = value + 1 where org_code = 'N82001'")
            release = release_of(home, build, inputs_fingerprint=f"inputs-{number}", keep=3)
            assert release.is_new
            assert release.is_current
        assert not first.path.exists(), "retention removed what the patient reader still reads"
        assert patient.execute("select release_id from release").fetchall() == [(first.release_id,)]
    stop.set()
    seen.append(answers.get(timeout=60))
    thread.join()
    reader.join()
    return seen


if __name__ == "__main__":  # python -m tests.faults.test_release_readers 200
    asked = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        for number, reading in enumerate(publish_under_readers(Path(scratch), asked), start=1):
            print(
                f"reader {number}: {reading.polls} polls, {2 * reading.polls} answers, {len(reading.releases)} of "
                f"{asked + 1} releases seen, {len(reading.errors)} errors or mixtures {reading.errors[:3]}"
            )
