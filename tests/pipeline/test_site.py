"""The static site of a release: figures are the release's, links lead somewhere, three clicks lead to origins."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from publishing.diff import diff_files
from publishing.origin import Origins
from publishing.reports.as_html import render
from publishing.reports.making import period_of
from publishing.reports.pack_data import PackData
from publishing.reports.reader import Reader
from publishing.reports.texts import Texts
from publishing.site import Site, build, changes, links
from publishing.site.submissions import words
from tests.conftest import PROJECT
from tests.pipeline.conftest import FEW_ROWS
from tests.running import Deployed
from tests.site_reading import SitePage, broken, reach, read_page, read_site
from tests.walking import figures_wrong, wrong

MOST_BYTES = 300_000
KINDS = {
    *("access", "indicators", "practice", "neighbourhood", "scheme", "feeds", "submissions", "gates", "lineage"),
    *("index.html", "a-z.html", "changes.html", "data-quality.html", "savings.html", "medicines.html", "access.html"),
}
# What a release says of itself, and not of files: there is no submission behind it.
OF_ITSELF = {"gate_result", "gate_history", "release_change"}


@pytest.fixture(scope="module")
def connection(released: Deployed) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(released.current.resolve()), read_only=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, SitePage]:
    return read_site(site)


def files_of(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_it_has_every_page(pages: dict[str, SitePage], connection: duckdb.DuckDBPyConnection) -> None:
    assert {path.partition("/")[0] for path in pages} == KINDS

    def listed(query: str) -> int:
        return len(connection.execute(query).fetchall())

    counts = {
        "practice": listed(
            "select practice_code from practice_month "
            "where month = '2017-06-01' and commissioner_code = '99A' and has_list"
        ),
        "indicators": listed("select distinct indicator_id from indicator"),
        "scheme": listed(
            "select distinct scheme_id from cres_position where financial_year = '2017/18' and scheme_id <> 'total' "
            "and month = (select max(month) from cres_position where month <= '2017-06-01')"
        ),
    }
    for kind, count in counts.items():
        found = [path for path in pages if path.startswith(f"{kind}/") and not path.endswith("/index.html")]
        assert len(found) == count, kind
    hashes = [sha256 for page in pages.values() for sha256 in page.hashes.values()]
    ever = connection.execute("select distinct dataset, submission_id, file_sha256 from submission").fetchall()
    assert sorted(hashes) == sorted(sha256 for _, _, sha256 in ever)


def test_every_figure_of_every_page_is_that_of_the_release(
    pages: dict[str, SitePage], connection: duckdb.DuckDBPyConnection
) -> None:
    figures = [figure for page in pages.values() for figure in page.figures]
    assert len(figures) > 10_000
    assert wrong(figures, connection) == []


def test_a_wrong_or_absent_figure_would_be_noticed(
    pages: dict[str, SitePage], connection: duckdb.DuckDBPyConnection
) -> None:
    figure = next(one for one in pages["index.html"].figures if one.sources[0].table == "indicator_result")
    (source,) = figure.sources
    assert isinstance(figure.value, Decimal)
    for other in (
        replace(figure, value=figure.value + 1),
        replace(figure, text=f"{figure.text}1"),
        replace(figure, sources=(replace(source, key={**source.key, "org_code": "none"}),)),
        replace(figure, sources=(replace(source, column="alternative_target"),)),
    ):
        assert len(wrong([other], connection)) >= 1


def test_every_link_leads_somewhere(site: Path, pages: dict[str, SitePage]) -> None:
    assert broken(pages, files_of(site)) == []
    outside = {link.href for page in pages.values() for link in page.links if not link.page}
    assert outside == {"data:,"}


def test_a_broken_link_would_be_noticed(site: Path, pages: dict[str, SitePage], tmp_path: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    found = {}
    for name, (old, new) in {
        "page": ('href="savings.html"', 'href="saving.html"'),
        "place": ("data-quality.html#open", "data-quality.html#opened"),
    }.items():
        assert old in text
        (tmp_path / "index.html").write_text(text.replace(old, new), encoding="utf-8")
        found[name] = broken({**pages, "index.html": read_page(tmp_path / "index.html", "index.html")}, files_of(site))
    assert "leads to no file" in found["page"][0] and "leads to no place" in found["place"][0]


def test_pages_are_light_and_run_and_fetch_nothing(pages: dict[str, SitePage]) -> None:
    assert {page.path: page.size for page in pages.values() if page.size >= MOST_BYTES} == {}
    assert {page.path: page.acting for page in pages.values() if page.acting} == {}


def test_three_clicks_lead_from_every_figure_to_definition_submissions_and_gates(
    pages: dict[str, SitePage], connection: duckdb.DuckDBPyConnection
) -> None:
    """The first click is the figure's own; a figure that is no link stands on the page of its origin."""
    received = {row[0] for row in connection.execute("select distinct dataset from submission").fetchall()}
    places: dict[tuple[str, bool], set[str]] = {}
    for page in pages.values():
        led = {link.page for link in page.links if link.is_of_figure}
        assert led or page.unled == len(page.figures), page.path
        for target in led:
            places.setdefault((target, True), set()).add(page.path)
        if page.unled:
            places.setdefault((page.path, False), set()).add(page.path)
    assert len(places) > 100
    missing = []
    for (start, is_click), whence in places.items():
        found = reach(pages, start, 2 if is_click else 3)
        kind, _, name = start.removesuffix(".html").partition("/")
        is_indicator = kind == "lineage" and not name.startswith("table-")
        needs = {"definition": f"indicators/{name}.html" in found if is_indicator else any(map(defines, found))}
        is_read = kind != "gates" and name.removeprefix("table-") not in OF_ITSELF
        if is_read and (kind != "feeds" or name in received):
            needs["submission"] = any(pages[path].hashes for path in found)
            needs["gates"] = any(path.startswith(("gates/", "submissions/")) for path in found)
        missing += [(start, need, sorted(whence)[:2]) for need, is_there in needs.items() if not is_there]
    assert missing == []


