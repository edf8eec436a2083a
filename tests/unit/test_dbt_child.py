"""dbt ends with the run that started it, also when that run was killed."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.events.types import SQLCommit
from dbt_common.events.base_types import EventLevel, EventMsg
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LineFormat, LoggerConfig
from dbt_common.events.types import Note

from orchestration.dbt_child import PARENT, WAREHOUSE, stand_beside, without_unheard_events
from tests.conftest import PROJECT

# The parent starts a child that would go on for a minute, says its id, and is killed as by kill -9.
RUN = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(child.pid, flush=True)
time.sleep(1)
os.kill(os.getpid(), signal.SIGKILL)
"""
CHILD = "from pcw.ending import end_with; import os, time; end_with(os.getppid()); time.sleep(60)"


def is_gone(process: int) -> bool:
    """Whether it ended; one that nobody waits for stays in the list as a zombie."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True)
    return done.stdout.strip()[:1] in ("", "Z")


@pytest.mark.parametrize(("child", "goes_on"), [(CHILD, False), ("import time; time.sleep(60)", True)])
def test_a_child_ends_with_its_parent(child: str, goes_on: bool) -> None:
    started = subprocess.run([sys.executable, "-c", RUN, child], cwd=PROJECT, capture_output=True, text=True)
    process = int(started.stdout)
    end = time.monotonic() + (3 if goes_on else 30)
    while time.monotonic() < end and not is_gone(process):
        time.sleep(0.1)
    assert is_gone(process) is not goes_on
    if goes_on:
        os.kill(process, 9)


def test_it_names_the_build_database_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what is parsed for it serves it in any folder."""
    monkeypatch.chdir("/")
    monkeypatch.setenv(WAREHOUSE, "somewhere")
    stand_beside(tmp_path / "warehouse.duckdb")
    assert (Path.cwd(), os.environ[WAREHOUSE]) == (tmp_path, "warehouse.duckdb")


def said(manager_class: Any, *levels: EventLevel) -> tuple[list[str], list[str]]:
    """What logs of these levels say of one event of each level, and of which of them a line was made."""
    manager, made = manager_class(), list[str]()

    def noted(message: EventMsg) -> bool:
        made.append(message.info.msg)
        return True

    streams = [io.StringIO() for _ in levels]
    for number, (level, stream) in enumerate(zip(levels, streams, strict=True)):
        manager.add_logger(
            LoggerConfig(
                name=f"{manager_class.__name__} {number}",
                line_format=LineFormat.PlainText,
                level=level,
                output_stream=stream,
                filter=noted,
                scrubber=lambda text: text,
            )
        )
    for level in EventLevel:
        manager.fire_event(Note(msg=level.value), level=level)
    manager.fire_event(SQLCommit(conn_name="of its own level, which is debug"))
    return [line.split(maxsplit=1)[-1] for stream in streams for line in stream.getvalue().splitlines()], made


@pytest.mark.parametrize("levels", [("info",), ("error",), ("debug",), ("info", "debug"), ("test",)], ids=",".join)
def test_what_no_log_takes_is_not_made_and_nothing_else_is_left_out(levels: tuple[str, ...]) -> None:
    class Ours(EventManager):  # type: ignore[misc]
        """One that the rest of the tests do not see."""

    asked = [EventLevel(level) for level in levels]
    lines, made = said(EventManager, *asked)
    without_unheard_events(Ours)
    ours, fewer = said(Ours, *asked)
    assert ours == lines and lines
    all_are_heard = bool({"debug", "test"} & set(levels))
    assert len(made) == (len(EventLevel) + 1) * len(levels)
    assert fewer == (made if all_are_heard else ["info", "warn", "error"])


def test_the_program_is_dbt() -> None:
    program = os.path.join(os.path.dirname(sys.executable), "pcw-dbt")
    done = subprocess.run(
        [program, "--help"], capture_output=True, text=True, env={**os.environ, PARENT: str(os.getpid())}
    )
    assert "dbt" in done.stdout
    assert done.returncode == 0
