"""Whose books a sample has: one body, as in the commissioner's papers, or several of the sizes of their patients.

Belongs here: what differs between bodies: code, names of files, size, hospitals. Does not belong here: any amount.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from .description import load_description
from .world import COMMISSIONER, World

_PAPER_PROVIDERS = tuple(one.code for one in load_description().providers)


@dataclass(frozen=True)
class Body:
    """A body with a ledger.

    `mark` tells its files apart where there are several, `share` is its size beside the commissioner of the papers,
    `providers` the hospitals by their part.
    """

    code: str = COMMISSIONER
    mark: str = ""
    share: Fraction = Fraction(1)
    providers: tuple[str, ...] = field(default=_PAPER_PROVIDERS)

    @property
    def is_of_the_papers(self) -> bool:
        """Whether its printed figures are those of the papers."""
        return not self.mark

    def provider(self, code: str) -> str:
        """The hospital that plays the part of one of the first commissioner."""
        return self.providers[_PAPER_PROVIDERS.index(code)]

    def claims(self, text: str) -> str:
        """Claims of a savings scheme, with its own hospitals."""
        for code in _PAPER_PROVIDERS:
            text = text.replace(f":{code}", f":{self.provider(code)}").replace(f"@{code}", f"@{self.provider(code)}")
        return text

    def salt(self, seed: int) -> str:
        """What its random streams begin with."""
        return f"{seed}:{self.code}" if self.mark else f"{seed}"


def bodies(world: World) -> tuple[Body, ...]:
    """The bodies of a world, in the order of its setting."""
    codes = world.description.setting.codes
    providers = tuple(one.code for one in world.description.providers)
    if len(codes) == 1:
        return (Body(codes[0], providers=providers),)
    return tuple(
        Body(code, f"_{code}", Fraction(world.share_of(code)).limit_denominator(1_000), providers) for code in codes
    )
