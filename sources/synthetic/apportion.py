"""Whole numbers that add up: the largest-remainder method.

Belongs here: sharing a total between weights without losing a unit. Does not belong here: what the weights mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Share `total` units in proportion to `weights`: whole numbers that sum exactly to it, ties to the earlier one."""
    whole = sum(weights)
    if total <= 0 or whole <= 0:
        return [0] * len(weights)
    exact = [total * weight / whole for weight in weights]
    shares = [floor(part) for part in exact]
    missing = total - sum(shares)
    if missing > 0:
        order = sorted(range(len(weights)), key=lambda index: (shares[index] - exact[index], index))
        for index in order[:missing]:
            shares[index] += 1
    return shares
