"""Run one Dagster job in this process, on the instance that the UI shows, and say what came of it.

Importing this takes seconds: `pipeline` does so when it is known that there is work.
"""

from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import dagster as dg

from orchestration.instance import SHELL_RUN, end_dead_runs, open_instance, recorded
from orchestration.programs import end_programs
from orchestration.progress import follow
from pcw.ending import ended_by, stop_if_ended
from pcw.home import Home

QUIET_RUN = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
CHECK_EVALUATED = "ASSET_CHECK_EVALUATION"


@dataclass(frozen=True)
class Outcome:
    """Of one Dagster run: neither error nor refusal is success."""

    run_id: str
    error: str | None = None
    refusal: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


class JobRunner:
    """Runs jobs in this process on the instance that the UI shows. One that is not alone ends no run that it finds
    going on: others of this run have them.
    """

    def __init__(self, home: Home, defs: dg.Definitions, *, is_alone: bool = True) -> None:
        self.home = home
        with recorded(home):
            self.instance = open_instance(home)
            if is_alone:
                end_dead_runs(self.instance)
        self.log = home.root / "run.log"
        self.defs = defs

    def execute(
        self,
        job_name: str,
        partition: str | None,
        ops: dict[str, Any],
        say: Callable[[str], None] | None = None,
        assets: Sequence[dg.AssetKey] | None = None,
    ) -> Outcome:
        """Run one job; a dg.Failure and a failed blocking check are refusals, anything else is an error.

        Its steps are said as they start, where somebody listens. Of its assets those named, or all.

        Raises:
            KeyboardInterrupt: a signal ended it. Dagster makes a failed run of that, which its daemon would try again.
        """
        stop_if_ended()  # what was raised then may have been swallowed on its way
        job, run_id = self.defs.resolve_job_def(job_name), str(uuid4())
        if say is not None:
            follow(self.instance, run_id, say)
        # dbt talks; the UI shows it too
        with recorded(self.home), self.log.open("a", encoding="utf-8") as log, redirect_stdout(log):
            try:
                result = job.execute_in_process(
                    instance=self.instance,
                    partition_key=partition,
                    run_config={**QUIET_RUN, "ops": ops},
                    tags=SHELL_RUN,
                    run_id=run_id,
                    raise_on_error=False,
                    asset_selection=assets,
                )
            finally:
                end_programs()  # also when the history could not be written: who holds the lease is the only one
        events: list[Any] = list(result.all_events)
        if not result.success and ended_by() is not None:
            self._cancelled(result.run_id)
            raise KeyboardInterrupt
        if result.success:
            materialized = [event for event in events if event.is_step_materialization]
            last = materialized[-1].step_materialization_data.materialization.metadata if materialized else {}
            return Outcome(result.run_id, metadata={name: value.value for name, value in last.items()})
        failures = [event.event_specific_data for event in events if event.is_step_failure]
        for data in failures:
            if data.user_failure_data is not None:
                return Outcome(result.run_id, refusal=data.user_failure_data.description)
        checks = [event.asset_check_evaluation_data for event in events if event.event_type_value == CHECK_EVALUATED]
        blocking = [check for check in checks if check.blocking and not check.passed]
        if blocking:
            names = ", ".join(f"{'/'.join(check.asset_key.path)} {check.check_name}" for check in blocking[:5])
            return Outcome(result.run_id, refusal=f"{len(blocking)} dbt test(s) failed; nothing is released: {names}.")
        return Outcome(
            result.run_id, error=_cause(failures[0].error) if failures else "the run failed before its first step"
        )

    def _cancelled(self, run_id: str) -> None:
        run = self.instance.get_run_by_id(run_id)
        if run is not None and run.status != dg.DagsterRunStatus.CANCELED:
            self.instance.report_run_canceled(run, message="Its process was interrupted.")


def _cause(error: Any) -> str:
    while error.cause is not None:
        error = error.cause
    return str(error.message).strip()
