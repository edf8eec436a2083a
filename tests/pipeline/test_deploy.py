"""A deployment as deploy/ describes it: runs in PostgreSQL, webservers on loopback, nginx with passwords before them.

How long runs are kept is asked in test_run_retention.py, the files of deploy/ in tests/unit/test_deploy_files.py.
"""

import base64
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.finance_files import ledger, write_csv
from tests.services import NGINX, PASSWORD, POSTGRES, answers, free_port, nginx, postgres, running

CHROMIUM = shutil.which("chromium")
SCREENSHOTS = PROJECT / "tests" / ".artifacts"
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PCW = str(Path(sys.executable).parent / "pcw")
ENGINEER, ANALYST = ("eve", "engineer's own"), ("ann", "analyst's own")
WRONG = [None, ("eve", "wrong"), ("eve", ""), ("nobody", "engineer's own"), ANALYST]
# Of a page, of GraphQL in every way that it can be asked, of files; spelt as somebody would who tries his luck.
PATHS = [
    "/", "/runs", "/graphql", "/graphql?query={version}", "/server_info", "/logs/x/y", "/download_debug/x",
    "/.same-site", "/Analysts/graphql", "//graphql", "/%67raphql", "/analysts/../graphql", "/favicon.png",
]  # fmt: skip
SELECTOR = {"repositoryName": "__repository__", "repositoryLocationName": "primary_care_warehouse"}
LAUNCH = "mutation($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename } }"
PARAMS = {"p": {"selector": {**SELECTOR, "jobName": "look_for_overdue_files"}, "mode": "default"}}
RUNS = "{ runsOrError { ... on Runs { results { jobName status } } } }"

# Slow: a server of its own with two UIs, a daemon, PostgreSQL and nginx takes a minute of a processor.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        NGINX is None or POSTGRES is None or shutil.which("openssl") is None,
        reason="nginx, PostgreSQL or openssl is not installed (debian-packages.txt)",
    ),
]


@dataclass(frozen=True)
class Site:
    """The deployment behind its proxy."""

    port: int
    plain_port: int
    home: Path
    access_log: Path
    certificate: Path
    environment: dict[str, str]

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}"

    def ask(
        self, path: str, who: tuple[str, str] | None, body: object = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of one request, as the path is spelt."""
        if who is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(who).encode()).decode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(
                "GET" if body is None else "POST", path, None if body is None else json.dumps(body), named
            )
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace")
        finally:
            connection.close()

    def graphql(self, prefix: str, who: tuple[str, str], query: str, variables: object = None, **headers: str) -> Any:
        """The data that GraphQL answers."""
        status, _, body = self.ask(f"{prefix}/graphql", who, {"query": query, "variables": variables}, **headers)
        assert status == 200, body
        return json.loads(body)["data"]


def openssl(*arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One month landed and one file refused from the shell, then the servers."""
    folder = tmp_path_factory.mktemp("deploy")
    home, inbox = folder / "home", folder / "inbox"
    inbox.mkdir()
    (inbox / "EPD_201706.csv").write_text("<!DOCTYPE html><html>Please log in</html>")
    (folder / "tls").mkdir()
    certificate, key = folder / "tls" / "certificate.pem", folder / "tls" / "key.pem"
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate),
    )  # fmt: skip
    for name, (user, password) in (("engineers", ENGINEER), ("analysts", ANALYST)):
        (folder / f"{name}.htpasswd").write_text(f"{user}:{openssl('passwd', '-6', password)}")
    port, plain, engineers, analysts = (free_port() for _ in range(4))
    changes = {
        "127.0.0.1:3000": f"127.0.0.1:{engineers}", "127.0.0.1:3001": f"127.0.0.1:{analysts}",
        "listen 443": f"listen 127.0.0.1:{port}", "listen 80": f"listen 127.0.0.1:{plain}",
        "pcw.example.nhs.uk": "localhost", "/etc/pcw/": f"{folder}/",
    }  # fmt: skip
    with ExitStack() as stack:
        url = stack.enter_context(postgres())
        environment = {**os.environ, "PCW_HOME": str(home), "PCW_POSTGRES_URL": url}

        def pcw(*arguments: str) -> int:
            return subprocess.run([PCW, *arguments], env=environment, cwd=folder, capture_output=True).returncode

        # In this order nothing is built: the run finds nothing landed, and landing releases nothing.
        assert pcw("run", "--inbox", str(inbox)) == 2
        assert pcw("land", str(write_csv(folder / "ledger_2017-18_M03.csv", ledger(3)))) == 0
        log = folder / "webserver.log"
        servers = [
            [PCW, "webserver", "--port", str(engineers)],
            [PCW, "webserver", "--port", str(analysts), "--read-only", "--path-prefix", "/analysts"],
        ]
        for command in servers:  # both start at once
            stack.enter_context(running(command, log, lambda: True, env=environment, cwd=folder))
        info = [f"http://127.0.0.1:{engineers}/server_info", f"http://127.0.0.1:{analysts}/analysts/server_info"]
        stack.enter_context(running(["sleep", "600"], log, lambda: all(answers(address) for address in info)))
        yield Site(port, plain, home, stack.enter_context(nginx(folder, changes, port)), certificate, environment)


