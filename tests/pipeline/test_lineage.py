"""The page of lineage: whole, without network, and without a path of the machine that wrote it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from orchestration.lineage import write_lineage
from pcw.errors import PcwError
from pcw.settings import Settings
from tests.conftest import PROJECT
from tests.unit.test_reports_browser import SCREENSHOTS
from tests.unit.test_reports_browser import browser as browser
from tests.unit.test_reports_browser import pytestmark as pytestmark_of_browsers

pytestmark = [*pytestmark_of_browsers, pytest.mark.slow]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lineage")
    write_lineage(Settings(home=folder / "home", commissioner="99A"), folder / "new" / "lineage.html")
    return folder / "new" / "lineage.html"


def test_it_names_every_model_and_exposure_and_no_path_of_the_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    models = {path.stem for path in (PROJECT / "dbt_project" / "models").rglob("*.sql")}
    assert {name for name in models if f"model.primary_care_warehouse.{name}" not in text} == set()
    exposures = re.findall(
        r"^  - name: (\w+)", (PROJECT / "dbt_project/models/exposures.yml").read_text(), re.MULTILINE
    )
    assert {name for name in exposures if f"exposure.primary_care_warehouse.{name}" not in text} == set()
    assert str(PROJECT) not in text
    assert str(page.parent.parent) not in text
    assert json.dumps(str(Path.home())) not in text


def test_it_opens_without_network_and_shows_what_reads_a_mart(browser: Any, page: Path) -> None:
    context = browser.new_context(offline=True)
    view = context.new_page()
    asked: list[str] = []
    view.on("request", lambda request: asked.append(request.url))
    view.goto(f"{page.as_uri()}#!/model/model.primary_care_warehouse.indicator_result")
    view.get_by_text("Results of all indicators.").first.wait_for()
    view.goto(f"{page.as_uri()}#!/exposure/exposure.primary_care_warehouse.committee_report")
    view.get_by_role("heading", name="The committee's report").wait_for()
    assert view.locator("a", has_text=re.compile(r"^\s*indicator_result\s*$")).count() > 0
    view.screenshot(path=SCREENSHOTS / "lineage.png")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()


def test_a_place_that_cannot_be_written_is_a_sentence(page: Path) -> None:
    with pytest.raises(PcwError, match=r"The page .*lineage.html/inside.html cannot be written: .*--out"):
        write_lineage(Settings(home=page.parent / "home", commissioner="99A"), page / "inside.html")
