"""Large plain CSV files straight to Parquet, block by block: the quick way beside `reader`, for what holds no surprise.

Arrow types each block as the contract says. Whatever might be read in two ways (a quote inside a value, a blank around
one, an amount that would lose digits, a row of another width) is a surprise, which ends it: `reader` then reads the
file from its start and has the sentences. Both ways give the same rows.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from sources.contracts import Column, Contract
from sources.opening import Member
from sources.reader import ReadResult, period_sql
from sources.recognition import Recognised
from sources.scratch import path_literal

# Below this the other way takes no second longer.
LARGE = 64 << 20
BLOCK = 32 << 20
# A column of months with more values than this is none.
MONTHS = 1_000
LONGEST = 50_000  # of a value in characters: the careful reader refuses lines of two million bytes
_DIGITS = {"integer": b"0123456789-", "decimal": b"0123456789-."}
_STRANGE = re.compile(r"\s|.*\s\Z|[^\"]*\"", re.DOTALL).match


class Surprise(Exception):
    """Something that has to be read with care; the message says what."""


def is_plain(contract: Contract, member: Member, recognised: Recognised) -> bool:
    """Whether a member is worth the quick way: large, of one month, without patients, and of columns that it types."""
    layout = recognised.layout
    return (
        layout is not None
        and layout.header
        and recognised.first_row == 1
        and layout.report is None
        and layout.printed_total is None
        and member.opener is None
        and member.ends_with_newline
        and member.byte_count >= LARGE
        and len(recognised.delimiter.encode()) == 1
        and contract.period.rule == "single"
        and contract.scoped is None
        and not contract.identifiable
        and all(_kind(column) in ("text", "month", *_DIGITS) for column in contract.columns)
    )


def read_plain(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    members: Sequence[tuple[Member, Recognised]],
    target: Path,
    submission_id: str,
) -> ReadResult | None:
    """Write the rows of a file to `target` and put the views `staged` and `rejected` (empty) before it.

    As `read_members` does; None where that has to read the file.
    """
    if len(members) != 1 or not is_plain(contract, *members[0]):
        return None
    try:
        rows = write_plain(contract, *members[0], target, submission_id)
    except Surprise:
        target.unlink(missing_ok=True)
        return None
    columns = ", ".join(column.name for column in contract.columns)
    connection.execute(f"""
        create view staged as
        select {columns}, source_row, {period_sql(contract)} as period, submission_id
        from read_parquet({path_literal(target)})
    """)
    connection.execute("create view rejected as select source_row, null::varchar as reason from staged where false")
    return ReadResult(rows, 0, None, None, ())


def write_plain(contract: Contract, member: Member, recognised: Recognised, target: Path, submission_id: str) -> int:
    """Write the rows of a member as landing holds them, and return how many.

    Columns of the contract in order, submission_id, source_row (the header is row 1), in the order of the file.

    Raises:
        Surprise: the file has to be read with care. What was written is to be thrown away.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([
        *((column.name, _arrow_type(column)) for column in contract.columns),
        ("submission_id", _text()),
        ("source_row", pa.int64()),
    ])  # fmt: skip
    read, rows = _reader(contract, recognised), 0
    # Texts are dictionaries: in the file they are texts, as the schema of Arrow is not stored.
    texts = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    with (
        pq.ParquetWriter(
            target, schema, compression="zstd", compression_level=1, use_dictionary=texts,
            store_schema=False, store_decimal_as_integer=True,
        ) as writer,
        ThreadPoolExecutor(1) as pool,
    ):  # fmt: skip
        writing = None
        for block, count in _blocks(member.path, recognised.delimiter.encode()):
            columns = read(block, count)
            columns.append(pa.DictionaryArray.from_arrays(np.zeros(count, dtype=np.int32), [submission_id]))
            first = recognised.rows_above + rows + 1
            columns.append(pa.array(np.arange(first, first + count, dtype=np.int64)))
            rows += count
            if writing is not None:
                writing.result()
            writing = pool.submit(writer.write_table, pa.table(columns, schema=schema))
        if writing is not None:
            writing.result()
    return rows


def _blocks(path: Path, delimiter: bytes) -> Iterator[tuple[memoryview, int]]:
    """The data rows of a file in pieces of whole rows, without its header, and how many lines each has.

    Every row ends alike, and every quote either begins a cell or ends one, as many as begin. With cells that hold no
    quote (`_texts`) and as many rows as lines (`_reader`) that leaves one way to read it.
    """
    is_first = is_dos = True
    with path.open("rb") as handle:
        while chunk := handle.read(BLOCK):
            end = chunk.rfind(b"\n") + 1
            if end == 0:
                raise Surprise("a row as long as a block, or a last row without an end")
            handle.seek(end - len(chunk), os.SEEK_CUR)
            start = _end_of_header(chunk) if is_first else 0
            if is_first:
                is_first, is_dos = False, chunk[:start].endswith(b"\r\n")
            lines = chunk.count(b"\n", start, end)
            returns = chunk.count(b"\r", start, end)
            if returns != (lines if is_dos else 0) or (returns and chunk.count(b"\r\n", start, end) != lines):
                raise Surprise("rows that end in different ways")
            if b'"' in chunk:
                _hold_to_quotes(memoryview(chunk)[start:end], ord(delimiter), ord("\r" if is_dos else "\n"))
            if lines:
                yield memoryview(chunk)[start:end], lines


