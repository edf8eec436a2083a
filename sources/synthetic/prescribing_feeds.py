"""The prescribing feeds as NHSBSA writes them: EPD in its layouts, the ePACT2 export by age band.

Belongs here: columns, month and number styles, encodings, packaging. Does not belong here: how many items there are
(`volumes`). Amounts are whole hundred-thousandths of a pound until they are printed, so that quantity x items is the
total quantity and unit price x quantity the cost, exactly.

The ePACT2 export is restricted to BNF 0501. It holds every EPD item of that section, a few per cent of them under the
band UNKNOWN: what it knows by age is therefore below EPD.
"""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate
from zlib import crc32

from .description import Description
from .formulary import Presentation
from .months import SNOMED_FROM
from .volumes import Line, Prescriber, month_lines, unidentified_lines
from .world import World

Month = Sequence[tuple[Prescriber, list[Line]]]

AGE_BANDS = (*(f"{low}-{low + 4}" for low in range(0, 90, 5)), "90+", "UNKNOWN")
_AGE_USUAL = (9, 5, 4, 4, 5, 5, 5, 4, 4, 5, 5, 6, 6, 7, 7, 6, 5, 4, 2.5, 3.0)
_AGE_URINARY = (2, 2, 1.5, 3, 4, 4, 3.5, 3.5, 3.5, 4, 4.5, 5, 6, 7.5, 9, 11, 11.5, 9, 5.4, 3.0)
_LOCAL_OFFICE = (
    (date(2017, 1, 1), "AREA_TEAM"),
    (date(2022, 7, 1), "STP"),
    (date.max, "ICB"),
)
#: Until here the files leave address, chemical substance and chapter blank, as the early ones do.
_FULL_FROM = date(2017, 1, 1)


def money(amount: int) -> str:
    """Hundred-thousandths as pounds, without trailing zeros: 6993852 -> 69.93852."""
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    whole, part = divmod(amount, 100_000)
    return f"{sign}{whole}.{part:05d}".rstrip("0").rstrip(".") if part else f"{sign}{whole}"


def _quantity(tenths: int, always_decimal: bool) -> str:
    """Tenths as a quantity: 28 or, in the older style, 28.0."""
    sign, tenths = ("-", -tenths) if tenths < 0 else ("", tenths)
    whole, part = divmod(tenths, 10)
    return f"{sign}{whole}.{part}" if part or always_decimal else f"{sign}{whole}"


