"""What became of a verdict: each month stands for itself, and only what counts puts anything right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from expectations.verdict import ScopeEntry, Verdict
from expectations.waivers import Waiver
from publishing.judgements import (
    LANDED,
    NOT_RELEASED,
    REFUSED,
    WITHDRAWN,
    HistoryRow,
    Judged,
    discreet,
    of_build,
    of_refusals,
    of_submissions,
    rows_of,
)
from publishing.refusals import Refusal
from sources.contracts import load_contracts
from tests.unit.publishing_build import verdict

FEBRUARY, MARCH, JUNE = date(2017, 2, 1), date(2017, 3, 1), date(2017, 6, 1)
DECLARED = {("epd", "rows", "costs_fit"), ("epd", "staged", "usual"), ("file", "file", "readable")}


def said(passed: bool, *scope: ScopeEntry, **changes: Any) -> Verdict:
    values = {
        "suite": "epd",
        "stage": "rows",
        "check": "costs_fit",
        "passed": passed,
        "unexpected_count": 0 if passed else 3,
    }
    return verdict(**{**values, "scope": scope, **changes})


def sent(day: int, what: Verdict, *months: date, **changes: Any) -> Judged:
    """A file of these months, received on a day of August, with one verdict."""
    at = datetime(2017, 8, day)
    fate = changes.pop("fate", LANDED)
    of_file = Judged(
        what, "epd", fate, at, (at, int(fate != REFUSED)), months, file_name=f"EPD_{day}.csv", submission_id=f"s{day}"
    )
    return replace(of_file, **changes)


def states(*judged: Judged) -> dict[tuple[str | None, str | None], str]:
    """State by file or release, and month."""
    rows = rows_of(judged, DECLARED)
    return {(row.submission_id or row.release_id, row.month and f"{row.month:%Y-%m}"): row.state for row in rows}


def test_a_mended_february_leaves_june_open() -> None:
    both = sent(1, said(False), FEBRUARY, JUNE, fate=REFUSED)
    february = sent(2, said(True), FEBRUARY)
    found = states(both, february)
    assert found == {("s1", "2017-02"): "put_right", ("s1", "2017-06"): "open", ("s2", "2017-02"): "passed"}
    assert states(both, february, sent(3, said(True), JUNE))["s1", "2017-06"] == "put_right"


def test_what_came_before_was_refused_or_withdrawn_puts_nothing_right() -> None:
    failed = sent(5, said(False), JUNE)
    assert states(sent(4, said(True), JUNE), failed)["s5", "2017-06"] == "open"
    for fate in (REFUSED, WITHDRAWN):
        assert states(failed, sent(6, said(True), JUNE, fate=fate))["s5", "2017-06"] == "open", fate
    assert states(replace(failed, fate=WITHDRAWN))["s5", "2017-06"] == "withdrawn"


def test_a_file_that_was_refused_and_landed_later_as_it_is_was_put_right() -> None:
    """The same bytes at the same moment of receipt, after what they are compared with had come."""
    refused = sent(5, said(False), JUNE, fate=REFUSED)
    landed = replace(sent(5, said(True), JUNE), submission_id="again")
    assert states(refused, landed)["s5", "2017-06"] == "put_right"


def test_another_check_puts_nothing_right() -> None:
    other = sent(6, said(True, check="keys_unique"), JUNE)
    assert states(sent(5, said(False), JUNE), other)["s5", "2017-06"] == "open"


def test_of_a_file_only_the_months_that_its_scope_names_failed() -> None:
    rows = rows_of([sent(1, said(False, ScopeEntry(JUNE, "N82001"), severity="withhold"), FEBRUARY, JUNE)], DECLARED)
    assert [(row.month, row.passed, row.unexpected_count) for row in rows] == [(JUNE, False, 3), (FEBRUARY, True, 0)]


def test_a_practice_that_is_right_again_does_not_hide_the_other() -> None:
    first = sent(1, said(False, ScopeEntry(JUNE, "N82001"), ScopeEntry(JUNE, "N82002"), severity="withhold"), JUNE)
    second = sent(2, said(False, ScopeEntry(JUNE, "N82002"), severity="withhold"), JUNE)
    assert states(first, second)["s1", "2017-06"] == "open"
    assert states(sent(1, said(False, ScopeEntry(JUNE, "N82001")), JUNE), second)["s1", "2017-06"] == "put_right"


def test_one_providers_file_does_not_put_right_anothers() -> None:
    def of(day: int, passed: bool, *providers: str) -> Judged:
        return sent(day, said(passed), JUNE, covered=frozenset((provider, JUNE) for provider in providers))

    both = of(1, False, "RQ6", "RBQ")
    assert states(both, of(2, True, "RQ6"))["s1", "2017-06"] == "open"
    assert states(both, of(2, True, "RQ6"), of(3, True, "RBQ"))["s1", "2017-06"] == "put_right"
    [row] = [row for row in rows_of([both, of(2, True, "RQ6"), of(3, True, "RBQ")], DECLARED) if not row.passed]
    assert row.put_right_at == datetime(2017, 8, 3), "when the last of them came"


def test_a_file_without_a_month_is_settled_by_a_good_one_under_its_name() -> None:
    lost = sent(1, said(False, suite="file", stage="file", check="readable"), fate=REFUSED, dataset=None)
    other = sent(2, said(True), JUNE)
    assert states(lost, other)["s1", None] == "open"
    assert states(lost, replace(other, file_name=lost.file_name))["s1", None] == "put_right"


def test_what_a_waiver_accepts_is_not_open_and_what_nobody_asks_any_more_is_retired() -> None:
    accepted = said(False, severity="warn", waivers=("w1",))
    assert states(sent(1, accepted, JUNE))["s1", "2017-06"] == "accepted"
    assert states(sent(1, said(False, check="old"), JUNE))["s1", "2017-06"] == "retired"
    assert states(sent(1, said(True, check="old"), JUNE))["s1", "2017-06"] == "passed"


def test_a_later_build_puts_right_the_months_that_it_no_longer_names() -> None:
    def build(number: int, *months: date, fate: str = "released") -> list[Judged]:
        found = said(not months, *map(ScopeEntry, months), stage="staged", check="usual", severity="withhold")
        # The clock went back between the two.
        return of_build([found], datetime(2017, 8, 10 - number), number, f"r{number}", fate)

    found = states(*build(1, FEBRUARY, JUNE), *build(2, JUNE))
    assert found == {("r1", "2017-02"): "put_right", ("r1", "2017-06"): "open", ("r2", "2017-06"): "open"}
    assert states(*build(1, JUNE), *build(2)) == {("r1", "2017-06"): "put_right", ("r2", None): "passed"}
    assert states(*build(1, JUNE), *build(2, fate=NOT_RELEASED))["r1", "2017-06"] == "put_right"


def submission(day: int, what: Verdict, *months: date, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "dataset": "epd", "submission_id": f"s{day}", "file_name": f"EPD_{day}.csv", "file_sha256": "f0", "scopes": (),
        "received_at": datetime(2017, 8, day, tzinfo=UTC), "is_gone": False, "withdrawal": lambda as_at: None,
        "periods": [SimpleNamespace(period=month) for month in months], "verdicts": [what.as_dict()],
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


def history(*submissions: Any, waivers: tuple[Waiver, ...] = (), as_at: datetime | None = None) -> list[HistoryRow]:
    newest = {month: (one,) for one in submissions for month in (facts.period for facts in one.periods)}
    judged = of_submissions(submissions, load_contracts(), {"epd": newest}, waivers, as_at)
    return rows_of(judged, DECLARED)


def test_manifests_say_what_became_of_each_file_and_month() -> None:
    old, new = submission(1, said(False), FEBRUARY, JUNE), submission(2, said(True), JUNE)
    withdrawn = submission(3, said(True), MARCH, withdrawal=lambda as_at: "somebody's")
    removed = submission(4, said(True), MARCH, is_gone=True)
    found = {(row.submission_id, row.month): row.outcome for row in history(old, new, withdrawn, removed)}
    assert found == {
        ("s1", FEBRUARY): "current", ("s1", JUNE): "superseded", ("s2", JUNE): "current",
        ("s3", MARCH): "withdrawn", ("s4", MARCH): "removed",
    }  # fmt: skip
    assert {row.submission_id for row in history(old, new, as_at=datetime(2017, 8, 1, 12, tzinfo=UTC))} == {"s1"}


def test_a_waiver_in_force_is_seen_in_a_manifest_that_is_older() -> None:
    waiver = Waiver(
        "w1", "epd", "rows", "costs_fit", JUNE, None, None, None, (), "f0", "A. Example", "It is so.",
        datetime(2017, 8, 3, tzinfo=UTC), date(2017, 12, 31),
    )  # fmt: skip
    failed = submission(1, said(False, period=JUNE), JUNE)
    assert [row.state for row in history(failed)] == ["open"]
    assert [(row.state, row.waiver_ids) for row in history(failed, waivers=(waiver,))] == [("accepted", "w1")]


def test_a_register_is_replaced_as_a_whole_whatever_its_month() -> None:
    at = datetime(2017, 8, 1)
    what = said(False, suite="practice_groups")
    refused = Refusal("a.csv", "ab" * 32, "practice_groups", "rows", "no", at, FEBRUARY, (FEBRUARY,), (), (what,))
    good = submission(2, said(True, suite="practice_groups"), JUNE, dataset="practice_groups")
    judged = of_refusals([refused], load_contracts()) + of_submissions([good], load_contracts(), {}, ())
    rows = rows_of(judged, {("practice_groups", "rows", "costs_fit")})
    assert [(row.outcome, row.state) for row in rows if not row.passed] == [("refused", "put_right")]


def test_figures_are_hidden_where_exact_ones_are_judged() -> None:
    examples = (
        "practice_code = N82001, month = 2017-06-01, value = 3",
        "value = 8, other = 7.0, rate = 3.25, all = 1,234",
    )
    message = f"2 values differ ({'; '.join(examples)})."
    exact = verdict(passed=False, examples=examples, message=message, unexpected_count=2)
    [row] = rows_of(of_build([exact], datetime(2017, 8, 1), 1, "r1"), DECLARED, (1, 7))
    assert row.examples == (
        "practice_code = N82001, month = 2017-06-01, value = (hidden)",
        "value = (hidden), other = (hidden), rate = (hidden), all = (hidden)",
    )
    assert row.message == f"2 values differ ({'; '.join(row.examples)})."
    of_rows = sent(1, said(False, examples=examples), JUNE)
    assert rows_of([of_rows], DECLARED, (1, 7))[0].examples == examples


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a -3, 3/12, 3-5, [3,4], RXX:3, 5:7", "a #, #/#, #-#, [#], RXX:#, #:#"),
        ("value=3, 3%, (3), 3., .5, 1e-05, 1E+2, 12E+3, 3patients", "value=#, #%, (#), #., #, #, #, #, #patients"),
        ("N82001 2017-06: 3 rows, usually 12.5", "N82001 2017-06: # rows, usually #"),
        ("specialty_code = 100, bnf_code = 0403010, n = 3", "specialty_code = 100, bnf_code = 0403010, n = #"),
        ("epd 2017-06 of RXX, specialty 300: moved", "epd 2017-06 of RXX, specialty 300: moved"),
        ("row 5: month_count = 3, financial_year = 2016/17", "row 5: month_count = #, financial_year = 2016/17"),
    ],
)  # fmt: skip
def test_no_figure_slips_through_and_keys_and_months_stay(text: str, shown: str) -> None:
    exact = verdict(stage="marts", passed=False, examples=(text,), message=f"Look: {text}.")
    hidden = discreet(exact, (1, 7))
    assert hidden.examples == (shown.replace("#", "(hidden)"),)
    assert hidden.message == f"Look: {hidden.examples[0]}."
    assert discreet(exact, None) == exact, "where nothing is hidden from readers, nothing is here"
