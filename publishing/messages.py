"""The words of messages: what one owner is told in one run, grouped, and no longer than a channel takes.

Belongs here: grouping, counting and cutting. What one problem says is in `publishing.alerts`; an entry here is what is
kept of a problem that was told: title, owner, severity, since, seen, feed.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from publishing.alerts import DIGEST, NOTICE, Alert
from publishing.channels import PRODUCT, Channel
from publishing.outbox import Message

# Told once like problems, but nothing that could be open or recover.
REPORTS = frozenset({DIGEST})
# Teams refuses a message of more than 28 KB, Slack one of 40,000 characters: what is beyond is named by its title.
MOST_CHARACTERS = 18_000
MOST_TITLES = 20
HISTORY = "`pcw status` lists them all"


def compose(
    new: Iterable[Alert],
    gone: Iterable[dict[str, Any]],
    remaining: Iterable[dict[str, Any]],
    channels: Sequence[Channel],
) -> list[Message]:
    """One message per owner; and one more per owner and feed where a feed has a channel that is not the owner's."""
    new, gone, remaining = list(new), list(gone), list(remaining)
    messages = []
    for owner in sorted({alert.owner for alert in new} | {entry["owner"] for entry in gone}):
        told = sorted((alert for alert in new if alert.owner == owner), key=lambda alert: (alert.severity, alert.title))
        recovered = [entry for entry in gone if entry["owner"] == owner]
        still = [entry for entry in remaining if entry["owner"] == owner and entry["severity"] not in REPORTS]
        feeds = {alert.feed for alert in told} | {entry.get("feed") for entry in recovered}
        others = [channel for channel in channels if not channel.hears(owner)]
        routed = sorted(feed for feed in feeds if feed and any(channel.carries(feed) for channel in others))
        heard = any(channel.hears(owner) for channel in channels)
        own = [alert for alert in told if heard or alert.feed not in routed]
        own_recovered = [entry for entry in recovered if heard or entry.get("feed") not in routed]
        if own or own_recovered:
            messages.append(_grouped(owner, None, own, own_recovered, still))
        for feed in routed:
            of_feed = [alert for alert in told if alert.feed == feed]
            back = [entry for entry in recovered if entry.get("feed") == feed]
            messages.append(
                _grouped(owner, feed, of_feed, back, [entry for entry in still if entry.get("feed") == feed])
            )
    return messages


def _grouped(
    owner: str,
    feed: str | None,
    told: Sequence[Alert],
    recovered: Sequence[dict[str, Any]],
    still: Sequence[dict[str, Any]],
) -> Message:
    problems = [alert for alert in told if alert.severity not in REPORTS]
    reports = [alert for alert in told if alert.severity in REPORTS]
    counts = [plural(len(problems), "new problem")] if problems else []
    counts += [plural(len(reports), "digest")] if reports else []
    counts += [f"{len(recovered)} recovered"] if recovered else []
    blocks = [
        ("\n".join((f"[{a.severity}] {a.title}", *a.body)), f"[{a.severity}] {a.title}") for a in problems + reports
    ]
    blocks += [(line, line) for line in (recovery(entry) for entry in recovered)]
    if still:
        count = f"{plural(len(still), 'earlier problem')} of yours still open"
        text = "\n".join([f"{count} (see `pcw status`):", *shortened([standing(entry) for entry in still])])
        blocks.append((text, f"{count}: see `pcw status`."))
    concerning = f" of feed {feed}" if feed else ""
    return Message(
        owner, f"{PRODUCT}: {', '.join(counts)}{concerning} for {owner}", fitted(blocks), bool(problems), feed=feed
    )


def recovery(entry: dict[str, Any]) -> str:
    """The line about a problem that is gone."""
    return f"[recovered] {entry['title']}: {_put_right(entry)} (open since {entry['since'][:10]}{_seen(entry)})."


def standing(entry: dict[str, Any]) -> str:
    """The line about a problem that was told and is still there, with how often it was seen and not told again."""
    return f"- [{entry['severity']}] {entry['title']}: since {entry['since'][:10]}{_seen(entry)}"


def shortened(lines: Sequence[str], most: int = MOST_TITLES) -> list[str]:
    """The first lines, and how many more there are."""
    return [*lines[:most], *([f"- and {len(lines) - most} more; {HISTORY}."] if len(lines) > most else [])]


def fitted(blocks: Sequence[tuple[str, str]], limit: int = MOST_CHARACTERS) -> str:
    """The blocks, the last ones by their short form where all would be too long for a channel, and then by number.

    Args:
        blocks: (whole, short) of each.
    """
    if sum(len(whole) + 2 for whole, _ in blocks) <= limit:
        return "\n\n".join(whole for whole, _ in blocks)
    parts: list[str] = []
    used = 0
    for place, (whole, short) in enumerate(blocks):
        text = whole if used + len(whole) <= limit // 2 else short
        if used + len(text) > limit - 100:
            parts.append(f"... and {len(blocks) - place} more; {HISTORY}.")
            break
        parts.append(text)
        used += len(text) + 2
    return "\n\n".join(parts)


def plural(count: int, what: str) -> str:
    """`1 problem`, `2 problems`."""
    return f"{count} {what}{'s' if count != 1 else ''}"


def _seen(entry: dict[str, Any]) -> str:
    seen = entry.get("seen", 0)
    return f", seen again {plural(seen, 'time')}" if seen else ""


def _put_right(entry: dict[str, Any]) -> str:
    if entry.get("is_accepted"):
        return "it is so still, and somebody accepts it until a day (`pcw waive --list`)"
    if "how" in entry:
        return str(entry["how"])
    words = {
        NOTICE: "this is so no longer",
        "overdue": "it has come",
        "damaged": "it can be read again, or was removed",
        "channel": "it takes messages again, or is in the settings no more",
    }
    return words.get(entry["severity"], "this has passed again")
