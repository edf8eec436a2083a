"""Commands that make copies of a release by hand. Thin; they call `publishing.copies`."""

from pathlib import Path
from typing import Annotated

import typer

from pcw.errors import PcwError


def register(app: typer.Typer) -> None:
    """Put these commands onto `pcw`."""
    app.command()(site)


def site(
    release: Annotated[str | None, typer.Option(help="A release by its id. Default: the current one.")] = None,
    out: Annotated[Path | None, typer.Option(help="An empty folder. Default: beside the files of the release.")] = None,
) -> None:
    """Write the static site of a release: pages that open from a file share, without a server."""
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing import copies
    from publishing.reports.making import release_of
    from publishing.site import SiteMade, build

    settings = load_settings()
    home = Home(settings.home)
    found = release_of(home, release)
    if out is not None and out.exists() and any(out.iterdir()):
        raise PcwError(f"{out} is not empty, so no site is written into it: give a folder that is.")
    made: list[SiteMade] = []

    def write(folder: Path) -> None:
        made.append(build(found.path, settings.narrative, folder))

    if out is None:
        out = copies.make(home, found, copies.SITE, write)
    else:
        out.mkdir(parents=True, exist_ok=True)
        write(out)
    typer.echo(f"Site of release {found.release_id}: {made[0].pages} pages, {made[0].size / 1e6:.1f} MB.")
    typer.echo(f"Open {out / 'index.html'}")
