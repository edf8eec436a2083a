"""Exports say what the release says: read back by other readers, cell by cell."""

import csv
import io
import itertools
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars
import pytest
import yaml

from pcw.errors import PcwError
from publishing.exports import cells, csv_files, readme
from publishing.exports.writing import write
from publishing.shelf import Release
from publishing.suppression import EXACT, UNSAID
from tests.export_reading import by_practice_plainly, csv_rows, differences, parquet_rows
from tests.unit.report_release import Row, definition, listed, make_release, organisation, result

JUNE, MAY = date(2017, 6, 30), date(2017, 5, 31)
# Text, and whether a spreadsheet takes it for something else.
TEXTS = {
    **dict.fromkeys(
        (
            *("=1+1", "+1", "-1", "-", "@SUM(A1)", "\tx", "\rx", "\nx", " =1", "＝1", "−5", "'quoted", "", "#N/A"),
            *("0501", "0403010", "1E5", "5E1", "0501013E0", "1e-5", ".5", "1,000", "12%", "£5", "(5)", "5 €", "100"),
            *("2011-12", "2017-04", "2017-04-01", "01/02", "1/2", "1-2", "12:30", "9 pm", "9:30am", "9 a", "2011/12"),
            *("May 2017", "MAR1", "1-Sep", "2 SEPT", "30 June 2017", "Mon, 1 May 2017", "true", "FALSE", "1 000"),
            "=cmd|' /C calc'!A0",
        ),
        True,
    ),
    **dict.fromkeys(
        (
            *("N82001", "RQ6", "99A", "03W", "04C", "12A", "04P", "99P", "E38000091", "U12345", "0501013B0AAAAAA"),
            *(
                "2017-18",
                "1999-00",
                "2019-20",
                "2017/18",
                "M01",
                "Q1",
                "J18.9",
                "E10",
                "May",
                "March",
                "NaN",
                "N/A",
                "12 mg",
            ),
            *("A=1", "100 patients", "1E", 'said "so"', "two\nlines", "a,b", " blank ", "Café £5", "\u202eturned"),
        ),
        False,
    ),
}

# Text of which a piece would be run where semicolons, tabs or ends of lines part cells, and its guard.
WITHIN = {
    "Dr A;=1+1": "Dr A;'=1+1",
    "Dr A; =1+1;b": "Dr A;' =1+1;b",
    'x;"=1+1"': 'x;\'"=1+1"',
    "x;;=1;=2": "x;;'=1;'=2",
    "x;'kept": "x;''kept",
    "x;' =1": "x;'' =1",
    "tab\t+1\tx": "tab\t'+1\tx",
    "two\r\n@SUM(1)": "two\r\n'@SUM(1)",
    "two\r=1": "two\r'=1",
    "two\n-cmd|' /C calc'!A0": "two\n'-cmd|' /C calc'!A0",
    "=1;=2": "'=1;'=2",
    "\t=1": "'\t'=1",
    "a; b": "a; b",
    "1;2": "1;2",
    "it's; a=b": "it's; a=b",
}


@pytest.mark.parametrize(("text", "is_guarded"), TEXTS.items(), ids=repr)
def test_text_that_a_spreadsheet_would_turn_is_guarded_and_comes_back(text: str, is_guarded: bool) -> None:
    written = cells.guarded(text)
    assert written == (f"'{text}" if is_guarded else text)
    assert cells.unguarded(written) == text


@pytest.mark.parametrize(("text", "expected"), WITHIN.items(), ids=repr)
def test_what_would_be_run_where_semicolons_or_tabs_part_cells_is_guarded(text: str, expected: str) -> None:
    assert cells.guarded(text) == expected
    assert cells.unguarded(expected) == text


def test_every_text_of_awkward_signs_comes_back() -> None:
    for length in range(6):
        for signs in itertools.product("';=\t\n x", repeat=length):
            text = "".join(signs)
            assert cells.unguarded(cells.guarded(text)) == text


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_all_text_but_plain_codes_is_quoted(separator: str) -> None:
    """Whatever separates cells beside the comma: it is within quotes."""
    for text in (*TEXTS, *WITHIN, f"a{separator}b", f"{separator}", "Surgery of Dr A", "Café"):
        cell = cells.written(text)
        is_code = re.fullmatch(r"[A-Za-z0-9_.'/-]+", cell) is not None
        assert is_code or (cell[0], cell[-1]) == ('"', '"'), text
        assert next(csv.reader(io.StringIO(cell, newline=""), delimiter=separator)) == [cells.guarded(text)]
    assert cells.written("N82001") == "N82001" and cells.written("") == "'"


