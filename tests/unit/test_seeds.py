"""Definitions against what is written down apart from them: the truth's own tables, printed figures, rules of a row.

Belongs here: a seed whose figures or rows slipped, seen without building anything. Does not belong here: what dbt tests
of seeds say (`dbt_project/tests`), and figures that come of them (`test_truth`, `test_dbt_indicators`).
"""

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from dbt_project.feeds import ROOM
from expectations.suites import load_suite
from publishing.judgements import EXACT_SUITES
from publishing.suppression import COUNT_OF_COST
from sources.synthetic import truth_components, truth_sus_codes
from sources.synthetic.truth_indicators import INDICATORS
from sources.synthetic.truth_sus_codes import SPECIALTIES

WEIGHTS = {
    "starpu_oral_antibacterial_items": truth_components.STARPU,
    "starpu_oral_antibacterial_items_1dp": truth_components.STARPU_1DP,
    "astropu_cost": truth_components.ASTROPU_COST,
    "astropu_items": truth_components.ASTROPU_ITEMS,
}
SIX = {"angina", "asthma", "cellulitis", "heart_failure", "copd", "influenza_pneumonia"}
PRIMARY = {
    "angina": truth_sus_codes.ANGINA,
    "asthma": truth_sus_codes.ASTHMA,
    "cellulitis": truth_sus_codes.CELLULITIS,
    "heart_failure": truth_sus_codes.HEART_FAILURE,
    "copd": truth_sus_codes.COPD,
    "influenza_pneumonia": truth_sus_codes.INFLUENZA,
    "pneumonia_unspecified": truth_sus_codes.PNEUMONIA_UNSPECIFIED,
    "hypertension": truth_sus_codes.HYPERTENSION,
}
EXCLUDED = {
    ("angina", "exclude_primary_procedure"): truth_sus_codes.ANGINA_NOT,
    ("cellulitis", "exclude_procedure"): truth_sus_codes.CELLULITIS_NOT,
    ("heart_failure", "exclude_procedure"): truth_sus_codes.HEART_FAILURE_NOT,
    ("hypertension", "exclude_procedure"): truth_sus_codes.HEART_FAILURE_NOT,
    ("influenza_pneumonia", "exclude_secondary"): truth_sus_codes.INFLUENZA_NOT,
    ("pneumonia_unspecified", "exclude_secondary"): truth_sus_codes.INFLUENZA_NOT,
    ("copd", "primary_with_secondary"): truth_sus_codes.BRONCHITIS,
    ("copd", "needs_secondary"): truth_sus_codes.COPD,
}
# As printed: "Primary care 2021 vision: planned reduction in demand".
REDUCTIONS = {
    ("planned-ae-reduction", "2017-18"): 8833,
    ("planned-ae-reduction", "2018-19"): 8833,
    ("planned-op-reduction-gpspec", "2017-18"): 8995,
    ("planned-op-reduction-gpspec-part", "2017-18"): 6500,
    ("planned-ae-reduction-gpspec", "2017-18"): 543,
    ("planned-ae-reduction-gpspec", "2018-19"): 529,
    ("planned-acs-reduction-gpspec", "2017-18"): 543,
    ("planned-acs-reduction-gpspec", "2018-19"): 529,
}


