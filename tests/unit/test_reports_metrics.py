"""Which result of an indicator a report shows: as far as its feeds had come, as it stands, and never an older one."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from publishing.reports.document import Trend
from publishing.reports.metrics import DataUpTo, month_end, months_after, received_up_to, trend_of, year_name
from publishing.reports.reader import Reader, Record

MAY, JUNE = date(2017, 5, 1), date(2017, 6, 1)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute(
            "create table release as select 'R1' as release_id, '99A' as commissioner, "
            "timestamp '2017-08-20 09:00:00' as created_at, cast(null as timestamp) as as_at"
        )
        made.execute("create table feed_month (dataset varchar, month date, first_received_at timestamp)")
        yield made


def receive(connection: duckdb.DuckDBPyConnection, dataset: str, month: str, at: str | None) -> None:
    connection.execute("insert into feed_month values (?, ?, ?)", [dataset, month, at])


def test_months_and_years() -> None:
    assert (month_end(date(2016, 2, 1)), month_end(date(2017, 12, 1))) == (date(2016, 2, 29), date(2017, 12, 31))
    assert (months_after(JUNE, -6), months_after(JUNE, 7)) == (date(2016, 12, 1), date(2018, 1, 1))
    assert (year_name(date(2017, 3, 1)), year_name(date(2017, 4, 1)), year_name(date(1999, 4, 1))) == (
        *("2016/17", "2017/18", "1999/00"),
    )


def test_a_group_goes_as_far_as_all_of_its_feeds(connection: duckdb.DuckDBPyConnection) -> None:
    for dataset, month, at in (
        *(("sus_opa", "2017-05-01", "2017-07-01"), ("sus_opa", "2017-06-01", "2017-08-01")),
        *(("sus_apce", "2017-05-01", "2017-07-01"), ("sus_apce", "2017-06-01", None)),
        ("sus_opa", "2017-07-01", "2017-09-01"),  # after the period
    ):
        receive(connection, dataset, month, at)
    data = received_up_to(Reader(connection), JUNE, {"hospital": ("sus_opa", "sus_apce"), "absent": ("epd",)})
    assert (data.of("hospital"), data.of("absent"), data.of("")) == (MAY, JUNE, JUNE)


def test_a_group_that_went_further_than_the_period_is_read_to_the_period() -> None:
    assert DataUpTo(JUNE, {"prescribing": date(2017, 8, 1)}).of("prescribing") == JUNE


@pytest.mark.parametrize(
    ("before", "now", "decimals", "expected"),
    [
        (9.203, 8.5, 1, Trend("down", "improving")),
        (8.5, 9.203, 1, Trend("up", "worsening")),
        (9.193, 9.192, 1, Trend("level", "level")),  # as displayed
        (9.193, 9.192, 3, Trend("down", "improving")),
        (1000.0, 999.0, 0, Trend("down", "improving")),
        (None, 8.5, 1, None),
        (8.5, None, 1, None),
    ],
)
def test_a_trend_is_that_of_the_values_as_displayed(
    before: float | None, now: float | None, decimals: int, expected: Trend | None
) -> None:
    definition = Record("indicator", {"decimals": decimals, "direction": "down"})
    rows = [Record("indicator_result", {"value": value}) for value in (now, before)]
    assert trend_of(definition, rows[0], rows[1]) == expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(3.1, 3.4, Trend("up", "neutral")), (3.4, 3.1, Trend("down", "neutral")), (3.1, 3.12, Trend("level", "level"))],
)
def test_where_neither_way_is_good_a_move_means_neither(before: float, now: float, expected: Trend) -> None:
    definition = Record("indicator", {"decimals": 1, "direction": "neutral"})
    rows = [Record("indicator_result", {"value": value}) for value in (now, before)]
    assert trend_of(definition, rows[0], rows[1]) == expected


def test_a_direction_that_is_not_known_is_no_judgement() -> None:
    definition = Record("indicator", {"decimals": 1, "direction": "sideways"})
    rows = [Record("indicator_result", {"value": value}) for value in (2.0, 1.0)]
    with pytest.raises(ValueError, match="'sideways' of an indicator is none of up, down, neutral"):
        trend_of(definition, rows[0], rows[1])


def test_without_a_report_before_there_is_no_trend() -> None:
    definition = Record("indicator", {"decimals": 1, "direction": "down"})
    assert trend_of(definition, Record("indicator_result", {"value": 1.0}), None) is None
