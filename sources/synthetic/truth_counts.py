"""Reads the feeds of counts of a sample back: searches, QOF, surveys, returns, registers and waiting times.

Belongs here: what each file says of which practice (or commissioner) and month, as a person with a spreadsheet would
read it. Does not belong here: what is a numerator of what (`truth_counted`). Nothing of the generator and nothing of
the pipeline is used.

Readings:
- A search counts in its newest run, of the latest day in its month.
- QOF files are of the March that ends the year in their name. Points to be had are those of the year.
- A survey is of the March of its year. Rows of commissioners are no practices.
- Who is expected and not among those who sent their Friends and Family return by the twelfth working day of the next
  month has failed. The share of positive answers is of what was published.
- Of appointments that have a status those attended or missed are known; a return without one tells neither.
- What a register says stands until the next one, three months at most; a rating for its own month.
- Events and complaints of a practice are none where the log holds all of the month and names none.
- Waiting times are of pathways that have not ended, without rows of totals.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from .truth_feeds import text_of
from .truth_finance_files import _workbook

#: Dataset, code, measure.
Kind = tuple[str, str, str]
#: Organisation as printed, first day of the month.
Place = tuple[str, date]
_MONTHS = {name: number for number, name in enumerate(
    ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
     "december"), start=1)}  # fmt: skip
#: Points of QOF by the year in which its year ends.
_POINTS = {**dict.fromkeys(range(2015, 2021), 559), 2021: 567}
#: Monday to Friday, but not these.
_HOLIDAYS = {
    date(2016, 5, 2), date(2016, 5, 30), date(2016, 8, 29), date(2016, 12, 26), date(2016, 12, 27), date(2017, 1, 2),
    date(2017, 4, 14), date(2017, 4, 17), date(2017, 5, 1), date(2017, 5, 29), date(2017, 8, 28), date(2017, 12, 25),
    date(2017, 12, 26), date(2018, 1, 1), date(2018, 3, 30), date(2018, 4, 2), date(2018, 5, 7), date(2018, 5, 28),
}  # fmt: skip
_CLINICIANS = {"GP", "Nurse Practitioner", "Clinical Pharmacist", "Physician Associate"}
_MODES = {"Face-to-Face", "Telephone"}
_CANCER = {
    "2WW": "2WW", "2WW BREAST": "BREAST2WW", "31 DAYS": "31D", "31 DAYS SUB (SURGERY)": "31D-SURGERY",
    "31 DAYS SUB (DRUGS)": "31D-DRUG", "31 DAYS SUB (RADIO)": "31D-RADIOTHERAPY", "62 DAYS": "62D",
    "62 DAYS SCREEN": "62D-SCREENING",
}  # fmt: skip
_PEOPLE = {"99A": 69000}
#: The survey of that year left out of its bases who had not tried.
_NEW_BASES_FROM = 2018


@dataclass
class Counts:
    """What the files say: `values` by kind and place, and the months of which each dataset has a file."""

    values: dict[Kind, dict[Place, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    months: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    #: Months that a later month may still be told by, and for how many months.
    serves: dict[str, int] = field(default_factory=dict)
    #: Practices that sent their Friends and Family return in time, by month.
    in_time: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: Logs of events: of months and practices without a row it is known that there was none.
    logs: set[str] = field(default_factory=set)

    def put(self, kind: Kind, place: Place, value: object) -> None:
        """Add to what is known of a kind and place."""
        self.values[kind][place] = self.values[kind].get(place, Decimal(0)) + Decimal(str(value))


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def twelfth_working_day(month: date) -> date:
    """Of the month after `month`."""
    day, worked = next_month(month) - timedelta(days=1), 0
    while worked < 12:
        day += timedelta(days=1)
        worked += day.weekday() < 5 and day not in _HOLIDAYS
    return day


def _rows(path: Path) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(io.StringIO(text_of(path), newline=""))


def _month(text: str) -> date:
    return date(int(text[:4]), int(text[5:7]), 1)


def _day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()


def _month_of_name(name: str) -> date:
    """The month that stands in a file name: April-2016, april-2016, 30_June_2017."""
    found = re.search(r"([A-Za-z]+)[-_](20\d\d)", name)
    assert found is not None, name
    return date(int(found[2]), _MONTHS[found[1].lower()], 1)


def read_counts(folder: Path) -> Counts:
    """Every count of the files in a folder."""
    counts = Counts(serves={"gp_patient_survey": 12, "practice_contract": 3, "complaint": 12})
    for pattern, read in _READERS.items():
        for path in sorted(folder.glob(pattern)):
            read(path, counts)
    _searches(folder, counts)
    _events(folder, counts)
    return counts


def _searches(folder: Path, counts: Counts) -> None:
    newest: dict[tuple[str, str, date], tuple[date, datetime, dict[str, str]]] = {}
    for path in sorted(folder.glob("gp_search_*.csv")):
        for row in _rows(path):
            as_at, run = _day(row["Relative Date"]), datetime.strptime(row["Last Run"], "%d/%m/%Y %H:%M")
            key = (row["Practice Code"], row["Search ID"], as_at.replace(day=1))
            counts.months["gp_search"].add(key[2])
            if key not in newest or (as_at, run) > newest[key][:2]:
                newest[key] = (as_at, run, row)
    for (practice, search, month), (_, _, row) in newest.items():
        counts.put(("gp_search", search, "numerator"), (practice, month), row["Population Count"])
        counts.put(("gp_search", search, "denominator"), (practice, month), row["Parent Count"])


def _year_end(name: str) -> date:
    found = re.search(r"_(\d\d)(\d\d)\.", name)
    assert found is not None, name
    return date(2000 + int(found[2]), 3, 1)


def _prevalence(path: Path, counts: Counts) -> None:
    month = _year_end(path.name)
    counts.months["qof_prevalence"].add(month)
    for row in _rows(path):
        place = (row["PRACTICE_CODE"], month)
        counts.put(("qof_prevalence", row["GROUP_CODE"], "register"), place, row["REGISTER"])
        counts.put(("qof_prevalence", row["GROUP_CODE"], "list"), place, row["PATIENT_LIST_SIZE"])


def _achievement(path: Path, counts: Counts) -> None:
    month = _year_end(path.name)
    counts.months["qof_achievement"].add(month)
    practices = set()
    for row in _rows(path):
        if row["MEASURE"].upper() == "ACHIEVED_POINTS" and month.year in _POINTS:
            practices.add(row["PRACTICE_CODE"])
            counts.put(("qof_achievement", "TOTAL", "achieved_points"), (row["PRACTICE_CODE"], month), row["VALUE"])
    for practice in practices:
        counts.put(("qof_achievement", "TOTAL", "available_points"), (practice, month), _POINTS[month.year])


def _survey(path: Path, counts: Counts) -> None:
    found = re.search(r"20\d\d", path.name)
    assert found is not None
    year = int(found[0])
    month = date(year, 3, 1)
    counts.months["gp_patient_survey"].add(month)
    for row in _rows(path):
        if len(row["Practice_Code"]) != 6:
            continue
        one = {
            name.lower(): Decimal(cell)
            for name, cell in row.items()
            if re.fullmatch(r"q\d+_?\d*(base)?|received|distributed", name.lower())
        }
        asked = "q3base" if year < _NEW_BASES_FROM else "q3_1234base"
        asked_overall = "q18base" if year < _NEW_BASES_FROM else "q18_12345base"
        shares = {
            "PHONE": (one["q3_12"], one[asked]),
            "OVERALL_APPT": (one["q18_12"], one[asked_overall]),
            "RESPONSE": (one["received"], one["distributed"]),
        }
        if year < _NEW_BASES_FROM:  # later the other questions are not asked so
            shares |= {
                "SUCCESS": (one["q12_1"] + one["q12_2"], one["q12base"]),
                "CONVENIENCE": (one["q15_12"], one["q15base"]),
                "CONVENIENCE_REBASED": (one["q15_12"], one["q15base"] + one["q12_3"]),
            }
        for code, (above, below) in shares.items():
            counts.put(("gp_patient_survey", code, "numerator"), (row["Practice_Code"], month), above)
            counts.put(("gp_patient_survey", code, "denominator"), (row["Practice_Code"], month), below)


def _friends(path: Path, counts: Counts) -> None:
    month = _month(path.stem[-7:])
    counts.months["friends_and_family"].add(month)
    for row in _rows(path):
        if len(row["Practice Code"]) == 6 and row["Total Responses"].isdigit():
            place = (row["Practice Code"], month)
            positive = int(row["Extremely Likely"]) + int(row["Likely"])
            counts.put(("friends_and_family", "FFT", "positive"), place, positive)
            counts.put(("friends_and_family", "FFT", "answered"), place, row["Total Responses"])


def _returns(path: Path, counts: Counts) -> None:
    for row in _rows(path):
        month = _month(row["month"])
        counts.months["friends_and_family"].add(month)
        due = twelfth_working_day(month)
        if row["submitted_on"] and date.fromisoformat(row["submitted_on"]) <= due:
            counts.in_time[month].add(row["practice_code"])


def _appointments(path: Path, counts: Counts) -> None:
    for row in _rows(path):
        month = _month(row["month"])
        counts.months["gp_appointments"].add(month)
        counted = row["clinician_type"] in _CLINICIANS and row["mode"] in _MODES
        offered = int(row["appointments_offered"]) if counted else 0
        counts.put(("gp_appointments", "ACCESS", "numerator"), (row["practice_code"], month), offered)


def _appointments_with_status(path: Path, counts: Counts) -> None:
    for row in _rows(path):
        month = datetime.strptime(row["APPOINTMENT_MONTH_START_DATE"], "%d%b%Y").date()
        counts.months["gp_appointments"].add(month)
        place, number = (row["GP_CODE"], month), int(row["COUNT_OF_APPOINTMENTS"])
        counted = row["HCP_TYPE"] in _CLINICIANS and row["APPT_MODE"] in _MODES
        counts.put(("gp_appointments", "ACCESS", "numerator"), place, number if counted else 0)
        for measure, statuses in (("dna", {"DNA"}), ("with_status", {"DNA", "Attended"})):
            counts.put(("gp_appointments", "APPT", measure), place, number if row["APPT_STATUS"] in statuses else 0)


def _ratings(path: Path, counts: Counts) -> None:
    month = _month_of_name(path.name)
    counts.months["cqc_rating"].add(month)
    for row in _rows(path):
        overall = row["Service / Population Group"] == row["Domain"] == "Overall"
        if overall and len(row["Location ODS Code"]) == 6:
            place = (row["Location ODS Code"], month)
            good = row["Latest Rating"] in ("Good", "Outstanding")
            counts.put(("cqc_rating", "CQC", "good_or_better"), place, int(good))
            counts.put(("cqc_rating", "CQC", "rated"), place, 1)


def _referrals(path: Path, counts: Counts) -> None:
    for row in _rows(path):
        month = _month(row["month"])
        counts.months["ers_referrals"].add(month)
        counts.put(("ers_referrals", "ERS", "numerator"), (row["practice_code"], month), row["referrals_ers"])
        counts.put(("ers_referrals", "ERS", "denominator"), (row["practice_code"], month), row["referrals_all"])


def _contracts(path: Path, counts: Counts) -> None:
    month = _month(path.stem[-7:])
    counts.months["practice_contract"].add(month)
    cells = _workbook(path) if path.suffix == ".xlsx" else list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    header = next(place for place, row in enumerate(cells) if "Practice Code" in row)
    for line in cells[header + 1 :]:
        row = dict(zip(cells[header], line, strict=False))
        practice = row.get("Practice Code", "")
        if not re.fullmatch("[A-Z][A-Z0-9]{5}", practice):
            continue
        for code, name in (("PPG", "PPG"), ("EARNINGS", "Earnings Published"), ("RECORDS", "Record Access")):
            said = row.get(name, "")
            counts.put(("practice_contract", code, "known"), (practice, month), int(said in ("Y", "N")))
            if said in ("Y", "N"):
                counts.put(("practice_contract", code, "yes"), (practice, month), int(said == "Y"))


def _events(folder: Path, counts: Counts) -> None:
    logs = sorted(folder.glob("contract_event_*.csv"))
    for row in _rows(logs[-1]) if logs else ():
        if row["Record"] == "coverage" and row["Event Type"] == "visit" and row["Complete To"]:
            month = _day(row["Complete From"]).replace(day=1)
            while next_month(month) - timedelta(days=1) <= _day(row["Complete To"]):
                counts.months["contract_event"].add(month)
                month = next_month(month)
        if row["Record"] == "event" and row["Event Type"] == "visit" and row["Occurred On"]:
            place = (row["Practice Code"], _day(row["Occurred On"]).replace(day=1))
            counts.put(("contract_event", "VISIT", "events"), place, 1)
    counts.logs |= {"contract_event", "complaint"}


def _complaints(path: Path, counts: Counts) -> None:
    counts.months["complaint"].add(date(int(path.stem.rpartition("_")[2][:4]), 4, 1))
    for row in _rows(path):
        place = (row["Practice Code"], _day(row["Received On"]).replace(day=1))
        counts.put(("complaint", "COMPLAINT", "received"), place, 1)


def _published(path: Path, counts: Counts) -> None:
    for row in _rows(path):
        month = _day(row["Period End"]).replace(day=1)
        counts.months["published_indicator"].add(month)
        for name in ("Numerator", "Denominator"):
            if row[name]:
                kind = ("published_indicator", row["Indicator Code"], name.lower())
                counts.put(kind, (row["Org Code"], month), row[name])


def _pathways(path: Path, counts: Counts) -> None:
    month = _month_of_name(path.name.partition("RTT-")[2])
    counts.months["rtt_waiting_list"].add(month)
    for row in _rows(path):
        if row["RTT Part Type"] != "Part_2" or row["Treatment Function Code"].endswith("999"):
            continue
        place = (row["Commissioner Org Code"], month)
        weeks = {int(name[3:5]): int(cell or 0) for name, cell in row.items() if re.match(r"Gt \d\d ", name)}
        counts.put(("rtt_waiting_list", "RTT", "within_18"), place, sum(n for week, n in weeks.items() if week < 18))
        counts.put(("rtt_waiting_list", "RTT", "over_52"), place, sum(n for week, n in weeks.items() if week >= 52))
        counts.put(("rtt_waiting_list", "RTT", "waiting"), place, row["Total All"])


def _diagnostics(path: Path, counts: Counts) -> None:
    month = _month_of_name(path.name)
    counts.months["diagnostic_waits"].add(month)
    for row in _rows(path):
        if row["Diagnostic Tests"].upper() == "TOTAL":
            continue
        place = (row["Commissioner Org Code"], month)
        late = sum(int(cell or 0) for name, cell in row.items() if re.match(r"(0[6-9]|1\d)( <|\+)", name))
        counts.put(("diagnostic_waits", "DM01", "six_weeks_or_more"), place, late)
        counts.put(("diagnostic_waits", "DM01", "waiting"), place, row["Total WL"])


def _cancer(path: Path, counts: Counts) -> None:
    month = _month_of_name(path.name)
    counts.months["cancer_waits"].add(month)
    for row in _rows(path):
        if row["Cancer Type"].upper().startswith("ALL") or row["Standard"].upper() not in _CANCER:
            continue
        place, code = (row["Commissioner Org Code"], month), _CANCER[row["Standard"].upper()]
        counts.put(("cancer_waits", code, "within"), place, row["Within Standard"])
        counts.put(("cancer_waits", code, "total"), place, row["Total"])


def _therapies(path: Path, counts: Counts) -> None:
    month = _month_of_name(path.name)
    counts.months["iapt"].add(month)
    by_org: dict[str, dict[str, int]] = defaultdict(dict)
    for row in _rows(path):
        if row["GROUP_TYPE"] == "CCG" and row["MEASURE_VALUE_SUPPRESSED"].isdigit():
            by_org[row["ORG_CODE1"]][row["MEASURE_NAME"]] = int(row["MEASURE_VALUE_SUPPRESSED"])
    for org, found in by_org.items():
        finished, not_cases = found.get("Count_FinishedCourseTreatment"), found.get("Count_NotAtCaseness")
        cases = None if finished is None or not_cases is None else finished - not_cases
        within = "Count_FirstTreatment{}WeeksFinishedCourseTreatment"
        for code, above, below in (
            ("ENTER", found.get("Count_FirstTreatment"), _PEOPLE.get(org)),
            ("RECOVERY", found.get("Count_Recovery"), cases),
            ("WAIT6", found.get(within.format(6)), finished),
            ("WAIT18", found.get(within.format(18)), finished),
        ):
            for measure, value in (("numerator", above), ("denominator", below)):
                if value is not None:
                    counts.put(("iapt", code, measure), (org, month), value)


_READERS: Mapping[str, Callable[[Path, Counts], None]] = {
    "PREVALENCE_*.csv": _prevalence,
    "ACHIEVEMENT_*.csv": _achievement,
    "GPPS_*.csv": _survey,
    "GP_FFT_*.csv": _friends,
    "CQRS_FFT_*.csv": _returns,
    "access_return_*.csv": _appointments,
    "appointments_practice_*.csv.gz": _appointments_with_status,
    "*_Latest_ratings.csv": _ratings,
    "ers_referrals_*.csv": _referrals,
    "practice_contract_*": _contracts,
    "complaint_*.csv": _complaints,
    "quality_premium_*.csv": _published,
    "*-RTT-*.csv": _pathways,
    "DM01-*.csv": _diagnostics,
    "Cancer-Waits-*.csv": _cancer,
    "iapt-*.csv": _therapies,
}
