"""The state of a warehouse in one page: feeds, current release, what failed, what is open.

Belongs here: what `pcw status` shows. It reads the published file and what lies beside it; it changes and repairs
nothing.
"""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pcw.home import Home
from publishing import copies, delivery, outbox, shelf
from publishing.alerts import FILE_SUITE
from publishing.messages import plural
from publishing.missing import in_words
from publishing.refusals import accepted_of, is_settled, read_refusals
from publishing.tables import attach
from sources.contracts import load_contracts
from sources.ledger import standing
from sources.manifests import readable_submissions

FEED = (
    "dataset",
    "last_period",
    "submissions",
    "last_received_at",
    "missing_months",
    "months_missing",
)
FAILED_CHECK = (
    "suite",
    "stage",
    "check_id",
    "severity",
    "period",
    "submission_id",
    "unexpected_count",
    "rows_checked",
    "message",
    "owner",
    "dataset",
)


def status(home: Home) -> dict[str, Any]:
    """Everything `pcw status --json` prints, in JSON types; times are UTC.

    Raises:
        PcwError: something on disk is damaged.
    """
    release, seen = shelf.current_release(home), shelf.current_id(home)
    pin = shelf.pin_of(home)
    found = _read_published(release.path) if release is not None else _Published()
    refusals = read_refusals(home)
    # As landing has it, released or not: `pcw quarantine` and the alert say the same.
    landed = readable_submissions(home.landing) if refusals else []
    accepted = accepted_of(standing(landed), load_contracts())
    return {
        "home": str(home.root),
        "release": None
        if release is None
        else {
            "release_id": release.release_id,
            "created_at": _moment(release.created_at),
            "content_hash": release.content_hash,
            "file": str(release.path),
        },
        "damaged_release": seen if release is None else None,
        "pinned": asdict(pin) if pin else None,
        "copies": copies.seen(home),
        "releases_kept": len(shelf.normal_releases(home)),
        "feeds": found.feeds,
        "failed_checks": found.failed_checks,
        "refused_files": [
            {
                "file_name": refusal.file_name,
                "sha256": refusal.sha256,
                "dataset": refusal.dataset,
                "stage": refusal.stage,
                "message": refusal.message,
                "received_at": _moment(refusal.received_at),
            }
            for refusal in refusals
            if not is_settled(refusal, accepted)
        ],
        "open_alerts": delivery.open_alerts(home),
        "undelivered_alerts": outbox.undelivered(home),
        "dead_channels": delivery.dead_channels(home),
    }


def render(state: dict[str, Any]) -> str:
    """The same for a terminal."""
    lines = [f"Primary Care Warehouse in {state['home']}", ""]
    release = state["release"]
    if state["damaged_release"]:
        lines.append(f"Readers see release {state['damaged_release']}, which is damaged: `pcw doctor`.")
    elif release is None:
        lines.append("Release: none yet. Put files into the inbox and run `pcw run`.")
    else:
        lines.append(
            f"Release: {release['release_id']} ({release['created_at'][:16]} UTC), {state['releases_kept']} kept"
        )
        lines.append(f"  {release['file']}")
        for kind, shown in state["copies"].items():
            older = "" if shown == release["release_id"] else f" of {shown}, until those of this release are made"
            lines.append(f"  {Path(state['home']) / 'published' / kind}{older}")
    if state["pinned"]:
        pin = state["pinned"]
        lines.append(
            f"  Pinned since {pin['pinned_at'][:16]}: {pin['reason']}. Newer releases wait until it is unpinned."
        )
    named = max((len(feed["dataset"]) for feed in state["feeds"]), default=0) + 2  # the column is as wide as its names
    if state["feeds"]:
        missing = "missing, up to the newest month of the release"  # the pages count by the calendar, up to today
        lines += ["", f"{'Feed':<{named}}{'last month':<12}{'files':>6}  {'received (UTC)':<18}{missing}"]
    for feed in state["feeds"]:
        month = (feed["last_period"] or "none")[:7]
        received = (feed["last_received_at"] or "never")[:16]
        missing = _missing(feed["missing_months"])
        lines.append(f"{feed['dataset']:<{named}}{month:<12}{feed['submissions']:>6}  {received:<18}{missing}".rstrip())
    lines += _section(
        "Checks that failed in this release",
        [_failed_line(failed) for failed in _grouped(state["failed_checks"])],
    )
    lines += _section(
        "Refused files without a good one since",
        [
            f"{refusal['dataset'] or 'unknown feed'}, {refusal['file_name']}: {refusal['message']}"
            for refusal in state["refused_files"]
        ],
    )
    lines += _section(
        "Open alerts",
        [
            f"[{a['severity']}] {a['title']} (of {a['owner']}, since {a['since'][:10]}"
            + (f"; seen again {plural(a['seen'], 'time')})" if a.get("seen") else ")")
            for a in state["open_alerts"]
        ],
    )
    lines += _section(
        "Dead alert channels", [f"{c['title']} (since {c['since'][:16]})" for c in state["dead_channels"]]
    )
    if state["undelivered_alerts"]:
        count = plural(state["undelivered_alerts"], "alert message")
        lines += ["", f"{count} could not be delivered; the next run tries again. See alerts.log."]
    return "\n".join(lines) + "\n"


