"""The site in a browser: from files, without network or script, for axe, for the keyboard, as wide as a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publishing.exports.described import Table
from publishing.exports.dictionary import as_page
from publishing.tables import Column
from tests.unit.test_reports_browser import SCREENSHOTS
from tests.unit.test_reports_browser import browser as browser
from tests.unit.test_reports_browser import pytestmark as pytestmark

WIDTHS = (1280, 390)
INDICATOR = "qp-antibacterial-items-per-starpu"
QUICK = "index.html"
# One of each kind.
OTHERS = (
    *("a-z.html", "changes.html", "data-quality.html", "savings.html", "medicines.html", "access.html"),
    *("indicators/index.html", f"indicators/{INDICATOR}.html", "practice/index.html", "practice/N82X01.html"),
    *("neighbourhood/index.html", "neighbourhood/99A-N01.html", "lineage/index.html", f"lineage/{INDICATOR}.html"),
    *("lineage/table-cres_position.html", "feeds/epd.html", "gates/epd.html", "gates/file.html"),
    *("access/*.html", "scheme/*.html", "submissions/epd/2017.html"),
)


@pytest.fixture
def offline(browser: Any) -> Iterator[Any]:
    """As on a file share: no network. axe needs a script of its own, so that scripts are off in other tests."""
    context = browser.new_context(offline=True)
    yield context
    context.close()


def opened(context: Any, site: Path, pattern: str, width: int) -> Any:
    view = context.new_page()
    view.set_viewport_size({"width": width, "height": 900})
    view.goto(sorted(site.glob(pattern))[0].as_uri())
    return view


# Notes each stop of the Tab key: its place in the page, whether focus shows, whether it lies on the page.
NOTED = """() => {
    const all = [...document.querySelectorAll('*')], place = new Map(all.map((one, at) => [one, at]));
    window.stops = [];
    document.addEventListener('focusin', ({target}) => {
        const style = getComputedStyle(target), box = target.getBoundingClientRect();
        const isMarked = style.boxShadow != 'none'
            || style.outlineStyle != 'none' && !style.outlineColor.endsWith(', 0)');
        window.stops.push([place.get(target), isMarked, box.width > 0 && box.right + window.scrollX > 0]);
    });
    return all.filter(one => one.matches('a[href], summary, [tabindex="0"]') && one.checkVisibility())
        .map(one => place.get(one));
}"""
# Boxes that scroll sideways, or may on a narrower page: whether people without a mouse or without sight get to them.
WIDE = """() => [...document.querySelectorAll('*')].filter(one => one.checkVisibility() && (one.matches('.scroll')
    || one.scrollWidth > one.clientWidth && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX))).map(one =>
    [one.tabIndex === 0, one.getAttribute('role') === 'region', (one.getAttribute('aria-label') || '') !== ''])"""


def walked(view: Any) -> None:
    """The Tab key reaches every link and control of a page once, in the order of reading, and shows where it is.

    Raises:
        AssertionError: it does not, or what is wider than the page does not scroll by the arrow keys.
    """
    wanted = view.evaluate(NOTED)
    for _ in wanted:
        view.keyboard.press("Tab")
    stops = view.evaluate("window.stops")
    assert [place for place, _, _ in stops] == wanted
    assert [stop for stop in stops if not all(stop[1:])] == []
    assert view.evaluate("document.querySelector('.skip').getAttribute('href')") == "#content"
    assert all(map(all, view.evaluate(WIDE)))
    first = "[...document.querySelectorAll('.scroll')].find(one => one.scrollWidth > one.clientWidth)"
    if view.evaluate(f"!!{first}"):
        view.evaluate(f"{first}.focus()")
        view.keyboard.press("ArrowRight")
        view.wait_for_function(f"{first}.scrollLeft > 0", timeout=5_000)


@pytest.mark.parametrize("pattern", [QUICK, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHERS)])
def test_axe_finds_nothing_and_the_keyboard_reaches_everything(offline: Any, site: Path, pattern: str) -> None:
    """One opening of a page serves both: opening it and unfolding it is what takes the time."""
    from axe_playwright_python.sync_playwright import Axe

    for width in WIDTHS:
        view = opened(offline, site, pattern, width)
        view.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        violations = Axe().run(view).response["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in violations] == []
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        name = pattern.replace("/", "_").replace("*", "any").removesuffix(".html")
        view.screenshot(path=SCREENSHOTS / f"site_{name}_{width}.png", full_page=True)
        if width == WIDTHS[-1]:
            walked(view)
        view.close()


@pytest.mark.parametrize(
    "spoilt",
    [
        "document.querySelector('main a').tabIndex = -1",
        "document.querySelector('main a').tabIndex = 1",
        "document.querySelector('main a').style = 'outline: none; box-shadow: none'",
        "document.querySelector('.scroll').removeAttribute('tabindex')",
        "document.querySelector('.scroll').removeAttribute('aria-label')",
    ],
)
def test_what_the_keyboard_does_not_reach_would_be_noticed(offline: Any, site: Path, spoilt: str) -> None:
    view = opened(offline, site, "scheme/*.html", 390)
    view.evaluate(spoilt)
    with pytest.raises(AssertionError):
        walked(view)


def test_axe_finds_nothing_in_the_dictionary_of_an_export(offline: Any, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    columns = (Column("practice_code", "VARCHAR", False, "Practice."), Column("value", "DOUBLE", True, None))
    tables = [
        Table("indicator_result", "", "One row per practice.", columns, 1_234, ("practice_code",)),
        Table("bare", "", "", columns, 0),
    ]
    (tmp_path / "dictionary.html").write_text(
        as_page(tables, [("indicator_latest", "Newest results.")], "20170701T000000Z-abc", "public"), encoding="utf-8"
    )
    for width in WIDTHS:
        view = opened(offline, tmp_path, "dictionary.html", width)
        violations = Axe().run(view).response["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in violations] == []
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        walked(view)


def test_a_page_is_whole_without_network_and_script(browser: Any, site: Path) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    view = opened(context, site, QUICK, 1280)
    view.get_by_role("link", name="Practices", exact=True).first.click()
    assert view.get_by_role("heading", level=1).inner_text() == "Practices"
    view.locator("main table a").first.click()
    figure = view.locator("a.from").first
    figure.click()
    assert "lineage/" in view.url
    context.close()


@pytest.mark.slow
def test_style_is_that_of_the_file_beside(offline: Any, site: Path) -> None:
    for pattern in (QUICK, "submissions/epd/2017.html"):
        view = opened(offline, site, pattern, 1280)
        assert view.evaluate("getComputedStyle(document.querySelector('header.site')).backgroundColor") == (
            "rgb(0, 94, 184)"
        )


@pytest.mark.slow
def test_the_first_stop_skips_to_the_content(offline: Any, site: Path) -> None:
    view = opened(offline, site, "practice/N82X01.html", 1280)
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.textContent") == "Skip to the content"
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.id") == "content"