def test_the_two_engines_write_alike_and_null_is_no_empty_text() -> None:
    with duckdb.connect() as connection:
        cells.define(connection)
        for text in (*TEXTS, *WITHIN):
            found = connection.execute("select guarded_cell($1), written_cell($1)", [text]).fetchall()
            assert found == [(cells.guarded(text), cells.written(text))], text
        assert connection.execute("select written_cell(null)").fetchall() == [(None,)]
    assert cells.unguarded("") is None


def rows_of_release() -> Mapping[str, Sequence[Row]]:
    """Practices of which one has an odd name, and every text above as the name of an organisation."""
    awkward = [organisation("locality", f"L{number}", text) for number, text in enumerate((*TEXTS, *WITHIN))]
    figures = {"numerator": Decimal("12.5"), "denominator": Decimal(1000), "target": Decimal("1.1"), "band": "B"}
    return {
        "indicator": [definition("items-rate", multiplier=100), definition("beds", unit="=beds", version="1")],
        "organisation": [
            *awkward,
            organisation("practice", "N82001", '=HYPERLINK("http://x","Dr A")'),
            organisation("cost_centre", "N82002", "Dr Ó Súilleabháin, partners"),
            {**organisation("practice", "N82001", "Older name"), "valid_from": date(2001, 4, 1)},
            organisation("neighbourhood", "99A-N01", "Alderbank"),
            organisation("pcn", "U00001", "Network"),
        ],
        "practice_month": [
            listed("N82001", date(2017, 6, 1), 5000, "99A-N01") | {"pcn": "U00001"},
            listed("N82002", date(2017, 5, 1), None, "99A-N01"),
        ],
        "indicator_result": [
            result("items-rate", ("practice", "N82001"), JUNE, 1.25, **figures),
            result("items-rate", ("practice", "N82002"), JUNE, None, state_reason="-not received\r\nyet"),
            result("items-rate", ("practice", "N82001"), MAY, 0.1 + 0.2, **figures),
            result("items-rate", ("practice", "N82001"), date(2017, 7, 31), None),
            result("beds", ("practice", "N82002"), MAY, -5.0, version="1"),
            result("items-rate", ("practice", "N82001"), MAY, 9.0, is_headline=False, variant="other"),
            result("items-rate", ("practice", "N82001"), MAY, 9.0, org_view="current"),
            result("items-rate", ("neighbourhood", "99A-N01"), MAY, 9.0),
        ],
        "cres_month": [{"scheme_id": "0501", "plan": Decimal("-1234.50"), "month": date(2017, 4, 1)}],
    }


def make(folder: Path, *, audiences: Sequence[str] = (), rows: Mapping[str, Sequence[Row]] | None = None) -> Release:
    """A release on disk, of whom each audience sees the same."""
    folder.mkdir(parents=True)
    for name in ("commissioner", *audiences):
        file = make_release(folder / f"{name}.duckdb", rows_of_release() if rows is None else rows)
        with duckdb.connect(file) as connection:
            connection.execute("comment on table indicator is 'One row per indicator; it''s \"defined\".'")
            connection.execute("comment on column indicator.unit is '=what, it is measured in'")
    return Release(
        release_id="20170801T090000Z-0a1b2c3d",
        sequence=1,
        path=folder / "commissioner.duckdb",
        private_path=folder / "private.duckdb",
        content_hash="0a",
        created_at=datetime(2017, 8, 1, 9, tzinfo=UTC),
        inputs_fingerprint="in",
        as_at=None,
        previous_release_id=None,
        audiences=dict.fromkeys(audiences, "0a"),
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Path]:
    root = tmp_path_factory.mktemp("exports")
    release, out = make(root / "release", audiences=["public"]), root / "out"
    out.mkdir()
    write(release, out, memory_limit="1GB", work=root)
    return release, out


def test_every_cell_of_every_audience_is_that_of_the_release(exported: tuple[Release, Path]) -> None:
    release, out = exported
    assert {folder.name for folder in out.iterdir()} == {"commissioner", "public"}
    for folder in out.iterdir():
        assert list(differences(release.file_of(folder.name), folder)) == []


