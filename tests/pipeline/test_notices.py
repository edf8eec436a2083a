"""What a release says to named owners reaches them by real SMTP and HTTP servers: once, recovered, never unreleased.

Belongs here: from `owner_notice` of a published release to messages. Does not belong here: what the notices say (dbt
unit tests), channels that are dead or malformed (`test_alerts`).
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from orchestration.telling import tell
from pcw.home import Home
from pcw.settings import Settings
from publishing.delivery import open_alerts
from publishing.gates import ReleaseBlocked
from publishing.notices import Notice, alerts_from_notices, owner_slug, read_notices
from publishing.rollback import rollback
from tests.receivers import Mailbox, WebServer
from tests.services import free_port
from tests.unit.publishing_build import CREATED_AT, build_database, release_of, verdict

JUNE, JULY = date(2019, 6, 1), date(2019, 7, 1)
GAP = ("cres_below_plan|99A|2019/20|CRES-2019-01", "Sarah Example", "cres_below_plan", "CRES-2019-01 Prescribing", JUNE,
       157665, "CRES scheme CRES-2019-01 Prescribing is below plan. Mitigation on record: Rebates.")  # fmt: skip
SILENT = ("cres_not_updated|99A|2019/20|CRES-2019-04", "Tom O'Sample", "cres_not_updated", "CRES-2019-04 Digital", JUNE,
          149446, "CRES scheme CRES-2019-04 Digital has no update for 2019-06.")  # fmt: skip
DIGEST = ("cres_digest|99A|2019/20|2019-06-01", "finance-committee", "cres_digest", "99A", JUNE, 157665,
          "CRES of 99A, 2019/20, at 2019-06.")  # fmt: skip
DIGEST_OF_JULY = ("cres_digest|99A|2019/20|2019-07-01", "finance-committee", "cres_digest", "99A", JULY, 9,
                  "CRES of 99A, 2019/20, at 2019-07.")  # fmt: skip


def settings(home: Home, *urls: str) -> Settings:
    return Settings(home=home.root, alert_urls=tuple(SecretStr(url) for url in urls))


def release(home: Home, folder: Path, notices: Sequence[tuple[Any, ...]], **changes: Any) -> None:
    """Publish a build that says this to owners."""
    build = build_database(folder)
    with duckdb.connect(str(build)) as connection:
        for notice in notices:
            connection.execute(f"insert into owner_notice values ({', '.join('?' * len(notice))})", list(notice))
    inputs = str(sorted(notice[0] for notice in notices))
    release_of(home, build, **{"inputs_fingerprint": inputs, **changes})


def test_each_owner_is_told_once_in_the_run_of_the_release(home: Home, web: WebServer, tmp_path: Path) -> None:
    box, other = Mailbox(), WebServer()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    mail = f"mailto://127.0.0.1:{controller.port}?from=dq@example.org&to=sarah@example.org&mode=insecure"
    channels = settings(
        home, f"Sarah-Example={mail}", f"finance-committee={web.url}", f"tom-o-sample,nobody={other.url}"
    )
    release(home, tmp_path, [GAP, SILENT, DIGEST])
    *lines, counts = tell(home, channels).splitlines()
    assert lines == [
        "problem for sarah-example: CRES below plan: CRES-2019-01 Prescribing",
        "digest for finance-committee: CRES digest: 99A 2019-06",
        "problem for tom-o-sample: CRES not updated: CRES-2019-04 Digital",
    ]
    log = home.root / "alerts.log"
    assert counts == f"Told 2 owners: 2 new problems, 0 recovered. Sent 1 digest. See {log}."
    [(_, subject, body)] = box.mails
    assert subject == "Primary Care Warehouse: 1 new problem for sarah-example"
    assert "[notice] CRES below plan: CRES-2019-01 Prescribing" in body
    assert "Mitigation on record: Rebates." in body.replace("\r\n", " ").replace("\n", " ")
    assert [post["title"] for post in web.posts] == ["Primary Care Warehouse: 1 digest for finance-committee"]
    assert "[digest] CRES digest: 99A 2019-06" in web.posts[0]["message"]
    assert [post["title"] for post in other.posts] == ["Primary Care Warehouse: 1 new problem for tom-o-sample"]
    assert tell(home, channels) == ""
    assert (len(box.mails), len(web.posts), len(other.posts)) == (1, 1, 1)
    controller.stop()
    other.close()


def test_without_a_channel_nobody_is_said_to_be_told(home: Home, tmp_path: Path) -> None:
    release(home, tmp_path, [GAP, DIGEST])
    *_, counts = tell(home, settings(home)).splitlines()
    said = "For 1 owner: 1 new problem, 0 recovered. Wrote 1 digest. Nobody is sent it, for PCW_ALERT_URLS"
    assert counts == f"{said} is not set: it is in {home.root / 'alerts.log'}."


def test_recovery_is_told_and_a_digest_is_never_open(home: Home, web: WebServer, tmp_path: Path) -> None:
    release(home, tmp_path, [GAP, SILENT, DIGEST])
    tell(home, settings(home, web.url))
    assert {entry["owner"] for entry in open_alerts(home)} == {"sarah-example", "tom-o-sample"}
    web.posts.clear()
    release(home, tmp_path, [SILENT, DIGEST, DIGEST_OF_JULY])
    *lines, counts = tell(home, settings(home, web.url)).splitlines()
    assert [line.split(":")[0] for line in lines] == ["digest for finance-committee", "recovered for sarah-example"]
    assert counts.startswith("Told 1 owner: 0 new problems, 1 recovered. Sent 1 digest. See ")
    titles = [post["title"] for post in web.posts]
    assert titles == [
        "Primary Care Warehouse: 1 digest for finance-committee",
        "Primary Care Warehouse: 1 recovered for sarah-example",
    ]
    assert "at 2019-07." in web.posts[0]["message"] and "at 2019-06." not in web.posts[0]["message"]
    assert "still open" not in web.posts[0]["message"]
    assert "this is so no longer" in web.posts[1]["message"]
    web.posts.clear()
    release(home, tmp_path, [GAP, SILENT])
    tell(home, settings(home, web.url))
    assert [post["title"] for post in web.posts] == ["Primary Care Warehouse: 1 new problem for sarah-example"], "again"


def test_a_restated_month_is_no_new_digest_and_another_amount_no_new_notice(
    home: Home, web: WebServer, tmp_path: Path
) -> None:
    release(home, tmp_path, [GAP, DIGEST])
    tell(home, settings(home, web.url))
    release(
        home, tmp_path, [(*GAP[:5], 1, "Other words."), (*DIGEST[:5], 1, "Other words.")], inputs_fingerprint="restated"
    )
    assert tell(home, settings(home, web.url)) == ""
    assert len(web.posts) == 2


def test_a_new_lead_is_told_of_what_the_old_one_knew(home: Home, web: WebServer, tmp_path: Path) -> None:
    release(home, tmp_path, [GAP])
    tell(home, settings(home, web.url))
    web.posts.clear()
    release(home, tmp_path, [(GAP[0], "Ann Other", *GAP[2:])], inputs_fingerprint="another lead")
    tell(home, settings(home, web.url))
    assert [post["title"].rpartition(": ")[2] for post in web.posts] == [
        "1 new problem for ann-other", "1 recovered for sarah-example",
    ]  # fmt: skip


def test_nothing_is_told_of_a_build_that_was_not_released(home: Home, web: WebServer, tmp_path: Path) -> None:
    release(home, tmp_path, [SILENT])
    tell(home, settings(home, web.url))
    web.posts.clear()
    failed = [verdict(passed=False, message="2 keys occur twice.", unexpected_count=2)]
    with pytest.raises(ReleaseBlocked):
        release(home, tmp_path, [GAP, DIGEST], verdicts=failed)
    assert tell(home, settings(home, web.url)) == ""
    assert web.posts == []
    assert {entry["title"] for entry in open_alerts(home)} == {"CRES not updated: CRES-2019-04 Digital"}


def test_readers_of_an_earlier_release_are_not_told_of_a_later_one(home: Home, web: WebServer, tmp_path: Path) -> None:
    release(home, tmp_path, [SILENT])
    release(home, tmp_path, [GAP])
    rollback(home, None, reason="figures are in doubt", at=CREATED_AT)
    tell(home, settings(home, web.url))
    assert [post["title"].rpartition(" ")[2] for post in web.posts] == ["tom-o-sample"]


def test_a_release_older_than_notices_says_nothing_and_clears_nothing(
    home: Home, web: WebServer, tmp_path: Path
) -> None:
    release(home, tmp_path, [GAP])
    tell(home, settings(home, web.url))
    exact = (home.private / "current.duckdb").resolve()
    exact.chmod(0o600)
    with duckdb.connect(str(exact)) as connection:
        connection.execute("drop table owner_notice")
    assert read_notices(exact) is None
    assert tell(home, settings(home, web.url)) == ""
    assert len(open_alerts(home)) == 1


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Sarah Example", "sarah-example"), (" Dr. Tom  O'Sample ", "dr-tom-o-sample"), ("finance", "finance"),
     ("finance-committee", "finance-committee"), ("Zoë (MOC)", "zoë-moc"), ("medicines_optimisation",) * 2],
)  # fmt: skip
def test_names_become_what_channels_are_addressed_by(name: str, slug: str) -> None:
    assert owner_slug(name) == slug


def test_of_many_digests_only_the_newest_is_told() -> None:
    notices = [Notice(*row[:5], row[6]) for row in (DIGEST_OF_JULY, DIGEST, GAP)]
    told = alerts_from_notices(notices)
    assert [alert.title for alert in told] == ["CRES digest: 99A 2019-07", "CRES below plan: CRES-2019-01 Prescribing"]
