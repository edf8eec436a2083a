"""The CRES plan (cash-releasing efficiency savings): where it stands, scheme by scheme, and its evidence.

Belongs here: what finance and the medicines committee read of savings. What is computed (finance RAG, gap, run rate)
stands beside what a lead judges (delivery RAG, forecast), each under its own header.
"""

from collections.abc import Sequence
from datetime import date

from publishing.reports.document import Block, Column, Heading, Inline, Inlines, Paragraph, Rating, Row, Shown, Table
from publishing.reports.finance import POUNDS
from publishing.reports.formats import month
from publishing.reports.metrics import year_name
from publishing.reports.reader import Reader, Record

MONEY = Shown(2, scale=1_000_000, before="£", after="m")
STATES = {
    "supported": "supported by the feeds",
    "contradicted": "contradicted by the feeds",
    "not_judged": "not judged",
    "not_visible": "not visible in any feed",
    "awaiting": "awaiting a feed",
}


class Savings:
    """The plan of a year as the newest tracker up to a month tells it."""

    def __init__(self, reader: Reader, period: date) -> None:
        self._reader = reader
        self.year = year_name(period)
        of_year = (reader.commissioner, self.year)
        newest = reader.newest(
            "cres_position",
            "month",
            "entity_code = ? and financial_year = ? and scheme_id = 'total' and month <= ?",
            *of_year,
            period,
        )
        self.total: Record | None = newest
        self.schemes: Sequence[Record] = ()
        if newest is not None:
            self.schemes = reader.records(
                "cres_position",
                "entity_code = ? and financial_year = ? and month = ? and scheme_id <> 'total'",
                *of_year,
                newest["month"],
                order="plan_fy desc nulls last, scheme_id",
            )

    def later(self) -> Inlines:
        """Which plans of later years the release has, that papers of this period do not show; empty where none."""
        rows = self._reader.records(
            "cres_position",
            "entity_code = ? and financial_year > ? and scheme_id = 'total' and is_latest and plan_fy is not null",
            *(self._reader.commissioner, self.year),
            order="financial_year",
        )
        if not rows:
            return ()
        found = ", ".join(f"of {row['financial_year']} to {month(row['month'])}" for row in rows)
        return (f"The release has savings {found} too: table cres_position. These pages are of {self.year}.",)

    def months(self) -> Sequence[Record]:
        """Plan, actual and forecast of each month and scheme, as the tracker of the position tells them."""
        if self.total is None:
            return ()
        return self._reader.records(
            "cres_month",
            "entity_code = ? and financial_year = ? and reported_month = ?",
            *(self.total["entity_code"], self.year, self.total["month"]),
            order="month, scheme_id",
        )

    def blocks(self) -> tuple[Block, ...]:
        """Headline, schemes and evidence; charts are put between by whoever draws."""
        if self.total is None:
            return (Paragraph((f"No savings tracker of {self.year} was received up to this period.",)),)
        return (
            Paragraph(self.headline()),
            self.position(self.total),
            self.scheme_table(self.schemes),
            *self.evidence(),
        )

    def headline(self) -> Inlines:
        """Where the year stands, in a sentence or two; what is not known is said to be so."""
        row = self.total
        if row is None:
            return (f"No savings tracker of {self.year} was received up to this period.",)
        words: Inlines = (f"To {month(row['month'])} ",)
        words += (_money(row, "actual_ytd"), " was saved against a plan of ", _money(row, "plan_ytd_reported"), ".")
        words += (" The leads forecast ", _money(row, "forecast_fy"), " for the year against a plan of ")
        words += (
            _money(row, "plan_fy_reported"),
            "; the gap after mitigation is ",
            _money(row, "unmitigated_gap"),
            ".",
        )
        gap, variance = row["unmitigated_gap"], row["variance_fy"]
        if gap is not None and variance is not None and gap > max(-variance, 0):
            words += (
                " That gap is of the schemes that fall short: what others save beyond their plan closes none of it.",
            )
        if not row["is_complete"]:
            words += (" Not every scheme is known: the sums are of the others.",)
        return words

    def position(self, row: Record) -> Table:
        """The total or a scheme, line by line."""
        lines: tuple[tuple[str, str], ...] = (
            *(("Plan, year to date", "plan_ytd"), ("Saved, year to date", "actual_ytd")),
            *(("Variance, year to date", "variance_ytd"), ("Plan of the year", "plan_fy")),
            *(("Forecast of the leads", "forecast_fy"), ("Variance of the year", "variance_fy")),
            *(("Mitigation on record", "mitigation_value"), ("Gap that nothing mitigates", "unmitigated_gap")),
            *(("Slippage into later months", "slippage"), ("Run rate: the year at the pace of now", "run_rate_fy")),
            ("Next year has to find again (recurrent plan not met by recurrent savings)", "next_year_gap"),
        )
        rows = []
        for name, column in lines:
            rows.append(Row(((name,), cell(row, column, self._why(row, column)))))
            if column == "run_rate_fy" and row["scheme_id"] == "total":
                rows[-1:] = _run_rate(row, rows[-1])
        of_scheme = "" if row["scheme_id"] == "total" else f", {row['scheme_name']}"
        return Table(f"CRES position, {self.year}{of_scheme}, to {month(row['month'])}", _LINE, tuple(rows))

    def _why(self, row: Record, column: str) -> str:
        reason = row["run_rate_reason"] if column.startswith("run_rate") else None
        return str(reason) if reason else "not known"

    def scheme_table(self, schemes: Sequence[Record]) -> Table:
        """One row per scheme: plan, saved and forecast, with both ratings and what is done about a gap."""
        columns = (
            *(Column("Scheme"), Column("Lead"), Column("Plan to date £", True), Column("Saved to date £", True)),
            *(Column("Plan of year £", True), Column("Forecast of year £", True), Column("Gap £", True)),
            *(Column("RAG, computed"), Column("RAG, lead's"), Column("Mitigation")),
        )
        amounts = ("plan_ytd", "actual_ytd", "plan_fy", "forecast_fy", "unmitigated_gap")
        rows = [
            Row(
                (
                    (scheme["scheme_name"],),
                    (scheme["lead"] or "none named",),
                    *(cell(scheme, column) for column in amounts),
                    rag(scheme["rag_finance"]),
                    rag(scheme["rag_delivery"]),
                    (scheme["mitigation"] or "none on record",),
                )
            )
            for scheme in schemes
        ]
        if self.total is not None and len(schemes) == len(self.schemes):
            total = self.total
            rows.append(
                Row(
                    (
                        *(("Total",), ("",)),
                        *(cell(total, column) for column in amounts),
                        *(rag(total["rag_finance"]), ("",), ("",)),
                    ),
                    is_total=True,
                )
            )
        when = month(self.total["month"]) if self.total is not None else self.year
        return Table(f"Schemes, to {when}", columns, tuple(rows))

    def evidence(self) -> tuple[Block, ...]:
        """What the feeds show of the claimed savings, by month of the position."""
        if self.total is None:
            return ()
        rows = self._reader.records(
            "cres_evidence",
            "entity_code = ? and financial_year = ? and month = "
            "(select max(month) from cres_evidence where entity_code = ? and financial_year = ? and month <= ?)",
            *(self.total["entity_code"], self.year) * 2,
            self.total["month"],
            order="scheme_id",
        )
        if not rows:
            return ()
        names = {scheme["scheme_id"]: scheme["scheme_name"] for scheme in self.schemes}
        columns = (
            *(Column("Scheme"), Column("Claimed £", True), Column("Evidenced £", True), Column("Difference £", True)),
            Column("What the feeds say"),
        )
        table = Table(
            f"Evidence of savings, {month(rows[0]['month'])}",
            columns,
            tuple(
                Row(
                    (
                        (names.get(row["scheme_id"], row["scheme_id"]),),
                        *evidence_cells(row),
                        (STATES.get(row["state"], row["state"]),),
                    )
                )
                for row in rows
            ),
        )
        return (Heading(3, "Evidence of savings in the feeds", anchor="cres-evidence"), table)


