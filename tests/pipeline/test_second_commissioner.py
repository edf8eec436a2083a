"""Three commissioners that work as one run from a setting and their own sample alone.

Belongs here: that nothing of the first commissioner is in their release, that each of them and all together have the
figures of the plain second implementation, and that what is hidden and what others see is right for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pcw.settings import Settings
from sources.synthetic.sample import write_sample
from tests.pipeline.test_truth import EXACT, KEY, RATES, close, number, truth
from tests.running import Deployed, query, run_pipeline

pytestmark = pytest.mark.slow

SETTING, CODES, TOGETHER = "LLR=03W,04C,04V", ("03W", "04C", "04V"), "LLR"
#: Codes of the first commissioner: itself, its practices, its groups and its hospitals.
OF_ANOTHER = r"\b(99A|N82X[0-9]{2}|Y0X[0-9]{3}|RQ6|REM|RBS|REP|RBQ|RY1)\b"
#: Agreed figures of the first commissioner, which stand in the seeds with its code and are definitions, not results.
DEFINITIONS = {"indicator", "indicator_register", "component", "gate_check"}


@dataclass(frozen=True)
class Case:
    """The sample of the three, and the deployment that released it."""

    sample: Path
    deployed: Deployed


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("llr")
    sample = write_sample(folder / "feeds", date(2017, 3, 1), date(2017, 6, 1), practices=8, seed=7, world="llr").out
    deployed = Deployed(Settings(home=folder / "home", commissioner=SETTING))
    code, lines = run_pipeline(deployed.settings, inbox=sample)
    assert code == 0, "\n".join(lines)
    return Case(sample, deployed)


def test_every_result_of_truth_is_released_at_every_level(case: Case) -> None:
    columns = (*KEY, *EXACT, *RATES)
    found = {row[: len(KEY)]: row for row in case.deployed.exact(f"select {', '.join(columns)} from indicator_result")}
    levels, wrong, compared = set(), [], 0
    for row in truth(case.sample, "indicator_result"):
        key = (*(row[name] for name in KEY[:-1]), date.fromisoformat(row["period_end"]))
        got = dict(zip(columns, found.pop(key), strict=True))
        compared += 1
        if row["value"] and row["org_type"] in ("commissioner", "system"):
            levels.add((row["org_type"], row["org_code"]))
        for name in EXACT:
            text = None if got[name] is None else str(got[name])
            if not (number(row[name]) == got[name] if name == "numerator" else (row[name] or None) == text):
                wrong.append((key, name, row[name], got[name]))
        wrong += [(key, name, row[name], got[name]) for name in RATES if not close(got[name], row[name])]
    assert (wrong[:20], list(found)[:20]) == ([], [])
    assert levels == {("commissioner", code) for code in CODES} | {("system", TOGETHER)}
    assert compared > 3_000


def test_what_all_have_is_the_sum_of_what_each_has(case: Case) -> None:
    """Asked of the release without either implementation: where a figure of all stands, numerators add up."""
    rows = case.deployed.exact("""
        select count(*), count(*) filter (whole is distinct from parts) from (
            select any_value(numerator) filter (org_type = 'system') as whole,
                sum(numerator) filter (org_type = 'commissioner') as parts
            from indicator_result
            where org_view = 'as_at' and org_type in ('system', 'commissioner') and state = 'ok'
            group by indicator_id, version, variant, period_end
            having count(*) = 4 and count(numerator) = 4
        )
    """)
    assert rows[0][0] > 50 and rows[0][1] == 0


def test_nothing_of_another_commissioner_is_released(case: Case) -> None:
    strange = []
    for name in ("current", "practice", "public"):
        file = case.deployed.home.published / f"{name}.duckdb"
        for (table,) in query(file, "select table_name from duckdb_tables() where not internal"):
            if table in DEFINITIONS:
                continue
            sql = f"select count(*) from {table} as t where regexp_matches(cast(t as varchar), ?)"
            [(count,)] = query(file, sql, OF_ANOTHER)
            strange += [(name, table, count)] if count else []
    assert strange == []


def test_their_groups_and_names(case: Case) -> None:
    rows = case.deployed.query(
        "select org_type, org_code, name, commissioner_code from organisation"
        " where org_type in ('commissioner', 'system', 'locality') order by all"
    )
    found = {(kind, code): (name, parent) for kind, code, name, parent in rows}
    assert found["locality", "04C-CITY"] == ("City", "04C")
    assert found["commissioner", "04V"] == ("Commissioner 04V", None)
    assert found["system", TOGETHER] == ("All commissioners of LLR", None)
    assert {code for kind, code in found if kind == "commissioner"} == {*CODES, "03T"}


def test_practices_of_all_three_are_in_their_file_and_the_neighbours_are_not(case: Case) -> None:
    file = case.deployed.home.published / "practice.duckdb"
    assert query(file, "select distinct commissioner_code from practice_month order by all") == [(c,) for c in CODES]
    assert query(file, "select count(*) from component_value where practice_code like 'C83X%'") == [(0,)]
    assert query(file, "select count(distinct practice_code) >= 8 from component_value") == [(True,)]


def test_comparisons_are_among_the_practices_of_all_three(case: Case) -> None:
    [(practices, commissioners)] = case.deployed.exact(
        "select count(distinct comparison.practice_code), count(distinct commissioner_code)"
        " from indicator_comparison as comparison join practice_month as months"
        " on months.practice_code = comparison.practice_code and last_day(months.month) = comparison.period_end"
    )
    assert practices >= 8 and commissioners == 3


def test_what_is_hidden_of_one_is_not_what_all_have_less_the_others(case: Case) -> None:
    """Shown counts are within two of the exact ones: what all have less the others leaves at least three counts."""
    hidden = "state = 'ok' and numerator is null and state_reason like '%not shown%'"
    of_one = f"select count(*) from indicator_result where org_type = 'commissioner' and {hidden}"
    assert case.deployed.query(of_one)[0][0] > 0
    rows = case.deployed.query(f"""
        select indicator_id, org_view, period_end,
            sum(if(org_type = 'system', numerator, -numerator)) as rest,
            bool_or({hidden} and state_reason like '%patients: not shown%') as is_small
        from indicator_result join indicator using (indicator_id, version)
        where org_type in ('system', 'commissioner') and state = 'ok' and is_headline and unit not like '%GBP%'
        group by all
        having count(*) = 4 and count(*) filter (org_type = 'system' and numerator is not null) = 1
            and count(*) filter (org_type = 'commissioner' and {hidden}) = 1
            and count(numerator) = 3
    """)
    assert rows != []
    assert [row for row in rows if counts_left(*row[3:]) < 3] == []


def counts_left(rest: float, is_small: bool) -> float:
    """How many counts the hidden one may be: three shown ones are rounded, and a small one is said to be 1 to 7."""
    least, most = max(rest - 6, 1 if is_small else 0), min(rest + 6, 7) if is_small else rest + 6
    return most - least + 1


def test_what_would_tell_a_hidden_count_is_seen() -> None:
    assert [counts_left(rest, True) for rest in (-5, -4, -3, 0, 5, 11, 12)] == [1, 2, 3, 6, 7, 3, 2]
    assert [counts_left(rest, False) for rest in (-5, -4, 20)] == [2, 3, 13]


def test_alerts_are_of_these_feeds_only(case: Case) -> None:
    log = case.deployed.home.root / "alerts.log"
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    assert duckdb.execute("select regexp_matches(?, ?)", [text, OF_ANOTHER]).fetchall() == [(False,)]
