"""Sections 7 to 10 of the committee report: inspections, contracts, contract visits and complaints.

Belongs here: what the contract register, its log of events, CQC and complaints say of a period. A kind of event that
the log does not keep has no update; one that it keeps and that did not happen had no requests.
"""

import re
from collections.abc import Sequence
from datetime import date

from publishing.reports.document import (
    Block,
    Bullets,
    Column,
    Figure,
    Heading,
    Inline,
    Inlines,
    Link,
    Paragraph,
    Row,
    Shown,
    Source,
    Table,
)
from publishing.reports.formats import day, figure, month
from publishing.reports.metrics import Metric, month_end, months_after, year_name
from publishing.reports.reader import Reader, Record
from publishing.reports.summary import Summary
from publishing.reports.texts import Texts
from publishing.reports.wording import MISSING_METRIC, awaited, sentence, value

COUNT = Shown()
NO_UPDATE = "No update this reporting period."
# Of a practice that moved, what happened while it was ours; `{day}` is SQL for when.
OURS = (
    "exists (select 1 from organisation as o where o.org_type = 'practice' and o.org_code = practice_code "
    "and o.commissioner_code = ? and {day} between o.valid_from and coalesce(o.valid_to, {day}))"
)
CHANGES = (
    ("8.2.1", "Contract extensions", "extension"),
    ("8.2.2", "Interim providers", "interim_provider"),
    ("8.2.3", "Partnership changes", "partnership_change"),
    ("8.2.4", "Boundary changes", "boundary_change"),
    ("8.2.5", "Practice mergers", "merger"),
    ("8.3", "Contract sanctions", "sanction"),
    ("8.4", "Practices asking to close their list", "list_closure_request"),
    ("8.5", "Practices asking to close", "practice_closure"),
)
DOMAINS = ("safe", "effective", "caring", "responsive", "well_led")


def names(reader: Reader, org_type: str = "practice") -> dict[str, str]:
    """Newest name of each organisation."""
    rows = reader.records("organisation", "org_type = ?", org_type, order="org_code, valid_from")
    return {row["org_code"]: row["name"] or row["org_code"] for row in rows}


def inspections(reader: Reader, texts: Texts, period: date) -> tuple[Block, ...]:
    """A block for each rating of a practice of ours published since the quarter before the report."""
    until = month_end(texts.reported_month)
    since = months_after(period, -2)
    found = reader.records(
        "cqc_inspection",
        "commissioner_code = ? and publication_date between ? and ? and not is_inherited",
        *(reader.commissioner, since, until),
        order="publication_date, practice_code",
    )
    span = f"between {day(since)} and {day(until)}"
    if not found:
        received = reader.column(
            "select max(month) from feed_month where dataset = 'cqc_rating' and first_received_at is not null"
        )[0]
        known = received is not None and received >= until.replace(day=1)
        said = f"No report on a practice was published {span}."
        if not known:
            said = f"Awaiting the ratings of CQC {f'after {month(received)}' if received else 'of any month'}."
        return (Paragraph((said,)), texts.slot("cqc", "CQC"))
    called = names(reader)
    blocks: list[Block] = [
        Paragraph((f"Published {span}: ", _of_rows(found), " reports.")),
        Heading(3, "Inspections of practices", "7.1", "s-7-1"),
    ]
    for place, row in enumerate(found, start=1):
        blocks += _inspection(row, called.get(row["practice_code"], row["practice_code"]), f"7.1.{place}", texts)
    return (*blocks, texts.slot("cqc", "CQC"))


def _inspection(row: Record, name: str, number: str, texts: Texts) -> tuple[Block, ...]:
    kind = f"{row['report_type']}, published" if row["report_type"] else "Published"
    first = f"{kind} {day(row['publication_date'])}."
    if row["previous_rating"]:
        first += f" Rating before: {row['previous_rating']} ({day(row['previous_publication_date'])})."
    ratings = tuple(
        ((domain.replace("_", "-").capitalize() + ": " + row[domain]),) for domain in DOMAINS if row[domain]
    )
    blocks: list[Block] = [
        Heading(4, f"{name}: overall {row['overall_rating']}", number, f"s-{number.replace('.', '-')}"),
        Paragraph((first,)),
    ]
    if ratings:
        blocks.append(Bullets(ratings))
    code = row["practice_code"]
    blocks += [
        texts.slot(f"cqc-{code}-findings", "Key findings", "None entered."),
        texts.slot(f"cqc-{code}-improvements", "Further improvements", "None entered."),
    ]
    if link := row["report_link"]:
        is_address = re.fullmatch(r"https?://[!-~]+", link) is not None
        blocks.append(Paragraph(("The full report: ", Link(link, link) if is_address else link)))
    return tuple(blocks)


