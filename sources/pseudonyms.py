"""NHS numbers become pseudonyms: HMAC-SHA-256 under PCW_PSEUDONYM_KEY, on whole columns.

Belongs here: the key and the SQL. What a number is belongs in `identifiers`; when it is replaced, in `reader`.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from pcw.errors import PcwError
from pcw.settings import KEY_LENGTH
from sources.identifiers import digits_sql, is_valid_nhs_number, is_valid_sql

SETTING = "PCW_PSEUDONYM_KEY"
_BLOCK = 64
PSEUDONYM, IS_VALID = "der_pseudo_nhs_number", "nhs_number_is_valid"


@dataclass(frozen=True)
class Pseudonyms:
    """The two padded keys of HMAC (RFC 2104), which is SHA-256 twice. Never shown, never stored."""

    inner: bytes = field(repr=False)
    outer: bytes = field(repr=False)

    @property
    def parameters(self) -> dict[str, bytes]:
        """What the SQL of this module needs; given as parameters, the key is in no statement and no message."""
        return {"hmac_inner": self.inner, "hmac_outer": self.outer}


def pseudonyms(key: str | None, name: str) -> Pseudonyms:
    """Pseudonyms under a key.

    Args:
        key: the setting.
        name: the file that needs it, for the sentence.

    Raises:
        PcwError: there is no key, or a short one: ten digits under a guessable key are found in minutes.
    """
    if key is None:
        raise PcwError(
            f"File {name} holds NHS numbers, and {SETTING} is not set: it is refused, and stays where it is. "
            f"Set {SETTING} (at least {KEY_LENGTH} characters, the same for all files) and run again."
        )
    if len(key) < KEY_LENGTH:
        raise PcwError(f"{SETTING} has fewer than {KEY_LENGTH} characters. Set a longer one and run again.")
    block = key.encode()
    block = (hashlib.sha256(block).digest() if len(block) > _BLOCK else block).ljust(_BLOCK, b"\0")
    return Pseudonyms(bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block))


def pseudonym_sql(text: str) -> str:
    """SQL of the pseudonym of a column of NHS numbers; null unless valid: a default number links no patients."""
    inner = f"unhex(sha256($hmac_inner::blob || encode({digits_sql(text)})))"
    return f"case when {is_valid_sql(text)} then sha256($hmac_outer::blob || {inner}) end"


def validity_sql(text: str) -> str:
    """SQL of the flag that survives: Y or N, null where there was no number."""
    return f"case when {digits_sql(text)} != '' then if({is_valid_sql(text)}, 'Y', 'N') end"


def pseudonym(key: str, text: str) -> str | None:
    """The same for one number, for tests and for a supplier who makes pseudonyms himself."""
    if not is_valid_nhs_number(text):
        return None
    digits = "".join(character for character in text if character.isdigit())
    return hmac.new(key.encode(), digits.encode(), hashlib.sha256).hexdigest()
