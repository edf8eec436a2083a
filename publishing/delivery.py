"""How alerts reach people: the log always, Apprise channels where there are any, an outbox for what no channel took.

Belongs here: once per problem, recovery, retries and what is said about a dead channel. What an alert says is in
`publishing.alerts`. A channel is only ever named by its place in PCW_ALERT_URLS and its kind: its URL holds secrets.

Told at least once: a message is in the outbox before its problem counts as told, and leaves it when every channel took
it. A crash in the moment between sending and removing sends it twice.
"""

import hashlib
import json
import logging
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pcw.errors import PcwError
from pcw.files import fsync_dir, read_json, write_atomically
from pcw.home import Home
from publishing.alerts import DIGEST, NOTICE, Alert

PRODUCT = "Primary Care Warehouse"
# Told once like problems, but nothing that could be open or recover.
REPORTS = frozenset({DIGEST})
SECONDS_PER_CHANNEL = 30
log = logging.getLogger("pcw.alerts")
log.addHandler(logging.NullHandler())  # else Python prints what is a warning, and not the rest, to a terminal


@dataclass(frozen=True)
class Channel:
    """One entry of PCW_ALERT_URLS: `URL`, or `owner,owner=URL` for some owners only."""

    position: int
    url: str
    owners: frozenset[str]

    @property
    def key(self) -> str:
        """Stands for the channel in the outbox; says nothing of its secrets."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:8]

    def __str__(self) -> str:
        kind = re.match(r"[a-z0-9]+(?=://)", self.url)
        return f"alert channel {self.position} of PCW_ALERT_URLS ({kind.group() if kind else 'not a URL'})"


@dataclass
class DeliveryReport:
    """What became of the alerts of one run: problems, digests and recoveries, each with its line in `told`.

    `failures`: one sentence per channel that did not take its messages.
    """

    new: int = 0
    digests: int = 0
    recovered: int = 0
    delivered: int = 0
    undelivered: int = 0
    failures: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    owners: frozenset[str] = frozenset()  # whose problems came or went; not who is sent a digest

    def raise_for_failures(self) -> None:
        """Make a dead channel an error.

        Raises:
            PcwError: a channel failed; names it by position and kind.
        """
        if self.failures:
            raise PcwError(
                f"{self.undelivered} alert message(s) wait in the outbox for the next run: {' '.join(self.failures)}"
            )


@dataclass(frozen=True)
class _Message:
    """One message to one owner; `delivered` holds the keys of channels that took it."""

    owner: str
    title: str
    body: str
    severe: bool
    delivered: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return hashlib.sha256("|".join((self.owner, self.title, self.body)).encode()).hexdigest()[:12]


def check_channels(urls: Sequence[str]) -> None:
    """Refuse what Apprise does not understand, before it is needed.

    Raises:
        PcwError: names the position of the entry, not its contents.
    """
    for channel in _channels(urls):
        if _service(channel) is None:
            raise PcwError(_malformed(channel))


def deliver(
    alerts: Sequence[Alert],
    urls: Sequence[str],
    home: Home,
    *,
    cleared: Collection[str] = (),
    now: datetime | None = None,
) -> DeliveryReport:
    """Tell owners about new problems and about those that are gone; retry what earlier runs could not deliver.

    Args:
        alerts: problems that exist now. One already told is not told again.
        urls: PCW_ALERT_URLS. None: the log is the only channel.
        cleared: fingerprints that are known to be gone, from `cleared_by`.

    Returns:
        The report; call `raise_for_failures` on it after everything else is done.
    """
    now = now or datetime.now(UTC)
    home.outbox.mkdir(parents=True, exist_ok=True)
    channels = _channels(urls)
    told: dict[str, Any] = read_json(_state(home)) if _state(home).exists() else {}
    failing = {alert.fingerprint for alert in alerts}
    new = list({alert.fingerprint: alert for alert in alerts if alert.fingerprint not in told}.values())
    gone = {
        fingerprint: told[fingerprint] for fingerprint in told if fingerprint in cleared and fingerprint not in failing
    }
    digests = sum(alert.severity in REPORTS for alert in new)
    report = DeliveryReport(new=len(new) - digests, digests=digests, recovered=len(gone))
    report.owners = frozenset(
        [*(alert.owner for alert in new if alert.severity not in REPORTS), *(entry["owner"] for entry in gone.values())]
    )
    if new or gone:
        remaining = {fingerprint: entry for fingerprint, entry in told.items() if fingerprint not in gone}
        report.told = _write_log(home, new, gone.values(), now)
        if channels:
            _queue(home, _messages(new, list(gone.values()), list(remaining.values())), now)
        for alert in new:
            remaining[alert.fingerprint] = {
                "title": alert.title,
                "owner": alert.owner,
                "severity": alert.severity,
                "since": now.isoformat(),
            }
        write_atomically(_state(home), json.dumps(remaining, indent=2, ensure_ascii=False) + "\n")
    _send_outbox(home, channels, report)
    return report


def told_alerts(home: Home) -> list[tuple[str, str]]:
    """(fingerprint, severity) of problems that were told and are not cleared."""
    told = read_json(_state(home)) if _state(home).exists() else {}
    return [(fingerprint, entry["severity"]) for fingerprint, entry in told.items()]


def open_alerts(home: Home) -> list[dict[str, Any]]:
    """Problems that were told and are not cleared: title, owner, severity, since."""
    told = read_json(_state(home)) if _state(home).exists() else {}
    return [entry for entry in told.values() if entry["severity"] not in REPORTS]


def undelivered(home: Home) -> int:
    """Messages that some channel has not taken."""
    return len(list(home.outbox.glob("*.json"))) if home.outbox.is_dir() else 0


def _state(home: Home) -> Path:
    return home.root / "alerts.json"


def _channels(urls: Sequence[str]) -> list[Channel]:
    channels = []
    for position, entry in enumerate(urls, start=1):
        routed = re.fullmatch(r"([\w-]+(?:,[\w-]+)*)=(\w+://.*)", entry.strip())
        owners, url = (routed.group(1).lower().split(","), routed.group(2)) if routed else ([], entry.strip())
        channels.append(Channel(position, url, frozenset(owners)))
    return channels


def _messages(
    new: Iterable[Alert], gone: Iterable[dict[str, Any]], remaining: Iterable[dict[str, Any]]
) -> list[_Message]:
    """One message per owner."""
    new, gone, remaining = list(new), list(gone), list(remaining)
    messages = []
    for owner in sorted({alert.owner for alert in new} | {entry["owner"] for entry in gone}):
        told = sorted((alert for alert in new if alert.owner == owner), key=lambda alert: (alert.severity, alert.title))
        problems = [alert for alert in told if alert.severity not in REPORTS]
        reports = [alert for alert in told if alert.severity in REPORTS]
        recovered = [entry for entry in gone if entry["owner"] == owner]
        still_open = sum(entry["owner"] == owner and entry["severity"] not in REPORTS for entry in remaining)
        counts = [f"{len(problems)} new problem{'s' if len(problems) != 1 else ''}"] if problems else []
        counts += [f"{len(reports)} digest{'s' if len(reports) != 1 else ''}"] if reports else []
        counts += [f"{len(recovered)} recovered"] if recovered else []
        sections = ["\n".join((f"[{alert.severity}] {alert.title}", *alert.body)) for alert in problems + reports]
        sections += [
            f"[recovered] {entry['title']}: {_put_right(entry)} (open since {entry['since'][:10]})."
            for entry in recovered
        ]
        if still_open:
            sections.append(
                f"{still_open} earlier problem{'s' if still_open != 1 else ''} of yours still open: see `pcw status`."
            )
        messages.append(
            _Message(owner, f"{PRODUCT}: {', '.join(counts)} for {owner}", "\n\n".join(sections), bool(problems))
        )
    return messages


def _put_right(entry: dict[str, Any]) -> str:
    return "this is so no longer" if entry["severity"] == NOTICE else "this has passed again"


def _write_log(home: Home, new: Iterable[Alert], gone: Iterable[dict[str, Any]], now: datetime) -> list[str]:
    """Write an entry for each; returns a line for each, as a terminal shows them."""
    entries = [{"event": "digest" if alert.severity in REPORTS else "problem", **asdict(alert)} for alert in new] + [
        {"event": "recovered", **entry} for entry in gone
    ]
    with (home.root / "alerts.log").open("a", encoding="utf-8") as file:
        for entry in entries:
            file.write(json.dumps({"at": now.isoformat(), **entry}, ensure_ascii=False) + "\n")
            level = logging.WARNING if entry["event"] == "problem" else logging.INFO
            log.log(level, "%s for %s: %s", entry["event"], entry["owner"], entry["title"])
    return [f"{entry['event']} for {entry['owner']}: {entry['title']}" for entry in entries]


def _queue(home: Home, messages: Iterable[_Message], now: datetime) -> None:
    """Put messages into the outbox, unless a crashed run has queued the same ones already."""
    waiting = {message.key for _, message in _outbox(home)}
    for number, message in enumerate(messages):
        if message.key not in waiting:
            name = f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{number:03}-{message.key}.json"
            write_atomically(home.outbox / name, json.dumps(asdict(message), indent=2, ensure_ascii=False) + "\n")


def _outbox(home: Home) -> list[tuple[Path, _Message]]:
    """What waits, oldest first."""
    waiting = []
    for file in sorted(home.outbox.glob("*.json")):
        stored = read_json(file)
        waiting.append((file, _Message(**{**stored, "delivered": tuple(stored["delivered"])})))
    return waiting


def _send_outbox(home: Home, channels: Sequence[Channel], report: DeliveryReport) -> None:
    """Send what waits to every channel that has not taken it. A channel that fails is not tried again in this run."""
    services = {}
    dead: dict[str, str] = {}
    for file, message in _outbox(home):
        addressed = _addressed(channels, message.owner)
        taken = list(message.delivered)
        for channel in addressed:
            if channel.key in taken or channel.key in dead:
                continue
            if channel.key not in services:
                services[channel.key] = _service(channel)
            failure = _send(channel, services[channel.key], message)
            if failure is None:
                taken.append(channel.key)
            else:
                dead[channel.key] = failure
                log.error("%s", failure)
        if addressed and all(channel.key in taken for channel in addressed):
            file.unlink()
            fsync_dir(home.outbox)
            report.delivered += 1
        else:
            report.undelivered += 1
            if taken != list(message.delivered):
                left = {**asdict(message), "delivered": taken}
                write_atomically(file, json.dumps(left, indent=2, ensure_ascii=False) + "\n")
    report.failures.extend(dead.values())


def _addressed(channels: Sequence[Channel], owner: str) -> list[Channel]:
    """Channels of an owner, and those for everybody. An owner without any is told through all: somebody must hear of
    it.
    """
    return [channel for channel in channels if not channel.owners or owner in channel.owners] or list(channels)


def _service(channel: Channel) -> Any | None:
    """An Apprise object with this one channel; None if the URL is malformed."""
    import apprise  # slow to import, and most runs have nothing to tell

    # Its own log shows malformed URLs whole, secrets and all; what matters of it is in our report.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    # No state on disk outside PCW_HOME.
    service = apprise.Apprise(asset=apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY))
    service.asset.app_id, service.asset.app_desc = PRODUCT, PRODUCT
    return service if service.add(channel.url) else None


def _send(channel: Channel, service: Any | None, message: _Message) -> str | None:
    """Send one message; the sentence to show if it was not taken."""
    import apprise

    if service is None:
        return _malformed(channel)
    result = service.notify(
        title=message.title,
        body=message.body,
        body_format=apprise.NotifyFormat.TEXT,
        notify_type=apprise.NotifyType.WARNING if message.severe else apprise.NotifyType.SUCCESS,
        timeout=SECONDS_PER_CHANNEL,
    )
    if result.status == apprise.AppriseResultStatus.SUCCESS:
        return None
    return (
        f"{channel} did not take the message ({result.status.name.lower()}): "
        "check that it is reachable and that its credentials are right."
    )


def _malformed(channel: Channel) -> str:
    return f"{channel} is not a URL that Apprise understands: correct it (https://appriseit.com lists the forms)."
