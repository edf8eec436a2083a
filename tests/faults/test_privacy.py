"""No patient leaves the inbox: planted identifiers are looked for in every byte under PCW_HOME and all that is said.

Every file carries the same patients. Whatever becomes of it, landed, refused or killed in the middle, nothing of them
is found: not in Parquet, DuckDB or SQLite files, not inside gzip and zip, not in logs, alerts or output.
"""

import csv
import gzip
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dbt_project.feeds import prepare_feeds
from orchestration.inputs import inputs_of
from pcw.home import Home
from pcw.settings import Settings
from sources.identifiers import is_valid_nhs_number
from sources.manifests import read_submissions
from sources.pseudonyms import pseudonym
from sources.synthetic.sample import write_sample
from tests.conftest import PROJECT
from tests.pipeline.dbt_support import run_dbt

KEY = "the key of these tests, at least 32 characters"
DATASET = "sus_opa"
PATIENTS = 40
# Numbers that are never given out, in the ways in which they are written; every eighth has a wrong check digit.
NUMBERS = [f"999{number:07}" for number in range(4_321_000, 4_330_000) if is_valid_nhs_number(f"999{number:07}")][
    :PATIENTS
]
WRONG = [
    number[:-1] + str((int(number[-1]) + 1) % 10) if place % 8 == 7 else number for place, number in enumerate(NUMBERS)
]
WAYS = ("{0}", "{1} {2} {3}", "{1}-{2}-{3}", " {0} ")
SENT = [WAYS[place % 4].format(number, number[:3], number[3:6], number[6:]) for place, number in enumerate(WRONG)]
HEADER = ["NHS_Number", "Surname", "Postcode_of_Usual_Address", "Date_of_Birth"]
BIRTHS = ["1931-05-17", "17/05/1931", "19310517", "17-MAY-1931"]
PLANTED = ["Zyxwvplant", "ZZ99 3QQ", "ZZ993QQ", *BIRTHS]
PLANTED += [way.format(n, n[:3], n[3:6], n[6:]) for n in WRONG for way in WAYS[:3]]
BEGINNINGS: dict[str, list[str]] = {}
for whole in sorted({text.upper() for text in PLANTED}):
    BEGINNINGS.setdefault(whole[:7], []).append(whole)

Row = dict[str, str]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """Outpatient rows of the sample, with patients in the place of pseudonyms."""
    folder = tmp_path_factory.mktemp("sample") / "feeds"
    write_sample(folder, date(2017, 4, 1), date(2017, 5, 1), practices=8, seed=7, with_truth=False)
    with (folder / "SEM_OPA_201718_M02.csv").open(encoding="utf-8", newline="") as handle:
        found = list(csv.DictReader(handle))[:400]
    return [_with_patient(row, number % PATIENTS) for number, row in enumerate(found)]


def _with_patient(row: Row, patient: int) -> Row:
    kept = {name: value for name, value in row.items() if name not in ("Der_Pseudo_NHS_Number", "NHS_Number_Is_Valid")}
    born = BIRTHS[patient % 4]
    return {**dict(zip(HEADER, [SENT[patient], f"Zyxwvplant{patient}", "ZZ99 3QQ", born], strict=True)), **kept}


def text_of(rows: list[Row], header: bool = True) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("SEM_OPA_201718_M02.csv", text)
    return buffer.getvalue()


def _one(rows: list[Row], change: Callable[[Row], Row]) -> list[Row]:
    return [change(row) if number == 20 else row for number, row in enumerate(rows)]


def _prescribing(rows: list[Row]) -> str:
    """A file of another feed with NHS numbers in one more column."""
    names = "YEAR_MONTH,PRACTICE_CODE,BNF_CODE,ITEMS,NIC,ACTUAL_COST,NHS_NUMBER"
    return names + "\n" + "".join(f"201704,N82001,0501013B0AAAAAA,1,1.00,1.00,{row['NHS_Number']}\n" for row in rows)


