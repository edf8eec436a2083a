"""The Dagster instance of a deployment: one for the shell, the UI and the daemon.

Its configuration is under PCW_HOME/dagster; its runs are there too, or in the PostgreSQL of PCW_POSTGRES_URL. How long
runs are kept is said in `orchestration.retention`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import yaml

from pcw.errors import PcwError
from pcw.files import write_atomically
from pcw.home import Home
from pcw.settings import load_settings

# Written once, then the operator's own: more runs at a time, for one, are changes to this file.
DEFAULT_CONFIG = """\
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  runs: {max_concurrent_runs: 4}
  pools: {granularity: run, default_limit: 1}
run_monitoring: {enabled: true, max_runtime_seconds: 7200, free_slots_after_run_end_seconds: 30}
run_retries: {enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false}
retention:
  schedule: {purge_after_days: {skipped: 7, success: 90, failure: 365}}
  sensor: {purge_after_days: {skipped: 7, success: 90, failure: 365}}
"""
POSTGRES_URL = "PCW_POSTGRES_URL"
# The address stays in the environment: it may hold a password, and Dagster shows this file in its UI.
POSTGRES_CONFIG = f"storage: {{postgres: {{postgres_url: {{env: {POSTGRES_URL}}}}}}}\n"
STORAGE_KEYS = {"storage", "run_storage", "event_log_storage", "schedule_storage"}
CONNECT_SECONDS = 10
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
    """Write dagster.yaml where there is none and point this process and its children at it.

    Of PCW_HOME only the folder of Dagster is touched: a webserver may be forbidden to see the rest.

    Raises:
        PcwError: the runs are in a PostgreSQL that is not named or cannot be reached.
    """
    home.dagster.mkdir(parents=True, exist_ok=True)
    file = home.dagster / "dagster.yaml"
    if not file.exists():
        write_atomically(file, DEFAULT_CONFIG)
    url = load_settings().postgres_url
    config = _config(home)
    if url is not None and not STORAGE_KEYS & set(config):
        text = file.read_text(encoding="utf-8")
        write_atomically(file, text + ("" if text.endswith("\n") else "\n") + POSTGRES_CONFIG)
    if url is None and POSTGRES_URL in str([config[key] for key in STORAGE_KEYS & set(config)]):
        raise PcwError(
            f"{file} keeps the runs in PostgreSQL and {POSTGRES_URL} is not set. Set it; or delete the line 'storage' "
            "there to begin anew on SQLite, without the runs so far."
        )
    if url is not None:
        _reach(url.get_secret_value())
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def open_instance(home: Home) -> dg.DagsterInstance:
    """The instance of this deployment for runs inside this process.

    The same storage as dagster.yaml says, kept open where it is SQLite; and the capture of standard output is off:
    it starts four processes for every step, while a run from the shell writes to its own log.
    """
    prepare(home)
    config = _config(home)
    if not STORAGE_KEYS & set(config):
        config["event_log_storage"] = {
            "module": "orchestration.event_log",
            "class": "OpenEventLogStorage",
            "config": {"base_dir": str(home.dagster / "history" / "runs")},
        }
    config["compute_logs"] = {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
    write_atomically(home.dagster / SHELL_CONFIG, yaml.safe_dump(config))
    return dg.DagsterInstance.from_config(str(home.dagster), SHELL_CONFIG)


def _config(home: Home) -> dict[str, Any]:
    return yaml.safe_load((home.dagster / "dagster.yaml").read_text(encoding="utf-8")) or {}


def _reach(url: str) -> None:
    """Ask PostgreSQL once: Dagster tries for a while and then shows a hundred lines."""
    import psycopg2

    try:
        psycopg2.connect(url, connect_timeout=CONNECT_SECONDS).close()
    except psycopg2.Error as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise PcwError(f"The PostgreSQL of {POSTGRES_URL}, which keeps the runs, cannot be used: {said}") from error


@contextmanager
def recorded(home: Home) -> Iterator[None]:
    """Make a sentence of it when runs cannot be recorded: their history and their log first notice a full disk.

    Raises:
        PcwError: says where and why.
    """
    try:
        yield
    except Exception as error:
        from sqlalchemy.exc import DBAPIError  # what goes well needs no driver

        if not isinstance(error, DBAPIError | OSError):
            raise
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise PcwError(
            f"Runs cannot be recorded in {home.dagster} ({cause}): the disk is full, or the folder is damaged or "
            "cannot be written. What readers see is as it was. Put it right and run again; `pcw doctor` says more."
        ) from error


def end_dead_runs(instance: dg.DagsterInstance) -> None:
    """Mark runs from the shell that were killed; the UI would show them as going on for ever. The caller holds the
    lease, so none of them is. Cancelled, not failed: what failed the daemon tries again, and `pcw run` just does.
    """
    going_on = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    for run in instance.get_runs(dg.RunsFilter(tags=SHELL_RUN, statuses=going_on)):
        instance.report_run_canceled(run, message="Its process was killed.")
