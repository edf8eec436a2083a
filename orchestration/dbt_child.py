"""dbt, ending with the process that started it, and saying nothing to nobody: the program `pcw-dbt`.

A build for which a folder of Spark is named goes on as `spark_child`, in the environment of Spark.

After kill -9 of a run its dbt would go on writing the build database, beside the run that was started again. Which
models are built belongs in `dbt_assets`.
"""

import os
import sys
from pathlib import Path
from typing import Any

from pcw.ending import end_with
from pcw.leaving import leave

PARENT = "PCW_DBT_PARENT"
WAREHOUSE = "PCW_WAREHOUSE"
SPARK_FOLDER = "PCW_SPARK_FOLDER"
ROOT = Path(__file__).resolve().parents[1]
SPARK_PYTHON = ROOT / ".venv-spark" / "bin" / "python"


def stand_beside(warehouse: Path) -> None:
    """Make the folder of the build database this process's own, and name it from there.

    Where a database is belongs to what dbt has parsed, so that under its whole path each would be parsed for itself.
    """
    os.chdir(warehouse.parent)
    os.environ[WAREHOUSE] = warehouse.name


def without_unheard_events(manager_class: Any) -> None:
    """Make dbt's event manager (the class) drop events of debug level at once where no log takes that level.

    dbt makes a message of everything that it does, and the line of each log, and only then asks for the level: twenty
    lines for each that is written, a fifth of the time of a build of small data.
    """
    if hasattr(manager_class.fire_event, "original"):
        return
    from dbt_common.events.base_types import EventLevel

    fire, quiet = manager_class.fire_event, (EventLevel.DEBUG, EventLevel.TEST)

    def fire_event(
        self: Any, e: Any, level: Any = None, node: Any = None, force_warn_or_error_handling: bool = False
    ) -> None:
        is_quiet = (level or e.level_tag()) in quiet and not force_warn_or_error_handling
        if is_quiet and all(log.level not in quiet for log in self.loggers):
            return
        fire(self, e, level, node, force_warn_or_error_handling)

    fire_event.original = fire  # type: ignore[attr-defined]
    manager_class.fire_event = fire_event


def is_for_spark(arguments: list[str]) -> bool:
    """Builds alone: what only parses or documents the project needs no Spark."""
    return arguments[:1] == ["build"] and SPARK_FOLDER in os.environ


def go_on_with_spark(arguments: list[str]) -> None:
    """Become dbt on Spark, with the same id and parent."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    os.execve(SPARK_PYTHON, [str(SPARK_PYTHON), "-m", "orchestration.spark_child", *arguments], environment)


def main() -> None:
    """The command line of dbt."""
    if is_for_spark(sys.argv[1:]):
        go_on_with_spark(sys.argv[1:])
    if parent := os.environ.get(PARENT):
        end_with(int(parent))
    if warehouse := os.environ.get(WAREHOUSE):
        stand_beside(Path(warehouse))
    from dbt.cli.main import cli
    from dbt_common.events.event_manager import EventManager

    without_unheard_events(EventManager)
    try:
        cli()
    except SystemExit as ended:
        leave(ended.code)
