"""The outbox on disk: what is decided to be told, in order, until every channel has taken it.

Belongs here: that a message is neither lost nor queued twice, and that none overtakes another. What it says is in
`publishing.messages`, who decides that it is due in `publishing.delivery` and `orchestration.digest`. Whoever calls
holds the lease of the deployment.

A decision (messages, and that their problems count as told) is first written down whole in a journal, then carried out;
what a crash left of it is carried out before anything else is sent. So a message comes into the outbox exactly once. It
is sent at least once: a crash in the moment between sending and marking, or a channel that takes a message and answers
too late, sends it to that one channel twice.
"""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pcw.errors import PcwError
from pcw.files import fsync_dir, read_json, write_atomically
from pcw.home import Home
from publishing.channels import Channel, service_of, transmit

JOURNAL = "alerts.journal"
LOG = "alerts.log"
log = logging.getLogger("pcw.alerts")
log.addHandler(logging.NullHandler())  # else Python prints what is a warning, and not the rest, to a terminal


@dataclass(frozen=True)
class Message:
    """One message to one owner; `delivered` holds the keys of channels that took it.

    `feed`: for the channels of that feed, beside those of the owner. `not_through`: key of the channel that it is of.
    """

    owner: str
    title: str
    body: str
    severe: bool
    delivered: tuple[str, ...] = ()
    created_at: str = ""
    feed: str | None = None
    not_through: str | None = None

    def addressed(self, channels: Sequence[Channel]) -> list[Channel]:
        """The channels that it is for. Where nobody would hear of it, all of them."""
        known = [channel for channel in channels if channel.key != self.not_through]
        hearing = [channel for channel in known if channel.hears(self.owner)]
        if self.feed is None:
            return hearing or known
        routed = [channel for channel in known if channel.carries(self.feed) and channel not in hearing]
        return routed or ([] if hearing else known)


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


def commit(
    home: Home,
    states: Mapping[str, Any],
    messages: Sequence[Message],
    entries: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Queue messages and note what counts as told, both or neither.

    Args:
        states: name of a file under PCW_HOME -> what it shall hold.
        entries: lines of the log.
    """
    if not messages and not entries:
        for name, state in states.items():
            _write_json(home.root / name, state)
        return
    at = now.astimezone(UTC)
    first = 1 + max((_number(file) for file in home.outbox.glob("*.json")), default=0)
    named = {
        f"{first + place:08}-{at:%Y%m%dT%H%M%S}.json": asdict(replace(message, created_at=at.isoformat()))
        for place, message in enumerate(messages)
    }
    lines = [{"at": at.isoformat(), **entry} for entry in entries]
    _write_json(home.root / JOURNAL, {"messages": named, "states": dict(states), "log": lines})
    recover(home)
    for entry in entries:
        level = logging.WARNING if entry["event"] == "problem" else logging.INFO
        log.log(level, "%s for %s: %s", entry["event"], entry["owner"], entry["title"])


def recover(home: Home) -> None:
    """Carry out what is written in the journal, if there is one: also what a crash left of it.

    Nothing is sent while there is a journal, so doing it again changes nothing; the log may hold a line twice.
    """
    journal = home.root / JOURNAL
    if not journal.exists():
        return
    decided = read_json(journal)
    home.outbox.mkdir(parents=True, exist_ok=True)
    for name, message in decided["messages"].items():
        _write_json(home.outbox / name, message)
    for name, state in decided["states"].items():
        _write_json(home.root / name, state)
    with (home.root / LOG).open("a", encoding="utf-8") as file:
        for line in decided["log"]:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    journal.unlink()
    fsync_dir(home.root)


def waiting(home: Home) -> list[tuple[Path, Message]]:
    """What some channel has not taken, in the order in which it was queued."""
    found = []
    for file in sorted(home.outbox.glob("*.json")) if home.outbox.is_dir() else ():
        stored = read_json(file)
        found.append((file, Message(**{**stored, "delivered": tuple(stored["delivered"])})))
    return found


def undelivered(home: Home) -> int:
    """Messages that some channel has not taken."""
    return len(list(home.outbox.glob("*.json"))) if home.outbox.is_dir() else 0


def send(home: Home, channels: Sequence[Channel], dead: dict[str, str]) -> tuple[int, set[str]]:
    """Send what waits to every channel that has not taken it; one that fails is not tried again with this `dead`.

    So no message overtakes an earlier one on its channel.

    Args:
        dead: key of a channel -> why it takes nothing; channels that fail now are added.

    Returns:
        how many messages every channel has taken now, and the keys of channels that took something.
    """
    services: dict[str, Any] = {}
    delivered, alive = 0, set[str]()
    for file, message in waiting(home):
        addressed = message.addressed(channels)
        for channel in addressed:
            if channel.key in message.delivered or channel.key in dead:
                continue
            if channel.key not in services:
                services[channel.key] = service_of(channel)
            failure = transmit(
                channel, services[channel.key], title=message.title, body=message.body, severe=message.severe
            )
            if failure is not None:
                dead[channel.key] = failure
                log.error("%s", failure)
                continue
            alive.add(channel.key)
            message = replace(message, delivered=(*message.delivered, channel.key))
            _mark(file, message)
        if channels and all(channel.key in message.delivered for channel in addressed):
            file.unlink()
            fsync_dir(home.outbox)
            delivered += 1
    return delivered, alive


def _mark(file: Path, message: Message) -> None:
    """At once, not after the last channel: a crash then repeats to one channel at most."""
    _write_json(file, asdict(message))


def _number(file: Path) -> int:
    leading = re.match(r"\d+", file.name)
    return int(leading.group()) if leading else 0


def _write_json(path: Path, content: Any) -> None:
    write_atomically(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
