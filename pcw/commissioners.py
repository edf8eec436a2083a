"""For whom a deployment is: one commissioner, or several that work as one.

Belongs here: reading the setting PCW_COMMISSIONER. What is made of it belongs to the models (macros/commissioners.sql,
which reads the same text) and to publishing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CODE = re.compile(r"[A-Z0-9]{3,5}")
TOGETHER = re.compile(r"[A-Z][A-Z0-9]{1,11}")
EXPECTED = (
    "99A, or 03W,04C,04V, or LLR=03W,04C,04V where a roll-up of all of them is wanted under that code, is expected"
)


@dataclass(frozen=True)
class Commissioners:
    """`codes` are ODS codes, in the order given; `together` is the code of the roll-up of all, where one is wanted."""

    codes: tuple[str, ...]
    together: str | None = None

    def __str__(self) -> str:
        codes = ",".join(self.codes)
        return f"{self.together}={codes}" if self.together else codes


def read_commissioners(text: str) -> Commissioners:
    """The commissioners that a setting names.

    Raises:
        ValueError: it names none, one twice, or something that is no code.
    """
    together, equals, listed = text.upper().rpartition("=")
    together, codes = together.strip(), tuple(code.strip() for code in listed.split(","))
    strange = [code for code in codes if not CODE.fullmatch(code)]
    strange += [together] if equals and not TOGETHER.fullmatch(together) else []
    if strange:
        raise ValueError(f"{EXPECTED}; {', '.join(map(repr, strange))} is no such code")
    if len(set(codes)) < len(codes) or together in codes:
        raise ValueError(f"{EXPECTED}; a code stands twice in {text}")
    if together and len(codes) == 1:
        raise ValueError(f"{EXPECTED}; a roll-up of one commissioner is that commissioner")
    return Commissioners(codes, together or None)
