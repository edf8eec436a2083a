"""The sample hospital files: what the paper says of them, rows that real extracts hold, and named faults."""

import csv
import json
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml

from pcw.errors import PcwError
from sources.synthetic import FAULTS, SUS_FAULTS
from sources.synthetic.description import load_description
from sources.synthetic.months import add_months, months_between
from sources.synthetic.sus_admitted import METHODS, build_spells
from sources.synthetic.sus_attendances import BY_CLASS, RECIPES, Recipe
from sources.synthetic.sus_calendar import bank_holidays, day_of
from sources.synthetic.sus_clinics import CELLS, COUNTED
from sources.synthetic.sus_emergency import _sends, build_attendances
from sources.synthetic.sus_faults import never_issued_number
from sources.synthetic.sus_feeds import write_sus
from sources.synthetic.sus_outpatients import build_appointments
from sources.synthetic.sus_people import build_people
from sources.synthetic.sus_spells import SPELL_RECIPES, SPELLS
from sources.synthetic.sus_tables import RBS
from sources.synthetic.world import build_world

ROOT = Path(__file__).resolve().parents[2]
FIRST, LAST = date(2016, 4, 1), date(2017, 6, 1)
SEED = 7
DATASETS = {"SEM_AEA": "sus_aea", "EC": "sus_ec", "SEM_APCS": "sus_apcs", "SEM_APCE": "sus_apce", "SEM_OPA": "sus_opa"}
DATE = {
    "SEM_AEA": "Arrival_Date",
    "EC": "Arrival_Date",
    "SEM_APCS": "Discharge_Date",
    "SEM_APCE": "Episode_End_Date",
    "SEM_OPA": "Appointment_Date",
}
ACTIVITY = {"SEM_AEA": "sus_ae", "EC": "sus_ae", "SEM_APCS": "sus_apc", "SEM_APCE": "sus_apc", "SEM_OPA": "sus_op"}
Row = dict[str, str]


def expected_providers(activity: str, month: str) -> set[str]:
    with (ROOT / "dbt_project" / "seeds" / "sus_provider.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["provider_code"]
            for row in csv.DictReader(file)
            if row["dataset"] == activity
            and row["valid_from"] <= f"{month}-31"
            and (not row["valid_to"] or f"{month}-01" <= row["valid_to"])
        }


def written(folder: Path, first: date, last: date, practices: int = 8) -> Path:
    folder.mkdir()
    write_sus(folder, build_world(practices, SEED, last), first, last, SEED)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sus") / "s", FIRST, LAST)


