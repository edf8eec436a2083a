"""Backups: dated copies of what cannot be made again, and a home made from one of them.

Belongs here: what is copied, how it is proven whole. The build database is not: it is made from landing; nor copies of
a release (site, exports), which are made from it; nor what waits in the inbox, which may hold identifiers and was not
received yet. The caller holds `home.lock`.

A backup is a folder of its own, named by its moment. A file that the backup before it holds already is a hard link to
that one, so that each costs what is new and any of them can be removed.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pcw.errors import PcwError
from pcw.files import CHUNK, fsync_dir, fsync_file, read_json
from pcw.home import Home
from publishing.copies import KINDS

CONTENTS = "backup.json"
BUILDING, RESTORING = ".building-", ".restoring"
FOLDERS = ("landing", "quarantine", "published", "private", "reports", "outbox", "waivers")
FILES = ("alerts.json", "alerts.journal", "alerts.log", "digest.json", "last_release.json", "dagster/dagster.yaml")
HISTORY = "dagster/**/*.db"
# Links and what names the current release come last, so that a home is either not there or whole.
LAST = "published"


@dataclass(frozen=True)
class Made:
    """What a backup or a restore did."""

    folder: Path
    files: int
    byte_count: int
    copied: int


def backup(home: Home, target: Path, *, at: datetime, with_history: bool) -> Made:
    """Write one more backup below `target`, beside first and renamed when it is whole.

    Raises:
        PcwError: the target is within PCW_HOME, or cannot be written.
    """
    target = target.absolute()
    if target.resolve().is_relative_to(home.root.resolve()):
        raise PcwError(f"{target} is within {home.root}: what destroys the one destroys the other. Give another place.")
    try:
        target.mkdir(parents=True, exist_ok=True)
        for left in target.glob(f"{BUILDING}*"):
            shutil.rmtree(left)
        before = newest(target)
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
        building = target / f"{BUILDING}{name}"
        building.mkdir(mode=0o700)
        made = _write(home, building, before, at, with_history=with_history)
        os.rename(building, target / name)
        fsync_dir(target)
    except OSError as error:
        raise PcwError(
            f"The backup could not be written and is not there: {error.strerror or error} ({error.filename or target})."
        ) from error
    return Made(target / name, made.files, made.byte_count, made.copied)


def newest(target: Path) -> Path | None:
    """The newest whole backup below a folder."""
    return max((path.parent for path in target.glob(f"[!.]*/{CONTENTS}")), default=None)


def _write(home: Home, building: Path, before: Path | None, at: datetime, *, with_history: bool) -> Made:
    known: dict[str, Any] = read_json(before / CONTENTS)["files"] if before else {}
    files: dict[str, dict[str, Any]] = {}
    links: dict[str, str] = {}
    folders: dict[str, int] = {}
    copied = 0
    for path in _kept(home, with_history=with_history):
        name = path.relative_to(home.root).as_posix()
        into = building / name
        if path.is_symlink():
            links[name] = os.readlink(path)
            continue
        facts = path.stat()
        if path.is_dir():
            folders[name] = facts.st_mode & 0o777
            continue
        into.parent.mkdir(parents=True, exist_ok=True)
        entry: dict[str, Any] = {"bytes": facts.st_size, "mtime_ns": facts.st_mtime_ns, "mode": facts.st_mode & 0o777}
        same = known.get(name)
        is_same = same is not None and {key: same[key] for key in entry} == entry
        if path.suffix == ".db":
            entry |= _copy_database(path, into)
            copied += 1
        elif is_same and same is not None and before is not None and _link(before / name, into):
            entry["sha256"] = same["sha256"]
        else:
            entry["sha256"] = _copy(path, into, facts.st_mode & 0o777)
            copied += 1
        files[name] = entry
    contents = {"version": 1, "at": at.isoformat(), "files": files, "links": links, "folders": folders}
    for folder in sorted({path.parent for path in building.rglob("*")} | {building}):
        fsync_dir(folder)
    (building / CONTENTS).write_text(json.dumps(contents, indent=1), encoding="utf-8")
    fsync_file(building / CONTENTS)
    fsync_dir(building)
    return Made(building, len(files), sum(entry["bytes"] for entry in files.values()), copied)


def _kept(home: Home, *, with_history: bool) -> Iterator[Path]:
    """What is copied: files, links and folders; nothing that a crash left half-written."""
    for name in FOLDERS:
        root = home.root / name
        for path in [root, *sorted(root.rglob("*"))] if root.is_dir() else ():
            parts = path.relative_to(home.root).parts
            is_hidden = any(part.startswith(".") and part != ".receipts" for part in parts)
            if not is_hidden and not _is_made_again(parts):
                yield path
    for pattern in (*FILES, HISTORY) if with_history else FILES:
        for path in sorted(home.root.glob(pattern)):
            if path.is_file() and not path.name.startswith("."):
                yield path


def _is_made_again(parts: tuple[str, ...]) -> bool:
    """Whether it is of a copy of a release, or leads to one: the next run makes it."""
    of_release = parts[:2] == ("published", "releases") and parts[3:4]
    return bool(parts[:1] == ("published",) and set(of_release or parts[1:2]) & set(KINDS))


def _link(source: Path, into: Path) -> bool:
    with suppress(OSError):  # another file system, or one without hard links: copied
        os.link(source, into)
        return True
    return False


def _copy(source: Path, into: Path, mode: int) -> str:
    """Copy durably, readable for whom it was and never for more; returns the SHA-256 of what was read."""
    digest = hashlib.sha256()
    descriptor = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as reading, os.fdopen(descriptor, "wb") as writing:
        while chunk := reading.read(CHUNK):
            digest.update(chunk)
            writing.write(chunk)
        writing.flush()
        os.fchmod(writing.fileno(), mode)
        os.fsync(writing.fileno())
    return digest.hexdigest()


def _copy_database(source: Path, into: Path) -> dict[str, Any]:
    """Of SQLite a copy of one moment, whoever else writes to it."""
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(into)) as writing:
        reading.backup(writing)
    digest = hashlib.sha256(into.read_bytes()).hexdigest()
    fsync_file(into)
    return {"bytes": into.stat().st_size, "sha256": digest}


def restore(home: Home, source: Path) -> Made:
    """Make an empty home from a backup (or the newest below a folder), every file proven while it is copied.

    Raises:
        PcwError: the home is not empty, there is no backup, or it is damaged; then the home stays empty.
    """
    chosen = source if (source / CONTENTS).is_file() else newest(source)
    if chosen is None:
        raise PcwError(f"{source} is no backup and holds none: {CONTENTS} is missing. Give a folder of pcw backup.")
    if home.root.exists() and any(path.name != RESTORING for path in home.root.iterdir()):
        raise PcwError(f"{home.root} is not empty, and a restore never mixes. Give an empty PCW_HOME, or move it away.")
    contents = read_json(chosen / CONTENTS)
    beside = home.root / RESTORING
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        _fill(chosen, contents, beside)
        entries = sorted(beside.iterdir(), key=lambda path: (path.name == LAST, path.name))
        for entry in entries:
            os.rename(entry, home.root / entry.name)
        beside.rmdir()
        fsync_dir(home.root)
    except OSError as error:
        raise PcwError(f"{home.root} could not be written: {error.strerror or error}. Nothing was restored.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    files = contents["files"]
    return Made(chosen, len(files), sum(entry["bytes"] for entry in files.values()), len(files))


def _fill(chosen: Path, contents: dict[str, Any], beside: Path) -> None:
    for name in contents["folders"]:
        (beside / name).mkdir(parents=True, exist_ok=True)
    for name, entry in contents["files"].items():
        path, into = chosen / name, beside / name
        into.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            raise PcwError(f"Backup {chosen} is damaged: {name} is missing. Nothing was restored; take an earlier one.")
        if _copy(path, into, entry["mode"]) != entry["sha256"]:
            raise PcwError(
                f"Backup {chosen} is damaged: {name} does not hold what was copied (its hash differs). "
                "Nothing was restored; take an earlier one."
            )
        os.utime(into, ns=(entry["mtime_ns"], entry["mtime_ns"]))
    for name, points_at in contents["links"].items():
        os.symlink(points_at, beside / name)
    for name, mode in contents["folders"].items():
        (beside / name).chmod(mode)
