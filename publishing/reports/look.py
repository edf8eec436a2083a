"""What the four files share in looks: colours, and the words that stand for colours and arrows.

Belongs here: constants and the words of an inline. A colour is never alone: its word is printed on it, in ink that has
a contrast of 4.5 to 1 or more (a test computes it).
"""

from datetime import date

from publishing.reports.document import Colour, Rating, Trend, TrendMeaning
from publishing.reports.formats import month

INK, QUIET, LINK = "212b32", "4c6272", "005eb8"
BLUE, DARK, SHADE, LINE, PAPER = "005eb8", "003087", "f0f4f5", "d8dde0", "ffffff"
# Fill and ink of each word.
CHIPS = {
    "red": ("d5281b", PAPER),
    "amber": ("ffb81c", INK),
    "yellow": ("ffeb3b", INK),
    "green": ("007f3b", PAPER),
}
ARROWS = {"up": "↑", "down": "↓", "level": "→"}
WORDS = {"up": "Up", "down": "Down", "level": "No change"}
# Good and bad news and what is neither, each darker than the words of a paragraph need.
TONES: dict[TrendMeaning | None, str] = {
    "improving": "00602d",
    "worsening": "a1130b",
    "level": QUIET,
    "neutral": "5c1787",
    None: INK,
}


def chip_word(inline: Colour | Rating) -> str:
    """RED."""
    return inline.name.upper()


def trend_words(trend: Trend) -> str:
    """Down (improving)."""
    said = WORDS[trend.direction]
    return said if trend.meaning is None or trend.direction == trend.meaning else f"{said} ({trend.meaning})"


def carried_over(of_period: str) -> str:
    """Carried over from May 2017."""
    return f"Carried over from {month(date.fromisoformat(f'{of_period}-01'))}."
