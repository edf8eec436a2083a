"""Which numbers of the finance marts count patients, and that readers get none of few: each column is declared.

Belongs here: the list of columns, and what it means for the released sample. Does not belong here: how each is hidden,
by cases (`tests/unit/test_publishing_suppression.py`).

A count is null where it is 1 to 7 and else a multiple of 5; what follows from counts is worked out from those that are
shown; every other number is exact. A new column of these marts fails here until it is declared.
"""

from __future__ import annotations

import pytest

from tests.running import Deployed

#: Counts of patients, by mart.
COUNTS = {
    "contract_tolerance": {"actual_ytd"},
    "project_benefit": {"actual_month", "baseline_month", "actual_to_date", "baseline_to_date"},
    "federation_gain_share": {"baseline", "actual"},  # where the component counts patients
    "cres_evidence": {"patient_count", "baseline_patient_count"},
}
#: One to one with a count: differences, shares, and counts times a price.
OF_COUNTS = {
    "contract_tolerance": {"share", "amount"},
    "project_benefit": {"avoided_to_date", "value_to_date"},
    "federation_gain_share": {"reduction_percent", "steps", "amount"},
    "cres_evidence": {"evidenced", "difference"},  # where the method counts patients: unit_price is not null
    "gp_specification_payment": {"rate_per_weighted_patient", "amount"},  # by the band, hidden with its figure
}
#: Plans, prices, lists, items, money of invoices and ledgers, places and months.
OTHER = {
    "contract_tolerance": {"plan_ytd", "tolerance_lower", "tolerance_upper", "marginal_rate", "unit_price"},
    "project_benefit": {
        "months_in_force", "planned_year", "planned_to_date", "planned_value_year", "unit_tariff",
        "ae_attendances_avoided", "ae_gbp",
    },
    "federation_gain_share": {"months_elapsed", "gbp_per_step"},
    "cres_evidence": {
        "claimed", "baseline_cost", "cost", "price_effect", "volume_effect", "mix_effect", "list_effect", "nic_saving",
        "actual_cost_saving", "unit_price",
    },
    "gp_specification_payment": {"weighted_patients"},
    "pcn_funding": {"rate", "printed_rate", "practices", "patients", "months", "amount"},
    "project_milestone_status": {"milestone_order", "milestone_number"},
    "drug_charge_challenge": {
        "ledger_period", "line_number", "units", "unit_price", "reference_price", "charged_amount", "challenged_amount",
        "counted_amount", "charge_version",
    },
    "rebate_position": {"rate", "items", "nic", "due", "claimed", "difference"},
    "finance_forecast": {
        "lag_months", "actual_to_date", "profile_share", "forecast", "annual_budget", "variance", "previous_variance",
        "variance_change", "ledger_forecast", "ledger_variance", "previous_ledger_variance", "ledger_variance_change",
        "restated_from_variance",
    },
}  # fmt: skip
MARTS = sorted(OTHER)
OF_PATIENTS = {
    "federation_gain_share": "component_id in (select component_id from component where is_patient_count)",
    "cres_evidence": "unit_price is not null",
}


@pytest.mark.parametrize("mart", MARTS)
def test_every_number_is_declared(released: Deployed, mart: str) -> None:
    found = released.query(
        "select column_name from duckdb_columns() where table_name = ? and not internal "
        "and (data_type like 'DECIMAL%' or data_type in ('INTEGER', 'BIGINT', 'HUGEINT', 'DOUBLE'))",
        mart,
    )
    declared = [COUNTS.get(mart, set()), OF_COUNTS.get(mart, set()), OTHER[mart]]
    assert {name for (name,) in found} == set.union(*declared)
    assert sum(map(len, declared)) == len(found)


@pytest.mark.parametrize("mart", sorted(COUNTS))
def test_no_count_of_few_patients_is_shown(released: Deployed, mart: str) -> None:
    for column in COUNTS[mart]:
        shown = released.query(f"select {column} from {mart} where {OF_PATIENTS.get(mart, 'true')}")
        assert all(count is None or count == 0 or (count % 5 == 0 and count >= 5) for (count,) in shown), column


@pytest.mark.parametrize("mart", MARTS)
def test_what_is_no_count_of_patients_is_shown_as_it_is(released: Deployed, mart: str) -> None:
    columns = ", ".join(sorted(OTHER[mart]))
    sql = f"select {columns} from {mart} order by all"
    assert released.query(sql) == released.exact(sql)


def test_no_two_months_of_a_contract_give_back_what_one_had(released: Deployed) -> None:
    """The difference of two years to date is the month's within 4, and none stands for one count alone."""
    months = (
        "select actual_ytd - lag(actual_ytd) over (partition by financial_year, provider_code, point_of_delivery"
        " order by month) from contract_tolerance order by financial_year, provider_code, point_of_delivery, month"
    )
    pairs = [
        (exact, shown)
        for (exact,), (shown,) in zip(released.exact(months), released.query(months), strict=True)
        if exact is not None and shown is not None
    ]
    assert len(pairs) > 100
    assert all(shown % 5 == 0 and abs(exact - shown) <= 4 for exact, shown in pairs)
    few = [(exact, shown) for exact, shown in pairs if 1 <= exact <= 7]
    assert all(len({exact for exact, other in pairs if other == shown}) > 1 for _, shown in few)
