"""Whether this deployment lives, from outside of it: cheap enough for a monitor to ask every minute.

Belongs here: what is judged, and the endpoint. It reads small files only (no engine, no Dagster, no release is opened)
and changes nothing. Whether figures are right is for the gates.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pcw.errors import PcwError
from pcw.files import read_json
from pcw.home import Home
from publishing.heartbeat import DAEMON, RUN, read_beat

DAEMON_SILENT_MINUTES = 10
OUTBOX_STUCK_MINUTES = 60
# The longest run that Dagster lets live (`orchestration.instance`).
LOCK_HELD_MINUTES = 120
LEAST_FREE_BYTES = 1 << 30
NO_HOME = "is no folder, so nothing was ever received there. `pcw run` makes it; PCW_HOME says where else it may be."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    message: str


def health(home: Home, max_age_hours: float, now: datetime | None = None) -> list[Finding]:
    """Everything that is looked at, in a fixed order. A file that is damaged is a finding, not an error.

    Where there is no deployment at all that is the one finding.
    """
    now = now or datetime.now(UTC)
    if not home.root.is_dir():
        return [Finding("home", ok=False, message=f"{home.root} {NO_HOME}")]
    asked: list[tuple[str, Callable[[], tuple[bool, str]]]] = [
        ("release", lambda: _release(home)),
        ("last_run", lambda: _last_run(home, max_age_hours, now)),
        ("last_release_try", lambda: _last_try(home)),
        ("daemon", lambda: _daemon(home, now)),
        ("channels", lambda: _channels(home)),
        ("outbox", lambda: _outbox(home, now)),
        ("lock", lambda: _lock(home, now)),
        ("disk", lambda: _disk(home)),
    ]
    return [_finding(name, ask) for name, ask in asked]


def is_healthy(findings: list[Finding]) -> bool:
    """Whether all is well."""
    return all(finding.ok for finding in findings)


def as_json(findings: list[Finding]) -> str:
    """For monitors."""
    return json.dumps({"ok": is_healthy(findings), "findings": [asdict(finding) for finding in findings]}, indent=2)


def endpoint(look: Callable[[], list[Finding]], port: int) -> ThreadingHTTPServer:
    """An HTTP server on loopback: 200 if all is well, else 503, and the findings as JSON. The caller serves it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0] not in ("/", "/health"):
                self.send_error(404, "Ask for /health")
                return
            findings = look()
            body = as_json(findings).encode()
            self.send_response(200 if is_healthy(findings) else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """A monitor asks every minute: nobody reads that."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def _finding(name: str, ask: Callable[[], tuple[bool, str]]) -> Finding:
    try:
        return Finding(name, *ask())
    except (PcwError, OSError, KeyError, TypeError, ValueError) as error:
        return Finding(name, ok=False, message=f"Could not be looked at ({type(error).__name__}): {error}")


def _release(home: Home) -> tuple[bool, str]:
    link = home.published / "current.duckdb"
    if not link.is_symlink():
        return False, "There is no release yet."
    release = link.readlink().parent.name
    return link.exists(), f"{release} is current" + ("." if link.exists() else ", and its file is gone: pcw rollback.")


def _last_run(home: Home, max_age_hours: float, now: datetime) -> tuple[bool, str]:
    beat = read_beat(home, RUN)
    if beat is None or beat["succeeded_at"] is None:
        return False, "No run has done its work yet."
    hours = _hours(datetime.fromisoformat(beat["succeeded_at"]), now)
    return (
        hours <= max_age_hours,
        f"The last run that did its work ended {hours:.1f} h ago; allowed are {max_age_hours:g}.",
    )


def _last_try(home: Home) -> tuple[bool, str]:
    noted = home.root / "last_release.json"
    if not noted.exists() or read_json(noted)["passed"]:
        return True, "No release was stopped."
    return False, "The last try at a release was stopped; readers see the one before. `pcw status` says why."


def _daemon(home: Home, now: datetime) -> tuple[bool, str]:
    beat = read_beat(home, DAEMON)
    if beat is None:
        return True, "No daemon is meant to run."
    minutes = _hours(datetime.fromisoformat(beat["at"]), now) * 60
    return (
        minutes <= DAEMON_SILENT_MINUTES,
        f"The daemon ticked {minutes:.0f} min ago; allowed are {DAEMON_SILENT_MINUTES}.",
    )


def _channels(home: Home) -> tuple[bool, str]:
    state = home.root / "alerts.json"
    told = read_json(state) if state.exists() else {}
    dead = [entry["title"] for entry in told.values() if entry["severity"] == "channel"]
    return not dead, f"{'; '.join(dead)}." if dead else "No alert channel is known to be dead."


def _outbox(home: Home, now: datetime) -> tuple[bool, str]:
    files = sorted(home.outbox.glob("*.json")) if home.outbox.is_dir() else []
    if not files:
        return True, "No message waits."
    created = read_json(files[0]).get("created_at") or ""
    oldest = datetime.fromisoformat(created) if created else _changed(files[0])
    minutes = _hours(oldest, now) * 60
    return minutes <= OUTBOX_STUCK_MINUTES, f"{len(files)} message(s) wait, the oldest for {minutes:.0f} min."


def _lock(home: Home, now: datetime) -> tuple[bool, str]:
    holder = home.lock.with_suffix(".holder")
    if not holder.exists() or (minutes := _hours(_changed(holder), now) * 60) <= LOCK_HELD_MINUTES:
        return True, "Nobody holds the lease for too long."
    try:  # a killed process leaves its name, not its lock
        with FileLock(home.lock, timeout=0):
            return True, "Nobody holds the lease."
    except Timeout:
        return False, f"{holder.read_text(encoding='utf-8')} holds the lease for {minutes:.0f} min. End it if it hangs."


def _disk(home: Home) -> tuple[bool, str]:
    free = shutil.disk_usage(home.root).free
    # A build writes its database anew and a release beside it.
    needed = max(LEAST_FREE_BYTES, 2 * home.warehouse.stat().st_size if home.warehouse.exists() else 0)
    return free >= needed, f"{free / 1e9:.1f} GB are free; a build may need {needed / 1e9:.1f}."


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _hours(moment: datetime, now: datetime) -> float:
    return (now - moment).total_seconds() / 3600
