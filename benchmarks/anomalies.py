"""False alarms of clean months, and which of the named drifts are found, by which check and how late.

    make anomalies    (.venv/bin/python -m benchmarks.anomalies [PRACTICES] [SEED] [prescribing|hospital] [DRIFT ...])

36 clean synthetic months are landed through gates 1 and 2, then gate 3 judges them. An alarm is a check that failed, at
any severity; the rate is alarms by verdicts given. Each drift of `tests.faults.drifts` is then put into one month of a
copy; found means X"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from dbt_project.feeds import prepare_feeds
from expectations.runner import run_suite
from expectations.suites import load_suites
from expectations.verdict import Verdict
from orchestration.dbt_assets import ROOM, dbt_environment
from orchestration.dbt_program import DBT
from orchestration.inputs import inputs_of
from orchestration.landing import judge, land
from orchestration.submissions import read_timetable, submissions_of
from pcw.home import Home
from pcw.settings import Settings
from sources.contracts import load_contracts
from sources.receipts import receive
from sources.staging import stage
from sources.synthetic.months import add_months
from sources.synthetic.sample import write_sample
from tests.faults.drifts import DRIFTS, Drift, Rows

FIRST, LAST, DRIFT_MONTH = date(2016, 4, 1), date(2019, 3, 1), date(2018, 12, 1)
PATIENCE = 3  # months after its own in which a drift may still be found
RECEIVED = datetime(2024, 1, 1, tzinfo=UTC)
KEY = "b" * 64
FEEDS_OF_PRACTICE = r"epraccur|succ|practice_groups|bnf_code|gp-reg|carr_hill|need_weighted|EPD_|ePACT2"
YEARS = ("201617", "201718", "201819")  # of hospital files, which hold a year to date
STAGED = ("epd", "epact2_age_band", "gp_list_quin_age")


@dataclass(frozen=True)
class Found:
    """What came of one drift: the check that found it, at which severity, after how many months; None: not found."""

    drift: str
    check: str | None = None
    severity: str = ""
    delay: int | None = None
    others: tuple[str, ...] = ()


@dataclass
class Clean:
    """Failed verdicts of clean files by check, of how many verdicts; and how often a check failed per file."""

    asked: Counter[str] = field(default_factory=Counter)
    alarms: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_file: dict[str, dict[str, int]] = field(default_factory=dict)

    def note(self, name: str, verdicts: Iterable[Verdict]) -> None:
        """Count the verdicts of one file, or of gate 3."""
        failed = {}
        for verdict in verdicts:
            check = f"{verdict.suite}.{verdict.check}"
            self.asked[check] += 1
            if not verdict.passed:
                self.alarms[check, verdict.severity] += 1
                failed[check] = verdict.unexpected_count
        self.by_file[name] = failed


def settings_of(home: Home) -> Settings:
    """Settings of a scratch home."""
    return Settings(home=home.root, pseudonym_key=KEY, commissioner="99A")


def _files(folder: Path, pattern: str) -> list[Path]:
    """In the order in which they would come: registers, then by month, lists before prescribing."""
    found = [p for p in folder.iterdir() if re.match(pattern, p.name) and not p.name.endswith(".json")]

    def order(path: Path) -> tuple[str, int, str]:
        month = re.search(r"(20\d\d)-?(\d\d)", path.name)
        dated = f"{month[1]}{month[2]}" if month else ""
        return dated, 0 if path.name.startswith(("gp-reg", "carr")) else 1, path.name

    return sorted(found, key=order)


def land_clean(home: Home, folder: Path, pattern: str, clean: Clean) -> None:
    """Land every file of a pattern, each a minute after the one before."""
    for place, path in enumerate(_files(folder, pattern)):
        outcome = land(home, settings_of(home), receive(path, RECEIVED + timedelta(minutes=place)))
        clean.note(path.name, outcome.verdicts)
        if outcome.refusal is not None:
            print(f"REFUSED clean {path.name}: {outcome.refusal.message}", file=sys.stderr)


def gate_3(home: Home) -> list[Verdict]:
    """Verdicts of gate 3 about practices and prescribing: it reads feeds alone, no model."""
    settings = settings_of(home)
    prepare_feeds(home.warehouse, inputs_of(home, settings), submissions_of(home), settings.memory_limit)
    suites = [suite for suite in load_suites().values() if suite.stage == "staged" and suite.suite in STAGED]
    return [
        verdict
        for suite in suites
        for verdict in run_suite(
            suite, home.warehouse, suite.relation, parameters={"commissioner": settings.commissioner}
        )
    ]


def _read(path: Path) -> tuple[list[str], Rows]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return list(reader.fieldnames or []), list(reader)


def drifted(source: Path, folder: Path, drift: Drift, month: date) -> Path:
    """A file with the drift in it, beside its clean one."""
    columns, rows = _read(source)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / source.name.removesuffix(".gz")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(drift.change(rows, f"{month:%Y-%m}"))
    target.write_bytes(text.getvalue().encode("utf-8"))
    return target


def _new(verdicts: Sequence[Verdict], clean: dict[str, int]) -> list[Verdict]:
    return [v for v in verdicts if not v.passed and v.unexpected_count > clean.get(f"{v.suite}.{v.check}", 0)]


def _best(name: str, found: Sequence[tuple[str, str]], wanted: Sequence[str], delay: int) -> Found:
    """Of (check, severity) pairs the one that is meant to find it, the most severe first."""
    ranks = ("block", "withhold", "warn")
    ranked = sorted(found, key=lambda pair: (pair[0] not in wanted, ranks.index(pair[1]), pair[0]))
    return Found(name, *ranked[0], delay, tuple(dict.fromkeys(check for check, _ in ranked[1:])))


def find_prescribing(base: Home, folder: Path, scratch: Path, drift: Drift, clean: Clean) -> Found:
    """Land the drift over a copy of the clean home, month after month until something says so."""
    home = Home(scratch / "home")
    shutil.rmtree(home.root, ignore_errors=True)
    shutil.copytree(base.root, home.root)
    start = date(2019, 1, 1) if drift.feed.startswith("gp-reg") else DRIFT_MONTH
    for delay in range(PATIENCE + 1):
        month = add_months(start, delay)
        names = [
            f"{drift.feed}_{month:%Y%m}.csv",
            f"{drift.feed}_{month:%Y-%m}.csv",
            f"{drift.feed}_{month:%Y%m}.csv.gz",
        ]
        source = next((folder / name for name in names if (folder / name).exists()), None)
        if source is None:
            continue
        damaged = drifted(source, scratch / "files", drift, month)
        outcome = land(home, settings_of(home), receive(damaged, RECEIVED + timedelta(days=30 + delay)))
        found = _new(outcome.verdicts, clean.by_file[source.name])
        if outcome.submission is not None:
            found += _new(gate_3(home), clean.by_file["gate 3"])
        if found:
            return _best(drift.name, [(f"{v.suite}.{v.check}", v.severity) for v in found], drift.found_by, delay)
    return Found(drift.name)


def row_verdicts(home: Home, path: Path) -> list[Verdict]:
    """What gates 1 and 2 say about a file that is then not landed."""
    settings = settings_of(home)
    staged = stage(
        home, receive(path, RECEIVED), load_contracts(), submissions_of(home), settings.memory_limit, KEY,
        read_timetable(), settings.commissioner,
    )  # fmt: skip
    try:
        return judge(staged)
    finally:
        staged.close()
        shutil.rmtree(staged.work)


Failing = tuple[str, str, str, str, date]  # rule, severity, dataset, provider, month


def quality(home: Home) -> tuple[Counter[Failing], int]:
    """Failing answers of the quality rules of hospital activity, and how many answers there were."""
    settings = settings_of(home)
    prepare_feeds(home.warehouse, inputs_of(home, settings), submissions_of(home), settings.memory_limit)
    command = [DBT, "--quiet", "build", "--no-partial-parse", "--project-dir", str(ROOM), "--profiles-dir", str(ROOM)]
    command += ["--exclude-resource-type", "unit_test", "test", "--target-path", str(home.work / "target")]
    command += ["--vars", json.dumps({"commissioner": "99A"})]
    command += ["--select", "path:seeds", "+int_sus__quality", "+int_sus__gap"]
    environment = {**os.environ, **dbt_environment(settings, home.warehouse)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"dbt: {done.stdout[-3000:]}{done.stderr[-1000:]}")
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select rule, severity, dataset, provider_code, month from intermediate.int_sus__quality where is_failing"
            " union all"
            " select 'sus_provider_missing', 'withhold', dataset, provider_code, month from intermediate.int_sus__gap"
        ).fetchall()
        [(answers,)] = connection.execute("select count(*) from intermediate.int_sus__quality").fetchall()
    return Counter(rows), answers


def hospital(folder: Path, sample: Path, clean: Clean) -> Iterator[Found]:
    """Alarms of clean hospital files into `clean`, and what came of each drift.

    Gates 1 and 2 judge each drift alone; those that they let through are then landed together and judged by the
    quality rules, which know provider and month of each.
    """
    base = Home(folder / "base").create()
    land_clean(base, sample, rf"epraccur|.*_({YEARS[0]}|{YEARS[1]})_M", clean)
    drifts = [drift for drift in DRIFTS.values() if drift.provider]
    newest = {drift.feed: sample / f"{drift.feed}_{YEARS[2]}_M12.csv" for drift in drifts}
    mixed = folder / "mixed"
    shutil.copytree(sample, mixed, ignore=lambda _, names: [n for n in names if YEARS[2] not in n or n[0] not in "SE"])
    shared = Clean()
    for feed, path in newest.items():
        shared.note(feed, row_verdicts(base, path))
    by_rows: dict[str, list[Verdict]] = {}
    for drift in drifts:
        verdicts = row_verdicts(base, drifted(newest[drift.feed], folder / "one", drift, DRIFT_MONTH))
        by_rows[drift.name] = _new(verdicts, shared.by_file[drift.feed])
        if not any(verdict.severity == "block" for verdict in by_rows[drift.name]):
            drifted(mixed / newest[drift.feed].name, mixed, drift, DRIFT_MONTH)
    answers = {}
    for name, source in (("clean", sample), ("mixed", mixed)):
        home = Home(folder / name / "home")
        shutil.copytree(base.root, home.root)
        land_clean(home, source, rf".*_{YEARS[2]}_M", clean if name == "clean" else Clean())
        answers[name], asked = quality(home)
        if name == "clean":
            for (rule, severity, *_), count in answers[name].items():
                clean.alarms[rule, severity] += count
            clean.asked["sus quality rules"] += asked
    more = answers["mixed"] - answers["clean"]
    for drift in drifts:
        found = [(f"{v.suite}.{v.check}", v.severity) for v in by_rows[drift.name]]
        month = date.fromisoformat(f"{drift.month}-01")
        found += [
            (rule, severity) for rule, severity, _, provider, of in more if (provider, of) == (drift.provider, month)
        ]
        yield _best(drift.name, found, drift.found_by, 0) if found else Found(drift.name)


def cpu() -> float:
    """CPU seconds of this process and its children."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def prescribing(folder: Path, sample: Path, clean: Clean, names: Sequence[str]) -> Iterator[Found]:
    """Alarms of clean files of practices and prescribing into `clean`, and what came of each drift, one by one."""
    home = Home(folder / "clean").create()
    land_clean(home, sample, FEEDS_OF_PRACTICE, clean)
    clean.note("gate 3", gate_3(home))
    for drift in DRIFTS.values():
        if not drift.provider and (not names or drift.name.startswith(tuple(names))):
            yield find_prescribing(home, sample, folder / "drifted", drift, clean)


