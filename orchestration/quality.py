"""The newest pages of quality, in PCW_HOME/reports/quality, and what a release is told of quality.

Belongs here: which pages are written when, and from what. A refused file and a build that was stopped make no release,
and their pages are what an alert about them leads to: so these stand beside the releases and are written whenever
something was judged. What is on a page is in `publishing.quality_pages`.

They are made anew from what is kept, so nothing is lost with them. Whoever calls holds the lease.
"""

import csv
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from sys import maxsize

from dbt_project.feeds import ROOM as MODELS
from dbt_project.feeds import Inputs
from dbt_project.kept import kept_verdicts
from expectations.verdict import Verdict
from expectations.waivers import Waiver, read_waivers
from expectations.waivers import in_force as waivers_in_force
from orchestration.last_try import CHECK, LAST_RELEASE, last_release, note_release
from orchestration.page_mark import mark
from orchestration.submissions import read_timetable, submissions_of
from pcw.files import fsync_tree, write_atomically
from pcw.home import Home
from publishing import shelf
from publishing.audiences import COMMISSIONER, load_audiences
from publishing.gate_history import Quality, earlier_builds
from publishing.judgements import NOT_RELEASED, Judged, of_build, of_refusals, of_submissions, rows_of
from publishing.quality_pages import (
    FILE_STAGES,
    INDEX,
    SUMMARY,
    UNRECOGNISED,
    Page,
    Summary,
    names_of,
    page_file,
    pages_of,
    read_summaries,
    render_index,
    render_page,
    summary_json,
)
from publishing.quality_tables import Declared, registry
from publishing.refusals import read_refusals
from publishing.shelf import Release
from sources.calendar import FeedMonth, feed_months
from sources.contracts import Contract, load_contracts
from sources.ledger import current, standing, with_statuses
from sources.manifests import read_submission, submission_folders

BUILD_STAGES = ("staged", "marts", "release")
RULE = MODELS / "seeds" / "suppression_rule.csv"


def known_quality(home: Home, inputs: Inputs, moment: datetime, as_at: datetime | None) -> Quality:
    """What a release of a moment is told: of every file, also of those that it does not rest on."""
    contracts, known = inputs.contracts, submissions_of(home)
    files = of_submissions(known, contracts, inputs.in_force, inputs.waivers, as_at)
    files += of_refusals(read_refusals(home), contracts, known, as_at)
    months = feed_months(contracts, inputs.known, inputs.in_force, moment)
    return Quality(months, files, inputs.waivers, tuple(_titles().items()), small_counts())


@cache
def small_counts(path: Path = RULE) -> tuple[int, int] | None:
    """From and to which count the seed hides patients from the commissioner; None where it hides none."""
    with path.open(encoding="utf-8", newline="") as handle:
        active = [
            (int(row["hide_from"]), int(row["hide_to"]))
            for row in csv.DictReader(handle)
            if row["is_active"] == "true" and row["audience"] in ("", COMMISSIONER)
        ]
    return next((rule for rule in active if rule[1] > 0), None)


def write_of_file(home: Home, dataset: str | None, now: datetime) -> None:
    """The pages of a feed (None: of files of no known feed), after a file was landed or refused."""
    contracts = load_contracts()
    contract = contracts.get(dataset or "")
    own: Mapping[str, Contract] = {contract.dataset: contract} if contract else {}
    folders = [f for f in submission_folders(home.landing) if contract is None or f.parent.name == contract.dataset]
    submissions = with_statuses(map(read_submission, folders), contracts, read_timetable())
    in_force = current(submissions, own)
    waivers = waivers_in_force(read_waivers(home.waivers), now)
    refusals = [r for r in read_refusals(home) if (r.dataset if r.dataset in contracts else None) == dataset]
    judged = of_submissions(submissions, contracts, in_force, waivers) + of_refusals(refusals, contracts, submissions)
    months = feed_months(own, standing(submissions), in_force, now)
    name = dataset or UNRECOGNISED
    pages = _pages(judged, waivers, months)
    _publish(home, [p for p in pages if p.stage in FILE_STAGES and p.name == name], now)


