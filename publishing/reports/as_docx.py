"""A document as Word, to be edited: real styles, real lists, tables whose header is repeated, bookmarked slots.

Belongs here: which block becomes what. Looks are in `word_styles.py`. Word takes no SVG from python-docx: a chart is a
picture with its text alternative, followed by its figures as a table.
"""

import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcw.files import write_atomically
from publishing.reports import look
from publishing.reports.archives import moment_of, with_fixed_times
from publishing.reports.document import (
    Block,
    Break,
    Bullets,
    Chart,
    Colour,
    Document,
    Figure,
    Group,
    Heading,
    Inline,
    Inlines,
    Link,
    Pair,
    Paragraph,
    Rating,
    Slot,
    Strong,
    Table,
    Trend,
)
from publishing.reports.drawings import as_png
from publishing.reports.outline import Anchors, headings, prepared, slot_anchor, spreads, title_of
from publishing.reports.widths import PAGE, TOGETHER, text_of, volume
from publishing.reports.word_parts import (
    CELL_MARGIN,
    MANY,
    coloured,
    column_widths,
    end_cell,
    external,
    fill,
    first,
    grid,
    keep,
    look_of,
    mm,
    numbered,
    numbering,
    repeat,
    space,
    together,
)
from publishing.reports.word_styles import (
    CARRIED_STYLE,
    NOTE_STYLE,
    SLOT_STYLE,
    element,
    header_and_footer,
    page,
    set_apart,
    set_up,
    text_width,
)

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

# A contents list serves a paper, not one page.
CONTENTS_FROM = 6


def write(document: Document, path: Path) -> None:
    """The document as a file."""
    write_atomically(path, render(document))


def render(document: Document) -> bytes:
    """The document."""
    import docx

    document = prepared(document)
    word = docx.Document()
    set_up(word, document.language)
    moment = moment_of(document.release_id)
    about = word.core_properties
    about.title, about.subject, about.language = document.title[:255], document.subtitle[:255], document.language
    about.author = about.last_modified_by = "Primary Care Warehouse"
    about.comments, about.identifier = "", document.release_id[:255]
    about.created = about.modified = moment.replace(tzinfo=None)
    _Writer(word).write(document)
    target = io.BytesIO()
    word.save(target)
    return with_fixed_times(target.getvalue(), moment)


