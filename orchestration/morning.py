"""What is done once a day: owners of late feeds are told, and every owner gets the digest of the day.

The calendar and the digest are in their rooms; here is their order. From the schedule of the daemon, or `pcw digest`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orchestration.digest import send_digests
from orchestration.lateness import alerts_from_overdue, arrived
from orchestration.page_links import with_pages
from orchestration.submissions import submissions_of
from pcw.home import Home
from pcw.settings import Settings
from publishing.delivery import deliver, told_alerts
from sources.calendar import Overdue, london_day, overdue
from sources.contracts import load_contracts
from sources.ledger import current


@dataclass
class Morning:
    """What came of it. `failures`: one sentence per channel that takes nothing."""

    late: Sequence[Overdue] = ()
    newly_late: int = 0
    digests: int = 0
    failures: list[str] = field(default_factory=list)


def late_months(home: Home, now: datetime) -> list[Overdue]:
    """Months of feeds that should be here today and are not."""
    contracts = load_contracts()
    return overdue(contracts, current(submissions_of(home), contracts), london_day(now))


def morning(home: Home, settings: Settings, now: datetime | None = None) -> Morning:
    """Tell owners what is late and send the digests of the day; twice on a day the second does nothing.

    Whoever calls holds the lease. A dead channel is in the result, for the caller to raise when all is done.
    """
    now = now or datetime.now(UTC)
    urls = [url.get_secret_value() for url in settings.alert_urls]
    late = late_months(home, now)
    told = told_alerts(home)
    alerts = with_pages(alerts_from_overdue(late), {known for known, _ in told}, home, settings, now)
    report = deliver(alerts, urls, home, cleared=arrived(late, told), look=f"{now:%Y-%m-%d}", now=now)
    digests, sent = send_digests(home, urls, late, london_day(now), now)
    return Morning(late, report.new, digests, sent.failures)
