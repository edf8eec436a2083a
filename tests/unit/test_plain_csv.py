"""The quick way of large files gives the rows that the careful way gives, or leaves the file to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.inputs import lost_files
from orchestration.landing import LandingOutcome, land
from pcw.home import Home
from pcw.settings import Settings
from sources import plain_csv, staging
from sources.contracts import Contract, load_contracts
from sources.manifests import parquet_files
from sources.opening import Member, open_members
from sources.plain_csv import Surprise, is_plain, read_plain, write_plain
from sources.reader import read_members
from sources.receipts import receive
from sources.recognition import Recognised, recognise
from sources.synthetic.sample import write_sample

COLUMNS = ("year_month", "practice_code", "bnf_description", "items", "nic")
LAYOUT = {"name": "small", "header": True, "names": {name: [name.upper()] for name in COLUMNS}, "file_name": "small"}
LINE = "2017_06,A81001,Amoxicillin 500mg,4,5.70"


def small(**layout: Any) -> Contract:
    """Five columns of the prescribing dataset: a month, texts (one may be empty), whole numbers and amounts."""
    epd = load_contracts()["epd"]
    values = epd.model_dump(by_alias=True)
    values |= {
        "columns": [column for column in values["columns"] if column["name"] in COLUMNS],
        "layouts": [{**LAYOUT, **layout}],
        "key": ["practice_code"],
        "control_totals": ["items", "nic"],
    }
    return Contract.model_validate(values)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is large, and a block holds a few rows."""
    monkeypatch.setattr(plain_csv, "LARGE", 0)
    monkeypatch.setattr(plain_csv, "BLOCK", 128)


def opened(folder: Path, text: str, contract: Contract, end: str = "\n") -> tuple[Member, Recognised]:
    """A file of these rows below its header."""
    (folder / "members").mkdir(exist_ok=True)
    header = ",".join(name.upper() for name in COLUMNS)
    (folder / "received").write_bytes(f"{header}{end}{text}".encode())
    [member] = open_members(folder / "received", "small.csv", folder / "members")
    layout = contract.layouts[0]
    return member, Recognised(contract, layout, ",", COLUMNS, None, headers=tuple(header.split(",")))


def carefully(contract: Contract, member: Member, recognised: Recognised) -> tuple[list[Any], int, str | None]:
    """Rows of the careful way, how many it set aside, and its sentence about a broken file."""
    with duckdb.connect() as connection:
        read = read_members(connection, contract, [(member, recognised)], submission_id="s")
        rows = connection.execute("select * exclude (period) from staged order by source_row").fetchall()
    return rows, read.rows_quarantined, read.shape_problem


def quickly(contract: Contract, member: Member, recognised: Recognised, folder: Path) -> list[Any]:
    """Rows of the quick way in the same order of columns, by the reader of those who land."""
    write_plain(contract, member, recognised, folder / "rows.parquet", "s")
    with duckdb.connect() as connection:
        names = ", ".join([*(column.name for column in contract.columns), "source_row", "submission_id"])
        return connection.execute(f"select {names} from '{folder}/rows.parquet'").fetchall()


CELLS = st.one_of(
    st.sampled_from(
        ["2017_06", "201706", "2017-06", "A81001", "", " ", "-", "4", "5.70", "-3", "5.", ".5", "1e3", "0x1"]
    ),
    st.sampled_from(
        ['"a,b"', '"a""b"', '"4"', '"', '5"', '"a"b', '"a\nb"', "+5", " 4", "4 ", "1.000000", "1.000001", "é"]
    ),
    st.sampled_from(["99999999999999999999", "1234567890123", "12345678901234", "0.00001", "\u00a0x", "2017_13", "-0"]),
    st.text(alphabet='ab0. -",\n\r\u00e9', max_size=4),
)
ROWS = st.lists(st.lists(CELLS, min_size=4, max_size=6), min_size=1, max_size=4)


