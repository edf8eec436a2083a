"""Superset, really installed and running: its dashboard in Chromium, and the cookbook while releases are published.

`make superset-install` makes its environment, once; a test that finds it there uses it.
"""

import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError

import duckdb
import pytest

from pcw.settings import Settings
from publishing import shelf
from publishing.shelf import Release
from tests.conftest import PROJECT
from tests.pipeline.test_cookbook import questions
from tests.running import LATER, Deployed
from tests.services import answers, free_port, running
from tests.superset_reading import FOLDER, datasets, files
from tests.unit.publishing_build import release_of
from tests.unit.test_reports_browser import SCREENSHOTS
from tests.unit.test_reports_browser import browser as browser
from tests.unit.test_reports_browser import pytestmark as needs_chromium

PYTHON = PROJECT / ".venv-superset" / "bin" / "python"
INDICATOR = "Antibacterial items per STAR-PU"
CHARTS = {one["slice_name"] for one in files("charts")}
SECONDS = 180
LOGIN = "/api/v1/security/login"
UNAUTHORIZED = 401
DRAWN = """[...document.querySelectorAll('.dashboard-chart .slice_container')]
    .filter(one => one.querySelector('canvas, table tbody tr')).length"""

pytestmark = [*needs_chromium, pytest.mark.slow]


