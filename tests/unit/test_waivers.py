"""A waiver accepts what it names and nothing else; a withdrawn submission counts no more, from its day on."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expectations.verdict import ScopeEntry, Verdict
from expectations.waivers import Waiver, in_force, read_waivers, waived, write_waiver
from orchestration import waiving
from orchestration.waiving import Finding
from pcw.errors import PcwError
from pcw.home import Home
from publishing.alerts import alerts_from_verdicts, cleared_by
from publishing.delivery import deliver
from publishing.messages import recovery
from sources import withdrawals
from sources.contracts import load_contracts
from sources.ledger import current, standing
from sources.manifests import read_submissions
from tests.unit.test_ledger import APRIL, MAY, submission

NOW = datetime(2020, 6, 1, 12, tzinfo=UTC)
SPRING = date(2020, 4, 1)
CONTRACTS = load_contracts()
FALL = ScopeEntry(SPRING, None, "RQ6", "320", "sus_op", "40 rows against 90 expected", "sus_volume")
DOUBLES = ScopeEntry(SPRING, None, "RQ6", "320", "sus_op", "9 % repeated", "sus_duplicated_rows")
OTHER = ScopeEntry(SPRING, None, "RBQ", "320", "sus_op", "none against 70 expected", "sus_volume")


def verdict(*scope: ScopeEntry, severity: str = "withhold", **changes: Any) -> Verdict:
    values: dict[str, Any] = {
        "suite": "sus_quality", "stage": "staged", "check": "activity_stands", "severity": severity, "passed": False,
        "rows_checked": 9, "unexpected_count": len(scope) or 1, "examples": (), "message": "It fell.",
        "owner": "business-intelligence", "scope": scope,
    }  # fmt: skip
    return Verdict(**{**values, **changes})


def waiver(**changes: Any) -> Waiver:
    values: dict[str, Any] = {
        "waiver_id": "w1", "suite": "sus_quality", "stage": "staged", "check": "activity_stands", "month": SPRING,
        "provider_code": "RQ6", "treatment_function_code": None, "practice_code": None, "rules": ("sus_volume",),
        "file_sha256": None, "granted_by": "Ada Example", "reason": "Clinics were closed", "granted_at": NOW,
        "until": date(2020, 12, 31),
    }  # fmt: skip
    return Waiver(**{**values, **changes})


def test_what_is_accepted_is_withheld_no_more_and_the_rest_is() -> None:
    [left] = waived([verdict(FALL, DOUBLES, OTHER)], [waiver()])
    assert left.scope == (DOUBLES, OTHER)
    assert (left.severity, left.passed, left.waivers) == ("withhold", False, ("w1",))
    [all_accepted] = waived([verdict(FALL)], [waiver()])
    assert (all_accepted.severity, all_accepted.passed, all_accepted.scope) == ("warn", False, ())


@pytest.mark.parametrize(
    "other",
    [
        {"month": date(2020, 5, 1)}, {"month": None}, {"provider_code": "RBQ"}, {"treatment_function_code": "110"},
        {"practice_code": "N82001"}, {"rules": ("sus_split_month",)}, {"check": "rows_judged"}, {"suite": "sus_scope"},
        {"stage": "marts"},
    ],
)  # fmt: skip
def test_a_waiver_of_something_else_accepts_nothing(other: dict[str, Any]) -> None:
    assert waived([verdict(FALL)], [waiver(**other)]) == [verdict(FALL)]


def test_of_what_blocks_the_whole_finding_is_accepted_or_nothing() -> None:
    blocked = verdict(severity="block", suite="epd", stage="rows", check="volume_far_from_history", period=SPRING)
    about = {"suite": "epd", "stage": "rows", "check": "volume_far_from_history", "provider_code": None, "rules": ()}
    [let_in] = waived([blocked], [waiver(**about, file_sha256="f00")], "f00")
    assert (let_in.severity, let_in.passed, let_in.waivers) == ("warn", False, ("w1",))
    for other in ({"file_sha256": "bad"}, {}, {"file_sha256": "f00", "provider_code": "RQ6"}):
        assert waived([blocked], [waiver(**{**about, **other})], "f00") == [blocked]


def test_a_waiver_holds_from_its_grant_to_the_end_of_its_last_day() -> None:
    last = datetime(2020, 12, 31, 23, 59, tzinfo=UTC)
    assert not waiver().holds(NOW - timedelta(seconds=1))
    assert waiver().holds(NOW) and waiver().holds(last)
    assert not waiver().holds(last + timedelta(minutes=1))
    ended = waiver(ended_at=NOW + timedelta(days=1), ended_by="Ada Example")
    assert in_force([ended], NOW) and not in_force([ended], NOW + timedelta(days=1))


def test_waivers_read_back_and_a_damaged_one_stops_everything(tmp_path: Path) -> None:
    write_waiver(tmp_path, waiver())
    assert read_waivers(tmp_path) == [waiver()]
    (tmp_path / "w2.json").write_text('{"waiver_id": "w2"}')
    with pytest.raises(PcwError, match=r"Waiver w2\.json is damaged"):
        read_waivers(tmp_path)


def test_verdicts_of_before_there_were_waivers_still_read() -> None:
    stored = verdict(FALL).as_dict()
    del stored["waivers"]
    stored["scope"] = [entry[:6] for entry in stored["scope"]]
    [entry] = Verdict.from_dict(stored).scope
    assert entry == FALL._replace(rule=None)


def test_who_is_told_that_it_is_accepted_is_not_told_that_it_has_passed(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    [alert] = alerts_from_verdicts([verdict(FALL)], default_owner="x")
    deliver([alert], [], home, now=NOW)
    mark = {alert.fingerprint}
    deliver([], [], home, cleared=mark, accepted=mark, now=NOW)
    [told] = [entry for entry in map(json.loads, (home.root / "alerts.log").open()) if entry["event"] == "recovered"]
    assert "it is so still, and somebody accepts it" in recovery(told)


def test_an_accepted_finding_is_no_open_alert_and_opens_again_when_the_waiver_ends() -> None:
    failing = verdict(FALL, OTHER)
    told = alerts_from_verdicts([failing], default_owner="x")
    assert len(told) == 2
    accepted = waived([failing], [waiver()])
    still = alerts_from_verdicts(accepted, default_owner="x")
    assert [alert.title for alert in still] == [told[0].title if "RBQ" in told[0].title else told[1].title]
    open_alerts = [(alert.fingerprint, alert.severity) for alert in told]
    assert cleared_by(accepted, told=open_alerts) == {a.fingerprint for a in told} - {a.fingerprint for a in still}
    assert {alert.fingerprint for alert in alerts_from_verdicts([failing], default_owner="x")} == {
        alert.fingerprint for alert in told
    }


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    """A deployment whose gates have found a fall and doubled rows."""
    standing_verdicts = [verdict(FALL, DOUBLES).as_dict(), verdict(severity="block", check="rows_judged").as_dict()]
    monkeypatch.setattr(waiving, "kept_verdicts", lambda warehouse: standing_verdicts)
    return Home(tmp_path).create()


def grant(home: Home, finding: Finding, **changes: Any) -> tuple[Waiver, list[str]]:
    values: dict[str, Any] = {"by": "Ada", "reason": "Closed", "until": date(2020, 12, 31), "at": NOW}
    return waiving.grant(home, finding, **{**values, **changes})


def test_granting_accepts_what_was_found_and_says_what(found: Home) -> None:
    granted, accepted = grant(found, Finding("sus_quality.activity_stands", SPRING, "RQ6", rules=("sus_volume",)))
    assert accepted == ["sus_op, RQ6, specialty 320, 2020-04: 40 rows against 90 expected"]
    assert granted.rules == ("sus_volume",)
    assert read_waivers(found.waivers) == [granted]
    ended = waiving.end(found, granted.waiver_id, by="Grace", at=NOW + timedelta(days=3))
    assert read_waivers(found.waivers) == [ended] and not ended.holds(NOW + timedelta(days=3))


@pytest.mark.parametrize(
    ("finding", "changes", "sentence"),
    [
        (Finding("sus_quality.activity_stands", SPRING, "RBQ"), {}, "None of the findings is what you name"),
        (Finding("sus_quality.activity_stands", SPRING, rules=("sus_x",)), {}, "None of the findings is what you name"),
        (Finding("sus_quality.activity_stands", MAY), {}, "None of the findings is what you name"),
        (Finding("sus_quality.rows_judged", SPRING), {}, "cannot be accepted, only corrected"),
        (Finding("sus_scope.one_base_a_month", SPRING), {}, "has found nothing"),
        (Finding("epd.practice_silent", SPRING), {}, "only warns: no figure waits for it"),
        (Finding("sus_quality.no_such", SPRING), {}, "No suite declares a check"),
        (Finding("sus_quality.activity_stands", SPRING), {"by": " "}, "needs a name"),
        (Finding("sus_quality.activity_stands", SPRING), {"reason": ""}, "needs a name"),
        (Finding("sus_quality.activity_stands", SPRING), {"until": date(2020, 5, 31)}, "ends between"),
        (Finding("sus_quality.activity_stands", SPRING), {"until": date(2022, 1, 1)}, "ends between"),
    ],
)
def test_what_cannot_be_granted(found: Home, finding: Finding, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PcwError, match=sentence):
        grant(found, finding, **changes)
    assert read_waivers(found.waivers) == []


def landed(home: Home, *submissions: Any) -> None:
    for one in submissions:
        folder = home.landing / one.dataset / one.submission_id
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(one.to_json()))


def test_a_withdrawn_submission_counts_no_more_and_the_day_before_is_seen_as_it_was(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    first, wrong = submission("epd", "a", 1, APRIL), submission("epd", "b", 2, APRIL)
    landed(home, first, wrong)
    then = datetime(2017, 8, 1, tzinfo=UTC)
    withdrawals.withdraw(home, wrong, by="Ada", reason="A test file", at=then)
    now = read_submissions(home.landing)
    assert [s.submission_id for s in standing(now)] == [first.submission_id]
    assert current(now, CONTRACTS)["epd"][APRIL] == (first,)
    assert current(now, CONTRACTS, then - timedelta(seconds=1))["epd"][APRIL] == (wrong,)
    assert current(now, CONTRACTS, then)["epd"][APRIL] == (first,)
    [mark] = [s for s in now if s.withdrawals]
    assert mark.withdrawal() is not None and replace(mark, withdrawals=()) == wrong
    with pytest.raises(PcwError, match="is withdrawn already: by Ada on 2017-08-01, because: A test file"):
        withdrawals.withdraw(home, mark, by="Ada", reason="again", at=then)
    withdrawals.reinstate(home, mark, at=then + timedelta(days=2))
    later = read_submissions(home.landing)
    assert current(later, CONTRACTS)["epd"][APRIL] == (wrong,)
    assert current(later, CONTRACTS, then + timedelta(days=1))["epd"][APRIL] == (first,)


def test_who_withdraws_and_why_is_said_and_the_file_is_named_without_doubt(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    one, same_name = submission("epd", "a", 1, APRIL), replace(submission("epd", "b", 2, MAY), file_name="a.csv")
    landed(home, one, same_name)
    with pytest.raises(PcwError, match="needs a name"):
        withdrawals.withdraw(home, one, by="", reason="x", at=NOW)
    known = read_submissions(home.landing)
    assert withdrawals.find_submission(known, f"epd/{one.submission_id}") == one
    assert withdrawals.find_submission(known, one.submission_id) == one
    with pytest.raises(PcwError, match=r"Several submissions are called a\.csv"):
        withdrawals.find_submission(known, "a.csv")
    with pytest.raises(PcwError, match="No submission is called"):
        withdrawals.find_submission(known, "epact2_age_band/" + one.submission_id)
