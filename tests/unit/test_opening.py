"""Packaging and encodings of received files, and things that are no table at all."""

import gzip
import zipfile
from pathlib import Path

import pytest

from sources import opening
from sources.member_names import bare_name, leads_elsewhere, name_problem
from sources.opening import heads, open_members

ROWS = "a,b\n1,£é\n"


def opened(tmp_path: Path, name: str, data: bytes):
    tmp_path.mkdir(exist_ok=True)
    received = tmp_path / "received"
    received.write_bytes(data)
    work = tmp_path / "work"
    work.mkdir()
    return open_members(received, name, work)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_every_encoding_that_suppliers_use_reads_the_same(tmp_path: Path, encoding: str) -> None:
    [member] = opened(tmp_path, "feed.csv", ROWS.encode(encoding))
    assert member.problem is None
    assert member.path.read_text(encoding="utf-8") == ROWS


def test_gzip_is_opened_whatever_its_name(tmp_path: Path) -> None:
    [member] = opened(tmp_path, "feed.csv", gzip.compress(ROWS.encode()))
    assert member.path.read_text(encoding="utf-8") == ROWS


def test_zip_members_come_in_order_without_the_junk_of_a_mac(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("one.csv", ROWS)
        archive.writestr("__MACOSX/._one.csv", "junk")
        archive.writestr("../../two.csv", ROWS)
    members = opened(tmp_path, "feed.zip", (tmp_path / "z").read_bytes())
    assert [member.name for member in members] == ["one.csv", "two.csv"]
    assert all(member.path.parent == tmp_path / "work" for member in members)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "document, picture"),
        (b"a,b\n1,\x00\n", "NUL bytes"),
        (b"<!DOCTYPE html><html>sorry</html>", "web page"),
        (b"\r\n <html><body>log in</body></html>", "web page"),
        (gzip.compress(ROWS.encode() * 100, mtime=0)[:-12], "breaks off"),
        (b"PK\x03\x04 not really", "damaged zip"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, data: bytes, said: str) -> None:
    [member] = opened(tmp_path, "EPD_201704.csv", data)
    assert member.problem is not None
    assert said in member.problem
    assert "EPD_201704" in member.problem


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xef\xbb\xbfa,b\n1,\xa3\n", "says that it is utf-8-sig and is not"),
        (b"\xff\xfea\x00,", "says that it is utf-16 and is not"),
        ("caf\u00e9 \u00a3\u00a3\n".encode() + b"\xff\n", "UTF-8 with damaged bytes, the first at byte 12"),
    ],
)
def test_damaged_text_is_refused_and_never_read_as_something_else(tmp_path: Path, data: bytes, said: str) -> None:
    [member] = opened(tmp_path, "EPD_201704.csv", data)
    assert member.problem is not None
    assert said in member.problem


def test_a_zip_with_a_password_gets_a_sentence(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("one.csv", ROWS)
    packed = bytearray((tmp_path / "z").read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(header) + flags] |= 1  # the flag "encrypted"
    [member] = opened(tmp_path, "feed.zip", bytes(packed))
    assert member.problem is not None
    assert "password" in member.problem


def zipped(tmp_path: Path, *names: str) -> bytes:
    with zipfile.ZipFile(tmp_path / "z", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, ROWS * 50)
    return (tmp_path / "z").read_bytes()


def test_nhs_numbers_in_names_of_members_are_hidden(tmp_path: Path) -> None:
    data = zipped(tmp_path, "epd_943 476 5919.csv", "epd.csv")
    assert [member.name for member in opened(tmp_path, "feed.zip", data)] == ["epd_(hidden).csv", "epd.csv"]
    assert [head.name for head in heads(tmp_path / "received", "feed.zip")] == ["epd_(hidden).csv", "epd.csv"]
    [member] = opened(tmp_path / "plain", "9434765919.csv", ROWS.encode())
    assert member.name == "(hidden).csv"


def test_members_that_may_be_about_patients_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "z2").write_bytes(zipped(tmp_path, "John_Smith.csv", "Ann_Jones.csv"))
    members = open_members(tmp_path / "z2", "feed.zip", tmp_path, write=False)
    assert [member.name for member in members] == ["feed.zip member 1", "feed.zip member 2"]


@pytest.mark.parametrize("write", [True, False])
def test_a_damaged_member_is_not_named_by_its_error(tmp_path: Path, write: bool) -> None:
    data = bytearray(zipped(tmp_path, "John_Smith_9434765919.csv"))
    data[14] ^= 1  # its checksum, there and in the directory
    data[data.index(b"PK\x01\x02") + 16] ^= 1
    (tmp_path / "z2").write_bytes(data)
    [member] = open_members(tmp_path / "z2", "feed.zip", tmp_path, write=write)
    assert member.problem is not None
    assert "BadZipFile" in member.problem
    assert "9434765919" not in member.problem
    assert write or "Smith" not in member.problem


