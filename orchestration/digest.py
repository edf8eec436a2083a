"""The daily digest: one message a day to each owner who has something open, late or put right, and never two.

Belongs here: what it says, to whom, and that it is said once a day. Owners without anything to say get none. On Mondays
whoever keeps the deployment gets one all the same: who hears nothing for weeks cannot tell calm from a dead messenger.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pcw.files import read_json
from pcw.home import Home
from publishing.alerts import CHANNEL, DEFAULT_OWNER, OVERDUE
from publishing.channels import PRODUCT, channels_of
from publishing.delivery import dead_channels, open_alerts, send_all
from publishing.messages import fitted, plural, recovery, shortened, standing
from publishing.outbox import LOG, DeliveryReport, Message, commit, recover
from publishing.shelf import current_id, current_release
from sources.calendar import Overdue
from sources.receipts import waiting_files

STATE = "digest.json"
MONDAY = 0
# Open too, each under a heading of its own.
TOLD_APART = frozenset({OVERDUE, CHANNEL})


@dataclass(frozen=True)
class Digest:
    """What one owner is told of a day; `whole` is the text, `is_news` whether there is anything to say."""

    owner: str
    whole: tuple[tuple[str, str], ...]
    is_news: bool
    severe: bool


def send_digests(
    home: Home, urls: Sequence[str], late: Sequence[Overdue], day: date, now: datetime
) -> tuple[int, DeliveryReport]:
    """Tell every owner of the day, unless that was done; how many digests are new. Whoever calls holds the lease."""
    recover(home)
    channels = channels_of(urls)
    state = read_json(home.root / STATE) if (home.root / STATE).exists() else {"day": None, "at": None}
    digests = [] if state["day"] == day.isoformat() else digests_of(home, late, day, state["at"], now)
    if state["day"] != day.isoformat():
        messages = [_message(digest, day) for digest in digests]
        entries = [{"event": "digest", "owner": m.owner, "title": m.title, "body": m.body} for m in messages]
        after = {"day": day.isoformat(), "at": now.astimezone(UTC).isoformat()}
        commit(home, {STATE: after}, messages if channels else [], entries, now)
    return len(digests), send_all(home, channels, now)


def digests_of(home: Home, late: Sequence[Overdue], day: date, since: str | None, now: datetime) -> list[Digest]:
    """The digests of a day.

    Args:
        since: when the digest before was made, in ISO form; what recovered after it is told.
    """
    problems, recovered = open_alerts(home), _recovered(home, since)
    owners = {entry["owner"] for entry in [*problems, *recovered]} | {item.owner for item in late} | {DEFAULT_OWNER}
    release = _release_line(home)
    digests = []
    for owner in sorted(owners):
        own = [entry for entry in problems if entry["owner"] == owner and entry["severity"] not in TOLD_APART]
        parts = [
            *_open(own),
            *_late([item for item in late if item.owner == owner]),
            *_listed("Recovered since the last digest", [recovery(e) for e in recovered if e["owner"] == owner]),
        ]
        if owner == DEFAULT_OWNER:
            parts += [*_waiting(home, now), *_dead(home)]
        is_news = bool(parts)
        if is_news or (owner == DEFAULT_OWNER and day.weekday() == MONDAY):
            said = parts or [("All is well: nothing is open, late or waiting.",) * 2]
            digests.append(Digest(owner, (*said, (release, release)), is_news, bool(own)))
    return digests


def _message(digest: Digest, day: date) -> Message:
    what = "digest" if digest.is_news else "all is well"
    return Message(digest.owner, f"{PRODUCT}: {what} of {day} for {digest.owner}", fitted(digest.whole), digest.severe)


def _open(entries: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    if not entries:
        return []
    by_age = sorted(entries, key=lambda entry: entry["since"])
    title = f"{plural(len(entries), 'open problem')}, the oldest since {by_age[0]['since'][:10]}"
    return _listed(title, [standing(entry) for entry in by_age])


def _late(items: Sequence[Overdue]) -> list[tuple[str, str]]:
    feeds: dict[str, list[Overdue]] = {}
    for item in items:
        feeds.setdefault(item.dataset, []).append(item)
    lines = [
        f"- {dataset}: {plural(len(months), 'month')}, the first {months[0].month:%Y-%m}, due by {months[0].due}"
        for dataset, months in sorted(feeds.items())
    ]
    return _listed("Overdue feeds", lines)


def _waiting(home: Home, now: datetime) -> list[tuple[str, str]]:
    files = waiting_files(home.inbox) if home.inbox.is_dir() else []
    if not files:
        return []
    hours = (now.timestamp() - min(file.stat().st_mtime for file in files)) / 3600
    line = f"{plural(len(files), 'file')} waiting in the inbox, the oldest for {max(0.0, hours):.0f} h."
    return [(line, line)]


def _dead(home: Home) -> list[tuple[str, str]]:
    return _listed("Dead channels", [standing(entry) for entry in dead_channels(home)])


def _listed(title: str, lines: Sequence[str]) -> list[tuple[str, str]]:
    return [("\n".join([f"{title}:", *shortened(lines)]), f"{title}: {len(lines)}")] if lines else []


def _release_line(home: Home) -> str:
    release, seen = current_release(home), current_id(home)
    if release is None:
        return f"Readers see release {seen}, which is damaged: `pcw doctor`." if seen else "There is no release yet."
    return f"Readers see release {release.release_id} of {release.created_at:%Y-%m-%d %H:%M} UTC."


def _recovered(home: Home, since: str | None) -> list[dict[str, Any]]:
    """Recoveries in the log since then. A crash may have logged one twice."""
    file = home.root / LOG
    if not file.exists():
        return []
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if '"recovered"' not in line:
                continue
            entry = json.loads(line)
            if entry["event"] == "recovered" and (since is None or entry["at"] > since):
                found[entry["owner"], entry["title"], entry["since"]] = entry
    return list(found.values())
