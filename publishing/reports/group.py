"""The paper of several commissioners that work as one: all of them together and each beside the others.

Belongs here: what a joint committee compares and adds up. A member's own sections, with texts of its authors, are those
of its committee report. A sum is made where every member has the amount; where one is missing nothing is added.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from publishing.reports import risks
from publishing.reports.committee import NOT_STATED, data_of, data_statement, quarter_name
from publishing.reports.cres import Savings
from publishing.reports.document import Block, Column, Document, Group, Heading, Inlines, Paragraph, Row, Table
from publishing.reports.finance import AMOUNTS, HEADERS, POUNDS, Finance
from publishing.reports.formats import day, figure, month
from publishing.reports.layout import Layout, SummaryRow, committee_layout
from publishing.reports.metrics import Metric, Metrics, month_end, year_name
from publishing.reports.reader import COUNTS, Reader, Record
from publishing.reports.texts import Texts
from publishing.reports.wording import absent, data_note, value

TOGETHER = "All together"
SAVINGS = (
    *(("Plan, year to date £", "plan_ytd"), ("Saved, year to date £", "actual_ytd"), ("Plan of the year £", "plan_fy")),
    *(("Forecast of the leads £", "forecast_fy"), ("Gap that nothing mitigates £", "unmitigated_gap")),
)


def group_report(reader: Reader, texts: Texts) -> Document:
    """The paper of the period of `texts`, for all commissioners of the release together."""
    layout, period = committee_layout(), texts.period
    members = {code: reader.of(code) for code in reader.commissioners}
    data, before, _ = data_of(reader, layout, texts)
    metrics = {
        texts.commissioner: Metrics(reader, data, before, org_type="system", org_code=texts.commissioner),
        **{
            code: Metrics(member, data, before, org_type="commissioner", org_code=code)
            for code, member in members.items()
        },
    }
    purpose = (
        f"This paper sets {', '.join(members)} beside each other to {month(period)} ({quarter_name(period)}), and adds "
        "up what can be added. Each of them has a committee report of its own."
    )
    blocks: tuple[Block, ...] = (
        Heading(2, "Purpose", "1", "s-1"),
        Paragraph((purpose,)),
        texts.slot("recommendations", "The committee is asked to", "Note the report."),
        Heading(2, "Performance", "2", "s-2"),
        Paragraph((data_statement(data),)),
        _performance(layout, metrics, year_name(period)),
        texts.slot("outcome", "In short", NOT_STATED),
        Heading(2, "Finance", "3", "s-3"),
        *_finance(layout, members, period, texts),
        Heading(2, "Savings plans (CRES)", "4", "s-4"),
        _savings(members, period),
        Heading(2, "Risk registers", "5", "s-5"),
        *_risks(members, texts),
    )
    return Document(
        name="group-report",
        title="Primary care commissioning performance report of all commissioners",
        subtitle=f"{texts.commissioner}, {quarter_name(period)}",
        release_id=reader.release_id,
        blocks=blocks,
        facts={
            "Commissioners": (", ".join(members),),
            COUNTS: (reader.disclosure,),
            "Release": (reader.release_id,),
        },
    )


def _performance(layout: Layout, metrics: Mapping[str, Metrics], year: str) -> Table:
    rows: list[Row | Group] = []
    for group in layout.summary:
        shown = [row for row in group.rows if row.show != "finance"]
        if shown:
            rows.append(Group(group.title.format(year=year)))
            rows += [_measure(layout, row, metrics) for row in shown]
    columns = (Column("Measure"), *(Column(code) for code in metrics), Column("Data"))
    return Table("Current performance of all together and of each", columns, tuple(rows))


def _measure(layout: Layout, row: SummaryRow, metrics: Mapping[str, Metrics]) -> Row:
    found = [of_one.metric(row.indicator, layout.group_of(row.indicator)) for of_one in metrics.values()]
    known = next((metric for metric in found if metric is not None), None)
    return Row(((row.name,), *map(_cell, found), (data_note(known) if known is not None else "none",)))


def _cell(metric: Metric | None) -> Inlines:
    if metric is None:
        return ("no figure",)
    has_value = metric.current["state"] == "ok" and metric.current["value"] is not None
    return value(metric) if has_value else absent(metric.current)


def _finance(layout: Layout, members: Mapping[str, Reader], period: date, texts: Texts) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for title, area in (
        ("Primary care delegated budgets", layout.finance.delegated),
        ("Prescribing budgets", layout.finance.prescribing),
    ):
        positions = {
            code: Finance(member, layout.finance, texts, period).area(area) for code, member in members.items()
        }
        columns = (Column("Commissioner"), *(Column(header, is_number=True) for header in HEADERS[1:]))
        caption = f"{title} at {day(month_end(period))}"
        blocks.append(Table(caption, columns, _rows(positions, AMOUNTS, f"no position of {month(period)}")))
    return tuple(blocks)


def _savings(members: Mapping[str, Reader], period: date) -> Table:
    """By the tracker of the same month for all, the newest that one of them has; who lacks it says so."""
    totals = {code: Savings(member, period).total for code, member in members.items()}
    newest = max((row["month"] for row in totals.values() if row is not None), default=period)
    of_month = {code: row if row is not None and row["month"] == newest else None for code, row in totals.items()}
    columns = (Column("Commissioner"), *(Column(header, is_number=True) for header, _ in SAVINGS))
    caption = f"CRES positions, {year_name(period)}, to {month(newest)}"
    return Table(caption, columns, _rows(of_month, [name for _, name in SAVINGS], f"no tracker of {month(newest)}"))


def _rows(found: Mapping[str, Record | None], columns: Sequence[str], missing: str) -> tuple[Row, ...]:
    """A row for each, and one of the sums."""
    rows = [
        Row(((code,), *((missing,) if row is None else _amount(row, column) for column in columns)))
        for code, row in found.items()
    ]
    return (*rows, Row(((TOGETHER,), *(_sum(list(found.values()), column) for column in columns)), is_total=True))


def _amount(row: Record, column: str) -> Inlines:
    return ("not known",) if row[column] is None else (row.figure(column, POUNDS),)


def _sum(rows: Sequence[Record | None], column: str) -> Inlines:
    known = [row for row in rows if row is not None and row[column] is not None]
    if len(known) < len(rows):
        return ("not known of all",)
    total = sum((row[column] for row in known), Decimal(0))
    return (figure(total, POUNDS, *(row.source(column) for row in known), operation="sum"),)


def _risks(members: Mapping[str, Reader], texts: Texts) -> tuple[Block, ...]:
    counted = {code: risks.grade_counts(member, texts.reported_month) for code, member in members.items()}
    names = list(dict.fromkeys(row["grade"] for rows in counted.values() for row in rows))
    if not names:
        return (Paragraph((f"Awaiting the risk register of {month(texts.reported_month)}.",)),)
    rows = []
    for code, grades in counted.items():
        by_grade = {row["grade"]: row for row in grades}
        cells = (
            (by_grade[name].figure("risks", risks.COUNT),) if name in by_grade else ("none came",) for name in names
        )
        register = month(grades[0]["register_month"]) if grades else "none came"
        rows.append(Row(((code,), (register,), *cells)))
    columns = (Column("Commissioner"), Column("Register of"), *(Column(name, True) for name in names))
    return (Table("Risks by residual grade, closed risks left out", columns, tuple(rows)),)