def _actual_cost(nic: int, month: date) -> int:
    """Actual cost of a line: NIC less the month's average discount, about 7 %."""
    per_mille = 928 + (month.year * 12 + month.month) % 5
    return -(-nic * per_mille // 1_000) if nic < 0 else nic * per_mille // 1_000


def _quoted(value: str) -> str:
    return f'"{value}"' if "," in value else value


def _month_text(month: date) -> str:
    """2016_04 in even months, 201605 in odd ones; 2025-04 where the layout is the new one and the month even."""
    if month.month % 2:
        return f"{month:%Y%m}"
    return f"{month:%Y-%m}" if month >= SNOMED_FROM else f"{month:%Y_%m}"


def _drug(presentation: Presentation, month: date) -> str:
    """The five drug columns; every seventh presentation carries trailing spaces, as the real files do."""
    code = presentation.code_in(month)
    pad = "  " if crc32(code.encode()) % 7 == 0 else ""
    full = month >= _FULL_FROM
    chemical = (code[:9], presentation.chemical) if full else ("", "")
    fields = (*chemical, code + pad, presentation.name + pad, presentation.chapter if full else "")
    return ",".join(_quoted(field) for field in fields)


def _pco(description: Description) -> dict[str, str]:
    """Name and five-character code of each primary care organisation."""
    return {code: f"{one.pco_name},{code}00" for code, one in description.everyone.items()} | {"-": "UNIDENTIFIED,-"}


def epd_header(month: date) -> str:
    """The header of the EPD file of a month."""
    office = next(prefix for until, prefix in _LOCAL_OFFICE if month < until)
    place = (
        f"YEAR_MONTH,REGIONAL_OFFICE_NAME,REGIONAL_OFFICE_CODE,{office}_NAME,{office}_CODE,PCO_NAME,PCO_CODE,"
        "PRACTICE_NAME,PRACTICE_CODE,ADDRESS_1,ADDRESS_2,ADDRESS_3,ADDRESS_4,POSTCODE,"
    )
    amounts = "BNF_CHAPTER_PLUS_CODE,QUANTITY,ITEMS,TOTAL_QUANTITY,{},NIC,ACTUAL_COST,UNIDENTIFIED"
    if month >= SNOMED_FROM:
        drug = "BNF_CHEMICAL_SUBSTANCE_CODE,BNF_CHEMICAL_SUBSTANCE,BNF_PRESENTATION_CODE,BNF_PRESENTATION_NAME,"
        return place + drug + amounts.format("ADQ_USAGE") + ",SNOMED_CODE"
    drug = "BNF_CHEMICAL_SUBSTANCE,CHEMICAL_SUBSTANCE_BNF_DESCR,BNF_CODE,BNF_DESCRIPTION,"
    return place + drug + amounts.format("ADQUSAGE")


def epd_place(description: Description, month: date, unit: Prescriber) -> str:
    """What every EPD row of a prescriber begins with, up to its postcode."""
    kind = next(prefix for until, prefix in _LOCAL_OFFICE if month < until)
    office = getattr(description.office, kind.lower())
    pad = "  " if unit.code.endswith("7") else ""
    name = _quoted(unit.name + pad)
    place = f"{_month_text(month)},{description.region},{office},{_pco(description)[unit.commissioner]},{name},"
    return f"{place}{unit.code}{pad},,,,,{unit.postcode if month >= _FULL_FROM else ''},"


class EpdAmounts:
    """What EPD rows of one month end with: the drug, the amounts and whether the prescriber is identified."""

    def __init__(self, month: date) -> None:
        self._month = month
        self._snomed = month >= SNOMED_FROM
        self._dotted = bool(month.month % 2 == 0)
        self._drugs: dict[str, str] = {}

    def text(self, line: Line, unidentified: str) -> str:
        """The end of the row of a line, from its drug on."""
        presentation = line.presentation
        drug = self._drugs.get(presentation.code)
        if drug is None:
            drug = self._drugs[presentation.code] = _drug(presentation, self._month)
        tenths = line.tenths * line.items
        nic = tenths * presentation.unit_price // 10
        adq = tenths // 2 if presentation.is_drug else 0
        end = f",{10**15 + crc32(presentation.code.encode()):d}" if self._snomed else ""
        return (
            f"{drug},{_quantity(line.tenths, self._dotted)},{line.items},{_quantity(tenths, self._dotted)},"
            f"{_quantity(adq, self._dotted)},{money(nic)},{money(_actual_cost(nic, self._month))},{unidentified}{end}"
        )


def epd_text(description: Description, month: date, rows: Month) -> str:
    """One EPD month as text, header included."""
    amounts = EpdAmounts(month)
    lines = [epd_header(month)]
    for unit, of_unit in rows:
        place = epd_place(description, month, unit)
        unidentified = "N" if unit.practice else "Y"
        lines += [place + amounts.text(line, unidentified) for line in of_unit]
    return "\r\n".join(lines) + "\r\n"


def epact2_text(description: Description, month: date, rows: Month, seed: int) -> str:
    """One month of the ePACT2 export by age band, BNF 0501 only."""
    pco = _pco(description)
    rng = random.Random(f"{seed}:ages:{month:%Y-%m}")
    ages = {True: list(accumulate(_AGE_URINARY)), False: list(accumulate(_AGE_USUAL))}
    order = range(len(AGE_BANDS))
    if month.month % 3 == 1:
        head = "Year Month,Commissioner Code,Practice Code,Practice Name,BNF Presentation Code,BNF Presentation"
        lines = [head + ",Age Band,Items,Total Quantity,NIC,Actual Cost"]
    else:
        head = "YEAR_MONTH,PCO_CODE,PRACTICE_CODE,PRACTICE_NAME,BNF_CODE,BNF_DESCRIPTION"
        lines = [head + ",AGE_BAND,ITEMS,TOTAL_QUANTITY,NIC,ACTUAL_COST"]
    for unit, of_unit in rows:
        place = f"{month:%Y%m},{pco[unit.commissioner].split(',')[1]},{unit.code},{_quoted(unit.name)}"
        table: dict[Presentation, list[list[int]]] = {}
        for line in of_unit:
            presentation = line.presentation
            if not presentation.code.startswith("0501"):
                continue
            sums = table.setdefault(presentation, [[0, 0] for _ in order])
            if line.items < 0 or not unit.practice:
                drawn = [len(AGE_BANDS) - 1] * abs(line.items)
            else:
                urinary = presentation.group in ("trimethoprim", "nitrofurantoin")
                drawn = rng.choices(order, cum_weights=ages[urinary], k=line.items)
            sign = -1 if line.items < 0 else 1
            for band in drawn:
                sums[band][0] += sign
                sums[band][1] += sign * line.tenths
        for presentation, sums in table.items():
            drug = f"{presentation.code_in(month)},{_quoted(presentation.name)}"
            for age_band, (items, tenths) in zip(AGE_BANDS, sums, strict=True):
                if items or tenths:
                    nic = tenths * presentation.unit_price // 10
                    cost = money(_actual_cost(nic, month))
                    lines.append(f"{place},{drug},{age_band},{items},{_quantity(tenths, False)},{money(nic)},{cost}")
    return "\r\n".join(lines) + "\r\n"


def packed(name: str, content: bytes, packaging: str) -> tuple[str, bytes]:
    """File name and bytes of a csv as it arrives: plain, gz, or zip with the junk that a Mac adds. No clock inside."""
    if packaging == "gz":
        return f"{name}.csv.gz", gzip.compress(content, compresslevel=6, mtime=0)
    if packaging == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in ((f"{name}.csv", content), (f"__MACOSX/._{name}.csv", b"\0\5\26\7Mac OS X")):
                archive.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
        return f"{name}.zip", buffer.getvalue()
    return f"{name}.csv", content


def month_files(world: World, month: date, seed: int, position: int, is_last: bool) -> Iterable[tuple[str, bytes]]:
    """The EPD and ePACT2 files of one month; `position` in the span decides packaging, the last month is plain."""
    rows = month_lines(world, month, seed) + unidentified_lines(world, month, seed)
    text = epd_text(world.description, month, rows)
    style = "plain" if is_last else {3: "gz", 5: "zip", 7: "latin-1", 9: "utf-8-sig"}.get(position, "plain")
    content = text.encode(style if style in ("latin-1", "utf-8-sig") else "utf-8")
    yield packed(f"EPD_SNOMED_{month:%Y%m}" if month >= SNOMED_FROM else f"EPD_{month:%Y%m}", content, style)
    ages = epact2_text(world.description, month, rows, seed).encode("utf-8")
    yield packed(f"ePACT2_age_band_{month:%Y%m}", ages, "gz" if position % 8 and not is_last else "plain")