def _missing(listed: str | None) -> str:
    """The months that `feed_freshness` lists, so that a year of them does not hide one of this spring."""
    return in_words(date.fromisoformat(f"{month}-01") for month in listed.split(", ")) if listed else ""


def _grouped(failed_checks: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Failures of the same check together, in the order of the first; each group by month."""
    groups: dict[tuple[str | None, ...], list[dict[str, Any]]] = {}
    for check in failed_checks:
        feed = check["dataset"] if check["suite"] == FILE_SUITE else None
        groups.setdefault((*(check[name] for name in ("severity", "suite", "stage", "check_id")), feed), []).append(
            check
        )
    return [sorted(group, key=lambda check: check["period"] or "") for group in groups.values()]


def _failed_line(group: list[dict[str, Any]]) -> str:
    """One line for a check: its sentence, or how often it failed, from when to when, and the newest sentence."""
    newest = group[-1]
    about = newest["dataset"] or newest["suite"] if newest["suite"] == FILE_SUITE else newest["suite"]
    check = f"[{newest['severity']}] {about} {newest['stage']} {newest['check_id']}"
    if len(group) == 1:
        return f"{check}: {newest['message']}"
    months = [failed["period"][:7] for failed in group if failed["period"]]
    span = f", {months[0]}" + (f" to {months[-1]}" if months[-1] != months[0] else "") if months else ""
    same = len({failed["message"] for failed in group}) == 1
    return f"{check}: {len(group)} times{span}; {'each' if same else 'the newest'}: {newest['message']}"


class _Published:
    """What the published file says; empty before the first release."""

    def __init__(self) -> None:
        self.feeds: list[dict[str, Any]] = []
        self.failed_checks: list[dict[str, Any]] = []


def _read_published(file: Path) -> _Published:
    found = _Published()
    with duckdb.connect(":memory:") as connection:
        attach(connection, file, "release")
        feeds = connection.execute(
            f"select {', '.join(FEED)} from release.main.feed_freshness order by dataset"
        ).fetchall()
        failed = connection.execute(
            f"""
            with feed as (
                select submission_id, min(dataset) as dataset from release.main.submission group by submission_id
            )
            select {", ".join(FAILED_CHECK)} from release.main.gate_result left join feed using (submission_id)
            where not passed order by severity, suite, stage, check_id, period
            """
        ).fetchall()
    found.feeds = [_as_json(FEED, row) for row in feeds]
    found.failed_checks = [_as_json(FAILED_CHECK, row) for row in failed]
    return found


def _as_json(names: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    return {name: _moment(value) for name, value in zip(names, row, strict=True)}


def _moment(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []
