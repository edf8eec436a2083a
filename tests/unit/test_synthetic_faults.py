"""Named faults: each damages one file, in the way its description says, and leaves the truth alone.

Those of hospital activity are in test_synthetic_sus.py, of finance in test_synthetic_finance_faults.py, of savings in
test_synthetic_evidence.py.
"""

import csv
import io
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from pcw.errors import PcwError
from sources.synthetic import EVIDENCE_FAULTS, FINANCE_FAULTS, SUS_FAULTS, write_sample
from sources.synthetic import FAULTS as ALL_FAULTS
from sources.synthetic.faults import _thousandfold, chosen_faults

FIRST, LAST = date(2017, 1, 1), date(2017, 4, 1)
OTHERS = {*SUS_FAULTS, *FINANCE_FAULTS, *EVIDENCE_FAULTS}
FAULTS = {name: fault for name, fault in ALL_FAULTS.items() if name not in OTHERS}
EPD = "EPD_201704.csv"
ASKED_FOR = {
    *("truncated", "wrong_month", "extra_column", "missing_column", "renamed_column", "doubled_rows"),
    *("thousandfold_cost", "thousandfold_cost_row", "empty", "binary", "html_error_page", "another_dataset"),
    *("unknown_practices", "list_total_mismatch", "latin1"),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("clean") / "s", FIRST, LAST, practices=5).out


