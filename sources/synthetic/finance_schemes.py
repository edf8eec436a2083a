"""The savings schemes of the fictional commissioner: what is planned, and how each of them really goes.

Belongs here: one row per scheme, and the plans of other years scaled from it. Does not belong here: what the plan and
tracker files look like (`finance_plans`, `finance_trackers`). Leads are functions, never persons. Net plans of 2019/20
are printed, in whole pounds, with a total that is GBP 9 above their sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .finance_bodies import Body

PLANNED_YEAR = 2019
PRINTED_TOTAL = 13_842_856
#: Prescribing in 2017/18: the target, and what a late start of its largest part cost in the first three months.
PRESCRIBING_2017, SLIPPAGE_2017 = 7_000_000, 420_000
#: Year -> size of its plan beside that of 2019/20; earlier and later years are like the nearest.
_SCALE = {2016: 0.72, 2017: 0.81, 2018: 0.92, 2019: 1.0, 2020: 1.04}

#: Schemes that the feeds of the sample would contradict: its medicines and activity do not fall. Their plans of years
#: with such feeds ask for no evidence, so that nothing is contradicted but by the fault.
_UNSEEN = (1, 6, 14)

Months = tuple[float, ...]
#: What the lead forecasts for the months to come: their plan; their plan times the share saved of late; all that is
#: left of the year's plan, however late; their plan, but times the share saved of late from month 6 (version 2) to 8.
Forecasting = Literal["plan", "honest", "hockey_stick", "restated"]

_WHOLE: Months = (1.0,) * 12
_STEADY: Months = (74, 76, 78, 80, 82, 83, 85, 86, 87, 88, 89, 92)
_RAMP: Months = (2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 12, 12)
_FROM_JULY: Months = (0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1)
_QUARTERS: Months = (0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1)
_SEPTEMBER: Months = (0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Scheme:
    """One scheme. `delivery` is the share of a month's plan that is saved, `first_report` what is first told of that.

    `recurrent_share` is the recurrent part of what is saved, reported from month 4; None where nobody splits it.
    """

    number: int
    name: str
    category: str
    lead: str
    finance_lead: str
    recurrence: Literal["recurrent", "non_recurrent", "mixed"]
    net: int
    investment: int = 0
    cash_releasing: bool = True
    phasing: Months = _STEADY
    delivery: Months = _WHOLE
    forecasting: Forecasting = "plan"
    rag: str = "G"
    mitigation: str = ""
    mitigation_value: int | None = None
    recurrent_share: float | None = None
    first_report: float = 1.0
    is_full_year_known: bool = True
    claims: str = ""
    method: str = "none"

    def scheme_id(self, year: int) -> str:
        """The same in every file of a year."""
        return f"CRES-{year}-{self.number:02d}"


_MEDICINES, _CONTRACTS, _FINANCE = "Head of medicines optimisation", "Head of contracts", "Management accountant"

SCHEMES = (
    Scheme(
        *(1, "Prescribing", "Prescribing", _MEDICINES, f"{_FINANCE} (prescribing)", "recurrent", 2_664_979, 350_000),
        delivery=(1.0, 0.95, 0.9, 0.88, 0.85, 0.85, 0.86, 0.88, 0.9, 0.9, 0.92, 0.92),
        forecasting="honest",
        rag="A",
        mitigation="Second wave of repeat-ordering changes; further switches to generics",
        mitigation_value=150_000,
        first_report=1.03,
        claims="bnf:0501;bnf:0208",
        method="prescribing_price_volume",
    ),
    Scheme(
        *(2, "NPFIT", "Digital", "Head of digital", f"{_FINANCE} (corporate)", "non_recurrent", 1_529_318),
        phasing=_QUARTERS,
    ),
    Scheme(
        *(3, "Running Costs", "Running Costs", "Head of corporate services", f"{_FINANCE} (corporate)"),
        *("mixed", 800_000),
        delivery=(1.02,) * 12,
        recurrent_share=0.6,
        is_full_year_known=False,
    ),
    Scheme(
        *(4, "Digital Programme", "Digital", "Head of digital", f"{_FINANCE} (corporate)", "recurrent", 149_446),
        50_000,
        phasing=_FROM_JULY,
        delivery=(0.5,) * 12,
        forecasting="honest",
        rag="R",
    ),
    Scheme(
        *(5, "Community / Intermediate Care", "Community", "Head of community services"),
        *(f"{_FINANCE} (community)", "recurrent", 188_345, 40_000),
        phasing=_FROM_JULY,
        delivery=(0, 0, 0, 0.2, 0.6, 1, 1, 1, 1, 1, 1.1, 1.1),
        rag="A",
        mitigation="Beds of two providers are pooled from November",
        mitigation_value=25_000,
        claims="pod:non_elective",
        method="activity",
    ),
    Scheme(
        *(6, "Contracts", "Acute", _CONTRACTS, f"{_FINANCE} (acute)", "recurrent", 673_571),
        claims="contract:RBS;contract:REP",
        method="contract_tolerance",
    ),
    Scheme(
        *(7, "Continuing Healthcare", "Continuing Care", "Head of continuing healthcare"),
        *(f"{_FINANCE} (community)", "recurrent", 952_451, 120_000),
        delivery=(1.04,) * 12,
    ),
    Scheme(
        *(8, "Clinical Leads", "Running Costs", "Head of corporate services", f"{_FINANCE} (corporate)"),
        *("recurrent", 453_028),
    ),
    Scheme(
        *(9, "AQ Contribution", "Acute", _CONTRACTS, f"{_FINANCE} (acute)", "non_recurrent", 178_346),
        phasing=_SEPTEMBER,
    ),
    Scheme(
        *(10, "HCP Contribution", "Other Programme", "Head of strategy", f"{_FINANCE} (corporate)"),
        *("non_recurrent", 1_200_000),
    ),
    Scheme(
        *(11, "High Cost Drugs (Adalimumab & Others)", "Acute", _MEDICINES, f"{_FINANCE} (acute)"),
        *("recurrent", 3_225_581),
        phasing=_RAMP,
        delivery=(0.2, 0.25, 0.3, 0.32, 0.35, 0.38, 0.4, 0.42, 0.45, 0.5, 0.5, 0.5),
        forecasting="hockey_stick",
        rag="A",
        mitigation="Switching clinics at the two largest providers",
        claims="drug:adalimumab",
        method="drug_switch",
    ),
    Scheme(
        *(12, "Estates Void / Utilisation", "Other Programme", "Head of estates", f"{_FINANCE} (corporate)"),
        *("recurrent", 200_000),
        phasing=_FROM_JULY,
        recurrent_share=0.0,
    ),
    Scheme(
        *(13, "Enhanced Services", "Other Primary Care", "Head of primary care", f"{_FINANCE} (primary care)"),
        *("recurrent", 507_800),
    ),
    Scheme(
        *(14, "Demand Management", "Acute", "Head of planned care", f"{_FINANCE} (acute)", "recurrent", 401_843),
        60_000,
        delivery=(0.8, 0.75, 0.7, 0.7, 0.68, 0.66, 0.66, 0.66, 0.7, 0.75, 0.8, 0.8),
        forecasting="restated",
        rag="A",
        mitigation="Referral review is extended to two more specialties",
        mitigation_value=60_000,
        is_full_year_known=False,
        claims="pod:ae;pod:outpatient_first",
        method="activity",
    ),
    Scheme(
        *(15, "Slippage on Planned Investments", "Other Programme", "Head of strategy", f"{_FINANCE} (corporate)"),
        *("non_recurrent", 718_139),
        cash_releasing=False,
        delivery=(1.1,) * 12,
    ),
)


def schemes(year: int, body: Body) -> tuple[Scheme, ...]:
    """The schemes of a body in a financial year: those of the papers, or as large as the body is beside them."""
    if body.is_of_the_papers:
        return _of_the_papers(year)
    return tuple(
        replace(
            scheme,
            net=round(scheme.net * body.share),
            investment=round(scheme.investment * body.share),
            mitigation_value=None if scheme.mitigation_value is None else round(scheme.mitigation_value * body.share),
            claims=body.claims(scheme.claims),
        )
        for scheme in _of_the_papers(year)
    )


def _of_the_papers(year: int) -> tuple[Scheme, ...]:
    """The schemes of a financial year: those of 2019/20, or scaled from them."""
    if year == PLANNED_YEAR:
        return SCHEMES
    scale = _SCALE[min(max(year, min(_SCALE)), max(_SCALE))]
    found = [
        replace(
            scheme,
            net=round(scheme.net * scale),
            investment=round(scheme.investment * scale),
            method="none" if scheme.number in _UNSEEN else scheme.method,
        )
        for scheme in SCHEMES
    ]
    if year == 2017:
        early = sum(found[0].phasing[:3]) / sum(found[0].phasing)
        lost = SLIPPAGE_2017 / (PRESCRIBING_2017 * early)
        found[0] = replace(
            found[0],
            net=PRESCRIBING_2017,
            delivery=(1 - lost,) * 3 + (1.0,) * 9,
            forecasting="plan",
            mitigation="Start of pharmacy-led repeat ordering was late; no replacement found yet",
            mitigation_value=None,
            first_report=1.0,
        )
    return tuple(found)