def contracts(reader: Reader, texts: Texts, summary: Summary, period: date) -> tuple[Block, ...]:
    """How many contracts of each kind, core requirements, and changes."""
    return (
        *_kinds(reader, period),
        Heading(3, "Contract requirements", "8.1", "s-8-1"),
        *_requirement(summary, texts, "8.1.1", "Patient participation groups", _GROUPS, "ppg"),
        *_returns(summary, texts),
        *_requirement(summary, texts, "8.1.3", "Patients' access to their records", _RECORDS, "record-access"),
        *_requirement(summary, texts, "8.1.4", "Publication of GP incomes", _EARNINGS, "earnings"),
        Heading(3, "Contract variations", "8.2", "s-8-2"),
        *(block for change in CHANGES for block in _change(reader, texts, period, *change)),
    )


_GROUPS = "contract-ppg-coverage"
_RECORDS = "contract-patient-record-access"
_EARNINGS = "contract-gp-earnings-published"


def _kinds(reader: Reader, period: date) -> tuple[Block, ...]:
    found = reader.column(
        "select month from practice_contract group by 1 order by month > ?, abs(month - ?) limit 1", period, period
    )
    if not found:
        return (Paragraph(("Awaiting the contract register.",)),)
    register = found[0]
    # null: nobody knows whether the practice is expected, so its contract counts
    ours = f"month = ? and is_expected is distinct from false and {OURS.format(day='as_at')}"
    rows = reader.records("practice_contract", ours, register, reader.commissioner, order="practice_code")
    parts: list[Inlines] = []
    for kind in ("GMS", "PMS", "APMS"):
        of_kind = [row for row in rows if row["contract_type"] == kind]
        moving = [row for row in of_kind if row["requested_move_to"]]
        words: Inlines = (f"{kind}: ", _of_rows(of_kind) if of_kind else "none")
        if moving:
            targets = ", ".join(sorted({row["requested_move_to"] for row in moving}))
            words += ("; ", _of_rows(moving), f" asked to move to {targets}")
        parts.append(words)
    if not rows:
        return (Paragraph((f"The register of {month(register)} has no contract of a practice of ours.",)),)
    lead: Inlines = ("Contracts of ", _of_rows(rows), f" practices, by the register of {day(rows[0]['as_at'])}:")
    return (Paragraph(lead), Bullets(tuple(parts)))


def _of_rows(rows: Sequence[Record]) -> Figure:
    """How many rows these are, at least one: each is a source."""
    return figure(len(rows), COUNT, *(Source(row.table, row.source("*").key, "*") for row in rows), operation="count")


def _requirement(
    summary: Summary, texts: Texts, number: str, title: str, indicator: str, slot: str
) -> tuple[Block, ...]:
    heading = Heading(4, title, number, f"s-{number.replace('.', '-')}")
    return (heading, Paragraph(_said(summary, indicator)), *texts.if_written(f"contract-{slot}", "Narrative"))


def _said(summary: Summary, indicator: str) -> Inlines:
    metric = summary.metric(indicator)
    if metric is None:
        return MISSING_METRIC
    if metric.current["state"] == "awaiting":
        return awaited(summary.reader, metric.current)
    return (*value(metric), *_of(metric))


def _of(metric: Metric) -> Inlines:
    row = metric.current
    if row["state"] != "ok" or row["denominator"] is None or metric.definition["unit"] != "%":
        return ()
    return (": ", row.figure("numerator", COUNT), " of ", row.figure("denominator", COUNT), " practices")


def _returns(summary: Summary, texts: Texts) -> tuple[Block, ...]:
    row = next(row for group in summary.layout.summary for row in group.rows if row.show == "returns")
    metric = summary.metric(row.indicator)
    said = MISSING_METRIC if metric is None else summary.returns(metric)
    rule = "Practices submit the month before by the twelfth working day; a return of none is a return."
    return (
        Heading(4, "Friends and family test", "8.1.2", "s-8-1-2"),
        Paragraph((rule,)),
        Paragraph(said),
        texts.slot("assurance-fft", "Assurance on CCG control measures", NO_UPDATE),
    )


_WHEN = "coalesce(occurred_on, requested_on)"


def _holds(row: Record | None, since: date, until: date) -> bool:
    """Whether the log holds every event of its kind between two days."""
    return (
        row is not None
        and row["complete_from"] is not None
        and row["complete_to"] is not None
        and row["complete_from"] <= since
        and row["complete_to"] >= until
    )


def _log_span(row: Record | None) -> str:
    """Which days the log holds, for what it does not hold."""
    if row is None or row["complete_to"] is None:
        return NO_UPDATE
    first = f" from {day(row['complete_from'])}" if row["complete_from"] is not None else ""
    return f"The log is complete{first} to {day(row['complete_to'])}: what came after it is not known."


def _so_far(row: Record | None, since: date) -> str:
    """That nothing happened on the days of a period that the log holds, and which these are."""
    if row is not None and _holds(row, since, since):
        return f"None up to {day(row['complete_to'])}; what came after it is not known."
    return _log_span(row)


