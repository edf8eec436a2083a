"""Named faults of the finance files: each damages or adds one file, in the way its description says."""

import csv
import io
import re
import shutil
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pcw.errors import PcwError
from sources.synthetic import FAULTS, FINANCE_FAULTS
from sources.synthetic.finance_feeds import write_finance
from sources.synthetic.months import months_between
from sources.synthetic.world import build_world

FIRST, LAST = date(2016, 8, 1), date(2017, 6, 1)
#: Fault -> the file that it hits.
HIT = {
    "finance_sign_flipped": "ledger_2017-18_M03.csv",
    "finance_pence_as_pounds": "ledger_2017-18_M03.csv",
    "finance_total_as_line": "ledger_2017-18_M03.csv",
    "finance_period_13_as_12": "ledger_2016-17_M13.csv",
    "finance_duplicated_journal": "journals_2017-18_M03.csv",
    "finance_journal_keyed_twice": "journals_2017-18_M03.csv",
    "finance_wrong_entity": "ledger_2017-18_M03.csv",
    "finance_next_year": "ledger_2017-18_M03.csv",
    "finance_brackets_lost": "budget_report_2016-17_M08.csv",
    "finance_excel_dates": "journals_2017-18_M03.csv",
    "finance_missing_scheme": "cres_tracker_2017-18_M03_v1.csv",
    "finance_double_claim": "cres_plan_2017-18.csv",
    "finance_forecast_changes_sign": "ledger_2017-18_M03_restated.csv",
}
Row = dict[str, str]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    write_finance(folder, build_world(8, 7, LAST), months_between(FIRST, LAST), 7)
    return folder


