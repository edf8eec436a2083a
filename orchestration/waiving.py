"""Grant a waiver: find what a gate has found, and accept exactly that.

What a waiver covers belongs in `expectations.waivers`. Nothing is accepted that no gate has found: a waiver of what may
come would let through what nobody has seen.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from dbt_project.kept import kept_verdicts
from expectations.suites import Check, load_suites
from expectations.verdict import ScopeEntry, Verdict
from expectations.waivers import Waiver, read_waivers, write_waiver
from orchestration.landing import stored_verdicts
from orchestration.submissions import submissions_of
from pcw.errors import PcwError
from pcw.home import Home
from sources.contracts import load_contracts
from sources.identifiers import redacted
from sources.landing import read_refusals
from sources.ledger import current

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Finding:
    """What a waiver is to accept: a check, and of its finding the part that is named."""

    check: str
    month: date | None = None
    provider_code: str | None = None
    treatment_function_code: str | None = None
    practice_code: str | None = None
    rules: tuple[str, ...] = ()
    file: str | None = None


def grant(home: Home, finding: Finding, *, by: str, reason: str, until: date, at: datetime) -> tuple[Waiver, list[str]]:
    """Accept a finding until a day; returns the waiver and what it accepts, in words. The caller holds `home.lock`.

    Raises:
        PcwError: nothing of this kind was found, it may not be accepted, or it is not said who, why and until when.
    """
    if not by.strip() or not reason.strip():
        raise PcwError("A waiver needs a name (--by) and a reason (--reason): both are published with the figures.")
    if not at.date() <= until <= at.date() + LONGEST:
        raise PcwError(f"A waiver ends between today and {at.date() + LONGEST}; {until} was given. Grant it anew then.")
    suite, check = _declared(finding.check)
    found = _failing(home, suite, check, finding.file)
    if not found and check.severity == "warn":
        raise PcwError(f"Check {finding.check} only warns: no figure waits for it, so there is nothing to accept.")
    if not found:
        raise PcwError(
            f"Check {finding.check} has found nothing{' in that file' if finding.file else ''}, so there is nothing to "
            "accept. `pcw status` and `pcw quarantine` list what failed."
        )
    if check.severity == "block" and not check.waivable:
        raise PcwError(f"What check {finding.check} finds cannot be accepted, only corrected. {check.fix}".strip())
    sha256s = {sha256 for _, sha256 in found}
    if len(sha256s) > 1:
        raise PcwError(f"Check {finding.check} stopped {len(sha256s)} files: name one with --file.")
    entries, rules = _meant(found, finding)
    waiver = Waiver(
        waiver_id=f"{at.astimezone(UTC):%Y%m%d}-{uuid.uuid4().hex[:6]}",
        suite=suite,
        stage=found[0][0].stage,
        check=check.id,
        month=finding.month,
        provider_code=finding.provider_code,
        treatment_function_code=finding.treatment_function_code,
        practice_code=finding.practice_code,
        rules=rules,
        file_sha256=sha256s.pop(),
        granted_by=redacted(by.strip()),
        reason=redacted(reason.strip()),
        granted_at=at,
        until=until,
    )
    write_waiver(home.waivers, waiver)
    return waiver, entries


def end(home: Home, waiver_id: str, *, by: str, at: datetime) -> Waiver:
    """End a waiver before its day. The caller holds `home.lock`.

    Raises:
        PcwError: there is none of that id in force, or nobody says who ends it.
    """
    found = [waiver for waiver in read_waivers(home.waivers) if waiver.waiver_id == waiver_id and waiver.holds(at)]
    if not found:
        raise PcwError(f"No waiver {redacted(waiver_id)} is in force. `pcw waive --list` shows those that are.")
    if not by.strip():
        raise PcwError("Say with --by who ends it.")
    ended = replace(found[0], ended_at=at, ended_by=redacted(by.strip()))
    write_waiver(home.waivers, ended)
    return ended


def _declared(named: str) -> tuple[str, Check]:
    """The suite and check of a name like `epd.volume_far_from_history`."""
    name, _, check_id = named.rpartition(".")
    for suite in load_suites().values():
        for check in suite.checks:
            if (suite.suite, check.id) == (name, check_id):
                return name, check
    raise PcwError(f"No suite declares a check {redacted(named)}. Give it like epd.volume_far_from_history.")


def _failing(home: Home, suite: str, check: Check, file: str | None) -> list[tuple[Verdict, str | None]]:
    """Failed verdicts of a check that stand today, with the hash of the file that it kept from landing."""
    contracts = load_contracts()
    periods = [held for by_period in current(submissions_of(home), contracts).values() for held in by_period.values()]
    in_force = {s.submission_id: s for held in periods for s in held}
    standing = stored_verdicts(list(in_force.values()))
    standing += [Verdict.from_dict(stored) for stored in kept_verdicts(home.warehouse)]
    found: list[tuple[Verdict, str | None]] = [(verdict, None) for verdict in standing] if file is None else []
    for refusal in read_refusals(home):
        if file in (None, refusal["file_name"], refusal["sha256"][:16], refusal["sha256"]):
            found += [(Verdict.from_dict(stored), refusal["sha256"]) for stored in refusal["verdicts"]]
    return [
        (verdict, sha256)
        for verdict, sha256 in found
        if (verdict.suite, verdict.check) == (suite, check.id) and not verdict.passed and verdict.severity != "warn"
    ]


def _meant(found: Sequence[tuple[Verdict, str | None]], finding: Finding) -> tuple[list[str], tuple[str, ...]]:
    """What of the findings is accepted, in words, and by which rules they were made."""
    scoped = [entry for verdict, _ in found for entry in verdict.scope]
    if not scoped:
        months = {verdict.period for verdict, _ in found}
        if finding.month not in months:
            raise PcwError(f"The finding is of {_listed(months)}: say so with --month.")
        return [verdict.message for verdict, _ in found], ()
    meant = [entry for entry in scoped if _matches(entry, finding)]
    if not meant:
        raise PcwError(f"None of the findings is what you name. They are: {_places(scoped)}.")
    rules = tuple(sorted({entry.rule for entry in meant if entry.rule}))
    if finding.rules and (unknown := set(finding.rules) - set(rules)):
        raise PcwError(f"No finding there is by rule {', '.join(sorted(unknown))}; there are {', '.join(rules)}.")
    return [f"{entry.place}: {entry.reason or ''}".rstrip(": ") for entry in meant], rules


def _matches(entry: ScopeEntry, finding: Finding) -> bool:
    narrowing = (
        (finding.provider_code, entry.provider_code),
        (finding.treatment_function_code, entry.treatment_function_code),
        (finding.practice_code, entry.practice_code),
    )
    return (
        entry.month == finding.month
        and all(wanted is None or wanted == found for wanted, found in narrowing)
        and (not finding.rules or entry.rule in finding.rules)
    )


def _places(entries: Sequence[ScopeEntry]) -> str:
    places = sorted({entry.place for entry in entries})
    return "; ".join(places[:10]) + (f"; and {len(places) - 10} more" if len(places) > 10 else "")


def _listed(months: set[date | None]) -> str:
    return ", ".join(sorted(f"{month:%Y-%m}" if month else "no month" for month in months))
