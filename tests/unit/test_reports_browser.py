"""Pages of documents in a browser: accessible to axe, no wider than a phone, the same on paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publishing.reports.as_html import write
from publishing.reports.document import Document
from tests.conftest import PROJECT
from tests.unit.report_documents import hostile, pack, rich

CHROMIUM = shutil.which("chromium")
SCREENSHOTS = PROJECT / "tests" / ".artifacts"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (debian-packages.txt)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    SCREENSHOTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


def shown(browser: Any, document: Document, folder: Path, width: int) -> Any:
    path = folder / f"{document.name}.html"
    write(document, path)
    view = browser.new_page(viewport={"width": width, "height": 900})
    view.goto(path.as_uri())
    return view


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("document", [rich(), hostile(), pack(1)], ids=lambda document: document.name)
def test_axe_finds_nothing(browser: Any, tmp_path: Path, document: Document, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    view = shown(browser, document, tmp_path, width)
    asked: list[str] = []
    view.on("request", lambda request: asked.append(request.url))
    view.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    # With the rules of good practice too: order of headings, one main, unique landmarks.
    violations = Axe().run(view).response["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in violations] == []
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    view.screenshot(path=SCREENSHOTS / f"report_{document.name}_{width}.png", full_page=True)
    assert not asked


def test_axe_would_find_something(browser: Any, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    view = shown(browser, pack(1), tmp_path, 1280)
    view.evaluate("document.querySelector('.chip').style.color = '#e08080'")
    found = {(one["id"], one["impact"]) for one in Axe().run(view).response["violations"]}
    assert ("color-contrast", "serious") in found


def test_a_keyboard_reaches_all_that_scrolls(browser: Any, tmp_path: Path) -> None:
    view = shown(browser, rich(), tmp_path, 390)
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.textContent") == "Skip to the content"
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.id") == "content"
    scrolling = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)"
    assert view.evaluate(f"{scrolling}.length") >= 2
    assert view.evaluate(f"{scrolling}.every(one => one.tabIndex === 0)")


def test_a_pair_stacks_on_a_phone(browser: Any, tmp_path: Path) -> None:
    tops = "[...document.querySelectorAll('.pair')][0].querySelectorAll('.side')"
    for width, beside in ((1280, True), (390, False)):
        view = shown(browser, rich(), tmp_path, width)
        left, right = (view.evaluate(f"{tops}[{side}].getBoundingClientRect().top") for side in (0, 1))
        assert (left == right) is beside


def test_paper_shows_all(browser: Any, tmp_path: Path) -> None:
    import io

    import pypdf

    view = shown(browser, rich(), tmp_path, 1280)
    pdf = view.pdf(prefer_css_page_size=True)
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    text = "\n".join(page.extract_text() for page in pages)
    assert "Rate by month" in text and "Head of primary care" in " ".join(text.split())
    wide = [page for page in pages if page.mediabox.width > page.mediabox.height]
    assert len(wide) == 1 and "Risk register" in wide[0].extract_text()
    assert {round(float(page.mediabox.width)) for page in pages if page not in wide} == {595}
