"""The contract feeds of a sample: register of contracts, log of events, complaints.

Belongs here: which files there are and what stands in them. Does not belong here: risks (`risk_feeds`) and who exists
(`world`). With 92 practices the figures are those of the committee's paper, exactly; with fewer they are in proportion.
Nothing here draws from a random stream: whole numbers are shared out in the order of the codes.

- practice_contract_<month>.csv: the register at each quarter end of the span and at its end. That of March knows who
  has a patient participation group (all of them), the others say nothing of it; of published earnings no register
  knows. The last one is a plain table, that of March is a workbook, the others have their day above and a total below.
- contract_event_<month>.csv: the whole log as exported at the end of June 2017 and of the span. Visits come in late:
  of those until June 2017 the June export had 31, 12 of them since April; two months later the log had 63 until August,
  17 of them since June, and so 46 until May. No log of whole months could give the paper all four figures at once.
- complaint_<year>.csv: complaints of each financial year of the span that were received by its end; of 2016/17 all 102
  in 59 practices, 18 of them without an outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import gcd
from pathlib import Path

from .apportion import apportion
from .finance_tables import Cell, csv_bytes, workbook
from .months import add_months, financial_year_name, financial_year_start, months_between
from .world import Practice, World

Files = dict[str, bytes]
#: Contracts of 92 practices, and how many of the PMS ones have asked to move to GMS.
_TYPES = {"GMS": 74, "PMS": 5, "APMS": 13}
_MOVING = 3
_OF = 92
CONTRACT_COLUMNS = (
    *("Practice Code", "Practice Name", "Contract Type", "Start Date", "End Date", "Contract Holder", "PPG"),
    *("PPG Confirmed On", "Earnings Published", "Earnings Year", "Record Access", "List Status", "Requested Move To"),
)
EVENT_COLUMNS = (
    *("Record", "Event ID", "Event Type", "Practice Code", "Requested On", "Occurred On", "Outcome", "Themes"),
    *("Complete From", "Complete To", "As At"),
)
COMPLAINT_COLUMNS = ("Complaint Ref", "Financial Year", "Received On", "Practice Code", "Outcome", "Theme")
#: Visits by month of 2016/17 and 2017/18 as the log has them in the end, and as the June export had them.
_VISITS = {
    date(2016, 9, 1): (3, 2), date(2016, 10, 1): (5, 3), date(2016, 11, 1): (5, 3), date(2016, 12, 1): (3, 2),
    date(2017, 1, 1): (5, 3), date(2017, 2, 1): (5, 3), date(2017, 3, 1): (6, 3), date(2017, 4, 1): (7, 5),
    date(2017, 5, 1): (7, 4), date(2017, 6, 1): (6, 3), date(2017, 7, 1): (5, 0), date(2017, 8, 1): (6, 0),
}  # fmt: skip
#: Visits in a month that the paper does not speak of.
_USUAL_VISITS = 5
_VISITS_BEGAN = date(2016, 9, 1)
_EARLY_EXPORT = date(2017, 6, 1)
_ASKED = date(2017, 7, 11)
_THEMES = ("PREMISES", "BOUNDARY_MAP", "FFT", "LD_HEALTH_CHECK", "WORKFORCE")
#: Kinds of which the log is complete; of the others it says nothing, so that nobody reads none as none.
_COVERED = ("visit", "extension", "partnership_change", "boundary_change", "list_closure_request")
_NOT_COVERED = ("interim_provider", "merger", "sanction", "practice_closure")
_COMPLAINTS, _COMPLAINED_OF = 102, 59
_OUTCOMES = {
    "Not upheld": 15, "Resolved by provider": 19, "No consent": 14, "Withdrawn": 14, "Partly upheld": 13, "Upheld": 9,
    "": 18,
}  # fmt: skip
#: In rank order.
_SUBJECTS = {
    "Clinical care": 34, "Prescriptions": 25, "Appointments": 19, "Removal from list": 14, "Communication": 10
}  # fmt: skip


def write_contracts(folder: Path, world: World, first: date, last: date) -> None:
    """Write the three feeds of the months `first` to `last`."""
    own = [practice for practice in world.listed if world.is_own(practice)]
    months = months_between(first, last)
    files = _registers(own, months) | _logs(own, months) | _complaints(own, months)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def month_end(month: date) -> date:
    """Last day of the month."""
    return add_months(month, 1) - timedelta(days=1)


def scaled(figure: int, practices: int) -> int:
    """A figure of 92 practices for so many."""
    return round(figure * practices / _OF)


def _spread(words: Sequence[str], counts: Sequence[int], total: int) -> list[str]:
    """So many of each word, mixed evenly, for `total` rows in their order."""
    shares = apportion(total, counts)
    placed = [
        ((place + 0.5) / share, number, word)
        for number, (word, share) in enumerate(zip(words, shares, strict=True))
        for place in range(share)
    ]
    return [word for _, _, word in sorted(placed)]


def _registers(own: list[Practice], months: list[date]) -> Files:
    ends = [month for month in months if month.month in (3, 6, 9, 12) or month == months[-1]]
    lasting = [practice for practice in own if practice.closed is None]
    words = _spread(list(_TYPES), list(_TYPES.values()), len(lasting))
    types = {practice.code: word for practice, word in zip(lasting, words, strict=True)}
    files: Files = {}
    for month in ends:
        name = f"practice_contract_{month:%Y-%m}"
        as_at = month_end(month)
        rows = _contracts(own, types, as_at, knows_ppg=month.month == 3)
        if month == months[-1]:
            table: list[Sequence[Cell]] = [[*CONTRACT_COLUMNS, "As At"], *([*row, _day(as_at)] for row in rows)]
            files[f"{name}.csv"] = csv_bytes(table)
            continue
        titled: list[list[Cell]] = [["Register of practice contracts"], [f"As at {_day(as_at)}"], []]
        titled += [list(CONTRACT_COLUMNS), *rows, ["Total contracts", None, str(len(rows))]]
        if month.month == 3:
            files[f"{name}.xlsx"] = workbook("Contracts", titled)
        else:
            files[f"{name}.csv"] = csv_bytes(titled)
    return files


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _contracts(own: list[Practice], types: dict[str, str], as_at: date, *, knows_ppg: bool) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    of_pms = [code for code, kind in types.items() if kind == "PMS"]
    for practice in own:
        if not practice.is_open(as_at):
            continue
        kind = types.get(practice.code, "GMS")
        # The contracts of today began in 2004; APMS contracts are for five years.
        start, end = max(practice.opened, date(2004, 4, 1)), None
        if kind == "APMS":
            start = max(practice.opened, date(2000, 4, 1))
            while start.replace(year=start.year + 5) <= as_at:
                start = start.replace(year=start.year + 5)
            end = start.replace(year=start.year + 5) - timedelta(days=1)
        word = practice.name.split()[0].title()
        rows.append([
            practice.code, practice.name.replace(",", ""), kind, _day(start), _day(end) if end else None,
            f"{word} Healthcare Ltd" if kind == "APMS" else f"{word} Partnership", "Y" if knows_ppg else None,
            _day(as_at) if knows_ppg else None, None, None, "Y", "open",
            "GMS" if practice.code in of_pms[:_MOVING] else None,
        ])  # fmt: skip
    return rows


def _logs(own: list[Practice], months: list[date]) -> Files:
    last = months[-1]
    exports = [(last, last <= _EARLY_EXPORT)]
    if months[0] <= _EARLY_EXPORT < last:
        exports.insert(0, (_EARLY_EXPORT, True))
    return {f"contract_event_{month:%Y-%m}.csv": _log(own, month, is_early=is_early) for month, is_early in exports}


def _log(own: list[Practice], export: date, *, is_early: bool) -> bytes:
    """The log as exported at the end of a month; an early one lacks the visits that were entered later."""
    as_at = _day(month_end(export))
    rows: list[Sequence[Cell]] = [EVENT_COLUMNS]
    began = min(_VISITS_BEGAN, financial_year_start(export))
    visited = [practice for practice in own if practice.opened <= began and practice.closed is None]
    months = months_between(began, export)
    counts = [_VISITS.get(month, (_USUAL_VISITS, _USUAL_VISITS)) for month in months]
    practices = sum(practice.closed is None for practice in own)
    of_month, entered = (apportion(scaled(sum(found), practices), found) for found in zip(*counts, strict=True))
    place = 0
    for month, visits, seen in zip(months, of_month, entered, strict=True):
        for number in range(visits):
            place += 1
            if is_early and number >= seen:
                continue
            day = month + timedelta(days=1 + number * 27 // visits)
            themes = ";".join(theme for index, theme in enumerate(_THEMES) if (place + index) % (index + 2) == 0)
            rows.append([
                "event", f"V{month:%y%m}{number + 1:02d}", "visit", visited[place * 7 % len(visited)].code, None,
                _day(day), "Action plan agreed" if themes else "No concerns", themes or None, None, None, as_at,
            ])  # fmt: skip
    if began <= _ASKED <= month_end(export):
        rows.append([
            "event", "B170701", "boundary_change", visited[len(visited) // 3].code, _day(_ASKED), None,
            "Asks to reduce: under review", None, None, None, as_at,
        ])  # fmt: skip
    for kind in (*_COVERED, *_NOT_COVERED):
        span: list[Cell] = [_day(began), as_at] if kind in _COVERED else [None, None]
        rows.append(["coverage", f"COVER-{kind.upper()}", kind, None, None, None, None, None, *span, as_at])
    return csv_bytes(rows)


def _complaints(own: list[Practice], months: list[date]) -> Files:
    files: Files = {}
    count = sum(practice.closed is None for practice in own)
    total, practices = scaled(_COMPLAINTS, count), max(scaled(_COMPLAINED_OF, count), 1)
    outcomes = _spread(list(_OUTCOMES), list(_OUTCOMES.values()), total)
    themes = _spread(list(_SUBJECTS), list(_SUBJECTS.values()), total)
    # Themes run against outcomes, so that neither tells the other.
    step = next(number for number in (5, 7, 11, 13, 17) if gcd(number, max(total, 1)) == 1)
    for year in sorted({financial_year_start(month) for month in months}):
        name = financial_year_name(year)
        of_year = [practice for practice in own if practice.opened <= year and practice.closed is None]
        rows: list[Sequence[Cell]] = [COMPLAINT_COLUMNS]
        for number in range(total):
            received = year + timedelta(days=number * 364 // total)
            if received > month_end(months[-1]):
                break
            rows.append([
                f"GP/{year.year}/{number + 1:04d}", name.replace("-", "/"), _day(received),
                of_year[number % practices * len(of_year) // practices].code, outcomes[number] or None,
                themes[number * step % total],
            ])  # fmt: skip
        if len(rows) > 1:
            files[f"complaint_{name}.csv"] = csv_bytes(rows)
    return files
