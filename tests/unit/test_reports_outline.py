"""Levels, anchors and turned pages; characters that may be printed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from publishing.reports.document import Column, Document, Heading, Pair, Paragraph, Row, Table
from publishing.reports.outline import headings, prepared, spreads
from publishing.reports.printable import printable, printable_text
from tests.unit.report_documents import rich

TEXT = Paragraph(("x",))
WIDE = Table("Wide", (Column("c"),) * 9, (Row((("x",),) * 9),))


def document(*blocks: object) -> Document:
    return Document("d", "D", "", "r", blocks)  # type: ignore[arg-type]


def test_anchors_are_unique_and_levels_skip_none() -> None:
    made = prepared(
        document(Heading(4, "Deep"), Heading(2, "Same"), Pair(("a", "b"), (Heading(4, "Same"),), ()),
                 Heading(2, "x", anchor="same"), Heading(2, "!"), Heading(2, "content"))
    )  # fmt: skip
    assert [(one.level, one.anchor) for one in headings(made.blocks)] == [
        (2, "deep"), (2, "same-2"), (3, "same-3"), (2, "same"), (2, "section"), (2, "content-2"),
    ]  # fmt: skip


def test_an_anchor_given_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="two headings of d have the anchor a"):
        prepared(document(Heading(2, "x", anchor="a"), Heading(2, "y", anchor="a")))


def test_a_row_of_too_few_cells_is_an_error() -> None:
    with pytest.raises(ValueError, match="a row of the table 'T' has 1 cells, its columns are 2"):
        prepared(document(Table("T", (Column("a"), Column("b")), (Row((("x",),)),))))


def test_a_wide_table_turns_the_page_with_its_heading() -> None:
    two, three = Heading(2, "Two"), Heading(3, "Three")
    cut = spreads((TEXT, two, three, TEXT, WIDE, WIDE, TEXT))
    assert [(spread.is_wide, spread.blocks) for spread in cut] == [
        (False, (TEXT,)), (True, (two, three, TEXT, WIDE, WIDE)), (False, (TEXT,)),
    ]  # fmt: skip
    assert [spread.is_wide for spread in spreads((two, TEXT, TEXT, TEXT, WIDE))] == [False, True]
    assert [spread.is_wide for spread in spreads((WIDE, two, WIDE))] == [True]
    assert spreads(()) == []


def test_what_cannot_be_printed_is_replaced_and_nothing_else() -> None:
    assert printable_text("a\x00b\x1bc\ud83dd\u202ee\ufffe") == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffd"
    kept = "tab\tline\n\u200fשלום 😀 é £ – \u00a0"
    assert printable_text(kept) == kept
    assert printable(rich()) == rich()
    assert printable(replace(rich(), facts={"a\x00": ("b\x00",)})).facts == {"a\ufffd": ("b\ufffd",)}
