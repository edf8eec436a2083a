"""SVG as text: elements, escaping, and the frame that every chart has.

Belongs here: what all charts write, and nothing that knows what a chart shows. The SVG is read by browsers and by
typst (resvg): so attributes and no style sheets, nothing from outside, text as `<text>`. `data-` attributes say what a
mark stands for, so that a test reads the data back from the coordinates. Text never overlaps by luck: its room is
measured in `lettering.py`.
"""

import re
from dataclasses import dataclass

from publishing.charts.lettering import wrap
from publishing.charts.palette import INK, PAPER, QUIET

FONT = "DejaVu Sans, sans-serif"
SIZE = 12.0
SMALL = 11.0
# On a desktop page or an A4 page, and on a phone. Below `NARROW` charts put beside each other what fits.
WIDE = 680
PHONE = 350
NARROW = 480
_IDENT = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
# What XML 1.0 cannot hold, however it is escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


@dataclass(frozen=True)
class Drawing:
    """A chart: complete SVG text, and a sentence or two that tell what a sighted reader sees."""

    svg: str
    alternative: str


def escape(text: str) -> str:
    """Text for an element or attribute."""
    return _NO_XML.sub("\ufffd", text).translate(_ESCAPES)


def number(value: float) -> str:
    """A coordinate: two decimals at most, the same text for the same place."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def tag(name: str, *children: str, **attributes: str | float | None) -> str:
    """An element. `stroke_width` is written `stroke-width`; attributes of None are left out; children are SVG."""
    written = "".join(
        f' {key.replace("_", "-")}="{escape(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: float = SIZE,
    anchor: str = "start",
    fill: str = INK,
    bold: bool = False,
    halo: bool = False,
    **attributes: str | float | None,
) -> str:
    """One line of text whose baseline is at y; a `halo` of paper keeps it readable on lines."""
    return tag(
        "text",
        escape(content),
        x=x,
        y=y,
        font_size=size,
        text_anchor=None if anchor == "start" else anchor,
        fill=fill,
        font_weight="bold" if bold else None,
        stroke=PAPER if halo else None,
        stroke_width=3 if halo else None,
        stroke_linejoin="round" if halo else None,
        paint_order="stroke" if halo else None,
        **attributes,
    )


def label(x: float, y: float, words: str, anchor: str = "start", **attributes: str | float | None) -> str:
    """Small quiet text: names of axes, ticks, keys."""
    return text(x, y, words, size=SMALL, anchor=anchor, fill=QUIET, bold=False, halo=False, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, **attributes: str | float | None) -> str:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, **attributes)


def polyline(places: list[tuple[float, float]], stroke: str, **attributes: str | float | None) -> str:
    """A line through places."""
    return tag("polyline", points=_places(places), fill="none", stroke=stroke, **attributes)


def polygon(places: list[tuple[float, float]], *children: str, **attributes: str | float | None) -> str:
    """A closed shape."""
    return tag("polygon", *children, points=_places(places), **attributes)


def _places(places: list[tuple[float, float]]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in places)


def notes(sentences: list[str], top: float, width: float) -> tuple[str, float]:
    """Small print below `top`, over or under a chart, and where it ends."""
    written = []
    for sentence in sentences:
        for row in wrap(sentence, SMALL, width - 8):
            top += 15
            written.append(label(4, top, row))
    return "".join(written), top + 6


def drawing(ident: str, title: str, alternative: str, width: float, height: float, body: str) -> Drawing:
    """The chart: `ident` is unique in the page that holds it, `title` its name for those who hear it."""
    if not _IDENT.fullmatch(ident):
        raise ValueError(f"{ident!r} is no id of a chart: a letter, then letters, digits, hyphens and underscores")
    svg = tag(
        "svg",
        tag("title", escape(title), id=f"{ident}-title"),
        tag("desc", escape(alternative), id=f"{ident}-desc"),
        tag("rect", width=width, height=height, fill=PAPER),
        body,
        xmlns="http://www.w3.org/2000/svg",
        id=ident,
        role="img",
        aria_labelledby=f"{ident}-title {ident}-desc",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        font_family=FONT,
    )
    return Drawing(svg, alternative)


def sentence_only(ident: str, title: str, sentence: str, width: float) -> Drawing:
    """What is drawn where there is nothing to draw: a sentence, no empty axes."""
    rows = wrap(sentence, SIZE, width - 8)
    body = "".join(text(4, 22 + 18 * at, row, fill=QUIET) for at, row in enumerate(rows))
    return drawing(ident, title, sentence, width, 18 * len(rows) + 18, body)
