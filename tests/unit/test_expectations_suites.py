"""Suites as data: what the loader refuses, and what every suite of the project must say."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from expectations.suites import declared_checks, load_suite, load_suites, read_suite
from expectations.template import fill_sql, for_gx, sql_literal
from pcw.errors import PcwError
from sources.contracts import load_contracts

LISTED = Path(__file__).with_name("gates_that_do_not_block.csv")
GOOD = """
suite: feed
stage: rows
owner: someone
relation: staged
parameters: {most: 3}
checks:
  - id: a
    severity: block
    why: Because.
    message: "{file}: {unexpected_count} above {most} ({examples})."
    fix: Mend it.
    unexpected_rows: select * from {batch} where items > ${most}
"""
REFUSED = {
    "unknown key": GOOD + "    colour: red\n",
    "unknown severity": GOOD.replace("block", "shout"),
    "no why": GOOD.replace("    why: Because.\n", ""),
    "no fix": GOOD.replace("    fix: Mend it.\n", ""),
    "doubled id": GOOD + GOOD.split("checks:\n")[1],
    "doubled key": GOOD.replace("owner: someone", "owner: someone\nowner: nobody"),
    "no rule": GOOD.replace("    unexpected_rows: select * from {batch} where items > ${most}\n", ""),
    "two rules": GOOD + "    expectation: ExpectColumnValuesToNotBeNull\n",
    "kwargs beside SQL": GOOD + "    kwargs: {column: items}\n",
    "mostly": GOOD.replace(
        "unexpected_rows: select * from {batch} where items > ${most}", "expectation: X\n    kwargs: {mostly: 0.9}"
    ),
    "SQL that ignores the batch": GOOD.replace("{batch}", "elsewhere"),
    "unknown parameter": GOOD.replace("${most}", "${least}"),
    "unknown word in the message": GOOD.replace("{examples}", "{sample}"),
    "no checks": GOOD.split("checks:\n")[0] + "checks: []\n",
    "not YAML": "suite: [",
    "another name": GOOD.replace("suite: feed", "suite: other"),
}  # fmt: skip


def _written(folder: Path, text: str) -> Path:
    path = folder / "feed.rows.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_good_suite_is_read(tmp_path: Path) -> None:
    suite = read_suite(_written(tmp_path, GOOD))
    assert [check.id for check in suite.checks] == ["a"]
    assert suite.sql(suite.check("a")) == "select * from {batch} where items > 3"


@pytest.mark.parametrize("text", REFUSED.values(), ids=list(REFUSED))
def test_bad_suite_is_refused_with_the_file_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(PcwError, match=r"feed\.rows\.yaml"):
        read_suite(_written(tmp_path, text))


def test_each_spreads_one_check_over_columns(tmp_path: Path) -> None:
    text = GOOD.replace("- id: a", "- id: <each>_small\n    each: [items, nic]").replace("where items", "where <each>")
    suite = read_suite(_written(tmp_path, text))
    assert {check.id: suite.sql(check)[-9:] for check in suite.checks} == {
        "items_small": "items > 3",
        "nic_small": "e nic > 3",
    }


def test_a_suite_that_nobody_declared_is_an_error() -> None:
    with pytest.raises(PcwError, match=r"nothing\.rows\.yaml"):
        load_suite("nothing", "rows")


def test_every_dataset_has_a_gate_of_rows_and_files_have_one() -> None:
    suites = load_suites()
    assert ("file", "file") in suites
    assert {suite for suite, stage in suites if stage == "rows"} == set(load_contracts())


def test_owner_of_a_rows_suite_is_the_owner_of_the_contract() -> None:
    contracts = load_contracts()
    for (name, stage), suite in load_suites().items():
        if stage == "rows":
            assert suite.owner == contracts[name].owner


def test_rows_are_checked_for_every_column_that_must_be_filled() -> None:
    for name, contract in load_contracts().items():
        checks = {check.id for check in load_suite(name, "rows").checks}
        required = {column.name for column in contract.columns if not column.nullable}
        covered = {check.removesuffix("_present") for check in checks if check.endswith("_present")}
        covered |= {"year_month"} if "month_is_the_period" in checks else set()
        covered |= {"unidentified"} if "unidentified_known" in checks else set()
        assert required <= covered, f"{name}: {required - covered}"
        assert "key_unique" in checks or "one_new_code" in checks


def test_what_may_not_stand_twice_is_the_key_of_the_contract() -> None:
    """Rows are told apart by the same columns at the gate and where versions of a file are compared."""
    checked = 0
    for name, contract in load_contracts().items():
        rows = load_suite(name, "rows")
        for check in (check for check in rows.checks if check.id == "key_unique"):
            grouped = re.search(
                r"(?:partition by|group by|\(\s*select) ((?:\w+, )*?\w+)"
                r"(?= having| order by|, min\(source_row\) as first_row\s+from (?:{batch}|\(.*\) as one)"
                r"(?:\s+where hash\([\w, ]+\) in \((?s:.*?)\))?\s+group by all)",
                rows.sql(check),
            )
            assert grouped, name
            source = {contract.versions.source} if contract.versions else set()  # one file has one source
            assert set(grouped[1].split(", ")) - source == set(contract.key) - source, name
            checked += 1
    assert checked == len(load_contracts()) - 1, "bnf_code_changes asks for one new code instead"


def test_what_does_not_stop_a_file_or_a_release_is_listed() -> None:
    """Opening a gate, or closing one, takes a second place: a severity alone is changed by a slip of the hand."""
    with LISTED.open(encoding="utf-8", newline="") as file:
        listed = {(row["suite"], row["stage"], row["check"]): row["severity"] for row in csv.DictReader(file)}
    said = {(suite.suite, suite.stage, check.id): check.severity for suite in load_suites().values()
            for check in suite.checks}  # fmt: skip
    assert {name: severity for name, severity in said.items() if severity != "block"} == listed


def test_declared_checks_are_unique() -> None:
    named = [(check.suite, check.stage, check.check) for check in declared_checks()]
    assert len(named) == len(set(named))


def test_a_suite_is_the_same_text_in_every_process() -> None:
    """What was landed is judged again when this text changes: each run would judge all hospital activity again."""
    script = "from expectations.suites import load_suites; print([s.model_dump_json() for s in load_suites().values()])"
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


def test_literals_are_quoted() -> None:
    assert sql_literal("O'Neill") == "'O''Neill'"
    assert sql_literal(["a", None, True, 1.5]) == "('a', null, true, 1.5)"
    with pytest.raises(PcwError):
        sql_literal(object())


def test_parameter_value_is_never_read_as_a_name() -> None:
    assert fill_sql("select ${a}", {}, {"a": "${b}", "b": 1}) == "select '${b}'"


def test_gx_gets_one_batch_and_no_other_brace() -> None:
    sql = for_gx("select * from {batch} b join {batch} c using (x) where x ~ '[0-9]{6}' and t = '12:30'")
    assert sql.count("{batch}") == 1 and "{{6}}" in sql and "t = '12:30'" in sql
