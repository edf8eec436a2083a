"""Every verdict on record, by month, and what became of what failed.

Belongs here: what was judged (a file, or a build), and when a later verdict puts right an earlier one. Where verdicts
are kept is in `sources.manifests`, `publishing.refusals` and `publishing.gate_history`; nothing here asks a check.

A month stands for itself: a later file puts right only the months, and of them the providers, that it holds.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from expectations.verdict import Verdict
from expectations.waivers import Waiver, waived
from publishing.lineage import utc
from publishing.refusals import Refusal
from sources.contracts import Contract, Whole
from sources.manifests import Scope, Submission

# What became of what was judged.
LANDED, REFUSED, WITHDRAWN, REMOVED = "landed", "refused", "withdrawn", "removed"
RELEASED, NOT_RELEASED = "released", "not_released"
# What became of a verdict.
PASSED, OPEN, PUT_RIGHT, ACCEPTED, RETIRED = "passed", "open", "put_right", "accepted", "retired"
# Gate 4 and the gates of hospital activity judge figures before small ones are hidden.
JUDGED_EXACT = ("marts",)
EXACT_SUITES = "sus_"
HIDDEN = "(hidden)"
# A key: the cell of a column of codes or periods, a number said to be one, a month or day, a word or code.
_KEY_OR_FIGURE = re.compile(
    r"""(?P<key>
        \b\w*(?:code|_id|month|period|period_end|quarter|year|version|variant|source_row)\ =\ [^\s,;]+
        | \b(?:row|specialty|chapter|weekday|period)\ \d+\b(?![.:/-]\d)
        | (?<![\w./-])(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-[0-3]\d)?(?![\w/-]|\.\d)
        | [A-Za-z_]\w*
        | (?=\d*[A-Z])[0-9A-Z]{3,}\b(?![+-]\d)
    )
    | (?<!\d)[-+\u2212]?(?:\d[\d,.]*\d|\d|\.\d+)(?:[eE][+-]?\d+)?""",
    re.VERBOSE,
)


class Place(NamedTuple):
    """What a check hit: a month, and of it a provider, specialty or practice; None is all of them."""

    month: date | None
    provider: str | None = None
    specialty: str | None = None
    practice: str | None = None

    def overlaps(self, other: "Place") -> bool:
        """Whether both may mean the same."""
        return all(own is None or its is None or own == its for own, its in zip(self, other, strict=True))


ANYTHING = Place(None)


@dataclass(frozen=True)
class Judged:
    """One verdict, with what it was about.

    `dataset` is the feed of a file, or the table of a build; None where a file told neither. `order` says which of two
    came later. `months` are those of a file, `in_force` those in which it counts, `covered` its provider-months where
    files stand for these. `replaces_all`: a file of this feed replaces every earlier one, whatever its month.
    """

    verdict: Verdict
    dataset: str | None
    fate: str
    judged_at: datetime
    order: tuple[Any, ...]
    months: tuple[date, ...] = ()
    in_force: frozenset[date] = frozenset()
    covered: frozenset[Scope] = frozenset()
    replaces_all: bool = False
    file_name: str | None = None
    submission_id: str | None = None
    release_id: str | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether waivers accept all that it found."""
        return not self.verdict.passed and bool(self.verdict.waivers) and self.verdict.severity == "warn"

    @property
    def hits(self) -> frozenset[Place]:
        """What its scope names."""
        return frozenset(
            Place(entry.month, entry.provider_code, entry.treatment_function_code, entry.practice_code)
            for entry in self.verdict.scope
        )

    @property
    def failing(self) -> dict[date | None, frozenset[Place]]:
        """The months that it failed for, and what of them."""
        if self.verdict.passed:
            return {}
        by_month: dict[date | None, set[Place]] = defaultdict(set)
        for place in self.hits:
            by_month[place.month].add(place)
        for month in () if by_month else self.months or (self.verdict.period,):
            providers = {Place(month, provider) for provider, held in self.covered if held == month}
            by_month[month] = providers or {Place(month)}
        return {month: frozenset(places) for month, places in by_month.items()}

    def clears(self, place: Place) -> bool:
        """Whether it says that what an earlier verdict of the same check hit is right now."""
        if self.fate in (REFUSED, WITHDRAWN, REMOVED):
            return False
        if self.submission_id is not None and not self.replaces_all:
            if place.month not in self.months:
                return False
            if self.covered and place.provider is not None and (place.provider, place.month) not in self.covered:
                return False
        if self.verdict.passed or self.is_accepted:
            return True
        hits = self.hits
        return bool(hits) and not any(hit.overlaps(place) for hit in hits)

    def outcome(self, month: date | None) -> str:
        """What became of the file in a month, or of the build."""
        if self.fate != LANDED:
            return self.fate
        return "current" if month in self.in_force else "superseded"


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
    counts: dict[tuple[str, str], set[date]] = defaultdict(set)
    for dataset, by_month in in_force.items():
        for month, held in by_month.items():
            for submission in held:
                counts[dataset, submission.submission_id].add(month)
    found = []
    for submission in submissions:
        if as_at is not None and submission.received_at > as_at:
            continue
        contract = contracts.get(submission.dataset)
        fate = WITHDRAWN if submission.withdrawal(as_at) else REMOVED if submission.is_gone else LANDED
        received = utc(submission.received_at)
        of_file = Judged(
            verdict=_NOBODY,
            dataset=submission.dataset,
            fate=fate,
            judged_at=received,
            order=(received, 1),
            months=tuple(facts.period for facts in submission.periods),
            in_force=frozenset(counts[submission.dataset, submission.submission_id]),
            covered=frozenset(facts.scope for facts in submission.scopes),
            replaces_all=contract is not None and _replaces_all(contract),
            file_name=submission.file_name,
            submission_id=submission.submission_id,
        )
        verdicts = waived(map(Verdict.from_dict, submission.verdicts), waivers, submission.file_sha256)
        found += [replace(of_file, verdict=verdict) for verdict in verdicts]
    return found


