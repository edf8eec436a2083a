"""What providers charge for drugs outside tariff: a switch to a biosimilar, and lines that break the rules.

Belongs here: the lines of the charges. Does not belong here: the other feeds (`evidence_feeds`). Charges are those of
the whole commissioner, however many practices the sample has, as its savings schemes are. Prices are made up; the
highest that are allowed stand in the seed drug_commissioning_rule.

- Each run of months without a gap is a story of its own: in the year before it all adalimumab is the originator, in
  its first financial year biosimilars take over, as fast as the savings plan of 2019/20 was delivered.
- Rules are broken in the months of the run alone, each rule every so many months: eculizumab, for which NHS England
  pays; infliximab without approval; aflibercept above its price; etanercept charged twice in a month, or in two.
- Version 2 corrects RQ6 for the first half of a run: what NHS England pays is gone. Months that it does not hold keep
  version 1.
"""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from .finance_bodies import Body
from .months import add_months, financial_year_start

#: Substance -> originator and its price in pence, biosimilar and its price (none for some), units a month.
_DRUGS: dict[str, tuple[str, int, str, int, int]] = {
    "adalimumab": ("Humira 40mg pen", 35_214, "Adalimumab biosimilar 40mg pen", 10_000, 1_050),
    "etanercept": ("Enbrel 50mg pen", 17_875, "Etanercept biosimilar 50mg pen", 14_900, 420),
    "infliximab": ("Remicade 100mg vial", 41_962, "Infliximab biosimilar 100mg vial", 33_500, 260),
    "aflibercept": ("Eylea 2mg vial", 81_600, "", 0, 310),
}
_ECULIZUMAB = ("Soliris 300mg vial", 315_000)
_SHARES = {"RQ6": 0.55, "REM": 0.34, "RBS": 0.11}
#: Share of biosimilars by period of the first year, and after it; other substances had switched long before.
_SWITCH = (0.06, 0.11, 0.17, 0.27, 0.34, 0.42, 0.5, 0.58, 0.68, 0.82, 0.82, 0.82)
_SWITCHED = 0.92
COLUMNS = (
    *("Financial Year", "Period", "Commissioner", "Provider", "Version", "Invoice", "Line", "Drug Group", "Product"),
    *("Biosimilar", "Units", "Unit Price", "Charged Amount", "Approval Reference"),
)


@dataclass(frozen=True)
class Charge:
    """One line; price in pence, `approval` empty where no start was approved."""

    month: date
    provider: str
    invoice: str
    line: int
    group: str
    product: str
    is_biosimilar: bool
    units: int
    pence: int
    approval: str

    def fields(self, version: int, body: Body) -> list[object]:
        """The line as a file holds it."""
        year, period = financial_year_start(self.month).year, (self.month.month - 4) % 12 + 1
        return [
            *(year_text(year), period, body.code, self.provider, version),
            *(self.invoice, self.line, self.group, self.product, "Y" if self.is_biosimilar else "N", self.units),
            *(pounds(self.pence), pounds(self.units * self.pence), self.approval),
        ]


def year_text(year: int) -> str:
    """2019 -> 2019/20."""
    return f"{year}/{(year + 1) % 100:02d}"


def pounds(pence: int) -> str:
    """12345 -> 123.45."""
    return f"{pence // 100}.{pence % 100:02d}"


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A csv in UTF-8 with CRLF line ends."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def charge_files(months: Sequence[date], seed: int, body: Body) -> dict[str, bytes]:
    """The charges of `months` and of the year before each run of them, a file for each financial year and version."""
    first: dict[date, list[Charge]] = {}
    second: dict[date, list[Charge]] = {}
    for run in _runs(months):
        for place in range(-12, len(run)):
            month = add_months(run[0], place)
            if place < 0 and month in months:
                continue
            first[month] = _month_charges(month, place, run[0], seed, body)
            if 0 <= place < len(run) / 2:
                second[month] = _corrected(first[month], body)
    return _files(first, 1, body) | _files(second, 2, body)


