"""What Dagster is given to keep of a file: analysts open the UI, and see there no exact count of patients."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from expectations.verdict import Verdict
from orchestration import landing_assets
from orchestration.landing import LandingOutcome

COUNT = "2 rows"
EXAMPLE = f"RXX 2017-05, weekday 3: {COUNT}, other working weekdays 11"


def outcome(severity: str) -> LandingOutcome:
    message = f"visits.csv: a weekday holds next to nothing ({EXAMPLE}). Ask."
    verdict = Verdict(
        "sus_ec", "rows", "weekdays_present", cast(Any, severity), False, 9, 1, (EXAMPLE,), message, "owner"
    )
    submission = SimpleNamespace(
        file_name="visits.csv", file_sha256="ab", submission_id="s1", layout="a", rows_accepted=9, rows_read=9,
        rows_quarantined=0, received_at=datetime(2017, 6, 1, tzinfo=UTC), periods=(),
    )  # fmt: skip
    refusal = SimpleNamespace(message=f"{message} (Also: months_even.)")
    return cast(LandingOutcome, SimpleNamespace(verdicts=(verdict,), submission=submission, refusal=refusal))


def warned(found: LandingOutcome) -> str:
    return str(cast(Any, landing_assets._metadata(found)["warnings"]).value)


@pytest.mark.parametrize(("severity", "told"), [("warn", warned), ("block", landing_assets._refused)])
def test_no_exact_count_is_kept(severity: str, told: Callable[[LandingOutcome], str]) -> None:
    said = told(outcome(severity))
    assert "weekday holds next to nothing (RXX 2017-05, weekday 3). Ask." in said and COUNT not in said
    assert severity == "warn" or said.endswith("(Also: months_even.)")
