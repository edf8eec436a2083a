"""Finance reports in more than one file: parts of a version, a summary beside its extract, two periods in one.

Belongs here: what lands of them, what is refused, and what counts. Which version counts belongs in `test_versions`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dbt_project.feeds import Inputs, prepare_feeds
from orchestration.landing import stored_verdicts
from orchestration.pipeline import land_files
from orchestration.regating import ungated
from pcw.home import Home
from pcw.settings import Settings
from sources.contracts import load_contracts
from sources.ledger import current
from sources.manifests import REGATED, read_submissions
from tests.finance_files import (
    BUDGET,
    BUDGET_TOTAL,
    TITLE,
    budget_report,
    cres_plan,
    cres_tracker,
    landed,
    ledger,
    said,
    write_csv,
    write_xlsx,
)
from tests.pipeline.dbt_support import Feeds, build_models, run_dbt
from tests.running import Deployed

CONTRACTS = load_contracts()
Rows = Sequence[Sequence[Any]]


def total_row(version: object = 1) -> list[Any]:
    """The printed total of all nine lines, as a row of an extract."""
    cells = (BUDGET_TOTAL[place] for place in (4, 1, 2, 3, 5, 6))
    return ["2017/18", 3, "99A", version, "total", "Total", "", "", *cells]


def inputs_of(home: Home) -> Inputs:
    known = read_submissions(home.landing)
    return Inputs(home.landing, CONTRACTS, current(known, CONTRACTS), "99A", tuple(known))


def test_a_total_of_the_whole_in_one_part_is_reached_by_all_parts(tmp_path: Path) -> None:
    home, rows = tmp_path / "home", ledger(3, 1)
    part = [rows[0], *rows[5:], total_row()]
    first = landed(home, write_csv(tmp_path / "ledger_b.csv", part))
    assert first.refusal is not None, "nothing else is here that could reach it"
    assert "printed totals are far from their lines" in said(first)
    assert "send the part that prints the total of all last" in said(first)
    assert landed(home, write_csv(tmp_path / "ledger_a.csv", rows[:5]), "2017-07-21").submission is not None
    outcome = landed(home, write_csv(tmp_path / "ledger_b.csv", part), "2017-07-22")
    assert outcome.submission is not None, said(outcome)
    wrong = [[*row[:10], 5 * row[10], *row[11:]] if row is rows[6] else row for row in part]
    outcome = landed(home, write_csv(tmp_path / "ledger_c.csv", wrong), "2017-07-23")
    assert outcome.refusal is not None and "ytd_actual printed 18173847" in said(outcome), "lines are still held to it"


def test_parts_in_one_run_land_in_any_order(tmp_path: Path) -> None:
    deployed, rows, lines = Deployed(Settings(home=tmp_path / "home")), ledger(3, 1), list[str]()
    parts = [
        write_csv(tmp_path / "ledger_a.csv", [rows[0], *rows[5:], total_row()]),
        write_csv(tmp_path / "ledger_b.csv", rows[:5]),
    ]
    with deployed.environment():
        code = land_files(deployed.settings, lines.append, parts, dataset=None, period=None, received_at=None)
    assert code == 0, lines
    assert lines[0].startswith("Refused ledger 2017-06: ledger_a.csv")
    assert lines[1:3] == [
        "Landed ledger 2017-06: ledger_b.csv",
        "Landed ledger 2017-06 after all, with what came after it: ledger_a.csv",
    ]
    assert sum(submission.rows_accepted for submission in read_submissions(deployed.home.landing)) == 10


def test_parts_of_another_version_or_of_none_reach_nothing(tmp_path: Path) -> None:
    for version, other in ((1, 2), ("", "")):
        home, rows = tmp_path / f"home{version}", ledger(3, version)
        assert landed(home, write_csv(tmp_path / "ledger_a.csv", rows[:5])).submission is not None
        part = [rows[0], *([*row[:3], other, *row[4:]] for row in rows[5:]), total_row(other)]
        outcome = landed(home, write_csv(tmp_path / "ledger_b.csv", part), "2017-07-21")
        assert outcome.refusal is not None and "far from their lines" in said(outcome)


def test_a_plan_and_a_tracker_in_parts_reach_their_total(tmp_path: Path) -> None:
    home, plan = tmp_path / "home", cres_plan()
    assert landed(home, write_csv(tmp_path / "cres_plan_a.csv", plan[:8]), "2019-05-01").submission
    outcome = landed(home, write_csv(tmp_path / "cres_plan_b.csv", [plan[0], *plan[8:]]), "2019-05-02")
    assert outcome.submission is not None and "net_plan printed 13842856, computed 13842847" in said(outcome)
    tracker = cres_tracker()
    total: list[Any] = ["" for _ in tracker[0]]
    total[5], total[30] = "Total", 13842847
    assert landed(home, write_csv(tmp_path / "cres_tracker_a.csv", tracker[:8]), "2019-07-10").submission
    part = [tracker[0], *tracker[8:], total]
    outcome = landed(home, write_csv(tmp_path / "cres_tracker_b.csv", part), "2019-07-11")
    assert outcome.submission is not None, said(outcome)
    assert "printed totals" not in said(outcome)


@pytest.mark.parametrize("name", ["ledger", "ledger_2017-18_M12"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_two_periods_of_one_month_in_one_file_stay_two(tmp_path: Path, name: str, suffix: str) -> None:
    adjusted = [(*cells[:2], cells[2] + 1000, cells[3] + 1000, *cells[4:]) for cells in BUDGET]
    rows = [*ledger(12), *ledger(13, lines=adjusted)[1:]]
    write = write_csv if suffix == ".csv" else write_xlsx
    home = Home(tmp_path / "home").create()
    outcome = landed(home.root, write(tmp_path / f"{name}{suffix}", rows), "2018-05-20")
    assert outcome.submission is not None, said(outcome)
    assert [(facts.scope[2], facts.rows) for facts in outcome.submission.versions] == [("12", 9), ("13", 9)]
    prepare_feeds(home.warehouse, inputs_of(home), read_submissions(home.landing), "1GB")
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        found = connection.execute(
            "select ledger_period, sum(ytd_actual) from feed.ledger group by 1 order by 1"
        ).fetchall()
    assert found == [(12, Decimal(18173848)), (13, Decimal(18182848))]


def test_a_total_above_two_periods_must_say_its_own(tmp_path: Path) -> None:
    total = ["", "", "", "", "", "Total", "", "", *(2 * BUDGET_TOTAL[place] for place in (4, 1, 2, 3, 5, 6))]
    path = write_csv(tmp_path / "ledger.csv", [*ledger(12), *ledger(13)[1:], total])
    outcome = landed(tmp_path / "home", path, "2018-05-20")
    assert outcome.refusal is not None and "row 20, column Period (ledger_period): expected a value" in said(outcome)


def test_a_summary_never_stands_for_its_extract(tmp_path: Path) -> None:
    """Neither later, nor at the same moment, nor under a version that the extract does not have."""
    summary = write_csv(tmp_path / "budget_report.csv", budget_report())
    versioned = write_csv(tmp_path / "budget_report_v7.csv", budget_report(title=(*TITLE[:3], ("Version 7",))))
    detail = write_csv(tmp_path / "ledger.csv", ledger(3))
    for place, order in enumerate(((detail, summary, versioned), (versioned, summary, detail))):
        home = Home(tmp_path / f"home{place}").create()
        for path in order:
            outcome = landed(home.root, path)
            assert outcome.submission is not None, said(outcome)
        prepare_feeds(home.warehouse, inputs_of(home), read_submissions(home.landing), "1GB")
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            newest = connection.execute(
                "select file_name from feed.submission where dataset = 'ledger' and is_current"
            ).fetchall()
        assert newest == [("ledger.csv",)]


def test_neither_engine_goes_on_where_the_other_has_built(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    assert landed(home.root, write_csv(tmp_path / "ledger.csv", ledger(3))).submission is not None
    known = read_submissions(home.landing)

    def is_kept(inputs: Inputs) -> bool:
        """Whether a table of the build before is there when the next one begins."""
        prepare_feeds(home.warehouse, inputs, known, "1GB")
        with duckdb.connect(str(home.warehouse)) as connection:
            found = connection.execute("select 1 from duckdb_tables() where table_name = 'built'").fetchall()
            connection.execute("create table if not exists main.built (i integer)")
        return bool(found)

    duckdb_alone, spark = inputs_of(home), replace(inputs_of(home), engine="spark")
    assert [is_kept(one) for one in (duckdb_alone, duckdb_alone, spark, spark, duckdb_alone)] == [
        *(False, True, False, True, False)
    ]


def built(home: Home, warehouse: Path, *models: str) -> Path:
    """These models on the ledgers of June that landed."""
    feeds = Feeds(warehouse)
    for submission in read_submissions(home.landing):
        folder = home.landing / "ledger" / submission.submission_id
        feeds.execute(
            "insert into feed.ledger by name select *, ?::timestamp as received_at, date '2017-06-01' as period"
            " from read_parquet(?, hive_partitioning = false)",
            [submission.received_at.replace(tzinfo=None), str(folder / "period=2017-06-01" / "*.parquet")],
        )
    feeds.close_ledger()
    build_models(warehouse, *models)
    return warehouse


@pytest.mark.slow
@pytest.mark.parametrize(
    ("second", "asked"),
    [
        (lambda rows: [rows[0], *rows[3:]], "2 line(s) of version 1 of 99A 2017/18 period 3 stand"),  # sent again
        (lambda rows: rows, None),
    ],
    ids=["two lines left out", "all lines again"],
)
def test_a_line_that_a_second_file_of_a_version_lacks_is_asked_about(
    tmp_path: Path, second: Callable[[list[list[Any]]], list[list[Any]]], asked: str | None
) -> None:
    """It counts as the first file has it, and did so without a word."""
    home, rows = Home(tmp_path / "home").create(), ledger(3, 1)
    assert landed(home.root, write_csv(tmp_path / "ledger_a.csv", rows)).submission is not None
    changed = [rows[0], *([*row[:9], row[9] + 1, *row[10:]] for row in rows[1:])]
    outcome = landed(home.root, write_csv(tmp_path / "ledger_b.csv", second(changed)), "2017-07-21")
    assert outcome.submission is not None, said(outcome)
    warehouse = built(home, tmp_path / "warehouse.duckdb", "+int_finance__quality_query")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select subject, amount, detail from intermediate.int_finance__quality_query"
            " where issue = 'ledger_line_left_out'"
        ).fetchall()
    if asked is None:
        assert found == []
    else:
        [(subject, amount, detail)] = found
        assert (subject, amount) == ("99A 2017/18 period 3", sum(row[10] for row in rows[1:3]))
        assert asked in detail and rows[1][5] in detail and rows[2][5] in detail and rows[3][5] not in detail


@pytest.mark.slow
def test_a_summary_is_kept_and_held_against_its_extract(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    off = [(*cells[:2], cells[2] - (400000 if cells[0] == "QOF" else 0), *cells[3:]) for cells in BUDGET]
    off[8] = ("QOF", 1647756, 1648995, 1239, 6591066, 6992305, 401239)
    total = ("Total", 18049315, 17773847, -275468, 72547000, 72787320, 240320)
    assert landed(home.root, write_csv(tmp_path / "ledger.csv", ledger(3))).submission is not None
    outcome = landed(
        home.root, write_csv(tmp_path / "budget_report.csv", budget_report(total, lines=off)), "2017-07-30"
    )
    assert outcome.submission is not None, said(outcome)
    warehouse = built(home, tmp_path / "warehouse.duckdb", "+int_finance__quality_query", "+finance_position")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counted = connection.execute(
            "select vintage, is_current, ytd_actual from finance_position where level = 'total' order by vintage"
        ).fetchall()
        asked = connection.execute(
            "select subject, amount, seen, expected from intermediate.int_finance__quality_query"
            " where subject like '%budget report%'"
        ).fetchall()
    assert counted == [(1, False, Decimal(17773848)), (2, True, Decimal(18173848))]
    assert asked == [("99A 2017/18 period 3, budget report beside the ledger extract", -400000, 17773848, 18173848)]


def test_a_superseded_version_stops_no_release(tmp_path: Path) -> None:
    """Every version is read; on a version that a newer one replaced no release rests, and no gate is asked again."""
    home = Home(tmp_path / "home").create()
    first = landed(home.root, write_csv(tmp_path / "ledger_a.csv", ledger(3))).submission
    second = landed(home.root, write_csv(tmp_path / "ledger_b.csv", ledger(3, 1)), "2017-07-21").submission
    assert first is not None and second is not None
    blocked = [{**verdict, "passed": False} for verdict in first.verdicts if verdict["severity"] == "block"]
    for submission in (first, second):
        path = home.landing / "ledger" / submission.submission_id / REGATED
        path.write_text(json.dumps({"verdicts": blocked, "suites_hash": "a stricter one"}))
    inputs = inputs_of(home)
    assert {s.submission_id for s in inputs.current_submissions()} == {first.submission_id, second.submission_id}
    assert [s.submission_id for s in inputs.judged_submissions()] == [second.submission_id]
    assert [s.submission_id for s in ungated(inputs.judged_submissions())] == [second.submission_id]
    assert not all(verdict.passed for verdict in stored_verdicts(inputs.judged_submissions())), (
        "the present one stops it"
    )
    as_known_then = [s for s in read_submissions(home.landing) if s.received_at < datetime(2017, 7, 21, tzinfo=UTC)]
    earlier = Inputs(home.landing, CONTRACTS, current(as_known_then, CONTRACTS), "99A", tuple(as_known_then))
    assert [s.submission_id for s in earlier.judged_submissions()] == [first.submission_id]


def test_known_bytes_under_another_name_are_named(tmp_path: Path) -> None:
    home, lines = tmp_path / "home", []
    first = write_csv(tmp_path / "ledger_2017-18_M03.csv", ledger(3))
    assert landed(home, first).submission is not None
    wrong = write_csv(tmp_path / "ledger_2017-18_M04.csv", ledger(3))
    settings = Settings(home=home)
    again = datetime(2017, 8, 20, tzinfo=UTC)
    code = land_files(settings, lines.append, [first, wrong], dataset=None, period=None, received_at=again)
    assert code == 0
    assert lines[:2] == [
        "Nothing new: ledger_2017-18_M03.csv is already in force.",
        "Nothing new: ledger_2017-18_M04.csv holds, byte for byte, what was received as ledger_2017-18_M03.csv on "
        "2017-07-20. If another file was meant, send that one.",
    ]


WORDS = {
    "Recurrent": "recurrent", "recurrent": "recurrent", "R": "recurrent", "Rec": "recurrent",
    "Non-Recurrent": "non_recurrent", "non_recurrent": "non_recurrent", "Non Recurrent": "non_recurrent",
    "NR": "non_recurrent", "Non-Rec": "non_recurrent", "N": "non_recurrent",
    "Mixed": "mixed", "M": "mixed", "Part": "mixed", "Recurrent (Part Non-Rec)": "mixed",
    "Part Recurrent": "mixed", "Sometimes": None, "Once": None,
}  # fmt: skip


def test_gate_and_staging_read_the_same_words_of_recurrence(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    feeds.add(
        "cres_plan",
        date(2019, 4, 1),
        [
            {"scheme_id": word, "row_type": "line", "recurrence": word, "received_at": datetime(2019, 5, 1)}
            for word in WORDS
        ],
    )
    feeds.close_ledger()
    run_dbt(warehouse, "run", "--select", "stg_finance__cres_plan")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        staged = dict(connection.execute("select scheme_id, recurrence from staging.stg_finance__cres_plan").fetchall())
    assert staged == WORDS
    schemes = [(word, 1000 + place, word) for place, word in enumerate(WORDS)]
    outcome = landed(
        tmp_path / "home", write_csv(tmp_path / "cres_plan.csv", cres_plan(schemes=schemes)[:-1]), "2019-05-01"
    )
    [verdict] = [verdict for verdict in outcome.verdicts if verdict.check == "recurrence_known"]
    assert not verdict.passed and verdict.unexpected_count == 2
    assert "recurrence = Sometimes" in verdict.message and "recurrence = Once" in verdict.message
