"""The ledger: a view over the manifests. What is current is computed here, never stored.

Order = the contract's version facts (of scope datasets the extract time), then received_at. Nothing here reads the data
files: which row of a record counts among the submissions in force belongs in `dbt_project.feeds`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sources.contracts import Contract, Whole
from sources.manifests import ActivityStatus, Scope, Submission

FROZEN = ("freeze", "final")


def standing(submissions: Iterable[Submission], as_at: datetime | None = None) -> list[Submission]:
    """What was received by a moment (now when None), was not withdrawn at it and is not gone, as it was known then."""
    return [
        replace(s, withdrawals=()) if s.withdrawals else s
        for s in submissions
        if (as_at is None or s.received_at <= as_at) and s.withdrawal(as_at) is None and not s.is_gone
    ]


def with_statuses(
    submissions: Iterable[Submission], contracts: Mapping[str, Contract], timetable: Mapping[date, datetime]
) -> list[Submission]:
    """The submissions with flex or freeze as today's timetable says, where no sidecar said it.

    What landed before the published timetable was put in, or was corrected, counts as if it had landed after.
    """
    return [_with_statuses(submission, contracts.get(submission.dataset), timetable) for submission in submissions]


def _with_statuses(submission: Submission, contract: Contract | None, timetable: Mapping[date, datetime]) -> Submission:
    extract = extract_at(submission, contract) if contract is not None else None
    if extract is None or "activity_status" in submission.stated:
        return submission
    scopes = tuple(
        replace(facts, activity_status=status_at(extract, timetable[facts.period]))
        if facts.period in timetable
        else facts
        for facts in submission.scopes
    )
    return submission if scopes == submission.scopes else replace(submission, scopes=scopes)


def status_at(extract: datetime, frozen_from: datetime) -> ActivityStatus:
    """Whether an extract holds the freeze of a month, or may still change."""
    return "flex" if extract < frozen_from else "freeze"


def version_order(facts: Mapping[str, str], contract: Contract) -> tuple[str, ...]:
    """What orders a file before its receipt: later is greater."""
    names = contract.version_order if contract.scoped is None else (contract.scoped.order, *contract.version_order)
    return tuple(facts.get(name, "") for name in names)


def order_key(submission: Submission, contract: Contract) -> tuple[Any, ...]:
    """Newest last. The hash makes the order total; `landing` refuses two files that would need it."""
    return (
        *version_order(submission.version_facts, contract),
        submission.received_at,
        submission.file_sha256,
        len(submission.submission_id),
        submission.submission_id,
    )


def _in_order(submissions: Iterable[Submission], contract: Contract, as_at: datetime | None) -> list[Submission]:
    # Of an earlier day what was superseded since is in force, purged or not: whoever builds must learn that it is gone.
    known = standing((s for s in submissions if s.dataset == contract.dataset), as_at)
    if as_at is None:
        known = [s for s in known if s.purged is None]
    return sorted(known, key=lambda item: order_key(item, contract))


def extract_text(moment: datetime) -> str:
    """How an extract time stands in the version facts: in this form later is greater. Extract times have no zone."""
    return (moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment).isoformat()


def extract_at(submission: Submission, contract: Contract) -> datetime | None:
    """The newest extract time inside a submission of a scope dataset (of one without a row: when it was received)."""
    if contract.scoped is None:
        return None
    return datetime.fromisoformat(submission.version_facts[contract.scoped.order])


def current(
    submissions: Iterable[Submission], contracts: Mapping[str, Contract], as_at: datetime | None = None
) -> dict[str, dict[date, tuple[Submission, ...]]]:
    """The submissions in force for each dataset and period, as known at `as_at` (now when None).

    One where a file is replaced as a whole; of scope datasets all that are in force for a provider of that month; of
    datasets with versions or upserts every one, because which rows count is decided among the rows.
    """
    known = list(submissions)
    return {dataset: _current_of(known, contract, as_at) for dataset, contract in contracts.items()}


def _current_of(
    submissions: Sequence[Submission], contract: Contract, as_at: datetime | None
) -> dict[date, tuple[Submission, ...]]:
    ordered = _in_order(submissions, contract, as_at)
    if isinstance(contract.supersession, Whole):
        newest: dict[date, tuple[Submission, ...]] = {}
        for submission in ordered:
            if contract.supersession.scope == "dataset":
                newest = {}
            for facts in submission.periods:
                newest[facts.period] = (submission,)
        return newest
    if contract.counts_together:
        months = sorted({facts.period for submission in ordered for facts in submission.periods})
        return {
            month: tuple(s for s in ordered if any(facts.period == month for facts in s.periods)) for month in months
        }
    by_month: dict[date, set[str]] = {}
    for (_, month), in_force in scopes_in_force(submissions, contract, as_at).items():
        by_month.setdefault(month, set()).update(submission.submission_id for submission in in_force)
    return {
        month: tuple(submission for submission in ordered if submission.submission_id in by_month[month])
        for month in sorted(by_month)
    }


@dataclass(frozen=True)
class ScopeState:
    """One provider-month and every submission that stands for it, each in order and in exactly one place.

    `base` replaces what was before it; `nets` change it; `superseded` came before it; `drift` came after it was frozen.
    """

    base: Submission | None
    status: str | None
    nets: tuple[Submission, ...]
    superseded: tuple[Submission, ...]
    drift: tuple[Submission, ...]

    @property
    def is_frozen(self) -> bool:
        """Whether nothing changes it any more but a submission that is declared final."""
        return self.status in FROZEN

    @property
    def in_force(self) -> tuple[Submission, ...]:
        """First the base, if there is one, then the net submissions after it."""
        return (self.base, *self.nets) if self.base else self.nets


def scope_states(
    submissions: Iterable[Submission], contract: Contract, as_at: datetime | None = None
) -> dict[Scope, ScopeState]:
    """How things stand with each provider-month that any submission of the dataset ever stood for."""
    standing: dict[Scope, list[tuple[Submission, str]]] = {}
    for submission in _in_order(submissions, contract, as_at):
        for facts in submission.scopes:
            standing.setdefault(facts.scope, []).append((submission, facts.activity_status))
    return {scope: _state(standing[scope]) for scope in sorted(standing)}


def scopes_in_force(
    submissions: Iterable[Submission], contract: Contract, as_at: datetime | None = None
) -> dict[Scope, tuple[Submission, ...]]:
    """The submissions in force for each provider-month: first the base, if there is one, then newer nets."""
    return {scope: state.in_force for scope, state in scope_states(submissions, contract, as_at).items()}


def _state(ordered: Sequence[tuple[Submission, str]]) -> ScopeState:
    place = _base(ordered)
    if place is None:
        return ScopeState(None, None, tuple(submission for submission, _ in ordered), (), ())
    base, status = ordered[place]
    before, after = [tuple(submission for submission, _ in part) for part in (ordered[:place], ordered[place + 1 :])]
    # After a base that may still change nothing but nets can follow: a newer bulk would be the base itself.
    return (
        ScopeState(base, status, (), before, after) if status in FROZEN else ScopeState(base, status, after, before, ())
    )


def _base(ordered: Sequence[tuple[Submission, str]]) -> int | None:
    """The newest final bulk submission, else the oldest freeze, else the newest of what may still change."""
    bulks = [(place, status) for place, (submission, status) in enumerate(ordered) if submission.protocol != "net"]
    finals = [place for place, status in bulks if status == "final"]
    freezes = [place for place, status in bulks if status == "freeze"]
    others = [place for place, _ in bulks]
    return next((place for places in (finals[-1:], freezes[:1], others[-1:]) for place in places), None)


def serving_period(contract: Contract, periods: Iterable[date], month: date) -> date | None:
    """The snapshot that serves `month`: the newest not after it and not older than the calendar's interval."""
    interval = contract.interval_at(month)
    if interval is None:
        return None
    earlier = [period for period in periods if period <= month]
    newest = max(earlier, default=None)
    if newest is None:
        return None
    age = (month.year - newest.year) * 12 + month.month - newest.month
    # An older cadence may still be running out: a quarterly list of January serves until March.
    return newest if age < max(interval, 1) or age < (contract.interval_at(newest) or 1) else None