# Name -> bytes. Rows are cut differently, so that each file is a submission of its own.
LANDED: dict[str, Callable[[list[Row]], bytes]] = {
    "SEM_OPA_plain.csv": lambda rows: text_of(rows).encode(),
    "SEM_OPA_packed.csv.gz": lambda rows: gzip.compress(text_of(rows[:300]).encode()),
    "SEM_OPA_archive.zip": lambda rows: _zipped(text_of(rows[:299])),
    "SEM_OPA_excel.csv": lambda rows: text_of(rows[:298]).replace("Zyxwvplant1,", "Zyxwvplanté,").encode("cp1252"),
    "hospital.csv": lambda rows: text_of(rows[:297]).encode("utf-16"),
}
REFUSED: dict[str, Callable[[list[Row]], bytes]] = {
    "SEM_OPA_column.csv": lambda rows: text_of([{**row, "Next_of_Kin": "Zyxwvplant"} for row in rows]).encode(),
    "SEM_OPA_broken.csv": lambda rows: text_of(rows).replace("Zyxwvplant22,", "Zyxwvplant22,one more,", 1).encode(),
    "SEM_OPA_quote.csv": lambda rows: text_of(rows).replace("Zyxwvplant22,", '"Zyxwvplant22,', 1).encode(),
    "SEM_OPA_cut.csv.gz": lambda rows: gzip.compress(text_of(rows[:290]).encode())[:-200],
    "SEM_OPA_dates.csv": lambda rows: text_of(
        [{**row, "Appointment_Date": f"{row['NHS_Number']} ZZ99 3QQ"} for row in rows]
    ).encode(),
    # Numbers of too few patients for the door: the rows are read, and none of their dates is one.
    "SEM_OPA_types.csv": lambda rows: text_of(
        [
            {**row, "Appointment_Date": f"{row['NHS_Number' if place % PATIENTS < 4 else 'Surname']} ZZ99 3QQ"}
            for place, row in enumerate(rows)
        ]
    ).encode(),
    "SEM_OPA_shifted.csv": lambda rows: text_of(
        [{**row, "GP_Practice_Code": row["NHS_Number"]} for row in rows]
    ).encode(),
    "SEM_OPA_hidden.csv": lambda rows: text_of(
        [{**row, "Unique_CDS_Identifier": row["NHS_Number"]} for row in rows]
    ).encode(),
    "SEM_OPA_note.csv": lambda rows: text_of(
        _one(rows, lambda row: {**row, "Unique_CDS_Identifier": f"NHS No: {NUMBERS[0]}"})
    ).encode(),
    "SEM_OPA_headless.csv": lambda rows: text_of(rows, header=False).encode(),
    "unnamed.csv": lambda rows: text_of(rows[:200], header=False).encode(),
    "unnamed.zip": lambda rows: _zipped(text_of(rows[:201], header=False)),
    "unnamed.txt": lambda _: f"Dear all, Mrs Zyxwvplant (NHS {NUMBERS[0]}) was seen.\n".encode(),
    "EPD_201704.csv": lambda rows: _prescribing(rows).encode(),
}  # fmt: skip


def everything(root: Path) -> Iterator[tuple[str, str]]:
    """Name and text of all that is stored below a folder: bytes, what they unpack to, and values of tables."""
    for path in sorted(root.rglob("*")):
        yield str(path), path.name
        if not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        yield from _texts(str(path), data)
        if path.suffix == ".parquet":
            yield from _values(str(path), duckdb.sql(f"from read_parquet({str(path)!r}, hive_partitioning = false)"))
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                for schema, table in connection.execute(
                    "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
                ).fetchall():
                    yield from _values(f"{path} {table}", connection.table(f'"{schema}"."{table}"'))
        elif data.startswith(b"SQLite format 3"):
            with sqlite3.connect(path) as database:
                yield str(path), "\n".join(database.iterdump())


