"""From the verdicts of a run to the people who own them.

What an alert says and how it travels belongs in `publishing`.
"""

from datetime import UTC, datetime

import dagster as dg

from dbt_project.kept import kept_verdicts
from expectations.verdict import Verdict
from expectations.waivers import in_force as waivers_in_force
from expectations.waivers import read_waivers, waived
from orchestration import copying
from orchestration.damaged_releases import alerts_from_damaged, mended
from orchestration.details import with_details
from orchestration.landing import stored_verdicts
from orchestration.last_try import last_release, note_release
from orchestration.lateness import arrived
from orchestration.receiving import close_what_came_again
from orchestration.resources import Deployment
from orchestration.submissions import submissions_of
from pcw.ending import ended_by
from pcw.home import Home
from pcw.settings import Settings
from publishing.alerts import (
    DEFAULT_OWNER,
    OVERDUE,
    alerts_from_verdicts,
    cleared_by,
    file_fingerprints,
    removed_refusals,
)
from publishing.delivery import deliver, told_alerts
from publishing.messages import plural
from publishing.notices import Notice, alerts_from_notices, gone, read_notices
from publishing.outbox import DeliveryReport
from publishing.refusals import accepted_of, read_refusals, settled_by
from publishing.set_aside import alerts_from_set_aside, became, lacking, took_its_place
from publishing.shelf import current_release
from sources.calendar import london_day, overdue
from sources.contracts import load_contracts
from sources.ledger import current, standing
from sources.receipts import noted_receipts
from sources.versions import without_superseded


def tell(home: Home, settings: Settings, run_id: str | None = None, asked: copying.Asked | None = None) -> str:
    """Deliver what is new, blocked, withheld or recovered, and what earlier runs could not deliver.

    Args:
        run_id: the newest run that ended: messages link to it, and what persists is counted once for it.
        asked: which copies the run knows to be there.

    Returns:
        lines for the terminal: each problem, recovery and digest, and their counts. Empty: there was nothing to tell.

    Raises:
        PcwError: a channel is dead; its messages wait in the outbox.
    """
    now = datetime.now(UTC)
    contracts = load_contracts()
    submissions = submissions_of(home)
    close_what_came_again(home, submissions, contracts, noted_receipts(home))
    by_month = current(submissions, contracts)
    periods = [held for by_period in by_month.values() for held in by_period.values()]
    in_force = {s.submission_id: s for held in periods for s in held}
    resting_on = without_superseded(in_force.values(), standing(submissions), contracts)
    verdicts = stored_verdicts(resting_on)
    verdicts += [Verdict.from_dict(stored) for stored in kept_verdicts(home.warehouse)]
    found = [*verdicts, *last_release(home)]
    verdicts = waived(found, waivers_in_force(read_waivers(home.waivers), now))
    accepted = accepted_of(standing(submissions), contracts)
    refusals = read_refusals(home)
    told = told_alerts(home)
    told_marks = {mark for mark, _ in told}
    settled = {refusal.sha256: settled_by(refusal, accepted) for refusal in refusals}
    open_refusals = [refusal for refusal in refusals if not settled[refusal.sha256] and refusal.closed is None]
    owners = {dataset: contract.owner for dataset, contract in contracts.items()}
    feeds = {submission.submission_id: submission.dataset for submission in resting_on}
    alerts = alerts_from_verdicts(
        verdicts, open_refusals, owners=owners, default_owner=DEFAULT_OWNER, feeds=feeds, told=told_marks
    )
    urls = [url.get_secret_value() for url in settings.alert_urls]
    cleared = cleared_by(verdicts, refusals, accepted, told) | removed_refusals(told, refusals)
    by_waiver = cleared_by(verdicts, told=told) - cleared_by(found, told=told)
    alerts += alerts_from_damaged(home)
    cleared |= mended(home, told)
    asked = asked or copying.Asked()
    alerts += copying.alerts_from_copies(home, settings, asked)
    cleared |= copying.mended(home, settings, told, asked)
    notices = _released_notices(home)
    if notices is not None:
        alerts += alerts_from_notices(notices)
        cleared |= gone(notices, told)
    if any(severity == OVERDUE for _, severity in told):  # only the calendar of a morning says what is overdue anew
        cleared |= arrived(overdue(contracts, by_month, london_day(now)), told)
    lacks = lacking(resting_on, by_month)
    alerts += alerts_from_set_aside(lacks, told_marks, home, contracts)
    how = became(lacks, told, submissions, by_month, contracts)
    cleared |= how.keys()
    how |= {
        mark: "; ".join(took_its_place(good.file_name, good.rows_quarantined, good.rows_read) for good in goods)
        for refusal in refusals
        if (goods := settled[refusal.sha256])
        for mark in file_fingerprints(refusal)
    }
    how |= {mark: str(one.closed) for one in refusals if one.closed for mark in file_fingerprints(one)}
    alerts = with_details(alerts, told_marks, home, settings, run_id=run_id, now=now)
    report = deliver(alerts, urls, home, cleared=cleared, accepted=by_waiver, how=how, look=run_id, now=now)
    report.raise_for_failures()
    if not report.told:
        return ""
    log = home.root / "alerts.log"
    where = f"See {log}." if urls else f"Nobody is sent it, for PCW_ALERT_URLS is not set: it is in {log}."
    return "\n".join([*report.told, f"{_counts(report, is_sent=bool(urls))} {where}"])


def _counts(report: DeliveryReport, *, is_sent: bool) -> str:
    """Owners have something to see to or to forget; a digest is for reading and counted apart."""
    said = []
    if report.new or report.recovered:
        counted = f"{plural(report.new, 'new problem')}, {report.recovered} recovered"
        said.append(f"{'Told' if is_sent else 'For'} {plural(len(report.owners), 'owner')}: {counted}.")
    if report.digests:
        said.append(f"{'Sent' if is_sent else 'Wrote'} {plural(report.digests, 'digest')}.")
    return " ".join(said)


def _released_notices(home: Home) -> list[Notice] | None:
    """What the release that readers see says to owners; None where there is none that can be read, or it has none."""
    release = current_release(home)
    if release is None:
        return None
    return read_notices(release.private_path if release.private_path.exists() else release.path)


@dg.failure_hook(required_resource_keys={"deployment"})
def note_failed_release(context: dg.HookContext) -> None:
    """Whatever stopped a release is told: a gate, a dbt test, a full disk. Not Ctrl-C: who pressed it knows."""
    deployment: Deployment = context.resources.deployment
    if deployment.as_at is None and ended_by() is None:
        reason = context.op_exception
        text = reason.description if isinstance(reason, dg.Failure) else f"{type(reason).__name__}: {reason}"
        note_release(deployment.home, f"Step {context.op.name} stopped the release. {text}"[:2000])


@dg.success_hook(required_resource_keys={"deployment"})
def note_released(context: dg.HookContext) -> None:
    """The step that publishes is the last."""
    deployment: Deployment = context.resources.deployment
    if deployment.as_at is None and context.op.name == "publish":
        note_release(deployment.home, None)
