"""The savings packs of a plan with two schemes, and medicines beside it, worked out by hand."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from publishing.reports import document
from publishing.reports.cres import Savings
from publishing.reports.document import Document
from publishing.reports.pack_layout import pack_layout
from publishing.reports.packs import packs
from publishing.reports.reader import Reader
from publishing.reports.texts import Texts
from tests.report_text import plain
from tests.unit.pack_rows import PERIOD, rows
from tests.unit.report_release import COMMISSIONER, Row, charts_of, lines_of, make_release, table_of
from tests.walking import figures_wrong, numbers_loose

OF_YEAR = {"entity_code": COMMISSIONER, "financial_year": "2017/18"}
MAY = date(2017, 5, 1)


def scheme(name: str, month: date = PERIOD, **changed: object) -> Row:
    return {**OF_YEAR, "scheme_id": name, "scheme_name": f"Scheme {name}", "month": month} | changed


def savings() -> dict[str, list[Row]]:
    drugs = {
        **{"category": "Acute", "recurrence": "recurrent", "plan_ytd": 300, "actual_ytd": 100, "plan_fy": 1200},
        **{"forecast_fy": 1200, "unmitigated_gap": 0, "is_hockey_stick": True, "plan_last_quarter": 300},
        **{"forecast_last_quarter": 900, "run_rate_fy": 400, "run_rate_low": 350, "run_rate_high": 450},
        **{"run_rate_plan_fy": 1200, "recurrent_forecast": 1200, "non_recurrent_forecast": 0, "unsplit_forecast": 0},
        **{"next_year_gap": 0, "is_updated": True},
    }
    estates = {
        **{"category": "Other", "recurrence": "non_recurrent", "plan_fy": 800, "forecast_fy": 700, "actual_ytd": 0},
        **{"unmitigated_gap": 100, "run_rate_reason": "too few months", "is_updated": False},
        **{"updated_on": date(2017, 4, 3), "non_recurrent_forecast": 700, "is_hockey_stick": False},
    }
    total = {
        **{"plan_fy": 2000, "plan_fy_reported": 2000, "plan_ytd": 300, "plan_ytd_reported": 300, "actual_ytd": 100},
        **{"forecast_fy": 1900, "unmitigated_gap": 100, "slippage": 50, "is_complete": True, "run_rate_fy": 400},
        **{"is_mitigation_possible": True, "run_rate_schemes": 1, "schemes_expected": 2, "run_rate_plan_fy": 1200},
    }
    line = {**OF_YEAR, "ledger_period": 2, "provider_code": "RX1", "invoice_reference": "I1", "drug_group": "x"}
    charged = {"month": MAY, "charged_amount": "100.50", "challenged_amount": "20.25", "counted_amount": "20.25"}
    rebate = {"entity_code": COMMISSIONER, "rebate_term_id": "R1", "name": "Strips", "state": "claimed"}
    return {
        "cres_scheme": [
            {**OF_YEAR, "scheme_id": "S1", "scheme_name": "Scheme S1", "evidence_method": "drug_switch"},
            {**OF_YEAR, "scheme_id": "S2", "scheme_name": "Scheme S2", "evidence_method": "none"},
        ],
        "cres_position": [
            scheme("S1", **drugs),
            scheme("S2", **estates),
            scheme("total", **total),
            # Of an earlier and of a later tracker.
            scheme("total", MAY, actual_ytd=1),
            scheme("total", date(2017, 7, 1), actual_ytd=9),
            scheme("total", date(2020, 2, 1), financial_year="2019/20", plan_fy=9, is_latest=False),
            scheme("total", date(2020, 3, 1), financial_year="2019/20", plan_fy=9, is_latest=True),
            scheme("total", date(2020, 4, 1), financial_year="2020/21", plan_fy=None, is_latest=True),
        ],
        "cres_evidence": [
            {**OF_YEAR, "scheme_id": "S2", "month": MAY, "claimed": 40, "evidenced": -5, "difference": 45,
             "state": "contradicted", "state_reason": "activity rose"},
        ],
        "cres_overlap": [
            {**OF_YEAR, "scheme_id_a": "S1", "scheme_id_b": "S2", "scheme_name_a": "Scheme S1",
             "scheme_name_b": "Scheme S2", "shared_claims": "drug:x", "net_plan_a": 1200, "net_plan_b": 800,
             "amount_at_risk": 800},
        ],
        "drug_charge_challenge": [
            {**line, **charged, "line_number": 1, "reason": "charged_twice"},
            {**line, **charged, "line_number": 2, "reason": "charged_twice"},
            {**line, **charged, "line_number": 2, "reason": "no_approval", "challenged_amount": None},
            {**line, **charged, "line_number": 3, "reason": "no_approval", "month": date(2017, 3, 1)},
        ],
        "rebate_position": [
            {**rebate, "month": MAY, "due": "10.40", "claimed": "10.40", "difference": 0},
            {**rebate, "month": PERIOD, "due": "10.40", "claimed": None, "difference": None, "state": "awaiting"},
        ],
        "finance_forecast": [
            {**OF_YEAR, "month": PERIOD, "ledger_variance": "-1234.50", "variance": None,
             "state_reason": "no actual cost yet"},
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = make_release(tmp_path_factory.mktemp("savings") / "release.duckdb", rows() | savings())
    with duckdb.connect(path, read_only=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def documents(connection: duckdb.DuckDBPyConnection) -> dict[str, Document]:
    found = packs(Reader(connection), Texts(Path("no-narrative"), COMMISSIONER, PERIOD))
    return {path: document for path, document in found if path in ("frog", "moc")}


def test_figures_are_those_of_the_release(
    documents: dict[str, Document], connection: duckdb.DuckDBPyConnection
) -> None:
    assert [wrong for document in documents.values() for wrong in figures_wrong(document, connection)] == []
    names = [row.name for row in pack_layout().medicines.rows]
    loose = [
        text for document in documents.values() for text in numbers_loose(document, connection, (*PHRASES, *names))
    ]
    assert loose == []


PHRASES = ("12 months to", "1 months to")


def test_a_plan_of_a_later_year_is_named(documents: dict[str, Document]) -> None:
    found = [line for line in lines_of(documents["frog"]) if "cres_position" in line]
    assert found == [
        "The release has savings of 2019/20 to March 2020 too: table cres_position. These pages are of 2017/18."
    ]


def test_run_rates_have_a_range_or_a_reason(documents: dict[str, Document]) -> None:
    assert table_of(documents["frog"], "Run rate")[1:] == [
        ["Scheme S1", "400", "350", "450", "1,200", "1,200", ""],
        ["Scheme S2", *["not known"] * 4, "700", "Too few months."],
        ["Scheme total", "400", *["not known"] * 2, "1,200", "1,900", ""],
    ]


def test_a_run_rate_of_some_schemes_stands_beside_their_plan(documents: dict[str, Document]) -> None:
    rows = table_of(documents["frog"], "CRES position")
    place = next(number for number, row in enumerate(rows) if row[0].startswith("Run rate"))
    assert rows[place : place + 2] == [
        ["Run rate: the year at the pace of now, of 1 of 2 schemes", "400"],
        ["Plan of the year of these schemes", "1,200"],
    ]


@pytest.mark.parametrize(("gap", "variance", "is_told"), [
    (100, -100, False), (150, -100, True), (100, 20, True), (0, 500, False), (0, 0, False), (None, -100, False),
])  # fmt: skip
def test_a_gap_larger_than_the_variance_is_explained(
    gap: int | None, variance: int, is_told: bool, tmp_path: Path
) -> None:
    position = scheme("total", plan_fy_reported=2000, is_complete=True, unmitigated_gap=gap, variance_fy=variance)
    path = make_release(tmp_path / "release.duckdb", rows() | {"cres_position": [position]})
    with duckdb.connect(path, read_only=True) as opened:
        said = plain(Savings(Reader(opened), PERIOD).headline())
    assert ("what others save beyond their plan closes none of it" in said) is is_told


def test_what_comes_again_next_year(documents: dict[str, Document]) -> None:
    assert table_of(documents["frog"], "What of the forecast")[1:] == [
        ["Scheme S1", "recurrent", "1,200", "0", "0", "0"],
        ["Scheme S2", "non-recurrent", "not known", "700", "not known", "not known"],
        ["Scheme total", "", *["not known"] * 4],
    ]


def test_what_to_ask_about(documents: dict[str, Document]) -> None:
    lines = lines_of(documents["frog"])
    start = lines.index("To ask about") + 1
    assert lines[start : start + 4] == [
        "Scheme S1: much of the year is left to its last quarter (a hockey stick): forecast £900 of it, plan £300.",
        "Scheme S2: a gap of £100 is left after mitigation (none on record).",
        "Scheme S2: not updated this month, last on 3 April 2017.",
        "Scheme S2, May 2017: contradicted by the feeds: claimed £40, evidenced £(5) (activity rose).",
    ]


def test_two_schemes_that_claim_the_same(documents: dict[str, Document]) -> None:
    overlap = table_of(documents["frog"], "Schemes that claim the same")[1]
    assert overlap == ["Scheme S1", "Scheme S2", "drug:x", "1,200", "800", "800"]


def test_the_steps_from_the_plan_to_the_gap(documents: dict[str, Document]) -> None:
    (chart,) = charts_of(documents["frog"])
    # 2000 planned, 100 saved, 1900 - 100 - 50 to come, 50 slipped.
    assert "From the plan of 2017/18 to its gap" in chart.svg and "Slipped" in chart.svg
    assert chart.data is not None
    lines = [[plain(cell) for cell in row.cells] for row in chart.data.rows if isinstance(row, document.Row)]
    assert lines == [
        ["Plan of the year", "2,000"],
        ["Achieved to date", "(100)"],
        ["Forecast later, as planned", "(1,750)"],
        ["Slipped to later months", "(50)"],
        ["Mitigation on record", "none"],
        ["Gap", "100"],
    ]


@pytest.mark.parametrize("mitigation", [None, 30])
def test_the_lines_of_the_waterfall_add_up_to_its_gap(tmp_path: Path, mitigation: int | None) -> None:
    """A scheme that saves beyond its plan closes no gap of another: that is a line too."""
    changed = savings()
    (total,) = (row for row in changed["cres_position"] if row["scheme_id"] == "total" and row["month"] == PERIOD)
    total |= {"forecast_fy": 2050, "mitigation_value": mitigation}
    path = make_release(tmp_path / "release.duckdb", rows() | changed)
    with duckdb.connect(path, read_only=True) as connection:
        found = dict(packs(Reader(connection), Texts(Path("no-narrative"), COMMISSIONER, PERIOD)))["frog"]
        assert figures_wrong(found, connection) == []
    (chart,) = charts_of(found)
    assert chart.data is not None
    *steps, gap = [
        next((part.value for part in row.cells[1] if isinstance(part, document.Figure)), 0)
        for row in chart.data.rows
        if isinstance(row, document.Row)
    ]
    assert (len(steps), sum(steps), gap) == (6, 100, 100)


def test_medicines_are_schemes_by_programme_or_by_evidence(documents: dict[str, Document]) -> None:
    moc = documents["moc"]
    assert [row[0] for row in table_of(moc, "Schemes, to")[1:]] == ["Scheme S1"]
    assert not any("Scheme S2" in line for line in lines_of(moc))


def test_challenges_are_counted_and_summed_by_reason(documents: dict[str, Document]) -> None:
    assert table_of(documents["moc"], "Challenged charges for high-cost drugs, April 2017 to June 2017")[1:] == [
        ["RX1", "charged twice", "2", "201", "41", "41"],
        ["RX1", "no approval", "1", "101", "not known", "20"],
        ["Total", "", "3", "302", "not known", "61"],
    ]


def test_a_rebate_with_a_month_that_nobody_claimed(documents: dict[str, Document]) -> None:
    assert table_of(documents["moc"], "Rebates")[1:] == [
        ["Strips", "2", "21", "not known", "not known", "June 2017: awaiting"],
    ]


def test_the_forecast_of_prescribing(documents: dict[str, Document]) -> None:
    forecast = table_of(documents["moc"], "Prescribing forecast by report, 2017/18")
    assert forecast[1] == ["June 2017", "(1,235)", "not known", "no actual cost yet", "none yet"]


def test_indicators_of_medicines(documents: dict[str, Document]) -> None:
    table = table_of(documents["moc"], "Medicines indicators")
    assert len(table) == 11
    assert table[1][1:] == ["GREEN 1.15 [level, level]", "under 1.16", "2 of 3"]
