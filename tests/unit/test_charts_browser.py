"""Charts in a browser and in a PDF: text takes no more room than was measured for it, and typst reads every chart."""

import shutil
from pathlib import Path

import pytest
from pypdf import PdfReader

from publishing.charts.lettering import width as text_width
from tests.chart_examples import EXAMPLES, page, write_pdf

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


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (debian-packages.txt)")
def test_text_fits_as_measured_on_a_screen_and_a_phone(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    (tmp_path / "charts.html").write_text(page(), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        )
        try:
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
                texts = [text for text in view.evaluate(TEXTS) if text[3]]
                assert len(texts) > 300
                for text, size, bold, real in texts:
                    assert real <= text_width(text, size, bold) * 1.01 + 0.5, text
                assert view.evaluate(TOUCHING) == []
                assert len(asked) == 1 and not said
        finally:
            browser.close()


def test_typst_reads_every_chart_with_its_text(tmp_path: Path) -> None:
    text = "\n".join(sheet.extract_text() for sheet in PdfReader(write_pdf(tmp_path)).pages)
    for words in (
        "Upper limit 9.7",
        "N80040",
        "N80003 The <script>",
        "Slipped to later months",
        "Actual M06 £3.3m",
        "awaiting",
    ):
        assert words in text, words
