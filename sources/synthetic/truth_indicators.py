"""What the sample's indicators are, written a second time: numerator, denominator, target and band.

Belongs here: definitions. Does not belong here: how a result is reckoned (`truth_results`), what counted feeds give
(`truth_counted`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from .truth_components import AGED, DATASETS
from .truth_organisations import Org
from .truth_sus import READMISSION_COST, READMISSIONS, SUS_DATASETS
from .truth_sus_codes import SPECIALTIES

#: Months of a rolling year.
WINDOW = 12
#: Of these a commissioner receives what its own practices did, and of others a part that nobody knows.
OF_OWN_PRACTICES = frozenset({*SUS_DATASETS.values(), "gp_search", "practice_contract", "contract_event", "complaint"})


@dataclass(frozen=True)
class Target:
    """What is to be reached by an organisation, a kind of them or all (None), at period ends from `first` to `last`."""

    org_type: str | None
    org_code: str | None
    first: date
    last: date
    figure: Fraction
    alternative: Fraction | None = None

    def applies(self, org: Org, end: date) -> bool:
        """Whether it is that of an organisation at a period end."""
        is_theirs = self.org_type in (None, org[0]) and self.org_code in (None, org[1])
        return is_theirs and self.first <= end <= self.last


@dataclass(frozen=True)
class Band:
    """A band of figures at period ends from `first` to `last`: what compares so with `figure`, or with the target."""

    name: str
    rule: str
    figure: Fraction | None = None
    first: date = date.min
    last: date = date.max

    def holds(self, value: Fraction, end: date, *, met: bool) -> bool:
        """Whether a figure is in it, if no band before took it."""
        if not self.first <= end <= self.last:
            return False
        if self.rule == "meets_target":
            return met
        if self.figure is None:
            return self.rule == "otherwise"
        return value <= self.figure if self.rule == "at_or_below" else value >= self.figure


#: Of the hospital indicators of the GP Specification the paper prints this band alone.
BAND_A = (Band("A", "meets_target"),)


@dataclass(frozen=True)
class Indicator:
    """One variant of one indicator. `target` is the threshold, or the national value where a reduction counts."""

    indicator_id: str
    variant: str
    numerator: str
    denominator: str | None
    mean_denominator: bool
    multiplier: int
    decimals: int
    rule: str | None = None
    target: Fraction | None = None
    reduction: Fraction | None = None
    target_org: Org | None = None
    #: In order: the first that holds a figure is its band. Without bands a figure is met or not met.
    bands: tuple[Band, ...] = ()
    window: int = WINDOW
    #: A result every so many months, one of them in the month `due` of the year.
    every: int = 1
    due: int = 1
    #: The feed of counts that it is read from; None for lists, prescribing and hospital activity.
    counted: str | None = None
    has_own_months: bool = False
    level: str = "practice"
    #: Share of a group's practices that must have sent counts.
    min_share: Fraction = Fraction(0)
    has_baseline: bool = False
    #: Targets of kinds of organisations, of single ones and of spans of days, where there are several.
    targets: tuple[Target, ...] = ()

    @property
    def datasets(self) -> set[str]:
        """The datasets that numerator and denominator are read from."""
        if self.counted:
            return {self.counted}
        return {DATASETS[component] for component in (self.numerator, self.denominator) if component}

    @property
    def is_of_own(self) -> bool:
        """Whether practices of other commissioners have no figure of it."""
        return not self.datasets.isdisjoint(OF_OWN_PRACTICES)

    def target_at(self, org: Org, end: date) -> tuple[Fraction | None, Fraction | None]:
        """The narrowest target of an organisation at a period end, and a second figure that is enough."""
        if not self.targets:
            return (self.target if self.target_org in (None, org) else None), None
        fitting = [target for target in self.targets if target.applies(org, end)]
        if not fitting:
            return None, None
        narrowest = min(fitting, key=lambda target: (target.org_code is None, target.org_type is None))
        return narrowest.figure, narrowest.alternative


def _indicators() -> tuple[Indicator, ...]:
    antibacterial, broad = "rx_items_antibacterial", "rx_items_broad_spectrum"
    starpu = "starpu_oral_antibacterial_items"
    per_starpu = [
        ("antibacterial_exact", antibacterial, starpu),
        ("bnf_0501_exact", "rx_items_bnf_0501", starpu),
        ("antibacterial_1dp", antibacterial, f"{starpu}_1dp"),
        ("bnf_0501_1dp", "rx_items_bnf_0501", f"{starpu}_1dp"),
    ]
    rows = [
        Indicator("qp-antibacterial-items-per-starpu", name, top, below, True, 1, 2, "below", Fraction("1.16"))
        for name, top, below in per_starpu
    ]
    ratio = Indicator(
        "qp-trimethoprim-nitrofurantoin-ratio",
        "standard",
        "rx_items_trimethoprim",
        "rx_items_nitrofurantoin",
        False,
        1,
        3,
    )
    aged = Indicator("qp-trimethoprim-items-age-70-plus", "standard", AGED, None, False, 1, 0)
    volume = Indicator("gpspec-antibiotic-prescribing", "standard", antibacterial, "list_size", False, 1000, 2)
    volume = replace(volume, rule="reduction", target=Fraction("45.2"), reduction=Fraction("0.05"))
    cost = Indicator("prescribing-cost-per-astropu", "actual_cost", "rx_actual_cost", "astropu_cost", True, 1, 2)
    rows += [
        Indicator("broad-spectrum-antibiotic-share", "standard", broad, antibacterial, False, 100, 2),
        replace(ratio, rule="at_or_below", target=Fraction("1.65")),
        replace(aged, rule="at_or_below", target=Fraction(8836), target_org=("commissioner", "99A")),
        volume,
        replace(
            volume, indicator_id="gpspec-high-risk-antibiotic-prescribing", numerator=broad, target=Fraction("3.8")
        ),
        cost,
        replace(cost, variant="nic", numerator="rx_nic"),
    ]
    return tuple(rows)


def _hospital_indicators() -> tuple[Indicator, ...]:
    """Activity per 1,000 of the hospital-weighted population (one: of the registered patients), and what it costs."""
    firsts = "sus_op_gp_referred_firsts"

    def rate(name: str, numerator: str, variant: str = "standard", band_a: str = "", below: str = "") -> Indicator:
        row = Indicator(name, variant, numerator, below or "hospital_weighted_population", True, 1000, 1)
        if not band_a:
            return row
        return replace(row, rule="at_or_below", target=Fraction(band_a), bands=BAND_A, has_baseline=True)

    def paid(name: str, numerator: str) -> Indicator:
        return replace(rate(name, numerator), multiplier=1, decimals=2)

    attendances, admissions = "sus_ae_gp_spec_attendances", "sus_acs_admissions"
    outpatients = "gpspec-outpatient-first-attendance-rate"
    return (
        rate("gpspec-ae-attendance-rate", attendances, band_a="7.3"),
        rate("gpspec-ae-attendance-rate", f"{attendances}_wide", "wide_investigations", "7.3"),
        rate("gpspec-acs-admission-rate", admissions, "six_conditions", "8.5"),
        rate("gpspec-acs-admission-rate", f"{admissions}_with_j189", "with_j189", "8.5"),
        rate("gpspec-acs-admission-rate", f"{admissions}_national_19", "national_19", "8.5"),
        rate(outpatients, firsts, band_a="89.1"),
        rate(outpatients, f"{firsts}_with_dental", "with_dental", "89.1"),
        rate("ae-attendance-rate", "sus_ae_attendances"),
        rate("emergency-admission-rate", "sus_emergency_admissions"),
        rate("op-first-attendance-rate", "sus_op_firsts"),
        rate("emergency-zero-day-stay-rate", "sus_emergency_zero_day_stays"),
        rate("emergency-readmission-30-day-rate", READMISSIONS),
        rate("gp-referred-first-op-crude-rate", f"{firsts}_all_specialties", below="list_size"),
        *(rate(f"op-gp-referred-first-attendance-rate-{name}", f"{firsts}_{name}") for name in SPECIALTIES.values()),
        paid("gpspec-ae-attendance-cost", "sus_ae_gp_spec_cost"),
        paid("gpspec-acs-admission-cost", "sus_acs_cost"),
        paid("gpspec-outpatient-first-attendance-cost", f"{firsts}_cost"),
        paid("ae-attendance-cost", "sus_ae_cost"),
        paid("emergency-admission-cost", "sus_emergency_cost"),
        paid("op-first-attendance-cost", "sus_op_firsts_cost"),
        paid("emergency-zero-day-stay-cost", "sus_emergency_zero_day_cost"),
        paid("emergency-readmission-30-day-cost", READMISSION_COST),
    )


INDICATORS = _indicators() + _hospital_indicators()