def main(practices: int, seed: int, only: Sequence[str]) -> None:
    """Print both tables."""
    names = [name for name in only if name not in ("prescribing", "hospital")]
    clean = Clean()
    print("| drift | found by | severity | delay | also by |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder / "sample", FIRST, LAST, practices=practices, seed=seed, with_truth=False)
        if "prescribing" not in only:
            for found in hospital(folder / "hospital", folder / "sample", clean):
                print_found(found)
        if "hospital" not in only:
            for found in prescribing(folder, folder / "sample", clean, names):
                print_found(found)
    print_alarms(clean)
    print(f"CPU seconds: {cpu():.0f}")


def print_alarms(clean: Clean) -> None:
    """The alarms of clean months."""
    total, asked = sum(clean.alarms.values()), sum(clean.asked.values())
    print(f"{total} alarms in {asked:,} verdicts about {len(clean.by_file)} files ({total / asked:.2%})\n")
    print("| check | severity | alarms | of verdicts |\n|---|---|---|---|")
    for (check, severity), count in sorted(clean.alarms.items()):
        asked = clean.asked[check if "." in check else "sus quality rules"]
        print(f"| {check} | {severity} | {count} | {asked:,} |")
    for file, failed in clean.by_file.items():
        if failed:
            print(f"  {file}: {failed}", file=sys.stderr)


def print_found(found: Found) -> None:
    """One line of the table of drifts."""
    delay = "**not found**" if found.delay is None else f"{found.delay} months"
    print(
        f"| {found.drift} | {found.check or '-'} | {found.severity} | {delay} | {', '.join(found.others)} |", flush=True
    )


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    names = [argument for argument in sys.argv[1:] if not argument.isdigit()]
    main(*(numbers + [8, 20170829][len(numbers) :]), names)  # type: ignore[misc]
