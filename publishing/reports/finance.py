"""Section 11 of the committee report: delegated budget, prescribing, and what later reports said.

Belongs here: tables of money. Amounts are whole pounds with negatives in brackets, as finance writes them; a positive
variance is an overspend.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from publishing.reports.document import (
    Block,
    Bullets,
    Column,
    Figure,
    Heading,
    Inlines,
    Paragraph,
    Row,
    Shown,
    Table,
)
from publishing.reports.formats import day, month, shown
from publishing.reports.layout import FinanceAreas
from publishing.reports.metrics import month_end, year_name
from publishing.reports.reader import Reader, Record
from publishing.reports.texts import Texts

POUNDS = Shown(0, brackets=True)
MILLIONS = Shown(1, scale=1_000_000, before="£", after="m")
HUNDREDTHS = Shown(2, scale=1_000_000, before="£", after="m")
AMOUNTS = ("ytd_budget", "ytd_actual", "ytd_variance", "annual_budget", "forecast_outturn", "forecast_variance")
HEADERS = (
    *("Description", "YTD budget £", "YTD actual £", "YTD variance £"),
    *("Annual budget £", "Forecast outturn £", "Forecast variance £"),
)


@dataclass(frozen=True)
class Finance:
    """The ledger of one commissioner at the end of a period."""

    reader: Reader
    areas: FinanceAreas
    texts: Texts
    period: date

    def area(self, name: str) -> Record | None:
        """A programme area in the newest vintage of the period's report; None where there is no report."""
        found = self.reader.records(
            "finance_position",
            f"{_CURRENT} and level = 'programme_area' and lower(level_name) = lower(?)",
            *self._period,
            name,
        )
        return found[0] if found else None

    def headline(self) -> Inlines:
        """The summary's words: over- or underspend of the delegated budget and of prescribing."""
        delegated, prescribing = self.area(self.areas.delegated), self.area(self.areas.prescribing)
        if delegated is None and prescribing is None:
            return (self._absent(self.areas.delegated),)
        words: Inlines = (f"At {day(month_end(self.period))}: ",)
        if delegated is not None:
            words += ("delegated primary care budgets, ", *outlook(delegated, MILLIONS), ".")
        if prescribing is not None:
            words += (" Prescribing, ", *outlook(prescribing, MILLIONS), ".")
        return words

    def blocks(self) -> tuple[Block, ...]:
        """The whole section below its heading."""
        blocks: list[Block] = []
        delegated, prescribing = self.area(self.areas.delegated), self.area(self.areas.prescribing)
        if delegated is None:
            blocks.append(Paragraph((self._absent(self.areas.delegated),)))
        else:
            words = ("Delegated primary care budgets: ", *outlook(delegated, HUNDREDTHS, MILLIONS), ".")
            blocks += [Paragraph(words), *self._delegated(delegated)]
        blocks.append(self.texts.slot("finance-delegated", "Main drivers of the variance"))
        if prescribing is not None:
            words = ("Prescribing: ", *outlook(prescribing, HUNDREDTHS, MILLIONS), ".")
            blocks += [Paragraph(words), _prescribing(prescribing, self.period)]
        blocks.append(self.texts.slot("finance-prescribing", "Cause of the forecast pressure"))
        blocks.append(self.texts.slot("finance-savings", "Savings anticipated, and slippage"))
        blocks += self.vintages()
        blocks.append(self.texts.slot("finance-restatement", "Restatement after later data"))
        return tuple(blocks)

    def _absent(self, name: str) -> str:
        """Why an area has no position: its ledger has not come, or it names no such area."""
        if not self.reader.records("finance_position", _CURRENT, *self._period):
            return f"Awaiting the ledger of {month(self.period)}."
        return f"The ledger of {month(self.period)} has no programme area {name}."

    @property
    def _period(self) -> tuple[object, ...]:
        return (self.reader.commissioner, self.period)

    def _delegated(self, total: Record) -> tuple[Block, ...]:
        lines = self.reader.records(
            "finance_position",
            f"{_CURRENT} and level = 'line' and lower(programme_area) = lower(?)",
            *self._period,
            self.areas.delegated,
            order="level_name",
        )
        rows = [_row(line["level_name"], line) for line in lines]
        caption = f"Primary care delegated budget position at {day(month_end(self.period))}"
        table = Table(caption, _columns(), (*rows, _row("Total", total, is_total=True)))
        return (table, *_differing((*lines, total)))

    def vintages(self) -> list[Block]:
        """The prescribing forecast of each month's report of the year, later ones and restated ones too."""
        rows = self.reader.records(
            "finance_forecast",
            "entity_code = ? and financial_year = ?",
            *(self.reader.commissioner, year_name(self.period)),
            order="month",
        )
        told = [row for row in rows if row["ledger_variance"] is not None]
        if not told:
            return []
        columns = (
            *(Column("Report of"), Column("Ledger forecast variance £", True), Column("Change £", True)),
            *(Column("Forecast from actual cost, variance £", True), Column("Actual cost up to")),
        )
        table = Table(
            f"Prescribing forecast by report, {year_name(self.period)}",
            columns,
            tuple(
                Row(
                    (
                        (month(row["month"]),),
                        (row.figure("ledger_variance", POUNDS),),
                        _amount(row, "ledger_variance_change"),
                        _amount(row, "variance", row["state_reason"]),
                        (month(row["data_to"]) if row["data_to"] else "none yet",),
                    )
                )
                for row in told
            ),
        )
        return [Heading(3, "Forecasts of prescribing as they were made", anchor="finance-vintages"), table]


