"""An intruder who has a released file and works out what it hides. No test is in here.

Belongs here: a second, plain implementation of what follows from published counts, which shares no code with
`publishing.protection` and reads nothing but the released file. Of the tables that give no reason he is told which
nulls are 1 to 7 patients (`small_months`, `small_rows`), more than he could know; results tell it themselves.

Every fact is a linear equation between cells; what is left of each cell is narrowed until nothing moves (`narrow`), or
found exactly by linear programming (`narrowest`), which is slow.
"""

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from tests.running import query

ANY = 1e9
HIDDEN = (1, 7)
GROUPS = ("neighbourhood", "locality", "pcn", "commissioner")
ACTIVITY = "starts_with(component_id, 'sus_') and not ends_with(component_id, '_cost')"
SPECIALTIES = "sus_op_gp_referred_firsts"


@dataclass
class Intruder:
    """Cells by name, what is known of each, and equations: sum of sign x cell = 0."""

    number: dict[tuple[Any, ...], int] = field(default_factory=dict)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    small: set[int] = field(default_factory=set)
    equations: list[list[tuple[int, int]]] = field(default_factory=list)

    def see(self, cell: tuple[Any, ...], shown: float | None, *, is_small: bool, least: int = 0) -> int:
        """A published cell: a hidden one is small or anything, zero is zero, others are known to within two."""
        at = self.number.setdefault(cell, len(self.lower))
        if at == len(self.lower):
            self.lower.append(least)
            self.upper.append(ANY)
        if shown is None and is_small:
            low, high = HIDDEN
            self.small.add(at)
        elif shown is None:
            low, high = least, ANY
        elif shown == 0:
            low, high = 0, 0
        else:
            low, high = max(shown - 2, HIDDEN[1] + 1), shown + 2
        self.lower[at], self.upper[at] = max(self.lower[at], low), min(self.upper[at], high)
        return at

    def add_up(self, total: tuple[Any, ...], parts: Iterable[tuple[Any, ...]]) -> None:
        """A total and all its parts, if all of them are published."""
        names = [total, *parts]
        if len(names) > 1 and all(name in self.number for name in names):
            self.equations.append([(self.number[name], 1 if at else -1) for at, name in enumerate(names)])

    def contains(self, whole: tuple[Any, ...], part: tuple[Any, ...]) -> None:
        """A part counts no more than its whole."""
        if whole in self.number and part in self.number:
            rest = ("rest", *whole, *part)
            self.see(rest, None, is_small=False)
            self.add_up(whole, [part, rest])

    def narrow(self) -> dict[tuple[Any, ...], tuple[float, float]]:
        """What is left of the cells that are said to be small."""
        rows = np.repeat(np.arange(len(self.equations)), [len(equation) for equation in self.equations])
        cells = np.array([cell for equation in self.equations for cell, _ in equation], dtype=int)
        signs = np.array([sign for equation in self.equations for _, sign in equation])
        lower, upper = np.array(self.lower), np.array(self.upper)
        for _ in range(100):  # whatever is narrowed by then is known
            low = np.where(signs > 0, lower[cells], -upper[cells])
            high = np.where(signs > 0, upper[cells], -lower[cells])
            rest_low, rest_high = np.bincount(rows, low)[rows] - low, np.bincount(rows, high)[rows] - high
            new_lower, new_upper = lower.copy(), upper.copy()
            np.maximum.at(new_lower, cells, np.where(signs > 0, -rest_high, rest_low))
            np.minimum.at(new_upper, cells, np.where(signs > 0, -rest_low, rest_high))
            if (new_lower == lower).all() and (new_upper == upper).all():
                break
            assert (new_lower <= new_upper).all(), self._contradicted(new_lower > new_upper)
            lower, upper = new_lower, new_upper
        names = list(self.number)
        return {names[at]: (lower[at], upper[at]) for at in sorted(self.small)}

    def _contradicted(self, cells: Any) -> str:
        at = int(np.flatnonzero(cells)[0])
        return f"an equation of the intruder is wrong: {list(self.number)[at]}"

    def narrowest(self, cells: Iterable[tuple[Any, ...]], steps: int = 3) -> dict[tuple[Any, ...], tuple[float, float]]:
        """The same by linear programming, from the equations that are within some steps of each cell."""
        touching = defaultdict(set)
        for number, equation in enumerate(self.equations):
            for cell, _ in equation:
                touching[cell].add(number)
        found = {}
        for name in cells:
            near, reached = {self.number[name]}, set[int]()
            for _ in range(steps):
                reached |= {number for cell in near for number in touching[cell]}
                near |= {cell for number in reached for cell, _ in self.equations[number]}
            order = {cell: at for at, cell in enumerate(sorted(near))}
            terms = [
                (sign, row, order[cell])
                for row, number in enumerate(sorted(reached))
                for cell, sign in self.equations[number]
            ]
            values, rows, columns = zip(*terms, strict=True)
            system = csr_array((values, (rows, columns)), shape=(len(reached), len(order)))
            bounds = [(self.lower[cell], self.upper[cell]) for cell in sorted(near)]
            ends = []
            for direction in (1, -1):
                goal = np.zeros(len(order))
                goal[order[self.number[name]]] = direction
                solved = linprog(goal, A_eq=system, b_eq=np.zeros(len(reached)), bounds=bounds)
                assert solved.success, solved.message
                ends.append(direction * solved.fun)
            found[name] = (np.ceil(ends[0] - 1e-6), np.floor(ends[1] + 1e-6))
        return found


