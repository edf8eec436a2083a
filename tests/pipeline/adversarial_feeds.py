"""Rows of every feed that are allowed and unkind: nulls, negative amounts, halves, boundary dates, odd characters.

Belongs here: those rows, the same with every run. Does not belong here: whether what becomes of them is right; they
are made to be read by two engines, which must agree.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.pipeline.dbt_scenario import AMOXICILLIN, MONTHS, NITROFURANTOIN, TRIMETHOPRIM
from tests.pipeline.dbt_support import Feeds, columns_of

ROWS = 25
# A register has one row for each key, what else it says of it; and of those that the scenario has, its own.
KEYS = {"epraccur": "organisation_code", "practice_successors": "predecessor_code",
        "practice_deprivation": "practice_code"}  # fmt: skip
IN_SCENARIO = {"epraccur": "ABCDEFX", "practice_successors": "C"}
ODD_TEXTS = (None, "", " ", "Ñandú – ß ẞ İ", "O'Brien", "a\\b", "100%_", "x||y,z", "日本 𝒳", "true", "-0.005")
CODES = ("A", "B", "C", "D", "E", "F", "X", "Ñ1", "A\\1", "a", None)
# Text that the models read as something: of the column whose name has this in it.
TEXTS: Mapping[str, tuple[str | None, ...]] = {
    "financial_year": ("2016/17", "2017/18"),
    "publication": (None,),
    "practice": CODES, "org_code": CODES, "organisation_code": CODES, "predecessor": CODES, "successor": CODES,
    "commissioner": ("99A", "01A", None), "ccg_code": ("99A", "01A"), "entity_code": ("99A", "99A", "01A"),
    "provider": ("RQ6", "RBS", "REM", None), "bnf_code": (AMOXICILLIN, TRIMETHOPRIM, NITROFURANTOIN, "2%_\\", None),
    "old_code": ("0599010W0AAAAAA", "0501013B0ZZZZZZ"), "new_code": (TRIMETHOPRIM,),
    "sex": ("MALE", "FEMALE", "ALL"), "age_group": ("0_4", "25_29", "75_79", "95+", "ALL"), "age_band": ("0-4", "90+"),
    "org_type": ("GP", "CCG", "practice", "neighbourhood", "locality"), "row_type": ("line", "total", "practice", None),
    "treatment_function": ("100", "320", "999", "300", None), "main_specialty": ("100", "300", None),
    "scheme_id": ("S1", "S2", "S'3", "Ś4"), "recurrence": ("R", "NR", "recurrent", None),
    "standard": ("2WW", "62-DAY", "31-DAY"), "themes": ("access;premises", "", None),
    "diagnosis": ("J18.9", "I10X", "A09 ", None), "procedure": ("U071", "X", None),
    "status": ("A", "C", "5", "6", None), "figure": (None,),
}  # fmt: skip
AMOUNTS = ("0", "-1", "1", "0.005", "-0.005", "1.005", "2.675", "0.125", "0.375", "-2.5", "12345.67", "999999.995")
COUNTS = (0, 1, -1, 2, 3, 7, 55, 100, 101, None)
DAYS = (date(2016, 2, 29), date(2016, 3, 31), date(2016, 4, 1), date(2016, 12, 31), date(2017, 1, 1),
        date(2017, 3, 31), date(2017, 4, 1), date(2017, 5, 31), date(2013, 4, 1), None)  # fmt: skip
MOMENTS = (datetime(2016, 12, 31, 23, 59, 59, 999999), datetime(2017, 3, 26, 1, 30), datetime(2017, 1, 1))


def fill_unkindly(feeds: Feeds, seed: int = 29) -> None:
    """Add such rows to each feed, of some months each."""
    chance = random.Random(seed)
    for dataset, contract in sorted(feeds.contracts.items()):
        seen = set(IN_SCENARIO.get(dataset, ""))
        for month in (MONTHS[0], MONTHS[11], MONTHS[13]):
            columns = columns_of(contract)
            rows = [
                {name: _value(chance, name, kind, month) for name, kind in columns.items()}
                | {"submission_id": f"unkind-{dataset}-{month}", "source_row": number}
                for number in range(1, ROWS + 1)
            ]
            if key := KEYS.get(dataset):
                rows = list({row[key]: row for row in rows if row[key] not in {None, *seen}}.values())
                seen.update(row[key] for row in rows)
            if dataset == "practice_groups":  # a group of two names on one day has either
                rows = [{**row, "org_name": f"Gruppe «{row['org_code']}»"} for row in rows]
            if rows:
                feeds.add(dataset, month, rows)


def _value(chance: random.Random, name: str, kind: str, month: date) -> Any:
    if name in ("year_month", "month", "period_start", "referral_month", "return_month", "extract_date"):
        return month
    if kind == "VARCHAR":
        return chance.choice(next((texts for part, texts in TEXTS.items() if part in name), ODD_TEXTS))
    if kind == "DATE":
        return chance.choice(DAYS)
    if kind == "TIMESTAMP":
        return chance.choice(MOMENTS)
    if kind == "TIME":
        return chance.choice(("08:00:00", "18:29:59", "00:00:00", None))
    if name == "ledger_period":
        return chance.randint(1, 13)
    if kind == "BIGINT":
        return chance.choice(COUNTS)
    if kind.startswith("DECIMAL"):
        precision, scale = (int(part) for part in kind[8:-1].split(","))
        return Decimal(chance.choice(AMOUNTS if precision - scale > 6 else AMOUNTS[:9])).quantize(Decimal(10) ** -scale)
    raise AssertionError(f"{name} is {kind}, of which no unkind value is known")
