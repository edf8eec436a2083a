"""Maps of tiles: class, shade, place, name and figure of every tile."""

import re
from decimal import Decimal

import pytest

from publishing.charts import palette, variation_map
from publishing.charts.scale import Ticks
from publishing.charts.svg import PHONE, WIDE
from publishing.charts.variation_map import Tile, class_of
from tests import chart_examples as examples
from tests.chart_reading import SVG, centre, keyed, marked, root, words


def drawn(tiles: list[Tile], **others: object) -> variation_map.Drawing:
    given: dict = {"how": examples.RATE, **others}
    return variation_map.variation_map(tiles, ident="a", title="T", unit="u", **given)


def _legend(of) -> dict[str, tuple[float, float]]:  # type: ignore[no-untyped-def]
    """The bounds of each shade, from the words of the key."""
    found = {}
    groups = [element for element in of if element.tag == f"{SVG}g" and element.get("transform")]
    texts = [
        element.text
        for element in of.iter(f"{SVG}text")
        if re.fullmatch(r"-?[\d.,]+ to (under )?-?[\d.,]+", element.text or "")
    ]
    for group, text in zip(groups, texts, strict=True):
        low, high = (float(of) for of in text.replace("under ", "").split(" to "))
        found[group[0].attrib["fill"]] = (low, high)
    return found


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_every_tile_has_the_shade_of_its_class_and_its_figure(width: float) -> None:
    of = root(examples.tile_map("a", width))
    bounds = _legend(of)
    assert len(bounds) == 5
    tiles, figures = (
        keyed(of, "tile"),
        {e.attrib["data-value"]: e for e in of.iter(f"{SVG}text") if "data-value" in e.attrib},
    )
    for one in examples.tiles():
        tile, figure = tiles[one.code], figures[one.code]
        if one.value is None:
            assert tile.attrib["fill"] == palette.PAPER and tile.get("stroke-dasharray") and figure.text == "awaiting"
            continue
        low, high = bounds[tile.attrib["fill"]]
        assert low <= one.value < high or one.value == high == max(top for _, top in bounds.values())
        assert figure.text == f"{one.value:.1f}"
        assert palette.contrast(figure.attrib["fill"], tile.attrib["fill"]) >= 4.5


def test_darker_is_higher() -> None:
    of = root(examples.tile_map("a", WIDE))
    shades = sorted(_legend(of).items(), key=lambda item: item[1])
    lights = [palette.luminance(fill) for fill, _ in shades]
    assert lights == sorted(lights, reverse=True)


@pytest.mark.parametrize(
    ("value", "at"), [("1", 0), ("1.99", 0), ("2", 1), ("2.9999999999", 1), ("3", 2), ("4", 2), (1.5, 0), (4, 2)]
)
def test_classes_begin_with_their_lower_bound(value: float | str, at: int) -> None:
    ticks = Ticks(tuple(map(Decimal, "1234")), Decimal(1))
    assert class_of(Decimal(value) if isinstance(value, str) else value, ticks) == at


def test_tiles_keep_their_place_whatever_their_values() -> None:
    other = [Tile(one.code, one.name, one.locality, 5 - (one.value or 0)) for one in reversed(examples.tiles())]
    first, second = (
        {code: (tile.attrib["x"], tile.attrib["y"]) for code, tile in keyed(root(drawn(rows)), "tile").items()}
        for rows in (examples.tiles(), other)
    )
    assert first == second


@pytest.mark.parametrize(("width", "across"), [(WIDE, 4), (PHONE, 2)])
def test_each_locality_has_rows_of_its_own(width: float, across: int) -> None:
    of = root(examples.tile_map("a", width))
    tiles = keyed(of, "tile")
    heads = {e.text: float(e.attrib["y"]) for e in of.iter(f"{SVG}text") if e.text in ("Central", "North", "South")}
    assert list(heads) == ["Central", "North", "South"]
    for one in examples.tiles():
        below = [name for name, y in heads.items() if y < centre(tiles[one.code])[1]]
        assert below[-1] == one.locality
    assert len({tile.attrib["x"] for tile in tiles.values()}) == across
    assert len({(tile.attrib["x"], tile.attrib["y"]) for tile in tiles.values()}) == len(tiles) == 12
    assert {(tile.attrib["width"], tile.attrib["height"]) for tile in tiles.values()} == {
        (tiles["NB00"].attrib["width"], tiles["NB00"].attrib["height"])
    }


def test_any_number_of_tiles() -> None:
    rows = [Tile(f"N{at}", f"Area {at}", f"L{at % 5}", at) for at in range(53)]
    assert len(marked(root(drawn(rows)), "tile")) == 53
    assert drawn([]).alternative == "No map: no neighbourhood has a figure."


def test_alternative_tells_ends_and_localities() -> None:
    told = examples.tile_map("a", WIDE).alternative
    assert told == (
        "11 neighbourhoods (A&E attendances per 1,000), from 7.3 (Walton) to 11.8 (City Centre). Central: 8.2 to 11.8. "
        "North: 7.3 to 10.0. South: 7.7 to 8.4. All together 9.0. Not shown: 1 neighbourhood awaiting data (Speke)."
    )
    assert examples.tile_map_equal("a", WIDE).alternative.endswith("with those that closed), all -£100,000,000.00.")
    assert drawn([Tile("A", "Alone", "L", 3)]).alternative == "1 neighbourhood (u), Alone 3.0."


def test_the_module_says_why_tiles() -> None:
    assert "Why tiles" in (variation_map.__doc__ or "") and "All together 9.0." in words(
        root(examples.tile_map("a", WIDE))
    )
