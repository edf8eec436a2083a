"""Where a reader of a message can look: the run and the check in the Dagster UI.

A link is only made to what is there. Messages hold no other address.
"""

from urllib.parse import quote

from orchestration.checks import GATES, WARNINGS
from publishing.alerts import SET_ASIDE, Alert

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
    check = WARNINGS if alert.severity in ("withhold", SET_ASIDE) else GATES[stage]
    is_known = stage != "release" and (stage in BUILD_STAGES or alert.feed is not None)
    return f"{ui_url.rstrip('/')}/assets/{asset}?view=checks{f'&checkDetail={check}' if is_known else ''}"
