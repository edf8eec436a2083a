"""How an indicator is put into words: its target, its value or why there is none, and its definition's changes.

Belongs here: phrases that every paper shares. Each number in them is a figure.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from publishing.reports.document import Break, Colour, Inline, Inlines, Shown, Strong, Trend
from publishing.reports.formats import day, month
from publishing.reports.metrics import Metric, window_months
from publishing.reports.reader import Reader, Record

COMPARED = {
    "below": "less than",
    "at_or_below": "less than or equal to",
    "at_or_above": "greater than or equal to",
    "above": "greater than",
    "baseline_reduction_or_national": "less than or equal to",
}
_AWAITED = re.compile(r"awaiting ([a-z0-9_]+) (\d{4}-\d{2})")
_AT_ODDS = "Its colour was judged on exact figures of patients: value and colour may look at odds."
MISSING_METRIC: Inlines = ("Not in this release.",)


def sentence(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def within(text: str) -> str:
    """As it stands within a sentence: a small first letter, but for names and abbreviations."""
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if first[1:].islower() or len(first) == 1 else text


def target(metric: Metric) -> Inlines:
    """The target as its rule has it: `Band A: less than or equal to 7.3 per 1,000 ...`, `85% or 79.7%`."""
    if not metric.targets:
        return ("No target.",)
    row = metric.targets[0]
    how = metric.how if metric.how.after else as_written(row["figure"])
    words: list[Inline] = []
    if banded := [band for band in metric.bands if band["rule"] == "meets_target"]:
        words.append(f"Band {banded[0]['band']}: ")
    # Nothing is greater than all.
    if not (row["rule"] == "at_or_above" and how.after == "%" and row["figure"] == 100):
        compared = COMPARED[row["rule"]]
        words.append((compared if words else sentence(compared)) + " ")
    words.append(row.figure("figure", as_written(row["figure"], how.after)))
    if row["alternative_figure"] is not None:
        words += [" or ", row.figure("alternative_figure", as_written(row["alternative_figure"], how.after))]
        words.append(" (either achieves it)")
    if row["reduction"] is not None:
        words += [", or ", *below_baseline(row)]
    if not how.after and metric.definition["unit"] != "ratio":
        words.append(f" {metric.definition['unit']}")
    return tuple(words)


def below_baseline(target_row: Record) -> Inlines:
    """`5% below its own baseline`, of a target that has a reduction."""
    decimals = max(as_written(target_row["reduction"]).decimals - 2, 0)
    how = Shown(decimals, scale=Decimal("0.01"), after="%")
    return (target_row.figure("reduction", how), " below its own baseline")


def as_written(value: object, after: str = "") -> Shown:
    """How a figure of a definition is written: with the decimals that it has, never rounded."""
    text = format(value, "f") if not isinstance(value, float) else repr(value)
    fraction = text.partition(".")[2].rstrip("0")
    return Shown(len(fraction), after=after)


def value(metric: Metric, result: Record | None = None, *, with_colour: bool = True) -> Inlines:
    """The colour and value of a result (the current one), or why there is none."""
    row = metric.current if result is None else result
    if row["state"] != "ok" or row["value"] is None:
        return absent(row)
    colour: Inlines = (Colour(row["rag"]), " ") if with_colour and row["rag"] else ()
    return (*colour, row.figure("value", metric.how))


def absent(row: Record) -> Inlines:
    """Why a result has no value, in a sentence."""
    reason = row["state_reason"] or "the denominator is zero"
    if row["state"] == "awaiting":
        return (sentence(reason) + ".",)
    if row["state"] == "withheld":
        return (f"Withheld: {reason}.",)
    return (sentence(reason) + ".",)


def awaited(reader: Reader, row: Record) -> Inlines:
    """What an awaited result waits for, and by when that is due."""
    found = _AWAITED.search(row["state_reason"] or "")
    if row["state"] != "awaiting" or found is None:
        return absent(row)
    due = reader.newest(
        "feed_month", "due_on", "dataset = ? and month = ?", found[1], date.fromisoformat(f"{found[2]}-01")
    )
    when = f" (due {day(due['due_on'])})" if due is not None and due["due_on"] is not None else ""
    reason = sentence(row["state_reason"]).replace(f"{found[1]} {found[2]}", _feed_month(found[1], found[2]), 1)
    if due is not None and due["first_received_at"] is not None:
        in_file = reason.replace(" practices have it", " practices have it in the file that came")
        reason, when = in_file, "" if in_file != reason else "; the file came without it"
    return (f"{reason}{when}.",)


# Feeds that stand for one another have one name, of what they are about.
_FAMILIES = {"sus_ae": "A&E attendances", "sus_apc": "hospital admissions", "sus_op": "outpatient attendances"}


def feed_words(dataset: str) -> str:
    """A feed by a name that people read."""
    return _FAMILIES.get(dataset, dataset.replace("_", " "))


def _feed_month(dataset: str, text: str) -> str:
    return f"{feed_words(dataset)} of {month(date.fromisoformat(f'{text}-01'))}"


def trend_words(trend: Trend | None) -> Inlines:
    """The arrow, where there is one."""
    return () if trend is None else (trend,)


def data_note(metric: Metric) -> str:
    """Which months a figure is of: `12 months to May 2017`, `January to March 2017`."""
    row = metric.current
    end, months = row["period_end"], window_months(row)
    return month(end) if months == 1 else f"{months} months to {month(end)}"


def band_line(metric: Metric) -> Inlines:
    """`Band B: 8.5`, `Red: 6.5%`, `Current position 47.15`: the line below the indicator's definition."""
    row = metric.current
    if row["state"] != "ok" or row["value"] is None:
        return absent(row)
    shown_value = row.figure("value", metric.how)
    if not metric.bands:
        return ("Current position ", shown_value)
    if row["band"] is None:
        return ("No band: ", shown_value)
    name = row["band"]
    return (f"Band {name}: " if len(name) == 1 else f"{name}: ", shown_value)


def definition_note(metric: Metric) -> Inlines:
    """That the definition differs from last year's, where it does."""
    changed = metric.definition["definition_change"]
    return (
        (Strong("Note: "), f"the definition changed for {metric.definition['version']}. {changed}") if changed else ()
    )


def at_odds(reader: Reader, definition: Record) -> tuple[str, ...]:
    """That its colour and its value may differ, of an indicator whose counts or costs of patients are rounded.

    What is hidden and rounded is said once in a paper: `Reader.disclosure`.
    """
    return (_AT_ODDS,) if definition.get("counts_patients") and reader.may_be_at_odds else ()


def joined(parts: Sequence[Inlines]) -> Inlines:
    """Lines one below the other; empty ones left out."""
    lines: list[Inline] = []
    for part in parts:
        if part:
            lines += [Break(), *part] if lines else part
    return tuple(lines)
