"""The expected-month calendar: which file should be here by a given day.

Comes from the contracts; who asks brings the day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sources.contracts import Contract
from sources.manifests import Submission


@dataclass(frozen=True)
class Overdue:
    """A month of a feed that should have been received by `due` and was not."""

    dataset: str
    month: date
    due: date
    owner: str


@dataclass(frozen=True)
class FeedMonth:
    """A month of a feed that was expected or came, as on one day. `state` goes by the first file that stands."""

    dataset: str
    supplier: str
    month: date
    due_on: date
    first_received_at: datetime | None
    current_received_at: datetime | None
    state: str
    days_late: int | None


def london_day(moment: datetime) -> date:
    """The day that people here write at this moment."""
    return moment.astimezone(ZoneInfo("Europe/London")).date()


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def overdue(
    contracts: Mapping[str, Contract], in_force: Mapping[str, Mapping[date, object]], today: date
) -> list[Overdue]:
    """Months that are due by `today` and were not received, oldest first.

    A feed is expected from the first month that was ever received of it: what nobody sends yet is not late. Registers
    carry their own dates and are not expected in any month.
    """
    late = []
    for dataset, periods in in_force.items():
        contract = contracts[dataset]
        if contract.cadence == "register" or not periods:
            continue
        for month in _expected(contract, min(periods)):
            due = due_day(contract, month)
            if due > today:
                break
            if month not in periods:
                late.append(Overdue(dataset, month, due, contract.owner))
    return sorted(late, key=lambda item: (item.due, item.dataset))


def feed_months(
    contracts: Mapping[str, Contract],
    known: Iterable[Submission],
    in_force: Mapping[str, Mapping[date, Iterable[Submission]]],
    moment: datetime,
) -> list[FeedMonth]:
    """Each month of each feed from the first one received to that of the moment, and later ones that came.

    As `overdue`: registers are not expected in any month, and what nobody ever sent is not late. Each month stands for
    itself: a good February says nothing of a missing June.

    Args:
        known: every submission that stands, superseded ones included; one that was withdrawn was never received.
        in_force: those that count, by dataset and month.
    """
    first: dict[tuple[str, date], datetime] = {}
    for submission in known:
        for facts in submission.periods:
            place = (submission.dataset, facts.period)
            first[place] = min(first.get(place, submission.received_at), submission.received_at)
    today, months = london_day(moment), []
    for dataset, periods in sorted(in_force.items()):
        contract = contracts[dataset]
        if contract.cadence == "register" or not periods:
            continue
        wanted = {*periods, *_until(contract, min(periods), today)}
        for month in sorted(wanted):
            current = max((s.received_at for s in periods.get(month, ())), default=None)
            came = first.get((dataset, month)) if current is not None else None
            months.append(_feed_month(contract, month, came, current, today))
    return months


def _feed_month(
    contract: Contract, month: date, came: datetime | None, current: datetime | None, today: date
) -> FeedMonth:
    due = due_day(contract, month)
    day = london_day(came) if came is not None else today
    days = max((day - due).days, 0)
    if came is None:
        state = "missing" if due <= today else "not_due"
    elif day < next_month(month):
        state = "early"
    else:
        state = "late" if days else "on_time"
    moments = [moment and moment.astimezone(UTC).replace(tzinfo=None) for moment in (came, current)]
    late = None if state == "not_due" else days
    return FeedMonth(contract.dataset, contract.supplier, month, due, moments[0], moments[1], state, late)


def _until(contract: Contract, first: date, last: date) -> Iterable[date]:
    for month in _expected(contract, first):
        if month > last:
            return
        yield month


def due_day(contract: Contract, month: date) -> date:
    """By when the file of a month should be here: so many days after its month ends.

    Of a month before the calendar begins, which nobody expects: as when it began.
    """
    began = sorted(contract.calendar, key=lambda e: e.from_month)
    entry = ([e for e in began if e.from_month <= month] or began[:1])[-1]
    return next_month(month) - timedelta(days=1) + timedelta(days=entry.due_days)


def not_yet_received(contract: Contract, first: date) -> list[date]:
    """Months of the calendar of a feed before the first that ever came: nobody is asked for them."""
    if contract.cadence == "register" or not contract.calendar:
        return []
    began = min(entry.from_month for entry in contract.calendar)
    return [month for month in _until(contract, began, first) if month < first]


def _expected(contract: Contract, first: date) -> Iterable[date]:
    """Months of its calendar from the first one received, without end; none before the calendar begins.

    A month between two that are expected (a monthly run of a quarterly search) moves none of them.
    """
    month = first
    while not is_on_calendar(contract, month):
        month = next_month(month)
    while True:
        if contract.interval_at(month) is not None:
            yield month
        for _ in range(contract.interval_at(month) or 1):
            month = next_month(month)
            if contract.interval_at(month) == 1:  # a slower cadence ends where a monthly one begins
                break


def is_on_calendar(contract: Contract, month: date) -> bool:
    """Whether a month is a whole number of steps from where its calendar begins, also before that."""
    began = sorted(contract.calendar, key=lambda entry: entry.from_month)
    entry = ([entry for entry in began if entry.from_month <= month] or began[:1])[-1]
    months = (month.year - entry.from_month.year) * 12 + month.month - entry.from_month.month
    return months % entry.every_months == 0