def write_of_build(home: Home, stages: Collection[str], now: datetime, audited: Iterable[Verdict] = ()) -> None:
    """The pages of gates 3 to 5: of the releases that are kept, and of a build that is or was not released.

    Args:
        audited: what gate 5 said of a release that was blocked, those on files of audiences included.
    """
    judged = earlier_builds(home)
    judged += _unreleased(home, judged, stages, audited)
    waivers = waivers_in_force(read_waivers(home.waivers), now)
    _publish(home, [page for page in _pages(judged, waivers, ()) if page.stage in stages], now)


def write_all(home: Home, now: datetime) -> None:
    """Every page, from what is kept: what was judged changed in many places, or nobody knows what there was."""
    _write(home, _all_pages(home, now), now)


def take_over(home: Home, release: Release, now: datetime) -> None:
    """The pages of a release that was made just now, as the newest: all of them, whatever they were before."""
    released = release.path.parent / "quality"
    for page in released.glob("*/*.html"):
        _replace(home.quality / page.relative_to(released), page.read_text(encoding="utf-8"))
    _write_index(home, read_summaries(released), now)
    _mark(home, release)


def catch_up(home: Home, now: datetime) -> None:
    """After a run that was killed between a release and its pages. They are made anew: a file may have landed since."""
    newest, noted = shelf.normal_releases(home)[-1], home.root / LAST_RELEASE
    if noted.exists() and noted.stat().st_mtime < newest.created_at.replace(tzinfo=UTC).timestamp():
        note_release(home, None)  # it succeeded, and was killed before it could say so
    write_all(home, now)
    _mark(home, newest)


def _mark(home: Home, release: Release) -> None:
    """Last, and after the pages are durable: what is marked is not written again."""
    fsync_tree(home.quality)
    mark(home, release.release_id)


def write_index(home: Home, now: datetime) -> None:
    """The index alone: readers see another release than before."""
    _publish(home, [], now)


def is_a_page(stage: str, name: str) -> bool:
    """Whether there is a page of that gate and suite."""
    return (stage, name) in _names()


def refresh(home: Home, pages: Iterable[tuple[str, str | None]], now: datetime) -> None:
    """Write these pages anew, by stage and name (None: the index): somebody is about to be sent to them."""
    wanted = {(stage, name) for stage, name in pages if name is not None}
    for name in sorted({name for stage, name in wanted if stage in FILE_STAGES}):
        write_of_file(home, None if name == UNRECOGNISED else name, now)
    if not (home.quality / INDEX).exists():
        _publish(home, [], now)
    if stages := {stage for stage, _ in wanted if stage not in FILE_STAGES}:
        write_of_build(home, stages, now)


def _unreleased(
    home: Home, released: Sequence[Judged], stages: Collection[str], audited: Iterable[Verdict] = ()
) -> list[Judged]:
    """The verdicts on the build that is there, of gates that said something else of the newest release."""
    newest = max((one.order for one in released), default=None)
    said = {_said(one.verdict) for one in released if one.order == newest}
    kept = list({(v.suite, v.stage, v.check): v for v in (*_kept(home), *audited)}.values())
    found = []
    for stage in stages:
        of_stage = [verdict for verdict in kept if verdict.stage == stage]
        if any(_said(verdict) not in said for verdict in of_stage):
            found += of_stage
    built_at = datetime.fromtimestamp(home.warehouse.stat().st_mtime, UTC) if home.warehouse.exists() else None
    judged = of_build(found, built_at, maxsize, None, NOT_RELEASED) if built_at else []
    if "release" in stages and (home.root / LAST_RELEASE).exists():
        tried_at = datetime.fromtimestamp((home.root / LAST_RELEASE).stat().st_mtime, UTC)
        judged += of_build(last_release(home), tried_at, maxsize, None, NOT_RELEASED)
    return judged


