"""The catalogue of mutants: mistakes that an engineer would make, each one replacement in one file.

Belongs here: reading `catalogue/<room>.yaml`, and applying a mutant to a text. Does not belong here: how places were
drawn (`draw`), or running tests on a mutant (`mutants`).
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from pcw.errors import PcwError

PROJECT = Path(__file__).resolve().parents[2]
CATALOGUE = Path(__file__).parent / "catalogue"


@dataclass(frozen=True)
class Mutant:
    """One mistake. `tests` are asked first and `wider` where they notice nothing; both are arguments of pytest.

    `equivalent` says of one that no test can notice why it changes nothing that anybody could see.
    """

    id: str
    room: str
    file: str
    find: str
    replace: str
    why: str
    tests: tuple[str, ...]
    wider: tuple[str, ...] = ()
    equivalent: str | None = None

    @cached_property
    def digest(self) -> str:
        """Of what it changes: a result counts for exactly this."""
        return hashlib.sha256("\0".join((self.file, self.find, self.replace)).encode()).hexdigest()[:12]

    @property
    def is_model(self) -> bool:
        """Whether dbt unit tests may notice it by themselves: they replace everything that a model reads."""
        return self.file.startswith("dbt_project/models/") and self.file.endswith(".sql")

    @property
    def is_seed(self) -> bool:
        """Whether data tests of dbt may notice it."""
        return self.file.startswith("dbt_project/seeds/")

    def applied(self, text: str) -> str:
        """The text with the mistake in it.

        Raises:
            PcwError: where it does not stand there exactly once.
        """
        if (count := text.count(self.find)) != 1:
            raise PcwError(
                f"Mutant {self.id}: {self.find!r} stands {count} times in {self.file}, once was expected. Write what "
                f"stands there now into tests/mutation/catalogue/{self.room}.yaml."
            )
        return text.replace(self.find, self.replace)


def load() -> list[Mutant]:
    """All mutants, room by room."""
    found = []
    for path in sorted(CATALOGUE.glob("*.yaml")):
        room = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for entry in room["mutants"]:
            tests, wider = entry.pop("tests", ()), entry.pop("wider", room["wider"])
            found.append(Mutant(room=path.stem, tests=tuple(tests), wider=tuple(wider), **entry))
    return found
