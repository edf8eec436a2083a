"""Papers of a real release in a browser: the report and one of each kind of pack, as wide as a desk and as a phone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from publishing.reports.committee import committee_report
from publishing.reports.document import Document
from publishing.reports.packs import packs
from publishing.reports.reader import opened
from publishing.reports.texts import Texts
from tests.conftest import PROJECT
from tests.running import Deployed
from tests.unit.test_reports_browser import browser as browser
from tests.unit.test_reports_browser import pytestmark as pytestmark
from tests.unit.test_reports_browser import shown

KINDS = ("frog", "moc", "access", "neighbourhood", "practice", "indicators")


@pytest.fixture(scope="module")
def papers(released: Deployed) -> Iterator[dict[str, Document]]:
    with opened(released.current) as reader:
        texts = Texts(PROJECT / "narrative", "99A", date(2017, 6, 1))
        found = {"committee": committee_report(reader, texts)}
        for path, document in packs(reader, texts):
            found.setdefault(path.partition("/")[0], document)
        yield found


@pytest.mark.parametrize("kind", ["committee", *KINDS])
def test_axe_finds_nothing(browser: Any, papers: dict[str, Document], tmp_path: Path, kind: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for width in (1280, 390):
        view = shown(browser, papers[kind], tmp_path, width)
        view.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        violations = Axe().run(view).response["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in violations] == []
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        view.close()