@pytest.mark.parametrize("prefix", ["", "/analysts"])
def test_a_wrong_password_gets_401_and_nothing_else(site: Site, prefix: str) -> None:
    refused = set()
    for who in [ENGINEER if wrong == ANALYST and prefix else wrong for wrong in WRONG]:
        asked = [site.ask(prefix + path, who) for path in PATHS if not (prefix and ".." in path)]
        asked.append(site.ask(f"{prefix}/graphql", who, {"query": LAUNCH, "variables": PARAMS}))
        asked.append(site.ask(f"{prefix}/graphql", who, Upgrade="websocket", Connection="Upgrade"))
        asked.append(site.ask(f"{prefix}/graphql", who, Origin="https://elsewhere.example"))
        for status, headers, body in asked:
            refused.add((status, body, tuple(sorted(set(headers) - {"Date"}))))
    # Whatever was asked for, existing or not, the answer is the same to the letter.
    ((status, body, headers),) = refused
    assert (status, "dagster" in body.lower(), "401" in body) == (401, False, True)
    assert set(headers) == {
        "Server", "Content-Type", "Content-Length", "Connection", "WWW-Authenticate", "Strict-Transport-Security",
        "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
    }  # fmt: skip


def test_the_right_password_gets_the_ui_and_none_without_encryption(site: Site) -> None:
    status, headers, body = site.ask("/", ENGINEER)
    assert (status, "<html" in body) == (200, True)
    assert headers["Server"] == "nginx"
    assert headers["X-Frame-Options"] == "DENY"
    assert "<html" in site.ask("/analysts/", ANALYST)[2]
    status, headers, _ = site.ask("/analysts", ANALYST)
    assert (status, headers["location"]) == (307, f"{site.address}/analysts/")
    connection = http.client.HTTPConnection("127.0.0.1", site.plain_port, timeout=10)
    connection.request("GET", "/runs", headers={"Host": "elsewhere.example"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, "https://localhost/runs")
    connection.close()
    with pytest.raises(ssl.SSLError):
        other = http.client.HTTPSConnection("127.0.0.1", site.port, context=ssl._create_unverified_context())
        other.request("GET", "/", headers={"Host": "localhost"})


def test_runs_from_the_shell_are_in_postgresql_and_seen_by_both(site: Site) -> None:
    expected = {("land_ledger", "SUCCESS"), ("land_epd", "FAILURE")}
    for prefix, who in (("", ENGINEER), ("/analysts", ANALYST)):
        runs = site.graphql(prefix, who, RUNS)["runsOrError"]["results"]
        assert expected <= {(run["jobName"], run["status"]) for run in runs}
    assert not list(site.home.rglob("*.db")), "SQLite was used beside PostgreSQL"


def test_nobody_reads_the_password_of_postgresql(site: Site) -> None:
    shown = site.graphql("", ENGINEER, "{ instance { info } }")["instance"]["info"]
    assert "max_concurrent_runs" in shown
    assert PASSWORD not in shown
    written = [file for file in site.home.rglob("*") if file.is_file() and PASSWORD in file.read_text(errors="ignore")]
    assert written == []


def test_an_engineer_may_start_a_run_and_an_analyst_may_not(site: Site) -> None:
    before = len(site.graphql("", ENGINEER, RUNS)["runsOrError"]["results"])
    analyst = site.graphql("/analysts", ANALYST, LAUNCH, PARAMS)["launchRun"]["__typename"]
    assert analyst == "UnauthorizedError"
    wipe = 'mutation { wipeAssets(assetPartitionRanges: [{assetKey: {path: ["landing", "ledger"]}}]) { __typename } }'
    assert site.graphql("/analysts", ANALYST, wipe)["wipeAssets"]["__typename"] == "UnauthorizedError"
    start = "mutation($s: ScheduleSelector!) { startSchedule(scheduleSelector: $s) { __typename } }"
    selected = {"s": {**SELECTOR, "scheduleName": "every_morning"}}
    assert site.graphql("/analysts", ANALYST, start, selected)["startSchedule"]["__typename"] == "UnauthorizedError"
    status, _, body = site.ask(
        "/analysts/report_asset_materialization/landing/ledger", ANALYST, {"description": "not made"}
    )
    assert (status, "Not authorized" in body) == (401, True), body
    assert len(site.graphql("", ENGINEER, RUNS)["runsOrError"]["results"]) == before
    engineer = site.graphql("", ENGINEER, LAUNCH, PARAMS)["launchRun"]["__typename"]
    assert engineer == "LaunchRunSuccess"
    assert len(site.graphql("", ENGINEER, RUNS)["runsOrError"]["results"]) == before + 1


def test_another_site_cannot_use_the_password_that_a_browser_remembers(site: Site) -> None:
    by_get = "/graphql?query=%7Bversion%7D"  # a mutation would be taken just so
    assert site.ask(by_get, ENGINEER, Sec_Fetch_Site="same-origin")[0] == 200
    for prefix, who in (("", ENGINEER), ("/analysts", ANALYST)):
        assert site.ask(prefix + by_get, who, Sec_Fetch_Site="cross-site")[0] == 403
        assert site.ask(prefix + by_get.replace("g", "%67", 1), who, Sec_Fetch_Site="cross-site")[0] == 403
        foreign = {"Origin": "https://elsewhere.example", "Upgrade": "websocket", "Connection": "Upgrade"}
        assert site.ask(f"{prefix}/graphql", who, **foreign)[0] == 403
        assert site.ask(f"{prefix}/graphql", who, {"query": RUNS}, Origin="null")[0] == 403
    assert site.graphql("", ENGINEER, RUNS, Origin=site.address)
    assert site.ask("/runs", ENGINEER, Sec_Fetch_Site="cross-site")[0] == 200, "a link in an e-mail opens a page"


def test_the_nightly_dump_can_be_restored(site: Site) -> None:
    unit = (PROJECT / "deploy" / "systemd" / "pcw-backup.service").read_text()
    (command,) = re.findall(r"^ExecStart=/bin/sh -c '(.*)'$", unit, re.MULTILINE)
    command = command.replace("/srv/pcw", str(site.home))
    subprocess.run(["/bin/sh", "-c", command], env=site.environment, check=True)
    listed = subprocess.run(
        ["pg_restore", "--list", site.home / "dagster" / "runs.dump"], check=True, capture_output=True, text=True
    ).stdout
    assert "TABLE DATA public event_logs" in listed


def test_a_daemon_that_does_not_tick_is_found_out(site: Site) -> None:
    asked = subprocess.run([PCW, "daemon", "--is-alive"], env=site.environment, capture_output=True, text=True)
    assert (asked.returncode, "not running" in asked.stdout) == (1, True), asked.stderr[-500:]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (debian-packages.txt)")
@pytest.mark.parametrize(("prefix", "who", "name"), [("", ENGINEER, "engineers"), ("/analysts", ANALYST, "analysts")])
def test_the_ui_works_in_a_browser_with_the_right_password(
    site: Site, prefix: str, who: tuple[str, str], name: str
) -> None:
    from playwright.sync_api import sync_playwright

    run = "{ runsOrError { ... on Runs { results { runId jobName } } } }"
    found = {item["jobName"]: item["runId"] for item in site.graphql(prefix, who, run)["runsOrError"]["results"]}
    SCREENSHOTS.mkdir(exist_ok=True)
    logged = len(site.access_log.read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER)
        try:
            credentials: Any = {"username": who[0], "password": who[1]}
            context = browser.new_context(
                http_credentials=credentials, ignore_https_errors=True, viewport={"width": 1600, "height": 1000}
            )
            page = context.new_page()
            page.goto(f"{site.address}{prefix}/runs", timeout=120_000)
            page.get_by_text("land_ledger").first.wait_for(timeout=120_000)
            page.screenshot(path=SCREENSHOTS / f"deploy_{name}.png")
            page.goto(f"{site.address}{prefix}/runs/{found['land_epd']}", timeout=120_000)
            page.get_by_text("is a web page").first.wait_for(timeout=120_000)
            page.screenshot(path=SCREENSHOTS / f"deploy_{name}_run.png")
            assert "EPD_201706.csv is a web page" in page.inner_text("body")
        finally:
            browser.close()
    lines = site.access_log.read_text()[logged:].splitlines()
    statuses = {line.split('" ')[1].split()[0] for line in lines}
    assert "101" in statuses, "no websocket was opened"
    assert [line for line in lines if '" 5' in line] == []
