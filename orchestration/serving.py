"""The Dagster UI and its daemon, as two supervised processes on loopback. What stands before them is the operator's."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from orchestration.instance import prepare
from pcw.home import Home
from pcw.settings import Settings
from publishing.heartbeat import beat_daemon, end_daemon

WORKSPACE = Path(__file__).parent.parent / "workspace.yaml"
GRACE_SECONDS = 15


def serve(settings: Settings, port: int, say: Callable[[str], None]) -> int:
    """Run webserver and daemon until one ends or Ctrl-C; returns the exit code.

    `dagster dev` does the same in one command, but does not end its children when it is asked to stop.
    """
    prepare(Home(settings.home))
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PCW_HOME": str(settings.home)}
    commands = [
        [programs / "dagster-webserver", "-w", WORKSPACE, "-h", "127.0.0.1", "-p", str(port)],
        [programs / "dagster-daemon", "run", "-w", WORKSPACE],
    ]
    running = [
        subprocess.Popen([str(part) for part in command], env=environment, cwd=WORKSPACE.parent) for command in commands
    ]
    say(f"Dagster UI: http://127.0.0.1:{port} (Ctrl-C ends it)")

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
