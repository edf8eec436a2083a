"""What others open a release and its exports with: older DuckDB, arrow (which is R's too), pandas, LibreOffice."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook

from publishing import shelf
from publishing.exports.writing import write
from tests.contract.clients.read_release import hashed
from tests.export_reading import csv_rows, released_tables
from tests.running import Deployed
from tests.unit.test_exports import TEXTS, make

CLIENTS = Path(__file__).parent / "clients"
# As a person opens it; and with all that may be guessed guessed: special numbers (days, times), formulas run, en-GB.
GUESSED = "34,76,1,,2057,false,true,false,false,false,0,true"
# The last as its dialog offers.
WAYS = {"as it comes": "44,34,76,1", "all guessed": f"44,{GUESSED}", "many separators": f"44/59/9,{GUESSED}"}
# Where commas part nothing there are no columns; nothing may be run all the same.
OTHERS = {"semicolons alone": f"59,{GUESSED}", "tabs alone": f"9,{GUESSED}", "semicolons and tabs": f"59/9,{GUESSED}"}


def client(requirements: Path, folder: Path) -> Path:
    """The Python of an environment of its own with these packages."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
    python = folder / "bin" / "python"
    quiet = ["--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [python, "-m", "pip", "install", *quiet, "-r", requirements], capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        reasons = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        pytest.skip(f"{requirements.stem} cannot be installed here: {reasons[0]}")
    return python


@pytest.mark.slow
@pytest.mark.parametrize("name", ["duckdb-1.3", "duckdb-1.4"])
def test_older_clients_read_what_was_released(released: Deployed, tmp_path: Path, name: str) -> None:
    release = shelf.current_release(released.home)
    assert release is not None
    python = client(CLIENTS / f"{name}.txt", tmp_path / "venv")
    arguments = [str(released.current.resolve())]
    if "pyarrow" in (CLIENTS / f"{name}.txt").read_text():
        exported = tmp_path / "exports"
        exported.mkdir()
        write(release, exported, memory_limit="2GB", work=tmp_path)
        arguments.append(str(exported / "commissioner"))
    done = subprocess.run(
        [python, CLIENTS / "read_release.py", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    expected = {table: hashed(rows) for table, (_, rows) in released_tables(release.path).items()}
    assert found["duckdb"]["version"].startswith(name.removeprefix("duckdb-"))
    assert found["duckdb"]["tables"] == expected
    [(views,)] = released.query("select count(*) from indicator_latest")
    [(comments,)] = released.query("select count(comment) from duckdb_columns() where not internal")
    assert (found["duckdb"]["views"], found["duckdb"]["comments"]) == (views, comments)
    assert found.get("arrow", expected) == expected
    assert found.get("pandas", []) == []


def opened_in_calc(file: Path, folder: Path, way: str) -> list[tuple[Any, ...]]:
    """Cells of a CSV as LibreOffice has them after opening it: read from the workbook that it saves."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not here: apt-get install libreoffice-calc (200 MB, so no test run installs it)")
    own = f"-env:UserInstallation=file://{folder}/profile"
    asked = [
        "--headless",
        f"--infilter=CSV:{(WAYS | OTHERS)[way]}",
        "--convert-to",
        "xlsx",
        "--outdir",
        folder / way,
        file,
    ]
    subprocess.run([program, own, *asked], check=True, capture_output=True, timeout=300)
    sheet = load_workbook(folder / way / f"{file.stem}.xlsx").active
    assert sheet is not None
    assert not [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)]


@pytest.mark.slow
@pytest.mark.parametrize("way", [*WAYS, *OTHERS])
def test_a_spreadsheet_runs_nothing_and_turns_no_text(tmp_path: Path, way: str) -> None:
    release, out = make(tmp_path / "release"), tmp_path / "out"
    out.mkdir()
    write(release, out, memory_limit="1GB", work=tmp_path)
    with zipfile.ZipFile(out / "commissioner" / "csv.zip") as zipped:
        for name in ("organisation.csv", "indicator_result.csv", "cres_month.csv", "dictionary.csv"):
            zipped.extract(name, tmp_path)
    cells = opened_in_calc(tmp_path / "dictionary.csv", tmp_path, way)
    assert way in OTHERS or {(len(row), type(row[2])) for row in cells} == {(7, int), (7, type(None))}
    for name, (types, rows) in released_tables(release.path).items():
        file = tmp_path / f"{name}.csv"
        if file.exists():
            cells = opened_in_calc(file, tmp_path, way)
            if way in OTHERS:
                continue
            assert cells_wrong(csv_rows(file.read_bytes(), types), cells, types) == [], name
            assert len(cells) == len(rows)


def cells_wrong(rows: list[tuple[Any, ...]], cells: list[tuple[Any, ...]], types: Mapping[str, str]) -> list[Any]:
    """Cells that came to be something else, once its apostrophes are taken away."""
    wrong = []
    for row, shown in zip(rows, cells, strict=True):
        for value, cell, (column, kind) in zip(row, shown, types.items(), strict=False):
            if kind == "VARCHAR" and value is not None:
                text = re.sub(r"(^|[;\t\r\n])'", r"\1", cell) if isinstance(cell, str) else cell
                same = isinstance(text, str) and text.split() == value.split()
            elif kind.startswith("DECIMAL") and value is not None:
                same = isinstance(cell, (int, float)) and float(cell) == float(value)
            else:
                same = (cell is None) == (value is None)
            if not same:
                wrong.append((column, value, cell))
    return wrong


@pytest.mark.slow
def test_without_its_guard_text_is_turned(tmp_path: Path) -> None:
    """The test above would see it: what is guarded is turned, or run, where it is not."""
    file = tmp_path / "bare.csv"
    kept = [text for text in TEXTS if text.strip() and "\n" not in text and "\r" not in text]
    with duckdb.connect() as connection:
        connection.execute("create table bare (number integer, text varchar)")
        connection.executemany("insert into bare values (?, ?)", list(enumerate(kept)))
        connection.execute(f"copy bare to '{file}' (header)")
    with pytest.raises(AssertionError, match="B"):  # a formula is there
        opened_in_calc(file, tmp_path, "all guessed")
    sheet = load_workbook(tmp_path / "all guessed" / "bare.xlsx").active
    assert sheet is not None
    shown = dict(zip(kept, (cell.value for cell in sheet["B"][1:]), strict=True))
    turned = {text for text, value in shown.items() if not isinstance(value, str) or value.strip() != text.strip()}
    assert turned >= {"0501", "1E5", "5E1", "0501013E0", "2017-04-01", "true", "12%", "01/02"}
    assert [text for text in turned if not TEXTS[text]] == []  # nothing that is left bare needs a guard


@pytest.mark.slow
@pytest.mark.parametrize("way", OTHERS)
def test_without_the_guard_within_text_is_run(tmp_path: Path, way: str) -> None:
    """Quotes alone do not help: one that does not begin its field is none."""
    file = tmp_path / "quoted.csv"
    file.write_text('number,text\n1,"Dr A;=1+1;b"\n2,"Dr A\t=1+1\tb"\n')
    with pytest.raises(AssertionError):  # a formula is there
        opened_in_calc(file, tmp_path, way)
