"""The numerators and denominators, practice by practice: patients, weighted patients, items and money.

Belongs here: weights, drug code lists, code changes and the value of every component. Does not belong here: which
organisation a practice belongs to (`truth_organisations`) and any rate (`truth_results`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from .truth_feeds import Feeds, PracticeMonth
from .truth_sus import SUS_DATASETS

# Weights of 2013, male and female, for 0-4, 5-14, ... 65-74, 75+.
_STARPU = {
    "MALE": "0.83772 0.31387 0.33969 0.24091 0.26685 0.31587 0.44802 0.69312 0.98607",
    "FEMALE": "0.76523 0.39658 0.62566 0.58032 0.58513 0.61859 0.73886 0.97271 1.26583",
}
_ASTROPU_COST = {
    "MALE": "1.00000 0.87166 1.22586 1.25433 1.81675 3.08974 5.28280 8.74187 11.34308",
    "FEMALE": "0.87476 0.73684 1.44903 1.84194 2.57229 3.72488 5.44244 7.64083 9.88935",
}
_ASTROPU_ITEMS = {
    "MALE": "5.20981 2.78275 2.54174 2.94877 4.88519 8.71277 16.60393 29.94121 44.94629",
    "FEMALE": "4.57209 2.49792 4.55424 6.02049 8.27380 12.32629 19.12807 30.41009 48.48467",
}
_AGES = (0, 5, 15, 25, 35, 45, 55, 65, 75)

Weights = dict[tuple[str, int], Decimal]


def _weights(table: Mapping[str, str]) -> Weights:
    return {
        (sex, age): Decimal(weight)
        for sex, line in table.items()
        for age, weight in zip(_AGES, line.split(), strict=True)
    }


STARPU = _weights(_STARPU)
STARPU_1DP = {key: weight.quantize(Decimal("0.1"), ROUND_HALF_UP) for key, weight in STARPU.items()}
ASTROPU_COST = _weights(_ASTROPU_COST)
ASTROPU_ITEMS = _weights(_ASTROPU_ITEMS)

#: Component -> (prefixes in, prefixes out) of the drug code of today.
CODE_LISTS = {
    "rx_items_bnf_0501": (("0501",), ()),
    "rx_items_antibacterial": (("0501",), ("050109", "050110")),
    "rx_items_broad_spectrum": (("0501013K0", "0501021", "050112"), ()),
    "rx_items_co_amoxiclav": (("0501013K0",), ()),
    "rx_items_cephalosporins": (("0501021",), ()),
    "rx_items_quinolones": (("050112",), ()),
    "rx_items_trimethoprim": (("0501080W0",), ()),
    "rx_items_nitrofurantoin": (("0501130R0",), ()),
}
AGED = "rx_items_trimethoprim_age_70_plus"

#: Component -> the dataset that it is read from.
DATASETS = (
    dict.fromkeys(
        ("list_size", "starpu_oral_antibacterial_items", "starpu_oral_antibacterial_items_1dp"), "gp_list_quin_age"
    )
    | dict.fromkeys(("astropu_cost", "astropu_items"), "gp_list_quin_age")
    | {"hospital_weighted_population": "need_weighted_population"}
    | dict.fromkeys(("rx_items", "rx_nic", "rx_actual_cost", "rx_total_quantity", *CODE_LISTS), "epd")
    | {AGED: "epact2_age_band"}
    | SUS_DATASETS
)

#: month -> practice code as printed -> component -> value
Components = dict[date, dict[str, dict[str, Decimal]]]


def weighted(cells: Mapping[tuple[str, int], int], weights: Weights) -> Decimal:
    """Sum of patients x weight over (sex, first age of a five-year band); a band lies in the wide band of its age."""
    total = Decimal(0)
    for (sex, age), patients in cells.items():
        band = max(start for start in _AGES if start <= age)
        total += patients * weights[sex, band]
    return total


def list_components(cells: Mapping[tuple[str, int], int]) -> dict[str, Decimal]:
    """The components of one list."""
    return {
        "list_size": Decimal(sum(cells.values())),
        "starpu_oral_antibacterial_items": weighted(cells, STARPU),
        "starpu_oral_antibacterial_items_1dp": weighted(cells, STARPU_1DP),
        "astropu_cost": weighted(cells, ASTROPU_COST),
        "astropu_items": weighted(cells, ASTROPU_ITEMS),
    }


def code_of_today(code: str, month: date, changes: list[tuple[str, str, date | None]]) -> str:
    """The code that a code of `month` has become: changes not yet in force that month, and undated ones, in a chain."""
    seen = [code]
    while True:
        following = [
            (since or date.max, new) for old, new, since in changes if old == seen[-1] and _applies(since, month)
        ]
        if not following:
            return seen[-1]
        new = min(following)[1]
        if new in seen:
            return code
        seen.append(new)


def _applies(since: date | None, month: date) -> bool:
    return since is None or month < since


def components_of_code(code: str) -> list[str]:
    """The item components that count a drug code of today."""
    return [
        component
        for component, (included, excluded) in CODE_LISTS.items()
        if code.startswith(included) and not (excluded and code.startswith(excluded))
    ]


def prescribing_components(
    practice: PracticeMonth, month: date, changes: list[tuple[str, str, date | None]]
) -> dict[str, Decimal]:
    """The EPD components of one code in one month; what it has none of is an observed zero."""
    values = dict.fromkeys(CODE_LISTS, Decimal(0))
    for code, items in practice.items.items():
        if code.startswith("0501") or any(old == code for old, _, _ in changes):
            for component in components_of_code(code_of_today(code, month, changes)):
                values[component] += items
    values["rx_items"] = Decimal(sum(practice.items.values()))
    values["rx_nic"] = practice.nic
    values["rx_actual_cost"] = practice.actual_cost
    values["rx_total_quantity"] = practice.quantity
    return values


def list_month(month: date) -> date:
    """Extract month of the list that serves `month`: quarterly lists until 2017-03, monthly ones since, none older."""
    return month if month >= date(2017, 4, 1) else date(month.year, (month.month - 1) // 3 * 3 + 1, 1)


def year_start(month: date) -> date:
    """1 April of the financial year of `month`."""
    return date(month.year - (month.month < 4), 4, 1)


def all_components(feeds: Feeds, months: list[date]) -> Components:
    """Every component of every code in every month that its dataset serves."""
    changes = feeds.code_changes
    served = {day: {code: list_components(cells) for code, cells in rows.items()} for day, rows in feeds.lists.items()}
    result: Components = {}
    for month in months:
        rows: dict[str, dict[str, Decimal]] = {}
        for code, values in served.get(list_month(month), {}).items():
            rows.setdefault(code, {}).update(values)
        for code, weighted_patients in feeds.hospital_weighted.get(year_start(month), {}).items():
            rows.setdefault(code, {})["hospital_weighted_population"] = weighted_patients
        for code, practice in feeds.epd.get(month, {}).items():
            rows.setdefault(code, {}).update(prescribing_components(practice, month, changes))
        for code, items in feeds.ages.get(month, {}).items():
            rows.setdefault(code, {})[AGED] = Decimal(
                sum(
                    count
                    for (drug, age), count in items.items()
                    if age is not None and age >= 70 and code_of_today(drug, month, changes).startswith("0501080W0")
                )
            )
        result[month] = rows
    return result
