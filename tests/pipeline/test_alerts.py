"""Alerts against a real SMTP and a real HTTP server on loopback: once, per owner, recovered, retried, no secrets."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from expectations.verdict import ScopeEntry
from pcw.errors import PcwError
from pcw.home import Home
from publishing.alerts import Alert, alerts_from_verdicts, cleared_by, fingerprint, removed_refusals
from publishing.channels import check_channels
from publishing.delivery import dead_channels, deliver, open_alerts, told_alerts
from publishing.outbox import DeliveryReport, undelivered
from publishing.refusals import Accepted, Refusal
from tests.receivers import SECRET, Mailbox, WebServer
from tests.services import free_port
from tests.unit.publishing_build import verdict

JUNE = date(2017, 6, 1)
REFUSAL = Refusal(
    file_name="EPD_201706.csv",
    sha256="ab" * 32,
    dataset="epd",
    stage="file",
    message="EPD_201706.csv has no column ITEMS; expected the 26 columns of layout bnf_26.",
    received_at=datetime(2017, 8, 1, 9, 30),
)
DOUBLED = verdict(
    suite="epd", stage="staged", check="no_doubled_rows", severity="block", passed=False,
    owner="medicines-optimisation",
    message="312 rows of EPD_201706.csv occur twice.", unexpected_count=312, rows_checked=45_000,
    examples=("N82001|0501013B0AAAAAA|7.00000",), period=JUNE, submission_id="abcd",
)  # fmt: skip
THOUSANDFOLD = verdict(
    suite="epd", stage="staged", check="plausible_cost", severity="withhold", passed=False,
    owner="medicines-optimisation",
    message="Cost per item of N82001 is 1,000 times its usual.", unexpected_count=1, rows_checked=92, period=JUNE,
    scope=(ScopeEntry(JUNE, "N82001"),),
)  # fmt: skip
KEYS = verdict(passed=False, message="2 keys occur twice.", unexpected_count=2)
WARNED = verdict(suite="epd", check="unknown_practice", severity="warn", passed=False, message="3 unknown practices.")


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, f"mailto://127.0.0.1:{controller.port}?from=dq@example.org&to=owner@example.org&mode=insecure"
    controller.stop()


def alerts(*verdicts: Any, refusals: tuple[Refusal, ...] = ()) -> list[Alert]:
    owners = {"epd": "medicines-optimisation"}
    return alerts_from_verdicts(verdicts, refusals, owners=owners, default_owner="data-engineering")


def everything_below(home: Home) -> str:
    return "".join(file.read_text() for file in home.root.rglob("*") if file.is_file())


def test_one_message_per_owner_reaches_mail_and_webhook(
    home: Home, web: WebServer, mailbox: tuple[Mailbox, str]
) -> None:
    box, mail_url = mailbox
    found = alerts(DOUBLED, THOUSANDFOLD, KEYS, WARNED, refusals=(REFUSAL,))
    report = deliver(found, [mail_url, web.url], home)
    assert (report.new, report.delivered, report.undelivered, report.failures) == (4, 2, 0, [])
    titles = [
        "Primary Care Warehouse: 1 new problem for data-engineering",
        "Primary Care Warehouse: 3 new problems for medicines-optimisation",
    ]
    assert [post["title"] for post in web.posts] == titles
    assert [subject for _, subject, _ in box.mails] == titles
    assert box.mails[0][0] == ["owner@example.org"]
    for body in (web.posts[1]["message"], box.mails[1][2]):
        assert "312 rows of EPD_201706.csv occur twice." in body  # what
        assert "epd 2017-06, gate staged, check no_doubled_rows, submission abcd" in body  # where
        assert "312 of 45,000 rows" in body  # how many
        assert "1 practice-months withheld" in body
        assert "ask the supplier for a corrected file" in body  # what to do
        assert "no column ITEMS" in body
        assert "unknown practices" not in body, "warnings are not alerts"
        assert "0501013B0AAAAAA" not in body, "no row leaves in an alert"
    assert list(home.outbox.iterdir()) == []


def test_told_once_until_recovery_and_recovery_is_told(home: Home, web: WebServer) -> None:
    assert deliver(alerts(DOUBLED, KEYS), [web.url], home, cleared=cleared_by([DOUBLED, KEYS])).new == 2
    assert deliver(alerts(DOUBLED, KEYS), [web.url], home, cleared=cleared_by([DOUBLED, KEYS])).new == 0
    assert len(web.posts) == 2
    passed = verdict(suite="epd", stage="staged", check="no_doubled_rows", period=JUNE, submission_id="another")
    report = deliver(alerts(KEYS), [web.url], home, cleared=cleared_by([passed, KEYS]))
    assert (report.new, report.recovered) == (0, 1)
    assert web.posts[2]["title"] == "Primary Care Warehouse: 1 recovered for medicines-optimisation"
    assert "epd 2017-06: check no_doubled_rows failed: this has passed again" in web.posts[2]["message"]
    assert [alert["title"] for alert in open_alerts(home)] == ["indicator_result: check keys_unique failed"]
    assert deliver(alerts(DOUBLED, KEYS), [web.url], home).new == 1, "failing again is told again"


def test_a_check_that_did_not_run_is_not_recovered(home: Home, web: WebServer) -> None:
    deliver(alerts(DOUBLED), [web.url], home)
    other_month = verdict(suite="epd", stage="staged", check="no_doubled_rows", period=date(2017, 5, 1))
    report = deliver([], [web.url], home, cleared=cleared_by([other_month]))
    assert report.recovered == 0
    assert len(open_alerts(home)) == 1


def test_a_refused_file_is_settled_by_a_good_one_only(home: Home, web: WebServer) -> None:
    deliver(alerts(refusals=(REFUSAL,)), [web.url], home)
    assert web.posts[0]["title"] == "Primary Care Warehouse: 1 new problem for medicines-optimisation"
    earlier = Accepted("epd", "EPD_201706.csv", JUNE, datetime(2017, 7, 1))
    another = Accepted("epd", "EPD_201707.csv", date(2017, 7, 1), datetime(2017, 9, 1))
    assert deliver([], [web.url], home, cleared=cleared_by([], [REFUSAL], [earlier, another])).recovered == 0
    good = Accepted("epd", "EPD_201706.csv", JUNE, datetime(2017, 8, 2))
    assert deliver([], [web.url], home, cleared=cleared_by([], [REFUSAL], [earlier, another, good])).recovered == 1


def test_bytes_refused_again_under_another_name_are_the_same_problem(home: Home, web: WebServer) -> None:
    deliver(alerts(refusals=(REFUSAL,)), [web.url], home)
    again = replace(REFUSAL, file_name="LEDGER_201706.csv", dataset="ledger", received_at=datetime(2017, 8, 3))
    marks = [mark for mark, _ in told_alerts(home)]
    report = deliver(alerts(refusals=(again,)), [web.url], home, cleared=removed_refusals(told_alerts(home), [again]))
    assert (report.new, report.recovered) == (0, 0)
    assert [mark for mark, _ in told_alerts(home)] == marks
    assert removed_refusals(told_alerts(home), [replace(again, sha256="cd" * 32)]) == set(marks)


def test_an_alert_of_before_whose_fingerprint_holds_the_feed_is_still_open(home: Home, web: WebServer) -> None:
    of_before = fingerprint("file", "epd", REFUSAL.sha256)
    deliver([replace(alerts(refusals=(REFUSAL,))[0], fingerprint=of_before)], [web.url], home)
    for refusal in (REFUSAL, replace(REFUSAL, dataset="ledger")):
        told = told_alerts(home)
        found = alerts_from_verdicts([], [refusal], default_owner="x", told={mark for mark, _ in told})
        cleared = cleared_by([], [refusal], [], told) | removed_refusals(told, [refusal])
        report = deliver(found, [web.url], home, cleared=cleared)
        assert (report.new, report.recovered) == (0, 0)
    good = Accepted("epd", "EPD_201706.csv", JUNE, datetime(2017, 8, 2))
    assert deliver([], [web.url], home, cleared=cleared_by([], [REFUSAL], [good])).recovered == 1
    assert open_alerts(home) == []


def test_a_dead_channel_is_seen_and_retried_and_the_others_are_not_told_twice(home: Home, web: WebServer) -> None:
    port = free_port()
    dead = f"json://user:{SECRET}@127.0.0.1:{port}/{SECRET}"
    report = deliver(alerts(DOUBLED), [web.url, dead], home)
    assert (report.delivered, report.undelivered) == (1, 1), "what the others are told of the dead channel went out"
    assert [post["title"].rpartition(" ")[2] for post in web.posts] == ["medicines-optimisation", "data-engineering"]
    assert "[channel] alert channel 2 of PCW_ALERT_URLS (json) takes no messages" in web.posts[1]["message"]
    assert [entry["title"] for entry in dead_channels(home)] == [
        "alert channel 2 of PCW_ALERT_URLS (json) takes no messages"
    ]
    with pytest.raises(PcwError, match=r"alert channel 2 of PCW_ALERT_URLS \(json\)") as caught:
        report.raise_for_failures()
    assert SECRET not in str(caught.value)
    assert undelivered(home) == 1
    assert deliver(alerts(DOUBLED), [web.url, dead], home).undelivered == 1, "still dead, still seen"
    revived = WebServer(port)
    report = deliver(alerts(DOUBLED), [web.url, dead], home)
    assert (report.new, report.undelivered, report.failures) == (0, 0, [])
    assert report.delivered == 2, "what waited, and that the channel is back"
    assert [post["title"].rpartition(" ")[2] for post in revived.posts] == ["medicines-optimisation"], "told once"
    assert [post["title"] for post in web.posts[2:]] == ["Primary Care Warehouse: 1 recovered for data-engineering"]
    assert dead_channels(home) == []
    assert undelivered(home) == 0
    revived.close()


def test_a_channel_that_answers_with_an_error_has_not_delivered(home: Home, web: WebServer) -> None:
    web.answer = 500
    report = deliver(alerts(DOUBLED, KEYS), [web.url], home)
    assert (report.undelivered, len(report.failures), len(web.posts)) == (2, 1, 1)
    web.answer = 200
    web.posts.clear()
    assert deliver([], [web.url], home).delivered == 2, "in the order they were written, even if nothing is wrong now"


def test_a_malformed_channel_is_named_by_position_and_does_not_stop_the_others(home: Home, web: WebServer) -> None:
    bad = f"nosuchservice-{SECRET}"
    with pytest.raises(PcwError, match="alert channel 2 of PCW_ALERT_URLS") as caught:
        check_channels([web.url, bad])
    assert SECRET not in str(caught.value)
    check_channels([web.url])
    report = deliver(alerts(DOUBLED), [bad, web.url], home)
    assert [post["title"].rpartition(" ")[2] for post in web.posts] == ["medicines-optimisation", "data-engineering"]
    assert SECRET not in web.posts[1]["message"], "a dead channel is reported, without its address"
    assert "alert channel 1 of PCW_ALERT_URLS (not a URL)" in report.failures[0]
    corrected = deliver([], [web.url, web.url.replace("/hook/", "/second/")], home)
    assert corrected.undelivered == 0
    titles = [post["title"] for post in web.posts[2:]]
    assert titles.count("Primary Care Warehouse: 1 new problem for medicines-optimisation") == 1, "what waited for it"
    assert dead_channels(home) == [], "what is in the settings no more is dead no longer"


def test_channels_can_be_for_some_owners(home: Home, web: WebServer) -> None:
    other = WebServer()
    urls = [f"medicines-optimisation,finance={web.url}", f"data-engineering={other.url}"]
    nobody = verdict(suite="epd", check="codes", passed=False, owner="primary-care")
    assert deliver(alerts(DOUBLED, KEYS, nobody), urls, home).delivered == 3
    assert [post["title"].rpartition(" ")[2] for post in web.posts] == ["medicines-optimisation", "primary-care"]
    assert [post["title"].rpartition(" ")[2] for post in other.posts] == ["data-engineering", "primary-care"]
    other.close()


def test_the_log_is_always_a_channel(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "pcw.alerts"):
        report = deliver(alerts(DOUBLED), [], home, now=datetime(2017, 8, 1, tzinfo=UTC))
        deliver([], [], home, cleared={alert.fingerprint for alert in alerts(DOUBLED)})
    said = "problem for medicines-optimisation: epd 2017-06: check no_doubled_rows failed"
    assert report == DeliveryReport(new=1, told=[said], owners=frozenset({"medicines-optimisation"}))
    report.raise_for_failures()
    lines = [json.loads(line) for line in (home.root / "alerts.log").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["problem", "recovered"]
    assert lines[0]["at"] == "2017-08-01T00:00:00+00:00"
    assert "312 rows" in lines[0]["body"][0]
    assert "check no_doubled_rows failed" in caplog.text
    assert undelivered(home) == 0


def test_no_secret_is_written_or_logged(home: Home, web: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    dead = f"json://user:{SECRET}@127.0.0.1:{free_port()}/{SECRET}"
    with caplog.at_level(logging.INFO):
        report = deliver(alerts(DOUBLED), [web.url, dead, f"what-{SECRET}"], home)
    assert len(report.failures) == 2
    assert SECRET not in everything_below(home)
    assert SECRET not in caplog.text
    assert SECRET not in repr(report)


def test_each_month_of_a_provider_is_told_once_and_recovers_by_itself(home: Home, web: WebServer) -> None:
    def volumes(*places: ScopeEntry) -> Any:
        return verdict(
            suite="sus_quality", stage="staged", check="scope_stands", severity="withhold", passed=not places,
            owner="business-intelligence", message="Something is off.", unexpected_count=len(places), scope=places,
        )  # fmt: skip

    heart = ScopeEntry(JUNE, None, "RBQ", "320", "sus_op", "240 rows against 80 expected")
    eyes = ScopeEntry(JUNE, None, "RQ6", "130", "sus_op", "none against 90 expected")

    def run(*places: ScopeEntry) -> DeliveryReport:
        found = volumes(*places)
        return deliver(alerts(found), [web.url], home, cleared=cleared_by([found], told=told_alerts(home)))

    assert (run(heart).new, run(heart).new) == (1, 0)
    assert web.posts[0]["title"] == "Primary Care Warehouse: 1 new problem for business-intelligence"
    for part in ("sus_op, RBQ, specialty 320, 2017-06", "240 rows against 80 expected", "submit the month again"):
        assert part in web.posts[0]["message"]
    second = run(heart, eyes)
    assert (second.new, second.recovered, len(open_alerts(home))) == (1, 0, 2), "the other provider is told apart"
    third = run(eyes)
    assert (third.new, third.recovered) == (0, 1), "one recovers while the check still fails for the other"
    assert "RBQ" in web.posts[-1]["message"]
    broken = verdict(suite="sus_quality", stage="staged", check="scope_stands", severity="block", passed=False)
    assert "-" not in alerts(broken)[0].fingerprint
    assert deliver([], [web.url], home, cleared=cleared_by([broken], told=told_alerts(home))).recovered == 0
    assert run().recovered == 1
