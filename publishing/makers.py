"""Who makes which copy of a release: one entry for each kind, imported when it is asked.

Belongs here: that table. Where a folder lies and how it is put in place is in `publishing.copies`; when copies are made
and who is told of one that cannot be is in `orchestration.copying`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pcw.errors import PcwError
from pcw.home import Home
from pcw.settings import Settings
from publishing import copies, shelf
from publishing.shelf import Release

if TYPE_CHECKING:
    from publishing.postgres_copy import Loaded

POSTGRES = "postgres"


@dataclass(frozen=True)
class Maker:
    """How copies of a kind are made.

    `make` raises PcwError with a sentence where it cannot; its last argument says whether to make it again where the
    release has it. `is_made` is False where that cannot be found out. `place` says where readers find it; `command`
    makes it by hand.
    """

    what: str
    command: str
    make: Callable[[Home, Settings, Release, bool], object]
    is_made: Callable[[Home, Settings, Release], bool]
    place: Callable[[Home, Settings], str]


def folder(
    kind: str, what: str, command: str, write: Callable[[Home, Settings, Release, Path], None], opens: str = ""
) -> Maker:
    """The maker of a copy that is a folder beside the files of its release; `opens`: the file in it to open first."""
    return Maker(
        what=what,
        command=command,
        make=lambda home, settings, release, again: copies.make(
            home, release, kind, lambda into: write(home, settings, release, into), again=again
        ),
        is_made=lambda home, settings, release: copies.is_made(release, kind),
        place=lambda home, settings: str(home.published / kind / opens),
    )


def write_exports(home: Home, settings: Settings, release: Release, into: Path) -> None:
    """Parquet, CSV and dictionary for each audience."""
    from publishing.exports.writing import write

    home.work.mkdir(exist_ok=True)
    write(release, into, memory_limit=settings.memory_limit, work=home.work)


def write_site(home: Home, settings: Settings, release: Release, into: Path) -> None:
    """Pages that open from a file share."""
    from publishing.site import build

    build(release.path, settings.narrative, into)


def load_postgres(
    home: Home, settings: Settings, release: Release, again: bool, *, first: bool = True, is_named: bool = False
) -> "Loaded":
    """The serving copy, of a release that readers of the database then see.

    Args:
        first: also where the database has no copy.
        is_named: somebody asked for this release, whichever is the current one.
    """
    from publishing.postgres_copy import load

    home.work.mkdir(exist_ok=True)
    return load(
        release,
        serving_address(settings),
        is_wanted=lambda: is_named or shelf.current_id(home) == release.release_id,
        again=again,
        first=first,
        work=home.work,
    )


def is_in_postgres(home: Home, settings: Settings, release: Release) -> bool:
    """Whether readers of the database see this release."""
    from publishing.postgres_copy import loaded_release

    try:
        return settings.serving_url is not None and loaded_release(serving_address(settings)) == release.release_id
    except PcwError:
        return False


def serving_address(settings: Settings) -> str:
    """Address of the database that serves a copy.

    Raises:
        PcwError: none is set.
    """
    if settings.serving_url is None:
        raise PcwError("PCW_SERVING_URL is not set: it says which PostgreSQL database serves the copy of the release.")
    return settings.serving_url.get_secret_value()


# In the order in which they are made.
MAKERS: Mapping[str, Maker] = {
    copies.SITE: folder(
        copies.SITE,
        "A static site: indicators, practices, savings, quality, and where each figure is from.",
        "pcw site",
        write_site,
        "index.html",
    ),
    copies.EXPORTS: folder(
        copies.EXPORTS,
        "Parquet, CSV, a data dictionary and the indicators by practice, a folder for each audience.",
        "pcw export",
        write_exports,
    ),
    POSTGRES: Maker(
        what="the tables of the commissioner's file, in schema pcw of the serving database.",
        command="pcw postgres",
        make=load_postgres,
        is_made=is_in_postgres,
        place=lambda home, settings: "schema pcw of the serving database (PCW_SERVING_URL)",
    ),
}


def wanted(settings: Settings) -> list[str]:
    """The kinds that this deployment makes of each release, in the order in which they are made."""
    return [kind for kind in MAKERS if kind in settings.wanted_copies]