@dataclass
class Superset:
    """A running one, and who is signed in there by its API."""

    deployed: Deployed
    address: str
    password: str
    opener: urllib.request.OpenerDirector
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, path: str, body: object = None) -> Any:
        """What the API answers; of a refusal too. Who was signed in for too long (15 minutes) signs in again."""
        answer = self._call(path, body)
        if answer.get("status") == UNAUTHORIZED and "Authorization" in self.headers and path != LOGIN:
            self.sign_in()
            answer = self._call(path, body)
        return answer

    def _call(self, path: str, body: object) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, self.headers)
        try:
            with self.opener.open(request, timeout=SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            return {"status": error.code, "refused": error.read().decode()}

    def sign_in(self) -> None:
        who = {"username": "admin", "password": self.password, "provider": "db", "refresh": False}
        self.headers = {"Content-Type": "application/json", "Referer": self.address}
        self.headers["Authorization"] = f"Bearer {self.call(LOGIN, who)['access_token']}"
        self.headers["X-CSRFToken"] = self.call("/api/v1/security/csrf_token/")["result"]

    def id_of(self, kind: str, column: str, name: str) -> int:
        found = self.call(f"/api/v1/{kind}/?q=(page_size:100)")
        assert "result" in found, found
        return int(next(one["id"] for one in found["result"] if one[column] == name))

    def lab(self, sql: str) -> Any:
        """A question in SQL Lab."""
        database = self.id_of("database", "database_name", "Primary Care Warehouse")
        asked = {"database_id": database, "sql": sql, "runAsync": False, "queryLimit": 5000, "schema": "main"}
        return self.call("/api/v1/sqllab/execute/", asked)

    def data(self, dataset: str, columns: list[str], filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows of a dataset, by the API that charts ask."""
        source = {"id": self.id_of("dataset", "table_name", dataset), "type": "table"}
        query = {"columns": columns, "filters": filters, "row_limit": 5000, "metrics": []}
        asked = {"datasource": source, "queries": [query], "result_format": "json", "result_type": "full"}
        answer = self.call("/api/v1/chart/data", asked)
        assert "result" in answer, answer
        [result] = answer["result"]
        assert result["error"] is None
        return list(result["data"])


@pytest.fixture(scope="module")
def superset(released: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Superset on a copy of the released sample, as `make superset` starts it."""
    subprocess.run(["make", "superset-install"], cwd=PROJECT, check=True, capture_output=True)
    folder = tmp_path_factory.mktemp("superset")
    deployed = Deployed(Settings(home=folder / "home"))
    shutil.copytree(released.home.root, deployed.home.root, symlinks=True)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "PCW_HOME": str(deployed.home.root)}
    command = [str(PYTHON), str(FOLDER / "serve.py")]
    # Twice: what is imported again is no second one.
    subprocess.run([*command, "--prepare-only"], env=environment, check=True, capture_output=True)
    with running(
        [*command, "--port", str(port)], folder / "log", lambda: answers(f"{address}/health"), env=environment
    ):
        password = (deployed.home.root / "superset" / "admin_password").read_text().strip()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        found = Superset(deployed, address, password, opener)
        found.sign_in()
        yield found


def publish_another(deployed: Deployed, number: int) -> Release:
    """A release of the same build, in which one practice has another figure."""
    build = deployed.home.warehouse
    with duckdb.connect(str(build)) as connection:
        connection.execute("update indicator_result set value = value * 1.001 where org_type = 'practice'")
    return release_of(
        deployed.home, build, inputs_fingerprint=f"inputs-{number}", created_at=LATER + timedelta(minutes=number)
    )


@contextmanager
def dashboard(superset: Superset, browser: Any, width: int) -> Iterator[tuple[Any, list[Any]]]:
    """The dashboard as one who signed in sees it, once each chart is drawn; and what other hosts were asked."""
    context = browser.new_context(viewport={"width": width, "height": 5000})
    view, asked = context.new_page(), []
    view.on("request", lambda one: asked.append(one) if not one.url.startswith(superset.address) else None)
    narrow = "?standalone=2" if width < 500 else ""
    view.goto(f"{superset.address}/login/?next=/superset/dashboard/primary-care/{narrow}")
    view.locator("#username").fill("admin")
    view.locator("#password").fill(superset.password)
    view.keyboard.press("Enter")
    view.wait_for_url(re.compile(r":\d+/superset/dashboard/"), timeout=SECONDS * 1000)
    view.locator(".dashboard-chart").first.wait_for(timeout=SECONDS * 1000)
    end = time.monotonic() + SECONDS
    while view.evaluate(DRAWN) < len(CHARTS):
        assert time.monotonic() < end, view.inner_text("body")[-3000:]
        view.wait_for_timeout(200)
    yield view, asked
    context.close()


@pytest.mark.parametrize("width", [1400, 390])
def test_the_dashboard_is_drawn_and_says_what_the_release_says(superset: Superset, browser: Any, width: int) -> None:
    with dashboard(superset, browser, width) as (view, asked):
        text = view.inner_text("body")
        view.wait_for_timeout(2000)  # lines are drawn slowly
        view.screenshot(path=SCREENSHOTS / f"superset_{width}.png", full_page=True)
        elsewhere = [(one.url, one.failure) for one in asked if not one.url.startswith(("data:", "blob:"))]
        assert [one for one in elsewhere if one[1] != "csp"] == []  # the browser sent none of them
        assert view.locator(".ant-alert-error, [data-test=error-message]").count() == 0
        assert not re.search(r"unexpected error|No results were returned|Data error", text, re.I)
        assert view.evaluate("document.documentElement.scrollWidth") <= width
    assert {name for name in CHARTS if name not in text} == set()
    assert shelf.current_id(superset.deployed.home) in text
    [(practice, value)] = superset.deployed.query(
        "select org_code, value from indicator_latest"
        " where org_type = 'practice' and org_view = 'as_at' and is_headline and commissioner_code = '99A'"
        " and indicator_name = ? and value is not null and period_end = (select max(period_end) from indicator_latest"
        " where org_type = 'practice' and indicator_name = ?) order by value desc limit 1",
        INDICATOR, INDICATOR,
    )  # fmt: skip
    league = text[text.index("Practice league") :]
    assert practice in league and f"{value:,.3f}" in league


def test_charts_ask_for_the_figures_of_the_release(superset: Superset) -> None:
    columns = ["indicator_id", "practice_code", "value", "status"]
    chosen = [
        {"col": "indicator", "op": "IN", "val": [INDICATOR]},
        {"col": "month_chosen", "op": "IN", "val": ["2017-06-30"]},
    ]
    shown = superset.data("practice_league", columns, chosen)
    expected = superset.deployed.query(
        "select r.org_code, r.value, r.state from indicator_result as r"
        " join indicator as i using (indicator_id, version)"
        " where r.org_type = 'practice' and r.org_view = 'as_at' and r.is_headline and i.name = ?"
        " and r.period_end = date '2017-06-30'"
        " and r.org_code in (select org_code from organisation where commissioner_code = '99A')", INDICATOR,
    )  # fmt: skip
    assert len(expected) >= 8
    assert {row["practice_code"]: row["value"] for row in shown} == {code: value for code, value, _ in expected}
    awaited = superset.data("indicator_positions", ["indicator", "value", "status"], [])
    [(without,)] = superset.deployed.query(
        "select count(*) from indicator_latest where org_type = 'commissioner' and org_view = 'as_at' and is_headline"
        " and value is null"
    )
    assert without > 0
    assert sum(row["value"] is None for row in awaited) == without


def test_preparing_twice_made_nothing_twice(superset: Superset) -> None:
    found = {kind: superset.call(f"/api/v1/{kind}/?q=(page_size:100)")["count"] for kind in ("dashboard", "chart")}
    assert found == {"dashboard": 1, "chart": len(CHARTS)}
    assert superset.call("/api/v1/dataset/?q=(page_size:100)")["count"] == len(datasets())
    modes = {path.name: path.stat().st_mode & 0o777 for path in (superset.deployed.home.root / "superset").iterdir()}
    assert modes["secret_key"] == modes["admin_password"] == 0o600


def test_nobody_gets_in_without_the_password_or_with_a_known_one(superset: Superset) -> None:
    bare = Superset(superset.deployed, superset.address, "", urllib.request.build_opener())
    bare.headers = {"Content-Type": "application/json"}
    who = {"username": "admin", "password": "admin", "provider": "db"}
    assert bare.call("/api/v1/security/login", who)["status"] == 401
    assert bare.call("/api/v1/chart/")["status"] == 401


@pytest.mark.parametrize(
    "sql",
    [
        "create table mine (x int)",
        "delete from indicator_result",
        "attach '{home}/private/current.duckdb' as exact",
        "select * from read_csv('{home}/alerts.log')",
        "select * from '{home}/private/current.duckdb'",
        "copy indicator to '{home}/out.csv'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_nothing_but_the_release_is_read_and_nothing_is_written(superset: Superset, sql: str) -> None:
    before = superset.deployed.digest()
    answer = superset.lab(sql.format(home=superset.deployed.home.root))
    assert answer.get("status") not in {"success"}, answer
    assert "refused" in answer or answer.get("errors") or answer.get("error"), answer
    assert superset.deployed.digest() == before and not (superset.deployed.home.root / "out.csv").exists()
    assert superset.lab("select release_id from release")["status"] == "success"


def asked_wrongly(superset: Superset) -> list[str]:
    """The cookbook in SQL Lab: what did not succeed."""
    found = []
    for title, query in questions():
        answer = superset.lab(query.strip().rstrip(";"))
        if answer.get("status") != "success":
            found.append(f"{title}: {json.dumps(answer)[:500]}")
    return found


def test_the_cookbook_has_no_error_while_releases_are_published(superset: Superset) -> None:
    first = shelf.current_id(superset.deployed.home)
    assert len(questions()) >= 14
    assert asked_wrongly(superset) == []
    rounds, wrong, seen, stop = 0, [], [], threading.Event()

    def publish() -> None:
        for number in range(3):
            seen.append(publish_another(superset.deployed, number).release_id)
        stop.set()

    publisher = threading.Thread(target=publish)
    publisher.start()
    end = time.monotonic() + 600
    shown = set()
    while not stop.is_set() and publisher.is_alive() and time.monotonic() < end:
        wrong += asked_wrongly(superset)
        shown.add(superset.lab("select release_id from release")["data"][0]["release_id"])
        rounds += 1
    publisher.join()
    assert wrong == [] and rounds >= 2 and len(seen) == 3
    assert len(shown) > 1, "it was asked while releases were published"
    # Without a restart the newest release is what it shows.
    last = superset.lab("select release_id from release")["data"][0]["release_id"]
    assert last == seen[-1] == shelf.current_id(superset.deployed.home) != first
    assert superset.data("release", ["release_id"], []) == [{"release_id": last}]
    assert asked_wrongly(superset) == []
    assert superset.lab("select * from nothing").get("status") != "success"  # an error is seen as one
