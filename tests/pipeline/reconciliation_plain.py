"""What a sample's files say of figures that are both computed and published, worked out a second time in plain Python.

Belongs here: both sides of every comparison from the sample's files and truth, and the judgement of the pair. Does not
belong here: anything that the models do, but for the rules, which are the seed's. Shares no SQL with them.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tests.pipeline.dbt_support import PROJECT

Place = tuple[str, str, date]  # kind of organisation, its code, last day of the period
Figure = tuple[Fraction, Fraction]  # numerator and value
OWN = "99A"
DASHBOARD = {
    "qp-antibacterial-items-per-starpu": "QP_ANTIBACTERIAL_STARPU",
    "qp-trimethoprim-nitrofurantoin-ratio": "QP_TRIMETHOPRIM_RATIO",
    "qp-trimethoprim-items-age-70-plus": "QP_TRIMETHOPRIM_70_PLUS",
}
REGISTERS = {
    "qof-hypertension": "HYP", "qof-coronary-heart-disease": "CHD", "qof-heart-failure": "HF",
    "qof-stroke-tia": "STIA", "qof-atrial-fibrillation": "AF", "qof-copd": "COPD", "qof-diabetes": "DM",
}  # fmt: skip
SEARCHES = REGISTERS | {"qof-diabetes": "DM17"}
GPPS, ATTENDANCES = "gpps-good-experience-making-appointment", "ae-attendances-of-provider"
APPOINTMENTS = {"appointments-with-status": {"Attended", "DNA"}, "appointments-not-attended": {"DNA"}}


def table(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle)


def rules() -> dict[str, dict[str, str]]:
    """The seed by id: one row each."""
    found = {row["reconciliation_id"]: row for row in table(PROJECT / "seeds" / "reconciliation.csv")}
    assert found.keys() == {*DASHBOARD, *REGISTERS, *APPOINTMENTS, GPPS, ATTENDANCES}
    return found


def computed(sample: Path) -> dict[str, dict[Place, Figure]]:
    """Ours, by reconciliation: truth of the prescribing indicators, and what searches, answers and attendances say of
    the organisations that truth has results of.
    """
    headline = {
        row["indicator_id"]: row["variant"]
        for row in table(PROJECT / "seeds" / "indicator_variant.csv")
        if row["is_headline"] == "true"
    }
    found: dict[str, dict[Place, Figure]] = {name: {} for name in rules()}
    for row in table(sample / "truth" / "indicator_result.csv"):
        name = row["indicator_id"]
        if name in DASHBOARD and (row["variant"], row["org_view"], row["org_code"], row["state"]) == (
            headline[name], "as_at", OWN, "ok",
        ):  # fmt: skip
            place = ("commissioner", OWN, date.fromisoformat(row["period_end"]))
            found[name][place] = Fraction(row["numerator"]), Fraction(Decimal(row["value"]))
    for name, search in SEARCHES.items():
        found[name] = _with_results(sample, rules()[name]["indicator_id"], _summed(_searches(sample, search)))
    for name, row in _survey(sample):
        counted = Fraction(row["q18_12"]), 100 * Fraction(row["q18_12"]) / Fraction(row["q18base"])
        if len(row["Practice_Code"]) > 3:
            found[GPPS]["practice", row["Practice_Code"], name] = counted
    for day in {day for _, _, day in found[GPPS]}:
        of_wave = [row for wave, row in _survey(sample) if wave == day and len(row["Practice_Code"]) > 3]
        above, below = (sum(Fraction(row[column]) for row in of_wave) for column in ("q18_12", "q18base"))
        found[GPPS]["commissioner", OWN, day] = above, 100 * above / below
    found[GPPS] = _with_results(sample, GPPS, found[GPPS])
    found[ATTENDANCES] = _attendances(sample)
    return found | _appointments(sample, "appointments_practice_*.csv.gz", "APPOINTMENT_MONTH_START_DATE", "%d%b%Y")


def published(sample: Path) -> dict[str, dict[Place, Figure]]:
    """Theirs, by reconciliation; of a printed percentage no numerator is known."""
    found: dict[str, dict[Place, Figure]] = {name: {} for name in rules()}
    names = {code: name for name, code in DASHBOARD.items()}
    for path in sample.glob("quality_premium_*.csv"):
        for row in table(path):
            place = (row["Org Type"], row["Org Code"], datetime.strptime(row["Period End"], "%d/%m/%Y").date())
            found[names[row["Indicator Code"]]][place] = Fraction(row["Numerator"]), Fraction(row["Value"])
    own = {row["practice_code"] for row in table(sample / "truth" / "practice_month.csv") if row["commissioner"] == OWN}
    for name, group in REGISTERS.items():
        counts: dict[Place, tuple[int, int]] = {}
        for path in sample.glob("PREVALENCE_*.csv"):
            day = date(2000 + int(path.stem[-2:]), 3, 31)
            for row in table(path):
                if row["GROUP_CODE"] == group and row["PRACTICE_CODE"] in own:
                    size = int(row["PATIENT_LIST_SIZE"])
                    counts["practice", row["PRACTICE_CODE"], day] = int(row["REGISTER"]), size
        found[name] = _with_results(sample, rules()[name]["counterpart"], _summed(counts))
    for day, row in _survey(sample):
        kind = "practice" if len(row["Practice_Code"]) > 3 else "commissioner"
        share = 100 * Fraction(row["q18_12pct"])
        found[GPPS][kind, row["Practice_Code"], day] = share, share
    for path in sample.glob("Monthly-AE-*.csv"):
        for row in table(path):
            if row["Org Code"] != "TOTAL":
                seen = Fraction(sum(int(row[name]) for name in row if name.startswith("Number of A&E attendances")))
                month = datetime.strptime(row["Period"], "MSitAE-%B-%Y").date()
                found[ATTENDANCES]["provider", row["Org Code"], month_end(month)] = seen, seen
    return found | _appointments(sample, "Regional_CSV_*.csv", "Appointment_Month", "%b%Y")


def judged(name: str, ours: Figure | None, theirs: Figure | None) -> str:
    """agrees, differs, not_compared, or which side is awaited."""
    rule = rules()[name]
    if ours is None or theirs is None:
        return "awaiting computed" if ours is None else "awaiting published"
    fewest = min(ours[0], theirs[0]) if rule["kind"] != "survey_share" else ours[0]
    if fewest < int(rule["least_count"]):
        return "not_compared"
    apart = ours[1] - theirs[1] if rule["rule"] == "at_most" else abs(ours[1] - theirs[1])
    allowed = Fraction(rule["tolerance"]) * (theirs[1] if rule["tolerance_unit"] == "share" else 1)
    return "differs" if apart > allowed else "agrees"


def month_end(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _with_results(sample: Path, indicator: str, figures: dict[Place, Figure]) -> dict[Place, Figure]:
    """Those of which the indicator has a result: a practice that closed before the sample's lists begin has none."""
    places = {
        (row["org_type"], row["org_code"], date.fromisoformat(row["period_end"]))
        for row in table(sample / "truth" / "indicator_result.csv")
        if row["indicator_id"] == indicator and row["org_view"] == "as_at"
    }
    return {place: figure for place, figure in figures.items() if place in places}


