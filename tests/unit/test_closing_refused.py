"""A refused file that nobody will correct: `pcw quarantine` says where it stands, and closes it by name."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestration import pipeline
from orchestration.cli import app
from orchestration.instance import prepare
from orchestration.landing import land
from orchestration.telling import tell
from pcw.home import Home
from pcw.settings import Settings
from publishing.delivery import open_alerts
from publishing.judgements import HistoryRow, of_refusals, rows_of
from publishing.refusals import Refusal, read_refusals
from publishing.status import status
from sources.contracts import load_contracts
from sources.receipts import receive
from tests.unit.operating_home import GROUPS, operated

BAD = GROUPS.replace("locality", "continent")
IN_FORCE = GROUPS.replace("Alderbank", "Beaconmoor")


@pytest.fixture(scope="module")
def refused_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good groups landed, then bad ones: these are open, and their owner was told."""
    folder = tmp_path_factory.mktemp("refused")
    home = operated(folder / "home", folder / "outside")
    prepare(home)
    send(home, BAD, datetime.now(UTC))
    tell(home, Settings(home=home.root))
    return home.root


@pytest.fixture
def home(refused_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy of it, which PCW_HOME names."""
    home = Home(tmp_path / "home")
    shutil.copytree(refused_once, home.root, symlinks=True)
    (tmp_path / "outside").mkdir()
    monkeypatch.setenv("PCW_HOME", str(home.root))
    assert [entry["severity"] for entry in open_alerts(home)] == ["refused"]
    return home


def send(home: Home, text: str, at: datetime) -> None:
    path = home.root.with_name("outside") / "practice_groups.csv"
    path.write_text(text, encoding="utf-8")
    land(home, Settings(home=home.root), receive(path, at))


def quarantine(*options: str) -> Result:
    return CliRunner().invoke(app, ["quarantine", *options])


def close(home: Home) -> str:
    [refusal] = read_refusals(home)
    done = quarantine("--close", refusal.sha256[:16], "--by", "A Person", "--reason", "sent by mistake")
    assert done.exit_code == 0, done.output
    return done.output


def test_who_closes_it_and_why_is_told_and_listed_and_the_file_stays(home: Home) -> None:
    assert "[open] practice_groups.csv" in quarantine().output
    assert "practice_groups.csv is closed, and stays where it is." in close(home)
    [refusal] = read_refusals(home)
    day = datetime.now(UTC).date()
    assert f"[A Person closed it on {day}: sent by mistake] practice_groups.csv" in quarantine().output
    assert next((home.quarantine / refusal.sha256[:16] / "raw").iterdir()).exists()
    said = tell(home, Settings(home=home.root))
    assert "1 recovered" in said
    assert f"A Person closed it on {day}: sent by mistake" in (home.root / "alerts.log").read_text()
    assert open_alerts(home) == []
    assert tell(home, Settings(home=home.root)) == ""


def test_what_a_good_file_put_right_is_open_nowhere_before_a_release_either(home: Home) -> None:
    def said() -> tuple[list[str], bool, str]:
        listed = [one["file_name"] for one in status(home)["refused_files"]]
        doctor = CliRunner().invoke(app, ["doctor"]).output
        return listed, "[open]" in quarantine().output, "".join(line for line in doctor.splitlines() if "told:" in line)

    before = said()
    assert before[:2] == (["practice_groups.csv"], True) and "1 refused file without a good one since" in before[2]
    send(home, GROUPS.replace("Alderbank", "Cedarfield"), datetime.now(UTC) + timedelta(minutes=1))
    listed, is_open, doctor = said()
    assert (listed, is_open) == ([], False) and "refused file" not in doctor


def test_a_name_and_a_reason_are_needed_and_once_is_enough(home: Home) -> None:
    refused = quarantine("--close", "practice_groups.csv", "--by", " ", "--reason", "why")
    assert refused.exit_code == 1 and "needs a name (--by) and a reason (--reason)" in str(refused.exception)
    close(home)
    both = quarantine("--retry", "practice_groups.csv", "--close", "practice_groups.csv")
    assert both.exit_code == 1 and "not both" in str(both.exception)
    again = quarantine("--close", "practice_groups.csv", "--by", "B", "--reason", "why")
    assert again.exit_code == 1 and "closed already, by A Person" in str(again.exception)
    unknown = quarantine("--close", "other.csv", "--by", "B", "--reason", "why")
    assert unknown.exit_code == 1 and "No refused file is called other.csv" in str(unknown.exception)


def test_the_same_bytes_received_again_open_it(home: Home) -> None:
    close(home)
    send(home, BAD, datetime.now(UTC) + timedelta(minutes=1))
    assert read_refusals(home)[0].closed is None
    assert "[open]" in quarantine().output


def test_a_folder_that_still_holds_it_is_read_without_it(home: Home) -> None:
    folder = home.root.with_name("sent")
    folder.mkdir()
    (folder / "practice_groups.csv").write_text(BAD, encoding="utf-8")
    for closed in (False, True):
        if closed:
            close(home)
        work = pipeline.Work()
        pipeline._look(work, home, folder, None, left_in_place=True)
        assert [bool(work.known), bool(work.refused_before)] == [closed, not closed]
        assert work.exit_code == (0 if closed else 2)


def test_what_is_closed_is_no_open_finding_of_its_feed(home: Home) -> None:
    contracts = load_contracts()
    [refusal] = read_refusals(home)
    assert {row.state for row in _rows(refusal) if not row.passed} == {"open"}
    before = datetime.now(UTC)
    close(home)
    [closed] = read_refusals(home)
    assert {row.state for row in _rows(closed) if not row.passed} == {"closed"}
    assert [row.check_id for row in _rows(closed)] == [row.check_id for row in _rows(refusal)], "nothing is lost"
    assert of_refusals([closed], contracts, [], before) == of_refusals([refusal], contracts, [])


def _rows(refusal: Refusal) -> list[HistoryRow]:
    judged = of_refusals([refusal], load_contracts(), [])
    return rows_of(judged, {(one.verdict.suite, one.verdict.stage, one.verdict.check) for one in judged})


def test_other_gates_are_asked_about_a_closed_file_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    close(home)
    folder = home.root.with_name("sent")
    folder.mkdir()
    (folder / "practice_groups.csv").write_text(BAD, encoding="utf-8")
    monkeypatch.setattr(pipeline, "gates_hash", lambda _: "other gates, or a waiver")
    work = pipeline.Work()
    pipeline._look(work, home, folder, None, left_in_place=True)
    assert [receipt.name for receipt in work.new] == ["practice_groups.csv"]


def test_two_of_one_name_are_told_apart_by_their_folders(home: Home) -> None:
    send(home, BAD + "\n", datetime.now(UTC))
    several = quarantine("--close", "practice_groups.csv", "--by", "B", "--reason", "why")
    folders = ", ".join(one.sha256[:16] for one in sorted(read_refusals(home), key=lambda one: one.sha256))
    assert several.exit_code == 1 and f"Name one by its folder: {folders}." in str(several.exception)


def test_a_good_file_puts_it_right_and_the_list_says_so(home: Home) -> None:
    send(home, GROUPS.replace("Alderbank", "Cedarfold"), datetime.now(UTC) + timedelta(minutes=1))
    assert f"[put right by practice_groups.csv of {datetime.now(UTC).date()}]" in quarantine().output


@pytest.mark.parametrize("way", ["inbox", "folder", "land"])
def test_the_good_file_that_is_in_force_closes_it_when_it_comes_again(home: Home, way: str) -> None:
    """Somebody saved over a file, was told, and sent again what had landed before: it brings nothing, but is good."""
    at = datetime.now(UTC) + timedelta(minutes=1)
    path = (home.inbox if way == "inbox" else home.root.with_name("outside")) / "practice_groups.csv"
    path.write_text(IN_FORCE, encoding="utf-8")
    said: list[str] = []
    if way != "land":
        is_left = way == "folder"
        work, stated = pipeline.Work(), None if is_left else at
        for _ in range(1 + is_left):  # a file that lies still has not come a second time
            pipeline._look(work, home, path.parent, stated, left_in_place=is_left)
        at = datetime.now(UTC) if is_left else at
        assert [len(work.known), len(work.new), path.exists()] == [1 + is_left, 0, is_left]
        assert home.telling_due.exists()
        said.append(tell(home, Settings(home=home.root)))
    else:
        code = pipeline.land_files(
            Settings(home=home.root), said.append, [path], dataset=None, period=None, received_at=at
        )
        assert code == 0 and "Nothing new: practice_groups.csv is already in force." in said
    day = datetime.now(UTC).date()
    assert "1 recovered" in "".join(said)
    assert (
        f"pcw run closed it on {day}: practice_groups.csv of {at.date()} holds what is in force" in quarantine().output
    )
    assert open_alerts(home) == []
    send(home, BAD, at + timedelta(minutes=1))
    if way == "folder":
        pipeline._look(pipeline.Work(), home, path.parent, None, left_in_place=True)
        tell(home, Settings(home=home.root))
    assert "[open]" in quarantine().output, "what came before it closes nothing"


def test_a_good_file_that_lies_in_a_folder_closes_nothing(home: Home) -> None:
    """Nobody sent it: it was there before the bad one came, and is read and left in place in every run."""
    folder = home.root.with_name("sent")
    folder.mkdir()
    file = folder / "practice_groups.csv"
    file.write_text(IN_FORCE, encoding="utf-8")
    before = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    os.utime(file, (before, before))
    work = pipeline.Work()
    pipeline._look(work, home, folder, None, left_in_place=True)
    assert len(work.known) == 1
    tell(home, Settings(home=home.root))
    assert "[open]" in quarantine().output