def read(
    file: Path,
    small_months: set[tuple[Any, ...]],
    small_rows: set[tuple[Any, ...]],
    small_to_date: Set[tuple[Any, ...]] = frozenset(),
) -> Intruder:
    """All that follows from the tables of a released file. Not every audience has every table.

    A table that he was not told of is an error: nobody would have thought about what it gives away.
    """
    intruder = Intruder()
    tables = {name for (name,) in query(file, "select table_name from duckdb_tables() where schema_name = 'main'")}
    assert not (strange := tables - READ - NOT_READ.keys()), f"the intruder does not know {sorted(strange)}"
    if "component_value" in tables:
        _read_months(intruder, file, small_months)
    if "component_provider_value" in tables:
        _read_rows(intruder, file, small_rows)
    _read_results(intruder, file, "component_value" in tables)
    for table, columns in TO_DATE.items():
        if table in tables:
            for month, to_date in columns:
                _read_to_date(intruder, file, table, month, to_date, small_to_date)
    return intruder


def _read_months(intruder: Intruder, file: Path, small: set[tuple[Any, ...]]) -> None:
    components = defaultdict(list)
    for component, practice, month, value in query(
        file, f"select component_id, practice_code, month, value::double from component_value where {ACTIVITY}"
    ):
        cell = (component, practice, month)
        intruder.see(("month", *cell), value, is_small=cell in small)
        if component.startswith(f"{SPECIALTIES}_") and component.removeprefix(f"{SPECIALTIES}_") not in (
            "with_dental",
            "all_specialties",
        ):
            components[practice, month].append(("month", *cell))
    for (practice, month), parts in components.items():
        if len(parts) == 9:
            intruder.add_up(("month", SPECIALTIES, practice, month), parts)
        for whole, part in NESTED:
            intruder.contains(("month", whole, practice, month), ("month", part, practice, month))


def _read_to_date(
    intruder: Intruder, file: Path, table: str, month: str, to_date: str, small: Set[tuple[Any, ...]]
) -> None:
    """A count to date is that to the month before and the month; a year begins with its first month."""
    key, starts = ("plan_id", True) if table == "activity_position" else ("project_id", False)
    counted = "not ends_with(component_id, '_cost')" if table == "activity_position" else "true"
    rows = query(
        file, f"select {key}, month, {month}::double, {to_date}::double from {table} where {counted} order by all"
    )
    for code, day, of_month, summed in rows:
        for column, shown in ((month, of_month), (to_date, summed)):
            intruder.see((table, column, code, day), shown, is_small=(table, column, code, day) in small)
        before = () if starts and day.month == 4 else ((table, to_date, code, _months_back(day, 1)[0]),)
        if not before and summed is None:
            continue  # a year that is not whole from its first month on
        intruder.add_up((table, to_date, code, day), [*before, (table, month, code, day)])


def _read_rows(intruder: Intruder, file: Path, small: set[tuple[Any, ...]]) -> None:
    parts = defaultdict(list)
    for component, practice, provider, specialty, month, value in query(
        file,
        "select component_id, practice_code, provider_code, treatment_function_code, month, value::double "
        f"from component_provider_value where {ACTIVITY}",
    ):
        row = (component, practice, provider, specialty, month)
        intruder.see(("row", *row), value, is_small=row in small, least=1)
        parts["month", component, practice, month].append(("row", *row))
    for total, rows in parts.items():
        intruder.add_up(total, rows)


