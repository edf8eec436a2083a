"""Targets and bands that the commissioner of a sample has approved, in place of those of the seeds.

Belongs here: reading the file, and the indicators as the commissioner judges them. Does not belong here: the comparison
itself (`truth_results`). Rows sent of an indicator and kind replace all that the definitions say of that kind.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

from .truth_indicators import Band, Indicator, Target

Rows = dict[tuple[str, str], list[dict[str, str]]]


def read_reference(folder: Path, commissioner: str) -> Rows:
    """The rows of the commissioner by indicator and kind; none where the sample has no such file."""
    found: Rows = defaultdict(list)
    for path in sorted(folder.glob("indicator_reference*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["commissioner_code"] == commissioner:
                    found[row["indicator_id"], row["kind"]].append(row)
    return dict(found)


def as_judged(indicators: Iterable[Indicator], sent: Rows) -> Mapping[Indicator, Indicator]:
    """Each indicator as the commissioner judges its own practices and groups."""
    return {indicator: _as_sent(indicator, sent) for indicator in indicators}


def _as_sent(indicator: Indicator, sent: Rows) -> Indicator:
    if targets := sent.get((indicator.indicator_id, "target")):
        rules = {row["rule"] for row in targets}
        assert len(rules) == 1, "the truth knows one rule for each indicator"
        reduction = next((Fraction(row["reduction"]) for row in targets if row.get("reduction")), None)
        indicator = replace(
            indicator,
            rule="reduction" if reduction else rules.pop(),
            reduction=reduction,
            targets=tuple(
                Target(
                    row.get("org_type") or None,
                    row.get("org_code") or None,
                    *_span(row),
                    Fraction(row["figure"]),
                    Fraction(row["alternative_figure"]) if row.get("alternative_figure") else None,
                )
                for row in targets
            ),
        )
    if bands := sent.get((indicator.indicator_id, "band")):
        ordered = sorted(bands, key=lambda row: int(row["band_order"]))
        indicator = replace(
            indicator,
            bands=tuple(
                Band(row["band"], row["rule"], Fraction(row["figure"]) if row["figure"] else None, *_span(row))
                for row in ordered
            ),
        )
    return indicator


def _span(row: Mapping[str, str]) -> tuple[date, date]:
    first, last = row.get("valid_from"), row.get("valid_to")
    return date.fromisoformat(first) if first else date.min, date.fromisoformat(last) if last else date.max
