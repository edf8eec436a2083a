"""The committee report of August 2017, cell by cell, from one release of the sample's 92 practices.

Belongs here: the figures of its summary table, of the numbers achieving, of the finance tables and of the risk grades,
as the paper prints them. Does not belong here: how a report shows them (`tests/reports`), and how each is computed.

The report reads hospital activity and prescribing up to May 2017, all else up to June 2017; figures of the June report
are those of March 2017. Rates are rounded half up to what the paper shows.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.conftest import PROJECT
from tests.running import Deployed

pytestmark = pytest.mark.slow

MARCH, APRIL, MAY, JUNE = date(2017, 3, 31), date(2017, 4, 30), date(2017, 5, 31), date(2017, 6, 30)
WITHHELD = "withheld sus_op 2017-03 of provider RBQ, specialty 320 Cardiology (volume at about 20% of its usual)"


@dataclass(frozen=True)
class Cell:
    """One figure of the paper: indicator and period end; value as printed, colour, target, numbers achieving."""

    indicator: str
    end: date
    value: str | None
    rag: str | None = None
    target: str | None = None
    achieving: int | None = None
    band: str | None = None
    state: str = "ok"
    reason: str | None = None


def waits(indicator: str, end: date, reason: str, target: str) -> Cell:
    """A cell without a figure."""
    return Cell(indicator, end, None, target=target, state="awaiting", reason=reason)


AE, ACS, OP = (f"gpspec-{name}-rate" for name in ("ae-attendance", "acs-admission", "outpatient-first-attendance"))
INR, POLY = "gpspec-warfarin-inr-4-months", "gpspec-polypharmacy-review-12-months"
ITEMS, BROAD = "gpspec-antibiotic-prescribing", "gpspec-high-risk-antibiotic-prescribing"
NATIONAL = "awaiting published_indicator 2017-05"
REGISTER = "awaiting practice_contract 2017-06: 0 of 92 practices have it"
# Rows of the summary table in their order; of the GP Specification baseline and current.
SUMMARY = (
    Cell("gpps-good-experience-making-appointment", MARCH, "77", "red", "85"),
    Cell("qp-antibacterial-items-per-starpu", MAY, "1.15", "green", "1.16"),
    waits("qp-trimethoprim-nitrofurantoin-ratio-national", MAY, NATIONAL, "1.65"),
    waits("qp-trimethoprim-items-age-70-plus-national", MAY, NATIONAL, "8836"),
    Cell("lqp-hypertension-recorded-prevalence", JUNE, "13.6", "red", "15"),
    Cell(AE, MARCH, "9.2", "yellow", "7.3", 30, "B"),
    Cell(AE, MAY, "8.5", "yellow", "7.3", 39, "B"),
    Cell(ACS, MARCH, "9.2", "yellow", "8.5", 38, "B"),
    Cell(ACS, MAY, "9.2", "yellow", "8.5", 36, "B"),
    # the paper: baseline to be confirmed, a query regarding cardiology (treatment function 320)
    Cell(OP, MARCH, None, target="89.1", state="withheld", reason=WITHHELD),
    Cell(OP, MAY, None, target="89.1", state="withheld", reason=WITHHELD),
    Cell(INR, MARCH, "96.7", "green", "90", 85, "A"),
    Cell(INR, JUNE, "96.4", "green", "90", 78, "A"),
    Cell(POLY, MARCH, "0.0", "red", "81", 0, "Red"),
    Cell(POLY, JUNE, "6.5", "red", "81", 1, "Red"),
    # of March no year before is known, by which it would be judged
    Cell(ITEMS, MARCH, "47.64", None, "45.20"),
    Cell(ITEMS, MAY, "47.15", "red"),
    Cell(BROAD, MARCH, "4.04", None, "3.80"),
    Cell(BROAD, MAY, "3.99", "red"),
    waits("contract-ppg-coverage", JUNE, REGISTER, "100"),
    waits("contract-gp-earnings-published", JUNE, REGISTER, "100"),
)


def half_up(value: float, shown: str) -> str:
    """A figure with as many decimals as the paper shows, halves away from zero."""
    return str(Decimal(repr(value)).quantize(Decimal(shown), ROUND_HALF_UP))


@pytest.mark.parametrize("cell", SUMMARY, ids=lambda cell: f"{cell.indicator}-{cell.end:%Y-%m}")
def test_a_figure_is_that_of_the_paper(august_2017: Deployed, cell: Cell) -> None:
    [(value, rag, target, achieving, band, state, reason)] = august_2017.query(
        "select value, rag, target, numbers_achieving, band, state, state_reason from indicator_result"
        " where indicator_id = ? and period_end = ? and is_headline and org_view = 'as_at'"
        " and (org_type, org_code) = ('commissioner', '99A')",
        cell.indicator,
        cell.end,
    )
    assert (state, rag) == (cell.state, cell.rag)
    assert (half_up(value, cell.value) if value is not None and cell.value else value) == cell.value
    if cell.target:
        assert half_up(target, cell.target) == cell.target
    if cell.achieving is not None:
        assert achieving == cell.achieving
    if cell.band:
        assert band == cell.band
    if cell.reason:
        assert reason == cell.reason


def test_the_patient_survey_may_also_rise_by_three_points(august_2017: Deployed) -> None:
    found = august_2017.query(
        "select distinct alternative_target from indicator_result where org_code = '99A' and period_end = ?"
        " and indicator_id = 'gpps-good-experience-making-appointment'",
        MARCH,
    )
    assert found == [(79.7,)]


def test_fewer_practices_failed_to_send_friends_and_family(august_2017: Deployed) -> None:
    found = dict(
        august_2017.query(
            "select period_end, orgs_expected - numbers_achieving from indicator_result where org_code = '99A'"
            " and org_view = 'as_at' and indicator_id = 'contract-fft-submission' and period_end in (?, ?)",
            APRIL,
            MAY,
        )
    )
    assert found == {APRIL: 28, MAY: 22}


def test_only_outpatients_are_withheld(august_2017: Deployed) -> None:
    """Of our headline figures at the end of May only those that read cardiology outpatients are; the query is open."""
    held = august_2017.query(
        "select distinct indicator_id from indicator_result where state = 'withheld' and org_code = '99A'"
        " and period_end = ? and is_headline",
        MAY,
    )
    assert {OP} <= {name for (name,) in held}
    assert all("outpatient" in name or "op-" in name for (name,) in held), held
    [(is_open,)] = august_2017.query(
        "select is_open from data_quality_query where issue = 'sus_volume' and provider_code = 'RBQ'"
        " and treatment_function_code = '320' and month = ?",
        MARCH.replace(day=1),
    )
    assert is_open


COLUMNS = ("ytd_budget", "ytd_actual", "ytd_variance", "annual_budget", "forecast_outturn", "forecast_variance")
TABLES = ("delegated-primary-care-budget-2017-06-30", "prescribing-forecast-2017-06-30")
LINES = 10
IN_WORDS = ("Narrative", "Front table", "Summary")


def printed_budget() -> dict[str, dict[str, Decimal]]:
    """By line of the delegated budget, its total and prescribing: the columns that the paper prints."""
    found: dict[str, dict[str, Decimal]] = {}
    with (PROJECT / "dbt_project" / "seeds" / "paper_figure.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["paper_table"] in TABLES and row["line"] not in IN_WORDS:
                found.setdefault(row["line"], {})[row["figure"]] = Decimal(row["value"])
    return found


def test_the_budget_is_that_of_the_paper(august_2017: Deployed) -> None:
    """Nine lines in six columns, their total, and prescribing, to the pound.

    Of three cells what the budget report prints is a pound away from what its lines give, and so is the paper; the
    release has both figures, and a report shows the printed one.
    """
    expected = printed_budget()
    assert len(expected) == LINES + 1
    shown = ", ".join(f"coalesce(printed_{name}, {name}) as {name}" for name in COLUMNS)
    found = {
        name: dict(zip(COLUMNS, values, strict=True))
        for name, *values in august_2017.query(
            f"select if(level = 'line', level_name, 'Total'), {shown} from finance_position"
            " where financial_year = '2017/18' and ledger_period = 3 and is_current"
            " and (level = 'line' or (level, level_name) = ('programme_area', 'Primary Care Co-Commissioning'))"
        )
    }
    assert {line: {name: found[line][name] for name in columns} for line, columns in expected.items()} == expected
    assert found.keys() == expected.keys()
    apart = august_2017.query(
        f"select count(*) from (unpivot (select {', '.join(f'printed_{name} - {name} as {name}' for name in COLUMNS)}"
        " from finance_position where financial_year = '2017/18' and ledger_period = 3 and is_current)"
        f" on {', '.join(COLUMNS)} into name measure value apart) where apart <> 0 and abs(apart) <= 1"
    )
    assert apart == [(3,)]


def test_the_summary_speaks_of_the_budget_in_millions(august_2017: Deployed) -> None:
    found = august_2017.query(
        "select level_name, round(forecast_variance / 1e6, 1), round(annual_budget / 1e6, 1) from finance_position"
        " where financial_year = '2017/18' and ledger_period = 3 and is_current and level = 'programme_area'"
    )
    assert sorted(found) == [("Prescribing", 0.6, 86.4), ("Primary Care Co-Commissioning", 0.2, 72.5)]


def test_risks_are_graded_as_in_the_paper(august_2017: Deployed) -> None:
    found = dict(
        august_2017.query(
            "select grade, risks from risk_grade_count where register_month = '2017-08-01'"
            " and basis = 'residual_without_closed'"
        )
    )
    assert found == {"Extreme": 2, "High": 6, "Moderate": 6, "Low": 0}


def test_who_approved_the_bands_is_known(august_2017: Deployed) -> None:
    """Cut-points that no paper prints are those that the commissioner sent; only its own practices have them."""
    assert august_2017.query(
        "select count(*) from submission where dataset = 'indicator_reference' and is_current"
    ) == [(1,)]
    neighbours = august_2017.query(
        "select distinct band from indicator_result where indicator_id = ? and org_type = 'practice'"
        " and org_code like 'N83%' and band is not null",
        AE,
    )
    assert {band for (band,) in neighbours} <= {"A"}
    own = august_2017.query(
        "select distinct band from indicator_result where indicator_id = ? and org_type = 'practice'"
        " and org_code not like 'N83%' and band is not null",
        AE,
    )
    assert {band for (band,) in own} == {"A", "B", "C"}
