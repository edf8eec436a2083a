"""Packs of releases that are unlike the usual one: of a survey alone, of feeds that never came, of strange codes."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest

from publishing.reports.document import Document, Table
from publishing.reports.pack_words import readable
from publishing.reports.packs import packs
from publishing.reports.reader import opened
from publishing.reports.texts import Texts
from publishing.reports.writing import write_all
from tests.unit.pack_rows import JUNE, MARCH, PERIOD, SURVEY
from tests.unit.report_release import (
    COMMISSIONER,
    Row,
    charts_of,
    comparison,
    definition,
    lines_of,
    listed,
    make_release,
    organisation,
    received,
    release,
    result,
    table_of,
    target,
)

SAFE = "hl-gpspec-safe-prescribing-set"
# Any indicator of the practice page.
REGISTER = "gpspec-warfarin-inr-4-months"
WHO = (("commissioner", COMMISSIONER), ("neighbourhood", "N1"), ("practice", "A81"))


def small(neighbourhood: str = "N1") -> dict[str, list[Row]]:
    """One practice in a neighbourhood."""
    return {
        "practice_month": [listed("A81", PERIOD, 3717, neighbourhood)],
        "organisation": [organisation("practice", "A81", "Abbey"), organisation("neighbourhood", neighbourhood, "N")],
    }


def test_months_of_a_feed_that_are_awaited_are_said_once_by_the_name_of_the_feed() -> None:
    assert readable("awaiting sus_ae 2016-06, sus_ae 2016-07 and 1 more") == (
        "Awaiting A&E attendances of June 2016, July 2016 and 1 more"
    )
    assert readable("awaiting epd 2016-06, gp_list 2016-06, gp_list 2016-07") == (
        "Awaiting epd of June 2016, gp list of June 2016, July 2016"
    )
    assert readable("received 2016-06-01") == "Received 2016-06-01"


def made(folder: Path, rows: Mapping[str, Sequence[Row]], commissioner: str = COMMISSIONER) -> dict[str, Document]:
    """The packs of a release with these rows."""
    with opened(make_release(folder / "release.duckdb", rows)) as reader:
        return dict(packs(reader.of(commissioner), Texts(Path("no-narrative"), commissioner, PERIOD)))


def captions(document: Document) -> list[str]:
    return [block.caption for block in document.blocks if isinstance(block, Table)]


def test_a_chart_whose_points_are_hidden_is_said_not_to_be_drawn(tmp_path: Path) -> None:
    of_all = {"indicator_id": SAFE, "version": "2017-18", "org_type": WHO[0][0], "org_code": WHO[0][1]}
    rows = {
        **small(),
        "indicator": [definition(SAFE)],
        "indicator_result": [result(SAFE, WHO[0], JUNE, 70.0, spc_variation="concern")],
        "indicator_spc": [{**of_all, "month": PERIOD, "period_end": JUNE, "value": None, "variation": "concern"}],
    }
    page = made(tmp_path, rows)[f"indicators/{SAFE}"]
    said = "Variation: special cause: concern. Its control chart is not drawn: from its points counts of patients"
    assert any(said in line for line in lines_of(page)) and not charts_of(page)


def test_targets_stand_in_the_order_of_time(tmp_path: Path) -> None:
    targets = [
        target(SAFE, "at_or_above", "80", valid_from=date(2018, 4, 1), org_type="commissioner"),
        target(SAFE, "at_or_above", "70", valid_from=date(2017, 4, 1), valid_to=date(2018, 3, 31)),
    ]
    rows = {**small(), "indicator": [definition(SAFE)], "indicator_threshold": targets}
    shown = table_of(made(tmp_path, rows)[f"indicators/{SAFE}"], "Targets")[1:]
    assert [row[2][-2:] for row in shown] == ["70", "80"]


@pytest.mark.parametrize(
    ("judged_by", "reduction", "shown"),
    [
        (45.2, "0.05", "at most 45.2"),
        (45.258, "0.05", "at most 45.26 (5% below its own baseline)"),
        (45.258, "0.125", "at most 45.26 (12.5% below its own baseline)"),
    ],
)
def test_a_target_of_its_own_baseline_says_so(tmp_path: Path, judged_by: float, reduction: str, shown: str) -> None:
    """The committee's paper says 45.2 or 5% below; nobody must look for another figure without being told why."""
    rows = {
        **small(),
        "indicator": [definition(SAFE)],
        "indicator_threshold": [target(SAFE, "baseline_reduction_or_national", "45.2", reduction=reduction)],
        "indicator_result": [result(SAFE, WHO[1], JUNE, 45.0, target=judged_by, band="met")],
    }
    table = table_of(made(tmp_path, rows)["neighbourhood/N1"], "Medicines in N")
    assert shown in [row[2] for row in table]


