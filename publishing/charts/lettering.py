"""How much room text takes, without a font: widths of DejaVu Sans, the widest of the fonts that readers have.

Belongs here: measuring, shortening and wrapping of text. What fits here fits in narrower fonts (Arial, Roboto) too.
What is no plain Latin letter counts as wide as the widest.
"""

from itertools import accumulate

# Thousandths of the size, by the advance widths of the font.
_WIDTHS = {
    letter: width
    for width, letters in (
        (275, "'"), (278, "ijl"), (295, "IJ"), (318, " ,.\u00a0"), (337, "/:;\\|"), (352, "f"), (361, "-"),
        (390, "()[]"), (392, "t"), (401, "!"), (411, "r"), (460, '"'), (500, "*_`–"), (521, "s"), (525, "z"),
        (531, "?"), (550, "c"), (557, "L"), (575, "F"), (579, "k"), (592, "vxy"), (603, "P"), (612, "oTYae"),
        (632, "E"), (636, "hnuSbdgpq$0123456789{}£"),
        (656, "K"), (685, "AVXZB"), (695, "R"), (698, "C"), (732, "U"), (748, "N"), (752, "H"), (770, "D"), (775, "G"),
        (780, "&"), (787, "OQ"), (818, "w"), (838, "#+<=>^~−"), (863, "M"), (950, "%"), (974, "m"),
        (989, "W"), (1000, "@…"),
    )
    for letter in letters
}  # fmt: skip
_WIDEST = 1000
_BOLD = 1.16


def width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line."""
    return sum(_WIDTHS.get(letter, _WIDEST) for letter in text) / 1000 * size * (_BOLD if bold else 1)


def shorten(text: str, size: float, room: float, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits with an ellipsis; at least one letter of it."""
    if width(text, size, bold) <= room:
        return text
    left = room - width("…", size, bold)
    fits = sum(1 for used in accumulate(width(letter, size, bold) for letter in text) if used <= left)
    return text[: max(fits, 1)].rstrip() + "…"


def wrap(text: str, size: float, room: float, lines: int | None = None, bold: bool = False) -> list[str]:
    """The text in lines that fit, too long a word shortened; the last of `lines` is shortened where more comes."""
    done: list[str] = []
    for word in text.split():
        longer = f"{done[-1]} {word}" if done else word
        if done and width(longer, size, bold) <= room:
            done[-1] = longer
        else:
            done.append(word)
    if lines is not None and len(done) > lines:
        done = [*done[: lines - 1], " ".join(done[lines - 1 :])]
    return [shorten(line, size, room, bold) for line in done]
