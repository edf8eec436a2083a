"""Contracts against what was agreed about each feed and against each other: one slipped word of YAML is a rule less.

Belongs here: rules over all contracts, and the agreement with each sender stated a second time. Does not belong here:
how a file is read by its contract (`test_reading`, `test_reports`, `test_sus_layouts`).
"""

import re
from dataclasses import dataclass

import pytest

from sources.contracts import Contract, Upsert, Versions, load_contracts
from sources.recognition import recognise_head

CONTRACTS = load_contracts()
HOSPITAL = [contract for contract in CONTRACTS.values() if contract.family == "sus"]
VERSIONS_OF_A_MONTH = "versions of entity_code, financial_year, ledger_period"
MEASURES_OF_HOSPITAL = ["grand_total_payment_mff", "unbundled_payment_mff"]


@dataclass(frozen=True)
class Agreed:
    """What a sender was told: every how many months, which share of rows may be unreadable, what a file replaces."""

    months: tuple[int, ...]
    unreadable: float
    replaces: str
    is_optional: bool = False
    name_must_agree: bool = False


AGREED = {
    "epraccur": Agreed((12,), 0.001, "period"),
    "practice_successors": Agreed((12,), 0.001, "dataset"),
    "practice_groups": Agreed((12,), 0, "dataset"),
    "bnf_code_changes": Agreed((12,), 0, "dataset", is_optional=True),
    "gp_list_quin_age": Agreed((3, 1), 0.001, "period", name_must_agree=True),
    "gp_list_totals": Agreed((3, 1), 0.001, "period", is_optional=True, name_must_agree=True),
    "carr_hill_list": Agreed((3,), 0.001, "period", is_optional=True, name_must_agree=True),
    "need_weighted_population": Agreed((12,), 0.001, "period", is_optional=True),
    "epd": Agreed((1,), 0.001, "period", name_must_agree=True),
    "epact2_age_band": Agreed((1,), 0.001, "period", name_must_agree=True),
    "sus_aea": Agreed((1,), 0.001, "scope", is_optional=True),
    "sus_ec": Agreed((1,), 0.001, "scope", is_optional=True),
    "sus_apcs": Agreed((1,), 0.001, "scope"),
    "sus_apce": Agreed((1,), 0.001, "scope"),
    "sus_opa": Agreed((1,), 0.001, "scope"),
    "ledger": Agreed((1,), 0, VERSIONS_OF_A_MONTH, is_optional=True),
    "ledger_journal": Agreed((1,), 0, VERSIONS_OF_A_MONTH, is_optional=True),
    "cres_plan": Agreed((12,), 0, "versions of entity_code, financial_year", is_optional=True),
    "cres_tracker": Agreed((1,), 0, VERSIONS_OF_A_MONTH, is_optional=True),
    "programme_milestone": Agreed((1,), 0.05, VERSIONS_OF_A_MONTH, is_optional=True),
    "contract_plan": Agreed((12,), 0, "versions of entity_code, financial_year", is_optional=True),
    "high_cost_drug_charge": Agreed((1,), 0.01, f"{VERSIONS_OF_A_MONTH}, provider_code", is_optional=True),
    "rebate_claim": Agreed((3,), 0, VERSIONS_OF_A_MONTH, is_optional=True),
    "gp_payments": Agreed((12,), 0.001, "versions of financial_year", is_optional=True),
    "gp_search": Agreed((3,), 0, "newest run_at of practice_code, search_id, as_at", True, name_must_agree=True),
    "qof_prevalence": Agreed((12,), 0.001, "period", is_optional=True),
    "qof_achievement": Agreed((12,), 0.001, "period", is_optional=True),
    "practice_deprivation": Agreed((12,), 0.001, "dataset", is_optional=True),
    "practice_contract": Agreed((3,), 0, "period", is_optional=True, name_must_agree=True),
    "contract_event": Agreed((1,), 0, "dataset", is_optional=True, name_must_agree=True),
    "complaint": Agreed((12,), 0, "period", is_optional=True),
    "risk_register": Agreed((1,), 0, "period", is_optional=True, name_must_agree=True),
    "published_indicator": Agreed((1,), 0, "period", is_optional=True, name_must_agree=True),
    "indicator_reference": Agreed((12,), 0, "dataset", is_optional=True),
    "spend_over_25k": Agreed((1,), 0, "versions of entity_name, financial_year, ledger_period", is_optional=True),
    "gp_patient_survey": Agreed((12,), 0.001, "period", is_optional=True),
    "friends_and_family": Agreed((1,), 0.001, "period", is_optional=True),
    "friends_and_family_submission": Agreed((1,), 0.001, "period", is_optional=True),
    "gp_appointments": Agreed((1,), 0.001, "period", is_optional=True),
    "gp_appointments_commissioner": Agreed((1,), 0.001, "period", is_optional=True),
    "cqc_rating": Agreed((1,), 0.001, "period", is_optional=True),
    "ers_referrals": Agreed((1,), 0.001, "period", is_optional=True),
    **dict.fromkeys(
        ("monthly_ae", "rtt_waiting_list", "diagnostic_waits", "cancer_waits", "iapt"),
        Agreed((1,), 0, "period", is_optional=True, name_must_agree=True),
    ),
}


