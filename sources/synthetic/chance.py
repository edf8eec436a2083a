"""Chance by name: a number that belongs to a text, so that no feed moves another's random stream.

Belongs here: the numbers themselves, and how far a count or a share lies from its level by chance alone. Does not
belong here: any level.
"""

from __future__ import annotations

import hashlib
from math import sqrt
from statistics import NormalDist

_BYTES = 6
_NORMAL = NormalDist()
#: Two and a half standard deviations: an invented month is not an outlier by chance.
_LEAST = _NORMAL.cdf(-2.5)


def unit_of(name: str) -> float:
    """A number from 0 to 1 that belongs to the name; nearly uniform over names."""
    return float(int.from_bytes(hashlib.sha256(name.encode()).digest()[:_BYTES], "big") / 256**_BYTES)


def normal_of(name: str) -> float:
    """A number that belongs to the name, normally distributed about 0 by about 1; never further out than 2.5."""
    return float(_NORMAL.inv_cdf(_LEAST + (1 - 2 * _LEAST) * unit_of(f"normal:{name}")))


def varied_count(level: float, name: str) -> int:
    """A count that varies about its level as independent events do (Poisson); at least 0."""
    return max(round(level + sqrt(level) * normal_of(name)), 0)


def varied_share(share: float, whole: int, name: str) -> float:
    """A share (0 to 1) that varies about its level as that of `whole` patients does (binomial)."""
    deviation = sqrt(share * (1 - share) / whole) if whole else 0.0
    return min(max(share + deviation * normal_of(name), 0.0), 1.0)
