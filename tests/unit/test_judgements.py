"""What became of a verdict: each month stands for itself, and only what counts puts anything right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from expectations.verdict import ScopeEntry, Verdict
from expectations.waivers import Waiver, waived
from pcw.home import Home
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
from publishing.refusals import Refusal, accepted_of, read_refusals
from sources.contracts import load_contracts
from sources.landing import refuse
from sources.ledger import current
from sources.manifests import PeriodFacts, Submission, VersionFacts
from sources.receipts import receive
from sources.staging import stage
from tests.finance_files import ledger, write_csv
from tests.unit.activity_feed import submission as activity_submission
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
    fate, providers = changes.pop("fate", LANDED), changes.pop("providers", (None,))
    holds: dict[Any, Any] = {(provider, month): () for provider in providers for month in months}
    of_file = Judged(
        what,
        "epd",
        fate,
        at,
        (at, int(fate != REFUSED)),
        months,
        holds=holds,
        ever=frozenset(holds if fate == LANDED else ()),
        by_holder=providers != (None,),
        file_name=f"EPD_{day}.csv",
        submission_id=f"s{day}",
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
        return sent(day, said(passed), JUNE, providers=providers)

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


def test_what_only_warns_of_a_build_opens_and_closes_by_month() -> None:
    """A February that is as usual again does not hide that June is not."""

    def build(number: int, *months: date) -> list[Judged]:
        found = said(not months, stage="staged", check="usual", severity="warn", months=months)
        return of_build([found], datetime(2017, 8, number), number, f"r{number}")

    first, second = build(1, FEBRUARY, JUNE), build(2, JUNE)
    assert states(*first) == {("r1", "2017-02"): "open", ("r1", "2017-06"): "open"}
    found = states(*first, *second)
    assert found == {("r1", "2017-02"): "put_right", ("r1", "2017-06"): "open", ("r2", "2017-06"): "open"}
    found = states(*first, *second, *build(3))
    assert set(found.values()) == {"put_right", "passed"}


def test_a_later_build_puts_right_the_months_that_it_no_longer_names() -> None:
    def build(number: int, *months: date, fate: str = "released") -> list[Judged]:
        found = said(not months, *map(ScopeEntry, months), stage="staged", check="usual", severity="withhold")
        # The clock went back between the two.
        return of_build([found], datetime(2017, 8, 10 - number), number, f"r{number}", fate)

    found = states(*build(1, FEBRUARY, JUNE), *build(2, JUNE))
    assert found == {("r1", "2017-02"): "put_right", ("r1", "2017-06"): "open", ("r2", "2017-06"): "open"}
    assert states(*build(1, JUNE), *build(2)) == {("r1", "2017-06"): "put_right", ("r2", None): "passed"}
    unreleased = build(2, fate=NOT_RELEASED)
    assert states(*build(1, JUNE), *unreleased)["r1", "2017-06"] == "open", "readers see the first one still"


def submission(day: int, what: Verdict, *months: date, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "dataset": "epd", "submission_id": f"s{day}", "file_name": f"EPD_{day}.csv", "file_sha256": "f0", "scopes": (),
        "received_at": datetime(2017, 8, day, tzinfo=UTC), "is_gone": False, "withdrawal": lambda as_at: None,
        "withdrawals": (), "versions": (), "version_facts": {}, "protocol": None,
        "rows_read": 0, "rows_quarantined": 0,
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
    judged = of_refusals([refused], load_contracts(), [good]) + of_submissions([good], load_contracts(), {}, ())
    rows = rows_of(judged, {("practice_groups", "rows", "costs_fit")})
    assert [(row.outcome, row.state) for row in rows if not row.passed] == [("refused", "put_right")]


@pytest.mark.parametrize(("name", "february"), [("a.csv", "put_right"), ("b.csv", "open")])
def test_a_refused_file_that_a_good_one_of_its_name_put_right_has_no_open_month(name: str, february: str) -> None:
    """As `pcw quarantine` says of it: the good file has not the month that was a mistake of the first."""
    months = (FEBRUARY, JUNE)
    refused = Refusal("a.csv", "ab" * 32, "epd", "rows", "no", datetime(2017, 8, 1), None, months, (), (said(False),))
    good = submission(2, said(True), JUNE, file_name=name)
    contracts = load_contracts()
    assert refused.standing(accepted_of([good], contracts)).startswith(february.replace("_", " "))
    judged = of_refusals([refused], contracts, [good])
    judged += of_submissions([good], contracts, {"epd": {JUNE: (good,)}}, ())
    found = {row.month: row.state for row in rows_of(judged, DECLARED) if not row.passed}
    assert found == {FEBRUARY: february, JUNE: "put_right"}


def test_a_refused_archive_without_a_month_is_put_right_by_its_member_and_by_the_first_that_came() -> None:
    refused = Refusal(
        "bundle.zip", "ab" * 32, None, "file", "no", datetime(2017, 8, 1), None, (), (), (said(False),),
        names=("EPD_201706",),
    )  # fmt: skip
    goods = [submission(day, said(True), JUNE, file_name="EPD_201706.csv") for day in (2, 3)]
    contracts = load_contracts()
    assert refused.standing(accepted_of(goods, contracts)).startswith("put right")
    judged = of_refusals([refused], contracts, goods)
    judged += of_submissions(goods, contracts, {"epd": {JUNE: (goods[1],)}}, ())
    [row] = [row for row in rows_of(judged, DECLARED) if not row.passed]
    assert (row.state, row.put_right_at) == ("put_right", datetime(2017, 8, 2))


ASKED = {(feed, "rows", "costs_fit") for feed in ("sus_apcs", "ledger", "spend_over_25k", "high_cost_drug_charge")}


def of_feed(feed: str, *submissions: Any, refused: tuple[Refusal, ...] = ()) -> dict[tuple[str, str], tuple[str, str]]:
    """Outcome and state of what failed, by submission and month, as the ledger of today has them in force."""
    contracts = load_contracts()
    judged = of_refusals(refused, contracts, submissions)
    judged += of_submissions(submissions, contracts, current(submissions, {feed: contracts[feed]}), ())
    rows = [row for row in rows_of(judged, ASKED) if not row.passed]
    return {(str(row.submission_id), f"{row.month:%Y-%m}"): (row.outcome, row.state) for row in rows}


def activity(name: str, passed: bool, extract: int, received: int, **changes: Any) -> Submission:
    """A file of June of RQ6, extracted and received on days of July."""
    verdicts = (said(passed, suite="sus_apcs").as_dict(),)
    scopes = changes.pop("scopes", [("RQ6", JUNE, "flex")])
    protocol = changes.pop("protocol", "bulk")
    values = {
        "dataset": "sus_apcs", "submission_id": name, "file_name": f"{name}.csv", "verdicts": verdicts,
        "received_at": datetime(2017, 7, received, 12, tzinfo=UTC), "protocol": protocol,
    }  # fmt: skip
    return activity_submission(name, datetime(2017, 7, extract), *scopes, **{**values, **changes})


def report(feed: str, name: str, passed: bool, day: int, *scope: str, version: int | None = None) -> Submission:
    """A finance report of June of some body, received on a day of July."""
    verdicts = (said(passed, suite=feed).as_dict(),)
    return replace(
        activity(name, passed, day, day, scopes=[]), dataset=feed, protocol=None, version_facts={}, verdicts=verdicts,
        periods=(PeriodFacts(JUNE, 1, 1),), versions=(VersionFacts((*scope, "2017/18", "3"), JUNE, version, 1),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("feed", "one", "other"),
    [
        ("ledger", ["99A"], ["98B"]),
        ("spend_over_25k", ["Example ICB"], ["Other ICB"]),
        ("high_cost_drug_charge", ["99A", "RQ6"], ["99A", "RBQ"]),
    ],
)
def test_of_a_feed_with_versions_only_a_newer_one_of_the_same_scope_puts_right(
    feed: str, one: list[str], other: list[str]
) -> None:
    failed, theirs = report(feed, "a", False, 1, *one), report(feed, "b", True, 2, *other)
    assert of_feed(feed, failed, theirs) == {("a", "2017-06"): ("current", "open")}
    own = report(feed, "c", True, 3, *one)
    assert of_feed(feed, failed, theirs, own) == {("a", "2017-06"): ("superseded", "put_right")}
    # Received later, and older: the higher version counts.
    failed, old = report(feed, "a", False, 1, *one, version=2), report(feed, "c", True, 3, *one, version=1)
    assert of_feed(feed, failed, old) == {("a", "2017-06"): ("current", "open")}


def test_a_refusal_of_a_feed_with_versions_keeps_whose_it_was() -> None:
    versions = (VersionFacts(("99A", "2017/18", "3"), JUNE, 2, 1),)
    refused = Refusal(
        "a.csv", "ab" * 32, "ledger", "rows", "no", datetime(2017, 7, 1), JUNE, (JUNE,), (),
        (said(False, suite="ledger"),), versions,
    )  # fmt: skip
    key = ("ab" * 8, "2017-06")
    assert of_feed("ledger", report("ledger", "b", True, 2, "98B"), refused=(refused,))[key][1] == "open"
    older = report("ledger", "b", True, 2, "99A", version=1)
    assert of_feed("ledger", older, refused=(refused,))[key][1] == "open"
    same = report("ledger", "b", True, 2, "99A", version=2)
    assert of_feed("ledger", same, refused=(refused,))[key][1] == "put_right"


def test_landing_keeps_with_a_refusal_what_its_versions_stand_for(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    path = write_csv(home.root / "ledger.csv", ledger(3, 2))
    staged = stage(
        home, receive(path, datetime(2017, 7, 1, tzinfo=UTC)), load_contracts(), [], "1GB", commissioner="99A"
    )
    staged.close()
    refuse(home, staged, "rows", "no", [said(False, suite="ledger").as_dict()], "")
    [refused] = read_refusals(home)
    assert refused.versions == staged.versions != ()
    [judged] = of_refusals([refused], load_contracts(), [])
    scope = ", ".join(staged.versions[0].scope)
    assert (judged.by_holder, dict(judged.holds)) == (True, {(scope, JUNE): (True, True, 2)})


def test_a_net_file_and_an_older_extract_put_nothing_right_that_counts() -> None:
    bulk = activity("a", False, 5, 5)
    assert of_feed("sus_apcs", bulk, activity("n", True, 6, 6, protocol="net")) == {
        ("a", "2017-06"): ("current", "open")
    }
    assert of_feed("sus_apcs", bulk, activity("o", True, 4, 6)) == {("a", "2017-06"): ("current", "open")}
    assert of_feed("sus_apcs", bulk, activity("b", True, 6, 6)) == {("a", "2017-06"): ("superseded", "put_right")}
    failed_net = activity("n", False, 6, 6, protocol="net")
    counts = activity("a", True, 5, 5)
    assert of_feed("sus_apcs", counts, failed_net, activity("m", True, 7, 7, protocol="net")) == {
        ("n", "2017-06"): ("current", "open")
    }
    assert of_feed("sus_apcs", counts, failed_net, activity("b", True, 7, 7))["n", "2017-06"][1] == "put_right"


def test_what_was_put_in_force_has_put_right_also_after_it_was_superseded_itself() -> None:
    first, second, third = activity("a", False, 3, 3), activity("b", True, 4, 4), activity("c", False, 5, 5)
    assert of_feed("sus_apcs", first, second, third) == {
        ("a", "2017-06"): ("superseded", "put_right"),
        ("c", "2017-06"): ("current", "open"),
    }
    # It never was: when it came, a newer extract was there.
    late = replace(second, received_at=datetime(2017, 7, 6, tzinfo=UTC))
    assert of_feed("sus_apcs", first, late, third)["a", "2017-06"] == ("superseded", "open")


def test_a_newer_extract_after_the_freeze_puts_nothing_right() -> None:
    frozen = activity("a", False, 3, 3, scopes=[("RQ6", JUNE, "freeze")])
    drift = activity("b", True, 4, 4, scopes=[("RQ6", JUNE, "freeze")])
    assert of_feed("sus_apcs", frozen, drift) == {("a", "2017-06"): ("current", "open")}
    final = activity("c", True, 5, 5, scopes=[("RQ6", JUNE, "final")])
    assert of_feed("sus_apcs", frozen, drift, final) == {("a", "2017-06"): ("superseded", "put_right")}


def test_files_of_one_moment_of_receipt_are_told_apart_by_the_ledgers_order() -> None:
    failed, newer = activity("a", False, 3, 8), activity("b", True, 4, 8)
    assert of_feed("sus_apcs", failed, newer) == {("a", "2017-06"): ("superseded", "put_right")}
    assert of_feed("sus_apcs", newer, failed) == {("a", "2017-06"): ("superseded", "put_right")}
    # An older extract that came after what counts was never put in force, and what counts is right.
    failed = activity("a", False, 3, 9)
    assert of_feed("sus_apcs", newer, failed) == {("a", "2017-06"): ("superseded", "put_right")}


def test_a_file_refused_before_its_providers_were_read_is_settled_under_its_name_alone() -> None:
    refused = Refusal(
        "RBQ.csv", "ab" * 32, "sus_apcs", "rows", "no", datetime(2017, 7, 1), JUNE, (JUNE,), (),
        (said(False, suite="sus_apcs"),),
    )  # fmt: skip
    key = ("ab" * 8, "2017-06")
    assert of_feed("sus_apcs", activity("RQ6", True, 2, 2), refused=(refused,))[key][1] == "open"
    own = activity("RBQ", True, 2, 2, scopes=[("RBQ", JUNE, "flex")])
    assert of_feed("sus_apcs", own, refused=(refused,))[key][1] == "put_right"
    known = replace(refused, scopes=(("RQ6", JUNE),))
    assert of_feed("sus_apcs", activity("RQ6", True, 2, 2), refused=(known,))[key][1] == "put_right"
    newer = replace(known, version_facts={"extract_date_time": "2017-07-03T00:00:00"})
    assert of_feed("sus_apcs", activity("RQ6", True, 2, 2), refused=(newer,))[key][1] == "open"


def withholding(*months: date) -> Verdict:
    return said(False, *map(ScopeEntry, months), severity="withhold")


def waiver_of(month: date) -> Waiver:
    return Waiver(
        "w1", "epd", "rows", "costs_fit", month, None, None, None, (), None, "A. Example", "It is so.",
        datetime(2017, 8, 3, tzinfo=UTC), date(2017, 12, 31),
    )  # fmt: skip


def test_what_a_waiver_accepts_of_a_file_is_accepted_and_the_rest_is_as_it_was() -> None:
    earlier, later = (submission(day, withholding(FEBRUARY, JUNE), FEBRUARY, MARCH, JUNE) for day in (1, 2))
    found = {(row.submission_id, row.month): row.state for row in history(earlier, later, waivers=(waiver_of(JUNE),))}
    assert found == {
        ("s1", FEBRUARY): "open", ("s1", MARCH): "passed", ("s1", JUNE): "accepted",
        ("s2", FEBRUARY): "open", ("s2", MARCH): "passed", ("s2", JUNE): "accepted",
    }  # fmt: skip


def test_a_waiver_of_all_that_was_found_accepts_no_month_that_never_failed() -> None:
    found = history(submission(1, withholding(FEBRUARY), FEBRUARY, JUNE), waivers=(waiver_of(FEBRUARY),))
    assert {row.month: (row.passed, row.state) for row in found} == {
        FEBRUARY: (False, "accepted"), JUNE: (True, "passed"),
    }  # fmt: skip


def test_a_later_finding_that_was_accepted_puts_nothing_right() -> None:
    def accepted(*left: date) -> Verdict:
        [made] = waived([withholding(FEBRUARY, *left)], [waiver_of(FEBRUARY)])
        return Verdict.from_dict(made.as_dict())

    failed = sent(1, said(False), FEBRUARY)
    for what in (accepted(), accepted(JUNE), said(False, severity="warn", waivers=("w1",))):
        assert states(failed, sent(2, what, FEBRUARY))["s1", "2017-02"] == "accepted", what
        right = sent(3, said(True), FEBRUARY)
        assert states(failed, sent(2, what, FEBRUARY), right)["s1", "2017-02"] == "put_right", what
    assert states(failed, sent(2, accepted(), FEBRUARY), sent(3, said(False), FEBRUARY))["s1", "2017-02"] == "open"


def test_the_work_grows_with_the_files_and_not_with_their_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Judged] = []
    says = Judged.says

    def counted(one: Judged, place: Any) -> str:
        asked.append(one)
        return says(one, place)

    monkeypatch.setattr(Judged, "says", counted)
    at = datetime(2017, 8, 1)
    files = [
        replace(
            sent(1, said(number % 7 == 0), JUNE), order=(at + timedelta(minutes=number), 1), submission_id=str(number)
        )
        for number in range(700)
    ]
    assert {row.state for row in rows_of(files, DECLARED)} == {"passed", "put_right", "open"}
    assert len(asked) <= 2 * len(files)


def test_figures_are_hidden_where_exact_ones_are_judged() -> None:
    examples = (
        "practice_code = N82001, month = 2017-06-01, value = 3",
        "value = 8, other = 7.0, rate = 3.25, all = 1,234",
    )
    message = f"2 values differ ({'; '.join(examples)})."
    exact = verdict(passed=False, examples=examples, message=message, unexpected_count=2)
    [row] = rows_of(of_build([exact], datetime(2017, 8, 1), 1, "r1"), DECLARED, (1, 7))
    assert row.examples == ("practice_code = N82001, month = 2017-06-01", "value = (hidden)")
    assert row.message == f"2 values differ ({'; '.join(row.examples)})."
    of_rows = sent(1, said(False, examples=examples), JUNE)
    assert rows_of([of_rows], DECLARED, (1, 7))[0].examples == examples


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a -3, 3/12, 3-5, [3,4], RXX:3, 5:7", "a #, RXX"),
        ("3/12, b", "#/#, b"), ("3-5", "#-#"), ("[3 4]", "[# #]"), ("5:7", "#"), ("RXX:3", "RXX"),
        ("value=3, 3%, (3), 3., .5, 1e-05, 1E+2, 12E+3, 3patients", "value=#"),
        ("3% (3) 3. .5 1e-05 1E+2 12E+3 3patients", "#% (#) #. # # # # #patients"),
        ("N82001 2017-06: 3 rows, usually 12.5", "N82001 2017-06"),
        ("specialty_code = 100, bnf_code = 0403010, n = 3", "specialty_code = 100, bnf_code = 0403010"),
        ("epd 2017-06 of RXX, specialty 300: moved", "epd 2017-06 of RXX, specialty 300: moved"),
        ("row 5: month_count = 3, financial_year = 2016/17", "row 5: financial_year = 2016/17"),
        ("row 2345 of SUS.zip member 2: site_code = RX1, n = 3", "row 2345 of SUS.zip member 2: site_code = RX1"),
        ("first_row = 12 of SUS_2017_04.csv, n = 7", "first_row = 12 of SUS_2017_04.csv"),
        ("row 5 of 7 patients", "row 5 of # patients"),
        ("op 2016-09-01 of REM: sus_disagree, 8.6% by another register (PDS) against 2.0%",
         "op 2016-09-01 of REM: sus_disagree"),
        ("a (3, b; c) d, e", "a (#, b; c) d, e"), ("b, (3, c), d", "b, d"),
    ],
)  # fmt: skip
def test_no_figure_slips_through_and_keys_and_months_stay(text: str, shown: str) -> None:
    exact = verdict(stage="marts", passed=False, examples=(text,), message=f"Look: {text}.")
    hidden = discreet(exact, (1, 7))
    assert hidden.examples == (shown.replace("#", "(hidden)"),)
    assert hidden.message == f"Look: {hidden.examples[0]}."
    assert discreet(exact, None) == exact, "where nothing is hidden from readers, nothing is here"