@pytest.fixture(scope="module")
def damaged(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("damaged")
    result = {}
    for name, fault in FAULTS.items():
        shutil.copytree(clean, folder / name)
        result[name] = (folder / name, fault.apply(folder / name, LAST))
    return result


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def column(rows: list[list[str]], name: str) -> list[str]:
    place = rows[0].index(name)
    return [row[place] for row in rows[1:]]


def test_the_faults_of_the_acceptance_exist() -> None:
    assert set(FAULTS) >= ASKED_FOR
    assert all(fault.description.endswith(".") for fault in FAULTS.values())


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_changes_one_file_and_no_truth(clean: Path, damaged: dict[str, tuple[Path, str]], name: str) -> None:
    out, hit = damaged[name]
    for path in clean.rglob("*"):
        if path.is_file() and path.name != "sample.json":
            other = out / path.relative_to(clean)
            assert (other.read_bytes() == path.read_bytes()) == (path.name != hit), path.name
    if not name.startswith("list_"):
        assert hit == EPD


def test_faults_do_what_they_say(clean: Path, damaged: dict[str, tuple[Path, str]]) -> None:
    good_bytes = (clean / EPD).read_bytes()
    good = table(good_bytes)

    def bad(name: str) -> bytes:
        return (damaged[name][0] / EPD).read_bytes()

    assert not bad("truncated").endswith(b"\r\n")
    assert len(table(bad("truncated"))[-1]) < 26
    assert set(column(table(bad("wrong_month")), "YEAR_MONTH")) == {"201703"}
    assert column(table(bad("mixed_months")), "YEAR_MONTH").count("201703") == 1
    assert table(bad("extra_column"))[0][-1] == "PATIENT_COUNT"
    assert {len(row) for row in table(bad("extra_column"))} == {27}
    assert "ACTUAL_COST" not in table(bad("missing_column"))[0]
    assert {len(row) for row in table(bad("missing_column"))} == {25}
    assert table(bad("renamed_column"))[0].count("NET_COST") == 1
    assert len(table(bad("doubled_rows"))) == 2 * len(good) - 1
    for name in ("NIC", "ACTUAL_COST"):
        dear = column(table(bad("thousandfold_cost")), name)
        assert [float(text) for text in dear] == pytest.approx([1_000 * float(text) for text in column(good, name)])
    one = column(table(bad("thousandfold_cost_row")), "NIC")
    assert [number for number, (a, b) in enumerate(zip(one, column(good, "NIC"), strict=True), 1) if a != b] == [100]
    assert bad("empty") == b""
    assert len(table(bad("header_only"))) == 1
    assert len(bad("binary")) == 65_536
    assert bad("html_error_page").startswith(b"<!DOCTYPE html>")
    assert table(bad("another_dataset"))[0][0] == "PUBLICATION"
    assert len(set(column(table(bad("unknown_practices")), "PRACTICE_CODE"))) == len(
        {code.strip() for code in column(good, "PRACTICE_CODE")}
    )
    assert all(re.fullmatch(r"Z\d{5}", code) for code in column(table(bad("unknown_practices")), "PRACTICE_CODE"))
    assert column(table(bad("bad_number")), "ITEMS").count("n/a") == 1
    assert column(table(bad("bad_numbers")), "ITEMS").count("n/a") == (len(good) - 1) // 10
    assert "5.01080E+14" in column(table(bad("excel_codes")), "BNF_CODE")
    assert len(set(column(table(bad("missing_practice")), "PRACTICE_CODE"))) == (
        len(set(column(good, "PRACTICE_CODE"))) - 1
    )
    assert bad("latin1").decode("latin-1") == good_bytes.decode("utf-8")


def test_list_faults(clean: Path, damaged: dict[str, tuple[Path, str]]) -> None:
    for name in ("list_total_mismatch", "list_all_row_mismatch"):
        out, hit = damaged[name]
        before, after = (column(table((folder / hit).read_bytes()), "NUMBER_OF_PATIENTS") for folder in (clean, out))
        ((place, change),) = (
            (number, int(b) - int(a)) for number, (a, b) in enumerate(zip(before, after, strict=True)) if a != b
        )
        assert change == 500
        row = table((out / hit).read_bytes())[place + 1]
        assert row[2] == "GP"
        assert "ALL" in row


def test_several_faults_and_unknown_ones(tmp_path: Path) -> None:
    summary = write_sample(tmp_path / "s", FIRST, FIRST, practices=3, faults=["extra_column", "list_total_mismatch"])
    assert set(summary.damaged) == {"extra_column", "list_total_mismatch"}
    with pytest.raises(PcwError, match="No fault is called flood"):
        write_sample(tmp_path / "t", FIRST, FIRST, practices=3, faults=["empty", "flood"])
    assert not (tmp_path / "t").exists()


def test_faults_in_the_new_layout(tmp_path: Path) -> None:
    month = date(2025, 4, 1)
    clean = write_sample(tmp_path / "clean", month, month, practices=3).out
    for name, fault in sorted(FAULTS.items()):
        shutil.copytree(clean, tmp_path / name)
        assert fault.apply(tmp_path / name, month) == "EPD_SNOMED_202504.csv" or name.startswith("list_")


@pytest.mark.parametrize(("text", "thousandfold"), [("1.5", "1500"), ("0.12345", "0123.45"), ("-2", "-2000")])
def test_thousandfold(text: str, thousandfold: str) -> None:
    assert _thousandfold(text) == thousandfold
    assert float(thousandfold) == pytest.approx(1_000 * float(text))


def test_a_fault_of_a_month_damages_the_file_that_holds_it(clean: Path, tmp_path: Path) -> None:
    """The year-to-date file of the month's financial year, and nothing of any other month in it."""
    out = tmp_path / "s"
    shutil.copytree(clean, out)
    (fault,) = chosen_faults(["sus_cardiology_wrong@2017-02"])
    assert fault.apply(out, LAST) == "SEM_OPA_201617_M12.csv"
    good, bad = (table((folder / "SEM_OPA_201617_M12.csv").read_bytes()) for folder in (clean, out))
    day = good[0].index("Appointment_Date")
    lost = [row for row in good[1:] if row not in bad]
    assert lost
    assert {row[day][:7] for row in lost} == {"2017-02"}
    (fault,) = chosen_faults(["bad_number@2017-03"])
    assert fault.apply(out, LAST).startswith("EPD_201703")


def test_a_month_that_no_file_holds_is_refused(clean: Path, tmp_path: Path) -> None:
    shutil.copytree(clean, tmp_path / "s")
    (fault,) = chosen_faults(["sus_cardiology_wrong@2016-02"])
    with pytest.raises(PcwError, match=r"of 2016-02 in .*; there is none"):
        fault.apply(tmp_path / "s", LAST)
    with pytest.raises(PcwError, match="a month like 2017-03 was expected after @, March came"):
        chosen_faults(["sus_cardiology_wrong@March"])
    with pytest.raises(PcwError, match="No fault is called storm"):
        chosen_faults(["storm@2017-03"])