@dataclass
class _Writer:
    """Where the writer is: the body or a cell, how wide that is (millimetres), and the level of the last heading."""

    word: "WordDocument"
    anchors: Anchors = field(default_factory=Anchors)
    taken: Anchors = field(default_factory=Anchors)
    names: dict[str, str] = field(default_factory=dict)
    level: int = 1
    bookmarks: int = 0

    def write(self, document: Document) -> None:
        self.anchors = Anchors({heading.anchor for heading in headings(document.blocks)})
        self.word.add_paragraph(document.title, style="Heading 1")
        if document.subtitle:
            self.word.add_paragraph(document.subtitle, style="Subtitle")
        if document.facts:
            self._facts(document)
        listed = [heading for heading in headings(document.blocks) if heading.level <= 3]
        if len(listed) >= CONTENTS_FROM:
            self._contents(listed)
        section = self.word.sections[0]
        for number, spread in enumerate(spreads(document.blocks)):
            if number:
                section = self.word.add_section()
            page(section, spread.is_wide)
            header_and_footer(section, document, spread.is_wide, is_first=not number)
            self._blocks(self.word, spread.blocks, text_width(spread.is_wide))

    def _facts(self, document: Document) -> None:
        table = grid(self.word, len(document.facts), (42, text_width(False) - 42), "Facts of this paper")
        look_of(table, is_header=False)
        for row, (name, content) in zip(table.rows, document.facts.items(), strict=True):
            for cell, words in zip(row.cells, ((Strong(name),), content), strict=True):
                self._run(first(cell), words)
        space(self.word)

    def _contents(self, listed: list[Heading]) -> None:
        self.word.add_paragraph("Contents", style="Caption")
        for heading in listed:
            paragraph = self.word.add_paragraph()
            paragraph.paragraph_format.left_indent = mm(5 * (heading.level - 2))
            paragraph.paragraph_format.space_after = 0
            self._link(paragraph, title_of(heading), f"#{heading.anchor}")

    def _blocks(self, place: Any, blocks: tuple[Block, ...], room: float) -> None:
        for block in blocks:
            self._block(place, block, room)

    def _block(self, place: Any, block: Block, room: float) -> None:
        match block:
            case Heading():
                self.level = block.level
                self._heading(place, title_of(block), block.level, block.anchor)
            case Paragraph():
                self._run(place.add_paragraph(style=NOTE_STYLE if block.tone == "note" else None), block.content)
            case Bullets():
                self._bullets(place, block)
            case Table():
                self._table(place, block, room)
            case Chart():
                self._chart(place, block, room)
            case Slot():
                self._slot(place, block)
            case Pair():
                self._pair(place, block, room)

    def _heading(self, place: Any, text: str, level: int, anchor: str) -> Any:
        """A heading whose place has a name; the end of the place is returned, to be put elsewhere by whom it suits."""
        paragraph = place.add_paragraph(style=f"Heading {level}")
        self.bookmarks += 1
        paragraph._p.append(element("bookmarkStart", id=self.bookmarks, name=self._bookmark(anchor)))
        paragraph.add_run(text)
        end = element("bookmarkEnd", id=self.bookmarks)
        paragraph._p.append(end)
        return end

    def _bookmark(self, anchor: str) -> str:
        """Word's name of a place: 40 letters, digits and underscores at most."""
        if anchor not in self.names:
            name = re.sub(r"\W", "_", anchor, flags=re.ASCII)
            self.names[anchor] = self.taken.take((name if name[0].isalpha() else f"_{name}")[:36])
        return self.names[anchor]

    def _bullets(self, place: Any, block: Bullets) -> None:
        number = numbering(self.word) if block.ordered else None
        for item in block.items:
            paragraph = place.add_paragraph(style="List Number" if block.ordered else "List Bullet")
            if number is not None:
                paragraph._p.get_or_add_pPr()._insert_numPr(numbered(number))
            self._run(paragraph, item)

    def _slot(self, place: Any, slot: Slot) -> None:
        end = self._heading(place, slot.title, min(self.level + 1, 5), self.anchors.take(slot_anchor(slot)))
        heading = end.getparent()
        set_apart(heading.get_or_add_pPr())
        if slot.is_carried_over:
            place.add_paragraph(look.carried_over(slot.of_period), style=CARRIED_STYLE)
        for text in slot.paragraphs or (slot.empty,):
            last = place.add_paragraph(text, style=SLOT_STYLE)
        # The named place is all that people write, so that it can be found and replaced whole.
        last._p.append(end)

    def _chart(self, place: Any, chart: Chart, room: float) -> None:
        place.add_paragraph(chart.title, style="Caption")
        png, share = as_png(chart.svg)
        run = place.add_paragraph().add_run()
        picture = run.add_picture(io.BytesIO(png), width=mm(min(room, share * text_width(False))))
        picture._inline.docPr.set("descr", chart.alternative)
        picture._inline.docPr.set("title", chart.title)
        if chart.data is not None:
            self._table(place, chart.data, room)

    def _pair(self, place: Any, pair: Pair, room: float) -> None:
        shares = (0.4 * room, 0.6 * room)
        table = grid(place, 2, shares, " and ".join(pair.headers))
        look_of(table, is_row_header=False)
        header, body = table.rows
        repeat(header)
        together(table)
        if volume((pair,)) <= PAGE:
            keep(body)
        for cell, text in zip(header.cells, pair.headers, strict=True):
            self._run(first(cell), (text,), is_bold=True)
        for cell, blocks, share in zip(body.cells, (pair.left, pair.right), shares, strict=True):
            self._blocks(cell, blocks, share - CELL_MARGIN)
            if blocks:  # a cell begins with an empty paragraph
                cell._tc.remove(cell._tc.p_lst[0])
            end_cell(cell)
        space(place)

    def _table(self, place: Any, table: Table, room: float) -> None:
        place.add_paragraph(table.caption, style="Caption")
        columns, is_small = column_widths(table, room), len(table.columns) > MANY
        written = grid(place, 1 + len(table.rows), columns, table.caption)
        look_of(written)
        header, *rows = written.rows
        repeat(header)
        for cell, column in zip(header.cells, table.columns, strict=True):
            self._run(first(cell, column.is_number, is_small), (column.header,), is_bold=True)
        for row, content in zip(rows, table.rows, strict=True):
            keep(row)
            if isinstance(content, Group):
                self._group(row, content.text)
                continue
            for cell, column, words in zip(row.cells, table.columns, content.cells, strict=True):
                self._run(first(cell, column.is_number, is_small), words, is_bold=content.is_total)
                if content.is_total:
                    fill(cell, look.SHADE)
        if len(table.rows) <= TOGETHER:
            together(written)
        space(place)

    def _group(self, row: Any, text: str) -> None:
        cell = row.cells[0].merge(row.cells[-1])
        fill(cell, look.DARK)
        paragraph = first(cell)
        paragraph.paragraph_format.keep_with_next = True
        coloured(paragraph.add_run(text), look.PAPER)

    def _run(self, paragraph: Any, content: Inlines, is_bold: bool = False) -> None:
        for inline in content:
            self._inline(paragraph, inline, is_bold)

    def _inline(self, paragraph: Any, inline: Inline, is_bold: bool) -> None:
        match inline:
            case str() | Figure():
                paragraph.add_run(text_of(inline)).bold = is_bold or None
            case Strong(text=text):
                paragraph.add_run(text).bold = True
            case Colour(name=name) | Rating(name=name):
                ground, ink = look.CHIPS[name]
                run = coloured(paragraph.add_run(f"\u00a0{look.chip_word(inline)}\u00a0"), ink)
                run._r.get_or_add_rPr().append(element("shd", val="clear", color="auto", fill=ground))
            case Trend(meaning=meaning):
                coloured(paragraph.add_run(text_of(inline)), look.TONES[meaning])
            case Link(text=text, href=href):
                self._link(paragraph, text, href)
            case Break():
                paragraph.add_run().add_break()

    def _link(self, paragraph: Any, text: str, href: str) -> None:
        if href.startswith("#"):
            link = element("hyperlink", anchor=self._bookmark(href[1:]), history=1)
        else:
            link = external(paragraph, href)
        run = paragraph.add_run(text)
        run.font.underline = True
        coloured(run, look.LINK, is_bold=False)
        link.append(run._r)
        paragraph._p.append(link)
