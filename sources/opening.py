"""From the bytes that were received to plain UTF-8 members: packaging, encoding, things that are no table at all.

What the columns mean belongs in `recognition` and `reader`.
"""

import codecs
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from pcw.files import CHUNK
from sources.identifiers import redacted
from sources.member_names import is_junk, leads_elsewhere, name_problem, slashed
from sources.packing import GZIP, is_zstd, unpacked
from sources.pipes import piped
from sources.workbooks import Sheet, UnreadableWorkbook, is_workbook, sheets_of

# One month of prescribing for England is about 7 GB of text; far above that is an accident or a bomb.
LARGEST_MEMBER = 40 * 1024**3
# Tables pack to a twentieth, at best to a hundredth of their size; what unpacks to far more is no table.
LARGEST_RATIO, ALWAYS_FITS = 250, 256 * 1024**2
HEAD_BYTES = 1 << 18
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")

Opener = Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Member:
    """One table inside a received file, as UTF-8 at `path`; `problem` says why it is not one.

    With an `opener` nothing was rewritten: the member is read from where the file lies, and `path` is only the name of
    the pipe through which `table` hands it on. `sheet` names it in a workbook. `name_problem` says that an archive
    gives it a name that leads elsewhere: it can be read, and nothing of it lands. `has_blank_rows` may be wrong where a
    cell holds blank lines, and only so.
    """

    name: str
    path: Path
    byte_count: int
    encoding: str
    problem: str | None = None
    ends_with_newline: bool = True
    has_blank_rows: bool = False
    opener: Opener | None = None
    sheet: str | None = None
    name_problem: str | None = None

    @contextmanager
    def table(self) -> Iterator[Path]:
        """A path from which the member can be read, once, as UTF-8 text."""
        if self.opener is None:
            yield self.path
            return
        with piped(self.utf8, self.path) as pipe:
            yield pipe

    def utf8(self) -> Iterator[bytes]:
        """The text in pieces, as UTF-8 without a byte order mark."""
        if self.opener is None:
            with self.path.open("rb") as rewritten:
                yield from iter(lambda: rewritten.read(CHUNK), b"")
            return
        decoder = codecs.getincrementaldecoder(self.encoding)()
        with self.opener() as source:
            while chunk := source.read(CHUNK):
                yield chunk if self.encoding == "utf-8" else decoder.decode(chunk).encode()


@dataclass(frozen=True)
class Head:
    """The first rows of a member, in memory; `text` is None where it is no text or cannot be opened.

    `number` is its place in an archive or workbook, from 1.
    """

    name: str
    text: str | None
    number: int | None = None
    is_sheet: bool = False


# A password raises RuntimeError, an unknown compression NotImplementedError.
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, RuntimeError, NotImplementedError)


class _NotText(Exception):
    """The bytes are no text; the message is the rest of a sentence."""


def open_members(received: Path, name: str, work: Path, *, write: bool = True) -> list[Member]:
    """The members of a plain, .gz, .zst or .zip file, in the order in which they are stored.

    Args:
        received: the bytes, as they came.
        name: the name under which they came.
        work: an empty folder for the rewritten members.
        write: without it the members are looked through and nothing is written; they may be about patients, as may be
            the names of those in an archive, and are numbered instead.
    """
    name = redacted(name)
    packing = _packing(received)
    limit = largest(received.stat().st_size)
    if packing == "stream":
        return [_rewrite(_unpacked_name(name), lambda: unpacked(received), work, 0, write, limit)]
    if packing == "zip" and (total := _unpacked_bytes(received)) > limit:
        problem = f"File {name} unpacks to {total:,} bytes, more than any feed of its size. Ask what it is."
        return [_with_problem(Member(name, work / "0.csv", received.stat().st_size, ""), problem)]
    if packing == "zip" and is_workbook(received):
        return _sheets(received, name, work, write)
    if packing == "zip":
        return _zip_members(received, name, work, write)
    return [_rewrite(name, lambda: received.open("rb"), work, 0, write, as_it_lies=received if write else None)]


def largest(packed: int) -> int:
    """How much a file of so many bytes may unpack to; far more is an accident or a bomb."""
    return min(LARGEST_MEMBER, max(ALWAYS_FITS, LARGEST_RATIO * packed))


def _unpacked_bytes(received: Path) -> int:
    """What all entries of an archive say they unpack to; of none is more read than it says."""
    try:
        with zipfile.ZipFile(received) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        return 0


def heads(received: Path, name: str) -> list[Head]:
    """The first rows of each member, one for each that `open_members` gives; nothing is written."""
    name = redacted(name)
    packing = _packing(received)
    if packing == "stream":
        return [_head(_unpacked_name(name), lambda: unpacked(received))]
    if packing == "":
        return [_head(name, lambda: received.open("rb"))]
    if _unpacked_bytes(received) > largest(received.stat().st_size):
        return [Head(name, None)]
    if is_workbook(received):
        return _sheet_heads(received, name)
    try:
        with zipfile.ZipFile(received) as archive:
            entries = _entries(archive)
            found = [
                replace(_head(redacted(Path(slashed(entry.filename)).name), _opener(archive, entry)), number=number)
                for number, entry in enumerate(entries, start=1)
            ]
            return found or [Head(name, None)]
    except zipfile.BadZipFile:
        return [Head(name, None)]


