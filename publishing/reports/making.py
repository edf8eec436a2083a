"""Making papers of a release: which release, which period, where they go.

Belongs here: what `pcw report` and the Dagster asset do alike. What is in a paper is its builder's, how it looks its
writer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pcw.errors import PcwError
from pcw.home import Home
from publishing import shelf
from publishing.reports.committee import committee_report, default_period, last_period
from publishing.reports.packs import packs
from publishing.reports.reader import Reader, opened
from publishing.reports.texts import Texts
from publishing.reports.writing import KINDS, write_all

# Packs that committees edit; the others are read as pages.
EDITED = ("frog", "moc")
PAGES = ("html", "pdf")


@dataclass(frozen=True)
class Made:
    """What was written. `ignored` are files of the period's texts that no slot has."""

    period: date
    release_id: str
    files: tuple[Path, ...]
    ignored: tuple[Path, ...]


def release_of(home: Home, release_id: str | None = None, as_at: date | None = None) -> shelf.Release:
    """The release to report on: the current one, one by its id, or the newest built as known on a day.

    Raises:
        PcwError: there is none.
    """
    if release_id is not None:
        return shelf.find_release(home, release_id)
    if as_at is not None:
        built = [one for one in shelf.releases(home) if one.as_at is not None and one.as_at.date() == as_at]
        if not built:
            raise PcwError(f"No release is built as known on {as_at}. Make one: pcw run --as-at {as_at}")
        return max(built, key=lambda one: one.sequence)
    release = shelf.current_release(home)
    if release is None:
        raise PcwError("There is no release to report on yet. Make one: pcw run")
    return release


def period_of(reader: Reader, asked: date | None) -> date:
    """The period of a report: the one asked for, else the newest quarter that ended.

    Raises:
        PcwError: the release has no results of it.
    """
    last = last_period(reader)
    found = asked or default_period(reader)
    if last is None or found is None:
        raise PcwError(f"Release {reader.release_id} has no results, so there is nothing to report.")
    if found > last:
        raise PcwError(
            f"Release {reader.release_id} has results up to {last:%Y-%m}, so there is no report of {found:%Y-%m}. "
            "Give an earlier --period, or land the files of that month first."
        )
    return found


def make_reports(
    file: Path,
    narrative: Path,
    out: Path,
    *,
    period: date | None = None,
    kinds: Sequence[str] = KINDS,
    with_packs: bool = False,
) -> Made:
    """Write the committee report of a period from one release file, of each commissioner that it is for.

    Args:
        narrative: folder of the texts that people write.
        out: folder that the period's folder is made in; of several commissioners each has a folder of its own there.
        kinds: of the report and of the packs that committees edit.
        with_packs: the packs too: savings, access, a page for each practice, neighbourhood and indicator.

    Raises:
        PcwError: no release, no such period, or a text that cannot be read.
    """
    files: list[Path] = []
    ignored: list[Path] = []
    with opened(file) as reader:
        month = period_of(reader, period)
        for code in reader.commissioners:
            texts = Texts(narrative, code, month)
            own = reader.of(code)
            folder = (out / code if len(reader.commissioners) > 1 else out) / f"{month:%Y-%m}"
            files += write_all([committee_report(own, texts)], folder, kinds)
            if with_packs:
                for path, document in packs(own, texts):
                    to_edit = path in EDITED
                    files += write_all([document], (folder / path).parent, kinds if to_edit else PAGES)
            ignored += texts.unknown()
        return Made(month, reader.release_id, tuple(files), tuple(ignored))
