"""How dbt is started from Dagster: as a process of its own, and nothing of it twice.

Which models a run builds belongs in `dbt_assets`.
"""

import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliInvocation, DbtCliResource
from packaging.version import Version

from orchestration.programs import note_program

# Of this environment, whether or not it is on the PATH; `dbt` itself, ending with the run that started it.
DBT = str(Path(sys.executable).parent / "pcw-dbt")


class DbtProgram(DbtCliResource):
    """The dbt of this environment, without what dagster-dbt does around it and nobody here uses.

    In each build it starts `dbt --version`, which asks the package index for newer versions (a run must work
    where that cannot be reached), and before each invocation it parses dbt's macros into an adapter, which serves
    `fetch_row_counts` and `fetch_column_metadata` alone.
    """

    def cli(self, args: Sequence[str], **more: Any) -> DbtCliInvocation:
        """Start dbt with these arguments, as dagster-dbt does."""
        invocation = super().cli(args, **more)
        note_program(invocation.process)
        return invocation

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None
