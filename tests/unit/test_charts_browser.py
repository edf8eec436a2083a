"""Charts in a browser and in a PDF: text takes no more room than was measured for it, and typst reads every chart."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from publishing.charts.lettering import width as text_width
from publishing.charts.svg import drawing, text
from tests.chart_examples import EXAMPLES, page, write_pdf

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium")
# Every text of the page with its size, weight and real width, and every pair of texts of one chart that touch.
TEXTS = """() => [...document.querySelectorAll('svg')].flatMap(svg => [...svg.querySelectorAll('text')].map(text => [
    text.textContent, +text.getAttribute('font-size'), text.getAttribute('font-weight') === 'bold',
    text.getComputedTextLength()]))"""
TOUCHING = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
    const boxes = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()])
    const inside = svg.getBoundingClientRect(), found = []
    boxes.forEach(([one, a], at) => {
        if (!a.width) return
        if (a.left < inside.left - 1 || a.right > inside.right + 1) found.push(['outside', svg.id, one])
        boxes.slice(at + 1).forEach(([other, b]) => {
            const high = Math.min(a.height, b.height) * 0.25
            if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - high && b.top < a.bottom - high)
                found.push([svg.id, one, other])
        })
    })
    return found
})"""

LETTERS = list(map(chr, [*range(33, 127), 0xA3, 0x2013, 0x2026, 0x2212]))
FONT = next(Path("/usr/share/fonts").rglob("DejaVuSans.ttf"), None)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        )
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (debian-packages.txt)")
def test_text_fits_as_measured_on_a_screen_and_a_phone(browser: "Browser", tmp_path: Path) -> None:
    (tmp_path / "charts.html").write_text(page(), encoding="utf-8")
    for width in (1280, 390):
        view = browser.new_page(viewport={"width": width, "height": 900})
        asked: list[str] = []
        said: list[str] = []
        view.on("request", lambda request, asked=asked: asked.append(request.url))
        view.on("console", lambda message, said=said: said.append(message.text))
        view.on("pageerror", lambda error, said=said: said.append(str(error)))
        view.goto((tmp_path / "charts.html").as_uri())
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        assert view.evaluate("document.querySelectorAll('svg').length") == 2 * len(EXAMPLES)
        texts = [found for found in view.evaluate(TEXTS) if found[3]]
        assert len(texts) > 300
        for words, size, bold, real in texts:
            assert real <= text_width(words, size, bold) * 1.01 + 0.5, words
        assert view.evaluate(TOUCHING) == []
        assert len(asked) == 1 and not said


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (debian-packages.txt)")
@pytest.mark.skipif(FONT is None, reason="DejaVu Sans is not installed; other fonts are narrower")
def test_letters_are_as_wide_as_those_of_the_font(browser: "Browser") -> None:
    """Beside a bar, which none is moved towards or away from."""
    view = browser.new_page()
    rows = "".join(text(0, 20, f"{letter}|" * 40, size=20) for letter in LETTERS)
    view.set_content(drawing("a", "Letters", "All.", 9000, 100, rows).svg)
    found = view.evaluate(TEXTS)
    for letter, (words, size, bold, real) in zip(LETTERS, found, strict=True):
        assert words == f"{letter}|" * 40 and real == pytest.approx(text_width(words, size, bold), rel=0.005), letter


def test_typst_reads_every_chart_with_its_text(tmp_path: Path) -> None:
    found = "\n".join(sheet.extract_text() for sheet in PdfReader(write_pdf(tmp_path)).pages)
    for words in (
        "Upper limit 9.7",
        "N80040",
        "N80003 The <script>",
        "Slipped to later months",
        "Actual M06 £3.3m",
        "awaiting",
    ):
        assert words in found, words
