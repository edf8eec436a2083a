"""Which rows of the hospital files count: flex, freeze, bulk, net, deletion and the record that moved.

Belongs here: the submission rules, in the order of submission. Does not belong here: what a row is about
(`truth_sus_files`) and what is summed (`truth_sus`).

Readings:
- Files come in the order of the newest extract time in them (of a file without rows: of its receipt), then of receipt,
  then of their hash.
- A bulk file stands for the provider-months of its dated rows, of the report periods in it, and of its sidecar; a net
  file for those of its dated rows. No row makes a file stand for a month after its extract. A row without its date (a
  spell not ended) is only a version of its record, never a month that was received.
- Each provider-month has one base: its newest final bulk file; else its oldest freeze; else its newest flex or
  estimate. Under a freeze or a final everything later is drift and takes no part. Net files newer than an unfrozen base
  count too.
- A file says of a record of a provider what its newest row says (by extract time, then line). Of what all files say
  (drift apart) one stands: of the newest final base, else of the oldest frozen base, where they do not delete it; else
  of the newest file. It counts where its file is in force for its provider-month and it deletes nothing; otherwise the
  record counts nowhere.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from .truth_sus_files import Extract, Row, Scope

#: Month of activity -> when its freeze begins.
Timetable = dict[date, str]


#: What stands before what: a declared correction, what was frozen, anything else.
_RANK = {"final": 2, "freeze": 1}


@dataclass
class Base:
    """What a provider-month rests on: the number of the file, and whether it may still change."""

    number: int
    status: str

    @property
    def is_frozen(self) -> bool:
        """A frozen month changes only by a file that is declared final."""
        return self.status in ("freeze", "final")


@dataclass
class Current:
    """The rows of one dataset that count, and the provider-months for which a file is in force."""

    rows: list[Row]
    scopes: set[Scope]


def read_timetable(path: Path) -> Timetable:
    """The months of the submission timetable; the cut-off is 17:00 of the day that it prints."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            date.fromisoformat(row["activity_month"][:10]): f"{_day(row['postrec_inclusion'])} 17:00"
            for row in csv.DictReader(file)
        }


def _day(text: str) -> str:
    return datetime.fromisoformat(text).date().isoformat()


def current(extracts: list[Extract], timetable: Timetable) -> Current:
    """The rows of a dataset that count, whatever the order in which its files are given."""
    files = sorted(extracts, key=lambda file: (file.newest, file.received, file.sha256))
    bases: dict[Scope, Base] = {}
    for number, file in enumerate(files):
        if file.protocol == "bulk":
            for scope in file.scopes:
                _take(bases, scope, Base(number, _status(file, scope[1], timetable)))
    nets = {
        (number, scope)
        for number, file in enumerate(files)
        if file.protocol == "net"
        for scope in file.scopes
        if scope not in bases or (not bases[scope].is_frozen and bases[scope].number < number)
    }
    return Current(_standing(files, bases, nets), set(bases) | {scope for _, scope in nets})


def _status(file: Extract, month: date, timetable: Timetable) -> str:
    return file.status or ("freeze" if file.newest >= timetable[month] else "flex")


def _take(bases: dict[Scope, Base], scope: Scope, offered: Base) -> None:
    """The later file replaces the earlier one, unless that is frozen; a final replaces anything."""
    held = bases.get(scope)
    if held is None or not held.is_frozen or offered.status == "final":
        bases[scope] = offered


def _standing(files: list[Extract], bases: dict[Scope, Base], nets: set[tuple[int, Scope]]) -> list[Row]:
    """One version of each record."""
    stands: dict[tuple[str, str], tuple[int, bool, Row]] = {}
    for number, file in enumerate(files):
        places: dict[Scope, tuple[bool, int, bool]] = {}
        said: dict[tuple[str, str], Row] = {}
        for row in file.rows:
            scope = row[1]
            if scope not in places:
                base = bases.get(scope)
                is_base = base is not None and base.number == number and scope in file.scopes
                is_drift = base is not None and base.is_frozen and base.number < number
                rank = _RANK.get(base.status, 0) if base is not None and is_base else 0
                places[scope] = (is_drift, rank, is_base or (number, scope) in nets)
            if places[scope][0]:
                continue
            record = (scope[0], row[0])
            if record not in said or row[2] >= said[record][2]:
                said[record] = row
        for record, row in said.items():
            _, rank, is_in_force = places[row[1]]
            if row[3]:
                rank = 0
            held = stands.get(record)
            # Files come oldest first: a later one takes the place of anything but a freeze before it.
            if held is None or rank > held[0] or rank == held[0] != _RANK["freeze"]:
                stands[record] = (rank, is_in_force, row)
    return [row for _, is_in_force, row in stands.values() if is_in_force and not row[3]]
