"""What a side means by the direction that is good: high and low become improvement, concern or neither.

Belongs here: the one place of Python that judges a side. The model judges icons by the same rule
(`int_statistics__spc`), and tests hold the two together. How a meaning looks is in `marks.py`.
"""

from typing import Literal, assert_never

from publishing.charts.marks import Meaning

Direction = Literal["up", "down", "neutral"]
Side = Literal["high", "low"]
_DIRECTIONS: dict[object, Direction] = {"up": "up", "down": "down", "neutral": "neutral"}


def direction_of(word: object) -> Direction:
    """The direction of a definition in the release; raises ValueError where it is none that this product knows."""
    if word not in _DIRECTIONS:
        raise ValueError(f"the direction {word!r} of an indicator is none of {', '.join(map(str, _DIRECTIONS))}")
    return _DIRECTIONS[word]


def meaning_of(side: Side, direction: Direction) -> Meaning:
    """What it means to be on a side by more than chance."""
    match direction:
        case "up":
            return "improvement" if side == "high" else "concern"
        case "down":
            return "concern" if side == "high" else "improvement"
        case "neutral":
            return "neutral_high" if side == "high" else "neutral_low"
        case _:
            assert_never(direction)


def better_or_worse(side: Side, direction: Direction) -> Literal["better", "worse"] | None:
    """The word for a side; none where neither way is good."""
    match meaning_of(side, direction):
        case "improvement":
            return "better"
        case "concern":
            return "worse"
        case _:
            return None
