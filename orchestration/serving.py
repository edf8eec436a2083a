"""The Dagster UI and its daemon: both under one roof for a person, each alone for a service manager.

The UI asks nobody who they are, so it listens on loopback and nowhere else; who may come in is decided by the proxy
before it (deploy/nginx).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from orchestration.instance import prepare
from pcw.home import Home
from pcw.ports import HOST, assert_free
from pcw.settings import Settings
from publishing.heartbeat import beat_daemon, end_daemon

WORKSPACE = Path(__file__).parent.parent / "workspace.yaml"
GRACE_SECONDS = 15
PROGRAMS = Path(sys.executable).parent
DAEMON = [str(PROGRAMS / "dagster-daemon"), "run", "-w", str(WORKSPACE)]
# The UI stays up when the daemon is dead, and then nothing lands: somebody has to ask.
DAEMON_IS_ALIVE = [str(PROGRAMS / "dagster-daemon"), "liveness-check"]


def webserver_command(port: int, *, read_only: bool = False, path_prefix: str = "") -> list[str]:
    """The webserver on loopback; a read-only one refuses every mutation, whoever asks."""
    command = [str(PROGRAMS / "dagster-webserver"), "-w", str(WORKSPACE), "-h", HOST, "-p", str(port)]
    command += ["--path-prefix", path_prefix] if path_prefix else []
    return [*command, "--read-only"] if read_only else command


def become(settings: Settings, command: list[str]) -> NoReturn:
    """Turn this process into a program of Dagster on this deployment: a service manager then sees that one alone."""
    prepare(Home(settings.home))
    os.chdir(WORKSPACE.parent)
    os.execve(command[0], command, _environment(settings))


def serve(settings: Settings, port: int, say: Callable[[str], None]) -> int:
    """Run webserver and daemon until one ends or Ctrl-C; returns the exit code.

    `dagster dev` does the same in one command, but does not end its children when it is asked to stop.
    """
    assert_free(port, "pcw ui --port")
    prepare(Home(settings.home))
    environment = _environment(settings)
    commands = [webserver_command(port), DAEMON]
    running = [subprocess.Popen(command, env=environment, cwd=WORKSPACE.parent) for command in commands]
    say(f"Dagster UI: http://{HOST}:{port} (Ctrl-C ends it)")

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    beat_daemon(Home(settings.home))  # from now on it is missed, until it is stopped on purpose
    is_meant = False
    try:
        while all(process.poll() is None for process in running):
            time.sleep(1)
        return 1
    except KeyboardInterrupt:
        is_meant = True
        return 0
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if is_meant:
            end_daemon(Home(settings.home))


def _environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, "PCW_HOME": str(settings.home)}
