"""Runs that a killed shell left behind, and a history that cannot be written."""

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


def test_a_history_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    full = OperationalError("insert", {}, sqlite3.OperationalError("database or disk is full"))
    said = r"Runs cannot be recorded in .*dagster \(database or disk is full\)"
    with pytest.raises(PcwError, match=said), recorded(Home(tmp_path)):
        raise full
