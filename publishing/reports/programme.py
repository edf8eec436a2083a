"""The programme highlight report (section G): projects, their milestones, and the judgement of each workstream's lead.

Belongs here: what a programme did and plans. A rating is a person's judgement (`report.yaml`), never computed; without
one it is not stated.
"""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Literal

from publishing.reports.document import (
    Block,
    Bullets,
    Column,
    Heading,
    Inline,
    Inlines,
    Paragraph,
    Rating,
    Row,
    Shown,
    Source,
    Table,
)
from publishing.reports.formats import day, figure, key_text, month
from publishing.reports.metrics import month_end
from publishing.reports.reader import Reader, Record
from publishing.reports.texts import Facts, Stated, Texts, Workstream

KEY: tuple[tuple[Literal["red", "amber", "green"], str], ...] = (
    ("green", "on target"),
    ("amber", "delayed or at risk, but recoverable"),
    ("red", "delayed with significant impact, not recoverable"),
)
STATES = {
    "done": "done",
    "done_late": "done late",
    "due": "due",
    "late": "late",
    "undated": "without a date",
    "not_reported": "not reported",
}


def blocks(reader: Reader, texts: Texts, period: date) -> tuple[Block, ...]:
    """The whole section below its heading."""
    facts = texts.facts
    milestones = reader.records(
        "project_milestone_status",
        "commissioner_code = ? and reported_month = (select max(reported_month) from project_milestone_status "
        "where commissioner_code = ? and reported_month <= ?)",
        *(reader.commissioner, reader.commissioner, period),
        order="programme, name, project_id, milestone_order",
    )
    done = [m for m in milestones if m["completed"] is not None and _in_quarter(m["completed"], period)]
    planned = [m for m in milestones if m["state"] in ("due", "late")]
    head: Inlines = (
        f"{facts.programme or 'Programme'}; lead: {facts.programme_lead or 'not stated'}; "
        f"clinical lead: {facts.clinical_lead or 'not stated'}; {_reported(milestones, period)}. Overall: ",
        *_rating(facts.programme_rating),
    )
    found: list[Block] = [Paragraph(head)]
    if not milestones:
        found.append(Paragraph((f"Awaiting the programme office's report of {month(period)}.",)))
    else:
        found += [
            Heading(3, f"Done in the {_quarter(period)}", anchor="programme-done"),
            Bullets(tuple(_milestone(m, "completed") for m in done)) if done else _none(milestones, period),
            Heading(3, "Planned and late", anchor="programme-planned"),
            Bullets(tuple(_milestone(m, "due") for m in planned)) if planned else Paragraph(("None.",)),
            Heading(3, "Workstreams", anchor="programme-workstreams"),
            *_workstreams(facts, milestones),
        ]
    found += [
        texts.slot("programme", "Programme narrative"),
        Table(
            "Key of programme ratings: another scale than the colours of indicators",
            (Column("Rating"), Column("Meaning")),
            tuple(Row(((Rating(name),), (meaning,))) for name, meaning in KEY),
        ),
    ]
    return tuple(found)


def _reported(milestones: Sequence[Record], period: date) -> str:
    """By which report it is told: one that is older than the period is named."""
    if not milestones:
        return f"period: to {month(period)}"
    return f"by the programme office's report of {month(milestones[0]['reported_month'])}"


def _none(milestones: Sequence[Record], period: date) -> Paragraph:
    reported: date = milestones[0]["reported_month"]
    said = "None reported." if reported >= period else f"Not known: nothing was reported after {month(reported)}."
    return Paragraph((said,))


def _quarter(period: date) -> str:
    """What the last three months are called: a quarter where they are one."""
    return "quarter" if period.month % 3 == 0 else f"three months to {month(period)}"


def _in_quarter(when: date, period: date) -> bool:
    end = month_end(period)
    return (end.year * 12 + end.month) - (when.year * 12 + when.month) in (0, 1, 2)


def _rating(name: Stated) -> Inlines:
    return ("not stated",) if name is None else (Rating(name),)


def _milestone(row: Record, column: str) -> Inlines:
    when = day(row[column]) if row[column] is not None else (row["due_text"] or "no date")
    late = " (late)" if row["state"] == "late" else ""
    return (f"{row['name']}: {row['label']}, {when}{late}",)


def _workstreams(facts: Facts, milestones: Sequence[Record]) -> tuple[Block, ...]:
    columns = (
        *(Column("Overall RAG status"), Column("Initiative"), Column("Projects in scope"), Column("Start date")),
        *(Column("Key milestones"), Column("Progress update")),
    )
    programmes = {name: list(rows) for name, rows in groupby(milestones, key=lambda row: str(row["programme"]))}
    stated = {name for stream in facts.workstreams for name in stream.programmes}
    silent = sorted(
        name
        for rows in programmes.values()
        for name, group in groupby(rows, key=lambda row: str(row["name"]))
        if all(row["state"] == "not_reported" for row in group)
    )
    streams = [*facts.workstreams]
    streams += [Workstream(name=name, programmes=(name,)) for name in programmes if name not in stated]
    tables: list[Block] = []
    for stream in streams:
        rows = []
        for programme in stream.programmes:
            for name, group in groupby(programmes.get(programme, []), key=lambda row: str(row["name"])):
                if name not in silent:
                    rows.append(_project(stream.rating, programme, list(group)))
        if rows:
            tables.append(Table(f"Workstream: {stream.name}", columns, tuple(rows)))
        elif stream.rating is not None:
            said = ". No milestone of its projects was reported."
            tables.append(Paragraph((f"Workstream: {stream.name}: ", *_rating(stream.rating), said)))
    if silent:
        tables.append(Paragraph((f"No milestone was reported of: {'; '.join(silent)}.",), tone="note"))
    return tuple(tables)


def _project(rating: Stated, programme: str, rows: list[Record]) -> Row:
    dated = [row["due"] for row in rows if row["due"] is not None]
    progress: list[Inline] = []
    for state, word in STATES.items():
        of_state = [row for row in rows if row["state"] == state]
        if of_state:
            key = {name: of_state[0][name] for name in ("commissioner_code", "project_id", "reported_month", "state")}
            counted = figure(
                len(of_state), Shown(), Source("project_milestone_status", key_text(key), "*"), operation="count"
            )
            progress += [", " if progress else "", counted, f" {word}"]
    upcoming = [row["label"] for row in rows if row["state"] in ("due", "late")][:3]
    return Row(
        (
            _rating(rating),
            (programme,),
            (rows[0]["name"],),
            (day(min(dated)) if dated else "not stated",),
            ("; ".join(upcoming) or "none to come",),
            tuple(progress),
        )
    )
