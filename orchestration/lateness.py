"""Months of feeds that should be here and are not, as alerts to the owner of the feed.

Which month is due when is in `sources.calendar`. A month is told once until it comes; of a feed of which more are
missing than a person asks a supplier for one by one, one alert says that it has stopped.
"""

from collections.abc import Iterable

from publishing.alerts import OVERDUE, Alert, fingerprint
from sources.calendar import Overdue

STOPPED_AFTER = 3


def alerts_from_overdue(late: Iterable[Overdue]) -> list[Alert]:
    """One alert for each month, or one for the feed where it has stopped."""
    alerts = []
    for dataset, months in _by_feed(late).items():
        if len(months) > STOPPED_AFTER:
            alerts.append(_stopped(dataset, months))
        else:
            alerts += [_month(item) for item in months]
    return alerts


def arrived(late: Iterable[Overdue], told: Iterable[tuple[str, str]]) -> set[str]:
    """Fingerprints of told months that are overdue no more, and of feeds that come again.

    A feed that has stopped since is not told to have recovered in the months that were told one by one.

    Args:
        late: all that is overdue now.
        told: (fingerprint, severity) of the alerts that are open.
    """
    feeds = _by_feed(late)
    open_now = {_month(item).fingerprint for months in feeds.values() for item in months}
    open_now |= {_stopped_mark(dataset) for dataset, months in feeds.items() if len(months) > STOPPED_AFTER}
    return {known for known, severity in told if severity == OVERDUE and known not in open_now}


def _by_feed(late: Iterable[Overdue]) -> dict[str, list[Overdue]]:
    feeds: dict[str, list[Overdue]] = {}
    for item in late:
        feeds.setdefault(item.dataset, []).append(item)
    return feeds


def _stopped_mark(dataset: str) -> str:
    return fingerprint(OVERDUE, dataset, "stopped")


def _month(item: Overdue) -> Alert:
    return _alert(
        item,
        fingerprint(OVERDUE, item.dataset, str(item.month)),
        f"{item.dataset} {item.month:%Y-%m} is overdue",
        f"1 month; due by {item.due}",
    )


def _stopped(dataset: str, months: list[Overdue]) -> Alert:
    first, last = months[0], months[-1]
    return _alert(
        first,
        _stopped_mark(dataset),
        f"{dataset} has stopped: {len(months)} months are overdue",
        f"{len(months)} months, {first.month:%Y-%m} to {last.month:%Y-%m}; the first was due by {first.due}",
    )


def _alert(item: Overdue, mark: str, title: str, count: str) -> Alert:
    return Alert(
        fingerprint=mark,
        severity=OVERDUE,
        title=title,
        owner=item.owner,
        feed=item.dataset,
        body=(
            "What: no file of it was received by the day on which the contract expects it.",
            f"Where: feed {item.dataset}",
            f"How many: {count}",
            "What follows: figures that read it are awaited; missing is never counted as nothing.",
            "What to do: ask the supplier, and put the file into the inbox. If the feed has ended or comes later now, "
            "say so in its contract.",
        ),
    )
