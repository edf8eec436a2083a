"""What `pcw diff` says of two releases: every change where they are few, else how many of each table and indicator.

Belongs here: the words. What counts as a change is in `publishing.diff`.
"""

from collections.abc import Iterator

from publishing.diff import Change, Diff, Group, span_of

# So many changes are read one by one.
FEW = 20


def render(diff: Diff, *, in_full: bool) -> str:
    """The page for a terminal.

    Args:
        diff: what changed; with every change, where `in_full` is asked for.
        in_full: each change on a line of its own, however many they are.
    """
    if not in_full and diff.total > FEW:
        return "\n".join(_counted(diff))
    return "\n".join([diff.summary(), *(change_line(change) for change in diff.changes)])


def change_line(change: Change) -> str:
    """One change. Of a row or column that came or went there is no value to show on either side."""
    if change.change == "changed":
        return f"{change.table} {change.key} {change.column}: {_shown(change.before)} -> {_shown(change.after)}"
    if change.column is not None:
        return f"{change.table} {change.column}: {change.change}"
    return f"{change.table} {change.key}: {change.change}"


def _shown(value: str | None) -> str:
    return "(none)" if value is None else value


def _counted(diff: Diff) -> Iterator[str]:
    for table in diff.tables:
        yield str(table)  # which counts the rows that came and went of a table without indicators
        groups = (group for group in diff.groups if group.table == table.table and (group.subject or group.column))
        yield from (f"  {_group_line(group)}" for group in groups)
    yield f"{diff.total:,} changes; --all lists each of them."


def _group_line(group: Group) -> str:
    counted = f"{group.count:,} {group.change}{span_of(group.months)}"
    moved = f" {_shown(group.before)} -> {_shown(group.after)}" if group.is_state else ""
    return f"{' '.join(part for part in (group.subject, group.column) if part)}{moved}: {counted}"