@pytest.mark.parametrize(("data", "ends"), [(b"a,b\n1,2\n", True), (b"a,b\r\n1,2", False)])
def test_whether_the_last_line_is_whole_is_known(tmp_path: Path, data: bytes, ends: bool) -> None:
    [member] = opened(tmp_path, "feed.csv", data)
    assert member.ends_with_newline is ends


@pytest.mark.parametrize("packing", ["gzip", "zip", "many members", "workbook"])
def test_what_unpacks_to_far_more_than_a_table_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    monkeypatch.setattr(opening, "ALWAYS_FITS", 10_000)
    bomb, name = b"1,2\n" * 2_000_000, "EPD_201704.zip"
    if packing == "gzip":
        data, name = gzip.compress(bomb), "EPD_201704.csv.gz"
    else:
        inside = {"zip": ["a.csv"], "many members": [f"{n}.csv" for n in range(20)], "workbook": ["xl/workbook.xml"]}
        with zipfile.ZipFile(tmp_path / "z", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for member in inside[packing]:
                archive.writestr(member, bomb if packing != "many members" else bomb[:400_000])
        data = (tmp_path / "z").read_bytes()
    [member] = opened(tmp_path, name, data)
    assert member.problem is not None
    assert "unpacks to" in member.problem
    assert "more than any feed of its size" in member.problem
    assert sum(path.stat().st_size for path in (tmp_path / "work").rglob("*")) < 5_000_000
    heads(tmp_path / "received", name)


def test_a_table_that_packs_well_is_opened(tmp_path: Path) -> None:
    text = "".join(f"2017-04,N82{practice:03},0501013B0,{practice % 7}\n" for practice in range(1000)) * 30
    [member] = opened(tmp_path, "EPD_201704.csv.gz", gzip.compress(text.encode(), compresslevel=9))
    assert member.problem is None


@pytest.mark.parametrize(
    "member",
    ["../x.csv", "a/../../x.csv", "/etc/x.csv", "C:x.csv", "c:/x.csv",
     "..\\x.csv", "a\\..\\x.csv", "\\x.csv", "C:\\x.csv", "\\\\host\\x.csv",
     "a/..", "../", "__MACOSX/../x.csv", "/"],
)  # fmt: skip
def test_a_member_whose_name_leads_elsewhere_is_told(member: str) -> None:
    assert leads_elsewhere(member)
    assert f"'{member}'" in (name_problem("f.zip", member, 1, is_shown=True) or "")
    assert member not in (name_problem("f.zip", member, 1, is_shown=False) or member)


@pytest.mark.parametrize(
    "member", ["x.csv", "a/x.csv", "a/b/", "x..csv", "..x.csv", "June: x.csv", "a/C:x.csv", "a\\x.csv"]
)
def test_a_plain_member_is_not(member: str) -> None:
    assert name_problem("f.zip", member, 1, is_shown=True) is None


def test_folders_written_with_backslashes_are_folders(tmp_path: Path) -> None:
    """As ZipFile of .NET before 4.6.1 and some packers of Windows write them."""
    with zipfile.ZipFile(tmp_path / "december.zip", "w") as archive:
        for name, text in (("data\\", ""), ("__MACOSX\\._x.csv", "x"), ("data\\EPD_201712.csv", "a,b,c\r\n1,2,3\r\n")):
            archive.writestr(name, text)
    (tmp_path / "work").mkdir()
    [member] = open_members(tmp_path / "december.zip", "december.zip", tmp_path / "work")
    assert (member.name, member.name_problem, member.problem) == ("EPD_201712.csv", None, None)
    [head] = heads(tmp_path / "december.zip", "december.zip")
    assert head.name == "EPD_201712.csv"


def test_what_a_name_of_a_member_could_do_to_a_terminal_or_page_is_left_out() -> None:
    said = name_problem("f.zip", "../\x1b[31m<b>\u202e\n943 476 5919.csv" + "y" * 500, 2, is_shown=True)
    assert said is not None and said.isprintable()
    assert "'../?[31m?b??" in said and "943" not in said and len(said) < 450


@pytest.mark.parametrize("name", ["EPD_201706.csv", "EPD_201706.csv.gz", "EPD_201706.zip", "EPD_201706.csv.zst"])
def test_a_name_is_the_same_however_its_file_is_packed(name: str) -> None:
    assert bare_name(name) == "EPD_201706"
