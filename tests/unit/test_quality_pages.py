"""Pages of quality: what stands on them, that nothing in a file becomes markup, and that each link leads somewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from expectations.waivers import Waiver
from publishing.audiences import load_audiences
from publishing.judgements import WITHDRAWN, HistoryRow, Judged, of_build, rows_of
from publishing.missing import singly
from publishing.page_lines import STATES, inert, spans
from publishing.quality_pages import (
    INDEX,
    STAGES,
    TEMPLATES,
    Page,
    render_index,
    render_page,
    write_release_pages,
)
from publishing.quality_tables import Declared, registry
from sources.calendar import FeedMonth
from tests.unit.test_judgements import DECLARED, FEBRUARY, JUNE, MARCH, said, sent

COSTS = Declared("epd", "rows", "costs_fit", "block", "meds", "Why <so>?", "Ask & see.", True, "staged", "select 1 < 2")
EVIL = "=<script>alert(1)</script>&\"'\u202e.csv"
VOID = {"meta", "link", "wbr", "br"}
# Their end tags may be left out, and are.
LOOSE = {"td", "th", "dt", "dd", "li"}


class Reader(HTMLParser):
    """Tags, links, ids and text of a page; a tag that is closed by another is noted."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.wrong += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID | LOOSE:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in LOOSE and self._open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def values(self, attribute: str) -> list[str]:
        return [found[attribute] or "" for _, found in self.attributes if attribute in found]


def page(*rows: HistoryRow, **changes: Any) -> str:
    values = {"stage": "rows", "name": "epd", "about": "Prescribing", "declared": [COSTS], "rows": rows}
    return render_page(Page(**{**values, **changes}), "As at now.")


def text_of(html: str) -> str:
    return " ".join(" ".join(Reader(html).text).split())


def test_a_page_says_the_check_its_verdicts_latest_first_and_what_is_open() -> None:
    failed = said(False, rows_checked=1234, examples=("row 5: nic = 0",), message="3 costs do not fit.")
    rows = rows_of([sent(1, failed, FEBRUARY, JUNE), sent(2, said(True), FEBRUARY)], DECLARED)
    html = page(*rows)
    text = text_of(html)
    for shown in (
        "Why <so>?",
        "Ask & see.",
        "meds",
        "block: The file was not loaded",
        "select 1 < 2",
        "1,234",
        "row 5: nic = 0",
    ):
        assert shown in text
    assert text.index("EPD_2.csv") < text.rindex("EPD_1.csv")
    assert "Failed, put right" in text and "Failed, open" in text
    opened = text.split("Checks")[0]
    assert "2017-06" in opened and "2017-02" not in opened, "a mended February does not stand among what is open"


def test_older_verdicts_unfold_without_a_script() -> None:
    rows = rows_of([sent(day, said(True), JUNE) for day in range(1, 12)], DECLARED)
    html = page(*rows)
    assert "5 earlier verdicts of costs_fit" in html
    assert html.count("EPD_") == 11


def test_a_page_says_what_is_true_where_nothing_is_open() -> None:
    def opened(*judged: Judged) -> str:
        return text_of(page(*rows_of(judged, DECLARED))).split("Open now ")[1].split(" Checks")[0].split(" Months")[0]

    assert opened() == "Nothing was judged yet."
    assert opened(sent(1, said(True), JUNE)) == "Nothing. All that was asked held."
    assert opened(sent(1, said(False), JUNE), sent(2, said(True), JUNE)) == "Nothing. What failed: put right."
    withdrawn = replace(sent(3, said(False), JUNE), fate=WITHDRAWN)
    assert opened(sent(1, said(False), JUNE), sent(2, said(True), JUNE), withdrawn) == (
        "Nothing. What failed: put right, or file withdrawn."
    )


