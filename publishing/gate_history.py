"""What a release knows of quality beside its own verdicts, and how that gets into its files and onto its pages.

Belongs here: reading what earlier releases were judged, and the order in which tables and pages are filled. What the
tables say is in `publishing.quality_tables`, what became of a verdict in `publishing.judgements`, what pages look like
in `publishing.quality_pages`.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations.verdict import ScopeEntry, Verdict
from expectations.waivers import Waiver
from pcw.home import Home
from publishing import quality_tables, shelf
from publishing.audiences import Audience
from publishing.gates import RELEASE_STAGE, SUBMISSION_STAGES
from publishing.judgements import HistoryRow, Judged, of_build, rows_of
from publishing.quality_pages import write_release_pages
from publishing.shelf import Release
from publishing.tables import attach
from sources.calendar import FeedMonth

log = logging.getLogger("pcw.pages")

RESULTS = """
    select suite, stage, check_id, severity, passed, rows_checked, unexpected_count, examples,
        message, owner, waiver_ids
    from {file}.gate_result where stage not in ('file', 'rows')
"""
MONTHS = """
    select suite, stage, check_id, month, state = 'accepted' from {file}.gate_history
    where release_id = ? and not passed and month is not null
"""


@dataclass(frozen=True)
class Quality:
    """What is known of quality when a release is made: the calendar, the files, waivers in force, titles of feeds.

    `hidden`: counts from and to which no example may show, where gates judge what is hidden afterwards.
    """

    months: Sequence[FeedMonth] = ()
    files: Sequence[Judged] = ()
    waivers: Sequence[Waiver] = ()
    titles: tuple[tuple[str, str], ...] = ()
    hidden: tuple[int, int] | None = None


class ReleaseQuality:
    """The quality of one release: its tables before the audit, the verdicts of the audit, its pages."""

    def __init__(
        self, home: Home, release: Release, quality: Quality, verdicts: Iterable[Verdict], audiences: Iterable[Audience]
    ) -> None:
        self._release, self._quality = release, quality
        self._declared = quality_tables.registry(audiences)
        self._judged = [*quality.files, *earlier_builds(home, release.as_at)]
        self.add(verdict for verdict in verdicts if verdict.stage not in SUBMISSION_STAGES)

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Count verdicts on this build."""
        self._known: list[HistoryRow] | None = None
        self._judged += of_build(verdicts, self._release.created_at, self._release.sequence, self._release.release_id)

    def write(self, file: Path) -> None:
        """Write the tables into the exact file, from which all others are copied; gate 5 is still to come."""
        with duckdb.connect(":memory:") as connection:
            attach(connection, file, "release", write=True)
            connection.begin()
            quality_tables.write_checks(connection, "release", self._declared)
            quality_tables.write_months(connection, "release", self._quality.months)
            quality_tables.create_history(connection, "release")
            rows = [row for row in self._rows() if row.stage != RELEASE_STAGE]
            quality_tables.add_history(connection, "release", rows)
            connection.commit()
            connection.execute("checkpoint release")
            connection.execute("detach release")

    def seal(self, connection: duckdb.DuckDBPyConnection, target: str) -> None:
        """Add what gate 5 said, of this release and of earlier ones."""
        rows = [row for row in self._rows() if row.stage == RELEASE_STAGE]
        quality_tables.add_history(connection, target, rows)

    def write_pages(self, folder: Path) -> None:
        """Write the pages of this release into a folder."""
        release = self._release
        write_release_pages(
            folder,
            self._declared,
            self._rows(),
            self._quality.waivers,
            self._quality.months,
            dict(self._quality.titles),
            f"As at release {release.release_id}, {release.created_at:%Y-%m-%d %H:%M} UTC.",
        )

    def _rows(self) -> list[HistoryRow]:
        if self._known is None:
            declared = {(row.suite, row.stage, row.check_id) for row in self._declared}
            self._known = rows_of(self._judged, declared, self._quality.hidden)
        return self._known


def earlier_builds(home: Home, as_at: datetime | None = None) -> list[Judged]:
    """What gates 3 to 5 said of the releases that are kept; those as at another day are no part of the history."""
    found: list[Judged] = []
    for release in shelf.normal_releases(home):
        if (as_at is None or release.created_at <= as_at) and release.path.exists():
            try:
                verdicts = verdicts_of(release)
            except duckdb.Error as error:
                log.warning(
                    "Release %s is left out of the history of gates: %s cannot be read (%s). `pcw doctor` says what to "
                    "do.",
                    release.release_id,
                    release.path,
                    str(error).splitlines()[0],
                )
                continue
            found += of_build(verdicts, release.created_at, release.sequence, release.release_id)
    return found


def verdicts_of(release: Release) -> list[Verdict]:
    """What gates 3 to 5 said of a release. A connection for each: a damaged file may leave one that answers no more."""
    with closing(duckdb.connect(":memory:")) as connection:
        attach(connection, release.path, "earlier")
        failed: dict[tuple[str, str, str], dict[date, bool]] = defaultdict(dict)
        known = connection.execute(
            "select count(*) from duckdb_tables() where database_name = 'earlier' and table_name = 'gate_history'"
        ).fetchall()
        if known != [(0,)]:
            for *key, month, is_accepted in connection.execute(
                MONTHS.format(file="earlier.main"), [release.release_id]
            ).fetchall():
                failed[key[0], key[1], key[2]][month] = is_accepted
        rows = connection.execute(RESULTS.format(file="earlier.main")).fetchall()
    return [_verdict(row, failed[row[0], row[1], row[2]]) for row in rows]


def _verdict(row: tuple[Any, ...], failed: Mapping[date, bool]) -> Verdict:
    """A verdict as a release keeps it. What it found is known by month alone: `failed`, and whether accepted."""
    suite, stage, check, severity, passed, rows_checked, unexpected, examples, message, owner, waivers = row
    found = tuple(month for month in sorted(failed) if not failed[month])
    return Verdict(
        suite=suite,
        stage=stage,
        check=check,
        severity=severity,
        passed=passed,
        rows_checked=rows_checked,
        unexpected_count=unexpected,
        examples=tuple(json.loads(examples)),
        message=message,
        owner=owner,
        scope=tuple(map(ScopeEntry, found)) if severity == "withhold" else (),
        waivers=tuple(waivers.split(",")) if waivers else (),
        accepted=tuple(ScopeEntry(month) for month in sorted(failed) if failed[month]),
        months=found if severity != "withhold" else (),
    )
