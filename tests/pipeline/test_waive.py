"""A true fall is let in by name, published with who accepts it, and withdrawn again: through whole runs."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration import waiving
from orchestration.submissions import submissions_of
from orchestration.waiving import Finding
from sources import withdrawals
from tests.running import LATER, MUCH_LATER, Deployed, run_pipeline

JUNE = date(2017, 6, 1)
ROWS = "select submission_id, is_current, withdrawn_by from submission where dataset = 'epd' and period = '2017-06-01'"


def a_quarter(sample: Path, folder: Path) -> Path:
    """The prescribing of June with every fourth row: too little to be believed without somebody's word."""
    [source] = sample.rglob("EPD_201706*.csv")
    header, *rows = source.read_text().splitlines(keepends=True)
    folder.mkdir()
    path = folder / source.name
    path.write_text("".join([header, *rows[::4]]))
    return path


@pytest.mark.slow
def test_a_fall_that_somebody_accepts_lands_and_can_be_withdrawn(
    copy_of_released: Deployed, small_sample: Path, tmp_path: Path
) -> None:
    deployed, home = copy_of_released, copy_of_released.home
    first = deployed.content_hash()
    path = a_quarter(small_sample, tmp_path / "inbox")
    code, lines = run_pipeline(deployed.settings, path.parent, received_at=LATER)
    assert code == 2, lines
    by_check = Finding("epd.volume_far_from_history", JUNE, file=path.name)
    until = date.today() + timedelta(days=30)
    waiver, accepted = waiving.grant(
        home, by_check, by="Ada Example", reason="Closed", until=until, at=datetime.now(UTC)
    )
    assert len(accepted) == 1 and "June" not in waiver.reason

    code, lines = run_pipeline(deployed.settings, path.parent, received_at=LATER)
    assert code == 0, lines
    assert deployed.content_hash() != first
    waivers = "select waiver_id, check_id, month, granted_by, reason, valid_until from waiver"
    assert deployed.query(waivers) == [
        (waiver.waiver_id, "volume_far_from_history", JUNE, "Ada Example", "Closed", until)
    ]
    verdicts = "select severity, passed from gate_result where waiver_ids = ?"
    assert deployed.query(verdicts, waiver.waiver_id) == [("warn", False)]

    counting = [row[0] for row in deployed.query(ROWS) if row[1]]
    found = withdrawals.find_submission(submissions_of(home), f"epd/{counting[0]}")
    withdrawals.withdraw(home, found, by="Grace Example", reason="Not ours", at=MUCH_LATER)
    waiving.end(home, waiver.waiver_id, by="Grace Example", at=datetime.now(UTC))
    code, lines = run_pipeline(deployed.settings, path.parent, received_at=LATER)
    assert code == 0, lines
    assert deployed.content_hash() == first
    assert deployed.query("select count(*) from waiver") == [(0,)]
    assert sorted(row[1:] for row in deployed.query(ROWS)) == [(False, "Grace Example"), (True, None)]
