"""The releases on disk: what is there, which one readers see, and how that is changed without a moment in between.

Belongs here: folders, links and their order. What is inside a release file is not known here.

The symlink `published/current.duckdb` is the truth. `private/current.duckdb` and the link of each further audience
(`published/public.duckdb`) are flipped before it and `current.json` is written after it; a crash in between leaves
those to `repair`, which makes them follow the link. Who needs several files of one release takes them from
`current.json`. Whoever changes the shelf (publish, rollback, unpin, repair) holds `Home.lock`; reading needs no lock.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pcw.errors import PcwError
from pcw.files import fsync_dir, read_json, write_atomically
from pcw.home import Home

AUDIENCE_FILE = "commissioner.duckdb"
KEEP_RELEASES = 12
FACTS = "release.json"
# Of what is stated of a release, as it is written.
TYPES: Mapping[str, tuple[type, ...]] = {
    "release_id": (str,),
    "sequence": (int,),
    "file": (str,),
    "content_hash": (str,),
    "created_at": (str,),
    "inputs_fingerprint": (str,),
    "as_at": (str, type(None)),
    "previous_release_id": (str, type(None)),
}
BUILDING = ".building-"
REMOVED = ".removed-"


@dataclass(frozen=True)
class Release:
    """One release. `is_new`: written by this call. `is_current`: what readers saw when it was returned.

    `sequence` orders releases: clocks go back and two releases fit into one second. `audiences` has the content hash of
    the file of each audience, by its name; a release from before there were several has none.
    """

    release_id: str
    sequence: int
    path: Path
    private_path: Path
    content_hash: str
    created_at: datetime
    inputs_fingerprint: str
    as_at: datetime | None
    previous_release_id: str | None
    audiences: Mapping[str, str] = field(default_factory=dict)
    is_new: bool = False
    is_current: bool = False
    message: str = ""

    def file_of(self, audience: str) -> Path:
        """What an audience sees of it."""
        return self.path.with_name(f"{audience}.duckdb")


@dataclass(frozen=True)
class Damaged:
    """A release whose `release.json` cannot be read, and why. Nothing in it is known, so nothing is done with it."""

    release_id: str
    folder: Path
    private_path: Path
    problem: str


@dataclass(frozen=True)
class Pin:
    """A release that stays current, whatever is published, until it is unpinned."""

    release_id: str
    reason: str
    pinned_at: str


def releases_folder(home: Home) -> Path:
    """Folder of all releases, one folder each."""
    return home.published / "releases"


def private_file(home: Home, release_id: str) -> Path:
    """The exact marts of a release."""
    return home.private / f"{release_id}.duckdb"


def facts_json(release: Release) -> str:
    """What `current.json` says of a release; also kept in its folder as `release.json`."""
    facts = {
        "release_id": release.release_id,
        "sequence": release.sequence,
        "file": f"releases/{release.release_id}/{AUDIENCE_FILE}",
        "content_hash": release.content_hash,
        "created_at": f"{release.created_at.isoformat()}Z",
        "inputs_fingerprint": release.inputs_fingerprint,
        "as_at": f"{release.as_at.isoformat()}Z" if release.as_at else None,
        "previous_release_id": release.previous_release_id,
        "audiences": {
            name: {"file": f"releases/{release.release_id}/{name}.duckdb", "content_hash": shown}
            for name, shown in sorted(release.audiences.items())
        },
    }
    return json.dumps(facts, indent=2) + "\n"


def releases(home: Home) -> list[Release]:
    """Every complete release that can be read, oldest first, `--as-at` ones included."""
    found = [one for one in _on_disk(home) if isinstance(one, Release)]
    return sorted(found, key=lambda release: release.sequence)


def damaged(home: Home) -> list[Damaged]:
    """The releases that are left out, because their `release.json` is missing or cannot be read."""
    return [one for one in _on_disk(home) if isinstance(one, Damaged)]


def next_sequence(home: Home) -> int:
    """A number after that of every release, those that cannot be read too.

    A damaged one may be newer than all that can be read, and others between them may be gone; `current.json` keeps the
    number of the newest that was current.
    """
    return max(0, _stated(home), *(release.sequence for release in releases(home))) + len(damaged(home)) + 1


def _stated(home: Home) -> int:
    """The number that `current.json` states; 0 where it states none."""
    try:
        number = json.loads((home.published / "current.json").read_text(encoding="utf-8"))["sequence"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return number if type(number) is int else 0


def _on_disk(home: Home) -> list[Release | Damaged]:
    folder = releases_folder(home)
    if not folder.is_dir():
        return []
    current = current_id(home)
    held = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    return [_release_in(home, entry, current) for entry in held]


def _release_in(home: Home, folder: Path, current: str | None) -> Release | Damaged:
    try:
        release = _release(home, json.loads((folder / FACTS).read_text(encoding="utf-8")), current)
        problem = "" if release.path.parent == folder else f"it is of {release.release_id}"
    except OSError as error:
        problem = error.strerror or str(error)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error}"
    return Damaged(folder.name, folder, private_file(home, folder.name), problem) if problem else release


def normal_releases(home: Home) -> list[Release]:
    """Releases that can be current: all but `--as-at` ones, oldest first."""
    return [release for release in releases(home) if release.as_at is None]


def find_release(home: Home, release_id: str) -> Release:
    """The release of that id (or `current`).

    Raises:
        PcwError: there is none; names the ones there are.
    """
    wanted = current_id(home) if release_id == "current" else release_id
    known = releases(home)
    for release in known:
        if release.release_id == wanted:
            return release
    names = ", ".join(release.release_id for release in known[-5:]) or "none yet"
    if is_damaged(home, wanted or ""):
        raise PcwError(
            f"Release {wanted} has no release.json that can be read. `pcw doctor` says what to do. The newest releases "
            f"are: {names}."
        )
    raise PcwError(f"There is no release {release_id}. The newest releases are: {names}.")


def current_id(home: Home) -> str | None:
    """Id of the release that readers see, from the symlink; None before the first release."""
    link = home.published / "current.duckdb"
    return Path(os.readlink(link)).parent.name if link.is_symlink() else None


def current_release(home: Home) -> Release | None:
    """The release that readers see; None before the first, and where nothing is known of it because it is damaged. The
    symlink decides, not `current.json`.

    Raises:
        PcwError: the link names a release that is gone.
    """
    current = current_id(home)
    return None if current is None or is_damaged(home, current) else find_release(home, "current")


def is_damaged(home: Home, release_id: str) -> bool:
    """Whether there is a release of that id that cannot be read."""
    return any(one.release_id == release_id for one in damaged(home))


def pin_of(home: Home) -> Pin | None:
    """The pin, if a rollback holds one."""
    file = home.published / "PINNED"
    return Pin(**read_json(file)) if file.exists() else None


def set_pin(home: Home, pin: Pin | None) -> None:
    """Set or remove the pin."""
    file = home.published / "PINNED"
    if pin is None:
        file.unlink(missing_ok=True)
        fsync_dir(home.published)
    else:
        write_atomically(file, json.dumps(asdict(pin), indent=2) + "\n")


def assert_can_be_current(release: Release) -> None:
    """Refuse an `--as-at` release and one with a missing file.

    Raises:
        PcwError: says which of both.
    """
    if release.as_at is not None:
        raise PcwError(f"{release.release_id} was computed as at an earlier date: it stands beside, never current.")
    for file in (release.path, release.private_path, *map(release.file_of, release.audiences)):
        if not file.exists():
            raise PcwError(f"Release {release.release_id} is not complete: {file} is missing. Choose another release.")


def flip(home: Home, release: Release) -> None:
    """Make a complete release the one that readers see: private link, those of audiences, published link,
    `current.json`, in this order.

    Raises:
        PcwError: it can not be current.
    """
    assert_can_be_current(release)
    point(home.private / "current.duckdb", release.private_path.name)
    for link in _audience_links(home) - set(_wanted_links(home, release)):
        link.unlink()  # rather none than one of another release
    for link, target in _wanted_links(home, release).items():
        point(link, target)
    point(home.published / "current.duckdb", f"releases/{release.release_id}/{AUDIENCE_FILE}")
    write_atomically(home.published / "current.json", facts_json(release))


def _wanted_links(home: Home, release: Release) -> dict[Path, str]:
    """Links of the audiences beside the commissioner, and where they point."""
    names = sorted(f"{name}.duckdb" for name in release.audiences)
    return {home.published / name: f"releases/{release.release_id}/{name}" for name in names if name != AUDIENCE_FILE}


def _audience_links(home: Home) -> set[Path]:
    return {link for link in home.published.glob("[!.]*.duckdb") if link.is_symlink() and link.name != "current.duckdb"}


def repair(home: Home) -> None:
    """Finish or undo what a crash left: a pin without its flip, another link or `current.json` that lags, half-written
    files. Of a release that cannot be read it is not known what should be: readers keep what they have.
    """
    sweep(home)
    pin = pin_of(home)
    wanted = pin.release_id if pin else current_id(home)
    if wanted is None or is_damaged(home, wanted):
        return
    release = find_release(home, wanted)
    private_link, facts = home.private / "current.duckdb", home.published / "current.json"
    lags = (
        current_id(home) != wanted
        or not private_link.is_symlink()
        or os.readlink(private_link) != release.private_path.name
        or {link: os.readlink(link) for link in _audience_links(home)} != _wanted_links(home, release)
        or not facts.exists()
        or facts.read_text(encoding="utf-8") != facts_json(release)
    )
    if lags:
        flip(home, release)


def sweep(home: Home) -> None:
    """Remove what a crash orphaned: half-built and half-removed folders, temporary links, stray private files."""
    folder = releases_folder(home)
    for place in (home.private, home.published, folder):
        for entry in place.iterdir() if place.is_dir() else ():
            if entry.name.startswith((BUILDING, REMOVED)) or (
                entry.name.startswith(".") and entry.name.endswith(".tmp")
            ):
                remove(entry)
    for file in home.private.glob("*.duckdb"):
        if not file.is_symlink() and not (folder / file.stem).is_dir():
            file.unlink()


def keep_newest(home: Home, count: int) -> None:
    """Retention: keep the newest `count` normal releases, the current and the pinned one, and every `--as-at` one."""
    pin = pin_of(home)
    kept = {current_id(home), pin.release_id if pin else None}
    known = normal_releases(home)
    for release in known[: max(0, len(known) - count)]:
        if release.release_id in kept:
            continue
        # Renamed first: a crash while removing leaves an orphan, never half a release.
        gone = release.path.parent.with_name(f"{REMOVED}{release.release_id}")
        os.rename(release.path.parent, gone)
        release.private_path.unlink(missing_ok=True)
        remove(gone)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with everything below it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def point(link: Path, target: str) -> None:
    """Let a link lead to a target beside it, without a moment in which it leads nowhere."""
    beside = link.with_name(f".{link.name}.{os.getpid()}.tmp")
    beside.unlink(missing_ok=True)
    os.symlink(target, beside)
    os.replace(beside, link)
    fsync_dir(link.parent)


def _release(home: Home, facts: dict[str, Any], current: str | None) -> Release:
    for name, expected in TYPES.items():
        if type(facts[name]) not in expected:
            raise TypeError(f"{name} is {json.dumps(facts[name])[:60]}, of another type than is written")
    release_id = facts["release_id"]
    return Release(
        release_id=release_id,
        sequence=facts["sequence"],
        path=home.published / facts["file"],
        private_path=private_file(home, release_id),
        content_hash=facts["content_hash"],
        created_at=_moment(facts["created_at"]),
        inputs_fingerprint=facts["inputs_fingerprint"],
        as_at=_moment(facts["as_at"]) if facts["as_at"] else None,
        previous_release_id=facts["previous_release_id"],
        audiences={name: file["content_hash"] for name, file in facts.get("audiences", {}).items()},
        is_current=release_id == current,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
