"""The whole job on the small sample: a second run, restatement, as-at, and what a blocked run leaves.

Does not belong here: whether its figures are right (`test_truth`).
"""

import csv
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sources.synthetic.sample import write_sample
from tests.conftest import PROJECT
from tests.running import LATER, MUCH_LATER, Deployed, query, run_pipeline


def test_a_second_run_lands_nothing_changes_nothing_and_imports_nothing_heavy(
    copy_of_released: Deployed, small_sample: Path
) -> None:
    before = copy_of_released.digest()
    manifests = sorted(copy_of_released.home.landing.rglob("manifest.json"))
    script = (
        "import sys\nfrom orchestration.cli import app\n"
        f"code = app(['run', '--inbox', {str(small_sample)!r}], standalone_mode=False)\n"
        "heavy = {'dagster', 'dbt', 'great_expectations', 'polars', 'pandas', 'apprise'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy)); sys.exit(code or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env={"PCW_HOME": str(copy_of_released.home.root), "PCW_COPIES": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Nothing new" in done.stdout
    assert "heavy: []" in done.stdout
    assert copy_of_released.digest() == before
    assert sorted(copy_of_released.home.landing.rglob("manifest.json")) == manifests


FINGERPRINTS = "select month, fingerprint from build.month_fingerprint order by all"
REBUILT = "select month from feed.rebuild_month"


def cheaper(sample: Path, target: Path, month: str) -> Path:
    """The same month, resubmitted: every tenth row of antibiotics has one item more."""
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = (sample / f"EPD_{month}.csv").read_text(encoding="utf-8-sig").splitlines()
    header = next(csv.reader(lines[:1]))
    items, quantity, total, code = (header.index(name) for name in ("ITEMS", "QUANTITY", "TOTAL_QUANTITY", "BNF_CODE"))
    with target.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        for position, row in enumerate(csv.reader(lines[1:])):
            if position % 10 == 0 and row[code].strip().startswith("0501") and int(row[items]) > 0:
                row[items] = str(int(row[items]) + 1)
                row[total] = str(Decimal(row[quantity]) * int(row[items]))
            writer.writerow(row)
    return target


def land(deployed: Deployed, path: Path, received_at: datetime) -> None:
    from orchestration.pipeline import land_files

    lines: list[str] = []
    with deployed.environment():
        code = land_files(deployed.settings, lines.append, [path], dataset=None, period=None, received_at=received_at)
    assert code == 0, lines


@pytest.mark.slow
def test_a_resubmission_in_either_order_and_as_it_was_before(
    copy_of_released: Deployed, small_sample: Path, tmp_path: Path
) -> None:
    deployed = copy_of_released
    before = deployed.content_hash()
    resent = cheaper(small_sample, tmp_path / "resent" / "EPD_201703.csv", "201703")
    code, lines = run_pipeline(deployed.settings, inbox=resent.parent, received_at=MUCH_LATER)
    assert code == 0, lines
    after = deployed.content_hash()
    assert after != before

    # Only the month that was resent, and the windows that contain it, changed.
    months = deployed.query("select distinct month from release_change where table_name = 'component_value'")
    assert months == [(date(2017, 3, 1),)]
    ends = deployed.query("select min(month), max(month) from release_change where table_name = 'indicator_result'")
    assert ends[0][0] >= date(2017, 3, 1)

    # The other way round: a deployment that got the resent file first and the older one later ends at the same figures.
    other = Deployed(deployed.settings.model_copy(update={"home": tmp_path / "other"}))
    shutil.copytree(deployed.home.root, other.home.root, symlinks=True)
    for manifest in other.home.landing.glob("epd/*/manifest.json"):
        if '"EPD_201703.csv"' in manifest.read_text():
            shutil.rmtree(manifest.parent)  # as if neither had come
    land(other, resent, MUCH_LATER)
    land(other, small_sample / "EPD_201703.csv", LATER)
    code, lines = run_pipeline(other.settings)
    assert code == 0, lines
    assert other.content_hash() == after

    # As at the day before, built apart: the figures of the first release, and readers see nothing of it.
    shown = deployed.digest()
    code, lines = run_pipeline(deployed.settings, as_at=LATER + timedelta(hours=1))
    assert code == 0, lines
    assert deployed.digest() == shown
    apart = Path(next(line for line in lines if line.startswith("Open ")).removeprefix("Open "))
    assert query(apart, "select content_hash from release") == [(before,)]
    # Asked for again, it is there already: nothing is written, and the gates are asked all the same.
    code, lines = run_pipeline(deployed.settings, as_at=LATER + timedelta(hours=1))
    assert code == 0, lines
    assert f"Open {apart}" in lines


@pytest.mark.slow
def test_one_new_month_touches_only_that_month(copy_of_released: Deployed, tmp_path: Path) -> None:
    deployed = copy_of_released
    longer = tmp_path / "longer"
    write_sample(longer, date(2016, 4, 1), date(2017, 7, 1), practices=8, seed=7, with_truth=False)
    new = tmp_path / "new"
    new.mkdir()
    for path in longer.glob("*2017*07*"):
        shutil.copy(path, new)
    rows = query(deployed.home.warehouse, FINGERPRINTS)
    code, lines = run_pipeline(deployed.settings, inbox=new)
    assert code == 0, lines
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [f"{step}/7" for step in range(1, 8)]
    assert query(deployed.home.warehouse, REBUILT) == [(date(2017, 7, 1),)]
    assert set(rows) < set(query(deployed.home.warehouse, FINGERPRINTS))
    # A log of events is whole in each file: the newest tells late what was in an earlier month.
    changed = deployed.query(
        "select distinct month from release_change where table_name in ('component_value', 'practice_month') "
        "and not starts_with(cause, 'contract_event ')"
    )
    assert changed == [(date(2017, 7, 1),)]


def fail_a_mart_gate(patched: pytest.MonkeyPatch) -> None:
    """One suite of a mart, with one check more, that never holds."""
    from expectations.suites import Check, load_suites
    from orchestration import build_assets

    broken = next(suite for suite in load_suites().values() if suite.stage == "marts")
    check = Check(
        id="never_holds",
        severity="block",
        why="To see a release blocked.",
        message="{relation} never holds.",
        fix="Nothing.",
        unexpected_rows="select 1 as one from {batch} limit 1",
    )
    suite = broken.model_copy(update={"checks": (*broken.checks, check)})
    patched.setattr(
        build_assets,
        "suites_of",
        lambda stage: [suite] if stage == "marts" else [s for s in load_suites().values() if s.stage == stage],
    )


@pytest.mark.slow
def test_owners_are_told_of_a_blocked_release_and_of_its_recovery(
    copy_of_released: Deployed, small_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import build_assets

    def full_disk(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    resent = cheaper(small_sample, tmp_path / "resent" / "EPD_201703.csv", "201703")
    warehouse = copy_of_released.home.warehouse
    before, target = copy_of_released.digest(), copy_of_released.current.readlink()
    months = query(warehouse, FINGERPRINTS)
    with monkeypatch.context() as patched:
        patched.setattr(build_assets, "publish", full_disk)
        code, lines = run_pipeline(copy_of_released.settings, inbox=resent.parent)
    log = copy_of_released.home.root / "alerts.log"
    assert code == 1, lines
    assert "No space left on device" in log.read_text()
    with monkeypatch.context() as patched:
        fail_a_mart_gate(patched)
        code, lines = run_pipeline(copy_of_released.settings, inbox=resent.parent)
    assert code == 2
    assert any("never holds" in line for line in lines)
    assert [line for line in lines if line.startswith("  ")][-1] == "  6/7 checking the figures (gate 4)"
    assert (copy_of_released.digest(), copy_of_released.current.readlink()) == (before, target)
    assert query(warehouse, REBUILT) == [(date(2017, 3, 1),)]
    not_built = [found for found in months if found[0] != date(2017, 3, 1)]
    assert query(warehouse, FINGERPRINTS) == not_built, "what was not released is built again"
    assert run_pipeline(copy_of_released.settings, inbox=resent.parent)[0] == 0
    assert "recovered" in log.read_text().lower() or "gone" in log.read_text().lower(), log.read_text()


@pytest.mark.slow
def test_a_build_never_takes_the_name_of_files_it_was_not_made_of(
    copy_of_released: Deployed, small_sample: Path, tmp_path: Path
) -> None:
    from dbt_project.feeds import assert_same_inputs, prepare_feeds, remember_build
    from orchestration.inputs import inputs_of
    from pcw.errors import PcwError
    from sources.manifests import read_submissions

    home, settings = copy_of_released.home, copy_of_released.settings
    prepare_feeds(home.warehouse, inputs_of(home, settings), read_submissions(home.landing), "1GB")
    land(copy_of_released, cheaper(small_sample, tmp_path / "resent" / "EPD_201703.csv", "201703"), datetime.now(UTC))
    changed = inputs_of(home, settings)
    with pytest.raises(PcwError, match="changed since"):
        assert_same_inputs(home.warehouse, changed)
    with pytest.raises(PcwError, match="changed since"):
        remember_build(home.warehouse, changed)
    assert prepare_feeds(home.warehouse, changed, read_submissions(home.landing), "1GB") == [date(2017, 3, 1)]


def test_gates_that_ask_something_else_judge_what_is_landed_again(
    copy_of_released: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from expectations.suites import Check, load_suite
    from orchestration import landing, regating
    from sources.manifests import read_submissions

    check = Check(
        id="never_holds",
        severity="block",
        why="To see it asked.",
        message="{file} never holds.",
        fix="Nothing.",
        unexpected_rows="select source_row from {batch} limit 1",
    )
    groups = load_suite("practice_groups", "rows")
    stricter = groups.model_copy(update={"checks": (*groups.checks, check)})
    real = load_suite
    monkeypatch.setattr(
        landing, "load_suite", lambda name, stage: stricter if name == "practice_groups" else real(name, stage)
    )
    submissions = read_submissions(copy_of_released.home.landing)
    [again] = regating.ungated(submissions)
    assert again.dataset == "practice_groups"
    regating.regate(copy_of_released.home, copy_of_released.settings, again, submissions)
    [judged] = [s for s in read_submissions(copy_of_released.home.landing) if s.dataset == "practice_groups"]
    assert regating.ungated([judged]) == []
    assert [verdict["check"] for verdict in judged.verdicts if not verdict["passed"]] == ["never_holds"]
