"""Each step of a release is said as it starts, also while standard output leads to the log."""

import io
import sys
from contextlib import redirect_stdout

import dagster as dg
import pytest

from orchestration.progress import STEPS, follow


@dg.op
def feeds() -> None:
    print("dbt talks")


@dg.op
def another() -> None:
    print("so does another")


@dg.job
def release() -> None:
    feeds()
    another()


def test_steps_are_said_where_standard_output_led(capsys: pytest.CaptureFixture[str]) -> None:
    log, run_id = io.StringIO(), "5a2d8c1e-0000-4000-8000-000000000001"
    with dg.DagsterInstance.ephemeral() as instance:
        follow(instance, run_id, lambda line: print(line, file=sys.stdout))
        with redirect_stdout(log):
            assert release.execute_in_process(instance=instance, run_id=run_id).success
    assert capsys.readouterr().out.splitlines() == [f"  1/{len(STEPS)} {STEPS['feeds']}"]
    assert sorted(log.getvalue().splitlines()) == ["dbt talks", "so does another"]


def test_a_shell_that_is_gone_fails_nothing() -> None:
    """As with `pcw run | head -1`."""

    def gone(_line: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    run_id = "5a2d8c1e-0000-4000-8000-000000000002"
    with dg.DagsterInstance.ephemeral() as instance:
        follow(instance, run_id, gone)
        assert release.execute_in_process(instance=instance, run_id=run_id).success
