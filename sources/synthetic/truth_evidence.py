"""What the evidence feeds of a sample say: rebates due, charges that break rules, contracts beside their tolerances.

Belongs here: the three answers, worked out in plain Python from the written files and the seeds. Does not belong here:
any use of the pipeline or of what the generator knows.

| file | grain |
|---|---|
| rebate_position.csv | agreement, month with prescribing or a claim, while it is in force or was claimed by |
| drug_charge_challenge.csv | line of the newest charge of a provider and month, reason |
| contract_tolerance.csv | provider, point of delivery and month of a block of the newest plan |

Readings:
- Of a plan the highest version counts for the whole year; of charges for the whole provider-month; of claims for the
  whole month.
- Rebates are due on what the commissioner's practices had, as at the month, rounded to pence, halves up.
- A line was charged twice where its invoice, line and product stand in an earlier month, or its approval, product,
  units and amount further up in its own month (in the order of invoices and lines). Of several reasons the first takes
  the amount: NHS England pays, charged twice, no approval, above the price; none takes more than the charge.
- A year to date is known where every month from April is planned and received. Its price is planned cost over planned
  activity, to four decimals.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from .truth_feeds import text_of
from .truth_organisations import Organisations
from .truth_sus import Hospital

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
Row = dict[str, str]
Table = tuple[tuple[str, ...], list[tuple[object, ...]]]
_PENNY, _NOTHING = Decimal("0.01"), Decimal(0)
_REBATE_COLUMNS = ("entity_code", "rebate_term_id", "month", "due", "claimed", "state")
_CHALLENGE_COLUMNS = (
    *("entity_code", "month", "provider_code", "invoice_reference", "line_number", "reason", "challenged_amount"),
    "counted_amount",
)
_TOLERANCE_COLUMNS = (
    *("entity_code", "provider_code", "point_of_delivery", "month", "plan_ytd", "actual_ytd", "position", "amount"),
)
#: Point of delivery -> activity it is of, components that count and that are taken off.
_POINTS = {
    "ae": ("sus_ae", ("sus_ae_attendances",), ()),
    "non_elective": ("sus_apc", ("sus_non_elective_spells",), ()),
    "elective": ("sus_apc", ("sus_elective_spells",), ()),
    "outpatient_first": ("sus_op", ("sus_op_firsts",), ()),
    "outpatient_follow_up": ("sus_op", ("sus_op_attendances",), ("sus_op_firsts",)),
}


def tables(
    folder: Path, organisations: Organisations, hospital: Hospital, commissioners: Sequence[str]
) -> dict[str, Table]:
    """The three tables of all commissioners, by name: columns and rows."""

    def of_each(rows: Callable[[str], Iterator[tuple[object, ...]]]) -> list[tuple[object, ...]]:
        return sorted((code, *row) for code in commissioners for row in rows(code))

    return {
        "rebate_position": (_REBATE_COLUMNS, of_each(lambda code: _rebates(folder, organisations, code))),
        "drug_charge_challenge": (_CHALLENGE_COLUMNS, of_each(lambda code: _challenges(folder, code))),
        "contract_tolerance": (
            _TOLERANCE_COLUMNS,
            of_each(lambda code: _tolerances(folder, organisations, hospital, code)),
        ),
    }


def _seed(name: str) -> list[Row]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read(folder: Path, pattern: str, *scope: str) -> list[Row]:
    """Rows of the files of a pattern, of each scope those of its highest version."""
    rows = [row for path in sorted(folder.glob(pattern)) for row in csv.DictReader(text_of(path).splitlines())]
    newest: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = tuple(row[name] for name in scope)
        newest[key] = max(newest.get(key, 0), int(row["Version"]))
    return [row for row in rows if int(row["Version"]) == newest[tuple(row[name] for name in scope)]]


def _month(row: Row) -> date:
    year, period = int(row["Financial Year"][:4]), int(row["Period"])
    return date(year + (period > 9), (period + 2) % 12 + 1, 1)


def _is_in_force(term: Row, month: date) -> bool:
    return term["valid_from"] <= month.isoformat() <= (term["valid_to"] or "9999-12-31")


def _prescribed(
    folder: Path, terms: list[Row], organisations: Organisations, commissioner: str
) -> dict[date, dict[str, tuple[Decimal, Decimal]]]:
    """Items and net ingredient cost by month with prescribing, and agreement; their prefixes were never recoded."""
    found: dict[date, dict[str, tuple[Decimal, Decimal]]] = {}
    for path in sorted(folder.glob("EPD_*")):
        rows = csv.DictReader(text_of(path).splitlines())
        sums = {term["rebate_term_id"]: (_NOTHING, _NOTHING) for term in terms}
        own: dict[str, bool] = {}
        month = None
        for row in rows:
            digits = row["YEAR_MONTH"].replace("_", "").replace("-", "")
            month = month or date(int(digits[:4]), int(digits[4:6]), 1)
            bnf = (row.get("BNF_CODE") or row.get("BNF_PRESENTATION_CODE") or "").strip()
            for term in terms:
                if not bnf.startswith(term["bnf_prefix"]):
                    continue
                code = row["PRACTICE_CODE"].strip()
                if code not in own:
                    mapped = organisations.code("as_at", code, month)
                    own[code] = organisations.commissioner(mapped, month) == commissioner
                if own[code]:
                    items, nic = sums[term["rebate_term_id"]]
                    sums[term["rebate_term_id"]] = (items + Decimal(row["ITEMS"]), nic + Decimal(row["NIC"]))
        if month is not None:
            found[month] = sums
    return found


def _rebates(folder: Path, organisations: Organisations, commissioner: str) -> Iterator[tuple[object, ...]]:
    terms = [term for term in _seed("rebate_term") if term["commissioner_code"] == commissioner]
    tolerance = next(
        Decimal(row["value"]) for row in _seed("evidence_config") if row["parameter"] == "rebate_tolerance"
    )
    prescribed = _prescribed(folder, terms, organisations, commissioner)
    claims = {
        (row["Rebate Term"], _month(row)): Decimal(row["Claimed Amount"])
        for row in _read(folder, "rebate_claims_*.csv", "Financial Year", "Period", "Entity")
        if row["Entity"] == commissioner
    }
    last_claimed = max((month for _, month in claims), default=date.min)
    for term in terms:
        for month in sorted({*prescribed, *(month for _, month in claims)}):
            claimed = claims.get((term["rebate_term_id"], month))
            is_in_force = _is_in_force(term, month)
            if not is_in_force and claimed is None:
                continue
            due = None if month not in prescribed else _due(term, *prescribed[month][term["rebate_term_id"]])
            due = due if is_in_force else _NOTHING
            if not is_in_force:
                state = "no_agreement"
            elif due is None:
                state = "awaiting"
            elif claimed is None:
                state = "nothing_due" if not due else "missed" if month < last_claimed else "not_claimed_yet"
            elif abs(claimed - due) <= tolerance:
                state = "claimed"
            else:
                state = "under_claimed" if claimed < due else "over_claimed"
            yield term["rebate_term_id"], month, _text(due), _text(claimed), state


def _due(term: Row, items: Decimal, nic: Decimal) -> Decimal:
    base = items if term["kind"] == "per_item" else nic
    return (base * Decimal(term["rate"])).quantize(_PENNY, ROUND_HALF_UP)


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:.2f}"


def _challenges(folder: Path, commissioner: str) -> Iterator[tuple[object, ...]]:
    rules = _seed("drug_commissioning_rule")
    scope = ("Financial Year", "Period", "Commissioner", "Provider")
    rows = [
        row
        for row in _read(folder, "high_cost_drug_charges_*.csv", *scope)
        if row["Commissioner"] == commissioner and Decimal(row["Charged Amount"]) > 0
    ]
    rows.sort(key=lambda row: (_month(row), row["Provider"], row["Invoice"], int(row["Line"])))
    seen: set[tuple[object, ...]] = set()
    stood: dict[tuple[str, ...], date] = {}
    for row in rows:
        month = _month(row)
        line = (row["Provider"], row["Invoice"], row["Line"], row["Product"])
        same = (month, row["Provider"], row["Approval Reference"], row["Product"], row["Units"], row["Charged Amount"])
        is_twice = stood.get(line, month) < month or (bool(row["Approval Reference"]) and same in seen)
        seen.add(same)
        stood.setdefault(line, month)
        counted = False
        for reason, amount in _reasons(row, month, rules, is_twice):
            place = (month, row["Provider"], row["Invoice"], int(row["Line"]))
            yield *place, reason, _text(amount), _text(_NOTHING if counted else amount)
            counted = True


def _reasons(row: Row, month: date, rules: list[Row], is_twice: bool) -> Iterable[tuple[str, Decimal]]:
    """Reasons in their order, with what is challenged."""
    dated = [
        rule for rule in rules if rule["drug_group"] == row["Drug Group"] and rule["valid_from"] <= month.isoformat()
    ]
    rule = max(dated, key=lambda one: one["valid_from"]) if dated else None
    charged = Decimal(row["Charged Amount"])
    if rule and rule["responsible"] == "nhse":
        yield "wrong_commissioner", charged
    if is_twice:
        yield "charged_twice", charged
    if not rule or rule["responsible"] != "ccg":
        return
    if rule["needs_approval"] == "true" and not row["Approval Reference"]:
        yield "no_approval", charged
    highest = rule["biosimilar_reference_price" if row["Biosimilar"] == "Y" else "originator_reference_price"]
    above = Decimal(row["Unit Price"]) - Decimal(highest or "Infinity")
    amount = _NOTHING if above <= 0 else (above * Decimal(row["Units"])).quantize(_PENNY, ROUND_HALF_UP)
    if amount > 0:
        yield "price_above_reference", min(charged, amount)


def _activity(
    organisations: Organisations, hospital: Hospital, commissioner: str
) -> dict[tuple[str, str, date], Decimal]:
    """Count by component, provider and month of the commissioner's practices."""
    sums: dict[tuple[str, str, date], Decimal] = defaultdict(Decimal)
    for (component, practice, provider, _, month), value in hospital.values.items():
        mapped = organisations.code("as_at", practice, month)
        if organisations.commissioner(mapped, month) == commissioner:
            sums[component, provider, month] += value
    return sums


