"""The committee's performance report of a period, put together from one release and the texts of its authors.

Belongs here: which sections there are, in which order, and what is said once for all of them. What is in a section is
its own module's.
"""

from collections.abc import Mapping
from datetime import date

from pcw.errors import PcwError
from publishing.reports import contract, finance, programme, risks, savings_charts
from publishing.reports.charting import IndicatorCharts
from publishing.reports.cres import Savings
from publishing.reports.document import Block, Document, Heading, Inlines, Paragraph
from publishing.reports.formats import day, month
from publishing.reports.layout import Layout, committee_layout
from publishing.reports.metrics import (
    DataUpTo,
    Metric,
    Metrics,
    months_after,
    received_up_to,
    year_name,
    year_start,
)
from publishing.reports.reader import Reader
from publishing.reports.summary import Summary
from publishing.reports.texts import FACTS, Texts

# Nobody but its authors may say that a duty does not apply.
NOT_STATED = "Not stated."
GROUP_NAMES = {
    "secondary_care": "secondary care",
    "prescribing": "prescribing",
    "returns": "the friends and family test",
}


def quarter_name(period: date) -> str:
    """`Q1 2017/18`: the quarter that ends with a month; of one under way `part of Q2 2016/17: July 2016 only`."""
    months = (period.year - year_start(period).year) * 12 + period.month - 4
    name = f"Q{months // 3 + 1} {year_name(period)}"
    match months % 3:
        case 0:
            return f"part of {name}: {month(period)} only"
        case 1:
            return f"part of {name}: {months_after(period, -1):%B} and {month(period)}"
        case _:
            return name


def data_of(reader: Reader, layout: Layout, texts: Texts) -> tuple[DataUpTo, DataUpTo, str]:
    """How far the data of this report and of the one before goes, and what the latter is called.

    Where nobody says otherwise the report before was three months earlier, with the same lag of each group of feeds.
    """
    facts, period = texts.facts, texts.period
    received = received_up_to(reader, period, layout.lags)
    _assert_groups(layout, texts)
    data = DataUpTo(period, {**received.groups, **facts.data_up_to})
    earlier, label = months_after(period, -3), ""
    stated: Mapping[str, date] = {}
    if facts.previous is not None:
        earlier, label, stated = facts.previous.period, facts.previous.label, facts.previous.data_up_to
    months = (period.year - earlier.year) * 12 + period.month - earlier.month
    lagging = {group: months_after(last, -months) for group, last in data.groups.items()}
    return data, DataUpTo(earlier, {**lagging, **stated}), label or f"{earlier:%b %Y} report"


def report_before(before: DataUpTo, label: str = "") -> str:
    """The report before in a sentence, with its period: `the report before (Jun Report, to March 2017)`."""
    return f"the report before ({f'{label}, ' if label else ''}to {month(before.period)})"


def _assert_groups(layout: Layout, texts: Texts) -> None:
    facts = texts.facts
    named = {*facts.data_up_to, *(facts.previous.data_up_to if facts.previous else ())}
    if unknown := sorted(named - set(layout.lags)):
        raise PcwError(
            f"{texts.here / FACTS}, data_up_to: {', '.join(unknown)} is no group of feeds. "
            f"Expected: {', '.join(sorted(layout.lags))}."
        )


def indicator_charts(reader: Reader, metric: Metric, called: Mapping[str, str]) -> tuple[Block, ...]:
    """How an indicator moved, and how neighbourhoods and practices differ; of one without a figure nothing is drawn."""
    if metric.current["value"] is None:
        return ()
    charts = IndicatorCharts(reader, metric, called)
    return tuple(chart for chart in (charts.course(), charts.variation(), charts.funnel()) if chart is not None)


def data_statement(data: DataUpTo) -> str:
    """Up to when the data goes: once for all, and for each group that lags behind."""
    groups = [
        f"{GROUP_NAMES.get(group, group)} at the end of {month(data.of(group))}"
        for group in sorted(data.groups)
        if data.of(group) != data.period
    ]
    exceptions = f"; {', '.join(groups)}" if groups else ""
    return f"Most data is at the end of {month(data.period)}{exceptions}."


