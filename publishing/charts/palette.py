"""The colours of charts, and what makes them readable: tests compute the contrast of each from here.

Belongs here: colours by what they mean, and the arithmetic of contrast (WCAG 2.2). Blue and orange are told apart by
all common kinds of colour blindness (after Okabe and Ito), and no chart tells anything by colour alone: shapes and
words go with them. Not here: shapes (`marks.py`).
"""

PAPER = "#ffffff"
INK = "#1d2530"
QUIET = "#4a5562"
AXIS = "#707a86"
# Decoration that nobody has to see: grid lines and shades behind marks.
GRID = "#dfe4ea"
SHADE = "#eef1f5"
SHADE_DARKER = "#e1e6ec"

COMMON = "#66707c"
IMPROVEMENT = "#0067a8"
CONCERN = "#b84a00"
NEUTRAL = "#5c1787"
TARGET = "#8a2f7c"
TOTAL = "#37475a"

TEXT_COLOURS = (INK, QUIET, COMMON, IMPROVEMENT, CONCERN, NEUTRAL, TARGET, TOTAL)
MARK_COLOURS = (AXIS, COMMON, IMPROVEMENT, CONCERN, NEUTRAL, TARGET, TOTAL)

# Light to dark in one hue; the middle, on which neither dark nor white text can be read, is left out.
SEQUENCE = ("#eff5fb", "#cfe1f2", "#9ac8e6", "#2a72b0", "#0b3c70")


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 for black to 1 for white."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21: text needs 4.5, marks need 3."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(ground: str) -> str:
    """Ink or white, whichever is read better on this ground."""
    return INK if contrast(INK, ground) >= contrast(PAPER, ground) else PAPER
