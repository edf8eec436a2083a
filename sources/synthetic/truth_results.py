"""The indicators: numerator over denominator for every organisation, view and month, with target, band and trend.

Belongs here: windows, states and comparisons. Does not belong here: what is counted (`truth_components`) and for whom
(`truth_organisations`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from .truth_components import DATASETS, Components, year_start
from .truth_indicators import INDICATORS, OF_OWN_PRACTICES, WINDOW, Indicator
from .truth_organisations import VIEWS, Org, Organisations, month_end
from .truth_reference import Rows, as_judged
from .truth_sus import WITH_MONTHS_BEFORE

VERSION = "2017-18"
#: What is below band B is red.
COLOURS = {"A": "green", "B": "yellow"}
#: Who opened after the month of its snapshot is in the weights of the practices that the patients came from.
FROZEN_FOR_A_YEAR = "need_weighted_population"


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
        of_commissioner: dict[tuple[str, str], dict[date, Decimal]] | None = None,
        sent: Rows | None = None,
    ) -> None:
        """`loaded` says in which months a dataset can be read; results run from first to last month with `activity`.

        `of_commissioner` are the components of which the feed knows no practices, of our commissioner; `sent` are the
        targets and bands that it has approved.
        """
        self._organisations = organisations
        self._loaded = loaded
        self._indicators = (*INDICATORS, *counted)
        self._own = as_judged(self._indicators, sent or {})
        self._data_months = sorted(components)
        self.months = [month for month in sorted(components) if min(activity) <= month <= max(activity)]
        #: (view, organisation, component) -> month -> sum
        self._sums: dict[tuple[str, Org, str], dict[date, Decimal]] = defaultdict(dict)
        #: (view, month) -> dataset -> mapped codes that have rows
        self._present: dict[tuple[str, date], dict[str, set[str]]] = {}
        self._expected: dict[tuple[str, date], set[str]] = {}
        #: (view, month) -> organisation -> mapped codes expected in it
        self._members: dict[tuple[str, date], dict[Org, set[str]]] = {}
        self._became_cache: dict[tuple[str, date], dict[str, list[str]]] = {}
        used = {indicator.numerator for indicator in self._indicators}
        used |= {indicator.denominator for indicator in self._indicators if indicator.denominator}
        for view in VIEWS:
            for (commissioner, component), by_month in (of_commissioner or {}).items():
                self._sums[view, ("commissioner", commissioner), component] = dict(by_month)
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
                if dataset == FROZEN_FOR_A_YEAR and org[0] in ("commissioner", "system"):
                    frozen = month_end(year_start(month))
                    missing = {code for code in missing if not self._organisations.opened_after(code, frozen)}
                before = 2 if dataset == WITH_MONTHS_BEFORE else 0
                read = window_before(month, before + 1) if dataset in OF_OWN_PRACTICES else []
                if missing or any(self._was_elsewhere(view, org, one) for one in read):
                    return "awaiting"
        return "ok"

    def _was_elsewhere(self, view: str, org: Org, month: date) -> bool:
        """Whether a practice in an organisation was another commissioner's in a month, or has taken in who was."""
        members = self._members.get((view, month), {}).get(org, set())
        olds = (old for code in members for old in self._became(view, month)[code])
        return not all(self._is_own("as_at", ("practice", old), month) for old in olds)

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
            return all(has_sent(("practice", old)) for old in self._became(view, window[-1])[code])

        if indicator.level != "practice":
            return "ok" if has_sent(org) else "awaiting"
        if org[0] == "practice":
            return "ok" if all_sent(org[1]) else "awaiting"
        members = self._members[view, window[-1]].get(org, set())
        sent = sum(map(all_sent, members))
        return "ok" if sent and sent >= indicator.min_share * len(members) else "awaiting"

    def _became(self, view: str, month: date) -> dict[str, list[str]]:
        """Of each code those expected in a month that are it in this view."""
        if (view, month) not in self._became_cache:
            found: dict[str, list[str]] = defaultdict(list)
            for old in self._expected.get(("as_at", month), set()):
                found[self._organisations.code(view, old, month)].append(old)
            self._became_cache[view, month] = found
        return self._became_cache[view, month]

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
                history: dict[Org, dict[date, Result]] = defaultdict(dict)
                for month in months:
                    yield from self._month(indicator, view, month, history)

    def _is_own(self, view: str, org: Org, month: date) -> bool:
        """Whether our commissioner judges it: its practices of that day, and every group."""
        own = {("commissioner", code) for code in self._organisations.own}
        return org[0] != "practice" or not own.isdisjoint(self._organisations.orgs(view, org[1], month))

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
        self, indicator: Indicator, view: str, month: date, history: dict[Org, dict[date, Result]]
    ) -> list[Result]:
        members = self._members[view, month]
        orgs = [org for org in sorted(members) if indicator.level in ("practice", org[0])]
        if indicator.is_of_own:
            orgs = [org for org in orgs if self._is_own(view, org, month)]
        rows = {org: self._row(indicator, view, org, month) for org in orgs}
        for org, row in rows.items():
            if self._is_own(view, org, month):
                row.indicator = self._own[indicator]
            _compare(row, history[org])
            if row.state == "ok":
                history[org][row.period_end] = row
        for org, row in rows.items():
            if org[0] != "practice":
                row.orgs_expected = len(members[org])
                own = [rows["practice", code] for code in members[org] if ("practice", code) in rows]
                judged = [practice for practice in own if practice.is_judged]
                if row.state == "ok" and judged:
                    row.numbers_achieving = sum(practice.band in ("A", "met") for practice in judged)
                    row.orgs_judged = len(judged)
        return list(rows.values())


def _compare(row: Result, history: dict[date, Result]) -> None:
    """Previous value, trend, baseline, target, band and RAG of one row; `history` holds its earlier ok rows."""
    indicator = row.indicator
    before = history[max(history)] if history else None
    row.previous_value = before.value if before else None
    is_whole = all(one.months_expected >= indicator.window for one in (row, before) if one)
    if row.value is not None and row.previous_value is not None and is_whole:
        now, then = (rounded(value, indicator.decimals) for value in (row.value, row.previous_value))
        row.trend = "level" if now == then else "up" if now > then else "down"
    end = row.period_end
    if indicator.reduction is not None or indicator.has_baseline:
        march = history.get(date(end.year - (end.month < 4), 3, 31))
        row.baseline_value = march.value if march else None
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
    if indicator.bands:
        row.band = next((band.name for band in indicator.bands if band.holds(row.value, end, met=met)), None)
        row.rag = None if row.band is None else COLOURS.get(row.band, "red")
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
