"""The catalogue of mutants cannot rot: each still stands where it says, once, and changes something.

Whether tests notice them takes `make mutants`.
"""

from collections import Counter
from pathlib import Path

import pytest

from pcw.errors import PcwError
from tests.mutation.catalogue import PROJECT, Mutant, load

MUTANTS = load()
ROOMS = {"contracts", "suites", "seeds", "models", "landing", "release"}


def test_there_are_enough_of_every_room() -> None:
    rooms = Counter(mutant.room for mutant in MUTANTS)
    assert set(rooms) == ROOMS
    assert sum(rooms.values()) >= 120
    assert min(rooms.values()) >= 12, rooms


def test_names_and_changes_are_unique() -> None:
    assert [name for name, count in Counter(mutant.id for mutant in MUTANTS).items() if count > 1] == []
    assert [name for name, count in Counter(mutant.digest for mutant in MUTANTS).items() if count > 1] == []


def test_each_says_why_it_matters() -> None:
    assert [mutant.id for mutant in MUTANTS if not mutant.why.endswith(".")] == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_it_applies_exactly_once_and_changes_the_file(mutant: Mutant) -> None:
    text = (PROJECT / mutant.file).read_text(encoding="utf-8")
    assert mutant.applied(text) != text


def test_tests_that_it_names_are_there() -> None:
    named = {name.partition("::")[0] for mutant in MUTANTS for name in (*mutant.tests, *mutant.wider) if name[0] != "-"}
    assert [name for name in sorted(named) if not (PROJECT / name).is_file()] == []


def test_one_that_applies_twice_or_not_at_all_is_refused(tmp_path: Path) -> None:
    mutant = Mutant("twice", "models", "a.sql", "left join", "inner join", "Rows go.", ())
    with pytest.raises(PcwError, match=r"stands 2 times in a\.sql, once was expected"):
        mutant.applied("left join\nleft join\n")
    with pytest.raises(PcwError, match="stands 0 times"):
        mutant.applied("inner join\n")
