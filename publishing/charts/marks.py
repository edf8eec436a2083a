"""Marks that are told apart by shape as well as by colour, and the key that names them.

Belongs here: symbols and keys. Common cause is a round mark, improvement a diamond, concern a square: the same in every
chart. What a mark means is given, not judged here.
"""

from typing import Literal

from publishing.charts.lettering import width
from publishing.charts.palette import COMMON, CONCERN, IMPROVEMENT, PAPER
from publishing.charts.svg import SMALL, escape, label, number, polygon, tag

Meaning = Literal["common", "improvement", "concern"]
COLOURS: dict[Meaning, str] = {"common": COMMON, "improvement": IMPROVEMENT, "concern": CONCERN}


def mark(
    x: float,
    y: float,
    meaning: Meaning,
    size: float = 4,
    hollow: bool = False,
    tip: str = "",
    **attributes: str | float | None,
) -> str:
    """A mark around a place; `tip` is what a pointer on it tells."""
    colour = COLOURS[meaning]
    children = (tag("title", escape(tip)),) if tip else ()
    paint: dict[str, str | float | None] = {
        "fill": PAPER if hollow else colour,
        "stroke": colour if hollow else PAPER,
        "stroke_width": 1.5 if hollow else 0.75,
        **attributes,
    }
    if meaning == "improvement":
        far = size * 1.35
        return polygon([(x, y - far), (x + far, y), (x, y + far), (x - far, y)], *children, **paint)
    if meaning == "concern":
        return tag("rect", *children, x=x - size, y=y - size, width=2 * size, height=2 * size, **paint)
    return tag("circle", *children, cx=x, cy=y, r=size, **paint)


def key(entries: list[tuple[str, str]], top: float, room: float) -> tuple[str, float]:
    """Symbols (drawn around 0, 0) with their words in rows, and where they end."""
    x, y, written = 10.0, top + 14, []
    for symbol, words in entries:
        needed = 12 + width(words, SMALL) + 18
        if x > 10 and x + needed > room:
            x, y = 10.0, y + 18
        written.append(tag("g", symbol, transform=f"translate({number(x)} {number(y - 4)})"))
        written.append(label(x + 11, y, words))
        x += needed
    return ("".join(written), y + 6) if entries else ("", top)
