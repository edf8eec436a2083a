"""Commands for those who watch a deployment: `pcw digest` and `pcw health`. Thin, and health imports nothing heavy."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from orchestration.cli_values import port


def register(app: typer.Typer) -> None:
    """Add the commands to `pcw`."""
    app.command()(digest)
    app.command()(health)


def digest() -> None:
    """Tell owners of late feeds and send the digest of today, once a day. Exit 1: a channel is dead."""
    from orchestration.morning import morning
    from pcw.errors import PcwError
    from pcw.home import Home
    from pcw.lock import lease
    from pcw.settings import load_settings
    from publishing.channels import check_channels
    from publishing.heartbeat import ping
    from publishing.messages import plural
    from sources.contracts import load_contracts

    settings = load_settings()
    home = Home(settings.home).create()
    check_channels([url.get_secret_value() for url in settings.alert_urls], load_contracts())
    with lease(home, "pcw digest"):
        done = morning(home, settings)
    counted = f"{plural(done.digests, 'digest')}, {plural(done.newly_late, 'feed')} newly late"
    typer.echo(f"{counted}; see {home.root / 'alerts.log'}.")
    if done.failures:
        raise PcwError(" ".join(done.failures))
    if warning := ping(settings.heartbeat_url):
        typer.echo(f"Warning: {warning}", err=True)


def health(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    serve: Annotated[
        int | None,
        typer.Option(parser=port, metavar="PORT", help="Answer HTTP on this port of 127.0.0.1 instead, until Ctrl-C."),
    ] = None,
) -> None:
    """Whether this deployment lives: one line for each finding. Exit 0: all is well; 1: something is not."""
    from pcw.home import Home
    from pcw.ports import assert_free
    from pcw.settings import load_settings
    from publishing import health as room

    settings = load_settings()
    home = Home(settings.home)

    def look() -> list[room.Finding]:
        return room.health(home, settings.health_max_age_hours, datetime.now(UTC))

    if serve is not None:
        assert_free(serve, "pcw health --serve")
        with room.endpoint(look, serve) as server:
            typer.echo(f"Health: http://127.0.0.1:{server.server_port}/health (Ctrl-C ends it)")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                return
    findings = look()
    if as_json:
        typer.echo(room.as_json(findings))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.ok else 'FAIL'} {finding.name}: {finding.message}")
    raise typer.Exit(0 if room.is_healthy(findings) else 1)
