"""`pcw doctor` finds nothing in a healthy home; each thing that can be wrong is found, named, and left as it is."""

import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from orchestration import doctor
from orchestration.cli import app
from orchestration.doctor import examine
from orchestration.instance import prepare
from orchestration.landing import land
from pcw.home import Home
from pcw.lock import lease
from pcw.settings import Settings
from publishing import shelf
from publishing.shelf import Pin, set_pin
from sources.landing import sweep
from sources.manifests import MANIFEST, submission_folders
from sources.receipts import receive
from tests.faults.test_release_blocked import snapshot
from tests.unit.operating_home import GROUPS, operated

Break = Callable[[Home], object]


@pytest.fixture(scope="module")
def operated_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("operated")
    home = operated(folder / "home", folder / "outside")
    prepare(home)
    adopt(home)
    return home.root


@pytest.fixture
def home(operated_once: Path, tmp_path: Path) -> Home:
    shutil.copytree(operated_once, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def adopt(home: Home) -> None:
    """Let the hand-made release be made of what landed: the sample of `publishing_build` names other files."""
    release = shelf.current_release(home)
    assert release is not None
    with duckdb.connect(str(release.path)) as connection:
        connection.execute("delete from submission")
        for folder in submission_folders(home.landing):
            facts = json.loads((folder / MANIFEST).read_text())
            connection.execute(
                "insert into submission (dataset, file_sha256, file_name) values (?, ?, ?)",
                [facts["dataset"], facts["file_sha256"], facts["file_name"]],
            )


def to_do(home: Home, *, deep: bool = False, **settings: object) -> list[tuple[str, str]]:
    found = examine(Settings(home=home.root, **settings), deep=deep)
    return [(finding.about, finding.sentence) for finding in found if finding.is_todo]


def parquet(home: Home) -> Path:
    """Of the submission that is superseded or of the current one."""
    return next(home.landing.rglob("*.parquet"))


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def rewrite(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def manifest(home: Home) -> Path:
    return submission_folders(home.landing)[0] / MANIFEST


def release(home: Home) -> shelf.Release:
    found = shelf.current_release(home)
    assert found is not None
    return found


def half_copied(home: Home) -> None:
    path = home.inbox / "EPD_201706.csv.part"
    path.write_text("half")
    os.utime(path, (time.time() - 7200,) * 2)


def stuck(home: Home) -> None:
    home.outbox.mkdir()
    (home.outbox / "message.json").write_text("{}")


def damage_history(home: Home) -> None:
    with sqlite3.connect(home.dagster / "runs.db") as writing:
        writing.execute("create table runs (id text)")
    with (home.dagster / "runs.db").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2000)


def refused(home: Home) -> None:
    outside = home.root.with_name("outside")
    outside.mkdir()
    path = outside / "practice_groups.csv"
    path.write_text(GROUPS.replace("locality", "continent"), encoding="utf-8")
    assert land(home, Settings(home=home.root), receive(path, datetime.now(UTC))).refusal is not None
    sweep(home)


# What is done -> what the finding is about, and what its sentence must say.
BROKEN: dict[str, tuple[Break, str, str]] = {
    "orphan in landing": (lambda h: (h.landing / "epd" / ".x.tmp").mkdir(parents=True), "orphans", "sweeps"),
    "orphan of a release": (lambda h: (h.private / ".building-x.duckdb").touch(), "orphans", "half-done"),
    "scratch": (lambda h: (h.work / "0af3").mkdir(), "orphans", "`pcw run` sweeps it away"),
    "restore": (lambda h: (h.root / ".restoring").mkdir(), "orphans", "broke off"),
    "no manifest": (lambda h: manifest(h).unlink(), "landing", "has no manifest.json"),
    "half a manifest": (lambda h: manifest(h).write_text("{"), "landing", "is damaged"),
    "another manifest": (lambda h: manifest(h).write_text("{}"), "landing", "Manifest"),
    "no Parquet": (lambda h: parquet(h).unlink(), "landing", "is missing"),
    "short Parquet": (lambda h: parquet(h).write_bytes(b"PAR1"), "landing", "bytes and"),
    "more Parquet": (lambda h: shutil.copy(parquet(h), parquet(h).with_name("2.parquet")), "landing", "not written by"),
    "lost": (lambda h: shutil.rmtree(manifest(h).parent), "landing", "Landing lacks 1 file(s)"),
    "landed in the future": (
        lambda h: rewrite(manifest(h), landed_at=(datetime.now(UTC) + timedelta(days=2)).isoformat()),
        "clock",
        "landed in the future",
    ),
    "no release": (lambda h: shutil.rmtree(release(h).path.parent), "current", "is gone"),
    "no private file": (lambda h: release(h).private_path.unlink(), "releases", "is missing"),
    "no DuckDB file": (lambda h: release(h).path.write_bytes(b"x" * 99), "releases", "cannot be read"),
    "current.json": (lambda h: (h.published / "current.json").unlink(), "current", "`pcw run` makes them follow"),
    "private link": (lambda h: (h.private / "current.duckdb").unlink(), "current", "killed between"),
    "gone pin": (lambda h: set_pin(h, Pin("x", "why", "2026-01-01")), "pin", "is gone"),
    "no exports": (lambda h: None, "copies", "pcw export"),  # of a deployment that makes them
    "waiting": (lambda h: (h.inbox / "a.csv").touch(), "inbox", "1 file waiting"),
    "half-copied": (half_copied, "inbox", "broke off 2 hour(s) ago"),
    "sidecar alone": (lambda h: (h.inbox / "a.csv.meta.json").touch(), "inbox", "no file beside"),
    "outbox": (stuck, "outbox", "somebody was not told"),
    "open folder": (lambda h: h.private.chmod(0o755), "private", "chmod 700"),
    "open file": (lambda h: release(h).private_path.chmod(0o640), "private", "chmod 600"),
    "telemetry": (lambda h: (h.dagster / "dagster.yaml").write_text("nux: {enabled: false}"), "telemetry", "telemetry"),
    "no YAML": (lambda h: (h.dagster / "dagster.yaml").write_text("{"), "dagster", "no YAML"),
    "no instance": (
        lambda h: (h.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\nstorage: {x: 1}"),
        "dagster",
        "does not open",
    ),
    "history": (damage_history, "dagster", "is damaged"),
    "refused": (refused, "told", "1 refused file without a good one since, the newest practice_groups.csv"),
    "a damaged refusal": (
        lambda h: ((h.quarantine / "x").mkdir(), (h.quarantine / "x" / "refusal.json").write_text("{")),
        "landing",
        "is damaged",
    ),
}


def test_a_healthy_home_has_nothing_to_do(home: Home) -> None:
    assert to_do(home) == []
    assert to_do(home, deep=True) == []


@pytest.mark.parametrize("case", BROKEN)
def test_each_thing_is_found_and_left_as_it_is(home: Home, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    do, about, said = BROKEN[case]
    if about != "dagster":  # opening an instance is the slowest of all questions
        monkeypatch.setattr(doctor, "_instance", lambda _: iter(()))
    if about == "copies":
        monkeypatch.setenv("PCW_COPIES", "exports")
    do(home)
    before = snapshot(home)
    found = to_do(home)
    assert [name for name, _ in found if name == about], found
    assert said in " ".join(sentence for name, sentence in found if name == about), found
    assert {name for name, _ in found} <= {about, "releases", "landing"}, found
    assert snapshot(home) == before


def test_only_a_deep_look_finds_a_changed_byte(home: Home) -> None:
    path = parquet(home)
    flip_a_byte(path)
    assert to_do(home) == []
    [(about, sentence)] = to_do(home, deep=True)
    assert about == "landing"
    assert "does not hold what was written" in sentence
    assert "pcw land raw/practice_groups.csv.gz --dataset practice_groups --received-at" in sentence


def test_figures_of_a_release_that_were_changed_are_found(home: Home) -> None:
    with duckdb.connect(str(release(home).private_path)) as connection:
        connection.execute("update component_value set value = value + 1")
    assert to_do(home) == []
    [(about, sentence)] = to_do(home, deep=True)
    assert about == "releases"
    assert "has content hash" in sentence


def test_a_home_that_is_not_there(tmp_path: Path) -> None:
    [(about, sentence)] = to_do(Home(tmp_path / "nowhere"))
    assert (about, "`pcw run` makes it" in sentence) == ("home", True)
    assert not (tmp_path / "nowhere").exists()


def test_too_little_room(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 5 * 10**8))
    assert "0.5 GB free and the next run may need 1.0 GB" in dict(to_do(home))["disk"]


def test_a_malformed_channel(home: Home) -> None:
    assert "not a URL" in dict(to_do(home, alert_urls=(SecretStr("nonsense"),)))["settings"]


def test_who_works_is_named_and_what_it_writes_is_no_orphan(home: Home) -> None:
    (home.work / "0af3").mkdir()
    held, done = threading.Event(), threading.Event()

    def work() -> None:
        with lease(home, "pcw run"):
            held.set()
            done.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    held.wait(60)
    found = examine(Settings(home=home.root), deep=False)
    done.set()
    thread.join()
    assert [finding.about for finding in found if not finding.is_todo][:1] == ["lock"]
    assert "pcw run (process" in found[0].sentence
    assert not [finding for finding in found if finding.is_todo]


def test_a_damaged_build_database_is_only_a_note(home: Home) -> None:
    home.warehouse.write_bytes(b"x" * 5000)
    found = {finding.about: finding for finding in examine(Settings(home=home.root), deep=False)}
    assert "makes it from landing" in found["warehouse"].sentence
    assert not found["warehouse"].is_todo


def test_the_command_and_its_exit_codes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_HOME", str(home.root))
    fine = CliRunner().invoke(app, ["doctor"])
    assert (fine.exit_code, fine.output.splitlines()[-1][:13]) == (0, "Nothing to do")
    (home.inbox / "a.csv").touch()
    told = CliRunner().invoke(app, ["doctor"])
    assert told.exit_code == 2
    assert "To do: inbox: 1 file waiting" in told.output
    as_json = CliRunner().invoke(app, ["doctor", "--json"])
    assert {"about": "inbox", "is_todo": True}.items() <= next(
        finding for finding in json.loads(as_json.output) if finding["about"] == "inbox"
    ).items()


def test_every_question_is_asked_of_a_case_above() -> None:
    asked = {about for _, about, _ in BROKEN.values()} | {"disk", "settings", "warehouse"}
    assert set(doctor.QUESTIONS) <= asked
