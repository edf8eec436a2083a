"""Hospital activity: attendances, spells and appointments summed by practice, provider, specialty and month.

Belongs here: what is counted once and under which component, and which months can be believed. Does not belong here:
which rows are current (`truth_sus_rules`), code lists (`truth_sus_codes`) and any rate (`truth_results`).

Readings:
- The practice is the one submitted with the activity. Private patients and activity without a known practice (null,
  V81997, V81998, V81999) are in no component.
- A provider-month of A&E is read from one feed: the one with more current rows that are no known duplicates; CDS 011
  where equal.
- The month is that of arrival, discharge or appointment. A spell counts once; its primary diagnosis is that of
  episode number 1 (the newest extract of it), else what stands first in its list for the first episode; where that is
  blank it is unknown. No later episode stands for the first one, and nothing that the grouper derived.
- Every code of the list may stand as a secondary diagnosis (the first one too, where the first episode says otherwise);
  the primary procedure is the first code of its list.
- A readmission is an emergency admission on the day of, or up to 30 days after, the discharge of another spell of the
  same patient that is not private; of two spells within one day only the one with the higher key is a readmission.
- Spells are told apart within their provider: the key is the provider and its identifier, of episodes as well.
- Cost is the payment with the market forces factor plus what is unbundled; where the total is not printed, the tariff
  plus the factor. It is summed over the same rows as the count that it belongs to.
- Every practice expected in a month has every component of a dataset for which any file is in force in the month, and
  so has every code with activity in it; no activity is an observed zero.
- A month is complete when a file is in force for every expected provider: for A&E one of the two feeds, for admissions
  both spells and episodes. Readmissions need the two months before as well.
"""

from __future__ import annotations

import gc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from .truth_sus_codes import (
    ELECTIVE,
    EMERGENCY,
    NON_ELECTIVE,
    ORDINARY_OR_DAY_CASE,
    PROVIDERS_OF,
    SPECIALTIES,
    codes_of,
    is_national,
    is_six_conditions,
    is_with_j189,
    opening_code,
)
from .truth_sus_files import Row, Scope, find_extracts, read_extract
from .truth_sus_rules import Current, current, read_timetable

TIMETABLE = Path(__file__).parents[2] / "dbt_project" / "seeds" / "sus_timetable.csv"

READMISSIONS = "sus_emergency_readmissions_30d"
READMISSION_COST = f"{READMISSIONS}_cost"
#: What readmissions are read from: who left in the month came in it or, mostly, in the month before, and may have left
#: another time 30 days earlier.
WITH_MONTHS_BEFORE = "sus_apc with the two months before"

_REFERRED = "sus_op_gp_referred_firsts"
#: Component -> the activity that it counts.
SUS_DATASETS = (
    dict.fromkeys(
        (
            *("sus_ae_attendances", "sus_ae_gp_spec_attendances", "sus_ae_gp_spec_attendances_wide", "sus_ae_cost"),
            "sus_ae_gp_spec_cost",
        ),
        "sus_ae",
    )
    | dict.fromkeys(
        (
            *("sus_emergency_admissions", "sus_emergency_zero_day_stays", "sus_elective_spells"),
            *("sus_non_elective_spells", "sus_acs_admissions", "sus_acs_admissions_with_j189"),
            *("sus_acs_admissions_national_19", "sus_emergency_cost", "sus_emergency_zero_day_cost", "sus_acs_cost"),
        ),
        "sus_apc",
    )
    | dict.fromkeys((READMISSIONS, READMISSION_COST), WITH_MONTHS_BEFORE)
    | dict.fromkeys(
        (
            *("sus_op_attendances", "sus_op_firsts", "sus_op_firsts_cost", f"{_REFERRED}_cost", _REFERRED),
            *(f"{_REFERRED}_with_dental", f"{_REFERRED}_all_specialties"),
            *(f"{_REFERRED}_{name}" for name in SPECIALTIES.values()),
        ),
        "sus_op",
    )
)

#: (component, practice, provider, treatment function or nothing, month)
Key = tuple[str, str, str, str, date]


def _later(month: date, count: int) -> date:
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


