"""Payments once more, in plain Python: general practice specification, networks, and rewards of federations.

Belongs here: what `gp_specification_payment`, `pcn_funding` and `federation_gain_share` must agree with, written
without SQL and without their steps. Does not belong here: rows, and how rows are compared.

Readings:
- Practices are paid by the band of the headline result of a quarter, for their weighted patients in its last month, in
  which they are ours.
- Networks are who belonged to them in the month of membership; their patients are on the list of the month of the list,
  wherever the practice belonged then. A practice without a list leaves the sum unknown.
- A federation is held month by month against the same months of its baseline, each with the practices that it had then.
  One month that is not known and nothing of it is. Whole steps of 0.1 percent count, at most forty, none below zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.pipeline.projects_plain import add_months

Row = Mapping[str, Any]
QUARTER_ENDS = (3, 6, 9, 12)


def pence(amount: Decimal) -> Decimal:
    """To the penny, halves away from zero."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def specification(
    rates: Sequence[Row], results: Iterable[Row], practices: Sequence[Row], commissioner: str
) -> dict[tuple[str, date, str, str], tuple[Decimal | None, str]]:
    """Amount and state by practice, quarter end, indicator and version; `practices` are rows of practice and month."""
    of_month = {(row["practice_code"], row["month"]): row for row in practices}
    paid = {(rate["indicator_id"], rate["version"]) for rate in rates}
    found: dict[tuple[str, date, str, str], tuple[Decimal | None, str]] = {}
    for row in results:
        end, name = row["period_end"], (row["indicator_id"], row["version"])
        if name not in paid or end.month not in QUARTER_ENDS or not row["is_headline"]:
            continue
        if (row["org_view"], row["org_type"]) != ("as_at", "practice"):
            continue
        practice = of_month.get((row["org_code"], end.replace(day=1)))
        if practice is not None and practice["commissioner_code"] != commissioner:
            continue
        patients = None if practice is None else practice["carr_hill_weighted_list"]
        rate = next((one["rate_per_weighted_patient"] for one in rates if _is_of(one, row)), None)
        if row["state"] != "ok":
            outcome = None, "awaiting"
        elif row["band"] is None:
            outcome = None, "band_not_known"
        elif rate is None:
            outcome = None, "rate_not_set"
        elif patients is None:
            outcome = None, "list_not_known"
        else:
            outcome = pence(patients * rate), "computed"
        found[row["org_code"], end, *name] = outcome
    return found


def _is_of(rate: Row, result: Row) -> bool:
    same = all(rate[name] == result[name] for name in ("indicator_id", "version", "band"))
    return same and rate["valid_from"] <= result["period_end"] <= (rate["valid_to"] or date.max)


def networks(
    rates: Iterable[Row], practices: Sequence[Row], commissioner: str
) -> dict[tuple[str, str, str], tuple[int, Decimal | None]]:
    """Practices and amount by year, network and element; `practices` are rows of practice and month."""
    lists = {(row["practice_code"], row["month"]): row for row in practices}
    found: dict[tuple[str, str, str], tuple[int, Decimal | None]] = {}
    for rate in rates:
        members: dict[str, list[str]] = {}
        for row in practices:
            if row["month"] == rate["network_month"] and row["commissioner_code"] == commissioner and row["pcn"]:
                members.setdefault(row["pcn"], []).append(row["practice_code"])
        for network, codes in members.items():
            amount: Decimal | None = rate["rate"]
            if rate["basis"] == "per_patient_year":
                column = "carr_hill_weighted_list" if rate["list_kind"] == "weighted" else "list_size"
                counts = [(lists.get((code, rate["list_month"])) or {}).get(column) for code in codes]
                patients = None if None in counts else sum(counts, Decimal(0))  # type: ignore[arg-type]
                amount = None if patients is None else patients * rate["rate"] * rate["months"] / 12
            found[rate["financial_year"], network, rate["element"]] = len(codes), amount and pence(amount)
    return found


def rewards(
    terms: Iterable[Row], groups: Mapping[tuple[str, date, str], set[str]], values: Mapping[Any, Decimal], last: date
) -> Iterator[tuple[Any, ...]]:
    """Agreement, month, baseline, actual, steps, amount and state, up to a last month.

    `groups` are practices by kind of organisation and code, and month; `values` by component, practice and month: none
    where a month of a practice was not received.
    """
    for term in terms:
        sums: list[Decimal | None] = [Decimal(0), Decimal(0)]
        for number in range(term["months"]):
            months = [add_months(term[name], number) for name in ("baseline_from", "period_from")]
            if months[1] > last:
                break
            for place, month in enumerate(months):
                sums[place] = _plus(sums[place], _sum(term, groups, values, month))
            baseline, actual = sums
            if baseline is None or actual is None or baseline <= 0:
                yield term["term_id"], months[1], baseline, actual, None, None, "awaiting"
                continue
            steps = max(0, min(40, int((baseline - actual) * 1000 // baseline)))
            price = term["gbp_per_step"]
            amount = None if price is None else pence(price * steps)
            state = "rate_not_set" if price is None else "computed"
            yield term["term_id"], months[1], baseline, actual, steps, amount, state


def _sum(
    term: Row, groups: Mapping[tuple[str, date, str], set[str]], values: Mapping[Any, Decimal], month: date
) -> Decimal | None:
    codes = groups.get((term["org_type"], month, term["org_code"]), set())
    found = [values.get((term["component_id"], code, month)) for code in codes]
    return None if not found or None in found else sum(found, Decimal(0))  # type: ignore[arg-type]


def _plus(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    return None if left is None or right is None else left + right
