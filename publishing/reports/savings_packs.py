"""Savings packs: the FROG pack of finance (all schemes) and the MOC pack of the medicines committee.

Belongs here: what is put beside `cres.py`'s tables, which the committee report has too: run rates, recurrence, claims
that the feeds contradict, schemes that claim the same; and of medicines the challenges of drug charges, the forecast of
prescribing and rebates.
"""

from collections.abc import Sequence
from itertools import groupby

from publishing.reports import savings_charts
from publishing.reports.cres import STATES, Savings
from publishing.reports.document import Block, Bullets, Column, Document, Heading, Inlines, Paragraph, Row, Table
from publishing.reports.finance import POUNDS, Finance
from publishing.reports.formats import day, figure, month
from publishing.reports.layout import committee_layout
from publishing.reports.metrics import months_after, year_start
from publishing.reports.pack_data import PackData
from publishing.reports.pack_words import NOT_RELEASED, achieving, against, named, numbers, of_rows, short_value, target
from publishing.reports.reader import COUNTS, Record
from publishing.reports.wording import sentence

UNKNOWN = "not known"
CHARGES = "high_cost_drug_charge"
RECURRENCE = (
    "A recurrent saving comes again every year. The part of a recurrent plan that recurrent savings do not give has to "
    "be found again next year, counted by what its scheme saves in a full year."
)


def frog_pack(data: PackData) -> Document:
    """The finance pack: every scheme of the year."""
    savings = Savings(data.reader, data.period)
    blocks: list[Block] = [Paragraph(savings.headline())]
    if later := savings.later():
        blocks.append(Paragraph(later, "note"))
    if savings.total is not None:
        schemes = savings.schemes
        blocks += [
            Heading(2, "Position", anchor="position"),
            savings.position(savings.total),
            *savings_charts.charts(savings),
            Heading(2, "Schemes", anchor="schemes"),
            savings.scheme_table(schemes),
            *savings.evidence(),
            Heading(2, "Run rate", anchor="run-rate"),
            _run_rates(savings, [*schemes, savings.total]),
            Heading(2, "Recurrence", anchor="recurrence"),
            Paragraph((RECURRENCE,), "note"),
            _recurrence(savings, [*schemes, savings.total]),
            Heading(2, "To ask about", anchor="questions"),
            *_questions(data, savings, schemes),
            Heading(2, "Schemes that claim the same savings", anchor="overlap"),
            *_overlaps(data, savings),
        ]
    return _document(data, "frog", "Savings: finance pack (FROG)", blocks)


def moc_pack(data: PackData) -> Document:
    """The medicines pack."""
    savings = Savings(data.reader, data.period)
    schemes = _of_medicines(data, savings)
    finance = Finance(data.reader, committee_layout().finance, data.texts, data.period)
    blocks: list[Block] = [Heading(2, "Schemes of medicines", anchor="schemes")]
    if schemes:
        blocks += [
            savings.scheme_table(schemes),
            _run_rates(savings, schemes),
            Heading(3, "To ask about", anchor="questions"),
            *_questions(data, savings, schemes),
        ]
    else:
        blocks.append(Paragraph((f"No scheme of medicines is known of {savings.year} up to this period.",)))
    blocks += [
        Heading(2, "Challenges of drug charges", anchor="challenges"),
        *_challenges(data),
        Heading(2, "Prescribing forecast", anchor="forecast"),
        *(finance.vintages() or [Paragraph((f"No forecast of prescribing is known of {savings.year}.",))]),
        Heading(2, "Rebates", anchor="rebates"),
        *_rebates(data),
        Heading(2, "Indicators of medicines", anchor="indicators"),
        _indicators(data),
        Paragraph((data.layout.medicines.note,), "note"),
    ]
    return _document(data, "moc", "Savings: medicines pack (MOC)", blocks)


def _document(data: PackData, name: str, title: str, blocks: Sequence[Block]) -> Document:
    return Document(
        name=name,
        title=title,
        subtitle=f"{data.reader.commissioner}, {month(data.period)}",
        release_id=data.reader.release_id,
        blocks=tuple(blocks),
        facts={"Data": (data.statement,), COUNTS: (data.reader.disclosure,), "Release": (data.reader.release_id,)},
    )


def _of_medicines(data: PackData, savings: Savings) -> list[Record]:
    """Schemes of the medicines programmes, and those whose evidence is of medicines."""
    layout = data.layout.medicines
    plans = data.reader.records(
        "cres_scheme", "entity_code = ? and financial_year = ?", data.reader.commissioner, savings.year
    )
    evidenced = {plan["scheme_id"] for plan in plans if plan["evidence_method"] in layout.evidence}
    return [row for row in savings.schemes if row["category"] in layout.categories or row["scheme_id"] in evidenced]


