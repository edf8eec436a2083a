"""What is computed here beside what is published tells no count of patients that the file hides elsewhere."""

from pathlib import Path

import duckdb
import pytest

from pcw.home import Home
from publishing.release import Release
from tests.running import query
from tests.unit.patients_build import build_with_patients, told_release_of
from tests.unit.publishing_build import release_of

JUNE = "date '2017-06-30'"
COMPARED = """
    select org_code, computed_numerator::double, computed_value::double, difference::double,
        share_of_published, state, state_reason
    from indicator_reconciliation where reconciliation_id = '{}' order by org_code
"""


def build_with_reconciliations(folder: Path) -> Path:
    """Spells (3, 12, 0 and 8 of practices; published are 20 a rate each) and items, and attendances at two providers:
    at RQ6 3 and 12 of our practices and 50 of another's, at REM 3 of one.
    """
    file = build_with_patients(folder)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"""
            insert into indicator_reconciliation by name
            select
                case indicator_id when 'spells-rate' then 'qof-spells' else 'qp-items' end as reconciliation_id,
                indicator_id, org_type, org_code, period_end, numerator as computed_numerator,
                denominator as computed_denominator, value as computed_value, 20 as published_value,
                value - 20 as difference, value / 20 as share_of_published, 'differs' as state, 'More.' as state_reason,
                indicator_id = 'spells-rate' as counts_patients, 'register_differs' as issue
            from indicator_result where period_end = {JUNE};
            insert into indicator_result by name
            select * replace ('commissioner' as org_type, '99A' as org_code) from indicator_result
            where indicator_id = 'items-rate' and org_code = 'N82001';
            insert into indicator_reconciliation by name
            select 'ae' as reconciliation_id, 'provider' as org_type, provider as org_code, {JUNE} as period_end,
                own as computed_numerator, own as computed_value, 10 as published_value, own - 10 as difference,
                own / 10 as share_of_published, state, case when state = 'differs' then 'More.' end as state_reason,
                true as counts_patients, 'attendances_exceed' as issue
            from (values ('RQ6', 15, 'differs'), ('REM', 3, 'agrees')) as p (provider, own, state);
            insert into definitions.reconciliation values ('ae', 'sus_spells'), ('qof-spells', null);
            insert into component_provider_value by name
            select 'sus_spells' as component_id, practice as practice_code, provider as provider_code,
                date '2017-06-01' as month, spells as value
            from (values ('N82002', 'RQ6', 12), ('N82001', 'RQ6', 3), ('N82004', 'REM', 3), ('N82004', 'RQ6', 10),
                ('X1', 'RQ6', 50)) as c (practice, provider, spells);
            update component_value set value = 13 where practice_code = 'N82004' and component_id = 'sus_spells';
            insert into practice_month by name
            select practice as practice_code, date '2017-06-01' as month, '99A' as commissioner_code
            from (values ('N82004')) as p (practice);
            update practice_month set commissioner_code = '99A';
            insert into practice_month by name
            select 'X1' as practice_code, date '2017-06-01' as month, '01A' as commissioner_code;
            insert into data_quality_query by name
            select concat(org_code, reconciliation_id) as query_id, 'qof_prevalence' as feed, issue,
                case when org_type = 'practice' then org_code end as practice_code,
                case when org_type = 'provider' then org_code end as provider_code, date '2017-06-01' as month,
                concat('Spells, ', org_type, ' ', org_code, ', to 2017-06-30: more. Both sides: ',
                    'indicator_reconciliation, ', reconciliation_id) as detail
            from indicator_reconciliation where state = 'differs';
        """)
    return file


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return told_release_of(Home(tmp_path / "home").create(), build_with_reconciliations(tmp_path))


