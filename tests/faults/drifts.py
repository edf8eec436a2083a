"""Drifts: what goes wrong in a feed without breaking it. Each changes the rows of one feed and month, by a name.

Belongs here: the change of the rows, and which check is to find it. Does not belong here: landing, judging and counting
(`benchmarks/anomalies.py`), and damage that breaks a file (`sources/synthetic/faults`).
A row is a dict of texts by the names of the file's header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zlib import crc32

Row = dict[str, str]
Rows = list[Row]
Change = Callable[[Rows, str], Rows]  # rows of the file, the month as YYYY-MM


@dataclass(frozen=True)
class Drift:
    """A name, the file it is in (`EPD`, `SEM_OPA`, ...), the checks of which one must find it, and the change."""

    name: str
    feed: str
    found_by: tuple[str, ...]
    change: Change
    provider: str = ""  # of hospital activity: whose month it is
    month: str = ""


DRIFTS: dict[str, Drift] = {}


def _drift(name: str, feed: str, *found_by: str, of: tuple[str, str] = ("", "")) -> Callable[[Change], None]:
    def register(change: Change) -> None:
        DRIFTS[name] = Drift(name, feed, found_by, change, *of)

    return register


def _one_in(row: Row, share: float) -> bool:
    """True of this share of rows, the same ones every time."""
    return crc32("|".join(row.values()).encode()) % 1000 < share * 1000


def _times(text: str, factor: str) -> str:
    return str((Decimal(text) * Decimal(factor)).quantize(Decimal("0.00001")))


def _where(rows: Rows, hit: Callable[[Row], bool], change: Callable[[Row], Row]) -> Rows:
    hits = [hit(row) for row in rows]
    if not any(hits):
        raise AssertionError("This drift changes no row: it would be found by nobody.")
    return [change(row) if is_hit else row for row, is_hit in zip(rows, hits, strict=True)]


def _is(row: Row, provider: str, month: str) -> bool:
    days = ("Appointment_Date", "Episode_End_Date", "Discharge_Date", "Arrival_Date")
    day = next(name for name in days if name in row)
    return row["Der_Provider_Code"] == provider and row[day].startswith(month)


def _again(row: Row) -> Row:
    """The same visit under identifiers of its own."""
    ident = next(iter(row))
    again = {**row, ident: f"{row[ident]}95"}
    if "Unique_CDS_Identifier" in row:
        again["Unique_CDS_Identifier"] = f"{row['Unique_CDS_Identifier']}95"
    return again


# Prescribing


@_drift("duplicate_rows: 5% of rows stand twice", "EPD", "epd.key_unique")
def _(rows: Rows, month: str) -> Rows:
    return rows + [row for row in rows if _one_in(row, 0.05)]


def _largest(rows: Rows, column: str, place: int = 1) -> str:
    """A code by its number of rows, the largest first; not the dummy of the unidentified."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row[column]] = counts.get(row[column], 0) + 1
    counts.pop("-", None)
    return sorted(counts, key=lambda code: (-counts[code], code))[place]


@_drift("practice_missing: one practice is not in the file", "EPD", "epd.practice_silent", "epd.practices_fewer")
def _(rows: Rows, month: str) -> Rows:
    gone = _largest(rows, "PRACTICE_CODE")
    return [row for row in rows if row["PRACTICE_CODE"] != gone]


def _costs(row: Row, factor: str) -> Row:
    return {**row, "NIC": _times(row["NIC"], factor), "ACTUAL_COST": _times(row["ACTUAL_COST"], factor)}


@_drift("tenfold_cost: NIC and cost of BNF chapter 02 are ten times too high", "EPD", "epd.chapter_cost_off_history")
def _(rows: Rows, month: str) -> Rows:
    return _where(rows, lambda row: row["BNF_CODE"].startswith("02"), lambda row: _costs(row, "10"))


@_drift("packs_for_units: quantities of BNF chapter 05 are packs of 20", "EPD", "epd.chapter_quantity_off_history")
def _(rows: Rows, month: str) -> Rows:
    def packs(row: Row) -> Row:
        quantity = (Decimal(row["QUANTITY"]) / 20).quantize(Decimal("0.001"))
        return {**row, "QUANTITY": str(quantity), "TOTAL_QUANTITY": str(quantity * int(row["ITEMS"]))}

    return _where(rows, lambda row: row["BNF_CODE"].startswith("05"), packs)


@_drift("bnf_version: chapter 05 comes under codes of another BNF edition", "EPD", "epd.codes_replaced")
def _(rows: Rows, month: str) -> Rows:
    def recoded(row: Row) -> Row:
        code = f"0509{row['BNF_CODE'][4:]}"
        return {**row, "BNF_CODE": code}

    return _where(rows, lambda row: row["BNF_CODE"].startswith("05"), recoded)