def defines(path: str) -> bool:
    """Whether a page says what something means: an indicator, the columns of a table, a feed, a check."""
    return path.startswith(("indicators/", "lineage/table-", "feeds/", "gates/"))


def test_a_figure_of_an_indicator_leads_to_its_period(pages: dict[str, SitePage]) -> None:
    page = pages["practice/N82X01.html"]
    led = [link for link in page.links if link.is_of_figure and link.page.startswith("lineage/") and link.anchor]
    assert len(led) > 50
    assert ("lineage/qp-antibacterial-items-per-starpu.html", "2017-05") in {(one.page, one.anchor) for one in led}


def test_the_page_of_a_file_says_what_the_release_does(
    site: Path, connection: duckdb.DuckDBPyConnection, pages: dict[str, SitePage]
) -> None:
    rows = connection.execute(
        "select submission_id, file_name, file_sha256, year(period), strftime(period, '%Y-%m') from submission "
        "where dataset = 'epd' and is_current"
    ).fetchall()
    assert rows
    places = {}
    for submission_id, name, sha256, year, month in rows:
        path, anchor = f"submissions/epd/{year}.html", f"file-{submission_id}"
        assert pages[path].hashes[anchor] == sha256
        part = (site / path).read_text(encoding="utf-8").replace("<wbr>", "").partition(f'id="{anchor}"')[2]
        part = part.partition("<h2")[0]
        assert name in part and "gates/epd.html" in part and "that found nothing amiss: " in part
        [passed] = connection.execute(
            "select list(distinct check_id) from gate_result where submission_id = ? and passed "
            "and stage in ('file', 'rows') and suite in ('file', 'epd')",
            [submission_id],
        ).fetchall()
        assert len(passed[0]) > 10 and all(words(check) in part for check in passed[0])
        places[month] = path, anchor
    # The figures of May 2017 are of twelve months of prescribing: each is a link.
    page = pages["lineage/qp-antibacterial-items-per-starpu.html"]
    assert {places["2017-05"], places["2016-06"]} <= {(link.page, link.anchor) for link in page.links}


