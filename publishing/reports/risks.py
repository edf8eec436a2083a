"""The risk register report (section H): risks by grade, and the register itself.

Belongs here: what the committee reads of risks. Scores are the product of likelihood and consequence as the release
computed it; where the register prints another product, that is said.
"""

from datetime import date

from publishing.reports.document import Block, Column, Heading, Inlines, Paragraph, Row, Shown, Table
from publishing.reports.formats import day, month
from publishing.reports.reader import Reader, Record
from publishing.reports.texts import Texts

# Of four ways to count, the one that gives the committee's own table.
BASIS = "residual_without_closed"
COUNT = Shown()


def blocks(reader: Reader, texts: Texts) -> tuple[Block, ...]:
    """The newest register that was known when the report is read."""
    register = newest_register(reader, texts.reported_month)
    slot = texts.slot("risks", "Changes to the register")
    if register is None:
        return (Paragraph((f"Awaiting the risk register of {month(texts.reported_month)}.",)), slot)
    of_register = (reader.commissioner, register)
    risks = reader.records(
        "risk",
        "commissioner_code = ? and register_month = ?",
        *of_register,
        order="is_closed, residual_score desc, ref",
    )
    grades = grade_counts(reader, texts.reported_month)
    differing = [risk for risk in risks if False in (risk["current_matches_score"], risk["residual_matches_score"])]
    check: Inlines = ("Each score is likelihood times consequence, computed again from the register.",)
    if differing:
        names = ", ".join(risk["ref"] for risk in differing)
        check = ("The register prints another score than likelihood times consequence for: ", names, ".")
    return (
        Paragraph((f"Register of {day(risks[0]['as_at'])}. ", *check)),
        Heading(3, "Risks by grade", anchor="risk-grades"),
        _grades(grades),
        slot,
        Heading(3, "Register", anchor="risk-register"),
        _scores(risks),
        *(block for risk in risks for block in _details(risk)),
    )


def newest_register(reader: Reader, until: date) -> date | None:
    """The month of the commissioner's newest register up to a month; None where there is none."""
    newest: date | None = reader.column(
        "select max(register_month) from risk where commissioner_code = ? and register_month <= ?",
        *(reader.commissioner, until),
    )[0]
    return newest


def grade_counts(reader: Reader, until: date) -> list[Record]:
    """Risks of that register by grade, the worst first."""
    return reader.records(
        "risk_grade_count",
        "commissioner_code = ? and register_month = ? and basis = ?",
        *(reader.commissioner, newest_register(reader, until), BASIS),
        order="grade_order",
    )


def _grades(grades: list[Record]) -> Table:
    columns = (
        Column("Risk category"),
        Column("Score range"),
        Column("Total risks", True),
        Column("Change +/-", True),
    )
    rows = tuple(
        Row(
            (
                (grade["grade"],),
                (grade.figure("lowest_score", COUNT), " to ", grade.figure("highest_score", COUNT)),
                (grade.figure("risks", COUNT),),
                ("first register",) if grade["change"] is None else (grade.figure("change", COUNT),),
            )
        )
        for grade in grades
    )
    return Table("Residual scores, closed risks left out", columns, rows)


def _scores(risks: list[Record]) -> Table:
    columns = (
        *(Column("Ref"), Column("Description"), Column("L", True), Column("C", True), Column("Current score", True)),
        *(Column("L", True), Column("C", True), Column("Residual score", True), Column("Change", True)),
        *(Column("Grade"), Column("Lead")),
    )
    rows = tuple(
        Row(
            (
                (risk["ref"],),
                (risk["description"] + (" (closed)" if risk["is_closed"] else ""),),
                *(_score(risk, name) for name in ("likelihood", "consequence", "current_score")),
                *(_score(risk, name) for name in ("residual_likelihood", "residual_consequence", "residual_score")),
                _score(risk, "residual_score_change", "new"),
                (risk["residual_grade"] or "not graded",),
                (risk["lead_initials"] or "none",),
            )
        )
        for risk in risks
    )
    return Table("Risks by residual score: likelihood (L), consequence (C) and their product", columns, rows)


def _score(risk: Record, column: str, absent: str = "not scored") -> Inlines:
    return (absent,) if risk[column] is None else (risk.figure(column, COUNT),)


def _details(risk: Record) -> tuple[Block, ...]:
    shown = (
        *(("Organisational goal", "goal"), ("Objective", "objective"), ("Current controls", "controls")),
        *(("Assurance", "assurance"), ("Actions", "actions"), ("Completion", "completion")),
        *(("Review", "review"), ("Progress", "progress")),
    )
    rows = [Row(((name,), (str(risk[column]),))) for name, column in shown if risk[column]]
    entered = f" (entered {day(risk['date_entered'])})" if risk["date_entered"] else ""
    if risk["is_accepted"] is not None:
        rows.append(Row((("Accepted",), ("Yes" if risk["is_accepted"] else "No",))))
    if not rows:
        return ()
    caption = f"Risk {risk['ref']}{entered}"
    return (Table(caption, (Column("Field"), Column("Entry")), tuple(rows)),)
