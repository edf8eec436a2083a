"""How bytes are kept as they came: packed, and unpacked again. Archives of several files belong in `opening`."""

import gzip
import io
import shutil
from pathlib import Path
from typing import IO, Any, cast

GZIP, ZIP, ZSTD = b"\x1f\x8b", b"PK", b"\x28\xb5\x2f\xfd"
_SKIPPED = bytes(range(0x50, 0x60))
# Packing as .zst costs half as much, and anyone can open the other.
LARGE = 64 << 20


def pack(received: Path, folder: Path, name: str) -> None:
    """Keep the bytes of a file in a folder: as they came where they are packed, else as .gz, and large ones as .zst."""
    with received.open("rb") as source:
        start = source.read(4)
        source.seek(0)
        if start.startswith((GZIP, ZIP)) or is_zstd(start):
            shutil.copyfile(received, folder / name)
        elif received.stat().st_size < LARGE:
            with gzip.GzipFile(folder / f"{name}.gz", "wb", compresslevel=1, mtime=0) as target:
                shutil.copyfileobj(source, target, 1 << 20)
        else:
            import pyarrow

            with pyarrow.CompressedOutputStream(str(folder / f"{name}.zst"), "zstd") as packed:
                shutil.copyfileobj(source, packed, 1 << 20)


def unpacked(path: Path) -> IO[bytes]:
    """The bytes of a .gz or .zst, as they were before.

    Raises:
        EOFError, zlib.error, gzip.BadGzipFile: it breaks off or is damaged. Of a .zst, which has no checksum, only what
            cannot be unpacked is found: compare its hash.
    """
    with path.open("rb") as source:
        start = source.read(4)
    return cast(IO[bytes], io.BufferedReader(_Zstd(path), 1 << 20) if is_zstd(start) else gzip.open(path, "rb"))


def is_zstd(start: bytes) -> bool:
    """Whether a file that begins so is a .zst; those of some packers begin with a frame to be skipped."""
    return start.startswith(ZSTD) or (start[:1] in _SKIPPED and start[1:4] == b"\x2a\x4d\x18")


class _Zstd(io.RawIOBase):
    """A .zst as Python reads files. Arrow calls all damage an error of the disk."""

    def __init__(self, path: Path) -> None:
        import pyarrow

        super().__init__()
        self._source = pyarrow.CompressedInputStream(pyarrow.OSFile(str(path), "rb"), "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._source.read(len(buffer))
        except OSError as error:
            raise EOFError(f"damaged: {error}") from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._source.close()
        super().close()
