"""Signs of life: when a run last ended, when the daemon last ticked, and the signal to a monitor outside.

Silence is what nobody hears: so somebody outside must miss these. Who judges them is `publishing.health`.
"""

import json
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from pcw.files import read_json, write_atomically
from pcw.home import Home

RUN, DAEMON = "run.json", "daemon.json"
# Several sensors tick every half minute; a daemon that is silent for longer than health allows is dead.
SECONDS_BETWEEN_BEATS = 60
PING_SECONDS = 10
# A run that refused a file, or whose release a gate stopped, did its work: owners are told of what it found.
DID_ITS_WORK = frozenset({0, 2})


def beat_run(home: Home, exit_code: int, now: datetime | None = None) -> None:
    """Note that a run ended. Whoever calls holds the lease."""
    at = (now or datetime.now(UTC)).isoformat()
    known = read_beat(home, RUN) or {"succeeded_at": None}
    succeeded_at = at if exit_code in DID_ITS_WORK else known["succeeded_at"]
    _write(home, RUN, {"ended_at": at, "exit_code": exit_code, "succeeded_at": succeeded_at})


def beat_daemon(home: Home) -> None:
    """Note that the daemon lives, at most once a minute."""
    file = home.heartbeat / DAEMON
    if not file.exists() or time.time() - file.stat().st_mtime >= SECONDS_BETWEEN_BEATS:
        _write(home, DAEMON, {"at": datetime.now(UTC).isoformat()})


def end_daemon(home: Home) -> None:
    """Note that the daemon was stopped on purpose: nobody should miss it."""
    (home.heartbeat / DAEMON).unlink(missing_ok=True)


def read_beat(home: Home, name: str) -> dict[str, Any] | None:
    """What was noted last; None if nothing was."""
    file = home.heartbeat / name
    if not file.exists():
        return None
    stored: dict[str, Any] = read_json(file)
    return stored


def ping(url: SecretStr | None) -> str | None:
    """Tell a monitor outside that we live, if there is one; a warning if it does not hear. Nothing of the data goes."""
    if url is None:
        return None
    try:
        with urllib.request.urlopen(url.get_secret_value(), timeout=PING_SECONDS) as answer:
            answer.read(1)
    except (OSError, ValueError) as error:  # of an address that cannot be asked the text holds the address
        reason = f"HTTP {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
        return f"The monitor of PCW_HEARTBEAT_URL was not reached ({reason}); nothing else failed."
    return None


def _write(home: Home, name: str, content: dict[str, Any]) -> None:
    home.heartbeat.mkdir(parents=True, exist_ok=True)
    write_atomically(home.heartbeat / name, json.dumps(content) + "\n")
