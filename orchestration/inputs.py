"""What a release is made of, as of now or as at a moment. What is current belongs in `sources.ledger`."""

import hashlib
from datetime import datetime

from dbt_project.feeds import Inputs
from expectations.suites import SUITES
from orchestration.submissions import submissions_of
from pcw.home import Home
from pcw.settings import Settings
from sources.contracts import load_contracts
from sources.ledger import Submission, current


def inputs_of(home: Home, settings: Settings, as_at: datetime | None = None) -> Inputs:
    """What was received, what of it is current, definitions, gates and commissioner."""
    contracts = load_contracts()
    gates = hashlib.sha256()
    for path in sorted(SUITES.glob("*.yaml")):
        gates.update(path.name.encode() + path.read_bytes())
    submissions = submissions_of(home)
    known = tuple(s for s in submissions if (as_at is None or s.received_at <= as_at) and not s.is_withdrawn)
    in_force = current(known, contracts, as_at)
    return Inputs(home.landing, contracts, in_force, settings.commissioner, known, gates.hexdigest())


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