def numbered(name: str, number: int) -> str:
    """What a member of an archive is called where its own name may be that of a patient."""
    return f"{name} member {number}"


def _head(name: str, opener: Opener) -> Head:
    try:
        with opener() as source:
            start = source.read(HEAD_BYTES)
    except (OSError, *DAMAGED):
        return Head(name, None)
    marked = next((found for bom, found in BOMS.items() if start.startswith(bom)), None)
    if b"\x00" in start and marked != "utf-16":
        return Head(name, None)
    for encoding in (marked,) if marked else ("utf-8", "cp1252", "latin-1"):
        try:
            return Head(name, codecs.getincrementaldecoder(encoding)().decode(start))
        except UnicodeDecodeError:
            continue
    return Head(name, None)


def _packing(received: Path) -> str:
    with received.open("rb") as handle:
        start = handle.read(4)
    if start.startswith(GZIP) or is_zstd(start):
        return "stream"
    return "zip" if start in (b"PK\x03\x04", b"PK\x05\x06") else ""


def _unpacked_name(name: str) -> str:
    return name.removesuffix(".gz").removesuffix(".zst")


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The members that count: no folders and no traces of a file manager, unless their name leads elsewhere."""
    return [
        entry
        for entry in archive.infolist()
        if leads_elsewhere(entry.orig_filename) or not (slashed(entry.filename)[-1:] == "/" or is_junk(entry.filename))
    ]


def _zip_members(received: Path, name: str, work: Path, write: bool) -> list[Member]:
    nothing = Member(name, work / "0.csv", received.stat().st_size, "", None)
    try:
        archive = zipfile.ZipFile(received)
    except zipfile.BadZipFile as error:
        return [
            _with_problem(
                nothing, f"File {name} is a damaged zip archive ({error}). Ask the supplier to send it again."
            )
        ]
    with archive:
        entries = _entries(archive)
        if not entries:
            return [_with_problem(nothing, f"File {name} is a zip archive without a file in it. Ask for it again.")]
        members = []
        for number, entry in enumerate(entries):
            shown = redacted(Path(slashed(entry.filename)).name) if write else numbered(name, number + 1)
            member = _rewrite(shown, _opener(archive, entry), work, number, write)
            member = replace(member, name_problem=name_problem(name, entry.orig_filename, number + 1, is_shown=write))
            members.append(member if write else replace(member, opener=_reopener(received, entry)))
        return members


def _sheets(received: Path, name: str, work: Path, write: bool) -> list[Member]:
    """The sheets of a workbook as comma-separated text."""
    nothing = Member(name, work / "0.csv", received.stat().st_size, "")
    try:
        sheets = sheets_of(received, name)
    except UnreadableWorkbook as error:
        return [_with_problem(nothing, str(error))]
    if not sheets:
        return [_with_problem(nothing, f"File {name} is a workbook without a filled cell. Ask for it again.")]
    members = [
        _rewrite(_sheet_name(name, sheet, sheets), _sheet_opener(sheet), work, number, write)
        for number, sheet in enumerate(sheets)
    ]
    return [
        replace(member, sheet=sheet.name, problem=member.problem or sheet.problem)
        for member, sheet in zip(members, sheets, strict=True)
    ]


def _sheet_heads(received: Path, name: str) -> list[Head]:
    try:
        sheets = sheets_of(received, name, judged=False)
    except UnreadableWorkbook:
        return [Head(name, None)]
    return [
        Head(_sheet_name(name, sheet, sheets), sheet.text[:HEAD_BYTES], number, is_sheet=True)
        for number, sheet in enumerate(sheets, start=1)
    ] or [Head(name, None)]


def _sheet_name(name: str, sheet: Sheet, sheets: list[Sheet]) -> str:
    """A workbook of one sheet is called as its file; the title of a sheet may be anybody's."""
    return name if len(sheets) == 1 else f"{name} sheet {redacted(sheet.name)}"


def _sheet_opener(sheet: Sheet) -> Opener:
    return lambda: io.BytesIO(sheet.text.encode())


def _opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Opener:
    return lambda: archive.open(entry)


def _reopener(received: Path, entry: zipfile.ZipInfo) -> Opener:
    return lambda: zipfile.ZipFile(received).open(entry)


def _with_problem(member: Member, problem: str) -> Member:
    return replace(member, problem=problem)


def _rewrite(
    name: str,
    opener: Opener,
    work: Path,
    number: int,
    write: bool,
    limit: int = LARGEST_MEMBER,
    as_it_lies: Path | None = None,
) -> Member:
    """Decode as UTF-8, else as Windows-1252 (what Excel and older NHS systems write).

    A file that is plain UTF-8 `as_it_lies` is read from there.
    """
    path = work / f"{number}.csv"
    target = path if write else None
    counted = _Counted(limit=limit)
    problem = None
    try:
        if _is_decoded(opener, None, None if as_it_lies else target, counted):
            if as_it_lies and counted.encoding == "utf-8":
                path = as_it_lies
            elif as_it_lies:
                _decode(opener, None, target, counted)
        elif not _is_decoded(opener, "cp1252", target, counted):
            _decode(opener, "latin-1", target, counted)
        if counted.bytes == 0:
            problem = f"File {name} is empty. Ask the supplier to send it again."
        elif counted.looks_like_damaged_utf8:
            problem = (
                f"File {name} is UTF-8 with damaged bytes, the first at byte {counted.first_bad_byte:,}: "
                "read as anything else, its other characters would be wrong. Ask the supplier to send it again."
            )
    except _NotText as reason:
        problem = f"File {name} {reason}. Ask the supplier for the data file itself."
    except DAMAGED as error:  # its message names the member
        problem = (
            f"File {name} breaks off or is damaged inside its compression, or cannot be opened "
            f"({type(error).__name__}). Ask the supplier to send it again, without a password."
        )
    kept_at = None if write else opener
    return Member(
        name, path, counted.bytes, counted.encoding, problem, counted.ends_with_newline, counted.has_blank_rows, kept_at
    )


@dataclass
class _Counted:
    """What decoding saw, also when it broke off."""

    bytes: int = 0
    limit: int = LARGEST_MEMBER
    encoding: str = ""
    ends_with_newline: bool = False
    has_blank_rows: bool = False
    first_bad_byte: int = 0
    multibyte_before: int = 0

    @property
    def is_surely_utf8(self) -> bool:
        """Several whole multibyte characters came, which is no chance: more of them need not be counted."""
        return self.multibyte_before > 1

    @property
    def looks_like_damaged_utf8(self) -> bool:
        """Whole multibyte characters came before the first bad byte: an accident in UTF-8, not another encoding."""
        return self.encoding in ("cp1252", "latin-1") and self.is_surely_utf8


def _is_decoded(opener: Opener, encoding: str | None, target: Path | None, counted: _Counted) -> bool:
    try:
        _decode(opener, encoding, target, counted)
    except UnicodeDecodeError as error:
        if counted.encoding != (encoding or "utf-8"):  # a byte order mark states the encoding: no other may be tried
            raise _NotText(f"says that it is {counted.encoding} and is not ({error.reason})") from error
        return False
    return True


def _decode(opener: Opener, encoding: str | None, target: Path | None, counted: _Counted) -> None:
    """Look through a member, and write it as UTF-8; without an encoding, by its byte order mark or as UTF-8."""
    first_try = encoding is None
    counted.bytes, counted.has_blank_rows, last, end = 0, False, b"", ""
    writing = target.open("w", encoding="utf-8", newline="") if target else nullcontext()
    with opener() as source, writing as out:
        chunks: Iterator[bytes] = iter(lambda: source.read(CHUNK), b"")
        decoder: codecs.IncrementalDecoder | None = None
        for chunk in chunks:
            if decoder is None:
                marked = next((found for bom, found in BOMS.items() if chunk.startswith(bom)), "utf-8")
                counted.encoding = encoding or marked
                decoder = codecs.getincrementaldecoder(counted.encoding)()
                _refuse_pages(chunk)
            if counted.encoding != "utf-16" and b"\x00" in chunk:
                counted.bytes += len(chunk)
                raise _NotText("is not text: it holds NUL bytes, as programs and pictures do")
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                if first_try:
                    counted.first_bad_byte = counted.bytes + error.start + 1
                    good = chunk[: error.start].decode("utf-8", errors="ignore")
                    counted.multibyte_before += len(_BEYOND_ASCII.findall(good))
                raise
            if first_try and not counted.is_surely_utf8 and not text.isascii():
                counted.multibyte_before += len(_BEYOND_ASCII.findall(text))
            counted.bytes += len(chunk)
            if counted.bytes > counted.limit:
                raise _NotText(f"unpacks to more than {counted.limit:,} bytes, more than any feed of its size")
            if out:
                out.write(text)
            counted.has_blank_rows = counted.has_blank_rows or _has_blank_row(end + text)
            last, end = chunk, text[-1:]
        if decoder is not None:
            text = decoder.decode(b"", final=True)
            if out:
                out.write(text)
    counted.ends_with_newline = last.endswith((b"\n", b"\r", b"\n\x00"))


def _has_blank_row(text: str) -> bool:
    return "\n\n" in text or ("\r" in text and ("\n\r" in text or "\r\r" in text))


def _refuse_pages(chunk: bytes) -> None:
    start = chunk[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml", b"<body")):
        raise _NotText(
            "is a web page (an error or log-in page saved as data), row 1 begins with "
            + repr(chunk[:20].decode("latin-1"))
        )
    if start.startswith((b"%pdf", b"\x89png", b"\xd0\xcf\x11\xe0")):
        raise _NotText("is a document, picture or workbook, not a data file")
