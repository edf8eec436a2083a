"""What several tests of the pipeline need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pcw.home import Home
from tests.receivers import WebServer


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.close()
