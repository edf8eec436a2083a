"""The outbox and its channels: order, once, over a dead hour, over crashes; routes by owner and feed; sizes.

Real SMTP and HTTP servers on loopback that die and come back. Does not belong here: what an alert says (`test_alerts`).
"""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apprise
import pytest
from aiosmtpd.controller import Controller
from apprise.plugins.email import NotifyEmail

from pcw.errors import PcwError
from pcw.home import Home
from publishing import outbox
from publishing.alerts import Alert
from publishing.channels import channels_of, check_channels
from publishing.delivery import dead_channels, deliver, open_alerts
from publishing.messages import MOST_CHARACTERS, fitted
from publishing.outbox import undelivered
from tests.conftest import PROJECT
from tests.receivers import SECRET, Mailbox, WebServer
from tests.services import free_port

START = datetime(2017, 8, 1, 6, tzinfo=UTC)
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
TEAMS = "workflows://prod-08.uksouth.logic.azure.com:443/643e69f83c8944438d68119179a10a64/signature_abcdef123/"


def alert(name: str, owner: str = "finance", feed: str | None = "ledger", severity: str = "block") -> Alert:
    return Alert(f"mark of {name}", severity, f"problem {name}", owner, (f"What: {name} is wrong.",), feed)


def problems_in(text: str) -> list[str]:
    return [line.removeprefix("[block] problem ") for line in text.splitlines() if line.startswith("[block] problem ")]


def test_a_dead_hour_loses_nothing_repeats_nothing_and_keeps_the_order(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotifyEmail, "request_rate_per_sec", 0)  # Apprise waits 5.5 s between two mails
    port, smtp_port = free_port(), free_port()
    box = Mailbox()
    alive = WebServer()
    urls = [
        f"mailto://127.0.0.1:{smtp_port}?from=dq@example.org&to=owner@example.org&mode=insecure",
        f"json://127.0.0.1:{port}/hook",
        f"data-engineering={alive.url}",
    ]
    names = [f"{tick:02}" for tick in range(12)]
    for tick, name in enumerate(names):  # a run every five minutes, each with something new
        report = deliver([alert(name)], urls, home, now=START + timedelta(minutes=5 * tick))
        assert (report.new, len(report.failures)) == (1, 2), "both dead channels are seen in every run"
    assert len(dead_channels(home)) == 2
    assert [post["title"] for post in alive.posts] == ["Primary Care Warehouse: 1 new problem for data-engineering"] * 2
    web, smtp = WebServer(port), Controller(box, hostname="127.0.0.1", port=smtp_port)
    smtp.start()
    after = deliver([alert("12")], urls, home, now=START + timedelta(hours=1))
    assert (after.undelivered, after.failures) == (0, [])
    assert deliver([alert("12")], urls, home, now=START + timedelta(hours=2)).delivered == 0
    everything = [*names, "12"]
    posted = [name for post in web.posts for name in problems_in(post["message"])]
    mailed = [name for _, _, body in box.mails for name in problems_in(body)]
    assert posted == everything
    assert mailed == everything
    assert dead_channels(home) == []
    assert [post["title"].partition(": ")[2] for post in alive.posts[2:]] == ["1 recovered for data-engineering"] * 2
    for server in (web, alive):
        server.close()
    smtp.stop()


def test_a_channel_that_dies_in_the_middle_goes_on_where_it_stopped(home: Home, web: WebServer) -> None:
    dead = [f"json://127.0.0.1:{free_port()}/"]
    for name in "abc":
        deliver([alert(name)], dead, home)
    count = 0
    urls = [web.url]
    post = web.RequestHandlerClass.do_POST  # type: ignore[attr-defined]

    def once(handler: Any) -> None:
        nonlocal count
        count += 1
        web.answer = 200 if count == 1 else 503
        post(handler)

    web.RequestHandlerClass = type("Dying", (web.RequestHandlerClass,), {"do_POST": once})  # type: ignore[misc]
    assert deliver([], urls, home).undelivered == 3, "b, c, and that the address before is in use no more"
    taken = [name for post_ in web.posts[:1] for name in problems_in(post_["message"])]
    assert taken == ["a"]
    assert count == 2, "after the first failure nothing more is tried: c must not overtake b"
    web.posts.clear()
    count = 0
    web.RequestHandlerClass = type("Alive", (web.RequestHandlerClass,), {"do_POST": post})  # type: ignore[misc]
    web.answer = 200
    deliver([alert("d")], urls, home)
    assert [name for post_ in web.posts for name in problems_in(post_["message"])] == ["b", "c", "d"]


def test_a_clock_that_goes_back_changes_no_order(home: Home) -> None:
    dead = [f"json://127.0.0.1:{free_port()}/"]
    deliver([alert("first")], dead, home, now=START)
    deliver([alert("second")], dead, home, now=START - timedelta(days=1))
    assert [problems_in(message.body) for _, message in outbox.waiting(home)] == [["first"], ["second"]]


