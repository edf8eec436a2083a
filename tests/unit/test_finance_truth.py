"""The truth of the finance feeds: hand-worked reports, versions in any order, and what is not known."""

import csv
import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sources.synthetic import truth_cres
from sources.synthetic.truth_cres import position_lines as cres_lines
from sources.synthetic.truth_cres import read_plans, read_thresholds, read_trackers
from sources.synthetic.truth_finance import POSITION_COLUMNS, position_lines, positions, read_ledgers
from sources.synthetic.truth_finance_checks import COLUMNS as CHECK_COLUMNS
from sources.synthetic.truth_finance_checks import ledger_checks, plan_checks
from sources.synthetic.truth_finance_files import amount, total

LEDGER = (
    *("Financial Year", "Period", "Entity", "Version", "Row Type", "Description", "Programme Area", "Coding String"),
    *("Annual Budget", "YTD Budget", "YTD Actual", "YTD Variance", "Forecast Outturn", "Forecast Variance"),
)
PRACTICES = {"N82001": "FIRST", "N82002": "SECOND"}
MONTHS = ("Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar")
Writer = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def written(name: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Path:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
        return tmp_path

    return written


def line(period: int, version: object, practice: str, actual: object, forecast: object = 120) -> list[object]:
    """A line of GMS: budget 100 of the year, 10 to date."""
    coding = f"946141/52161011/{practice}/PRCGMS/000000" if practice else ""
    return ["2017/18", period, "99A", version, "line", "GMS", "Delegated", coding, 100, 10, actual, "", forecast, ""]


def printed(period: int, version: object, actual: object, area: str = "") -> list[object]:
    head = ["2017/18", period, "99A", version, "total", f"Total {area}".strip(), area, ""]
    return [*head, 200, 20, actual, "", "", ""]


def found(folder: Path) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows of finance_position by period, vintage, level and code."""
    ledgers = read_ledgers(folder)
    rows = [
        dict(zip(POSITION_COLUMNS, row, strict=True)) for row in position_lines(ledgers, positions(ledgers, PRACTICES))
    ]
    return {(row["ledger_period"], row["vintage"], row["level"], row["level_code"]): row for row in rows}


# -- reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("(1,234)", -1234), ("-12.50", "-12.5"), ("1,234,567", 1234567), ("-", 0), ("", None), (" ", None), (None, None)],
)
def test_amounts(text: str | None, value: Any) -> None:
    assert amount(text) == (None if value is None else Decimal(value))


def test_a_sum_without_one_of_its_parts_is_unknown() -> None:
    assert total([Decimal(1), Decimal(2)]) == 3
    assert total([Decimal(1), None]) is None
    assert total([]) is None


# -- the ledger --------------------------------------------------------------------------------------------------------


def test_lines_are_summed_at_every_level_and_totals_stand_beside(write: Writer) -> None:
    rows = [line(3, 1, "N82001", 12), line(3, 1, "N82002", 13), line(3, 1, "N99999", 5)]
    got = found(write("ledger_3.csv", LEDGER, [*rows, printed(3, 1, 29, "Delegated"), printed(3, 1, 31)]))
    assert {key[2:] for key in got} == {
        *(("total", "total"), ("line", "GMS"), ("programme_area", "Delegated"), ("cost_centre", "946141")),
        *(("practice", "N82001"), ("practice", "N82002")),
    }
    whole = got[3, 1, "total", "total"]
    assert (whole["ytd_budget"], whole["ytd_actual"], whole["ytd_variance"]) == (30, 30, 0)
    assert (whole["annual_budget"], whole["forecast_outturn"], whole["forecast_variance"]) == (300, 360, 60)
    assert (whole["printed_ytd_actual"], whole["printed_ytd_variance"]) == (31, None)
    assert got[3, 1, "programme_area", "Delegated"]["printed_ytd_actual"] == 29
    # Several rows are no printed line.
    assert got[3, 1, "line", "GMS"]["printed_ytd_actual"] is None
    assert got[3, 1, "practice", "N82001"]["level_name"] == "FIRST"
    assert (whole["month"], whole["is_current"], whole["report_version"]) == ("2017-06-01", "true", 1)


def test_the_highest_version_counts_and_what_states_none_is_older(write: Writer) -> None:
    write("ledger_a.csv", LEDGER, [line(3, 2, "N82001", 12)])
    write("ledger_b.csv", LEDGER, [line(3, 1, "N82001", 11)])
    write("ledger_c.csv", LEDGER, [line(3, "", "N82001", 10)])
    got = found(write("ledger_d.csv", LEDGER, [line(3, 2, "N82002", 1)]))
    whole = {key[1]: row for key, row in got.items() if key[2] == "total"}
    assert {vintage: row["ytd_actual"] for vintage, row in whole.items()} == {1: 10, 2: 11, 3: 13}
    assert [row["is_current"] for _, row in sorted(whole.items())] == ["false", "false", "true"]


@pytest.mark.parametrize("seed", range(5))
def test_any_split_of_files_gives_the_same_position(tmp_path: Path, write: Writer, seed: int) -> None:
    rows = [
        line(period, version, code, period * version) for period in (1, 2) for version in (1, 2) for code in PRACTICES
    ]
    expected = found(write("ledger_0.csv", LEDGER, rows))
    (tmp_path / "ledger_0.csv").unlink()
    rng = random.Random(seed)
    rng.shuffle(rows)
    parts: list[list[list[object]]] = [[], [], []]
    for row in rows:
        parts[rng.randrange(3)].append(row)
    for number, part in enumerate(parts):
        write(f"ledger_{number}.csv", LEDGER, part)
    assert found(tmp_path) == expected


def test_the_month_before_by_its_newest_version(write: Writer) -> None:
    write("ledger_2.csv", LEDGER, [line(2, 1, "N82001", 4, 90), line(2, 2, "N82001", 6, 110)])
    got = found(write("ledger_3.csv", LEDGER, [line(3, 1, "N82001", 9), line(3, 1, "N82002", 5)]))
    first = got[3, 1, "practice", "N82001"]
    assert (first["month_actual"], first["previous_forecast_outturn"], first["forecast_change"]) == (3, 110, 10)
    # Who is paid for the first time began at nothing; of what had no report before nobody knows.
    second = got[3, 1, "practice", "N82002"]
    assert (second["month_actual"], second["previous_forecast_outturn"], second["forecast_change"]) == (5, None, None)
    assert got[2, 1, "practice", "N82001"]["month_actual"] is None


def test_a_report_without_codes_says_nothing_of_practices(write: Writer) -> None:
    write("budget_report_2.csv", LEDGER, [line(2, "", "", 10)])
    got = found(write("ledger_3.csv", LEDGER, [line(3, 1, "N82001", 15)]))
    assert got[3, 1, "line", "GMS"]["month_actual"] == 5
    assert got[3, 1, "practice", "N82001"]["month_actual"] is None
    assert got[3, 1, "cost_centre", "946141"]["month_actual"] is None
    assert (2, 1, "cost_centre", "not_stated") in got
    assert {key[2] for key in got if key[0] == 2} == {"total", "line", "programme_area", "cost_centre"}
    # A line of one row is printed as such.
    assert got[2, 1, "line", "GMS"]["printed_ytd_actual"] == 10


def test_april_is_its_own_month_and_a_line_without_a_figure_is_no_sum(write: Writer) -> None:
    got = found(write("ledger_1.csv", LEDGER, [line(1, 1, "N82001", 4), line(1, 1, "N82002", "")]))
    assert got[1, 1, "practice", "N82001"]["month_actual"] == 4
    assert got[1, 1, "total", "total"]["ytd_actual"] is None
    assert got[1, 1, "total", "total"]["ytd_budget"] == 20


def test_adjustments_are_of_march(write: Writer) -> None:
    got = found(write("ledger.csv", LEDGER, [line(12, 1, "N82001", 4), line(13, 1, "N82001", 5)]))
    assert {got[period, 1, "total", "total"]["month"] for period in (12, 13)} == {"2018-03-01"}
    assert got[13, 1, "total", "total"]["month_actual"] == 1


def test_printed_totals_are_held_against_their_lines(write: Writer) -> None:
    rows = [line(3, 1, "N82001", 12), line(3, 1, "N82002", 13)]
    folder = write("ledger.csv", LEDGER, [*rows, printed(3, 1, 26), printed(3, 1, 27, "Delegated")])
    checks = ledger_checks(positions(read_ledgers(folder), PRACTICES))
    got = {row[0]: dict(zip(CHECK_COLUMNS, row, strict=True)) for row in checks}
    # One line: GBP 1 is rounding, GBP 2 is not. Nothing is checked that is not printed.
    head = "ledger|99A|2017/18|03|1|total|Total"
    assert {ident for ident in got if "Delegated" not in ident} == {
        f"{head}|{name}" for name in ("ytd_budget", "ytd_actual", "annual_budget")
    }
    results = {name: got[f"{head}{name}"]["result"] for name in ("|ytd_budget", "|ytd_actual", " Delegated|ytd_actual")}
    assert list(results.values()) == ["exact", "within_rounding", "does_not_reconcile"]
    assert got[f"{head} Delegated|ytd_actual"]["difference"] == 2


# -- savings -----------------------------------------------------------------------------------------------------------

PLAN = (
    *("Financial Year", "Entity", "Version", "Row Type", "Scheme ID", "Scheme", "Category", "Lead", "Finance Lead"),
    *("Recurrence", "Recurrent Plan", "Cash Releasing", "Start Date", "End Date", "Gross Plan", "Investment"),
    *("Net Plan", *(f"Plan {month}" for month in MONTHS), "Full Year Effect", "Claims", "Evidence Method"),
)
TRACKER = (
    *("Financial Year", "Month", "Entity", "Version", "Row Type", "Scheme ID", "Scheme"),
    *(f"Actual {month}" for month in MONTHS),
    *(f"Forecast {month}" for month in MONTHS),
    *("Forecast Full Year", "Recurrent YTD", "Delivery RAG", "Mitigation", "Mitigation Value", "Last Updated"),
)


def planned(ident: str, recurrence: str = "recurrent", monthly: int = 10, split: object = "") -> list[object]:
    head = [
        "2019/20",
        "99A",
        1,
        "line",
        ident,
        ident,
        "C",
        f"Lead {ident}",
        "F",
        recurrence,
        split,
        "Y",
        "2019-04-01",
        "",
    ]
    return [*head, 12 * monthly, 0, 12 * monthly, *[monthly] * 12, "", "", "none"]


def tracked(
    period: int,
    ident: str,
    actual: list[object],
    ahead: object = 10,
    *,
    version: object = 1,
    stated: object = "",
    recurrent: object = "",
    mitigation: object = "",
    updated: str = "2020-03-31",
) -> list[object]:
    head = ["2019/20", period, "99A", version, "line", ident, ident]
    months = [*actual, *[""] * (12 - len(actual)), *[""] * len(actual), *[ahead] * (12 - len(actual))]
    return [*head, *months, stated, recurrent, "A", "Something" if mitigation else "", mitigation, updated]


def savings(folder: Path, month: str = "2019-06-01") -> dict[str, dict[str, Any]]:
    """Rows of cres_position of a month by scheme."""
    rows = cres_lines(read_plans(folder), read_trackers(folder), {"rag_green_from": GREEN, "rag_amber_from": AMBER})
    found = [dict(zip(truth_cres.POSITION_COLUMNS, row, strict=True)) for row in rows]
    return {row["scheme_id"]: row for row in found if row["month"] == month}


GREEN, AMBER = [("2013-04-01", Decimal("0.95"))], [("2013-04-01", Decimal("0.75"))]


def test_a_shortfall_with_mitigation(write: Writer) -> None:
    write("cres_plan.csv", PLAN, [planned("A"), planned("B", "non_recurrent", 20)])
    rows = [tracked(3, "A", [10, 10, 4], 8, mitigation=5), tracked(3, "B", [20, 20, 20], 20)]
    got = savings(write("cres_tracker.csv", TRACKER, rows))
    short, whole = got["A"], got["total"]
    assert (short["plan_ytd"], short["actual_ytd"], short["variance_ytd"]) == (30, 24, -6)
    assert (short["plan_fy"], short["forecast_fy"], short["variance_fy"], short["unmitigated_gap"]) == (
        120,
        96,
        -24,
        19,
    )
    assert (short["rag_finance"], short["rag_delivery"], got["B"]["rag_finance"]) == ("amber", "amber", "green")
    assert (short["recurrent_forecast"], short["non_recurrent_forecast"]) == (96, 0)
    assert (got["B"]["recurrent_forecast"], got["B"]["non_recurrent_forecast"]) == (0, 240)
    assert (whole["plan_ytd"], whole["actual_ytd"], whole["forecast_fy"], whole["unmitigated_gap"]) == (90, 84, 336, 19)
    assert (whole["rag_finance"], whole["lead"], short["lead"]) == ("amber", None, "Lead A")
    assert (whole["recurrent_forecast"], whole["non_recurrent_forecast"]) == (96, 240)


@pytest.mark.parametrize(
    ("saved", "rag"), [(28.5, "green"), (28.49, "amber"), (22.5, "amber"), (22.49, "red"), (0, "red")]
)
def test_finance_rag_is_by_share_of_the_plan_to_date(write: Writer, saved: float, rag: str) -> None:
    write("cres_plan.csv", PLAN, [planned("A")])
    got = savings(write("cres_tracker.csv", TRACKER, [tracked(3, "A", [saved, 0, 0])]))
    assert (got["A"]["rag_finance"], got["total"]["rag_finance"]) == (rag, rag)


def test_a_month_that_is_not_reported_is_no_zero(write: Writer) -> None:
    write("cres_plan.csv", PLAN, [planned("A"), planned("B")])
    stale = tracked(3, "B", [10, 10], 10, updated="2019-05-28")
    got = savings(write("cres_tracker.csv", TRACKER, [tracked(3, "A", [10, 10, 10]), stale]))
    assert (got["B"]["actual_ytd"], got["B"]["variance_ytd"], got["B"]["rag_finance"]) == (None, None, None)
    assert (got["B"]["forecast_fy"], got["B"]["is_updated"]) == (120, "false")
    assert (got["total"]["plan_ytd"], got["total"]["actual_ytd"], got["total"]["rag_finance"]) == (60, 30, "green")
    assert (got["A"]["is_updated"], got["total"]["is_updated"]) == ("true", "false")


def test_a_scheme_that_is_not_tracked_is_expected(write: Writer) -> None:
    write("cres_plan.csv", PLAN, [planned("A"), planned("B")])
    got = savings(write("cres_tracker.csv", TRACKER, [tracked(3, "A", [10, 10, 10])]))
    assert (got["B"]["plan_ytd"], got["B"]["actual_ytd"], got["B"]["forecast_fy"]) == (30, None, None)
    assert (got["total"]["plan_fy"], got["total"]["forecast_fy"], got["total"]["variance_fy"]) == (240, 120, 0)


def test_versions_and_the_month_before(write: Writer) -> None:
    write("cres_plan.csv", PLAN, [planned("A")])
    rows = [tracked(2, "A", [10, 10], 9), tracked(2, "A", [10, 10], 8, version=2), tracked(3, "A", [10, 10, 10])]
    folder = write("cres_tracker.csv", TRACKER, rows)
    assert savings(folder, "2019-05-01")["A"]["forecast_fy"] == 100
    row = savings(folder)["A"]
    assert (row["previous_forecast_fy"], row["forecast_change"]) == (100, 20)
    assert (savings(folder, "2019-05-01")["A"]["is_latest"], row["is_latest"]) == ("false", "true")


def test_a_mixed_plan_is_split_as_the_tracker_does_and_no_further(write: Writer) -> None:
    write("cres_plan.csv", PLAN, [planned("A", "mixed"), planned("B", "mixed"), planned("C", "mixed", split=40)])
    rows = [tracked(3, "A", [10, 10, 10], recurrent=12), tracked(3, "B", [10, 10, 10]), tracked(3, "C", [10, 10, 10])]
    got = savings(write("cres_tracker.csv", TRACKER, rows))
    assert (got["A"]["recurrent_forecast"], got["A"]["non_recurrent_forecast"]) == (12, 18)
    assert (got["B"]["recurrent_forecast"], got["B"]["non_recurrent_forecast"]) == (None, None)
    assert (got["C"]["recurrent_forecast"], got["C"]["non_recurrent_forecast"]) == (40, 80)
    # Recurrent by plan, delivered once: only the rest of the year follows the plan.
    write("cres_plan.csv", PLAN, [planned("A")])
    row = savings(write("cres_tracker.csv", TRACKER, [tracked(3, "A", [10, 10, 10], recurrent=0)]))["A"]
    assert (row["recurrent_forecast"], row["non_recurrent_forecast"]) == (90, 30)


def test_the_stated_forecast_stands_in_for_missing_months(write: Writer) -> None:
    write("cres_plan.csv", PLAN, [planned("A")])
    got = savings(write("cres_tracker.csv", TRACKER, [tracked(3, "A", [10, 10, 10], "", stated=77)]))
    assert got["A"]["forecast_fy"] == 77


def test_a_printed_total_of_a_plan_is_checked_and_not_put_right(write: Writer) -> None:
    total_row = planned("Total")
    total_row[3] = "total"
    total_row[16] = 242  # two schemes of 120
    folder = write("cres_plan.csv", PLAN, [planned("A"), planned("B"), total_row])
    got = {row[0]: dict(zip(CHECK_COLUMNS, row, strict=True)) for row in plan_checks(read_plans(folder))}
    net = got["cres_plan|99A|2019/20|1|Total|net_plan"]
    assert (net["printed"], net["computed"], net["difference"], net["result"]) == (242, 240, 2, "within_rounding")
    assert got["cres_plan|99A|2019/20|1|Total|gross_plan"]["result"] == "does_not_reconcile"


def test_thresholds_are_those_of_the_seed() -> None:
    assert {"rag_green_from", "rag_amber_from"} <= read_thresholds().keys()