@pytest.fixture(scope="module")
def damaged(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each fault."""
    folder = tmp_path_factory.mktemp("damaged")
    for name in FINANCE_FAULTS:
        shutil.copytree(clean, folder / name)
        assert FAULTS[name].apply(folder / name, LAST) == HIT[name]
    return folder


def rows(path: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_every_fault_is_told_of() -> None:
    assert set(FINANCE_FAULTS) == HIT.keys()
    assert all(FAULTS[name].description.endswith(".") for name in FINANCE_FAULTS)


@pytest.mark.parametrize("name", FINANCE_FAULTS)
def test_a_fault_hits_one_file(clean: Path, damaged: Path, name: str) -> None:
    before = {path.name: path.read_bytes() for path in clean.iterdir()}
    after = {path.name: path.read_bytes() for path in (damaged / name).iterdir()}
    assert {file for file in after if after[file] != before.get(file)} == {HIT[name]}
    assert before.keys() <= after.keys()


def both(clean: Path, damaged: Path, name: str) -> list[tuple[Row, Row]]:
    """Rows before and after, where their number is the same."""
    return list(zip(rows(clean / HIT[name]), rows(damaged / name / HIT[name]), strict=True))


def changed(clean: Path, damaged: Path, name: str) -> dict[str, set[tuple[str, str]]]:
    """Column -> pairs of values before and after."""
    found: dict[str, set[tuple[str, str]]] = {}
    for before, after in both(clean, damaged, name):
        for column, text in before.items():
            if after[column] != text:
                found.setdefault(column, set()).add((text, after[column]))
    return found


def test_ledger_faults(clean: Path, damaged: Path) -> None:
    flipped = changed(clean, damaged, "finance_sign_flipped")
    assert flipped.keys() == {"YTD Actual", "Forecast Outturn"}
    assert all(Decimal(after) == -Decimal(before) for pairs in flipped.values() for before, after in pairs)
    assert all(
        row["Row Type"] == "line" and row["Description"] == "General Practice - GMS"
        for row, other in both(clean, damaged, "finance_sign_flipped")
        if row != other
    )
    pence = changed(clean, damaged, "finance_pence_as_pounds")
    assert len(pence) == 6
    assert all(Decimal(after) == 100 * Decimal(before) for pairs in pence.values() for before, after in pairs)
    assert changed(clean, damaged, "finance_total_as_line") == {"Row Type": {("total", "line")}}
    assert changed(clean, damaged, "finance_period_13_as_12") == {"Period": {("13", "12")}}
    assert changed(clean, damaged, "finance_wrong_entity") == {"Entity": {("99A", "01J")}}
    assert changed(clean, damaged, "finance_next_year") == {"Financial Year": {("2017/18", "2018/19")}}


def test_report_and_journal_faults(clean: Path, damaged: Path) -> None:
    name = "finance_brackets_lost"
    good, bad = ((folder / HIT[name]).read_text(encoding="utf-8") for folder in (clean, damaged / name))
    # The name of a line keeps its brackets.
    assert bad == re.sub(r"\(([\d,]+)\)", r"\1", good)
    assert "(APMS incl.)" in bad
    assert good.count("(") - bad.count("(") > 3
    twice = rows(damaged / "finance_duplicated_journal" / HIT["finance_duplicated_journal"])
    keys = Counter((row["Journal Reference"], row["Line Number"]) for row in twice)
    assert set(keys.values()) == {1}
    keyed = rows(damaged / "finance_journal_keyed_twice" / HIT["finance_journal_keyed_twice"])
    for found, references in ((twice, 1), (keyed, 2)):
        own = [row for row in found if row["Journal Reference"].startswith("PAY-201703-PRCGMS")]
        assert len({row["Journal Reference"] for row in own}) == references
        assert set(Counter((row["Coding String"], row["Amount"]) for row in own).values()) == {2}
    days = changed(clean, damaged, "finance_excel_dates")
    assert days.keys() == {"Posted Date"}
    assert ("25/06/2017", "42911") in days["Posted Date"]


def test_savings_faults(clean: Path, damaged: Path) -> None:
    name = "finance_missing_scheme"
    gone = {row["Scheme ID"] for row in rows(clean / HIT[name])} - {
        row["Scheme ID"] for row in rows(damaged / name / HIT[name])
    }
    assert gone == {"CRES-2017-11"}
    assert changed(clean, damaged, "finance_double_claim") == {
        "Claims": {("pod:non_elective", "pod:non_elective;pod:outpatient_first")}
    }


def test_a_forecast_that_changes_sign(clean: Path, damaged: Path) -> None:
    first = rows(clean / "ledger_2017-18_M03.csv")
    second = rows(damaged / "finance_forecast_changes_sign" / HIT["finance_forecast_changes_sign"])
    assert {row["Version"] for row in second} == {"2"}

    def variance(found: list[Row], **wanted: str) -> Decimal:
        own = [row for row in found if all(row[column.replace("_", " ")] == text for column, text in wanted.items())]
        return sum((Decimal(row["Forecast Variance"]) for row in own), Decimal(0))

    over = variance(first, Description="Total Prescribing")  # the eight practices' share of 580,349
    assert over == 50_465
    for wanted in ({"Row_Type": "line"}, {"Description": "Total"}):
        assert variance(first, **wanted) - variance(second, **wanted) == 2 * over
    assert variance(second, Description="Total Prescribing") == -over
    for row in second:
        assert Decimal(row["Forecast Outturn"]) - Decimal(row["Annual Budget"]) == Decimal(row["Forecast Variance"])


def test_what_cannot_be_damaged_is_said(tmp_path: Path) -> None:
    write_finance(tmp_path, build_world(3, 7, LAST), [date(2017, 6, 1)], 7)
    with pytest.raises(PcwError, match="needs a file like"):
        FAULTS["finance_period_13_as_12"].apply(tmp_path, LAST)
    report = tmp_path / "budget_report_2017-18_M08.csv"
    report.write_text("Description,YTD Budget\nQOF,12\n", encoding="utf-8")
    with pytest.raises(PcwError, match="no amount in brackets"):
        FAULTS["finance_brackets_lost"].apply(tmp_path, LAST)
    FAULTS["finance_wrong_entity"].apply(tmp_path, LAST)
    with pytest.raises(PcwError, match="nothing that this fault could damage"):
        FAULTS["finance_wrong_entity"].apply(tmp_path, LAST)
