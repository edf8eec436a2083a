"""What may be about patients is read without being written; of what is refused only what is about nobody is kept."""

import gzip
import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pcw.errors import PcwError
from pcw.home import Home
from sources import staging
from sources.contracts import Contract, load_contracts
from sources.door import look, without_values
from sources.landing import promote, read_refusals, refuse
from sources.pipes import piped
from sources.pseudonyms import pseudonym
from sources.receipts import is_nothing_new, note_receipt, path_of, receive, shown_path, take_away
from sources.staging import Staged, stage
from tests.running import opened

KEY = "a key of the test suite, at least 32 characters long"
COLUMNS = ("der_pseudo_nhs_number", "nhs_number_is_valid", "practice_code", "attended_on", "cost")
CONTRACT = Contract.model_validate(
    {
        "dataset": "visits",
        "title": "Visits",
        "description": "A small feed about patients.",
        "family": "tests",
        "supplier": "tests",
        "owner": "tests",
        "version": 1,
        "identifiable": True,
        "identifiers": {"nhs_number": ["NHS_Number"], "dropped": ["Surname", "Date_of_Birth", "Postcode"]},
        "cadence": "monthly",
        "calendar": [],
        "load_order": 1,
        "supersession": {"kind": "whole", "scope": "period"},
        "period": {"rule": "single", "columns": ["attended_on"]},
        "quarantine": {"max_share": 0.5},
        "key": [],
        "columns": [
            {"name": name, "type": kind, "formats": ["%Y-%m-%d"], "description": name}
            for name, kind in zip(COLUMNS, ("text", "text", "text", "date", "integer"), strict=True)
        ],
        "layouts": [
            {"name": "one", "header": True, "file_name": "^visits", "names": {name: [name] for name in COLUMNS}},
        ],
    }
)
CONTRACTS = {"visits": CONTRACT, **load_contracts()}
HEADER = "NHS Number,SURNAME,Date_of_Birth,Postcode,Practice_Code,Attended_On,Cost\n"
NUMBERS = ("943 476 5919", "9990000018", "9434765918", "0000000000", "", "999-000-0034")
PATIENTS = [
    f"{number},Plänted{place},1931-05-0{place + 1},L1 9ZZ,N82001,2017-04-0{place + 1},{place}"
    for place, number in enumerate(NUMBERS)
]
PLANTED = ("9434765919", "943 476 5919", "9990000018", "9434765918", "Plänted", "Pl\\u00e4nted", "1931-05", "L1 9ZZ")


def text_of(*rows: str) -> str:
    return HEADER + "".join(f"{row}\n" for row in rows)


def packed(text: str, packing: str) -> tuple[str, bytes]:
    """A file name and its bytes."""
    if packing == "gzip":
        return "visits.csv.gz", gzip.compress(text.encode())
    if packing == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("visits_a.csv", text)
            archive.writestr("visits_b.csv", text_of(PATIENTS[0]))
        return "visits.zip", buffer.getvalue()
    return "visits.csv", text.encode(packing)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "it's home").create()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the home, where files lie before they are received."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


def staged_of(home: Home, outside: Path, name: str, data: bytes, key: str | None = KEY) -> Staged:
    path = outside / name
    path.write_bytes(data)
    return stage(home, receive(path, datetime(2017, 6, 1, tzinfo=UTC)), CONTRACTS, [], "1GB", pseudonym_key=key)


def leaks(home: Home) -> list[str]:
    """Planted identifiers in any file under the home."""
    found = []
    for path in home.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            data += gzip.decompress(data) if data[:2] == b"\\x1f\\x8b" else b""
            for encoding in ("utf-8", "cp1252", "utf-16-le"):
                found += [f"{path.name}: {text}" for text in PLANTED if text.encode(encoding) in data]
    return found


def leaked_in(path: Path) -> list[str]:
    return [
        text
        for encoding in ("utf-8", "cp1252", "utf-16-le")
        for text in PLANTED
        if text.encode(encoding) in path.read_bytes()
    ]


