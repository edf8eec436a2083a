"""Indicators of counts made elsewhere, from rows of their feeds to the published figure.

Each worked example of the seed `indicator_example` is what one practice (or the commissioner) sends, so that a code, a
question or a column that is mapped wrongly shows; and the golden example of INR monitoring, with a practice that ran
its search again, one without patients and one that sent nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.dbt_scenario import Built, membership, register
from tests.pipeline.dbt_support import PROJECT, Feeds, build_models

PRACTICES = ["N82001", "N82002", "N82003", "N82004", "N82005"]
FIRST = PRACTICES[0]
MARCH, JUNE = date(2017, 3, 1), date(2017, 6, 1)
SEARCHES = {
    "gpspec-warfarin-inr-4-months": "INR4M", "gpspec-polypharmacy-review-12-months": "POLYREV",
    "lqp-hypertension-recorded-prevalence": "HYP", "gpspec-prevalence-chd": "CHD",
    "gpspec-prevalence-heart-failure": "HF", "gpspec-prevalence-stroke-tia": "STIA",
    "gpspec-prevalence-atrial-fibrillation": "AF", "gpspec-prevalence-copd": "COPD",
    "gpspec-prevalence-diabetes": "DM17", "hl-gpspec-exception-reporting": "EXC",
    "hl-gpspec-alcohol-recorded": "ALCREC", "hl-gpspec-alcohol-brief-intervention": "ALCBI",
    "hl-gpspec-gold-standards-eol": "GSF", "hl-gpspec-mci-register": "MCI",
    "ld-annual-health-checks-uptake-2017": "LDCHK", "goal-smi-annual-physical-check": "SMICHK",
    "hl-gpspec-safe-prescribing-set": "SAFERX", "hl-af-anticoag-chads": "AFAC", "hl-stroke-antithrombotic": "STANTI",
    "hl-chd-statin": "CHDSTAT", "hl-hf-beta-blocker": "HFBB", "hl-diabetes-8-processes": "DM8",
    "hl-cervical-screening": "CERV", "childhood-vaccination-uptake": "CHIMM",
}  # fmt: skip
REGISTERS = {
    "atrial-fibrillation": "AF", "asthma": "AST", "cancer": "CAN", "coronary-heart-disease": "CHD",
    "chronic-kidney-disease": "CKD", "copd": "COPD", "dementia": "DEM", "depression": "DEP", "diabetes": "DM",
    "epilepsy": "EP", "heart-failure": "HF", "hypertension": "HYP", "learning-disability": "LD",
    "severe-mental-illness": "MH", "non-diabetic-hyperglycaemia": "NDH", "obesity": "OB", "osteoporosis": "OST",
    "peripheral-arterial-disease": "PAD", "palliative-care": "PC", "rheumatoid-arthritis": "RA", "stroke-tia": "STIA",
}  # fmt: skip
STANDARDS = {
    "cancer-2-week-wait": "2WW", "cancer-62-day-urgent": "62 Days", "goal-cancer-31-day-first": "31 Days",
    "goal-cancer-breast-symptom-2-week": "2WW Breast", "goal-cancer-31-day-surgery": "31 Days Sub (Surgery)",
    "goal-cancer-31-day-drug": "31 Days Sub (Drugs)", "goal-cancer-31-day-radiotherapy": "31 Days Sub (Radio)",
    "goal-cancer-62-day-screening": "62 Days Screen",
}  # fmt: skip
DASHBOARD = {
    "qp-antibacterial-items-per-starpu-national": "QP_ANTIBACTERIAL_STARPU",
    "qp-trimethoprim-nitrofurantoin-ratio-national": "QP_TRIMETHOPRIM_RATIO",
    "qp-trimethoprim-items-age-70-plus-national": "QP_TRIMETHOPRIM_70_PLUS",
}


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


EXAMPLES = {row["indicator_id"]: row for row in seed("indicator_example")}


def parts(indicator: str) -> tuple[int, int]:
    row = EXAMPLES[indicator]
    return int(row["numerator"]), int(row["denominator"] or 0)


def search(practice: str, code: str, as_at: date, run: datetime, above: int, below: int) -> dict[str, Any]:
    return {
        "practice_code": practice, "search_id": code, "search_version": "1.0", "as_at": as_at, "run_at": run,
        "population": 9000, "numerator": above, "denominator": below, "received_at": datetime(2017, 7, 20),
    }  # fmt: skip


def fill_organisations(feeds: Feeds) -> None:
    feeds.add("epraccur", MARCH, [register(code, date(1990, 1, 1)) for code in PRACTICES])
    groups = [row for code in PRACTICES for row in membership(code, "N1")]
    feeds.add("practice_groups", MARCH, groups)
    for month in (date(2016, 4, 1), date(2016, 7, 1), date(2016, 10, 1), date(2017, 1, 1), date(2017, 4, 1)):
        feeds.add("gp_list_quin_age", month, [
            {"extract_date": month, "org_type": "GP", "org_code": code, "sex": "FEMALE", "age_group_5": "25_29",
             "number_of_patients": 3000}
            for code in PRACTICES
        ])  # fmt: skip
        feeds.add("carr_hill_list", month, [
            {"financial_quarter_date": month, "practice_code": code, "practice_list_size": 3000,
             "practice_normalised_weighted_list_size": 7000}
            for code in PRACTICES
        ])  # fmt: skip


def fill_golden(feeds: Feeds) -> None:
    """G5: A was run again, B has nobody on warfarin, E sent nothing."""
    end, later = datetime(2017, 3, 31), datetime(2017, 4, 5)
    rows = [
        search(PRACTICES[0], "INR4M", date(2017, 3, 31), end, 96, 100),
        search(PRACTICES[0], "INR4M", date(2017, 3, 31), later, 97, 102),
        search(PRACTICES[1], "INR4M", date(2017, 3, 31), end, 0, 0),
        search(PRACTICES[2], "INR4M", date(2017, 3, 31), end, 40, 50),
        search(PRACTICES[3], "INR4M", date(2017, 3, 31), end, 190, 200),
    ]
    feeds.add("gp_search", MARCH, rows)


def fill_examples(feeds: Feeds) -> None:
    # What a register says is shown at the months of activity.
    feeds.add("epd", JUNE, [
        {"year_month": JUNE, "practice_code": code, "bnf_code": "0212000B0AAAAAA", "items": 1, "quantity": 1,
         "total_quantity": 1, "nic": 1, "actual_cost": 1, "unidentified": "N"}
        for code in PRACTICES
    ])  # fmt: skip
    feeds.add("gp_search", JUNE, [
        search(FIRST, code, date(2017, 6, 30), datetime(2017, 7, 4), *parts(indicator))
        for indicator, code in SEARCHES.items()
    ])  # fmt: skip
    feeds.add("qof_prevalence", MARCH, [
        {"practice_code": FIRST, "group_code": code, "register": parts(f"qof-prevalence-{name}")[0],
         "patient_list_type": "TOTAL", "practice_list_size": parts(f"qof-prevalence-{name}")[1]}
        for name, code in REGISTERS.items()
    ])  # fmt: skip
    above, below = parts("gpps-response-rate")
    by_phone, success = parts("gpps-rank-phone-ease"), parts("gpps-rank-appointment-success")
    convenient, rebased = parts("gpps-rank-appointment-convenience"), parts("gpps-rank-appointment-convenience-rebased")
    overall = parts("gpps-good-experience-making-appointment")
    # Of one practice the two shares of convenience share their numerator; another one is the example of the second.
    survey = {"distributed": below, "received": above, "q3_12": by_phone[0], "q3base": by_phone[1],
              "q12_1": success[0] - 7, "q12_2": 7, "q12base": success[1], "q18_12": overall[0],
              "q18base": overall[1]}  # fmt: skip
    feeds.add("gp_patient_survey", MARCH, [
        {"practice_code": FIRST, **survey, "q15_12": convenient[0], "q15base": convenient[1], "q12_3": 5},
        {"practice_code": PRACTICES[1], **survey, "q15_12": rebased[0], "q15base": rebased[1] - 9, "q12_3": 9},
        {"practice_code": "99A", **dict.fromkeys((*survey, "q15_12", "q15base", "q12_3"), 9000)},
    ])  # fmt: skip
    positive, responses = parts("fft-positive-responses")
    feeds.add("friends_and_family", JUNE, [
        {"practice_code": FIRST, "responses": responses, "extremely_likely": positive - 10, "likely": 10,
         "neither": responses - positive, "unlikely": 0, "extremely_unlikely": 0, "dont_know": 0}
    ])  # fmt: skip
    feeds.add("friends_and_family_submission", JUNE, [
        {"practice_code": code, "return_month": JUNE, "submitted_on": day, "responses": 0}
        for code, day in (
            (PRACTICES[0], date(2017, 7, 18)), (PRACTICES[1], date(2017, 7, 19)), (PRACTICES[2], date(2017, 7, 3)),
        )
    ])  # fmt: skip
    clinical, weeks = parts("access-appointments-per-1000-weighted")
    assert weeks == 7000 * 30 / 7, "7,000 weighted patients in the 30 days of June"
    missed, kept = parts("appointments-not-attended")
    feeds.add("gp_appointments", JUNE, [
        {"practice_code": code, "appointment_from": JUNE, "hcp_type": kind, "appt_mode": mode, "appt_status": status,
         "time_between_book_and_appt": "1 Day", "count_of_appointments": number}
        for code, kind, mode, status, number in (
            (FIRST, "GP", "Face-to-Face", None, clinical - 100), (FIRST, "Clinical Pharmacist", "Telephone", None, 100),
            (FIRST, "Practice Nurse", "Face-to-Face", None, 77), (FIRST, "GP", "Home Visit", None, 33),
            (PRACTICES[1], "GP", "Telephone", "DNA", missed), (PRACTICES[1], "GP", "Telephone", "Unknown", 999),
            (PRACTICES[1], "GP", "Telephone", "Attended", kept - missed),
        )
    ])  # fmt: skip
    feeds.add("cqc_rating", JUNE, [
        {"location_id": f"1-{code}", "location_ods_code": code, "location_name": code,
         "service_population_group": group, "domain": "Overall", "latest_rating": rating}
        for code, group, rating in (
            (PRACTICES[0], "Overall", "Good"), (PRACTICES[1], "Overall", "Requires improvement"),
            (PRACTICES[2], "Overall", "Outstanding"), (PRACTICES[2], "Older people", "Inadequate"),
            (PRACTICES[3], "Overall", "Good"), (PRACTICES[4], "Overall", "Good"),
        )
    ])  # fmt: skip
    booked, referred = parts("hl-gpspec-choose-and-book-share")
    feeds.add("ers_referrals", JUNE, [
        {"practice_code": FIRST, "referral_month": JUNE, "referrals_ers": booked, "referrals_all": referred}
    ])  # fmt: skip
    feeds.add("practice_contract", JUNE, [
        {"row_type": "line", "practice_code": code, "contract_type": "GMS", "has_ppg": ppg, "record_access": "Y",
         "start_date": date(2004, 4, 1), "list_status": "open",
         "earnings_published": earnings, "as_at": date(2017, 6, 30)}
        for code, ppg, earnings in zip(PRACTICES, "YNYYY", ("Y", "Y", "Y", "Y", None), strict=True)
    ])  # fmt: skip
    feeds.add("contract_event", JUNE, [
        {"record": "coverage", "event_id": "C", "event_type": "visit", "complete_from": date(2016, 7, 1),
         "complete_to": date(2017, 6, 30), "as_at": date(2017, 6, 30)},
        {"record": "event", "event_id": "1", "event_type": "visit", "practice_code": FIRST,
         "occurred_on": date(2016, 9, 9), "as_at": date(2017, 6, 30)},
        {"record": "event", "event_id": "2", "event_type": "merger", "practice_code": FIRST,
         "occurred_on": date(2016, 9, 9), "as_at": date(2017, 6, 30)},
        {"record": "event", "event_id": "3", "event_type": "visit", "practice_code": PRACTICES[1],
         "occurred_on": date(2017, 6, 30), "as_at": date(2017, 6, 30)},
    ])  # fmt: skip
    feeds.add("complaint", date(2016, 4, 1), [
        {"row_type": "line", "complaint_ref": f"GP/{number}", "financial_year": "2016/17", "practice_code": FIRST,
         "received_on": date(2016, 4 + number, 3), "outcome": "Not upheld"}
        for number in range(4)
    ])  # fmt: skip
    # A complaint of the next year says that the year before is known to its end.
    feeds.add("complaint", date(2017, 4, 1), [
        {"row_type": "line", "complaint_ref": "GP/9", "financial_year": "2017/18", "practice_code": PRACTICES[1],
         "received_on": date(2017, 5, 2)}
    ])  # fmt: skip
    feeds.add("published_indicator", JUNE, [
        {"source": "dashboard", "indicator_code": code, "org_type": "commissioner", "org_code": "99A",
         "period_end": date(2017, 6, 30), "numerator": parts(name)[0], "denominator": parts(name)[1] or None,
         "value": Decimal(EXAMPLES[name]["value"])}
        for name, code in DASHBOARD.items()
    ])  # fmt: skip
    within, waiting = parts("rtt-incomplete-18-weeks")
    feeds.add("rtt_waiting_list", JUNE, [
        {"month": JUNE, "provider_code": "RQ6", "commissioner_code": "99A", "part_type": part,
         "treatment_function_code": specialty, "weeks_017_018": within, "weeks_018_019": waiting - within - 3,
         "weeks_over_52": 3, "total_all": waiting}
        for part, specialty in (("Part_2", "C_100"), ("Part_2", "C_999"), ("Part_1B", "C_100"))
    ])  # fmt: skip
    late, tests = parts("diagnostic-6-week-waits")
    feeds.add("diagnostic_waits", JUNE, [
        {"month": JUNE, "provider_code": "RQ6", "commissioner_code": "99A", "diagnostic_test": test,
         **dict.fromkeys((f"weeks_{week:02}_{week + 1:02}" for week in range(13)), 0), "weeks_05_06": tests - late,
         "weeks_06_07": late - 1, "weeks_13_plus": 1, "total_waiting": tests}
        for test in ("MRI", "TOTAL")
    ])  # fmt: skip
    feeds.add("cancer_waits", JUNE, [
        {"month": JUNE, "standard": standard, "provider_code": "RQ6", "commissioner_code": "99A", "cancer_type": kind,
         "total": parts(name)[1], "within_standard": parts(name)[0]}
        for name, standard in STANDARDS.items()
        for kind in ("Breast", "ALL CANCERS")
    ])  # fmt: skip
    entering, recovered = parts("iapt-roll-out-quarterly")[0], parts("goal-iapt-recovery")
    six, eighteen = parts("goal-iapt-6-week"), parts("goal-iapt-18-week")
    for month, share in ((date(2017, 4, 1), 0), (date(2017, 5, 1), 0), (JUNE, 1)):
        # All of the quarter's people in its last month; those of the two examples of waiting share what finished.
        found = {
            "Count_FirstTreatment": entering * share, "Count_Recovery": recovered[0] * share,
            "Count_FinishedCourseTreatment": six[1] * share,
            "Count_NotAtCaseness": (six[1] - recovered[1]) * share,
            "Count_FirstTreatment6WeeksFinishedCourseTreatment": six[0] * share,
            "Count_FirstTreatment18WeeksFinishedCourseTreatment": eighteen[0] * share,
        }  # fmt: skip
        feeds.add("iapt", month, [
            {"period_start": month, "period_end": month, "group_type": "CCG", "org_code": "99A", "org_code_2": "All",
             "measure_id": name, "measure_name": name, "measure_value": value}
            for name, value in found.items()
        ])  # fmt: skip
    feeds.add("qof_achievement", MARCH, [
        {"practice_code": FIRST, "indicator_code": code, "measure": measure, "value": value}
        for code, measure, value in (
            ("AF007", "ACHIEVED_POINTS", 10), ("BP002", "ACHIEVED_POINTS", 15), ("AF007", "NUMERATOR", 400),
        )
    ])  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    warehouse = tmp_path_factory.mktemp("counted") / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    fill_organisations(feeds)
    fill_golden(feeds)
    fill_examples(feeds)
    feeds.close_ledger()
    build_models(warehouse, "+indicator_result", "indicator_result")
    yield Built(warehouse)


def displayed(value: float | None, decimals: int) -> Decimal | None:
    return None if value is None else round(Decimal(repr(value)), decimals)


OF_PRACTICES = {
    **dict.fromkeys((*SEARCHES, "hl-gpspec-choose-and-book-share", "fft-positive-responses"), (FIRST, "2017-06-30")),
    **dict.fromkeys((f"qof-prevalence-{name}" for name in REGISTERS), (FIRST, "2017-03-31")),
    **dict.fromkeys(
        ("gpps-response-rate", "gpps-rank-phone-ease", "gpps-rank-appointment-success",
         "gpps-rank-appointment-convenience", "gpps-good-experience-making-appointment"), (FIRST, "2017-03-31")
    ),
    "gpps-rank-appointment-convenience-rebased": (PRACTICES[1], "2017-03-31"),
    "access-appointments-per-1000-weighted": (FIRST, "2017-06-30"),
    "appointments-not-attended": (PRACTICES[1], "2017-06-30"),
}  # fmt: skip
OF_COMMISSIONERS = (
    *STANDARDS, *DASHBOARD, "rtt-incomplete-18-weeks", "diagnostic-6-week-waits", "goal-iapt-recovery",
    "goal-iapt-6-week",
)  # fmt: skip


@pytest.mark.parametrize("indicator", [*OF_PRACTICES, *OF_COMMISSIONERS])
def test_the_worked_example_of_each_indicator(built: Built, indicator: str) -> None:
    org, end = OF_PRACTICES.get(indicator, ("99A", "2017-06-30"))
    result = built.result(indicator, org, end)
    example = EXAMPLES[indicator]
    [decimals] = {int(row["decimals"]) for row in seed("indicator_definition") if row["indicator_id"] == indicator}
    assert (result["state"], result["numerator"]) == ("ok", Decimal(example["numerator"])), result["state_reason"]
    if example["denominator"]:
        assert result["denominator"] == Decimal(example["denominator"])
    assert displayed(result["value"], decimals) == Decimal(example["value"])


def test_figures_that_are_no_share_of_one_row(built: Built) -> None:
    """The list and those of a year are its own pathways; the roll-out is of the people of the year, counted once."""
    assert built.result("rtt-waiting-list-size", "99A", "2017-06-30")["value"] == parts("rtt-incomplete-18-weeks")[1]
    assert built.result("rtt-52-week-waits", "99A", "2017-06-30")["value"] == 3
    entered = parts("iapt-roll-out-quarterly")[0]
    assert built.result("iapt-roll-out-quarterly", "99A", "2017-06-30")["value"] == pytest.approx(100 * entered / 69000)
    eighteen, finished = parts("goal-iapt-18-week")[0], parts("goal-iapt-6-week")[1]
    found = built.result("goal-iapt-18-week", "99A", "2017-06-30")["value"]
    assert found == pytest.approx(100 * eighteen / finished)
    points = built.result("qof-points-achieved", FIRST, "2017-03-31")
    assert (points["numerator"], points["denominator"]) == (25, 559)
    # By the twelfth working day of July, the 18th: N82001 and N82003 did, N82002 a day late, the others not at all.
    returns = built.result("contract-fft-submission", "99A", "2017-06-30")
    assert (returns["numerator"], returns["denominator"], returns["rag"]) == (2, 5, "red")
    ratings = built.result("contract-cqc-good-or-better", "99A", "2017-06-30")
    assert (ratings["numerator"], ratings["denominator"]) == (4, 5)
    groups = built.result("contract-ppg-coverage", "99A", "2017-06-30")
    assert (groups["numerator"], groups["denominator"], groups["state"]) == (4, 5, "ok")
    records = built.result("contract-patient-record-access", "99A", "2017-06-30")
    assert (records["value"], records["state"]) == (100, "ok")
    earnings = built.result("contract-gp-earnings-published", "99A", "2017-06-30")
    assert earnings["state"] == "awaiting" and "4 of 5 practices have it" in earnings["state_reason"]
    visits = built.result("contract-visits-completed", "99A", "2017-06-30")
    assert (visits["value"], built.result("contract-visits-completed", FIRST, "2017-06-30")["value"]) == (2, 1)
    complaints = built.result("complaints-total", "99A", "2017-03-31")
    assert (complaints["value"], built.result("complaints-total", PRACTICES[4], "2017-03-31")["value"]) == (4, 0)


def test_the_golden_example_of_inr_monitoring(built: Built) -> None:
    name, end = "gpspec-warfarin-inr-4-months", "2017-03-31"
    a, b, c, d, e = (built.result(name, code, end) for code in PRACTICES)
    assert (displayed(a["value"], 2), a["band"], a["rag"]) == (Decimal("95.10"), "A", "green")
    assert (b["value"], b["state"], b["state_reason"]) == (None, "ok", "zero denominator")
    assert (c["value"], c["band"], c["rag"]) == (80, "Red", "red")
    assert (d["value"], d["band"]) == (95, "A")
    assert (e["state"], e["state_reason"]) == ("awaiting", "awaiting gp_search 2017-03 of the practice")
    commissioner = built.result(name, "99A", end)
    assert (commissioner["numerator"], commissioner["denominator"]) == (327, 352)
    assert displayed(commissioner["value"], 2) == Decimal("92.90")
    achieving = (commissioner["numbers_achieving"], commissioner["orgs_judged"], commissioner["orgs_expected"])
    assert achieving == (2, 3, 5)


def test_a_group_waits_for_too_few(built: Built) -> None:
    """Of the searches of June one of five practices came; the neighbourhood and the commissioner say so."""
    for org in ("N1", "99A"):
        result = built.result("gpspec-warfarin-inr-4-months", org, "2017-06-30")
        assert result["state"] == "awaiting"
        assert result["state_reason"] == "awaiting gp_search 2017-06: 1 of 5 practices have it"
        assert result["value"] is None and result["previous_value"] is not None


def test_figures_fall_due_when_their_basis_says(built: Built) -> None:
    found = built.rows("""
        select indicator_id, list(distinct period_end order by period_end) from main.indicator_result
        where indicator_id in ('gpspec-warfarin-inr-4-months', 'qof-prevalence-copd', 'iapt-roll-out-quarterly')
            and org_view = 'as_at' group by all order by all
    """)
    assert found == [
        ("gpspec-warfarin-inr-4-months", [date(2017, 3, 31), date(2017, 6, 30)]),
        ("iapt-roll-out-quarterly", [date(2017, 6, 30)]),
        ("qof-prevalence-copd", [date(2017, 3, 31)]),
    ]


def test_a_commissioner_of_whose_practices_nothing_is_known_has_results_alone(built: Built) -> None:
    found = built.rows("""
        select distinct org_type from main.indicator_result
        where indicator_id in ('rtt-incomplete-18-weeks', 'qp-trimethoprim-items-age-70-plus-national')
    """)
    assert found == [("commissioner",)]


def test_every_counted_indicator_has_its_example_worked_here() -> None:
    """Nobody adds an indicator of counts without a row of its feed that proves its codes."""
    datasets = {row["component_id"]: row["dataset"] for row in seed("component_definition")}
    counted = {row["dataset"] for row in seed("counted_feed")}
    indicators = {
        row["indicator_id"] for row in seed("indicator_variant") if datasets[row["numerator_component_id"]] in counted
    }
    apart = {
        "rtt-waiting-list-size", "rtt-52-week-waits", "iapt-roll-out-quarterly", "goal-iapt-18-week",
        "qof-points-achieved", "contract-fft-submission", "contract-cqc-good-or-better", "contract-ppg-coverage",
        "contract-patient-record-access", "contract-gp-earnings-published", "contract-visits-completed",
        "complaints-total",
    }  # fmt: skip
    assert indicators == {*OF_PRACTICES, *OF_COMMISSIONERS, *apart}


def test_seeds_are_where_the_test_looks() -> None:
    assert Path(PROJECT / "seeds" / "indicator_example.csv").exists() and len(EXAMPLES) >= 60