def test_a_cell_that_differs_is_seen(exported: tuple[Release, Path], tmp_path: Path) -> None:
    release, out = exported
    changed = tmp_path / "changed.duckdb"
    changed.write_bytes(release.path.read_bytes())
    with duckdb.connect(changed) as connection:
        connection.execute("update cres_month set plan = plan + 0.01")
    found = list(differences(changed, out / "commissioner"))
    assert found == ["cres_month.csv has other rows", "cres_month.parquet has other rows"]


def test_indicators_by_practice_are_those_of_the_release(exported: tuple[Release, Path]) -> None:
    release, out = exported
    expected = by_practice_plainly(release.path)
    assert [row[1] for row in expected] == ["N82001", "N82002", "N82001", "N82002", "N82001"]
    assert expected[2][2:8] == ('=HYPERLINK("http://x","Dr A")', "99A", "99A-N01", "Alderbank", "U00001", "Network")
    place = out / "commissioner"
    assert parquet_rows(place / "indicators_by_practice.parquet") == expected
    # July has a row and no figure, so June is the newest month that anybody comes for.
    assert [file.name for file in place.glob("*_2*.csv")] == ["indicators_by_practice_2017-06.csv"]
    with duckdb.connect() as connection:
        asked = connection.execute(f"from '{place / 'indicators_by_practice.parquet'}'").description or []
    types = {column[0]: str(column[1]) for column in asked}
    with zipfile.ZipFile(place / "indicators_by_practice.zip") as zipped:
        months = {name: csv_rows(zipped.read(name), types) for name in zipped.namelist()}
        june = zipped.read("indicators_by_practice_2017-06.csv")
    assert list(months) == [f"indicators_by_practice_2017-0{month}.csv" for month in (5, 6, 7)]
    assert [row for rows in months.values() for row in rows] == expected
    assert (place / "indicators_by_practice_2017-06.csv").read_bytes() == june


def test_metrics_of_all_commissioners_are_there_where_the_release_has_their_roll_up(tmp_path: Path) -> None:
    rows = dict(rows_of_release())
    rows["indicator_result"] = [
        *rows["indicator_result"],
        result("items-rate", ("commissioner", "99A"), JUNE, 1.0, numerator=Decimal(1), denominator=Decimal(100)),
        result("items-rate", ("system", "ALL"), JUNE, 1.5, numerator=Decimal(3), denominator=Decimal(200)),
    ]
    named = {}
    for number, given in enumerate((None, rows)):
        out = tmp_path / f"out-{number}"
        out.mkdir()
        write(make(tmp_path / f"release-{number}", rows=given), out, memory_limit="1GB", work=tmp_path)
        text = (out / "commissioner" / "semantic.yml").read_text(encoding="utf-8")
        named[number] = {one["name"]: one for one in yaml.safe_load(text)["metrics"]}
    assert set(named[1]) - set(named[0]) == {"items_rate_of_all", "beds_of_all"}
    metric = named[1]["items_rate_of_all"]
    assert metric["label"].endswith(" of all") and "of all commissioners together." in metric["description"]
    for part in ("numerator", "denominator"):
        assert "{{ Dimension('result__org_type') }} = 'system'" in metric["type_params"][part]["filter"]


def test_where_an_audience_lacks_what_they_are_made_of_there_are_none(tmp_path: Path) -> None:
    release = make(tmp_path / "release")
    with duckdb.connect(release.path) as connection:
        connection.execute("drop table practice_month")
    out = tmp_path / "out"
    out.mkdir()
    write(release, out, memory_limit="1GB", work=tmp_path)
    assert not list(out.glob("*/indicators_by_practice*"))
    assert "indicators_by_practice" not in (out / "commissioner" / "README.txt").read_text()
    assert list(differences(release.path, out / "commissioner")) == []