_LINE = (Column("Line"), Column("£", True))


def _run_rate(total: Record, line: Row) -> list[Row]:
    """The run rate of the total: of how many schemes it is where not of all, and below it the plan of these."""
    if total["run_rate_fy"] is None or total["run_rate_schemes"] in (None, total["schemes_expected"]):
        return [line]
    of = (total.figure("run_rate_schemes", Shown()), " of ", total.figure("schemes_expected", Shown()), " schemes")
    name, amount = line.cells
    return [
        Row(((*name, ", of ", *of), amount)),
        Row((("Plan of the year of these schemes",), cell(total, "run_rate_plan_fy"))),
    ]


def _money(row: Record, column: str) -> Inline:
    return "an amount not known" if row[column] is None else row.figure(column, MONEY)


def cell(row: Record, column: str, absent: str = "not known") -> Inlines:
    """Pounds, or a word for what is not there."""
    return (absent,) if row[column] is None else (row.figure(column, POUNDS),)


def evidence_cells(row: Record) -> tuple[Inlines, ...]:
    """What is claimed, what is evidenced and the difference; none of it says that nothing was saved."""
    absent = {"not_visible": "not visible", "awaiting": "awaited"}.get(row["state"], "not known")
    return (cell(row, "claimed"), *(cell(row, name, absent) for name in ("evidenced", "difference")))


def rag(name: str | None) -> Inlines:
    """A rating, or that there is none."""
    return ("not rated",) if name is None else (Rating(name),)  # type: ignore[arg-type]
