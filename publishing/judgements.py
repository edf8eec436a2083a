"""Every verdict on record, by month, and what became of what failed.

Belongs here: what was judged (a file, or a build), and when a later verdict puts right an earlier one. Where verdicts
are kept is in `sources.manifests`, `publishing.refusals` and `publishing.gate_history`, what of a file counts in
`publishing.counting`, how later verdicts are found in `publishing.later`; nothing here asks a check.

A month stands for itself: a later file puts right only the months, and of them the holders, that it holds, and only
where it took the place of what failed. What counts still is put right by no other file. Of a refused file that a good
one of its name put right no month stays open, though that one has it not, unless the same check says so later.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from expectations.verdict import Verdict
from expectations.waivers import Waiver, waived
from publishing.counting import counting, parts_of
from publishing.judged import (
    ACCEPTED,
    CLOSED,
    LANDED,
    NOT_RELEASED,
    OPEN,
    PASSED,
    PUT_RIGHT,
    REFUSED,
    RELEASED,
    REMOVED,
    RETIRED,
    WITHDRAWN,
    Judged,
    Place,
)
from publishing.later import Later
from publishing.lineage import utc
from publishing.refusals import Refusal, accepted_of, settled_at
from sources.contracts import Contract, Whole
from sources.ledger import standing, version_order
from sources.manifests import Submission

__all__ = [
    "ACCEPTED", "CLOSED", "LANDED", "NOT_RELEASED", "OPEN", "PASSED", "PUT_RIGHT", "REFUSED", "RELEASED", "REMOVED",
    "RETIRED", "WITHDRAWN", "HistoryRow", "Judged", "discreet", "of_build", "of_refusals", "of_submissions", "rows_of",
]  # fmt: skip

# Gate 4 and the gates of feeds that count patients judge figures before small ones are hidden.
JUDGED_EXACT = ("marts",)
EXACT_SUITES = ("sus_", "gp_search", "ers_referrals", "complaint")
HIDDEN = "(hidden)"
# A key: the cell of a column of codes or periods, a number said to be one, a month or day, a word or code.
_KEY_OR_FIGURE = re.compile(
    r"""(?P<key>
        \b\w*(?:code|_id|month|period|period_end|quarter|year|version|variant)\ =\ [^\s,;]+
        | \b(?:row\ |(?:source|first)_row\ =\ )\d+(?:\ of\ [^,:;()]*\.\w+(?:\ member\ \d+)?)?\b
        | \b(?:row|specialty|chapter|weekday|period)\ \d+\b(?![.:/-]\d)
        | (?<![\w./-])(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-[0-3]\d)?(?![\w/-]|\.\d)
        | [A-Za-z_]\w*
        | (?=\d*[A-Z])[0-9A-Z]{3,}\b(?![+-]\d)
    )
    | (?<!\d)[-+\u2212]?(?:\d[\d,.]*\d|\d|\.\d+)(?:[eE][+-]?\d+)?""",
    re.VERBOSE,
)

_MARK = "\0"  # where a figure was
# Up to a comma, colon or semicolon that is in no brackets.
_CLAUSE = re.compile(r"(?:\([^()]*\)|[^,:;])+[,:;]*|[,:;]+")


@dataclass(frozen=True)
class HistoryRow:
    """One row of `gate_history`: a check, of a file or build, and a month. `examples` are for pages alone."""

    dataset: str | None
    stage: str
    suite: str
    check_id: str
    month: date | None
    file_name: str | None
    submission_id: str | None
    release_id: str | None
    outcome: str
    judged_at: datetime
    severity: str
    passed: bool
    state: str
    put_right_at: datetime | None
    rows_checked: int
    unexpected_count: int
    message: str
    owner: str
    waiver_ids: str | None
    examples: tuple[str, ...] = field(default=(), compare=False)


def of_submissions(
    submissions: Iterable[Submission],
    contracts: Mapping[str, Contract],
    in_force: Mapping[str, Mapping[date, Iterable[Submission]]],
    waivers: Sequence[Waiver],
    as_at: datetime | None = None,
) -> list[Judged]:
    """The verdicts on every file that ever landed: superseded, withdrawn and removed ones too."""
    known = list(submissions)
    counts = counting(known, contracts, in_force, as_at)
    found = []
    for submission in known:
        if as_at is not None and submission.received_at > as_at:
            continue
        contract = contracts.get(submission.dataset)
        fate = WITHDRAWN if submission.withdrawal(as_at) else REMOVED if submission.is_gone else LANDED
        of_it = counts[submission.dataset, submission.submission_id]
        of_file = Judged(
            verdict=_NOBODY,
            dataset=submission.dataset,
            fate=fate,
            judged_at=utc(submission.received_at),
            order=of_it.order,
            months=tuple(facts.period for facts in submission.periods),
            in_force=frozenset(month for _, month in of_it.now),
            holds=of_it.holds,
            now=of_it.now,
            ever=of_it.ever,
            by_holder=_by_holder(contract),
            file_name=submission.file_name,
            submission_id=submission.submission_id,
        )
        verdicts = waived(map(Verdict.from_dict, submission.verdicts), waivers, submission.file_sha256)
        found += [replace(of_file, verdict=verdict) for verdict in verdicts]
    return found


def of_refusals(
    refusals: Iterable[Refusal],
    contracts: Mapping[str, Contract],
    submissions: Iterable[Submission],
    as_at: datetime | None = None,
) -> list[Judged]:
    """The verdicts on every refused file that is in quarantine (by then).

    What became of each file as a whole is what `pcw quarantine` says: closed, put right by a good one of `submissions`,
    or open.
    """
    refusals, found = list(refusals), []
    # Asked after each file that lands: mostly nothing was refused.
    accepted = accepted_of(standing(submissions, as_at), contracts) if refusals else []
    for refusal in refusals:
        if as_at is not None and refusal.received_at > utc(as_at):
            continue
        contract = contracts.get(refusal.dataset or "")
        facts = version_order(refusal.version_facts, contract) if contract and refusal.version_facts else ()
        of_file = Judged(
            verdict=_NOBODY,
            dataset=contract.dataset if contract else None,
            fate=REFUSED,
            judged_at=refusal.received_at,
            order=(refusal.received_at, 0),
            months=refusal.months,
            holds=parts_of(contract, refusal.months, refusal.scopes, refusal.versions, facts),
            by_holder=_by_holder(contract),
            file_name=refusal.file_name,
            submission_id=refusal.sha256[:16],
            is_closed=refusal.closed is not None and (as_at is None or refusal.closed.closed_at <= utc(as_at)),
            settled_at=settled_at(refusal, accepted),
        )
        found += [replace(of_file, verdict=verdict) for verdict in refusal.verdicts]
    return found


def of_build(
    verdicts: Iterable[Verdict], created_at: datetime, sequence: int, release_id: str | None, fate: str = RELEASED
) -> list[Judged]:
    """The verdicts of gates 3 to 5 on one build; `sequence` orders builds, since clocks go back."""
    return [
        Judged(verdict, verdict.suite, fate, utc(created_at), (sequence,), release_id=release_id)
        for verdict in verdicts
    ]


def _by_holder(contract: Contract | None) -> bool:
    return contract is not None and not isinstance(contract.supersession, Whole)


def rows_of(
    judged: Sequence[Judged], declared: Collection[tuple[str, str, str]], hidden: tuple[int, int] | None = None
) -> list[HistoryRow]:
    """One row per verdict and month, newest first within a check.

    Args:
        declared: (suite, stage, check) of today's checks; what is asked no more can not be put right.
        hidden: counts from and to which are hidden from readers.
    """
    later = Later(judged)
    rows: list[HistoryRow] = []
    for one in judged:
        months: Sequence[date | None] = one.months or ((None,) if not one.failing else ())
        for month in dict.fromkeys([*months, *one.failing]):
            places = one.failing.get(month)
            state, put_right_at = (PASSED, None) if places is None else _state(one, month, places, later, declared)
            rows.append(_row(one, month, places is None, state, put_right_at, hidden))
    rows.sort(key=lambda row: row.submission_id or row.release_id or "")
    rows.sort(key=lambda row: (row.judged_at, row.month or date.min), reverse=True)
    rows.sort(key=lambda row: (row.stage, row.dataset or "", row.suite, row.check_id))
    return rows


def _state(
    one: Judged,
    month: date | None,
    places: frozenset[Place],
    later: Later,
    declared: Collection[tuple[str, str, str]],
) -> tuple[str, datetime | None]:
    left = places - one.accepted
    if not left:
        return ACCEPTED, None
    if one.fate in (WITHDRAWN, REMOVED):
        return one.fate, None
    if one.is_closed:
        return CLOSED, None
    if (one.verdict.suite, one.verdict.stage, one.verdict.check) not in declared:
        return RETIRED, None
    if one.submission_id is not None and not one.replaces_all and None in (one.dataset, month):
        settled = later.under_its_name(one) or one.settled_at  # as its alert is
        return (OPEN, None) if settled is None else (PUT_RIGHT, settled)
    found = [later.word_on(one, place) for place in left]
    states = {state for state, _ in found} | ({ACCEPTED} if left != places else set())
    state = next(worst for worst in (OPEN, ACCEPTED, PUT_RIGHT) if worst in states)
    return state, max(at for _, at in found if at is not None) if state == PUT_RIGHT else None


def _row(
    one: Judged,
    month: date | None,
    passed: bool,
    state: str,
    put_right_at: datetime | None,
    hidden: tuple[int, int] | None,
) -> HistoryRow:
    verdict = discreet(one.verdict, hidden)
    holds_here = passed and not verdict.passed  # the check failed for other months of the file
    return HistoryRow(
        dataset=one.dataset,
        stage=verdict.stage,
        suite=verdict.suite,
        check_id=verdict.check,
        month=month,
        file_name=one.file_name,
        submission_id=one.submission_id,
        release_id=one.release_id,
        outcome=one.outcome(month),
        judged_at=one.judged_at,
        severity=verdict.severity,
        passed=passed,
        state=state,
        put_right_at=put_right_at,
        rows_checked=verdict.rows_checked,
        unexpected_count=0 if holds_here else verdict.unexpected_count,
        message="Holds for this month; what it found is of others." if holds_here else verdict.message,
        owner=verdict.owner,
        waiver_ids=",".join(verdict.waivers) or None,
        examples=() if holds_here else verdict.examples,
    )


def discreet(verdict: Verdict, hidden: tuple[int, int] | None) -> Verdict:
    """The verdict without figures in the examples of gates that judge exact figures of patients.

    All of them but keys and months: whoever knows a total finds a small count in what is beside it.
    """
    is_exact = verdict.stage in JUDGED_EXACT or verdict.suite.startswith(EXACT_SUITES)
    if hidden is None or not verdict.examples or not is_exact:
        return verdict
    examples = tuple(map(_without_figures, verdict.examples))
    message = verdict.message.replace("; ".join(verdict.examples), "; ".join(examples))
    return replace(verdict, examples=examples, message=message)


def _without_figures(example: str) -> str:
    """An example without the clauses that hold a figure; the first says of what it is, and stays with its key."""
    marked = _KEY_OR_FIGURE.sub(lambda found: found["key"] or _MARK, example)
    if _MARK not in marked:
        return example
    first, *others = _CLAUSE.findall(marked)
    shown = "".join([first, *(clause for clause in others if _MARK not in clause)])
    return shown.replace(_MARK, HIDDEN).rstrip(" ,:;")


_NOBODY = Verdict("", "", "", "warn", True, 0, 0, (), "", "")
