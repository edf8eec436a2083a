"""dbt, ending with the process that started it: the program `pcw-dbt`.

After kill -9 of a run its dbt would go on writing the build database, beside the run that was started again. Which
models are built belongs in `dbt_assets`.
"""

import os
import signal
import threading
import time

PARENT = "PCW_DBT_PARENT"
LOOK_SECONDS = 0.2


def end_with(parent: int) -> None:
    """Kill this process as soon as `parent` is not its parent any more. Returns at once; a thread looks."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True).start()


def main() -> None:
    """The command line of dbt."""
    if parent := os.environ.get(PARENT):
        end_with(int(parent))
    from dbt.cli.main import cli

    cli()
