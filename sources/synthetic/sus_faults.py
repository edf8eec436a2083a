"""Faults of the hospital files: what goes wrong between a trust and the commissioner.

Belongs here: the damage. Does not belong here: the registry (`faults`), and what the pipeline should say about it. "The
last month" is the last month of the sample, which is flex in the newest file: a good file sent afterwards mends it; or
the month after the @ of the name. A damaged file is the newest year-to-date file of its dataset (of that month), unless
the description says otherwise.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zlib import crc32

from pcw.errors import PcwError

from .faults import FAULTS, named_fault
from .months import add_months
from .sus_calendar import file_stem
from .sus_tables import stamp

Row = dict[str, str]

_AEA = r"(SEM_AEA|EC)_\d{6}_M\d\d\.csv"
_APCE = r"SEM_APCE_\d{6}_M\d\d\.csv"
_OPA = r"SEM_OPA_\d{6}_M\d\d\.csv"
_CARDIOLOGY, _GENERAL_MEDICINE = "320", "300"


def _read(path: Path) -> tuple[list[str], list[Row]]:
    reader = csv.DictReader(io.StringIO(path.read_bytes().decode("ascii"), newline=""))
    return list(reader.fieldnames or []), list(reader)


def _write(path: Path, columns: list[str], rows: list[Row]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("ascii"))


def _date_column(path: Path) -> str:
    names = {"SEM_OPA": "Appointment_Date", "SEM_APCE": "Episode_End_Date"}
    return next((column for prefix, column in names.items() if path.name.startswith(prefix)), "Arrival_Date")


def _replace(path: Path, month: date, provider: str, change: Callable[[Row], list[Row]], function: str = "") -> None:
    """Put `change(row)` in the place of each row of a provider and month (and treatment function)."""
    columns, rows = _read(path)
    day = _date_column(path)
    hits, result = 0, []
    for row in rows:
        hit = row["Der_Provider_Code"] == provider and row[day].startswith(f"{month:%Y-%m}")
        if hit and (not function or row["Treatment_Function_Code"] == function):
            hits += 1
            result += change(row)
        else:
            result.append(row)
    if not hits:
        raise PcwError(f"{path.name} has no rows of {provider} {function} in {month:%Y-%m} that a fault could damage.")
    _write(path, columns, result)


def _copies(row: Row, count: int) -> list[Row]:
    """The row and `count - 1` more under identifiers of their own."""
    ident = next(iter(row))
    more = [
        {**row, ident: f"{row[ident]}{n}5", "Unique_CDS_Identifier": f"{row['Unique_CDS_Identifier']}{n}5"}
        for n in range(1, count)
    ]
    return [row, *more]


@named_fault(
    "sus_provider_outage",
    "A&E: the rows of RBS for the month before the last (or the only one in the file) are not there.",
    _AEA,
)
def _(path: Path, last: date) -> None:
    month = add_months(last, -1)
    if f",{month:%Y-%m}-" not in path.read_bytes().decode("ascii"):
        month = last
    _replace(path, month, "RBS", lambda row: [])


@named_fault("sus_late_month", "Outpatients: the last month of REP has not come.", _OPA)
def _(path: Path, last: date) -> None:
    _replace(path, last, "REP", lambda row: [])


@named_fault("sus_duplicated_submission", "A&E: the rows of RBS for the last month stand twice, byte for byte.", _AEA)
def _(path: Path, last: date) -> None:
    _replace(path, last, "RBS", lambda row: [row, row])


@named_fault(
    "sus_freeze_restatement",
    "Outpatients: a further file, extracted last, restates RQ6 two months before the last, which is frozen: every "
    "tenth record is gone, every twentieth costs twice as much, every thirtieth has a new one beside it.",
    _OPA,
)
def _(path: Path, last: date) -> str:
    month = add_months(last, -2)
    for source in sorted(path.parent.glob("SEM_OPA_??????_M??.csv"), reverse=True):
        columns, rows = _read(source)
        rows = [
            row
            for row in rows
            if row["Der_Provider_Code"] == "RQ6" and row["Appointment_Date"].startswith(f"{month:%Y-%m}")
        ]
        if rows:
            break
    else:
        raise PcwError("Fault sus_freeze_restatement needs a sample of three months and more with RQ6.")
    after = add_months(last, 1)
    extract = stamp(datetime(after.year, after.month, 28, 18, 30))
    restated: list[Row] = []
    for number, row in enumerate(rows):
        row = {**row, "Extract_Date_Time": extract}
        if number % 20 == 5 and row["Grand_Total_Payment_MFF"]:
            row["Grand_Total_Payment_MFF"] = f"{2 * float(row['Grand_Total_Payment_MFF']):.2f}"
        if number % 10 != 3:
            restated += _copies(row, 2 if number % 30 == 7 else 1)
    added = path.with_name(f"SEM_OPA_{file_stem(month)}_RQ6_restated.csv")
    _write(added, columns, restated)
    return added.name


@named_fault(
    "sus_specialty_recode",
    "Outpatients: RBQ sends its cardiology (320) of the last month as general medicine (300).",
    _OPA,
)
def _(path: Path, last: date) -> None:
    def recode(row: Row) -> list[Row]:
        names = ("Treatment_Function_Code", "Main_Specialty_Code")
        return [{**row, **{name: _GENERAL_MEDICINE for name in names if row[name] == _CARDIOLOGY}}]

    _replace(path, last, "RBQ", recode, _CARDIOLOGY)


@named_fault(
    "sus_episode_inflation",
    "Episodes: every episode of REM that ended in the last month is sent as three, numbered on; spells are the same.",
    _APCE,
)
def _(path: Path, last: date) -> None:
    def inflate(row: Row) -> list[Row]:
        rows = _copies(row, 3)
        return [{**one, "Episode_Number": str(int(row["Episode_Number"]) + 3 * n)} for n, one in enumerate(rows)]

    _replace(path, last, "REM", inflate)


@named_fault(
    "sus_cardiology_wrong",
    "Outpatients: four fifths of RBQ's cardiology (320) of the last month are gone.",
    _OPA,
)
def _(path: Path, last: date) -> None:
    _replace(path, last, "RBQ", _every(5), _CARDIOLOGY)


@named_fault(
    "sus_cardiology_multiplied",
    "Outpatients: every appointment of RBQ's cardiology (320) of the last month is there three times, under "
    "identifiers of its own each time.",
    _OPA,
)
def _(path: Path, last: date) -> None:
    _replace(path, last, "RBQ", lambda row: _copies(row, 3), _CARDIOLOGY)


def _every(step: int) -> Callable[[Row], list[Row]]:
    """Keeps the first of each `step` rows."""
    seen = 0

    def keep(row: Row) -> list[Row]:
        nonlocal seen
        seen += 1
        return [row] if seen % step == 1 else []

    return keep


def never_issued_number(pseudonym: str) -> str:
    """A valid NHS number of the range that is never issued (999...): nearly one for each pseudonym."""
    serial = crc32(pseudonym.encode()) % 1_000_000
    while True:
        digits = f"999{serial:06d}"
        check = 11 - sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11
        if check != 10:
            return digits + str(check % 11)
        serial = (serial + 1) % 1_000_000


@named_fault(
    "sus_planted_identifiers",
    "Outpatients: the file carries NHS number, name, full postcode and date of birth in the place of the pseudonym. "
    "Every hundredth number has a wrong check digit, one is of nothing but zeros. It needs PCW_PSEUDONYM_KEY.",
    _OPA,
)
def _(path: Path, last: date) -> None:
    columns, rows = _read(path)
    planted = ["NHS_Number", "Patient_Name", "Postcode", "Date_of_Birth"]
    hidden = ("Der_Pseudo_NHS_Number", "NHS_Number_Is_Valid")
    for number, row in enumerate(rows):
        pseudonym = row["Der_Pseudo_NHS_Number"]
        nhs_number = never_issued_number(pseudonym) if pseudonym else ""
        if nhs_number and number % 100 == 50:
            nhs_number = nhs_number[:-1] + str((int(nhs_number[-1]) + 1) % 10)
        mark = crc32(b"name" + pseudonym.encode())
        row["NHS_Number"] = "0000000000" if number == 3 else nhs_number
        row["Patient_Name"] = f"PLANTED{mark % 9_973:04d} SAMPLE"
        row["Postcode"] = f"QX{mark % 89 + 10} {mark % 9 + 1}ZZ"
        row["Date_of_Birth"] = f"{1900 + mark % 9}-{mark // 9 % 12 + 1:02d}-{mark // 108 % 28 + 1:02d}"
    _write(path, [*planted, *(name for name in columns if name not in hidden)], rows)


SUS_FAULTS = tuple(name for name in FAULTS if name.startswith("sus_"))
