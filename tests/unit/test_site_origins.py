"""What a figure of the site is led to: the files of the months that it was read from, and of no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from publishing.explaining import Asked, explain
from publishing.origin import Origins
from publishing.reports.document import Figure, Heading, Link, Table
from publishing.reports.metrics import months_after
from publishing.reports.pack_data import PackData
from publishing.reports.reader import opened
from publishing.reports.texts import Texts
from publishing.site import links
from publishing.site.lineage import Lineage
from publishing.site.links import Origin
from publishing.site.organisations import before
from tests.unit.pack_rows import JUNE, MARCH, PERIOD, SURVEY, A
from tests.unit.report_release import COMMISSIONER, Row, definition, make_release, result, submission

HERE = links.practice(A[1])
GPPS, READMISSIONS = SURVEY[0], "emergency-readmission-30-day-rate"
LAST_SURVEY, BEFORE_IT = date(2016, 3, 31), date(2015, 3, 31)


@contextmanager
def led(folder: Path, rows: Mapping[str, Sequence[Row]]) -> Iterator[tuple[PackData, Origins, Origin]]:
    """A release with these rows, and what leads its figures."""
    with opened(make_release(folder / "release.duckdb", rows)) as reader:
        origins = Origins(reader)
        data = PackData(reader, Texts(Path("no-narrative"), COMMISSIONER, PERIOD))
        yield data, origins, Origin(origins.contracts, links.filed(origins.submissions))


def files_of(data: PackData, origins: Origins, origin: Origin, figure: Figure) -> list[str] | None:
    """Files behind a figure by three clicks, by their ids; None where it leads to no period."""
    page, _, anchor = origin.of(HERE, figure).removeprefix("../").partition("#")
    filed = links.filed(origins.submissions)
    ids = {anchor: submission_id for (_, submission_id), (_, anchor) in filed.items()}
    found = {one.path: one.document for one in Lineage(data, origins, filed, origin, list(data.versions)).pages()}
    if not anchor:
        return None
    blocks = iter(found[page.removesuffix(".html")].blocks)
    assert any(isinstance(block, Heading) and block.anchor == anchor for block in blocks)
    table = next(block for block in blocks if isinstance(block, Table))
    hrefs = [one.href for row in table.rows for cell in row.cells for one in cell if isinstance(one, Link)]
    return sorted(ids[place] for href in hrefs if (place := href.partition("#")[2]) in ids)


def survey(*results: Row) -> dict[str, list[Row]]:
    """The survey of patients in three years."""
    return {
        "indicator": [definition(GPPS, unit="%", direction="up", decimals=1, source_feeds="gp_patient_survey")],
        "indicator_result": list(results),
        "submission": [submission("gp_patient_survey", date(year, 3, 1)) for year in (2015, 2016, 2017)],
    }


def surveyed(end: date, value: float | None, **changed: object) -> Row:
    return result(GPPS, A, end, value, window_start=end.replace(day=1), **changed)


def before_of(data: PackData) -> Figure:
    metric = data.metric(GPPS, A)
    assert metric is not None
    (figure,) = before(data, metric)
    assert isinstance(figure, Figure)
    return figure


@pytest.mark.parametrize(
    ("earlier", "files"),
    [
        # The survey before; where it is not known, the last that is.
        ([surveyed(BEFORE_IT, 60.0), surveyed(LAST_SURVEY, 70.0)], ["gp_patient_survey-2016-03"]),
        ([surveyed(BEFORE_IT, 70.0), surveyed(LAST_SURVEY, None)], ["gp_patient_survey-2015-03"]),
        # The release lacks it, or has another figure there.
        ([], None),
        ([surveyed(LAST_SURVEY, 60.0)], None),
    ],
)
def test_a_figure_before_leads_to_the_files_of_its_own_period(
    tmp_path: Path, earlier: Sequence[Row], files: list[str] | None
) -> None:
    with led(tmp_path, survey(*earlier, surveyed(MARCH, 80.0, previous_value=70.0))) as (data, origins, origin):
        figure = before_of(data)
        assert figure.text == "70%"
        assert files_of(data, origins, origin, figure) == files
        metric = data.metric(GPPS, A)
        assert metric is not None
        now = metric.current.figure("value", metric.how)
        assert files_of(data, origins, origin, now) == ["gp_patient_survey-2017-03"]


def test_an_indicator_that_looks_back_names_the_files_of_those_months_too(tmp_path: Path) -> None:
    """Of a year to June, which looks two months back, files from May of the year before; of a plain one from July."""
    plain, months = "emergency-admission-rate", [months_after(date(2016, 3, 1), ahead) for ahead in range(17)]
    window = {"window_start": date(2016, 7, 1)}
    rows = {
        "indicator": [
            definition(READMISSIONS, source_feeds="sus_apc", lookback_months=2),
            definition(plain, source_feeds="sus_apc"),
        ],
        "indicator_result": [result(name, A, JUNE, 1.5, **window) for name in (READMISSIONS, plain)],
        "submission": [submission("sus_apcs", month) for month in months],
    }
    with led(tmp_path, rows) as (data, origins, origin):
        for indicator, since in ((READMISSIONS, date(2016, 5, 1)), (plain, date(2016, 7, 1))):
            metric = data.metric(indicator, A)
            assert metric is not None
            files = files_of(data, origins, origin, metric.current.figure("value", metric.how))
            expected = [f"sus_apcs-{month:%Y-%m}" for month in months if since <= month <= JUNE]
            assert files == expected, indicator
            said = list(explain(data.reader, Asked(indicator, A[1])))
            told = [line.split()[-1] for line in said if line.endswith(".csv")]
            assert told == [f"sus_apcs_{month:%Y%m}.csv" for month in months if since <= month <= JUNE]
            assert ("  looks back   to 2016-05" in said) is (indicator == READMISSIONS)


def test_beside_an_indicator_stands_only_what_can_move_it(tmp_path: Path) -> None:
    """Registers and lists, not the risk register or returns of trusts; with a return the list of who sent one."""
    with led(tmp_path, survey(result(GPPS, ("practice", A[1]), MARCH, 1))) as (_, origins, _):
        beside = set(origins.feeds_beside())
        assert {"epraccur", "practice_groups", "bnf_code_changes", "indicator_reference"} <= beside
        assert beside.isdisjoint({"risk_register", "monthly_ae", "gp_appointments_commissioner", "gp_patient_survey"})
        returned = origins.feeds_of({"source_feeds": "friends_and_family"})  # type: ignore[arg-type]
        assert returned == ["friends_and_family", "friends_and_family_submission"]
