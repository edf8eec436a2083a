"""Commands that make copies of a release by hand. Thin; they call `publishing.makers`."""

from pathlib import Path
from typing import Annotated

import typer

from pcw.errors import PcwError


def register(app: typer.Typer) -> None:
    """Put these commands onto `pcw`."""
    app.command()(export)
    app.command()(postgres)


def export(
    release: Annotated[str | None, typer.Option(help="A release by its id. Default: the current one.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder that is not there yet. Default: beside the files of the release.")
    ] = None,
) -> None:
    """Write the exports of a release: Parquet, CSV, dictionary and indicators by practice, for each audience."""
    from orchestration.copying import note_try
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing import copies, shelf
    from publishing.makers import write_exports

    settings = load_settings()
    home = Home(settings.home)
    if release is None and shelf.current_id(home) is None:
        raise PcwError("There is no release to export yet. Make one: pcw run")
    found = shelf.find_release(home, release or "current")

    def write(into: Path) -> None:
        write_exports(home, settings, found, into)

    if out is not None:
        made = copies.write_to(out, found, write)
    else:
        made = copies.make(home, found, copies.EXPORTS, write)
        if found.release_id == shelf.current_id(home):
            note_try(home, copies.EXPORTS, None)
    typer.echo(f"Exports of release {found.release_id}: a folder for each audience, each with its README.txt.")
    typer.echo(f"Open {made}")


def postgres(
    release: Annotated[str | None, typer.Option(help="A release by its id. Default: the current one.")] = None,
) -> None:
    """Load a release into the schema `pcw` of the serving database, in place of the one that is there."""
    from orchestration.copying import note_try
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing import shelf
    from publishing.makers import POSTGRES, serving_address
    from publishing.postgres_copy import load

    settings = load_settings()
    home = Home(settings.home)
    if release is None and shelf.current_id(home) is None:
        raise PcwError("There is no release to load yet. Make one: pcw run")
    found = shelf.find_release(home, release or "current")
    loaded = load(found, serving_address(settings))
    if found.release_id == shelf.current_id(home):
        note_try(home, POSTGRES, None)
    typer.echo(f"Readers of schema pcw see release {loaded.release_id}: {loaded.tables} tables, {loaded.rows:,} rows.")
