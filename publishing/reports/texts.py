"""What people write for a report, kept in files under version control: its facts and its narrative slots.

Belongs here: finding, reading and carrying over. `<folder>/<commissioner>/<period>/report.yaml` holds facts that no
feed has (meeting, authors, how far the data went); `<slot>.txt` beside it holds the paragraphs of a slot, separated by
blank lines. A slot without a file takes the newest earlier period's, and says from when it is: an empty file ends that.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from pcw.errors import PcwError
from publishing.reports.document import Slot

FACTS = "report.yaml"
_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def _month(value: object) -> object:
    """2017-05 is its first day."""
    return date.fromisoformat(f"{value}-01") if isinstance(value, str) and _PERIOD.fullmatch(value) else value


Stated = Literal["red", "amber", "green"] | None
Month = Annotated[date, BeforeValidator(_month)]


class Previous(BaseModel):
    """The report before: what its column is called, its period, and how far its data went."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    period: Month
    data_up_to: Mapping[str, Month] = {}


class Workstream(BaseModel):
    """A workstream of the transformation programme, with the judgement of its lead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    rating: Stated = None
    programmes: tuple[str, ...] = ()


class Facts(BaseModel):
    """Facts of one report that no feed has; all may be absent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: str = ""
    meeting: date | None = None
    lead_governor: str = ""
    senior_lead: str = ""
    author: str = ""
    standards: str = ""
    data_up_to: Mapping[str, Month] = {}
    previous: Previous | None = None
    programme: str = ""
    programme_lead: str = ""
    clinical_lead: str = ""
    programme_rating: Stated = None
    workstreams: tuple[Workstream, ...] = ()


@dataclass(frozen=True)
class Texts:
    """The texts of one commissioner as a report of `period` (first day of its last month) finds them."""

    folder: Path
    commissioner: str
    period: date
    slots: list[str] = field(default_factory=list)  # keys asked for, so that a file nobody asks for is found

    @property
    def here(self) -> Path:
        """The folder of the period."""
        return self.folder / self.commissioner / f"{self.period:%Y-%m}"

    @cached_property
    def facts(self) -> Facts:
        """The facts of the period; nothing of them is carried over, for a meeting is not.

        Raises:
            PcwError: the file is not what it must be.
        """
        file = self.here / FACTS
        if not file.exists():
            return Facts()
        try:
            return Facts.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
        except ValidationError as error:
            found = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            known = ", ".join(Facts.model_fields)
            raise PcwError(f"{file} does not fit: {found}. It may have: {known}.") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise PcwError(f"{file} cannot be read as YAML: {error}") from error

    @property
    def reported_month(self) -> date:
        """The month in which the report is read, where its meeting is known: events go up to it; else its period."""
        return self.facts.meeting.replace(day=1) if self.facts.meeting else self.period

    def slot(self, key: str, title: str, empty: str = "No update this reporting period.") -> Slot:
        """The slot of this name, written for the period or carried over from the newest one before."""
        self.slots.append(key)
        for written in self._periods():
            file = written / f"{key}.txt"
            if file.exists():
                return Slot(
                    key=key,
                    title=title,
                    paragraphs=tuple(_paragraphs(file)),
                    of_period=written.name,
                    is_carried_over=written != self.here,
                    empty=empty,
                )
        return Slot(key=key, title=title, empty=empty)

    def if_written(self, key: str, title: str) -> tuple[Slot, ...]:
        """The slot, or nothing where nobody wrote anything."""
        slot = self.slot(key, title)
        return (slot,) if slot.paragraphs else ()

    def unknown(self) -> Sequence[Path]:
        """Files of the period that no slot asked for: most likely a mistyped name."""
        asked = {f"{key}.txt" for key in self.slots} | {FACTS}
        return sorted(file for file in self.here.glob("*") if file.name not in asked) if self.here.is_dir() else []

    def _periods(self) -> list[Path]:
        folder = self.folder / self.commissioner
        if not folder.is_dir():
            return []
        found = [path for path in folder.iterdir() if path.is_dir() and _PERIOD.fullmatch(path.name)]
        return sorted((path for path in found if path.name <= self.here.name), reverse=True)


def _paragraphs(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PcwError(f"{file} is not UTF-8 text: save it as UTF-8. ({error})") from error
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