def _replaces(contract: Contract) -> str:
    rules = contract.supersession
    if isinstance(rules, Versions):
        return f"versions of {', '.join(rules.scope)}"
    if isinstance(rules, Upsert):
        return f"newest {rules.order} of {', '.join(rules.key)}"
    return rules.scope if rules.kind == "whole" else rules.kind


def test_what_is_agreed_with_each_sender() -> None:
    said = {
        name: Agreed(
            tuple(entry.every_months for entry in contract.calendar),
            contract.quarantine.max_share,
            _replaces(contract),
            contract.optional,
            contract.period.name_must_agree,
        )
        for name, contract in CONTRACTS.items()
    }
    assert said == AGREED


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_money_has_its_pence_and_days_are_days(contract: Contract) -> None:
    for column in contract.columns:
        if "GBP" in column.description:
            assert column.type.startswith("decimal"), f"{column.name} is money"
        if re.search(r"_date$|_on$|^valid_(from|to)$|^effective_from$", column.name):
            assert column.type == "date", f"{column.name} is a day"


def test_hospital_feeds_are_read_alike() -> None:
    """Whatever the feed: the same names hide a patient, the same code is traced, both prices are summed."""
    assert len({contract.identifiers.nhs_number for contract in HOSPITAL if contract.identifiers}) == 1
    assert len({contract.profile.measures["traced"] for contract in HOSPITAL if contract.profile}) == 1
    for contract in HOSPITAL:
        assert [name for name in contract.control_totals if name in MEASURES_OF_HOSPITAL] == MEASURES_OF_HOSPITAL
        day, extracted = contract.period.columns
        assert (day[-5:], extracted) == ("_date", "extract_date_time")


def test_a_plan_and_a_tracker_may_be_headed_as_people_write() -> None:
    """`scheme_id` as Scheme ID, and the months as M01 or Apr, whichever."""
    months = ["Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar"]
    for name in ("cres_plan", "cres_tracker"):
        [layout] = CONTRACTS[name].layouts
        for column, headers in layout.names.items():
            words = column.replace("_", " ").lower()
            assert words in [header.lower() for header in headers] or column == "ledger_period", column
            if found := re.fullmatch(r"(plan|actual|forecast)_m(\d\d)", column):
                assert f"{found[1].title()} {months[int(found[2]) - 1]}" in headers, column


@pytest.mark.parametrize(
    ("dataset", "name", "header"),
    [
        (
            "gp_list_totals",
            "gp-reg-pat-prac-all.csv",
            "PUBLICATION,EXTRACT_DATE,TYPE,SUB_ICB_LOCATION_CODE,ONS_SUB_ICB_LOCATION_CODE,CODE,POSTCODE,SEX,AGE,"
            "NUMBER_OF_PATIENTS",
        ),
        (
            "contract_plan",
            "contract_plan_2019-20.csv",
            "financial_year,entity_code,provider_code,point_of_delivery,ledger_period,contract_type,"
            "plan_activity,unit_price,plan_cost",
        ),
    ],
)
def test_a_header_that_senders_use_is_known(dataset: str, name: str, header: str) -> None:
    found = recognise_head(name, f"{header}\n{',' * header.count(',')}\n", CONTRACTS.values())
    assert (found.contract.dataset if found.contract else None, found.problem) == (dataset, None)
