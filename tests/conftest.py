"""Fixtures that several folders share."""

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pcw.settings import Settings
from tests.running import Deployed, run_pipeline

# Monthly feeds of which no rule looks further back than the year to date: the small sample has their last months.
FEW_MONTHS = (
    "*_Latest_ratings.csv", "CQRS_FFT_*", "GP_FFT_*", "access_return_*", "ers_referrals_*", "iapt-*", "milestones_*",
    "Cancer-Waits-*", "DM01-*", "Monthly-AE-*",
)  # fmt: skip
# Copies of a release are made by the tests of copies alone: also of sessions, so before the first.
os.environ["PCW_COPIES"] = ""
# Tests have every core at work already; those of landing side by side ask for processes.
os.environ["PCW_LANDING_PROCESSES"] = "1"
PROJECT = Path(__file__).parent.parent
REALDATA = PROJECT.parent / "shared" / "realdata"


@pytest.hookimpl(tryfirst=True)  # before the workers read the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two workers: a file stays together, and so do all tests on the released sample, which is made once."""
    for item in items:
        if "august_2017" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("august_2017"))
            continue
        shared = {"released", "copy_of_released", "released_case"} & set(getattr(item, "fixturenames", ()))
        item.add_marker(pytest.mark.xdist_group("released" if shared else item.path.name))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own PCW_ settings must not reach a test; how many threads dbt has is no setting of a person."""
    kept = {"PCW_DBT_THREADS", "PCW_COPIES", "PCW_LANDING_PROCESSES"}
    for name in [name for name in os.environ if name.startswith("PCW_") and name not in kept]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def parsed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """The dbt project is parsed once for all build databases of the tests, not once for each home: where that is."""
    if "orchestration.dbt_assets" not in sys.modules:  # importing it takes seconds
        yield None
        return
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "parsed"
    shared.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("orchestration.dbt_assets.parsed_folder", lambda warehouse: shared)
        yield shared


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Real public NHS files beside the project; tests that use them skip where they are absent."""
    if not REALDATA.is_dir():
        pytest.skip("the real public files are not beside the project")
    return REALDATA


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight practices over fifteen months, four of some feeds: every rule of the full sample, a tenth of its time."""
    from sources.synthetic.sample import write_sample
    from sources.synthetic.truth import write_truth
    from sources.synthetic.world import COMMISSIONER

    folder, last = tmp_path_factory.mktemp("sample"), date(2017, 6, 1)
    out = write_sample(folder / "feeds", date(2016, 4, 1), last, practices=8, seed=7, with_truth=False).out
    recent = write_sample(folder / "recent", date(2017, 3, 1), last, practices=8, seed=7, with_truth=False).files
    for path in (path for pattern in FEW_MONTHS for path in out.glob(pattern)):
        if path.name not in recent:
            path.unlink()
    write_truth(out, out / "truth", COMMISSIONER)
    return out


@pytest.fixture(scope="session")
def released(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """The small sample, landed and released once. Tests must not change it: take `copy_of_released`."""
    deployed = Deployed(Settings(home=tmp_path_factory.mktemp("released") / "home"))
    code, lines = run_pipeline(deployed.settings, inbox=small_sample)
    assert code == 0, "\n".join(lines)
    return deployed


@pytest.fixture
def copy_of_released(released: Deployed, tmp_path: Path) -> Iterator[Deployed]:
    """A deployment of one's own, with the small sample released."""
    home = tmp_path / "home"
    shutil.copytree(released.home.root, home, symlinks=True)
    yield Deployed(Settings(home=home))
