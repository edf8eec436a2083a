"""The morning: late feeds reach their owners, and each owner gets one digest a day; what a first message holds.

Belongs here: from contracts, calendar and the state of alerts to messages. Does not belong here: channels
(`test_outbox`).
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from orchestration import morning as room
from orchestration import telling
from orchestration.details import with_details
from orchestration.morning import morning
from orchestration.telling import tell
from pcw.home import Home
from pcw.settings import Settings
from publishing import outbox
from publishing.alerts import alerts_from_verdicts
from publishing.delivery import deliver, open_alerts
from publishing.refusals import Refusal
from sources.calendar import Overdue
from tests.pipeline.test_alerts import REFUSAL, THOUSANDFOLD
from tests.pipeline.test_outbox import Crash, alert
from tests.receivers import WebServer
from tests.services import free_port
from tests.unit.publishing_build import build_database, release_of, verdict

TUESDAY = datetime(2017, 8, 1, 7, tzinfo=UTC)
MONDAY = datetime(2017, 8, 7, 7, tzinfo=UTC)
MAY, JUNE = date(2017, 5, 1), date(2017, 6, 1)
EPD = Overdue("epd", MAY, date(2017, 7, 20), "medicines-optimisation")
LEDGER = Overdue("ledger", JUNE, date(2017, 7, 25), "finance")


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> list[Overdue]:
    """What the calendar says is overdue; a test changes it."""
    found: list[Overdue] = []
    monkeypatch.setattr(room, "late_months", lambda *_: list(found))
    monkeypatch.setattr(telling, "overdue", lambda *_: list(found))
    return found


def settings(home: Home, *urls: str) -> Settings:
    return Settings(home=home.root, alert_urls=tuple(SecretStr(url) for url in urls))


def titles(web: WebServer) -> list[str]:
    return [post["title"].partition(": ")[2] for post in web.posts]


def test_a_late_month_reaches_its_owner_once_and_its_coming_is_told(
    home: Home, web: WebServer, late: list[Overdue]
) -> None:
    late += [EPD, LEDGER]
    channels = settings(home, web.url)
    assert morning(home, channels, TUESDAY).newly_late == 2
    assert titles(web)[:2] == ["1 new problem for finance", "1 new problem for medicines-optimisation"]
    assert "[overdue] epd 2017-05 is overdue" in web.posts[1]["message"]
    assert "1 month; due by 2017-07-20" in web.posts[1]["message"]
    web.posts.clear()
    assert morning(home, channels, TUESDAY + timedelta(days=1)).newly_late == 0
    assert [title for title in titles(web) if "problem" in title] == []
    late.remove(EPD)
    web.posts.clear()
    tell(home, channels, "run 1")  # not only in the morning: the run that landed it tells
    assert titles(web) == ["1 recovered for medicines-optimisation"]
    assert "epd 2017-05 is overdue: it has come (open since 2017-08-01, seen again 1 time)" in web.posts[0]["message"]


def test_a_feed_that_has_stopped_is_one_problem(home: Home, web: WebServer, late: list[Overdue]) -> None:
    months = [date(2016, month, 1) for month in range(4, 9)]
    late += [Overdue("epd", month, month, "medicines-optimisation") for month in months[:3]]
    channels = settings(home, web.url)
    assert morning(home, channels, TUESDAY).newly_late == 3
    late += [Overdue("epd", month, month, "medicines-optimisation") for month in months[3:]]
    assert morning(home, channels, TUESDAY + timedelta(days=1)).newly_late == 1
    assert "epd has stopped: 5 months are overdue" in {entry["title"] for entry in open_alerts(home)}
    assert "recovered" not in "".join(titles(web)), "that it stopped puts no month right"
    del late[1:]
    morning(home, channels, TUESDAY + timedelta(days=2))
    assert [entry["title"] for entry in open_alerts(home)] == ["epd 2016-04 is overdue"]


def test_what_the_calendar_of_the_contracts_calls_overdue_is_told(
    home: Home, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "submissions_of", lambda _: [])
    monkeypatch.setattr(room, "current", lambda *_: {"epd": {date(2017, 4, 1): object()}})
    done = morning(home, settings(home, web.url), datetime(2017, 8, 31, tzinfo=UTC))
    assert (done.late[0].dataset, done.late[0].month) == ("epd", MAY)
    assert "epd 2017-05 is overdue" in {entry["title"] for entry in open_alerts(home)}


def test_a_digest_says_what_is_open_late_recovered_waiting_and_dead(
    home: Home, web: WebServer, late: list[Overdue], tmp_path: Path
) -> None:
    release = release_of(home, build_database(tmp_path))
    dead = f"finance=json://127.0.0.1:{free_port()}/"
    for day in range(3):
        look, now = f"run {day}", TUESDAY - timedelta(days=3 - day)
        deliver([alert("a"), alert("b"), alert("c", "contracting")], [web.url, dead], home, look=look, now=now)
    deliver([], [web.url, dead], home, cleared={"mark of b", "mark of c"}, now=TUESDAY - timedelta(hours=1))
    late.append(EPD)
    (home.inbox / "unknown.csv").write_text("x")
    web.posts.clear()
    done = morning(home, settings(home, web.url, dead), TUESDAY)
    assert done.digests == 4 and len(done.failures) == 1
    said = {post["title"].rpartition(" ")[2]: post["message"] for post in web.posts if "digest" in post["title"]}
    assert set(said) == {"contracting", "data-engineering", "finance", "medicines-optimisation"}
    assert "1 open problem, the oldest since 2017-07-29:" in said["finance"]
    assert "- [block] problem a: since 2017-07-29, seen again 2 times" in said["finance"]
    assert "[recovered] problem b: this has passed again (open since 2017-07-29" in said["finance"]
    assert "Recovered since the last digest:" in said["contracting"] and "problem c" in said["contracting"]
    assert "- epd: 1 month, the first 2017-05, due by 2017-07-20" in said["medicines-optimisation"]
    assert "1 file waiting in the inbox" in said["data-engineering"]
    assert said["data-engineering"].count("alert channel 2 of PCW_ALERT_URLS (json) takes no messages") == 1
    assert all(f"Readers see release {release.release_id} of 2017-08-01 12:00 UTC." in text for text in said.values())


def test_one_digest_a_day_and_on_the_next_again(home: Home, web: WebServer, late: list[Overdue]) -> None:
    channels = settings(home, web.url)
    deliver([alert("a")], [web.url], home, now=TUESDAY)
    web.posts.clear()
    assert [morning(home, channels, TUESDAY + timedelta(hours=hours)).digests for hours in (0, 1, 24)] == [1, 0, 1]
    assert titles(web) == ["digest of 2017-08-01 for finance", "digest of 2017-08-02 for finance"]
    assert "Recovered" not in web.posts[1]["message"]


def test_a_recovery_is_in_one_digest_only(home: Home, web: WebServer, late: list[Overdue]) -> None:
    channels = settings(home, web.url)
    deliver([alert("a")], [web.url], home, now=TUESDAY)
    morning(home, channels, TUESDAY)
    deliver([], [web.url], home, cleared={"mark of a"}, now=TUESDAY + timedelta(hours=2))
    web.posts.clear()
    assert morning(home, channels, TUESDAY + timedelta(days=1)).digests == 1
    assert "problem a" in web.posts[0]["message"]
    assert morning(home, channels, TUESDAY + timedelta(days=2)).digests == 0, "nothing to say, and no Monday"


def test_on_mondays_silence_is_explained(home: Home, web: WebServer, late: list[Overdue]) -> None:
    channels = settings(home, web.url)
    assert morning(home, channels, TUESDAY).digests == 0
    assert morning(home, channels, MONDAY).digests == 1
    assert titles(web) == ["all is well of 2017-08-07 for data-engineering"]
    assert "nothing is open, late or waiting" in web.posts[0]["message"]


@pytest.mark.parametrize("writes", range(1, 5))
def test_a_crash_makes_no_second_digest_and_loses_none(
    home: Home, web: WebServer, late: list[Overdue], writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Journal, message, state, mark."""
    deliver([alert("a")], [web.url], home, now=TUESDAY)
    web.posts.clear()
    real, count = outbox.write_atomically, 0

    def dying(path: Path, content: bytes | str) -> None:
        nonlocal count
        count += 1
        if count == writes:
            raise Crash
        real(path, content)

    channels = settings(home, web.url)
    with monkeypatch.context() as patched, pytest.raises(Crash):
        patched.setattr(outbox, "write_atomically", dying)
        morning(home, channels, TUESDAY)
    for hours in (1, 2):
        morning(home, channels, TUESDAY + timedelta(hours=hours))
    sent_before_the_mark = 1 if writes == 4 else 0
    assert titles(web) == ["digest of 2017-08-01 for finance"] * (1 + sent_before_the_mark)


