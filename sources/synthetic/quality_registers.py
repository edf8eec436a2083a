"""Disease registers of the practices on a day, and how many of their patients are of an age.

Belongs here: one register for all feeds that count it (searches, QOF). Does not belong here: any file. What differs
from practice to practice comes from its code, not from the random streams of other feeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from .apportion import apportion
from .chance import unit_of
from .months import years_since
from .population import BANDS, lists_by_age
from .world import REFERENCE_LIST, Practice, World

#: QOF register -> youngest age of its list (0 for all), patients in a thousand of that list in April 2017, and by how
#: many that grows in a year.
REGISTERS: Mapping[str, tuple[int, float, float]] = {
    "AF": (0, 16.4, 0.5), "AST": (6, 66.1, 0.2), "CAN": (0, 23.2, 0.9), "CHD": (0, 33.4, -0.3), "CKD": (18, 43.5, 0.1),
    "COPD": (0, 31.0, 0.4), "DEM": (0, 7.4, 0.2), "DEP": (18, 104.0, 6.0), "DM": (17, 64.5, 1.1), "EP": (18, 9.6, 0.0),
    "HF": (0, 8.6, 0.3), "HYP": (0, 135.8, 0.6), "LD": (0, 5.6, 0.1), "MH": (0, 13.3, 0.2), "NDH": (18, 31.0, 4.0),
    "OB": (18, 108.0, 1.5), "OST": (50, 5.1, 0.4), "PAD": (0, 7.3, 0.0), "PC": (0, 4.2, 0.3), "RA": (16, 6.9, 0.1),
    "STIA": (0, 19.2, 0.1),
}  # fmt: skip


def own_unit(practice_code: str, name: str) -> float:
    """A number from 0 to 1 that belongs to the practice and this name; nearly uniform over practices."""
    return unit_of(f"quality:{practice_code}:{name}")


class OnDay:
    """The practices that are open on a day, in the order of their codes, with their patients and registers."""

    def __init__(self, world: World, day: date) -> None:
        self.day = day
        self._is_own = world.is_own
        self._cells = {practice.code: cells for practice, cells in lists_by_age(world, day).items()}
        self.practices = tuple(sorted((p for p in world.listed if p.code in self._cells), key=lambda p: p.code))
        self.own = tuple(practice for practice in self.practices if world.is_own(practice))
        self._aged: dict[int, dict[str, int]] = {}
        self._registers: dict[str, dict[str, int]] = {}

    def aged(self, practice: Practice, age: int = 0) -> int:
        """Patients of this age and older; a band of five years that it divides gives its older part."""
        if age not in self._aged:
            shares = [min(max((5 * place + 5 - age) / 5, 0.0), 1.0) for place in range(len(BANDS))] * 2
            self._aged[age] = {
                code: round(sum(patients * share for patients, share in zip(cells, shares, strict=True)))
                for code, cells in self._cells.items()
            }
        return self._aged[age][practice.code]

    def register(self, practice: Practice, group: str) -> int:
        """Patients on a register. Those of the commissioner sum to its level exactly."""
        if group not in self._registers:
            others = [practice for practice in self.practices if not self._is_own(practice)]
            self._registers[group] = self._register(group, self.own) | self._register(group, others)
        return self._registers[group][practice.code]

    def _register(self, group: str, practices: tuple[Practice, ...] | list[Practice]) -> dict[str, int]:
        age, level, growth = REGISTERS[group]
        lists = [self.aged(practice, age) for practice in practices]
        # The older a list the longer the register, and beside that each practice has its own way.
        weights = [
            people * (1 + 0.25 * practice.age_tilt) * (0.8 + 0.4 * own_unit(practice.code, group))
            for people, practice in zip(lists, practices, strict=True)
        ]
        total = round((level + growth * years_since(self.day, REFERENCE_LIST)) * sum(lists) / 1000)
        return dict(zip([practice.code for practice in practices], apportion(total, weights), strict=True))