@dataclass
class Hospital:
    """What the hospital files say: values that are not zero, and months by activity."""

    values: dict[Key, Decimal] = field(default_factory=dict)
    #: activity -> months in which any file is in force
    loaded: dict[str, set[date]] = field(default_factory=dict)
    #: activity -> months in which a file is in force for every expected provider
    complete: dict[str, set[date]] = field(default_factory=dict)
    #: months in which a file of any dataset is in force
    months: set[date] = field(default_factory=set)
    #: activity -> provider and month that a file is in force for
    received: dict[str, set[tuple[str, date]]] = field(default_factory=dict)

    def by_practice(self, expected: Callable[[date], Iterable[str]]) -> Iterator[tuple[date, str, str, Decimal]]:
        """Month, practice, component and value, with the zeros that were observed."""
        sums: dict[tuple[date, str, str], Decimal] = defaultdict(Decimal)
        active: dict[tuple[str, date], set[str]] = defaultdict(set)
        for (component, practice, _, _, month), value in self.values.items():
            sums[month, practice, component] += value
            active[SUS_DATASETS[component], month].add(practice)
        for month in sorted(self.months):
            for component, dataset in SUS_DATASETS.items():
                if month in self.loaded[dataset]:
                    admitted = active["sus_apc", month] if dataset == WITH_MONTHS_BEFORE else set()
                    for practice in {*expected(month), *active[dataset, month], *admitted}:
                        yield month, practice, component, sums.get((month, practice, component), Decimal(0))


def read_hospital(folder: Path, timetable: Path = TIMETABLE, own: Sequence[str] = ("99A",)) -> Hospital:
    """Everything that the hospital files of a sample folder say; of a folder without any, nothing.

    `own` are the commissioners: they decide which providers a month waits for.
    """
    files = find_extracts(folder)
    dates = read_timetable(timetable) if any(files.values()) else {}
    # Millions of small tuples and no circle among them: looking for circles again and again is a tenth of the time.
    gc.disable()
    try:
        return hospital_of({name: current([read_extract(path) for path in files[name]], dates) for name in files}, own)
    finally:
        gc.enable()


def hospital_of(feeds: dict[str, Current], own: Sequence[str] = ("99A",)) -> Hospital:
    """Values and months of the current rows of the five datasets."""
    values: dict[Key, int] = defaultdict(int)
    _emergency_department(feeds["aea"].rows, feeds["ec"].rows, values)
    _admissions(feeds["apcs"].rows, feeds["apce"].rows, values)
    _outpatients(feeds["opa"].rows, values)
    hospital = Hospital({key: _amount(key[0], value) for key, value in values.items() if value})
    scopes = {
        "sus_ae": feeds["aea"].scopes | feeds["ec"].scopes,
        "sus_apc": feeds["apcs"].scopes & feeds["apce"].scopes,
        "sus_op": feeds["opa"].scopes,
    }
    for dataset, known in scopes.items():
        hospital.received[dataset] = set(known)
        hospital.loaded[dataset] = {month for _, month in known}
        hospital.complete[dataset] = {
            month
            for month in hospital.loaded[dataset]
            if all((provider, month) in known for provider in _expected(dataset, month, own))
        }
    hospital.loaded["sus_apc"] = {month for _, month in feeds["apcs"].scopes}
    for months in (hospital.loaded, hospital.complete):
        admitted = months["sus_apc"]
        months[WITH_MONTHS_BEFORE] = {month for month in admitted if {_later(month, -1), _later(month, -2)} <= admitted}
    # The first months have spells whose earlier ones were never received.
    for key in [key for key in hospital.values if key[0] in (READMISSIONS, READMISSION_COST)]:
        if key[4] not in hospital.loaded[WITH_MONTHS_BEFORE]:
            del hospital.values[key]
    hospital.months = {month for feed in feeds.values() for _, month in feed.scopes}
    return hospital


#: Providers that were dissolved: the last month in which they are expected.
_LAST = {"RQ6": date(2019, 9, 1), "RY1": date(2018, 3, 1)}


def _expected(dataset: str, month: date, own: Sequence[str]) -> set[str]:
    """The providers without whose submission a month of a dataset is not whole."""
    listed = {provider for code in own for provider in PROVIDERS_OF.get(code, {}).get(dataset, ())}
    return {provider for provider in listed if month <= _LAST.get(provider, month)}


def _amount(component: str, value: int) -> Decimal:
    return Decimal(value).scaleb(-2) if component.endswith("_cost") else Decimal(value)


def _emergency_department(aea: list[Row], ec: list[Row], values: dict[Key, int]) -> None:
    rows = {"aea": Counter(row[1] for row in aea), "ec": Counter(row[1] for row in ec if row[4][1] is not None)}
    for feed, current_rows in (("aea", aea), ("ec", ec)):
        for _, scope, _, _, (practice, counts, is_spec, is_wide), pence in current_rows:
            if not counts or feed != _feed(scope, rows):
                continue
            place = (practice, scope[0], "", scope[1])
            values["sus_ae_attendances", *place] += 1
            values["sus_ae_cost", *place] += pence
            if is_spec:
                values["sus_ae_gp_spec_attendances", *place] += 1
                values["sus_ae_gp_spec_cost", *place] += pence
            if is_wide:
                values["sus_ae_gp_spec_attendances_wide", *place] += 1


