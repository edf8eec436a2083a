"""Packs of releases that are unlike the usual one: of a survey alone, of feeds that never came, of strange codes."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from publishing.reports.document import Document, Table
from publishing.reports.packs import packs
from publishing.reports.reader import opened
from publishing.reports.texts import Texts
from tests.unit.pack_rows import JUNE, MARCH, PERIOD, SURVEY
from tests.unit.report_release import (
    COMMISSIONER,
    Row,
    definition,
    lines_of,
    listed,
    make_release,
    organisation,
    result,
    table_of,
)

LAST_SURVEY = date(2016, 3, 31)
SAFE = "hl-gpspec-safe-prescribing-set"
WHO = (("commissioner", COMMISSIONER), ("neighbourhood", "N1"), ("practice", "A81"))


def small(neighbourhood: str = "N1") -> dict[str, list[Row]]:
    """One practice in a neighbourhood."""
    return {
        "practice_month": [listed("A81", PERIOD, 3717, neighbourhood)],
        "organisation": [organisation("practice", "A81", "Abbey"), organisation("neighbourhood", neighbourhood, "N")],
    }


def made(folder: Path, rows: Mapping[str, Sequence[Row]], commissioner: str = COMMISSIONER) -> dict[str, Document]:
    """The packs of a release with these rows."""
    with opened(make_release(folder / "release.duckdb", rows)) as reader:
        return dict(packs(reader.of(commissioner), Texts(Path("no-narrative"), commissioner, PERIOD)))


def captions(document: Document) -> list[str]:
    return [block.caption for block in document.blocks if isinstance(block, Table)]


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
    assert captions(documents["practice/A81"])[0].startswith("Trend against the survey or year before; median")
    assert table_of(documents["practice/A81"], "Trend")[2][2] == "worsening"
    assert captions(documents["neighbourhood/N1"]) == ["Medicines in N, trend against the survey or year before"]
    assert (
        "70%, as in the commissioner (70%), down (worsening) against the survey or year before;"
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
    assert captions(briefing) == ["Medicines in N, trend against Mar 2017 report"]
    assert "70.00, unchanged since Mar 2017 report." in lines_of(briefing)[10]
