"""Marks that are told apart by shape as well as by colour, and the key that names them.

Belongs here: symbols and keys. Common cause is a round mark, improvement a diamond, concern a square; where neither way
is good, high and low are triangles that point up and down: the same in every chart. What a mark means is given, not
judged here (`meanings.py`).
"""

from typing import Literal, assert_never

from publishing.charts.lettering import width
from publishing.charts.palette import COMMON, CONCERN, IMPROVEMENT, NEUTRAL, PAPER
from publishing.charts.svg import SMALL, escape, label, number, polygon, tag

Meaning = Literal["common", "improvement", "concern", "neutral_high", "neutral_low"]
COLOURS: dict[Meaning, str] = {
    "common": COMMON,
    "improvement": IMPROVEMENT,
    "concern": CONCERN,
    "neutral_high": NEUTRAL,
    "neutral_low": NEUTRAL,
}


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
    match meaning:
        case "common":
            return tag("circle", *children, cx=x, cy=y, r=size, **paint)
        case "improvement":
            far = size * 1.35
            return polygon([(x, y - far), (x + far, y), (x, y + far), (x - far, y)], *children, **paint)
        case "concern":
            return tag("rect", *children, x=x - size, y=y - size, width=2 * size, height=2 * size, **paint)
        case "neutral_high":
            return polygon(_triangle(x, y, size), *children, **paint)
        case "neutral_low":
            return polygon(_triangle(x, y, -size), *children, **paint)
        case _:
            assert_never(meaning)


def _triangle(x: float, y: float, size: float) -> list[tuple[float, float]]:
    """Around its place; it points up, or down where the size is below zero."""
    return [(x, y - 1.5 * size), (x + 1.3 * size, y + 0.75 * size), (x - 1.3 * size, y + 0.75 * size)]


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