@settings(max_examples=300, deadline=None)
@given(strange=ROWS, plain=st.integers(0, 6), end=st.sampled_from(["\n", "\n", "\r\n"]))
def test_what_it_reads_is_what_the_careful_way_reads(
    strange: list[list[str]], plain: int, end: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, contract = tmp_path_factory.mktemp("both"), small(empty=["-"])
    text = "".join(f"{line}{end}" for line in [LINE] * plain + [",".join(cells) for cells in strange])
    member, recognised = opened(folder, text, contract, end)
    try:
        rows = quickly(contract, member, recognised, folder)
    except Surprise:
        return
    assert (rows, 0, None) == carefully(contract, member, recognised)


# One cell of one column, as it stands in the file: what both ways make of it is compared.
FINE = {
    "practice_code": ["A81001", "A81001 ", "  A81001", '"A81001"', "é"],
    "bnf_description": ["", '""', "-", " x ", '"a, b"', "Ünïts"],
    "items": ["4", "-4", "007", "-0", '"4"'],
    "nic": ["5", "5.", ".5", "-.5", "5.70000", "5.700000000", "1234567890123.00001", "-0.0"],
    "year_month": ["2017_06", "201706", "2017-06", " 201706"],
}
STRANGE = {
    "practice_code": ["", " ", "-", "\u00a0A81001", "A\u3000", "a\"b", '"a""b"', '"a"b', '"a\nb"', "A81001,x"],
    "bnf_description": [" ", " -", "x\t", '5" tube', '"', "x" * 50_001],
    "items": ["", "+5", " 4", "4 ", "1e3", "0x1", "4.0", "99999999999999999999", "four", "-", "--4", "4-4"],
    "nic": ["", "+5", " 5", "1e3", "5.700001", "12345678901234", "5,7", "1.2.3", ".", "-", "nan", "inf"],
    "year_month": ["", "2017_13", "2017/06", "0000_01", "June"],
}  # fmt: skip


def with_cell(column: str, cell: str) -> str:
    cells = dict(zip(COLUMNS, LINE.split(","), strict=True)) | {column: cell}
    return "\n".join([LINE, ",".join(cells.values()), LINE, LINE]) + "\n"


@pytest.mark.parametrize(("column", "cell"), [(column, cell) for column, cells in FINE.items() for cell in cells])
def test_it_reads_every_way_to_write_a_value(column: str, cell: str, tmp_path: Path) -> None:
    contract = small(empty=["-"])
    member, recognised = opened(tmp_path, with_cell(column, cell), contract)
    rows = quickly(contract, member, recognised, tmp_path)
    assert (rows, 0, None) == carefully(contract, member, recognised)
    assert [row[-2] for row in rows] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("column", "cell"),
    [(column, cell) for column, cells in STRANGE.items() for cell in cells],
    ids=lambda said: said[:20],
)
def test_it_leaves_what_is_strange_to_the_careful_way(column: str, cell: str, tmp_path: Path) -> None:
    contract = small(empty=["-"])
    member, recognised = opened(tmp_path, with_cell(column, cell), contract)
    with pytest.raises(Surprise):
        write_plain(contract, member, recognised, tmp_path / "rows.parquet", "s")
    with duckdb.connect() as connection:
        assert read_plain(connection, contract, [(member, recognised)], tmp_path / "rows.parquet", "s") is None
    assert not (tmp_path / "rows.parquet").exists()


@pytest.mark.parametrize(
    "text",
    [
        f"{LINE}\n\n{LINE}\n", f"\n{LINE}\n", f"{LINE}\r\n{LINE}\n", f"{LINE}\r{LINE}\n", f"{LINE},1\n",
        f"{LINE}\n2017_06,A81001\n", f"{LINE}\n{'x' * 200}\n",
    ],
)  # fmt: skip
def test_it_leaves_rows_that_are_not_alike(text: str, tmp_path: Path) -> None:
    contract = small()
    member, recognised = opened(tmp_path, text, contract)
    with pytest.raises(Surprise):
        write_plain(contract, member, recognised, tmp_path / "rows.parquet", "s")