def committee_report(reader: Reader, texts: Texts) -> Document:
    """The report of the period of `texts`, for the commissioner of the release."""
    layout, facts, period = committee_layout(), texts.facts, texts.period
    data, before, label = data_of(reader, layout, texts)
    money = finance.Finance(reader, layout.finance, texts, period)
    metrics = Metrics(reader, data, before, org_type="commissioner", org_code=reader.commissioner)
    called = {**contract.names(reader), **contract.names(reader, "neighbourhood"), **contract.names(reader, "locality")}
    summary = Summary(
        reader=reader,
        layout=layout,
        metrics=metrics,
        texts=texts,
        before_label=label,
        before_words=report_before(before, facts.previous.label if facts.previous else ""),
        year=year_name(period),
        finance=money.headline(),
        charts=lambda metric: indicator_charts(reader, metric, called),
    )
    sections: tuple[tuple[str, tuple[Block, ...]], ...] = (
        ("Purpose", _purpose(texts, period)),
        ("Recommendations", (texts.slot("recommendations", "The committee is asked to", "Note the report."),)),
        ("Background", _background(reader, texts, data)),
        ("Report outcome", (summary.whole(), *texts.if_written("outcome", "In short"))),
        ("National performance measures", _national(summary, layout)),
        ("Local quality improvement schemes", _local(summary, layout)),
        ("CQC reports", contract.inspections(reader, texts, period)),
        ("GMS, PMS and APMS contracts", contract.contracts(reader, texts, summary, period)),
        ("Contract visit programme", contract.visits(reader, texts, period)),
        ("Complaints", contract.complaints(reader, texts, period)),
        ("Finance", money.blocks()),
        ("Statutory requirements", _statutory(texts)),
        ("Financial sustainability", (texts.slot("sustainability", "Financial sustainability", NOT_STATED),)),
        ("Conclusion", (texts.slot("conclusion", "Conclusion"),)),
    )
    blocks: list[Block] = []
    for number, (title, content) in enumerate(sections, start=1):
        blocks += [Heading(2, title, str(number), f"s-{number}"), *content]
    savings = Savings(reader, period)
    blocks += [Heading(2, "Savings plan (CRES)", anchor="cres"), *savings.blocks(), *savings_charts.charts(savings)]
    blocks += [Heading(2, "Programme highlight report", anchor="programme"), *programme.blocks(reader, texts, period)]
    blocks += [Heading(2, "Risk register", anchor="risks"), *risks.blocks(reader, texts)]
    return Document(
        name="committee-report",
        title="Primary care commissioning performance report",
        subtitle=f"{reader.commissioner}, {quarter_name(period)}",
        release_id=reader.release_id,
        blocks=tuple(blocks),
        facts={
            "Reference": (facts.reference or "not given",),
            "Meeting": (day(facts.meeting) if facts.meeting else "not given",),
            "Lead governor": (facts.lead_governor or "not given",),
            "Senior management lead": (facts.senior_lead or "not given",),
            "Report author": (facts.author or "not given",),
            "Relevant standards": (facts.standards or "not given",),
            "Data": (data_statement(data),),
            "Release": _release(reader),
        },
    )


def _release(reader: Reader) -> Inlines:
    known = f", as known on {day(reader.as_at)}" if reader.as_at else ""
    return (f"{reader.release_id}{known}",)


def _purpose(texts: Texts, period: date) -> tuple[Block, ...]:
    fixed = f"This report tells the committee how primary care performed to {month(period)} ({quarter_name(period)})."
    return (Paragraph((fixed,)), *texts.if_written("purpose", "Purpose"))


def _background(reader: Reader, texts: Texts, data: DataUpTo) -> tuple[Block, ...]:
    states = (
        "Each measure is shown with its value and colour, or says what it awaits, or why it is withheld. "
        f"{reader.disclosure}"
    )
    written = texts.if_written("background", "Background")
    return (*written, Paragraph((states,)), Paragraph((data_statement(data),)))


def _national(summary: Summary, layout: Layout) -> tuple[Block, ...]:
    blocks: list[Block] = [*summary.texts.if_written("national", "In general")]
    titles = {"5.1": "Experience of general practice", "5.2": "Quality premium"}
    for detail in layout.national:
        part = detail.number.rpartition(".")[0]
        if part in titles:
            blocks.append(Heading(3, titles.pop(part), part, f"s-{part.replace('.', '-')}"))
        blocks += summary.national_block(detail)
    return tuple(blocks)


def _local(summary: Summary, layout: Layout) -> tuple[Block, ...]:
    title = f"GP Specification {summary.year}"
    blocks: list[Block] = [Heading(3, title, "6.1", "s-6-1"), summary.local()]
    for detail in layout.local:
        blocks += summary.local_block(detail)
    return tuple(blocks)


def _statutory(texts: Texts) -> tuple[Block, ...]:
    asked = (
        ("statutory-engagement", "Public engagement: is it required, and was it carried out?"),
        ("statutory-equality", "Public sector equality duty: does it apply?"),
        ("statutory-social-value", "Social value: economic, social and environmental"),
        ("statutory-outcomes", "Health outcomes and inequalities"),
    )
    return tuple(texts.slot(key, question, NOT_STATED) for key, question in asked)


def default_period(reader: Reader) -> date | None:
    """The last month of the newest quarter that ended with the months of lists; None for a release without lists."""
    last: date | None = reader.column("select max(month) from practice_month where has_list")[0]
    return None if last is None else months_after(last, -(last.month % 3))


def first_period(reader: Reader) -> date | None:
    """The first month of which the commissioner has a figure; None where it has none."""
    first: date | None = reader.column(
        "select min(period_end) from indicator_result "
        "where org_type = 'commissioner' and org_code = ? and state = 'ok'",
        reader.commissioner,
    )[0]
    return None if first is None else first.replace(day=1)


def last_period(reader: Reader) -> date | None:
    """The newest month of which the release has results; None where it has none."""
    newest: date | None = reader.column("select max(period_end) from indicator_result")[0]
    return None if newest is None else newest.replace(day=1)
