"""The national waiting times as their publishers write them: A&E, RTT, DM01, cancer, talking therapies.

Belongs here: which files there are, their columns, and who reports what. Does not belong here: how good the figures are
(`performance_levels`). Nothing is drawn: figures are shared out by weights, so that parts sum to their printed totals
and the same months give the same bytes.
"""

from __future__ import annotations

import calendar
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from .apportion import apportion
from .months import months_between
from .performance_levels import long_waits, share_of, size
from .sus_calendar import AE_SEASON
from .world import COMMISSIONER, NEIGHBOUR, PATIENTS_PER_92_PRACTICES, World

PROVIDERS = {
    "RQ6": "ROYAL LIVERPOOL AND BROADGREEN UNIVERSITY HOSPITALS NHS TRUST",
    "REM": "AINTREE UNIVERSITY HOSPITAL NHS FOUNDATION TRUST",
    "RBS": "ALDER HEY CHILDREN'S NHS FOUNDATION TRUST",
    "REP": "LIVERPOOL WOMEN'S NHS FOUNDATION TRUST",
    "RBQ": "LIVERPOOL HEART AND CHEST HOSPITAL NHS FOUNDATION TRUST",
}
WALK_IN = ("RY1", "LIVERPOOL COMMUNITY HEALTH NHS TRUST")
COMMISSIONERS = {COMMISSIONER: ("NHS SAMPLE CCG", 1.0), NEIGHBOUR: ("NHS NEIGHBOUR CCG", 0.22)}
#: Treatment functions with their weight at each provider, in the order of PROVIDERS.
SPECIALTIES: dict[str, tuple[str, tuple[float, ...]]] = {
    "C_100": ("General Surgery", (9, 7, 2, 0, 0)), "C_101": ("Urology", (6, 4, 1, 0, 0)),
    "C_110": ("Trauma & Orthopaedics", (9, 8, 2, 0, 0)), "C_130": ("Ophthalmology", (11, 4, 2, 0, 0)),
    "C_320": ("Cardiology", (3, 3, 0.5, 0, 6)), "C_330": ("Dermatology", (7, 2, 1, 0, 0)),
    "C_502": ("Gynaecology", (0, 3, 0, 9, 0)), "X01": ("Other", (8, 6, 5, 2, 1)),
}  # fmt: skip
TESTS: dict[str, tuple[float, ...]] = {
    "MAGNETIC_RESONANCE_IMAGING": (9, 6, 2, 0, 2), "COMPUTED_TOMOGRAPHY": (6, 4, 0.5, 0, 2),
    "NON_OBSTETRIC_ULTRASOUND": (11, 9, 2, 4, 0), "ECHOCARDIOGRAPHY": (4, 3, 1, 0, 6),
    "COLONOSCOPY": (3, 3, 0, 0, 0), "GASTROSCOPY": (4, 3, 0.5, 0, 0),
}  # fmt: skip
CANCERS: dict[str, tuple[float, ...]] = {
    "Breast": (5, 3, 0, 0, 0), "Gynaecological": (0, 1, 0, 5, 0), "Lower Gastrointestinal": (5, 4, 0, 0, 0),
    "Lung": (2, 2, 0, 0, 4), "Skin": (7, 2, 0, 0, 0), "Urological": (5, 4, 0, 0, 0),
}  # fmt: skip
STANDARDS = {
    "2WW": "2WW", "BREAST2WW": "2WW Breast", "31D": "31 Days", "31D-SURGERY": "31 Days Sub (Surgery)",
    "31D-DRUG": "31 Days Sub (Drugs)", "31D-RADIOTHERAPY": "31 Days Sub (Radio)", "62D": "62 Days",
    "62D-SCREENING": "62 Days Screen",
}  # fmt: skip
#: Attendances of 92 practices in a year by type of department, and the share of each that takes over four hours.
_AE: dict[str, tuple[tuple[int, int, int], tuple[float, float, float]]] = {
    "RQ6": ((104_000, 8_600, 0), (0.13, 0.02, 0)), "REM": ((54_800, 0, 0), (0.15, 0, 0)),
    "RBS": ((28_800, 0, 0), (0.04, 0, 0)), "REP": ((0, 8_300, 0), (0, 0.01, 0)), "RY1": ((0, 0, 72_200), (0, 0, 0.003)),
}  # fmt: skip
#: What a provider publishes is of all its patients: of ten attendances seven are of our practices.
_AE_OF_ALL = 10 / 7
_AE_COLUMNS = (
    *("Period", "Org Code", "Parent Org", "Org name"),
    *("Number of A&E attendances Type 1", "Number of A&E attendances Type 2"),
    *("Number of A&E attendances Other A&E Department", "Number of attendances over 4hrs Type 1"),
    *("Number of attendances over 4hrs Type 2", "Number of attendances over 4hrs Other A&E Department"),
    "Patients who have waited 4-12 hs from DTA to admission",
    "Patients who have waited 12+ hrs from DTA to admission",
    *("Emergency admissions via A&E - Type 1", "Emergency admissions via A&E - Type 2"),
    *("Emergency admissions via A&E - Other A&E department", "Other emergency admissions"),
)
_PLACES = (
    *("Provider Parent Org Code", "Provider Parent Name", "Provider Org Code", "Provider Org Name"),
    *("Commissioner Parent Org Code", "Commissioner Parent Name", "Commissioner Org Code", "Commissioner Org Name"),
)
#: How quickly the numbers fall from week to week, up to 18 and after.
_SOON, _LATE = [0.94**week for week in range(18)], [0.8**week for week in range(34)]
_IAPT_COLUMNS = (
    *("REPORTING_PERIOD_START", "REPORTING_PERIOD_END", "GROUP_TYPE", "ORG_CODE1", "ORG_NAME1", "ORG_CODE2"),
    *("ORG_NAME2", "MEASURE_ID", "MEASURE_NAME", "MEASURE_VALUE_SUPPRESSED"),
)
Row = Sequence[object]
#: (provider, commissioner, part) -> (all, those within or beyond the standard)
Cells = dict[tuple[str, str, str], tuple[int, int]]


