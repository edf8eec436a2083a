"""A first look at a received file, enough to choose its landing asset and partition.

Landing reads it again, wholly and strictly.
"""

import codecs
import csv
import gzip
import re
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from orchestration.partitions import MONTHS, partition_key
from pcw.home import Home
from sources.contracts import Contract, load_contracts
from sources.opening import DAMAGED, open_members
from sources.receipts import Receipt
from sources.recognition import Recognised, named_like, recognise

HEAD_BYTES = 1 << 17


@dataclass(frozen=True)
class Peek:
    """The dataset that a file seems to be, and the partition under which to show its run."""

    dataset: str | None
    partition: str


def peek(receipt: Receipt, home: Home) -> Peek:
    """Look at the first rows of the first member."""
    contracts = load_contracts()
    fallback = _named_month(receipt.name) or receipt.received_at.date()
    home.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.work) as folder:
        head = Path(folder) / "head"
        head.write_bytes(_whole_lines(_head(receipt.path)))
        members_folder = Path(folder) / "members"
        members_folder.mkdir()
        member = open_members(head, receipt.name.removesuffix(".gz"), members_folder)[0]
        if member.problem is not None:
            named = named_like(receipt.name, contracts.values())
            dataset = receipt.dataset or (named[0].dataset if named else None)
            return Peek(dataset if dataset in contracts else None, _key(receipt.period or fallback, receipt))
        found = recognise(member, contracts.values(), receipt.dataset if receipt.dataset in contracts else None)
        if found.contract is None:
            return Peek(None, _key(fallback, receipt))
        inside = _first_month(member.path, found, found.contract) if found.problem is None else None
        return Peek(found.contract.dataset, _key(receipt.period or inside or fallback, receipt))


def _key(month: date, receipt: Receipt) -> str:
    """The partition of a month; for one that has none, that of the receipt: landing then says what is wrong with it."""
    key = partition_key(month)
    return key if MONTHS.has_partition_key(key) else partition_key(receipt.received_at.date())


def _whole_lines(head: bytes) -> bytes:
    """Without a last line, or character, that the look cut in two."""
    if len(head) < HEAD_BYTES:
        return head
    line_end = b"\n\x00" if head.startswith(codecs.BOM_UTF16_LE) else b"\n"
    return head[: head.rfind(line_end) + len(line_end)] or head


def _head(path: Path) -> bytes:
    """The first bytes of the first member, whatever its packaging; of damaged packaging, the bytes as they are."""
    with path.open("rb") as handle:
        start = handle.read(HEAD_BYTES)
    try:
        if start[:2] == b"\x1f\x8b":
            with gzip.open(path, "rb") as packed:
                return packed.read(HEAD_BYTES)
        if start[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                names = [
                    entry for entry in archive.infolist() if not entry.is_dir() and "__MACOSX" not in entry.filename
                ]
                with archive.open(names[0]) as member:
                    return member.read(HEAD_BYTES)
    except (OSError, IndexError, *DAMAGED):
        return start
    return start


def _named_month(name: str) -> date | None:
    found = re.search(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])(?!\d)", name)
    year = re.search(r"(20\d\d)[-_]\d\d(?!\d)", name)
    if found:
        return date(int(found.group(1)), int(found.group(2)), 1)
    return date(int(year.group(1)), 4, 1) if year else None


def _first_month(path: Path, found: Recognised, contract: Contract) -> date | None:
    if contract.period.rule != "single":
        return None
    column = contract.column(contract.period.columns[0])
    with path.open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle, delimiter=found.delimiter)
        next(rows)
        value = next(rows, [])[found.columns.index(column.name) :][:1]
    text = value[0].strip() if value else ""
    if column.type == "month":
        digits = re.sub(r"[-_]", "", text)
        return date(int(digits[:4]), int(digits[4:6]), 1) if re.fullmatch(r"20\d{2}(0[1-9]|1[0-2])", digits) else None
    for form in column.formats:
        try:
            return datetime.strptime(text.title() if "%b" in form else text, form).date()
        except ValueError:
            continue
    return None
