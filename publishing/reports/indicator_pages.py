"""A page for each indicator: what it means, who owns it, a worked example, and where everybody stands in it.

Belongs here: the page of one indicator and the index of all. It has no narrative: whatever is said of a definition is
in the release.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import groupby

from publishing.causes import ACTIVITY
from publishing.charts.league import in_order_of
from publishing.charts.meanings import Direction, direction_of
from publishing.reports.document import (
    Block,
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
    Table,
)
from publishing.reports.formats import day, month
from publishing.reports.metrics import Metric
from publishing.reports.pack_data import PackData
from publishing.reports.pack_words import (
    ASSURANCE,
    RULES,
    achieving,
    is_known,
    named,
    numbers,
    place,
    short_awaited,
    short_value,
    target,
    variation,
)
from publishing.reports.reader import COUNTS, Record
from publishing.reports.wording import COMPARED, as_written, at_odds, sentence
from publishing.reports.writing import file_name
from sources.contracts import load_contracts

PERCENT = Shown(0, scale=Decimal("0.01"), after="%")
LAST = 1_000_000
DOMAINS = {
    "acs": "ambulatory care sensitive admissions",
    "qof": "Quality and Outcomes Framework",
    "rtt": "referral to treatment",
}
DIRECTIONS: dict[Direction, str] = {
    "up": "higher is better",
    "down": "lower is better",
    "neutral": "neither way is good in itself",
}
# How practices stand where they have places, and where they have none.
FIRST: dict[Direction, tuple[str, str]] = {
    "up": ("best place first", "best value first"),
    "down": ("best place first", "best value first"),
    "neutral": ("highest value first", "highest value first"),
}
NO_FUNNEL = "There is no funnel: from its limits the figure of a practice that is hidden could be worked out."
NO_CHART = "Its control chart is not drawn: from its points counts of patients could be worked out."
# What is said where no practice is in the list of outliers.
NOBODY: dict[Direction, str] = {
    "up": "No practice is an outlier by any rule.",
    "down": "No practice is an outlier by any rule.",
    "neutral": "Neither way is good, so that no practice is an outlier of the quality framework by it; a funnel, where "
    "it has one, shows who differs by more than chance.",
}


def index(data: PackData) -> Document:
    """All indicators by domain, with the commissioner's newest value."""
    definitions = [row for indicator in data.versions if (row := data.definition(indicator)) is not None]
    definitions.sort(key=lambda row: (row["domain"], row["name"], row["indicator_id"]))
    columns = (Column("Indicator"), *numbers("Commissioner"), Column("Data to"), Column("Owner"), Column("Source"))
    blocks: list[Block] = []
    for domain, rows in groupby(definitions, key=lambda row: row["domain"]):
        blocks.append(Heading(2, sentence(DOMAINS.get(domain, domain))))
        blocks.append(
            Table(f"Indicators: {DOMAINS.get(domain, domain)}", columns, tuple(_listed(data, row) for row in rows))
        )
    return Document(
        name="index",
        title="Indicators",
        subtitle=f"Definitions, {month(data.period)}",
        release_id=data.reader.release_id,
        blocks=tuple(blocks),
        facts={"Data": (data.statement,), COUNTS: (data.reader.disclosure,), "Release": (data.reader.release_id,)},
    )


def _listed(data: PackData, definition: Record) -> Row:
    indicator = definition["indicator_id"]
    metric = data.metric(indicator, data.commissioner)
    until = month(metric.current["period_end"]) if metric else ""
    return Row(
        (
            (Link(definition["name"], f"{file_name(indicator)}.html"),),
            short_value(metric),
            (until,),
            (definition["owner"],),
            (definition["source"],),
        )
    )


def page(data: PackData, indicator: str) -> Document:
    """The page of one indicator: how it stands, what it is, and how practices stand."""
    definition = data.definition(indicator)
    assert definition is not None
    metric = data.metric(indicator, data.commissioner)
    return Document(
        name=file_name(indicator),
        title=definition["name"],
        subtitle=f"Indicator {indicator}, {definition['version']}",
        release_id=data.reader.release_id,
        blocks=(
            Heading(2, "The commissioner", anchor="commissioner"),
            *_commissioner(data, indicator, metric),
            Heading(2, "Definition", anchor="definition"),
            *_definition(data, definition),
            Heading(2, "Targets and bands", anchor="thresholds"),
            *_thresholds(sorted(data.thresholds(indicator), key=_in_time)),
            Heading(2, "Worked example", anchor="example"),
            Paragraph(_example(definition)),
            Heading(2, "Practices", anchor="practices"),
            *_practices(data, indicator),
        ),
        facts={
            "Owner": (definition["owner"],),
            "Source": (definition["source"],),
            **({COUNTS: (data.reader.disclosure,)} if definition.get("counts_patients") else {}),
            "Release": (data.reader.release_id,),
        },
    )