def _feed(scope: Scope, rows: dict[str, Counter[Scope]]) -> str:
    return "aea" if rows["aea"][scope] > rows["ec"][scope] else "ec"


def _outpatients(rows: list[Row], values: dict[Key, int]) -> None:
    for _, (provider, month), _, _, facts, pence in rows:
        practice, function, counts, attended, is_first, by_gp, by_dentist, by_consultant = facts
        if not (counts and attended):
            continue
        place = (practice, provider, function, month)
        values["sus_op_attendances", *place] += 1
        if not is_first:
            continue
        values["sus_op_firsts", *place] += 1
        values["sus_op_firsts_cost", *place] += pence
        if not by_consultant or not (by_gp or by_dentist):
            continue
        specialty = SPECIALTIES.get(function)
        if by_gp:
            values[f"{_REFERRED}_all_specialties", *place] += 1
        if specialty:
            values[f"{_REFERRED}_with_dental", *place] += 1
        if specialty and by_gp:
            values[_REFERRED, *place] += 1
            values[f"{_REFERRED}_cost", *place] += pence
            values[f"{_REFERRED}_{specialty}", *place] += 1


#: Provider and its identifier of a spell.
Spell = tuple[str, str]


def _primary_diagnoses(episodes: list[Row]) -> dict[Spell, str]:
    """Spell -> code of its episode number 1, the newest where that was sent under two records."""
    newest: dict[Spell, tuple[str, str]] = {}
    for _, (provider, _), extract, _, (ident, number, code), _ in episodes:
        spell = (provider, ident)
        if number and int(number) == 1 and (spell not in newest or extract >= newest[spell][0]):
            newest[spell] = (extract, code)
    return {spell: code for spell, (_, code) in newest.items()}


def _admissions(spells: list[Row], episodes: list[Row], values: dict[Key, int]) -> None:
    diagnoses = _primary_diagnoses(episodes)
    again = _readmissions(spells)
    for _, (provider, month), _, _, facts, pence in spells:
        ident, practice, function, counts, method, _, admitted, discharged, days, listed, procedures, kind = facts
        if not counts or not discharged:
            continue
        spell = (provider, ident)
        place = (practice, provider, function, month)
        if method in ELECTIVE and kind in ORDINARY_OR_DAY_CASE:
            values["sus_elective_spells", *place] += 1
        elif method in NON_ELECTIVE:
            values["sus_non_elective_spells", *place] += 1
        if method not in EMERGENCY:
            continue
        values["sus_emergency_admissions", *place] += 1
        values["sus_emergency_cost", *place] += pence
        if int(days) == 0 if days else admitted[:10] == discharged[:10]:
            values["sus_emergency_zero_day_stays", *place] += 1
            values["sus_emergency_zero_day_cost", *place] += pence
        if spell in again:
            values[READMISSIONS, *place] += 1
            values[READMISSION_COST, *place] += pence
        own = codes_of(diagnoses.get(spell, ""))
        story = (own[0] if own else opening_code(listed), codes_of(listed), codes_of(procedures))
        if is_six_conditions(*story):
            values["sus_acs_admissions", *place] += 1
            values["sus_acs_cost", *place] += pence
        if is_with_j189(*story):
            values["sus_acs_admissions_with_j189", *place] += 1
        if is_national(*story):
            values["sus_acs_admissions_national_19", *place] += 1


def _readmissions(spells: list[Row]) -> set[Spell]:
    """Spells that began at most 30 days after another spell of their patient ended."""
    stays: dict[str, list[tuple[date, date, Spell]]] = defaultdict(list)
    for _, (provider, _), _, _, facts, _ in spells:
        ident, _, _, counts, _, patient, admitted, discharged, *_ = facts
        if counts is not None and patient and admitted and discharged:
            days = (date.fromisoformat(admitted[:10]), date.fromisoformat(discharged[:10]))
            stays[patient].append((*days, (provider, ident)))
    found = set()
    for own in stays.values():
        if len(own) > 1:
            own.sort()
            for number, (admitted, _, spell) in enumerate(own):
                earliest = admitted - timedelta(days=30)
                if any(earliest <= discharged <= admitted for _, discharged, _ in own[:number]):
                    found.add(spell)
    return found
