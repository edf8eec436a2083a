"""Resources of the jobs: the deployment they work on and the lease that keeps two of them apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import dagster as dg

from dbt_project.feeds import Inputs
from orchestration.inputs import inputs_of
from pcw.home import Home
from pcw.lock import lease
from pcw.settings import Settings, load_settings

# Limit 1, granularity run: the daemon queues what would else wait for the lease inside a started process.
WAREHOUSE_POOL = "warehouse"


class Deployment(dg.ConfigurableResource["Deployment"]):
    """Settings and PCW_HOME of this process; holds the lease while a run that uses it is going on.

    With `as_at` (a time in ISO form) a run uses only what was received by then, and builds apart.
    """

    as_at: str | None = None

    @property
    def as_at_moment(self) -> datetime | None:
        """Only files received up to then are used; None uses all."""
        return datetime.fromisoformat(self.as_at) if self.as_at else None

    @property
    def warehouse(self) -> Path:
        """The build database of this run."""
        return self.home.work / "as-at.duckdb" if self.as_at else self.home.warehouse

    @property
    def settings(self) -> Settings:
        """Settings from the environment."""
        return load_settings()

    @property
    def home(self) -> Home:
        """The data folder."""
        return Home(self.settings.home)

    def inputs(self) -> Inputs:
        """What the figures of a build of now depend on."""
        return inputs_of(self.home, self.settings, self.as_at_moment)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Deployment"]:
        """Hold the lease from the first step of a run to its last."""
        with lease(self.home.create(), f"run {context.run.run_id}" if context.run else "a run"):
            yield self