def _definition(data: PackData, definition: Record) -> Iterator[Block]:
    """What is counted, per what, in which unit, why, and what to beware of; and every version."""
    lines: list[tuple[str, str]] = [
        ("Counted", definition["numerator_label"]),
        ("Per", definition["denominator_label"] or "nothing: a count"),
        ("Unit", f"{definition['unit']}; {DIRECTIONS[direction_of(definition['direction'])]}"),
        ("Months of a figure", _phrase(definition["period_basis"])),
        ("Baseline", _phrase(definition["baseline_rule"]) if definition["baseline_rule"] else "none"),
        ("Feeds", _feeds(definition)),
        ("Interval", _phrase(definition["statistic"]) if definition["statistic"] != "none" else "none is computed"),
        ("Why it is measured", definition["rationale"] or "not stated"),
        ("Beware", definition["caveats"] or "no caveat is stated"),
    ]
    rows = tuple(Row(((name,), (text,))) for name, text in lines)
    yield Table("What it means", (Column("Part"), Column("Definition")), rows)
    versions = data.versions[definition["indicator_id"]]
    yield Table(
        "Versions of the definition",
        (Column("Version"), Column("In force"), Column("What changed")),
        tuple(
            Row(((row["version"],), (_span(row),), (row["definition_change"] or "no change is stated",)))
            for row in versions
        ),
    )


def _feeds(definition: Record) -> str:
    """Feeds by their titles; activity of hospitals by those of the feeds that bring it."""
    names = [name.strip() for name in (definition["source_feeds"] or "").split(",") if name.strip()]
    titles = [feed.title for name, feed in load_contracts().items() if {name, ACTIVITY.get(name)} & set(names)]
    return ", ".join(titles) or "none"


def _phrase(text: str) -> str:
    return sentence(text.replace("_", " "))


def _span(row: Record) -> str:
    since = f"from {day(row['valid_from'])}" if row["valid_from"] else "from the beginning"
    return f"{since} to {day(row['valid_to'])}" if row["valid_to"] else since


def _in_time(row: Record) -> tuple[str, date]:
    """Targets beside targets, those of this year before those of the next."""
    return row["kind"], row["valid_from"] or date.min


def _thresholds(rows: Sequence[Record]) -> tuple[Block, ...]:
    if not rows:
        return (Paragraph(("It has no target and no bands.",)),)
    columns = (
        Column("Kind"),
        Column("Of"),
        Column("Rule"),
        Column("In force"),
        Column("Approved by"),
        Column("Source"),
    )
    return (
        Table(
            "Targets and bands",
            columns,
            tuple(
                Row(
                    (
                        (sentence(row["kind"]) + (f" {row['band']}" if row["band"] else ""),),
                        (row["org_code"] or (f"every {row['org_type']}" if row["org_type"] else "everybody"),),
                        _rule(row),
                        (_span(row),),
                        (row["approved_by"] or "nobody is named",),
                        (row["source"] or "not stated",),
                    )
                )
                for row in rows
            ),
        ),
    )


def _rule(row: Record) -> Inlines:
    if row["figure"] is None:
        return (_phrase(row["rule"]),)
    compared = COMPARED.get(row["rule"], row["rule"].replace("_", " "))
    words: Inlines = (sentence(compared) + " ", row.figure("figure", as_written(row["figure"])))
    if row["alternative_figure"] is not None:
        words += (" or ", row.figure("alternative_figure", as_written(row["alternative_figure"])))
    if row["reduction"] is not None:
        words += (", or ", row.figure("reduction", PERCENT), " below its own baseline")
    return words


def _example(definition: Record) -> Inlines:
    """`Counted 1,150 per 1,000: times 1, 1.15 items per STAR-PU.`"""
    if definition["example_value"] is None:
        return ("The release has no worked example.",)
    words: Inlines = (f"{definition['numerator_label']}: ", _exact(definition, "example_numerator"))
    if definition["example_denominator"] is not None:
        words += (f"; {definition['denominator_label']}: ", _exact(definition, "example_denominator"))
    words += ("; multiplied by ", _exact(definition, "multiplier"), ": ")
    result = definition.figure("example_value", Shown(definition["decimals"]))
    return (*words, result, f" {definition['unit']}.")


