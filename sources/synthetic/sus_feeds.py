"""The hospital files of a sample: which there are, when they were extracted, and their bytes.

Belongs here: file names, the year-to-date files, the earlier file and the net corrections. Does not belong here: the
rows. Names are `<table>_<financial year>_M<month>.csv`:

- SEM_AEA_201617_M12.csv: every provider, the months of a financial year up to M12. It was extracted after the freeze of
  all of them, or, the newest one, on the 14th after its last month, which leaves the last two flex.
- SEM_AEA_201718_M01_REM.csv: an earlier extract of one provider and the month before the last: with rows that vanish
  later, without rows that were not coded yet, with rows whose date was amended later.
- SEM_AEA_201718_M02_net.csv: the newest corrections, as a net submission: one record deleted, one moved into the month
  before, one new.

No row lies outside the months of the sample. `EC` begins with 2017-10; there is nothing before 2014-04.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np

from .months import add_months
from .sus_admitted import apce_extract, apcs_extract, build_spells
from .sus_calendar import (
    EC_FROM,
    SUS_FROM,
    day_of,
    file_stem,
    flex_extract,
    month_days,
    net_extract,
    year_extract,
    year_months,
)
from .sus_emergency import aea_extract, build_attendances, ec_extract
from .sus_outpatients import build_appointments, opa_extract
from .sus_people import build_people
from .sus_tables import REM, RQ6, Extract, extract_times, report_periods, texts, together
from .world import World

#: Who sent the earlier extract and the corrections.
_EARLY = REM
_NET_DATASETS = ("SEM_AEA", "EC", "SEM_OPA")


@dataclass(frozen=True)
class _Delivery:
    """What the files of one sample have in common."""

    folder: Path
    last: date
    months: list[date]
    #: The hospital that sends an earlier extract of its own.
    early: str

    @property
    def before(self) -> date:
        """The month before the last one, or the only month."""
        return max(add_months(self.last, -1), self.months[0])


def write_sus(folder: Path, world: World, first: date, last: date, seed: int) -> None:
    """Write the hospital files of `first` to `last`; nothing where the span ends before 2014-04."""
    months = [month for month in _span(first, last) if month >= SUS_FROM]
    if not months:
        return
    delivery = _Delivery(folder, last, months, world.description.providers[_EARLY].code)
    people = build_people(world, seed, months)
    years = year_months(months)
    made = {month: year_extract(year, last) for year in years for month in year}

    def yearly(build: Callable[[list[date]], Extract]) -> Iterator[Extract]:
        return (build(year) for year in years)

    attendances = {year[0]: build_attendances(people, year, seed) for year in years}
    _deliver(
        delivery,
        yearly(lambda year: aea_extract(people, attendances[year[0]], [made[month] for month in year], seed)),
    )
    _deliver(
        delivery,
        (
            ec_extract(people, attendances[year[0]], [made[month] for month in year], seed)
            for year in years
            if year[-1] >= EC_FROM
        ),
    )
    _deliver(
        delivery,
        yearly(
            lambda year: opa_extract(
                people, build_appointments(people, year, seed), [made[month] for month in year], seed
            )
        ),
    )
    # Stays and their episodes cross the end of the year: drawn in one go, cut into years afterwards.
    spells = build_spells(people, months, seed)
    extracts = [made[month] for month in months]
    for build in (apcs_extract, apce_extract):
        whole = build(people, spells, extracts, seed)
        _deliver(delivery, (_of_year(whole, year) for year in years))


def _span(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [add_months(first, n) for n in range(count)]


def _of_year(whole: Extract, year: list[date]) -> Extract:
    start = whole.months.index(year[0])
    rows = np.flatnonzero((whole.month >= start) & (whole.month < start + len(year)))
    part = whole.take(rows)
    return replace(part, months=tuple(year), month=part.month - start)


def _write(path: Path, extract: Extract) -> None:
    text = "\r\n".join(extract.lines())
    path.write_bytes((text + "\r\n").encode("ascii"))


def _deliver(delivery: _Delivery, years: Iterator[Extract]) -> None:
    """Write the yearly files of one dataset; then the earlier file and the corrections of its last months."""
    recent: list[Extract] = []
    for year in years:
        if not len(year):
            continue
        _write(delivery.folder / f"{year.dataset}_{file_stem(year.months[-1])}.csv", year)
        recent += [_only(year, month) for month in (delivery.before, delivery.last) if month in year.months]
    if not recent:
        return
    newest = _joined(recent)
    _early_file(delivery, newest)
    if newest.dataset in _NET_DATASETS:
        _net_file(delivery, newest)


def _only(extract: Extract, month: date) -> Extract:
    rows = np.flatnonzero(extract.month == extract.months.index(month))
    part = extract.take(rows)
    return replace(part, months=(month,), month=np.zeros(len(rows), np.int64))


def _joined(recent: list[Extract]) -> Extract:
    """The last two months (which can be of two files) as one extract."""
    months = tuple(sorted({one.months[0] for one in recent}))
    placed = {
        one.months[0]: replace(one, months=months, month=np.full(len(one), months.index(one.months[0])))
        for one in recent
    }
    return together([placed[month] for month in months])


def _early_file(delivery: _Delivery, newest: Extract) -> None:
    """What REM had sent of the month before the last, a month earlier."""
    if delivery.before not in newest.months:
        return
    place = newest.months.index(delivery.before)
    of_provider = newest.provider == _EARLY
    rows = np.flatnonzero(of_provider & (newest.month == place))
    if len(rows) < 10:
        return
    moment = flex_extract(delivery.last, is_only=delivery.before == delivery.last)
    kept = newest.take(rows[np.arange(len(rows)) % 25 != 7])
    vanishing = kept.take(np.arange(0, 3)).mapped(ident=_beside)
    if "record" in kept.parts:
        vanishing = vanishing.mapped(record=_beside)
    parts = [kept, vanishing]
    later = np.flatnonzero(of_provider & (newest.month > place) & (newest.counted == 1))[:2]
    if len(later):
        parts.append(_dated(newest.take(later), place, month_days(delivery.before).last))
    early = together(parts)
    if "paid" in early.parts:
        # Not priced yet: every fifteenth row.
        price = early.parts["paid"].copy()
        price[::15] = [_unpriced(text) for text in price[::15]]
        early = early.changed(paid=price)
    early = _extracted(early, moment)
    name = f"{early.dataset}_{file_stem(delivery.before)}_{delivery.early}.csv"
    _write(delivery.folder / name, early)


def _net_file(delivery: _Delivery, newest: Extract) -> None:
    """One record deleted, one moved into the month before, one new: the corrections after the newest file."""
    if delivery.last not in newest.months:
        return
    last = newest.months.index(delivery.last)
    candidates = (newest.month == last) & (newest.counted == 1)
    rows = np.flatnonzero(candidates & (newest.provider == RQ6))[:3]
    if len(rows) < 3:
        rows = np.flatnonzero(candidates)[:3]
    if len(rows) < 3:
        return
    deleted, moved, new = (newest.take(rows[n : n + 1]) for n in range(3))
    parts = [
        deleted.changed(update_type=texts(["1"])),
        _dated(moved, newest.months.index(delivery.before), month_days(delivery.before).last).changed(
            update_type=texts(["9"])
        ),
        new.mapped(ident=_beside, record=_beside).changed(update_type=texts(["9"])),
    ]
    corrections = together(parts)
    moments = [net_extract(delivery.last)] * len(newest.months)
    corrections = corrections.changed(extract=extract_times(corrections.provider, corrections.month, moments))
    path = delivery.folder / f"{newest.dataset}_{file_stem(delivery.last)}_net.csv"
    _write(path, corrections)
    sidecar = path.with_name(path.name + ".meta.json")
    sidecar.write_text(json.dumps({"protocol": "net"}) + "\n", encoding="utf-8")


def _beside(text: str) -> str:
    """An identifier that no other row has."""
    return f"{text}9"


def _unpriced(text: str) -> str:
    """The price columns of one row, emptied; the HRG before them stays."""
    first, *rest = text.split(",")
    keep = first if first and first[0].isalpha() else ""
    return ",".join([keep, *[""] * len(rest)])


def _dated(rows: Extract, month: int, day: int) -> Extract:
    """The rows under another date and month."""
    place = np.full(len(rows), month)
    parts = {"day": f"{day_of(day)}"} if "day" in rows.parts else _stay_dates(rows, day)
    moved = rows.changed(**{name: texts([text] * len(rows)) for name, text in parts.items()})
    if "report_period" in moved.parts:
        moved = moved.changed(report_period=report_periods(rows.months, place))
    return replace(moved, month=place)


def _stay_dates(rows: Extract, day: int) -> dict[str, str]:
    """A spell or episode of one day."""
    names = ("admitted", "discharged", "begin", "end")
    return {name: f"{day_of(day)}" for name in names if name in rows.parts} | (
        {"stay": "0"} if "stay" in rows.parts else {}
    )


def _extracted(rows: Extract, moment: datetime) -> Extract:
    """The rows as of an earlier extract; what was sent before that keeps its time."""
    times = extract_times(rows.provider, rows.month, [moment] * len(rows.months))
    return rows.changed(extract=np.minimum(rows.parts["extract"], times))
