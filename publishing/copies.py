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

from filelock import FileLock, Timeout

from pcw.errors import PcwError
from pcw.files import fsync_dir, fsync_tree, write_atomically
from pcw.home import Home
from publishing import shelf
from publishing.shelf import Release

MADE = "made.json"
SITE = "site"
EXPORTS = "exports"
KINDS = (SITE, EXPORTS)
TRIES = 5


def folder_of(release: Release, kind: str) -> Path:
    """Where the copy of a release lies."""
    return release.path.with_name(kind)


def is_made(release: Release, kind: str) -> bool:
    """Whether the release has that copy."""
    return (folder_of(release, kind) / MADE).is_file()


def make(home: Home, release: Release, kind: str, write: Callable[[Path], None], *, again: bool = True) -> Path:
    """Write a copy of a release, and let readers see it if the release is the current one.

    Args:
        write: fills the empty folder that it is given.
        again: also where the release has that copy: somebody may have made it while this waited for its turn.

    Raises:
        PcwError: the release was removed meanwhile, or the copy cannot be written; the one before stays.
    """
    place = folder_of(release, kind)
    building, removed = _besides(place)
    with _lock(home, kind):
        _clear(place)
        if not again and is_made(release, kind):
            follow(home)
            return place
        try:
            building.mkdir()
            write(building)
            facts = {"release_id": release.release_id, "content_hash": release.content_hash}
            write_atomically(building / MADE, json.dumps(facts, indent=2) + "\n")
            fsync_tree(building)
            if place.exists():
                place.rename(removed)
            building.rename(place)
        except (OSError, PcwError) as error:
            if not release.path.exists():
                raise PcwError(f"Release {release.release_id} was removed, so its {kind} cannot be made.") from error
            if isinstance(error, PcwError):
                raise
            raise PcwError(
                f"The {kind} of release {release.release_id} could not be written: {error}. The release stands."
            ) from error
        finally:
            _clear(place)
        fsync_dir(place.parent)
    follow(home)
    return place


def write_to(out: Path, release: Release, write: Callable[[Path], None]) -> Path:
    """Write a copy of a release into a folder of somebody's own; as a whole, or not at all.

    Raises:
        PcwError: there is something already, or it cannot be written.
    """
    out = out.absolute()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PcwError(f"{out} is there already and is not empty. Give a folder that is not there yet.")
    building, _ = _besides(out)
    try:
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        write(building)
        if out.exists():
            out.rmdir()
        building.rename(out)
    except OSError as error:
        raise PcwError(f"{out} could not be written: {error}. Release {release.release_id} stands.") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return out


def follow(home: Home) -> None:
    """Let `published/<kind>` lead to the copy of the release that readers see; see above where it has none.

    It holds no lock: where a publisher or a rollback flips meanwhile, or sweeps the link being made, it is done again.
    """
    for _ in range(TRIES):
        seen = shelf.current_id(home)
        try:
            _lead(home, shelf.current_release(home))
        except FileNotFoundError:
            continue
        if shelf.current_id(home) == seen:
            return


def _lead(home: Home, current: Release | None) -> None:
    for kind in KINDS:
        link = home.published / kind
        if current is not None and is_made(current, kind):
            shelf.point(link, f"releases/{current.release_id}/{kind}")
        elif link.is_symlink() and not _is_older(home, kind, current):
            link.unlink()


def seen(home: Home) -> dict[str, str]:
    """Of each kind that readers find the release that its copy is of."""
    links = {kind: home.published / kind for kind in KINDS}
    return {kind: Path(os.readlink(link)).parent.name for kind, link in links.items() if link.is_symlink()}


def sweep(home: Home) -> None:
    """Remove what a crash left half-written or half-removed, unless somebody is writing just now."""
    for kind in KINDS:
        try:
            with _lock(home, kind, wait_seconds=0):
                for release in shelf.releases(home):
                    _clear(folder_of(release, kind))
        except Timeout:
            continue


def _lock(home: Home, kind: str, wait_seconds: float = -1) -> FileLock:
    return FileLock(home.published / f".{kind}.lock", timeout=wait_seconds)


def _besides(place: Path) -> tuple[Path, Path]:
    """Where it is written, and where the one before goes."""
    return place.with_name(f"{shelf.BUILDING}{place.name}"), place.with_name(f"{shelf.REMOVED}{place.name}")


def _clear(place: Path) -> None:
    """What lies beside a place. Killed between two renames, the one before is put back."""
    building, removed = _besides(place)
    if removed.exists() and not place.exists():
        removed.rename(place)
    for leftover in (building, removed):
        shutil.rmtree(leftover, ignore_errors=True)


def _is_older(home: Home, kind: str, current: Release | None) -> bool:
    """Whether the link leads to a copy of a release before the current one."""
    shown = seen(home).get(kind)  # None where another follower removed it meanwhile
    found = [one for one in shelf.normal_releases(home) if one.release_id == shown and is_made(one, kind)]
    return current is not None and any(one.sequence < current.sequence for one in found)