def test_without_channels_the_log_has_the_digest(home: Home, late: list[Overdue]) -> None:
    late.append(LEDGER)
    assert morning(home, settings(home), TUESDAY).digests == 1
    events = [json.loads(line) for line in (home.root / "alerts.log").read_text().splitlines()]
    assert [(event["event"], event["owner"]) for event in events] == [("problem", "finance"), ("digest", "finance")]
    assert not list(home.outbox.glob("*.json"))


def details(home: Home, *found: Any, refusals: tuple[Refusal, ...] = (), ui: str = "http://pcw.example") -> list[str]:
    given = Settings(home=home.root, ui_url=ui)
    alerts = alerts_from_verdicts(found, refusals, owners={"epd": "x"}, default_owner="data-engineering")
    told = with_details(alerts, (), home, given, run_id="0c-ff", now=TUESDAY)
    return ["\n".join(alert.body) for alert in told]


def test_a_first_message_says_since_when_and_where_to_look(home: Home) -> None:
    block = verdict(suite="indicator_result", stage="marts", passed=False)
    [of_build, of_file] = details(home, block, refusals=(REFUSAL,))
    for body in (of_build, of_file):
        assert "Since: first seen 2017-08-01 07:00 UTC" in body
        assert "Run: http://pcw.example/runs/0c-ff" in body
    assert "Check: http://pcw.example/assets/gates/marts?view=checks&checkDetail=gate_4_marts" in of_build
    assert "Check: http://pcw.example/assets/landing/epd?view=checks&checkDetail=gate_1_file" in of_file


def test_the_withheld_figures_are_named_once_they_are_known(home: Home) -> None:
    assert "Withheld: no figure of the last build reads it." in details(home, THOUSANDFOLD)[0]