def _run_rates(savings: Savings, rows: Sequence[Record]) -> Table:
    """The year at the pace of now, with its range, beside the plan and what the lead forecasts."""
    columns = (
        Column("Scheme"),
        *numbers("Run rate of year £", "Lowest £", "Highest £", "Plan of the same schemes £", "Forecast of year £"),
        Column("Why none, or of which schemes"),
    )
    amounts = ("run_rate_fy", "run_rate_low", "run_rate_high", "run_rate_plan_fy", "forecast_fy")
    return Table(
        f"Run rate: the year at the pace of its last months, {savings.year}",
        columns,
        tuple(
            Row(
                (
                    (row["scheme_name"],),
                    *(_amount(row, column) for column in amounts),
                    (_reason(row),),
                ),
                is_total=row["scheme_id"] == "total",
            )
            for row in rows
        ),
    )


def _reason(row: Record) -> str:
    return sentence(row["run_rate_reason"]) + "." if row["run_rate_reason"] else ""


def _recurrence(savings: Savings, rows: Sequence[Record]) -> Table:
    columns = (
        *(Column("Scheme"), Column("Recurrence")),
        *numbers("Recurrent forecast £", "Non-recurrent £", "Not split £", "Next year has to find again £"),
    )
    amounts = ("recurrent_forecast", "non_recurrent_forecast", "unsplit_forecast", "next_year_gap")
    return Table(
        f"What of the forecast of {savings.year} comes again next year",
        columns,
        tuple(
            Row(
                (
                    (row["scheme_name"],),
                    ((row["recurrence"] or ("" if row["scheme_id"] == "total" else "not stated")).replace("_", "-"),),
                    *(_amount(row, column) for column in amounts),
                ),
                is_total=row["scheme_id"] == "total",
            )
            for row in rows
        ),
    )


def _questions(data: PackData, savings: Savings, schemes: Sequence[Record]) -> tuple[Block, ...]:
    """Hockey sticks, gaps, trackers not updated, and claims that the feeds do not show."""
    items: list[Inlines] = []
    items += [
        (
            f"{row['scheme_name']}: much of the year is left to its last quarter (a hockey stick): forecast £",
            *_amount(row, "forecast_last_quarter"),
            " of it, plan £",
            *_amount(row, "plan_last_quarter"),
            ".",
        )
        for row in schemes
        if row["is_hockey_stick"]
    ]
    items += [
        (
            f"{row['scheme_name']}: a gap of £",
            *_amount(row, "unmitigated_gap"),
            f" is left after mitigation ({row['mitigation'] or 'none on record'}).",
        )
        for row in schemes
        if row["unmitigated_gap"]
    ]
    items += [
        (
            f"{row['scheme_name']}: not updated this month"
            + (f", last on {day(row['updated_on'])}." if row["updated_on"] else "."),
        )
        for row in schemes
        if row["is_updated"] is False
    ]
    known = {row["scheme_id"]: row["scheme_name"] for row in schemes}
    evidence = data.reader.records(
        "cres_evidence",
        "entity_code = ? and financial_year = ? and month <= ? and state = 'contradicted'",
        *(data.reader.commissioner, savings.year, data.period),
        order="scheme_id, month",
    )
    items += [
        (
            f"{known[row['scheme_id']]}, {month(row['month'])}: {STATES['contradicted']}: claimed £",
            *(*_amount(row, "claimed"), ", evidenced £", *_amount(row, "evidenced")),
            f" ({row['state_reason']})." if row["state_reason"] else ".",
        )
        for row in evidence
        if row["scheme_id"] in known
    ]
    return (Bullets(tuple(items)),) if items else (Paragraph(("Nothing.",)),)


def _overlaps(data: PackData, savings: Savings) -> tuple[Block, ...]:
    rows = data.reader.records(
        "cres_overlap",
        "entity_code = ? and financial_year = ?",
        *(data.reader.commissioner, savings.year),
        order="scheme_id_a, scheme_id_b",
    )
    if not rows:
        return (Paragraph((f"No two schemes of {savings.year} claim the same.",)),)
    columns = (
        *(Column("Scheme"), Column("Scheme"), Column("Both claim")),
        *numbers("Net plan of the first £", "Net plan of the second £", "At risk of counting twice £"),
    )
    amounts = ("net_plan_a", "net_plan_b", "amount_at_risk")
    return (
        Table(
            f"Schemes that claim the same savings, {savings.year}",
            columns,
            tuple(
                Row(
                    (
                        *((row["scheme_name_a"],), (row["scheme_name_b"],), (row["shared_claims"],)),
                        *(_amount(row, column) for column in amounts),
                    )
                )
                for row in rows
            ),
        ),
    )


