"""Health from outside: each finding is seen to fail, over the command and over HTTP, and the signal to a monitor."""

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pcw.home import Home
from pcw.lock import lease
from publishing import health as room
from publishing.heartbeat import DAEMON, RUN, beat_daemon, beat_run, end_daemon, ping, read_beat
from tests.conftest import PROJECT

NOW = datetime(2017, 8, 2, 7, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A deployment that is well."""
    home = Home(tmp_path / "home").create()
    release = home.published / "releases" / "R1"
    release.mkdir(parents=True)
    (release / "commissioner.duckdb").touch()
    (home.published / "current.duckdb").symlink_to("releases/R1/commissioner.duckdb")
    beat_run(home, 0, NOW - timedelta(hours=25))
    return home


def failing(home: Home, now: datetime = NOW) -> list[str]:
    return [finding.name for finding in room.health(home, 26, now) if not finding.ok]


def no_release(home: Home) -> None:
    (home.published / "current.duckdb").unlink()


def release_is_gone(home: Home) -> None:
    (home.published / "releases" / "R1" / "commissioner.duckdb").unlink()


def no_run(home: Home) -> None:
    (home.heartbeat / RUN).unlink()


def old_run(home: Home) -> None:
    beat_run(home, 0, NOW - timedelta(hours=27))


def failed_runs(home: Home) -> None:
    beat_run(home, 0, NOW - timedelta(hours=30))
    beat_run(home, 1, NOW)


def stopped_release(home: Home) -> None:
    (home.root / "last_release.json").write_text('{"passed": false}')


def silent_daemon(home: Home) -> None:
    (home.heartbeat / DAEMON).write_text(json.dumps({"at": (NOW - timedelta(minutes=11)).isoformat()}))


def dead_channel(home: Home) -> None:
    (home.root / "alerts.json").write_text('{"x": {"severity": "channel", "title": "alert channel 1 takes nothing"}}')


def stuck_outbox(home: Home) -> None:
    home.outbox.mkdir()
    message = {"created_at": (NOW - timedelta(minutes=61)).isoformat()}
    (home.outbox / "00000001-x.json").write_text(json.dumps(message))


def damaged_file(home: Home) -> None:
    (home.root / "alerts.json").write_text("{")


@pytest.mark.parametrize(
    ("break_it", "name"),
    [(no_release, "release"), (release_is_gone, "release"), (no_run, "last_run"), (old_run, "last_run"),
     (failed_runs, "last_run"), (stopped_release, "last_release_try"), (silent_daemon, "daemon"),
     (dead_channel, "channels"), (stuck_outbox, "outbox"), (damaged_file, "channels")],
)  # fmt: skip
def test_each_finding_fails_alone(home: Home, break_it: Callable[[Home], None], name: str) -> None:
    assert failing(home) == []
    break_it(home)
    assert failing(home) == [name]


def test_a_full_disk_is_seen(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LEAST_FREE_BYTES", 1 << 60)
    assert failing(home) == ["disk"]


def test_a_lease_held_for_too_long_is_seen_and_a_dead_holder_is_not(home: Home) -> None:
    held, done = threading.Event(), threading.Event()
    long_ago = (NOW - timedelta(hours=3)).timestamp()
    holder = home.lock.with_suffix(".holder")

    def hold() -> None:
        with lease(home, "pcw run"):
            os.utime(holder, (long_ago, long_ago))
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    assert failing(home) == ["lock"]
    done.set()
    thread.join()
    holder.write_text("pcw run (process 1)")  # what a killed process leaves
    os.utime(holder, (long_ago, long_ago))
    assert failing(home) == []


def test_a_run_that_was_blocked_did_its_work(home: Home) -> None:
    old_run(home)
    beat_run(home, 2, NOW)
    assert failing(home) == []


def test_a_daemon_that_was_stopped_on_purpose_is_not_missed(home: Home) -> None:
    beat_daemon(home)
    first = read_beat(home, DAEMON)
    beat_daemon(home)
    assert read_beat(home, DAEMON) == first, "at most once a minute"
    assert failing(home, datetime.now(UTC) + timedelta(hours=1))[-1] == "daemon"
    end_daemon(home)
    assert failing(home) == []


def test_a_deployment_that_is_not_there_is_ill_and_stays_absent(tmp_path: Path) -> None:
    home = Home(tmp_path / "nowhere")
    [finding] = room.health(home, 26, NOW)
    assert (finding.name, finding.ok) == ("home", False)
    assert finding.message.startswith(
        f"{home.root} is no folder, so nothing was ever received there. `pcw run` makes it"
    )
    done = subprocess.run(
        [Path(sys.executable).parent / "pcw", "health"],
        env={**os.environ, "PCW_HOME": str(home.root)}, cwd=PROJECT, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == f"FAIL home: {finding.message}\n"
    assert not home.root.exists()


def test_the_command_is_quick_and_says_it_in_words_json_and_exit_code(home: Home) -> None:
    environment = {"PCW_HOME": str(home.root), "PCW_HEALTH_MAX_AGE_HOURS": "876000"}
    script = (
        "import sys\nfrom orchestration.cli import main\ntry:\n    main()\nfinally:\n"
        "    heavy = {'dagster', 'dbt', 'duckdb', 'great_expectations', 'apprise', 'polars'} & set(sys.modules)\n"
        "    print('heavy:', sorted(heavy), file=sys.stderr)"
    )

    def asked(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", script, "health", *arguments]
        return subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True)

    done = asked()
    assert (done.returncode, done.stderr) == (0, "heavy: []\n")
    assert done.stdout.count("\n") == 8 and "ok   release: R1 is current." in done.stdout
    dead_channel(home)
    done = asked("--json")
    assert done.returncode == 1
    state = json.loads(done.stdout)
    assert state["ok"] is False
    assert [finding["name"] for finding in state["findings"] if not finding["ok"]] == ["channels"]


def test_the_endpoint_answers_200_and_503(home: Home) -> None:
    server = room.endpoint(lambda: room.health(home, 26, NOW), 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    assert server.server_address[0] == "127.0.0.1"
    address = f"http://127.0.0.1:{server.server_port}"
    with urllib.request.urlopen(f"{address}/health") as answer:
        assert (answer.status, json.load(answer)["ok"]) == (200, True)
    old_run(home)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(address)
    assert (caught.value.code, json.load(caught.value)["ok"]) == (503, False)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{address}/../alerts.json")
    assert caught.value.code == 404
    server.shutdown()
    server.server_close()


class Monitor(BaseHTTPRequestHandler):
    """Hears signs of life."""

    def do_GET(self) -> None:
        self.server.heard.append((self.path, self.headers.get("Content-Length")))  # type: ignore[attr-defined]
        self.send_response(self.server.answer)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Be quiet."""


@pytest.fixture
def monitor() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Monitor)
    server.heard, server.answer = [], 200
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_signal_holds_nothing_and_its_failure_is_a_warning_without_the_address(monitor: Any) -> None:
    assert ping(None) is None
    url = SecretStr(f"http://127.0.0.1:{monitor.server_port}/ping/secret")
    assert ping(url) is None
    assert monitor.heard == [("/ping/secret", None)]
    monitor.answer = 404
    warning = ping(url) or ""
    assert "HTTP 404" in warning
    monitor.shutdown()
    monitor.server_close()
    unreached = ping(SecretStr(f"http://127.0.0.1:{monitor.server_port}/ping/secret")) or ""
    assert "was not reached" in unreached
    assert "secret" not in warning + unreached


