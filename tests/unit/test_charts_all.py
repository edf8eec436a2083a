"""What every chart keeps to, at both widths: plain SVG, a name for those who hear it, text that can be read."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations

import pytest

from publishing.charts.lettering import width as text_width
from publishing.charts.svg import PHONE, WIDE, drawing, escape, tag
from tests.chart_examples import EXAMPLES, LONG, page
from tests.chart_reading import SVG, places, root

ALL = [(name, width) for name in EXAMPLES for width in (WIDE, PHONE)]
KNOWN_TAGS = {"svg", "title", "desc", "g", "text", "rect", "circle", "line", "polyline", "polygon"}


def made(name: str, width: float) -> ElementTree.Element:
    return root(EXAMPLES[name]("one", width))


def _boxes(of: ElementTree.Element, dx: float = 0, dy: float = 0) -> list[tuple[str, float, float, float, float]]:
    """Text with the room it takes, moved by the groups that hold it."""
    found = []
    for element in of:
        moved = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", element.get("transform", ""))
        x, y = (dx + float(moved[1]), dy + float(moved[2])) if moved else (dx, dy)
        if element.tag == f"{SVG}text":
            size = float(element.attrib["font-size"])
            wide = text_width(element.text or "", size, element.get("font-weight") == "bold")
            left = x + float(element.attrib["x"])
            left -= {None: 0, "middle": wide / 2, "end": wide}[element.get("text-anchor")]
            base = y + float(element.attrib["y"])
            found.append((element.text or "", left, base - size * 0.75, left + wide, base + size * 0.2))
        found += _boxes(element, x, y)
    return found


@pytest.mark.parametrize(("name", "width"), ALL)
def test_it_is_plain_svg_with_nothing_from_outside(name: str, width: float) -> None:
    svg = EXAMPLES[name]("one", width).svg
    of = root(EXAMPLES[name]("one", width))
    assert {element.tag.removeprefix(SVG) for element in of.iter()} <= KNOWN_TAGS
    attributes = {key for element in of.iter() for key in element.attrib}
    assert not attributes & {"style", "class", "href", "onload", "onclick"} and "url(" not in svg and "var(" not in svg
    assert of.get("font-family") == "DejaVu Sans, sans-serif"
    assert of.get("viewBox") == f"0 0 {of.get('width')} {of.get('height')}" and float(of.attrib["width"]) == width


@pytest.mark.parametrize(("name", "width"), ALL)
def test_it_has_a_name_and_tells_what_is_seen(name: str, width: float) -> None:
    made_of = EXAMPLES[name]("one", width)
    of = root(made_of)
    title, desc = of[0], of[1]
    assert of.get("role") == "img" and of.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.tag == f"{SVG}title" and title.text
    assert desc.tag == f"{SVG}desc" and desc.text == made_of.alternative and made_of.alternative.endswith(".")


@pytest.mark.parametrize(("name", "width"), ALL)
def test_text_stays_inside_and_lies_on_no_other_text(name: str, width: float) -> None:
    of = made(name, width)
    boxes = _boxes(of)
    for text, left, top, right, bottom in boxes:
        assert left >= -0.5 and right <= width + 0.5 and top >= 0 and bottom <= float(of.attrib["height"]), text
    for one, other in combinations(boxes, 2):
        apart = one[1] >= other[3] or other[1] >= one[3] or one[2] >= other[4] or other[2] >= one[4]
        assert apart, (one, other)


@pytest.mark.parametrize(("name", "width"), ALL)
def test_marks_stay_inside(name: str, width: float) -> None:
    of = made(name, width)
    high = float(of.attrib["height"])
    for element in of.iter():
        if "points" in element.attrib and not element.get("transform"):
            assert all(-8 <= x <= width + 8 and -8 <= y <= high for x, y in places(element))
        assert "nan" not in str(element.attrib) and "inf" not in [*element.attrib.values()]
        for side in ("width", "height", "r"):
            assert float(element.get(side, 0)) >= 0


@pytest.mark.parametrize(("name", "width"), ALL)
def test_the_same_rows_make_the_same_text(name: str, width: float) -> None:
    assert EXAMPLES[name]("one", width) == EXAMPLES[name]("one", width)


def test_many_charts_of_one_page_have_ids_of_their_own() -> None:
    ids = re.findall(r'(?<=[ ])id="([^"]+)"', page())
    assert len(ids) == len(set(ids)) == 2 * 3 * len(EXAMPLES)


def test_names_are_text_and_never_markup() -> None:
    assert "<script" in LONG
    for name, width in ALL:
        svg = EXAMPLES[name]("one", width).svg
        assert "<script" not in svg and "alert('x')" not in svg
    assert any("&lt;script&gt;" in EXAMPLES[name]("one", WIDE).svg for name in EXAMPLES)


def test_every_character_can_be_in_a_name() -> None:
    name = "\x00\x0b<&>\"'\ud800\uffff é 漢 😀"
    assert ElementTree.fromstring(tag("text", escape(name), title=name)).text == "��<&>\"'�� é 漢 😀"
    assert root(drawing("a", name, name, 10, 10, "")).find(f"{SVG}title") is not None


@pytest.mark.parametrize("ident", ["", "1st", "a b", 'a"onload="x', "é"])
def test_an_id_that_would_break_a_page_is_refused(ident: str) -> None:
    with pytest.raises(ValueError, match="is no id of a chart"):
        drawing(ident, "title", "words", 10, 10, "")
