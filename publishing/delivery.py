"""Who is told of what, and when: once per problem, recovery, what persists, and channels that are dead.

What an alert says is in `publishing.alerts`, how messages read in `publishing.messages`, how they wait and travel in
`publishing.outbox`. The log (`alerts.log`) is always told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pcw.files import read_json
from pcw.home import Home
from publishing.alerts import CHANNEL, DEFAULT_OWNER, Alert, fingerprint
from publishing.channels import Channel, channels_of
from publishing.messages import REPORTS, compose, plural
from publishing.outbox import DeliveryReport, commit, recover, send, undelivered

STATE = "alerts.json"


def deliver(
    alerts: Sequence[Alert],
    urls: Sequence[str],
    home: Home,
    *,
    cleared: Collection[str] = (),
    accepted: Collection[str] = (),
    how: Mapping[str, str] | None = None,
    look: str | None = None,
    now: datetime | None = None,
) -> DeliveryReport:
    """Tell owners about new problems and about those that are gone; retry what earlier runs could not deliver.

    Args:
        alerts: problems that exist now. One already told is not told again; it is counted.
        urls: PCW_ALERT_URLS. None: the log is the only channel.
        cleared: fingerprints that are known to be gone, from `cleared_by`.
        accepted: those of them that are only accepted, by a waiver.
        how: fingerprint of what is gone -> what put it right, in words, where more is known than that.
        look: the run that found this, so that telling it twice counts what persists once; None counts nothing.

    Returns:
        The report; call `raise_for_failures` on it after everything else is done.
    """
    now = now or datetime.now(UTC)
    recover(home)
    channels = channels_of(urls)
    told = _told(home)
    failing = {alert.fingerprint for alert in alerts}
    new = list({alert.fingerprint: alert for alert in alerts if alert.fingerprint not in told}.values())
    gone = {
        known: told[known]
        | ({"is_accepted": True} if known in accepted else {})
        | ({"how": how[known]} if how and known in how else {})
        for known in told
        if known in cleared and known not in failing
    }
    remaining = {known: entry for known, entry in told.items() if known not in gone}
    if look is not None:
        remaining = {
            known: _seen_again(entry, look) if known in failing else entry for known, entry in remaining.items()
        }
    after = remaining | {alert.fingerprint: _entry(alert, now, look) for alert in new}
    entries = log_entries(new, gone.values())
    if after != told:
        messages = compose(new, gone.values(), remaining.values(), channels) if channels else []
        commit(home, {STATE: after}, messages, entries, now)
    report = send_all(home, channels, now)
    problems = [alert for alert in new if alert.severity not in REPORTS]
    report.new, report.digests, report.recovered = len(problems), len(new) - len(problems), len(gone)
    report.told = [f"{entry['event']} for {entry['owner']}: {entry['title']}" for entry in entries]
    report.owners = frozenset([*(alert.owner for alert in problems), *(entry["owner"] for entry in gone.values())])
    return report


def send_all(home: Home, channels: Sequence[Channel], now: datetime) -> DeliveryReport:
    """Send what waits; report a channel that fails through the others, once until it takes messages again."""
    dead: dict[str, str] = {}
    delivered, alive = send(home, channels, dead)
    if _note_channels(home, channels, dead, alive, now):
        delivered += send(home, channels, dead)[0]
    return DeliveryReport(delivered=delivered, undelivered=undelivered(home), failures=list(dead.values()))


def told_alerts(home: Home) -> list[tuple[str, str]]:
    """(fingerprint, severity) of problems that were told and are not cleared."""
    return [(known, entry["severity"]) for known, entry in _told(home).items()]


def open_alerts(home: Home) -> list[dict[str, Any]]:
    """Problems that were told and are not cleared: title, owner, severity, since, seen, feed."""
    return [entry for entry in _told(home).values() if entry["severity"] not in REPORTS]


def dead_channels(home: Home) -> list[dict[str, Any]]:
    """Channels that took nothing when they were last tried, as open alerts."""
    return [entry for entry in open_alerts(home) if entry["severity"] == CHANNEL]


def log_entries(new: Collection[Alert], gone: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the log keeps of problems, reports and recoveries."""
    told = [
        {
            "event": "digest" if alert.severity in REPORTS else "problem",
            "fingerprint": alert.fingerprint,
            "severity": alert.severity,
            "title": alert.title,
            "owner": alert.owner,
            "feed": alert.feed,
            "body": alert.body,
        }
        for alert in new
    ]
    return told + [{"event": "recovered", **entry} for entry in gone]


def _told(home: Home) -> dict[str, Any]:
    state = home.root / STATE
    return read_json(state) if state.exists() else {}


def _entry(alert: Alert, now: datetime, look: str | None) -> dict[str, Any]:
    return {
        "title": alert.title,
        "owner": alert.owner,
        "severity": alert.severity,
        "feed": alert.feed,
        "since": now.isoformat(),
        "seen": 0,
        "look": look,
    }


def _seen_again(entry: dict[str, Any], look: str) -> dict[str, Any]:
    if entry["severity"] in REPORTS or entry.get("look") == look:
        return entry
    return {**entry, "seen": entry.get("seen", 0) + 1, "look": look}


def _note_channels(
    home: Home, channels: Sequence[Channel], dead: dict[str, str], alive: Collection[str], now: datetime
) -> bool:
    """Queue what is to be said of channels that died or live again; whether there is anything.

    A channel that was not tried is neither. One that is in the settings no more is dead no longer.
    """
    told = _told(home)
    keys = {channel.key: channel for channel in channels}
    marks = {key: fingerprint(CHANNEL, key) for key in keys}
    new = [_channel_alert(channel, home, dead[key]) for key, channel in keys.items() if key in dead]
    new = [alert for alert in new if alert.fingerprint not in told]
    known = {mark: entry for mark, entry in told.items() if entry["severity"] == CHANNEL}
    lives = {mark for key, mark in marks.items() if key in alive and key not in dead}
    gone = {mark: entry for mark, entry in known.items() if mark in lives or mark not in marks.values()}
    if not new and not gone:
        return False
    after = {mark: entry for mark, entry in told.items() if mark not in gone}
    after |= {alert.fingerprint: _entry(alert, now, None) for alert in new}
    messages = []
    for key, mark in [*marks.items(), *((None, mark) for mark in gone if mark not in marks.values())]:
        others = [channel for channel in channels if channel.key != key]
        alerts, entries = [alert for alert in new if alert.fingerprint == mark], [gone[mark]] if mark in gone else []
        if others:  # with one channel alone the log, the exit code and `pcw health` must do
            messages += [replace(message, not_through=key) for message in compose(alerts, entries, (), others)]
    commit(home, {STATE: after}, messages, log_entries(new, gone.values()), now)
    return True


def _channel_alert(channel: Channel, home: Home, failure: str) -> Alert:
    count = sum(1 for _ in home.outbox.glob("*.json"))
    return Alert(
        fingerprint=fingerprint(CHANNEL, channel.key),
        severity=CHANNEL,
        title=f"{channel} takes no messages",
        owner=DEFAULT_OWNER,
        body=(
            f"What: {failure}",
            f"How many: {plural(count, 'message')} in the outbox of this deployment, with those of other channels.",
            "What follows: they wait on disk, in order, and go out at the first run after it is back. Nothing is lost.",
            "What to do: see that the address, its server and its credentials are right.",
        ),
    )
