"""Commands that make copies of a release by hand, and the page of lineage. Thin; they call `publishing.makers`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pcw.errors import PcwError

if TYPE_CHECKING:
    from pcw.home import Home
    from pcw.settings import Settings
    from publishing.shelf import Release

ReleaseOption = Annotated[str | None, typer.Option(help="A release by its id. Default: the current one.")]
OutOption = Annotated[
    Path | None, typer.Option(help="A folder that is not there yet. Default: beside the files of the release.")
]


def register(app: typer.Typer) -> None:
    """Put these commands onto `pcw`."""
    app.command()(site)
    app.command()(export)
    app.command()(postgres)
    app.command()(lineage)


def site(release: ReleaseOption = None, out: OutOption = None) -> None:
    """Write the static site of a release: pages that open from a file share, without a server."""
    from publishing import copies
    from publishing.makers import write_site

    found, made = _by_hand(copies.SITE, release, out, write_site)
    typer.echo(f"Site of release {found.release_id}: {sum(1 for _ in made.rglob('*.html'))} pages.")
    typer.echo(f"Open {made / 'index.html'}")


def export(release: ReleaseOption = None, out: OutOption = None) -> None:
    """Write the exports of a release: Parquet, CSV, dictionary and indicators by practice, for each audience."""
    from publishing import copies
    from publishing.makers import write_exports

    found, made = _by_hand(copies.EXPORTS, release, out, write_exports)
    typer.echo(f"Exports of release {found.release_id}: a folder for each audience, each with its README.txt.")
    typer.echo(f"Open {made}")


def _by_hand(
    kind: str, release_id: str | None, out: Path | None, write: "Callable[[Home, Settings, Release, Path], None]"
) -> "tuple[Release, Path]":
    """Make a copy that is a folder: in its place, or in a folder of somebody's."""
    from orchestration.copying import note_try
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing import copies, shelf

    settings = load_settings()
    home = Home(settings.home)
    found = _release(home, release_id)

    def fill(into: Path) -> None:
        write(home, settings, found, into)

    if out is not None:
        return found, copies.write_to(out, found, fill)
    made = copies.make(home, found, kind, fill)
    if found.release_id == shelf.current_id(home):
        note_try(home, kind, None)
    return found, made


def _release(home: "Home", release_id: str | None) -> "Release":
    from publishing import shelf

    if release_id is None and shelf.current_id(home) is None:
        raise PcwError("There is no release yet. Make one: pcw run")
    return shelf.find_release(home, release_id or "current")


def postgres(release: ReleaseOption = None) -> None:
    """Load a release into the schema `pcw` of the serving database, in place of the one that is there."""
    from orchestration.copying import note_try
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing import shelf
    from publishing.makers import POSTGRES, load_postgres

    settings = load_settings()
    home = Home(settings.home)
    found = _release(home, release)
    loaded = load_postgres(home, settings, found, True, is_named=release is not None)
    if found.release_id == shelf.current_id(home):
        note_try(home, POSTGRES, None)
    typer.echo(f"Readers of schema pcw see release {loaded.release_id}: {loaded.tables} tables, {loaded.rows:,} rows.")


def lineage(
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("lineage.html"),
) -> None:
    """Write the lineage of all tables as one page: from the feeds to what reads the marts, with SQL and tests."""
    from orchestration.lineage import write_lineage
    from pcw.settings import load_settings

    write_lineage(load_settings(), out.absolute())
    typer.echo(f"Open {out.absolute()}")
