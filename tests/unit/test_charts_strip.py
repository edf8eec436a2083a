"""Strips read back from their drawing: every practice is where its value is, and so is the one that is shown."""

import xml.etree.ElementTree as ET

import pytest

from publishing.charts.strip import Shows, Strip, strips
from publishing.reports.document import Shown

RATE = Shown(decimals=1)
OF_THREE = Strip("A rate", RATE, (1.0, 2.0, 5.0), benchmark=2.5, target=4.0)


def drawn(*rows: Shows) -> ET.Element:
    return ET.fromstring(strips(rows, ident="strips", title="One among all").svg)


def marks(root: ET.Element, name: str) -> list[ET.Element]:
    return [element for element in root.iter() if element.get("data-mark") == name]


def middle_of(element: ET.Element) -> float:
    """The middle of a mark: of its circle, or of the corners of its shape."""
    if element.get("cx"):
        return float(element.get("cx", "0"))
    if element.get("x"):
        return float(element.get("x", "0")) + float(element.get("width", "0")) / 2
    corners = [float(pair.split(",")[0]) for pair in element.get("points", "").split()]
    return (min(corners) + max(corners)) / 2


def test_everybody_stands_at_their_value() -> None:
    root = drawn(Shows(OF_THREE, 2.0, 1.0, 5.0))
    (others,) = marks(root, "others")
    places = [float(place.split(",")[0]) for place in others.get("points", "").split()][::3]
    first, last = places[0], places[-1]

    def at(value: float) -> float:
        return first + (value - 1.0) / 4.0 * (last - first)

    assert places == pytest.approx([at(1), at(2), at(5)], abs=0.02)
    (benchmark,), (target,) = marks(root, "benchmark"), marks(root, "target")
    assert float(benchmark.get("x1", "0")) == pytest.approx(at(2.5), abs=0.02)
    assert float(target.get("x1", "0")) == pytest.approx(at(4), abs=0.02)
    (interval,) = marks(root, "interval")
    ends = [float(interval.get(name, "0")) for name in ("x1", "x2")]
    assert ends == pytest.approx([at(1), at(5)], abs=0.02)
    (point,) = marks(root, "point")
    assert middle_of(point) == pytest.approx(at(2), abs=0.02)


def test_what_is_absent_has_no_mark_and_says_why() -> None:
    drawing = strips([Shows(OF_THREE, None, absent="hidden")], ident="strips", title="One")
    root = ET.fromstring(drawing.svg)
    assert marks(root, "point") == [] and len(marks(root, "others")) == 1
    assert drawing.alternative.startswith("A rate: hidden, few patients; practices from 1.0 to 5.0")
    assert "no figure" in drawing.svg


def test_a_strip_of_nobody_is_not_drawn() -> None:
    root = drawn(Shows(Strip("Nobody", RATE, ()), 1.0), Shows(OF_THREE, 1.0))
    assert len(marks(root, "others")) == 1
    assert strips([], ident="strips", title="One").alternative == "No chart: no practice has a figure."


def test_the_figures_are_told_in_words() -> None:
    drawing = strips([Shows(OF_THREE, 2.0, 1.0, 5.0)], ident="strips", title="One")
    said = (
        "A rate: this practice 2.0 (interval 1.0 to 5.0), practices from 1.0 to 5.0, practices together 2.5, "
        "target 4.0."
    )
    assert drawing.alternative == said
