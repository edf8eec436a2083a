"""Bytes are kept packed, and come back as they were or with a sentence."""

import hashlib
from pathlib import Path

import pytest

from pcw.errors import PcwError
from sources import packing
from sources.landing import restore_bytes
from sources.opening import DAMAGED, heads, open_members
from sources.packing import pack, unpacked

DATA = b"".join(b"A%05d,Dr Jekyll\xc3\xa9,%d\n" % (number, number * number) for number in range(20_000))


@pytest.fixture
def received(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(DATA)
    return path


def packed(received: Path, monkeypatch: pytest.MonkeyPatch, large: int) -> Path:
    """What is kept of it when files from so many bytes on are large."""
    monkeypatch.setattr(packing, "LARGE", large)
    folder = received.parent / "raw"
    folder.mkdir()
    pack(received, folder, received.name)
    [kept] = folder.iterdir()
    return kept


@pytest.mark.parametrize(("large", "ending"), [(len(DATA) + 1, ".gz"), (len(DATA), ".zst")])
def test_a_file_comes_back_as_it_was(
    received: Path, large: int, ending: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = packed(received, monkeypatch, large)
    assert kept.name == f"list.csv{ending}" and kept.stat().st_size < len(DATA) / 2
    with unpacked(kept) as source:
        assert b"".join(iter(lambda: source.read(1000), b"")) == DATA
    restore_bytes(kept, hashlib.sha256(DATA).hexdigest(), tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_bytes() == DATA
    (tmp_path / "members").mkdir()
    [member] = open_members(kept, kept.name, tmp_path / "members")
    assert (member.name, member.problem, member.byte_count) == ("list.csv", None, len(DATA))
    assert b"".join(member.utf8()) == DATA
    [head] = heads(kept, kept.name)
    assert head.text and DATA.decode().startswith(head.text)


def test_frames_to_be_skipped_at_the_start_are_skipped(received: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = packed(received, monkeypatch, 1)
    kept.write_bytes(b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + kept.read_bytes())
    (received.parent / "members").mkdir()
    [member] = open_members(kept, kept.name, received.parent / "members")
    assert (member.problem, b"".join(member.utf8())) == (None, DATA)


def test_what_came_packed_is_kept_as_it_came(received: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = packed(received, monkeypatch, 1)
    (kept.parent / "again").mkdir()
    pack(kept, kept.parent / "again", kept.name)
    assert (kept.parent / "again" / kept.name).read_bytes() == kept.read_bytes()


@pytest.mark.parametrize("large", [1, 1 << 30])
def test_what_breaks_off_is_said(received: Path, large: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = packed(received, monkeypatch, large)
    kept.write_bytes(kept.read_bytes()[:-100])
    with pytest.raises(DAMAGED), unpacked(kept) as source:
        source.read()
    (tmp_path / "members").mkdir()
    [member] = open_members(kept, kept.name, tmp_path / "members")
    assert member.problem and "breaks off or is damaged" in member.problem
    with pytest.raises(PcwError, match="is damaged: it is not what came"):
        restore_bytes(kept, hashlib.sha256(DATA).hexdigest(), tmp_path / "back.csv")
    assert [path.name for path in tmp_path.glob("*back*")] == []


def test_other_bytes_than_came_are_not_restored(
    received: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = packed(received, monkeypatch, 1)
    with pytest.raises(PcwError, match="Restore it from a backup"):
        restore_bytes(kept, hashlib.sha256(DATA + b"\n").hexdigest(), tmp_path / "back.csv")