def _read_results(intruder: Intruder, file: Path, has_months: bool) -> None:
    """Results by what they count: those of one count have one value, whichever indicator shows it."""
    counts = {}
    for indicator, variant, *place, start, numerator, reason in query(
        file,
        "select indicator_id, variant, org_view, org_type, org_code, date_trunc('month', period_end)::date, "
        "window_start, numerator::double, state_reason from indicator_result join indicator using (indicator_id, "
        "version) where state = 'ok' and contains(source_feeds::varchar, 'sus') and indicator_id not like '%-cost'",
    ):
        cell = ("result", indicator, variant, *place)
        intruder.see(cell, numerator, is_small=reason is not None and "1 to 7 patients: not shown" in reason)
        counts[cell] = start
    members = _members(file)
    by_group = defaultdict(list)
    for cell in counts:
        _, indicator, variant, view, org_type, code, month = cell
        if org_type == "practice":
            for group in members[view, month].get(code, ()):
                by_group["result", indicator, variant, view, *group, month].append(cell)
    for total, parts in by_group.items():
        group_members = [code for code, groups in members[total[3], total[6]].items() if total[4:6] in groups]
        # practices that joined or left within the window carry months of another group
        earlier = _months_back(total[6], 11)
        same = all(
            {code for code, groups in members[total[3], month].items() if total[4:6] in groups} == set(group_members)
            for month in earlier
            if (total[3], month) in members
        )
        if same and len(parts) == len(group_members):
            intruder.add_up(total, parts)
    joined = {
        code
        for (code,) in query(
            file, "select current_practice_code from practice_month where current_practice_code <> practice_code"
        )
    }  # theirs are the months of another code too
    shown = {value: key for key, value in COUNTED.items()}
    for whole, part in NESTED:
        for cell in [cell for cell in counts if cell[1:3] == shown.get(part)] if whole in shown else ():
            intruder.contains(("result", *shown[whole], *cell[3:]), cell)
    for cell, start in counts.items():
        _, indicator, variant, view, org_type, code, month = cell
        settled = all(members["as_at", each] == members["current", month] for each in _months_back(month, 12))
        if view == "as_at" and code not in joined and (org_type == "practice" or settled):
            intruder.add_up(cell, [("result", indicator, variant, "current", org_type, code, month)])
        component = COUNTED.get((indicator, variant))
        if has_months and org_type == "practice" and component is not None and code not in joined:
            window = [each for each in _months_back(month, 12) if each >= start]
            intruder.add_up(cell, [("month", component, code, each) for each in window])
            _step(intruder, cell, component, start)


def _step(intruder: Intruder, cell: tuple[Any, ...], component: str, start: date) -> None:
    """A window less the one before it: the month that came less the month that went."""
    *place, code, month = cell
    before = _months_back(month, 1)[0]
    names = [cell, ("month", component, code, _months_back(start, 1)[0]), (*place, code, before),
             ("month", component, code, month)]  # fmt: skip
    if all(name in intruder.number for name in names):
        signs = zip(names, (1, 1, -1, -1), strict=True)
        intruder.equations.append([(intruder.number[name], sign) for name, sign in signs])


def _members(file: Path) -> dict[tuple[str, date], dict[str, list[tuple[str, str]]]]:
    """By view and month: the groups of each practice."""
    rows = query(
        file,
        "select practice_code, month, neighbourhood, locality, pcn, commissioner_code from practice_month "
        "where commissioner_code is not null",
    )
    last = max((row[1] for row in rows), default=None)
    found: dict[tuple[str, date], dict[str, list[tuple[str, str]]]] = defaultdict(dict)
    for practice, month, *codes in rows:
        found["as_at", month][practice] = [pair for pair in zip(GROUPS, codes, strict=True) if pair[1] is not None]
    for month in {row[1] for row in rows}:
        found["current", month] = found["as_at", last]
    return found


def _months_back(month: date, count: int) -> list[date]:
    """The months before and, from twelve on, with this one."""
    first = 0 if count >= 12 else 1
    numbers = [month.year * 12 + month.month - 1 - back for back in range(first, count + first)]
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


