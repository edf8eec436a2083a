"""The layout of the committee report, as `committee.yaml` has it. Belongs here: its shape, and that it is whole."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

FILE = Path(__file__).parent / "committee.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SummaryRow(_Part):
    """A row of the summary: an indicator (none for finance), the committee's name for it and what is shown of it."""

    name: str
    show: Literal["value", "baseline", "returns", "finance"]
    indicator: str = ""
    data: str = ""


class SummaryGroup(_Part):
    """Rows under a header of their own; `key` names the group that stands again at the head of section 6."""

    title: str
    rows: tuple[SummaryRow, ...]
    key: str = ""


class Detail(_Part):
    """A block of one indicator with its narrative."""

    number: str
    indicator: str
    title: str
    slot: str
    note: str = ""


class FinanceAreas(_Part):
    """Programme areas of the ledger that the finance section reads."""

    delegated: str
    prescribing: str


class Layout(_Part):
    """The whole layout."""

    lags: Mapping[str, tuple[str, ...]]
    summary: tuple[SummaryGroup, ...]
    national: tuple[Detail, ...]
    local: tuple[Detail, ...]
    finance: FinanceAreas

    @model_validator(mode="after")
    def _is_whole(self) -> "Layout":
        rows = [row for group in self.summary for row in group.rows]
        if unknown := {row.data for row in rows if row.data} - set(self.lags):
            raise ValueError(f"no such group of feeds: {', '.join(sorted(unknown))}")
        if nameless := [row.name for row in rows if not row.indicator and row.show != "finance"]:
            raise ValueError(f"a row without an indicator: {', '.join(nameless)}")
        if missing := {detail.indicator for detail in (*self.national, *self.local)} - {r.indicator for r in rows}:
            raise ValueError(f"a block of an indicator that the summary lacks: {', '.join(sorted(missing))}")
        return self

    def group_of(self, indicator: str) -> str:
        """The group of feeds that says how far the data of an indicator goes; empty for the end of the period."""
        return next((row.data for group in self.summary for row in group.rows if row.indicator == indicator), "")


@cache
def committee_layout() -> Layout:
    """The layout that comes with the product."""
    text = FILE.read_text(encoding="utf-8")
    # GP numbers like 5.1 are text.
    return Layout.model_validate(yaml.load(text, Loader=yaml.BaseLoader))
