"""What a release is made of, as of now or as at a moment. What is current belongs in `sources.ledger`."""

import hashlib
from datetime import UTC, datetime

from dbt_project.feeds import Inputs
from expectations.suites import SUITES
from expectations.waivers import in_force as waivers_in_force
from expectations.waivers import read_waivers
from orchestration.submissions import submissions_of
from pcw.home import Home
from pcw.settings import Settings
from publishing.audiences import RULES
from sources.contracts import load_contracts
from sources.ledger import current, standing


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
    in_force = current(known, contracts)
    return Inputs(home.landing, contracts, in_force, settings.commissioner, known, gates.hexdigest(), waivers)
