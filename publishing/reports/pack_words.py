"""How packs put an indicator into a cell: short target, place, variation, who achieves it.

Belongs here: phrases that several packs share and the committee report does not. Each number in them is a figure.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from publishing.charts.meanings import better_or_worse
from publishing.reports.document import Column, Inline, Inlines, Shown
from publishing.reports.formats import figure, month
from publishing.reports.metrics import Metric
from publishing.reports.reader import Reader, Record
from publishing.reports.wording import (
    absent,
    as_written,
    awaited,
    below_baseline,
    data_note,
    feed_words,
    sentence,
    trend_words,
    value,
)

COUNT = Shown()
NOT_RELEASED: Inlines = ("Not in this release.",)
COMPARED = {
    "below": "under ",
    "at_or_below": "at most ",
    "at_or_above": "at least ",
    "above": "over ",
    "baseline_reduction_or_national": "at most ",
}
VARIATION = {
    "common": "common cause",
    "improvement": "special cause: improvement",
    "concern": "special cause: concern",
    "neutral_high": "special cause: neutral high",
    "neutral_low": "special cause: neutral low",
}
VARIATION_IN_A_WORD = {
    "common": "chance",
    "improvement": "improving",
    "concern": "worsening",
    "neutral_high": "higher",
    "neutral_low": "lower",
}
ASSURANCE = {
    "pass": "the target is met consistently",
    "fail": "the target is missed consistently",
    "hit_or_miss": "the target is hit or missed by chance",
}
RULES = {
    "target": "beyond the target by more than chance",
    "funnel": "outside the funnel",
    "special_cause": "special cause in its own months",
}
ROUNDED = " (rounded)"
_MEETS: Mapping[str, Callable[[float, float], bool]] = {
    "below": operator.lt,
    "at_or_below": operator.le,
    "at_or_above": operator.ge,
    "above": operator.gt,
    "baseline_reduction_or_national": operator.le,
}
# Beside a figure of a practice that opened or closed meanwhile.
PART = " (open for part)"
BEFORE_SAME = "the survey or year before"
_FEED_MONTHS = re.compile(r"\b([a-z][a-z0-9_]+) (\d{4}-\d{2}(?:, \1 \d{4}-\d{2})*)\b(?!-)")


def ordinal(number: int) -> Shown:
    """How a place is written: 1st, 2nd, 3rd, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return Shown(after=ending)


def place(comparison: Record | None) -> Inlines:
    """`12th of 92 (8th to 19th)`: the place, and the best and worst that chance allows."""
    if comparison is None or comparison["place"] is None:
        return ("not ranked",)
    words: Inlines = (
        comparison.figure("place", ordinal(comparison["place"])),
        " of ",
        comparison.figure("practices_ranked", COUNT),
    )
    return (*words, *places(comparison))


def places(comparison: Record) -> Inlines:
    """` (8th to 19th)`: the places that chance allows; nothing where the value has no interval."""
    best, worst = comparison["best_place"], comparison["worst_place"]
    if comparison["ci_lower"] is None or best is None or worst is None:
        return ()
    low, high = comparison.figure("best_place", ordinal(best)), comparison.figure("worst_place", ordinal(worst))
    return (" (", low, " to ", high, ")")


def compared_among(commissioners: Sequence[str]) -> str:
    """Whose practices have places among each other: those of all commissioners of the release."""
    return "the commissioner" if len(commissioners) == 1 else "all commissioners of this release"


def peers(metric: Metric, comparison: Record | None) -> Inlines:
    """The median of the practice's peers."""
    if comparison is None or comparison["peer_median"] is None:
        return ("too few peers",)
    return (comparison.figure("peer_median", metric.how),)


def target(metric: Metric) -> Inlines:
    """The target that the result was judged by: `at most 7.3`, `at least 85% or 79.7%`, `at most 43.1 (5% below its own
    baseline)`.
    """
    row = metric.current
    if row["target"] is None or not metric.targets:
        return ("none",)
    words: Inlines = (COMPARED[metric.targets[0]["rule"]], row.figure("target", _target_how(metric, row["target"])))
    if row["alternative_target"] is not None:
        words += (" or ", row.figure("alternative_target", _target_how(metric, row["alternative_target"])))
    if metric.targets[0]["reduction"] is not None and row["target"] != float(metric.targets[0]["figure"]):
        words += (" (", *below_baseline(metric.targets[0]), ")")
    return words


def _target_how(metric: Metric, figure_of: object) -> Shown:
    """With the decimals that a target has, at most those of the indicator: one of an own baseline has many."""
    return replace(metric.how, decimals=min(as_written(figure_of).decimals, metric.how.decimals))