def test_what_never_came_is_awaited_and_what_has_no_figure_is_not_judged(tmp_path: Path) -> None:
    """A page without data must not read like one without faults."""
    waits = result(SAFE, WHO[2], JUNE, None, state_reason="awaiting gp_search 2017-06")
    documents = made(tmp_path, {**small(), "indicator": [definition(SAFE)], "indicator_result": [waits]})
    lines = lines_of(documents["practice/A81"])
    assert "Outlier: not judged: no figure of this practice is shown." in lines
    assert "Data in doubt: not judged: no figure of this practice is shown." in lines
    assert "Contract: awaiting the contract register. CQC: awaiting CQC ratings." in lines
    assert lines_of(documents[f"indicators/{SAFE}"])[-1] == "Not judged: no figure of a practice is shown."
    challenged = "Awaiting charges for high-cost drugs of April 2017, May 2017, June 2017."
    assert challenged in lines_of(documents["moc"])
    assert not any("was challenged" in line for line in lines_of(documents["moc"]))


def test_what_is_hidden_is_not_judged_in_public(tmp_path: Path) -> None:
    hidden = result(SAFE, WHO[2], JUNE, None, state="ok", state_reason="1 to 7 patients: not shown")
    documents = made(tmp_path, {**small(), "indicator": [definition(SAFE)], "indicator_result": [hidden]})
    assert "Outlier: not judged: no figure of this practice is shown." in lines_of(documents["practice/A81"])
    assert lines_of(documents[f"indicators/{SAFE}"])[-1] == "Not judged: no figure of a practice is shown."


@pytest.mark.parametrize(
    ("statistic", "shown", "is_said"), [("rate", None, True), ("none", None, False), ("rate", 2.5, False)]
)
def test_a_funnel_that_is_left_out_for_a_hidden_practice_says_so(
    tmp_path: Path, statistic: str, shown: float | None, is_said: bool
) -> None:
    rows = {
        **small(),
        "indicator": [definition(SAFE, statistic=statistic)],
        "indicator_result": [result(SAFE, WHO[0], JUNE, 3.0), result(SAFE, WHO[2], JUNE, shown, state="ok")],
        "indicator_comparison": [comparison(SAFE, "A81", JUNE, value=shown)],
    }
    said = [
        line for line in lines_of(made(tmp_path, rows)[f"indicators/{SAFE}"]) if line.startswith("There is no funnel")
    ]
    assert (
        said
        == ["There is no funnel: from its limits the figure of a practice that is hidden could be worked out."]
        * is_said
    )


