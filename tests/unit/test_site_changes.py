"""The page of what changed, of made-up releases: files by their names, and of one of several commissioners without."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from publishing.diff import key_sql
from publishing.origin import Origins
from publishing.reports.as_html import render
from publishing.reports.document import Document, Paragraph
from publishing.reports.pack_data import PackData
from publishing.reports.reader import COUNTS, KEYS, opened
from publishing.reports.texts import Texts
from publishing.site import changes, links
from publishing.site.frame import FEEDS, Foot, Page
from publishing.site.frame import render as framed
from tests.unit.pack_rows import ALL, JUNE, PERIOD, WARFARIN
from tests.unit.report_release import (
    COMMISSIONER,
    DISCLOSURE,
    definition,
    make_release,
    release,
    result,
    submission,
    table_of,
)

FILES = {"gp_search": "searches_99A.csv", "gp_list_quin_age": "lists_01X.csv"}


def page(folder: Path, commissioner: str) -> tuple[Document, dict[str, str]]:
    """The page of a release whose one figure moved by two files, and titles of feeds."""
    moved = result(WARFARIN, ALL, JUNE, 80.0)
    key = ", ".join(f"{name}={moved[name]}" for name in KEYS["indicator_result"])
    files = [{**submission(feed, PERIOD), "file_name": name} for feed, name in FILES.items()]
    cause = ", ".join(f"{file['dataset']} {file['submission_id']}" for file in files)
    change = {
        **{"table_name": "indicator_result", "change": "changed", "key": key, "month": PERIOD, "column_name": "value"},
        **{
            "before": "70",
            "after": "80",
            "cause": cause,
        },
    }
    rows = {
        "release": [release(commissioner=commissioner, previous_release_id="the-one-before")],
        "indicator": [definition(WARFARIN, unit="%", direction="up")],
        "indicator_result": [moved],
        "submission": files,
        "release_change": [change],
    }
    with opened(make_release(folder / "release.duckdb", rows)) as reader:
        assert reader.column(f"select {key_sql(KEYS['indicator_result'])} from indicator_result") == [key]
        origins = Origins(reader)
        titles = {name: feed.title for name, feed in origins.contracts.items()}
        data = PackData(reader.of(COMMISSIONER), Texts(Path("no-narrative"), COMMISSIONER, PERIOD))
        return changes.page(data, links.filed(origins.submissions), titles).document, titles


def test_files_behind_a_change_are_named(tmp_path: Path) -> None:
    document, _ = page(tmp_path, COMMISSIONER)
    said = render(document).replace("<wbr>", "")
    assert all(name in said for name in FILES.values()) and "<td>up</td>" in said


def test_what_is_judged_stands_before_what_is_not(tmp_path: Path) -> None:
    """Of an indicator of which neither way is good no change is news, however new its period."""
    found = [(f"n{at}", "neutral", date(2017, 6, 30)) for at in range(changes.MOST_CHANGES)]
    found += [("judged", "down", date(2017, 3, 31))]
    moved = [result(indicator, ALL, end, 2.0) for indicator, _, end in found]
    rows = {
        "release": [release(commissioner=COMMISSIONER, previous_release_id="the-one-before")],
        "indicator": [definition(indicator, direction=direction, name=indicator) for indicator, direction, _ in found],
        "indicator_result": moved,
        "release_change": [
            {
                **{"table_name": "indicator_result", "change": "changed", "column_name": "value", "before": "1"},
                **{"key": ", ".join(f"{name}={row[name]}" for name in KEYS["indicator_result"])},
                **{"month": row["period_end"].replace(day=1), "after": "2", "cause": "x"},
            }
            for row in moved
        ],
    }
    with opened(make_release(tmp_path / "release.duckdb", rows)) as reader:
        data = PackData(reader.of(COMMISSIONER), Texts(Path("no-narrative"), COMMISSIONER, PERIOD))
        listed = table_of(changes.page(data, {}, {}).document, "Figures that changed")[1:]
    assert len(listed) == changes.MOST_CHANGES
    assert [row[:2] for row in listed[:2]] == [["judged", "March 2017"], ["n0", "June 2017"]]


@pytest.mark.parametrize("setting", ["99A,01X", "BOTH=99A,01X"])
def test_on_pages_of_one_of_several_files_are_of_feeds_and_months(tmp_path: Path, setting: str) -> None:
    """Their names say whose they are; the page of the file, which all share, is a click away."""
    document, titles = page(tmp_path, setting)
    said = render(document).replace("<wbr>", "")
    assert [name for name in FILES.values() if name in said] == []
    assert [name for name in FILES if f">a file of {titles[name]}, June 2017</a>" not in said] == []
    assert all(f"submissions/{name}/2017.html#file-{name}-2017-06" in said for name in FILES)


@pytest.mark.parametrize(
    ("page", "times"),
    [
        (Page("index", Document("a", "A", "B", "r1", ())), 1),
        (Page("a", Document("a", "A", "B", "r1", (), facts={COUNTS: (DISCLOSURE,)})), 1),
        (Page("a", Document("a", "A", "B", "r1", (Paragraph((DISCLOSURE,), "note"),))), 1),
        (Page("a", Document("a", "A", "B", "r1", ()), FEEDS), 0),
    ],
    ids=["front", "in its facts", "in a note", "files"],
)
def test_each_page_with_figures_says_once_what_is_hidden(page: Page, times: int) -> None:
    foot = Foot(COMMISSIONER, "r1", "1 August 2017", "Most data.", DISCLOSURE)
    assert framed(page, foot, links.Origin({}, {})).count(DISCLOSURE) == times
