"""The files of deploy/ that cannot run here: units as systemd reads them, the shape of the compose file.

The proxy and the servers run in tests/pipeline/test_deploy.py.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pcw.settings import Settings
from tests.conftest import PROJECT

DEPLOY = PROJECT / "deploy"
UNITS = DEPLOY / "systemd"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed (debian-packages.txt)")


def here(tmp_path: Path) -> Path:
    """A copy of the units in which /opt/pcw is this checkout and .venv the environment of this test."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for file in folder.rglob("*.*"):
        if file.is_file():
            text = file.read_text().replace("/opt/pcw/.venv/bin", str(Path(sys.executable).parent))
            file.write_text(text.replace("/opt/pcw", str(PROJECT)))
    return folder


def analyze(verb: str, *arguments: object) -> str:
    """Everything that systemd-analyze says."""
    done = subprocess.run([str(ANALYZE), verb, *map(str, arguments)], capture_output=True, text=True)
    return f"{done.stdout}{done.stderr}" + (f"exit {done.returncode}" if done.returncode else "")


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    folder = here(tmp_path)
    units = sorted([*folder.glob("*.service"), *folder.glob("*.timer")])
    assert len(units) == 7
    assert analyze("verify", *units) == ""


@needs_systemd
@pytest.mark.parametrize(
    ("file", "good", "bad"),
    [
        ("pcw-.service.d/common.conf", "PrivateTmp", "PrivatTmp"),
        ("pcw-webserver.service", "/pcw webserver", "/pwc webserver"),
        ("pcw-health.timer", "10min", "10 moments"),
    ],
)
def test_a_mistake_in_a_unit_is_seen(tmp_path: Path, file: str, good: str, bad: str) -> None:
    folder = here(tmp_path)
    text = (folder / file).read_text()
    assert good in text
    (folder / file).write_text(text.replace(good, bad))
    assert analyze("verify", *folder.glob("*.service"), *folder.glob("*.timer")) != ""


@needs_systemd
def test_every_service_is_confined(tmp_path: Path) -> None:
    folder = here(tmp_path)
    for unit in folder.glob("*.service"):
        said = analyze("security", "--offline=yes", "--no-pager", "--threshold=25", unit)
        assert "exit" not in said.splitlines()[-1], said[-300:]
        assert "User=pcw" in (UNITS / "pcw-.service.d" / "common.conf").read_text()


def test_only_the_daemon_has_the_secrets_and_only_one_webserver_may_write() -> None:
    texts = {unit.stem: unit.read_text() for unit in UNITS.glob("*.service")}
    assert [name for name, text in texts.items() if "secrets.env" in text] == ["pcw-daemon"]
    assert "secrets.env" not in (UNITS / "pcw-.service.d" / "common.conf").read_text()
    assert "--read-only --path-prefix /analysts" in texts["pcw-analysts"]
    assert "ReadWritePaths=/srv/pcw/dagster\n" in texts["pcw-analysts"]


def test_the_proxy_and_the_units_agree_about_ports() -> None:
    proxy = (DEPLOY / "nginx" / "pcw.conf").read_text()
    upstreams = dict(re.findall(r"upstream (\w+) { server 127\.0\.0\.1:(\d+); }", proxy))
    assert upstreams == {"pcw_engineers": "3000", "pcw_analysts": "3001"}
    assert "--port 3000\n" in (UNITS / "pcw-webserver.service").read_text()
    assert "--port 3001 " in (UNITS / "pcw-analysts.service").read_text()
    assert [line.strip() for line in proxy.splitlines() if "auth_basic " in line and "off" in line] == []


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_compose_opens_the_proxy_alone_and_gives_secrets_to_the_daemon_alone() -> None:
    services = compose()["services"]
    assert set(services) == {"database", "proxy", "webserver", "analysts", "daemon"}
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert {name for name, service in services.items() if service.get("network_mode") == "service:proxy"} == {
        "webserver",
        "analysts",
    }
    assert [name for name, service in services.items() if "./etc/secrets.env" in service.get("env_file", [])] == [
        "daemon"
    ]
    assert "--read-only" in services["analysts"]["command"]
    assert all("networks" not in service for service in services.values() if "network_mode" in service)


def test_compose_refers_to_what_there_is() -> None:
    found = compose()
    targets = set(re.findall(r"AS (\w+)", (DEPLOY / "Dockerfile").read_text()))
    for service in found["services"].values():
        if "build" in service:
            assert service["build"]["target"] in targets
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        for volume in service.get("volumes", []):
            source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
            assert source.startswith("./etc/") or source in found["volumes"]
        assert set(service.get("networks", [])) <= set(found["networks"])
        assert set(service.get("secrets", [])) <= set(found["secrets"])


def test_the_image_is_made_of_files_that_are_committed() -> None:
    listed = set(subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True).stdout.splitlines())
    folders = {name.split("/")[0] for name in listed}
    let_in = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in (DEPLOY / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY"):
            for source in line.split()[1:-1]:
                assert source in listed or source in folders, source
                assert source in let_in or str(Path(source).parent) in let_in, source


def test_what_the_guide_sets_is_a_setting() -> None:
    known = {f"PCW_{name.upper()}" for name in Settings.model_fields}
    for name in ("README.md", "compose.yaml", "Dockerfile"):
        assert set(re.findall(r"\bPCW_[A-Z_]+", (DEPLOY / name).read_text())) <= known


def test_pages_of_quality_are_served_by_nobody_and_hidden_from_analysts() -> None:
    """They say what commissioner.duckdb says. nginx passes requests on and serves no file."""
    conf = (DEPLOY / "nginx" / "pcw.conf").read_text(encoding="utf-8")
    assert not re.search(r"^\s*(root|alias)\b", conf, re.MULTILINE) and "/srv/pcw" not in conf
    analysts = (UNITS / "pcw-analysts.service").read_text(encoding="utf-8")
    hidden = " ".join(re.findall(r"^InaccessiblePaths=(.*)$", analysts, re.MULTILINE)).split()
    assert "-/srv/pcw/reports" in hidden
