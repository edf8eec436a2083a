"""Small hospital files made by hand, and in plain Python which of their rows count.

Belongs here: writing a few rows as a supplier would, and the submission rules applied file after file in the order of
submission. Does not belong here: how the warehouse does it (`sources.ledger`, `dbt_project.records`).
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from sources.contracts import load_contracts

# Of each dataset the columns of record, fallback and date, and what else must not be empty or helps to look real.
SHAPES: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "sus_aea": ("unique_cds_identifier", "aea_ident", "arrival_date", {"arrival_time": "10:30"}),
    "sus_apcs": ("apcs_ident", "apcs_ident", "discharge_date", {"admission_date": "2017-04-01"}),
    "sus_apce": (
        "unique_cds_identifier",
        "apce_ident",
        "episode_end_date",
        {"apcs_ident": "S1", "episode_number": "1"},
    ),
    "sus_opa": ("unique_cds_identifier", "opa_ident", "appointment_date", {"attendance_status": "5"}),
}
# Of a real feed, so that rows pass the gates.
FILLED = {
    "der_pseudo_nhs_number": "P1", "gp_practice_code": "N82001", "administrative_category": "01",
    "admission_method": "21", "treatment_function_code": "320", "main_specialty_code": "320",
    "der_diagnosis_all": "||J440", "primary_diagnosis_code": "J440", "first_attendance": "1",
    "opa_referral_source": "03", "consultant_code": "C1234567", "aea_department_type": "01",
    "aea_attendance_category": "1", "aea_referral_source": "01", "aea_arrival_mode": "2",
    "aea_attendance_disposal": "03", "aea_investigation_01": "24", "aea_treatment_01": "22",
    "episode_start_date": "2017-04-01", "episode_number": "1",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One version of a record; without a `day` it has not ended. `minutes` before the extract of its file."""

    record: str
    provider: str
    day: date | None
    is_deleted: bool = False
    practice: str = "N82001"
    minutes: int = 0


@dataclass(frozen=True)
class File:
    """One file as a supplier sends it. Bulk files may cover provider-months that they have no row of."""

    extract: datetime
    rows: tuple[Row, ...]
    protocol: str = "bulk"
    status: str | None = None
    covers: tuple[tuple[str, date], ...] = ()
    received: datetime | None = None

    @property
    def moment(self) -> datetime:
        """When it was received: the day after its extract where nothing else is said."""
        return self.received or self.extract + timedelta(days=1)

    @property
    def newest(self) -> datetime:
        """The newest extract time of its rows; of a file without rows the moment of receipt."""
        times = [self.extract - timedelta(minutes=row.minutes) for row in self.rows]
        return max(times, default=self.moment)


def month_of(day: date | datetime) -> date:
    """First day of its month."""
    return date(day.year, day.month, 1)


def write(folder: Path, dataset: str, name: str, file: File) -> Path:
    """The file in the layout of the feed, with its sidecar."""
    record, fallback, dated, others = SHAPES[dataset]
    layout = load_contracts()[dataset].layouts[0]
    columns = [column for column in layout.names if column not in layout.optional]
    has_flag = "update_type" in columns
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writerow({column: layout.names[column][0] for column in columns})
        for number, row in enumerate(file.rows, start=1):
            values = {column: FILLED.get(column, "") for column in columns} | others
            values |= {fallback: f"{name}-{number}", record: row.record, dated: row.day.isoformat() if row.day else ""}
            values |= {"der_provider_code": row.provider, "gp_practice_code": row.practice}
            values["extract_date_time"] = (file.extract - timedelta(minutes=row.minutes)).isoformat(" ")
            if has_flag:
                values["update_type"] = "1" if row.is_deleted else "9"
            writer.writerow(values)
    stated: dict[str, object] = {"received_at": file.moment.isoformat(), "protocol": file.protocol}
    if file.status:
        stated["activity_status"] = file.status
    if file.covers:
        stated["covers"] = [
            {"providers": [provider], "from": f"{month:%Y-%m}", "to": f"{month:%Y-%m}"}
            for provider, month in file.covers
        ]
    path.with_name(f"{name}.meta.json").write_text(json.dumps(stated))
    return path


@dataclass
class _Month:
    """A provider-month while files come for it."""

    base: int | None = None
    status: str | None = None
    nets: list[int] = field(default_factory=list)

    @property
    def is_frozen(self) -> bool:
        return self.status in ("freeze", "final")

    def take(self, number: int, protocol: str, status: str) -> None:
        """What one more file does to it."""
        if protocol == "net":
            if not self.is_frozen:
                self.nets.append(number)
        elif not self.is_frozen or status == "final":
            self.base, self.status, self.nets = number, status, []


def current_rows(
    files: Sequence[File], timetable: dict[date, datetime]
) -> set[tuple[str, str, date | None, str, str, date]]:
    """Record, provider, day, practice, status and month of every row that counts."""
    ordered = sorted(files, key=lambda file: (file.newest, file.moment))
    months: dict[tuple[str, date], _Month] = {}
    statuses: dict[tuple[int, date], str] = {}
    for number, file in enumerate(ordered):
        for provider, month in sorted(_stands_for(file)):
            status = file.status or ("flex" if file.newest < timetable[month] else "freeze")
            statuses[number, month] = status
            months.setdefault((provider, month), _Month()).take(number, file.protocol, status)

    versions: dict[tuple[str, str], list[tuple[int, int, datetime, int, int]]] = {}
    placed: dict[tuple[int, int], tuple[Row, date, bool]] = {}
    for number, file in enumerate(ordered):
        newest: dict[tuple[str, str], tuple[datetime, int]] = {}
        for line, row in enumerate(file.rows):
            extracted = file.extract - timedelta(minutes=row.minutes)
            month = month_of(row.day or extracted)
            held = months.get((row.provider, month), _Month())
            if held.is_frozen and held.base is not None and held.base < number:
                continue  # drift
            placed[number, line] = (row, month, number == held.base or number in held.nets)
            key = (row.provider, row.record)
            newest[key] = max(newest.get(key, (extracted, line)), (extracted, line))
        for key, (extracted, line) in newest.items():
            row, month, _ = placed[number, line]
            held = months.get((row.provider, month), _Month())
            # The newest final stands before any freeze, of which the oldest stands; a deletion keeps nothing.
            stands = held.base == number and not row.is_deleted
            rank = {"final": 2, "freeze": 1}.get(held.status or "", 0) if stands else 0
            versions.setdefault(key, []).append((rank, -number if rank == 1 else number, extracted, line, number))
    found = set()
    for candidates in versions.values():
        _, _, _, line, number = max(candidates)
        row, month, is_in_force = placed[number, line]
        if is_in_force and not row.is_deleted:
            found.add((row.record, row.provider, row.day, row.practice, statuses[number, month], month))
    return found


def _stands_for(file: File) -> set[tuple[str, date]]:
    made = month_of(file.newest)
    return _covered(file) | {
        (row.provider, month_of(row.day)) for row in file.rows if row.day and row.day < _after(made)
    }


def _covered(file: File) -> set[tuple[str, date]]:
    return set(file.covers) if file.protocol == "bulk" else set()


def _after(month: date) -> date:
    return month_of(month + timedelta(days=31))
