"""What several tests of the pipeline need."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pcw.home import Home
from pcw.settings import Settings
from publishing.shelf import Release, find_release
from sources.synthetic.sample import write_sample
from tests.conftest import PROJECT
from tests.receivers import WebServer
from tests.running import Deployed, run_pipeline
from tests.services import postgres
from tests.serving import READER, ask, connected

# So few that the dashboard of eight practices is cut as that of a whole commissioner is.
FEW_ROWS = 3


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def august_2017(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """What the committee of August 2017 had before it, released: 92 practices, one query of hospital activity open.

    By hand: `pcw sample --out DIR --to 2017-08 --no-truth --faults sus_cardiology_wrong@2017-03`, then `pcw run`.
    What is withheld stops no release: the run ends with 0. Tests must not change it. It takes ten minutes.
    """
    folder = tmp_path_factory.mktemp("august_2017")
    span = date(2016, 4, 1), date(2017, 8, 1)
    sample = write_sample(folder / "feeds", *span, faults=["sus_cardiology_wrong@2017-03"], with_truth=False).out
    deployed = Deployed(Settings(home=folder / "home"))
    code, lines = run_pipeline(deployed.settings, inbox=sample)
    assert code == 0, "\n".join(lines)
    return deployed


@pytest.fixture(scope="session")
def site(released: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static site of the released sample: its folder. Tests must not change it."""
    from publishing.site import build

    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("publishing.site.access.ROWS", FEW_ROWS)
        build(released.current, PROJECT / "narrative", folder)
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server of one's own with a role that reads copies, one in it, and one that is not: its address."""
    with postgres() as url:
        with connected(url) as connection:
            ask(connection, f"create role pcw_reader; create role ann login password '{READER}' in role pcw_reader")
            ask(connection, f"create role bob login password '{READER}'")
        yield url


@pytest.fixture(scope="session")
def release(released: Deployed) -> Release:
    """The release of the small sample."""
    return find_release(released.home, "current")


@pytest.fixture(scope="session")
def loaded(server: str, release: Release) -> str:
    """The address of the server, with the copy of the sample's release in it."""
    from publishing import postgres_copy

    postgres_copy.load(release, server)
    return server
