"""Sections 7 to 10 of the committee's report from the sample of 92 practices: its files, read as landing reads them.

Belongs here: that the published tables hold the figures of the paper (PCCC 18-17). What stands in the files belongs in
`test_synthetic_contract` and `test_synthetic_experience`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pcw.home import Home
from sources.contracts import load_contracts
from sources.receipts import receive
from sources.staging import stage
from sources.synthetic.contract_feeds import write_contracts
from sources.synthetic.experience_ratings import rating_files
from sources.synthetic.world import COMMISSIONER, build_world
from tests.pipeline.dbt_scenario import Built, register
from tests.pipeline.dbt_support import Feeds, build_models

FIRST, LAST = date(2016, 4, 1), date(2017, 8, 1)
REPORTED = date(2017, 6, 1), date(2017, 8, 31)
pytestmark = pytest.mark.slow  # a build of its own; each mart has its unit tests in every run
MARTS = (
    *("cqc_inspection", "practice_contract", "contract_event", "contract_event_coverage", "contract_visit_theme"),
    "complaint_summary",
)


def landed(home: Home, path: Path) -> tuple[str, date, list[dict[str, Any]]]:
    """Dataset, period and rows of a file of one period."""
    found = stage(home, receive(path, datetime(2017, 9, 4, tzinfo=UTC)), load_contracts(), (), "1GB")
    assert isinstance(found.database, duckdb.DuckDBPyConnection) and found.contract is not None, path.name
    read = found.database.execute("select * from staged order by source_row")
    names = [column[0] for column in read.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in read.fetchall()]
    found.close()
    [period] = found.periods
    return found.contract.dataset, period, rows


def newest_of_registers(files: Iterable[Path]) -> list[Path]:
    """Every file, but of the log of events the newest export alone: it stands for all."""
    logs = sorted(path for path in files if path.name.startswith("contract_event"))
    return [path for path in files if path not in logs[:-1]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("contract_marts")
    world, sample = build_world(92, 20170829, LAST), folder / "sample"
    sample.mkdir()
    write_contracts(sample, world, FIRST, LAST)
    for name, content in rating_files(world, date(2017, 5, 1), LAST).items():
        (sample / name).write_bytes(content)
    feeds, home = Feeds(folder / "warehouse.duckdb"), Home(folder / "home").create()
    feeds.add("epraccur", FIRST, [
        register(practice.code, practice.opened, practice.closed, practice.commissioner) for practice in world.practices
    ])  # fmt: skip
    for path in newest_of_registers(sorted(sample.iterdir())):
        feeds.add(*landed(home, path))
    feeds.close_ledger()
    build_models(feeds.warehouse, *(f"+{mart}" for mart in MARTS))
    return Built(feeds.warehouse)


def test_three_ratings_were_published_since_june_each_beside_the_one_before(built: Built) -> None:
    found = built.rows(
        """
        select publication_date, report_type, overall_rating, safe, previous_rating, is_current, (
            select earlier.safe from cqc_inspection as earlier
            where (earlier.practice_code, earlier.publication_date)
                = (later.practice_code, later.previous_publication_date)
        ) as safe_before
        from cqc_inspection as later where commissioner_code = ? and publication_date between ? and ?
        order by publication_date
        """,
        COMMISSIONER,
        *REPORTED,
    )
    assert found == [
        (date(2017, 6, 9), "Location", "Good", "Good", "Good", True, "Good"),
        (date(2017, 7, 14), "Focused", "Good", "Good", "Good", True, "Requires improvement"),
        (date(2017, 8, 11), "Location", "Good", "Good", "Good", True, "Requires improvement"),
    ]
    current = "select overall_rating, count(*) from cqc_inspection where is_current group by all order by all"
    ratings = dict(built.rows(current))
    # One of the 92 opened in the meantime and was not inspected yet.
    assert ratings["Requires improvement"] == 1 and sum(ratings.values()) == 91
    assert built.rows("select count(*) from cqc_inspection where effective is null or well_led is null") == [(0,)]


def test_contracts_of_each_type_and_what_they_require(built: Built) -> None:
    august = "from practice_contract where month = '2017-08-01'"
    types = f"select contract_type, count(*), count(requested_move_to) {august} group by all order by all"
    assert built.rows(types) == [("APMS", 13, 0), ("GMS", 74, 0), ("PMS", 5, 3)]
    known = "count(*) filter (where is_expected), count(*) filter (where record_access), count(has_ppg)"
    assert built.rows(f"select {known}, count(earnings_published) {august}") == [(92, 92, 0, 0)]
    march = "from practice_contract where month = '2017-03-01'"
    assert built.rows(f"select count(*), count(*) filter (where has_ppg), max(ppg_confirmed_on) {march}") == [
        (92, 92, date(2017, 3, 31))
    ]


def test_visits_and_changes_where_the_log_says_that_it_has_all(built: Built) -> None:
    visits = "select count(*) from contract_event where event_type = 'visit' and is_complete and occurred_on >= ?"
    assert built.rows(visits, date(2016, 9, 1)) == [(63,)]
    assert built.rows(visits, date(2017, 6, 1)) == [(17,)]
    assert built.rows("select event_type, outcome from contract_event where occurred_on is null and is_complete") == [
        ("boundary_change", "Asks to reduce: under review")
    ]
    changes = built.rows(
        """
        select event_type, if(is_covered and complete_to = ?, count(event_id), null)
        from contract_event_coverage left join contract_event using (event_type)
        where event_type <> 'visit' group by event_type, is_covered, complete_to
        """,
        REPORTED[1],
    )
    none, no_update = dict.fromkeys(("extension", "partnership_change", "list_closure_request"), 0), None
    not_kept = dict.fromkeys(("interim_provider", "merger", "sanction", "practice_closure"), no_update)
    assert dict(changes) == {"boundary_change": 1, **none, **not_kept}


def test_themes_of_visits_are_named_the_most_frequent_first(built: Built) -> None:
    found = built.rows(
        "select theme_code, any_value(theme_order) from contract_visit_theme group by theme_code"
        " order by count(*) desc, any_value(theme_order)"
    )
    assert found == [("PREMISES", 1), ("BOUNDARY_MAP", 2), ("FFT", 3), ("LD_HEALTH_CHECK", 4), ("WORKFORCE", 5)]
    assert built.rows("select count(*) from contract_visit_theme where theme_name is null") == [(0,)]


def test_complaints_of_the_year_by_outcome_and_by_theme(built: Built) -> None:
    year = (
        "select name, complaints, rank, as_at from complaint_summary where financial_year = '2016/17'"
        " and summary_group = ? order by rank nulls last, name"
    )
    assert built.rows(year, "all") == [("complaints", 102, None, date(2017, 3, 31))]
    assert built.rows(year, "practices") == [("practices", 59, None, date(2017, 3, 31))]
    assert [row[:3] for row in built.rows(year, "outcome")] == [
        ("upheld", 22, 1), ("resolved_by_provider", 19, 2), ("not_upheld", 15, 3), ("no_consent", 14, 4),
        ("withdrawn", 14, 4), ("without_outcome", 18, None),
    ]  # fmt: skip
    assert [row[0] for row in built.rows(year, "theme")] == [
        "clinical care", "prescriptions", "appointments", "removal from list", "communication",
    ]  # fmt: skip
    assert [row[2] for row in built.rows(year, "theme")] == [1, 2, 3, 4, 5]
