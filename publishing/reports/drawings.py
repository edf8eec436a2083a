"""Charts in other files: a drawing is checked before it is put into a page, and made into pixels for Word.

Belongs here: what may stand in a drawing, its size, and what changes in it. A drawing shows and does nothing else: no
script, nothing fetched, no link.
"""

import re
from xml.etree import ElementTree

from publishing.reports.typesetting import FAMILY, drawable, typeset

SVG = "http://www.w3.org/2000/svg"
SHAPES = frozenset(
    [
        "svg",
        "g",
        "path",
        "rect",
        "line",
        "polyline",
        "polygon",
        "circle",
        "ellipse",
        "text",
        "tspan",
        "title",
        "desc",
        "defs",
        "clipPath",
        "linearGradient",
        "radialGradient",
        "stop",
        "pattern",
        "marker",
        "symbol",
        "use",
        "style",
    ]
)
# A drawing this wide (its own units) takes the whole width of a page.
FULL_WIDTH = 680
PIXELS_PER_INCH = 200
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")
_FAMILY = re.compile(r"font-family\s*:[^;}\"]*;?")


def for_page(svg: str, prefix: str, alternative: str) -> str:
    """The drawing to stand inside HTML: its names are its own, and it is one image with a text alternative."""
    root = _checked(svg)
    width, height = _size(root)
    for name in ("width", "height", "aria-labelledby", "aria-describedby", "aria-hidden"):
        root.attrib.pop(name, None)
    root.attrib.setdefault("viewBox", f"0 0 {width:g} {height:g}")
    root.attrib.update({"role": "img", "aria-label": alternative, "focusable": "false"})
    root.attrib["style"] = f"max-width:{width:g}px"
    # The label says it all; a title would be a second one, and a bubble under the mouse.
    for child in [child for child in root if child.tag in ("title", "desc")]:
        root.remove(child)
    for element in root.iter():
        _rename(element, prefix)
    return ElementTree.tostring(root, encoding="unicode")


def for_paper(svg: str) -> tuple[str, float]:
    """The drawing for typst, in the font that it has, and the part of the page's width that it takes."""
    root = _checked(svg)
    for element in root.iter():
        element.attrib.pop("font-family", None)
        if "style" in element.attrib:
            element.attrib["style"] = _FAMILY.sub("", element.attrib["style"])
        element.text = drawable(element.text) if element.text else element.text
        if element.tag == "style":
            element.text = _FAMILY.sub("", element.text or "")
    root.attrib["font-family"] = FAMILY
    root.attrib["xmlns"] = SVG
    return ElementTree.tostring(root, encoding="unicode"), min(1.0, _size(root)[0] / FULL_WIDTH)


def as_png(svg: str) -> tuple[bytes, float]:
    """The drawing in pixels, and the part of the page's width that it takes."""
    text, share = for_paper(svg)
    return typeset("drawing.typ", {"svg": text}, format="png", ppi=PIXELS_PER_INCH), share


def _checked(svg: str) -> ElementTree.Element:
    """The drawing without its namespace; a sentence for what must not stand in it."""
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        raise ValueError("a drawing declares entities: it must be plain SVG")
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(f"a drawing cannot be read as SVG: {error}") from error
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        if element.tag not in SHAPES:
            raise ValueError(
                f"a drawing holds <{element.tag}>, which none may: allowed are {', '.join(sorted(SHAPES))}"
            )
        for name, value in element.attrib.items():
            if name.startswith("on") or (name.endswith("href") and not value.startswith("#")):
                raise ValueError(f"a drawing holds {name}={value!r}: a drawing acts and fetches nothing")
            if "url(" in _REFERENCE.sub("", value):
                raise ValueError(f"a drawing holds {name}={value!r}: it may refer to its own parts only")
        if element.tag == "style" and re.search(r"url\(|@import|\\|<", element.text or ""):
            raise ValueError("the style of a drawing fetches something or hides what it says")
    if root.tag != "svg":
        raise ValueError(f"a drawing begins with <{root.tag}>, expected <svg>")
    return root


def _size(root: ElementTree.Element) -> tuple[float, float]:
    box = root.get("viewBox", "").replace(",", " ").split()
    given = [root.get(name, "").removesuffix("px") for name in ("width", "height")]
    try:
        width, height = map(float, given if all(given) and "%" not in "".join(given) else box[2:])
    except ValueError as error:
        raise ValueError("a drawing says no size: expected width and height, or viewBox") from error
    return width, height


def _rename(element: ElementTree.Element, prefix: str) -> None:
    for name, value in element.attrib.items():
        if name == "id":
            element.attrib[name] = f"{prefix}{value}"
        elif name.endswith("href"):
            element.attrib[name] = f"#{prefix}{value[1:]}"
        else:
            element.attrib[name] = _REFERENCE.sub(lambda found: f"url(#{prefix}{found[1]})", value)
