"""The expected-month calendar: each month stands for itself, and the moment is said, never asked of a clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from sources.calendar import FeedMonth, due_day, feed_months, overdue
from sources.contracts import load_contracts

EPD = load_contracts()["epd"]
FEBRUARY, MARCH, APRIL, MAY = (date(2017, month, 1) for month in (2, 3, 4, 5))


def _sent(month: date, received: datetime) -> Any:
    return SimpleNamespace(dataset="epd", received_at=received, periods=(SimpleNamespace(period=month),))


def _months(known: list[Any], moment: datetime) -> dict[date, FeedMonth]:
    newest = {facts.period: (sent,) for sent in known for facts in sent.periods}
    return {row.month: row for row in feed_months({"epd": EPD}, known, {"epd": newest}, moment)}


def _at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def test_each_state_by_the_first_file_of_the_month() -> None:
    due = {month: due_day(EPD, month) for month in (FEBRUARY, MARCH, APRIL, MAY)}
    late = _at(date.fromordinal(due[MARCH].toordinal() + 9))
    known = [_sent(FEBRUARY, _at(due[FEBRUARY])), _sent(MARCH, late), _sent(MAY, _at(date(2017, 5, 20)))]
    rows = _months(known, _at(date.fromordinal(due[APRIL].toordinal() + 3)))
    assert [(rows[month].state, rows[month].days_late) for month in due] == [
        ("on_time", 0), ("late", 9), ("missing", 3), ("early", 0),
    ]  # fmt: skip
    assert rows[date(2017, 6, 1)].state == "not_due"
    assert rows[date(2017, 6, 1)].days_late is None


def test_a_correction_moves_neither_the_first_receipt_nor_another_month() -> None:
    first, again = _at(due_day(EPD, FEBRUARY)), _at(date(2017, 7, 1))
    rows = _months([_sent(FEBRUARY, first), _sent(FEBRUARY, again)], _at(date(2017, 8, 1)))
    february = rows[FEBRUARY]
    assert (february.state, february.first_received_at) == ("on_time", first.replace(tzinfo=None))
    assert february.current_received_at == again.replace(tzinfo=None)
    assert rows[MARCH].state == "missing", "a good February says nothing of March"


def test_a_registers_months_are_not_expected_and_what_nobody_sent_is_not_late() -> None:
    contracts = load_contracts()
    register = {"epraccur": {FEBRUARY: (_sent(FEBRUARY, _at(MARCH)),)}, "epd": {}}
    assert feed_months(contracts, [], register, _at(MAY)) == []


def test_a_month_before_the_calendar_begins_is_there_and_none_beside_it_is_missing() -> None:
    """A file of 2012 once stopped every release and every `pcw status`."""
    early, began = date(2012, 4, 1), EPD.calendar[0].from_month
    assert early < began
    known = [_sent(early, _at(MAY)), _sent(FEBRUARY, _at(due_day(EPD, FEBRUARY)))]
    rows = _months(known, _at(due_day(EPD, APRIL)))
    assert rows[early].state == "late" and rows[early].due_on == due_day(EPD, early)
    assert min(month for month in rows if month != early) == began
    assert {row.state for month, row in rows.items() if began <= month < FEBRUARY} == {"missing"}
    late = overdue({"epd": EPD}, {"epd": dict.fromkeys((early, FEBRUARY), ())}, due_day(EPD, MARCH))
    assert min(item.month for item in late) == began


def test_every_feed_that_is_expected_has_a_calendar() -> None:
    assert [c.dataset for c in load_contracts().values() if c.cadence != "register" and not c.calendar] == []