def rows(seed: str) -> list[dict[str, str]]:
    with (ROOM / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spelt(prefixes: Iterable[str]) -> set[str]:
    """A list of prefixes without those that a shorter one holds, so that two ways of writing it are equal."""
    every = set(prefixes)
    return {code for code in every if not any(code != other and code.startswith(other) for other in every)}


def test_weights_are_those_of_truth() -> None:
    said = {
        name: {(row["sex"], int(row["age_from"])): Decimal(row["weight"]) for row in rows("weight")
               if row["weight_set"] == name}
        for name in WEIGHTS
    }  # fmt: skip
    assert said == {name: dict(weights) for name, weights in WEIGHTS.items()}
    assert {row["weight_set"] for row in rows("weight")} == set(WEIGHTS)


@pytest.mark.parametrize("seed", ["weight", "quin_age_band", "epact2_age_band_code"])
def test_ages_follow_each_other(seed: str) -> None:
    """Every age is in exactly one band."""
    bands = defaultdict(list)
    for row in rows(seed):
        if row["age_from"]:
            bands[row.get("weight_set"), row.get("sex")].append((int(row["age_from"]), row["age_to"]))
    for found in bands.values():
        starts = [start for start, _ in sorted(found)]
        assert starts[0] == 0
        assert [end for _, end in sorted(found)] == [*(str(start - 1) for start in starts[1:]), ""]


@pytest.mark.parametrize(("seed", "column"), [("quin_age_band", "age_group_5"), ("epact2_age_band_code", "age_band")])
def test_a_band_holds_the_ages_of_its_name(seed: str, column: str) -> None:
    for row in rows(seed):
        ages = row[column].replace("_", "-").replace("+", "-").split("-")
        assert [row["age_from"], row["age_to"]] == (ages if row[column] != "UNKNOWN" else ["", ""])


def test_codes_of_conditions_are_those_of_truth() -> None:
    codes: dict[tuple[str, str], set[str]] = defaultdict(set)
    national: dict[str, set[str]] = defaultdict(set)
    for row in rows("acs_condition"):
        codes[row["condition"], row["role"]].add(row["prefix"])
        if row["version"] == "national-19" and row["condition"] != "hypertension":
            national[row["role"]].add(row["prefix"])
    assert {name: spelt(codes[name, "primary"]) for name in PRIMARY} == {
        name: spelt(prefixes) for name, prefixes in PRIMARY.items()
    }
    assert {key: spelt(codes[key]) for key in EXCLUDED} == {key: spelt(codes_) for key, codes_ in EXCLUDED.items()}
    assert {role: spelt(prefixes) for role, prefixes in national.items()} == {
        "primary": spelt(truth_sus_codes.NATIONAL_PRIMARY),
        "any": spelt(truth_sus_codes.NATIONAL_ANY),
    }


def test_what_counts_an_admission_counts_its_cost() -> None:
    conditions: dict[str, set[str]] = defaultdict(set)
    for row in rows("component_acs_condition"):
        conditions[row["component_id"]].add(row["condition"])
    assert conditions["sus_acs_admissions"] == conditions["sus_acs_cost"] == SIX
    assert conditions["sus_acs_admissions_with_j189"] == SIX | {"pneumonia_unspecified"}
    assert len(conditions["sus_acs_admissions_national_19"]) == 19


def test_specialties_of_the_gp_specification_are_those_of_truth() -> None:
    specialties: dict[str, set[str]] = defaultdict(set)
    for row in rows("component_treatment_function"):
        specialties[row["component_id"]].add(row["treatment_function_code"])
    for component in ("sus_op_gp_referred_firsts", "sus_op_gp_referred_firsts_cost"):
        assert specialties[component] == set(SPECIALTIES)
    for code, name in SPECIALTIES.items():
        assert specialties[f"sus_op_gp_referred_firsts_{name}"] == {code}


def test_targets_are_those_of_truth() -> None:
    known = {row.indicator_id: (row.target, row.reduction or 0) for row in INDICATORS if row.target is not None}
    said = {
        row["indicator_id"]: (Fraction(row["target"]), Fraction(row["reduction"] or 0))
        for row in rows("indicator_target")
        if row["indicator_id"] not in TARGETS
    }
    assert said == known


# Of indicators of counts, as the papers print them: above or at, unless the list below says the other way.
TARGETS = {
    "gpspec-warfarin-inr-4-months": ["90"], "gpspec-polypharmacy-review-12-months": ["81"],
    "lqp-hypertension-recorded-prevalence": ["15"], "goal-smi-annual-physical-check": ["60"],
    "hl-af-anticoag-chads": ["90.9"], "hl-stroke-antithrombotic": ["97.2"], "hl-chd-statin": ["88.8"],
    "hl-hf-beta-blocker": ["83.1"], "hl-cervical-screening": ["80"], "childhood-vaccination-uptake": ["95"],
    "gpps-good-experience-making-appointment": ["85", "85"], "contract-fft-submission": ["100"],
    "access-appointments-per-1000-weighted": ["70", "80"], "contract-cqc-good-or-better": ["100"],
    "contract-ppg-coverage": ["100"], "contract-gp-earnings-published": ["100"], "rtt-incomplete-18-weeks": ["92"],
    "rtt-52-week-waits": ["0"], "diagnostic-6-week-waits": ["1"], "cancer-2-week-wait": ["93"],
    "cancer-62-day-urgent": ["85"], "goal-cancer-31-day-first": ["96"], "goal-cancer-breast-symptom-2-week": ["93"],
    "goal-cancer-31-day-surgery": ["94"], "goal-cancer-31-day-drug": ["98"],
    "goal-cancer-31-day-radiotherapy": ["94"], "goal-cancer-62-day-screening": ["90"],
    "iapt-roll-out-quarterly": ["4.75"], "goal-iapt-recovery": ["50"], "goal-iapt-6-week": ["75"],
    "goal-iapt-18-week": ["95"], "qp-antibacterial-items-per-starpu-national": ["1.16"],
    "qp-trimethoprim-nitrofurantoin-ratio-national": ["1.65"],
    "qp-trimethoprim-items-age-70-plus-national": ["8836"],
}  # fmt: skip
AT_MOST = {
    "rtt-52-week-waits": "at_or_below", "diagnostic-6-week-waits": "at_or_below",
    "qp-antibacterial-items-per-starpu-national": "below",
    "qp-trimethoprim-nitrofurantoin-ratio-national": "at_or_below",
    "qp-trimethoprim-items-age-70-plus-national": "at_or_below",
}  # fmt: skip


def test_targets_of_counts_are_the_printed_ones() -> None:
    said: dict[str, list[str]] = {}
    for row in rows("indicator_target"):
        if row["indicator_id"] in TARGETS:
            said.setdefault(row["indicator_id"], []).append(row["target"])
            assert row["target_rule"] == AT_MOST.get(row["indicator_id"], "at_or_above"), row
            is_three_points = (row["indicator_id"], row["org_code"]) == (
                "gpps-good-experience-making-appointment",
                "99A",
            )
            assert row["alternative_target"] == ("79.7" if is_three_points else ""), row
    assert said == TARGETS


def test_the_register_holds_every_entry_of_the_papers() -> None:
    """A hash of the 453 ids: an entry that is lost or renamed shows."""
    ids = [row["indicator_id"] for row in rows("paper_indicator")]
    assert len(ids) == len(set(ids)) == 453
    assert hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16] == "76f27d023817e80e"


