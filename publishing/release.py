"""Write-audit-publish: from a build database to a release that readers can open.

Belongs here: the order of the steps, so that a crash between any two leaves the old release or the new one. What a
file contains is in `publishing.tables`, `publishing.lineage` and `publishing.diff`; which release is current is in
`publishing.shelf`.

The commissioner's file is a copy of the exact one in which small patient counts are hidden (`publishing.suppression`).
Further audiences get what their rules let through of it (`publishing.audiences`).
"""

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from expectations.verdict import Verdict
from pcw import __version__
from pcw.duck import RIGHT_ROWS
from pcw.errors import PcwError
from pcw.files import fsync_dir, fsync_file, fsync_tree, write_atomically
from pcw.home import Home
from publishing import audience_files, copies, diff, lineage, shelf
from publishing.audiences import COMMISSIONER, Audience
from publishing.content_hash import content_hash, content_hash_of
from publishing.gate_history import Quality, ReleaseQuality
from publishing.gates import RELEASE_STAGE, RequiredCheck, assert_gates
from publishing.judgements import discreet
from publishing.shelf import KEEP_RELEASES, Release
from publishing.suppression import EXACT, Rule, active_rule, suppress
from publishing.tables import MARTS, VIEWS, attach, copy_marts, copy_view
from sources.calendar import FeedMonth

Audit = Callable[[Path], Sequence[Verdict]]
NOTHING_KNOWN = Quality()


def publish(
    home: Home,
    warehouse: Path,
    *,
    as_at: datetime | None,
    created_at: datetime,
    inputs_fingerprint: str,
    verdicts: Sequence[Verdict],
    required: Collection[RequiredCheck],
    commissioner: str,
    audit: Audit,
    audiences: Sequence[Audience],
    quality: Quality = NOTHING_KNOWN,
    keep: int = KEEP_RELEASES,
    memory_limit: str = "4GB",
) -> Release:
    """Release the marts of a build database, if every gate lets it through. The caller holds `home.lock`.

    Args:
        warehouse: build database; only read. Nobody may have it open for writing.
        as_at: only files received up to then were used; such a release stands beside and never becomes current.
        created_at: when; names the release.
        inputs_fingerprint: of submissions, seeds and code; equal fingerprint and figures make no new release.
        verdicts: of the gates before this one, for every current submission and for the build.
        required: checks that must have a verdict, those of stage `release` included.
        audit: opens the finished file as a BI reader would and returns the verdicts of stage `release`.
        audiences: who gets a file of their own, beside the commissioner.
        quality: what is known of quality beside these verdicts, as at the moment of the release.
        keep: normal releases to keep.

    Returns:
        The release; `is_new` False if nothing changed, `is_current` False if a pin or `as_at` keeps it from readers.

    Raises:
        ReleaseBlocked: a blocking check failed or a declared one has no verdict. What readers see is untouched.
        PcwError: the release could not be written. What readers see is untouched.
    """
    assert_gates(verdicts, [check for check in required if check.stage != RELEASE_STAGE])
    for folder in (home.private, shelf.releases_folder(home)):
        folder.mkdir(parents=True, exist_ok=True)
    home.private.chmod(0o700)
    shelf.repair(home)
    created_at = lineage.utc(created_at)
    as_at = lineage.utc(as_at) if as_at else None
    try:
        figures = content_hash_of(warehouse)
        same = _same_release(home, figures, inputs_fingerprint, as_at)
        if same is not None:
            return _settle(home, same, is_new=False)
        release = _describe(home, figures, created_at, as_at, inputs_fingerprint)
        building = _Building(home, release)
        try:
            _write_exact(
                building.private, warehouse, home, release, verdicts, quality.months, commissioner, memory_limit
            )
            known = ReleaseQuality(home, release, quality, verdicts, audiences)
            known.write(building.private)
            building.audience.parent.mkdir()
            of_files = _write_audiences(building, warehouse, home, audiences, verdicts, memory_limit)
            shown = content_hash_of(building.audience)
            audited = [*audit(building.audience), *of_files]
            assert_gates([*verdicts, *audited], [*required, *audience_files.required(audiences)])
            known.add(audited)
            _seal(building.private, audited, known, release, release.content_hash)
            _seal(building.audience, audited, known, release, shown)
            known.write_pages(building.folder / "quality")
            hashes = {
                audience.name: content_hash_of(building.file_of(audience), audience.tables) for audience in audiences
            }
            release = replace(release, audiences={COMMISSIONER: shown, **hashes})
            write_atomically(building.folder / shelf.FACTS, shelf.facts_json(release))
            building.move_into_place()
        finally:
            building.remove()
    except (duckdb.Error, OSError) as error:
        raise PcwError(f"The release could not be written and nothing was published: {error}") from error
    released = _settle(home, release, is_new=True)
    shelf.keep_newest(home, keep)
    copies.follow(home)
    return released


