"""The practice file of the patient survey: its columns, and counts that add up to what the paper says.

Belongs here: waves, from that which serves the first month of the sample on. Two are as printed in the paper: the good
experience of making an appointment was 76.7 % in 2016 and 77.0 % in 2017. A printed total of the commissioner stands
below the practices; the columns of other questions stand for the hundreds of the real file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from .apportion import apportion
from .evidence_charges import csv_bytes
from .months import add_months
from .world import Practice, World

#: Good experience of making an appointment, in thousandths of the answers, by wave.
OVERALL = {2016: 767, 2017: 770}
_OVERALL_OTHERWISE = 765
#: In thousandths of their base: easy by phone, an appointment got (at once, after calling back, not), convenient.
_PHONE, _SUCCESS, _CONVENIENT = 715, (640, 215, 105), 920
#: Forms sent to a practice, and of them returned.
_SENT, _RETURNED = 260, 0.36
_NEW_NAMES_FROM = 2018
_PLACE = ("Practice_Code", "Practice_Name", "CCG_Code", "CCG_Name", "distributed", "received", "resprate")
_OTHERS = ("Q4_12", "Q4_12pct", "q9_12pct", "q28_12", "q28base", "q28_12pct", "q30_recoded_1pct", "q48_merged_1pct")
_OLD = (
    *("q3_1", "q3_2", "q3_12", "q3base", "q12_1", "q12_2", "q12_3", "q12base", "q15_1", "q15_2", "q15_12", "q15base"),
    *("q18_1", "q18_2", "q18_12", "q18_12pct", "q18base"),
)
_NEW = (
    *("Q3_1", "Q3_2", "Q3_12", "Q3base", "Q3_1234base", "Q18_1", "Q18_2", "Q18_12", "Q18_12pct", "Q18base"),
    "Q18_12345base",
)


def survey_files(world: World, first: date, last: date) -> dict[str, bytes]:
    """Waves published by the last month, from that one on which serves the month before the first."""
    years = range(first.year - 1, last.year + 1)
    return {
        f"GPPS_{year}_Practice_data_weighted.csv": _wave(world, year)
        for year in years
        if date(year, 7, 1) <= last and date(year, 3, 1) >= add_months(first, -12)
    }


def _wave(world: World, year: int) -> bytes:
    practices = [practice for practice in world.lists_on(date(year, 3, 1)) if world.is_own(practice)]
    figures = _Figures(practices, year)
    columns = _OLD if year < _NEW_NAMES_FROM else _NEW
    rows: list[Sequence[object]] = []
    for place, practice in enumerate(practices):
        rows.append(
            (practice.code, practice.name, *_ccg(world, practice.commissioner), *_forms(_SENT, figures.returned[place]))
            + tuple(figures.cell(name.lower(), [place]) for name in columns)
            + (0,) * len(_OTHERS)
        )
    for code in world.description.setting.codes:
        theirs = [place for place, practice in enumerate(practices) if practice.commissioner == code]
        if theirs:
            rows.append(
                (*_ccg(world, code), *_ccg(world, code))
                + (*_forms(_SENT * len(theirs), sum(figures.returned[place] for place in theirs)),)
                + tuple(figures.cell(name.lower(), theirs) for name in columns)
                + (0,) * len(_OTHERS)
            )
    return csv_bytes((*_PLACE, *columns, *_OTHERS), rows)


def _ccg(world: World, code: str) -> tuple[str, str]:
    return code, world.description.everyone[code].name


def _forms(sent: int, returned: int) -> tuple[object, ...]:
    return sent, returned, f"{returned / sent:.4f}"


class _Figures:
    """Weighted answers of each practice in hundredths, by column; shares lie about those of the commissioner."""

    def __init__(self, practices: Sequence[Practice], year: int) -> None:
        count = len(practices)
        self.returned = [round(_SENT * _RETURNED) + (place * 13 + year) % 21 - 10 for place in range(count)]
        spread = [((place * 37 + 11) % count) / count - 0.5 for place in range(count)]
        self._of: dict[str, list[int]] = {}
        bases = [100 * returned for returned in self.returned]
        self._share("q3", bases, _PHONE, spread, 0.25)
        self._share("q18", [97 * returned for returned in self.returned], OVERALL.get(year, _OVERALL_OTHERWISE),
                    spread, 0.2)  # fmt: skip
        tried = [92 * returned for returned in self.returned]
        self._of["q12base"] = tried
        for number, thousandths in enumerate(_SUCCESS, start=1):
            self._of[f"q12_{number}"] = [base * thousandths // 1000 for base in tried]
        got = [one + two for one, two in zip(self._of["q12_1"], self._of["q12_2"], strict=True)]
        self._share("q15", got, _CONVENIENT, spread, 0.08)
        # Of those who answered, some have not tried: the base without them is the smaller one.
        self._of["q3_1234base"], self._of["q18_12345base"] = self._of["q3base"], self._of["q18base"]
        if year >= _NEW_NAMES_FROM:
            self._of["q3base"] = [base * 103 // 100 for base in self._of["q3base"]]
            self._of["q18base"] = [base * 101 // 100 for base in self._of["q18base"]]

    def _share(self, question: str, bases: list[int], thousandths: int, spread: list[float], width: float) -> None:
        """Favourable answers that are exactly so many thousandths of all, and their very favourable half."""
        level = thousandths / 1000
        total = round(sum(bases) * thousandths / 1000)
        weights = [base * min(level + width * apart, 0.985) for base, apart in zip(bases, spread, strict=True)]
        favourable = apportion(total, weights)
        self._of[f"{question}base"] = bases
        self._of[f"{question}_12"] = favourable
        self._of[f"{question}_1"] = [answers * 45 // 100 for answers in favourable]
        self._of[f"{question}_2"] = [answers - answers * 45 // 100 for answers in favourable]

    def cell(self, column: str, places: Sequence[int]) -> str:
        """A column of these practices together, as the file has it."""
        if column.endswith("pct"):
            base = "q18_12345base"  # those who have not tried are in no base of a share
            return f"{self._sum('q18_12', places) / self._sum(base, places):.6f}"
        return f"{self._sum(column, places) / 100:.2f}"

    def _sum(self, column: str, places: Sequence[int]) -> int:
        return sum(self._of[column][place] for place in places)
