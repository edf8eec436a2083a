"""Contracts of the feeds, read from sources/<family>/<dataset>.yaml. How a file is read belongs in `reader`."""

import hashlib
import re
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pcw.errors import PcwError
from sources.identifiers import normal_header

ROOM = Path(__file__).parent
# What the column `source` of a dataset with versions says of a report that summarises another.
SUMMARY = "summary"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One canonical column; `type` is text, integer, date, month, timestamp, time or decimal(p,s)."""

    name: str
    type: str
    nullable: bool = True
    formats: tuple[str, ...] = ()
    description: str

    @field_validator("type")
    @classmethod
    def _known(cls, value: str) -> str:
        if not re.fullmatch(r"text|integer|date|month|timestamp|time|decimal\(\d+,\d+\)", value):
            raise ValueError(f"unknown type {value}")
        return value

    @property
    def sql_type(self) -> str:
        """DuckDB type of the landed column."""
        return {"text": "varchar", "integer": "bigint", "date": "date", "month": "date"}.get(self.type, self.type)


class Report(_Strict):
    """A table as people send it: in a sheet, below titles, with totals and notes among its rows.

    The header is within the first `rows_above` rows. `stated` are columns that have none in the table: they are said
    above it, else in the name of the file. `label` is the column in which a row is named; one that matches `totals` is
    a printed total, and `row_type` (a column) says so. `month_of` is a date whose newest month the file is of,
    `numbered` a column that counts the rows; `fixed` are columns that the layout itself says. Where cells may be
    names of persons, sentences hold no values.
    """

    rows_above: int = 15
    stated: tuple[str, ...] = ()
    label: str | None = None
    row_type: str | None = None
    totals: str = r"(?i)(grand |overall |sub-? ?)?totals?\b.*|.*\b(sub-? ?|grand )?totals?\s*[:*]?(\s*\(.*\))?"
    month_of: str | None = None
    numbered: str | None = None
    fixed: dict[str, str] = Field(default_factory=dict)
    is_quoted: bool = True

    @property
    def given(self) -> set[str]:
        """Columns that are filled from elsewhere than the table."""
        months = ("financial_year", "ledger_period") if self.month_of else ()
        return {*self.stated, *months, *self.fixed, *([self.numbered] if self.numbered else [])}


class PrintedTotal(_Strict):
    """A row among the lines that is their printed total, in a file that is read as a table: `row_type` says so.

    A row is one if the cell of `label` matches `totals`. Where it repeats the word in the column of the month it is of
    the month of the lines.
    """

    label: str
    row_type: str
    totals: str = r"(?i)(grand )?totals?"


class Layout(_Strict):
    """One format version: which header names stand for which canonical columns; those of `optional` may be missing.

    Columns of `absent` are null, whatever they must be elsewhere; for when a record was extracted stands the moment of
    receipt. Cells of `empty` hold nothing. Of a publication with hundreds of columns `ignored_like` says how those are
    called that nobody needs, as a pattern of whole names. With `report` the file is read cell by cell, as a sheet.
    """

    name: str
    header: bool
    names: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    optional: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    ignored_like: str | None = None
    absent: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    recognise: dict[str, str] = Field(default_factory=dict)
    report: Report | None = None
    printed_total: PrintedTotal | None = None
    file_name: str

    @field_validator("ignored_like")
    @classmethod
    def _a_pattern_of_some_names(cls, value: str | None) -> str | None:
        if value is not None and (re.fullmatch(value, "") or re.fullmatch(value, "anything else")):
            raise ValueError(f"ignored_like {value} takes every name: say how the columns that nobody needs are called")
        return value

    @cached_property
    def ignored_names(self) -> frozenset[str]:
        """The names of `ignored`, in capitals."""
        return frozenset(name.upper() for name in self.ignored)

    def ignores(self, header: str) -> bool:
        """Whether a column of this name is known and not needed."""
        return header.upper() in self.ignored_names or (
            self.ignored_like is not None and re.fullmatch(self.ignored_like, header) is not None
        )

    @cached_property
    def canonical_of(self) -> dict[str, str]:
        """Upper-case header name -> canonical column."""
        return {header.upper(): name for name, headers in self.names.items() for header in headers}


class Period(_Strict):
    """How the months of a file are found: in its columns, or (where it has none) in its name.

    `months`: each row is of the month of the first column, else (an activity that has not ended) of that of the second.
    `financial_month`: of the ledger period of a financial year (13, the adjustments, is of March); without a second
    column of its April. `financial_year_in_name`: April of the year that the name tells, `financial_year_end_in_name`:
    the March that ends it; `month_in_name`: the month that the name tells, `year_in_name`: the month `month` of its
    year.
    """

    rule: Literal[
        "single",
        "latest",
        "financial_year_in_name",
        "financial_year_end_in_name",
        "month_in_name",
        "year_in_name",
        "months",
        "financial_month",
    ]
    columns: tuple[str, ...] = ()
    month: int | None = Field(default=None, ge=1, le=12)
    name_must_agree: bool = False
    fallback: Literal["received"] | None = None

    @property
    def is_told_by_name(self) -> bool:
        """Whether a file has no date inside: its name or --period says of which month it is."""
        return self.rule.endswith("_in_name")


class Whole(_Strict):
    """A newer file replaces the same period, or everything of the dataset."""

    kind: Literal["whole"]
    scope: Literal["period", "dataset"]


class Scoped(_Strict):
    """A file stands for provider-months; `ledger` says which one is in force. The other fields are columns.

    A record is known by `record`, else by `record_fallback`; `order` is when it was extracted; rows of which the SQL
    predicate `deleted` is true delete their record.
    """

    kind: Literal["scope"]
    provider: str
    record: str
    record_fallback: str | None = None
    order: str
    deleted: str = ""

    @property
    def columns(self) -> set[str]:
        """The columns that it names."""
        return {self.provider, self.record, self.order} | ({self.record_fallback} if self.record_fallback else set())


class Versions(_Strict):
    """Every file is kept and modelled: rows of one `scope` (columns) and version (`order`) may come in several files.

    The highest version of a scope counts, for each key its newest receipt; of a file that states no version all rows of
    the scope are one version, older than any stated one and newer than those received before. Of a scope that came from
    two sources the finer one counts: rows of which `source` (a column) says `summary` are older than all others.
    """

    kind: Literal["versions"]
    scope: tuple[str, ...]
    order: str
    source: str | None = None


class Upsert(_Strict):
    """Every file is kept, and all files of a month count together: of each `key` (columns) its greatest `order`.

    Of rows that are equal in `order` that of the newest receipt counts.
    """

    kind: Literal["upsert"]
    key: tuple[str, ...]
    order: str


class Profile(_Strict):
    """What is counted at landing by provider, specialty (`by`) and month: rows of which a SQL predicate is true."""

    by: str | None = None
    measures: dict[str, str] = Field(default_factory=dict)


class Quarantine(_Strict):
    """Share of rows that may be set aside before the whole file is refused."""

    max_share: float

    @property
    def overstepped(self) -> str:
        """In words, of a file of which more rows would be set aside."""
        return f"more than the {self.max_share:.1%} that may be set aside" if self.max_share else "and none may be"


class Identifiers(_Strict):
    """Header names of what identifies a patient: the NHS number, replaced by a pseudonym, and what never lands."""

    nhs_number: tuple[str, ...]
    dropped: tuple[str, ...] = ()

    @cached_property
    def normal_numbers(self) -> frozenset[str]:
        """The headers of NHS numbers as `normal_header` writes them."""
        return frozenset(map(normal_header, self.nhs_number))

    @cached_property
    def normal_dropped(self) -> frozenset[str]:
        """The headers of what never lands as `normal_header` writes them."""
        return frozenset(map(normal_header, self.dropped))


class CalendarEntry(_Strict):
    """From this month on a file is expected every so many months, due so many days after its month ends."""

    from_month: date = Field(alias="from")
    every_months: int
    due_days: int

    @field_validator("from_month", mode="before")
    @classmethod
    def _first_day(cls, value: object) -> object:
        return date.fromisoformat(f"{value}-01") if isinstance(value, str) else value


class Contract(_Strict):
    """Everything that is known about one dataset before a file arrives."""

    dataset: str
    title: str
    description: str
    family: str
    supplier: str
    owner: str
    version: int
    identifiable: bool
    identifiers: Identifiers | None = None
    cadence: Literal["register", "snapshot", "monthly", "financial"]
    optional: bool = False
    calendar: tuple[CalendarEntry, ...]
    load_order: int
    supersession: Annotated[Whole | Scoped | Versions | Upsert, Field(discriminator="kind")]
    version_order: tuple[str, ...] = ()
    period: Period
    quarantine: Quarantine
    key: tuple[str, ...]
    control_totals: tuple[str, ...] = ()
    profile: Profile | None = None
    columns: tuple[Column, ...]
    layouts: tuple[Layout, ...]
    content_hash: str = ""

    @model_validator(mode="after")
    def _identifiers_are_said(self) -> "Contract":
        if self.identifiable != (self.identifiers is not None):
            raise ValueError("an identifiable contract, and no other, says in `identifiers` what identifies patients")
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> "Contract":
        known = {column.name for column in self.columns}
        used = set(self.key) | set(self.control_totals) | set(self.period.columns) | set(self.version_order)
        used |= self.scoped.columns if self.scoped else set()
        used |= (
            {*self.versions.scope, self.versions.order, self.versions.source or self.versions.order}
            if self.versions
            else set()
        )
        used |= {*self.upsert.key, self.upsert.order} if self.upsert else set()
        used |= {self.profile.by} if self.profile and self.profile.by else set()
        for layout in self.layouts:
            used |= set(layout.names) | set(layout.absent) | set(layout.recognise)
            if not set(layout.optional) <= set(layout.names):
                raise ValueError(f"layout {layout.name} has no header names for some optional columns")
            given = layout.report.given if layout.report else set()
            if total := layout.printed_total:
                used |= {total.label}
                given = given | {total.row_type}
            used |= given
            if layout.report:
                used |= {name for name in (layout.report.label, layout.report.row_type, layout.report.month_of) if name}
            if layout.header and set(layout.names) | set(layout.absent) | given != known:
                raise ValueError(f"layout {layout.name} does not say where every column comes from")
        if unknown := sorted(used - known):
            raise ValueError(f"unknown columns {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _rules_fit(self) -> "Contract":
        nullable = {column.name for column in self.columns if column.nullable}
        for layout in self.layouts:
            told = {layout.report.row_type} if layout.report else set()  # by the label of the row
            if wrong := sorted(set(layout.optional) - nullable - told):
                raise ValueError(f"layout {layout.name}: optional columns {', '.join(wrong)} are not nullable")
            if layout.report and self.period.rule not in ("single", "financial_month"):
                raise ValueError(f"layout {layout.name}: a report has its month in a column or above its table")
        if (self.period.rule == "year_in_name") != (self.period.month is not None):
            raise ValueError("the period rule year_in_name, and no other, says which month of the year it is")
        if self.row_type is not None and self.period.rule != "single":
            raise ValueError("a printed total is of the one month of its lines: it needs the period rule single")
        if self.period.rule == "months" and set(self.period.columns[-1:]) & nullable:
            raise ValueError("the last column that says the month of a row is nullable")
        if (self.cadence == "financial") != (self.versions is not None and self.period.rule == "financial_month"):
            raise ValueError("the cadence financial, the supersession versions and financial_month go together")
        if self.versions is not None:
            if wrong := sorted(set(self.versions.scope) & nullable):
                raise ValueError(f"columns {', '.join(wrong)} say what a version stands for: they are not nullable")
            if self.version_order:
                raise ValueError("the order of versions is said by `order` of the supersession alone")
        if self.scoped is None:
            return self
        if self.period.rule != "months":
            raise ValueError("supersession by scope needs the period rule months")
        if wrong := sorted({self.scoped.provider, self.scoped.order} & nullable):
            raise ValueError(f"columns {', '.join(wrong)} order and scope rows: they are not nullable")
        if {self.scoped.record, self.scoped.record_fallback or self.scoped.record} <= nullable:
            raise ValueError("a record needs an identifier that is not nullable")
        if self.column(self.scoped.order).type != "timestamp":
            raise ValueError(f"column {self.scoped.order} is not a timestamp")
        return self

    @model_validator(mode="after")
    def _upsert_fits(self) -> "Contract":
        if self.upsert is None:
            return self
        if {*self.upsert.key, self.upsert.order} != set(self.key) or self.upsert.order in self.upsert.key:
            raise ValueError("the key of an upsert and, beside it, its order are the key of the contract")
        if wrong := [column.name for column in self.columns if column.nullable and column.name in self.key]:
            raise ValueError(f"columns {', '.join(wrong)} say which row counts: they are not nullable")
        if self.column(self.upsert.order).type != "timestamp":
            raise ValueError(f"column {self.upsert.order} is not a timestamp")
        if self.period.rule != "single" or not set(self.period.columns) <= set(self.upsert.key):
            raise ValueError("an upsert is of one month (rule single), and a column of its key says which")
        if self.version_order:
            raise ValueError("the order of an upsert is said by `order` of the supersession alone")
        return self

    @property
    def scoped(self) -> Scoped | None:
        """The rules of a dataset whose files stand for provider-months; None where a file is replaced as a whole."""
        return self.supersession if isinstance(self.supersession, Scoped) else None

    @property
    def versions(self) -> Versions | None:
        """The rules of a dataset of which every file is kept and modelled; None for the others."""
        return self.supersession if isinstance(self.supersession, Versions) else None

    @property
    def upsert(self) -> Upsert | None:
        """The rules of a dataset of which all files of a month count together, row by row; None for the others."""
        return self.supersession if isinstance(self.supersession, Upsert) else None

    @property
    def counts_together(self) -> bool:
        """Whether every file is in force and it is decided among the rows which of them count."""
        return self.versions is not None or self.upsert is not None

    @property
    def row_type(self) -> str | None:
        """The column that tells printed totals among the rows of a table; None for a feed that has none there."""
        return next((layout.printed_total.row_type for layout in self.layouts if layout.printed_total), None)

    def column(self, name: str) -> Column:
        """The column of that canonical name."""
        return next(column for column in self.columns if column.name == name)

    def interval_at(self, month: date) -> int | None:
        """Months between two expected files at `month`; None before the calendar begins."""
        entries = [entry for entry in self.calendar if entry.from_month <= month]
        return max(entries, key=lambda entry: entry.from_month).every_months if entries else None


@cache
def load_contracts() -> dict[str, Contract]:
    """Contracts by dataset, in the order in which their files are landed.

    Raises:
        PcwError: a contract file that does not fit, named with what is wrong.
    """
    contracts = []
    for path in sorted(ROOM.glob("*/*.yaml")):
        text = path.read_text(encoding="utf-8")
        try:
            parsed = yaml.load(text, Loader=yaml.CSafeLoader)
            contract = Contract.model_validate(parsed | {"content_hash": hashlib.sha256(text.encode()).hexdigest()})
        except (ValidationError, yaml.YAMLError) as error:
            raise PcwError(f"Contract {path.parent.name}/{path.name} does not fit: {error}") from error
        if contract.dataset != path.stem:
            raise PcwError(
                f"Contract {path.parent.name}/{path.name} calls itself {contract.dataset}; name it as its file."
            )
        contracts.append(contract)
    return {contract.dataset: contract for contract in sorted(contracts, key=lambda item: item.load_order)}
