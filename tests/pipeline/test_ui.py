"""The Dagster UI in a real browser: the asset graph, and a failed check whose reason can be read."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.running import Deployed, run_pipeline

CHROMIUM = shutil.which("chromium")
SCREENSHOTS = PROJECT / "tests" / ".artifacts"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (debian-packages.txt)"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def ui(released: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The UI on a deployment whose last prescribing file was refused."""
    folder = tmp_path_factory.mktemp("ui")
    shutil.copytree(released.home.root, folder / "home", symlinks=True)
    deployed = Deployed(released.settings.model_copy(update={"home": folder / "home"}))
    inbox = folder / "inbox"
    inbox.mkdir()
    (inbox / "EPD_201706.csv").write_text("<!DOCTYPE html><html>Please log in</html>")
    assert run_pipeline(deployed.settings, inbox=inbox)[0] == 2
    port = free_port()
    environment = {**os.environ, "PCW_HOME": str(deployed.home.root), "DAGSTER_HOME": str(deployed.home.dagster)}
    command = [
        str(Path(sys.executable).parent / "dagster-webserver"),
        "-w",
        "workspace.yaml",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with (folder / "webserver.log").open("w") as log:
        server = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(180):
                if server.poll() is not None:
                    pytest.fail((folder / "webserver.log").read_text()[-3000:])
                try:
                    urllib.request.urlopen(f"{address}/server_info", timeout=2).close()
                    break
                except OSError:
                    time.sleep(1)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def page_text(address: str, path: str, shown: str, picture: str) -> str:
    """Text of a page once `shown` is on it; a screenshot is left in tests/.artifacts."""
    from playwright.sync_api import sync_playwright

    SCREENSHOTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            page.goto(f"{address}{path}", timeout=120_000)
            page.get_by_text(shown).first.wait_for(timeout=120_000)
            page.wait_for_timeout(2000)
            page.screenshot(path=SCREENSHOTS / f"{picture}.png")
            return str(page.inner_text("body"))
        finally:
            browser.close()


def test_the_asset_graph_shows_the_way_of_the_data(ui: str) -> None:
    text = page_text(ui, "/asset-groups", "landing_prescribing", "graph")
    for group in (
        "landing_practice",
        "landing_prescribing",
        "feed",
        "practice",
        "prescribing",
        "indicators",
        "gates",
        "published",
    ):
        assert group in text


def test_a_landing_asset_says_what_it_is_and_whose(ui: str) -> None:
    text = page_text(ui, "/assets/landing/epd?view=overview", "medicines-optimisation", "asset")
    assert "English Prescribing Dataset" in text


def test_a_failed_check_can_be_read(ui: str) -> None:
    text = page_text(ui, "/assets/landing/epd?view=checks&checkDetail=gate_1_file", "web page", "failed_check")
    assert "gate_1_file" in text
    assert "EPD_201706.csv is a web page" in text
