"""Names of members in archives, and of files: which lead elsewhere, which count, which are alike.

Belongs here: what a name alone tells. Nothing is opened or written by a name; what a member holds belongs in `opening`.
"""

import re
from datetime import date
from pathlib import PurePosixPath

from sources.identifiers import redacted

_DRIVE = re.compile(r"[A-Za-z]:")
_LONGEST = 80
_PACKED = re.compile(r"(\.(gz|zst|zip))?$", re.IGNORECASE)
_TABLE = re.compile(r"\.(csv|txt|tsv|dat|xlsx)$", re.IGNORECASE)


def slashed(member: str) -> str:
    """A name with its folders as other systems write them: some old packers of Windows write backslashes."""
    return member.replace("\\", "/")


def leads_elsewhere(member: str) -> bool:
    """Whether whoever unpacks by this name writes outside of the folder meant, on one system or another."""
    name = slashed(member)
    return ".." in name.split("/") or "\x00" in name or name.startswith("/") or bool(_DRIVE.match(name))


def name_problem(name: str, member: str, number: int, *, is_shown: bool) -> str | None:
    """The sentence about a member whose name leads elsewhere. It is quoted where it may be, without what could act."""
    if not leads_elsewhere(member):
        return None
    quoted = "".join(letter if letter.isprintable() and letter not in "<>`'" else "?" for letter in redacted(member))
    called = f"'{quoted if len(quoted) <= _LONGEST else f'{quoted[:_LONGEST]}...'}'" if is_shown else "a name"
    return (
        f"File {name}, member {number}: is called {called}, which leads out of the archive's own folder ('..', a "
        "leading slash or backslash, a drive or a NUL byte). Nothing was written there and nothing of it was loaded. "
        "Ask the supplier to pack the data file again under its plain name."
    )


def is_junk(member: str) -> bool:
    """Whether a file manager left it there."""
    parts = PurePosixPath(slashed(member)).parts
    return not parts or "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1] == "Thumbs.db"


def bare_name(name: str) -> str:
    """A name without how its file is packed or written: what is sent again is often packed in another way."""
    return _TABLE.sub("", _PACKED.sub("", name))


def month_in_name(name: str) -> date | None:
    """The month that a name tells."""
    found = re.search(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])(?!\d)", name)
    return date(int(found.group(1)), int(found.group(2)), 1) if found else None


def year_end_in_name(name: str) -> date | None:
    """March of the end of the financial year that a name tells: 2016-17, 2016-2017, 1617, and 2021 for 2020-21.

    A year alone tells none (2020, 2017: nobody knows which of its two), and neither do two that differ.
    """
    found = re.findall(r"(?<!\d)(?:20)?(\d\d)(?:(?<=20\d\d)[-_](?:20)?)?(\d\d)(?!\d)", name)
    ends = {int(end) for start, end in found if int(end) == int(start) + 1}
    return date(2000 + ends.pop(), 3, 1) if len(ends) == 1 else None


def month_or_year_in_name(name: str) -> date | None:
    """The same, or April of the financial year that a name tells."""
    year = re.search(r"(20\d\d)[-_]\d\d(?!\d)", name)
    return month_in_name(name) or (date(int(year.group(1)), 4, 1) if year else None)