def _texts(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    yield name, data.decode("latin-1")
    yield name, data.decode("utf-16-le", errors="ignore")
    if data[:2] == b"\x1f\x8b":
        yield from _texts(f"{name} unpacked", zlib.decompressobj(31).decompress(data))  # also of one that breaks off
    elif data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _texts(f"{name} {member}", archive.read(member))


def _values(name: str, relation: duckdb.DuckDBPyRelation) -> Iterator[tuple[str, str]]:
    yield name, "\n".join(",".join(str(value) for value in row) for row in relation.fetchall())


def leaks(root: Path) -> list[str]:
    """Where a planted identifier is found, with the identifier, in whatever case."""
    stored = ((name, text.upper()) for name, text in everything(root))
    return [f"{name}: {found}" for name, text in stored for found in _found(text)]


def _found(text: str) -> Iterator[str]:
    """The planted identifiers in a text; the numbers begin alike, so that few beginnings are looked for."""
    for beginning, planted in BEGINNINGS.items():
        if beginning in text:
            yield from (whole for whole in planted if whole in text)


def pcw(home: Path, *arguments: str, key: str | None = KEY) -> tuple[int, str]:
    """Exit code and all output of one command."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PCW_")}
    environment |= {"PCW_HOME": str(home), "PCW_COPIES": ""} | ({"PCW_PSEUDONYM_KEY": key} if key else {})
    done = subprocess.run(
        [sys.executable, "-c", "from orchestration.cli import program; program()", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module", params=["landed", pytest.param("released", marks=pytest.mark.slow)])
def home(
    request: pytest.FixtureRequest, rows: list[Row], parsed_once: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A deployment into whose inbox all files came. They landed and their models were built, or a whole run was made.

    What was refused, and what is kept of it, is told when a file lands: a release shows it again.
    """
    home = tmp_path_factory.mktemp("privacy") / "home"
    (home / "inbox").mkdir(parents=True)
    for name, make in {**LANDED, **REFUSED}.items():
        (home / "inbox" / name).write_bytes(make(rows))
    assert leaks(home)  # the search finds what is there
    if request.param == "landed":
        code, said = pcw(home, "land", *sorted(str(path) for path in (home / "inbox").iterdir()))
        build_appointments(Home(home), Settings(home=home))
    else:
        for parsed in parsed_once.glob("*.msgpack") if parsed_once else ():
            shutil.copy(parsed, home)  # a process of its own has not the place of the tests
        code, said = pcw(home, "run")
    (home / "said.txt").write_text(said, encoding="utf-8")
    assert code in (1, 2), said
    return home


def build_appointments(home: Home, settings: Settings) -> None:
    """The build database of what landed, as far as outpatient rows go in it."""
    prepare_feeds(home.warehouse, inputs_of(home, settings), read_submissions(home.landing), settings.memory_limit)
    run_dbt(home.warehouse, "build", "--select", "+int_sus__appointment", "--exclude-resource-type", "unit_test")
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) > 0 from intermediate.int_sus__appointment").fetchall() == [(True,)]


def test_nothing_of_a_patient_is_left_anywhere(home: Path) -> None:
    assert list((home / "inbox").iterdir()) == []
    assert leaks(home) == []


def test_what_landed_holds_pseudonyms_and_flags(home: Path) -> None:
    manifests = [json.loads(path.read_text()) for path in home.glob("landing/*/*/manifest.json")]
    assert {manifest["file_name"] for manifest in manifests} == set(LANDED), (home / "said.txt").read_text()
    landed = duckdb.sql(f"""
        select distinct der_pseudo_nhs_number, nhs_number_is_valid
        from read_parquet('{home}/landing/{DATASET}/*/*/*.parquet')
    """).fetchall()
    expected = {(pseudonym(KEY, number), "Y" if is_valid_nhs_number(number) else "N") for number in WRONG}
    assert set(landed) == expected
    assert list(home.glob("landing/sus_*/*/raw")) == []


def test_what_was_refused_keeps_its_reasons_and_no_bytes(home: Path) -> None:
    refusals = {}
    for path in home.glob("quarantine/*/refusal.json"):
        refusal = json.loads(path.read_text())
        refusals[refusal["file_name"]] = refusal
        assert not (path.parent / "raw").exists()
    assert set(refusals) == set(REFUSED), (home / "said.txt").read_text()
    for name, refusal in refusals.items():
        assert "bytes are not kept" in refusal["message"], name
        assert refusal["raw"] == "not kept"
    assert "Next_of_Kin" in refusals["SEM_OPA_column.csv"]["message"]
    assert "row 24" in refusals["SEM_OPA_broken.csv"]["message"]
    assert "shows patients where" in refusals["SEM_OPA_dates.csv"]["message"]
    assert "rows do not fit the contract" in refusals["SEM_OPA_types.csv"]["message"]  # it came as far as the reader
    assert "column 7 holds NHS numbers" in refusals["EPD_201704.csv"]["message"]


