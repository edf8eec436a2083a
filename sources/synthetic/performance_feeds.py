"""The national waiting times as their publishers write them: A&E, RTT, DM01, cancer, talking therapies.

Belongs here: which files there are, their columns, and who reports what. Does not belong here: how good the figures are
(`performance_levels`). Nothing is drawn from a random stream: figures are shared out by weights, so that parts sum to
their printed totals and the same months give the same bytes.
"""

from __future__ import annotations

import calendar
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from .apportion import apportion
from .chance import varied_count, varied_share
from .months import months_between
from .performance_levels import long_waits, share_of, size
from .sus_calendar import AE_SEASON
from .sus_tables import RBS, REM, REP, RQ6, RW4, RY1
from .world import PATIENTS_PER_92_PRACTICES, World

#: Treatment functions with their weight at each hospital (the first five of the description).
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
_AE: dict[int, tuple[tuple[int, int, int], tuple[float, float, float]]] = {
    RQ6: ((104_000, 8_600, 0), (0.13, 0.02, 0)), REM: ((54_800, 0, 0), (0.15, 0, 0)),
    RBS: ((28_800, 0, 0), (0.04, 0, 0)), REP: ((0, 8_300, 0), (0, 0.01, 0)), RY1: ((0, 0, 72_200), (0, 0, 0.003)),
}  # fmt: skip
#: What a neighbour has of what the sample's commissioners have together.
_NEIGHBOUR = 0.22
_HOSPITALS = 5
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
    for month in months_between(first, last):
        for name, rows in performance_rows(world, month).items():
            (folder / name).write_bytes(rows_csv(rows))


def performance_rows(world: World, month: date) -> dict[str, Iterator[Row]]:
    """The rows of the five files of a month by name, header first."""
    own = sum(p.size for p in world.practices if world.is_own(p) and p.closed is None)
    scale, makers = own / PATIENTS_PER_92_PRACTICES, _Makers(world)
    word = f"{calendar.month_name[month.month]}-{month.year}"
    end = f"{month.year}{month.month:02}{calendar.monthrange(month.year, month.month)[1]}"
    return {
        f"Monthly-AE-{word}.csv": makers.accidents(month, scale, word),
        f"{end}-RTT-{word}-full-extract.csv": makers.pathways(month, scale, word),
        f"DM01-{word}-full-extract.csv": makers.diagnostics(month, scale, word),
        f"Cancer-Waits-{word}.csv": makers.cancers(month, scale, word),
        f"iapt-{word.lower()}-activity-data.csv": makers.therapies(month, scale),
    }


