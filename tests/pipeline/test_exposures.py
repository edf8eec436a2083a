"""Exposures name what is made of the marts, and of which: what a paper reads is found by watching it read."""

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
import yaml

from publishing.reports import access_dashboard, indicator_pages, neighbourhood_briefing, savings_packs
from publishing.reports.committee import committee_report
from publishing.reports.pack_data import PackData
from publishing.reports.practice_pack import PracticePages
from publishing.reports.reader import Reader, Record, opened
from publishing.reports.texts import Texts
from publishing.tables import MARTS, VIEWS
from tests.conftest import PROJECT
from tests.running import Deployed

FILE = PROJECT / "dbt_project" / "models" / "exposures.yml"
MODELS = {mart.name for mart in MARTS} | set(VIEWS)
SUPERSET = {"superset_dashboard"}  # held against its datasets in test_superset_datasets.py
WHOLE = {"exports", "postgres_copy", "duckdb_file", "static_site"}
Making = Callable[[PackData], object]


def exposures() -> dict[str, set[str]]:
    """Models that each exposure depends on."""
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))["exposures"]
    return {one["name"]: {re.sub(r"ref\('(\w+)'\)", r"\1", ref) for ref in one["depends_on"]} for one in found}


def making() -> dict[str, Making]:
    """What makes the papers of each exposure."""
    return {
        "committee_report": lambda data: committee_report(data.reader, data.texts),
        "frog_pack": savings_packs.frog_pack,
        "moc_pack": savings_packs.moc_pack,
        "access_dashboard": lambda data: access_dashboard.AccessDashboard(data).document(),
        "neighbourhood_briefings": lambda data: [
            neighbourhood_briefing.briefing(data, one) for one in data.neighbourhoods
        ],
        "practice_packs": lambda data: [PracticePages(data).page(code) for code in data.practices],
        "indicator_pages": lambda data: [
            indicator_pages.index(data),
            *(indicator_pages.page(data, indicator) for indicator in data.versions),
        ],
    }


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Tables that readers ask for."""
    tables: set[str] = set()
    records, column = Reader.records, Reader.column

    def watched(self: Reader, table: str, *how: object, **more: object) -> list[Record]:
        tables.add(table)
        return records(self, table, *how, **more)

    def watched_column(self: Reader, query: str, *parameters: object) -> list[object]:
        tables.update(re.findall(r"(?:from|join)\s+(\w+)", query))
        return column(self, query, *parameters)

    monkeypatch.setattr(Reader, "records", watched)
    monkeypatch.setattr(Reader, "column", watched_column)
    yield tables


@pytest.mark.parametrize("name", sorted(making()))
def test_an_exposure_depends_on_what_its_papers_read(released: Deployed, read: set[str], name: str) -> None:
    file = released.current.resolve()
    with opened(file) as reader:
        making()[name](PackData(reader, Texts(PROJECT / "narrative", "99A", date(2017, 6, 1))))
    assert read & MODELS == exposures()[name]


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_whole_copies_depend_on_every_mart(name: str) -> None:
    assert exposures()[name] == MODELS


def test_each_paper_and_copy_is_an_exposure() -> None:
    assert set(exposures()) == WHOLE | SUPERSET | set(making())
