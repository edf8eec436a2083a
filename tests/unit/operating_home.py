"""A small home for tests of operating: one release, and practice groups that landed twice. No test is in here."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.landing import land
from orchestration.submissions import submissions_of
from pcw.home import Home
from pcw.settings import Settings
from sources.landing import sweep
from sources.manifests import Submission
from sources.receipts import receive
from tests.unit.publishing_build import build_database, release_of

GROUPS = """\
practice_code,org_type,org_code,org_name,valid_from,valid_to
N82001,locality,99A-NORTH,North,2013-04-01,
N82002,locality,99A-NORTH,North,2013-04-01,
N82001,neighbourhood,99A-N01,Alderbank,2013-04-01,
N82002,neighbourhood,99A-N01,Alderbank,2013-04-01,
"""
OLD = datetime.now(UTC) - timedelta(days=800)
NEW = datetime.now(UTC) - timedelta(days=100)


def land_groups(home: Home, outside: Path, text: str, received_at: datetime) -> Submission:
    """Land one file of practice groups."""
    outside.mkdir(exist_ok=True)
    path = outside / "practice_groups.csv"
    path.write_text(text, encoding="utf-8")
    outcome = land(home, Settings(home=home.root), receive(path, received_at))
    assert outcome.submission is not None, outcome.refusal
    return outcome.submission


def operated(root: Path, outside: Path) -> Home:
    """A home in which nothing is wrong: a superseded and a current submission, and a release."""
    home = Home(root).create()
    land_groups(home, outside, GROUPS, OLD)
    land_groups(home, outside, GROUPS.replace("Alderbank", "Beaconmoor"), NEW)
    sweep(home)
    release_of(home, build_database(outside))
    assert len(submissions_of(home)) == 2
    return home
