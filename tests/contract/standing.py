"""What stands in Dagster while a test asks its sensors: runs that somebody started, a lease that another holds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.test_utils import create_run_for_test

from pcw.home import Home
from pcw.lock import lease


def note_run(instance: dg.DagsterInstance, request: dg.RunRequest, status: dg.DagsterRunStatus, job: str = "x") -> str:
    """What the daemon keeps of a request that it started a run for."""
    tags = {**request.tags, "dagster/run_key": request.run_key or ""}
    return create_run_for_test(instance, job_name=request.job_name or job, tags=tags, status=status).run_id


@contextmanager
def held_by_another_thread(home: Home) -> Iterator[None]:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with lease(home, "the month end run"):
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        yield
    finally:
        done.set()
        thread.join()