@pytest.mark.parametrize("seed", ["indicator_config", "gp_spec_payment_rate"])
def test_a_decision_of_a_year_holds_from_its_first_day(seed: str) -> None:
    for row in rows(seed):
        assert date.fromisoformat(row["valid_from"]) == date(int(row["version"][:4]), 4, 1), row


def test_both_antibiotic_indicators_are_of_the_same_unit() -> None:
    unit = {
        name: {row["parameter"]: row["value"] for row in rows("indicator_config") if row["indicator_id"] == name}
        for name in ("gpspec-antibiotic-prescribing", "gpspec-high-risk-antibiotic-prescribing")
    }
    assert len(set(map(str, unit.values()))) == 1, unit
    assert unit["gpspec-antibiotic-prescribing"] == {
        "denominator_component_id": "list_size", "denominator_aggregation": "sum",
    }  # fmt: skip


def test_planned_reductions_are_the_printed_ones() -> None:
    planned = {(row["plan_id"], row["financial_year"]): int(row["reduction"]) for row in rows("activity_plan")
               if row["reduction"]}  # fmt: skip
    assert planned == REDUCTIONS


def test_the_national_rule_of_small_counts() -> None:
    """Nought is shown, 1 to 7 are hidden, the rest is rounded to five, and it alone is in force."""
    [rule] = [row for row in rows("suppression_rule") if row["is_active"] == "true"]
    assert [rule[name] for name in ("variant", "audience", "hide_from", "hide_to", "round_to", "round_cost_to")] == [
        "national_disclosure_control", "", "1", "7", "5", "500",
    ]  # fmt: skip


def test_gates_of_every_feed_that_counts_patients_judge_exact_figures() -> None:
    feeds = {row["dataset"] for row in rows("component_definition") if row["is_patient_count"] == "true"}
    assert feeds and not {feed for feed in feeds if not feed.startswith(EXACT_SUITES)}


def test_costs_are_hidden_and_told_with_the_counts_of_the_seed() -> None:
    """`indicator.counts_patients` knows them by their measure, what is published by their names."""
    of_patients = {row["component_id"] for row in rows("component_definition") if row["is_patient_count"] == "true"}
    assert {row["component_id"] for row in rows("component_definition") if row["measure"] == "cost"} == set(
        COUNT_OF_COST
    )
    assert set(COUNT_OF_COST.values()) <= of_patients


def test_a_paper_is_given_the_rounding_of_its_operands() -> None:
    """Half a unit for each figure that was rounded."""
    of_three = [row for row in rows("paper_check") if row["tolerance_basis"] == "three rounded operands"]
    assert of_three
    assert {row["tolerance"] for row in of_three} == {"1.5"}


def test_rates_of_networks_are_the_agreed_ones() -> None:
    """Operational plan 2019/20: GBP a patient and year, whose list, of which month, from when and how long."""
    said = {
        row["element"]: (Decimal(row["rate"]), row["list_kind"], row["list_month"], row["first_month"], row["months"])
        for row in rows("pcn_funding_rate")
    }
    april, july = "2019-04-01", "2019-07-01"
    assert {name: said[name] for name in ("participation", "core", "clinical_director")} == {
        "participation": (Decimal("1.76"), "weighted", april, april, "12"),
        "core": (Decimal("1.50"), "registered", april, april, "12"),
        "clinical_director": (Decimal("0.514"), "registered", april, july, "9"),
    }


def test_registers_of_qof_are_those_of_their_suite() -> None:
    known = load_suite("qof_prevalence", "rows").parameters["groups"]
    assert known == [row["group_code"] for row in rows("qof_group")]


def test_what_is_left_open_is_said_in_plain_words() -> None:
    """Notes reach readers as they stand: on the site, in descriptions of columns, in whatever reads the release."""
    files = [*(ROOM / "seeds").glob("*.*"), *(ROOM / "models").rglob("*.yml"), *(ROOM / "models").rglob("*.sql")]
    found = {file.name: re.findall(r"\b(?:DECIDE|TODO|FIXME)\b.{0,40}", file.read_text()) for file in files}
    assert {name: words for name, words in found.items() if words} == {}
    notes = "To be decided by the commissioner: "
    assert sum(notes in line for file in files if file.suffix == ".csv" for line in file.open()) > 100