def _challenges(data: PackData) -> tuple[Block, ...]:
    """Lines of invoices that break a rule, of the year to date, by provider and reason."""
    rows = data.reader.records(
        "drug_charge_challenge",
        "entity_code = ? and month between ? and ?",
        *(data.reader.commissioner, year_start(data.period), data.period),
        order="provider_code, reason, month, invoice_reference, line_number",
    )
    since = f"{month(year_start(data.period))} to {month(data.period)}"
    came, missing = _months_of_charges(data)
    awaited = (Paragraph((f"Awaiting charges for high-cost drugs of {', '.join(missing)}.",)),) if missing else ()
    if not rows:
        when = f"of {', '.join(came)}" if missing else f"from {since}"
        none = (Paragraph((f"No charge for a high-cost drug {when} was challenged.",)),) if came else ()
        return (*none, *awaited)
    columns = (
        *(Column("Provider"), Column("Reason")),
        *numbers("Lines", "Charged £", "Challenged £", "Counted once £"),
    )

    def cells(name: str, reason: str, lines: list[Record], is_total: bool = False) -> Row:
        amounts = ("charged_amount", "challenged_amount", "counted_amount")
        return Row(((name,), (reason,), (of_rows(lines),), *(_summed(lines, column) for column in amounts)), is_total)

    groups = groupby(rows, key=lambda row: (row["provider_code"], row["reason"]))
    table = [cells(provider, reason.replace("_", " "), list(lines)) for (provider, reason), lines in groups]
    total = cells("Total", "", list(rows), is_total=True)
    return (Table(f"Challenged charges for high-cost drugs, {since}", columns, (*table, total)), *awaited)


def _months_of_charges(data: PackData) -> tuple[list[str], list[str]]:
    """Months of the year to date whose charges came, and those whose charges nobody could challenge yet."""
    start = year_start(data.period)
    months = [months_after(start, ahead) for ahead in range((data.period.month - start.month) % 12 + 1)]
    received = data.received(CHARGES)
    return [month(one) for one in months if one in received], [month(one) for one in months if one not in received]


def _rebates(data: PackData) -> tuple[Block, ...]:
    """Rebates of the year to date by agreement: what was due and what was claimed."""
    since = year_start(data.period)
    rows = data.reader.records(
        "rebate_position",
        "entity_code = ? and month between ? and ?",
        *(data.reader.commissioner, since, data.period),
        order="rebate_term_id, month",
    )
    if not rows:
        return (Paragraph((f"No rebate is known from {month(since)} to {month(data.period)}.",)),)
    columns = (
        *(Column("Rebate"), *numbers("Months", "Due £", "Claimed £", "Claimed less due £")),
        Column("State of the newest month"),
    )
    table = []
    for _, found in groupby(rows, key=lambda row: row["rebate_term_id"]):
        months = list(found)
        amounts = (_summed(months, column) for column in ("due", "claimed", "difference"))
        state = f"{month(months[-1]['month'])}: {months[-1]['state'].replace('_', ' ')}"
        table.append(Row(((months[-1]["name"],), (of_rows(months),), *amounts, (state,))))
    return (Table(f"Rebates, {month(since)} to {month(data.period)}", columns, tuple(table)),)


def _indicators(data: PackData) -> Table:
    columns = (Column("Indicator"), *numbers("Value"), Column("Target"), *numbers("Practices achieving"))
    rows = []
    metrics = [data.metric(row.indicator, data.commissioner) for row in data.layout.medicines.rows]
    for row, metric in zip(data.layout.medicines.rows, metrics, strict=True):
        if metric is None:
            rows.append(Row(((row.name,), NOT_RELEASED, ("",), ("",))))
        else:
            cells = (short_value(metric), target(metric), achieving(metric.current))
            rows.append(Row(((named(metric, row.name),), *cells)))
    since = against(data.before_words, *metrics)
    return Table(f"Medicines indicators of the commissioner, trend against {since}", columns, tuple(rows))


def _amount(row: Record, column: str) -> Inlines:
    return (UNKNOWN,) if row[column] is None else (row.figure(column, POUNDS),)


def _summed(rows: Sequence[Record], column: str) -> Inlines:
    """The sum of a column; not known where one of its amounts is not."""
    if any(row[column] is None for row in rows):
        return (UNKNOWN,)
    total = sum(row[column] for row in rows)
    return (figure(total, POUNDS, *(row.source(column) for row in rows), operation="sum"),)
