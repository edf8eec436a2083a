"""What the shell says while files land: each file of a few, each feed of many, and always what needs a look."""

from pathlib import Path

import pytest

from orchestration.progress import Landed

PAGES = Path("pages/index.html")
FILES = [
    ("epd", "2017-05", "Landed epd 2017-05: a.csv", False),
    ("epd", "2017-04", "Landed epd 2017-04: b.csv", False),
    ("epd", "2017-06", "Landed epd 2017-06: c.csv; 1 row set aside, see `pcw status`", True),
    ("gp_list", "2017-06", "Landed gp_list 2017-06: d.csv", False),
]


def said(*, one_by_one: bool) -> list[str]:
    lines: list[str] = []
    with Landed(lines.append, one_by_one, PAGES) as landed:
        for feed, month, line, alone in FILES:
            landed.note(feed, month, line, alone=alone)
    return lines


def test_a_few_are_said_one_by_one() -> None:
    assert said(one_by_one=True) == [line for _, _, line, _ in FILES]


def test_many_are_said_by_feed() -> None:
    assert said(one_by_one=False) == [
        "Landed epd 2017-06: c.csv; 1 row set aside, see `pcw status`",
        "Landed epd: 2 more files, 2017-04 to 2017-05",
        "Landed gp_list: 1 file, 2017-06",
    ]


def test_what_files_failed_is_said_under_them_until_it_is_much() -> None:
    lines: list[str] = []
    many = [("warn", "one"), ("withhold", "two"), ("warn", "three"), ("warn", "four")]
    with Landed(lines.append, False, PAGES) as landed:
        landed.note("epd", "2017-04", "Landed a")
        landed.note("epd", "2017-05", "Landed b", minded=many[:2])
        landed.note("epd", "2017-06", "Landed c", minded=many)
        landed.note("epd", "2017-07", "Landed d", minded=many)
        landed.note("gp_list", "2017-06", "Landed e", minded=many[:1])
    assert lines == [
        "Landed b",
        "  Withheld: two",
        "  Warning: one",
        "Landed c",
        "  Withheld: two",
        "  Of epd 1 more withheld and 6 more warnings: pages/index.html",
        "Landed epd: 2 more files, 2017-04 to 2017-07",
        "Landed e",
        "  Warning: one",
    ]


def test_what_landed_before_an_interruption_is_said() -> None:
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt), Landed(lines.append, False, PAGES) as landed:
        landed.note("epd", "2017-05", "")
        raise KeyboardInterrupt
    assert lines == ["Landed epd: 1 file, 2017-05"]
