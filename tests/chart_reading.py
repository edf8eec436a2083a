"""Reads a chart back, from coordinates to data, by its own ticks and by nothing of the code that drew it."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from publishing.charts.svg import Drawing
from publishing.reports.document import Shown

SVG = "{http://www.w3.org/2000/svg}"
# Coordinates have two decimals.
PIXEL = 0.011


@dataclass(frozen=True)
class Axis:
    """From a coordinate to a value, and how much of it the rounding of coordinates hides."""

    value: Callable[[float], float]
    slack: float


def root(drawing: Drawing) -> ElementTree.Element:
    """The chart as XML, which has to be well-formed."""
    return ElementTree.fromstring(drawing.svg)


def panel(of: ElementTree.Element, name: str) -> ElementTree.Element:
    """One of small multiples, or one column."""
    return next(group for group in of.iter(f"{SVG}g") if group.get("data-panel") == name)


def marked(of: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """The marks of one kind, in the order in which they are drawn."""
    return [element for element in of.iter() if element.get("data-mark") == name]


def keyed(of: ElementTree.Element, name: str) -> dict[str, ElementTree.Element]:
    """The marks of one kind by what they stand for; none stands for two."""
    found = marked(of, name)
    by_key = {element.get("data-key", ""): element for element in found}
    assert len(by_key) == len(found)
    return by_key


def places(element: ElementTree.Element) -> list[tuple[float, float]]:
    """Corners of a polygon, points of a line."""
    if element.tag == f"{SVG}line":
        return [(_of(element, "x1"), _of(element, "y1")), (_of(element, "x2"), _of(element, "y2"))]
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in element.attrib["points"].split())]


def centre(element: ElementTree.Element) -> tuple[float, float]:
    """Where a mark stands, whatever its shape."""
    if element.tag == f"{SVG}circle":
        return _of(element, "cx"), _of(element, "cy")
    if element.tag == f"{SVG}rect":
        return _of(element, "x") + _of(element, "width") / 2, _of(element, "y") + _of(element, "height") / 2
    corners = places(element)
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def axis(of: ElementTree.Element, name: str) -> Axis:
    """The axis that the ticks make: all of them have to lie on one line."""
    ticks = []
    for element in of.iter():
        if element.get("data-axis") == name and "data-tick" in element.attrib:
            at = _of(element, f"{name}1" if element.tag == f"{SVG}line" else name)
            ticks.append((float(Decimal(element.attrib["data-tick"])), at))
    (low, start), (high, end) = min(ticks), max(ticks)
    if low == high:
        return Axis(lambda at: low + (at - start) / 1e9, 1e-9)
    a_pixel = (high - low) / (end - start)
    for value, at in ticks:
        assert abs(low + (at - start) * a_pixel - value) <= abs(a_pixel) * PIXEL * 2
    return Axis(lambda at: low + (at - start) * a_pixel, abs(a_pixel) * PIXEL * 2)


def labels_fit_ticks(of: ElementTree.Element, how: Shown, name: str) -> int:
    """Whether each label of an axis stands at its tick and reads as its value; how many labels there are."""
    at = {
        e.attrib["data-tick"]: _of(e, f"{name}1")
        for e in of.iter()
        if "data-tick" in e.attrib and e.get("data-axis") == name
    }
    labels = [e for e in of.iter() if "data-label" in e.attrib and e.get("data-axis") == name]
    for element in labels:
        tick = element.attrib["data-label"]
        assert abs(_of(element, name) - at[tick]) <= 4.1
        digits = re.sub(r"[^0-9.-]", "", element.text or "")
        assert Decimal(digits) * how.scale == Decimal(tick), (element.text, tick)
    return len(labels)


def words(of: ElementTree.Element) -> list[str]:
    """All text that is drawn."""
    return [element.text or "" for element in of.iter(f"{SVG}text")]


def _of(element: ElementTree.Element, name: str) -> float:
    return float(element.attrib[name])
