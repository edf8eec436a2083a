"""The Dagster instance of a deployment: one for the shell, the UI and the daemon, under PCW_HOME/dagster."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import yaml
from sqlalchemy.exc import DBAPIError

from pcw.errors import PcwError
from pcw.files import write_atomically
from pcw.home import Home

# Written once, then the operator's own: PostgreSQL storage and more runs at a time are changes to this file.
DEFAULT_CONFIG = """\
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  runs: {max_concurrent_runs: 4}
  pools: {granularity: run, default_limit: 1}
run_monitoring: {enabled: true, max_runtime_seconds: 7200, free_slots_after_run_end_seconds: 30}
run_retries: {enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false}
retention:
  sensor: {purge_after_days: {skipped: 7, success: 90, failure: 365}}
"""
SHELL_CONFIG = "shell.yaml"
# Runs of this process and its likes, which hold the lease as long as they go on.
SHELL_RUN = {"pcw/from": "shell"}
QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",  # preview and beta notices of Dagster, in its child processes
}


def prepare(home: Home) -> None:
    """Write dagster.yaml where there is none and point this process and its children at it."""
    home.create()
    config = home.dagster / "dagster.yaml"
    if not config.exists():
        write_atomically(config, DEFAULT_CONFIG)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def open_instance(home: Home) -> dg.DagsterInstance:
    """The instance of this deployment for runs inside this process.

    The same storage as dagster.yaml says; only the capture of standard output is off, which starts four processes for
    every step, while a run from the shell writes to its own log.
    """
    prepare(home)
    config = yaml.safe_load((home.dagster / "dagster.yaml").read_text(encoding="utf-8")) or {}
    config["compute_logs"] = {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
    write_atomically(home.dagster / SHELL_CONFIG, yaml.safe_dump(config))
    return dg.DagsterInstance.from_config(str(home.dagster), SHELL_CONFIG)


@contextmanager
def recorded(home: Home) -> Iterator[None]:
    """Make a sentence of it when runs cannot be recorded: the history is the first that notices a full disk.

    Raises:
        PcwError: says where and why.
    """
    try:
        yield
    except DBAPIError as error:
        raise PcwError(
            f"Runs cannot be recorded in {home.dagster} ({error.orig}): the disk is full, or the folder is damaged or "
            "cannot be written. What readers see is as it was. Put it right and run again; `pcw doctor` says more."
        ) from error


def end_dead_runs(instance: dg.DagsterInstance) -> None:
    """Mark runs from the shell that were killed; the UI would show them as going on for ever. The caller holds the
    lease, so none of them is. Cancelled, not failed: what failed the daemon tries again, and `pcw run` just does.
    """
    going_on = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    for run in instance.get_runs(dg.RunsFilter(tags=SHELL_RUN, statuses=going_on)):
        instance.report_run_canceled(run, message="Its process was killed.")
