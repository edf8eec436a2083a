"""The indicators: numerator over denominator for every organisation, view and month, with target, band and trend.

Belongs here: windows, states and comparisons. Does not belong here: what is counted (`truth_components`) and for whom
(`truth_organisations`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from .truth_components import AGED, DATASETS, Components, year_start
from .truth_organisations import VIEWS, Org, Organisations, month_end
from .truth_sus import READMISSION_COST, READMISSIONS
from .truth_sus_codes import SPECIALTIES

VERSION = "2017-18"
WINDOW = 12
#: Who opened after the month of its snapshot is in the weights of the practices that the patients came from.
FROZEN_FOR_A_YEAR = "need_weighted_population"


@dataclass(frozen=True)
class Target:
    """What is to be reached by an organisation, a kind of them or all (None), at period ends from `first` to `last`."""

    org_type: str | None
    org_code: str | None
    first: date
    last: date
    figure: Fraction
    alternative: Fraction | None = None

    def applies(self, org: Org, end: date) -> bool:
        """Whether it is that of an organisation at a period end."""
        is_theirs = self.org_type in (None, org[0]) and self.org_code in (None, org[1])
        return is_theirs and self.first <= end <= self.last


@dataclass(frozen=True)
class Indicator:
    """One variant of one indicator. `target` is the threshold, or the national value where a reduction counts."""

    indicator_id: str
    variant: str
    numerator: str
    denominator: str | None
    mean_denominator: bool
    multiplier: int
    decimals: int
    rule: str | None = None
    target: Fraction | None = None
    reduction: Fraction | None = None
    target_org: Org | None = None
    #: What meets the target is in band A; the cut-points of the bands below are printed nowhere.
    is_band_a: bool = False
    #: The band of what misses the target, where one is printed.
    other_band: str | None = None
    window: int = WINDOW
    #: A result every so many months, one of them in the month `due` of the year.
    every: int = 1
    due: int = 1
    #: The feed of counts that it is read from; None for lists, prescribing and hospital activity.
    counted: str | None = None
    has_own_months: bool = False
    level: str = "practice"
    #: Share of a group's practices that must have sent counts.
    min_share: Fraction = Fraction(0)
    has_baseline: bool = False
    #: Targets of kinds of organisations, of single ones and of spans of days, where there are several.
    targets: tuple[Target, ...] = ()

    @property
    def datasets(self) -> set[str]:
        """The datasets that numerator and denominator are read from."""
        if self.counted:
            return {self.counted}
        return {DATASETS[component] for component in (self.numerator, self.denominator) if component}

    def target_at(self, org: Org, end: date) -> tuple[Fraction | None, Fraction | None]:
        """The narrowest target of an organisation at a period end, and a second figure that is enough."""
        if not self.targets:
            return (self.target if self.target_org in (None, org) else None), None
        fitting = [target for target in self.targets if target.applies(org, end)]
        if not fitting:
            return None, None
        narrowest = min(fitting, key=lambda target: (target.org_code is None, target.org_type is None))
        return narrowest.figure, narrowest.alternative


def _indicators() -> tuple[Indicator, ...]:
    antibacterial, broad = "rx_items_antibacterial", "rx_items_broad_spectrum"
    starpu = "starpu_oral_antibacterial_items"
    per_starpu = [
        ("antibacterial_exact", antibacterial, starpu),
        ("bnf_0501_exact", "rx_items_bnf_0501", starpu),
        ("antibacterial_1dp", antibacterial, f"{starpu}_1dp"),
        ("bnf_0501_1dp", "rx_items_bnf_0501", f"{starpu}_1dp"),
    ]
    rows = [
        Indicator("qp-antibacterial-items-per-starpu", name, top, below, True, 1, 2, "below", Fraction("1.16"))
        for name, top, below in per_starpu
    ]
    ratio = Indicator(
        "qp-trimethoprim-nitrofurantoin-ratio",
        "standard",
        "rx_items_trimethoprim",
        "rx_items_nitrofurantoin",
        False,
        1,
        3,
    )
    aged = Indicator("qp-trimethoprim-items-age-70-plus", "standard", AGED, None, False, 1, 0)
    volume = Indicator("gpspec-antibiotic-prescribing", "standard", antibacterial, "list_size", False, 1000, 2)
    volume = replace(volume, rule="reduction", target=Fraction("45.2"), reduction=Fraction("0.05"))
    cost = Indicator("prescribing-cost-per-astropu", "actual_cost", "rx_actual_cost", "astropu_cost", True, 1, 2)
    rows += [
        Indicator("broad-spectrum-antibiotic-share", "standard", broad, antibacterial, False, 100, 2),
        replace(ratio, rule="at_or_below", target=Fraction("1.65")),
        replace(aged, rule="at_or_below", target=Fraction(8836), target_org=("commissioner", "99A")),
        volume,
        replace(
            volume, indicator_id="gpspec-high-risk-antibiotic-prescribing", numerator=broad, target=Fraction("3.8")
        ),
        cost,
        replace(cost, variant="nic", numerator="rx_nic"),
    ]
    return tuple(rows)


def _hospital_indicators() -> tuple[Indicator, ...]:
    """Activity per 1,000 of the hospital-weighted population (one: of the registered patients), and what it costs."""
    firsts = "sus_op_gp_referred_firsts"

    def rate(name: str, numerator: str, variant: str = "standard", band_a: str = "", below: str = "") -> Indicator:
        row = Indicator(name, variant, numerator, below or "hospital_weighted_population", True, 1000, 1)
        return replace(row, rule="at_or_below", target=Fraction(band_a), is_band_a=True) if band_a else row

    def paid(name: str, numerator: str) -> Indicator:
        return replace(rate(name, numerator), multiplier=1, decimals=2)

    attendances, admissions = "sus_ae_gp_spec_attendances", "sus_acs_admissions"
    outpatients = "gpspec-outpatient-first-attendance-rate"
    return (
        rate("gpspec-ae-attendance-rate", attendances, band_a="7.3"),
        rate("gpspec-ae-attendance-rate", f"{attendances}_wide", "wide_investigations", "7.3"),
        rate("gpspec-acs-admission-rate", admissions, "six_conditions", "8.5"),
        rate("gpspec-acs-admission-rate", f"{admissions}_with_j189", "with_j189", "8.5"),
        rate("gpspec-acs-admission-rate", f"{admissions}_national_19", "national_19", "8.5"),
        rate(outpatients, firsts, band_a="89.1"),
        rate(outpatients, f"{firsts}_with_dental", "with_dental", "89.1"),
        rate("ae-attendance-rate", "sus_ae_attendances"),
        rate("emergency-admission-rate", "sus_emergency_admissions"),
        rate("op-first-attendance-rate", "sus_op_firsts"),
        rate("emergency-zero-day-stay-rate", "sus_emergency_zero_day_stays"),
        rate("emergency-readmission-30-day-rate", READMISSIONS),
        rate("gp-referred-first-op-crude-rate", f"{firsts}_all_specialties", below="list_size"),
        *(rate(f"op-gp-referred-first-attendance-rate-{name}", f"{firsts}_{name}") for name in SPECIALTIES.values()),
        paid("gpspec-ae-attendance-cost", "sus_ae_gp_spec_cost"),
        paid("gpspec-acs-admission-cost", "sus_acs_cost"),
        paid("gpspec-outpatient-first-attendance-cost", f"{firsts}_cost"),
        paid("ae-attendance-cost", "sus_ae_cost"),
        paid("emergency-admission-cost", "sus_emergency_cost"),
        paid("op-first-attendance-cost", "sus_op_firsts_cost"),
        paid("emergency-zero-day-stay-cost", "sus_emergency_zero_day_cost"),
        paid("emergency-readmission-30-day-cost", READMISSION_COST),
    )


INDICATORS = _indicators() + _hospital_indicators()


@dataclass
class Result:
    """One row of indicator_result, values exact."""

    indicator: Indicator
    org_view: str
    org: Org
    period_end: date
    state: str
    months_expected: int = WINDOW
    numerator: Decimal | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    target: Fraction | None = None
    band: str | None = None
    rag: str | None = None
    baseline_value: Fraction | None = None
    previous_value: Fraction | None = None
    trend: str | None = None
    is_judged: bool = False
    numbers_achieving: int | None = None
    orgs_judged: int | None = None
    orgs_expected: int | None = None


def window_before(month: date, length: int = WINDOW) -> list[date]:
    """The months (twelve) that end with `month`."""
    index = month.year * 12 + month.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(index - length + 1, index + 1)]


def rounded(value: Fraction, decimals: int) -> int:
    """Value at display precision, in units of its last place, halves away from zero."""
    scaled = abs(value) * 10**decimals
    whole = int(scaled + Fraction(1, 2))
    return whole if value >= 0 else -whole


class Results:
    """Sums by organisation first, then one row per indicator, view, organisation and month."""

    def __init__(
        self,
        components: Components,
        organisations: Organisations,
        loaded: dict[str, set[date]],
        activity: set[date],
        counted: tuple[Indicator, ...] = (),
        of_commissioner: dict[str, dict[date, Decimal]] | None = None,
    ) -> None:
        """`loaded` says in which months a dataset can be read; results run from first to last month with `activity`.

        `of_commissioner` are the components of which the feed knows no practices, of our commissioner.
        """
        self._organisations = organisations
        self._loaded = loaded
        self._indicators = (*INDICATORS, *counted)
        self._data_months = sorted(components)
        self.months = [month for month in sorted(components) if min(activity) <= month <= max(activity)]
        #: (view, organisation, component) -> month -> sum
        self._sums: dict[tuple[str, Org, str], dict[date, Decimal]] = defaultdict(dict)
        #: (view, month) -> dataset -> mapped codes that have rows
        self._present: dict[tuple[str, date], dict[str, set[str]]] = {}
        self._expected: dict[tuple[str, date], set[str]] = {}
        #: (view, month) -> organisation -> mapped codes expected in it
        self._members: dict[tuple[str, date], dict[Org, set[str]]] = {}
        used = {indicator.numerator for indicator in self._indicators}
        used |= {indicator.denominator for indicator in self._indicators if indicator.denominator}
        for view in VIEWS:
            for component, by_month in (of_commissioner or {}).items():
                self._sums[view, ("commissioner", organisations.own), component] = dict(by_month)
            for month, rows in components.items():
                self._add_month(view, month, rows, used)

    def _add_month(self, view: str, month: date, rows: dict[str, dict[str, Decimal]], used: set[str]) -> None:
        present: dict[str, set[str]] = defaultdict(set)
        for raw, values in rows.items():
            code = self._organisations.code(view, raw, month)
            orgs = self._organisations.orgs(view, code, month)
            for component, value in values.items():
                present[DATASETS.get(component, "")].add(code)
                if component in used:
                    for org in orgs:
                        sums = self._sums[view, org, component]
                        sums[month] = sums.get(month, Decimal(0)) + value
        expected = self._organisations.expected_in(view, month)
        members: dict[Org, set[str]] = defaultdict(set)
        for code in expected:
            for org in self._organisations.orgs(view, code, month):
                members[org].add(code)
        self._present[view, month] = present
        self._expected[view, month] = expected
        self._members[view, month] = members

    def _state(self, indicator: Indicator, view: str, org: Org, window: list[date]) -> str:
        """`ok`, or `awaiting` where a dataset or a practice of the organisation is missing in the window."""
        if indicator.counted:
            return self._state_of_counts(indicator, view, org, window)
        for month in window:
            for dataset in indicator.datasets:
                if month not in self._loaded[dataset]:
                    return "awaiting"
                members = self._members[view, month].get(org, set())
                missing = members - self._present[view, month][dataset]
                if dataset == FROZEN_FOR_A_YEAR and org[0] == "commissioner":
                    frozen = month_end(year_start(month))
                    missing = {code for code in missing if not self._organisations.opened_after(code, frozen)}
                if missing:
                    return "awaiting"
        return "ok"

    def _state_of_counts(self, indicator: Indicator, view: str, org: Org, window: list[date]) -> str:
        """Who sent nothing waits; a group waits for too few of those expected in its last month."""
        if any(month not in self._loaded.get(indicator.counted or "", set()) for month in window):
            return "awaiting"

        both = [component for component in (indicator.numerator, indicator.denominator) if component]

        def has_sent(one: Org) -> bool:
            """As it was: of each component as many months as it was open."""
            open_months = len(window)
            if one[0] == "practice":
                open_months = sum(one[1] in self._expected.get(("as_at", month), set()) for month in window)
            sums = [self._sums.get(("as_at", one, component), {}) for component in both]
            return all(sum(month in known for month in window) >= open_months for known in sums)

        def all_sent(code: str) -> bool:
            """Today's practice for each that has become it."""
            then = self._expected.get(("as_at", window[-1]), set())
            mine = [old for old in then if self._organisations.code(view, old, window[-1]) == code]
            return all(has_sent(("practice", old)) for old in mine)

        if indicator.level != "practice":
            return "ok" if has_sent(org) else "awaiting"
        if org[0] == "practice":
            return "ok" if all_sent(org[1]) else "awaiting"
        members = self._members[view, window[-1]].get(org, set())
        sent = sum(map(all_sent, members))
        return "ok" if sent and sent >= indicator.min_share * len(members) else "awaiting"

    def _row(self, indicator: Indicator, view: str, org: Org, month: date) -> Result:
        window = window_before(month, indicator.window)
        result = Result(indicator, view, org, month_end(month), self._state(indicator, view, org, window), len(window))
        if org[0] == "practice":
            result.months_expected = sum(org[1] in self._expected.get((view, m), set()) for m in window)
        if result.state != "ok":
            return result
        result.numerator = self._sum(view, org, indicator.numerator, window)
        if indicator.denominator is None:
            result.value = indicator.multiplier * Fraction(result.numerator)
            return result
        below = Fraction(self._sum(view, org, indicator.denominator, window))
        result.denominator = below / result.months_expected if indicator.mean_denominator else below
        if result.denominator:
            result.value = indicator.multiplier * Fraction(result.numerator) / result.denominator
        return result

    def _sum(self, view: str, org: Org, component: str, window: list[date]) -> Decimal:
        values = self._sums.get((view, org, component), {})
        return sum((values[month] for month in window if month in values), Decimal(0))

    def rows(self) -> Iterator[Result]:
        """Every row, by indicator, variant, view, month and organisation."""
        for indicator in self._indicators:
            months = self._months(indicator)
            for view in VIEWS:
                history: dict[Org, dict[date, Fraction | None]] = defaultdict(dict)
                for month in months:
                    yield from self._month(indicator, view, month, history)

    def _months(self, indicator: Indicator) -> list[date]:
        """The months in which it has results: those of activity, and of counts those of its own feed, when due."""
        months = set(self.months)
        if indicator.counted:
            own = self._loaded.get(indicator.counted, set())
            if not own:
                return []
            if indicator.has_own_months:
                months |= {month for month in self._data_months if min(own) <= month <= max(own)}
        return sorted(month for month in months if (month.month - indicator.due) % indicator.every == 0)

    def _month(
        self, indicator: Indicator, view: str, month: date, history: dict[Org, dict[date, Fraction | None]]
    ) -> list[Result]:
        members = self._members[view, month]
        orgs = [org for org in sorted(members) if indicator.level in ("practice", org[0])]
        rows = {org: self._row(indicator, view, org, month) for org in orgs}
        for org, row in rows.items():
            _compare(row, history[org])
            if row.state == "ok":
                history[org][row.period_end] = row.value
        for org, row in rows.items():
            if org[0] != "practice":
                row.orgs_expected = len(members[org])
                own = [rows["practice", code] for code in members[org] if ("practice", code) in rows]
                judged = [practice for practice in own if practice.is_judged]
                if row.state == "ok" and judged:
                    row.numbers_achieving = sum(practice.band in ("A", "met") for practice in judged)
                    row.orgs_judged = len(judged)
        return list(rows.values())


