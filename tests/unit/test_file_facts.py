"""What the file gate is told of the members of an archive."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sources.contracts import load_contracts
from sources.file_facts import write_facts
from sources.opening import Member
from sources.reader import ReadResult
from sources.recognition import OF_NO_DATASET, Recognised, recognise_head

EPD = load_contracts()["epd"]
GOOD = ",".join(EPD.layouts[0].names[column][0] for column in EPD.layouts[0].names)
DEAR = "Dear all, enclosed"
REMOVE = "Remove it from {0}, or ask the supplier for an archive without it."


def told(name: str, *members: tuple[str, str]) -> list[str | None]:
    """The sentence on the header of each member, by its name and first row."""
    known: list[tuple[Member, Recognised]] = []
    for member, head in members:
        found = recognise_head(member, f"{head}\n", load_contracts().values())
        known.append((Member(member, Path(member), len(head), "utf-8"), found))
    with duckdb.connect() as connection:
        opened = [member for member, _ in known]
        write_facts(connection, opened, known, name, None, None, None, None, is_nil_return=False)
        return [row[0] for row in connection.execute("select header_problem from file_facts").fetchall()]


def test_one_that_is_of_no_dataset_beside_data_is_to_be_taken_out() -> None:
    good, stray = told("EPD_201706.zip", ("EPD_201706.csv", GOOD), ("ReadMe.txt", DEAR))
    assert good is None and stray is not None
    assert stray.startswith("In EPD_201706.zip: File ReadMe.txt is none of the")
    assert stray.endswith(REMOVE.format("EPD_201706.zip"))


def test_a_member_that_may_not_be_named_is_told_by_its_number() -> None:
    _, stray = told("SUS.zip", ("SUS.zip member 1", GOOD), ("SUS.zip member 2", DEAR))
    assert stray is not None
    assert stray.startswith("File SUS.zip member 2 is none of the") and stray.endswith(REMOVE.format("SUS.zip"))


@pytest.mark.parametrize(
    ("name", "members", "start"),
    [
        ("notes.csv.gz", [("notes.csv", DEAR)], "File notes.csv is none of the"),
        ("all.zip", [("export.csv", DEAR)], "File export.csv is none of the"),
        ("all.zip", [("a.txt", DEAR), ("b.txt", DEAR)], "In all.zip: File a.txt is none of the"),
    ],
)
def test_where_nothing_is_data_it_may_still_be_the_right_file(
    name: str, members: list[tuple[str, str]], start: str
) -> None:
    for problem in told(name, *members)[:1]:
        assert problem is not None and problem.startswith(start) and problem.endswith(OF_NO_DATASET)


@pytest.mark.parametrize("too_many", [None, "File EPD_201706.csv: 2 of 3 rows do not fit the contract of epd."])
def test_rows_that_do_not_fit_are_told_of_a_refused_file_too(too_many: str | None) -> None:
    """It does not say that every row fits; and not that others landed, which is known later."""
    read = ReadResult(3, 2, None, too_many, ("row 2, column nic: found x", "row 3, column nic: found y"))
    member = Member("EPD_201706.csv", Path("EPD_201706.csv"), 100, "utf-8")
    with duckdb.connect() as connection:
        write_facts(connection, [member], [], "EPD_201706.csv", read, None, None, None, is_nil_return=False)
        [(said,)] = connection.execute("select set_aside from file_facts").fetchall()
    assert said == (
        "File EPD_201706.csv: 2 of 3 rows do not fit the contract. First: row 2, column nic: found x; row 3, column "
        "nic: found y. Ask the supplier to correct and resend it."
    )
