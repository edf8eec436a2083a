"""One A4 page on a practice: where it stands, what makes it an outlier, its contract, and what is doubtful.

Belongs here: what the page shows of one practice. What it reads is `pack_data.py`'s, once for all practices; figures
that the release hides are not there to be shown.
"""

from collections.abc import Sequence
from itertools import groupby

from publishing.reports.document import (
    Block,
    Break,
    Bullets,
    Column,
    Document,
    Heading,
    Inline,
    Inlines,
    Link,
    Paragraph,
    Row,
    Shown,
    Strong,
    Table,
)
from publishing.reports.formats import day, month
from publishing.reports.pack_charts import Strips
from publishing.reports.pack_data import PackData
from publishing.reports.pack_layout import PackRow
from publishing.reports.pack_words import (
    COUNT,
    NOT_RELEASED,
    RULES,
    numbers,
    of_rows,
    peers,
    place,
    readable,
    short_value,
    target,
    variation,
)
from publishing.reports.reader import Record
from publishing.reports.wording import sentence

COLUMNS = (
    *(Column("Indicator"), Column("Data to")),
    *numbers("Value"),
    Column("Target"),
    *numbers("Commissioner", "Median of peers"),
    *(Column("Place, with the places that chance allows"), Column("Variation")),
)
# Beside these a page has no room for more in words.
MOST_QUERIES = 3


class PracticePages:
    """The pages of all practices."""

    def __init__(self, data: PackData) -> None:
        self._data = data
        self._strips = Strips(data)

    def page(self, code: str) -> Document:
        """The page of one practice."""
        data, listed = self._data, self._data.practices[code]
        chart = self._strips.chart(code)
        blocks: list[Block] = [
            self._table(code),
            *((chart,) if chart else ()),
            Bullets(
                (
                    (Strong("Outlier: "), *self._outlier(code)),
                    (Strong("Contract: "), *self._contract(code)),
                    (Strong("Data in doubt: "), *_doubtful(data.queries.get(code, ()))),
                )
            ),
            Paragraph((data.statement,), "note"),
        ]
        return Document(
            name=code,
            title=f"{data.name('practice', code)} ({code})",
            subtitle=f"Practice page, {month(data.period)}",
            release_id=data.reader.release_id,
            blocks=tuple(blocks),
            facts={
                "Neighbourhood": (data.name("neighbourhood", listed["neighbourhood"]),),
                "Locality": (data.name("locality", listed["locality"]),),
                "List size": _list_size(listed),
            },
        )

    def _table(self, code: str) -> Table:
        rows = tuple(self._row(row, code) for row in self._data.layout.practice.rows)
        return Table(f"Indicators, trend against {self._data.before_label}; peers: {self._peers(code)}", COLUMNS, rows)

    def _row(self, row: PackRow, code: str) -> Row:
        data = self._data
        metric = data.metric(row.indicator, ("practice", code))
        name: Inlines = (Link(row.name, f"../indicators/{row.indicator}.html"),)
        if metric is None:
            return Row((name, ("",), NOT_RELEASED, *((("",),) * (len(COLUMNS) - 3))))
        comparison = data.comparison(metric.current)
        together = data.metric(row.indicator, data.commissioner)
        return Row(
            (
                name,
                (f"{metric.current['period_end']:%b %Y}",),
                short_value(metric),
                target(metric),
                short_value(together, with_trend=False, with_colour=False),
                peers(metric, comparison),
                place(comparison),
                (variation(metric.current),),
            )
        )

    def _peers(self, code: str) -> str:
        """What the group of peers has in common, as the release calls it."""
        for row in self._data.layout.practice.rows:
            metric = self._data.metric(row.indicator, ("practice", code))
            found = self._data.comparison(metric.current) if metric else None
            if found and found["peer_group"]:
                return str(found["peer_group"])
        return "none"

    def _outlier(self, code: str) -> Inlines:
        rows = sorted(self._data.outliers_of(code), key=lambda row: (row["rule"], row["indicator_id"]))
        words: list[Inline] = []
        for rule, found in groupby(rows, key=lambda row: (row["rule"], row["finding"])):
            names = "; ".join(self._called(row["indicator_id"]) for row in found)
            words += [Break()] if words else []
            words.append(f"{sentence(RULES.get(rule[0], rule[0]))} ({rule[1]}): {names}.")
        return tuple(words) or ("by no rule.",)

    def _called(self, indicator: str) -> str:
        short = {row.indicator: row.name for row in self._data.layout.practice.rows}
        definition = self._data.definition(indicator)
        return short.get(indicator) or (definition["name"] if definition else indicator)

    def _contract(self, code: str) -> Inlines:
        rating = self._data.ratings.get(code)
        rated = (
            f" CQC: {rating['overall_rating']} ({day(rating['publication_date'])})."
            if rating
            else " CQC: no rating on record."
        )
        row = self._data.contracts.get(code)
        if row is None:
            return ("awaiting the contract register." if not self._data.contracts else "not in the register.", rated)
        parts = [
            f"{row['contract_type'] or 'type not stated'}" + (f" since {day(row['start_date'])}" if row["start_date"] else ""),
            f"to {day(row['end_date'])}" if row["end_date"] else "",
            f"patient participation group: {_yes(row['has_ppg'])}",
            f"earnings published: {_yes(row['earnings_published'])}",
            f"patients' access to records: {_yes(row['record_access'])}",
            f"list: {row['list_status'] or 'not stated'}",
            f"asked to move to {row['requested_move_to']}" if row["requested_move_to"] else "",
        ]
        return ("; ".join(part for part in parts if part) + f" (register of {day(row['as_at'])}).", rated)


def _list_size(listed: Record) -> Inlines:
    when = f" registered patients ({month(listed['month'])})"
    return ("not known" + when,) if listed["list_size"] is None else (listed.figure("list_size", COUNT), when)


def _yes(answer: bool | None) -> str:
    return "not stated" if answer is None else "yes" if answer else "no"


def _doubtful(queries: Sequence[Record]) -> Inlines:
    """Open questions by feed and kind: how many, the newest month and what it says."""
    if not queries:
        return ("no open question about data of this practice.",)
    words: list[Inline] = []
    kinds = [list(rows) for _, rows in groupby(queries, key=lambda row: (row["feed"], row["issue"]))]
    for rows in kinds[:MOST_QUERIES]:
        newest = rows[-1]
        when = f", newest {month(newest['month'])}" if newest["month"] else ""
        kind = f"{newest['feed']}: {newest['issue']}".replace("_", " ")
        words += [*([" "] if words else []), f"{kind} (", of_rows(rows), f"{when}): {readable(newest['detail'])}."]
    if left := [row for rows in kinds[MOST_QUERIES:] for row in rows]:
        words += [" And ", of_rows(left), " of other kinds."]
    return tuple(words)
