"""What is prescribed in England: the formulary of a sample, and each presentation of it in many brands and strengths.

Belongs here: the presentations, and how often each is prescribed. Does not belong here: who prescribes how many
(`prescribing`). The antibacterials stay those of the sample, so that their measures are what they are there; the items
of each other presentation are shared out between its variants, few of which are common. How few is found by the number
of rows that is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..formulary import ANTIBACTERIALS, OTHERS, Presentation
from ..sus_calendar import Reals

#: Of each presentation; about 8,400 presentations and 13,000 lines (a presentation in one quantity) in all.
VARIANTS = 150
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STEPS, _QUANTILES = 40, 200
#: Rows of a practice for each antibacterial in each quantity: nearly every practice has them all.
ROWS_OF_ANTIBACTERIALS = sum(len(presentation.tenths) for presentation in ANTIBACTERIALS)


@dataclass(frozen=True)
class Lines:
    """Presentations with a quantity (in tenths) each, and their items per 1,000 patients and month."""

    presentations: tuple[Presentation, ...]
    tenths: tuple[int, ...]
    rates: Reals

    def __len__(self) -> int:
        return len(self.tenths)


def national_lines(levels: Sequence[float], rows: float) -> Lines:
    """The lines of England such that practices of these levels (thousands of patients) have so many rows together.

    The steeper variants fall off from the commonest to the rarest, the fewer rows: the steepness is found by halving.
    """
    presentations, tenths, ranks, shares = [], [], [], []
    for presentation in OTHERS:
        for rank in range(VARIANTS):
            variant = _variant(presentation, rank)
            for pack, share in zip(presentation.tenths, presentation.shares, strict=True):
                presentations.append(variant)
                tenths.append(pack)
                ranks.append(rank)
                shares.append(presentation.rate * share)
    rate, rank_of, ordinals = np.array(shares), np.array(ranks) + 2.0, np.arange(VARIANTS) + 2.0
    usual = np.quantile(np.array(levels), (np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    low, high = 0.0, 4.0
    for _ in range(_STEPS):
        steep = (low + high) / 2
        rates = rate * rank_of**-steep / np.sum(ordinals**-steep)
        expected = sum(float(-np.expm1(-rates * level).sum()) for level in usual) / _QUANTILES * len(levels)
        low, high = (steep, high) if expected > rows else (low, steep)
    return Lines(tuple(presentations), tuple(tenths), rates)


def _variant(presentation: Presentation, rank: int) -> Presentation:
    """The same drug of another brand and strength, with a code, a name and a price of its own."""
    if not rank:
        return presentation
    first, second = divmod(rank, len(_DIGITS))
    product, strength = _DIGITS[first], _DIGITS[second]
    code = f"{presentation.code[:9]}X{product}A{strength}A{strength}"
    if not presentation.is_drug:
        code = f"{presentation.code[:7]}{9_000 + rank}"
    word, separator, form = presentation.name.partition("_")
    price = max(round(presentation.unit_price * (0.7 + 0.6 * (rank * 41 % VARIANTS) / VARIANTS) / 10) * 10, 10)
    return replace(presentation, code=code, name=f"{word} {rank}{separator}{form}", unit_price=price)
