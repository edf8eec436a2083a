"""What is made of a release once readers see it: the site, the exports. Each is a folder beside the release's files.

Belongs here: where a copy lies, how it is put in place, and which one `published/<kind>` leads to. What is in it is its
maker's. A copy is made from the files of the release, is never part of it, and can be made again: the release stands
where a copy cannot be made. It is written beside its place and put there as a whole; `made.json` in it says of which
release it is. `published/<kind>` leads to the copy of the release that readers see; until that is made it may lead to
an older one (pages say which release they are of), never to a newer one, which a rollback took from readers.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from pcw.errors import PcwError
from pcw.files import fsync_dir, write_atomically
from pcw.home import Home
from publishing import shelf
from publishing.shelf import Release

MADE = "made.json"
SITE = "site"
EXPORTS = "exports"
KINDS = (SITE, EXPORTS)


def folder_of(release: Release, kind: str) -> Path:
    """Where the copy of a release lies."""
    return release.path.with_name(kind)


def is_made(release: Release, kind: str) -> bool:
    """Whether the release has that copy."""
    return (folder_of(release, kind) / MADE).is_file()


def make(home: Home, release: Release, kind: str, write: Callable[[Path], None]) -> Path:
    """Write a copy of a release, and let readers see it if the release is the current one.

    Args:
        write: fills the empty folder that it is given.

    Raises:
        PcwError: the release was removed meanwhile.
    """
    place = folder_of(release, kind)
    building, removed = (place.with_name(f".{word}-{kind}") for word in ("building", "removed"))
    with FileLock(home.published / f".{kind}.lock"):
        for leftover in (building, removed):
            shutil.rmtree(leftover, ignore_errors=True)
        if not release.path.exists():
            raise PcwError(f"Release {release.release_id} was removed, so its {kind} cannot be made.")
        building.mkdir()
        write(building)
        facts = {"release_id": release.release_id, "content_hash": release.content_hash}
        write_atomically(building / MADE, json.dumps(facts, indent=2) + "\n")
        if place.exists():
            place.rename(removed)
        building.rename(place)
        fsync_dir(place.parent)
        shutil.rmtree(removed, ignore_errors=True)
    follow(home)
    return place


def follow(home: Home) -> None:
    """Let `published/<kind>` lead to the copy of the release that readers see; see above where it has none."""
    current = shelf.current_release(home)
    for kind in KINDS:
        link = home.published / kind
        if current is not None and is_made(current, kind):
            shelf.point(link, f"releases/{current.release_id}/{kind}")
        elif link.is_symlink() and not _is_older(home, Path(os.readlink(link)).parent.name, current):
            link.unlink()


def _is_older(home: Home, release_id: str, current: Release | None) -> bool:
    found = [one for one in shelf.normal_releases(home) if one.release_id == release_id]
    return current is not None and any(one.sequence < current.sequence for one in found)