@pytest.fixture(scope="module")
def overlap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Over the months in which ECDS takes the place of CDS 010."""
    return written(tmp_path_factory.mktemp("ec") / "s", date(2017, 8, 1), date(2018, 5, 1), practices=5)


def rows(path: Path) -> list[Row]:
    """The rows of a file; no test changes them. A folder of a test that passed is removed, and its name given again."""
    return _rows(path, path.stat().st_mtime_ns)


@cache
def _rows(path: Path, written_at: int) -> list[Row]:
    with path.open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def header(path: Path) -> list[str]:
    with path.open(encoding="ascii", newline="") as file:
        return next(csv.reader(file))


def dataset_of(path: Path) -> str:
    return re.split(r"_\d{6}_", path.name)[0]


@cache
def bulk(folder: Path, dataset: str) -> list[Row]:
    """Rows of the year-to-date files."""
    return [row for path in sorted(folder.glob(f"{dataset}_??????_M??.csv")) for row in rows(path)]


def timetable() -> dict[str, datetime]:
    with (ROOT / "dbt_project" / "seeds" / "sus_timetable.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["activity_month"][:7]: datetime.fromisoformat(row["postrec_inclusion"]).replace(hour=17)
            for row in csv.DictReader(file)
        }


# -- files -------------------------------------------------------------------------------------------------------------


def test_files(folder: Path) -> None:
    expected = set()
    for table in ("SEM_AEA", "SEM_APCS", "SEM_APCE", "SEM_OPA"):
        expected |= {f"{table}_201617_M12.csv", f"{table}_201718_M03.csv", f"{table}_201718_M02_REM.csv"}
    for table in ("SEM_AEA", "SEM_OPA"):
        expected |= {f"{table}_201718_M03_net.csv", f"{table}_201718_M03_net.csv.meta.json"}
    assert {path.name for path in folder.iterdir()} == expected
    for path in folder.glob("*.meta.json"):
        assert json.loads(path.read_text()) == {"protocol": "net"}


def test_every_column_is_in_the_contract(folder: Path, overlap: Path) -> None:
    for table, dataset in DATASETS.items():
        contract = yaml.safe_load((ROOT / "sources" / "sus" / f"{dataset}.yaml").read_text(encoding="utf-8"))
        layout = next(one for one in contract["layouts"] if one["name"] in ("sem", "ec"))
        names = {printed.lower(): name for name, every in layout["names"].items() for printed in every}
        for path in (overlap if table == "EC" else folder).glob(f"{table}_*.csv"):
            found = [names[column.lower()] for column in header(path)]
            assert len(set(found)) == len(found)
            assert set(layout["names"]) - set(found) <= set(layout["optional"])


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2016, 4, 1), date(2017, 6, 1)),
        (date(2016, 4, 1), date(2017, 3, 1)),
        (date(2016, 12, 1), date(2017, 4, 1)),
        (date(2014, 4, 1), date(2014, 4, 1)),
        (date(2019, 2, 1), date(2019, 5, 1)),
        (date(2025, 2, 1), date(2025, 4, 1)),
    ],
)
def test_any_span_has_its_months_and_two_of_them_are_flex(tmp_path: Path, first: date, last: date) -> None:
    out = written(tmp_path / "s", first, last, practices=3)
    months = {f"{month:%Y-%m}" for month in months_between(first, last)}
    freeze = timetable()
    flex = {f"{month:%Y-%m}" for month in (max(add_months(last, -1), first), last)}
    sent: dict[str, set[tuple[str, str]]] = {name: set() for name in ("sus_ae", "sus_apc", "sus_op")}
    for path in sorted(out.glob("*.csv")):
        table = dataset_of(path)
        column = "CDS_Extract_Date_Time" if table == "EC" else "Extract_Date_Time"
        found = rows(path)
        newest = max(datetime.fromisoformat(row[column]) for row in found)
        # Rows without an end are of the month in which they were sent.
        of_file = {(row[DATE[table]] or row[column])[:7] for row in found}
        assert of_file <= months, path.name
        status = {month for month in of_file if newest < freeze[month]}
        assert status == of_file & flex, path.name
        if not path.name.endswith(("net.csv", "REM.csv")):
            sent[ACTIVITY[table]] |= {
                (row["Der_Provider_Code"], (row[DATE[table]] or row[column])[:7]) for row in found
            }
    # Every provider that is expected sends something every month.
    for activity, found in sent.items():
        assert found >= {(code, month) for month in months for code in expected_providers(activity, month)}


def test_nothing_before_2014_04(tmp_path: Path) -> None:
    assert not list(written(tmp_path / "s", date(2014, 1, 1), date(2014, 3, 1), practices=3).iterdir())
    found = written(tmp_path / "t", date(2014, 2, 1), date(2014, 5, 1), practices=3)
    assert {row["Arrival_Date"][:7] for row in bulk(found, "SEM_AEA")} == {"2014-04", "2014-05"}


def test_bank_holidays_are_those_of_the_seed() -> None:
    with (ROOT / "dbt_project" / "seeds" / "bank_holiday.csv").open(encoding="utf-8", newline="") as file:
        days = {date.fromisoformat(row["day"]) for row in csv.DictReader(file)}
    years = {day.year for day in days}
    assert days == {day for year in years for day in bank_holidays(year)}


# -- the paper's figures -----------------------------------------------------------------------------------------------


def test_counts_of_a_year_at_full_size() -> None:
    months = months_between(FIRST, LAST)
    people = build_people(build_world(92, 20170829, date(2017, 7, 1)), 20170829, months)
    own = np.isin(np.arange(len(people.codes)), people.own)
    weighted = people.weighted[date(2016, 4, 1)] / 1_000
    attendances = build_attendances(people, months, 20170829)
    year = attendances.month < 12
    assert np.sum(own[attendances.pool] & year) == pytest.approx(277_594, abs=10)
    counted = own[attendances.pool] & (attendances.recipe < len(BY_CLASS["core"]))
    assert np.sum(counted & year) / weighted == pytest.approx(9.2, abs=0.03)
    to_may = (attendances.month >= 2) & (attendances.month < 14)
    assert np.sum(counted & to_may) / weighted == pytest.approx(8.5, abs=0.05)
    spells = build_spells(people, months, 20170829)
    year = spells.month < 12
    emergency = np.array([method[0] == "2" and method != "2B" for method in METHODS])[spells.method]
    # As in the model: not private, discharged.
    emergency &= (spells.private == 0) & (spells.discharged >= 0)
    assert np.sum(own[spells.pool] & year & emergency) == pytest.approx(53_828, rel=0.003)
    acs = own[spells.pool] & (spells.recipe < len(SPELLS["acs"])) & year
    assert np.sum(acs) / weighted == pytest.approx(9.2, abs=0.03)
    appointments = build_appointments(people, months, 20170829)
    year = appointments.month < 12
    assert np.sum(own[appointments.pool] & year) == pytest.approx(600_000, rel=0.001)
    firsts = own[appointments.pool] & (appointments.cell < len(COUNTED)) & year
    assert 88 < np.sum(firsts) / weighted < 92


def in_hours(row: Row) -> bool:
    day = date.fromisoformat(row["Arrival_Date"])
    return day.weekday() < 5 and day not in bank_holidays(day.year) and "08:00" <= row["Arrival_Time"][:5] < "18:30"


def is_counted(recipe: Recipe, minor: tuple[str, ...] = ()) -> bool:
    """The GP Specification without its hours, by left two characters."""
    seen = {code[:2] for code in recipe.investigations}
    done = {code[:2] for code in recipe.treatments}
    place = (recipe.department, recipe.category, recipe.source, recipe.mode)
    return (
        place == ("01", "1", "01", "2")
        and recipe.disposal in ("02", "03")
        and seen <= {"24", *minor}
        and bool(done & {"22", "57", "07"})
        and done <= {"22", "57", "07", "30", "99"}
        and recipe.what != "private"
    )


def test_recipes_are_what_their_class_says() -> None:
    for name, recipes in BY_CLASS.items():
        for recipe in recipes:
            assert is_counted(recipe) == (name == "core" or (name == "near" and recipe.when != "H")), recipe
            assert is_counted(recipe, ("06", "21", "22")) == (is_counted(recipe) or name == "wide"), recipe
    failed = {recipe.what for recipe in BY_CLASS["near"]}
    assert failed >= {"hours", "weekend", "bank holiday", "GP", "ambulance", "X-ray", "follow-up", "private"}
    assert any(code[2:] for recipe in RECIPES for code in (*recipe.investigations, *recipe.treatments))


def test_ecds_says_the_same_as_cds_010() -> None:
    for recipe in RECIPES:
        for variant in range(4):
            (line,) = csv.reader([recipe.ecds(variant, "507291000000100")])
            department, category, source, mode, _, _, follow_up, seen, done = line
            found = (
                (department, category, source) == ("01", "1", "507291000000100")
                and mode in ("1048071000000103", "1048061000000105", "1047991000000102", "1048001000000106")
                and follow_up in ("3780001", "989501000000106")
                and set(filter(None, seen.split(","))) <= {"1088291000000101"}
                and bool({"413334001", "266712008"} & set(done.split(",")))
                and set(filter(None, done.split(","))) <= {"413334001", "266712008", "183964008"}
                and recipe.what != "private"
            )
            assert found == is_counted(recipe), recipe


def test_counted_attendances_are_in_hours(folder: Path) -> None:
    prefix = {recipe.cds010() for recipe in BY_CLASS["core"]}
    columns = ["AEA_Department_Type", "AEA_Attendance_Category", "AEA_Referral_Source", "AEA_Arrival_Mode"]
    columns += ["AEA_Attendance_Disposal", "AEA_Patient_Group"]
    columns += [f"AEA_{kind}_{n:02d}" for kind in ("Investigation", "Treatment") for n in range(1, 13)]
    times = Counter(
        in_hours(row) for row in bulk(folder, "SEM_AEA") if ",".join(row[name] for name in columns) in prefix
    )
    assert times[True] > 300
    assert times[False] > 300


# -- rows --------------------------------------------------------------------------------------------------------------


def test_rows_are_such_as_real_extracts_hold(folder: Path) -> None:
    world = build_world(8, SEED, LAST)
    practices = {practice.code for practice in world.listed}
    defaults = {"V81997", "V81998", "V81999"}
    for table in ("SEM_AEA", "SEM_APCS", "SEM_APCE", "SEM_OPA"):
        found = bulk(folder, table)
        ident = next(iter(found[0]))
        assert len({row[ident] for row in found}) == len(found)
        codes = Counter(row["GP_Practice_Code"] for row in found)
        assert set(codes) <= practices | defaults | {""}
        assert 0 < sum(codes[code] for code in defaults) / len(found) < 0.02
        assert set(codes) & {"N83X01", "N83X02"}
        assert {row["Der_Commissioner_Code"] for row in found} == {"99A", "01J"}
        for row in found[:: max(len(found) // 3_000, 1)]:
            assert re.fullmatch(r"[0-9a-f]{32}|", row["Der_Pseudo_NHS_Number"])
            assert bool(row["Der_Pseudo_NHS_Number"]) == (row["NHS_Number_Trace_Status"] != "04")
            assert row["Der_Provider_Site_Code"].startswith(row["Der_Provider_Code"])
            assert 0 <= int(row["Der_Age_at_CDS_Activity_Date"]) < 110
            assert row["Extract_Date_Time"] >= (row[DATE[table]] or "")
            if row.get("Grand_Total_Payment_MFF"):
                total, tariff, mff = (
                    round(float(row[name]) * 100)
                    for name in ("Grand_Total_Payment_MFF", "Tariff_Total_Payment", "Tariff_MFF_Payment")
                )
                assert total == tariff + mff
            if "Report_Period_Start_Date" in row and row[DATE[table]]:
                assert row["Report_Period_Start_Date"] <= row[DATE[table]] <= row["Report_Period_End_Date"]
        if "Unique_CDS_Identifier" in found[0]:
            assert {row["Update_Type"] for row in found} == {"9", ""}
        private = sum(row["Administrative_Category"] == "02" for row in found)
        assert 0 < private / len(found) < 0.02
    assert {row["AEA_Department_Type"] for row in bulk(folder, "SEM_AEA")} == {"01", "02", "03", "04"}


def test_no_identifier_is_in_the_files(folder: Path) -> None:
    for path in folder.glob("*.csv"):
        allowed = {"NHS_Number_Trace_Status", "NHS_Number_Is_Valid"}
        columns = " ".join(set(header(path)) - allowed)
        assert not re.search(r"(^| )(NHS_Number|\w*Name|Postcode|\w*Birth\w*|Local_Patient\w*)", columns)
    longest = max(
        len(digits) for row in bulk(folder, "SEM_OPA")[:5_000] for digits in re.findall(r"^\d+$", row["OPA_Ident"])
    )
    assert longest != 10  # no key can be taken for an NHS number


def test_patients_keep_their_age_and_sex(folder: Path) -> None:
    seen: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for row in bulk(folder, "SEM_APCS"):
        if row["Der_Pseudo_NHS_Number"] and row["Discharge_Date"]:
            born = int(row["Discharge_Date"][:4]) - int(row["Der_Age_at_CDS_Activity_Date"])
            seen[row["Der_Pseudo_NHS_Number"]].add((row["Sex"], born))
    for known in seen.values():
        assert len({sex for sex, _ in known}) == 1
        born = {year for _, year in known}
        assert max(born) - min(born) <= 1


def test_children_and_hearts_go_to_their_hospitals(folder: Path) -> None:
    for row in bulk(folder, "SEM_AEA"):
        if row["Der_Provider_Code"] == load_description().providers[RBS].code:
            assert int(row["Der_Age_at_CDS_Activity_Date"]) < 16
    heart = [row for row in bulk(folder, "SEM_OPA") if row["Der_Provider_Code"] == "RBQ"]
    assert {row["Treatment_Function_Code"] for row in heart} == {"320", "340", "170"}


def test_spells_and_episodes(folder: Path) -> None:
    spells = {row["APCS_Ident"]: row for row in bulk(folder, "SEM_APCS")}
    episodes = defaultdict(list)
    for row in bulk(folder, "SEM_APCE"):
        episodes[row["APCS_Ident"]].append(row)
    assert set(spells) == set(episodes)
    counts = Counter(len(found) for found in episodes.values())
    assert counts[2] > 100
    another = 0
    for ident, spell in spells.items():
        found = sorted(episodes[ident], key=lambda row: row["Episode_Number"])
        assert [row["Episode_Number"] for row in found] == [str(n) for n in range(1, len(found) + 1)]
        lists = [part.split(",") for part in spell["Der_Diagnosis_All"].split("||")[1:]]
        assert [row["Primary_Diagnosis_Code"] for row in found if row["Primary_Diagnosis_Code"]] == [
            codes[0] for codes in lists
        ]
        another += spell["Spell_Primary_Diagnosis"] != found[0]["Primary_Diagnosis_Code"].strip("-")
        assert found[0]["Episode_Start_Date"] == spell["Admission_Date"]
        assert found[-1]["Episode_End_Date"] == spell["Discharge_Date"]
        for row in found:
            assert row["Admission_Date"] == spell["Admission_Date"] <= row["Episode_Start_Date"]
            assert row["Episode_Start_Date"] <= (row["Episode_End_Date"] or "9")
        if spell["Discharge_Date"]:
            stay = date.fromisoformat(spell["Discharge_Date"]) - date.fromisoformat(spell["Admission_Date"])
            assert spell["Der_Spell_LoS"] == str(stay.days)
    assert another > 50  # the grouper's diagnosis is not that of the first episode
    still_in = [row for row in spells.values() if not row["Discharge_Date"]]
    assert 0 < len(still_in) < 60
    assert all(row["Extract_Date_Time"][:7] == "2017-06" for row in still_in)
    methods = Counter(row["Admission_Method"] for row in spells.values())
    assert set(methods) == set(METHODS)
    crossing = [row for row in spells.values() if row["Admission_Date"] < "2017-04-01" <= row["Discharge_Date"]]
    assert crossing
    again = readmissions(list(spells.values()))
    emergencies = sum(methods[code] for code in ("21", "22", "23", "24", "28", "2A", "2D"))
    assert 0.08 < again / emergencies < 0.18


def readmissions(spells: list[Row]) -> int:
    left: dict[str, list[date]] = defaultdict(list)
    for row in spells:
        if row["Discharge_Date"] and row["Der_Pseudo_NHS_Number"]:
            left[row["Der_Pseudo_NHS_Number"]].append(date.fromisoformat(row["Discharge_Date"]))
    count = 0
    for row in spells:
        if row["Admission_Method"][0] == "2" and row["Admission_Method"] != "2B" and row["Discharge_Date"]:
            came = date.fromisoformat(row["Admission_Date"])
            own = row["Discharge_Date"]
            count += any(
                0 <= (came - day).days <= 30 and day.isoformat() != own for day in left[row["Der_Pseudo_NHS_Number"]]
            )
    return count


def test_outpatients_hold_what_must_not_count(folder: Path) -> None:
    found = bulk(folder, "SEM_OPA")
    seen: Counter[str] = Counter()
    for row in found:
        attended = row["Attendance_Status"] in ("5", "6")
        first = row["First_Attendance"] in ("1", "3")
        seen["DNA"] += row["Attendance_Status"] == "3"
        seen["future"] += row["CDS_Type"] == "021"
        seen["follow-up"] += attended and not first
        seen["nurse"] += attended and row["Consultant_Code"].startswith("N")
        seen["nurse specialty"] += row["Consultant_Code"].startswith("C") and row["Main_Specialty_Code"] == "950"
        seen["dental"] += row["OPA_Referral_Source"] == "92"
        seen["telephone"] += row["First_Attendance"] == "3"
        assert re.fullmatch(r"[CN]\d{7}", row["Consultant_Code"])
        assert (row["CDS_Type"] == "021") == (row["Attendance_Status"] == "0")
    assert all(seen[name] for name in seen)
    assert len(seen) == 7
    assert any(cell.kind.category == "02" for cell in CELLS)


# -- earlier versions, corrections, overlap ----------------------------------------------------------------------------


def test_the_earlier_extract_of_one_provider_differs_from_the_newest(folder: Path) -> None:
    for table in ("SEM_AEA", "SEM_APCS", "SEM_APCE", "SEM_OPA"):
        (path,) = folder.glob(f"{table}_*_REM.csv")
        early = rows(path)
        assert {row["Der_Provider_Code"] for row in early} == {"REM"}
        assert {row[DATE[table]][:7] for row in early if row[DATE[table]]} == {"2017-05"}
        record = "Unique_CDS_Identifier" if "Unique_CDS_Identifier" in early[0] else "APCS_Ident"
        newest = {row[record]: row for row in bulk(folder, table) if row["Der_Provider_Code"] == "REM"}
        of_month = {key for key, row in newest.items() if row[DATE[table]].startswith("2017-05")}
        keys = {row[record] for row in early}
        assert len(keys - set(newest)) == 3  # gone later
        assert len(of_month - keys) > 5  # not coded yet
        moved = [newest[key][DATE[table]][:7] for key in keys & set(newest) if key not in of_month]
        assert moved == ["2017-06", "2017-06"]


def test_net_corrections(folder: Path) -> None:
    for table in ("SEM_AEA", "SEM_OPA"):
        deleted, moved, new = rows(folder / f"{table}_201718_M03_net.csv")
        known = {row["Unique_CDS_Identifier"]: row for row in bulk(folder, table)}
        assert [row["Update_Type"] for row in (deleted, moved, new)] == ["1", "9", "9"]
        assert known[deleted["Unique_CDS_Identifier"]][DATE[table]] == deleted[DATE[table]]
        assert known[moved["Unique_CDS_Identifier"]][DATE[table]].startswith("2017-06")
        assert moved[DATE[table]] == moved["Report_Period_End_Date"] == "2017-05-31"
        assert new["Unique_CDS_Identifier"] not in known
        newest = max(row["Extract_Date_Time"] for row in known.values())
        assert min(row["Extract_Date_Time"] for row in (deleted, moved, new)) > newest


def test_a_few_records_are_in_a_file_twice(folder: Path) -> None:
    for table in ("SEM_AEA", "SEM_OPA"):
        times = Counter(row["Unique_CDS_Identifier"] for row in bulk(folder, table))
        twice = {key for key, count in times.items() if count == 2}
        assert 2 <= len(twice) < len(times) / 1_000
        versions = defaultdict(set)
        for row in bulk(folder, table):
            if row["Unique_CDS_Identifier"] in twice:
                versions[row["Unique_CDS_Identifier"]].add(row["Extract_Date_Time"])
        assert {len(found) for found in versions.values()} == {2}


def test_the_feeds_overlap_for_one_provider(overlap: Path) -> None:
    months: dict[str, dict[str, Counter[str]]] = {}
    for table in ("SEM_AEA", "EC"):
        months[table] = defaultdict(Counter)
        for row in bulk(overlap, table):
            months[table][row["Der_Provider_Code"]][row["Arrival_Date"][:7]] += 1
    both = {
        (provider, month)
        for provider, found in months["SEM_AEA"].items()
        for month in found
        if month in months["EC"][provider]
    }
    assert both == {("REM", f"{month:%Y-%m}") for month in months_between(date(2017, 10, 1), date(2018, 3, 1))}
    for provider, month in both:
        if month == "2017-10":  # every second one, and the doubles and deletions that only this feed flags
            assert months["EC"][provider][month] == pytest.approx(months["SEM_AEA"][provider][month] / 2, rel=0.1)
        else:
            assert months["EC"][provider][month] >= months["SEM_AEA"][provider][month] - 3
    assert min(month for found in months["EC"].values() for month in found) == "2017-10"
    assert set(months["EC"]["RW4"]) | set(months["EC"]["RY1"]) == set()  # walk-in centres stay with CDS 010
    found = bulk(overlap, "EC")
    assert {row["Der_Dupe_Flag"] for row in found} == {"0", "", "1"}
    assert {row["Finished_Indicator"] for row in found} == {"", "Finished", "Deleted"}
    assert any("," in row["Der_EC_Investigation_All"] for row in found)


def test_every_month_of_a_provider_is_in_one_feed_at_least() -> None:
    months = months_between(date(2017, 4, 1), date(2019, 12, 1))
    people = build_people(build_world(3, SEED, months[-1]), SEED, months)
    events = build_attendances(people, months, SEED)
    sent = np.union1d(_sends(events, "aea"), _sends(events, "ec"))
    assert len(sent) == len(events.month)
    assert day_of(int(events.day.min())) == date(2017, 4, 1)


def test_spell_recipes_are_two_sided() -> None:
    assert len(SPELL_RECIPES) == sum(len(of) for of in SPELLS.values())
    assert all(len(one.episodes) == one.all_diagnoses.count("||") or not one.all_diagnoses for one in SPELL_RECIPES)


# -- faults ------------------------------------------------------------------------------------------------------------


Damaged = Callable[[str], tuple[Path, str]]


@pytest.fixture
def damaged(folder: Path, tmp_path: Path) -> Damaged:
    def damage(name: str) -> tuple[Path, str]:
        out = tmp_path / name
        shutil.copytree(folder, out)
        return out, FAULTS[name].apply(out, LAST)

    return damage


def of(found: list[Row], provider: str, month: str, day: str, function: str = "") -> list[Row]:
    return [
        row
        for row in found
        if row["Der_Provider_Code"] == provider
        and row[day].startswith(month)
        and row.get("Treatment_Function_Code", "").startswith(function)
    ]


def others(found: list[Row], hit: list[Row]) -> list[Row]:
    keys = {id(row) for row in hit}
    return [row for row in found if id(row) not in keys]


def test_the_faults_of_the_acceptance_exist() -> None:
    names = ("provider_outage", "duplicated_submission", "late_month", "freeze_restatement", "specialty_recode")
    names += ("episode_inflation", "cardiology_wrong", "planted_identifiers")
    assert {f"sus_{name}" for name in names} <= set(SUS_FAULTS)
    assert all(FAULTS[name].description.endswith(".") for name in SUS_FAULTS)


@pytest.mark.parametrize("name", SUS_FAULTS)
def test_a_fault_changes_or_adds_one_file(folder: Path, damaged: Damaged, name: str) -> None:
    out, hit = damaged(name)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    assert {key for key in before | after if before.get(key) != after.get(key)} == {hit}


@pytest.mark.parametrize(
    ("name", "provider", "month", "table"),
    [
        ("sus_provider_outage", "RBS", "2017-05", "SEM_AEA"),
        ("sus_late_month", "REP", "2017-06", "SEM_OPA"),
    ],
)
def test_a_provider_month_is_missing(
    folder: Path, damaged: Damaged, name: str, provider: str, month: str, table: str
) -> None:
    out, hit = damaged(name)
    assert hit == f"{table}_201718_M03.csv"
    good, bad = rows(folder / hit), rows(out / hit)
    gone = of(good, provider, month, DATE[table])
    assert len(gone) > 20
    assert bad == others(good, gone)


def test_a_submission_is_doubled(folder: Path, damaged: Damaged) -> None:
    out, hit = damaged("sus_duplicated_submission")
    good, bad = rows(folder / hit), rows(out / hit)
    doubled = of(bad, "RBS", "2017-06", "Arrival_Date")
    assert len(doubled) == 2 * len(of(good, "RBS", "2017-06", "Arrival_Date")) > 40
    assert len({row["AEA_Ident"] for row in doubled}) == len(doubled) // 2
    assert len(bad) - len(good) == len(doubled) // 2


def test_a_frozen_month_is_restated(folder: Path, damaged: Damaged) -> None:
    out, hit = damaged("sus_freeze_restatement")
    assert hit == "SEM_OPA_201718_M01_RQ6_restated.csv"
    frozen = of(bulk(folder, "SEM_OPA"), "RQ6", "2017-04", "Appointment_Date")
    restated = rows(out / hit)
    assert {row["Appointment_Date"][:7] for row in restated} == {"2017-04"}
    before = {row["Unique_CDS_Identifier"]: row["Grand_Total_Payment_MFF"] for row in frozen}
    after = {row["Unique_CDS_Identifier"]: row["Grand_Total_Payment_MFF"] for row in restated}
    assert len(set(before) - set(after)) > 20
    assert len(set(after) - set(before)) > 5
    assert sum(after[key] != before[key] for key in set(after) & set(before)) > 10
    frozen_from = timetable()["2017-04"]
    newest = max(row["Extract_Date_Time"] for path in folder.glob("SEM_OPA*.csv") for row in rows(path))
    assert min(row["Extract_Date_Time"] for row in restated) > newest
    assert datetime.fromisoformat(max(row["Extract_Date_Time"] for row in frozen)) > frozen_from
    with pytest.raises(PcwError, match="three months"):
        FAULTS["sus_freeze_restatement"].apply(out, date(2016, 5, 1))


def test_a_specialty_is_recoded(folder: Path, damaged: Damaged) -> None:
    out, hit = damaged("sus_specialty_recode")
    good, bad = rows(folder / hit), rows(out / hit)
    cardiology = of(good, "RBQ", "2017-06", "Appointment_Date", "320")
    recoded = of(bad, "RBQ", "2017-06", "Appointment_Date", "300")
    assert not of(bad, "RBQ", "2017-06", "Appointment_Date", "320")
    assert not of(good, "RBQ", "2017-06", "Appointment_Date", "300")
    assert [row["OPA_Ident"] for row in recoded] == [row["OPA_Ident"] for row in cardiology]
    assert len(recoded) > 50
    assert len(bad) == len(good)


def test_episodes_are_inflated(folder: Path, damaged: Damaged) -> None:
    out, hit = damaged("sus_episode_inflation")
    assert hit == "SEM_APCE_201718_M03.csv"
    good, bad = rows(folder / hit), rows(out / hit)
    before, after = (of(found, "REM", "2017-06", "Episode_End_Date") for found in (good, bad))
    assert len(after) == 3 * len(before) > 300
    assert len({row["APCE_Ident"] for row in bad}) == len({row["Unique_CDS_Identifier"] for row in bad}) == len(bad)
    assert {row["APCS_Ident"] for row in after} == {row["APCS_Ident"] for row in before}
    numbers = Counter((row["APCS_Ident"], row["Episode_Number"]) for row in bad)
    assert max(numbers.values()) == 1


def test_cardiology_goes_wrong(folder: Path, damaged: Damaged) -> None:
    out, hit = damaged("sus_cardiology_wrong")
    good, bad = rows(folder / hit), rows(out / hit)
    before, after = (of(found, "RBQ", "2017-06", "Appointment_Date", "320") for found in (good, bad))
    assert len(after) == pytest.approx(len(before) / 5, abs=1)
    assert others(bad, after) == others(good, before)
    out, hit = damaged("sus_cardiology_multiplied")
    bad = rows(out / hit)
    after = of(bad, "RBQ", "2017-06", "Appointment_Date", "320")
    assert len(after) == 3 * len(before) > 150
    assert len({row["Unique_CDS_Identifier"] for row in after}) == len(after)
    assert others(bad, after) == others(good, before)


def is_valid(number: str) -> bool:
    check = 11 - sum((10 - n) * int(digit) for n, digit in enumerate(number[:9])) % 11
    return len(number) == 10 and check % 11 == int(number[9]) and check != 10 and len(set(number)) > 1


def test_identifiers_are_planted(folder: Path, damaged: Damaged) -> None:
    out, hit = damaged("sus_planted_identifiers")
    good, bad = rows(folder / hit), rows(out / hit)
    assert len(bad) == len(good)
    assert "Der_Pseudo_NHS_Number" not in bad[0]
    valid = [is_valid(row["NHS_Number"]) for row in bad]
    assert 0.97 < sum(valid) / len(valid) < 1
    assert bad[3]["NHS_Number"] == "0000000000"
    assert all(row["NHS_Number"].startswith("999") for row, fine in zip(bad, valid, strict=True) if fine)
    for row in bad[::50]:
        assert re.fullmatch(r"PLANTED\d{4} SAMPLE", row["Patient_Name"])
        assert re.fullmatch(r"QX\d\d \dZZ", row["Postcode"])
        assert date.fromisoformat(row["Date_of_Birth"]).year < 1910
    # One patient has one number.
    numbers = defaultdict(set)
    for clean, row in zip(good, bad, strict=True):
        if is_valid(row["NHS_Number"]):
            numbers[clean["Der_Pseudo_NHS_Number"]].add(row["NHS_Number"])
    assert {len(found) for found in numbers.values()} == {1}
    assert never_issued_number("a") == never_issued_number("a")
    contract = yaml.safe_load((ROOT / "sources" / "sus" / "sus_opa.yaml").read_text(encoding="utf-8"))
    planted = {"Patient_Name", "Postcode", "Date_of_Birth"}
    assert planted <= set(contract["identifiers"]["dropped"])
    assert "NHS_Number" in contract["identifiers"]["nhs_number"]


def test_a_fault_that_finds_nothing_says_so(folder: Path) -> None:
    with pytest.raises(PcwError, match="no rows of REP"):
        FAULTS["sus_late_month"].apply(folder, date(2019, 1, 1))
