"""Three commissioners that work as one run from a setting and their own sample alone.

Belongs here: that nothing of the first commissioner is in their release, that each of them and all together have the
figures of the plain second implementation, money and savings too, and that what is hidden and what others see is right
for each. In its papers no member shows a figure of another.
"""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pcw.settings import Settings
from publishing.diff import key_sql
from publishing.reports.committee import committee_report
from publishing.reports.document import Document
from publishing.reports.group import group_report
from publishing.reports.reader import Reader
from publishing.reports.texts import Texts
from publishing.site import build
from publishing.tables import MARTS
from sources.synthetic.sample import write_sample
from tests import walking
from tests.pipeline.dbt_support import PROJECT
from tests.pipeline.forecast_plain import actual_costs, forecasts
from tests.pipeline.test_finance_truth import TABLES, same, text
from tests.pipeline.test_truth import EXACT, KEY, RATES, close, number, truth
from tests.running import Deployed, query, run_pipeline
from tests.site_reading import broken, read_site
from tests.walking import figures_wrong

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


PERIOD = date(2017, 6, 1)
#: Marts that truth has of each body, beside those of `test_finance_truth`: what is the key of a row.
EVIDENCE = {
    "drug_charge_challenge": ("month", "provider_code", "invoice_reference", "line_number", "reason"),
    "contract_tolerance": ("provider_code", "point_of_delivery", "month"),
}
#: Tables whose rows are of one commissioner, and the column that says of which.
OF_ONE = {
    **dict.fromkeys(("finance_position", "finance_forecast", "cres_position", "cres_month"), "entity_code"),
    **dict.fromkeys(("cres_evidence", "cres_scheme", "contract_tolerance"), "entity_code"),
    **dict.fromkeys(("risk", "risk_grade_count", "complaint_summary", "project_milestone_status"), "commissioner_code"),
}


@pytest.mark.parametrize("table", [*TABLES, *EVIDENCE])
def test_money_and_savings_of_each_are_those_of_its_own_truth(case: Case, table: str) -> None:
    key, where = TABLES.get(table, (("entity_code", *EVIDENCE.get(table, ())), ""))
    expected = list(truth(case.sample, table))
    columns = list(expected[0])
    rows = [dict(zip(columns, row, strict=True)) for row in case.deployed.exact(
        f"select {', '.join(columns)} from {table} {where}"
    )]  # fmt: skip
    found = {tuple(text(row[name]) for name in key): row for row in rows}
    assert len(found) == len(rows) == len(expected) > 10
    wrong = [
        (row, name)
        for row in expected
        for name in columns
        if not same(found[tuple(row[one] for one in key)][name], row[name])
    ]
    assert wrong == []
    if "entity_code" in columns:
        assert {row["entity_code"] for row in rows} == set(CODES)


def test_the_forecast_of_each_is_of_its_own_prescribing_and_budget(case: Case) -> None:
    with (PROJECT / "seeds" / "prescribing_profile.csv").open(encoding="utf-8", newline="") as file:
        shares = {int(row["ledger_period"]): Decimal(row["share"]) for row in csv.DictReader(file)}
    told = []
    for code in CODES:
        budgets = {
            date.fromisoformat(row["month"]): Decimal(row["annual_budget"])
            for row in truth(case.sample, "finance_position")
            if row["entity_code"] == code and row["is_current"] == "true" and row["ledger_period"] != "13"
            and (row["level"], row["level_code"]) == ("programme_area", "Prescribing") and row["annual_budget"]
        }  # fmt: skip
        rows = case.deployed.exact(
            "select month, actual_to_date, profile_share, forecast, annual_budget, variance, variance_change,"
            " has_changed_sign from finance_forecast where entity_code = ?",
            code,
        )
        assert {row[0]: row[1:] for row in rows} == forecasts(actual_costs(case.sample, code), shares, budgets)
        told += [row[3] for row in rows if row[3] is not None]
    assert len(set(told)) >= len(CODES)