@pytest.mark.parametrize("packing", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "gzip", "zip"])
def test_numbers_become_pseudonyms_and_names_never_land(home: Home, outside: Path, packing: str) -> None:
    staged = staged_of(home, outside, *packed(text_of(*PATIENTS), packing))
    assert leaks(home) == []
    with opened(staged) as connection:
        assert connection.execute("select header_problem, shape_problem from file_facts").fetchall()[0] == (None, None)
        given = connection.execute(
            "select der_pseudo_nhs_number, nhs_number_is_valid, cost from staged order by source_row"
        ).fetchall()
    expected = [(pseudonym(KEY, number), "N" if number else None, place) for place, number in enumerate(NUMBERS)]
    expected = [(hashed, "Y" if hashed else flag, place) for hashed, flag, place in expected]
    assert given == expected + (expected[:1] if packing == "zip" else [])
    assert not (staged.work / "received").exists()
    submission = promote(home, staged, [], "suites")
    assert not (home.landing / "visits" / submission.submission_id / "raw").exists()
    assert leaks(home) == []


def test_an_extract_with_pseudonyms_needs_no_key(home: Home, outside: Path) -> None:
    text = ",".join(COLUMNS) + "\n" + "ab12,Y,N82001,2017-04-01,5\n" * 3
    staged = staged_of(home, outside, "visits.csv", text.encode(), key=None)
    with opened(staged) as connection:
        assert connection.execute("select distinct der_pseudo_nhs_number from staged").fetchall() == [("ab12",)]
    assert not (staged.work / "received").exists()


def test_rows_keep_their_place_in_the_file(home: Home, outside: Path) -> None:
    rows = "".join(f"ab12,Y,N82001,2017-04-01,{'x' if row == 250_001 else row}\n" for row in range(1, 400_001))
    staged = staged_of(home, outside, "visits.csv", (",".join(COLUMNS) + "\n" + rows).encode())
    with opened(staged) as connection:
        asked = "select count(*), count(*) filter (source_row = cost + 1) from staged"
        assert connection.execute(asked).fetchall() == [(399_999, 399_999)]
        assert connection.execute("select source_row from rejected").fetchall() == [(250_002,)]


@pytest.mark.parametrize("key", [None, "short"])
def test_without_a_key_it_stays_where_it_is(home: Home, outside: Path, key: str | None) -> None:
    with pytest.raises(PcwError, match="PCW_PSEUDONYM_KEY"):
        staged_of(home, outside, "visits.csv", text_of(*PATIENTS).encode(), key=key)
    assert list(home.work.iterdir()) == []


def refused(home: Home, staged: Staged) -> tuple[str, str]:
    """What the refusal says, and whether the bytes were kept."""
    with opened(staged) as connection:
        row = connection.execute(
            "select coalesce(text_problem, header_problem, shape_problem, identifier_problem, period_problem, "
            "quarantine_problem) from file_facts"
        ).fetchall()[0]
    assert row[0] is not None
    refuse(home, staged, "file", row[0], [], "gates")
    [refusal] = read_refusals(home)
    folder = home.quarantine / refusal["sha256"][:16]
    assert (folder / "raw").exists() == (refusal["raw"] == "kept")
    return refusal["message"], refusal["raw"]