# Months and sums to date of one table.
TO_DATE = {
    "activity_position": (("actual_month", "actual_ytd"),),
    "project_benefit": (("actual_month", "actual_to_date"), ("baseline_month", "baseline_to_date")),
}
READ = {"component_value", "component_provider_value", "indicator_result", "indicator", "practice_month", *TO_DATE}
_NO_PATIENTS = "it counts no patients"
_REPEATS = "of patients it shows what other tables show: "
NOT_READ = {
    **dict.fromkeys(
        (
            *("indicator_register", "indicator_threshold", "component", "organisation", "finance_position"),
            *("finance_reconciliation", "finance_forecast", "finance_accrual", "cres_scheme", "cres_month"),
            *("cres_position", "cres_overlap", "rebate_position", "pcn_funding", "project_milestone_status", "risk"),
            *("risk_grade_count", "cqc_inspection", "practice_contract", "contract_event", "contract_event_coverage"),
            *("contract_visit_theme", "submission", "gate_check", "feed_freshness", "feed_month", "waiver", "release"),
        ),
        _NO_PATIENTS,
    ),
    "complaint_summary": "years of the whole commissioner, exact by decision (ADR 0011)",
    "provider_performance": "published by others before it came here",
    "release_change": _REPEATS + "the figures of this release and of the one before",
    "indicator_reconciliation": _REPEATS + "test_reconciliation_truth holds it against them",
    "indicator_spc": "charts of patients have no figures: test_publishing_statistics",
    "indicator_comparison": _REPEATS + "results, and limits of all practices: test_publishing_statistics",
    "practice_outlier": "rows of hidden figures are deleted: test_publishing_statistics",
    "gp_specification_payment": _REPEATS + "a payment of a hidden band is hidden: test_publishing_suppression",
    "federation_gain_share": "no link here: steps count exact figures (ADR 0011, what remains)",
    "cres_evidence": "hidden by the rule, no link here (ADR 0011, what remains)",
    "contract_tolerance": "hidden by the rule, no link here (ADR 0011, what remains)",
    "drug_charge_challenge": "lines of invoices, of the commissioner alone; negotiated by line",
    **dict.fromkeys(
        ("gate_result", "gate_history"), "counts of rows; what exact figures gates quote is left out: test_judgements"
    ),
    "owner_notice": "sentences on schemes and ledgers",
    "data_quality_query": "counts of rows hidden by the rule: test_publishing_suppression",
    "data_quality_rate": "shares of few rows are hidden: test_publishing_suppression",
}
COUNTED = {
    ("spells-rate", "all"): "sus_spells",  # of hand-made releases
    ("gpspec-ae-attendance-rate", "standard"): "sus_ae_gp_spec_attendances",
    ("gpspec-ae-attendance-rate", "wide_investigations"): "sus_ae_gp_spec_attendances_wide",
    ("gpspec-acs-admission-rate", "six_conditions"): "sus_acs_admissions",
    ("gpspec-acs-admission-rate", "with_j189"): "sus_acs_admissions_with_j189",
    ("gpspec-acs-admission-rate", "national_19"): "sus_acs_admissions_national_19",
    ("gpspec-outpatient-first-attendance-rate", "standard"): SPECIALTIES,
    ("gpspec-outpatient-first-attendance-rate", "with_dental"): f"{SPECIALTIES}_with_dental",
    ("ae-attendance-rate", "standard"): "sus_ae_attendances",
    ("emergency-admission-rate", "standard"): "sus_emergency_admissions",
    ("op-first-attendance-rate", "standard"): "sus_op_firsts",
    ("emergency-zero-day-stay-rate", "standard"): "sus_emergency_zero_day_stays",
    ("emergency-readmission-30-day-rate", "standard"): "sus_emergency_readmissions_30d",
    ("gp-referred-first-op-crude-rate", "standard"): f"{SPECIALTIES}_all_specialties",
} | {
    (f"op-gp-referred-first-attendance-rate-{name}", "standard"): f"{SPECIALTIES}_{name}"
    for name in (
        "dermatology", "ent", "rheumatology", "gynaecology", "urology", "vascular", "cardiology", "respiratory",
        "gastroenterology",
    )
}  # fmt: skip
# (whole, part)
NESTED = (
    ("sus_ae_gp_spec_attendances_wide", "sus_ae_gp_spec_attendances"),
    ("sus_ae_attendances", "sus_ae_gp_spec_attendances_wide"),
    ("sus_acs_admissions_with_j189", "sus_acs_admissions"),
    ("sus_emergency_admissions", "sus_acs_admissions_with_j189"),
    ("sus_emergency_admissions", "sus_acs_admissions_national_19"),
    ("sus_emergency_admissions", "sus_emergency_zero_day_stays"),
    ("sus_emergency_admissions", "sus_emergency_readmissions_30d"),
    (f"{SPECIALTIES}_with_dental", SPECIALTIES),
    (f"{SPECIALTIES}_all_specialties", SPECIALTIES),
    ("sus_op_firsts", f"{SPECIALTIES}_all_specialties"),
    ("sus_op_firsts", f"{SPECIALTIES}_with_dental"),
)