def write_performance(folder: Path, world: World, first: date, last: date) -> None:
    """Write the five feeds for every month of the span."""
    own = sum(p.size for p in world.practices if p.commissioner == COMMISSIONER and p.closed is None)
    scale = own / PATIENTS_PER_92_PRACTICES
    for month in months_between(first, last):
        word = f"{calendar.month_name[month.month]}-{month.year}"
        end = f"{month.year}{month.month:02}{calendar.monthrange(month.year, month.month)[1]}"
        for name, rows in {
            f"Monthly-AE-{word}.csv": _accidents(month, scale, word),
            f"{end}-RTT-{word}-full-extract.csv": _pathways(month, scale, word),
            f"DM01-{word}-full-extract.csv": _diagnostics(month, scale, word),
            f"Cancer-Waits-{word}.csv": _cancers(month, scale, word),
            f"iapt-{word.lower()}-activity-data.csv": _therapies(month, scale),
        }.items():
            (folder / name).write_bytes(_csv(rows))


def _csv(rows: Iterable[Row]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _share_out(name: str, month: date, scale: float, parts: Mapping[str, Sequence[float]]) -> Cells:
    """The patients of each commissioner by provider and part; the share of the whole is exact for each commissioner."""
    places = [(provider, part) for part in parts for provider in PROVIDERS]
    weights = [weight for part in parts for weight in parts[part]]
    cells: Cells = {}
    for commissioner, (_, relative) in COMMISSIONERS.items():
        whole = size(name, month, scale * relative)
        every = apportion(whole, weights)
        within = apportion(share_of(name, whole, month), every)
        for place, count, part_of in zip(places, every, within, strict=True):
            if count:
                cells[place[0], commissioner, place[1]] = (count, part_of)
    return cells


def _places(provider: str, commissioner: str) -> tuple[str, ...]:
    return (
        "QYG",
        "CHESHIRE AND MERSEYSIDE",
        provider,
        PROVIDERS[provider],
        "QYG",
        "CHESHIRE AND MERSEYSIDE",
        (commissioner),
        COMMISSIONERS[commissioner][0],
    )


def _pairs() -> Iterator[tuple[str, str]]:
    return ((provider, commissioner) for provider in PROVIDERS for commissioner in COMMISSIONERS)


def _sums(rows: Sequence[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def _accidents(month: date, scale: float, word: str) -> Iterator[Row]:
    yield _AE_COLUMNS
    season, found = AE_SEASON[month.month - 1], []
    for code, (annual, late) in _AE.items():
        seen = [round(count * scale * _AE_OF_ALL * season / 12) for count in annual]
        worse = 1.3 if month.month in (12, 1, 2) else 1.0
        over = [round(count * share * worse) for count, share in zip(seen, late, strict=True)]
        admitted = [round(count * share) for count, share in zip(seen, (0.28, 0.05, 0.0), strict=True)]
        figures = [*seen, *over, over[0] // 6, over[0] // 900, *admitted, round(sum(admitted) * 0.2)]
        found.append(figures)
        name = PROVIDERS.get(code, WALK_IN[1])
        yield f"MSitAE-{word.upper()}", code, "NHS ENGLAND NORTH", name, *figures
    yield "TOTAL", "TOTAL", "TOTAL", "TOTAL", *_sums(found)


def _bands(waiting: int, within: int, over_52: int) -> list[int]:
    """By weeks waited: 0 to 51, and over 52."""
    late = waiting - within - over_52
    return [*apportion(within, _SOON), *apportion(late, _LATE), over_52]


def _pathways(month: date, scale: float, word: str) -> Iterator[Row]:
    names = [f"Gt {week:02} To {week + 1:02} Weeks SUM 1" for week in range(52)]
    yield (
        *("Period", *_PLACES, "RTT Part Type", "RTT Part Description", "Treatment Function Code"),
        *("Treatment Function Name", *names, "Gt 52 Weeks SUM 1", "Total", "Patients with unknown clock start date"),
        "Total All",
    )
    cells = _share_out("rtt", month, scale, {code: weights for code, (_, weights) in SPECIALTIES.items()})
    left = long_waits(month, scale)
    for provider, commissioner in _pairs():
        waiting, started = [], []
        for code, (name, _) in SPECIALTIES.items():
            whole, within = cells.get((provider, commissioner, code), (0, 0))
            if not whole:
                continue
            longest = min(left, whole - within) if commissioner == COMMISSIONER else 0
            left -= longest
            waiting.append((code, name, _bands(whole, within, longest)))
            completed = max(whole // 9, 1)
            started.append((code, name, _bands(completed, completed * within // whole, 0)))
        for part, words, lines in (
            ("Part_1B", "Completed Pathways For Non-Admitted Patients", started),
            ("Part_2", "Incomplete Pathways", waiting),
        ):
            total = [("C_999", "Total", _sums([bands for _, _, bands in lines]))] if lines else []
            for code, name, bands in [*lines, *total]:
                known = (sum(bands), 0) if part == "Part_1B" else ("", "")
                place = _places(provider, commissioner)
                yield f"RTT-{word}", *place, part, words, code, name, *bands, *known, sum(bands)


def _diagnostics(month: date, scale: float, word: str) -> Iterator[Row]:
    names = [f"{week:02} < {week + 1:02} Week{'s' if week else ''}" for week in range(13)]
    yield (
        *("Period", *_PLACES, "Diagnostic Tests Sort Order", "Diagnostic Tests", *names, "13+ Weeks", "Total WL"),
        *("Waiting List Activity", "Planned Activity", "Unscheduled Activity", "Total Activity"),
    )
    cells = _share_out("dm01", month, scale, TESTS)
    for provider, commissioner in _pairs():
        lines = []
        for order, test in enumerate(TESTS, start=1):
            waiting, late = cells.get((provider, commissioner, test), (0, 0))
            if waiting:
                bands = [*apportion(waiting - late, _SOON[:6]), *apportion(late, _LATE[:8])]
                lines.append((order, test, [*bands, waiting, waiting, waiting // 12, waiting // 5]))
        total = [(len(TESTS) + 1, "TOTAL", _sums([figures for _, _, figures in lines]))] if lines else []
        for order, test, figures in [*lines, *total]:
            place = _places(provider, commissioner)
            yield f"DM01-{word.upper()}", *place, order, test, *figures, sum(figures[-3:])


def _cancers(month: date, scale: float, word: str) -> Iterator[Row]:
    yield (
        *("Period", "Standard", "Provider Org Code", "Provider Org Name", "Commissioner Org Code"),
        *("Commissioner Org Name", "Cancer Type", "Total", "Within Standard", "Breaches"),
    )
    for code, standard in STANDARDS.items():
        cells = _share_out(code, month, scale, {"Breast": CANCERS["Breast"]} if code == "BREAST2WW" else CANCERS)
        for provider, commissioner in _pairs():
            lines = [
                (cancer, cells[provider, commissioner, cancer])
                for cancer in CANCERS
                if (provider, commissioner, cancer) in cells
            ]
            every = [("ALL CANCERS", _sums([figures for _, figures in lines]))] if lines else []
            for cancer, (seen, within) in [*lines, *every]:
                yield (
                    *(f"CWT-{word}", standard, provider, PROVIDERS[provider]),
                    *(commissioner, COMMISSIONERS[commissioner][0], cancer, seen, within, seen - within),
                )


def _therapies(month: date, scale: float) -> Iterator[Row]:
    yield _IAPT_COLUMNS
    days = month.isoformat(), month.replace(day=calendar.monthrange(month.year, month.month)[1]).isoformat()
    counts = {code: _treated(month, scale * relative) for code, (_, relative) in COMMISSIONERS.items()}
    for place, measure in enumerate(counts[COMMISSIONER]):
        whole = sum(figures[measure] for figures in counts.values())
        yield *days, "England", "All", "All", "All", "All", _MEASURES[place], measure, whole
        # One service treats all of them: the same people stand in every group, and rows of one alone may be added.
        yield *days, "Provider", "RW4", "A SERVICE", "All", "All", _MEASURES[place], measure, _suppressed(whole)
        for code, (name, _) in COMMISSIONERS.items():
            shown = _suppressed(counts[code][measure])
            yield *days, "CCG", code, name, "All", "All", _MEASURES[place], measure, shown
            yield *days, "CCG/Provider", code, name, "RW4", "A SERVICE", _MEASURES[place], measure, shown


_MEASURES = ("M001", "M031", "M076", "M179", "M191", "M052", "M054")


def _treated(month: date, scale: float) -> dict[str, int]:
    entered, finished = size("entered", month, scale), size("finished", month, scale)
    not_cases = share_of("not_case", finished, month)
    return {
        "Count_ReferralsReceived": round(entered * 1.4),
        "Count_FirstTreatment": entered,
        "Count_FinishedCourseTreatment": finished,
        "Count_NotAtCaseness": not_cases,
        "Count_Recovery": share_of("recovered", finished - not_cases, month),
        "Count_FirstTreatment6WeeksFinishedCourseTreatment": share_of("six_weeks", finished, month),
        "Count_FirstTreatment18WeeksFinishedCourseTreatment": share_of("eighteen_weeks", finished, month),
    }


def _suppressed(count: int) -> str:
    """As published: to the nearest 5, and nothing of fewer than 5."""
    return "*" if count < 5 else str(5 * ((count + 2) // 5))
