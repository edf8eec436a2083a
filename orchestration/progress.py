"""What the shell says while a release is built: each step as it starts, since the whole takes minutes.

What a step does belongs in `build_assets` and `dbt_assets`.
"""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress

import dagster as dg

# Steps of the release job, in order.
STEPS = {
    "feeds": "preparing what is current of each feed",
    "dbt_components": "building lists, prescribing and activity",
    "gate_staged": "asking gate 3",
    "dbt_indicators": "building indicators, finance and savings",
    "reconciliations": "holding figures against what is published of them",
    "gate_marts": "asking gate 4",
    "publish": "hiding small numbers, comparing, asking gate 5 and publishing",
}


def follow(instance: dg.DagsterInstance, run_id: str, say: Callable[[str], None]) -> None:
    """Say each step of this run as it starts, where standard output leads now, also while it leads elsewhere."""
    shown, numbers = sys.stdout, {step: number for number, step in enumerate(STEPS, start=1)}

    def listen(event: dg.EventLogEntry) -> None:
        happened = event.dagster_event
        if happened is not None and happened.is_step_start and happened.step_key in numbers:
            with suppress(OSError), redirect_stdout(shown):  # nobody reads any more: no reason to fail
                say(f"  {numbers[happened.step_key]}/{len(STEPS)} {STEPS[happened.step_key]}")

    instance.add_event_listener(run_id, listen)