def test_where_neither_way_is_good_nothing_is_better_or_worse(tmp_path: Path) -> None:
    """It rose, it is an outlier, its chart has a special cause: all of that is said, and none of it judged."""
    neutral = definition(REGISTER, unit="%", direction="neutral", decimals=1, name="Register", statistic="proportion")
    high = {"outlier": "high", "spc_variation": "neutral_high"}
    placed = {"place": 1, "best_place": 1, "worst_place": 1, "practices_ranked": 2, "ci_lower": 4.5, "ci_upper": 5.5}
    limits = {"benchmark": 3.0, "denominator": 1000, "alert_upper": 3.5, "outlier_upper": 4.0, "spread": 1.0}
    rows = {
        "practice_month": [listed(code, PERIOD, 3717, "N1") for code in ("A81", "B82")],
        "organisation": [
            *(organisation("practice", code, name) for code, name in (("A81", "Abbey"), ("B82", "Brook"))),
            organisation("neighbourhood", "N1", "Alder"),
        ],
        "indicator": [neutral],
        "indicator_result": [
            *(result(REGISTER, org, MARCH, 2.0) for org in WHO),
            result(REGISTER, WHO[0], JUNE, 3.0, trend="up", trend_meaning="neutral", spc_variation="neutral_high"),
            result(REGISTER, WHO[1], JUNE, 3.4),
            result(REGISTER, WHO[2], JUNE, 5.0, **high),
            result(REGISTER, ("practice", "B82"), JUNE, 2.5),
        ],
        "indicator_comparison": [
            comparison(REGISTER, "A81", JUNE, value=5.0, **placed, **limits),
            comparison(REGISTER, "B82", JUNE, value=2.5, **{**placed, **limits, "place": 2}),
        ],
    }
    documents = made(tmp_path, rows)
    page, briefing, practice = (documents[of] for of in (f"indicators/{REGISTER}", "neighbourhood/N1", "practice/A81"))
    assert {row[0]: row[1] for row in table_of(page, "What it means")[1:]}["Unit"] == "%; neither way is good in itself"
    assert [row[0] for row in table_of(page, "Practices, highest value first")[1:]] == ["A81 Abbey", "B82 Brook"]
    assert any("Variation: special cause: neutral high." in line for line in lines_of(page))
    assert lines_of(page)[-1].startswith("Neither way is good, so that no practice is an outlier")
    funnel, league = charts_of(page)[-2:]
    assert "1 outlier high, neither better nor worse: A81 5%." in funnel.alternative
    assert "2 practices (%), highest first, " in league.alternative and "Outliers, high: A81 5%." in league.alternative
    told = "3.4%, higher than the commissioner (3%), up (neutral) since the report before (to March 2017)"
    assert any(told in line for line in lines_of(briefing))
    assert ["Warfarin: INR in 4 months", "5%", "up"] in [row[:3] for row in table_of(practice, "Trend")]
    assert any("Variation: Special cause: neutral high: Warfarin" in line for line in lines_of(practice))
    said = " ".join(line for of in (page, briefing, practice) for line in lines_of(of))
    assert re.findall("better|worse|best|worst|improv|concern", said.replace("neither better nor worse", "")) == []


def test_none_is_said_of_what_came(tmp_path: Path) -> None:
    rows = {
        **small(),
        "indicator": [definition(SAFE)],
        "indicator_result": [result(SAFE, WHO[2], JUNE, 70.0)],
        "feed_month": [
            *received("cqc_rating", date(2017, 7, 1)),
            *received("high_cost_drug_charge", date(2017, 4, 1), date(2017, 5, 1)),
        ],
    }
    documents = made(tmp_path, rows)
    lines = lines_of(documents["practice/A81"])
    assert "Outlier: by no rule." in lines
    assert "Data in doubt: no open question about data of this practice." in lines
    assert "Contract: awaiting the contract register. CQC: no rating on record." in lines
    assert lines_of(documents[f"indicators/{SAFE}"])[-1] == "No practice is an outlier by any rule."
    start = lines_of(documents["moc"]).index("Challenges of drug charges")
    assert lines_of(documents["moc"])[start + 1 : start + 3] == [
        "No charge for a high-cost drug of April 2017, May 2017 was challenged.",
        "Awaiting charges for high-cost drugs of June 2017.",
    ]


