"""One A4 page on a practice: where it stands, what makes it an outlier, its contract, and what is doubtful.

Belongs here: what the page shows of one practice. What it reads is `pack_data.py`'s, once for all practices; figures
that the release hides are not there to be shown.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

from publishing.reports.charting import absence
from publishing.reports.document import (
    Block,
    Bullets,
    Column,
    Document,
    Figure,
    Inline,
    Inlines,
    Link,
    Paragraph,
    Row,
    Strong,
    Table,
    Trend,
)
from publishing.reports.formats import day, month
from publishing.reports.metrics import Metric
from publishing.reports.pack_charts import Strips
from publishing.reports.pack_data import PackData
from publishing.reports.pack_layout import PackRow
from publishing.reports.pack_words import (
    COUNT,
    NOT_RELEASED,
    RULES,
    VARIATION,
    against,
    is_known,
    numbers,
    of_rows,
    place,
    rounded,
    short_absent,
    target,
)
from publishing.reports.reader import Record
from publishing.reports.wording import sentence, value
from publishing.reports.writing import file_name

SYMBOLS = {"below": "<", "at_or_below": "≤", "at_or_above": "≥", "above": ">", "baseline_reduction_or_national": "≤"}
# Beside these a page has no room for more in words.
MOST_NAMES, MOST_QUERIES = 5, 1
# `12th of 92`.
PLACE_ALONE = 3
PEERS, TOO_FEW = 5, "too few"
OF_PART = "it was not a practice in all months that are counted, and its figures are not those of a whole period"
PEERS_ARE = " Peers are of like list size and deprivation ({group}, from the smallest and least deprived)."
CQC = "cqc_rating"
NOT_JUDGED = "not judged: no figure of this practice is shown."


class PracticePages:
    """The pages of all practices."""

    def __init__(self, data: PackData) -> None:
        self._data = data
        self._strips = Strips(data)
        self._short = {row.indicator: row.name for row in data.layout.practice.rows}

    def page(self, code: str) -> Document:
        """The page of one practice."""
        data, listed = self._data, self._data.practices[code]
        chart = self._strips.chart(code)
        blocks: list[Block] = [
            self._table(code),
            *((chart,) if chart else ()),
            Bullets(
                (
                    *((Strong(f"{name}: "), *said) for name, said in self._without_figure(code)),
                    *(((Strong("Open for part: "), part),) if (part := self._of_part(code)) else ()),
                    *(((Strong("Peers: "), *few),) if (few := self._few_peers(code)) else ()),
                    (Strong("Outlier: "), *self._outlier(code)),
                    (Strong("Variation: "), self._variation(code)),
                    (Strong("Contract: "), *self._contract(code)),
                    (Strong("Data in doubt: "), *self._doubt(code)),
                )
            ),
            Paragraph((data.statement, *self._other_months(code), self._like(code)), "note"),
            Paragraph((data.reader.disclosure,), "note"),
        ]
        where = f"{data.name('neighbourhood', listed['neighbourhood'])}, {data.name('locality', listed['locality'])}; "
        return Document(
            name=file_name(code),
            title=f"{data.name('practice', code)} ({code})",
            subtitle=f"Practice page, {month(data.period)}",
            release_id=data.reader.release_id,
            blocks=tuple(blocks),
            facts={"Where": (where, *_list_size(listed))},
        )

    def _metrics(self, code: str) -> Iterator[tuple[PackRow, Metric | None]]:
        return ((row, self._data.metric(row.indicator, ("practice", code))) for row in self._data.layout.practice.rows)

    def _table(self, code: str) -> Table:
        together = self._data.reader.commissioner
        columns = (Column("Indicator"), *numbers("Value", "Trend", "Target", together, "Peers", "Place"))
        rows = tuple(self._row(*one) for one in self._metrics(code))
        has_peers = any(isinstance(part, Figure) for row in rows for part in row.cells[PEERS])
        if not has_peers:  # why is said below the table
            columns = (*columns[:PEERS], *columns[PEERS + 1 :])
            rows = tuple(Row((*row.cells[:PEERS], *row.cells[PEERS + 1 :])) for row in rows)
        since = against(self._data.before_words, *(metric for _, metric in self._metrics(code)))
        peers = "median of peers; " if has_peers else ""
        caption = f"Trend against {since}; judged only beyond chance; {peers}place (where chance allows)"
        return Table(caption, columns, rows)

    def _row(self, row: PackRow, metric: Metric | None) -> Row:
        together = self._data.metric(row.indicator, self._data.commissioner)
        comparison = self._data.comparison(metric.current) if metric else None
        trend = metric.judged_trend if metric else None
        return Row(
            (
                (Link(row.name, f"../indicators/{file_name(row.indicator)}.html"),),
                _value(metric),
                (_moved(trend),),
                _target(metric),
                _value(together, with_colour=False),
                _median(metric, comparison),
                _place(comparison),
            )
        )

    def _peers(self, code: str) -> str:
        """What the group of peers has in common, as the release calls it."""
        for _, metric in self._metrics(code):
            found = self._data.comparison(metric.current) if metric else None
            if found and found["peer_group"]:
                return str(found["peer_group"])
        return TOO_FEW

    def _like(self, code: str) -> str:
        """What the groups of peers are called after; nothing where it has none."""
        group = self._peers(code)
        return PEERS_ARE.format(group=group) if group != TOO_FEW else ""

    def _few_peers(self, code: str) -> Inlines:
        """Why a figure stands beside no median of peers; nothing where each has one."""
        beside = [self._data.comparison(metric.current) for _, metric in self._metrics(code) if metric]
        alone = [row for row in beside if row is not None and row["peer_median"] is None]
        if not alone:
            return ()
        if all(row["peer_group"] is None for row in alone):
            return ("not known: peers are told by list size and deprivation, and its list size is not known.",)
        groups = [(row["peer_group"], self._data.like(row)) for row in alone if row["peer_group"]]
        group, most = max(groups, key=lambda one: int(one[1].text))
        return (
            f"its group ({group}) has ",
            most,
            " practices with a figure, itself among them; a median takes three or more, and none of them hidden.",
        )

    def _without_figure(self, code: str) -> list[tuple[str, Inlines]]:
        """Why indicators have no value: once for those that have the same reason."""
        reasons: dict[Inlines, list[str]] = defaultdict(list)
        for row, metric in self._metrics(code):
            if not is_known(metric):
                reasons[NOT_RELEASED if metric is None else short_absent(metric.current)].append(row.name)
        return [("; ".join(names), said) for said, names in reasons.items()]

    def _of_part(self, code: str) -> str:
        """Which figures are of fewer months than those of others; nothing where all are whole."""
        names = [row.name for row, metric in self._metrics(code) if metric and is_known(metric) and not metric.is_whole]
        return f"{OF_PART}: {'; '.join(names)}." if names else ""

    def _other_months(self, code: str) -> Inlines:
        """Which figures are of another month than the statement says."""
        months: dict[str, list[str]] = defaultdict(list)
        for row, metric in self._metrics(code):
            if metric and not self._data.is_newest(metric):
                months[month(metric.current["period_end"])].append(row.name)
        return tuple(f" Of {name}: {'; '.join(rows)}." for name, rows in months.items())

    def _variation(self, code: str) -> str:
        """Special causes by name; nothing is said of what varies by chance."""
        said: dict[str, list[str]] = defaultdict(list)
        for row, metric in self._metrics(code):
            icon = metric.current["spc_variation"] if metric else None
            said[icon or "none"].append(row.name)
        special = [
            f"{sentence(VARIATION[icon])}: {'; '.join(said[icon])}."
            for icon in VARIATION
            if icon != "common" and said[icon]
        ]
        if said["common"] and not special:
            special.append("Common cause in all control charts.")
        return " ".join(special) or "no indicator has months enough for a control chart."

    def _outlier(self, code: str) -> Inlines:
        rows = sorted(self._data.outliers_of(code), key=lambda row: (row["rule"], row["indicator_id"]))
        words: list[Inline] = []
        for rule, found in groupby(rows, key=lambda row: row["rule"]):
            listed = list(found)
            # What the page shows comes first.
            listed.sort(key=lambda row: row["indicator_id"] not in self._short)
            names = "; ".join(f"{self._called(row['indicator_id'])}" for row in listed[:MOST_NAMES])
            findings = " or ".join(sorted({row["finding"] for row in listed}))
            words.append(f"{' ' if words else ''}{sentence(RULES.get(rule, rule))} ({findings}): {names}")
            if left := listed[MOST_NAMES:]:
                words += ["; and ", of_rows(left), " others"]
            words.append(".")
        return tuple(words) or ("by no rule." if self._data.is_judged(code) else NOT_JUDGED,)

    def _doubt(self, code: str) -> Inlines:
        queries = self._data.queries.get(code, ())
        if queries:
            return _doubtful(queries)
        return ("no open question about data of this practice." if self._data.is_judged(code) else NOT_JUDGED,)

    def _called(self, indicator: str) -> str:
        definition = self._data.definition(indicator)
        return self._short.get(indicator) or (definition["name"] if definition else indicator)

    def _contract(self, code: str) -> Inlines:
        rating = self._data.ratings.get(code)
        rated = (
            f" CQC: {rating['overall_rating']} ({day(rating['publication_date'])})."
            if rating
            else " CQC: no rating on record."
            if self._data.received(CQC)
            else " CQC: awaiting CQC ratings."
        )
        row = self._data.contracts.get(code)
        if row is None:
            return ("awaiting the contract register." if not self._data.contracts else "not in the register.", rated)
        parts = [
            f"{row['contract_type'] or 'type not stated'}"
            + (f" since {day(row['start_date'])}" if row["start_date"] else ""),
            f"to {day(row['end_date'])}" if row["end_date"] else "",
            f"patient participation group: {_yes(row['has_ppg'])}",
            f"earnings published: {_yes(row['earnings_published'])}",
            f"patients' access to records: {_yes(row['record_access'])}",
            f"list: {row['list_status'] or 'not stated'}",
            f"asked to move to {row['requested_move_to']}" if row["requested_move_to"] else "",
        ]
        return ("; ".join(part for part in parts if part) + f" (register of {day(row['as_at'])}).", rated)


def _value(metric: Metric | None, *, with_colour: bool = True) -> Inlines:
    """A value with its colour, or the word for why there is none: the page gives the reason below."""
    if metric is not None and is_known(metric):
        return (*value(metric, with_colour=with_colour), *(rounded(metric) if with_colour else ()))
    return ("not released" if metric is None else absence(metric.current),)


def _median(metric: Metric | None, comparison: Record | None) -> Inlines:
    """The median of peers; `too few` where there is a figure and not enough practices are like it."""
    if metric is None or comparison is None:
        return ("none",)
    if comparison["peer_median"] is None:
        return ("too few",)
    return (comparison.figure("peer_median", metric.how),)


def _target(metric: Metric | None) -> Inlines:
    """The target in a few characters: `≤ 7.3`."""
    if metric is None or not metric.targets:
        return ("none",)
    words = target(metric)
    return words if len(words) == 1 else (f"{SYMBOLS[metric.targets[0]['rule']]} ", *words[1:])


def _place(comparison: Record | None) -> Inlines:
    """`12th of 92 (8-19)`, short enough for a line."""
    words = place(comparison)
    if comparison is None or len(words) <= PLACE_ALONE:
        return words
    ends = (comparison.figure("best_place", COUNT), comparison.figure("worst_place", COUNT))
    return (*words[:PLACE_ALONE], " (", ends[0], "–", ends[1], ")")


def _moved(trend: Trend | None) -> str:
    """Whether it is better than before, in a word; where neither way is good, or it is chance, which way it went."""
    if trend is None:
        return "not known"
    match trend.meaning:
        case None | "neutral":
            return trend.direction
        case _:
            return trend.meaning


def _list_size(listed: Record) -> Inlines:
    when = f" registered patients ({month(listed['month'])})"
    return ("not known" + when,) if listed["list_size"] is None else (listed.figure("list_size", COUNT), when)


def _yes(answer: bool | None) -> str:
    return "not stated" if answer is None else "yes" if answer else "no"


def _doubtful(queries: Sequence[Record]) -> Inlines:
    """Open questions by feed and kind: how many, the newest month and what it says."""
    words: list[Inline] = []
    kinds = [list(rows) for _, rows in groupby(queries, key=lambda row: (row["feed"], row["issue"]))]
    for rows in kinds[:MOST_QUERIES]:
        newest = rows[-1]
        when = f", newest {month(newest['month'])}" if newest["month"] else ""
        kind = f"{newest['feed']}: {newest['issue']}".replace("_", " ")
        words += [*([" "] if words else []), f"{kind} (", of_rows(rows), f"{when}): {sentence(newest['detail'])}."]
    if left := [row for rows in kinds[MOST_QUERIES:] for row in rows]:
        words += [" And ", of_rows(left), " of other kinds."]
    return tuple(words)