REFUSED = {
    "an unknown column": text_of(*PATIENTS).replace("Cost", "Costs"),
    "a broken row": text_of(*PATIENTS[:3], PATIENTS[3] + ",one more", *PATIENTS[4:]),
    "a quote that never ends": text_of(*PATIENTS[:3], '"' + PATIENTS[3], *PATIENTS[4:]),
    "values that do not fit": text_of(*(row.replace("2017-04", "943 476 5919 of 2017") for row in PATIENTS)),
    "no header": "".join(f"{row}\n" for row in PATIENTS),
    "numbers behind the wrong header": text_of(
        *(row.replace("N82001", number) for row, number in zip(PATIENTS, ["943 476 5919"] * 6, strict=True))
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_refused_file_about_patients_leaves_reasons_alone(home: Home, outside: Path, fault: str) -> None:
    staged = staged_of(home, outside, "visits.csv", REFUSED[fault].encode())
    message, raw = refused(home, staged)
    assert raw == "not kept"
    assert "Its bytes are not kept: visits is about patients." in message
    assert not any(text in message for text in PLANTED), message
    assert leaks(home) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("".join(f"{row}\n" for row in PATIENTS), "NHS numbers"),
        ("".join(f"{row}\n" for row in PATIENTS).replace(",", "~"), "NHS numbers"),
        (text_of(*PATIENTS).replace("Cost", "Costs"), "visits is about patients"),
        ("Surname,Ward\nPlänted,7\n", "column 1 is named like what identifies patients"),
        ("hospital,born\n" + "".join(f"R,{1920 + year}-01-02\n" for year in range(60)), "birth dates"),
        ("Dear all, the patient (NHS 9434765919) was seen", "NHS"),
    ],
)
def test_an_unknown_file_that_shows_patients_is_not_kept(home: Home, outside: Path, text: str, why: str) -> None:
    message, raw = refused(home, staged_of(home, outside, "something.txt", text.encode()))
    assert raw == "not kept"
    assert why in message
    assert leaks(home) == []


def test_an_unknown_file_about_nobody_is_kept(home: Home, outside: Path) -> None:
    message, raw = refused(home, staged_of(home, outside, "notes.txt", b"Dear all, please find attached."))
    assert raw == "kept"
    assert "not kept" not in message


def test_an_unknown_file_that_cannot_be_searched_is_not_kept(home: Home, outside: Path) -> None:
    message, raw = refused(home, staged_of(home, outside, "notes.bin", b"\x00\x01\x02"))
    assert raw == "not kept"
    assert "cannot be searched" in message


def test_an_unknown_table_is_neither_quoted_nor_kept(home: Home, outside: Path) -> None:
    text = "SMITH,JOHN,MALE,DR PATEL\nJONES,ANN,FEMALE,DR COX\n"
    message, raw = refused(home, staged_of(home, outside, "list.csv", text.encode()))
    assert "row 1 has 4 columns, none of them called as in any of these" in message
    assert "may be a list of patients" in message
    assert raw == "not kept"
    assert not any("SMITH" in path.read_text("latin-1") for path in home.quarantine.rglob("*.json"))


def test_of_an_unknown_table_known_columns_are_told(home: Home, outside: Path) -> None:
    header = "Practice_Code,Attended_On,Consultant,Ward,Bed,Nurse,Room,Floor"
    text = f"{header}\nN82001,2017-04-01,SMITH,A,B,C,D,E\n"
    message, raw = refused(home, staged_of(home, outside, "list.csv", text.encode()))
    assert "8 columns, and shares practice_code, attended_on with visits, which has" in message
    assert raw == "kept"
    assert "Consultant" not in message