def test_places_are_among_the_practices_of_all_commissioners_of_the_release(tmp_path: Path) -> None:
    """A strip is drawn of the commissioner's own practices and says so; a place is among those of all."""
    rows = {
        **small(),
        "release": [release(commissioner=f"LLR={COMMISSIONER},04C")],
        "indicator": [definition(SURVEY[0])],
        "indicator_result": [
            result(SURVEY[0], WHO[2], MARCH, 70.0),
            result(SURVEY[0], ("practice", "Z99"), MARCH, 1.0),
        ],
    }
    rows["practice_month"].append({**listed("Z99", PERIOD, 5000, "N9"), "commissioner_code": "04C"})
    documents = made(tmp_path, rows)
    assert lines_of(documents["access"])[1].startswith(
        "Places are among all practices of all commissioners of this release, the best first; in brackets"
    )
    (chart,) = charts_of(documents["practice/A81"])
    assert chart.title == "A81 among all practices of the commissioner"
    assert "70.00 to 70.00" in chart.alternative


def test_a_strange_code_stops_no_pack_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    rows = small("N 1/x")
    rows["practice_month"].append(listed("B 82/y", PERIOD, 5000, "N 1 x"))
    rows |= {
        "indicator": [definition(SAFE), definition(SURVEY[0])],
        "indicator_result": [
            result(name, ("practice", code), end, 1.0)
            for name, end in ((SAFE, JUNE), (SURVEY[0], MARCH))
            for code in ("A81", "B 82/y")
        ],
    }
    documents = made(tmp_path, rows)
    assert "practice/A81" in documents
    pages = [
        page
        for path, document in documents.items()
        for page in write_all([document], (tmp_path / path).parent, ["html"])
    ]
    assert len(pages) == len(documents) == 4 + 2 + 2 + 1 + 2
    links = {
        (page.parent / link).resolve()
        for page in pages
        for link in re.findall(r'href="([^"#:]+[.]html)"', page.read_text(encoding="utf-8"))
    }
    shown = {page.resolve() for page in pages}
    assert {page for page in shown if page.parent.name == "practice"} <= links
    # Indicators that the release lacks have no page: their names are in the layout alone. The report is no pack.
    others = {link for link in links - shown if link.parent.name != "indicators"}
    assert others == {(tmp_path / "committee-report.html").resolve()}


def test_a_control_chart_of_too_few_months_is_the_line_of_the_results(tmp_path: Path) -> None:
    """The release has the values, but neither limits nor a count of points."""
    months = ((date(2017, 5, 1), date(2017, 5, 31), 80.0), (PERIOD, JUNE, 70.0))
    of_all = {"indicator_id": SAFE, "version": "2017-18", "org_type": WHO[0][0], "org_code": WHO[0][1]}
    rows = {
        **small(),
        "indicator": [definition(SAFE)],
        "indicator_result": [result(SAFE, WHO[0], end, value) for _, end, value in months],
        "indicator_spc": [
            {**of_all, "month": month, "period_end": end, "value": value} for month, end, value in months
        ],
    }
    (chart,) = charts_of(made(tmp_path, rows)[f"indicators/{SAFE}"])
    assert chart.title == f"Name of {SAFE}, by period"


@pytest.mark.parametrize(
    ("received", "said"),
    [
        (None, "Awaiting gp search of June 2017 (due 14 July 2017). Target: none."),
        (datetime(2017, 7, 10), "Awaiting gp search of June 2017; the file came without it. Target: none."),
    ],
)
def test_a_definition_says_when_what_its_figure_waits_for_is_due(
    tmp_path: Path, received: datetime | None, said: str
) -> None:
    month = {"dataset": "gp_search", "month": PERIOD, "due_on": date(2017, 7, 14), "first_received_at": received}
    awaiting = result(SAFE, WHO[0], JUNE, None, state_reason="awaiting gp_search 2017-06")
    rows = {**small(), "indicator": [definition(SAFE)], "indicator_result": [awaiting], "feed_month": [month]}
    lines = lines_of(made(tmp_path, rows)[f"indicators/{SAFE}"])
    assert any(said in line for line in lines), [line for line in lines if "Awaiting" in line]
