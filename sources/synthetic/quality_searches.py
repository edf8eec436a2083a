"""Searches of GP systems: what each practice had on a day, and the export files of the quarters.

Belongs here: which searches there are, their levels, and which runs are in which file. Registers at a day are
`quality_registers`. Nothing here draws from the random streams of other feeds.

- gp_search_<month>.csv for each quarter end of the months. Two practices are in it with an earlier run too.
- gp_search_2017-06_rerun.csv: three practices ran theirs again, because a template had been mended.

With 92 practices at 2017-03-31 (2017-06-30): INR4M 96.7 % (96.4 %), 85 (78) practices at 90 % or more; POLYREV 0 %
(6.5 %), none (1) at 81 % or more; HYP 13.6 % of the population in June; AFAC 81.7, STANTI 94.4, CHDSTAT 85.1 and HFBB
66.2 % in March.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from .apportion import apportion
from .evidence_charges import csv_bytes
from .months import add_months, months_between
from .quality_registers import OnDay, own_unit
from .world import Practice, World

HEADER = (
    *("Practice Code", "Practice Name", "Search ID", "Search Name", "Search Version", "Relative Date", "Last Run"),
    *("Practice Population", "Parent Count", "Population Count", "%", "Excluded", "Males", "Females"),
)
#: Practices that run their searches twice, and those of the file of reruns: places in the order of their codes.
_TWICE, _RERUN, _RERUN_OF = (4, 31), (9, 40, 71), date(2017, 6, 1)
_ALL_AGES = ("CHD", "HF", "STIA", "AF", "HYP", "COPD")
_PRACTICES = 92
#: Quarter end -> share with an INR in time, and practices of 92 below 90 %. Before and after: as at the nearest end.
_INR = {
    date(2016, 6, 1): (0.961, 13), date(2016, 9, 1): (0.963, 11), date(2016, 12, 1): (0.965, 9),
    date(2017, 3, 1): (0.967, 7), date(2017, 6, 1): (0.964, 14),
}  # fmt: skip
#: Share reviewed, and practices of 92 that reached 81 %: nobody coded reviews before April 2017.
_REVIEWS = {date(2017, 3, 1): (0.0, 0), date(2017, 6, 1): (0.065, 1)}


@dataclass(frozen=True)
class Count:
    """One search of one practice."""

    numerator: int
    denominator: int
    excluded: int | None = None
    has_sexes: bool = True


@dataclass(frozen=True)
class _Search:
    """Name, version, whom the parent holds, and the share found at 2017-03-31, which moves by `step` a quarter."""

    name: str
    version: str
    parent: Callable[[OnDay, Practice], int]
    share: float
    step: float
    spread: float


def _of_list(share: float, key: str) -> Callable[[OnDay, Practice], int]:
    """A share of the list that differs from practice to practice."""
    return lambda at, practice: max(round(share * at.aged(practice) * (0.75 + own_unit(practice.code, key) / 2)), 1)


def _of_register(group: str, share: float = 1.0) -> Callable[[OnDay, Practice], int]:
    return lambda at, practice: max(round(share * at.register(practice, group)), 1)


def _adults(at: OnDay, practice: Practice) -> int:
    return at.aged(practice, 18)


#: Searches whose numerators are shared out from one total; INR4M, POLYREV, the registers, EXC and GSF have rules of
#: their own.
_SHARES: Mapping[str, _Search] = {
    "ALCREC": _Search("Alcohol intake recorded 18+", "1.2", _adults, 0.612, 0.006, 0.12),
    "ALCBI": _Search("AUDIT-C or AUDIT and brief advice", "1.1", _of_list(0.078, "alc"), 0.437, 0.008, 0.2),
    "MCI": _Search("MCI reviewed at 12 months", "1.0", _of_list(0.0021, "mci"), 0.548, 0.01, 0.3),
    "LDCHK": _Search("LD annual health check", "2.1", _of_register("LD"), 0.521, 0.01, 0.3),
    "SMICHK": _Search("SMI full annual physical check", "2.0", _of_register("MH"), 0.386, 0.01, 0.3),
    "SAFERX": _Search("Safe prescribing rules met", "1.3", _of_list(0.041, "rx"), 0.948, 0.002, 0.03),
    "AFAC": _Search("AF CHADS above 1 on anticoagulant", "3.0", _of_register("AF", 0.86), 0.817, 0.008, 0.06),
    "STANTI": _Search("Stroke on antithrombotic", "3.0", _of_register("STIA"), 0.944, 0.001, 0.03),
    "CHDSTAT": _Search("CHD on statin", "3.0", _of_register("CHD"), 0.851, 0.002, 0.05),
    "HFBB": _Search("Heart failure on beta blocker", "3.0", _of_register("HF"), 0.662, 0.004, 0.1),
    "DM8": _Search("Diabetes eight care processes", "2.2", _of_register("DM"), 0.534, 0.008, 0.15),
    "CERV": _Search("Cervical screening", "1.4", _of_list(0.262, "cerv"), 0.717, 0.001, 0.08),
    "CHIMM": _Search("Childhood immunisation", "1.1", _of_list(0.0125, "imm"), 0.923, 0.001, 0.04),
}
_NAMES = {
    "INR4M": ("INR in last 4 months", "2.0"), "POLYREV": ("Polypharmacy review in 12 months", "1.1"),
    "EXC": ("Exceptions on seven registers", "1.0"), "GSF": ("Gold standards framework", "1.0"),
    "DM17": ("Diabetes register 17+", "3.1"),
    **{code: (f"{code} register", "3.1") for code in _ALL_AGES},
    **{code: (search.name, search.version) for code, search in _SHARES.items()},
}  # fmt: skip


def search_files(world: World, first: date, last: date) -> dict[str, bytes]:
    """The exports of the quarter ends from `first` to `last`."""
    files = {}
    for month in (month for month in months_between(first, last) if month.month % 3 == 0):
        at = OnDay(world, add_months(month, 1) - timedelta(days=1))
        counts = counts_on(at)
        again = [at.own[place] for place in _RERUN if place < len(at.own)] if month == _RERUN_OF else []
        rows: list[list[object]] = []
        for place, practice in enumerate(at.own):
            final, early = counts[practice.code], _less(counts[practice.code])
            if place in _TWICE:
                rows += _rows(at, practice, early, days=1)
            rows += _rows(at, practice, early if practice in again else final, days=4)
        files[f"gp_search_{month:%Y-%m}.csv"] = csv_bytes(HEADER, rows)
        if again:
            rows = [row for practice in again for row in _rows(at, practice, counts[practice.code], days=18)]
            files[f"gp_search_{month:%Y-%m}_rerun.csv"] = csv_bytes(HEADER, rows)
    return files


def counts_on(at: OnDay) -> dict[str, dict[str, Count]]:
    """What the newest run of each search counts: practice code -> search -> count."""
    whole = _whole(at)
    found: dict[str, dict[str, Count]] = {}
    for place, practice in enumerate(at.own):
        code, people = practice.code, at.aged(practice)
        counts = {group: Count(at.register(practice, group), people) for group in _ALL_AGES}
        counts["DM17"] = Count(at.register(practice, "DM"), at.aged(practice, 17))
        counts["GSF"] = Count(int(own_unit(code, "gsf") < 0.87), 1, has_sexes=False)
        judged = round(0.93 * sum(at.register(practice, group) for group in (*_ALL_AGES, "DM")))
        excepted = round(judged * (0.05 + 0.08 * own_unit(code, "exc")))
        counts["EXC"] = Count(excepted, judged + excepted, has_sexes=False)
        found[code] = counts | {search: counted[place] for search, counted in whole.items()}
    return found


def _whole(at: OnDay) -> dict[str, list[Count]]:
    """Searches whose total over the commissioner is given, in the order of its practices."""
    quarters = ((at.day.year - 2017) * 12 + at.day.month - 3) // 3
    found = {}
    for code, search in _SHARES.items():
        parents = [search.parent(at, practice) for practice in at.own]
        share = min(search.share + search.step * quarters, 0.99)
        weights = [
            parent * (1 + search.spread * (own_unit(practice.code, code) - 0.5))
            for parent, practice in zip(parents, at.own, strict=True)
        ]
        numbers = shared(round(share * sum(parents)), weights, parents)
        found[code] = [Count(number, parent) for number, parent in zip(numbers, parents, strict=True)]
    return found | {"INR4M": _inr(at), "POLYREV": _reviews(at)}


def _inr(at: OnDay) -> list[Count]:
    """So many practices lie below 90 %; what the others miss of the total stays within a tenth of theirs."""
    parents = [_of_list(0.0122, "inr")(at, practice) for practice in at.own]
    share, below = _at(_INR, at.day)
    order = sorted(range(len(at.own)), key=lambda place: own_unit(at.own[place].code, "inr below"))
    low = set(order[: round(below * len(at.own) / _PRACTICES)])
    # Nine tenths in whole numbers: at least so many achieve.
    least = [-(-9 * parent // 10) for parent in parents]
    missed = [parents[place] - least[place] + 1 if place in low else 0 for place in range(len(at.own))]
    others = [place for place in range(len(at.own)) if place not in low]
    left = sum(parents) - round(share * sum(parents)) - sum(missed)
    weights = [parents[place] * (0.3 + own_unit(at.own[place].code, "inr missed")) for place in others]
    for place, count in zip(others, shared(left, weights, [parents[p] - least[p] for p in others]), strict=True):
        missed[place] = count
    return [
        Count(parent - gone, parent, round(parent * 0.02 * own_unit(practice.code, "inr out")))
        for parent, gone, practice in zip(parents, missed, at.own, strict=True)
    ]


def _reviews(at: OnDay) -> list[Count]:
    """One practice began early and has reviewed most of its patients, the others a few."""
    parents = [_of_list(0.0352, "poly")(at, practice) for practice in at.own]
    share, reached = _at(_REVIEWS, at.day)
    order = sorted(range(len(at.own)), key=lambda place: (parents[place], place))
    early = order[len(order) // 3 : len(order) // 3 + round(reached * len(at.own) / _PRACTICES)]
    reviewed = [-(-43 * parent // 50) if place in early else 0 for place, parent in enumerate(parents)]
    others = [place for place in range(len(at.own)) if place not in early]
    left = round(share * sum(parents)) - sum(reviewed)
    weights = [parents[place] * own_unit(at.own[place].code, "poly reviewed") for place in others]
    # At most four fifths: below what is to be reached.
    for place, count in zip(others, shared(left, weights, [4 * parents[p] // 5 for p in others]), strict=True):
        reviewed[place] = count
    return [Count(number, parent) for number, parent in zip(reviewed, parents, strict=True)]


def _at(known: Mapping[date, tuple[float, int]], day: date) -> tuple[float, int]:
    return known[max((one for one in known if one <= day), default=min(known))]


def shared(total: int, weights: Sequence[float], most: Sequence[int]) -> list[int]:
    """Share `total` by weight where nobody takes more than his `most`; what is too much goes to the others."""
    found = [0] * len(weights)
    left = min(max(total, 0), sum(most))
    while left:
        places = [place for place in range(len(weights)) if found[place] < most[place]]
        open_weights = [weights[place] for place in places]
        parts = apportion(left, open_weights if sum(open_weights) > 0 else [1.0] * len(places))
        for place, part in zip(places, parts, strict=True):
            taken = min(part, most[place] - found[place])
            found[place] += taken
            left -= taken
    return found


def _less(counts: Mapping[str, Count]) -> dict[str, Count]:
    """An earlier run, when the system was not done: it found fewer."""
    return {code: replace(count, numerator=count.numerator - count.numerator // 9) for code, count in counts.items()}


def _rows(at: OnDay, practice: Practice, counts: Mapping[str, Count], days: int) -> list[list[object]]:
    """The rows of one run, so many days after the day that it counts at."""
    night = datetime.combine(at.day + timedelta(days=days), time(2))
    ran = night + timedelta(minutes=int(own_unit(practice.code, "run") * 240))
    rows: list[list[object]] = []
    for code, (name, version) in _NAMES.items():
        count = counts[code]
        men = round(count.numerator * (0.45 + 0.1 * own_unit(practice.code, f"{code} men")))
        sexes: list[object] = [men, count.numerator - men] if count.has_sexes else ["", ""]
        percent = f"{100 * count.numerator / count.denominator:.1f}"
        said = [code, name, version, f"{at.day:%d/%m/%Y}", f"{ran:%d/%m/%Y %H:%M}", at.aged(practice)]
        out = "" if count.excluded is None else count.excluded
        rows.append([practice.code, practice.name, *said, count.denominator, count.numerator, percent, out, *sexes])
    return rows