def test_numbers_and_names_in_names_are_stored_nowhere(home: Home, outside: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("visits_John_Smith_9434765919.csv", text_of(*PATIENTS))
    staged = staged_of(home, outside, "visits missing attendance 943 476 5919.zip", buffer.getvalue())
    submission = promote(home, staged, [], "suites")
    assert submission.file_name == "visits missing attendance (hidden).zip"
    assert submission.members == ("visits missing attendance (hidden).zip member 1",)
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("visits_John_Smith_9434765919.csv", text_of(*PATIENTS).replace("Cost", "Costs"))
    message, _ = refused(home, staged_of(home, outside, "visits 943 476 5919.zip", broken.getvalue()))
    assert "File visits (hidden).zip member 1, row 1 (header)" in message
    stored = [path.read_bytes() + path.name.encode() for path in home.root.rglob("*") if path.is_file()]
    assert not any(name in data for data in stored for name in (b"Smith", b"9434765919", b"943 476 5919"))


def test_a_file_with_a_number_in_its_name_is_known_again_and_taken_away(home: Home) -> None:
    path = home.inbox / "visits 943 476 5919.csv"
    path.write_text(text_of(*PATIENTS))
    sidecar = path.with_name(f"{path.name}.meta.json")
    sidecar.write_text('{"received_at": "2017-06-01"}')
    receipt = receive(path, None)
    assert (receipt.received_at, receipt.name) == (datetime(2017, 6, 1, tzinfo=UTC), "visits (hidden).csv")
    submission = promote(home, stage(home, receipt, CONTRACTS, [], "1GB", pseudonym_key=KEY), [], "suites")
    again = receive(path, datetime(2017, 7, 1, tzinfo=UTC))
    assert is_nothing_new(home, again, [submission], CONTRACTS, left_in_place=True)
    note_receipt(home, again)
    assert leaks(home) == [f"{path.name}: {text}" for text in leaked_in(path)]
    take_away(home, again)
    assert list(home.inbox.iterdir()) == []
    sidecar.write_text("{")
    with pytest.raises(PcwError) as caught:
        receive(path, None)
    assert "943" not in str(caught.value)


def test_of_two_names_that_are_shown_alike_the_bytes_tell(outside: Path) -> None:
    paths = [outside / f"visits_{number}.csv" for number in ("943 476 5919", "9990000018", "2017")]
    for path in paths:
        path.write_text(path.name)
        assert path_of(shown_path(path), receive(path, None).sha256) == path
    assert shown_path(paths[0]) == shown_path(paths[1])
    assert shown_path(paths[2]) == paths[2]
    assert path_of(outside / "gone (hidden).csv", None) == outside / "gone (hidden).csv"


def test_a_prescribing_file_with_nhs_numbers_is_not_kept(home: Home, outside: Path) -> None:
    layout = load_contracts()["epd"].layouts[0]
    header = [names[0] for names in layout.names.values()]
    rows = [",".join([*["1"] * len(header), number]) for number in NUMBERS]
    text = "\n".join([",".join([*header, "NHS_NUMBER"]), *rows, ""])
    staged = staged_of(home, outside, "EPD_201704.csv", text.encode())
    assert leaks(home) == []
    message, raw = refused(home, staged)
    assert raw == "not kept"
    assert "NHS_NUMBER" in message
    assert leaks(home) == []


def test_a_file_that_changes_while_it_is_read_is_not_landed(
    home: Home, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = staging.read_members

    def changing(*arguments: object) -> object:
        (outside / "visits.csv").write_text(text_of(PATIENTS[0]))
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(staging, "read_members", changing)
    with pytest.raises(PcwError, match="changed while it was read"):
        staged_of(home, outside, "visits.csv", text_of(*PATIENTS).encode())
    assert list(home.work.iterdir()) == []


def test_an_unexpected_error_about_patients_does_not_quote_them(outside: Path) -> None:
    path = outside / "visits.csv"
    path.write_text(text_of(*PATIENTS))

    def stumble() -> None:
        raise ValueError("cannot convert '943 476 5919'")

    def private() -> bool:
        return look(path, path.name, CONTRACTS, None).is_private

    with pytest.raises(PcwError) as caught:
        without_values("visits.csv", private, stumble)
    assert "943" not in str(caught.value)
    assert caught.value.__context__ is None
    with pytest.raises(ValueError, match="943"):
        without_values("EPD.csv", lambda: False, stumble)


def test_a_reader_that_gives_up_leaves_no_writer_waiting(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    with piped(chunks, tmp_path / "pipe"):
        pass
    with piped(chunks, tmp_path / "pipe") as path, path.open("rb") as reader:
        assert reader.read(10) == b"x" * 10
    with piped(chunks, tmp_path / "pipe") as path:
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(b"x" * 10_000_000).digest()
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_writer_reaches_the_reader(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"a"
        raise EOFError("broken off")

    with pytest.raises(EOFError, match="broken off"), piped(chunks, tmp_path / "pipe") as path:
        assert path.read_bytes() == b"a"