def _tolerances(
    folder: Path, organisations: Organisations, hospital: Hospital, commissioner: str
) -> Iterator[tuple[object, ...]]:
    activity = _activity(organisations, hospital, commissioner)
    contracts: dict[tuple[str, str, str], dict[int, Row]] = defaultdict(dict)
    for row in _read(folder, "contract_plan_*.csv", "Financial Year", "Entity"):
        if row["Contract Type"] == "block" and row["Entity"] == commissioner:
            contracts[row["Financial Year"], row["Provider"], row["POD"]][int(row["Period"])] = row
    for (_, provider, point), plan in contracts.items():
        dataset, counted, taken_off = _POINTS[point]
        planned = cost = actual = _NOTHING
        is_known = True
        for place, period in enumerate(sorted(plan), 1):
            row, month = plan[period], _month(plan[period])
            planned += Decimal(row["Plan Activity"])
            cost += Decimal(row["Plan Cost"])
            is_known = is_known and place == period and (provider, month) in hospital.received[dataset]
            actual += sum((activity[name, provider, month] for name in counted), _NOTHING)
            actual -= sum((activity[name, provider, month] for name in taken_off), _NOTHING)
            price = (cost / planned).quantize(Decimal("0.0001"), ROUND_HALF_UP)
            upper = planned * (1 + Decimal(row["Tolerance Upper"]))
            lower = planned * (1 - Decimal(row["Tolerance Lower"]))
            outside = actual - min(max(actual, lower), upper)
            amount = (outside * price * Decimal(row["Marginal Rate"])).quantize(_PENNY, ROUND_HALF_UP)
            position = "above" if outside > 0 else "below" if outside < 0 else "within"
            known = (f"{actual:f}", position, f"{amount:.2f}") if is_known else ("", "awaiting", "")
            yield provider, point, month, f"{planned:f}", *known
