"""Charts, comparisons and lists of outliers tell no hidden count of patients."""

from pathlib import Path

import duckdb
import pytest

from pcw.home import Home
from tests.running import query
from tests.unit.patients_build import build_with_patients, told_release_of
from tests.unit.publishing_build import release_of

JUNE = "date '2017-06-30'"


def build_with_statistics(folder: Path) -> Path:
    """Of `spells-rate`, which counts patients (3 at N82001, 12 at N82002), and of `items-rate`, which does not."""
    file = build_with_patients(folder)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"""
            update indicator_result set window_start = date '2016-07-01', months_open = 12 where period_end = {JUNE};
            insert into indicator_spc by name
            select indicator_id, '2017-18' as version, org_type, org_code, date '2017-06-01' as month,
                {JUNE} as period_end, 90.123 as value, 91.456 as mean, 2.345 as average_moving_range,
                85.25 as lower_limit, 97.75 as upper_limit, '............' as point_flags, 'common' as variation
            from (values ('practice', 'N82001'), ('practice', 'N82002'), ('commissioner', '99A'))
                as o (org_type, org_code)
            cross join (values ('spells-rate'), ('items-rate')) as i (indicator_id);
            insert into indicator_comparison by name
            select indicator_id, version, org_code as practice_code, period_end, value, 1.11 as ci_lower,
                99.99 as ci_upper, denominator, 25.678 as benchmark, 10.234 as alert_lower, 40.234 as alert_upper,
                5.234 as outlier_lower, 45.234 as outlier_upper, 1.5 as spread, 'high' as outlier, 1 as place,
                1 as best_place, 4 as worst_place,
                case when org_code in ('N82003', 'N82004') then 'b' else 'a' end as peer_group, 22.222 as peer_median
            from indicator_result where period_end = {JUNE};
            insert into practice_outlier by name
            select practice_code, indicator_id, version, period_end, 'funnel' as rule, 'high' as finding
            from indicator_comparison
        """)
    return file


def test_a_chart_of_patients_keeps_its_icon_alone(tmp_path: Path) -> None:
    release = release_of(Home(tmp_path / "home").create(), build_with_statistics(tmp_path))
    charts = """
        select indicator_id, org_code, value, mean, lower_limit, point_flags, variation from indicator_spc
        order by indicator_id, org_type, org_code
    """
    exact = (90.123, 91.456, 85.25, "............", "common")
    assert query(release.path, charts) == [
        ("items-rate", "99A", *exact),
        ("items-rate", "N82001", *exact),
        ("items-rate", "N82002", *exact),
        ("spells-rate", "99A", None, None, None, None, "common"),
        ("spells-rate", "N82001", None, None, None, None, "common"),
        ("spells-rate", "N82002", None, None, None, None, "common"),
    ]
    assert {row[2] for row in query(release.private_path, charts)} == {90.123}


def test_a_hidden_practice_has_no_interval_no_rank_and_is_no_outlier(tmp_path: Path) -> None:
    """Ranks beside a hidden practice would leave its place, a median of its group its figure, the spread all."""
    release = told_release_of(Home(tmp_path / "home").create(), build_with_statistics(tmp_path))
    compared = """
        select practice_code, value, ci_lower, outlier, place, worst_place, round(benchmark, 3), peer_median, spread
        from indicator_comparison where indicator_id = 'spells-rate' order by 1
    """
    of_all = (25.7,)
    assert query(release.path, compared) == [
        ("N82001", None, None, None, None, None, *of_all, None, None),
        ("N82002", pytest.approx(25.0), 1.11, "high", None, None, *of_all, None, None),
        ("N82003", 0.0, 1.11, "high", None, None, *of_all, pytest.approx(12.5), None),
        ("N82004", pytest.approx(25.0), 1.11, "high", None, None, *of_all, pytest.approx(12.5), None),
    ]
    shown = "select value from indicator_result where indicator_id = 'spells-rate' and org_code = 'N82002'"
    assert query(release.path, f"{shown} and period_end = {JUNE}") == [(pytest.approx(25.0),)]
    outliers = "select practice_code from practice_outlier where indicator_id = 'spells-rate' order by 1"
    assert [code for (code,) in query(release.path, outliers)] == ["N82002", "N82003", "N82004"]
    assert len(query(release.private_path, outliers)) == 4
    items = "select place, spread from indicator_comparison where indicator_id = 'items-rate'"
    assert set(query(release.path, items)) == {(1, 1.5)}


@pytest.mark.parametrize(
    ("opened", "limits"),
    [
        ("months_open = 7 where org_code = 'N82001'", (None, None)),  # 3 patients: hidden
        ("months_open = null where org_code = 'N82001'", (None, None)),  # nobody knows
        ("months_open = 7 where org_code = 'N82002'", (25.7, 10.2)),  # 12 patients: shown
    ],
)
def test_no_limit_tells_what_a_hidden_practice_of_part_of_the_period_had(
    tmp_path: Path, opened: str, limits: tuple[float | None, float | None]
) -> None:
    """The figure of all less that of the practices open in all of the period is what the others had."""
    file = build_with_statistics(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"update indicator_result set {opened} and period_end = {JUNE}")
    release = release_of(Home(tmp_path / "home").create(), file)
    asked = "select distinct round(benchmark, 3), round(alert_lower, 3) from indicator_comparison where indicator_id = "
    assert query(release.path, f"{asked}'spells-rate'") == [limits]
    assert query(release.path, f"{asked}'items-rate'") == [(25.678, 10.234)]
