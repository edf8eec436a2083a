"""The expected-month calendar: which file should be here by a given day.

Comes from the contracts; who asks brings the day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sources.contracts import Contract


@dataclass(frozen=True)
class Overdue:
    """A month of a feed that should have been received by `due` and was not."""

    dataset: str
    month: date
    due: date
    owner: str


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


def due_day(contract: Contract, month: date) -> date:
    """By when the file of a month should be here: so many days after its month ends."""
    entry = max((e for e in contract.calendar if e.from_month <= month), key=lambda e: e.from_month)
    return next_month(month) - timedelta(days=1) + timedelta(days=entry.due_days)


def _expected(contract: Contract, first: date) -> Iterable[date]:
    """Months of a feed from the first one received, without end."""
    month = first
    while True:
        yield month
        for _ in range(contract.interval_at(month) or 1):
            month = next_month(month)
            if contract.interval_at(month) == 1:  # a slower cadence ends where a monthly one begins
                break