def adalimumab(sample: Path, code: str) -> dict[date, tuple[Decimal, Decimal]]:
    """Units and cost by month: of each provider and month the highest version of its charge."""
    rows = [
        row
        for path in sorted(sample.glob("high_cost_drug_charges_*.csv"))
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        if row["Commissioner"] == code
    ]
    newest: dict[tuple[str, ...], int] = {}
    place = ("Financial Year", "Period", "Provider")
    for row in rows:
        key = tuple(row[name] for name in place)
        newest[key] = max(newest.get(key, 0), int(row["Version"]))
    found: dict[date, tuple[Decimal, Decimal]] = {}
    for row in rows:
        if row["Drug Group"] == "adalimumab" and int(row["Version"]) == newest[tuple(row[name] for name in place)]:
            number = int(row["Financial Year"][:4]) * 12 + int(row["Period"]) + 2
            month = date(number // 12, number % 12 + 1, 1)
            units, cost = found.get(month, (Decimal(0), Decimal(0)))
            found[month] = units + Decimal(row["Units"]), cost + Decimal(row["Charged Amount"])
    return found


def test_a_switch_of_drugs_is_evidence_of_the_commissioner_that_is_charged(case: Case) -> None:
    """A year before nobody had a biosimilar: today's units at the price of then, less what is charged."""
    rows = case.deployed.exact(
        "select entity_code, month, evidenced from cres_evidence where method = 'drug_switch' and evidenced is not null"
    )
    assert {entity for entity, _, _ in rows} == set(CODES)
    for entity, month, evidenced in rows:
        charged = adalimumab(case.sample, entity)
        (before, cost_before), (units, cost) = charged[month.replace(year=month.year - 1)], charged[month]
        assert evidenced == (units * cost_before / before).quantize(Decimal("0.01")) - cost
    assert len(rows) == 4 * len(CODES)
    assert len({sum(saved for code, _, saved in rows if code == entity) for entity in CODES}) == len(CODES)


def test_milestones_and_risks_are_told_of_whose_they_are(case: Case) -> None:
    rows = case.deployed.query("select distinct commissioner_code, ref from risk where register_month = '2017-06-01'")
    with (case.sample / "risk_register_2017-06.csv").open(encoding="utf-8-sig", newline="") as file:
        assert set(rows) == {(row["Commissioner"], row["Ref"]) for row in csv.DictReader(file)}
    assert {code for code, ref in rows if ref == "Fin 01"} == set(CODES)
    assert {code for (code,) in case.deployed.query("select commissioner_code from complaint_summary")} <= set(CODES)
    unknown = "select 1 from data_quality_query where issue = 'complaint_unknown_practice'"
    assert case.deployed.query(unknown) == [], "the register says of every practice whose it is"
    told = case.deployed.query("select distinct commissioner_code, state from project_milestone_status")
    assert {code for code, _ in told} == set(CODES)
    assert {state for _, state in told} >= {"done", "done_late", "due", "late"}


def test_the_site_of_a_member_names_no_other_member(case: Case, tmp_path: Path) -> None:
    """Neither them nor their practices, neighbourhoods and groups; what all share is one folder above."""
    release = second_release(case, tmp_path.with_suffix(".duckdb"))
    build(release, PROJECT.parent / "narrative", tmp_path)
    pages = read_site(tmp_path)
    for code in CODES:
        changed = [link for link in pages[f"{code}/changes.html"].links if link.page.startswith("submissions/")]
        assert len(changed) >= len(CODES), code
    files = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()}
    assert broken(pages, files) == []
    for code in CODES:
        others = [other for other in CODES if other != code]
        assert named_of(case, tmp_path / code, others) == {}, code
        # The words are those that a page would have: its own names are found.
        assert len(named_of(case, tmp_path / code, [code])) > 100
        led = {link.page.partition("/")[0] for link in pages[f"{code}/index.html"].links}
        assert {"data-quality.html", code} <= led <= {"data-quality.html", "lineage", code, ""}
    shared = {path.partition("/")[0] for path in pages} - set(CODES)
    assert shared == {"index.html", "data-quality.html", "feeds", "submissions", "gates", "lineage"}
    with duckdb.connect(str(release), read_only=True) as connection:
        assert walking.wrong([figure for page in pages.values() for figure in page.figures], connection) == []