def test_what_the_release_says_of_itself_is_in_the_dictionary_the_package_and_the_parquet(
    exported: tuple[Release, Path],
) -> None:
    release, out = exported
    place = out / "commissioner"
    rows = list(csv.DictReader(io.StringIO((place / "dictionary.csv").read_bytes().decode("utf-8-sig"), newline="")))
    said = {(row["table"], row["column"]): row for row in rows}
    assert said["indicator", ""]["description"] == 'One row per indicator; it\'s "defined".'
    assert said["indicator", "unit"]["description"] == "'=what, it is measured in"
    assert said["indicator", "version"]["key_position"] == "2"
    assert said["cres_month", "plan"]["type"] == "DECIMAL(18,2)"
    assert ("indicators_by_practice", "numerator") in said
    page = (place / "dictionary.html").read_text(encoding="utf-8")
    assert "=what, it is measured in" in page
    assert page.count("<caption") == len({row["table"] for row in rows}) and 'scope="col"' in page
    with zipfile.ZipFile(place / "csv.zip") as zipped:
        package = json.loads(zipped.read("datapackage.json"))
        assert {one["path"] for one in package["resources"]} <= set(zipped.namelist())
    [indicator] = [one for one in package["resources"] if one["name"] == "indicator"]
    assert indicator["schema"]["primaryKey"] == ["indicator_id", "version"]
    [unit] = [field for field in indicator["schema"]["fields"] if field["name"] == "unit"]
    assert (unit["type"], unit["description"]) == ("string", "=what, it is measured in")
    metadata = polars.read_parquet_metadata(place / "parquet" / "indicator.parquet")
    assert json.loads(metadata["columns"])["unit"] == "=what, it is measured in"
    assert (metadata["release_id"], metadata["audience"]) == (release.release_id, "commissioner")


def test_the_readme_says_which_release_for_whom_and_what_hidden_means(exported: tuple[Release, Path]) -> None:
    release, out = exported
    for audience, licence in (("commissioner", "None is given"), ("public", "Open Government Licence")):
        text = (out / audience / "README.txt").read_bytes().decode("utf-8-sig")
        assert release.release_id in text and "2017-08-01 09:00 UTC" in text and licence in text
        assert "Suppressed" in text and "APOSTROPHE" in text
        assert text.count("\n") == text.count("\r\n")


@pytest.mark.parametrize(
    ("disclosure", "lines"),
    [
        (EXACT, [f"  {EXACT}"]),
        (UNSAID, [f"  Suppressed: {UNSAID}", "  Of a figure that is hidden state_reason says so."]),
    ],
)
def test_the_readme_of_an_exact_file_says_nothing_of_hidden_figures(
    exported: tuple[Release, Path], disclosure: str, lines: list[str]
) -> None:
    text = readme.text(exported[0], "commissioner", (), disclosure, has_indicators=False).decode("utf-8-sig")
    between = text.split("It is never zero.\r\n")[1].split("  Rates are made")[0]
    assert between.splitlines() == lines


def test_zips_are_clean_and_the_same_bytes_each_time(exported: tuple[Release, Path], tmp_path: Path) -> None:
    release, out = exported
    write(release, tmp_path, memory_limit="1GB", work=tmp_path)
    for file in out.rglob("*.*"):
        if file.is_file() and file.suffix != ".parquet":
            assert file.read_bytes() == (tmp_path / file.relative_to(out)).read_bytes(), file.name
    for file in out.rglob("*.zip"):
        with zipfile.ZipFile(file) as zipped:
            assert zipped.testzip() is None
            for member in zipped.infolist():
                assert "/" not in member.filename and "\\" not in member.filename
                assert member.date_time == (2017, 8, 1, 9, 0, 0)
                assert member.external_attr >> 16 == 0o100644
                assert b"\n" not in zipped.read(member).replace(b"\r\n", b"") or member.filename.endswith(
                    ("organisation.csv", ".json")
                )


def test_a_type_that_nobody_decided_on_is_refused() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table odd (list integer[])")
        cells.define(connection)
        [column] = [csv_files.Column("list", "INTEGER[]", True, None)]
        with pytest.raises(PcwError, match=r"Column list of odd has the type INTEGER\[\]"):
            list(csv_files.lines(connection, "odd", [column]))


def test_a_file_that_cannot_be_read_is_told_with_its_release(tmp_path: Path) -> None:
    release = make(tmp_path / "release", rows={})
    release.path.write_bytes(b"no database")
    with pytest.raises(PcwError, match=r"exports of release 20170801T090000Z-0a1b2c3d for commissioner.*stands"):
        write(release, tmp_path, memory_limit="1GB", work=tmp_path)
