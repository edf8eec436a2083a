"""Addresses of the site: where each submission stands, and what several commissioners share."""

from __future__ import annotations

from datetime import date

import pytest

from publishing.reports.document import Figure, Shown, Source
from publishing.reports.reader import Record
from publishing.site import links
from publishing.site.submissions import readable, words


def submission(number: int, period: date) -> Record:
    return Record("submission", {"dataset": "epd", "submission_id": f"id{number:03}", "period": period})


def test_submissions_of_a_feed_and_year_share_pages_that_stay_light() -> None:
    many = [submission(number, date(2017, 1 + number % 12, 1)) for number in range(2 * links.MOST_SUBMISSIONS + 1)]
    first = submission(999, date(2016, 12, 1))
    # One file of two months has one place: with its first month.
    again = submission(999, date(2017, 1, 1))
    filed = links.filed({"epd": [first, again, *many], "ledger": []})
    assert filed["epd", "id999"] == ("submissions/epd/2016", "file-id999")
    held: dict[str, int] = {}
    for page, _ in filed.values():
        held[page] = held.get(page, 0) + 1
    assert held == {
        "submissions/epd/2016": 1,
        "submissions/epd/2017": links.MOST_SUBMISSIONS,
        "submissions/epd/2017-2": links.MOST_SUBMISSIONS,
        "submissions/epd/2017-3": 1,
    }
    assert len(set(filed.values())) == len(many) + 1


def test_a_figure_of_a_submission_leads_to_its_part_of_the_page() -> None:
    filed = links.filed({"epd": [submission(1, date(2017, 1, 1))]})
    source = Source("submission", {"dataset": "epd", "submission_id": "id001"}, "rows_read")
    origin = links.Origin({"epd"}, filed)
    assert origin.of("feeds/epd", Figure("1", 1, Shown(), (source,))) == "../submissions/epd/2017.html#file-id001"
    assert origin.tables == set()


@pytest.mark.parametrize(
    ("here", "link", "led"),
    [
        ("index", "data-quality.html#open", "../data-quality.html#open"),
        ("practice/a", "../feeds/epd.html", "../../feeds/epd.html"),
        ("lineage/a", "../submissions/epd/2017.html#file-1", "../../submissions/epd/2017.html#file-1"),
        ("practice/a", "../index.html", "../index.html"),
        ("lineage/a", "index.html", "index.html"),
        ("practice/a", "#gates", "#gates"),
        ("index", "https://example.org/gates/a.html", "https://example.org/gates/a.html"),
    ],
)
def test_a_page_of_one_of_several_leads_up_to_what_all_share(here: str, link: str, led: str) -> None:
    assert links.led(here, link) == led


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("row 4: scheme_id = CRES-1, net_plan = 648000", "row 4: scheme id CRES-1, net plan 648000"),
        (
            "plan_v1.csv: 1 mixed schemes have no recurrent_plan.",
            "plan_v1.csv: 1 mixed schemes have no recurrent plan.",
        ),
        (
            "my plan_v1 of_may.xlsx: see cres_plan_2.csv, cres_plan",
            "my plan_v1 of_may.xlsx: see cres_plan_2.csv, CRES plan",
        ),
        ("net_plan of plan_2.csv differs", "net plan of plan_2.csv differs"),
        ("the unique_cds_identifier (band_5_to_9 = 4)", "the unique CDS identifier (band 5 to 9 = 4)"),
        ("REM: sus_coding_drift; forecast_fy is open", "REM: SUS coding drift; forecast FY is open"),
        ("activity_position.state is null", "activity position state is null"),
        ("qof-obesity 2016-03-31 of feeds/sus_op, e.g. 0.5", "qof-obesity 2016-03-31 of feeds/sus_op, e.g. 0.5"),
    ],
)
def test_a_sentence_of_a_gate_says_names_as_words_and_files_as_they_are(message: str, shown: str) -> None:
    assert readable(message) == shown


def test_a_name_is_said_as_words() -> None:
    assert (words("cres_unsplit"), words("sus_quality")) == ("CRES unsplit", "SUS quality")