def second_release(case: Case, file: Path) -> Path:
    """A copy of the release as if one headline figure of each member had changed, by a file of every one of them."""
    shutil.copy(case.deployed.current.resolve(), file)
    (key,) = [mart.key for mart in MARTS if mart.name == "indicator_result"]
    with duckdb.connect(str(file)) as connection:
        files = connection.execute(
            "select min(dataset || ' ' || submission_id) from submission, (select unnest(?) as code)"
            " where contains(file_name, code) group by code order by code",
            [list(CODES)],
        ).fetchall()
        assert len(files) == len(CODES)
        connection.execute("update release set previous_release_id = 'the-one-before'")
        connection.execute(
            f"""
            insert into release_change (table_name, change, key, column_name, before, cause)
            select 'indicator_result', 'changed', {key_sql(key)}, 'value', '0', ?
            from indicator_result
            where is_headline and org_view = 'as_at' and org_type = 'commissioner' and value is not null
            qualify row_number() over (partition by org_code order by period_end desc, indicator_id) = 1
            """,
            [", ".join(name for (name,) in files)],
        )
    return file


def named_of(case: Case, folder: Path, codes: list[str]) -> dict[str, set[str]]:
    """Codes and names of organisations of some commissioners, by the page of a folder that has them."""
    rows = case.deployed.query(
        "select unnest([org_code, name]), coalesce(commissioner_code, org_code) from organisation"
        " where org_type <> 'system' order by all"
    )
    of_others = {word for word, whose in rows if whose not in codes}
    words = "|".join(re.escape(word) for word, whose in rows if whose in codes and word not in of_others)
    found = {}
    for file in folder.rglob("*.html"):
        said = file.read_text(encoding="utf-8").replace("<wbr>", "")
        if seen := set(re.findall(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])", said)):
            found[file.relative_to(folder).as_posix()] = seen
    return found


def papers(case: Case, tmp_path: Path) -> tuple[dict[str, Document], list[str]]:
    """The paper of each member and of all together, and what is wrong with their figures."""
    with duckdb.connect(str(case.deployed.current.resolve()), read_only=True) as connection:
        reader = Reader(connection)
        made = {code: committee_report(reader.of(code), Texts(tmp_path, code, PERIOD)) for code in CODES}
        made[TOGETHER] = group_report(reader, Texts(tmp_path, TOGETHER, PERIOD))
        return made, [wrong for document in made.values() for wrong in figures_wrong(document, connection)]


def test_no_member_shows_a_figure_of_another(case: Case, tmp_path: Path) -> None:
    made, wrong = papers(case, tmp_path)
    assert wrong == []
    for code in CODES:
        sources = [source for figure in made[code].figures() for source in figure.sources if source.table in OF_ONE]
        assert {source.key[OF_ONE[source.table]] for source in sources} == {code}
        assert {source.table for source in sources} >= {"finance_position", "cres_position", "risk_grade_count"}


def test_the_paper_of_all_together_adds_up_what_each_has(case: Case, tmp_path: Path) -> None:
    document = papers(case, tmp_path)[0][TOGETHER]
    sums = [figure for figure in document.figures() if figure.operation == "sum"]
    assert all({source.key["entity_code"] for source in figure.sources} == set(CODES) for figure in sums)
    [(actual, saved)] = case.deployed.exact(
        "select (select sum(ytd_actual) from finance_position where level_code = 'Primary Care Co-Commissioning'"
        " and month = '2017-06-01' and level = 'programme_area' and is_current),"
        " (select sum(actual_ytd) from cres_position where scheme_id = 'total' and month = '2017-06-01')"
    )
    assert {actual, saved} <= {figure.value for figure in sums}
    of_results = [
        source for figure in document.figures() for source in figure.sources if source.table == "indicator_result"
    ]
    assert {source.key["org_code"] for source in of_results} == {*CODES, TOGETHER}