def _compare(row: Result, history: dict[date, Fraction | None]) -> None:
    """Previous value, trend, baseline, target, band and RAG of one row; `history` holds its earlier ok rows."""
    indicator = row.indicator
    if history:
        row.previous_value = history[max(history)]
    if row.value is not None and row.previous_value is not None:
        now, before = (rounded(value, indicator.decimals) for value in (row.value, row.previous_value))
        row.trend = "level" if now == before else "up" if now > before else "down"
    end = row.period_end
    if indicator.reduction is not None or indicator.has_baseline:
        row.baseline_value = history.get(date(end.year - (end.month < 4), 3, 31))
    row.target, alternative = indicator.target_at(row.org, end)
    if indicator.rule is None or row.target is None:
        return
    if indicator.reduction is not None and row.baseline_value is not None:
        row.target = max((1 - indicator.reduction) * row.baseline_value, row.target)
    if row.value is None or row.months_expected < indicator.window:
        return
    enough = [row.target] if alternative is None else [row.target, alternative]
    met = {
        "below": row.value < max(enough),
        "at_or_above": row.value >= min(enough),
    }.get(indicator.rule, row.value <= max(enough))
    if indicator.rule == "reduction" and row.baseline_value is None and not met:
        return
    row.is_judged = True
    if indicator.is_band_a:
        row.band, row.rag = ("A", "green") if met else (indicator.other_band, "red" if indicator.other_band else None)
        return
    row.band = "met" if met else "not_met"
    row.rag = "green" if met else "red"


def decimal_text(value: Decimal | Fraction | None) -> str:
    """A numerator or denominator as DECIMAL(38,10) prints it, without trailing zeros; empty for None."""
    if value is None:
        return ""
    plain = f"{value:f}" if isinstance(value, Decimal) else ""
    if plain and len(plain.partition(".")[2]) <= 10:
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    exact = Fraction(value)
    units = rounded(exact, 10)
    text = f"{Decimal(units).scaleb(-10).quantize(Decimal(1).scaleb(-10), ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".")


def double_text(value: Fraction | None) -> str:
    """The nearest double in the fewest digits (at most 17) that give it back; empty for None."""
    return "" if value is None else repr(float(value))
