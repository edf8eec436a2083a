"""The expected answers of a sample, computed in plain Python from the written files.

Belongs here: writing the truth files. Does not belong here: any use of the pipeline, of DuckDB, of dbt or of what
the generator knows. The feeds are read back, like a person with a spreadsheet would.

| file | grain |
|---|---|
| component_value.csv | component, practice code as printed in the feed, month |
| component_provider_value.csv | hospital component, practice, provider, treatment function, month; no zeros |
| practice_month.csv | practice with a list, month |
| indicator_result.csv | indicator, version, variant, view, organisation, period end |
| finance_position.csv | body, financial year, period, version, level, code; see `truth_finance` |
| finance_reconciliation.csv | printed figure of a ledger or savings plan; see `truth_finance_checks` |
| cres_scheme.csv | scheme of the newest plan of a year; see `truth_cres` |
| cres_month.csv | scheme, month of the report, month of the year |
| cres_position.csv | scheme or total, month of the report |
| rebate_position.csv, drug_charge_challenge.csv, contract_tolerance.csv | see `truth_evidence` |

Readings, where the agreed semantics leave room:
- Data months run from the first to the last month that any monthly or snapshot file has; rows of results from the first
  to the last month with EPD, ePACT2 or hospital activity. "Current" means the last data month.
- Hospital activity is read as `truth_sus` and `truth_sus_rules` say. A month that lacks a file of an expected provider
  makes every organisation awaiting, and so do the two months before the window where readmissions are counted.
- The ePACT2 component has a row for each code with ePACT2 rows in the month, the EPD components for each code with EPD
  rows. (The sample gives every code both, so that it cannot matter.)
- `hospital_weighted_population` has a row for each practice of the allocation file that serves the month, whether or
  not the practice still keeps a list.
- A code's commissioner is that of the code it is mapped to. Cost centres that are no practices count for their
  commissioner (numerators only: they keep no list), have no rows of results and no group.
- A group, or the commissioner, has rows in a month when a practice expected that month belongs to it in that view.
- A missing practice makes a group awaiting when it belonged to the group in the month in which it is missing.
- Need weights are frozen for their year. A practice that opened after the month of their file has none and is awaiting
  with its groups; the commissioner is not: the patients are in the weights of the practices that they came from.
- State `awaiting` empties numerator, denominator and value, band and RAG; target, baseline and previous value stay.
- The denominator of kind `mean` divides by the months in which the practice was expected, and by 12 for groups.
- A practice open for part of the window: value over its months, no band and no RAG; its value may be a baseline.
- Where the rule is a reduction and no baseline exists, the target is the national value; above it there is no band and
  no RAG. An indicator without a target has no band.
- What meets the target of a banded indicator is in band A. Below it practices and groups of our commissioner are in the
  bands that it has approved itself; those of others have no band and no RAG there, because no cut-point is printed.
- `numbers_achieving` is empty unless the group is ok and one of its practices at least was judged, so that 0 means
  "judged, and none achieves". `orgs_expected` stays when the group is awaiting. Both are empty for practices.
- A practice that closed is expected until the month in which it closed, though a quarterly list names it longer; its
  patients count as long as the list says so.
- A denominator of zero: state ok, value null; this null is then the newest earlier value.
- Trend compares exact values rounded half away from zero at the indicator's decimals.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from pathlib import Path

from . import truth_cres, truth_evidence, truth_finance, truth_finance_checks
from .truth_components import Components, all_components, list_month, year_start
from .truth_counted import add_counts, counted_indicators, loaded_months
from .truth_counts import Counts, read_counts
from .truth_feeds import Feeds, read_feeds
from .truth_organisations import Organisations
from .truth_reference import read_reference
from .truth_results import VERSION, Result, Results, decimal_text, double_text
from .truth_sus import Hospital, read_hospital

RESULT_COLUMNS = (
    *("indicator_id", "version", "variant", "org_view", "org_type", "org_code", "period_end", "numerator"),
    *("denominator", "value", "target", "band", "rag", "baseline_value", "previous_value", "trend"),
    *("numbers_achieving", "orgs_judged", "orgs_expected", "state"),
)
PROVIDER_COLUMNS = ("component_id", "practice_code", "provider_code", "treatment_function_code", "month", "value")
MONTH_COLUMNS = (
    *("practice_code", "month", "list_size", "starpu_oral_antibacterial_items", "astropu_cost", "astropu_items"),
    *("neighbourhood", "locality", "commissioner"),
)


def write_truth(feeds_folder: Path, out: Path, commissioner: str) -> None:
    """Write the truth files of the feeds in a folder into `out`."""
    own = commissioner.rpartition("=")[2].split(",")
    feeds, counts = read_feeds(feeds_folder), read_counts(feeds_folder)
    hospital = read_hospital(feeds_folder, own=own)
    months = _data_months(feeds, hospital, counts)
    components = all_components(feeds, months)
    organisations = Organisations(feeds, commissioner, months[-1])
    for month, practice, component, value in hospital.by_practice(organisations.expected):
        components[month].setdefault(practice, {})[component] = value
    loaded = {
        "epd": set(feeds.epd),
        "epact2_age_band": set(feeds.ages),
        "gp_list_quin_age": {month for month in months if list_month(month) in feeds.lists},
        "need_weighted_population": {month for month in months if year_start(month) in feeds.hospital_weighted},
        **hospital.complete,
        **loaded_months(counts, months),
    }
    of_commissioner = add_counts(components, counts, organisations, feeds.carr_hill)
    _write(out / "component_value.csv", ("component_id", "practice_code", "month", "value"), _values(components))
    _write(out / "component_provider_value.csv", PROVIDER_COLUMNS, _provider_values(hospital))
    _write(out / "practice_month.csv", MONTH_COLUMNS, _practice_months(components, organisations))
    activity = set(feeds.epd) | set(feeds.ages) | hospital.months
    counted, sent = counted_indicators(organisations.own), read_reference(feeds_folder, own[0])
    results = Results(components, organisations, loaded, activity, counted, of_commissioner, sent)
    _write(out / "indicator_result.csv", RESULT_COLUMNS, sorted(map(_result_line, results.rows())))
    for name, (columns, lines) in truth_evidence.tables(feeds_folder, organisations, hospital, own).items():
        _write(out / f"{name}.csv", columns, lines)
    write_finance_truth(feeds_folder, out)


def write_finance_truth(feeds_folder: Path, out: Path) -> None:
    """Write the truth files of the finance feeds in a folder into `out`."""
    ledgers = truth_finance.read_ledgers(feeds_folder)
    found = truth_finance.positions(ledgers, truth_finance.read_practices(feeds_folder))
    plans, trackers = truth_cres.read_plans(feeds_folder), truth_cres.read_trackers(feeds_folder)
    tables = {
        "finance_position": (truth_finance.POSITION_COLUMNS, truth_finance.position_lines(ledgers, found)),
        "finance_reconciliation": (
            truth_finance_checks.COLUMNS,
            chain(
                truth_finance_checks.ledger_checks(found),
                truth_finance_checks.summary_checks(found),
                truth_finance_checks.plan_checks(plans),
            ),
        ),
        "cres_scheme": (truth_cres.SCHEME_COLUMNS, truth_cres.scheme_lines(plans)),
        "cres_month": (truth_cres.MONTH_COLUMNS, truth_cres.month_lines(plans, trackers)),
        "cres_position": (
            truth_cres.POSITION_COLUMNS,
            truth_cres.position_lines(plans, trackers, truth_cres.read_thresholds()),
        ),
    }
    for name, (columns, rows) in tables.items():
        _write(out / f"{name}.csv", columns, rows)


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _data_months(feeds: Feeds, hospital: Hospital, counts: Counts) -> list[date]:
    known = feeds.snapshot_periods | set(feeds.epd) | set(feeds.ages) | hospital.months
    # The log of visits reaches back to before there are practices to count them for.
    of_counts = (months for dataset, months in counts.months.items() if dataset != "contract_event")
    known |= {month for months in of_counts for month in months if month <= max(known)}
    first, last = min(known), max(known)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    start = first.year * 12 + first.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(start, start + count)]


def _values(components: Components) -> list[tuple[str, str, date, str]]:
    return sorted(
        (component, code, month, decimal_text(value))
        for month, rows in components.items()
        for code, values in rows.items()
        for component, value in values.items()
    )


def _provider_values(hospital: Hospital) -> list[tuple[object, ...]]:
    return sorted((*key, decimal_text(value)) for key, value in hospital.values.items())


def _practice_months(components: Components, organisations: Organisations) -> Iterator[list[object]]:
    for month, rows in components.items():
        for code, values in sorted(rows.items()):
            if "list_size" not in values:
                continue
            mapped = organisations.code("as_at", code, month)
            groups = organisations.groups(mapped, month)
            amounts = [decimal_text(values[name]) for name in MONTH_COLUMNS[2:6]]
            place = [groups.get("neighbourhood", ""), groups.get("locality", "")]
            yield [code, month, *amounts, *place, organisations.commissioner(mapped, month) or ""]


def _result_line(row: Result) -> tuple[str, ...]:
    found = (row.numbers_achieving, row.orgs_judged, row.orgs_expected)
    counts = ("" if number is None else str(number) for number in found)
    return (
        *(row.indicator.indicator_id, VERSION, row.indicator.variant, row.org_view, *row.org),
        *(row.period_end.isoformat(), decimal_text(row.numerator), decimal_text(row.denominator)),
        *(double_text(row.value), double_text(row.target), row.band or "", row.rag or ""),
        *(double_text(row.baseline_value), double_text(row.previous_value), row.trend or "", *counts, row.state),
    )
