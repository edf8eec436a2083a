"""Ten mistakes of finance files, each sent as a real file: caught before it lands, or landed and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pcw.home import Home
from sources.manifests import read_submissions
from tests.finance_files import (
    BUDGET,
    BUDGET_TOTAL,
    CRES,
    TITLE,
    Rows,
    budget_report,
    cres_plan,
    cres_tracker,
    journals,
    landed,
    ledger,
    said,
    write_csv,
    write_xlsx,
)

WRITERS: dict[str, Callable[[Path, Rows], Path]] = {".csv": write_csv, ".xlsx": write_xlsx}


@pytest.fixture(params=[".csv", ".xlsx"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, Rows], Path]:
    """Writes a file of that name as CSV, or as a workbook."""
    return lambda name, rows: WRITERS[request.param](tmp_path / f"{name}{request.param}", rows)


Write = Callable[[str, Rows], Path]


def changed(rows: Rows, row: int, column: int, value: Any) -> list[list[Any]]:
    """The same rows with one cell changed; both are counted from 0."""
    new = [list(cells) for cells in rows]
    new[row][column] = value
    return new


def nothing_landed(home: Path) -> bool:
    return read_submissions(Home(home).landing) == []


def test_a_flipped_sign_is_named(write: Write, tmp_path: Path) -> None:
    turned = [(*cells[:3], -cells[3], *cells[4:6], -cells[6]) for cells in BUDGET]
    total = (*BUDGET_TOTAL[:3], -BUDGET_TOTAL[3], *BUDGET_TOTAL[4:6], -BUDGET_TOTAL[6])
    outcome = landed(tmp_path / "home", write("budget_report", budget_report(total, lines=turned)))
    assert outcome.refusal is not None and "the sign is flipped" in said(outcome)
    one = [*BUDGET[:4], (*BUDGET[4][:2], -BUDGET[4][2], *BUDGET[4][3:]), *BUDGET[5:]]
    outcome = landed(tmp_path / "home", write("budget_report", budget_report(lines=one)))
    assert outcome.refusal is not None and "row 10: line_description = Other List-Based Services" in said(outcome)
    assert nothing_landed(tmp_path / "home")


def test_pence_loaded_as_pounds_are_named(write: Write, tmp_path: Path) -> None:
    assert landed(tmp_path / "home", write("ledger", ledger(2)), "2017-06-20").submission
    pence = [(name, *(100 * amount for amount in amounts)) for name, *amounts in BUDGET]
    outcome = landed(tmp_path / "home", write("ledger", ledger(3, lines=pence)))
    assert outcome.refusal is not None and "pence were loaded as pounds" in said(outcome)
    only_actuals = [(*cells[:2], 100 * cells[2], *cells[3:]) for cells in BUDGET]
    outcome = landed(tmp_path / "other", write("budget_report", budget_report(lines=only_actuals)))
    assert outcome.refusal is not None and "one column may be in pence" in said(outcome)


def test_a_total_among_the_lines_is_a_total_or_is_named(write: Write, tmp_path: Path) -> None:
    unnamed = ("Delegated commissioning", *BUDGET_TOTAL[1:])
    outcome = landed(tmp_path / "home", write("budget_report", budget_report(unnamed)))
    assert outcome.refusal is not None and "are the sum of all the others (row 15:" in said(outcome)
    marked = [
        *ledger(),
        ["2017/18", 3, "99A", "", "line", "Total", "", "", *(BUDGET_TOTAL[i] for i in (4, 1, 2, 3, 5, 6))],
    ]
    outcome = landed(tmp_path / "home", write("ledger", marked))
    assert outcome.refusal is not None and "called a total and stand as lines (row 11:" in said(outcome)
    outcome = landed(tmp_path / "home", write("budget_report", budget_report()))
    assert outcome.submission is not None and outcome.submission.periods[0].rows == 10


def test_period_13_is_the_adjustments_and_nothing_else(write: Write, tmp_path: Path) -> None:
    home = tmp_path / "home"
    outcome = landed(home, write("ledger", ledger(13)))
    assert outcome.refusal is not None
    assert "period 13 of 2017/18 (March 2018), the adjustments after March, which is after" in said(outcome)
    outcome = landed(home, write("cres_tracker", cres_tracker(13)), "2020-05-01")
    assert outcome.refusal is not None and "period 13 is no month of a tracker" in said(outcome)
    outcome = landed(home, write("ledger", ledger(14)))
    assert outcome.refusal is not None and "found 14" in said(outcome)
    march = landed(home, write("ledger_march", ledger(12)), "2018-04-20").submission
    adjusted = landed(home, write("ledger_adjusted", ledger(13)), "2018-05-20").submission
    assert march is not None and adjusted is not None
    assert [facts.scope for facts in (*march.versions, *adjusted.versions)] == [
        ("99A", "2017/18", "12"),
        ("99A", "2017/18", "13"),
    ]


def test_a_duplicated_journal_is_named(write: Write, tmp_path: Path) -> None:
    first = journals()
    twice = [*first, *([*row[:4], 2, *row[5:]] for row in first[1:])]
    outcome = landed(tmp_path / "home", write("journal", twice))
    assert outcome.refusal is not None and "ACC-03-1" in said(outcome) and "they are duplicated" in said(outcome)
    outcome = landed(tmp_path / "home", write("journal", [*first, first[1]]))
    assert outcome.refusal is not None and "the journal is duplicated" in said(outcome)
    assert landed(tmp_path / "home", write("journal", first)).submission
    again = [first[0], *([row[0], 4, *row[2:9], "28/07/2017", row[10]] for row in first[1:])]
    outcome = landed(tmp_path / "home", write("journal_july", again), "2017-08-20")
    assert outcome.refusal is not None and "posted in an earlier period already" in said(outcome)


def test_the_wrong_entity_is_named(write: Write, tmp_path: Path) -> None:
    title = (*TITLE[:1], ("Entity 01J",), *TITLE[2:])
    outcome = landed(tmp_path / "home", write("budget_report", budget_report(title=title)))
    assert outcome.refusal is not None and "entity_code = 01J" in said(outcome)
    outcome = landed(tmp_path / "home", write("budget_report", budget_report(title=(*TITLE[:1], *TITLE[2:]))))
    assert outcome.refusal is not None and "Write it above the table, like Entity 99A" in said(outcome)


def test_the_file_of_next_year_is_named(write: Write, tmp_path: Path) -> None:
    outcome = landed(tmp_path / "home", write("ledger", ledger(3, year="2018/19")))
    assert outcome.refusal is not None
    assert "period 3 of 2018/19 (June 2018) which is after the month of receipt (2017-07)" in said(outcome)
    plan = [[cell if cell != "2019/20" else "2021/22" for cell in row] for row in cres_plan()]
    outcome = landed(tmp_path / "home", write("cres_plan", plan), "2019-05-01")
    assert outcome.refusal is not None and "2021/22 begins more than a year after the receipt" in said(outcome)
    outcome = landed(tmp_path / "home", write("ledger_2018-19_M03", ledger(3)))
    assert outcome.refusal is not None and "its name says period 3 of 2018/19, but its rows are of" in said(outcome)


def test_a_tracker_of_a_year_without_a_plan_is_named(write: Write, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert landed(home, write("cres_plan", cres_plan()), "2020-04-01").submission is not None
    relabelled = [[cell if cell != "2019/20" else "2020/21" for cell in row] for row in cres_tracker()]
    outcome = landed(home, write("tracker", relabelled), "2020-07-10")
    assert outcome.refusal is not None
    assert "15 schemes are of the plan of another year, and the year stated has no plan" in said(outcome)
    assert "CRES-2019-01 stated for 2020/21, planned in 2019/20" in said(outcome)
    of_its_year = {"2019/20": "2020/21", "01/04/2019": "01/04/2020", "31/03/2020": "31/03/2021"}
    plan = [[of_its_year.get(cell, cell) for cell in row] for row in cres_plan()]
    assert landed(home, write("cres_plan_2020-21", plan), "2020-07-11").submission is not None
    assert landed(home, write("tracker", relabelled), "2020-07-12").submission is not None


def test_brackets_read_as_positive_are_named(write: Write, tmp_path: Path) -> None:
    lost = [(*cells[:3], abs(cells[3]), *cells[4:6], abs(cells[6])) for cells in BUDGET]
    outcome = landed(tmp_path / "home", write("budget_report", budget_report(lines=lost)))
    assert outcome.refusal is not None
    assert "2 variances are positive where less was spent than budgeted (row 7:" in said(outcome)
    shown = [(c[0], *(f"({-v:,})" if v < 0 else f"£{v:,}" if v else "-" for v in c[1:])) for c in BUDGET]
    submission = landed(tmp_path / "home", write("budget_report", budget_report(lines=shown))).submission
    assert submission is not None and submission.periods[0].control_totals["ytd_actual"] == 2 * 18173848 - 1


def test_dates_that_excel_made_are_named(write: Write, tmp_path: Path) -> None:
    home, first = tmp_path / "home", journals()
    outcome = landed(home, write("journal", changed(first, 1, 9, "42914")))
    assert outcome.refusal is not None and "row 2, column Posted Date (posted_on)" in said(outcome)
    assert "42914 (the number by which Excel knows 28/06/2017" in said(outcome)
    outcome = landed(home, write("journal", changed(first, 1, 9, "06/28/2017")))
    assert outcome.refusal is not None and "row 3 has the day first (28/06/2017) and row 2 the month" in said(outcome)
    outcome = landed(home, write("journal", changed(first, 1, 9, datetime(2017, 5, 6))))
    assert outcome.refusal is not None and "row 2 holds a true date (2017-05-06) and row 3 a text" in said(outcome)
    true = [[cell if cell != "28/06/2017" else datetime(2017, 6, 28) for cell in row] for row in first]
    assert landed(home, write("journal", true)).submission is not None


def test_a_missing_scheme_is_named_and_the_rest_lands(write: Write, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert landed(home, write("cres_plan", cres_plan()), "2019-05-01").submission
    one_less = [row for row in cres_tracker() if row[4] != "CRES-2019-06"]
    outcome = landed(home, write("cres_tracker", one_less), "2019-07-10")
    assert outcome.submission is not None
    assert "1 schemes of the plan are missing (CRES-2019-06 Contracts, plan 673571)" in said(outcome)
    unknown = [[cell if cell != "CRES-2019-06" else "CRES-2019-99" for cell in row] for row in cres_tracker()]
    outcome = landed(home, write("cres_tracker_2", unknown), "2019-07-11")
    assert outcome.submission is not None and "1 schemes are in no plan of the year (row 7:" in said(outcome)


def test_nine_pounds_of_the_plan_are_told_and_refuse_nothing(write: Write, tmp_path: Path) -> None:
    outcome = landed(tmp_path / "home", write("cres_plan", cres_plan()), "2019-05-01")
    assert outcome.submission is not None
    assert "net_plan printed 13842856, computed 13842847, difference -9" in said(outcome)
    assert len(CRES) == 15 and outcome.submission.periods[0].rows == 16


def tracker_with_total(schemes: Rows = CRES) -> list[list[Any]]:
    """A tracker that prints the total of its schemes."""
    rows = cres_tracker(schemes=schemes)
    total: list[Any] = ["" for _ in rows[0]]
    total[5] = "Total"
    for column in range(6, 31):
        amounts = [row[column] for row in rows[1:]]
        total[column] = "" if "" in amounts else sum(amounts)
    return [*rows, total]


def test_a_negative_actual_is_named_by_its_scheme_and_not_by_the_total(write: Write, tmp_path: Path) -> None:
    good = tracker_with_total()
    outcome = landed(tmp_path / "home", write("cres_tracker", changed(good, 4, 7, -good[4][7])), "2019-07-10")
    assert outcome.refusal is not None
    first = outcome.refusal.message
    assert first.split(", ", 1)[1].startswith("row 5, CRES-2019-04: actual_m02 is -12453: negative"), first
    assert "printed totals" not in first and len(first) < 250, first
    assert landed(tmp_path / "home", write("cres_tracker", good), "2019-07-10").submission is not None


def test_a_tracker_of_negative_savings_is_named_by_its_schemes(write: Write, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert landed(home, write("cres_plan", cres_plan()), "2019-05-01").submission
    turned = changed(cres_tracker(), 4, 30, -149446)
    outcome = landed(home, write("cres_tracker", turned), "2019-07-10")
    assert outcome.refusal is not None
    assert ", row 5, CRES-2019-04: 37359 to date, -149446 forecast: 1 scheme(s) save less" in outcome.refusal.message


def test_one_flipped_actual_is_named_before_the_total_that_it_breaks(write: Write, tmp_path: Path) -> None:
    one = [*BUDGET[:4], (*BUDGET[4][:2], -BUDGET[4][2], *BUDGET[4][3:]), *BUDGET[5:]]
    outcome = landed(tmp_path / "home", write("budget_report", budget_report(lines=one)))
    assert outcome.refusal is not None
    assert "row 10" in outcome.refusal.message and "printed totals" not in outcome.refusal.message
