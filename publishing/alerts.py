"""What people are told: failed gates and refused files as alerts, grouped per owner.

Belongs here: when something is worth an alert, its words, and what clears it. How it reaches people is in
`publishing.delivery`. An alert carries no row: not even the redacted examples of a verdict.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from expectations.verdict import ScopeEntry, Verdict
from publishing.next_step import next_step, told_apart
from publishing.refusals import Accepted, Refusal, is_settled
from sources.contracts import load_contracts

ALERTED = frozenset({"block", "withhold"})
CONSEQUENCE = {
    "block": "Nothing is released until it is put right; what is published stays as it was.",
    "withhold": "The figures that read it are withheld until it is resubmitted; the others are released.",
    "refused": "The file was not loaded; what was loaded before stays.",
    "set_aside": "The other rows of the file count and are released; no figure counts those that were set aside.",
}
# Severities of what a release says to owners: a matter to see to, and a report of the state of things.
NOTICE, DIGEST = "notice", "digest"
# Rows that were set aside from a file that otherwise landed.
SET_ASIDE, EVERY_ROW_FITS = "set_aside", "every_row_fits"
# A channel that takes no messages, and a month of a feed that should be here.
CHANNEL, OVERDUE = "channel", "overdue"
# A release that cannot be read.
DAMAGED = "damaged"
# A copy of the release that could not be made.
COPY = "copy"
# The checks that are the same for every file.
FILE_SUITE = "file"
# Whose is what nobody else owns.
DEFAULT_OWNER = "data-engineering"
# Between the fingerprint of a check and that of the provider's month that it withholds.
PLACE = "-"


@dataclass(frozen=True)
class Alert:
    """One problem, told once until it is cleared. `fingerprint` says which problem, not which run.

    `feed`: the dataset that it is about, where it is about one. `gate`: (suite, stage) that found it. `hits`: what a
    check withholds, each with its feed.
    """

    fingerprint: str
    severity: str
    title: str
    owner: str
    body: tuple[str, ...]
    feed: str | None = None
    gate: tuple[str, str] | None = None
    hits: tuple[ScopeEntry, ...] = ()


def alerts_from_verdicts(
    verdicts: Iterable[Verdict],
    refusals: Iterable[Refusal] = (),
    *,
    owners: dict[str, str] | None = None,
    default_owner: str,
    feeds: Mapping[str, str] | None = None,
    told: Collection[str] = (),
) -> list[Alert]:
    """Alerts for failed checks that block or withhold, and for refused files. Warnings stay in `gate_result` and `pcw
    status`; rows that were set aside are told by `publishing.set_aside`.

    Args:
        verdicts: of current submissions and of the build. Those of a refused file are told by its refusal.
        owners: dataset -> owner, for refused files.
        default_owner: owner of a refused file whose dataset is unknown.
        feeds: submission -> dataset, for checks of files, which are the same for all feeds.
        told: fingerprints of the alerts that are open.
    """
    alerts: dict[str, Alert] = {}
    for verdict in verdicts:
        if not verdict.passed and verdict.severity in ALERTED:
            for alert in _from_provider_months(verdict) or [_from_verdict(verdict, feeds or {})]:
                alerts.setdefault(alert.fingerprint, alert)
    for refusal in refusals:
        owner = (owners or {}).get(refusal.dataset or "", default_owner)
        alert = _from_refusal(refusal, owner, file_fingerprint(refusal, told))
        alerts.setdefault(alert.fingerprint, alert)
    return list(alerts.values())


def cleared_by(
    verdicts: Iterable[Verdict],
    refusals: Iterable[Refusal] = (),
    accepted: Sequence[Accepted] = (),
    told: Iterable[tuple[str, str]] = (),
) -> set[str]:
    """Fingerprints of problems that are known to be gone: the check has run again and passed, a good file has come, or
    a check that still fails no longer names the provider's month.

    A check that did not run clears nothing: silence is not recovery.

    Args:
        told: (fingerprint, severity) of the alerts that are open; needed for those of a provider's month.
    """
    verdicts = list(verdicts)
    # What somebody accepts is open no more, though it still fails.
    settled_by_waiver = [verdict for verdict in verdicts if verdict.waivers and verdict.severity not in ALERTED]
    failing = {
        _check_fingerprint(verdict) for verdict in verdicts if not verdict.passed and verdict not in settled_by_waiver
    }
    passed = {_check_fingerprint(verdict) for verdict in verdicts if verdict.passed or verdict in settled_by_waiver}
    passed -= failing
    named = {alert.fingerprint for verdict in verdicts for alert in _from_provider_months(verdict)}
    judged = passed | {_check_fingerprint(verdict) for verdict in verdicts if verdict.scope}
    of_places = {
        fingerprint for fingerprint, _ in told if PLACE in fingerprint and fingerprint.split(PLACE)[0] in judged
    }
    settled = {mark for refusal in refusals if is_settled(refusal, accepted) for mark in file_fingerprints(refusal)}
    return passed | (of_places - named) | settled


def removed_refusals(told: Iterable[tuple[str, str]], refusals: Iterable[Refusal]) -> set[str]:
    """Fingerprints of told refusals whose file is in quarantine no more: somebody looked at it and took it away.

    Args:
        told: (fingerprint, severity) of the alerts that are open.
        refusals: every refusal in quarantine.
    """
    kept = {mark for refusal in refusals for mark in file_fingerprints(refusal)}
    return {fingerprint for fingerprint, severity in told if severity == "refused" and fingerprint not in kept}


def _from_provider_months(verdict: Verdict) -> list[Alert]:
    """One alert for each provider, specialty and month that a failed check withholds; none where it names no provider.

    The owner of one is not told again because another provider fails the same check later.
    """
    if verdict.passed or not all(entry.provider_code for entry in verdict.scope):
        return []
    reasons: dict[ScopeEntry, list[str]] = {}
    for entry in verdict.scope:
        reasons.setdefault(entry._replace(reason=None, rule=None), []).append(entry.reason or verdict.message)
    return [_from_place(verdict, entry, found) for entry, found in reasons.items()]


def _from_place(verdict: Verdict, entry: ScopeEntry, reasons: Sequence[str]) -> Alert:
    return Alert(
        fingerprint=f"{_check_fingerprint(verdict)}{PLACE}{fingerprint(*(str(value) for value in entry[:-1]))}",
        severity=verdict.severity,
        title=f"{entry.place}: check {verdict.check} failed",
        owner=verdict.owner,
        feed=entry.dataset or feed_of(verdict),
        gate=(verdict.suite, verdict.stage),
        hits=(entry._replace(dataset=entry.dataset or feed_of(verdict)),),
        body=(
            f"What: {'; '.join(reasons)}",
            f"Where: {entry.place}, gate {verdict.stage}, check {verdict.suite}.{verdict.check}",
            "How many: 1 month of one provider" + ("" if entry.treatment_function_code else ", every specialty"),
            f"What follows: {CONSEQUENCE['withhold']}",
            "What to do: ask the provider to submit the month again and put it into the inbox; the table "
            "data_quality_query holds the question until then.",
        ),
    )


def _from_verdict(verdict: Verdict, feeds: Mapping[str, str]) -> Alert:
    feed = feed_of(verdict)
    name = verdict.suite
    if name == FILE_SUITE:
        name = feed = feeds.get(verdict.submission_id or "", feed)
    month = f" {verdict.period:%Y-%m}" if verdict.period else ""
    rows = "row" if verdict.rows_checked == 1 else "rows"
    counted = f"{verdict.unexpected_count:,} of {verdict.rows_checked:,} {rows}"
    return Alert(
        fingerprint=_check_fingerprint(verdict),
        severity=verdict.severity,
        title=f"{name}{month}: check {verdict.check} failed",
        owner=verdict.owner,
        feed=feed,
        gate=(verdict.suite, verdict.stage),
        hits=tuple(entry._replace(dataset=entry.dataset or feed) for entry in verdict.scope),
        body=(
            f"What: {verdict.message}",
            f"Where: {name}{month}, gate {verdict.stage}, check {verdict.check}"
            + (f", submission {verdict.submission_id}" if verdict.submission_id else ""),
            f"How many: {counted}" + (f"; {len(verdict.scope):,} practice-months withheld" if verdict.scope else ""),
            f"What follows: {CONSEQUENCE[verdict.severity]}",
            "What to do: ask the supplier for a corrected file and put it into the inbox; `pcw status` lists the rest.",
        ),
    )


def _from_refusal(refusal: Refusal, owner: str, mark: str) -> Alert:
    feed = refusal.dataset or "unknown feed"
    found, advice = told_apart(refusal)
    return Alert(
        fingerprint=mark,
        severity="refused",
        title=f"{feed}: {refusal.file_name} was refused",
        owner=owner,
        feed=refusal.dataset,
        gate=(refusal.dataset or "file", refusal.stage),
        body=(
            f"What: {found}",
            f"Where: {refusal.file_name} ({feed}), gate {refusal.stage}, received {refusal.received_at:%Y-%m-%d}",
            "How many: 1 file",
            f"What follows: {CONSEQUENCE['refused']}",
            f"What to do: {next_step(refusal, advice)}",
        ),
    )


def feed_of(verdict: Verdict) -> str:
    """The feed that a check is about: the suite's own name, up to a dot where it has one."""
    return verdict.suite.split(".")[0]


def _check_fingerprint(verdict: Verdict) -> str:
    # Not the submission: a corrected file for the same month clears the problem of the one before it.
    return fingerprint("check", verdict.suite, verdict.stage, verdict.check, str(verdict.period))


def file_fingerprints(refusal: Refusal) -> tuple[str, ...]:
    """What stands for the refusal of these bytes, whatever they are called; then what did where the feed was in it."""
    feeds = ("", *load_contracts())
    return fingerprint("file", refusal.sha256), *(fingerprint("file", feed, refusal.sha256) for feed in feeds)


def file_fingerprint(refusal: Refusal, told: Collection[str] = ()) -> str:
    """The fingerprint under which it is told: that of before, where its alert is open since then."""
    marks = file_fingerprints(refusal)
    return next((mark for mark in marks if mark in told), marks[0])


def fingerprint(*parts: str) -> str:
    """Stands for a problem in what is kept of it: the same in every run."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]