_CURRENT = "entity_code = ? and month = ? and is_current and not is_adjustment"


def outlook(row: Record, how: Shown, budget: Shown | None = None) -> Inlines:
    """`a forecast overspend of £0.24m against a budget of £72.5m`; amounts are never negative in words."""
    variance: Decimal | None = row["forecast_variance"]
    against: Inlines = (" against a budget that is not known",)
    if row["annual_budget"] is not None:
        against = (" against a budget of ", row.figure("annual_budget", budget or how))
    if variance is None:
        return ("no forecast", *against)
    if variance == 0:
        return ("forecast to balance", *against)
    kind = "overspend" if variance > 0 else "underspend"
    if shown(abs(variance), how) == shown(0, how):  # never "an overspend of £0.0m"
        how = Shown(0, before="£")
    return (f"a forecast {kind} of ", _absolute(row, "forecast_variance", how), *against)


def _absolute(row: Record, column: str, how: Shown) -> Figure:
    """An amount without its sign, which the words say."""
    amount: Decimal = row[column]
    sign = 1 if amount >= 0 else -1
    signed = row.figure(column, how)
    return Figure(signed.text.lstrip("-"), amount * sign, how, (row.source(column, sign),), "sum")


def _columns() -> tuple[Column, ...]:
    return tuple(Column(header, is_number=place > 0) for place, header in enumerate(HEADERS))


def _row(name: str, row: Record, is_total: bool = False) -> Row:
    """Amounts as the ledger prints them, and where it prints none what its lines come to."""
    columns = (f"printed_{column}" if row[f"printed_{column}"] is not None else column for column in AMOUNTS)
    return Row(((name,), *(_amount(row, column) for column in columns)), is_total)


def _differing(rows: Sequence[Record]) -> tuple[Block, ...]:
    """Where a printed amount is not what the ledger's own columns come to."""
    found: list[Inlines] = []
    for row in rows:
        for column, header in zip(AMOUNTS, HEADERS[1:], strict=True):
            printed, computed = row[f"printed_{column}"], row[column]
            if printed is not None and computed is not None and _whole(printed) != _whole(computed):
                found.append(
                    (
                        *(f"{row['level_name']}, {header.removesuffix(' £')}: printed ",),
                        *(row.figure(f"printed_{column}", POUNDS), ", computed ", row.figure(column, POUNDS)),
                    )
                )
    if not found:
        return ()
    return (
        Paragraph(("Printed amounts that differ from what they are computed from:",), "note"),
        Bullets(tuple(found)),
    )


def _whole(amount: Decimal) -> str:
    return shown(amount, POUNDS)


def _amount(row: Record, column: str, why: str | None = None) -> Inlines:
    return (why or "not known",) if row[column] is None else (row.figure(column, POUNDS),)


def _prescribing(row: Record, period: date) -> Table:
    columns = (
        *(Column("Description"), Column("Annual budget £", True), Column("Forecast expenditure £", True)),
        Column("Forecast variance over / (under) £", True),
    )
    amounts = (_amount(row, name) for name in ("annual_budget", "forecast_outturn", "forecast_variance"))
    caption = f"Prescribing budget and forecast at {day(month_end(period))}"
    return Table(caption, columns, (Row((("Prescribing expenditure",), *amounts)),))