def test_only_what_is_large_and_plain_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = small()
    member, recognised = opened(tmp_path, f"{LINE}\n", contract)
    assert is_plain(contract, member, recognised)
    no_end, _ = opened(tmp_path, LINE, contract)
    assert not is_plain(contract, no_end, recognised)
    assert not is_plain(contract.model_copy(update={"identifiable": True}), member, recognised)
    monkeypatch.setattr(plain_csv, "LARGE", 1 << 20)
    assert not is_plain(contract, member, recognised)


@pytest.fixture(params=["sample", "real"])
def prescribing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A month of prescribing."""
    if request.param == "real":
        yield request.getfixturevalue("realdata") / "prescribing" / "EPD_201709_4practices.csv"
        return
    out = write_sample(tmp_path / "sample", date(2017, 6, 1), date(2017, 6, 1), practices=4, with_truth=False).out
    yield next(out.glob("EPD_*.csv"))


def test_a_month_of_prescribing_is_the_same_both_ways(
    prescribing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_csv, "BLOCK", 1 << 16)
    contract = load_contracts()["epd"]
    (tmp_path / "members").mkdir()
    [member] = open_members(prescribing, prescribing.name, tmp_path / "members")
    assert member.path == prescribing, "it is read from where it lies"
    recognised = recognise(member, load_contracts().values())
    rows, set_aside, problem = carefully(contract, member, recognised)
    assert rows and (set_aside, problem) == (0, None)
    assert quickly(contract, member, recognised, tmp_path) == rows
    with duckdb.connect() as connection:
        connection.execute(f"create table quick as from '{tmp_path}/rows.parquet'")
        types = dict(connection.execute("select column_name, data_type from duckdb_columns()").fetchall())
    assert {column.name: column.sql_type.upper() for column in contract.columns}.items() <= types.items()


def landed(home: Home, path: Path) -> tuple[LandingOutcome, list[Any]]:
    """What became of a file, and the rows that landing holds of it."""
    outcome = land(home.create(), Settings(home=home.root), receive(path, datetime(2018, 1, 1, tzinfo=UTC)))
    if outcome.submission is None:
        return outcome, []
    files = parquet_files(home.landing, outcome.submission, outcome.periods[0])
    with duckdb.connect() as connection:
        return outcome, connection.execute(
            "select * from read_parquet(?, hive_partitioning = false) order by source_row", [files]
        ).fetchall()


@pytest.mark.parametrize("is_doubled", [False, True])
def test_it_lands_or_is_refused_alike_both_ways(
    is_doubled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_csv, "BLOCK", 1 << 16)
    month = date(2017, 6, 1)
    path = next(write_sample(tmp_path / "sample", month, month, practices=4, with_truth=False).out.glob("EPD_*.csv"))
    if is_doubled:
        path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[-1])
    quick = staging.read_plain
    monkeypatch.setattr(staging, "read_plain", careful := Mock(return_value=None))
    careful_way = landed(Home(tmp_path / "careful"), path)
    assert careful.called
    monkeypatch.setattr(staging, "read_plain", quick)
    monkeypatch.setattr(staging, "read_members", Mock(side_effect=AssertionError("the careful way was taken")))
    outcome, rows = landed(Home(tmp_path / "quick"), path)
    assert rows == careful_way[1] and bool(rows) is not is_doubled
    assert [verdict.message for verdict in outcome.verdicts] == [v.message for v in careful_way[0].verdicts]
    if outcome.submission and careful_way[0].submission:
        assert outcome.submission.periods == careful_way[0].submission.periods
        assert lost_files(Home(tmp_path / "quick"), [outcome.submission]) == []
    else:
        assert outcome.refusal and careful_way[0].refusal
        assert outcome.refusal.message == careful_way[0].refusal.message
        assert "repeat the practice" in outcome.refusal.message
