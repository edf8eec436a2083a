"""What a release is made of, as of now or as at a moment. What is current belongs in `sources.ledger`."""

import hashlib
from datetime import datetime

from dbt_project.feeds import Inputs
from expectations.suites import SUITES
from orchestration.submissions import submissions_of
from pcw.home import Home
from pcw.settings import Settings
from publishing.audiences import RULES
from sources.contracts import load_contracts
from sources.ledger import current


def inputs_of(home: Home, settings: Settings, as_at: datetime | None = None) -> Inputs:
    """What was received, what of it is current, definitions, gates, rules of audiences and commissioner."""
    contracts = load_contracts()
    gates = hashlib.sha256()
    for path in [*sorted(SUITES.glob("*.yaml")), RULES]:
        gates.update(path.name.encode() + path.read_bytes())
    submissions = submissions_of(home)
    known = tuple(s for s in submissions if as_at is None or s.received_at <= as_at)
    in_force = current(known, contracts)
    return Inputs(home.landing, contracts, in_force, settings.commissioner, known, gates.hexdigest())