def _end_of_header(chunk: bytes) -> int:
    end = chunk.find(b"\n") + 1
    if not chunk[:end].strip() or chunk.count(b'"', 0, end) % 2:
        raise Surprise("a header of more than one line")
    return end


def _hold_to_quotes(block: memoryview, delimiter: int, row_end: int) -> None:
    import numpy as np

    text = np.frombuffer(block, np.uint8)
    at = np.flatnonzero(text == ord('"'))
    before, after = text[at - 1], text[at + 1]  # before the first byte stands the last one, which ends a row
    begins, ends = (before == delimiter) | (before == ord("\n")), (after == delimiter) | (after == row_end)
    if (begins == ends).any() or 2 * np.count_nonzero(begins) != len(at):
        raise Surprise("a quote inside a cell")


def _reader(contract: Contract, recognised: Recognised) -> Callable[[memoryview, int], list[Any]]:
    """What makes typed columns, those of the contract in order, of a block of rows."""
    import pyarrow as pa
    from pyarrow import csv

    layout = recognised.layout
    assert layout is not None
    empty = frozenset(("", *layout.empty))
    names = [column or f"ignored_{number}" for number, column in enumerate(recognised.columns)]
    given = [column for column in contract.columns if column.name in names]
    parse = csv.ParseOptions(delimiter=recognised.delimiter, newlines_in_values=True, ignore_empty_lines=False)
    convert = csv.ConvertOptions(
        check_utf8=False,  # it was decoded before
        include_columns=[column.name for column in given],
        column_types={column.name: pa.string() if _kind(column) in _DIGITS else _text() for column in given},
        null_values=list(empty),
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )

    def read(block: memoryview, lines: int) -> list[Any]:
        options = csv.ReadOptions(column_names=names, block_size=len(block) + 1)
        try:
            table = csv.read_csv(pa.py_buffer(block), options, parse, convert)
        except pa.ArrowInvalid as error:
            raise Surprise("rows of another width") from error
        if table.num_rows != lines:
            raise Surprise("a row of more than one line")
        columns = []
        for column in contract.columns:
            if column in given:
                found = table.column(column.name).combine_chunks()
                columns.append(_typed(column, found.chunk(0) if isinstance(found, pa.ChunkedArray) else found, empty))
            else:
                columns.append(pa.nulls(table.num_rows, _arrow_type(column)))
            if columns[-1].null_count and not column.nullable and column.name not in layout.absent:
                raise Surprise(f"nothing in {column.name}")
        return columns

    return read


def _typed(column: Column, found: Any, empty: frozenset[str]) -> Any:
    """The values of a column, each as `reader` would type it."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import compute

    if (digits := _DIGITS.get(_kind(column))) is None:
        return _texts(column, found, empty)
    _, offsets, data = found.buffers()
    if data is not None:
        ends = np.frombuffer(offsets, dtype=np.int32)[found.offset : found.offset + len(found) + 1]
        is_known = np.zeros(256, dtype=bool)
        is_known[list(digits)] = True
        if not is_known[np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]]].all():
            raise Surprise(f"more than digits in {column.name}")
    try:
        return compute.cast(found, _arrow_type(column))
    except pa.ArrowInvalid as error:
        raise Surprise(f"an amount that does not fit in {column.name}") from error


def _texts(column: Column, found: Any, empty: frozenset[str]) -> Any:
    """Texts without the blanks around them, or the months that they are."""
    import pyarrow as pa

    values = found.dictionary.to_pylist()
    if max(map(len, values), default=0) > LONGEST:
        raise Surprise(f"a very long value of {column.name}")
    if any(map(_STRANGE, values)):
        values = [value.strip(" ") for value in values]
        if any(map(_STRANGE, values)) or not empty.isdisjoint(values):
            raise Surprise(f"a strange blank around a value of {column.name}, or a quote in it")
        plain = pa.array(values).dictionary_encode()
        found = pa.DictionaryArray.from_arrays(plain.indices.take(found.indices), plain.dictionary)
        values = plain.dictionary.to_pylist()
    if column.type == "text":
        return found
    if len(values) > MONTHS:
        raise Surprise(f"{len(values)} values of {column.name}")
    return pa.array([_month(column, value) for value in values], pa.date32()).take(found.indices)


def _month(column: Column, text: str) -> date:
    parts = re.fullmatch(r"([0-9]{4})[_-]?(0[1-9]|1[0-2])", text)
    if parts is None or parts.group(1) == "0000":
        raise Surprise(f"no month in {column.name}")
    return date(int(parts.group(1)), int(parts.group(2)), 1)


def _kind(column: Column) -> str:
    return column.type.partition("(")[0]


def _text() -> Any:
    import pyarrow as pa

    return pa.dictionary(pa.int32(), pa.string())


def _arrow_type(column: Column) -> Any:
    import pyarrow as pa

    if _kind(column) == "decimal":
        precision, scale = re.findall(r"\d+", column.type)
        return pa.decimal128(int(precision), int(scale))
    return {"text": _text(), "integer": pa.int64(), "month": pa.date32()}[column.type]
