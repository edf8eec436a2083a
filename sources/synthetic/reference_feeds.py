"""What the commissioner of a sample has decided itself: the bands of the GP Specification below band A.

Belongs here: the decisions. Does not belong here: targets and bands that papers print; those are seeds. The paper shows
8.5 attendances and 9.2 admissions in band B and yellow, and prints no cut-point; the sample's committee has these.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .finance_tables import Cell, csv_bytes
from .world import COMMISSIONER

REFERENCE_COLUMNS = (
    *("commissioner_code", "indicator_id", "version", "kind", "band", "band_order", "rule", "figure"),
    *("valid_from", "valid_to", "approved_by", "approved_on", "source"),
)
#: Indicator -> the highest figure of band B.
BAND_B = {
    "gpspec-ae-attendance-rate": "9.5",
    "gpspec-acs-admission-rate": "9.5",
    "gpspec-outpatient-first-attendance-rate": "95",
}
_APPROVED = ("Primary care commissioning committee (sample)", "2017-03-28", "Minutes of March 2017 (sample)")


def write_reference(folder: Path) -> None:
    """Write the whole of it, one file whatever the span."""
    table: list[Sequence[Cell]] = [REFERENCE_COLUMNS]
    for indicator, figure in BAND_B.items():
        bands = (("A", "meets_target", None), ("B", "at_or_below", figure), ("C", "otherwise", None))
        for place, (band, rule, cut_point) in enumerate(bands, start=1):
            head: list[Cell] = [COMMISSIONER, indicator, "2017-18", "band", band, place, rule, cut_point]
            table.append([*head, None, None, *_APPROVED])
    (folder / f"indicator_reference_{COMMISSIONER}.csv").write_bytes(csv_bytes(table))
