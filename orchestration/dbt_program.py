"""How dbt is started from Dagster: as a process of its own, and nothing of it twice.

Which models a run builds belongs in `dbt_assets`.
"""

import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliInvocation, DbtCliResource
from packaging.version import Version

# Of this environment, whether or not it is on the PATH; `dbt` itself, ending with the run that started it.
DBT = str(Path(sys.executable).parent / "pcw-dbt")
_started: list["subprocess.Popen[bytes]"] = []


class DbtProgram(DbtCliResource):
    """The dbt of this environment, without what dagster-dbt does around it and nobody here uses.

    In each build it starts `dbt --version`, which asks the package index for newer versions (a run must work
    where that cannot be reached), and before each invocation it parses dbt's macros into an adapter, which serves
    `fetch_row_counts` and `fetch_column_metadata` alone.
    """

    def cli(self, args: Sequence[str], **more: Any) -> DbtCliInvocation:
        """Start dbt with these arguments, as dagster-dbt does."""
        invocation = super().cli(args, **more)
        _started[:] = [process for process in _started if process.poll() is None]
        _started.append(invocation.process)
        return invocation

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


def end_programs() -> None:
    """End what dbt still runs for this process, and wait until it is gone.

    A run that ends in the middle, say where its history cannot be written, leaves dbt at work on the build database.
    """
    while _started:
        process = _started.pop()
        if process.poll() is None:
            process.kill()
        process.wait()
