"""Odd files get a sentence each and never stop the others."""

import json
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from pcw.settings import Settings
from tests.finance_files import landed, ledger, write_csv
from tests.running import Deployed, run_pipeline

GOOD = "practice_groups.csv"


@pytest.fixture
def deployed(tmp_path: Path) -> Deployed:
    return Deployed(Settings(home=tmp_path / "it's home"))  # an apostrophe must not end a literal


def test_no_odd_file_stops_the_others(
    deployed: Deployed, small_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import pipeline

    monkeypatch.setattr(pipeline, "_release", lambda *_: None)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    epd = (small_sample / "EPD_201706.csv").read_bytes()
    (inbox / "EPD_201204.csv").write_bytes(epd.replace(b"201706", b"201204").replace(b"2017_06", b"2012_04"))
    (inbox / "EPD_201605.csv").write_bytes(b"\xef\xbb\xbf" + epd[:5000] + b"\xa3")
    (inbox / "EPD_201606.csv").write_bytes(b"\xff\xfea\x00,")
    (inbox / "notes.txt").write_text("Dear all, please find attached.")
    (inbox / "EPD_201607.csv").write_bytes(epd)
    (inbox / "EPD_201607.csv.meta.json").write_text('{"recieved_at": "2017-07-01"}')
    (inbox / "EPD_201608.csv").write_bytes(epd)
    (inbox / "EPD_201608.csv.meta.json").write_text('{"dataset": "epdd"}')
    (inbox / "EPD_201609.csv.part").write_bytes(epd[:5000])  # still being copied
    (inbox / "EPD_201610.csv").write_bytes(
        epd.replace(b"201706", b"201610", 1).replace(b",", b"," + b"x" * 9_000_000, 1)
    )
    (inbox / "../EPD_201611.csv").write_bytes(epd)  # beside the inbox, not in it
    with ZipFile(inbox / "EPD_201612.zip", "w") as archive:
        archive.writestr("EPD_201612.csv", epd.replace(b"201706", b"201612"))
        archive.writestr("ReadMe.txt", "Dear all, please find enclosed.")
    shutil.copy(small_sample / GOOD, inbox)

    code, lines = run_pipeline(deployed.settings, inbox=inbox)

    assert code == 1  # a sidecar that does not fit is an error of its own
    said = "\n".join(lines)
    assert f"Landed practice_groups: {GOOD}" in said
    assert "recieved_at" in said
    assert re.search(r"dataset epdd, which is not known\. Known: epd, .* and \d+ more\. Correct", said)
    assert "utf-8-sig and is not" in said
    assert "utf-16 and is not" in said
    assert re.search(
        r"notes\.txt is none of the \d+ known datasets: .* land it with `pcw land FILE --dataset NAME`", said
    )
    stray = r"In EPD_201612\.zip: File ReadMe\.txt is none of the \d+ known datasets: .* Remove it from EPD_201612"
    assert re.search(stray, said)
    assert "cqc_rating" not in said and "\u2026" not in said
    refused = {json.loads(path.read_text())["file_name"] for path in deployed.home.quarantine.glob("*/refusal.json")}
    assert refused >= {"EPD_201605.csv", "EPD_201606.csv", "notes.txt", "EPD_201610.csv"}
    assert max(len(line) for line in lines) < 2000  # a sentence, whatever is in the file
    assert "EPD_201609" not in said
    assert "EPD_201611" not in said
    assert (inbox / "EPD_201609.csv.part").exists()


def test_a_file_that_was_replaced_while_it_was_read_stays(deployed: Deployed, tmp_path: Path) -> None:
    from sources.receipts import receive, take_away

    home = deployed.home.create()
    path = home.inbox / "EPD_201704.csv"
    path.write_text("old")
    receipt = receive(path, datetime(2017, 7, 1, tzinfo=UTC))
    newer = tmp_path / "newer"
    newer.write_text("new, and longer")
    os.replace(newer, path)
    take_away(home, receipt)
    assert path.read_text() == "new, and longer"
    take_away(home, receive(path, None))
    assert not path.exists()


def test_a_year_that_nobody_states_is_asked_for(tmp_path: Path, small_sample: Path) -> None:
    [weights] = small_sample.glob("need_weighted_population_2016*.csv")
    path = tmp_path / "need_weighted_population.csv"
    shutil.copy(weights, path)
    outcome = landed(tmp_path / "home", path)
    assert outcome.refusal is not None
    assert "its name no financial year like 2016-17: state the first month" in outcome.refusal.message


def test_a_cell_longer_than_any_in_a_report_is_named_by_its_row(tmp_path: Path) -> None:
    rows = ledger()
    rows[3] = [*rows[3][:-1], "9" * 200_000]
    outcome = landed(tmp_path / "home", write_csv(tmp_path / "ledger_2017-18_M03.csv", rows))
    assert outcome.refusal is not None
    assert "ledger_2017-18_M03.csv, row 4: cannot be read as a table" in outcome.refusal.message
    assert "999" not in outcome.refusal.message
