"""dbt, ending with the process that started it: the program `pcw-dbt`.

After kill -9 of a run its dbt would go on writing the build database, beside the run that was started again. Which
models are built belongs in `dbt_assets`.
"""

import os
import signal
import threading
import time
from pathlib import Path

PARENT = "PCW_DBT_PARENT"
WAREHOUSE = "PCW_WAREHOUSE"
LOOK_SECONDS = 0.2


def end_with(parent: int) -> None:
    """Kill this process as soon as `parent` is not its parent any more. Returns at once; a thread looks."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True).start()


def stand_beside(warehouse: Path) -> None:
    """Make the folder of the build database this process's own, and name it from there.

    Where a database is belongs to what dbt has parsed, so that under its whole path each would be parsed for itself.
    """
    os.chdir(warehouse.parent)
    os.environ[WAREHOUSE] = warehouse.name


def main() -> None:
    """The command line of dbt."""
    if parent := os.environ.get(PARENT):
        end_with(int(parent))
    if warehouse := os.environ.get(WAREHOUSE):
        stand_beside(Path(warehouse))
    from dbt.cli.main import cli

    cli()
