"""The newest pages of quality: made anew from what is kept, whatever was lost; of the newest release; nothing stale."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration import checks, page_batch, page_mark, quality
from orchestration.build_assets import MARTS, suites_of
from orchestration.cli import app
from orchestration.last_try import LAST_RELEASE, last_release, note_release
from orchestration.page_guard import spared
from orchestration.page_links import page_of, with_pages
from orchestration.quality import catch_up, take_over, write_all, write_of_build, write_of_file
from pcw.errors import PcwError
from pcw.home import Home
from pcw.settings import Settings
from publishing.alerts import alerts_from_verdicts
from publishing.quality_pages import INDEX, SUMMARY, read_summaries
from publishing.shelf import Release
from tests.unit.publishing_build import CREATED_AT, build_database, release_of, verdict

NOW = datetime(2026, 12, 1, 7, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def released(home: Home, tmp_path: Path, day: int) -> Release:
    build = build_database(tmp_path, items=day)
    at = CREATED_AT + timedelta(days=day)
    return release_of(home, build, created_at=at, inputs_fingerprint=f"inputs-{day}")


def text_of(home: Home, page: str) -> str:
    return re.sub(r"<[^>]+>", "", (home.quality / page).read_text(encoding="utf-8"))


def assert_whole(home: Home) -> None:
    names = {f"{stage}/{name}" for stage, name in quality._names()}
    assert set(read_summaries(home.quality)) == names
    assert {
        path.relative_to(home.quality).with_suffix("").as_posix() for path in home.quality.glob("*/*.html")
    } == names
    index = (home.quality / INDEX).read_text(encoding="utf-8")
    assert set(re.findall(r'href="(\w+/[\w.]+)\.html"', index)) == names


def entry(**changes: object) -> str:
    whole = {
        "stage": "file", "name": "epd", "about": "", "owner": "", "checks": 1, "open": 0, "missing": 0, "judged": "",
    }  # fmt: skip
    return json.dumps({"file/epd": {k: v for k, v in {**whole, **changes}.items() if v is not None}})


@pytest.mark.parametrize(
    "kept",
    ["", "{", "[]", "1", '{"file/epd": 1}', entry(name=None), entry(more=1), entry(name=5), entry(open="3"), "\x00"],
)
def test_a_summary_that_cannot_be_read_is_none_and_all_pages_are_written(home: Home, kept: str) -> None:
    home.quality.mkdir(parents=True)
    (home.quality / SUMMARY).write_text(kept)
    assert read_summaries(home.quality) == {}
    write_of_file(home, "epd", NOW)
    assert_whole(home)


def test_a_page_that_no_suite_has_goes(home: Home, tmp_path: Path) -> None:
    take_over(home, released(home, tmp_path, 1), NOW)
    write_all(home, NOW)
    gone = home.quality / "rows" / "of_last_year.html"
    gone.write_text("x")
    known = json.loads((home.quality / SUMMARY).read_text())
    known["rows/of_last_year"] = {**known["rows/epd"], "name": "of_last_year"}
    (home.quality / SUMMARY).write_text(json.dumps(known))
    left = home.quality / "rows" / ".epd.html.1.tmp"
    left.write_text("half")
    write_of_file(home, "epd", NOW)
    assert not gone.exists() and not left.exists()
    assert_whole(home)
    gone.write_text("x")
    take_over(home, released(home, tmp_path, 2), NOW)
    assert not gone.exists()


def test_pages_that_cannot_be_written_keep_no_alert_back(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    failed = verdict(suite="epd", stage="staged", check="usual", passed=False)
    alerts = alerts_from_verdicts([failed], default_owner="x")
    settings = Settings(home=home.root)
    assert "Page: " in "".join(with_pages(alerts, (), home, settings, NOW)[0].body)
    os.rename(home.quality, home.root / "elsewhere")
    home.quality.write_text("in the way")
    assert with_pages(alerts, (), home, settings, NOW) == alerts
    assert "could not be written" in caplog.text


@pytest.mark.parametrize("error", [OSError(28, "full"), PcwError("broken"), UnicodeEncodeError("utf-8", "", 0, 1, "x")])
def test_what_pages_may_fail_of_is_a_warning(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise error

    assert not spared(fail)
    assert str(error) in caplog.text
    with pytest.raises(ZeroDivisionError):
        spared(lambda: print(1 / 0))


def test_a_release_without_its_pages_is_noticed(home: Home, tmp_path: Path) -> None:
    assert not page_mark.lags(home)
    page_mark.keep_up(home)
    assert not home.quality.exists(), "nothing to keep up with"
    first = released(home, tmp_path, 1)
    assert page_mark.lags(home)
    page_mark.keep_up(home)
    assert page_mark.marked(home) == first.release_id and not page_mark.lags(home)
    assert_whole(home)
    second = released(home, tmp_path, 2)
    take_over(home, second, NOW)
    assert page_mark.marked(home) == second.release_id
    assert second.release_id in text_of(home, "marts/indicator_result.html")
    (home.quality / page_mark.MARK).write_bytes(b"\xff")
    assert page_mark.lags(home)


def test_a_try_that_was_killed_after_its_release_failed_no_more(home: Home, tmp_path: Path) -> None:
    note_release(home, "It was blocked.")
    os.utime(home.root / LAST_RELEASE, (0, 0))
    released(home, tmp_path, 1)
    catch_up(home, NOW)
    assert last_release(home)[0].passed
    note_release(home, "It was blocked again.")
    catch_up(home, NOW)
    assert not last_release(home)[0].passed, "that try is newer than the release"
    assert "It was blocked again." in text_of(home, "release/release.html")


def test_the_index_says_which_release_readers_see(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = released(home, tmp_path, 1), released(home, tmp_path, 2)
    take_over(home, second, NOW)
    assert f"Readers see release {second.release_id}." in text_of(home, INDEX)
    monkeypatch.setenv("PCW_HOME", str(home.root))
    assert CliRunner().invoke(app, ["rollback", "--reason", "wrong"]).exit_code == 0
    shown = f"Readers see release {first.release_id}. The newest is {second.release_id}; these pages go by it."
    assert shown in text_of(home, INDEX)
    assert CliRunner().invoke(app, ["rollback", "--unpin"]).exit_code == 0
    assert f"Readers see release {second.release_id}." in text_of(home, INDEX)


def test_what_the_audit_of_a_blocked_release_said_is_on_its_page(home: Home, tmp_path: Path) -> None:
    take_over(home, released(home, tmp_path, 1), NOW)
    home.warehouse.write_bytes(build_database(tmp_path, items=2).read_bytes())
    found = [
        verdict(suite=suite, stage="release", check="whole", passed=False, message=f"{suite} is torn.")
        for suite in ("indicator_result", "practice")
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "kept_verdicts", lambda warehouse: [])
        write_of_build(home, ["release"], NOW, found)
    for one in found:
        text = text_of(home, f"release/{one.suite}.html")
        assert f"{one.suite} is torn." in text and "build, not released" in text
        [alert] = alerts_from_verdicts([one], default_owner="x")
        assert page_of(alert) == ("release", one.suite)


def test_the_ui_shows_no_figure_of_gate_4(home: Home) -> None:
    failed = verdict(
        suite="indicator_result", stage="marts", passed=False, examples=("RXX:3",), message="1 differs (RXX:3)."
    )
    results = checks.check_results(MARTS, suites_of("marts"), [failed], Settings(home=home.root))
    shown = str([(result.description, result.metadata) for result in results])
    assert "1 differs (RXX)." in shown and "RXX:3" not in shown


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The feeds whose pages were written, in turn; those of `iapt` cannot be."""
    found: list[str | None] = []

    def write(_: Home, dataset: str | None, __: datetime) -> None:
        if dataset == "iapt":
            raise OSError(28, "No space left on device")
        found.append(dataset)

    monkeypatch.setattr(page_batch, "write_of_file", write)
    return found


