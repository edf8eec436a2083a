"""Real servers for tests: PostgreSQL, nginx and programs of Dagster, each on loopback and ended by its test.

What a test asks of them belongs into the test.
"""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import PROJECT

PASSWORD = "not-to-be-seen-anywhere"
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
POSTGRES = BINARIES[-1].parent if BINARIES else None
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
START_SECONDS = 600  # on a machine that does other things too


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], log: Path, is_up: Callable[[], bool], **options: object) -> Iterator[subprocess.Popen]:
    """A program, from the moment it answers; it is ended with its children's grace, by its own id."""
    with log.open("a") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)  # type: ignore[call-overload]
    try:
        end = time.monotonic() + START_SECONDS
        while not is_up():
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{command[0]} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty cluster; run by the user postgres where we are root, which PostgreSQL refuses to be."""
    assert POSTGRES is not None
    folder = Path(tempfile.mkdtemp(prefix="pcw-postgres-"))
    as_user: dict[str, object] = {"cwd": "/"}
    if os.getuid() == 0:
        as_user |= {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    port = free_port()
    url = f"postgresql://pcw:{PASSWORD}@127.0.0.1:{port}/postgres"
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ["--auth=scram-sha-256", "--username=pcw", f"--pwfile={secret}", "--no-sync", "--encoding=UTF8"]
        subprocess.run(
            [POSTGRES / "initdb", f"--pgdata={folder / 'data'}", "--locale=C", *options],
            check=True, capture_output=True, **as_user,
        )  # type: ignore[call-overload]  # fmt: skip
        settings = ["fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", f"port={port}"]
        command = [str(POSTGRES / "postgres"), "-D", str(folder / "data")]
        for setting in settings:
            command += ["-c", setting]
        with running(command, folder / "log", lambda: _takes(url), **as_user):
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _takes(url: str) -> bool:
    import psycopg2

    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True


@contextmanager
def nginx(folder: Path, changes: dict[str, str], port: int) -> Iterator[Path]:
    """nginx with the committed configuration in which only ports and paths are other ones; its access log."""
    assert NGINX is not None
    text = (PROJECT / "deploy" / "nginx" / "pcw.conf").read_text()
    for committed, here in changes.items():
        assert committed in text, f"{committed} is not in pcw.conf any more"
        text = text.replace(committed, here)
    (folder / "pcw.conf").write_text(text)
    user = "user root;" if os.getuid() == 0 else ""
    temporary = " ".join(
        f"{name}_temp_path {folder / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; worker_processes 1; pid {folder / 'nginx.pid'}; error_log {folder / 'error.log'};\n"
        f"events {{}}\nhttp {{ access_log {folder / 'access.log'}; {temporary} include {folder / 'pcw.conf'}; }}\n"
    )
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    with running(command, folder / "nginx.log", lambda: _listens(port)):
        yield folder / "access.log"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(address: str) -> bool:
    """Whether a web server answers there."""
    try:
        urllib.request.urlopen(address, timeout=2, context=ssl._create_unverified_context()).close()
    except OSError:
        return False
    return True