def short_value(metric: Metric | None, *, with_trend: bool = True, with_colour: bool = True) -> Inlines:
    """Colour, value and trend, or in few words why there is none."""
    if metric is None:
        return NOT_RELEASED
    if not is_known(metric):
        return short_absent(metric.current)
    said = (*value(metric, with_colour=with_colour), *(rounded(metric) if with_colour else ()))
    if not metric.is_whole:
        return (*said, PART)
    arrow = trend_words(metric.judged_trend) if with_trend else ()
    return (*said, " ", *arrow) if arrow else said


def rounded(metric: Metric) -> Inlines:
    """` (rounded)` beside a figure of patients that looks at odds with its colour, which is of exact counts."""
    row = metric.current
    if not (metric.definition.get("counts_patients") and metric.targets and is_known(metric)):
        return ()
    if row["rag"] not in ("red", "green") or row["target"] is None or row["alternative_target"] is not None:
        return ()
    meets = _MEETS[metric.targets[0]["rule"]](row["value"], row["target"])
    return (ROUNDED,) if meets is (row["rag"] == "red") else ()


def is_known(metric: Metric | None) -> bool:
    """Whether there is a value to show."""
    return metric is not None and metric.current["state"] == "ok" and metric.current["value"] is not None


def short_absent(row: Record) -> Inlines:
    """Why a result has no value: feeds and months as people read them."""
    return tuple(readable(part) if isinstance(part, str) else part for part in absent(row))


def short_awaited(reader: Reader, row: Record) -> Inlines:
    """The same of one result, with the day by which what it waits for is due, or that its file came without it."""
    return tuple(readable(part) if isinstance(part, str) else part for part in awaited(reader, row))


def readable(text: str) -> str:
    """`epd 2017-05, epd 2017-06, gp_list 2017-06` as `epd of May 2017, June 2017, gp list of June 2017`."""

    def written(found: re.Match[str]) -> str:
        months = re.findall(r"\d{4}-\d{2}", found[2])
        return f"{feed_words(found[1])} of {', '.join(month(date.fromisoformat(f'{one}-01')) for one in months)}"

    return _FEED_MONTHS.sub(written, sentence(text))


def variation(row: Record) -> str:
    """The icon of the control chart in words."""
    return VARIATION.get(row["spc_variation"] or "", "no control chart")


def achieving(row: Record) -> Inlines:
    """`5 of 8`: practices that achieve it, of those that were judged."""
    if row["numbers_achieving"] is None or row["orgs_judged"] is None:
        return ("not judged",)
    return (row.figure("numbers_achieving", COUNT), " of ", row.figure("orgs_judged", COUNT))


def of_rows(rows: list[Record]) -> Inline:
    """How many rows these are: each is a source. None has no source, so that it is a word."""
    if not rows:
        return "none"
    return figure(len(rows), COUNT, *(row.source("*") for row in rows), operation="count")


def compared(
    metric: Metric, other: Metric
) -> Literal["better than", "worse than", "as in", "higher than", "lower than"] | None:
    """Two values as displayed, by the direction that is better, if one is; no part of a count is held against all."""
    if not metric.definition["denominator_label"]:
        return None
    mine, theirs = (float(_displayed(one).replace(",", "")) for one in (metric, other))
    if mine == theirs:
        return "as in"
    match better_or_worse("high" if mine > theirs else "low", metric.direction):
        case "better":
            return "better than"
        case "worse":
            return "worse than"
        case None:
            return "higher than" if mine > theirs else "lower than"


def _displayed(metric: Metric) -> str:
    how = Shown(metric.definition["decimals"])
    return figure(metric.current["value"], how).text


def against(before_words: str, *metrics: Metric | None) -> str:
    """What trends are against: the report before, or the survey or year before where both reports show the same."""
    repeated = {_is_repeated(metric) for metric in metrics if metric is not None}
    if repeated == {True}:
        return BEFORE_SAME
    return f"{before_words} or, where that shows the same, {BEFORE_SAME}" if True in repeated else before_words


def _is_repeated(metric: Metric) -> bool:
    before = metric.before
    return before is not None and bool(before["period_end"] == metric.current["period_end"])


def moved(metric: Metric, before_words: str) -> str:
    """`, up (improving) since the report before (to March 2017)`, `, unchanged against the survey or year before`."""
    other, trend = against(before_words, metric), metric.judged_trend
    if trend is None:
        return f", not known {'in' if other == BEFORE_SAME else 'at'} {other}"
    compared_with = f"{'against' if other == BEFORE_SAME else 'since'} {other}"
    if trend.direction == "level":
        return f", unchanged {compared_with}"
    meaning = f" ({trend.meaning})" if trend.meaning else ""
    return f", {trend.direction}{meaning} {compared_with}"


def named(metric: Metric, name: str) -> str:
    """An indicator's short name and the months that its figure is of."""
    return f"{name} ({data_note(metric)})"


def numbers(*headers: str) -> tuple[Column, ...]:
    """Columns of figures."""
    return tuple(Column(header, is_number=True) for header in headers)
