"""A second reading of a document: every figure looked up in the release again, worked out and written by other code.

Belongs here: what a test asks of any paper, whoever built it. It shares nothing with `publishing.reports.formats` or
`reader`: a mistake there is not made here again.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb

from publishing.reports.document import (
    Block,
    Bullets,
    Chart,
    Document,
    Figure,
    Group,
    Heading,
    Inline,
    Link,
    Pair,
    Paragraph,
    Shown,
    Source,
    Strong,
    Table,
)

Key = tuple[str | None, ...]


def figures_wrong(document: Document, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with the figures of a document, a sentence each."""
    return wrong(list(document.figures()), connection)


def wrong(figures: Sequence[Figure], connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with figures, whatever they were read from."""
    release = _Release(connection, [source for figure in figures for source in figure.sources])
    return [f"{figure.text!r} {problem}" for figure in figures for problem in _problems(figure, release)]


def _problems(figure: Figure, release: "_Release") -> Iterator[str]:
    try:
        found = _worked_out(figure, release)
    except LookupError as error:
        yield str(error)
        return
    if not _same(found, figure.value):
        yield f"has the value {figure.value!r}, the release comes to {found!r} ({_where(figure)})"
    if (text := written(found, figure.how)) != figure.text:
        yield f"should be written {text!r} ({_where(figure)})"


def _worked_out(figure: Figure, release: "_Release") -> Any:
    if not figure.sources:
        raise LookupError("has no source")
    if figure.operation == "count":
        return len({place for source in figure.sources for place in release.rows(source)})
    values = [release.value(source) for source in figure.sources]
    if figure.operation == "value":
        if len(values) != 1 or figure.sources[0].sign != 1:
            raise LookupError(f"is the value of {len(values)} sources ({_where(figure)})")
        return values[0]
    total = sum(Fraction(str(value)) * source.sign for value, source in zip(values, figure.sources, strict=True))
    return Decimal(total.numerator) / Decimal(total.denominator)


def _same(found: Any, told: Any) -> bool:
    if isinstance(found, str) or isinstance(told, str) or found is None or told is None:
        return bool(found == told)
    return Fraction(str(found)) == Fraction(str(told))


def _where(figure: Figure) -> str:
    source = figure.sources[0]
    more = f" and {len(figure.sources) - 1} more" if len(figure.sources) > 1 else ""
    return f"{source.table}.{source.column} of {dict(source.key)}{more}"


def written(value: Any, how: Shown) -> str:
    """A value as a page writes it: halves away from zero, thousands apart."""
    if isinstance(value, str):
        return value
    exact = Fraction(str(value)) / Fraction(str(how.scale))
    unit = 10**how.decimals
    parts = int(abs(exact) * unit + Fraction(1, 2))
    whole, rest = divmod(parts, unit)
    digits = f"{whole:,}"
    if how.decimals and not (how.is_trimmed and rest == 0):
        digits += "." + str(rest).rjust(how.decimals, "0")
    text = how.before + digits + how.after
    if exact < 0 and parts:
        return f"({text})" if how.brackets else f"-{text}"
    return text


@dataclass(frozen=True)
class _Need:
    table: str
    keys: tuple[str, ...]


class _Release:
    """Rows of the release that sources name, each table read once for each kind of key."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sources: Iterable[Source]) -> None:
        columns: dict[_Need, set[str]] = defaultdict(set)
        for source in sources:
            columns[self._need(source)] |= {source.column} - {"*"}
        self._columns = {need: sorted(names) for need, names in columns.items()}
        self._rows: dict[_Need, dict[Key, list[tuple[Any, ...]]]] = {}
        for need, names in self._columns.items():
            keys = [f'cast("{key}" as varchar)' for key in need.keys]
            asked = ", ".join(["rowid", *keys, *(f'"{name}"' for name in names)])
            found: dict[Key, list[tuple[Any, ...]]] = defaultdict(list)
            for row in connection.execute(f'select {asked} from "{need.table}"').fetchall():
                found[row[1 : 1 + len(keys)]].append((row[0], *row[1 + len(keys) :]))
            self._rows[need] = found

    @staticmethod
    def _need(source: Source) -> _Need:
        return _Need(source.table, tuple(sorted(source.key)))

    def _fitting(self, source: Source) -> list[tuple[Any, ...]]:
        need = self._need(source)
        return self._rows[need].get(tuple(source.key[key] for key in need.keys), [])

    def rows(self, source: Source) -> list[tuple[str, int]]:
        """Places of the rows that fit a key."""
        return [(source.table, row[0]) for row in self._fitting(source)]

    def value(self, source: Source) -> Any:
        """The value of the one row that fits."""
        found = self._fitting(source)
        if len(found) != 1:
            raise LookupError(f"names {len(found)} rows of {source.table} by {dict(source.key)}")
        value = found[0][1 + self._columns[self._need(source)].index(source.column)]
        if value is None:
            raise LookupError(f"shows {source.table}.{source.column} of {dict(source.key)}, which is absent")
        return value


MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_NAMED = "|".join([*MONTHS, *(name[:3] for name in MONTHS)])
# Days, months and years as papers write them: 31 May 2017, May 2017, 2017-05-31, 2017/18, 2017-18, Q1.
_DATES = re.compile(rf"(\b\d{{1,2}} )?\b({_NAMED})\b( \d{{4}})?|\b\d{{4}}(-\d\d(-\d\d)?|/\d\d)\b|\bQ[1-4]\b")


def numbers_loose(document: Document, connection: duckdb.DuckDBPyConnection, allowed: Sequence[str] = ()) -> list[str]:
    """Texts with digits that are no figure, no date and nothing that the release itself writes (names, codes, reasons).

    `allowed` are phrases of the paper's own that hold digits, as `per 1,000`. Hand-written slots and drawings are not
    looked at.
    """
    phrases = sorted({*allowed, *_phrases(connection)}, key=lambda phrase: (-len(phrase), phrase))
    loose = []
    for text in sorted({text for text in _texts(document) if re.search(r"\d", text)}):
        left = text
        for phrase in phrases:
            if phrase.lower() in left.lower():
                left = re.sub(rf"(?<![\w.]){re.escape(phrase)}(?!\w)", " ", left, flags=re.IGNORECASE)
        if re.search(r"\d", _DATES.sub(" ", left)):
            loose.append(text)
    return loose


def _phrases(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Texts of the release that hold a digit and something else: a bare number explains nothing."""
    texts = connection.execute(
        "select table_name, column_name from information_schema.columns where data_type = 'VARCHAR'"
    ).fetchall()
    for table, column in texts:
        found = connection.execute(
            f'select distinct "{column}" from "{table}" where regexp_matches("{column}", \'[0-9]\') '
            f"and regexp_matches(\"{column}\", '[A-Za-z]')"
        )
        for (text,) in found.fetchall():
            yield text
            yield text.replace("_", " ")


def _texts(document: Document) -> Iterator[str]:
    yield from (document.title, document.subtitle)
    for name, content in document.facts.items():
        yield name
        yield from _of_inlines(content)
    yield from _of_blocks(document.blocks)


def _of_inlines(content: Iterable[Inline]) -> Iterator[str]:
    for inline in content:
        match inline:
            case str():
                yield inline
            case Strong(text=text) | Link(text=text):
                yield text
            case _:
                pass


def _of_blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading():
                yield block.text
            case Paragraph():
                yield from _of_inlines(block.content)
            case Bullets():
                for item in block.items:
                    yield from _of_inlines(item)
            case Table():
                yield from _of_table(block)
            case Chart(data=Table() as data):
                yield from _of_table(data)
            case Pair():
                yield from _of_blocks((*block.left, *block.right))
            case _:
                pass


def _of_table(table: Table) -> Iterator[str]:
    yield table.caption
    yield from (column.header for column in table.columns)
    for row in table.rows:
        if isinstance(row, Group):
            yield row.text
        else:
            for cell in row.cells:
                yield from _of_inlines(cell)
