"""What a column is called in the file that somebody has before them, for sentences about it."""

from collections.abc import Sequence


def name_in_file(column: str, columns: Sequence[str | None], headers: Sequence[str]) -> str:
    """A column under the name of its header as it stands; ours in brackets where that is another.

    Args:
        column: our name of it.
        columns: our names of the columns of the file, in its order.
        headers: its headers; none where it has none.
    """
    found = next((cell for cell, ours in zip(headers, columns, strict=False) if ours == column), column)
    return found if found.lower() == column.lower() else f"{found} ({column})"