def test_of_many_files_the_pages_of_a_feed_are_written_after_its_last(home: Home, written: list[str | None]) -> None:
    page_batch.file_was_judged(home, "epd", refused=False)
    assert written == ["epd"], "one file alone has its pages at once"
    written.clear()
    with page_batch.batch(home):
        for dataset in ("epd", "epd", "rtt_waiting_list", "rtt_waiting_list"):
            page_batch.file_was_judged(home, dataset, refused=False)
        assert written == ["epd"] and page_mark.is_owed(home)
        page_batch.file_was_judged(home, "rtt_waiting_list", refused=True)
        assert written == ["epd", "rtt_waiting_list"], "an alert leads to the page of a refused file"
        page_batch.file_was_judged(home, None, refused=False)
    assert written == ["epd", "rtt_waiting_list", None] and not page_mark.is_owed(home)


@pytest.mark.parametrize("end", [KeyboardInterrupt, PcwError("a defect")])
def test_however_many_files_end_their_pages_are_written(
    home: Home, written: list[str | None], end: BaseException
) -> None:
    with pytest.raises((KeyboardInterrupt, PcwError)), page_batch.batch(home):
        page_batch.file_was_judged(home, "epd", refused=False)
        raise end
    assert written == ["epd"] and not page_mark.is_owed(home)
    page_batch.file_was_judged(home, "epd", refused=False)
    assert written == ["epd", "epd"], "what comes after it is no part of it"


def test_pages_that_a_batch_left_behind_are_written_by_the_next_run(home: Home, written: list[str | None]) -> None:
    with page_batch.batch(home):
        page_batch.file_was_judged(home, "iapt", refused=False)
        page_batch.file_was_judged(home, "epd", refused=False)
    assert written == ["epd"] and page_mark.is_owed(home), "one of them could not be written"
    with page_batch.batch(home):
        page_batch.file_was_judged(home, "epd", refused=False)
    assert page_mark.is_owed(home), "a later batch does not know what an earlier one left"
    page_mark.keep_up(home)
    assert not page_mark.is_owed(home)
    assert_whole(home)


def test_pages_that_cannot_be_written_stop_no_batch(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.quality.write_text("in the way")
    with page_batch.batch(home):
        page_batch.file_was_judged(home, "epd", refused=True)
    assert "could not be written" in caplog.text
    page_mark.keep_up(home)
    home.quality.unlink()
    page_mark.keep_up(home)
    assert not page_mark.is_owed(home)
