"""Pages of practices, briefings, the access view and definitions of a release small enough to work out by hand."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from publishing.reports.document import Bullets, Document, Link, Table
from publishing.reports.pack_layout import pack_layout
from publishing.reports.packs import packs
from publishing.reports.reader import COUNTS, Reader, opened
from publishing.reports.texts import Texts
from publishing.suppression import EXACT, UNSAID
from tests.report_text import plain
from tests.unit.pack_rows import ACCESS, JUNE, NORTH, PERIOD, STARPU, TRIMETHOPRIM, WARFARIN, rows
from tests.unit.report_release import (
    COMMISSIONER,
    DISCLOSURE,
    RELEASE,
    charts_of,
    lines_of,
    make_release,
    result,
    table_of,
)
from tests.walking import figures_wrong, numbers_loose

# Phrases of papers that hold digits and are no figures.
PHRASES = ("12 months to", "1 months to", "3 months to", "per 1,000", "99A (")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = make_release(tmp_path_factory.mktemp("packs") / "release.duckdb", rows())
    with duckdb.connect(path, read_only=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def documents(connection: duckdb.DuckDBPyConnection) -> dict[str, Document]:
    return dict(packs(Reader(connection), Texts(Path("no-narrative"), COMMISSIONER, PERIOD)))


def test_every_paper_has_its_place(documents: dict[str, Document]) -> None:
    expected = ["index", "frog", "moc", "access", "neighbourhood/N1", "neighbourhood/N2"]
    expected += [f"practice/{code}" for code in ("A81", "B82", "C83", "D84")]
    assert list(documents)[:10] == expected
    assert next(path for path in documents if path.startswith("indicators/")) == "indicators/index"
    assert len([path for path in documents if path.startswith("indicators/")]) == 1 + 9
    assert all(document.name == path.rpartition("/")[2] for path, document in documents.items())


def test_the_index_leads_to_every_paper_and_names_practices_where_they_are(documents: dict[str, Document]) -> None:
    index = documents["index"]
    links = [
        part.href.removesuffix(".html")
        for block in index.blocks
        if isinstance(block, Bullets)
        for item in block.items
        for part in item
        if isinstance(part, Link)
    ]
    others = {path for path in documents if path != "index" and not path.startswith("indicators/")}
    assert sorted(links) == sorted({*others, "committee-report", "indicators/index"})
    lines = lines_of(index)
    start = lines.index("Alder (N1)")
    assert lines[start : start + 4] == [
        "Alder (N1)",
        "Alder: ten key points of medicines",
        "Abbey (A81)",
        "Brook (B82)",
    ]


def test_figures_are_those_of_the_release(
    documents: dict[str, Document], connection: duckdb.DuckDBPyConnection
) -> None:
    wrong = {path: figures_wrong(document, connection) for path, document in documents.items()}
    assert {path: found for path, found in wrong.items() if found} == {}
    assert sum(1 for document in documents.values() for _ in document.figures()) > 200


def test_numbers_stand_in_figures_alone(documents: dict[str, Document], connection: duckdb.DuckDBPyConnection) -> None:
    layout = pack_layout()
    names = [row.name for row in (*layout.practice.rows, *layout.medicines.rows, *layout.access.others)]
    loose = {path: numbers_loose(document, connection, (*PHRASES, *names)) for path, document in documents.items()}
    assert {path: found for path, found in loose.items() if found} == {}


AT_ODDS = "Its colour was judged on exact figures of patients: value and colour may look at odds."


def test_every_paper_with_counts_of_patients_says_what_is_hidden_and_rounded(documents: dict[str, Document]) -> None:
    silent = [
        path
        for path, document in documents.items()
        if COUNTS not in document.facts and DISCLOSURE not in lines_of(document) and path != "index"
    ]
    of_patients = {f"indicators/{WARFARIN}"}
    assert silent == [path for path in documents if path.startswith("indicators/") and path not in
                      {*of_patients, "indicators/index"}]  # fmt: skip
    told = {plain(document.facts[COUNTS]) for document in documents.values() if COUNTS in document.facts}
    assert told == {DISCLOSURE}


def test_a_colour_of_patients_may_look_at_odds_with_its_value(tmp_path: Path) -> None:
    given = rows()
    given["indicator_result"] = [
        {**row, "rag": "red"} if row["indicator_id"] == WARFARIN and row["state"] == "ok" else row
        for row in given["indicator_result"]
    ]
    said = {}
    for name, disclosure in (("rounded", DISCLOSURE), ("exact", EXACT), ("old", None)):
        made = make_release(tmp_path / f"{name}.duckdb", given | {"release": []})
        with duckdb.connect(made) as written:
            written.execute("insert into release by name select * from (select ? as release_id, '99A' as commissioner, "
                            "now()::timestamp as created_at, ? as disclosure)", [RELEASE, disclosure])  # fmt: skip
            if disclosure is None:  # as releases were before they said it
                written.execute("alter table release drop column disclosure")
                written.execute("alter table indicator drop column counts_patients")
        with opened(made) as reader:
            papers = dict(packs(reader, Texts(Path("no-narrative"), COMMISSIONER, PERIOD)))
        facts = lines_of(papers["practice/A81"])[-1]
        said[name] = (facts, AT_ODDS in " ".join(lines_of(papers[f"indicators/{WARFARIN}"])))
    assert said == {"rounded": (DISCLOSURE, True), "exact": (EXACT, False), "old": (UNSAID, False)}


def test_a_practice_beside_all_others(documents: dict[str, Document]) -> None:
    page = documents["practice/A81"]
    assert (page.title, page.subtitle) == ("Abbey (A81)", "Practice page, June 2017")
    facts = {name: plain(content) for name, content in page.facts.items()}
    assert facts == {"Where": "Alder, North; 3,717 registered patients (June 2017)"}
    table = table_of(page, "Trend against the report before (to March 2017) or, where that shows the same, the survey")
    captions = [block.caption for block in page.blocks if isinstance(block, Table)]
    assert captions[0].endswith("year before; judged only beyond chance; median of peers; place (where chance allows)")
    assert table[0] == ["Indicator", "Value", "Trend", "Target", "99A", "Peers", "Place"]
    shown = {row[0]: row[1:] for row in table[1:]}
    assert shown["Antibacterials per STAR-PU"] == [
        "GREEN 1.01",
        "improving",
        "< 1.16",
        "1.15",
        "1.01",
        "1st of 3 (1–2)",
    ]
    assert shown["Warfarin: INR in 4 months"] == ["RED 87.5%", "not known", "≥ 90%", "90%", "none", "not ranked"]
    assert shown["Appointments per 1,000/week"] == ["RED 68.2", "not known", "≥ 80", "75.0", "too few", "3rd of 4"]
    absent = ["not released", "not known", "none", "not released", "none", "not ranked"]
    assert shown["Hypertension recorded"] == absent


def test_what_a_practice_page_says_below_the_table(documents: dict[str, Document]) -> None:
    lines = lines_of(documents["practice/A81"])
    assert "Outlier: by no rule." in lines
    assert "Variation: Special cause: improvement: Antibacterials per STAR-PU." in lines
    contract = "GMS since 1 April 2004; patient participation group: yes; earnings published: no; "
    contract += (
        "patients' access to records: not stated; list: open (register of 30 June 2017). CQC: Good (2 March 2016)."
    )
    assert f"Contract: {contract}" in lines
    doubt = "Data in doubt: epd: closed practice dispensing (2, newest May 2017): Closed on 2016-09-30."
    assert doubt in lines
    assert lines[-2:] == [
        "Most data is at the end of June 2017; prescribing at the end of May 2017. "
        "Of March 2017: Making an appointment: good. "
        "Peers are of like list size and deprivation (list 1, deprivation 1, from the smallest and least deprived).",
        DISCLOSURE,
    ]


def test_a_practice_with_few_peers_says_so(documents: dict[str, Document]) -> None:
    table = table_of(documents["practice/B82"], "Trend")
    assert "Peers" not in table[0], "none of its figures has peers: the column would be words alone"
    shown = {row[0]: row[1:] for row in table_of(documents["practice/A81"], "Trend")[1:]}
    assert shown["Appointments per 1,000/week"][4] == "too few", "it has a figure, and nobody like it"
    assert shown["Hypertension recorded"][4] == "none"
    said = (
        "Peers: its group (list 3, deprivation 2) has 2 practices with a figure, itself among them; "
        "a median takes three or more, and none of them hidden."
    )
    assert said in lines_of(documents["practice/B82"])
    unknown = "Peers: not known: peers are told by list size and deprivation, and its list size is not known."
    assert unknown in lines_of(documents["practice/D84"])


def test_an_outlier_is_one_by_each_rule_of_the_shown_month(documents: dict[str, Document]) -> None:
    lines = lines_of(documents["practice/B82"])
    assert (
        "Outlier: Outside the funnel (high): Antibacterials per STAR-PU. Beyond the target by more than chance "
        "(interval beyond the target): Antibacterials per STAR-PU." in lines
    )
    assert "Variation: Special cause: concern: Antibacterials per STAR-PU." in lines
    assert "Contract: not in the register. CQC: no rating on record." in lines


def test_what_has_no_figure_says_why_and_is_never_zero(documents: dict[str, Document]) -> None:
    waiting, hidden = documents["practice/B82"], documents["practice/C83"]
    row = {cells[0]: cells[1:] for cells in table_of(waiting, "Trend")[1:]}
    assert row["Warfarin: INR in 4 months"] == ["awaiting", "not known", "≥ 90%", "90%", "not ranked"]
    assert "Warfarin: INR in 4 months: Awaiting gp search of June 2017 of the practice." in lines_of(waiting)
    row = {cells[0]: cells[1:] for cells in table_of(hidden, "Trend")[1:]}
    assert row["Warfarin: INR in 4 months"][0] == "hidden"
    assert row["Antibacterials per STAR-PU"] == ["GREEN 1.02", "not known", "< 1.16", "1.15", "2nd of 3"]
    assert "Warfarin: INR in 4 months: Hidden: few patients." in lines_of(hidden)
    assert plain(hidden.facts["Where"]).endswith("; not known registered patients (June 2017)")


def test_strips_draw_every_practice_that_has_a_figure(documents: dict[str, Document]) -> None:
    (chart,) = charts_of(documents["practice/A81"])
    assert "Antibacterials per STAR-PU: this practice 1.01 (interval 0.90 to 1.10)" in chart.alternative
    assert "practices from 1.01 to 1.30, practices together 1.15, target 1.16" in chart.alternative
    (chart,) = charts_of(documents["practice/B82"])
    assert 'id="strips-B82"' in chart.svg


def test_ten_key_points_of_a_neighbourhood(documents: dict[str, Document]) -> None:
    points = lines_of(documents["neighbourhood/N1"])[1:11]
    assert points[0] == (
        "Antibacterial items per STAR-PU (12 months to May 2017): RED 1.17, worse than the commissioner (1.15), "
        "up (worsening) since the report before (to March 2017); practices from 1.01 (Abbey) to 1.30 (Brook); "
        "1 of 2 practices achieve the target."
    )
    assert points[2] == (
        "Trimethoprim items, aged 70 and over (12 months to May 2017): 692 (commissioner: 8,995), "
        "not known at the report before (to March 2017)."
    )
    assert points[7] == ("Patients on warfarin with an INR in 4 months (June 2017): withheld: two searches differ.")
    assert points[1] == "Trimethoprim to nitrofurantoin ratio: not in this release."


@pytest.mark.parametrize(
    ("second", "point", "ends"),
    [
        (100, "; all practices that are shown at 100%", ["100% all that are shown", "as the lowest"]),
        (99.99, "; all practices that are shown at 100%", ["100% all that are shown", "as the lowest"]),  # as shown
        (None, "; the one practice that is shown (Abbey) at 100%", ["100% Abbey", "no other is shown"]),
        (90, "; practices from 90% (Brook) to 100% (Abbey)", ["90% Brook", "100% Abbey"]),
    ],
)
def test_practices_alike_are_not_called_lowest_and_highest(
    tmp_path: Path, second: float | None, point: str, ends: list[str]
) -> None:
    given = rows()
    others = [row for row in given["indicator_result"] if row["indicator_id"] != WARFARIN]
    mine = [result(WARFARIN, ("practice", code), JUNE, value) for code, value in (("A81", 100), ("B82", second))]
    given["indicator_result"] = [*others, *mine, result(WARFARIN, NORTH, JUNE, 96.4)]
    with opened(make_release(tmp_path / "release.duckdb", given)) as reader:
        papers = dict(packs(reader, Texts(Path("no-narrative"), COMMISSIONER, PERIOD)))
    assert point in lines_of(papers["neighbourhood/N1"])[8]
    table = {row[0]: row[1:] for row in table_of(papers["neighbourhood/N1"], "Medicines in Alder")[1:]}
    assert table["Patients on warfarin with an INR in 4 months"][3:5] == ends


def test_the_figures_below_the_key_points(documents: dict[str, Document]) -> None:
    table = {row[0]: row[1:] for row in table_of(documents["neighbourhood/N1"], "Medicines in Alder")[1:]}
    assert len(table) == 10
    assert table["Antibacterial items per STAR-PU"] == [
        *("RED 1.17 [up, worsening]", "under 1.16", "GREEN 1.15", "1.01 Abbey", "1.30 Brook", "1 of 2"),
    ]
    warfarin = table["Patients on warfarin with an INR in 4 months"]
    assert warfarin[0] == "Withheld: two searches differ."
    assert warfarin[3:5] == ["87.5% Abbey", "no other is shown"]


def test_who_misses_the_access_measure_is_ranked_by_the_survey(documents: dict[str, Document]) -> None:
    access = documents["access"]
    missing = table_of(access, "Not achieving")
    assert [(row[0], row[4]) for row in missing[1:]] == [
        *(("A81 Abbey", "11"), ("D84 Dene", "9"), ("C83 Cedar", "not ranked")),
    ]
    assert missing[1][2:6] == ["RED 68.2", "3rd of 4", "11", "70%, 3rd"]
    assert missing[3][9] == "70%, not ranked"
    assert [(row[0], row[4]) for row in table_of(access, "Achieving")[1:]] == [("B82 Brook", "achieves")]
    assert lines_of(access)[0] == (
        f"Name of {ACCESS} (June 2017): RED 75.0; target at least 80. Practices achieving it: 1 of 4."
    )
    assert table_of(access, "Access measures by neighbourhood")[-1][:3] == ["Commissioner", "RED 75.0", "1 of 4"]


def test_a_definition_has_owner_source_example_and_everybody(documents: dict[str, Document]) -> None:
    page = documents[f"indicators/{WARFARIN}"]
    facts = {name: plain(content) for name, content in page.facts.items()}
    assert (facts["Owner"], facts["Source"]) == ("medicines", "A paper")
    meaning = {row[0]: row[1] for row in table_of(page, "What it means")[1:]}
    assert meaning["Counted"] == "Items" and meaning["Per"] == "Patients"
    assert meaning["Unit"] == "%; higher is better" and meaning["Beware"] == "Few patients."
    assert table_of(page, "Versions")[1:] == [["2017-18", "from 1 April 2017", "Counted anew."]]
    assert table_of(page, "Targets")[1][2:5] == [
        *("Greater than or equal to 90", "from the beginning", "nobody is named"),
    ]
    assert "Items: 96; Patients: 128; multiplied by 100: 75.0 %." in lines_of(page)
    # No practice has a place: by value, and the heading says so.
    practices = table_of(page, "Practices, best value first; none is ranked (June 2017)")[1:]
    assert {row[3] for row in practices} == {"not ranked"}
    assert [row[0] for row in practices] == ["A81 Abbey", "B82 Brook", "C83 Cedar"]
    assert practices[1][2] == "Awaiting gp search of June 2017 of the practice."


def test_the_commissioner_and_its_control_chart_on_a_definition(documents: dict[str, Document]) -> None:
    page = documents[f"indicators/{STARPU}"]
    said = (
        "99A (12 months to May 2017): GREEN 1.15 [level, level]; target: under 1.16. Practices achieving it: 2 of 3. "
    )
    said += "Variation: common cause; the target is hit or missed by chance."
    assert said in lines_of(page)
    control, neighbourhoods, league = charts_of(page)
    rate = "each at the rate of a year (12 times the month)"
    assert control.title.endswith(f", month by month, {rate}; the figure itself is of 12 months to May 2017")
    assert "Alder" in neighbourhoods.alternative
    assert "mean 1.16" in control.alternative.lower() and "Outliers, worse: B82 1.30." in league.alternative
    assert [row[3] for row in table_of(page, "Practices, best place first")[1:]] == [
        *("1st of 3 (1st to 2nd)", "2nd of 3", "3rd of 3 (2nd to 3rd)"),
    ]
    assert lines_of(page)[-1] == ("Beyond the target by more than chance (interval beyond the target): B82 Brook.")


def test_the_index_names_every_indicator_with_its_owner(documents: dict[str, Document]) -> None:
    tables = [block for block in documents["indicators/index"].blocks if isinstance(block, Table)]
    listed = [plain(row.cells[0]) for table in tables for row in table.rows]  # type: ignore[union-attr]
    assert len(listed) == 9 and f"Name of {STARPU}" in listed
    assert table_of(documents["indicators/index"], "Indicators: prescribing")[1][1:4] == [
        *("GREEN 1.15 [level, level]", "May 2017", "medicines"),
    ]


def test_no_page_of_a_practice_costs_a_query(connection: duckdb.DuckDBPyConnection) -> None:
    class Counting(Reader):
        asked = 0

        def records(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def, override]
            Counting.asked += 1
            return super().records(*args, **kwargs)  # type: ignore[arg-type]

    texts = Texts(Path("no-narrative"), COMMISSIONER, PERIOD)
    asked = {path: Counting.asked for path, _ in packs(Counting(connection), texts)}
    # The first page reads for all.
    assert asked["practice/A81"] == asked["practice/D84"]
    assert asked["neighbourhood/N1"] == asked["neighbourhood/N2"]


def test_a_pack_and_the_report_read_an_indicator_to_the_same_month() -> None:
    layout = pack_layout()
    assert layout.group_of("qp-trimethoprim-items-age-70-plus-national", "published_indicator") == "prescribing"
    # A row of the report that goes to the end of the period does so in a pack, whatever it reads.
    assert layout.group_of(WARFARIN, "epd") == ""
    assert layout.group_of(TRIMETHOPRIM, "gp_list_quin_age, epd") == "prescribing"
