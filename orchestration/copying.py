"""Copies of the current release: which it lacks, making them, and who is told of one that cannot be made.

Belongs here: when, and the words. How a copy is made is in `publishing.makers`. The release stands whatever happens
here: a copy that cannot be made is a problem of its own, open until the current release has it.
"""

import json
from collections.abc import Callable, Collection, Iterable

from orchestration.owners import DEFAULT_OWNER
from pcw.errors import PcwError
from pcw.files import read_json, write_atomically
from pcw.home import Home
from pcw.settings import Settings
from publishing import shelf
from publishing.alerts import COPY, Alert, fingerprint
from publishing.delivery import told_alerts
from publishing.makers import MAKERS, POSTGRES, load_postgres, wanted
from publishing.shelf import Release

# Kind of copy -> why its last try failed. Nothing where none did.
STATE = "copies.json"
JOB = "copies"


class Asked:
    """Which copies a release has, each asked once in a run: a database that is silent takes ten seconds each time."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], bool] = {}

    def is_made(self, home: Home, settings: Settings, release: Release, kind: str) -> bool:
        """Whether the release has that copy, as it was when this was first asked."""
        key = (release.release_id, kind)
        if key not in self._made:
            self._made[key] = MAKERS[kind].is_made(home, settings, release)
        return self._made[key]

    def note_made(self, kinds: Iterable[str], failed: Collection[str]) -> None:
        """These kinds were just tried: what failed is not there, and of the others it is asked anew."""
        tried = set(kinds) - set(failed)
        self._made = {key: made for key, made in self._made.items() if key[1] not in tried}


def lacking(home: Home, settings: Settings, asked: Asked | None = None) -> list[str]:
    """Kinds that this deployment makes and the current release lacks; none where there is no release.

    Args:
        asked: what this run knows already.
    """
    release, asked = shelf.current_release(home), asked or Asked()
    if release is None:
        return []
    return [kind for kind in wanted(settings) if not asked.is_made(home, settings, release, kind)]


def problems(home: Home) -> dict[str, str]:
    """Why the last try of a kind failed, of those whose last try did."""
    state = home.root / STATE
    return dict(read_json(state)) if state.exists() else {}


def note_try(home: Home, kind: str, problem: str | None) -> None:
    """Keep how the last try ended."""
    before = problems(home)
    after = {known: why for known, why in before.items() if known != kind} | ({kind: problem} if problem else {})
    if after != before:
        write_atomically(home.root / STATE, json.dumps(after, indent=2, ensure_ascii=False) + "\n")


def make_lacking(
    home: Home, settings: Settings, say: Callable[[str], None], asked: Asked | None = None
) -> list[str] | None:
    """Make what the current release lacks, as the Dagster job does it; None where it lacks nothing.

    Returns:
        a sentence for each that could not be made.
    """
    asked = asked or Asked()
    kinds = lacking(home, settings, asked)
    if not kinds:
        return None
    from orchestration.build import build_defs
    from orchestration.copy_assets import asset_key
    from orchestration.job_runner import JobRunner

    say(f"Making the {' and the '.join(kinds)} of the release ...")
    outcome = JobRunner(home, build_defs()).execute(JOB, None, {}, assets=[asset_key(kind) for kind in kinds])
    known = problems(home)
    asked.note_made(kinds, known)
    still = lacking(home, settings, asked)
    failed = [known.get(kind) or outcome.error or f"No {kind} came of it; see run.log." for kind in still]
    for sentence in failed:
        say(f"Error: {sentence} Readers keep the release.")
    for line in places(home, settings, asked):
        say(line)
    return failed


def take_postgres_along(home: Home, settings: Settings) -> list[str]:
    """After a rollback: readers of PostgreSQL must not go on with what was taken from the others.

    Also where `PCW_COPIES` leaves PostgreSQL out: a copy that was made by hand is there, or is being made. It waits for
    whoever loads one now, and asks which is there only then: what was being loaded may be what was taken back.
    """
    release = shelf.current_release(home)
    if release is None or settings.serving_url is None:
        return []
    try:
        loaded = load_postgres(home, settings, release, False, first=POSTGRES in wanted(settings))
    except PcwError as error:
        return [f"Warning: readers of PostgreSQL do not see {release.release_id} yet. {error} Then: pcw postgres"]
    return [f"Readers of PostgreSQL see {release.release_id} too."] if loaded.tables else []


def places(home: Home, settings: Settings, asked: Asked | None = None) -> list[str]:
    """A line for each copy of the current release: where readers find it."""
    missing = lacking(home, settings, asked)
    return [f"Open {MAKERS[kind].place(home, settings)}" for kind in wanted(settings) if kind not in missing]


def alerts_from_copies(home: Home, settings: Settings, asked: Asked | None = None) -> list[Alert]:
    """One alert for each copy that could not be made and that the current release lacks."""
    found = problems(home)
    missing = lacking(home, settings, asked) if found else []
    return [_alert(home, settings, kind, found[kind]) for kind in missing if kind in found]


def mended(home: Home, settings: Settings, told: Iterable[tuple[str, str]], asked: Asked | None = None) -> set[str]:
    """Fingerprints of told alerts whose copy is there, or is wanted no more.

    Args:
        told: (fingerprint, severity) of the alerts that are open.
    """
    open_ones = {known for known, severity in told if severity == COPY}
    return open_ones and open_ones - {alert.fingerprint for alert in alerts_from_copies(home, settings, asked)}


def untold(home: Home, settings: Settings, asked: Asked | None = None) -> bool:
    """Whether somebody is to be told that a copy is there again."""
    return bool(mended(home, settings, told_alerts(home), asked))


def _alert(home: Home, settings: Settings, kind: str, problem: str) -> Alert:
    maker, current = MAKERS[kind], shelf.current_id(home)
    return Alert(
        fingerprint=fingerprint(COPY, kind),
        severity=COPY,
        title=f"The {kind} of the release could not be made",
        owner=DEFAULT_OWNER,
        body=(
            f"What: {problem}",
            f"Where: release {current}, {maker.place(home, settings)}",
            "How many: 1 copy of the release",
            "What follows: the release stands and readers see it; who opens this copy finds that of an older release, "
            "or none.",
            "What to do: put that right; the next `pcw run` tries again, the daemon each hour, and so does "
            f"`{maker.command}`.",
        ),
    )