class _Building:
    """A release being written, beside its final places and invisible to readers."""

    def __init__(self, home: Home, release: Release) -> None:
        self.release = release
        self.private = home.private / f"{shelf.BUILDING}{release.release_id}.duckdb"
        self.folder = shelf.releases_folder(home) / f"{shelf.BUILDING}{release.release_id}"
        self.audience = self.folder / shelf.AUDIENCE_FILE

    def suppressed(self, rule: int) -> Path:
        """Scratch copy in which counts are hidden by the rule of that number."""
        return self.private.with_name(f"{self.private.stem}.suppressed-{rule}.duckdb")

    def file_of(self, audience: Audience) -> Path:
        """What a further audience will see."""
        return self.folder / f"{audience.name}.duckdb"

    def move_into_place(self) -> None:
        """Rename, private first: a private file without its release is an orphan that the next publish sweeps."""
        fsync_file(self.private)
        fsync_tree(self.folder)
        os.rename(self.private, self.release.private_path)
        fsync_dir(self.release.private_path.parent)
        os.rename(self.folder, self.release.path.parent)
        fsync_dir(self.folder.parent)

    def remove(self) -> None:
        """Remove what was not moved."""
        shelf.remove(self.folder)
        for leftover in self.private.parent.glob(f"{self.private.stem}.*"):
            shelf.remove(leftover)


def _same_release(home: Home, figures: str, inputs: str, as_at: datetime | None) -> Release | None:
    """A release that already says this: the newest normal one or the current one; for `--as-at`, any of the same
    moment.
    """
    if as_at is not None:
        candidates = [release for release in shelf.releases(home) if release.as_at == as_at]
    else:
        normal = shelf.normal_releases(home)
        candidates = [release for release in normal if release.is_current] + normal[-1:]
    for release in reversed(candidates):
        if (release.content_hash, release.inputs_fingerprint) == (figures, inputs) and release.private_path.exists():
            return release
    return None


def _describe(home: Home, figures: str, created_at: datetime, as_at: datetime | None, inputs: str) -> Release:
    """Name a new release. The name sorts by time, tells the figures apart and is free."""
    asked = f"{created_at:%Y%m%dT%H%M%SZ}-{figures[:8]}"
    if as_at is not None:
        asked = f"asat-{as_at:%Y-%m-%d}-{asked}"
    release_id, number = asked, 1
    while (shelf.releases_folder(home) / release_id).exists():
        number += 1
        release_id = f"{asked}-{number}"
    return Release(
        release_id=release_id,
        sequence=shelf.next_sequence(home),
        path=shelf.releases_folder(home) / release_id / shelf.AUDIENCE_FILE,
        private_path=shelf.private_file(home, release_id),
        content_hash=figures,
        created_at=created_at,
        inputs_fingerprint=inputs,
        as_at=as_at,
        previous_release_id=_previous(home),
    )


def _previous(home: Home) -> str | None:
    """The release to compare with: what readers see, or the newest that can be read where that is damaged."""
    seen = shelf.current_id(home)
    if seen is None or not shelf.is_damaged(home, seen):
        return seen
    normal = shelf.normal_releases(home)
    return normal[-1].release_id if normal else None


def _write_exact(
    file: Path,
    warehouse: Path,
    home: Home,
    release: Release,
    verdicts: Iterable[Verdict],
    months: Iterable[FeedMonth],
    commissioner: str,
    memory_limit: str,
) -> None:
    """Write the exact marts with their lineage into a file that only its owner can read."""
    previous = None
    if release.previous_release_id is not None:
        previous = shelf.find_release(home, release.previous_release_id)
    with duckdb.connect(
        ":memory:", config={**RIGHT_ROWS, "memory_limit": memory_limit, "temp_directory": str(home.work)}
    ) as connection:
        attach(connection, warehouse, "build")
        attach(connection, file, "release", write=True)
        file.chmod(0o600)  # and its folder is 0700, so nobody looked in between
        if previous is not None:
            attach(connection, previous.private_path if previous.private_path.exists() else previous.path, "previous")
        connection.begin()  # one write-ahead log flush, not one per statement
        _fill(connection, release, verdicts, months, commissioner, has_previous=previous is not None)
        connection.commit()
        connection.execute("checkpoint release")
        connection.execute("detach release")


def _fill(
    connection: duckdb.DuckDBPyConnection,
    release: Release,
    verdicts: Iterable[Verdict],
    months: Iterable[FeedMonth],
    commissioner: str,
    *,
    has_previous: bool,
) -> None:
    copy_marts(connection, MARTS, "build", "release", release.release_id)
    for view in VIEWS:
        copy_view(connection, view, "build", "release")
    lineage.write_submissions(connection, "build", "release")
    lineage.write_freshness(connection, "build", "release", months)
    lineage.write_waivers(connection, "build", "release")
    lineage.create_gate_results(connection, "release")
    lineage.add_gate_results(connection, "release", verdicts, release.release_id)
    lineage.write_release(
        connection,
        "release",
        {
            "release_id": release.release_id,
            "created_at": release.created_at,
            "as_at": release.as_at,
            "commissioner": commissioner,
            "content_hash": release.content_hash,
            "inputs_fingerprint": release.inputs_fingerprint,
            "product_version": __version__,
            "previous_release_id": release.previous_release_id,
            "disclosure": EXACT,
        },
    )
    if has_previous:
        diff.write_changes(connection, "previous", "release", "release")
    else:
        diff.create_changes(connection, "release")


