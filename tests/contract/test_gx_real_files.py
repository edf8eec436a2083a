"""Real public files of NHS bodies pass gates 1 and 2: no threshold refuses what the field really sends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from orchestration.landing import land
from pcw.home import Home
from pcw.settings import Settings
from sources.receipts import receive

# In the order they would be received; what each may warn about.
FILES = {
    "ods/epraccur_2015-11.csv.gz": set[str](),
    "ods/epraccur_2017-03-label.csv.gz": set[str](),
    "ods/practice_lineage_to_2020-04.csv": {"last_line_is_whole"},  # its last line has no line end
    "prescribing/bnf_code_changes.csv": {"new_code_shape"},  # seven codes of 13 or 16 characters
    "patients_registered/gp-reg-pat-prac-quin-age_2017-09_fixture.csv": set[str](),
    "patients_registered/gp-reg-pat-prac-all_2021-01.csv": {"practices_few_unknown"},  # opened after the register
    "prescribing/EPD_201601_fixture.csv": set[str](),
    "prescribing/EPD_201709_4practices.csv": set[str](),
}


def test_real_files_pass_the_gates(realdata: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    for folder in (home.inbox, home.landing, home.quarantine):
        folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(home=home.root)
    for name, warnings in FILES.items():
        outcome = land(home, settings, receive(realdata / name, datetime(2026, 1, 1, tzinfo=UTC)))
        failed = {verdict.check: verdict.message for verdict in outcome.verdicts if not verdict.passed}
        assert outcome.refusal is None, failed
        assert set(failed) == warnings, failed
