"""Colours that can be read, and meanings that can be told without colour."""

import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise

import pytest

from publishing.charts import palette
from publishing.charts.marks import COLOURS, mark
from publishing.charts.palette import contrast, luminance, text_on
from publishing.reports.look import TONES
from tests.chart_reading import places


def test_contrast_is_that_of_the_guidelines() -> None:
    """Figures from WCAG examples: black on white 21, and the grey that just reads on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colour", palette.TEXT_COLOURS)
def test_text_is_read_on_paper(colour: str) -> None:
    assert contrast(colour, palette.PAPER) >= 4.5


@pytest.mark.parametrize("colour", palette.MARK_COLOURS)
@pytest.mark.parametrize("ground", [palette.PAPER, palette.SHADE, palette.SHADE_DARKER])
def test_marks_are_seen_on_paper_and_shades(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3


@pytest.mark.parametrize("ground", [*palette.SEQUENCE, palette.SHADE])
def test_text_is_read_on_every_tile_and_shade(ground: str) -> None:
    assert contrast(text_on(ground), ground) >= 4.5


def test_text_takes_the_better_of_ink_and_white() -> None:
    assert text_on("#ffffff") == palette.INK and text_on("#000000") == palette.PAPER


def test_the_sequence_darkens_by_steps_that_print_in_grey() -> None:
    assert all(luminance(lighter) - luminance(darker) > 0.05 for lighter, darker in pairwise(palette.SEQUENCE))


def _seen_without(colour: str, kind: str) -> tuple[float, float, float]:
    """The colour as people see it who lack one kind of cones (Viénot 1999), in linear light."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    if kind == "protanopia":
        yellow = 0.11238 * red + 0.88762 * green
        return yellow, yellow, 0.00401 * red - 0.00401 * green + blue
    yellow = 0.29275 * red + 0.70725 * green
    return yellow, yellow, -0.02234 * red + 0.02234 * green + blue


@pytest.mark.parametrize("kind", ["protanopia", "deuteranopia"])
def test_meanings_differ_for_those_who_do_not_see_red_or_green(kind: str) -> None:
    assert COLOURS["neutral_high"] == COLOURS["neutral_low"]  # of one meaning, told apart by shape
    for one, other in combinations(sorted(set(COLOURS.values())), 2):
        seen = [_seen_without(colour, kind) for colour in (one, other)]
        assert sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5 > 0.1, (one, other)


def test_meanings_differ_in_shape() -> None:
    marks = {meaning: ElementTree.fromstring(mark(0, 0, meaning)) for meaning in COLOURS}
    kinds = {meaning: (one.tag, len(one.get("points", "").split())) for meaning, one in marks.items()}
    assert kinds == {
        "common": ("circle", 0),
        "improvement": ("polygon", 4),
        "concern": ("rect", 0),
        "neutral_high": ("polygon", 3),
        "neutral_low": ("polygon", 3),
    }
    tips = {meaning: places(marks[meaning])[0] for meaning in ("neutral_high", "neutral_low")}
    assert tips["neutral_high"][1] < 0 < tips["neutral_low"][1]  # a chart grows upwards, a drawing downwards


@pytest.mark.parametrize("tone", sorted(set(TONES.values())))
def test_trends_are_read_on_paper_and_shades(tone: str) -> None:
    assert all(contrast(f"#{tone}", ground) >= 4.5 for ground in (palette.PAPER, palette.SHADE))