def _searches(sample: Path, search: str) -> dict[Place, tuple[int, int]]:
    """Register and population of each practice at each day: the newest run."""
    runs: dict[Place, tuple[datetime, int, int]] = {}
    for path in sample.glob("gp_search_*.csv"):
        for row in table(path):
            day = datetime.strptime(row["Relative Date"], "%d/%m/%Y").date()
            run = datetime.strptime(row["Last Run"], "%d/%m/%Y %H:%M")
            place = ("practice", row["Practice Code"], day)
            if row["Search ID"] == search and day.month == 3 and (place not in runs or runs[place][0] < run):
                runs[place] = run, int(row["Population Count"]), int(row["Parent Count"])
    return {place: (above, below) for place, (_, above, below) in runs.items()}


def _summed(counts: dict[Place, tuple[int, int]]) -> dict[Place, Figure]:
    """The practices' percentages, and that of all of them."""
    above: Counter[date] = Counter()
    below: Counter[date] = Counter()
    found = {}
    for place, (count, size) in counts.items():
        found[place] = Fraction(count), Fraction(100 * count, size)
        above[place[2]] += count
        below[place[2]] += size
    return found | {("commissioner", OWN, day): (Fraction(above[day]), Fraction(100 * above[day], below[day]))
                    for day in below}  # fmt: skip


def _survey(sample: Path) -> Iterator[tuple[date, dict[str, str]]]:
    for path in sample.glob("GPPS_*.csv"):
        for row in table(path):
            yield date(int(path.name.split("_")[1]), 3, 31), row


def _attendances(sample: Path) -> dict[Place, Figure]:
    """Of practices that were the commissioner's when they were last known, whatever code they are sent under."""
    known: dict[str, list[tuple[str, str]]] = {}
    for row in table(sample / "truth" / "practice_month.csv"):
        known.setdefault(row["practice_code"], []).append((row["month"], row["commissioner"]))
    found: Counter[Place] = Counter()
    for row in table(sample / "truth" / "component_provider_value.csv"):
        if row["component_id"] != "sus_ae_attendances":
            continue
        before = [pair for pair in known.get(row["practice_code"], []) if pair[0] <= row["month"]]
        if before and max(before)[1] == OWN:
            found["provider", row["provider_code"], month_end(date.fromisoformat(row["month"]))] += int(row["value"])
    return {place: (Fraction(count), Fraction(count)) for place, count in found.items()}


def _appointments(sample: Path, files: str, column: str, form: str) -> dict[str, dict[Place, Figure]]:
    """Of the commissioner, by status: the files of practices name its practices alone, which another test knows."""
    sums: dict[str, Counter[Place]] = {name: Counter() for name in APPOINTMENTS}
    for path in sample.glob(files):
        for row in table(path):
            place = ("commissioner", OWN, month_end(datetime.strptime(row[column], form).date()))
            for name, statuses in APPOINTMENTS.items():
                sums[name][place] += int(row["COUNT_OF_APPOINTMENTS"]) * (row["APPT_STATUS"] in statuses)
    return {
        name: {place: (Fraction(count), Fraction(count)) for place, count in counts.items()}
        for name, counts in sums.items()
    }