def _exact(row: Record, column: str) -> Inline:
    return row.figure(column, as_written(row[column]))


def _commissioner(data: PackData, indicator: str, metric: Metric | None) -> tuple[Block, ...]:
    if metric is None:
        return (Paragraph(("The release has no result of the commissioner.",)),)
    row = metric.current
    shown = short_value(metric) if is_known(metric) else short_awaited(data.reader, row)
    said: Inlines = (f"{named(metric, data.reader.commissioner)}: ", *shown)
    said += ("; target: " if is_known(metric) else " Target: ", *target(metric), ". ")
    if row["numbers_achieving"] is not None:
        said += ("Practices achieving it: ", *achieving(row), ". ")
    newest = data.control_charts.get(indicator)
    said += (f"Variation: {variation(row)}",)
    assurance = ASSURANCE.get(newest["assurance"] or "", "") if newest else ""
    said += (f"; {assurance}." if assurance else ".",)
    if newest and newest["variation"] and newest["value"] is None:
        said += (f" {NO_CHART}",)
    if not is_known(metric):
        return (Paragraph(said),)
    if row["rag"]:
        said += tuple(f" {odds}" for odds in at_odds(data.reader, metric.definition))
    charts = data.charts(metric)
    return (Paragraph(said), *(chart for chart in (charts.course(), charts.variation()) if chart is not None))


def _practices(data: PackData, indicator: str) -> tuple[Block, ...]:
    """The league of practices by place, and which of them are outliers by which rule."""
    found = [(code, data.metric(indicator, ("practice", code))) for code in data.practices]
    metrics = [(code, metric) for code, metric in found if metric is not None]
    if not metrics:
        return (Paragraph(("It has no results of practices.",)),)
    metrics.sort(key=lambda one: (_place(data, one[1]), not is_known(one[1]), _by_value(one[1]), one[0]))
    is_ranked = any(_place(data, metric) != LAST for _, metric in metrics)
    ranked, unranked = FIRST[metrics[0][1].direction]
    order = ranked if is_ranked else f"{unranked}; none is ranked"
    columns = (
        *(Column("Practice"), Column("Neighbourhood"), *numbers("Value")),
        *(Column("Place, with the places that chance allows"), Column("Variation")),
    )
    rows = []
    for code, metric in metrics:
        listed = data.practices[code]
        rows.append(
            Row(
                (
                    (Link(f"{code} {data.name('practice', code)}", f"../practice/{file_name(code)}.html"),),
                    (data.name("neighbourhood", listed["neighbourhood"]),),
                    short_value(metric),
                    place(data.comparison(metric.current)),
                    (variation(metric.current),),
                )
            )
        )
    table = Table(f"Practices, {named(metrics[0][1], order)}", columns, tuple(rows))
    together = data.metric(indicator, data.commissioner)
    charts = data.charts(together) if together else None
    drawn = (charts.funnel(), charts.league()) if charts else ()
    # The figures of a drawing stand in the table below it.
    found_charts = [replace(chart, data=None) for chart in drawn if chart is not None]
    lacking = (Paragraph((NO_FUNNEL,), "note"),) if charts and charts.lacks_funnel() else ()
    return (
        *lacking,
        *found_charts,
        table,
        Heading(3, "Outliers", anchor="outliers"),
        *_outliers(data, indicator, metrics),
    )


def _place(data: PackData, metric: Metric) -> int:
    beside = data.comparison(metric.current)
    return LAST if beside is None or beside["place"] is None else int(beside["place"])


def _by_value(metric: Metric) -> float:
    """What sorts figures as places do. One that is not known is beside them."""
    return in_order_of(metric.current["value"] or 0, metric.direction)


def _outliers(data: PackData, indicator: str, metrics: Sequence[tuple[str, Metric]]) -> tuple[Block, ...]:
    rows = sorted(data.outliers_in(indicator), key=lambda row: (row["rule"], row["finding"], row["practice_code"]))
    if not rows:
        if not any(is_known(metric) for _, metric in metrics):
            return (Paragraph(("Not judged: no figure of a practice is shown.",)),)
        return (Paragraph((NOBODY[metrics[0][1].direction],)),)
    items: list[Inlines] = []
    for (rule, finding), found in groupby(rows, key=lambda row: (row["rule"], row["finding"])):
        names = ", ".join(f"{row['practice_code']} {data.name('practice', row['practice_code'])}" for row in found)
        items.append((f"{sentence(RULES.get(rule, rule))} ({finding}): {names}.",))
    return (Bullets(tuple(items)),)