def test_a_run_that_could_not_tell_did_its_work_and_the_monitor_is_not_called(tmp_path: Path, monitor: Any) -> None:
    from orchestration import pipeline
    from pcw.settings import Settings

    url = SecretStr(f"http://127.0.0.1:{monitor.server_port}/ping")
    channel = (SecretStr("json://127.0.0.1:1/"),)
    settings = Settings(home=tmp_path / "new", heartbeat_url=url, alert_urls=channel)
    (Home(settings.home).create().inbox / "unknown.csv").write_text("what is this?")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PCW_HOME", str(settings.home))
        code = pipeline.run(settings, lambda _: None, inbox=None, as_at=None, received_at=None)
    beat = read_beat(Home(settings.home), RUN) or {}
    assert (code, beat["exit_code"], beat["succeeded_at"]) == (1, 2, beat["ended_at"])
    assert monitor.heard == []
    assert {finding.name for finding in room.health(Home(settings.home), 26) if not finding.ok} == {
        "release",
        "channels",
    }


def test_a_run_leaves_its_beat_and_calls_the_monitor(tmp_path: Path, monitor: Any) -> None:
    from orchestration import pipeline
    from pcw.settings import Settings

    url = SecretStr(f"http://127.0.0.1:{monitor.server_port}/ping")
    settings = Settings(home=tmp_path / "new", heartbeat_url=url)
    lines: list[str] = []
    code = pipeline.run(settings, lines.append, inbox=None, as_at=None, received_at=None)
    assert code == 0, lines
    beat = read_beat(Home(settings.home), RUN) or {}
    assert beat["exit_code"] == 0 and beat["succeeded_at"] == beat["ended_at"]
    assert monitor.heard == [("/ping", None)]
