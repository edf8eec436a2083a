"""What `pcw status` shows."""

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from expectations.verdict import Verdict
from orchestration.cli import app
from pcw.home import Home
from publishing.alerts import alerts_from_verdicts
from publishing.delivery import deliver
from publishing.gate_history import Quality
from publishing.next_step import next_step
from publishing.refusals import Accepted, Refusal, accepted_of, settled_by
from publishing.rollback import rollback
from publishing.status import render, status
from sources.calendar import FeedMonth
from sources.contracts import load_contracts
from sources.manifests import VersionFacts
from tests.unit.publishing_build import build_database, release_of, verdict
from tests.unit.test_judgements import activity

REFUSED = {
    "file_name": "EPD_201707.csv",
    "sha256": "ab" * 32,
    "dataset": "epd",
    "stage": "file",
    "message": "EPD_201707.csv is an HTML page, not a prescribing file.",
    "received_at": "2017-08-01T09:30:00",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def refuse(home: Home, **changes: Any) -> None:
    record = {**REFUSED, **changes}
    folder = home.quarantine / str(record["sha256"])[:16]
    folder.mkdir()
    (folder / "refusal.json").write_text(json.dumps(record))


def test_an_empty_warehouse(home: Home) -> None:
    state = status(home)
    assert state["release"] is None
    assert state["feeds"] == []
    assert "none yet" in render(state)


def test_everything_in_one_page(home: Home, tmp_path: Path) -> None:
    warned = verdict(
        suite="epd", stage="rows", check="unknown_practice", severity="warn", passed=False, message="3 unknown"
    )
    first = release_of(home, build_database(tmp_path))
    release_of(home, build_database(tmp_path, items=11), verdicts=[verdict(), warned])
    rollback(home, None, reason="June is wrong", at=datetime(2017, 8, 2))
    refuse(home)
    deliver(alerts_from_verdicts([verdict(passed=False)], default_owner="x"), ["json://127.0.0.1:1/"], home)
    state = status(home)
    json.dumps(state)
    assert state["release"]["release_id"] == first.release_id
    assert state["pinned"]["reason"] == "June is wrong"
    assert [feed["dataset"] for feed in state["feeds"]] == ["epact2_age_band", "epd"]
    assert [refused["file_name"] for refused in state["refused_files"]] == ["EPD_201707.csv"]
    page = render(state)
    for text in (
        first.release_id,
        "June is wrong",
        "2017-06",
        "EPD_201707.csv is an HTML page",
        "[block] indicator_result: check keys_unique failed (of data-engineering, since",
        "1 alert message could not be delivered",
        "Dead alert channels:\n  alert channel 1 of PCW_ALERT_URLS (json) takes no messages (since ",
    ):
        assert text in page


def test_columns_of_feeds_stand_below_their_headers(home: Home) -> None:
    """The longest name of a feed once ran into its month."""
    names = max(load_contracts(), key=len), "epd"
    feed = {
        "last_period": "2017-06-01", "submissions": 1, "last_received_at": "2017-07-01T09:00:00",
        "missing_months": None, "months_missing": 0,
    }  # fmt: skip
    page = render(status(home) | {"feeds": [{"dataset": name, **feed} for name in names]}).splitlines()
    [at] = [at for at, line in enumerate(page) if line.startswith("Feed ")]
    for name, line in zip(names, page[at + 1 : at + 3], strict=True):
        assert line.split() == [name, "2017-06", "1", "2017-07-01T09:00"]
        for header, text in (("last month", "2017-06"), ("received (UTC)", "2017-07-01T09:00")):
            assert line.index(text) == page[at].index(header)


def test_missing_months_stand_newest_first_and_many_in_a_row_as_one(home: Home, tmp_path: Path) -> None:
    missing = [*(date(2016, month, 1) for month in range(1, 5)), date(2016, 9, 1), date(2017, 2, 1)]
    months = [FeedMonth("epd", "NHSBSA", month, month, None, None, "missing", 40) for month in missing]
    release_of(home, build_database(tmp_path), quality=Quality(months=months))
    [line] = [line for line in render(status(home)).splitlines() if line.startswith("epd ")]
    assert line.endswith(" 2017-02, 2016-09, 2016-01 to 2016-04 (4 months)")


def test_the_command_ends_with_1_while_a_channel_is_dead(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_HOME", str(home.root))
    assert CliRunner().invoke(app, ["status"]).exit_code == 0
    deliver(alerts_from_verdicts([verdict(passed=False)], default_owner="x"), ["json://127.0.0.1:1/"], home)
    done = CliRunner().invoke(app, ["status"])
    assert done.exit_code == 1
    assert "Dead alert channels" in done.output


def test_failed_checks_of_the_current_release(home: Home, tmp_path: Path) -> None:
    warned = verdict(
        suite="epd", stage="rows", check="unknown_practice", severity="warn", passed=False, message="3 unknown"
    )
    release_of(home, build_database(tmp_path), verdicts=[verdict(), warned])
    [failed] = status(home)["failed_checks"]
    assert (failed["suite"], failed["check_id"], failed["severity"]) == ("epd", "unknown_practice", "warn")
    assert "[warn] epd rows unknown_practice: 3 unknown" in render(status(home))


def test_a_check_that_fails_every_month_is_one_line(home: Home, tmp_path: Path) -> None:
    def restated(month: int, message: str) -> Verdict:
        return verdict(
            suite="cres_tracker", stage="rows", check="actuals_restated", severity="warn", passed=False,
            message=message, period=date(2019, month, 1),
        )  # fmt: skip

    warned = [restated(month, f"T{month}.csv: 2 schemes restate actuals.") for month in (7, 5, 6)]
    warned += [
        verdict(suite="ledger", stage="staged", check="chased", severity="warn", passed=False, message="The same.")
        for _ in range(2)
    ]
    once = verdict(suite="epd", stage="rows", check="unknown", severity="warn", passed=False, message="3 unknown")
    release_of(home, build_database(tmp_path), verdicts=[verdict(), *warned, once])
    state = status(home)
    assert len(state["failed_checks"]) == 6, "programs get each of them"
    lines = [line.strip() for line in render(state).splitlines() if "[warn]" in line]
    assert lines == [
        "[warn] cres_tracker rows actuals_restated: 3 times, 2019-05 to 2019-07; the newest: "
        "T7.csv: 2 schemes restate actuals.",
        "[warn] epd rows unknown: 3 unknown",
        "[warn] ledger staged chased: 2 times; each: The same.",
    ]


def test_checks_of_files_and_refusals_name_the_feed(home: Home, tmp_path: Path) -> None:
    """The suite of gate 1 is the same for all feeds, and is called `file`."""
    aside = verdict(
        suite="file", stage="file", check="every_row_fits", severity="warn", passed=False, message="1 row", period=None
    )
    release_of(
        home,
        build_database(tmp_path),
        verdicts=[verdict(), replace(aside, submission_id="aaa"), replace(aside, submission_id="gone")],
    )
    refuse(home)
    refuse(home, dataset=None, sha256="cd" * 32, file_name="x.zip", message="x.zip cannot be opened.")
    page = render(status(home))
    for text in (
        "[warn] epd file every_row_fits: 1 row",
        "[warn] file file every_row_fits: 1 row",  # of a submission that is in no table any more
        "epd, EPD_201707.csv: EPD_201707.csv is an HTML page",
        "unknown feed, x.zip: x.zip cannot be opened.",
    ):
        assert text in page


def test_an_alert_about_a_check_of_files_names_the_feed() -> None:
    unread = verdict(suite="file", stage="file", check="text_is_readable", severity="block", passed=False)
    [alert] = alerts_from_verdicts([replace(unread, submission_id="aaa")], default_owner="x", feeds={"aaa": "epd"})
    assert (alert.feed, alert.title.split(":")[0].split(" ")[0]) == ("epd", "epd")
    assert alert.body[1].startswith("Where: epd")


def test_a_refusal_is_settled_by_all_its_months_or_by_what_replaces_all() -> None:
    may, june = date(2017, 5, 1), date(2017, 6, 1)
    refusal = Refusal("x.zip", "ab" * 32, "epd", "file", "", datetime(2017, 8, 1), months=(may, june), names=("x", "y"))
    of_may = Accepted("epd", "may.csv", may, datetime(2017, 8, 2), 100, 3)
    of_june = Accepted("epd", "june.csv", june, datetime(2017, 8, 3))
    assert settled_by(refusal, [of_may]) == []
    assert settled_by(refusal, [of_june, of_may]) == [of_may, of_june]
    assert settled_by(refusal, [of_may, replace_fields(of_june, received_at=datetime(2017, 7, 31))]) == []
    assert settled_by(refusal, [replace_fields(of_may, file_name="y.csv.gz")]), "a member sent by itself"
    of_one = replace(refusal, scopes=(("RBQ", may), ("RBQ", june)))
    assert settled_by(of_one, [of_may, of_june]) == [], "files of other providers do not settle it"
    register = replace(refusal, months=())
    assert settled_by(register, [of_may]) == []
    assert settled_by(register, [replace_fields(of_may, is_all=True)])
    assert settled_by(replace(register, dataset=None), [replace_fields(of_may, is_all=True)]) == []


JUNE = date(2017, 6, 1)


@pytest.mark.parametrize(
    ("feed", "held"),
    [
        ("sus_aea", {"scopes": (("RQ6", JUNE),)}),
        ("sus_aea", {}),  # its providers could not be read
        ("ledger", {"versions": (VersionFacts(("NHS A", "2017/18", "3"), JUNE, 2, 40),)}),
        ("ledger", {}),
    ],
)
def test_a_refusal_is_not_settled_by_the_file_of_another_provider_or_body(feed: str, held: dict[str, Any]) -> None:
    refusal = Refusal("RQ6.csv", "ab" * 32, feed, "rows", "", datetime(2017, 8, 1), JUNE, (JUNE,), **held)
    later = Accepted(feed, "other.csv", JUNE, datetime(2017, 8, 2))
    others = replace_fields(later, holds=((("RBT", JUNE), ()), (("NHS B, 2017/18, 3", JUNE), (True, True, 3))))
    assert settled_by(refusal, [later, others]) == []
    assert settled_by(refusal, [replace_fields(others, file_name="RQ6.csv.gz")]), "its own name, however packed"
    own = replace_fields(
        later, holds=((("RQ6", JUNE), ("2017-08-01T00:00:00",)), (("NHS A, 2017/18, 3", JUNE), (True, True, 2)))
    )
    assert settled_by(refusal, [others, own]) == ([own] if held else [])
    whose = {"sus_aea": "RQ6 in 2017-06", "ledger": "the same entity_code, financial_year, ledger_period"}[feed]
    assert next_step(refusal, "Ask.").partition(" This closes when ")[2].partition(";")[0] == (
        f"a good file of {feed} for {whose} has landed, or one of this name"
        if held
        else f"a good file of this name has landed for {feed}"
    )


def test_an_older_extract_and_a_net_file_settle_no_refusal_of_the_same_provider() -> None:
    contracts = load_contracts()
    refusal = Refusal(
        "x.csv", "ab" * 32, "sus_apcs", "rows", "", datetime(2017, 7, 1), JUNE, (JUNE,), (("RQ6", JUNE),),
        version_facts={"extract_date_time": "2017-07-05T00:00:00"},
    )  # fmt: skip
    for sent, is_settling in (
        (activity("a", True, 4, 6), False),
        (activity("b", True, 6, 6, protocol="net"), False),
        (activity("c", True, 6, 6, scopes=[("RBT", JUNE, "flex")]), False),
        (activity("d", True, 6, 6), True),
    ):
        assert bool(settled_by(refusal, accepted_of([sent], contracts))) == is_settling, sent.file_name


def landed_epd(home: Home) -> Path:
    """The folder of a good file of June that landed, and was not released."""
    folder = home.landing / "epd" / "aaa"
    folder.mkdir(parents=True)
    landed = replace(activity("aaa", True, 20, 20), dataset="epd")
    (folder / "manifest.json").write_text(json.dumps(landed.to_json()))
    return folder


def test_a_file_that_was_withdrawn_settles_nothing(home: Home, tmp_path: Path) -> None:
    """From then on, whatever the release says."""
    release_of(home, build_database(tmp_path))
    refuse(home, file_name="EPD_201706.csv", received_at="2017-06-30T09:00:00", months=["2017-06-01"])
    assert len(status(home)["refused_files"]) == 1
    folder = landed_epd(home)
    assert status(home)["refused_files"] == []
    span = {"withdrawn_at": "2017-08-01T00:00:00+00:00", "by": "A", "reason": "wrong", "reinstated_at": None}
    (folder / "withdrawn.json").write_text(json.dumps([span]))
    assert [refused["file_name"] for refused in status(home)["refused_files"]] == ["EPD_201706.csv"]


def test_the_page_knows_of_which_provider_a_later_file_is(home: Home, tmp_path: Path) -> None:
    release_of(home, build_database(tmp_path))
    for provider, sha in (("RQ6", "ab"), ("RBT", "cd")):
        refuse(
            home, file_name=f"{provider}.csv", sha256=sha * 32, months=["2017-06-01"], period="2017-06-01",
            scopes=[[provider, "2017-06-01"]], received_at="2017-06-30T09:00:00",
        )  # fmt: skip
    assert len(status(home)["refused_files"]) == 2
    landed_epd(home)
    assert [one["file_name"] for one in status(home)["refused_files"]] == ["RBT.csv"]


def replace_fields(accepted: Accepted, **fields: object) -> Accepted:
    return accepted._replace(**fields)
