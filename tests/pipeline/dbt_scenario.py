"""A small made-up commissioner for tests of the dbt project, simple enough to work its figures by hand.

Belongs here: the feeds of that commissioner and a way to ask its build database.
Does not belong here: expected figures.

The commissioner 99A, April 2016 to June 2017 (practice: list; items a month):
A  550 patients of the worked example; 30 antibacterials (20 - 2 amoxicillin, 2 co-amoxiclav, 4 nitrofurantoin,
   6 trimethoprim, which has an old code until December) and 3 of a tuberculosis drug
B  100 patients; 3 trimethoprim, 2 nitrofurantoin; moves from neighbourhood N1 to N2 in January
C  100 patients; 4 amoxicillin; joins A on 1 October, yet dispenses 1 item in October
D  100 patients from January; 1 nitrofurantoin
E  100 patients; 2 amoxicillin; no prescribing in April 2016
F  100 patients; 4 nitrofurantoin; closes on 31 January and nobody succeeds it, while the list of January serves until
   March and its group was never ended
X  100 patients of another commissioner; 7 amoxicillin
The prescribing of June 2017 has not come; its lists and its ePACT2 export have.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tests.pipeline.dbt_support import Feeds

MONTHS = [date(2016 + (3 + n) // 12, (3 + n) % 12 + 1, 1) for n in range(15)]
JUNE = date(2017, 6, 1)
CLOSING = date(2017, 1, 31)
OLD_TRIMETHOPRIM, TRIMETHOPRIM = "0599010W0AAAAAA", "0501080W0AAAAAA"
AMOXICILLIN, CO_AMOXICLAV = "0501013B0AAAAAA", "0501013K0AAAAAA"
NITROFURANTOIN, RIFAMPICIN, STATIN = "0501130R0AAAAAA", "0501090R0AAAAAA", "0212000B0AAAAAA"
G4_LIST = [
    ("MALE", "0_4", 100), ("FEMALE", "0_4", 100), ("FEMALE", "25_29", 200), ("MALE", "75_79", 50),
    ("FEMALE", "75_79", 100),
]  # fmt: skip
SMALL_LIST = [("FEMALE", "25_29", 100)]


@dataclass(frozen=True)
class Built:
    """A build database after dbt."""

    path: Path

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    def result(
        self, indicator: str, org: str, period_end: str, org_view: str = "as_at", variant: str | None = None
    ) -> dict[str, Any]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            found = connection.execute(
                "select * from main.indicator_result where indicator_id = ? and org_code = ? and period_end = ?"
                " and org_view = ? and (variant = ? or (? is null and is_headline))",
                [indicator, org, period_end, org_view, variant, variant],
            )
            names = [column[0] for column in found.description or []]
            rows = found.fetchall()
        assert len(rows) == 1, f"{indicator} of {org} at {period_end} ({org_view}) has {len(rows)} rows"
        return dict(zip(names, rows[0], strict=True))


def prescriptions(practice: str, month: date) -> list[tuple[str, int]]:
    """Presentation and items of one practice in one month."""
    trimethoprim = TRIMETHOPRIM if month >= date(2017, 1, 1) else OLD_TRIMETHOPRIM
    merged, opened = month >= date(2016, 10, 1), month >= date(2017, 1, 1)
    if practice == "A":
        return [(AMOXICILLIN, 20), (AMOXICILLIN, -2), (CO_AMOXICLAV, 2), (trimethoprim, 6), (NITROFURANTOIN, 4),
                (RIFAMPICIN, 3)]  # fmt: skip
    if practice == "B":
        return [(trimethoprim, 3), (NITROFURANTOIN, 2)]
    if practice == "C":
        return [(AMOXICILLIN, 1)] if month == date(2016, 10, 1) else [] if merged else [(AMOXICILLIN, 4)]
    if practice == "D":
        return [(NITROFURANTOIN, 1)] if opened else []
    if practice == "F":
        return [(NITROFURANTOIN, 4)] if month <= CLOSING else []
    if practice == "E":
        return [(AMOXICILLIN, 2)] if month > date(2016, 4, 1) else []
    return {"X": [(AMOXICILLIN, 7)], "-": [(AMOXICILLIN, 5)], "Z99": [(STATIN, 1)]}[practice]


def epd_rows(month: date, more_amoxicillin: int = 0) -> list[dict[str, Any]]:
    """The rows of one month; `more_amoxicillin` is what a resubmission adds to practice A."""
    return [
        {
            "year_month": month, "practice_code": practice, "bnf_code": code, "items": items, "quantity": number,
            "total_quantity": items * number, "nic": items * Decimal("0.6"), "actual_cost": items * Decimal("0.5"),
            "unidentified": "Y" if practice == "-" else "N",
        }
        for practice in ("A", "B", "C", "D", "E", "F", "X", "-", "Z99")
        for number, (code, items) in enumerate(
            prescriptions(practice, month) + ([(AMOXICILLIN, more_amoxicillin)] if practice == "A" else []), start=1
        )
    ]  # fmt: skip


def register(code: str, opened: date, closed: date | None = None, commissioner: str = "99A") -> dict[str, Any]:
    return {
        "organisation_code": code, "name": f"Practice {code}", "open_date": opened, "close_date": closed,
        "status_code": "C" if closed else "A", "commissioner_code": commissioner, "prescribing_setting": "4",
        "joined_commissioner_date": max(opened, date(2013, 4, 1)), "left_commissioner_date": closed,
    }  # fmt: skip


def list_rows(month: date) -> list[dict[str, Any]]:
    lists = dict.fromkeys("BEX", SMALL_LIST) | {"A": G4_LIST}
    if month < date(2016, 10, 1):
        lists["C"] = SMALL_LIST
    if month >= date(2017, 1, 1):
        lists["D"] = SMALL_LIST
    if month <= CLOSING:
        lists["F"] = SMALL_LIST
    rows = [
        (code, sex, band, patients)
        for code, bands in lists.items()
        for sex, band, patients in [*bands, ("ALL", "ALL", sum(row[2] for row in bands))]
    ]
    return [
        {"extract_date": month, "org_type": "GP", "org_code": code, "sex": sex, "age_group_5": band,
         "number_of_patients": patients}
        for code, sex, band, patients in [*rows, ("99A", "ALL", "ALL", 9999)]
        if code != "99A"
    ] + [{"extract_date": month, "org_type": "CCG", "org_code": "99A", "sex": "ALL", "age_group_5": "ALL",
          "number_of_patients": 9999}]  # fmt: skip


def age_rows(month: date) -> list[dict[str, Any]]:
    practices = "ABE" + ("C" if month < date(2016, 10, 1) else "") + ("D" if month >= date(2017, 1, 1) else "") + "X"
    practices += "F" if month <= CLOSING else ""
    old = TRIMETHOPRIM if month >= date(2017, 1, 1) else OLD_TRIMETHOPRIM
    rows = [(code, AMOXICILLIN, "0-4", 1) for code in practices]
    rows += [("A", old, "70-74", 2), ("A", old, "65-69", 3), ("A", old, "UNKNOWN", 1), ("B", old, "90+", 3)]
    return [
        {"year_month": month, "practice_code": practice, "bnf_code": code, "age_band": band, "items": items,
         "total_quantity": items, "nic": items, "actual_cost": items}
        for practice, code, band, items in rows
    ]  # fmt: skip


def membership(code: str, neighbourhood: str, start: date = date(2013, 4, 1), end: date | None = None) -> Any:
    return [
        {"practice_code": code, "org_type": kind, "org_code": group, "org_name": f"{kind} {group}",
         "valid_from": start, "valid_to": end}
        for kind, group in (("neighbourhood", neighbourhood), ("locality", "L1"))
    ]  # fmt: skip


def fill(feeds: Feeds) -> None:
    long_ago, merger, move = date(1990, 1, 1), date(2016, 9, 30), date(2017, 1, 1)
    feeds.add("epraccur", MONTHS[0], [
        register("A", long_ago), register("B", long_ago), register("C", long_ago, merger), register("D", move),
        register("E", long_ago), register("F", long_ago, CLOSING), register("X", long_ago, commissioner="01A"),
    ])  # fmt: skip
    feeds.add("practice_successors", MONTHS[0], [
        {"predecessor_code": "C", "successor_code": "A", "reason_code": "R", "effective_date": date(2016, 10, 1)},
        {"predecessor_code": "Q1", "successor_code": "A", "effective_date": date(2016, 10, 1)},
        {"predecessor_code": "Q1", "successor_code": "B", "effective_date": date(2016, 10, 1)},
    ])  # fmt: skip
    feeds.add("practice_groups", MONTHS[0], [
        *membership("A", "N1"), *membership("B", "N1", end=date(2016, 12, 31)), *membership("B", "N2", move),
        *membership("C", "N1", end=merger), *membership("D", "N2", move), *membership("E", "N2"),
        *membership("F", "N2"),
    ])  # fmt: skip
    feeds.add("bnf_code_changes", MONTHS[0], [
        {"effective_from": move, "old_code": OLD_TRIMETHOPRIM, "new_code": TRIMETHOPRIM}
    ])  # fmt: skip
    for month in MONTHS[::3]:
        feeds.add("gp_list_quin_age", month, list_rows(month))
    for month in MONTHS:
        feeds.add("epact2_age_band", month, age_rows(month))
        if month < JUNE:
            feeds.add("epd", month, epd_rows(month))