def test_changes_name_what_moved_and_the_files_behind_it(released: Deployed, tmp_path: Path) -> None:
    before, after = tmp_path / "before.duckdb", tmp_path / "after.duckdb"
    for file in (before, after):
        shutil.copy(released.current.resolve(), file)
    where = (
        "indicator_id = 'qp-antibacterial-items-per-starpu' and is_headline and org_view = 'as_at' "
        "and org_type = 'commissioner' and period_end = '2017-05-31'"
    )
    with duckdb.connect(str(before)) as opened:
        opened.execute(f"update indicator_result set value = value + 1 where {where}")
        opened.execute("update submission set is_current = false where dataset = 'epd' and period = '2017-05-01'")
    moved = diff_files(before, after).changes
    with duckdb.connect(str(after)) as opened:
        opened.execute("update release set previous_release_id = 'the-one-before'")
        opened.executemany(
            "insert into release_change values (?, ?, ?, ? || '-01', ?, ?, ?, ?)",
            [
                (one.table, one.change, one.key, one.month, one.column, one.before, one.after, one.cause)
                for one in moved
            ],
        )
        reader = Reader(opened)
        data = PackData(reader, Texts(PROJECT / "narrative", "99A", period_of(reader, None)))
        origins = Origins(reader)
        titles = {name: feed.title for name, feed in origins.contracts.items()}
        document = changes.page(data, links.filed(origins.submissions), titles).document
        assert figures_wrong(document, opened) == []
        assert [figure.text for figure in document.figures()][1:] == ["1"]
        [(name,)] = opened.execute(
            "select file_name from submission where dataset = 'epd' and period = '2017-05-01'"
        ).fetchall()
        said = render(document)
        assert name in said and "<td>down</td>" in said
        (line,) = changes.in_short(data, "index")
        assert "the-one-before" in str(line)


def test_the_command_writes_a_site_and_says_where(released: Deployed, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("Mine.", encoding="utf-8")
    with released.environment():
        refused = CliRunner().invoke(app, ["site", "--out", str(tmp_path / "full")])
        unknown = CliRunner().invoke(app, ["site", "--release", "20000101T000000Z-00000000"])
    assert "is not empty" in str(refused.exception) and (tmp_path / "full" / "letter.txt").exists()
    assert "20000101T000000Z-00000000" in str(unknown.exception)


@pytest.mark.slow
def test_the_command_puts_the_site_where_readers_look(copy_of_released: Deployed) -> None:
    with copy_of_released.environment():
        done = CliRunner().invoke(app, ["site"])
    assert done.exit_code == 0, done.output
    assert (copy_of_released.home.published / "site" / "index.html").exists()
    assert "index.html" in done.output


@pytest.mark.slow
def test_every_figure_of_every_document_is_that_of_the_release(
    released: Deployed, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    reader = Reader(connection)
    made = Site(reader, Texts(PROJECT / "narrative", "99A", period_of(reader, None)), tmp_path)
    figures = [figure for page in made.pages() for figure in page.document.figures()]
    assert len(figures) > 10_000
    assert wrong(figures, connection) == []


@pytest.mark.slow
def test_two_commissioners_have_a_folder_each(released: Deployed, tmp_path: Path) -> None:
    """The second one has nothing: its pages say so."""
    file = tmp_path / "commissioner.duckdb"
    shutil.copy(released.current.resolve(), file)
    with duckdb.connect(str(file)) as opened:
        opened.execute("update release set commissioner = '99A,01X'")
    folder = tmp_path / "site"
    folder.mkdir()
    made = build(file, PROJECT / "narrative", folder)
    pages = read_site(folder)
    assert made.pages == len(pages)
    assert {link.page for link in pages["index.html"].links} >= {"99A/index.html", "01X/index.html"}
    assert broken(pages, files_of(folder)) == []
    with duckdb.connect(str(file), read_only=True) as opened:
        assert wrong([figure for page in pages.values() for figure in page.figures], opened) == []


@pytest.mark.slow
def test_a_site_is_the_same_bytes_each_time(
    site: Path, released: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publishing.site.access.ROWS", FEW_ROWS)
    build(released.current, PROJECT / "narrative", tmp_path)
    assert files_of(tmp_path) == files_of(site)
    assert [
        name for name in sorted(files_of(site)) if (site / name).read_bytes() != (tmp_path / name).read_bytes()
    ] == []