@_drift("items_rounded: items are rounded up to the next five", "EPD", "epd.items_not_rounded")
def _(rows: Rows, month: str) -> Rows:
    def rounded(row: Row) -> Row:
        items = -(-int(row["ITEMS"]) // 5) * 5
        return {**row, "ITEMS": str(items), "TOTAL_QUANTITY": str(Decimal(row["QUANTITY"]) * items)}

    return _where(rows, lambda row: int(row["ITEMS"]) > 0, rounded)


@_drift("negative_adjustments: 5% of rows are taken back", "EPD", "epd.adjustments_are_few")
def _(rows: Rows, month: str) -> Rows:
    def negative(row: Row) -> Row:
        turned = {name: _times(row[name], "-1") for name in ("TOTAL_QUANTITY", "ADQUSAGE", "NIC", "ACTUAL_COST")}
        return {**row, **turned, "ITEMS": str(-int(row["ITEMS"]))}

    return _where(rows, lambda row: int(row["ITEMS"]) > 0 and _one_in(row, 0.05), negative)


@_drift(
    "half_file: the second half of the rows is not there",
    "EPD",
    "epd.volume_far_from_history",
    "epd.volume_off_history",
)
def _(rows: Rows, month: str) -> Rows:
    return rows[: len(rows) // 2]


@_drift("month_label: every row says the month before", "EPD", "file.period_agrees", "epd.month_is_the_period")
def _(rows: Rows, month: str) -> Rows:
    year, number = int(month[:4]), int(month[5:])
    before = f"{year}_{number - 1:02}" if number > 1 else f"{year - 1}_12"
    return [{**row, "YEAR_MONTH": before} for row in rows]


@_drift("pence_for_pounds: cost of one practice in pence", "EPD", "epd.practice_against_own_history")
def _(rows: Rows, month: str) -> Rows:
    hit = _largest(rows, "PRACTICE_CODE")
    return _where(rows, lambda row: row["PRACTICE_CODE"] == hit, lambda row: _costs(row, "100"))


@_drift("short_of_epd: items by age are 2% fewer", "ePACT2_age_band", "epact2_age_band.share_of_epd")
def _(rows: Rows, month: str) -> Rows:
    column = next(name for name in rows[0] if name.upper() == "ITEMS")
    short, total = 0, 0
    result = []
    for row in rows:
        items = int(row[column])
        total += items
        if short < 0.02 * total and items > 1:
            row, short = {**row, column: str(items - 1)}, short + 1
        result.append(row)
    return result


@_drift(
    "age_bands_swapped: the oldest two bands and the youngest two", "ePACT2_age_band", "epact2_age_band.ages_as_usual"
)
def _(rows: Rows, month: str) -> Rows:
    column = next(name for name in rows[0] if name.upper().replace(" ", "_") == "AGE_BAND")
    bands = sorted({row[column] for row in rows} - {"Unknown", "UNKNOWN"}, key=lambda band: int("".join(
        letter if letter.isdigit() else " " for letter in band).split()[0]))  # fmt: skip
    swap = {bands[0]: bands[-4], bands[-4]: bands[0], bands[1]: bands[-5], bands[-5]: bands[1]}
    return [{**row, column: swap.get(row[column], row[column])} for row in rows]


@_drift(
    "list_jump: the list of one practice is 1.3 times its last",
    "gp-reg-pat-prac-quin-age",
    "gp_list_quin_age.list_moved",
)
def _(rows: Rows, month: str) -> Rows:
    hit = _largest([row for row in rows if row["ORG_TYPE"] == "GP"], "ORG_CODE")
    own = [row for row in rows if row["ORG_TYPE"] == "GP" and row["ORG_CODE"] == hit]
    bands = {
        (row["SEX"], row["AGE_GROUP_5"]): round(int(row["NUMBER_OF_PATIENTS"]) * 1.3)
        for row in own
        if "ALL" not in (row["SEX"], row["AGE_GROUP_5"])
    }
    for sex in {sex for sex, _ in bands}:
        bands[sex, "ALL"] = sum(value for (of, band), value in bands.items() if of == sex and band != "ALL")
    bands["ALL", "ALL"] = sum(value for (_, band), value in bands.items() if band == "ALL")
    return [
        {**row, "NUMBER_OF_PATIENTS": str(bands[row["SEX"], row["AGE_GROUP_5"]])}
        if row["ORG_TYPE"] == "GP" and row["ORG_CODE"] == hit
        else row
        for row in rows
    ]


# Hospital activity: each in a provider and month of its own, so that one build judges all


@_drift(
    "specialty_recoded: general medicine comes as cardiology",
    "SEM_OPA",
    "sus_specialty_recode",
    "sus_volume",
    of=("RQ6", "2018-05"),
)
def _(rows: Rows, month: str) -> Rows:
    counts: dict[str, int] = {}
    for row in rows:
        if _is(row, "RQ6", "2018-05"):
            counts[row["Treatment_Function_Code"]] = counts.get(row["Treatment_Function_Code"], 0) + 1
    first, second = sorted(counts, key=lambda code: -counts[code])[:2]
    return _where(
        rows,
        lambda row: _is(row, "RQ6", "2018-05") and row["Treatment_Function_Code"] == first,
        lambda row: {**row, "Treatment_Function_Code": second},
    )


@_drift(
    "provider_missing: REM sent nothing for a month",
    "SEM_OPA",
    "sus_provider_missing",
    "sus_opa.months_missing",
    of=("REM", "2018-06"),
)
def _(rows: Rows, month: str) -> Rows:
    return [row for row in rows if not _is(row, "REM", "2018-06")]


@_drift(
    "part_doubled: a fifth of a provider's rows under new identifiers",
    "SEM_OPA",
    "sus_duplicated_rows",
    of=("REP", "2018-07"),
)
def _(rows: Rows, month: str) -> Rows:
    return rows + [_again(row) for row in rows if _is(row, "REP", "2018-07") and _one_in(row, 0.2)]


@_drift(
    "half_month: REM sent the first half of a month",
    "SEM_OPA",
    "sus_volume",
    "sus_volume_shift",
    "sus_opa.weekdays_present",
    of=("REM", "2018-08"),
)
def _(rows: Rows, month: str) -> Rows:
    return [row for row in rows if not (_is(row, "REM", "2018-08") and row["Appointment_Date"][8:] > "15")]


@_drift("weekday_missing: no Tuesday of RQ6", "SEM_OPA", "sus_opa.weekdays_present", of=("RQ6", "2018-09"))
def _(rows: Rows, month: str) -> Rows:
    return [
        row for row in rows
        if not (_is(row, "RQ6", "2018-09") and date.fromisoformat(row["Appointment_Date"][:10]).weekday() == 1)
    ]  # fmt: skip


@_drift("provider_in_pence: prices of REP in pence", "SEM_OPA", "sus_opa.cost_of_provider_usual", of=("REP", "2018-10"))
def _(rows: Rows, month: str) -> Rows:
    money = ("Tariff_Total_Payment", "Tariff_MFF_Payment", "Grand_Total_Payment_MFF", "Unbundled_Payment_MFF")
    return _where(
        rows,
        lambda row: _is(row, "REP", "2018-10"),
        lambda row: {**row, **{name: str(Decimal(row[name]) * 100) for name in money if row[name]}},
    )


@_drift(
    "default_practices: a tenth of a provider's rows",
    "SEM_OPA",
    "sus_unknown_practice",
    "sus_opa.practices_mostly_named",
    of=("RQ6", "2018-11"),
)
def _(rows: Rows, month: str) -> Rows:
    unknown = {"GP_Practice_Code": "V81999", "PDS_General_Practice_Code": "V81999"}
    return _where(rows, lambda row: _is(row, "RQ6", "2018-11") and _one_in(row, 0.1), lambda row: {**row, **unknown})


@_drift(
    "patients_collapse: one pseudonym for a fifth of a provider's month",
    "SEM_OPA",
    "sus_opa.patients_of_few_practices",
    "sus_opa.patients_not_everywhere",
    of=("RQ6", "2018-12"),
)
def _(rows: Rows, month: str) -> Rows:
    one = next(row["Der_Pseudo_NHS_Number"] for row in rows if row["Der_Pseudo_NHS_Number"])
    return _where(
        rows,
        lambda row: _is(row, "RQ6", "2018-12") and _one_in(row, 0.2),
        lambda row: {**row, "Der_Pseudo_NHS_Number": one},
    )


@_drift("diagnoses_lost: a fifth of a provider's episodes", "SEM_APCE", "sus_undiagnosed", of=("RQ6", "2018-11"))
def _(rows: Rows, month: str) -> Rows:
    return _where(
        rows,
        lambda row: _is(row, "RQ6", "2018-11") and _one_in(row, 0.2),
        lambda row: {**row, "Primary_Diagnosis_Code": ""},
    )


@_drift(
    "admission_recoded: emergencies of REM come as waiting list",
    "SEM_APCS",
    "sus_apcs.codes_as_usual",
    of=("REM", "2018-10"),
)
def _(rows: Rows, month: str) -> Rows:
    return _where(
        rows,
        lambda row: _is(row, "REM", "2018-10") and row["Admission_Method"].startswith("2"),
        lambda row: {**row, "Admission_Method": "11"},
    )
