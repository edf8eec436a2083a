"""A small made-up ledger for tests of the finance models: the printed delegated budget of month 3 of 2017/18, split by
practice and cost centre, with later and restated reports, journals, a savings plan and a little prescribing.

Belongs here: the feeds of that world and ways to ask and to run its build database. Does not belong here: expected
figures (the tests) and the second implementation (`finance_plain`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tests.pipeline.dbt_scenario import Built, register
from tests.pipeline.dbt_support import FINANCE, Feeds, build_models

Row = dict[str, Any]
MEASURES = ("ytd_budget", "ytd_actual", "annual_budget", "forecast_outturn")
CELLS = ("ytd_budget", "ytd_actual", "ytd_variance", "annual_budget", "forecast_outturn", "forecast_variance")
AREA = "Primary Care Co-Commissioning"
# The printed table, cell by cell, in the order of CELLS.
PRINTED: dict[str, tuple[int, ...]] = {
    "Enhanced services": (387435, 387435, 0, 1549812, 1549812, 0),
    "General Practice - GMS": (10382337, 9842921, -539416, 41529743, 41214439, -315304),
    "General Practice - PMS": (659304, 466947, -192357, 2637245, 2637245, 0),
    "Other - GP Services": (1713090, 1713090, 0, 7201474, 7201474, 0),
    "Other List-Based Services (APMS incl.)": (1422436, 1838906, 416470, 5689754, 5689754, 0),
    "Other premises costs": (171363, 171363, 0, 685498, 685498, 0),
    "Premises cost reimbursements": (552642, 552642, 0, 2210599, 2210599, 0),
    "Primary Care NHS Property Services Costs": (1112952, 1151549, 38596, 4451809, 4606194, 154385),
    "QOF": (1647756, 2048995, 401239, 6591066, 6992305, 401239),
}
PRINTED_TOTAL = (18049315, 18173847, 124532, 72547000, 72787320, 240320)
PRESCRIBING = (21595494, 21740581, 145087, 86381974, 86962323, 580349)
CRES = (2664979, 1529318, 800000, 149446, 188345, 673571, 952451, 453028, 178346, 1200000, 3225581, 200000, 507800,
        401843, 718139)  # fmt: skip
CRES_TOTAL = 13842856
RECEIVED = datetime(2017, 7, 10)
PRACTICES = ("N82001", "N82002")


def report(period: int, version: int | None, **more: Any) -> Row:
    """What the rows of one report share."""
    return {"entity_code": "99A", "financial_year": "2017/18", "ledger_period": period, "report_version": version,
            "received_at": RECEIVED, **more}  # fmt: skip


def line(name: str, cells: Sequence[int | Decimal | None], coding: str | None = None, area: str = AREA) -> Row:
    """One line; `cells` are the four figures of MEASURES."""
    return {"row_type": "line", "line_description": name, "programme_area": area, "coding_string": coding,
            **dict(zip(MEASURES, cells, strict=True))}  # fmt: skip


def total(name: str, cells: Sequence[int | None], area: str | None = AREA) -> Row:
    """One printed total; `cells` are the six figures of CELLS."""
    return {"row_type": "total", "line_description": name, "programme_area": area,
            **dict(zip(CELLS, cells, strict=True))}  # fmt: skip


def split(name: str, cells: Sequence[int]) -> list[Row]:
    """A line of the printed table as ledger rows: two practices, and a cost centre of no practice with what is left."""
    four = [cells[CELLS.index(measure)] for measure in MEASURES]
    parts = [[cell // 3 for cell in four], [cell // 7 for cell in four]]
    parts.append([cell - sum(part[n] for part in parts) for n, cell in enumerate(four)])
    codings = [f"946141/52161071/{PRACTICES[0]}/PRCAHO/000000", f"946141/52161071/{PRACTICES[1]}/PRCAHO/000000",
               "946200/52161072/000000/000000/000000"]  # fmt: skip
    return [line(name, part, coding) for part, coding in zip(parts, codings, strict=True)]


def month_3() -> list[Row]:
    """The report of month 3 of 2017/18, with the printed table beside its ledger rows."""
    rows = [row for name, cells in PRINTED.items() for row in split(name, cells)]
    rows += [total(name, cells) for name, cells in PRINTED.items()]
    rows.append(total("Total", PRINTED_TOTAL))
    four = [PRESCRIBING[CELLS.index(measure)] for measure in MEASURES]
    rows.append(line("Prescribing", four, "946300/52161080/000000/000000/000000", "Prescribing"))
    return [report(3, 1) | row for row in rows]


def later_reports() -> list[Row]:
    """Month 3 restated, month 4, month 6 (month 5 never came), and the year before with its adjustments."""
    rx = "946300/52161080/000000/000000/000000"
    restated = [row | {"report_version": 2, "received_at": RECEIVED + timedelta(days=9)} for row in month_3()]
    for row in restated:
        if row["row_type"] == "line" and row["line_description"] == "QOF" and "946200" in row["coding_string"]:
            row["forecast_outturn"] -= 100000
    later = [
        (4, 1, line("QOF", (2200000, 2600000, 6591066, 6900000), f"946141.52161071.{PRACTICES[0]}.PRCAHO.000000")),
        (4, 1, line("Prescribing", (28793991, 28700000, 86381974, 86281974), rx, "Prescribing")),
        (6, None, line("QOF", (3300000, 3500000, 6591066, None), "946141/52161071/N99999/PRCAHO/000000")),
    ]
    adjusted = [
        report(period, 1, financial_year="2016/17") | line("QOF", (6000000, actual, 6000000, actual))
        for period, actual in ((1, 400000), (12, 6100000), (13, 6150000))
    ]
    return restated + [report(period, version) | row for period, version, row in later] + adjusted


def journals() -> list[Row]:
    """An accrual reversed in time, one of March reversed twice, one open, and reversals of nothing."""
    lines = [
        ("2017/18", 3, "ACC1", "accrual", None, 1000), ("2017/18", 4, "REV1", "reversal", "ACC1", -1000),
        ("2016/17", 12, "ACC2", "accrual", None, 500), ("2017/18", 1, "REV2", "reversal", "ACC2", -500),
        ("2017/18", 3, "REV3", "reversal", "ACC2", -500),
        ("2017/18", 3, "ACC3", "accrual", None, 800), ("2017/18", 4, "REV4", "reversal", "ACC3", -300),
        ("2017/18", 4, "REV5", "reversal", "NONE", -70), ("2017/18", 4, "REV6", "reversal", None, -20),
        ("2017/18", 4, "ACT1", "actual", None, 9999),
    ]  # fmt: skip
    return [
        {"financial_year": year, "ledger_period": period, "entity_code": "99A", "extract_version": 1,
         "journal_reference": reference, "line_number": 1, "entry_type": kind, "reverses": reverses,
         "coding_string": "946141/52161071/000000/000000/000000", "line_description": "QOF",
         "posted_on": date(2017, 6, 30), "amount": amount, "received_at": RECEIVED}
        for year, period, reference, kind, reverses, amount in lines
    ]  # fmt: skip


def savings_plan() -> list[Row]:
    """The fifteen schemes of 2019/20 and their printed total."""
    schemes = [(f"CRES-2019-{number:02}", "line", value) for number, value in enumerate(CRES, start=1)]
    return [
        {"financial_year": "2019/20", "entity_code": "99A", "plan_version": 1, "row_type": kind, "scheme_id": scheme,
         "scheme_name": scheme, "gross_plan": value, "investment": 0, "net_plan": value, "received_at": RECEIVED}
        for scheme, kind, value in [*schemes, ("Total", "total", CRES_TOTAL)]
    ]  # fmt: skip


def prescribing() -> list[tuple[date, list[Row]]]:
    """April, May and July 2017 (June never came) of two practices of the commissioner and one of another."""
    costs = {date(2017, 4, 1): 7147000, date(2017, 5, 1): 7272000, date(2017, 7, 1): 7200000}
    return [
        (month, [
            {"year_month": month, "practice_code": practice, "bnf_code": "0501013B0AAAAAA", "items": 1, "quantity": 1,
             "total_quantity": 1, "nic": cost, "actual_cost": cost, "unidentified": "N"}
            for practice, cost in ((PRACTICES[0], cost - 1000), (PRACTICES[1], 1000), ("Y00001", 5000000))
        ])
        for month, cost in costs.items()
    ]  # fmt: skip


def fill(feeds: Feeds) -> None:
    """All feeds of the world."""
    opened = date(1974, 4, 1)
    organisations = [register(code, opened) for code in PRACTICES] + [register("Y00001", opened, None, "01X")]
    feeds.add("epraccur", date(2017, 4, 1), organisations)
    for month, rows in prescribing():
        feeds.add("epd", month, rows)
    feeds.add("ledger", date(2017, 6, 1), month_3() + later_reports())
    feeds.add("ledger_journal", date(2017, 6, 1), journals())
    feeds.add("cres_plan", date(2019, 4, 1), savings_plan())


def build(folder: Path) -> Built:
    """Everything before the indicators, built by dbt with its data tests."""
    warehouse = folder / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    fill(feeds)
    feeds.close_ledger()
    build_models(warehouse, *FINANCE)
    return Built(warehouse)


LEDGER_MODELS = (
    "intermediate/int_finance__ledger_vintage", "intermediate/int_finance__ledger_sum",
    "intermediate/int_finance__ledger_printed", "marts/finance_position", "intermediate/int_finance__ledger_check",
)  # fmt: skip


def rebuild_ledger(connection: duckdb.DuckDBPyConnection, compiled: Path, files: Iterable[Iterable[Mapping[str, Any]]]
                   ) -> None:  # fmt: skip
    """The ledger models on other rows, from the SQL that dbt compiled; each item of `files` is one submission."""
    connection.execute("delete from feed.ledger")
    names = [row[0] for row in connection.execute("describe feed.ledger").fetchall()]
    for number, rows in enumerate(files):
        values = [
            tuple({"submission_id": f"s{number}", "source_row": place, "period": date(2017, 6, 1), **row}.get(name)
                  for name in names)
            for place, row in enumerate(rows)
        ]  # fmt: skip
        if values:
            connection.executemany(f"insert into feed.ledger values ({', '.join('?' * len(names))})", values)
    for model in LEDGER_MODELS:
        schema = "intermediate" if model.startswith("intermediate") else "main"
        sql = (compiled / f"{model}.sql").read_text(encoding="utf-8")
        connection.execute(f"create or replace table {schema}.{Path(model).name} as {sql}")
