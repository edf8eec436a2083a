"""Releases whose `release.json` cannot be read: what is said of them, to whom, and until when.

Belongs here: the words. Which releases they are is known to `publishing.shelf`, which leaves them out; readers keep
what they have, and the next release follows the newest that can be read.
"""

from collections.abc import Iterable

from pcw.home import Home
from publishing import shelf
from publishing.alerts import DAMAGED, DEFAULT_OWNER, Alert, fingerprint
from publishing.delivery import told_alerts
from publishing.shelf import Damaged


def sentence(damaged: Damaged, current: str | None, pinned: str | None = None) -> str:
    """What is damaged, what follows, and what to do."""
    if damaged.release_id == current == pinned:
        follows = "Readers see this release and keep it until `pcw rollback --unpin`, because it is pinned."
        instead = "else nothing: after unpinning"
    elif damaged.release_id == current:
        follows = "Readers see this release and keep it until `pcw run` has made another."
        instead = "else nothing: after the next release"
    else:
        follows = "It is left out: readers do not see it, and nobody can go back to it or compare with it."
        instead = "else"
    return (
        f"Release {damaged.release_id} has no release.json that can be read ({damaged.problem}). {follows} Restore "
        f"{damaged.folder / shelf.FACTS} from a backup; {instead} remove {damaged.folder} and "
        f"{damaged.private_path}."
    )


def said(home: Home, damaged: Damaged) -> str:
    """The same, of the release that readers see now and the one that is pinned."""
    pin = shelf.pin_of(home)
    return sentence(damaged, shelf.current_id(home), pin.release_id if pin else None)


def warnings(home: Home) -> list[str]:
    """A line for each release that is left out."""
    return [f"Warning: {said(home, damaged)}" for damaged in shelf.damaged(home)]


def alerts_from_damaged(home: Home) -> list[Alert]:
    """One alert for each release that is left out."""
    return [_alert(damaged, said(home, damaged)) for damaged in shelf.damaged(home)]


def mended(home: Home, told: Iterable[tuple[str, str]]) -> set[str]:
    """Fingerprints of told alerts whose release can be read again, or is gone.

    Args:
        told: (fingerprint, severity) of the alerts that are open.
    """
    still = {_mark(damaged) for damaged in shelf.damaged(home)}
    return {known for known, severity in told if severity == DAMAGED and known not in still}


def untold(home: Home) -> bool:
    """Whether somebody is to be told that a release cannot be read, or that it can be again."""
    told = told_alerts(home)
    return not {_mark(damaged) for damaged in shelf.damaged(home)} <= {known for known, _ in told} or bool(
        mended(home, told)
    )


def _alert(damaged: Damaged, text: str) -> Alert:
    return Alert(
        fingerprint=_mark(damaged),
        severity=DAMAGED,
        title=f"Release {damaged.release_id} cannot be read",
        owner=DEFAULT_OWNER,
        body=(
            f"What: {text}",
            f"Where: {damaged.folder}",
            "How many: 1 release",
            "What follows: the others are released, shown and compared as before.",
            "What to do: `pcw doctor` says it again until it is done.",
        ),
    )


def _mark(damaged: Damaged) -> str:
    return fingerprint(DAMAGED, damaged.release_id)
