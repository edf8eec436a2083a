"""How sentences name the row of a received file. A row has the number that a spreadsheet shows: the header is row 1.

An archive of several members is numbered on (`sources/places.py`); its table `member_rows` says where each begins.
"""

from collections.abc import Sequence

# The rows of a member are those after `starts_after`, its own row 1 the first of them.
HAS_MEMBERS = "select table_name from duckdb_tables() where table_name = 'member_rows'"
MEMBERS = "select starts_after, member from member_rows order by starts_after desc"


def row_told(source_row: int, members: Sequence[tuple[int, str]]) -> str:
    """A row as a sentence names it after the word row: `1234`, in an archive of several members `34 of b.csv`.

    Args:
        source_row: its number in the file.
        members: after which row each member begins and its name, the last first; none where the file is one table.
    """
    for starts_after, member in members:
        if source_row > starts_after:
            return f"{source_row - starts_after} of {member}"
    return str(source_row)
