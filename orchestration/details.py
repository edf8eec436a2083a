"""What is added to an alert when it is told first: since when, which figures are withheld, where to look.

Only of what is new: the build is asked once for all of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from orchestration.links import check_link, run_link
from orchestration.page_links import with_pages
from pcw.home import Home
from pcw.settings import Settings
from publishing.alerts import Alert
from publishing.withheld import Figures, withheld_figures


def with_details(
    alerts: Sequence[Alert],
    told: Collection[str],
    home: Home,
    settings: Settings,
    *,
    run_id: str | None,
    now: datetime,
) -> list[Alert]:
    """The alerts, those not told yet with their details.

    Args:
        told: fingerprints of what was told before and is not told again.
        run_id: the run that found them; None where none did.
    """
    hits = {alert.fingerprint: alert.hits for alert in alerts if alert.fingerprint not in told and alert.hits}
    figures = withheld_figures(home.warehouse, hits)
    detailed = [
        alert if alert.fingerprint in told else _detailed(alert, figures, settings, run_id, now) for alert in alerts
    ]
    return with_pages(detailed, told, home, settings, now)


def _detailed(
    alert: Alert, figures: dict[str, Figures], settings: Settings, run_id: str | None, now: datetime
) -> Alert:
    lines = [f"Since: first seen {now:%Y-%m-%d %H:%M} UTC"]
    if alert.hits:
        found = figures.get(alert.fingerprint)
        lines.append(f"Withheld: {found}" if found else "Withheld: no figure of the last build reads it.")
    page = check_link(settings.ui_url, alert)
    if page is not None:
        lines.append(f"Check: {page}")
    if run_id is not None:
        lines.append(f"Run: {run_link(settings.ui_url, run_id)}")
    return replace(alert, body=(*alert.body, *lines))
