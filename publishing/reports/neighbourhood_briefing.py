"""Ten key points of medicines for a neighbourhood, each month, written by nobody.

Belongs here: the ten rows and the sentence that each of them makes. Which ten they are is in `packs.yaml`.
"""

from dataclasses import dataclass

from publishing.reports.document import Bullets, Column, Document, Heading, Inlines, Link, Paragraph, Row, Table
from publishing.reports.formats import month
from publishing.reports.metrics import Metric
from publishing.reports.pack_data import PackData
from publishing.reports.pack_layout import PackRow
from publishing.reports.pack_words import (
    NOT_RELEASED,
    achieving,
    against,
    compared,
    is_known,
    moved,
    named,
    numbers,
    of_rows,
    readable,
    short_absent,
    short_value,
    target,
)
from publishing.reports.reader import COUNTS
from publishing.reports.widths import plain
from publishing.reports.wording import value
from publishing.reports.writing import file_name

COLUMNS = (
    *(Column("Key point"), *numbers("Neighbourhood"), Column("Target"), *numbers("Commissioner")),
    *(Column("Lowest practice"), Column("Highest practice"), *numbers("Practices achieving")),
)


@dataclass(frozen=True)
class Spread:
    """The practices of a neighbourhood with the lowest and highest value; the first by code of those alike.

    Attributes:
        practices: how many have a value.
    """

    lowest: tuple[str, Metric]
    highest: tuple[str, Metric]
    practices: int

    @property
    def is_alike(self) -> bool:
        """Whether all values are one as shown: then none is the lowest or the highest."""
        return plain(_value(self.lowest[1])) == plain(_value(self.highest[1]))


def briefing(data: PackData, neighbourhood: str) -> Document:
    """The briefing of one neighbourhood."""
    name, practices = data.name("neighbourhood", neighbourhood), data.practices_in(neighbourhood)
    points = tuple(_point(data, row, neighbourhood, name) for row in data.layout.medicines.rows)
    rows = tuple(_row(data, row, neighbourhood) for row in data.layout.medicines.rows)
    metrics = (data.metric(row.indicator, ("neighbourhood", neighbourhood)) for row in data.layout.medicines.rows)
    return Document(
        name=file_name(neighbourhood),
        title=f"{name}: ten key points",
        subtitle=f"Medicines in the neighbourhood, {month(data.period)}",
        release_id=data.reader.release_id,
        blocks=(
            Heading(2, "Key points", anchor="points"),
            Bullets(points, ordered=True),
            Heading(2, "Figures", anchor="figures"),
            Table(f"Medicines in {name}, trend against {against(data.before_words, *metrics)}", COLUMNS, rows),
            Paragraph((f"{data.statement} {data.layout.medicines.note}",), "note"),
        ),
        facts={
            "Neighbourhood": (f"{name} ({neighbourhood})",),
            "Practices": (of_rows(list(practices)), f" with patients in {month(practices[0]['month'])}"),
            COUNTS: (data.reader.disclosure,),
            "Release": (data.reader.release_id,),
        },
    )


def _point(data: PackData, row: PackRow, neighbourhood: str, name: str) -> Inlines:
    """`Antibacterial items per STAR-PU (12 months to May 2017): GREEN 1.12, better than the commissioner (1.15)`."""
    metric = data.metric(row.indicator, ("neighbourhood", neighbourhood))
    if metric is None:
        return (f"{row.name}: not in this release.",)
    head = f"{named(metric, row.name)}: "
    if not is_known(metric):
        return (head, *(_lowered(part) if isinstance(part, str) else part for part in short_absent(metric.current)))
    words: Inlines = (head, *value(metric))
    together = data.metric(row.indicator, data.commissioner)
    if together is not None and is_known(together):
        beside = compared(metric, together)
        words += (f", {beside} the commissioner (" if beside else " (commissioner: ",)
        words += (*value(together, with_colour=False), ")")
    words += (moved(metric, data.before_words),)
    spread = spread_of(data, row.indicator, neighbourhood)
    if spread is not None:
        words += ("; ", *_told(data, spread))
    if metric.current["numbers_achieving"] is not None:
        words += ("; ", *achieving(metric.current), " practices achieve the target")
    return (*words, ".")


def _row(data: PackData, row: PackRow, neighbourhood: str) -> Row:
    metric = data.metric(row.indicator, ("neighbourhood", neighbourhood))
    name: Inlines = (Link(row.name, f"../indicators/{file_name(row.indicator)}.html"),)
    if metric is None:
        return Row((name, NOT_RELEASED, *((("",),) * (len(COLUMNS) - 2))))
    spread = spread_of(data, row.indicator, neighbourhood)
    ends: tuple[Inlines, Inlines] = (("no figure of a practice is shown",), ("no figure of a practice is shown",))
    if spread is not None:
        low, high = spread.lowest, spread.highest
        if not spread.is_alike:
            ends = (
                (*_value(low[1]), f" {data.name('practice', low[0])}"),
                (*_value(high[1]), f" {data.name('practice', high[0])}"),
            )
        elif spread.practices == 1:
            ends = ((*_value(low[1]), f" {data.name('practice', low[0])}"), ("no other is shown",))
        else:
            ends = ((*_value(low[1]), " all that are shown"), ("as the lowest",))
    together = data.metric(row.indicator, data.commissioner)
    return Row(
        (
            name,
            short_value(metric),
            target(metric),
            short_value(together, with_trend=False),
            *ends,
            achieving(metric.current),
        )
    )


def spread_of(data: PackData, indicator: str, neighbourhood: str) -> Spread | None:
    """Lowest and highest of the practices that have a value; None where none has."""
    found = [
        (listed["practice_code"], metric)
        for listed in data.practices_in(neighbourhood)
        if (metric := data.metric(indicator, ("practice", listed["practice_code"]))) is not None and is_known(metric)
    ]
    if not found:
        return None

    def of(one: tuple[str, Metric]) -> float:
        return float(one[1].current["value"])

    return Spread(min(found, key=of), max(found, key=of), len(found))


def _told(data: PackData, spread: Spread) -> Inlines:
    """`practices from 1.01 (Abbey) to 1.30 (Brook)`, or that all that are shown are alike."""
    low, high = spread.lowest, spread.highest
    if not spread.is_alike:
        words: Inlines = ("practices from ", *_value(low[1]), f" ({data.name('practice', low[0])}) to ")
        return (*words, *_value(high[1]), f" ({data.name('practice', high[0])})")
    if spread.practices == 1:
        return (f"the one practice that is shown ({data.name('practice', low[0])}) at ", *_value(low[1]))
    return ("all practices that are shown at ", *_value(low[1]))


def _value(metric: Metric) -> Inlines:
    return (metric.current.figure("value", metric.how),)


def _lowered(text: str) -> str:
    return text[:1].lower() + readable(text)[1:]
