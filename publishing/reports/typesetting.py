"""The typesetter: typst with our own fonts and none of the machine's, so that a file is the same everywhere.

Belongs here: compilers of our templates, and which characters their fonts can draw. Data goes in as JSON and is shown
as text: nothing that came with a file is ever read as typst.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from publishing.reports.widths import LONG, PIECE

if TYPE_CHECKING:
    import typst

TEMPLATES = Path(__file__).parent / "pages"
FONTS = Path(__file__).parent / "fonts"
FAMILY = "Source Sans Pro"
_ONE_AT_A_TIME = Lock()
_COMMON = re.compile(r"[\s\x20-\x7e\xa0-\xff–—‘’“”•…€←↑→↓≤≥−\u200b]*")


@cache
def fonts() -> "typst.Fonts":
    """Ours, and those that typst brings."""
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])


@cache
def compiler(template: str) -> "typst.Compiler":
    """The compiler of a template, made once: 92 packs are one template with 92 inputs."""
    import typst

    return typst.Compiler(str(TEMPLATES / template), root=str(TEMPLATES), font_paths=fonts(), ignore_system_fonts=True)


def typeset(template: str, inputs: dict[str, str], **how: Any) -> bytes:
    """A template with its inputs. A compiler keeps its inputs: two threads would mix theirs."""
    with _ONE_AT_A_TIME:
        made = compiler(template).compile(sys_inputs=inputs, **how)
    assert isinstance(made, bytes)
    return made


def drawable(text: str) -> str:
    """The text with every character that no font has by its name, and places to break in long words."""
    if not _COMMON.fullmatch(text):
        text = "".join(char if _COMMON.fullmatch(char) or _is_drawn(char) else _named(char) for char in text)
    return LONG.sub(_broken, text)


def _broken(word: re.Match[str]) -> str:
    return "\u200b".join(word[0][start : start + PIECE] for start in range(0, len(word[0]), PIECE))


def _named(char: str) -> str:
    return f"[{unicodedata.name(char, f'U+{ord(char):04X}').lower()}]"


@cache
def _is_drawn(char: str) -> bool:
    """Whether typst can show a character: PDF/UA refuses one that no font has."""
    import typst

    try:
        typeset("character.typ", {"text": f"a{char}"}, format="pdf", pdf_standards=["ua-1"])
    except typst.TypstError:
        return False
    return True
