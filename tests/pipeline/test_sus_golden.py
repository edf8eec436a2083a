"""The worked examples of hospital activity (ACS, A&E, outpatients), row by row as files, landed and built.

Belongs here: the rows of the examples, a few practices to attribute them to, and their figures worked by hand.
Does not belong here: figures of the sample (`test_truth`), what analysts get wrong (`test_sus_mistakes`).

Of the models only those are built that the figures come from: that a release holds what was built is `test_truth`.
Every example has a practice of its own. The other months and providers of the financial year 2017/18 are nil returns.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dbt_project.feeds import prepare_feeds
from orchestration.inputs import inputs_of
from orchestration.landing import land
from pcw.home import Home
from pcw.settings import Settings
from sources.manifests import read_submissions
from sources.receipts import receive, waiting_files
from tests.conftest import PROJECT
from tests.pipeline.dbt_scenario import Built
from tests.pipeline.dbt_support import run_dbt

ACS, AE, OP, NATIONAL = "N82901", "N82902", "N82903", "N82904"
WEIGHTED = {ACS: 400, AE: 400, OP: 40, NATIONAL: 400}
PROVIDER = "RQ6"

# id, spell, episode, method, discharge, first and second diagnosis, procedure, administrative category, extract
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

# Of the 19 national conditions beyond the six: 7 spells count, and one of the six (N16), which makes 8.
NATIONAL_SPELLS = """
11,N1,1,21,2017-05-02,G40.9,,,01,0620
12,N2,1,21,2017-05-02,I639,E10.1,,01,0620
13,N3,1,21,2017-05-02,I639,E11.9,,01,0620
14,N4,1,21,2017-05-02,I10X,,,01,0620
15,N5,1,21,2017-05-02,I10X,,K40.1,01,0620
16,N6,1,21,2017-05-02,K25.0,,,01,0620
17,N7,1,21,2017-05-02,K25.3,,,01,0620
18,N8,1,21,2017-05-02,I739,R02X,,01,0620
19,N9,1,21,2017-05-02,J180,B05.2,,01,0620
20,N10,1,21,2017-05-02,N390,,,01,0620
21,N11,1,21,2017-05-02,N136,E101,,01,0620
22,N12,1,2B,2017-05-02,G409,,,01,0620
23,N13,1,11,2017-05-02,K021,,,01,0620
24,N14,1,21,2017-05-02,J181,D570,,01,0620
25,N15,1,21,2017-05-02,I639,G409,,01,0620
26,N16,1,21,2017-05-02,L03.1,,S47.1,01,0620
"""

# department, category, source, mode, arrival, disposal, investigation, treatment
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
G2_ECDS = """
01,1,507291000000100,1048071000000103,2017-11-14T08:00,3780001,1088291000000101,413334001
01,1,1991000124105,1048071000000103,2023-11-14T08:00,3780001,1088291000000101,413334001
"""

# source, first attendance, status, treatment function, main specialty, administrative category
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

Row = Mapping[str, str]


def lines_of(text: str) -> list[list[str]]:
    return list(csv.reader(text.split()))


def write(folder: Path, name: str, header: Iterable[str], rows: Iterable[Row], **sidecar: Any) -> None:
    """One file with every column of `header`, and what is stated beside it."""
    with (folder / name).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(header), restval="", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    if sidecar:
        (folder / f"{name}.meta.json").write_text(json.dumps(sidecar), encoding="utf-8")


def patient(number: object) -> str:
    return f"{number:0>64}"


ALL = ["Extract_Date_Time", "Der_Pseudo_NHS_Number", "NHS_Number_Trace_Status", "GP_Practice_Code", "Der_Provider_Code"]
CDS = ["Unique_CDS_Identifier", "Update_Type", "Report_Period_Start_Date", "Report_Period_End_Date"]
SPELL = [
    "APCS_Ident", *ALL, "Admission_Method", "Admission_Date", "Discharge_Date", "Administrative_Category",
    "Treatment_Function_Code", "Der_Diagnosis_All", "Der_Procedure_All",
]  # fmt: skip
EPISODE = [
    "APCE_Ident", "APCS_Ident", *ALL, *CDS, "Episode_Number", "Episode_Start_Date", "Episode_End_Date",
    "Admission_Date", "Discharge_Date", "Admission_Method", "Primary_Diagnosis_Code", "Treatment_Function_Code",
]  # fmt: skip
ATTENDANCE = [
    "AEA_Ident", *ALL, *CDS, "AEA_Department_Type", "AEA_Attendance_Category", "AEA_Referral_Source",
    "AEA_Arrival_Mode", "AEA_Attendance_Disposal", "AEA_Patient_Group", "Arrival_Date", "Arrival_Time",
    "Administrative_Category",
    *(f"AEA_{kind}_{number:02d}" for kind in ("Investigation", "Treatment") for number in range(1, 25)),
]  # fmt: skip
EMERGENCY = [
    "EC_Ident", *ALL, *CDS, "EC_Department_Type", "EC_AttendanceCategory", "EC_Attendance_Source_SNOMED_CT",
    "EC_Arrival_Mode_SNOMED_CT", "EC_Discharge_Status_SNOMED_CT", "EC_Discharge_Destination_SNOMED_CT",
    "Discharge_Follow_Up_SNOMED_CT", "Der_EC_Investigation_All", "Der_EC_Treatment_All", "Arrival_Date",
    "Arrival_Time", "Der_Dupe_Flag", "Finished_Indicator",
]  # fmt: skip
APPOINTMENT = [
    "OPA_Ident", *ALL, *CDS, "Appointment_Date", "Attendance_Status", "First_Attendance", "OPA_Referral_Source",
    "Treatment_Function_Code", "Main_Specialty_Code", "Consultant_Code", "Priority_Type", "Administrative_Category",
    "CDS_Type",
]  # fmt: skip


def common(practice: str, number: object, extract: str) -> dict[str, str]:
    return {
        "Extract_Date_Time": extract, "Der_Pseudo_NHS_Number": patient(number), "NHS_Number_Trace_Status": "01",
        "GP_Practice_Code": practice, "Der_Provider_Code": PROVIDER, "Update_Type": "9",
        "Unique_CDS_Identifier": f"B{PROVIDER}{number}",
    }  # fmt: skip


def joined(text: str) -> str:
    return f"||{text}" if text else ""


def admissions(folder: Path, number: int, extract: str, protocol: str) -> None:
    """Spells and episodes of one extract of G1 and of the national example; a net file holds what changed."""
    spells: dict[str, dict[str, str]] = {}
    episodes = []
    for practice, text in ((ACS, G1), (NATIONAL, NATIONAL_SPELLS)):
        for ident, spell, episode, method, discharge, first, second, procedure, category, seen in lines_of(text):
            if seen != extract:
                continue
            at = f"2017-{extract[:2]}-{extract[2:]} 08:00:00"
            shared = {
                **common(practice, spell, at), "APCS_Ident": spell, "Admission_Method": method,
                "Admission_Date": discharge, "Discharge_Date": discharge, "Treatment_Function_Code": "300",
            }  # fmt: skip
            codes = ",".join(code for code in (first, second) if code)
            one = spells.setdefault(
                spell,
                {
                    **{name: value for name, value in shared.items() if name in SPELL},
                    "Administrative_Category": category, "Der_Diagnosis_All": "",
                    "Der_Procedure_All": joined(procedure),
                },
            )  # fmt: skip
            one["Der_Diagnosis_All"] += joined(codes)
            episodes.append(
                {
                    **shared, "APCE_Ident": f"E{ident}", "Unique_CDS_Identifier": f"B{PROVIDER}{spell}{episode}",
                    "Episode_Number": episode, "Episode_Start_Date": discharge, "Episode_End_Date": discharge,
                    "Primary_Diagnosis_Code": first,
                }
            )  # fmt: skip
    write(folder, f"SEM_APCS_{number}.csv", SPELL, spells.values(), protocol=protocol)
    write(folder, f"SEM_APCE_{number}.csv", EPISODE, episodes, protocol=protocol)


def attendances(folder: Path) -> None:
    rows = []
    for number, (department, category, source, mode, arrival, disposal, found, done) in enumerate(lines_of(G2)):
        day, time = arrival.split("T")
        rows.append(
            {
                **common(AE, f"A{number}", "2017-07-01 08:00:00"), "AEA_Ident": f"A{number}",
                "AEA_Department_Type": department, "AEA_Attendance_Category": category, "AEA_Referral_Source": source,
                "AEA_Arrival_Mode": mode, "AEA_Attendance_Disposal": disposal, "Arrival_Date": day,
                "Arrival_Time": time, "AEA_Investigation_01": found, "AEA_Treatment_01": done,
                "Administrative_Category": "01",
            }
        )  # fmt: skip
    write(folder, "SEM_AEA_2017-05.csv", ATTENDANCE, rows)
    for number, (department, category, source, mode, arrival, follow_up, found, done) in enumerate(lines_of(G2_ECDS)):
        day, time = arrival.split("T")
        row = {
            **common(AE, f"EC{number}", f"{day[:4]}-12-31 08:00:00"), "EC_Ident": f"EC{number}",
            "EC_Department_Type": department, "EC_AttendanceCategory": category,
            "EC_Attendance_Source_SNOMED_CT": source, "EC_Arrival_Mode_SNOMED_CT": mode,
            "Discharge_Follow_Up_SNOMED_CT": follow_up, "Der_EC_Investigation_All": found,
            "Der_EC_Treatment_All": done, "Arrival_Date": day, "Arrival_Time": time,
        }  # fmt: skip
        write(folder, f"EC_{day[:7]}.csv", EMERGENCY, [row])


def appointments(folder: Path) -> None:
    rows = [
        {
            **common(OP, f"O{number}", "2017-07-01 08:00:00"), "OPA_Ident": f"O{number}",
            "Appointment_Date": f"2017-05-{number + 8:02d}", "Attendance_Status": status, "First_Attendance": first,
            "OPA_Referral_Source": source, "Treatment_Function_Code": function, "Main_Specialty_Code": specialty,
            "Consultant_Code": "C1234567", "Administrative_Category": category, "CDS_Type": "020",
        }
        for number, (source, first, status, function, specialty, category) in enumerate(lines_of(G3))
    ]  # fmt: skip
    write(folder, "SEM_OPA_2017-05.csv", APPOINTMENT, rows)


def nil_returns(folder: Path) -> None:
    """Files without rows for every expected provider and month of 2017/18 that the examples leave out."""
    with (PROJECT / "dbt_project" / "seeds" / "sus_provider.csv").open(encoding="utf-8", newline="") as handle:
        expected = [row for row in csv.DictReader(handle) if row["commissioner_code"] == "99A"]
    files = [
        ("SEM_APCS_nil.csv", "sus_apc", SPELL, ("2017-04", "2017-05")),
        ("SEM_APCE_nil.csv", "sus_apc", EPISODE, ("2017-04", "2017-05")),
        ("SEM_AEA_nil.csv", "sus_ae", ATTENDANCE, ("2017-05", "2017-05")),
        ("SEM_OPA_nil.csv", "sus_op", APPOINTMENT, ("2017-05", "2017-05")),
    ]
    for name, dataset, header, (first, last) in files:
        others = [row["provider_code"] for row in expected if row["dataset"] == dataset]
        others.remove(PROVIDER)
        covers = [{"providers": others, "from": "2017-04", "to": "2018-03"}]
        if first > "2017-04":
            covers.append({"providers": [PROVIDER], "from": "2017-04", "to": "2017-04"})
        covers.append({"providers": [PROVIDER], "from": f"2017-{int(last[5:]) + 1:02d}", "to": "2018-03"})
        write(folder, name, header, [], activity_status="freeze", covers=covers)


def practices(folder: Path) -> None:
    """Register, list and weighted populations of the four practices."""
    with (folder / "epraccur.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, quoting=csv.QUOTE_ALL)
        for code in WEIGHTED:
            row = [code, f"PRACTICE {code}", "Y54", "Q75", "1 STREET", "", "", "", "", "L1 1AA", "19740401", "", "A"]
            writer.writerow([*row, "B", "99A", "20130401", "", "", "", "", "", "0", "", "99A", "", "4", ""])
    header = [
        "PUBLICATION",
        "EXTRACT_DATE",
        "ORG_TYPE",
        "ORG_CODE",
        "ONS_CODE",
        "POSTCODE",
        "SEX",
        "AGE_GROUP_5",
        "NUMBER_OF_PATIENTS",
    ]
    rows = [
        {
            "PUBLICATION": "GP_PRAC_PAT_LIST", "EXTRACT_DATE": "01-Mar-18", "ORG_TYPE": "GP", "ORG_CODE": code,
            "POSTCODE": "L1 1AA", "SEX": sex, "AGE_GROUP_5": band, "NUMBER_OF_PATIENTS": str(patients),
        }
        for code in WEIGHTED
        for sex, band, patients in (("FEMALE", "25_29", 60), ("MALE", "25_29", 40), ("ALL", "ALL", 100))
    ]  # fmt: skip
    write(folder, "gp-reg-pat-prac-quin-age_2018-03.csv", header, rows)
    header = ["GP Practice code", "GP_pop", "WP_G&A", "WP_CS", "WP_MH", "WP_Mat", "WP_HCHS", "WP_Presc", "WP_Overall"]
    weighted = [dict.fromkeys(header, str(people)) | {"GP Practice code": code} for code, people in WEIGHTED.items()]
    write(folder, "need_weighted_population_2017-18.csv", header, weighted)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("golden")
    inbox = folder / "inbox"
    inbox.mkdir()
    practices(inbox)
    for number, (extract, protocol) in enumerate((("0520", "bulk"), ("0620", "bulk"), ("0720", "net")), start=1):
        admissions(inbox, number, extract, protocol)
    attendances(inbox)
    appointments(inbox)
    nil_returns(inbox)
    settings, home = Settings(home=folder / "home"), Home(folder / "home").create()
    # Registers are landed before what is compared with them, as in a run.
    for path in sorted(waiting_files(inbox), key=lambda path: path.name.startswith(("EC_", "SEM_"))):
        outcome = land(home, settings, receive(path, None))
        assert outcome.submission is not None, outcome.refusal
    prepare_feeds(home.warehouse, inputs_of(home, settings), read_submissions(home.landing), settings.memory_limit)
    read = ("+indicator_result", "+component_value")
    run_dbt(home.warehouse, "build", "--select", *read, "--exclude-resource-type", "unit_test", "test")
    return Built(home.warehouse)


def figure(golden: Built, indicator: str, practice: str, variant: str | None = None) -> tuple[Any, ...]:
    """Numerator, value, and whether it is in band A, of the financial year 2017/18."""
    [(numerator, value, band, state, reason)] = golden.rows(
        "select numerator, value, band, state, state_reason from main.indicator_result where indicator_id = ?"
        " and org_type = 'practice' and org_code = ? and org_view = 'as_at' and period_end = ?"
        " and (variant = ? or (? is null and is_headline))",
        indicator, practice, date(2018, 3, 31), variant, variant,
    )  # fmt: skip
    assert state == "ok", reason
    return numerator, value, band == "A"


def test_g1_acs_admissions(golden: Built) -> None:
    assert figure(golden, "gpspec-acs-admission-rate", ACS) == (Decimal(3), 7.5, True)


def test_g1_with_unspecified_pneumonia(golden: Built) -> None:
    assert figure(golden, "gpspec-acs-admission-rate", ACS, "with_j189") == (Decimal(4), 10.0, False)


def test_g1_national_list(golden: Built) -> None:
    """The three of G1 are three of the nineteen too; J18.9 is none."""
    assert figure(golden, "gpspec-acs-admission-rate", ACS, "national_19") == (Decimal(3), 7.5, True)


def test_the_national_list_has_nineteen_conditions(golden: Built) -> None:
    """Counted: N1, N2, N4, N6, N8, N9, N11 and N16; of the six N16 alone (S47 is no exclusion)."""
    assert figure(golden, "gpspec-acs-admission-rate", NATIONAL, "national_19") == (Decimal(8), 20.0, False)
    assert figure(golden, "gpspec-acs-admission-rate", NATIONAL) == (Decimal(1), 2.5, True)


def test_g2_minor_attendances(golden: Built) -> None:
    assert figure(golden, "gpspec-ae-attendance-rate", AE) == (Decimal(3), 7.5, False)


def test_g2_counts_each_coding_in_its_month(golden: Built) -> None:
    """Two of CDS 010 in May 2017, one of ECDS in November 2017; that of 2023 is in another year."""
    rows = golden.rows(
        "select month, value from main.component_value where component_id = 'sus_ae_gp_spec_attendances'"
        " and practice_code = ? and value <> 0 order by month",
        AE,
    )
    assert rows == [(date(2017, 5, 1), 2), (date(2017, 11, 1), 1), (date(2023, 11, 1), 1)]


def test_g3_outpatient_first_attendances(golden: Built) -> None:
    assert figure(golden, "gpspec-outpatient-first-attendance-rate", OP) == (Decimal(3), 75.0, True)


def test_g3_with_dental_referrals(golden: Built) -> None:
    assert figure(golden, "gpspec-outpatient-first-attendance-rate", OP, "with_dental") == (Decimal(4), 100.0, False)


def test_spells_are_counted_and_not_episodes(golden: Built) -> None:
    """Eight spells of G1: S8 is private, S2 a transfer, S5 elective."""
    values = dict(
        golden.rows(
            "select component_id, sum(value) from main.component_value where practice_code = ?"
            " and starts_with(component_id, 'sus_') group by component_id",
            ACS,
        )
    )
    assert values["sus_emergency_admissions"] == 5
    assert values["sus_elective_spells"] == 1
    assert values["sus_non_elective_spells"] == 6