def test_a_figure_is_what_its_result_shows(release: Release) -> None:
    hidden = (None, None, None, None, "not_compared")
    assert query(release.path, COMPARED.format("qof-spells")) == [
        ("N82001", *hidden, "What is computed here is not shown: 1 to 7 patients: not shown"),
        ("N82002", 10.0, 25.0, 5.0, 1.25, "differs", "More."),
        ("N82003", 0.0, 0.0, -20.0, 0.0, "differs", "More."),
        ("N82004", 10.0, 25.0, 5.0, 1.25, "differs", "More."),
    ]
    results = "select numerator from indicator_result where indicator_id = 'spells-rate' and period_end = '2017-06-30'"
    shown = "select computed_numerator from indicator_reconciliation where reconciliation_id = 'qof-spells'"
    assert sorted(map(str, query(release.path, shown))) == sorted(map(str, query(release.path, results)))


def test_attendances_are_the_sum_of_what_the_practices_show(release: Release) -> None:
    """3 of N82001 are hidden with their month, and are in no sum; a provider of hidden counts alone has none."""
    assert query(release.path, COMPARED.format("ae")) == [
        ("REM", None, None, None, None, "not_compared",
         "What is computed here is not shown: counts of its practices are too small"),
        ("RQ6", 20.0, 20.0, 10.0, 2.0, "differs", "More."),
    ]  # fmt: skip
    parts = """
        select sum(value)::double from component_provider_value join practice_month using (practice_code, month)
        where commissioner_code = '99A' and provider_code = 'RQ6'
    """
    assert query(release.path, parts) == [(20.0,)]


def test_nobody_is_asked_in_public_about_what_is_hidden(release: Release) -> None:
    asked = "select query_id from data_quality_query where issue like '%differs' or issue like '%exceed' order by 1"
    assert [name for (name,) in query(release.path, asked)] == [
        "N82001qp-items", "N82002qof-spells", "N82002qp-items", "N82003qof-spells", "N82004qof-spells", "RQ6ae",
    ]  # fmt: skip
    assert len(query(release.private_path, asked)) == 7


def test_items_and_the_exact_file_stay(release: Release) -> None:
    assert query(release.path, COMPARED.format("qp-items")) == query(release.private_path, COMPARED.format("qp-items"))
    exact = [row[1] for row in query(release.private_path, COMPARED.format("qof-spells"))]
    assert exact == [3.0, 12.0, 0.0, 8.0]
    assert [row[1] for row in query(release.private_path, COMPARED.format("ae"))] == [3.0, 15.0]


def test_what_is_hidden_of_one_commissioner_takes_no_question_of_another(tmp_path: Path) -> None:
    """Neither has a column of a question that names it; 03W has 3 spells, 04V has 12."""
    file = build_with_reconciliations(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"""
            create temp table theirs as select * from (values ('N82001', '03W'), ('N82002', '04V')) as c (part, code);
            insert into indicator_result by name
            select indicator_result.* replace ('commissioner' as org_type, theirs.code as org_code)
            from indicator_result join theirs on org_code = part
            where indicator_id = 'spells-rate' and period_end = {JUNE};
            insert into indicator_reconciliation by name
            select indicator_reconciliation.* replace ('commissioner' as org_type, theirs.code as org_code)
            from indicator_reconciliation join theirs on org_code = part where reconciliation_id = 'qof-spells';
            insert into data_quality_query by name
            select asked.* replace (
                theirs.code as query_id, null as practice_code,
                replace(detail, concat('practice ', part), concat('commissioner ', theirs.code)) as detail
            )
            from data_quality_query as asked join theirs on query_id = concat(part, 'qof-spells');
        """)
    release = release_of(Home(tmp_path / "home").create(), file)
    compared = "select org_code, state from indicator_reconciliation where org_code like '0%' order by all"
    assert query(release.path, compared) == [("03W", "not_compared"), ("04V", "differs")]
    asked = "select query_id from data_quality_query where query_id like '0%' order by all"
    assert query(release.private_path, asked) == [("03W",), ("04V",)]
    assert query(release.path, asked) == [("04V",)]
