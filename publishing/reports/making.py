"""Making papers of a release: which release, which period, where they go.

Belongs here: what `pcw report` and the Dagster asset do alike. What is in a paper is its builder's, how it looks its
writer's. The papers of a period are one folder, written beside and put in place as a whole: nobody reads a report of
one release beside the packs of another. `made.json` in it says which release they are of.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from filelock import FileLock

from pcw.errors import PcwError
from pcw.files import read_json, write_atomically
from pcw.home import Home
from publishing import shelf
from publishing.reports.committee import committee_report, default_period, first_period, last_period
from publishing.reports.document import Document
from publishing.reports.group import group_report
from publishing.reports.pack_index import NAME as INDEX
from publishing.reports.packs import packs
from publishing.reports.reader import Reader, opened
from publishing.reports.texts import Texts
from publishing.reports.writing import KINDS, write_all

# Packs that committees edit; the others are read as pages.
EDITED = ("frog", "moc")
PAGES = ("html", "pdf")
MADE = "made.json"
FOR, FOR_ALL = "for the commissioner", "for the commissioners"


@dataclass(frozen=True)
class Made:
    """What was written, and what to mind of it, a sentence each."""

    period: date
    release_id: str
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


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
    first = first_period(reader)
    if first is None or found < first:
        known = f"its first figures are of {first:%Y-%m}" if first else "it has no figure of the commissioner"
        raise PcwError(f"Release {reader.release_id} has nothing to report of {found:%Y-%m}: {known}.")
    return found


def releases_told(out: Path) -> set[str]:
    """Ids of the releases that the papers below a folder are of, without those put beside them for comparison."""
    found = [read_json(file) | {"folder": file.parent.name} for file in out.glob(f"**/{MADE}")]
    return {made["release_id"] for made in found if made["folder"] == made["period"]}


def make_reports(
    file: Path,
    narrative: Path,
    out: Path,
    *,
    period: date | None = None,
    kinds: Sequence[str] = KINDS,
    with_packs: bool = False,
    beside: bool = False,
) -> Made:
    """Write the committee report of a period from one release file, of each commissioner that it is for.

    Commissioners with a roll-up of all have a paper of all together too, under the code of the roll-up.

    Args:
        narrative: folder of the texts that people write.
        out: folder that the period's folder is made in; of several commissioners each has a folder of its own there.
        kinds: of the report and of the packs that committees edit.
        with_packs: the packs too: savings, access, a page for each practice, neighbourhood and indicator. Where the
            folder has them they are written again in any case, for they would be of another release.
        beside: the folder is named by the release too, so that it stands beside the papers of the current one.

    Raises:
        PcwError: no release, no such period, or a text that cannot be read.
    """
    files: list[Path] = []
    warnings: list[str] = []
    out.mkdir(parents=True, exist_ok=True)
    with FileLock(out / ".lock"), opened(file) as reader:
        month = period_of(reader, period)
        name = f"{month:%Y-%m}" + (f"-{reader.release_id}" if beside else "")
        for code in reader.commissioners:
            texts = Texts(narrative, code, month)
            folder = (out / code if len(reader.commissioners) > 1 else out) / name
            every = with_packs or (folder / "practice").is_dir()
            files += _put(folder, reader, texts, _documents(reader.of(code), texts, every), kinds, FOR)
            warnings += _minded(texts)
        if reader.together is not None:
            texts = Texts(narrative, reader.together, month)
            paper = group_report(reader, texts)
            files += _put(out / reader.together / name, reader, texts, [(paper.name, paper)], kinds, FOR_ALL)
            warnings += _minded(texts)
        return Made(month, reader.release_id, tuple(files), tuple(warnings))


def _put(
    folder: Path,
    reader: Reader,
    texts: Texts,
    documents: Iterable[tuple[str, Document]],
    kinds: Sequence[str],
    whom: str,
) -> list[Path]:
    """All papers of a commissioner, or of all together, written beside their folder and put in its place."""
    building, removed = (folder.with_name(f".{folder.name}.{word}") for word in ("building", "removed"))
    for leftover in (building, removed):
        shutil.rmtree(leftover, ignore_errors=True)
    written: list[Path] = []
    for path, document in documents:
        wanted = kinds if path in (document.name, *EDITED) and "/" not in path else PAGES
        addressed = replace(document, subtitle=f"{document.subtitle}; {whom}")
        written += write_all([addressed], (building / path).parent, wanted)
    facts = {"release_id": reader.release_id, "period": f"{texts.period:%Y-%m}", "commissioner": texts.commissioner}
    write_atomically(building / MADE, json.dumps(facts, indent=2))
    if folder.exists():
        folder.rename(removed)
    building.rename(folder)
    shutil.rmtree(removed, ignore_errors=True)
    return [folder / file.relative_to(building) for file in written]


def _documents(reader: Reader, texts: Texts, with_packs: bool) -> Iterator[tuple[str, Document]]:
    """The papers of a commissioner; with packs each leads back to the first page."""
    report = committee_report(reader, texts)
    if not with_packs:
        yield report.name, report
        return
    for path, document in ((report.name, report), *packs(reader, texts)):
        yield path, document if path == INDEX else replace(document, index=f"{'../' * path.count('/')}{INDEX}.html")


def _minded(texts: Texts) -> list[str]:
    if not (texts.folder / texts.commissioner).is_dir():
        return [f"{texts.folder / texts.commissioner} does not exist, so no slot of the report has a text."]
    return [f"{file} is no text of this report: {_nearest(file, texts)}." for file in texts.unknown()]


def _nearest(file: Path, texts: Texts) -> str:
    slots = sorted(set(texts.slots))
    near = get_close_matches(file.stem.removeprefix("slot_").replace("_", "-"), slots, n=1, cutoff=0.5)
    return f"did you mean {near[0]}.txt" if near else f"its slots are {', '.join(slots)}"