def _write_audiences(
    building: _Building,
    warehouse: Path,
    home: Home,
    audiences: Sequence[Audience],
    verdicts: Sequence[Verdict],
    memory_limit: str,
) -> list[Verdict]:
    """What readers may see, in files that never held anything else; `release_change` compares it with what they saw.

    Of `verdicts` they see no exact figure either: gates judge before anything is hidden, and quote what they found.

    Small patient counts are hidden in a scratch copy of the exact file. DuckDB does not wipe what it overwrites, so
    that copy would still give them to whoever reads its bytes: its tables are copied once more. Audiences with the same
    rule share that copy.

    Returns:
        Whether each further file is as its rules say.
    """
    release, previous = building.release, None
    if release.previous_release_id is not None:
        previous = shelf.find_release(home, release.previous_release_id)
    of_files: list[Verdict] = []
    with duckdb.connect(
        ":memory:", config={**RIGHT_ROWS, "memory_limit": memory_limit, "temp_directory": str(home.work)}
    ) as connection:
        attach(connection, warehouse, "build")
        by_rule: dict[Rule, list[Audience]] = {active_rule(connection, "build", COMMISSIONER): []}
        for audience in audiences:
            by_rule.setdefault(active_rule(connection, "build", audience.name), []).append(audience)
        for number, (rule, readers) in enumerate(by_rule.items()):
            suppressed = building.suppressed(number)
            shutil.copyfile(building.private, suppressed)
            attach(connection, suppressed, "release", write=True)
            connection.begin()
            suppress(connection, "build", "release", rule)
            lineage.say_disclosure(connection, "release", rule.disclosure)
            if not rule.changes_nothing:
                told = [discreet(verdict, (rule.hide_from, rule.hide_to)) for verdict in verdicts]
                connection.execute("delete from release.main.gate_result")
                lineage.add_gate_results(connection, "release", told, release.release_id)
            if previous is not None:  # also where nothing is hidden now: what was before may have been
                attach(connection, previous.path, "previous")
                connection.execute("drop table release.main.release_change")
                diff.write_changes(connection, "previous", "release", "release")
            connection.commit()
            if previous is not None:
                connection.execute("detach previous")
            if number == 0:
                attach(connection, building.audience, "audience", write=True)
                connection.execute("copy from database release to audience")
                connection.execute("checkpoint audience")
                connection.execute("detach audience")
            for reader in readers:
                seen = previous.file_of(reader.name) if previous and reader.name in previous.audiences else None
                file = building.file_of(reader)
                audience_files.write_file(connection, reader, "release", file, seen)
                of_files += audience_files.audit_file(connection, reader, "release", file)
            connection.execute("detach release")
    return of_files


def _seal(file: Path, audited: Iterable[Verdict], known: ReleaseQuality, release: Release, expected: str) -> None:
    """Add the verdicts of the audit to the audited file, close it, and prove that its figures are those expected."""
    with duckdb.connect(":memory:") as connection:
        attach(connection, file, "release", write=True)
        lineage.add_gate_results(connection, "release", audited, release.release_id)
        known.seal(connection, "release")
        connection.execute("checkpoint release")
        connection.execute("detach release")
    with duckdb.connect(":memory:") as connection:
        attach(connection, file, "release")
        found = content_hash(connection, "release")
    if found != expected:
        raise PcwError(
            f"The written release does not hold the built figures (content hash {found[:8]}, "
            f"expected {expected[:8]}), "
            "so nothing was published. Run again; if it happens again, check the disk."
        )


def _settle(home: Home, release: Release, *, is_new: bool) -> Release:
    """Decide whether readers see the release, and say why if not."""
    pin = shelf.pin_of(home)
    message = "" if is_new else "Nothing changed: the figures and the inputs are those of this release."
    if release.as_at is not None:
        message = message or f"Written beside, as at {release.as_at:%Y-%m-%d}; readers still see the current release."
    elif pin is not None and pin.release_id != release.release_id:
        message = (
            f"Release {pin.release_id} is pinned ({pin.reason}), so readers still see it; "
            f"{release.release_id} is ready and becomes current when it is unpinned."
        )
    elif shelf.current_id(home) != release.release_id:
        shelf.flip(home, release)
    return replace(release, is_new=is_new, is_current=shelf.current_id(home) == release.release_id, message=message)
