"""What pages make of a figure: against which it moved, whether that is good or bad, and that it is rounded."""

from datetime import date
from pathlib import Path

import pytest

from tests.unit.pack_rows import JUNE, MARCH, PERIOD, SURVEY
from tests.unit.report_release import definition, lines_of, listed, result, table_of, target
from tests.unit.test_reports_packs_cases import REGISTER, SAFE, WHO, captions, made, small

LAST_SURVEY = date(2016, 3, 31)


def test_a_survey_that_both_reports_show_is_against_the_survey_before(tmp_path: Path) -> None:
    """Its trend is the release's own: to name the report before would date a change that was in last year's paper."""
    fell = {"trend": "down", "trend_meaning": "worsening"}
    rows = {
        **small(),
        "indicator": [definition(name, unit="%", direction="up", decimals=1) for name in (SURVEY[0], SAFE)],
        "indicator_result": [
            *(result(name, org, LAST_SURVEY, 80.0) for name in (SURVEY[0], SAFE) for org in WHO),
            *(result(name, org, MARCH, 70.0, **fell) for name in (SURVEY[0], SAFE) for org in WHO),
        ],
    }
    documents = made(tmp_path, rows)
    assert captions(documents["practice/A81"])[0].startswith("Trend against the survey or year before; judged")
    assert table_of(documents["practice/A81"], "Trend")[2][2] == "down"
    assert captions(documents["neighbourhood/N1"]) == ["Medicines in N, trend against the survey or year before"]
    assert (
        "70%, as in the commissioner (70%), down against the survey or year before;"
        in (lines_of(documents["neighbourhood/N1"])[10])
    )
    assert captions(documents["moc"])[-1].endswith("trend against the survey or year before")


def test_a_survey_without_one_before_is_not_said_to_lack_a_report(tmp_path: Path) -> None:
    rows = {**small(), "indicator": [definition(SAFE)], "indicator_result": [result(SAFE, WHO[1], MARCH, 70.0)]}
    assert "70.00, not known in the survey or year before." in lines_of(made(tmp_path, rows)["neighbourhood/N1"])[10]


def test_a_new_figure_is_against_the_report_before(tmp_path: Path) -> None:
    results = [result(SAFE, WHO[1], end, value) for end, value in ((MARCH, 70.0), (JUNE, 70.0))]
    rows = {**small(), "indicator": [definition(SAFE)], "indicator_result": results}
    briefing = made(tmp_path, rows)["neighbourhood/N1"]
    assert captions(briefing) == ["Medicines in N, trend against the report before (to March 2017)"]
    assert "70.00, unchanged since the report before (to March 2017)." in lines_of(briefing)[10]


def test_what_varies_by_chance_is_neither_better_nor_worse(tmp_path: Path) -> None:
    """The chart of A81 finds chance and that of the neighbourhood a special cause."""
    charts = {WHO[1]: "concern", WHO[2]: "common"}
    names, values = (SURVEY[0], SAFE), ((MARCH, 80.0), (JUNE, 70.0))
    results = [result(name, org, end, value) for name in names for org in WHO for end, value in values]
    for row in results:
        row["spc_variation"] = charts.get((row["org_type"], row["org_code"]))
    definitions = [definition(name, direction="up") for name in names]
    rows = {**small(), "indicator": definitions, "indicator_result": results}
    documents = made(tmp_path, rows)
    trends = {row[2] for row in table_of(documents["practice/A81"], "Trend")[1:]}
    assert trends == {"down", "not known"}
    said = "70.00, as in the commissioner (70.00), down (worsening) since"
    assert said in lines_of(documents["neighbourhood/N1"])[10]
    assert [row[2] for row in table_of(documents[f"indicators/{SAFE}"], "Practices")[1:]] == ["70.00 [down, None]"]


@pytest.mark.parametrize(
    ("value", "rag", "said"), [(100.0, "red", "(rounded)"), (85.0, "red", ""), (85.0, "green", "(rounded)")]
)
def test_a_figure_that_its_colour_contradicts_is_said_to_be_rounded(
    tmp_path: Path, value: float, rag: str, said: str
) -> None:
    """Eight of nine are red, and are shown as ten of ten."""
    judged = {"rag": rag, "target": 90.0, "band": "A"}
    rows = {
        **small(),
        "indicator": [definition(REGISTER, unit="%", direction="up", decimals=1, counts_patients=True)],
        "indicator_threshold": [target(REGISTER, "at_or_above", "90")],
        "indicator_result": [result(REGISTER, WHO[2], JUNE, value, **judged)],
    }
    [shown] = [row[1] for row in table_of(made(tmp_path, rows)["practice/A81"], "Trend")[1:] if "%" in row[1]]
    assert shown == f"{rag.upper()} {value:.0f}% {said}".strip()


def test_a_practice_open_for_a_part_has_no_trend(tmp_path: Path) -> None:
    """Its year fills month by month: each figure is higher than the one before, also the first that is whole."""
    given = ((WHO[2], MARCH, 27.3, 5), (WHO[2], JUNE, 49.0, 8), (("practice", "B82"), MARCH, 40.0, 9))
    given += ((("practice", "B82"), JUNE, 55.0, 12),)
    results = [
        result(SURVEY[0], who, end, value, months_open=months, spc_variation="concern")
        for who, end, value, months in given
    ]
    rows = {**small(), "indicator": [definition(SURVEY[0], direction="down")], "indicator_result": results}
    rows["practice_month"] = [*rows["practice_month"], listed("B82", PERIOD, 2000, "N1")]
    documents = made(tmp_path, rows)
    assert {row[2] for row in table_of(documents["practice/A81"], "Trend")[1:]} == {"not known"}
    assert any(
        "Open for part: it was not a practice in all months" in line for line in lines_of(documents["practice/A81"])
    )
    assert [row[2] for row in table_of(documents[f"indicators/{SURVEY[0]}"], "Practices")[1:]] == [
        *("49.00 (open for part)", "55.00"),
    ]
