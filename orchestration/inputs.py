"""What a release is made of, as of now or as at a moment. What is current belongs in `sources.ledger`."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

import duckdb

from dbt_project.feeds import Inputs
from expectations.suites import SUITES
from expectations.waivers import in_force as waivers_in_force
from expectations.waivers import read_waivers
from orchestration.submissions import submissions_of
from pcw.home import Home
from pcw.settings import Settings
from publishing import shelf
from publishing.audiences import RULES
from sources.contracts import load_contracts
from sources.ledger import current, standing
from sources.manifests import Submission


def inputs_of(home: Home, settings: Settings, as_at: datetime | None = None) -> Inputs:
    """What was received, what of it is current, definitions, gates and waivers, audiences and commissioner."""
    contracts = load_contracts()
    gates = hashlib.sha256()
    for path in [*sorted(SUITES.glob("*.yaml")), RULES]:
        gates.update(path.name.encode() + path.read_bytes())
    waivers = tuple(waivers_in_force(read_waivers(home.waivers), as_at or datetime.now(UTC)))
    for waiver in waivers:
        gates.update(waiver.waiver_id.encode())
    known = tuple(standing(submissions_of(home), as_at))
    in_force = current(known, contracts, as_at)
    return Inputs(
        home.landing, contracts, in_force, settings.commissioner, known, gates.hexdigest(), waivers, settings.target
    )


def read_in_build(inputs: Inputs) -> list[Submission]:
    """The submissions whose landed rows a build reads: those in force, and every one of a dataset whose earlier
    versions count too (drift of hospital activity, vintages of finance).
    """
    found = {(s.dataset, s.submission_id): s for s in inputs.current_submissions()}
    for submission in inputs.known:
        contract = inputs.contracts.get(submission.dataset)
        if contract is not None and (contract.scoped is not None or contract.versions is not None):
            found[submission.dataset, submission.submission_id] = submission
    return list(found.values())


def lost_files(home: Home, submissions: Iterable[Submission]) -> list[str]:
    """Dataset and name of the files that the current release was made from and landing does not hold, as after an older
    backup of landing was put back; none where the release cannot be read.
    """
    release = shelf.current_release(home)
    if release is None or not release.path.exists():
        return []
    try:
        with duckdb.connect(str(release.path), read_only=True) as connection:
            made_of = connection.execute(
                "select distinct dataset, file_sha256, file_name from submission order by dataset, file_name"
            ).fetchall()
    except duckdb.Error:
        return []
    held = {(s.dataset, s.file_sha256) for s in submissions}
    return [f"{dataset} {name}" for dataset, sha256, name in made_of if (dataset, sha256) not in held]


def lost_sentence(home: Home, lost: list[str]) -> str:
    """What it means that they are gone."""
    shown = ", ".join(lost[:5]) + (", ..." if len(lost) > 5 else "")
    return (
        f"Landing lacks {len(lost)} file(s) that the current release {shelf.current_id(home)} was made from: {shown}. "
        "The next release is without them. Restore landing from a newer backup, or send these files again."
    )
