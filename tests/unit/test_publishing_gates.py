"""The last word before a release fails closed."""

import pytest

from publishing.gates import ReleaseBlocked, RequiredCheck, assert_gates, required_checks
from tests.unit.publishing_build import verdict

DECLARED = [
    ("epd", "rows", "codes", "block", "medicines"),
    ("epd", "staged", "totals", "withhold", "medicines"),
    ("release", "release", "opens", "warn", "data-engineering"),
]


def test_every_current_submission_needs_its_own_verdict() -> None:
    required = required_checks(DECLARED, [("epd", "aaa"), ("epd", "bbb"), ("epraccur", "ccc")])
    assert required == [
        RequiredCheck("epd", "rows", "codes", "aaa"),
        RequiredCheck("epd", "rows", "codes", "bbb"),
        RequiredCheck("epd", "staged", "totals"),
        RequiredCheck("release", "release", "opens"),
    ]
    only_first = [
        verdict(suite="epd", stage="rows", check="codes", submission_id="aaa"),
        verdict(suite="epd", stage="staged", check="totals"),
        verdict(suite="release", stage="release", check="opens"),
    ]
    with pytest.raises(ReleaseBlocked, match="epd rows codes of submission bbb") as caught:
        assert_gates(only_first, required)
    assert caught.value.missing == (RequiredCheck("epd", "rows", "codes", "bbb"),)
    assert_gates([*only_first, verdict(suite="epd", stage="rows", check="codes", submission_id="bbb")], required)


@pytest.mark.parametrize("severity", ["warn", "withhold"])
def test_a_failed_check_that_does_not_block_lets_the_release_through(severity: str) -> None:
    failed = verdict(severity=severity, passed=False)
    assert_gates([failed], [RequiredCheck("indicator_result", "marts", "keys_unique")])


def test_a_failed_blocking_check_is_named_with_its_sentence() -> None:
    failed = verdict(passed=False, message="12 keys occur twice in indicator_result")
    with pytest.raises(ReleaseBlocked, match="12 keys occur twice") as caught:
        assert_gates([failed], [])
    assert caught.value.failed == (failed,)


def test_many_failures_are_counted_not_all_listed() -> None:
    with pytest.raises(ReleaseBlocked, match=r"9 blocking check\(s\) failed.*and 4 more"):
        assert_gates([verdict(passed=False, check=f"c{number}") for number in range(9)], [])
