"""Files that a crash cannot leave half-written, and their hashes. No formats belong here."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from pcw.errors import PcwError

CHUNK = 1 << 20


def fsync_file(path: Path) -> None:
    """Make the contents of a file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_dir(path: Path) -> None:
    """Make the names in a folder durable (a rename is not until its folder is)."""
    fsync_file(path)


def fsync_tree(path: Path) -> None:
    """Make a folder with everything below it durable."""
    for folder, _, names in os.walk(path):
        for name in names:
            fsync_file(Path(folder) / name)
        fsync_dir(Path(folder))


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file beside and rename it: readers see the old contents or the new, never a part."""
    data = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with beside.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(beside, path)
    fsync_dir(path.parent)


def sha256_of(path: Path) -> str:
    """SHA-256 of the bytes of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read_json(path: Path) -> Any:
    """Contents of a JSON file.

    Raises:
        PcwError: not readable as JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PcwError(f"{path} is damaged: {error}. Restore it from a backup, or remove it and run again.") from error
