"""What `pcw doctor` finds: each finding is what, where, what follows and what to do. It repairs nothing.

Belongs here: the order of the questions, and those about the machine, the settings and what waits. What is asked about
landing, the build database and releases is in `doctor_data`.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from orchestration import copying, doctor_data
from orchestration.findings import Finding, note, todo
from pcw.errors import PcwError
from pcw.home import Home
from pcw.lock import Busy, lease
from pcw.settings import Settings
from publishing import shelf
from publishing.channels import check_channels
from publishing.makers import MAKERS
from publishing.messages import plural
from publishing.outbox import undelivered
from sources.contracts import load_contracts
from sources.receipts import TAKEN, UNFINISHED, waiting_files
from sources.sidecars import SIDECAR

HALF_COPIED_AFTER_SECONDS = 3600
GB = 1e9
# A build writes the database, both files of a release and scratch beside what is there.
ROOM_TIMES, ROOM_AT_LEAST = 2.0, 1 * GB
SCRATCH_THAT_STAYS = {"dbt-target"}


@dataclass(frozen=True)
class Patient:
    """What is looked at, and how closely."""

    home: Home
    settings: Settings
    deep: bool
    is_idle: bool


def examine(settings: Settings, *, deep: bool) -> list[Finding]:
    """Every finding, in the order of the questions; `deep` reads every byte that landed and was released.

    Looks while nobody works, where it can: else what a run is just writing would look like left by a crash.
    """
    home = Home(settings.home)
    if not home.root.is_dir():
        return [todo("home", f"{home.root} does not exist, so nothing was ever received. `pcw run` makes it.")]
    findings = list(_writable(home))
    if findings:  # all else needs the lock, which cannot be taken either
        return findings
    with ExitStack() as held:
        is_idle = True
        try:
            held.enter_context(lease(home, "pcw doctor", wait_seconds=0))
        except Busy as busy:
            is_idle = False
            findings.append(note("lock", f"{busy} What it is writing is not looked at."))
        patient = Patient(home, settings, deep, is_idle)
        for name, question in QUESTIONS.items():
            findings += _asked(name, question, patient)
    return findings


def _asked(name: str, question: Callable[[Patient], Iterator[Finding]], patient: Patient) -> list[Finding]:
    try:
        return list(question(patient))
    except PcwError as error:
        return [todo(name, str(error))]
    except (OSError, sqlite3.Error, duckdb.Error) as error:
        return [todo(name, f"This could not be looked at: {error}. Put that right and ask again.")]


def _writable(home: Home) -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=home.root):
            pass
    except OSError as error:
        yield todo(
            "home",
            f"{home.root} cannot be written ({error.strerror}), so no run can start; readers keep what they have. "
            f"Give it back to the user of pcw (now {os.geteuid()}), mount it for writing, or free space.",
        )


def _disk(patient: Patient) -> Iterator[Finding]:
    home = patient.home
    built = home.warehouse.stat().st_size if home.warehouse.exists() else 0
    released = max((path.lstat().st_size for path in home.private.glob("*.duckdb")), default=0)
    waiting = sum(path.stat().st_size for path in waiting_files(home.inbox)) if home.inbox.is_dir() else 0
    need = max(ROOM_AT_LEAST, ROOM_TIMES * (built + 2 * released + waiting))
    free = shutil.disk_usage(home.root).free
    if free < need:
        yield todo(
            "disk",
            f"{home.root} has {free / GB:.1f} GB free and the next run may need {need / GB:.1f} GB. A "
            "run that fills the "
            "disk changes nothing of what readers see, and fails. Free space, or move older backups away.",
        )


def _orphans(patient: Patient) -> Iterator[Finding]:
    home = patient.home
    if not patient.is_idle:
        return
    left = [path for path in home.work.glob("*") if path.name not in SCRATCH_THAT_STAYS and path.suffix != ".duckdb"]
    for pattern in ("landing/*/.*.tmp", "quarantine/.*.tmp", f"inbox/{TAKEN}*", "private/.building-*"):
        left += home.root.glob(pattern)
    for pattern in (".building-*", ".removed-*", "*/.building-*", "*/.removed-*"):
        left += (home.published / "releases").glob(pattern)
    if left:
        names = ", ".join(str(path.relative_to(home.root)) for path in sorted(left)[:3])
        yield todo(
            "orphans",
            f"A run that was killed left {plural(len(left), 'thing')} half-done: {names}. No figure rests on what "
            "is half-done, and nobody reads it. `pcw run` sweeps it away.",
        )
    if (home.root / ".restoring").exists():
        yield todo("orphans", f"A restore into {home.root} broke off. Move what is there away and restore again.")


def _copies(patient: Patient) -> Iterator[Finding]:
    home, settings = patient.home, patient.settings
    if shelf.current_id(home) not in {release.release_id for release in shelf.releases(home)}:
        return  # said where releases are asked
    why = copying.problems(home)
    for kind in copying.lacking(home, settings):
        said = f" The last try failed: {why[kind]}" if kind in why else ""
        yield todo(
            "copies",
            f"The release that readers see has no {kind}.{said} Readers find that of an older release, or none. "
            f"`pcw run` makes it, and so does `{MAKERS[kind].command}`; without {kind} in PCW_COPIES nobody does.",
        )


def _inbox(patient: Patient) -> Iterator[Finding]:
    inbox = patient.home.inbox
    if not inbox.is_dir():
        return
    if waiting := waiting_files(inbox):
        yield todo("inbox", f"{plural(len(waiting), 'file')} waiting in {inbox}. `pcw run` receives what waits.")
    for path in sorted(inbox.iterdir()):
        age = time.time() - path.stat().st_mtime
        if path.name.endswith(UNFINISHED) and age > HALF_COPIED_AFTER_SECONDS:
            yield todo(
                "inbox",
                f"A copy into {inbox} broke off {age / 3600:.0f} hour(s) ago: a file that ends in {path.suffix} is "
                "left alone for ever. Send that file again, and remove the part.",
            )
        elif path.name.endswith(SIDECAR) and not path.with_name(path.name.removesuffix(SIDECAR)).exists():
            yield todo("inbox", f"A sidecar in {inbox} has no file beside it, so it says nothing. Send both again.")


def _settings(patient: Patient) -> Iterator[Finding]:
    urls = [url.get_secret_value() for url in patient.settings.alert_urls]
    if urls:
        check_channels(urls)
    else:
        yield note("alerts", "PCW_ALERT_URLS is not set: what goes wrong is in alerts.log, and nobody is sent it.")
    identifiable = [name for name, contract in load_contracts().items() if contract.identifiable]
    landed = [name for name in identifiable if any((patient.home.landing / name).glob("[!.]*"))]
    if landed and patient.settings.pseudonym_key is None:
        yield note(
            "key",
            f"PCW_PSEUDONYM_KEY is not set and {', '.join(landed)} landed. An extract that holds NHS "
            "numbers would wait "
            "in the inbox; under another key than before, a patient would become another one.",
        )


def _outbox(patient: Patient) -> Iterator[Finding]:
    if count := undelivered(patient.home):
        oldest = min(path.stat().st_mtime for path in patient.home.outbox.glob("*.json"))
        hours = (time.time() - oldest) / 3600
        yield todo(
            "outbox",
            f"{count} alert message(s) wait in {patient.home.outbox}, the oldest for {hours:.0f} "
            "hour(s): somebody was not "
            "told. See alerts.log for which channel is dead; the next `pcw run` with something to do sends them.",
        )


def _private(patient: Patient) -> Iterator[Finding]:
    """The exact figures of small groups are for the owner alone."""
    private = patient.home.private
    paths = [private, *private.glob("[!.]*.duckdb")] if private.is_dir() else []
    for path in paths:
        if not path.is_symlink() and (mode := path.stat().st_mode & 0o777) & 0o077:
            wanted = "700" if path.is_dir() else "600"
            yield todo(
                "private",
                f"{path} has mode {mode:03o}: others of this machine can read exact small counts. "
                f"`chmod {wanted} {path}`.",
            )


def _dagster(patient: Patient) -> Iterator[Finding]:
    folder = patient.home.dagster
    config = folder / "dagster.yaml"
    if not config.exists():
        yield note("dagster", f"{config} is not there yet: no run and no UI was ever started. The first one writes it.")
        return
    try:
        said = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        yield todo("dagster", f"{config} is no YAML ({error}), so no run can start. Correct it or remove it.")
        return
    if (said.get("telemetry") or {}).get("enabled") is not False:
        yield todo(
            "telemetry", f"{config} does not say `telemetry: {{enabled: false}}`: Dagster reports to its makers."
        )
    for file in sorted(folder.rglob("*.db")):
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            try:
                found = database.execute("pragma quick_check(1)").fetchall()
            except sqlite3.DatabaseError as error:
                found = [(str(error),)]
        if found != [("ok",)]:
            yield todo(
                "dagster",
                f"{file} is damaged ({found[0][0]}), so runs cannot be recorded and none starts. It holds history, no "
                f"figures: move {folder} away, or restore it from a backup made with --history.",
            )
            return
    yield from _instance(patient)


def _instance(patient: Patient) -> Iterator[Finding]:
    import dagster as dg

    try:
        with dg.DagsterInstance.from_config(str(patient.home.dagster)) as instance:
            instance.get_runs_count()
    except (dg.DagsterError, sqlite3.Error, OSError, ImportError) as error:
        yield todo(
            "dagster",
            f"The Dagster instance in {patient.home.dagster} does not open "
            f"({str(error).splitlines()[0]}), so no run can "
            "start. Correct dagster.yaml there, or remove it: the next run writes the usual one.",
        )


QUESTIONS: dict[str, Callable[[Patient], Iterator[Finding]]] = {
    "disk": _disk,
    "orphans": _orphans,
    "landing": lambda patient: doctor_data.landing(patient.home, deep=patient.deep),
    "clock": lambda patient: doctor_data.clock(patient.home),
    "warehouse": lambda patient: doctor_data.warehouse(patient.home, deep=patient.deep),
    "releases": lambda patient: doctor_data.releases(patient.home, deep=patient.deep),
    "copies": _copies,
    "inbox": _inbox,
    "told": lambda patient: doctor_data.told(patient.home),
    "settings": _settings,
    "outbox": _outbox,
    "private": _private,
    "dagster": _dagster,
}


def render(findings: list[Finding], root: Path, *, deep: bool) -> str:
    """The findings for a terminal."""
    lines = [f"{finding.kind} {finding.about}: {finding.sentence}" for finding in findings]
    count = sum(finding.is_todo for finding in findings)
    looked = "every byte" if deep else "names and sizes; --deep reads every byte"
    last = f"{plural(count, 'thing')} to do" if count else "Nothing to do"
    return "\n".join([*lines, f"{last} in {root} ({looked})."])