def test_a_page_shows_what_is_open_and_the_latest_months() -> None:
    def month(number: int) -> date:
        return date(2010 + number // 12, number % 12 + 1, 1)

    judged = [
        sent(1, said(number != 3), month(number), submission_id=f"{number}", file_name=f"m{number}.csv")
        for number in range(60)
    ]
    judged += [sent(2, said(True), date(2999, 1, 1), file_name="to_come.csv")]
    html = page(*rows_of(judged, DECLARED))
    shown = {int(number) for number in re.findall(r"m(\d+)\.csv", html)}
    assert shown == {3, *range(36, 60)}
    assert "35 older verdicts are in the table gate_history of the release." in text_of(html)
    assert "gate_history" not in page(*rows_of(judged[-20:], DECLARED))


def test_old_builds_are_shown_by_the_day_they_were_judged() -> None:
    builds = [
        one
        for year in (2012, 2016, 2017)
        for one in of_build([said(True, stage="staged")], datetime(year, 8, 1), year, f"r{year}")
    ]
    assert re.findall(r"<bdi>(r\d+)", page(*rows_of(builds, DECLARED), stage="staged")) == ["r2017", "r2016"]


def test_a_missing_month_stands_beside_the_good_one() -> None:
    months = [
        FeedMonth(
            "epd", "NHSBSA", FEBRUARY, date(2017, 4, 10), datetime(2017, 4, 2), datetime(2017, 4, 2), "on_time", 0
        ),
        FeedMonth("epd", "NHSBSA", MARCH, date(2017, 5, 10), None, None, "missing", 40),
        FeedMonth("epd", "NHSBSA", date(2017, 4, 1), date(2017, 6, 10), None, None, "missing", 9),
    ]
    text = text_of(page(months=months))
    assert text.index("2017-04 missing 2017-06-10 9") < text.index("2017-03 missing 2017-05-10 40")
    assert "2017-03 to 2017-04 (2 months) missing 2017-05-10 (the first) 40" in text.split("All months")[1]
    assert "2017-02 on time 2017-04-10 2017-04-02 0" in text


def feed_month(month: date, state: str) -> FeedMonth:
    came = datetime(month.year, month.month, 28) if state != "missing" else None
    return FeedMonth("epd", "NHSBSA", month, month, came, came, state, 0 if came else 40)


def test_what_is_missing_stands_first_and_what_never_came_is_one_line() -> None:
    """Nine years that nobody sent hid the month that somebody should be asked for."""
    came = [date(2016 + number // 12, number % 12 + 1, 1) for number in range(3, 40)]
    gone = {*came[5:20], came[22], came[-1]}
    text = text_of(page(months=[feed_month(month, "missing" if month in gone else "on_time") for month in came]))
    shown = ["2019-04 missing", "2018-02 missing", "2016-09 to 2017-11 (15 months) missing"]
    places = [text.index(line) for line in shown]
    assert places == sorted(places) and places[-1] < text.index("All months")
    assert "Not yet received: 2014-01 to 2016-03, 27 months." in text
    assert "2018-03 to 2019-03 (13 months) on time" in text and text.count(" on time ") == 3
    never = text_of(page(name="sus_ec"))
    assert "Not yet received: any month of this feed." in never


def test_months_of_a_feed_that_comes_each_quarter_are_one_span() -> None:
    quarters = [date(2018 + number // 4, 3 * (number % 4) + 1, 1) for number in range(8)]
    assert singly(quarters, quarters) == [quarters]
    assert len(singly(quarters)) == 8
    text = text_of(page(months=[feed_month(month, "missing" if number else "on_time") for number, month in
                                enumerate(quarters)]))  # fmt: skip
    assert "2018-04 to 2019-10 (7 months) missing" in text


def test_what_is_open_comes_first_and_what_is_closed_is_folded() -> None:
    judged = [sent(day, said(False, message=f"Wrong {day}."), date(2016, day, 1)) for day in range(1, 10)]
    html = page(*rows_of(judged, DECLARED))
    top, rest = html.split('<h2 id="checks">')
    assert "3 more that are open" in top and "Wrong 9." in top.split("<details>")[0]
    assert "9 open" in rest
    parts = re.split(r"(<details|</details>)", rest)
    depth, outside = 0, ""
    for part in parts:
        depth += {"<details": 1, "</details>": -1}.get(part, 0)
        outside += part if depth == 0 else ""
    assert "<table" not in outside, "every verdict is folded"


def test_the_index_names_what_is_open_and_missing_before_all_pages() -> None:
    opened = Page("rows", "epd", "", [COSTS], rows_of([sent(1, said(False), JUNE)], DECLARED)).summary
    stopped = replace(opened, name="ledger", open=0, missing=90, missing_months="2019-04 to 2026-09")
    late = replace(stopped, name="sus_aea", missing=1, missing_months="2026-09")
    text = text_of(render_index([stopped, late, opened], "As at now."))
    places = [text.index(part) for part in ("epd Gate 2: rows 1", "sus_ aea 1 2026-09", "ledger 90 2019-04", "3 pages")]
    assert places == sorted(places)


def test_a_waiver_in_force_is_shown() -> None:
    waiver = Waiver(
        "w1", "epd", "rows", "costs_fit", JUNE, None, None, None, (), "f0" * 32, "A. <b>Example</b>", "+1 It is so.",
        datetime(2017, 8, 3, tzinfo=UTC), date(2017, 12, 31),
    )  # fmt: skip
    text = text_of(page(waivers=[waiver]))
    assert "w1 costs_fit 2017-06, file f0f0f0f0f0f0f0f0 A. <b>Example</b> '+1 It is so. 2017-12-31" in text


@pytest.mark.parametrize("place", ["file_name", "message", "examples"])
def test_nothing_that_came_with_a_file_is_markup_or_a_formula(place: str) -> None:
    failed = said(False, message=EVIL if place == "message" else "no", examples=(EVIL,) if place == "examples" else ())
    html = page(*rows_of([sent(1, failed, JUNE, file_name=EVIL if place == "file_name" else "a.csv")], DECLARED))
    read = Reader(html)
    assert "script" not in read.tags and not read.wrong
    assert f"'{EVIL}" in "".join(read.text)
    assert html.count("<bdi>&#39;=&lt;script&gt;") >= 1, "as text, in a direction of its own"


def test_inert_leaves_what_no_spreadsheet_calculates() -> None:
    assert [inert(text) for text in ("=1", "+1", "-1", "@a", "\t=1", " =1", "\u00a0\n@a", "\ta", "a=1", "")] == [
        "'=1", "'+1", "'-1", "'@a", "'\t=1", "' =1", "'\u00a0\n@a", "'\ta", "a=1", "",
    ]  # fmt: skip


def test_spans_of_months() -> None:
    assert spans([JUNE, FEBRUARY, MARCH, FEBRUARY]) == "2017-02 to 2017-03, 2017-06"
    assert spans([date(2016, 12, 1), date(2017, 1, 1)]) == "2016-12 to 2017-01"
    assert spans([]) == ""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a release, with every suite there is."""
    folder = tmp_path_factory.mktemp("pages")
    rows = rows_of([sent(1, said(False), JUNE)], DECLARED)
    write_release_pages(folder, registry(load_audiences()), rows, (), (), {"epd": "Prescribing"}, "As at now.")
    return folder


def test_every_suite_has_a_page_and_every_link_leads_somewhere(written: Path) -> None:
    declared = registry(load_audiences())
    names = {f"{check.stage}/{check.suite}.html" for check in declared if check.stage != "file"}
    names |= {"file/epd.html", "file/unrecognised.html", INDEX}
    files = {str(path.relative_to(written)) for path in written.rglob("*.html")}
    assert files == names
    for file in files:
        read = Reader((written / file).read_text(encoding="utf-8"))
        ids = read.values("id")
        assert len(ids) == len(set(ids)) and not read.wrong, file
        for href in read.values("href"):
            target, _, anchor = href.partition("#")
            assert target == "data:," or ((written / file).parent / target).exists(), (file, href)
            assert not anchor or target or anchor in ids, (file, href)
    linked = set(Reader((written / INDEX).read_text(encoding="utf-8")).values("href"))
    assert names - {INDEX} <= linked
    # What is missing is a matter of feeds, and is said once: at the other gates it stood as none.
    assert (written / INDEX).read_text(encoding="utf-8").count("Months missing") == 1


def test_the_registry_says_of_what_an_expectation_is_asked() -> None:
    rules = {(check.suite, check.stage, check.check_id): check.rule for check in registry(load_audiences())}
    assert rules["indicator_spc", "marts", "month_present"] == "ExpectColumnValuesToNotBeNull(column='month')"
    assert rules["indicator_spc", "marts", "grain"].startswith("select indicator_id, version")


def test_a_page_needs_nothing_else_and_can_be_read_by_everybody(written: Path) -> None:
    for file in written.rglob("*.html"):
        html = file.read_text(encoding="utf-8")
        read = Reader(html)
        assert not {"script", "img", "iframe", "form"} & set(read.tags)
        assert "http://" not in html and "https://" not in html and "url(" not in html and "@import" not in html
        assert read.tags.count("h1") == read.tags.count("main") == read.tags.count("title") == 1
        assert read.tags.count("table") == read.tags.count("caption")
        assert all("scope" in found for tag, found in read.attributes if tag == "th")
        assert ("html", {"lang": "en-GB"}) in read.attributes
        labels = set(read.values("aria-labelledby"))
        assert labels <= set(read.values("id"))


def test_every_state_and_stage_has_its_words() -> None:
    from expectations.suites import load_suites
    from publishing import judgements

    assert set(STAGES) == {stage for _, stage in load_suites()}
    kinds = (
        judgements.PASSED,
        judgements.OPEN,
        judgements.PUT_RIGHT,
        judgements.ACCEPTED,
        judgements.CLOSED,
        judgements.RETIRED,
    )
    assert set(STATES) == {*kinds, judgements.WITHDRAWN, judgements.REMOVED}


def test_contrast_is_enough_for_everybody() -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text on each ground that it stands on."""
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", css))

    def light(name: str) -> float:
        parts = [int(colours[name][place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for ink, ground in (
        ("ink", "paper"), ("ink", "shade"), ("quiet", "paper"), ("link", "paper"), ("bad", "badbed"), ("good", "paper"),
    ):  # fmt: skip
        bright, dark = sorted((light(ink), light(ground)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_the_check_of_rows_set_aside_says_that_figures_miss_them() -> None:
    aside = Declared("file", "file", "every_row_fits", "warn", "x", "Why.", "", False, "file_facts", "")
    text = text_of(page(stage="file", declared=[aside]))
    assert "no figure counts those that were set aside" in text and "stops nothing" not in text
    other = Declared("file", "file", "last_line_is_whole", "warn", "x", "Why.", "", False, "file_facts", "")
    assert "stops nothing" in text_of(page(stage="file", declared=[other]))
