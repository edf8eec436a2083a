"""Runs that a killed shell left behind, and a history that cannot be written."""

import errno
import sqlite3
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy.exc import OperationalError

from orchestration.instance import SHELL_RUN, end_dead_runs, recorded
from pcw.errors import PcwError
from pcw.home import Home


@dg.op
def nothing() -> None: ...


@dg.job
def some_job() -> None:
    nothing()


def test_dead_runs_from_the_shell_are_cancelled_and_no_others() -> None:
    started, waiting = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED
    with dg.DagsterInstance.ephemeral() as instance:
        dead = instance.create_run_for_job(some_job, tags=SHELL_RUN, status=started)
        done = instance.create_run_for_job(some_job, tags=SHELL_RUN, status=dg.DagsterRunStatus.SUCCESS)
        of_the_daemon = [instance.create_run_for_job(some_job, status=status) for status in (started, waiting)]
        end_dead_runs(instance)
        status = {run.run_id: run.status for run in instance.get_runs()}
    assert status[dead.run_id] == dg.DagsterRunStatus.CANCELED
    assert status[done.run_id] == dg.DagsterRunStatus.SUCCESS
    assert [status[run.run_id] for run in of_the_daemon] == [started, waiting]


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (
            OperationalError("insert", {}, sqlite3.OperationalError("database or disk is full")),
            "database or disk is full",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), r"\[Errno \d+\] No space left on device"),  # of run.log
    ],
)
def test_what_cannot_be_written_of_a_run_gets_a_sentence(tmp_path: Path, problem: Exception, cause: str) -> None:
    with (
        pytest.raises(PcwError, match=rf"Runs cannot be recorded in .*dagster \({cause}\)"),
        recorded(Home(tmp_path)),
    ):
        raise problem


def test_a_mistake_of_ours_is_not_called_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(KeyError), recorded(Home(tmp_path)):
        raise KeyError("ours")
