"""What a release says to named owners: its table `owner_notice` as alerts, told once until they are gone.

Belongs here: from rows of a released file to alerts, and which of those told before are gone. What a notice says is in
the models; how it reaches people is in `publishing.delivery`. Only a release speaks: nothing is told of a build that a
gate has stopped.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from publishing.alerts import DIGEST, NOTICE, Alert, fingerprint
from publishing.tables import attach, columns_of

TABLE = "owner_notice"

ABBREVIATIONS = {"cres": "CRES"}  # in kinds of notices


@dataclass(frozen=True)
class Notice:
    """One row of `owner_notice`, as far as it is told."""

    notice_key: str
    owner: str
    kind: str
    subject: str
    month: date | None
    message: str

    @property
    def is_digest(self) -> bool:
        """Whether it reports and asks for nothing."""
        return self.kind.endswith("_digest")


def owner_slug(name: str) -> str:
    """An owner as PCW_ALERT_URLS names them: `Sarah Example` is `sarah-example`."""
    return re.sub(r"\W+", "-", name.strip().lower()).strip("-")


def read_notices(file: Path) -> list[Notice] | None:
    """Notices of a released file; None where it is older than notices are."""
    with duckdb.connect(":memory:") as connection:
        attach(connection, file, "release")
        if TABLE not in columns_of(connection, "release"):
            return None
        rows = connection.execute(
            f"select notice_key, owner, kind, subject, month, message from release.main.{TABLE} order by all"
        ).fetchall()
    return [Notice(*row) for row in rows]


def alerts_from_notices(notices: Iterable[Notice]) -> list[Alert]:
    """An alert for each notice and owner; of the digests only the newest month of each subject."""
    notices = list(notices)
    newest: dict[tuple[str, str], Notice] = {}
    for notice in (notice for notice in notices if notice.is_digest):
        known = newest.setdefault((notice.kind, notice.subject), notice)
        if (notice.month or date.min) > (known.month or date.min):
            newest[notice.kind, notice.subject] = notice
    return [_alert(notice) for notice in notices if not notice.is_digest or notice in newest.values()]


def gone(notices: Iterable[Notice], told: Iterable[tuple[str, str]]) -> set[str]:
    """Fingerprints of told notices that the current release no longer holds. A digest that was told stays told.

    Args:
        told: (fingerprint, severity) of the alerts that are open.
    """
    held = {_alert(notice).fingerprint for notice in notices}
    return {known for known, severity in told if severity == NOTICE and known not in held}


def _alert(notice: Notice) -> Alert:
    month = f" {notice.month:%Y-%m}" if notice.month else ""
    words = " ".join(ABBREVIATIONS.get(word, word) for word in notice.kind.split("_"))
    return Alert(
        # the owner too: when a scheme changes hands, the new lead is told
        fingerprint=fingerprint("notice", notice.notice_key, owner_slug(notice.owner)),
        severity=DIGEST if notice.is_digest else NOTICE,
        title=f"{words[0].upper()}{words[1:]}: {notice.subject}{month if notice.is_digest else ''}",
        owner=owner_slug(notice.owner),
        body=(notice.message,),
    )
