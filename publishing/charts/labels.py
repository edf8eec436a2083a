"""Labels of points that lie on nothing: neither on each other nor on marks.

Belongs here: the search for free places, as geometry alone. A label that finds none is not drawn over others: whoever
asked says in words what it would have said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from publishing.charts.axes import Area
from publishing.charts.lettering import width
from publishing.charts.svg import SMALL, line, text


@dataclass(frozen=True)
class Wanted:
    """A label and the point it belongs to."""

    x: float
    y: float
    words: str
    colour: str


@dataclass(frozen=True)
class Box:
    """A rectangle that is taken."""

    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: "Box") -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def around(x: float, y: float, radius: float) -> Box:
    """The box of a mark."""
    return Box(x - radius, y - radius, x + radius, y + radius)


def place(wanted: Sequence[Wanted], taken: Sequence[Box], area: Area) -> tuple[str, list[str]]:
    """The labels that found a place beside their point, led to where it is far, and the words of those that did not."""
    boxes, drawn, left_out = list(taken), [], []
    for label in wanted:
        for box in _tries(label):
            within = (
                box.left >= area.left and box.right <= area.right and box.top >= area.top and box.bottom <= area.bottom
            )
            if within and not any(box.touches(other) for other in boxes):
                boxes.append(box)
                drawn.append(_drawn(label, box))
                break
        else:
            left_out.append(label.words)
    return "".join(drawn), left_out


def _tries(label: Wanted) -> list[Box]:
    """Right, left, above and below, then ever farther."""
    wide, high = width(label.words, SMALL, bold=True) + 2, SMALL + 2
    found = []
    for far in (6.0, 14.0, 24.0):
        for x, y in (
            (label.x + far, label.y - high / 2),
            (label.x - far - wide, label.y - high / 2),
            (label.x - wide / 2, label.y - far - high),
            (label.x - wide / 2, label.y + far),
            (label.x + far, label.y - far - high / 2),
            (label.x + far, label.y + far - high / 2),
            (label.x - far - wide, label.y - far - high / 2),
            (label.x - far - wide, label.y + far - high / 2),
        ):
            found.append(Box(x, y, x + wide, y + high))
    return found


def _drawn(label: Wanted, box: Box) -> str:
    """The words, with a line to the nearest edge of their box where it is not beside the point."""
    near_x = max(box.left, min(label.x, box.right))
    near_y = max(box.top, min(label.y, box.bottom))
    far = max(abs(near_x - label.x), abs(near_y - label.y))
    leader = line(label.x, label.y, near_x, near_y, label.colour, stroke_width=0.75) if far > 8 else ""
    at = (box.left + 1, box.bottom - 3)
    return leader + text(*at, label.words, size=SMALL, fill=label.colour, bold=True, halo=True, data_mark="label")
