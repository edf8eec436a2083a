"""Whether the last try at a release succeeded, as a verdict of its own: also when no gate says why it did not.

Who is told of it belongs in `telling`.
"""

import json

from expectations.verdict import Verdict
from orchestration.owners import DEFAULT_OWNER
from pcw.files import read_json, write_atomically
from pcw.home import Home

LAST_RELEASE = "last_release.json"
CHECK = ("release", "release", "was_released")


def note_release(home: Home, problem: str | None) -> None:
    """Keep how the last try ended."""
    suite, stage, check = CHECK
    verdict = Verdict(
        suite=suite,
        stage=stage,
        check=check,
        severity="block",
        passed=problem is None,
        rows_checked=0,
        unexpected_count=0 if problem is None else 1,
        examples=(),
        message=problem or "The last release succeeded.",
        owner=DEFAULT_OWNER,
    )
    write_atomically(home.root / LAST_RELEASE, json.dumps(verdict.as_dict()))


def last_release(home: Home) -> list[Verdict]:
    """How the last try ended; none where nobody tried."""
    path = home.root / LAST_RELEASE
    return [Verdict.from_dict(read_json(path))] if path.exists() else []