def of_refusals(
    refusals: Iterable[Refusal], contracts: Mapping[str, Contract], as_at: datetime | None = None
) -> list[Judged]:
    """The verdicts on every refused file that is in quarantine."""
    found = []
    for refusal in refusals:
        if as_at is not None and refusal.received_at > utc(as_at):
            continue
        contract = contracts.get(refusal.dataset or "")
        of_file = Judged(
            verdict=_NOBODY,
            dataset=contract.dataset if contract else None,
            fate=REFUSED,
            judged_at=refusal.received_at,
            order=(refusal.received_at, 0),
            months=refusal.months,
            covered=frozenset(refusal.scopes),
            replaces_all=contract is not None and _replaces_all(contract),
            file_name=refusal.file_name,
            submission_id=refusal.sha256[:16],
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


def _replaces_all(contract: Contract) -> bool:
    return isinstance(contract.supersession, Whole) and contract.supersession.scope == "dataset"


def rows_of(
    judged: Sequence[Judged], declared: Collection[tuple[str, str, str]], hidden: tuple[int, int] | None = None
) -> list[HistoryRow]:
    """One row per verdict and month, newest first within a check.

    Args:
        declared: (suite, stage, check) of today's checks; what is asked no more can not be put right.
        hidden: counts from and to which are hidden from readers.
    """
    later: dict[tuple[object, ...], list[Judged]] = defaultdict(list)
    by_name: dict[str | None, list[Judged]] = defaultdict(list)
    for one in judged:
        later[_key(one)].append(one)
        if one.fate == LANDED:
            by_name[one.file_name].append(one)
    rows: list[HistoryRow] = []
    for one in judged:
        failing = one.failing
        months: Sequence[date | None] = one.months or ((None,) if not failing else ())
        for month in dict.fromkeys([*months, *failing]):
            places = failing.get(month)
            state, put_right_at = PASSED, None
            if places is not None:
                is_unknown = one.submission_id is not None and not one.replaces_all and None in (one.dataset, month)
                if is_unknown:  # settled, as its alert is, by a good file under its name
                    state, put_right_at = _state(one, frozenset([ANYTHING]), by_name[one.file_name], declared)
                else:
                    state, put_right_at = _state(one, places, later[_key(one)], declared)
            rows.append(_row(one, month, places is None, state, put_right_at, hidden))
    rows.sort(key=lambda row: row.submission_id or row.release_id or "")
    rows.sort(key=lambda row: (row.judged_at, row.month or date.min), reverse=True)
    rows.sort(key=lambda row: (row.stage, row.dataset or "", row.suite, row.check_id))
    return rows


def _key(one: Judged) -> tuple[object, ...]:
    return one.dataset, one.verdict.suite, one.verdict.stage, one.verdict.check


def _state(
    one: Judged, places: frozenset[Place], candidates: Sequence[Judged], declared: Collection[tuple[str, str, str]]
) -> tuple[str, datetime | None]:
    if one.is_accepted:
        return ACCEPTED, None
    if one.fate in (WITHDRAWN, REMOVED):
        return one.fate, None
    if (one.verdict.suite, one.verdict.stage, one.verdict.check) not in declared:
        return RETIRED, None
    newer = sorted((other for other in candidates if other.order > one.order), key=lambda other: other.order)
    moments = []
    for place in places:
        cleared = next((other.judged_at for other in newer if place is ANYTHING or other.clears(place)), None)
        if cleared is None:
            return OPEN, None
        moments.append(cleared)
    return PUT_RIGHT, max(moments)


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
    examples = tuple(_KEY_OR_FIGURE.sub(lambda found: found["key"] or HIDDEN, text) for text in verdict.examples)
    message = verdict.message.replace("; ".join(verdict.examples), "; ".join(examples))
    return replace(verdict, examples=examples, message=message)


_NOBODY = Verdict("", "", "", "warn", True, 0, 0, (), "", "")