def rows_csv(rows: Iterable[Row]) -> bytes:
    """The rows as the bytes of a file."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


class _Makers:
    """The rows of each feed for the hospitals and commissioners of a world."""

    def __init__(self, world: World) -> None:
        self._about = world.description
        self._names = {one.code: one.name for one in self._about.providers}
        self._hospitals = [one.code for one in self._about.providers[:_HOSPITALS]]
        self._own = self._about.setting.codes
        beside = {self._about.neighbour.code: _NEIGHBOUR} if self._about.neighbour else {}
        self._shares = {code: world.share_of(code) for code in self._own} | beside

    def _share_out(self, name: str, month: date, scale: float, parts: Mapping[str, Sequence[float]]) -> Cells:
        """The patients of each commissioner by provider and part; each one's share of the whole is exact."""
        places = [(provider, part) for part in parts for provider in self._hospitals]
        weights = [weight for part in parts for weight in parts[part]]
        cells: Cells = {}
        for commissioner, relative in self._shares.items():
            planned = self._planned(commissioner)
            whole = size(name, month, scale * relative, planned)
            every = apportion(whole, weights)
            within = apportion(share_of(name, whole, month, planned), every)
            for place, count, part_of in zip(places, every, within, strict=True):
                if count:
                    cells[place[0], commissioner, place[1]] = (count, part_of)
        return cells

    def _planned(self, commissioner: str) -> str:
        """Whose plan is kept: a neighbour does as the first of ours does."""
        return commissioner if commissioner in self._own else self._own[0]

    def _places(self, provider: str, commissioner: str) -> tuple[str, ...]:
        system = (self._about.system_code, self._about.system_name)
        return (*system, provider, self._names[provider], *system, commissioner, self._name_of(commissioner))

    def _name_of(self, commissioner: str) -> str:
        return self._about.everyone[commissioner].name

    def _pairs(self) -> Iterator[tuple[str, str]]:
        return ((provider, commissioner) for provider in self._hospitals for commissioner in self._shares)

    def accidents(self, month: date, scale: float, word: str) -> Iterator[Row]:
        """A&E by provider."""
        yield _AE_COLUMNS
        season, found = AE_SEASON[month.month - 1], []
        for part, (annual, late) in _AE.items():
            code = self._about.providers[part].code
            levels = enumerate(count * scale * _AE_OF_ALL * season / 12 for count in annual)
            seen = [varied_count(level, f"seen:{code}:{kind}:{month}") for kind, level in levels]
            worse = 1.3 if month.month in (12, 1, 2) else 1.0
            over = [
                round(count * varied_share(share * worse, count, f"over:{code}:{kind}:{month}"))
                for kind, (count, share) in enumerate(zip(seen, late, strict=True))
            ]
            admitted = [round(count * share) for count, share in zip(seen, (0.28, 0.05, 0.0), strict=True)]
            figures = [*seen, *over, over[0] // 6, over[0] // 900, *admitted, round(sum(admitted) * 0.2)]
            found.append(figures)
            name = self._names[code]
            yield f"MSitAE-{word.upper()}", code, "NHS ENGLAND NORTH", name, *figures
        yield "TOTAL", "TOTAL", "TOTAL", "TOTAL", *_sums(found)

    def pathways(self, month: date, scale: float, word: str) -> Iterator[Row]:
        """RTT: incomplete and completed pathways by weeks waited."""
        names = [f"Gt {week:02} To {week + 1:02} Weeks SUM 1" for week in range(52)]
        yield (
            *("Period", *_PLACES, "RTT Part Type", "RTT Part Description", "Treatment Function Code"),
            *(
                "Treatment Function Name",
                *names,
                "Gt 52 Weeks SUM 1",
                "Total",
                "Patients with unknown clock start date",
            ),
            "Total All",
        )
        cells = self._share_out("rtt", month, scale, {code: weights for code, (_, weights) in SPECIALTIES.items()})
        left = {code: long_waits(month, scale * self._shares[code], code) for code in self._own}
        for provider, commissioner in self._pairs():
            waiting, started = [], []
            for code, (name, _) in SPECIALTIES.items():
                whole, within = cells.get((provider, commissioner, code), (0, 0))
                if not whole:
                    continue
                longest = min(left.get(commissioner, 0), whole - within)
                if commissioner in left:
                    left[commissioner] -= longest
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
                    place = self._places(provider, commissioner)
                    yield f"RTT-{word}", *place, part, words, code, name, *bands, *known, sum(bands)

    def diagnostics(self, month: date, scale: float, word: str) -> Iterator[Row]:
        """DM01: waiting for tests by weeks."""
        names = [f"{week:02} < {week + 1:02} Week{'s' if week else ''}" for week in range(13)]
        yield (
            *("Period", *_PLACES, "Diagnostic Tests Sort Order", "Diagnostic Tests", *names, "13+ Weeks", "Total WL"),
            *("Waiting List Activity", "Planned Activity", "Unscheduled Activity", "Total Activity"),
        )
        cells = self._share_out("dm01", month, scale, TESTS)
        for provider, commissioner in self._pairs():
            lines = []
            for order, test in enumerate(TESTS, start=1):
                waiting, late = cells.get((provider, commissioner, test), (0, 0))
                if waiting:
                    bands = [*apportion(waiting - late, _SOON[:6]), *apportion(late, _LATE[:8])]
                    lines.append((order, test, [*bands, waiting, waiting, waiting // 12, waiting // 5]))
            total = [(len(TESTS) + 1, "TOTAL", _sums([figures for _, _, figures in lines]))] if lines else []
            for order, test, figures in [*lines, *total]:
                place = self._places(provider, commissioner)
                yield f"DM01-{word.upper()}", *place, order, test, *figures, sum(figures[-3:])

    def cancers(self, month: date, scale: float, word: str) -> Iterator[Row]:
        """Cancer standards."""
        yield (
            *("Period", "Standard", "Provider Org Code", "Provider Org Name", "Commissioner Org Code"),
            *("Commissioner Org Name", "Cancer Type", "Total", "Within Standard", "Breaches"),
        )
        for code, standard in STANDARDS.items():
            cells = self._share_out(
                code, month, scale, {"Breast": CANCERS["Breast"]} if code == "BREAST2WW" else CANCERS
            )
            for provider, commissioner in self._pairs():
                lines = [
                    (cancer, cells[provider, commissioner, cancer])
                    for cancer in CANCERS
                    if (provider, commissioner, cancer) in cells
                ]
                every = [("ALL CANCERS", _sums([figures for _, figures in lines]))] if lines else []
                for cancer, (seen, within) in [*lines, *every]:
                    yield (
                        *(f"CWT-{word}", standard, provider, self._names[provider]),
                        *(commissioner, self._name_of(commissioner), cancer, seen, within, seen - within),
                    )

    def therapies(self, month: date, scale: float) -> Iterator[Row]:
        """Talking therapies."""
        yield _IAPT_COLUMNS
        days = month.isoformat(), month.replace(day=calendar.monthrange(month.year, month.month)[1]).isoformat()
        counts = {
            code: _treated(month, scale * relative, self._planned(code)) for code, relative in self._shares.items()
        }
        service = self._about.providers[RW4]
        for place, measure in enumerate(counts[self._own[0]]):
            whole = sum(figures[measure] for figures in counts.values())
            yield *days, "England", "All", "All", "All", "All", _MEASURES[place], measure, whole
            # One service treats all of them: the same people stand in every group, and rows of one alone may be added.
            yield (
                *days,
                "Provider",
                service.code,
                "A SERVICE",
                "All",
                "All",
                _MEASURES[place],
                measure,
                _suppressed(whole),
            )
            for code in self._shares:
                name = self._name_of(code)
                shown = _suppressed(counts[code][measure])
                yield *days, "CCG", code, name, "All", "All", _MEASURES[place], measure, shown
                yield *days, "CCG/Provider", code, name, service.code, "A SERVICE", _MEASURES[place], measure, shown


def _sums(rows: Sequence[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def _bands(waiting: int, within: int, over_52: int) -> list[int]:
    """By weeks waited: 0 to 51, and over 52."""
    late = waiting - within - over_52
    return [*apportion(within, _SOON), *apportion(late, _LATE), over_52]


_MEASURES = ("M001", "M031", "M076", "M179", "M191", "M052", "M054")


def _treated(month: date, scale: float, planned: str) -> dict[str, int]:
    entered, finished = size("entered", month, scale, planned), size("finished", month, scale, planned)
    not_cases = share_of("not_case", finished, month, planned)
    return {
        "Count_ReferralsReceived": round(entered * 1.4),
        "Count_FirstTreatment": entered,
        "Count_FinishedCourseTreatment": finished,
        "Count_NotAtCaseness": not_cases,
        "Count_Recovery": share_of("recovered", finished - not_cases, month, planned),
        "Count_FirstTreatment6WeeksFinishedCourseTreatment": share_of("six_weeks", finished, month, planned),
        "Count_FirstTreatment18WeeksFinishedCourseTreatment": share_of("eighteen_weeks", finished, month, planned),
    }


def _suppressed(count: int) -> str:
    """As published: to the nearest 5, and nothing of fewer than 5."""
    return "*" if count < 5 else str(5 * ((count + 2) // 5))
