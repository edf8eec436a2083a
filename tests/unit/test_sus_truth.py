"""The truth of the hospital feeds: the worked examples of the domain sheet, and every submission rule by hand."""

import csv
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sources.synthetic.truth_sus import Hospital, hospital_of, read_hospital
from sources.synthetic.truth_sus_codes import (
    bank_holidays,
    codes_of,
    is_in_hours,
    is_national,
    is_six_conditions,
    opening_code,
)
from sources.synthetic.truth_sus_files import find_extracts, read_extract
from sources.synthetic.truth_sus_rules import current, read_timetable

PRACTICE, PROVIDER = "N82001", "RQ6"
COMMON = ("Der_Pseudo_NHS_Number", "GP_Practice_Code", "Der_Provider_Code", "Administrative_Category")
MONEY = ("Tariff_Total_Payment", "Tariff_MFF_Payment", "Grand_Total_Payment_MFF", "Unbundled_Payment_MFF")
VERSIONED = ("Unique_CDS_Identifier", "Update_Type", "Report_period_Start_Date", "Report_period_End_Date")
NUMBERS = tuple(f"{number:02d}" for number in range(1, 25))
HEADERS = {
    "aea": (
        *("AEA_Ident", *COMMON, "Extract_Date_Time", *VERSIONED, *MONEY, "Arrival_Date", "Arrival_Time"),
        *("AEA_Department_Type", "AEA_Attendance_Category", "AEA_Referral_Source", "AEA_Arrival_Mode"),
        "AEA_Attendance_Disposal",
        *(f"AEA_Investigation_{number}" for number in NUMBERS),
        *(f"AEA_Treatment_{number}" for number in NUMBERS),
    ),
    "ec": (
        *("EC_Ident", *COMMON, "CDS_Extract_Date_Time", *VERSIONED, *MONEY, "Arrival_Date", "Arrival_Time"),
        *("EC_Department_Type", "EC_AttendanceCategory", "EC_Attendance_Source_SNOMED_CT"),
        *("EC_Arrival_Mode_SNOMED_CT", "Discharge_Follow_Up_SNOMED_CT", "Der_EC_Investigation_All"),
        *("Der_EC_Treatment_All", "Der_Dupe_Flag", "Finished_Indicator"),
    ),
    "apcs": (
        *("APCS_Ident", *COMMON, "Extract_Date_Time", *MONEY, "Admission_Method", "Admission_Date", "Discharge_Date"),
        *("Treatment_Function_Code", "Der_Spell_LoS", "Der_Diagnosis_All", "Der_Procedure_All"),
    ),
    "apce": (
        *("APCE_Ident", "APCS_Ident", *COMMON, "Extract_Date_Time", *VERSIONED, "Episode_Number"),
        *("Episode_End_Date", "Primary_Diagnosis_Code"),
    ),
    "opa": (
        *("OPA_Ident", *COMMON, "Extract_Date_Time", *VERSIONED, *MONEY, "Appointment_Date", "Attendance_Status"),
        *("First_Attendance", "OPA_Referral_Source", "Treatment_Function_Code", "Main_Specialty_Code"),
        *("Consultant_Code", "CDS_Type"),
    ),
}
MAY = date(2017, 5, 1)
FLEX, LATER_FLEX, FREEZE, AFTER = "2017-06-15 18:00", "2017-06-28 18:00", "2017-07-20 18:00", "2017-08-15 18:00"
Line = dict[str, str]
Writer = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write rows under SEM headers: `write("opa", rows, name=..., **sidecar)`; rows are alike where nothing is said."""
    (tmp_path / "timetable.csv").write_text(
        "activity_month,postrec_inclusion\n2017-03-01,2017-05-20\n2017-04-01,2017-06-19\n2017-05-01,2017-07-20\n"
        "2017-06-01,2017-08-18\n2017-07-01,2017-09-20\n2017-11-01,2018-01-19\n2023-11-01,2024-01-19\n"
    )
    folder = tmp_path / "feeds"
    folder.mkdir()

    def written(dataset: str, rows: Iterable[Line], name: str = "", extract: str = FLEX, **sidecar: Any) -> Path:
        path = folder / f"{name or dataset}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, HEADERS[dataset], restval="")
            writer.writeheader()
            for row in rows:
                extracted = "CDS_Extract_Date_Time" if dataset == "ec" else "Extract_Date_Time"
                writer.writerow({"GP_Practice_Code": PRACTICE, "Der_Provider_Code": PROVIDER, extracted: extract} | row)
        if sidecar:
            path.with_name(f"{path.name}.meta.json").write_text(json.dumps(sidecar))
        return folder

    return written


def totals(hospital: Hospital) -> dict[str, Decimal]:
    found: Counter[str] = Counter()
    for (component, *_), value in hospital.values.items():
        found[component] += value  # type: ignore[assignment]
    return dict(found)  # type: ignore[arg-type]


def read(folder: Path) -> Hospital:
    return read_hospital(folder, folder.parent / "timetable.csv")


def attendance(number: int, day: str = "2017-05-08", **more: str) -> Line:
    """An outpatient attendance that counts everywhere: cardiology, first, referred by a GP, seen by a consultant."""
    row = {"OPA_Ident": f"O{number}", "Unique_CDS_Identifier": f"U{number}", "Appointment_Date": day}
    row |= {"Attendance_Status": "5", "First_Attendance": "1", "OPA_Referral_Source": "03"}
    row |= {"Treatment_Function_Code": "320", "Main_Specialty_Code": "320", "Consultant_Code": "C1234567"}
    return row | {"Administrative_Category": "01"} | more


def months_of(hospital: Hospital) -> dict[date, int]:
    """Outpatient attendances by month."""
    found: Counter[date] = Counter()
    for (component, _, _, _, month), value in hospital.values.items():
        if component == "sus_op_attendances":
            found[month] += int(value)
    return dict(found)


# The worked examples -----------------------------------------------------------------------------------------------

G1 = """
1,S1,1,21,2017-04-02,J440,,,01,0520
2,S1,2,21,2017-04-02,J440,,,01,0520
3,S2,1,2B,2017-05-03,J459,,,01,0620
4,S3,1,22,2017-05-04,L031,,S424,01,0620
5,S4,1,21,2017-05-05,I209,,,01,0620
6,S5,1,12,2017-05-06,J450,,,01,0620
7,S6,1,21,2017-05-07,J189,,,01,0620
8,S7,1,21,2017-05-08,J209,J449,,01,0620
9,S7,1,21,2017-05-08,I500,J449,,01,0720
10,S8,1,21,2017-05-09,J46,,,02,0620
"""


def test_g1_ambulatory_care_sensitive_admissions(write: Writer) -> None:
    spells, episodes = {}, []
    for line in G1.split():
        number, spell, episode, method, discharge, first, second, procedure, category, extract = line.split(",")
        moment = f"2017-{extract[:2]}-{extract[2:]} 18:00"
        shared = {"APCS_Ident": spell, "Administrative_Category": category, "Extract_Date_Time": moment}
        spells[spell] = shared | {
            **{"Admission_Method": method, "Admission_Date": discharge, "Discharge_Date": discharge},
            **{"Der_Diagnosis_All": f"||{first},{second}", "Der_Procedure_All": f"||{procedure}"},
        }
        episodes.append(
            shared
            | {"APCE_Ident": number, "Episode_Number": episode, "Episode_End_Date": discharge}
            | {"Primary_Diagnosis_Code": first}
        )
    write("apcs", spells.values())
    found = totals(read(write("apce", episodes)))
    assert found["sus_acs_admissions"] == 3
    assert found["sus_acs_admissions_with_j189"] == 4
    assert found["sus_emergency_admissions"] == 5  # S1, S3, S4, S6, S7
    assert found["sus_elective_spells"] == 1
    assert found["sus_non_elective_spells"] == 6  # and the transfer


def department(number: int, line: str) -> Line:
    """A line of G2; CDS 010 where it is not said otherwise."""
    keys = ("Department_Type", "Attendance_Category", "Referral_Source", "Arrival_Mode", "when")
    row = dict(zip((*keys, "Attendance_Disposal", "Investigation_01", "Treatment_01"), line.split(","), strict=True))
    day, time = row.pop("when").split("T")
    return {f"AEA_{name}": value for name, value in row.items()} | {
        **{"AEA_Ident": f"A{number}", "Arrival_Date": day, "Arrival_Time": time},
    }


G2 = """
01,1,01,2,2017-05-08T09:15,03,24,221
01,1,01,2,2017-05-08T18:30,03,24,57
01,1,00,2,2017-05-09T10:00,03,24,221
01,1,01,1,2017-05-09T10:00,03,24,221
01,1,01,2,2017-05-01T11:00,03,24,221
01,1,01,2,2017-05-10T12:00,02,01,57
01,1,01,2,2017-05-11T17:59,02,,57
01,2,01,2,2017-05-11T10:00,03,24,221
03,1,01,2,2017-05-11T10:00,03,24,221
"""
G2_EC = """
01,1,507291000000100,1048071000000103,2017-11-14T08:00,3780001,1088291000000101,413334001
01,1,1991000124105,1048071000000103,2023-11-14T08:00,3780001,1088291000000101,413334001
"""


def emergency(number: int, line: str) -> Line:
    keys = ("EC_Department_Type", "EC_AttendanceCategory", "EC_Attendance_Source_SNOMED_CT")
    more = ("EC_Arrival_Mode_SNOMED_CT", "when", "Discharge_Follow_Up_SNOMED_CT", "Der_EC_Investigation_All")
    row = dict(zip((*keys, *more, "Der_EC_Treatment_All"), line.split(","), strict=True))
    row["Arrival_Date"], row["Arrival_Time"] = row.pop("when").split("T")
    return row | {"EC_Ident": f"E{number}", "Unique_CDS_Identifier": f"UE{number}"}


def test_g2_attendances_of_the_gp_specification(write: Writer) -> None:
    write("aea", [department(number, line) for number, line in enumerate(G2.split())])
    hospital = read(
        write("ec", [emergency(number, line) for number, line in enumerate(G2_EC.split())], extract="2023-12-15 18:00")
    )
    by_month = {key[4]: value for key, value in hospital.values.items() if key[0] == "sus_ae_gp_spec_attendances"}
    assert by_month == {MAY: 2, date(2017, 11, 1): 1, date(2023, 11, 1): 1}
    assert totals(hospital)["sus_ae_attendances"] == 11


def test_minor_investigations_and_what_is_no_treatment(write: Writer) -> None:
    lines = [
        "01,1,01,2,2017-05-08T09:15,03,063,221",  # urine: only in the wide variant
        "01,1,01,2,2017-05-08T09:15,03,24,24",  # tetanus is a treatment, and no advice
        "01,1,01,2,2017-05-08T09:15,03,24,99",  # nothing but none: no advice either
    ]
    rows = [department(number, line) for number, line in enumerate(lines)]
    rows[0]["AEA_Treatment_24"], rows[0]["AEA_Investigation_24"] = "991", "24"
    assert totals(read(write("aea", rows))) == {"sus_ae_attendances": 3, "sus_ae_gp_spec_attendances_wide": 1}


G3 = """
03,1,5,330,330,01
03,1,3,330,330,01
03,2,5,330,330,01
03,3,6,320,320,01
92,1,5,120,120,01
03,1,5,110,110,01
03,1,5,301,950,01
03,1,5,502,502,02
03,1,0,101,101,01
03,1,5,107,107,01
"""


def test_g3_first_outpatient_attendances(write: Writer) -> None:
    keys = ("OPA_Referral_Source", "First_Attendance", "Attendance_Status", "Treatment_Function_Code")
    rows = [
        attendance(number)
        | dict(zip((*keys, "Main_Specialty_Code", "Administrative_Category"), line.split(","), strict=True))
        for number, line in enumerate(G3.split())
    ]
    found = totals(read(write("opa", rows)))
    assert found["sus_op_gp_referred_firsts"] == 3
    assert found["sus_op_gp_referred_firsts_with_dental"] == 4
    assert found["sus_op_gp_referred_firsts_all_specialties"] == 4  # and general surgery, 110
    assert found["sus_op_firsts"] == 6
    assert found["sus_op_attendances"] == 7
    assert found["sus_op_gp_referred_firsts_dermatology"] == found["sus_op_gp_referred_firsts_vascular"] == 1


def test_nulls_keep_what_they_do_not_exclude(write: Writer) -> None:
    rows = [
        attendance(1, Administrative_Category="", Main_Specialty_Code="", CDS_Type=""),
        attendance(2, CDS_Type="021"),
        attendance(3, Consultant_Code="N1234567"),
        attendance(4, GP_Practice_Code="V81999"),
        attendance(5, GP_Practice_Code=""),
        attendance(6, Update_Type=""),
    ]
    found = totals(read(write("opa", rows)))
    assert found["sus_op_attendances"] == 3
    assert found["sus_op_gp_referred_firsts"] == 2


# Codes -------------------------------------------------------------------------------------------------------------


def test_bank_holidays() -> None:
    days = "2017-01-02 2017-04-14 2017-04-17 2017-05-01 2017-05-29 2017-08-28 2017-12-25 2017-12-26"
    assert sorted(bank_holidays(2017)) == [date.fromisoformat(day) for day in days.split()]
    assert {date(2020, 5, 8), date(2020, 12, 28)} < bank_holidays(2020)
    assert date(2020, 5, 4) not in bank_holidays(2020)
    assert {
        date(2022, 1, 3),
        date(2022, 6, 2),
        date(2022, 6, 3),
        date(2022, 9, 19),
        date(2022, 12, 27),
    } < bank_holidays(2022)
    assert [is_in_hours("2017-05-08", time) for time in ("07:59", "08:00:00", "18:29:59", "18:30", "")] == [
        *(False, True, True, False, False),
    ]
    assert not is_in_hours("2017-05-06", "10:00")


@pytest.mark.parametrize(
    ("primary", "secondary", "procedures", "six", "national"),
    [
        ("J209", (), (), False, False),
        ("J209", ("J449",), (), True, True),
        ("I249", (), ("K401",), False, False),
        ("I249", (), ("U201", "K401"), True, True),  # only the primary procedure counts for angina
        ("I500", (), ("U201", "K401"), False, False),
        ("I500", (), ("K401",), False, False),
        ("I500", (), ("K531",), True, True),
        ("I10X", (), (), False, True),
        ("I119", (), ("K601",), False, False),
        ("L031", (), ("S471",), True, True),
        ("L031", (), ("S424",), False, False),
        ("J13X", ("D570",), (), False, False),
        ("J189", (), (), False, False),
        ("K253", (), (), False, False),
        ("K254", (), (), False, True),
        ("S720", ("E112",), (), False, True),
        ("S720", ("E119",), (), False, False),
        ("R02X", (), (), False, True),
        ("S720", ("R02X",), (), False, True),
        ("", (), (), False, False),
    ],
)
def test_conditions(
    primary: str, secondary: tuple[str, ...], procedures: tuple[str, ...], six: bool, national: bool
) -> None:
    assert is_six_conditions(primary, secondary, procedures) is six
    assert is_national(primary, secondary, procedures) is national


def test_code_lists_are_taken_apart() -> None:
    assert codes_of("||J44.0,e11.2-||I50,") == ["J440", "E112", "I50"]
    assert codes_of("") == []


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ("||J44.0,I10||E119", "J440"),
        ("j440 ,I10||E119", "J440"),
        ("||||E119", ""),
        ("||,I10||E119", ""),
        ("|| - ||E119", ""),
        ("", ""),
    ],
)
def test_the_first_place_of_the_first_episode(listed: str, code: str) -> None:
    assert opening_code(listed) == code


# Spells ------------------------------------------------------------------------------------------------------------


def spell(name: str, admitted: str, discharged: str, **more: str) -> Line:
    row = {"APCS_Ident": name, "Admission_Date": admitted, "Discharge_Date": discharged, "Admission_Method": "21"}
    return row | {"Der_Pseudo_NHS_Number": "P1", "Treatment_Function_Code": "300"} | more


def test_a_spell_counts_once_in_its_month_of_discharge(write: Writer) -> None:
    hospital = read(
        write(
            "apcs",
            [
                spell("A", "2017-03-30", "2017-04-02", Der_Diagnosis_All="||J440"),
                spell("B", "2017-04-09", "2017-04-09", Der_Spell_LoS=""),
                spell("C", "2017-04-20", ""),
            ],
        )
    )
    months = {key[4]: value for key, value in hospital.values.items() if key[0] == "sus_emergency_admissions"}
    assert months == {date(2017, 4, 1): 2}
    assert totals(hospital)["sus_emergency_zero_day_stays"] == 1
    assert totals(hospital)["sus_acs_admissions"] == 1  # no episode: the first code of the list
    assert hospital.months == {date(2017, 4, 1)}


def episode(name: str, number: str, code: str, **more: str) -> Line:
    row = {"APCE_Ident": f"{name}{number or 'x'}", "APCS_Ident": name, "Episode_End_Date": "2017-05-02"}
    return row | {"Episode_Number": number, "Primary_Diagnosis_Code": code} | more


@pytest.mark.parametrize(
    ("listed", "episodes", "counted"),
    [
        ("||J440,I10||E119", [("2", "E119")], True),  # the first episode ended in a month that was not received
        ("||E119||J440", [("2", "J440")], False),
        ("||E119||J440", [("", "J440")], False),
        ("||E119||J440", [("1", ""), ("2", "J440")], False),
        ("||||J440", [("1", ""), ("2", "J440")], False),  # unknown, and no later one stands for it
        ("||,J440", [], False),
        ("||E119", [("1", "J440")], True),
    ],
)
def test_a_later_episode_never_stands_for_the_first(
    write: Writer, listed: str, episodes: list[tuple[str, str]], counted: bool
) -> None:
    write("apcs", [spell("A", "2017-04-29", "2017-05-02", Der_Diagnosis_All=listed)])
    found = totals(read(write("apce", [episode("A", number, code) for number, code in episodes])))
    assert found.get("sus_acs_admissions", 0) == counted


def test_readmissions(write: Writer) -> None:
    rows = [
        spell("A", "2017-03-01", "2017-03-10"),
        spell("B", "2017-04-09", "2017-04-12"),  # 30 days later
        spell("C", "2017-05-13", "2017-05-13"),  # 31 days later
        spell("D", "2017-05-13", "2017-05-13"),  # the same day as C: one of the two
        spell("E", "2017-05-20", "2017-05-21", Admission_Method="11"),  # elective
        spell("F", "2017-05-30", "2017-06-02", Der_Pseudo_NHS_Number=""),  # nobody known
        spell("G", "2017-05-30", "2017-06-02", Administrative_Category="02", Der_Pseudo_NHS_Number="P2"),
        spell("H", "2017-06-03", "2017-06-04", Der_Pseudo_NHS_Number="P2"),  # after a private spell
        spell("I", "2017-05-30", "2017-06-02", GP_Practice_Code="V81999", Der_Pseudo_NHS_Number="P3"),
        spell("J", "2017-06-03", "2017-06-04", Der_Pseudo_NHS_Number="P3"),  # after a spell of no practice
    ]
    hospital = read(write("apcs", rows))
    found = {key[4]: value for key, value in hospital.values.items() if "readmissions" in key[0]}
    assert found == {date(2017, 5, 1): 1, date(2017, 6, 1): 1}
    # The first two months have not two months before them: nothing is said, which is not zero.
    months = {month for month, _, component, _ in hospital.by_practice(lambda _: ()) if "readmissions" in component}
    assert months == {date(2017, 5, 1), date(2017, 6, 1)}


def test_spells_are_told_apart_within_their_provider(write: Writer) -> None:
    """Both hospitals number their spells alike; on the day of two spells the key begins with the hospital."""
    months = [spell(f"{month}", f"2017-0{month}-20", f"2017-0{month}-20", Der_Pseudo_NHS_Number="") for month in (3, 4)]
    day = ("2017-05-13", "2017-05-13")
    stays = [spell("1", *day), spell("2", *day, Der_Provider_Code="REM")]
    others = [spell("2", *day, Der_Pseudo_NHS_Number="P2"), spell("1", *day, Der_Pseudo_NHS_Number="P3")]
    others[1]["Der_Provider_Code"] = "REM"
    write("apcs", [*months, *stays, *others])
    episodes = [("RQ6", "1", "J440"), ("REM", "1", "R104"), ("RQ6", "2", "R104"), ("REM", "2", "R104")]
    folder = write(
        "apce",
        [
            {"APCE_Ident": f"{number}", "APCS_Ident": ident, "Der_Provider_Code": provider}
            | {"Episode_Number": "1", "Episode_End_Date": "2017-05-13", "Primary_Diagnosis_Code": code}
            for number, (provider, ident, code) in enumerate(episodes)
        ],
    )
    found = {key[0]: key[2] for key, value in read(folder).values.items() if value == 1}
    assert found["sus_emergency_readmissions_30d"] == found["sus_acs_admissions"] == "RQ6"
    assert totals(read(folder))["sus_acs_admissions"] == totals(read(folder))["sus_emergency_readmissions_30d"] == 1


# Submission rules --------------------------------------------------------------------------------------------------


def test_a_bulk_file_replaces_its_months_and_absent_rows_are_deleted(write: Writer) -> None:
    write("opa", [attendance(n) for n in range(5)], "first")
    folder = write("opa", [attendance(n) for n in range(3)], "second", LATER_FLEX)
    assert months_of(read(folder)) == {MAY: 3}


def test_a_month_that_the_file_does_not_hold_stays(write: Writer) -> None:
    write("opa", [attendance(1), attendance(2, "2017-06-05")], "both")
    folder = write("opa", [attendance(1), attendance(3)], "may", LATER_FLEX)
    assert months_of(read(folder)) == {MAY: 2, date(2017, 6, 1): 1}


def test_other_providers_stay(write: Writer) -> None:
    write("opa", [attendance(1), attendance(2, Der_Provider_Code="REM")], "both")
    folder = write("opa", [attendance(3), attendance(4)], "one", LATER_FLEX)
    assert {key[2]: value for key, value in read(folder).values.items() if key[0] == "sus_op_attendances"} == {
        **{"RQ6": 2, "REM": 1},
    }


def test_a_freeze_stays_what_it_was(write: Writer) -> None:
    write("opa", [attendance(1)], "flex")
    write("opa", [attendance(1), attendance(2)], "freeze", FREEZE)
    folder = write("opa", [attendance(n) for n in range(9)], "late", AFTER)
    assert months_of(read(folder)) == {MAY: 2}
    # Unless somebody declares the later file final.
    write("opa", [attendance(n) for n in range(4)], "refresh", "2017-09-01 18:00", activity_status="final")
    assert months_of(read(folder)) == {MAY: 4}


def test_the_timetable_says_what_is_frozen(write: Writer) -> None:
    write("opa", [attendance(1)], "flex", "2017-07-20 16:59")
    folder = write("opa", [attendance(1), attendance(2)], "still_flex", "2017-07-20 16:59:30")
    assert months_of(read(folder)) == {MAY: 2}
    write("opa", [attendance(3)], "freeze", "2017-07-20 17:00")
    write("opa", [attendance(4), attendance(5)], "late", "2017-07-20 17:01")
    assert months_of(read(folder)) == {MAY: 1}
    assert read_timetable(folder.parent / "timetable.csv")[MAY] == "2017-07-20 17:00"


def test_net_updates_insert_replace_and_delete(write: Writer) -> None:
    write("opa", [attendance(1), attendance(2), attendance(3)], "bulk")
    changes = [attendance(2, Update_Type="1"), attendance(3, Attendance_Status="7"), attendance(4, Update_Type="9")]
    folder = write("opa", changes, "net", LATER_FLEX, protocol="net")
    assert months_of(read(folder)) == {MAY: 2}  # 1 and 4
    # A later bulk file is the base again.
    write("opa", [attendance(2)], "again", "2017-07-01 18:00")
    assert months_of(read(folder)) == {MAY: 1}


def test_a_net_update_of_a_frozen_month_is_drift(write: Writer) -> None:
    write("opa", [attendance(1)], "freeze", FREEZE)
    folder = write("opa", [attendance(1, Update_Type="1"), attendance(2)], "net", AFTER, protocol="net")
    assert months_of(read(folder)) == {MAY: 1}


def test_net_updates_count_where_no_bulk_file_came(write: Writer) -> None:
    folder = write("opa", [attendance(1), attendance(2)], "net", protocol="net")
    assert months_of(read(folder)) == {MAY: 2}


def test_a_record_that_moved_is_counted_in_its_new_month_only(write: Writer) -> None:
    write("opa", [attendance(1), attendance(2)], "may")
    folder = write("opa", [attendance(2, "2017-06-05"), attendance(3, "2017-06-06")], "june", LATER_FLEX)
    assert months_of(read(folder)) == {MAY: 1, date(2017, 6, 1): 2}


def test_a_record_of_a_frozen_month_does_not_move(write: Writer) -> None:
    write("opa", [attendance(1), attendance(2)], "may", FREEZE)
    folder = write("opa", [attendance(2, "2017-06-05"), attendance(3, "2017-06-06")], "june", "2017-07-25 18:00")
    assert months_of(read(folder)) == {MAY: 2, date(2017, 6, 1): 1}


def test_a_final_file_lets_go_of_what_the_freeze_held(write: Writer) -> None:
    write("opa", [attendance(1), attendance(2)], "may", FREEZE)
    write("opa", [attendance(2, "2017-06-05"), attendance(3, "2017-06-06")], "june", "2017-07-25 18:00")
    folder = write("opa", [attendance(1)], "final", AFTER, activity_status="final")
    assert months_of(read(folder)) == {MAY: 1, date(2017, 6, 1): 2}


def test_the_newest_of_all_versions_stands_though_its_file_was_replaced(write: Writer) -> None:
    """1 was in May, then in June, then June was sent again without it: it is deleted, and not back in May."""
    write("opa", [attendance(1), attendance(2)], "may")
    write("opa", [attendance(1, "2017-06-05"), attendance(3, "2017-06-05")], "june", LATER_FLEX)
    folder = write("opa", [attendance(3, "2017-06-05")], "again", "2017-06-29 18:00")
    assert months_of(read(folder)) == {MAY: 1, date(2017, 6, 1): 1}


def test_a_version_within_one_file(write: Writer) -> None:
    rows = [attendance(1, Extract_Date_Time=LATER_FLEX), attendance(1, Attendance_Status="7")]
    assert months_of(read(write("opa", rows))) == {MAY: 1}
    assert months_of(read(write("opa", [attendance(1), attendance(1)]))) == {MAY: 1}


def test_records_without_identifier_are_known_by_their_key(write: Writer) -> None:
    write("opa", [attendance(1, Unique_CDS_Identifier=""), attendance(2, Unique_CDS_Identifier="")])
    folder = write("opa", [attendance(1, "2017-06-05", Unique_CDS_Identifier="")], "june", LATER_FLEX)
    assert months_of(read(folder)) == {MAY: 1, date(2017, 6, 1): 1}


def test_a_nil_return_empties_a_month(write: Writer) -> None:
    write("opa", [attendance(1), attendance(2)], "rows")
    covers = [{"providers": [PROVIDER, "REM"], "from": "2017-04", "to": "2017-05"}]
    folder = write("opa", [], "nil", covers=covers, received_at="2017-06-14T18:00")
    assert months_of(read(folder)) == {MAY: 2}  # received before the extract with rows was made
    folder = write("opa", [], "nil", covers=covers)
    assert not read(folder).values
    write("opa", [attendance(3, Der_Provider_Code="RBS")], "nil", LATER_FLEX, covers=covers)
    hospital = read(folder)
    assert {key[2] for key in hospital.values} == {"RBS"}
    assert hospital.loaded["sus_op"] == {date(2017, 4, 1), MAY}


def test_the_report_period_says_which_months_a_file_stands_for(write: Writer) -> None:
    write("opa", [attendance(1), attendance(2, "2017-04-05")], "rows")
    period = {"Report_period_Start_Date": "2017-04-01", "Report_period_End_Date": "2017-05-31"}
    folder = write("opa", [attendance(1, **period)], "again", LATER_FLEX)
    assert months_of(read(folder)) == {MAY: 1}
    assert read(folder).loaded["sus_op"] == {date(2017, 4, 1), MAY}


def test_a_month_after_the_extract_was_not_received(write: Writer) -> None:
    """An appointment of the future, and a report period that runs on."""
    period = {"Report_period_Start_Date": "2017-05-01", "Report_period_End_Date": "2017-07-31"}
    rows = [attendance(1, **period), attendance(2, "2017-07-05", CDS_Type="021", Attendance_Status="0")]
    hospital = read(write("opa", rows))
    assert hospital.loaded["sus_op"] == hospital.months == {MAY, date(2017, 6, 1)}


def test_a_month_is_complete_when_every_expected_provider_sent(write: Writer) -> None:
    write("opa", [attendance(n, Der_Provider_Code=code) for n, code in enumerate(("RQ6", "REM", "RBS", "REP"))])
    folder = write("opa", [attendance(9, "2017-06-05", Der_Provider_Code="RBQ")], "late")
    assert not read(folder).complete["sus_op"]
    write("opa", [attendance(8, Der_Provider_Code="RBQ")], "rbq")
    assert read(folder).complete["sus_op"] == {MAY}


def test_one_feed_of_the_emergency_department_per_provider_and_month(write: Writer) -> None:
    line = "01,1,507291000000100,1048071000000103,2017-11-14T08:00,3780001,1088291000000101,413334001"
    old = "01,1,01,2,2017-11-14T09:15,03,24,221"
    rows = [*(department(n, old) for n in range(3)), department(9, old) | {"Der_Provider_Code": "REM"}]
    write("aea", rows, extract="2017-12-15 18:00")
    rows = [emergency(n, line) for n in range(4)]
    rows[0]["Der_Dupe_Flag"], rows[1]["Finished_Indicator"] = "1", "Deleted"
    rows.append(emergency(9, line) | {"Der_Provider_Code": "REM"})
    folder = write("ec", rows, extract="2017-12-15 18:00")
    found = {key[2]: value for key, value in read(folder).values.items() if key[0] == "sus_ae_attendances"}
    # RQ6: three current rows in the old feed, three in the newer one, of which one is a known duplicate and counts for
    # nothing. REM: one in each, so the newer feed is read.
    assert found == {"RQ6": 3, "REM": 1}


def test_costs_are_exact(write: Writer) -> None:
    rows = [
        attendance(1, Grand_Total_Payment_MFF="100.1", Unbundled_Payment_MFF="0.05"),
        attendance(2, Tariff_Total_Payment="50", Tariff_MFF_Payment="2.25"),
        attendance(3, First_Attendance="2", Grand_Total_Payment_MFF="70.00"),
        attendance(4, Treatment_Function_Code="110", Grand_Total_Payment_MFF="10"),
    ]
    found = totals(read(write("opa", rows)))
    assert found["sus_op_firsts_cost"] == Decimal("162.40")
    assert found["sus_op_gp_referred_firsts_cost"] == Decimal("152.40")


def test_any_order_of_receipt_gives_the_same(write: Writer) -> None:
    chance = random.Random(3)
    folder = Path()
    for number in range(12):
        rows = []
        for _ in range(12):
            record, month = chance.randrange(15), chance.choice((4, 5, 6))
            deleted = chance.choice(("", "", "9", "1"))
            rows.append(attendance(record, f"2017-{month:02d}-08", Update_Type=deleted))
        extract = f"2017-{chance.choice(('05', '06', '07', '08'))}-{chance.randrange(10, 29)} 18:{number:02d}"
        sidecar = {"protocol": "net"} if number % 3 == 0 else {}
        folder = write("opa", rows, f"file_{number}", extract, **sidecar)
    files = [read_extract(path) for path in find_extracts(folder)["opa"]]
    timetable = read_timetable(folder.parent / "timetable.csv")
    nothing = {name: current([], timetable) for name in find_extracts(folder)}
    seen = []
    for _ in range(5):
        chance.shuffle(files)
        seen.append(hospital_of(nothing | {"opa": current(files, timetable)}).values)
        assert seen[-1]
        assert seen[0] == seen[-1]