def test_messages_of_an_older_version_are_sent_first(home: Home, web: WebServer) -> None:
    home.outbox.mkdir()
    old = {"owner": "finance", "title": "old", "body": "[block] problem old", "severe": True, "delivered": []}
    (home.outbox / "20261127T060000000000-000-abc.json").write_text(json.dumps(old))
    deliver([alert("new")], [web.url], home)
    assert [name for post in web.posts for name in problems_in(post["message"])] == ["old", "new"]


class Crash(BaseException):
    """Nothing of ours catches it."""


@pytest.mark.parametrize("writes", range(1, 7))
def test_a_crash_at_any_write_loses_nothing_and_queues_nothing_twice(
    home: Home, web: WebServer, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Journal, two messages, state, two marks: the process dies before each of them."""
    real, count = outbox.write_atomically, 0

    def dying(path: Path, content: bytes | str) -> None:
        nonlocal count
        count += 1
        if count == writes:
            raise Crash
        real(path, content)

    found = [alert("a", "finance"), alert("b", "contracting")]
    with monkeypatch.context() as patched, pytest.raises(Crash):
        patched.setattr(outbox, "write_atomically", dying)
        deliver(found, [web.url], home)
    deliver([*found, alert("c", "contracting")], [web.url], home)
    deliver([*found, alert("c", "contracting")], [web.url], home)
    posted = [name for post in web.posts for name in problems_in(post["message"])]
    before_mark = {5: ["b"], 6: ["a"]}  # sent and not marked: told twice, never not at all
    assert sorted(posted) == sorted(["a", "b", "c", *before_mark.get(writes, [])])
    assert undelivered(home) == 0
    assert len(open_alerts(home)) == 3
    assert not (home.root / outbox.JOURNAL).exists()


def test_killed_between_sending_and_marking_it_is_sent_to_that_channel_twice_and_to_no_other(
    home: Home, web: WebServer
) -> None:
    other = WebServer()
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom pcw.home import Home\n"
        "from publishing import delivery, outbox\nfrom publishing.alerts import Alert\n"
        "mark, count = outbox._mark, 0\n"
        "def dying(file, message):\n"
        "    global count\n"
        "    count += 1\n"
        "    if count == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    mark(file, message)\n"
        "outbox._mark = dying\n"
        "found = [Alert('mark of a', 'block', 'problem a', 'finance', ())]\n"
        "delivery.deliver(found, sys.argv[2:], Home(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", script, str(home.root), web.url, other.url]
    assert subprocess.run(command, cwd=PROJECT, capture_output=True).returncode == -9
    assert undelivered(home) == 1
    assert deliver([alert("a")], [web.url, other.url], home).undelivered == 0
    assert (len(web.posts), len(other.posts)) == (1, 2)
    other.close()


def test_a_problem_that_comes_back_while_a_channel_is_dead_is_told_in_full(home: Home) -> None:
    port = free_port()
    urls = [f"json://127.0.0.1:{port}/"]
    deliver([alert("a")], urls, home, now=START)
    deliver([], urls, home, cleared={"mark of a"}, now=START)
    deliver([alert("a")], urls, home, now=START)
    web = WebServer(port)
    deliver([alert("a")], urls, home)
    assert [post["title"].partition(": ")[2] for post in web.posts] == [
        "1 new problem for finance", "1 recovered for finance", "1 new problem for finance",
    ]  # fmt: skip
    web.close()


def test_fifty_failures_of_a_run_are_one_message_for_each_owner(home: Home, web: WebServer) -> None:
    found = [
        Alert(f"{owner}{n}", "block", f"problem {owner} {n:02}", owner, (f"What: {'very ' * 60}wrong.",), "epd")
        for owner in ("finance", "contracting")
        for n in range(50)
    ]
    deliver(found, [web.url], home)
    assert [post["title"].partition(": ")[2] for post in web.posts] == [
        "50 new problems for contracting", "50 new problems for finance",
    ]  # fmt: skip
    for post in web.posts:
        assert len(post["message"]) <= MOST_CHARACTERS
        assert len(problems_in(post["message"])) == 50, "each is named, not all in full"
    assert len((home.root / "alerts.log").read_text().splitlines()) == 100, "the log has them in full"


def test_what_is_too_long_even_by_title_is_counted() -> None:
    blocks = [("x" * 50, "x" * 20)] * 100
    text = fitted(blocks, limit=1000)
    assert len(text) <= 1000
    shown = text.split("\n\n")
    assert shown[0] == "x" * 50 and shown[-2] == "x" * 20
    assert shown[-1] == f"... and {100 - len(shown) + 1} more; `pcw status` lists them all."
    assert fitted(blocks[:3], limit=1000) == "\n\n".join(["x" * 50] * 3)


def test_feeds_have_channels_beside_those_of_owners(home: Home, web: WebServer) -> None:
    feed, both = WebServer(), WebServer()
    urls = [f"finance={web.url}", f"feed:epd={feed.url}", f"contracting,feed:epd,feed:ledger={both.url}"]
    found = [alert("m", "medicines", "epd"), alert("f", "finance", "ledger"), alert("e", "finance", "epd"),
             alert("c", "contracting", "epd")]  # fmt: skip
    assert deliver(found, urls, home).undelivered == 0

    def told(server: WebServer) -> list[str]:
        return sorted(name for post in server.posts for name in problems_in(post["message"]))

    assert told(web) == ["e", "f"], "all of the owner"
    assert told(feed) == ["c", "e", "m"], "all of the feed, whoever owns it"
    assert told(both) == ["c", "e", "f", "m"], "either, and never twice"
    assert "1 new problem of feed epd for medicines" in {post["title"].partition(": ")[2] for post in feed.posts}
    for server in (web, feed, both):
        server.posts.clear()
    deliver([], urls, home, cleared={"mark of e"})
    assert [len(server.posts) for server in (web, feed, both)] == [1, 1, 1], "recovery goes the same way"
    deliver([alert("n", "nobody", "sus_opa")], urls, home)
    assert [len(server.posts) for server in (web, feed, both)] == [2, 2, 2], "somebody must hear of it"
    for server in (feed, both):
        server.close()


def test_a_check_of_hospital_activity_reaches_the_channel_of_its_feed(home: Home, web: WebServer) -> None:
    other = WebServer()
    deliver([alert("a", "business-intelligence", "sus_op")], [f"feed:sus_opa={web.url}", f"finance={other.url}"], home)
    assert (len(web.posts), len(other.posts)) == (1, 0)
    check_channels([f"feed:sus_opa,feed:sus_op={web.url}"], {"sus_opa"})
    other.close()


def test_an_address_that_is_given_twice_is_told_once(home: Home, web: WebServer) -> None:
    deliver([alert("a", "finance", "epd")], [f"finance={web.url}", f"feed:epd={web.url}"], home)
    assert len(web.posts) == 1
    [channel] = channels_of([f"finance={web.url}", web.url])
    assert channel.hears("anybody")


def test_a_feed_that_there_is_not_is_refused(web: WebServer) -> None:
    check_channels([f"feed:epd={web.url}"], {"epd"})
    with pytest.raises(PcwError, match=r"alert channel 1 .* is for feed edp, which there is not") as caught:
        check_channels([f"feed:edp,finance={web.url}"], {"epd"})
    assert SECRET not in str(caught.value)


def test_what_persists_is_counted_once_for_each_run_and_said_later(home: Home, web: WebServer) -> None:
    deliver([alert("a")], [web.url], home, look="run 1", now=START)
    for look in ("run 2", "run 2", "run 3"):  # a sensor that could not tell asks again about the same run
        deliver([alert("a")], [web.url], home, look=look, now=START + timedelta(days=1))
    assert [entry["seen"] for entry in open_alerts(home)] == [2]
    assert len(web.posts) == 1
    deliver([alert("a"), alert("b")], [web.url], home, look="run 4", now=START + timedelta(days=2))
    assert "- [block] problem a: since 2017-08-01, seen again 3 times" in web.posts[1]["message"]
    deliver([alert("b")], [web.url], home, cleared={"mark of a"}, look="run 5", now=START + timedelta(days=3))
    assert "(open since 2017-08-01, seen again 3 times)." in web.posts[2]["message"]


def test_when_every_channel_is_dead_each_is_reported_to_the_other_once_it_is_back(home: Home) -> None:
    ports = [free_port(), free_port()]
    urls = [f"json://127.0.0.1:{port}/" for port in ports]
    for _ in range(3):
        report = deliver([alert("a")], urls, home)
        assert len(report.failures) == 2
    assert undelivered(home) == 3, "one problem, and each of the two channels for the other"
    assert (home.root / "alerts.log").read_text().count("takes no messages") == 2
    first = WebServer(ports[0])
    deliver([alert("a")], urls, home)
    assert [post["title"].rpartition(" ")[2] for post in first.posts] == ["finance", "data-engineering"]
    assert "alert channel 2" in first.posts[1]["message"]
    second = WebServer(ports[1])
    deliver([alert("a")], urls, home)
    assert [entry["title"] for entry in dead_channels(home)] == []
    assert undelivered(home) == 0
    assert sum("finance" in post["title"] for post in second.posts) == 1
    for server in (first, second):
        server.close()


@pytest.mark.parametrize("url", [SLACK, TEAMS])
def test_slack_and_teams_workflows_get_the_message_in_their_form(
    home: Home, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apprise sends these to their own hosts only: the request is caught at the library that sends it."""
    import requests

    sent: list[tuple[str, Any]] = []

    def send(_: requests.Session, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        sent.append((str(request.url), json.loads(request.body or b"")))
        response = requests.Response()
        response.status_code, response._content = 200, b"ok"
        return response

    monkeypatch.setattr(requests.Session, "send", send)
    check_channels([f"finance={url}"])
    assert apprise.Apprise().add(url)
    report = deliver([alert("a")], [f"finance={url}"], home)
    assert report.failures == [] and report.undelivered == 0
    [(address, payload)] = sent
    assert address.startswith("https://")
    assert "problem a" in json.dumps(payload) and "1 new problem for finance" in json.dumps(payload)
