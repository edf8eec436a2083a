"""What rendering costs: pages of quality, the committee's paper and the packs of practices, and the site.

Each beside less of the same kind, in turns, in one process, after a turn that does not count:

- quality: tables and pages of a release, beside reading the judgements of all files and writing as many bytes;
- report: the paper and nine times its blocks that have no anchor, beside the paper ten times;
- packs: a page for every practice, beside as many times the page of one, each with reading the data of packs once;
- site: beside reading all results of the release once as records.

    .venv/bin/python -m benchmarks.pages HOME [RUNS]

HOME is the PCW_HOME of a released deployment. Prints medians of CPU seconds and their ratio; ratios of one call
compare, seconds of two do not.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from orchestration.inputs import inputs_of
from orchestration.quality import known_quality
from orchestration.submissions import submissions_of
from pcw.home import Home
from pcw.settings import Settings
from publishing import shelf, site
from publishing.audiences import load_audiences
from publishing.gate_history import ReleaseQuality
from publishing.reports.committee import committee_report
from publishing.reports.making import period_of
from publishing.reports.pack_data import PackData
from publishing.reports.practice_pack import PracticePages
from publishing.reports.reader import opened
from publishing.reports.texts import Texts
from publishing.reports.writing import write_all

NARRATIVE = Path(__file__).resolve().parents[1] / "narrative"
PAGES = ("html", "pdf")
TIMES = 10

Work = Callable[[Path], object]


def spent(work: Work) -> float:
    """CPU seconds of a piece of work that gets an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        work(Path(folder))
        return time.process_time() - began


def beside(name: str, ours: Work, bare: Work, runs: int) -> None:
    """Print one line of both, taking turns."""
    found: list[tuple[float, float]] = [(spent(bare), spent(ours)) for _ in range(runs + 1)][1:]
    bare_cpu, our_cpu = (statistics.median(column) for column in zip(*found, strict=True))
    said = {"ours_cpu_s": round(our_cpu, 2), "bare_cpu_s": round(bare_cpu, 2)}
    print(json.dumps({"what": name, "cpu_ratio": round(our_cpu / bare_cpu, 2), **said}), flush=True)


def of_quality(settings: Settings, runs: int) -> None:
    """Tables and pages of the quality of the current release."""
    home = Home(settings.home)
    release, audiences = shelf.find_release(home, "current"), load_audiences()

    def ours(folder: Path) -> None:
        known = known_quality(home, inputs_of(home, settings), datetime.now(UTC), None)
        made = ReleaseQuality(home, release, known, [], audiences)
        made.write(folder / "release.duckdb")
        made.write_pages(folder / "quality")

    with tempfile.TemporaryDirectory() as once:
        ours(Path(once))
        written = [path.read_bytes() for path in Path(once).rglob("*") if path.is_file()]

    def bare(folder: Path) -> None:
        submissions_of(home)
        for number, content in enumerate(written):
            (folder / str(number)).write_bytes(content)

    beside(f"quality of {len(written)} files", ours, bare, runs)


def of_papers(file: Path, runs: int) -> None:
    """The committee's paper, and the packs of practices, as HTML and PDF."""
    with opened(file) as every:  # of several commissioners the first
        reader = every.of(every.commissioners[0])
        texts = Texts(NARRATIVE, every.commissioners[0], period_of(reader, None))
        report, codes = committee_report(reader, texts), list(PackData(reader, texts).practices)
        plain = tuple(block for block in report.blocks if not getattr(block, "anchor", ""))
        long = replace(report, blocks=report.blocks + plain * (TIMES - 1))
        beside(
            f"report, {TIMES} times its blocks",
            lambda folder: write_all([long], folder, PAGES),
            lambda folder: [write_all([report], folder, PAGES) for _ in range(TIMES)],
            runs,
        )

        def packs(folder: Path, of: list[str]) -> None:
            pages = PracticePages(PackData(reader, texts))
            for code in of:
                write_all([pages.page(code)], folder, PAGES)

        beside(
            f"packs of {len(codes)} practices",
            lambda folder: packs(folder, codes),
            lambda folder: packs(folder, codes[:1] * len(codes)),
            runs,
        )


def of_site(file: Path, runs: int) -> None:
    """Every page of the site."""

    def bare(_folder: Path) -> None:
        with opened(file) as reader:
            reader.records("indicator_result")

    with tempfile.TemporaryDirectory() as once:
        pages = site.build(file, NARRATIVE, Path(once) / "site").pages
    beside(f"site of {pages} pages", lambda folder: site.build(file, NARRATIVE, folder / "site"), bare, runs)


def main() -> None:
    """Print one line for each."""
    home, runs = Path(sys.argv[1]).absolute(), int([*sys.argv, "3"][2])
    os.environ |= {"PCW_HOME": str(home), "DO_NOT_TRACK": "1", "DAGSTER_DISABLE_TELEMETRY": "yes"}
    file = shelf.find_release(Home(home), "current").path
    of_quality(Settings(home=home), runs)
    of_papers(file, runs)
    of_site(file, runs)


if __name__ == "__main__":
    main()
