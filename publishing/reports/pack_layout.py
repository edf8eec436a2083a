"""What stands in the packs, as `packs.yaml` has it. Belongs here: its shape, and that it is whole."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from publishing.reports.layout import committee_layout

FILE = Path(__file__).parent / "packs.yaml"
KEY_POINTS = 10


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PackRow(_Part):
    """An indicator and the short name that a pack calls it by."""

    indicator: str
    name: str


class PracticePage(_Part):
    """Rows of the practice page, and which of them are drawn."""

    rows: tuple[PackRow, ...]
    strips: tuple[str, ...]


class Medicines(_Part):
    """The key points of a neighbourhood, and which savings are of medicines."""

    note: str
    rows: tuple[PackRow, ...]
    categories: tuple[str, ...]
    evidence: tuple[str, ...]


class Access(_Part):
    """The access measure, the survey measures that rank who misses it, and what stands beside them."""

    measure: str
    survey: tuple[PackRow, ...]
    others: tuple[PackRow, ...]


class PackLayout(_Part):
    """The whole layout."""

    feeds: Mapping[str, tuple[str, ...]]
    practice: PracticePage
    medicines: Medicines
    access: Access

    @model_validator(mode="after")
    def _is_whole(self) -> "PackLayout":
        shown = {row.indicator for row in self.practice.rows}
        if missing := set(self.practice.strips) - shown:
            raise ValueError(f"drawn on the practice page but not a row of it: {', '.join(sorted(missing))}")
        if len(self.medicines.rows) != KEY_POINTS:
            raise ValueError(f"a briefing has {KEY_POINTS} key points, here are {len(self.medicines.rows)}")
        return self

    def group_of(self, indicator: str, source_feeds: str | None) -> str:
        """The group of feeds that says how far an indicator goes; empty for the end of the period.

        The committee report has the first word, so that both show the same month; of what it lacks the feeds say it.
        """
        report = committee_layout()
        if any(row.indicator == indicator for group in report.summary for row in group.rows):
            return report.group_of(indicator)
        read = {feed.strip() for feed in (source_feeds or "").split(",")}
        return next((group for group, feeds in self.feeds.items() if read & set(feeds)), "")


@cache
def pack_layout() -> PackLayout:
    """The layout that comes with the product."""
    return PackLayout.model_validate(yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))
