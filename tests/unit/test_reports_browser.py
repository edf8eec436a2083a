"""Pages of documents in a browser: accessible to axe, no wider than a phone, the same on paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publishing.reports.as_html import write
from publishing.reports.document import Column, Document, Heading, Paragraph, Row, Table
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


def wide_table() -> Document:
    """A paper with a table of ten columns, and text."""
    columns = (
        Column("Scheme of savings"),
        *(Column(f"Amount of {number}", True) for number in range(8)),
        Column("What"),
    )
    cells = (("Name",), *((f"{number},000,000",) for number in range(8)), ("Said at some length of what is done",))
    caption = "A caption that says at so much length what stands in its table that no telephone has it in one line"
    table = Table(caption, columns, (Row(cells),))
    blocks = (*(Heading(2, f"Part {number}") for number in range(3)), Paragraph(("Text. " * 80,)), table)
    return Document("wide", "Wide", "June 2017", "r1", blocks)


def test_a_wide_table_takes_the_window_and_text_keeps_its_lines(browser: Any, tmp_path: Path) -> None:
    view = shown(browser, wide_table(), tmp_path, 1920)
    widths = "[...document.querySelectorAll('.scroll')].map(one => [one.clientWidth, one.scrollWidth])"
    [(seen, whole)] = view.evaluate(widths)
    assert 900 < whole == seen <= 1510
    assert view.evaluate("document.querySelector('main p').clientWidth") <= 720
    [(seen, whole)] = shown(browser, wide_table(), tmp_path, 1100).evaluate(widths)
    assert whole > seen, "else the sign below is of nothing"


@pytest.mark.parametrize("width", [1100, 390])
def test_what_scrolls_shows_that_it_does_and_its_caption_stays(browser: Any, tmp_path: Path, width: int) -> None:
    view = shown(browser, wide_table(), tmp_path, width)
    style = view.evaluate("(({backgroundImage: i, backgroundAttachment: a, scrollbarWidth: w}) => [i, a, w])"
                          "(getComputedStyle(document.querySelector('.scroll')))")  # fmt: skip
    assert style[0].count("linear-gradient") == 4 and style[1:] == ["local, local, scroll, scroll", "thin"]
    place = "(({left, right}) => [left, right])(document.querySelector('caption').getBoundingClientRect())"
    before = view.evaluate(place)
    assert before[0] >= 0 and before[1] <= width
    view.evaluate("document.querySelector('.scroll').scrollLeft = 200")
    assert view.evaluate(place) == before
