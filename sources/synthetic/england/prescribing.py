"""The prescribing files of England: EPD with 18.6 million rows a month, and the ePACT2 export by age band.

Belongs here: how many items each practice has of the national formulary, and the streaming of the files. Does not
belong here: the formulary (`formulary`), and how a row is printed (`prescribing_feeds`). A row is its practice's text
and its line's: the latter is the same for all practices with as many items, and kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..months import SNOMED_FROM
from ..prescribing_feeds import EpdAmounts, Month, epact2_text, epd_header, epd_place
from ..sus_people import generator
from ..volumes import WALK_IN_PATIENTS, Line, level_of, month_lines, unidentified_lines
from .areas import Area
from .formulary import ROWS_OF_ANTIBACTERIALS, Lines, national_lines

EPD_ROWS = 18_600_000
#: Texts of lines with fewer items are kept: they are nearly all, and few enough to remember.
_KEPT = 128
_END = b"\r\n"


def epd_name(month: date) -> str:
    """The name of the EPD file of a month."""
    return f"EPD_SNOMED_{month:%Y%m}.csv" if month >= SNOMED_FROM else f"EPD_{month:%Y%m}.csv"


def epact2_name(month: date) -> str:
    """The name of the ePACT2 file of a month."""
    return f"ePACT2_age_band_{month:%Y%m}.csv"


def write_epd(folder: Path, areas: Sequence[Area], month: date, rows: int) -> None:
    """Write the EPD file of a month with about so many rows (in a year's mean), practice by practice."""
    levels = [
        (practice.size or WALK_IN_PATIENTS) * practice.volume / 1_000
        for area in areas
        for practice in area.world.practices
        if practice.dispenses and practice.closed is None
    ]
    lines = national_lines(levels, rows - ROWS_OF_ANTIBACTERIALS * len(levels))
    tails = _Tails(lines, month)
    with (folder / epd_name(month)).open("wb") as file:
        file.write(epd_header(month).encode() + _END)
        for area in areas:
            _write_area(file, area, month, tails)


class _Tails:
    """What the rows of a line end with, by line and items."""

    def __init__(self, lines: Lines, month: date) -> None:
        self.lines = lines
        self.amounts = EpdAmounts(month)
        self._kept: dict[int, bytes] = {}

    def of(self, items: np.typing.NDArray[np.int64]) -> list[bytes]:
        """The ends of the rows of one practice, by its items of each line; of none there is no row."""
        found = np.flatnonzero(items)
        counts = items[found]
        keys = np.where(counts < _KEPT, found * _KEPT + counts, -1).tolist()
        kept = self._kept
        return [
            kept.get(key) or self._made(key, place, count)
            for key, place, count in zip(keys, found.tolist(), counts.tolist(), strict=True)
        ]

    def _made(self, key: int, place: int, count: int) -> bytes:
        line = Line(self.lines.presentations[place], self.lines.tenths[place], count)
        text = self.amounts.text(line, "N").encode()
        if key >= 0:
            self._kept[key] = text
        return text


def _write_area(file: BinaryIO, area: Area, month: date, tails: _Tails) -> None:
    rng = generator(area.seed, f"england items {month:%Y-%m}")
    description = area.world.description
    for unit, antibacterials in _antibacterials(area, month):
        place = epd_place(description, month, unit).encode()
        if unit.practice is None:
            ends = [tails.amounts.text(line, "Y").encode() for line in antibacterials]
        else:
            ends = [tails.amounts.text(line, "N").encode() for line in antibacterials]
            usual = tails.lines.rates * level_of(unit, month)
            ends += tails.of(rng.poisson(usual * (0.85 + 0.3 * rng.random(len(usual)))))
        if ends:
            file.write(place + (_END + place).join(ends) + _END)


def _antibacterials(area: Area, month: date) -> Month:
    """The antibacterial lines of a commissioner; what nobody can be named for stands with the first one."""
    rows = month_lines(area.world, month, area.seed, others=())
    return rows + (unidentified_lines(area.world, month, area.seed) if area.number == 1 else [])


def write_epact2(folder: Path, areas: Sequence[Area], month: date) -> None:
    """Write the ePACT2 export of a month: every EPD item of BNF 0501, by age band."""
    with (folder / epact2_name(month)).open("wb") as file:
        for part in _without_headers(areas, month):
            file.write(part)


def _without_headers(areas: Sequence[Area], month: date) -> Iterator[bytes]:
    for area in areas:
        text = epact2_text(area.world.description, month, _antibacterials(area, month), area.seed).encode()
        yield text if area.number == 1 else text.partition(_END)[2]
