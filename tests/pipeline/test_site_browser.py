"""The site in a browser: from files, without network or script, for axe, for the keyboard, as wide as a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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


@pytest.mark.parametrize("pattern", [QUICK, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHERS)])
def test_axe_finds_nothing(offline: Any, site: Path, pattern: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for width in WIDTHS:
        view = opened(offline, site, pattern, width)
        view.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        violations = Axe().run(view).response["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in violations] == []
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        name = pattern.replace("/", "_").replace("*", "any").removesuffix(".html")
        view.screenshot(path=SCREENSHOTS / f"site_{name}_{width}.png", full_page=True)
        view.close()


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


def test_the_keyboard_reaches_everything_in_order(offline: Any, site: Path) -> None:
    view = opened(offline, site, QUICK, 390)
    wanted = view.evaluate(
        "[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')]"
        ".filter(one => one.checkVisibility()).length"
    )
    assert wanted > 60
    seen = []
    for _ in range(wanted):
        view.keyboard.press("Tab")
        seen.append(
            view.evaluate(
                "(() => { const one = document.activeElement, all = [...document.querySelectorAll('*')],"
                " style = getComputedStyle(one);"
                " return [all.indexOf(one), style.outlineStyle != 'none' || style.boxShadow != 'none',"
                " one.getBoundingClientRect().width > 0]; })()"
            )
        )
    places = [place for place, _, _ in seen]
    assert len(set(places)) == wanted and places == sorted(places)
    assert all(is_marked and is_there for _, is_marked, is_there in seen)


@pytest.mark.slow
def test_the_first_stop_skips_to_the_content(offline: Any, site: Path) -> None:
    view = opened(offline, site, "practice/N82X01.html", 1280)
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.textContent") == "Skip to the content"
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.id") == "content"
