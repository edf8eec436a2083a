"""History and pages of quality on the released sample: what the README asks, where alerts and checks lead."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from expectations.suites import load_suite
from expectations.verdict import Verdict
from orchestration import page_mark, quality
from orchestration.build_assets import STAGED, suites_of
from orchestration.checks import check_results
from orchestration.details import with_details
from orchestration.instance import open_instance
from orchestration.lateness import alerts_from_overdue
from orchestration.page_links import page_address, with_pages
from orchestration.quality import refresh, write_of_build
from pcw.settings import Settings
from publishing.alerts import alerts_from_verdicts
from publishing.shelf import find_release
from sources.calendar import Overdue
from tests.conftest import PROJECT
from tests.running import Deployed, run_pipeline
from tests.unit.publishing_build import verdict

CHROMIUM = shutil.which("chromium")
SCREENSHOTS = PROJECT / "tests" / ".artifacts"
NOW = datetime(2026, 12, 1, 7, tzinfo=UTC)


def readme_queries(heading: str) -> list[str]:
    section = (PROJECT / "README.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```sql\n(.*?)```", section, re.DOTALL)


def hrefs(file: Path) -> list[str]:
    return re.findall(r'href="(?!data:)([^"#]+)', file.read_text(encoding="utf-8"))


def test_the_readme_asks_what_is_still_wrong(released: Deployed) -> None:
    still_wrong, missing = readme_queries("What is still wrong")
    wrong = released.query(still_wrong)
    assert ("epd", date(2017, 6, 1)) not in {row[:2] for row in wrong}
    assert len(wrong) == len({row[:4] for row in wrong}) > 0
    first = wrong[0]
    again = (
        "select count(*) from gate_history where state = 'open' and (dataset, month, stage, check_id) = (?, ?, ?, ?)"
    )
    assert released.query(again, *first[:4])[0][0] > 0
    assert {row[0] for row in released.query(missing)} >= {"epd"}


def test_every_verdict_on_every_file_is_in_the_history(released: Deployed) -> None:
    """Superseded files too, though the release rests on none of them."""
    of_files = "select distinct dataset, submission_id from {} where submission_id is not null"
    landed = {(path.parent.name, path.name) for path in released.home.landing.glob("[!.]*/[!.]*")}
    assert set(released.query(of_files.format("gate_history"))) == landed
    unknown = """
        select count(*) from gate_result as result anti join gate_history as history
        on (history.suite, history.stage, history.check_id) = (result.suite, result.stage, result.check_id)
            and history.submission_id is not distinct from result.submission_id and history.passed = result.passed
    """
    assert released.query(unknown) == [(0,)]
    assert released.query("select count(*) from gate_history where outcome = 'superseded'")[0][0] > 0
    doubled = """
        select count(*) from (
            select 1 from gate_history group by stage, suite, check_id, dataset, submission_id, release_id, month
            having count(*) > 1
        )
    """
    assert released.query(doubled) == [(0,)]


def test_pages_of_a_release_are_whole(released: Deployed) -> None:
    release = find_release(released.home, "current")
    folder = release.path.parent / "quality"
    pages = list(folder.rglob("*.html"))
    assert len(pages) > 80
    for page in pages:
        for href in hrefs(page):
            assert (page.parent / href).exists(), (page, href)
    rows = (folder / "rows" / "epd.html").read_text(encoding="utf-8")
    assert "EPD" in rows and "Months of this feed" in rows and "missing" in rows


def test_the_newest_pages_are_there_after_a_run(released: Deployed) -> None:
    index = released.home.quality / "index.html"
    linked = hrefs(index)
    assert {"file/epd.html", "rows/epd.html", "staged/epd.html", "marts/indicator_result.html"} <= set(linked)
    for href in linked:
        assert (index.parent / href).exists(), href
    of_release = find_release(released.home, "current").path.parent / "quality" / "rows" / "epd.html"
    assert (index.parent / "rows" / "epd.html").read_bytes() == of_release.read_bytes()
    written = {path.relative_to(index.parent).as_posix() for path in index.parent.glob("*/*.html")}
    assert written == set(linked)


def test_a_refused_file_has_a_page_that_its_alert_and_its_check_lead_to(tmp_path: Path) -> None:
    """No release is there, nor will be one."""
    deployed, inbox = Deployed(Settings(home=tmp_path / "home")), tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "EPD_201706.csv").write_text("<!DOCTYPE html><html>Please log in</html>")
    (inbox / "notes.csv").write_text("colour,taste\nred,sweet\n")
    assert run_pipeline(deployed.settings, inbox=inbox)[0] == 2
    told = (deployed.home.root / "alerts.log").read_text(encoding="utf-8")
    pages = [Path(page) for page in re.findall(r"Page: ([^\\\"]+)", told)]
    assert {page.relative_to(deployed.home.quality).as_posix() for page in pages} == {
        "file/epd.html", "file/unrecognised.html",
    }  # fmt: skip
    for page in pages:
        assert page.exists()
    text = (deployed.home.quality / "file" / "epd.html").read_text(encoding="utf-8")
    assert "EPD_201706.csv is a web page" in text and "Failed, open" in text and "(refused)" in text
    with deployed.environment():
        shown = _check_metadata(open_instance(deployed.home), dg.AssetKey(["landing", "epd"]), "gate_1_file")
    assert shown["page"].value == str(deployed.home.quality / "file" / "epd.html")


def test_a_page_that_cannot_be_written_stops_neither_a_run_nor_an_alert(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    deployed, inbox = Deployed(Settings(home=tmp_path / "home")), tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "EPD_201706.csv").write_text("<!DOCTYPE html><html>Please log in</html>")
    deployed.home.create().quality.write_text("in the way")
    assert run_pipeline(deployed.settings, inbox=inbox)[0] == 2
    told = (deployed.home.root / "alerts.log").read_text(encoding="utf-8")
    assert "EPD_201706.csv is a web page" in told and "Page:" not in told
    with deployed.environment():
        assert _check_metadata(open_instance(deployed.home), dg.AssetKey(["landing", "epd"]), "gate_1_file")
    assert "The pages of quality could not be written" in caplog.text


def test_pages_that_a_killed_run_did_not_take_over_are_made_by_the_next(copy_of_released: Deployed) -> None:
    """Also where nothing is new."""
    home = copy_of_released.home
    release = find_release(home, "current").release_id
    assert page_mark.marked(home) == release
    page_mark.mark(home, "of-before")
    page = home.quality / "marts" / "indicator_result.html"
    page.write_text("build, not released")
    code, said = run_pipeline(copy_of_released.settings, inbox=home.inbox)
    assert code == 0 and any(line.startswith("Nothing new") for line in said), said
    assert page_mark.marked(home) == release and release in page.read_text(encoding="utf-8")


def _check_metadata(instance: dg.DagsterInstance, key: dg.AssetKey, name: str) -> dict[str, Any]:
    records = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(key, name), limit=1)
    event = records[0].event
    assert event is not None and event.dagster_event is not None
    return dict(event.dagster_event.asset_check_evaluation_data.metadata)


def test_links_go_where_the_pages_are_served(released: Deployed) -> None:
    served = released.settings.model_copy(update={"pages_url": "https://pcw.example/quality"})
    assert page_address(served, "rows", "epd") == "https://pcw.example/quality/rows/epd.html"
    assert page_address(served, "staged", None) == "https://pcw.example/quality/index.html#staged"
    failed = verdict(suite="epd", stage="staged", passed=False, severity="warn")
    results = {result.check_name: result for result in check_results(STAGED, suites_of("staged"), [failed], served)}
    gate, warnings = results["gate_3_staged"].metadata, results["warnings"].metadata
    assert gate["page"] == dg.MetadataValue.url("https://pcw.example/quality/index.html#staged")
    assert warnings["pages of what failed"].value == ["https://pcw.example/quality/staged/epd.html"]
    of_path = next(iter(check_results(STAGED, suites_of("staged"), [failed], released.settings))).metadata["page"]
    assert of_path == dg.MetadataValue.path(str(released.home.quality / "index.html"))
    assert 'id="staged"' in (released.home.quality / "index.html").read_text(encoding="utf-8")


def test_every_alert_about_a_check_or_a_month_leads_to_a_page_that_is_there(copy_of_released: Deployed) -> None:
    home, settings = copy_of_released.home, copy_of_released.settings
    shutil.rmtree(home.quality)
    failed = [
        verdict(suite="epd", stage="staged", check="usual", passed=False),
        verdict(suite="release", stage="release", check="was_released", passed=False),
        verdict(suite="file", stage="file", check="text_is_readable", passed=False, submission_id="abc"),
        verdict(suite="sus_quality", stage="staged", check="activity_stands", passed=False),
    ]
    alerts = with_details(alerts_from_verdicts(failed, default_owner="x"), (), home, settings, run_id="1", now=NOW)
    late = alerts_from_overdue([Overdue("epd", date(2017, 7, 1), date(2017, 9, 10), "meds")])
    told = [*alerts, *with_pages(late, (), home, settings, NOW)]
    pages = [line.removeprefix("Page: ") for alert in told for line in alert.body if line.startswith("Page: ")]
    assert len(pages) == len(told) == 5
    assert all(Path(page).exists() for page in pages), pages
    assert "2017-07" in (home.quality / "rows" / "epd.html").read_text(encoding="utf-8")
    assert not [line for line in with_pages(late, {late[0].fingerprint}, home, settings, NOW)[0].body if "Page" in line]


def test_a_build_that_was_stopped_is_on_its_page(copy_of_released: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Verdict.from_dict(
        verdict(suite="epd", stage="staged", check="usual", passed=False, message="12 costs are far off.").as_dict()
    )
    monkeypatch.setattr(quality, "kept_verdicts", lambda warehouse: [stopped.as_dict()])
    write_of_build(copy_of_released.home, ["staged"], NOW)
    text = (copy_of_released.home.quality / "staged" / "epd.html").read_text(encoding="utf-8")
    assert "12 costs are far off." in text and "build, not released" in text


def test_a_mended_february_leaves_june_open_on_the_page(copy_of_released: Deployed) -> None:
    """Of a refused file of two months, landing has the first."""
    home = copy_of_released.home
    folder = home.quarantine / "ab12"
    folder.mkdir(parents=True)
    check = load_suite("epd", "rows").checks[0].id
    failed = verdict(suite="epd", stage="rows", check=check, passed=False, message="3 rows do not fit.").as_dict()
    stored = {
        "file_name": "EPD_both.csv", "sha256": "ab" * 32, "dataset": "epd", "stage": "rows", "message": "no",
        "received_at": "2016-01-01T00:00:00+00:00", "period": None, "months": ["2017-02-01", "2017-08-01"],
        "scopes": [], "verdicts": [failed],
    }  # fmt: skip
    (folder / "refusal.json").write_text(json.dumps(stored))
    refresh(home, [("rows", "epd")], NOW)
    text = re.sub(r"<[^>]+>", " ", (home.quality / "rows" / "epd.html").read_text(encoding="utf-8"))
    opened = text.split("Open now")[1].split("Months of this feed")[0]
    assert "2017-08" in opened and "2017-02" not in opened


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (debian-packages.txt)")
def test_pages_fit_a_screen_and_a_phone(released: Deployed) -> None:
    from playwright.sync_api import sync_playwright

    SCREENSHOTS.mkdir(exist_ok=True)
    folder = find_release(released.home, "current").path.parent / "quality"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        )
        try:
            for width in (1280, 390):
                view = browser.new_page(viewport={"width": width, "height": 900}, java_script_enabled=True)
                asked: list[str] = []
                said: list[str] = []
                view.on("request", lambda request, asked=asked: asked.append(request.url))
                view.on("console", lambda message, said=said: said.append(message.text))
                for name in ("index", "rows/cres_tracker", "staged/epd"):
                    view.goto((folder / f"{name}.html").as_uri())
                    assert view.evaluate("document.documentElement.scrollWidth") <= width, name
                    # What is open begins on the first screen, and what is closed is folded: pages had 18,000 pixels.
                    assert view.evaluate("document.getElementById('open').getBoundingClientRect().bottom") < 450, name
                    assert view.evaluate("document.documentElement.scrollHeight") < 5 * 900, name
                    view.screenshot(path=SCREENSHOTS / f"quality_{name.replace('/', '_')}_{width}.png")
                assert {url.partition(":")[0] for url in asked} <= {"file", "data"} and not said
                view.keyboard.press("Tab")
                assert view.evaluate("document.activeElement.textContent") == "Skip to the content"
        finally:
            browser.close()
