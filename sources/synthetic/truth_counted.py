"""Indicators of counts made elsewhere, and their components, as the seeds define them, from what `truth_counts` reads.

Belongs here: which count is which component, whose it is in which month, and which months a register stands for. Does
not belong here: rates, states and comparisons (`truth_results`). The seeds are read as anybody reads them; no model is
used.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

from .truth_components import Components
from .truth_counts import Counts, next_month
from .truth_indicators import Band, Indicator, Target
from .truth_organisations import Organisations

_SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
_ALWAYS = (date(1900, 1, 1), date(9999, 12, 31))
#: Components of which the feed knows no practices, of our commissioners: commissioner and component -> month -> value.
OfCommissioner = dict[tuple[str, str], dict[date, Decimal]]


def _seed(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((_SEEDS / f"{name}.csv").read_text("utf-8"), newline="")))


def counted_feeds() -> dict[str, dict[str, str]]:
    """The feeds of counts by dataset."""
    return {row["dataset"]: row for row in _seed("counted_feed")}


def counted_indicators(own: Collection[str]) -> tuple[Indicator, ...]:
    """Every variant whose numerator comes from a feed of counts."""
    feeds = counted_feeds()
    datasets = {row["component_id"]: row["dataset"] for row in _seed("component_definition")}
    bases = {row["period_basis"]: row for row in _seed("period_basis")}
    definitions = {row["indicator_id"]: row for row in _seed("indicator_definition")}
    bands = defaultdict(list)
    for row in _seed("indicator_band"):
        bands[row["indicator_id"]].append(row)
    found = []
    for variant in _seed("indicator_variant"):
        dataset = datasets[variant["numerator_component_id"]]
        if dataset not in feeds:
            continue
        name = variant["indicator_id"]
        definition, feed = definitions[name], feeds[dataset]
        basis = bases[definition["period_basis"]]
        rule, targets = _targets(name, definition["direction"], own)
        found.append(
            Indicator(
                name,
                variant["variant"],
                variant["numerator_component_id"],
                variant["denominator_component_id"] or None,
                variant["denominator_aggregation"] == "mean",
                int(definition["multiplier"]),
                int(definition["decimals"]),
                rule=rule,
                targets=targets,
                bands=tuple(Band(row["band"], row["band_rule"]) for row in bands[name]),
                window=int(basis["window_months"]),
                every=int(basis["every_months"]),
                due=int(basis["due_month"]),
                counted=dataset,
                has_own_months=feed["has_own_months"] == "true",
                level=feed["org_level"],
                min_share=Fraction(feed["min_share"]),
                has_baseline=bool(definition["baseline_rule"]),
            )
        )
    return tuple(found)


def _targets(name: str, direction: str, own: Collection[str]) -> tuple[str | None, tuple[Target, ...]]:
    """How figure and target compare, and the targets; months of a plan are targets of the commissioner."""
    rule, found = None, []
    for row in _seed("indicator_target"):
        if row["indicator_id"] == name:
            rule = row["target_rule"]
            first = date.fromisoformat(row["valid_from"]) if row["valid_from"] else _ALWAYS[0]
            last = date.fromisoformat(row["valid_to"]) if row["valid_to"] else _ALWAYS[1]
            second = Fraction(row["alternative_target"]) if row["alternative_target"] else None
            whose = (row["org_type"] or None, row["org_code"] or None)
            found.append(Target(*whose, first, last, Fraction(row["target"]), second))
    for row in _seed("trajectory"):
        if row["indicator_id"] == name and row["org_code"] in own:
            first = date.fromisoformat(row["month"])
            end = date.fromordinal(next_month(first).toordinal() - 1)
            found.append(Target("commissioner", row["org_code"], first, end, Fraction(row["plan"])))
            rule = rule or {"up": "at_or_above", "down": "at_or_below"}[direction]
    return rule, tuple(found)


def loaded_months(counts: Counts, months: list[date]) -> dict[str, set[date]]:
    """Of each feed of counts the months (of all data months) in which it can be read."""
    found: dict[str, set[date]] = {}
    for dataset, own in counts.months.items():
        served = {month for first in own for month in _following(first, counts.serves.get(dataset, 1))}
        if dataset == "complaint":  # a year is known as far as its newest complaint
            newest = max(month for _, month in counts.values[("complaint", "COMPLAINT", "received")])
            served = {month for month in served if month <= newest}
        found[dataset] = served & set(months)
    return found


def _following(first: date, length: int) -> Iterable[date]:
    month = first
    for _ in range(length):
        yield month
        month = next_month(month)


def add_counts(
    components: Components, counts: Counts, organisations: Organisations, carr_hill: dict[date, dict[str, Decimal]]
) -> OfCommissioner:
    """Add the counted components of practices to `components`; returns those of our commissioners."""
    feeds = counted_feeds()
    months = sorted(components)
    loaded = loaded_months(counts, months)
    _add_returns(counts, organisations, loaded, months)
    _add_patient_weeks(counts, carr_hill)
    _add_zeros(counts, organisations, loaded)
    codes = defaultdict(list)
    for row in _seed("component_code"):
        codes[row["component_id"]].append(row["code"])
    of_commissioner: OfCommissioner = defaultdict(dict)
    for row in _seed("component_definition"):
        dataset = row["dataset"]
        if dataset not in feeds:
            continue
        values: dict[tuple[str, date], Decimal] = {}
        for code in codes[row["component_id"]]:
            for place, value in counts.values.get((dataset, code, row["measure"]), {}).items():
                values[place] = values.get(place, Decimal(0)) + value
        stands = feeds[dataset]["has_own_months"] == "false"
        for (org, month), value in _served(values, counts, dataset, stands=stands):
            if month not in components:
                continue
            if feeds[dataset]["org_level"] == "commissioner":
                if org in organisations.own:
                    of_commissioner[org, row["component_id"]][month] = value
            else:
                components[month].setdefault(org, {})[row["component_id"]] = value
    return of_commissioner


def _served(
    values: dict[tuple[str, date], Decimal], counts: Counts, dataset: str, *, stands: bool
) -> Iterable[tuple[tuple[str, date], Decimal]]:
    """What a register says, in each month that it stands for; other counts are of their own month alone."""
    if not stands:
        yield from values.items()
        return
    own = counts.months[dataset]
    for (org, first), value in values.items():
        for month in _following(first, counts.serves.get(dataset, 1)):
            if max(other for other in own if other <= month) == first:
                yield (org, month), value


def _add_returns(
    counts: Counts, organisations: Organisations, loaded: dict[str, set[date]], months: list[date]
) -> None:
    for month in loaded.get("friends_and_family", set()) & set(months):
        for code in organisations.expected(month):
            if organisations.commissioner(code, month) in organisations.own:
                in_time = code in counts.in_time.get(month, set())
                counts.put(("friends_and_family", "FFT", "submitted"), (code, month), int(in_time))
                counts.put(("friends_and_family", "FFT", "expected"), (code, month), 1)


def _add_patient_weeks(counts: Counts, carr_hill: dict[date, dict[str, Decimal]]) -> None:
    """Appointments count where the quarter's weighted list knows the practice."""
    above = counts.values[("gp_appointments", "ACCESS", "numerator")]
    for practice, month in list(above):
        quarter = date(month.year, (month.month - 1) // 3 * 3 + 1, 1)
        weighted = carr_hill.get(quarter, {}).get(practice)
        if weighted is None:
            del above[practice, month]
            continue
        days = (next_month(month) - month).days
        weeks = (weighted * days / 7).quantize(Decimal("0.00001"), ROUND_HALF_UP)
        counts.put(("gp_appointments", "ACCESS", "denominator"), (practice, month), weeks)


def _add_zeros(counts: Counts, organisations: Organisations, loaded: dict[str, set[date]]) -> None:
    """Of each of our practices none where a log names none; what is outside the months of the log does not count."""
    kinds = {"contract_event": ("VISIT", "events"), "complaint": ("COMPLAINT", "received")}
    for dataset in counts.logs:
        values = counts.values[(dataset, *kinds[dataset])]
        held = loaded.get(dataset, set())
        for place in [place for place in values if place[1] not in held]:
            del values[place]
        for month in held:
            for code in organisations.expected_in("as_at", month):
                if organisations.commissioner(code, month) in organisations.own:
                    values.setdefault((code, month), Decimal(0))
