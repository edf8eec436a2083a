"""Sample feeds: a fictional commissioner in the real formats, its expected answers, and named faults.

`write_sample` is the one entry, and `england.write_england` for a month at the size of England. Nothing here reads a
clock, a setting or a real file; nothing outside uses the other modules of this package directly, except tests.
"""

from .evidence_faults import EVIDENCE_FAULTS
from .faults import FAULTS
from .finance_faults import FINANCE_FAULTS
from .sample import SampleSummary, write_sample
from .sus_faults import SUS_FAULTS

__all__ = ["EVIDENCE_FAULTS", "FAULTS", "FINANCE_FAULTS", "SUS_FAULTS", "SampleSummary", "write_sample"]
