"""The feeds that savings are held against: contract plans with prices, charges for high-cost drugs, rebates claimed.

Belongs here: which files there are, and the plans and claims. Does not belong here: the lines of the charges
(`evidence_charges`). Nothing here draws from the random streams of the other feeds, so that these are the same with and
without it. Prices and terms are made up.

- contract_plan_<year>_v1.csv: each financial year that the months touch. The last year has a version 2 as well, in
  which the A&E plan of REM is a tenth higher.
- high_cost_drug_charges_<year>_v1.csv, _v2.csv: see `evidence_charges`.
- rebate_claims_<year>.csv: the months of quarters that are over, as due by the terms; of the first of them a tenth less
  was claimed for testing strips.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from .evidence_charges import charge_files, csv_bytes, pounds, year_text
from .finance_bodies import Body, bodies
from .months import add_months, financial_year_start, quarter_start
from .sus_calendar import AE_SEASON, EMERGENCY_SEASON, PLANNED_SEASON
from .volumes import month_lines
from .world import PATIENTS_PER_92_PRACTICES, World

TERMS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "rebate_term.csv"
#: Point of delivery -> season, price in pence, and what the patients of 92 practices have in a year at each provider.
_ACTIVITY: dict[str, tuple[Sequence[float], int, dict[str, int]]] = {
    "ae": (AE_SEASON, 12_850, {"RQ6": 112_600, "REM": 54_800, "RBS": 28_800, "REP": 8_300}),
    "non_elective": (
        EMERGENCY_SEASON, 164_000, {"RQ6": 29_000, "REM": 15_000, "RBS": 6_600, "REP": 8_000, "RBQ": 2_200}
    ),
    "elective": (PLANNED_SEASON, 118_500, {"RQ6": 40_000, "REM": 21_100, "RBS": 2_700, "REP": 3_900, "RBQ": 2_500}),
    "outpatient_first": (
        PLANNED_SEASON, 16_200, {"RQ6": 70_300, "REM": 53_100, "RBS": 16_300, "REP": 20_100, "RBQ": 5_800}
    ),
    "outpatient_follow_up": (
        PLANNED_SEASON, 8_400, {"RQ6": 149_400, "REM": 111_600, "RBS": 35_400, "REP": 41_300, "RBQ": 11_300}
    ),
}  # fmt: skip
#: The walk-in centres are no block: what they do is paid for. They changed hands in April 2018.
_WALK_IN, _WALK_IN_PENCE, _MOVED = 72_200, 4_900, 2018
#: What is planned beside the usual activity: more than comes, so that money comes back, or less.
_PLANNED = {("REM", "non_elective"): 0.95, ("RBS", "outpatient_first"): 1.06, ("REP", "elective"): 1.07}
_GROWTH, _FROM_YEAR = 1.01, 2016
#: Tolerance below and above the plan, and marginal rate ("Acting as One").
_BLOCK = ("0.02", "0.02", "0.3")
_CORRECTED = ("REM", "ae", 1.1)
PLAN_COLUMNS = (
    *("Financial Year", "Entity", "Version", "Provider", "POD", "Period", "Contract Type", "Plan Activity"),
    *("Unit Price", "Plan Cost", "Tolerance Lower", "Tolerance Upper", "Marginal Rate"),
)
CLAIM_COLUMNS = ("Financial Year", "Period", "Entity", "Version", "Rebate Term", "Claimed Amount")
#: Agreement of which too little is claimed for the first month, and how much.
_UNDER_CLAIMED, _CLAIMED_SHARE = "RT-STRIPS", Decimal("0.9")


def write_evidence(folder: Path, world: World, months: Iterable[date], seed: int) -> None:
    """Write the three feeds for `months`, and for the year before them what charges are compared with."""
    wanted = sorted(set(months))
    for body in bodies(world):
        _write_body(folder, world, body, wanted, seed)


def _write_body(folder: Path, world: World, body: Body, wanted: Sequence[date], seed: int) -> None:
    years = sorted({financial_year_start(month).year for month in wanted})
    files: dict[str, bytes] = {}
    for year in years:
        files |= _plan_files(world, body, year, 2 if year == years[-1] else 1)
        of_year = [month for month in wanted if financial_year_start(month).year == year]
        files |= _claim_file(world, body, of_year, wanted, seed)
    files |= charge_files(wanted, seed, body)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _plan_files(world: World, body: Body, year: int, versions: int) -> dict[str, bytes]:
    name = f"contract_plan_{year_text(year).replace('/', '-')}{body.mark}"
    return {
        f"{name}_v{version}.csv": csv_bytes(PLAN_COLUMNS, _plan_rows(world, body, year, version))
        for version in range(1, versions + 1)
    }


def _plan_rows(world: World, body: Body, year: int, version: int) -> list[list[object]]:
    own = sum(p.size for p in world.practices if p.commissioner == body.code and p.closed is None)
    scale = own / PATIENTS_PER_92_PRACTICES * _GROWTH ** (year - _FROM_YEAR)
    rows: list[list[object]] = []
    for point, (season, pence, providers) in _ACTIVITY.items():
        for provider, annual in providers.items():
            level = annual * scale * _PLANNED.get((provider, point), 1.0)
            if version > 1 and (provider, point) == _CORRECTED[:2]:
                level *= _CORRECTED[2]
            rows += _months_of(body, year, version, provider, point, level, season, pence, _BLOCK)
    walk_in = "RY1" if year < _MOVED else "RW4"
    rows += _months_of(body, year, version, walk_in, "ae", _WALK_IN * scale, AE_SEASON, _WALK_IN_PENCE, None)
    return rows


def _months_of(
    body: Body,
    year: int,
    version: int,
    provider: str,
    point: str,
    level: float,
    season: Sequence[float],
    pence: int,
    block: tuple[str, ...] | None,
) -> Iterable[list[object]]:
    for period in range(1, 13):
        # Seasons begin with January.
        planned = round(level / 12 * season[(period + 2) % 12])
        contract = ["block", *(block or ())] if block else ["cost_and_volume", "", "", ""]
        yield [
            *(year_text(year), body.code, version, body.provider(provider), point, period, contract[0], planned),
            *(pounds(pence), pounds(planned * pence), *contract[1:]),
        ]


def _claim_file(world: World, body: Body, months: list[date], wanted: Sequence[date], seed: int) -> dict[str, bytes]:
    """What was claimed for the months whose quarter the sample has to its end."""
    with TERMS.open(encoding="utf-8", newline="") as file:
        terms = [term for term in csv.DictReader(file) if term["commissioner_code"] == body.code]
    rows: list[list[object]] = []
    for month in months:
        if add_months(quarter_start(month), 2) not in wanted:
            continue
        sums = _prescribed(world, body, month, [term["bnf_prefix"] for term in terms], seed)
        year, period = financial_year_start(month).year, (month.month - 4) % 12 + 1
        for term in terms:
            if not term["valid_from"] <= month.isoformat() <= (term["valid_to"] or "9999-12-31"):
                continue
            items, nic = sums[term["bnf_prefix"]]
            base = Decimal(items) if term["kind"] == "per_item" else Decimal(nic).scaleb(-5)
            claimed = base * Decimal(term["rate"])
            if term["rebate_term_id"] == _UNDER_CLAIMED and month == wanted[0]:
                claimed *= _CLAIMED_SHARE
            amount = claimed.quantize(Decimal("0.01"), ROUND_HALF_UP)
            rows.append([year_text(year), period, body.code, 1, term["rebate_term_id"], amount])
    if not rows:
        return {}
    year = financial_year_start(months[0]).year
    return {f"rebate_claims_{year_text(year).replace('/', '-')}{body.mark}.csv": csv_bytes(CLAIM_COLUMNS, rows)}


def _prescribed(
    world: World, body: Body, month: date, prefixes: Sequence[str], seed: int
) -> dict[str, tuple[int, int]]:
    """Items, and net ingredient cost in hundred-thousandths, of the commissioner's practices by prefix."""
    sums = dict.fromkeys(prefixes, (0, 0))
    for unit, lines in month_lines(world, month, seed):
        if unit.commissioner != body.code:
            continue
        for line in lines:
            for prefix in prefixes:
                if line.presentation.code.startswith(prefix):
                    items, nic = sums[prefix]
                    tenths = line.tenths * line.items
                    sums[prefix] = (items + line.items, nic + tenths * line.presentation.unit_price // 10)
    return sums
