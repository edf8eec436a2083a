"""The tracker of savings of each month: what was saved so far, what is forecast, how the lead judges it.

Belongs here: what a lead reports at which month, and the tracker files. Does not belong here: the plan
(`finance_plans`). Names are `cres_tracker_<year>_M<period>_v<version>.csv`.

- Month 6 has two versions: in the second the forecast of demand management is cut.
- In month 5 nobody updates the clinical leads' scheme: its row is that of month 4.
- Prescribing is reported 3 % too high in the month itself and put right in the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from .apportion import apportion
from .finance_bodies import Body
from .finance_plans import MONTH_NAMES, TOTAL, phased
from .finance_reports import file_name, year_name
from .finance_schemes import Scheme, schemes
from .finance_tables import csv_bytes, pounds
from .months import add_months

COLUMNS = (
    *("Financial Year", "Month", "Entity", "Version", "Row Type", "Scheme ID", "Scheme"),
    *(f"Actual {month}" for month in MONTH_NAMES),
    *(f"Forecast {month}" for month in MONTH_NAMES),
    *("Forecast Full Year", "Recurrent YTD", "Delivery RAG", "Mitigation", "Mitigation Value", "Last Updated"),
)
TWO_VERSIONS = 6
#: Number of the scheme that nobody updates, and the month.
NOT_UPDATED, NOT_UPDATED_IN = 8, 5
#: Months in which a restated forecast follows the run rate; in month 6 from version 2.
_CUT = range(6, 9)
#: From this month on it is split what of a saving is recurrent, and mitigation is on record.
_SPLIT_FROM, _MITIGATED_FROM = 4, 3


def tracker_files(year: int, period: int, body: Body) -> dict[str, bytes]:
    """The trackers of a month: period 1 to 12."""
    versions = (1, 2) if period == TWO_VERSIONS else (1,)
    return {
        f"{file_name('cres_tracker', year, period, f'{body.mark}_v{version}')}.csv": _tracker(
            year, period, version, body
        )
        for version in versions
    }


def saved(scheme: Scheme) -> list[int]:
    """What each month really saves, in pence."""
    return [round(pence * share) for pence, share in zip(phased(scheme), scheme.delivery, strict=True)]


def reported(scheme: Scheme, period: int) -> list[int]:
    """Actual of the months up to `period` as they are reported in it."""
    found = saved(scheme)[:period]
    return [*found[:-1], *(round(pence * scheme.first_report) for pence in found[-1:])]


def forecast(scheme: Scheme, period: int, version: int) -> list[int]:
    """What the lead forecasts for the months after `period`."""
    plan, actual = phased(scheme), reported(scheme, period)
    ahead = plan[period:]
    if scheme.forecasting == "hockey_stick":
        # The year's plan is held whatever happened: all of the gap comes late.
        return apportion(sum(plan) - sum(actual), [share * (place + 1) ** 2 for place, share in enumerate(ahead)])
    is_cut = period in _CUT and (period, version) != (TWO_VERSIONS, 1)
    if scheme.forecasting == "honest" or (scheme.forecasting == "restated" and is_cut):
        late, due = sum(actual[-3:]), sum(plan[max(period - 3, 0) : period])
        return [round(pence * late / due) for pence in ahead] if due else ahead
    return ahead


def _tracker(year: int, period: int, version: int, body: Body) -> bytes:
    own = schemes(year, body)
    lines: list[Sequence[str]] = [COLUMNS]
    sums: list[int] = [0] * 25
    for scheme in own:
        is_stale = (scheme.number, period) == (NOT_UPDATED, NOT_UPDATED_IN)
        at = period - 1 if is_stale else period
        actual, ahead = reported(scheme, at), forecast(scheme, at, version)
        months: list[int | None] = [*actual, *[None] * 12, *ahead, sum(actual) + sum(ahead)]
        sums = [have + (pence or 0) for have, pence in zip(sums, months, strict=True)]
        head = _head(body, year, period, version, "line", scheme.scheme_id(year), scheme.name)
        lines.append([*head, *_texts(months), *_judgement(scheme, year, at, actual)])
    # The row of totals has the months that most rows have.
    totals = [*sums[:period], *[None] * 12, *sums[12 + period :]]
    head = _head(body, year, period, version, "total", TOTAL, TOTAL)
    lines.append([*head, *_texts(totals), "", "", "", "", ""])
    return csv_bytes(lines)


def _head(body: Body, year: int, period: int, version: int, kind: str, ident: str, name: str) -> list[str]:
    return [year_name(year), str(period), body.code, str(version), kind, ident, name]


def _texts(amounts: Sequence[int | None]) -> list[str]:
    return ["" if pence is None else pounds(pence) for pence in amounts]


def _judgement(scheme: Scheme, year: int, period: int, actual: list[int]) -> list[str]:
    """Recurrent part, RAG, mitigation and day of the last update: three days before the next month."""
    is_split = scheme.recurrent_share is not None and period >= _SPLIT_FROM and sum(actual) != 0
    recurrent = pounds(round(sum(actual) * (scheme.recurrent_share or 0.0))) if is_split else ""
    has_mitigation = scheme.mitigation and period >= _MITIGATED_FROM
    has_value = has_mitigation and scheme.mitigation_value is not None
    value = pounds((scheme.mitigation_value or 0) * 100) if has_value else ""
    rag = scheme.rag if period >= _MITIGATED_FROM else "G"
    updated = add_months(date(year, 4, 1), period) - timedelta(days=3)
    return [recurrent, rag, scheme.mitigation if has_mitigation else "", value, updated.isoformat()]