def _kept(home: Home) -> list[Verdict]:
    return [Verdict.from_dict(stored) for stored in kept_verdicts(home.warehouse)]


def _said(verdict: Verdict) -> tuple[object, ...]:
    return verdict.suite, verdict.stage, verdict.check, verdict.passed, verdict.unexpected_count, verdict.message


def _pages(judged: Sequence[Judged], waivers: Sequence[Waiver], months: Sequence[FeedMonth]) -> list[Page]:
    declared = {(check.suite, check.stage, check.check_id) for check in _declared()} | {CHECK}
    rows = rows_of(judged, declared, small_counts())
    return pages_of(_declared(), rows, waivers, months, _titles())


@cache
def _declared() -> list[Declared]:
    return registry(load_audiences())


@cache
def _titles() -> dict[str, str]:
    return {contract.dataset: contract.title for contract in load_contracts().values()}


def _publish(home: Home, pages: Sequence[Page], now: datetime) -> None:
    """Write pages, and the index of all that there are; all pages where it is not known which there are."""
    _write(home, pages if read_summaries(home.quality) else _all_pages(home, now, pages), now)


def _all_pages(home: Home, now: datetime, made: Iterable[Page] = ()) -> list[Page]:
    """Every page there is; those that are made already as they are."""
    contracts = load_contracts()
    submissions = submissions_of(home)
    in_force = current(submissions, contracts)
    waivers = waivers_in_force(read_waivers(home.waivers), now)
    builds = earlier_builds(home)
    judged = of_submissions(submissions, contracts, in_force, waivers)
    judged += of_refusals(read_refusals(home), contracts, submissions)
    judged += [*builds, *_unreleased(home, builds, BUILD_STAGES)]
    pages = _pages(judged, waivers, feed_months(contracts, standing(submissions), in_force, now))
    own = {(page.stage, page.name): page for page in made}
    return [own.get((page.stage, page.name), page) for page in pages]


def _write(home: Home, pages: Sequence[Page], now: datetime) -> None:
    known = read_summaries(home.quality)
    as_at = _written(now)
    for page in pages:
        _replace(page_file(home.quality, page.stage, page.name), render_page(page, as_at))
        known[f"{page.stage}/{page.name}"] = page.summary
    _write_index(home, known, now)


def _write_index(home: Home, known: Mapping[str, Summary], now: datetime) -> None:
    """The index of all pages; one that no suite has any more goes, from it and from the folder."""
    names = _names()
    for file in home.quality.glob("*/*.html"):
        if (file.parent.name, file.stem) not in names:
            file.unlink()
    for left in home.quality.glob("**/.*.tmp"):  # of a run that was killed; whoever writes holds the lease
        left.unlink()
    summaries = [summary for summary in known.values() if (summary.stage, summary.name) in names]
    _replace(home.quality / INDEX, render_index(summaries, _written(now), _readers(home)))
    write_atomically(home.quality / SUMMARY, summary_json(summaries))


def _readers(home: Home) -> str:
    """Which release readers see, and which is the newest where a pin keeps it from them."""
    seen, made = shelf.current_id(home), shelf.normal_releases(home)
    if seen is None or not made:
        return ""
    newest = made[-1].release_id
    beside = "" if newest == seen else f" The newest is {newest}; these pages go by it."
    return f"Readers see release {seen}.{beside}"


def _written(now: datetime) -> str:
    return f"Written {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC."


@cache
def _names() -> set[tuple[str, str]]:
    """Stage and name of every page that a suite or feed of today has."""
    suites = ((check.stage, check.suite) for check in _declared())
    return {(stage, name) for stage, name, _ in names_of(suites, _titles())}


def _replace(path: Path, text: str) -> None:
    """Readers see the old page or the new. It need not survive a crash: it is made again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