def _change(reader: Reader, texts: Texts, period: date, number: str, title: str, kind: str) -> tuple[Block, ...]:
    since, until = months_after(period, -2), month_end(texts.reported_month)
    level = Heading(4 if number.count(".") == 2 else 3, title, number, f"s-{number.replace('.', '-')}")
    rows = reader.records(
        "contract_event",
        f"event_type = ? and {_WHEN} between ? and ? and {OURS.format(day=_WHEN)}",
        *(kind, since, until, reader.commissioner),
        order="requested_on, event_id",
    )
    coverage = reader.newest("contract_event_coverage", "as_at", "event_type = ? and is_covered", kind)
    known = _holds(coverage, since, until)
    if not rows:
        said: Inlines = ("No requests in this period." if known else _so_far(coverage, since),)
    else:
        called = names(reader)
        events = "; ".join(
            called.get(row["practice_code"], row["practice_code"]) + (f" ({row['outcome']})" if row["outcome"] else "")
            for row in rows
        )
        said = (_of_rows(rows), f" in this period: {events}.", "" if known else f" {_log_span(coverage)}")
    return (level, Paragraph(said), *texts.if_written(f"contract-{kind.replace('_', '-')}", "Narrative"))


def visits(reader: Reader, texts: Texts, period: date) -> tuple[Block, ...]:
    """Visits of three and of twelve months up to the report, and what they raised."""
    last = texts.reported_month
    blocks: list[Block] = []
    coverage = reader.newest("contract_event_coverage", "as_at", "event_type = 'visit' and is_covered")
    if coverage is None:
        return (Paragraph((NO_UPDATE,)), texts.slot("visits", "Contract visits"))
    found: Sequence[Record] = []
    known = True
    for months in (3, 12):
        since = months_after(last, 1 - months)
        found = reader.records(
            "contract_event",
            f"event_type = 'visit' and occurred_on between ? and ? and {OURS.format(day='occurred_on')}",
            *(since, month_end(last), reader.commissioner),
            order="occurred_on, event_id",
        )
        span = f" visits from {month(since)} to {month(last)}."
        known = _holds(coverage, since, month_end(last))
        if found or known:
            blocks.append(Paragraph((_of_rows(found) if found else "No", span)))
    if not known:
        blocks.append(Paragraph((_log_span(coverage),), tone="note"))
    events = [row["event_id"] for row in found]
    themes = reader.column(
        "select theme_name from contract_visit_theme where list_contains(?, event_id) "
        "group by theme_name order by min(theme_order)",
        events,
    )
    if themes:
        blocks += [Paragraph(("Themes of these visits:",)), Bullets(tuple((name,) for name in themes))]
    return (*blocks, texts.slot("visits", "Contract visits"))


def complaints(reader: Reader, texts: Texts, period: date) -> tuple[Block, ...]:
    """The newest complete year of complaints known by the report: total, practices, outcomes, themes in rank order."""
    slot = texts.slot("complaints", "Planned actions")
    year = next(
        iter(
            reader.column(
                "select financial_year from complaint_summary where commissioner_code = ? and financial_year < ? "
                "order by 1 desc limit 1",
                *(reader.commissioner, year_name(period)),
            )
        ),
        None,
    )
    if year is None:
        return (Paragraph((NO_UPDATE,)), slot)
    rows = reader.records(
        "complaint_summary",
        "commissioner_code = ? and financial_year = ?",
        *(reader.commissioner, year),
        order="summary_group, rank, name",
    )
    groups = {name: [row for row in rows if row["summary_group"] == name] for name in _SUMMARY_GROUPS}
    total, practices = _total(groups["all"]), _total(groups["practices"])
    known_to: date = rows[0]["as_at"]
    whole = "" if known_to.month == 3 else f" (known to {day(known_to)})"
    said = (*total, f" complaints were received in {year}{whole} about ", *practices, " practices.")
    blocks: list[Block] = [Paragraph(said)]
    if groups["outcome"]:
        columns = (Column("Outcome"), Column("Complaints", True))
        counted = tuple(Row(((_phrase(row["name"]),), (row.figure("complaints", COUNT),))) for row in groups["outcome"])
        blocks.append(Table(f"Outcomes of complaints, {year}", columns, counted))
    if ranked := [row for row in groups["theme"] if row["rank"] is not None]:
        blocks.append(Paragraph(("Themes, most first:",)))
        blocks.append(Bullets(tuple((_phrase(row["name"]),) for row in ranked), ordered=True))
    return (*blocks, slot)


_SUMMARY_GROUPS = ("all", "practices", "outcome", "theme")


def _phrase(name: str) -> str:
    return sentence(name.replace("_", " "))


def _total(rows: Sequence[Record]) -> tuple[Inline, ...]:
    return (rows[0].figure("complaints", COUNT),) if rows else ("an unknown number of",)