def test_the_key_is_nowhere(home: Path) -> None:
    assert [name for name, text in everything(home) if KEY in text] == []


@pytest.mark.slow
def test_without_a_key_the_file_stays_and_the_setting_is_named(rows: list[Row], tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "inbox").mkdir(parents=True)
    file = home / "inbox" / "SEM_OPA_plain.csv"
    file.write_bytes(LANDED[file.name](rows))
    code, said = pcw(home, "run", key=None)
    assert code == 1
    assert "PCW_PSEUDONYM_KEY" in said
    assert file.exists()
    outside = file.rename(tmp_path / file.name)
    assert leaks(home) == []
    assert pcw(home, "land", str(outside))[0] == 0
    assert outside.exists()
    assert leaks(home) == []


# Dies as kill -9 would: while the file is read, when it was read, when all is written that the gates are asked of, and
# at the n-th change of the folders after that. The rows are in memory, or in a file as those of a large one.
KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from sources import opening, scratch, staging
from orchestration.landing import land
from pcw.home import Home
from pcw.settings import load_settings
from sources.receipts import receive

def dying(real, at):
    count = 0
    def call(*arguments, **options):
        nonlocal count
        count += 1
        if count == at:
            os._exit(137)
        return real(*arguments, **options)
    return call

where, at = sys.argv[1], int(sys.argv[2])
if sys.argv[3] == "disk":
    scratch.ROOM = 1 << 40
if where == "reading":
    def utf8(self, real=opening.Member.utf8):
        for chunk in real(self):
            yield chunk[: len(chunk) // 2]
            os._exit(137)
    opening.Member.utf8 = utf8
elif where == "read":
    real = staging.read_members
    def read_members(connection, *arguments):
        real(connection, *arguments)
        connection.execute("checkpoint")
        os._exit(137)
    staging.read_members = read_members
elif where == "staged":
    real_context = staging.write_context
    def write_context(connection, home, *arguments):
        real_context(connection, home, *arguments)
        os._exit(137)
    staging.write_context = write_context
else:
    for name in ("rename", "replace", "unlink", "fsync"):
        setattr(os, name, dying(getattr(os, name), at))
settings = load_settings()
home = Home(settings.home).create()
[path] = home.inbox.iterdir()
land(home, settings, receive(path, datetime(2017, 7, 3, tzinfo=UTC)))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("SEM_OPA_packed.csv.gz", "reading 0 memory"),
        ("SEM_OPA_packed.csv.gz", "reading 0 disk"),
        ("SEM_OPA_packed.csv.gz", "read 0 memory"),
        ("SEM_OPA_packed.csv.gz", "read 0 disk"),
        ("SEM_OPA_packed.csv.gz", "folders 4 memory"),
        ("SEM_OPA_types.csv", "read 0 memory"),
        ("SEM_OPA_types.csv", "read 0 disk"),
        ("SEM_OPA_types.csv", "folders 1 memory"),
        # One number in a text is seen when the rows are read: before anything of them is written.
        ("SEM_OPA_note.csv", "staged 0 memory"),
        ("SEM_OPA_note.csv", "folders 2 memory"),
        ("SEM_OPA_packed.csv.gz", "staged 0 memory"),
    ],
)
def test_killed_in_the_middle_nothing_lies_about(rows: list[Row], tmp_path: Path, name: str, place: str) -> None:
    home = tmp_path / "home"
    (home / "inbox").mkdir(parents=True)
    (home / "inbox" / name).write_bytes({**LANDED, **REFUSED}[name](rows))
    environment = {**os.environ, "PCW_HOME": str(home), "PCW_PSEUDONYM_KEY": KEY}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *place.split()], cwd=PROJECT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 137, done.stderr
    if place == "read 0 disk":  # what was read lies there, or the search would prove nothing
        [file] = home.rglob("staging.duckdb")
        with duckdb.connect(str(file), read_only=True) as connection:
            assert connection.execute("select count(*) > 0 from received").fetchall() == [(True,)]
    if place.startswith("staged"):  # the rows of a good file lie there
        assert bool(list(home.rglob("*.parquet"))) == (name in LANDED)
    for left in (home / "inbox").iterdir():  # what has not left the inbox is not looked at
        left.unlink()
    assert leaks(home) == []
    assert not any(text in done.stdout + done.stderr for text in PLANTED)
