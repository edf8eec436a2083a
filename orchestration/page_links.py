"""Where the page of quality is that an alert or a check in the Dagster UI leads to.

Without PCW_PAGES_URL it is a file, for who can open it. What is on a page is in `publishing.quality_pages`.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

import dagster as dg

from orchestration.page_guard import spared
from orchestration.quality import is_a_page, refresh
from pcw.home import Home
from pcw.settings import Settings
from publishing.alerts import OVERDUE, Alert
from publishing.quality_pages import FILE_STAGES, INDEX, UNRECOGNISED, page_file
from sources.contracts import load_contracts


def page_address(settings: Settings, stage: str, name: str | None) -> str:
    """The page of a feed or table; without a name the index, at that gate where it is served."""
    folder = Home(settings.home).quality
    page = page_file(folder, stage, name) if name else folder / INDEX
    if settings.pages_url is None:
        return str(page)
    return f"{settings.pages_url}/{page.relative_to(folder)}{'' if name else f'#{stage}'}"


def page_value(settings: Settings, stage: str, name: str | None) -> dg.MetadataValue:
    """The same, as the UI shows it."""
    address = page_address(settings, stage, name)
    return dg.MetadataValue.path(address) if settings.pages_url is None else dg.MetadataValue.url(address)


def page_of(alert: Alert) -> tuple[str, str | None] | None:
    """Stage and name of the page of an alert (no name: the index); None where it is about no check, file or month."""
    feed = alert.feed if alert.feed in load_contracts() else None
    if alert.severity == OVERDUE:
        return ("rows", feed) if feed else None
    if alert.gate is None:
        return None
    suite, stage = alert.gate
    if stage in FILE_STAGES and feed is None:  # of a file that landed the verdict of gate 1 does not say the feed
        return stage, UNRECOGNISED if alert.severity == "refused" else None
    if stage in FILE_STAGES:
        return stage, feed
    return (stage, suite) if is_a_page(stage, suite) else None


def with_pages(
    alerts: Iterable[Alert], told: Collection[str], home: Home, settings: Settings, now: datetime
) -> list[Alert]:
    """The alerts, those not told yet with their page, which is written anew so that it is there and says the same.

    Where it cannot be written they are told without: a page never keeps an alert from its owner.
    """
    alerts = list(alerts)
    pages = {alert.fingerprint: page_of(alert) for alert in alerts if alert.fingerprint not in told}
    if not spared(lambda: refresh(home, filter(None, pages.values()), now)):
        return alerts
    return [
        replace(alert, body=(*alert.body, f"Page: {page_address(settings, *page)}"))
        if (page := pages.get(alert.fingerprint))
        else alert
        for alert in alerts
    ]
