"""What a release file holds, when a new one is written and which ones are kept."""

import json
import os
import stat
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pcw.errors import PcwError
from pcw.home import Home
from publishing import shelf
from publishing.content_hash import content_hash_of
from publishing.gate_history import Quality
from publishing.rollback import rollback, unpin
from publishing.shelf import current_release, normal_releases, releases
from sources.calendar import FeedMonth
from tests.unit.publishing_build import CREATED_AT, build_database, release_of, verdict

AT = datetime(2017, 8, 2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def query(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def publish_items(home: Home, tmp_path: Path, items: int, **changes: Any) -> shelf.Release:
    """Publish a build with this figure; its submission and its inputs are named after it."""
    build = build_database(tmp_path, items=items, submission=f"sub{items}")
    return release_of(home, build, **{"inputs_fingerprint": f"inputs-{items}", **changes})


def test_tables_types_and_comments_are_those_of_the_build(home: Home, tmp_path: Path) -> None:
    build = build_database(tmp_path)
    release = release_of(home, build)
    tables = {name for (name,) in query(release.path, "select table_name from duckdb_tables()")}
    views = {name for (name,) in query(release.path, "select view_name from duckdb_views() where not internal")}
    assert tables == {
        "indicator", "indicator_result", "component", "component_value", "component_provider_value",
        "activity_position", "finance_position", "finance_reconciliation", "finance_forecast", "finance_accrual",
        "organisation", "practice_month", "data_quality_query", "data_quality_rate",
        "cres_scheme", "cres_month", "cres_position", "cres_overlap", "owner_notice",
        "cres_evidence", "contract_tolerance", "rebate_position", "drug_charge_challenge",
        "project_benefit", "project_milestone_status", "gp_specification_payment", "pcn_funding",
        "federation_gain_share", "provider_performance", "indicator_reconciliation",
        "indicator_spc", "indicator_comparison", "practice_outlier",
        "risk", "risk_grade_count", "indicator_threshold",
        "indicator_register", "cqc_inspection", "practice_contract", "contract_event",
        "contract_event_coverage", "contract_visit_theme", "complaint_summary",
        "submission", "gate_result", "gate_check", "gate_history", "feed_month", "waiver", "feed_freshness", "release",
        "release_change",
    }  # fmt: skip
    assert views == {"indicator_latest"}
    described = """
        select table_name, column_name, data_type, is_nullable, comment from duckdb_columns()
        where schema_name = 'main' and table_name in (select table_name from duckdb_tables() where schema_name = 'main')
            and table_name not in
                ('submission', 'gate_result', 'gate_check', 'gate_history', 'feed_month', 'waiver',
                 'feed_freshness', 'release', 'release_change')
            and column_name <> 'release_id'
        order by table_name, column_index
    """
    assert query(release.private_path, described) == query(build, described)
    # What is hidden and rounded in a file of readers is said of its column (`test_publishing_suppression_words`).
    said = [(*row[:-1], (row[-1] or "").split(" In this file: ")[0] or None) for row in query(release.path, described)]
    assert said == [(*row[:-1], row[-1] or None) for row in query(build, described)]
    comments = "select comment from duckdb_tables() where table_name = 'indicator_result'"
    assert query(release.path, comments) == [("One row per indicator, organisation and period; it's contracted.",)]
    assert query(release.path, "select comment from duckdb_views() where view_name = 'indicator_latest'") == [
        ("Newest results with names",)
    ]


def test_every_column_that_a_release_adds_is_described(home: Home, tmp_path: Path) -> None:
    release = release_of(home, build_database(tmp_path))
    undescribed = query(
        release.path,
        """
        select table_name, column_name from duckdb_columns() where comment is null
        and table_name in ('submission', 'gate_result', 'gate_check', 'gate_history', 'feed_month', 'feed_freshness',
            'release', 'release_change')
        """,
    )
    assert undescribed == []


def test_both_files_hold_the_same_figures_and_stamp_the_release(home: Home, tmp_path: Path) -> None:
    build = build_database(tmp_path)
    release = release_of(home, build)
    assert content_hash_of(release.path) == content_hash_of(release.private_path) == content_hash_of(build)
    stamped = {row for (row,) in query(release.path, "select distinct release_id from indicator_latest")}
    assert stamped == {release.release_id}
    [row] = query(release.path, "select * exclude (created_at, product_version) from release")
    assert row[:-1] == (release.release_id, None, "99A", release.content_hash, "inputs-1", None)


def test_the_exact_file_is_for_its_owner_only(home: Home, tmp_path: Path) -> None:
    release = release_of(home, build_database(tmp_path))
    assert stat.S_IMODE(release.private_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.private.stat().st_mode) == 0o700


def test_older_clients_can_open_it(home: Home, tmp_path: Path) -> None:
    release = release_of(home, build_database(tmp_path))
    for file in (release.path, release.private_path):
        [(tags,)] = query(file, "select tags from duckdb_databases() where path is not null")
        assert tags["storage_version"].startswith("v1.2.0")
        # bytes 12 to 20 of the header: 64 up to 1.1, 65 for 1.2, more for later ones
        assert int.from_bytes(file.read_bytes()[12:20], "little") <= 65


def test_links_are_relative_and_current_json_agrees(home: Home, tmp_path: Path) -> None:
    release = release_of(home, build_database(tmp_path))
    link = os.readlink(home.published / "current.duckdb")
    assert link == f"releases/{release.release_id}/commissioner.duckdb"
    assert os.readlink(home.private / "current.duckdb") == f"{release.release_id}.duckdb"
    facts = json.loads((home.published / "current.json").read_text())
    assert facts["release_id"] == release.release_id
    assert (home.published / facts["file"]).samefile(home.published / "current.duckdb")
    assert facts["as_at"] is None
    assert facts["content_hash"] == release.content_hash


def test_gate_results_hold_the_verdicts_of_the_audit_too(home: Home, tmp_path: Path) -> None:
    warned = verdict(
        suite="epd", stage="rows", check="unknown_practice", severity="warn", passed=False, submission_id="aaa",
        examples=('N8"2', "x,y"), unexpected_count=2, message="2 rows name a practice that no register knows",
    )  # fmt: skip
    release = release_of(home, build_database(tmp_path), verdicts=[verdict(), warned])
    rows = query(
        release.path,
        "select suite, stage, check_id, passed, examples, release_id from gate_result "
        "where suite not in ('public', 'practice') order by 1",
    )
    assert rows == [
        ("epd", "rows", "unknown_practice", False, '["N8\\"2", "x,y"]', release.release_id),
        ("indicator_result", "marts", "keys_unique", True, "[]", release.release_id),
        ("release", "release", "opens", True, "[]", release.release_id),
    ]
    of_files = "select suite, count(*) filter (passed) from gate_result where suite in ('public', 'practice')"
    assert query(release.path, f"{of_files} group by all order by all") == [("practice", 3), ("public", 3)]


@pytest.mark.parametrize(
    ("suite", "stage", "is_quoted"),
    [
        ("indicator_result", "marts", False), ("sus_aea", "rows", False), ("sus_quality", "staged", False),
        ("gp_search", "rows", False), ("epd", "rows", True),
    ],
)  # fmt: skip
def test_readers_are_quoted_no_exact_figure_of_patients(
    home: Home, tmp_path: Path, suite: str, stage: str, is_quoted: bool
) -> None:
    """What gates judged before small counts were hidden is in the exact file alone."""
    example = "practice_code = N82001, value = 3"
    exact = verdict(
        suite=suite, stage=stage, check="values_agree", severity="warn", passed=False, examples=(example,),
        unexpected_count=1, message=f"1 value differs ({example}).",
    )  # fmt: skip
    said = "select message, examples from gate_result where check_id = 'values_agree'"
    quality = Quality(hidden=(1, 7))
    release = release_of(home, build_database(tmp_path), verdicts=[verdict(), exact], quality=quality)
    found = [(f"1 value differs ({example}).", f'["{example}"]')]
    hidden = [("1 value differs (practice_code = N82001).", '["practice_code = N82001"]')]
    assert query(release.private_path, said) == found
    assert query(release.path, said) == (found if is_quoted else hidden)
    assert (b"N82001, value = 3" in release.path.read_bytes()) is is_quoted


def test_where_no_count_is_hidden_gates_are_quoted_in_full(home: Home, tmp_path: Path) -> None:
    example = "practice_code = N82001, value = 3"
    exact = verdict(check="values_agree", severity="warn", passed=False, examples=(example,), unexpected_count=1)
    warehouse = build_database(tmp_path)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update definitions.suppression_rule set hide_from = 0, hide_to = 0, round_to = 1")
    release = release_of(home, warehouse, verdicts=[verdict(), exact])
    assert query(release.path, "select examples from gate_result where check_id = 'values_agree'") == [
        (f'["{example}"]',)
    ]


def test_freshness_counts_missing_months(home: Home, tmp_path: Path) -> None:
    """A month that the calendar does not expect (June of epact2_age_band) is not missing, nor one after the last.

    Of a feed on the calendar none is missing (rebate_claim) also where the build has no months of it; of registers
    nobody can say so.
    """
    months = [
        FeedMonth("epd", "NHSBSA", date(2017, 4, 1), date(2017, 6, 1), None, None, "missing", 30),
        FeedMonth("epd", "NHSBSA", date(2017, 6, 1), date(2017, 9, 1), None, None, "not_due", None),
        FeedMonth("epd", "NHSBSA", date(2017, 7, 1), date(2017, 8, 1), None, None, "missing", 1),
        FeedMonth("ledger", "CCG", date(2017, 5, 1), date(2017, 6, 1), None, None, "missing", 30),
        FeedMonth("ledger", "CCG", date(2017, 6, 1), date(2017, 7, 1), None, None, "missing", 1),
        FeedMonth("rebate_claim", "CCG", date(2017, 6, 1), date(2017, 9, 1), None, None, "not_due", None),
    ]
    file = build_database(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into feed.submission by name select 'epraccur' as dataset, 'reg' as submission_id, "
            "date '2017-05-01' as period, true as is_current"
        )
    release = release_of(home, file, quality=Quality(months=months))
    rows = query(release.path, "select dataset, submissions, months_missing, missing_months from feed_freshness")
    assert rows == [
        ("epact2_age_band", 0, 0, None), ("epd", 2, 1, "2017-04"), ("epraccur", 1, None, None),
        ("ledger", 0, 2, "2017-05, 2017-06"), ("rebate_claim", 0, 0, None),
    ]  # fmt: skip
    of_months = (
        "select dataset, count(*) from feed_month where state = 'missing' and month <= '2017-06-01' group by all"
    )
    assert query(release.path, f"{of_months} order by 1") == [(name, many) for name, _, many, _ in rows if many]


def test_same_figures_and_inputs_make_no_new_release(home: Home, tmp_path: Path) -> None:
    first = publish_items(home, tmp_path, 10)
    again = publish_items(home, tmp_path, 10, created_at=CREATED_AT + timedelta(days=1))
    assert (again.release_id, again.is_new, again.is_current) == (first.release_id, False, True)
    assert "Nothing changed" in again.message
    assert len(releases(home)) == 1


def test_other_inputs_with_the_same_figures_are_a_new_release(home: Home, tmp_path: Path) -> None:
    first = publish_items(home, tmp_path, 10)
    second = publish_items(home, tmp_path, 10, inputs_fingerprint="other code")
    assert second.is_new
    assert second.content_hash == first.content_hash
    assert second.release_id == f"{first.release_id}-2", "the same second and the same figures"
    assert current_release(home) == shelf.find_release(home, second.release_id)


def test_a_view_that_reads_what_is_not_published_is_refused(home: Home, tmp_path: Path) -> None:
    build = build_database(tmp_path)
    with duckdb.connect(str(build)) as connection:
        connection.execute("create or replace view main.indicator_latest as select * from warehouse.feed.submission")
    with pytest.raises(PcwError, match="indicator_latest reads what a release does not contain"):
        release_of(home, build)
    assert releases(home) == []
    assert list(home.private.iterdir()) == []


def test_a_missing_mart_is_named(home: Home, tmp_path: Path) -> None:
    build = build_database(tmp_path)
    with duckdb.connect(str(build)) as connection:
        connection.execute("drop table main.data_quality_query")
    with pytest.raises(PcwError, match="data_quality_query"):
        release_of(home, build)


def test_as_at_stands_beside(home: Home, tmp_path: Path) -> None:
    current = publish_items(home, tmp_path, 10)
    old = publish_items(home, tmp_path, 3, as_at=datetime(2017, 6, 20))
    assert old.release_id.startswith("asat-2017-06-20-20170801T120000Z-")
    assert not old.is_current
    assert old.path.exists()
    assert current_release(home) == shelf.find_release(home, current.release_id)
    again = publish_items(home, tmp_path, 3, as_at=datetime(2017, 6, 20))
    assert (again.release_id, again.is_new) == (old.release_id, False)
    with pytest.raises(PcwError, match="stands beside"):
        rollback(home, old.release_id, reason="no", at=AT)


def test_retention_keeps_the_newest_the_current_and_as_at(home: Home, tmp_path: Path) -> None:
    beside = publish_items(home, tmp_path, 3, as_at=datetime(2017, 6, 20))
    made = [publish_items(home, tmp_path, items, keep=3) for items in range(10, 15)]
    kept = [release.release_id for release in normal_releases(home)]
    assert kept == [release.release_id for release in made[-3:]]
    assert beside.path.exists()
    exact = {file.stem for file in home.private.glob("*.duckdb") if not file.is_symlink()}
    assert exact == {*kept, beside.release_id}


@pytest.mark.slow
def test_retention_keeps_the_pinned_one(home: Home, tmp_path: Path) -> None:
    first = publish_items(home, tmp_path, 10)
    publish_items(home, tmp_path, 11)
    rollback(home, None, reason="June is wrong", at=AT)
    for items in range(12, 16):
        publish_items(home, tmp_path, items, keep=2)
    assert current_release(home) == shelf.find_release(home, first.release_id)
    assert len(normal_releases(home)) == 3


def test_rollback_pins_until_unpinned(home: Home, tmp_path: Path) -> None:
    first, second = publish_items(home, tmp_path, 10), publish_items(home, tmp_path, 11)
    back = rollback(home, None, reason="June is wrong", at=AT)
    assert back.release_id == first.release_id
    assert shelf.current_id(home) == first.release_id, "readers are back at once, not with the next release"
    third = publish_items(home, tmp_path, 12)
    assert third.is_new
    assert not third.is_current
    assert "June is wrong" in third.message
    assert third.release_id in third.message
    assert shelf.current_id(home) == first.release_id
    assert os.readlink(home.private / "current.duckdb") == f"{first.release_id}.duckdb"
    assert unpin(home).release_id == third.release_id
    assert shelf.current_id(home) == third.release_id
    assert shelf.pin_of(home) is None
    assert second.path.exists()


def test_a_run_while_pinned_writes_a_release_once(home: Home, tmp_path: Path) -> None:
    publish_items(home, tmp_path, 10)
    publish_items(home, tmp_path, 11)
    rollback(home, None, reason="June is wrong", at=AT)
    written = publish_items(home, tmp_path, 12)
    again = publish_items(home, tmp_path, 12)
    assert (again.release_id, again.is_new, again.is_current) == (written.release_id, False, False)


def test_rollback_says_what_it_cannot_do(home: Home, tmp_path: Path) -> None:
    with pytest.raises(PcwError, match="no release yet"):
        rollback(home, None, reason="", at=AT)
    release = publish_items(home, tmp_path, 10)
    with pytest.raises(PcwError, match="oldest release kept"):
        rollback(home, None, reason="", at=AT)
    with pytest.raises(PcwError, match=f"no release nonsense.*{release.release_id}"):
        rollback(home, "nonsense", reason="", at=AT)
    with pytest.raises(PcwError, match="nothing to unpin"):
        unpin(home)


def test_the_diff_against_the_previous_release_is_in_the_file(home: Home, tmp_path: Path) -> None:
    first = publish_items(home, tmp_path, 10)
    second = publish_items(home, tmp_path, 12)
    assert query(first.path, "select count(*) from release_change") == [(0,)]
    rows = query(second.path, "select table_name, column_name, before, after, cause from release_change order by 1, 2")
    cause = "epd sub10, epd sub12"
    assert rows == [
        ("component_value", "value", "10.00000", "12.00000", cause),
        ("indicator_result", "numerator", "10.0000000000", "12.0000000000", cause),
        ("indicator_result", "value", "10.0", "12.0", cause),
    ]
