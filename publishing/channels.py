"""Where messages go: the entries of PCW_ALERT_URLS, whom each is for, and sending one message to one of them.

A channel is only ever named by its place in PCW_ALERT_URLS and its kind: its URL holds secrets. What waits for a
channel is in `publishing.outbox`.
"""

import hashlib
import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pcw.errors import PcwError
from publishing.causes import ACTIVITY

PRODUCT = "Primary Care Warehouse"
FEED = "feed:"
SECONDS_PER_CHANNEL = 30
_NAME = rf"(?:{FEED})?[\w-]+"


@dataclass(frozen=True)
class Channel:
    """One address of PCW_ALERT_URLS: `URL` for everybody, `owner,feed:dataset=URL` for these owners and feeds only."""

    position: int
    url: str
    owners: frozenset[str] = frozenset()
    feeds: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """Stands for the channel in the outbox; says nothing of its secrets."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:8]

    def hears(self, owner: str) -> bool:
        """Whether all that concerns this owner goes here."""
        return owner in self.owners or not (self.owners or self.feeds)

    def carries(self, feed: str | None) -> bool:
        """Whether what concerns this feed goes here; checks of hospital activity name the activity of a feed."""
        return feed is not None and any(feed in (stated, ACTIVITY.get(stated)) for stated in self.feeds)

    def __str__(self) -> str:
        kind = re.match(r"[a-z0-9]+(?=://)", self.url)
        return f"alert channel {self.position} of PCW_ALERT_URLS ({kind.group() if kind else 'not a URL'})"


def channels_of(urls: Sequence[str]) -> list[Channel]:
    """The channels in their order. An address that is given twice is one channel, for all that either is for."""
    found: dict[str, Channel] = {}
    for position, entry in enumerate(urls, start=1):
        routed = re.fullmatch(rf"({_NAME}(?:,{_NAME})*)=(\w+://.*)", entry.strip(), flags=re.IGNORECASE)
        names, url = (routed.group(1).lower().split(","), routed.group(2)) if routed else ([], entry.strip())
        channel = Channel(
            position,
            url,
            owners=frozenset(name for name in names if not name.startswith(FEED)),
            feeds=frozenset(name.removeprefix(FEED) for name in names if name.startswith(FEED)),
        )
        found[url] = _merged(found[url], channel) if url in found else channel
    return list(found.values())


def _merged(first: Channel, second: Channel) -> Channel:
    if any(not (channel.owners or channel.feeds) for channel in (first, second)):
        return Channel(first.position, first.url)
    return Channel(first.position, first.url, first.owners | second.owners, first.feeds | second.feeds)


def check_channels(urls: Sequence[str], feeds: Collection[str] | None = None) -> None:
    """Refuse what Apprise does not understand, and a feed that nobody sends, before it is needed.

    Args:
        feeds: the datasets that there are; None asks nothing about them.

    Raises:
        PcwError: names the position of the entry, not its contents.
    """
    for channel in channels_of(urls):
        if service_of(channel) is None:
            raise PcwError(malformed(channel))
        unknown = sorted(channel.feeds - {*feeds, *ACTIVITY.values()}) if feeds is not None else []
        if unknown:
            known = ", ".join(sorted(feeds or ()))
            raise PcwError(f"{channel} is for feed {', '.join(unknown)}, which there is not. Feeds are: {known}.")


def service_of(channel: Channel) -> Any | None:
    """An Apprise object with this one channel; None if the URL is malformed."""
    import apprise  # slow to import, and most runs have nothing to tell

    # Its own log shows malformed URLs whole, secrets and all; what matters of it is in our report.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    # No state on disk outside PCW_HOME.
    service = apprise.Apprise(asset=apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY))
    service.asset.app_id, service.asset.app_desc = PRODUCT, PRODUCT
    return service if service.add(channel.url) else None


def transmit(channel: Channel, service: Any | None, *, title: str, body: str, severe: bool) -> str | None:
    """Send one message; the sentence to show if it was not taken."""
    import apprise

    if service is None:
        return malformed(channel)
    result = service.notify(
        title=title,
        body=body,
        body_format=apprise.NotifyFormat.TEXT,
        notify_type=apprise.NotifyType.WARNING if severe else apprise.NotifyType.SUCCESS,
        timeout=SECONDS_PER_CHANNEL,
    )
    if result.status == apprise.AppriseResultStatus.SUCCESS:
        return None
    return (
        f"{channel} did not take the message ({result.status.name.lower()}): "
        "check that it is reachable and that its credentials are right."
    )


def malformed(channel: Channel) -> str:
    """The sentence about an address that Apprise does not know."""
    return f"{channel} is not a URL that Apprise understands: correct it (https://appriseit.com lists the forms)."
