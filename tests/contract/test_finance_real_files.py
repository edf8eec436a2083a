"""Finance files as bodies really publish them land as they are; made-up ones of the same shapes stand for them here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pcw.home import Home
from sources.manifests import parquet_files
from tests.finance_files import Rows, landed, said, write_csv

GP_2014 = (
    "NHS England (Region) code", "CCG Code", "CCG NAME", "Practice Code", "Practice Name", "Practice Open Date",
    "Contract Type", "Dispensing Practice", "Quarter used for patient data",
    "Number of Registered Patients (Last Known Figure)", "Number of Weighted Patients (Last Known Figure)",
    "Global Sum", "MPIG Correction factor", "Premises Payments", "Seniority", "Total Locum Allowances",
    "Total QOF Payments", "Total National Enhanced Services", "Total Local Enhanced Services",
    "Information Management and Technology", "Balance of PMS Expenditure", "Prescribing Fee Payments",
    "Dispensing Fee Payments", "Reimbursement of Drugs", "Other Payments", "Total NHS Payments to General Practice",
    "Deductions for Pensions, Levies and Prescription Charge Income",
    "Total NHS Payments to General Practice Minus Deductions",
)  # fmt: skip
RENAMED = {
    "Quarter used for patient data": "Practice Type",
    "Total Local Enhanced Services": "Total Local Incentive Schemes",
}
GP_2018 = tuple(RENAMED.get(name, name) for name in GP_2014 if name != "Total National Enhanced Services")
HEALTH = "Department of Health"
SPEND = {
    "commissioner": (
        (
            "Department family", "Entity", "Date", "Expense Type", "Expense area", "Supplier", "Transaction number",
            "amount",
        ),
        (HEALTH, "NHS SOMEWHERE CCG", "30/04/2020", "Contract", "DELEGATED", "J SMITH", "31794888", "88,664.31"),
        (HEALTH, "NHS SOMEWHERE CCG", "30/04/2020", "Contract", "ACUTE", "A TRUST", "31794889", "-415,102.00"),
    ),
    "trust": (
        ("Month", "Department Family", "Entity", "Date", "Expense Type", "Supplier", "Transaction Number", "Amount"),
        ("Jun-20", HEALTH, "A HOSPITAL", "12-May-20", "PREMISES", "UK0479 : A Ltd", "SIN000039", "1,697,956.30"),
        ("Jun-20", HEALTH, "A HOSPITAL", "09-Jun-20", "SUPPLIES", "NHS0000 : A TRUST", "162511", "852,339.00"),
    ),
}  # fmt: skip


def gp_payments(header: tuple[str, ...], practices: int = 3) -> Rows:
    """Practices with a thousand pounds in every column of the published table."""
    texts = {
        "NHS England (Region) code": "Q44", "CCG Code": "99A", "CCG NAME": "Somewhere", "Practice Name": "A SURGERY",
        "Practice Open Date": "-", "Contract Type": "GMS", "Dispensing Practice": "No", "Practice Type": "GP practice",
        "Quarter used for patient data": "Q2", "Number of Registered Patients (Last Known Figure)": "8000.25",
        "Number of Weighted Patients (Last Known Figure)": "8100",
        "Total NHS Payments to General Practice": "1200000.5",
        "Deductions for Pensions, Levies and Prescription Charge Income": "-100000",
        "Total NHS Payments to General Practice Minus Deductions": "1100000.5",
    }  # fmt: skip
    rows = []
    for number in range(practices):
        code = {"Practice Code": f"N8200{number}"}
        rows.append([(texts | code).get(name, "1000") for name in header])
    return [header, *rows]


@pytest.mark.parametrize(("name", "header"), [("nhspaymentsgp_14-15", GP_2014), ("nhspaymentsgp_18-19", GP_2018)])
def test_both_layouts_of_payments_to_practices_land(tmp_path: Path, name: str, header: tuple[str, ...]) -> None:
    outcome = landed(tmp_path / "home", write_csv(tmp_path / f"{name}.csv", gp_payments(header)), "2020-01-10")
    assert outcome.submission is not None, said(outcome)
    assert outcome.periods == (date(2000 + int(name[-5:-3]), 4, 1),)
    assert outcome.submission.periods[0].control_totals["net_payments"] == Decimal("3300001.50")


def test_payments_whose_year_nobody_states_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "payments.csv", gp_payments(GP_2014))
    outcome = landed(tmp_path / "home", path, "2020-01-10")
    assert outcome.refusal is not None and "stands its financial year" in said(outcome)
    assert landed(tmp_path / "home", path, "2020-01-10", period=date(2014, 4, 1)).periods == (date(2014, 4, 1),)


@pytest.mark.parametrize("body", SPEND)
def test_the_list_of_each_body_lands_under_its_newest_month(tmp_path: Path, body: str) -> None:
    outcome = landed(tmp_path / "home", write_csv(tmp_path / "april.csv", SPEND[body]), "2020-08-01")
    assert outcome.submission is not None, said(outcome)
    assert outcome.periods == (date(2020, 4, 1) if body == "commissioner" else date(2020, 6, 1),)


def test_bodies_of_one_month_stand_side_by_side(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = landed(home, write_csv(tmp_path / "a.csv", SPEND["commissioner"]), "2020-08-01").submission
    other = [[cell.replace("SOMEWHERE", "ELSEWHERE") for cell in row] for row in SPEND["commissioner"]]
    second = landed(home, write_csv(tmp_path / "b.csv", other), "2020-08-01").submission
    assert first is not None and second is not None
    assert parquet_files(Home(home).landing, second, date(2020, 4, 1))


def test_names_of_suppliers_are_in_no_message(tmp_path: Path) -> None:
    shifted = [list(row) for row in SPEND["commissioner"]]
    shifted[1][7], shifted[1][5] = shifted[1][5], shifted[1][7]
    outcome = landed(tmp_path / "home", write_csv(tmp_path / "a.csv", shifted), "2020-08-01")
    assert outcome.refusal is not None and "SMITH" not in said(outcome)
    assert "row 2, column amount: expected an amount" in said(outcome)
    doubled = [*SPEND["commissioner"], SPEND["commissioner"][1]]
    outcome = landed(tmp_path / "home", write_csv(tmp_path / "b.csv", doubled), "2020-08-02")
    assert outcome.submission is not None and "1 transactions are there twice (row 4:" in said(outcome)
    assert "SMITH" not in said(outcome)


def test_turned_dates_of_a_list_are_refused(tmp_path: Path) -> None:
    turned = [list(row) for row in SPEND["commissioner"]]
    turned[2][2] = "04/30/2020"
    outcome = landed(tmp_path / "home", write_csv(tmp_path / "a.csv", turned), "2020-08-01")
    assert outcome.refusal is not None and "row 2 has the day first (30/04/2020) and row 3 the month" in said(outcome)


@pytest.mark.parametrize(
    ("name", "rows", "month", "total"),
    [
        ("CHWE_01_-_April.csv", 141, date(2020, 4, 1), "21963605.56"),
        ("KGST_03_-_June.csv", 52, date(2020, 6, 1), "6396456.04"),
        ("NEBD_01_-_April.csv", 132, date(2020, 4, 1), "79683973.99"),
        ("NEBD_02_-_May.csv", 85, date(2020, 5, 1), "23587820.16"),
    ],
)
def test_real_lists_of_spend(realdata: Path, tmp_path: Path, name: str, rows: int, month: date, total: str) -> None:
    outcome = landed(tmp_path / "home", realdata / "finance_spend" / name, "2021-01-01")
    assert outcome.submission is not None, said(outcome)
    [facts] = outcome.submission.periods
    assert (facts.period, facts.rows, facts.control_totals["amount"]) == (month, rows, Decimal(total))


@pytest.mark.parametrize(
    ("name", "rows", "layout", "net"),
    [
        ("nhspaymentsgp_14-15.csv.gz", 7959, "published_2014", "7174210957.00"),
        ("nhspaymentsgp_18-19.csv.gz", 7279, "published_2018", "8549855345.05"),
    ],
)
def test_real_payments_to_practices(
    realdata: Path, tmp_path: Path, name: str, rows: int, layout: str, net: str
) -> None:
    outcome = landed(tmp_path / "home", realdata / "finance_gp_payments" / name, "2021-01-01")
    assert outcome.submission is not None, said(outcome)
    [facts] = outcome.submission.periods
    assert (facts.rows, facts.control_totals["net_payments"]) == (rows, Decimal(net))
    assert outcome.submission.layout == layout
