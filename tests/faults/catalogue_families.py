"""Bad inputs that only a feed of their family can have: figures, codes, dates and totals that contradict what is known.

Belongs here: cases, as data. What is wrong with any file of any feed belongs in `catalogue`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tests.faults.catalogue import Case, Gate, all_of, every, one, rows, said, text_of
from tests.faults.good_files import Good, Rows


def case(kind: str, dataset: str, change: Callable[[Good], Rows], gate: Gate, *words: str) -> Case:
    """A case whose damage is to the rows."""
    return Case(kind, dataset, rows(change), gate, said(*words))


def named(kind: str, dataset: str, name: str, change: Callable[[Good], Rows], *words: str) -> Case:
    """A case of the file gate whose file has another name."""
    return Case(kind, dataset, lambda _, good: (name, text_of(change(good))), "file", said(*words))


def same(good: Good) -> Rows:
    """The rows as they are."""
    return good.rows


def twice(good: Good) -> Rows:
    """Every row of data stands twice."""
    return [*good.rows[: good.first], *(row for row in good.rows[good.first :] for _ in (1, 2))]


def times(factor: int) -> Callable[[str], str]:
    """The amount, so many times."""
    return lambda cell: str(factor * Decimal(cell)) if cell else cell


def dated(band: str) -> Callable[[str], str]:
    """A band as a spreadsheet saves it: 5-9 is the fifth of September."""
    return lambda cell: "05-Sep" if cell == band else cell


def _completed(good: Good) -> Rows:
    """Nobody waits: the rows of who was treated."""
    return [good.rows[0], *(row for row in good.rows if "Part_1B" in row)]


def _next_century(good: Good) -> Rows:
    """The month is one to come; the total says none."""
    return all_of("month", lambda cell: cell if cell == "TOTAL" else "MSitAE-MAY-2117")(good)


def without_scheme(good: Good) -> Rows:
    """The first scheme is not there; the printed total still holds it."""
    return [good.rows[0], *good.rows[2:]]


def in_part(good: Good) -> Rows:
    """As `without_scheme`, and no total tells of it."""
    return [row for row in without_scheme(good) if not any("total" in cell.lower() for cell in row)]


def covered_beyond(good: Good) -> Rows:
    """The log is complete to a day after its export."""
    table, place = good.copy(), good.place("complete_to")
    row = next(row for row in table[good.first :] if row[place])
    row[place] = "31/01/2018"
    return table


def told(good: Good) -> Rows:
    """A column more, in which somebody tells what happened."""
    return [[*row, "Details" if number < good.first else "Waited long"] for number, row in enumerate(good.rows)]


def unknown(column: str) -> Callable[[Good], Rows]:
    """Practice codes that no register knows."""
    return all_of(column, lambda cell: f"Z{cell[1:]}" if cell.startswith("N82") else cell)


REPEATED = {
    "epraccur": "repeat the code", "practice_successors": "repeat the predecessor",
    "practice_groups": "repeat the practice", "bnf_code_changes": "a second time",
    "gp_list_quin_age": "repeat the organisation", "gp_list_totals": "repeat the practice",
    "carr_hill_list": "repeat the practice", "need_weighted_population": "repeat the practice",
    "epd": "repeat the practice", "epact2_age_band": "repeat the practice", "sus_aea": "more than once",
    "sus_ec": "more than once", "sus_apcs": "more than once", "sus_apce": "more than once",
    "sus_opa": "more than once", "ledger": "repeat the line", "ledger_journal": "duplicated",
    "cres_plan": "repeat the scheme", "cres_tracker": "repeat the scheme",
    "programme_milestone": "repeat a milestone", "contract_plan": "repeat provider",
    "high_cost_drug_charge": "repeat invoice", "rebate_claim": "repeat agreement", "gp_payments": "repeat a practice",
    "spend_over_25k": "repeat",
    "monthly_ae": "repeat the provider", "rtt_waiting_list": "repeat the provider",
    "diagnostic_waits": "repeat the provider", "cancer_waits": "repeat the standard", "iapt": "repeat the group",
    "gp_search": "repeat the practice", "qof_prevalence": "repeat the practice",
    "qof_achievement": "repeat the practice", "practice_deprivation": "repeat the practice",
    "practice_contract": "repeat the practice", "contract_event": "repeat the identifier",
    "complaint": "repeat the reference", "risk_register": "repeat the reference",
    "published_indicator": "repeat the indicator", "indicator_reference": "repeat the indicator",
    "gp_patient_survey": "repeat the practice", "friends_and_family": "repeat the practice",
    "friends_and_family_submission": "repeat the practice", "gp_appointments": "repeat practice",
    "gp_appointments_commissioner": "repeat commissioner", "cqc_rating": "repeat the location",
    "ers_referrals": "repeat the practice",
}  # fmt: skip

FAMILIES: tuple[Case, ...] = (
    *(case("rows_doubled", dataset, twice, "rows", words) for dataset, words in REPEATED.items()),
    case("list_negative", "gp_list_quin_age", one("number_of_patients", "-5"), "rows", "_patients is negative"),
    case("bands_off", "gp_list_quin_age", one("number_of_patients", times(2), 90), "rows", "number_of_patients"),
    case("age_as_date", "gp_list_quin_age", all_of("age_group_5", dated("5_9")), "rows", "age_group_5", "unknown band"),
    case("practice_unknown", "gp_list_quin_age", unknown("org_code"), "rows", "org_code", "register"),
    named("month_of_name", "gp_list_quin_age", "gp-reg-pat-prac-quin-age_2018-01.csv", same, "EXTRACT_DATE", "2017-12"),
    case("list_negative", "gp_list_totals", one("number_of_patients", "-5"), "rows", "outside 0 to 300,000"),
    case("list_tenfold", "gp_list_totals", all_of("number_of_patients", times(10)), "rows", "trailing mean"),
    case("practices_lost", "gp_list_totals", lambda good: good.rows[:4], "rows", "rows: 3", "trailing mean"),
    case("practice_unknown", "gp_list_totals", unknown("code"), "rows", "register"),
    case("weight_negative", "carr_hill_list", one("practice_list_size", "-1"), "rows", "_list_size is negative"),
    case("weight_tenfold", "carr_hill_list", all_of("practice_normalised_weighted_list_size", times(10)), "rows",
         "out of proportion"),
    named("year_not_named", "need_weighted_population", "need_weighted_population.csv", same, "financial year"),
    case("weight_negative", "need_weighted_population", one("registered_population", "-1"), "rows", "is negative"),
    case("cost_tenfold", "epd", lambda good: _costs(good, 10), "rows", "actual_cost", "cost per item"),
    case("codes_of_excel", "epd", one("bnf_code", "5.01E+14"), "rows", "spreadsheet"),
    case("quantity_negative", "epd", one("quantity", "-21"), "rows", "quantity"),
    case("flag_unknown", "epd", one("unidentified", "X"), "rows", "must be Y or N"),
    case("practice_unknown", "epd", unknown("practice_code"), "rows", "practice_code", "register"),
    named("month_of_name", "epd", "EPD_201801.csv", same, "row 2", "column YEAR_MONTH", "2017-12"),
    named("month_to_come", "epd", "EPD_203012.csv", all_of("year_month", lambda _: "203012"),
          "after the month of receipt"),
    case("one_row_unfit", "epd", one("items", "n/a", 9), "quarantined", "row 11", "column ITEMS", "found n/a"),
    case("band_as_date", "epact2_age_band", all_of("age_band", dated("5-9")), "rows", "age_band", "unknown band"),
    case("one_row_unfit", "epact2_age_band", one("nic", "?", 9), "quarantined", "row 11", "column NIC"),
    case("status_unknown", "epraccur", one("status_code", "Z"), "rows", "status_code"),
    case("closed_before_open", "epraccur", one("close_date", "19600101"), "rows", "close_date lies before open_date"),
    case("not_a_practice", "epraccur", all_of("prescribing_setting", lambda _: "0"), "rows", "open GP practice"),
    case("its_own_successor", "practice_successors", all_of("successor_code", lambda _: "N82X07"), "rows", "equals"),
    case("kind_unknown", "practice_groups", one("org_type", "cluster"), "rows", "org_type"),
    case("ends_before_begin", "practice_groups", one("valid_to", "2001-01-01"), "rows", "valid_to lies before"),
    case("practice_unknown", "practice_groups", unknown("practice_code"), "rows", "register"),
    case("its_own_new_code", "bnf_code_changes", one("new_code", "0501022L0AAABAB"), "rows", "equals old_code"),
    case("number_in_text", "sus_opa", every(9, "outcome_of_attendance", "9434765919"), "file", "NHS number"),
    case("one_patient", "sus_opa", all_of("der_pseudo_nhs_number", lambda _: "a" * 32), "rows", "one pseudonym"),
    case("provider_unknown", "sus_opa", one("der_provider_code", "??"), "rows", "der_provider_code"),
    case("nobody_attended", "sus_opa", all_of("attendance_status", lambda _: "3"), "rows", "attendance_status"),
    case("one_row_unfit", "sus_opa", one("appointment_date", "31/02/2017", 9), "quarantined", "row 11", "not shown"),
    case("update_unknown", "sus_aea", one("update_type", "7"), "rows", "update_type"),
    case("after_its_extract", "sus_aea", all_of("extract_date_time", lambda _: "2017-01-01 00:00:00"), "rows",
         "arrival_date"),
    case("codes_unknown", "sus_apcs", all_of("treatment_function_code", lambda _: "XX"), "rows", "codes"),
    case("diagnosis_unknown", "sus_apce", all_of("primary_diagnosis_code", lambda _: "??"), "rows", "ICD-10"),
    case("codes_rounded", "sus_ec", all_of("ec_arrival_mode_snomed_ct", lambda _: "1.04799E+15"), "rows", "codes"),
    case("entity_other", "ledger", all_of("entity_code", lambda _: "01J"), "rows", "entity_code"),
    case("total_off", "ledger", one("ytd_actual", times(100)), "rows", "row"),
    case("coding_cut", "ledger", one("coding_string", "946141/5216"), "rows", "coding_string"),
    case("period_14", "ledger", all_of("ledger_period", lambda _: "14"), "file", "14"),
    case("entry_unknown", "ledger_journal", one("entry_type", "guess"), "rows", "entry_type"),
    case("posted_in_1999", "ledger_journal", one("posted_on", "25/12/1999"), "rows", "posted_on"),
    case("months_off", "cres_plan", one("plan_m01", "1.00"), "rows", "do not sum"),
    case("claims_unread", "cres_plan", one("claims", "all of it"), "rows", "claims"),
    case("rag_unknown", "cres_tracker", one("rag_delivery", "purple"), "rows", "rag_delivery"),
    case("actual_to_come", "cres_tracker", one("actual_m12", "5.00"), "rows", "months after the report"),
    case("scheme_missing", "cres_tracker", without_scheme, "rows", "row ", "total"),
    # Two whose sender alone can say whether they are wrong: a tracker may come in parts, and of the real lists at hand
    # (four of 2020, 410 payments) none holds a payment twice, yet two that are alike may be two instalments. A list of
    # which a third repeats (`rows_doubled`) is refused.
    case("tracker_in_part", "cres_tracker", in_part, "warned", "schemes of the plan are missing", "CRES-2017-01"),
    case("payment_twice", "spend_over_25k", lambda good: [*good.rows, good.rows[-1]], "warned", "there twice", "row 6"),
    case("done_too_early", "programme_milestone", one("completed_on", "23/04/2031"), "rows", "completed_on"),
    case("cost_is_not_price", "contract_plan", one("plan_cost", "1.00"), "rows", "plan_cost"),
    case("price_negative", "high_cost_drug_charge", one("unit_price", "-1.00"), "rows", "unit_price"),
    case("claim_negative", "rebate_claim", one("claimed_amount", "-1.00"), "rows", "negative"),
    case("net_off", "gp_payments", one("net_payments", "1.00"), "rows", "net payments"),
    named("year_not_named", "gp_patient_survey", "GPPS_practice.csv", same, "one year like 2017"),
    case("more_than_sent", "gp_patient_survey", one("received", "9999"), "rows", "above distributed"),
    case("base_of_another", "gp_patient_survey", all_of("q18base", times(2)), "rows", "q18_12pct is not q18_12"),
    case("question_of_another", "gp_patient_survey", one("q18_12", "1.00"), "rows", "do not add up"),
    case("base_not_there", "gp_patient_survey", all_of("q3base", lambda _: "-97"), "rows", "no practice has the base"),
    named("month_not_named", "friends_and_family", "GP_FFT.csv", same, "does not say one month"),
    case("answers_off", "friends_and_family", one("likely", "999"), "rows", "the six answers are not the responses"),
    case("order_of_answers", "friends_and_family", one("percent_recommended", "3%"), "rows", "share of the two good"),
    case("nothing_with_answers", "friends_and_family", one("responses", "NA"), "rows", "where there are answers"),
    case("two_digits_more", "ers_referrals", one("referrals_all", "36360"), "rows", "trailing mean"),
    case("columns_swapped", "ers_referrals", all_of("referrals_ers", times(4)), "rows", "as a whole is above"),
    case("practice_unknown", "ers_referrals", unknown("practice_code"), "rows", "register"),
    case("sent_before_its_month", "friends_and_family_submission", one("submitted_on", "2016-11-09"), "rows",
         "lies before its month"),
    case("nobody_sent", "friends_and_family_submission", all_of("submitted_on", lambda _: ""), "rows", "in all rows"),
    case("month_to_come", "gp_appointments", one("appointment_from", "2030-12"), "file", "after the month of receipt"),
    case("tenfold", "gp_appointments", all_of("count_of_appointments", times(10)), "rows", "trailing mean"),
    case("clinicians_lost", "gp_appointments", all_of("hcp_type", lambda _: "GP"), "rows", "repeat practice"),
    case("status_unknown", "gp_appointments_commissioner", one("appt_status", "Cancelled"), "rows", "unknown words"),
    case("missed_lost", "gp_appointments_commissioner",
         lambda good: [row for row in good.rows if "DNA" not in row], "rows", "outside 0.005 to 0.2"),
    case("rating_unknown", "cqc_rating", one("latest_rating", "Satisfactory"), "rows", "unknown words"),
    case("published_later", "cqc_rating", one("publication_date", "01/02/2018"), "rows", "after the month of the file"),
    case("overall_lost", "cqc_rating", all_of("service_population_group", lambda _: "Older people"), "rows",
         "repeat the location"),
    case("below_threshold", "spend_over_25k", all_of("amount", lambda _: "12.00"), "rows", "below"),
    case("digit_too_many", "monthly_ae", one("attendances_type_1", times(100)), "rows", "row TOTAL", "type_1"),
    case("provider_missing", "monthly_ae", lambda good: [good.rows[0], *good.rows[2:]], "rows", "row TOTAL"),
    case("total_missing", "monthly_ae", lambda good: good.rows[:-1], "warned", "no row TOTAL"),
    case("total_alone", "monthly_ae", lambda good: [good.rows[0], good.rows[-1]], "file", "a total of no lines"),
    case("columns_swapped", "monthly_ae", one("over_4_hours_type_1", times(1000)), "rows", "over four hours"),
    named("month_to_come", "monthly_ae", "Monthly-AE.csv", _next_century, "after the month of receipt"),
    case("week_tenfold", "rtt_waiting_list", one("weeks_003_004", lambda cell: f"{cell}7"), "rows", "do not sum"),
    case("specialty_missing", "rtt_waiting_list", lambda good: [good.rows[0], *good.rows[2:]], "rows", "row 999"),
    case("completed_alone", "rtt_waiting_list", _completed, "rows", "no Part_2"),
    case("week_tenfold", "diagnostic_waits", one("weeks_00_01", lambda cell: f"{cell}7"), "rows", "do not sum"),
    case("test_missing", "diagnostic_waits", lambda good: [good.rows[0], *good.rows[2:]], "rows", "row TOTAL"),
    case("standard_unknown", "cancer_waits", all_of("standard", lambda cell: f"{cell}X"), "rows", "unknown name"),
    case("more_than_all", "cancer_waits", one("within_standard", times(1000)), "rows", "above total"),
    case("a_quarter", "iapt", all_of("period_end", lambda _: "2018-02-28"), "rows", "of one month"),
    case("digit_too_many", "iapt", one("measure_value", "33636", 2), "rows", "sums to more than"),
    case("no_commissioner", "iapt", all_of("group_type", lambda _: "England"), "rows", "no commissioner"),
    case("more_than_all", "gp_search", one("numerator", "99999"), "rows", "numerator is above denominator"),
    case("run_too_early", "gp_search", one("run_at", "30/11/2017 02:00"), "rows", "run_at lies before as_at"),
    case("run_to_come", "gp_search", one("run_at", "04/01/2071 02:00"), "file", "row 2", "run_at", "after the receipt"),
    case("two_months", "gp_search", one("as_at", "30/11/2017"), "file", "Relative Date", "2017-11"),
    case("search_by_its_name", "gp_search", all_of("search_id", lambda cell: f"{cell} search"), "rows", "search_id"),
    case("digit_too_many", "gp_search", lambda good: _digit(good), "rows", "8 times", "month before"),
    named("month_of_name", "gp_search", "gp_search_2018-01.csv", same, "Relative Date", "2017-12"),
    named("year_alone", "qof_prevalence", "PREVALENCE_2017.csv", same, "financial year", "--period YYYY-03"),
    named("year_to_come", "qof_prevalence", "PREVALENCE_2030-31.csv", same, "2031-03", "after the month of receipt"),
    case("lists_differ", "qof_prevalence", one("practice_list_size", times(2)), "rows", "not one figure within 1"),
    case("group_unknown", "qof_prevalence", one("group_code", "HYPERTENSION"), "rows", "group_code"),
    case("more_than_list", "qof_prevalence", all_of("register", lambda _: "90000"), "rows", "above practice_list_size"),
    named("year_alone", "qof_achievement", "ACHIEVEMENT_2020.csv", same, "financial year"),
    case("share_for_count", "qof_achievement", all_of("value", lambda _: "0.5"), "rows", "parts of patients"),
    case("points_of_two_years", "qof_achievement", all_of("value", times(10)), "rows", "of the framework"),
    case("rank_for_score", "practice_deprivation", all_of("imd_score", lambda _: "7012"), "rows", "outside 0 to 100"),
    case("another_indicator", "practice_deprivation", all_of("indicator_id", lambda _: "241"), "rows", "is not 93553"),
    case("edition_cut", "practice_deprivation", lambda good: [good.rows[0], *good.rows[1::2], good.rows[2]], "rows",
         "far fewer practices"),
    case("held_by_a_person", "practice_contract", one("contract_holder", "Dr A Example"), "rows", "row 2", "not shown"),
    case("type_unknown", "practice_contract", one("contract_type", "LPS"), "rows", "contract_type", "gms, pms, apms"),
    case("asked_not_answered", "practice_contract", one("has_ppg", "TBC"), "rows", "neither Y, N nor empty"),
    case("two_days", "practice_contract", one("as_at", "30/12/2017"), "rows", "2 days"),
    case("practice_unknown", "practice_contract", unknown("practice_code"), "rows", "register"),
    case("kind_unknown", "contract_event", one("event_type", "phone call"), "rows", "event_type"),
    case("visited_tomorrow", "contract_event", one("occurred_on", "02/01/2018"), "rows", "occurred_on"),
    case("themes_in_words", "contract_event", one("themes", "too few rooms"), "rows", "not shown", "visit_theme"),
    case("covered_beyond", "contract_event", covered_beyond, "rows", "complete_to"),
    case("named_reference", "complaint", one("complaint_ref", "EXAMPLE/1"), "rows", "row 2", "not shown"),
    case("number_in_reference", "complaint", one("complaint_ref", "GP/943-476-5919"), "rows", "row 2", "not shown"),
    case("told_at_length", "complaint", told, "file", "Details", "not in the contract"),
    case("outcome_unknown", "complaint", one("outcome", "rang her back"), "rows", "outcome"),
    case("year_of_another", "complaint", one("received_on", "31/03/2017"), "rows", "received_on"),
    case("likelihood_six", "risk_register", one("likelihood", "6"), "rows", "likelihood is not 1 to 5"),
    case("score_off", "risk_register", one("current_score", "9"), "warned", "not likelihood times consequence"),
    case("lead_in_full", "risk_register", one("lead", "Sarah Example"), "rows", "initials", "not shown"),
    case("digit_more", "published_indicator", one("value", times(10)), "rows", "not numerator over denominator"),
    case("day_of_publication", "published_indicator", all_of("period_end", lambda _: "30/12/2017"), "rows",
         "not the last day"),
    case("cut_point_missing", "indicator_reference", one("figure", "", 1), "rows", "figures that their rule reads"),
    case("cut_point_of_all_others", "indicator_reference", one("figure", "9.5", 2), "rows", "that their rule reads"),
    case("band_of_words", "indicator_reference", one("band", "Good"), "rows", "column band", "A to E, or Red"),
    case("bands_turned", "indicator_reference", one("band_order", "4", 1), "rows", "another order"),
    case("band_a_left_out", "indicator_reference", lambda good: [good.rows[0], *good.rows[2:]], "rows",
         "do not begin with band A"),
    case("approved_by_a_person", "indicator_reference", one("approved_by", "Dr A Example"), "rows", "not shown"),
    case("year_of_another", "indicator_reference", one("version", "2017-19"), "rows", "is no financial year"),
    case("indicator_mistyped", "indicator_reference", one("indicator_id", "ae-attendance-rte"), "rows", "row 2:",
         "the nearest is ae-attendance-rate, 2017-18"),
    case("approved_by_nobody", "indicator_reference", one("approved_by", ""), "file", "row 2", "approved_by"),
)  # fmt: skip


def _digit(good: Good) -> Rows:
    """What a search found in a practice, and what it looked through, with a digit too many."""
    table = good.copy()
    row = next(row for row in table if row[good.place("search_id")] == "ALCBI")
    for column in ("numerator", "denominator"):
        row[good.place(column)] = times(10)(row[good.place(column)])
    return table


def _costs(good: Good, factor: int) -> Rows:
    table = good.copy()
    for row in table[1:]:
        for column in ("nic", "actual_cost"):
            row[good.place(column)] = times(factor)(row[good.place(column)])
    return table
