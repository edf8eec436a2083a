"""Where a reader of a message can look: the run, the check and the page in the Dagster UI, and the quality page.

A link is only made to what is there. Messages hold no other address.
"""

from pathlib import Path
from urllib.parse import quote

from orchestration.checks import GATES, WARNINGS
from pcw.home import Home
from publishing.alerts import Alert

BUILD_STAGES = {"staged": "gates/staged", "marts": "gates/marts", "release": "published/release"}
UNKNOWN_FEED = "unrecognised"


def run_link(ui_url: str, run_id: str) -> str:
    """The page of a run in the UI."""
    return f"{ui_url.rstrip('/')}/runs/{quote(run_id)}"


def check_link(ui_url: str, alert: Alert) -> str | None:
    """The page of the check that found it; of the asset alone where a check is not all that can have failed."""
    if alert.gate is None or alert.gate[1] not in GATES:
        return None
    stage = alert.gate[1]
    asset = BUILD_STAGES.get(stage, f"landing/{alert.feed or UNKNOWN_FEED}")
    check = WARNINGS if alert.severity == "withhold" else GATES[stage]
    is_known = stage != "release" and (stage in BUILD_STAGES or alert.feed is not None)
    return f"{ui_url.rstrip('/')}/assets/{asset}?view=checks{f'&checkDetail={check}' if is_known else ''}"


def quality_page(home: Home, suite: str, stage: str) -> Path | None:
    """The validation page of a suite, relative to PCW_HOME; None while there is none."""
    page = home.published / "quality" / stage / f"{suite}.html"
    return page.relative_to(home.root) if page.exists() else None