def _runs(months: Sequence[date]) -> list[list[date]]:
    runs: list[list[date]] = []
    for month in sorted(months):
        if runs and add_months(runs[-1][-1], 1) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return runs


def _files(charges: dict[date, list[Charge]], version: int, body: Body) -> dict[str, bytes]:
    years: dict[int, list[Charge]] = defaultdict(list)
    for month in sorted(charges):
        years[financial_year_start(month).year] += charges[month]
    return {
        f"high_cost_drug_charges_{year_text(year).replace('/', '-')}{body.mark}_v{version}.csv": csv_bytes(
            COLUMNS, (line.fields(version, body) for line in lines)
        )
        for year, lines in years.items()
        if lines
    }


def _share(place: int, month: date, start: date) -> float:
    """Share of biosimilars of adalimumab, so many months into the run."""
    if place < 0:
        return 0.0
    is_first_year = financial_year_start(month) == financial_year_start(start)
    return _SWITCH[(month.month - 4) % 12] if is_first_year else _SWITCHED


def _month_charges(month: date, place: int, start: date, seed: int, body: Body) -> list[Charge]:
    rng = random.Random(f"{body.salt(seed)}:charges:{month:%Y-%m}")
    found: list[Charge] = []
    for part, of_provider in _SHARES.items():
        provider = body.provider(part)
        lines: list[Charge] = []
        for group, (originator, price, biosimilar, cheaper, usual) in _DRUGS.items():
            units = round(usual * of_provider * float(body.share) * rng.uniform(0.98, 1.02))
            share = _share(place, month, start) if group == "adalimumab" else 0.8 if biosimilar else 0.0
            switched = round(units * share)
            for product, is_biosimilar, count, pence in (
                (originator, False, units - switched, price),
                (biosimilar, True, switched, cheaper),
            ):
                if count:
                    lines.append(_line(month, provider, len(lines) + 1, group, product, is_biosimilar, count, pence))
        if place >= 0:
            lines += _breaches(month, place, start, part, lines)
        found += lines
    return found


def _line(
    month: date, provider: str, number: int, group: str, product: str, is_biosimilar: bool, units: int, pence: int
) -> Charge:
    invoice = f"{provider}-{month:%y%m}-1"
    approval = f"BQ{month:%y%m}{provider}{number:03d}"
    return Charge(month, provider, invoice, number, group, product, is_biosimilar, units, pence, approval)


def _breaches(month: date, place: int, start: date, part: str, lines: Sequence[Charge]) -> list[Charge]:
    """Lines that break a rule, of the provider whose part it is to break it."""
    provider = lines[0].provider
    number = len(lines) + 1
    by_group = {(line.group, line.is_biosimilar): line for line in lines}
    if part == "RQ6":
        product, pence = _ECULIZUMAB
        charged = replace(
            _line(month, provider, number, "eculizumab", product, False, 2 + place % 3, pence), approval=""
        )
        dear = replace(by_group["aflibercept", False], line=number + 1, units=6, pence=84_000)
        dear = replace(dear, approval=f"{dear.approval}X")
        return [*([charged] if place % 2 == 0 else []), *([dear] if place % 4 == 1 else [])]
    if part == "REM":
        bare = replace(by_group["infliximab", True], line=number, units=4, approval="")
        again = replace(by_group["etanercept", True], invoice=f"{provider}-{month:%y%m}-2", line=1)
        return [*([bare] if place % 3 == 0 else []), *([again] if place % 5 == 2 else [])]
    late = add_months(month, -1)
    repeated = replace(by_group["etanercept", True], invoice=f"{provider}-{late:%y%m}-1", units=9)
    repeated = replace(repeated, approval=f"{repeated.approval}R")
    return [repeated] if place % 6 == 4 and month > start else []


def _corrected(lines: Sequence[Charge], body: Body) -> list[Charge]:
    """The charge of RQ6 without what NHS England pays for."""
    return [line for line in lines if line.provider == body.provider("RQ6") and line.group != "eculizumab"]
