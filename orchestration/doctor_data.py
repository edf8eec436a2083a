"""What `pcw doctor` asks about the data: landing, clocks, the build database and releases. Nothing is repaired."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb

from dbt_project.warehouse import damage_of
from orchestration.damaged_releases import said
from orchestration.findings import Finding, note, todo
from orchestration.inputs import lost_files, lost_sentence
from pcw.errors import PcwError
from pcw.home import Home
from publishing import shelf
from publishing.content_hash import content_hash_of
from publishing.delivery import open_alerts
from publishing.messages import plural
from publishing.refusals import accepted_of, is_settled, read_refusals
from publishing.shelf import Release
from sources.contracts import load_contracts
from sources.intact import damage, remedy
from sources.ledger import standing
from sources.manifests import read_submission, readable_submissions, submission_folders

# Clocks of machines differ; more than this is a clock that was set wrong.
CLOCKS = timedelta(minutes=5)


def landing(home: Home, *, deep: bool) -> Iterator[Finding]:
    """Every submission has a readable manifest and the files that it states."""
    for folder in submission_folders(home.landing):
        try:
            submission = read_submission(folder)
        except PcwError as error:
            yield todo("landing", f"{error} Until then no run can start; readers keep what they have.")
            continue
        found = list(damage(home.landing, submission, deep=deep))
        if found:
            yield todo(
                "landing",
                f"Of {submission.dataset} {submission.submission_id} ({submission.file_name}) {'; '.join(found[:3])}. "
                f"A build that needs it stops, and readers keep what they have. {remedy(home.landing, submission)}",
            )
    read_refusals(home)
    if lost := lost_files(home, readable_submissions(home.landing)):
        yield todo("landing", lost_sentence(home, lost))


def told(home: Home) -> Iterator[Finding]:
    """What owners were told and nobody has seen to."""
    try:
        refusals = read_refusals(home)
    except PcwError:
        return  # said where landing is asked
    accepted = accepted_of(standing(readable_submissions(home.landing)), load_contracts())
    left = [one for one in refusals if not is_settled(one, accepted)]
    if left:
        yield todo(
            "told",
            f"{plural(len(left), 'refused file')} without a good one since, the newest {left[-1].file_name} of "
            f"{left[-1].received_at:%Y-%m-%d}; figures rest on what landed before. `pcw quarantine` says why, and its "
            "alert what closes it.",
        )
    if others := [entry for entry in open_alerts(home) if entry["severity"] != "refused"]:
        beside = " beside those of refused files" if left else ""
        yield note(
            "told",
            f"{plural(len(others), 'alert')} open{beside}, each with its owner: `pcw status` lists them.",
        )


def clock(home: Home) -> Iterator[Finding]:
    """Nothing was landed or released in the future."""
    now = datetime.now(UTC)
    ahead = [s for s in readable_submissions(home.landing) if s.landed_at > now + CLOCKS]
    if ahead:
        newest = max(ahead, key=lambda s: s.landed_at)
        yield todo(
            "clock",
            f"{len(ahead)} submission(s) were landed in the future, the last at {newest.landed_at:%Y-%m-%d %H:%M} "
            f"({newest.file_name}); it is {now:%Y-%m-%d %H:%M} here. The clock was or is wrong. Of "
            "two files of a month "
            "the later receipt counts: correct the clock, and state --received-at for what is sent again.",
        )
    for release in shelf.releases(home):
        if release.created_at.replace(tzinfo=UTC) > now + CLOCKS:
            yield note(
                "clock",
                f"Release {release.release_id} was made in the future. Releases are ordered by "
                "number, so nothing follows.",
            )


def warehouse(home: Home, *, deep: bool) -> Iterator[Finding]:
    """The build database can be read. It is disposable."""
    if found := damage_of(home.warehouse, deep=deep):
        yield note(
            "warehouse",
            f"{home.warehouse} cannot be read ({found}). Readers do not use it and it holds nothing of its own: the "
            "next build throws it away and makes it from landing, which takes longer than usual.",
        )


def releases(home: Home, *, deep: bool) -> Iterator[Finding]:
    """The links and `current.json` agree, and every release is whole."""
    current = shelf.current_id(home)
    known = {release.release_id: release for release in shelf.releases(home)}
    pin = shelf.pin_of(home)
    if pin is not None:
        yield note(
            "pin",
            f"Release {pin.release_id} is pinned since {pin.pinned_at[:16]} ({pin.reason}): readers "
            "see it, whatever is "
            "published, until `pcw rollback --unpin`.",
        )
        if pin.release_id not in known and not shelf.is_damaged(home, pin.release_id):
            yield todo(
                "pin",
                f"The pinned release {pin.release_id} is gone, so no release can be made. `pcw rollback --unpin`.",
            )
    left_out = shelf.damaged(home)
    for damaged in left_out:
        yield todo("releases", said(home, damaged))
    if current is not None and current not in {damaged.release_id for damaged in left_out}:
        yield from _current(home, current, known.get(current))
    for release in known.values():
        for problem in _problems(release, deep=deep):
            yield todo(
                "releases",
                f"Release {release.release_id} is not whole: {problem}. "
                + (
                    "Readers see it now: `pcw rollback --reason ...` shows them the one before; or "
                    "restore it from a backup."
                    if release.release_id == current
                    else f"Nobody sees it, and it cannot be gone back to. Remove {release.path.parent}, or restore it."
                ),
            )


def _current(home: Home, current: str, release: Release | None) -> Iterator[Finding]:
    link, facts = home.published / "current.duckdb", home.published / "current.json"
    if release is None:
        yield todo(
            "current",
            f"{link} points at release {current}, which is gone: readers can open nothing. Restore it "
            "from a backup, or "
            "remove the link and run `pcw run`, which makes a release from landing.",
        )
        return
    private = home.private / "current.duckdb"
    lags = []
    if not facts.exists() or facts.read_text(encoding="utf-8") != shelf.facts_json(release):
        lags.append(str(facts))
    if not private.is_symlink() or os.readlink(private) != release.private_path.name:
        lags.append(str(private))
    if lags:
        yield todo(
            "current",
            f"{' and '.join(lags)} do(es) not follow {link}, which is what readers see: a run was "
            "killed between two of "
            "them. `pcw run` makes them follow.",
        )


def _problems(release: Release, *, deep: bool) -> Iterator[str]:
    for path in (release.path, release.private_path):
        if not path.exists():
            yield f"{path} is missing"
            continue
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                named = connection.execute("select release_id, content_hash from release").fetchall()
            figures = content_hash_of(path) if deep else release.content_hash
        except (duckdb.Error, PcwError) as error:
            yield f"{path} cannot be read ({str(error).splitlines()[0]})"
            continue
        if named != [(release.release_id, release.content_hash)]:
            yield f"{path} says it is {json.dumps(named)}"
        # What readers see has small counts hidden, so that only the exact figures have the hash of the release.
        if path == release.private_path and figures != release.content_hash:
            yield f"{path} has content hash {figures[:8]}, and {release.content_hash[:8]} was released"
