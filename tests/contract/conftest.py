"""One graph for all contracts with Dagster, and a home and an instance for each test."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.build import build_defs
from pcw.home import Home


@pytest.fixture(scope="package")
def defs() -> dg.Definitions:
    return build_defs()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PCW_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home").create()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance
