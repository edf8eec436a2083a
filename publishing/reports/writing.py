"""Documents as files in a folder: which kinds there are, and where each is written.

Belongs here: names of files. How a kind is written is in `as_<kind>.py`, read when it is asked for.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from publishing.reports.document import Document

KINDS = ("html", "pdf", "docx", "xlsx")
MOST_OF_CODE = 40
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{,99}")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def file_name(code: str) -> str:
    """A code as the name of a file: a plain one as it is; of any other its plain part, and a hash to tell it by."""
    if _PLAIN.fullmatch(code):
        return code
    part = _NOT_PLAIN.sub("-", code).strip("-_")[:MOST_OF_CODE] or "code"
    return f"{part}-{sha256(code.encode()).hexdigest()[:8]}"


def writer(kind: str) -> Callable[[Document, Path], None]:
    """What writes a document as a file of this kind."""
    if kind not in KINDS:
        raise ValueError(f"no document can be written as {kind!r}: expected one of {', '.join(KINDS)}")
    write: Callable[[Document, Path], None] = import_module(f"publishing.reports.as_{kind}").write
    return write


def file_of(folder: Path, document: Document, kind: str) -> Path:
    """Where a document is written."""
    if not _NAME.fullmatch(document.name):
        raise ValueError(
            f"{document.name!r} is no name of a file: expected letters, digits, dots, hyphens, underscores"
        )
    return folder / f"{document.name}.{kind}"


def write_all(documents: Iterable[Document], folder: Path, kinds: Iterable[str] = KINDS) -> list[Path]:
    """Every document as every kind; the files, as they were written. The folder is made."""
    writers = {kind: writer(kind) for kind in kinds}
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for document in documents:
        for kind, write in writers.items():
            path = file_of(folder, document, kind)
            if path in written:
                raise ValueError(f"two documents are called {document.name}: one would overwrite the other")
            write(document, path)
            written.append(path)
    return written
