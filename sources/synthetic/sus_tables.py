"""Rows of a hospital extract before they are a file: columns of ready text, and where each row belongs.

Belongs here: `Extract`, its subsets and its lines; the parts that all five datasets share (provider, price, extract
time, report period). Does not belong here: what a dataset holds.

A part is one text per row and may cover several adjoining columns ("RQ6,RQ617"): texts are looked up in small tables,
so that a row costs a join of a dozen ready pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from .description import Provider
from .sus_calendar import Numbers, Texts, day_of, month_days

#: The parts that hospitals play, and the market forces factor of each; who plays them is in the world's description.
PARTS = ("general", "second", "children", "women", "heart", "walk_in", "walk_in_later")
MARKET_FORCES = (1.0346, 1.0287, 1.0371, 1.0298, 1.0312, 1.0, 1.0)
RQ6, REM, RBS, REP, RBQ, RY1, RW4 = range(len(PARTS))


@dataclass(frozen=True)
class Extract:
    """Rows of one dataset: header and parts in the order of the file; provider and month (index) of every row.

    `counted` marks rows that the GP Specification counts: corrections hit these, so that a figure moves.
    """

    dataset: str
    months: tuple[date, ...]
    columns: tuple[str, ...]
    parts: Mapping[str, Texts]
    provider: Numbers
    month: Numbers
    counted: Numbers

    def __len__(self) -> int:
        return len(self.provider)

    def take(self, rows: Numbers) -> Extract:
        """The rows of these positions, in their order."""
        return replace(
            self,
            parts={name: part[rows] for name, part in self.parts.items()},
            provider=self.provider[rows],
            month=self.month[rows],
            counted=self.counted[rows],
        )

    def changed(self, **parts: Texts) -> Extract:
        """The same rows with other text in some parts."""
        unknown = set(parts) - set(self.parts)
        assert not unknown, unknown
        return replace(self, parts={**self.parts, **parts})

    def mapped(self, **changes: Callable[[str], str]) -> Extract:
        """The same rows, the text of some parts changed by a function."""
        return self.changed(
            **{name: _texts(change(text) for text in self.parts[name]) for name, change in changes.items()}
        )

    def lines(self) -> Iterator[str]:
        """The lines of the file, header first."""
        yield ",".join(self.columns)
        yield from map(",".join, zip(*(part.tolist() for part in self.parts.values()), strict=True))


def together(extracts: list[Extract]) -> Extract:
    """Rows of several extracts of one dataset, one after the other."""
    first = extracts[0]
    return replace(
        first,
        parts={name: np.concatenate([one.parts[name] for one in extracts]) for name in first.parts},
        provider=np.concatenate([one.provider for one in extracts]),
        month=np.concatenate([one.month for one in extracts]),
        counted=np.concatenate([one.counted for one in extracts]),
    )


def _texts(values: Iterator[str]) -> Texts:
    return np.array(list(values), dtype=object)


def texts(values: list[str] | tuple[str, ...]) -> Texts:
    """A table of texts."""
    return np.array(values, dtype=object)


def quoted(text: str) -> str:
    """A field as a csv holds it."""
    return f'"{text}"' if "," in text else text


def stamp(moment: datetime) -> str:
    """A moment as the extracts print it."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def extract_times(provider: Numbers, month: Numbers, extracts: Sequence[datetime]) -> Texts:
    """The extract time of each row, by that of its month's file: the providers' submissions came minutes apart."""
    known = [stamp(moment - timedelta(minutes=7 * n)) for moment in extracts for n in range(len(PARTS))]
    times: Texts = texts(known)[month * len(PARTS) + provider]
    return times


def report_periods(months: tuple[date, ...], month: Numbers) -> Texts:
    """First and last day of the month that a row was submitted for."""
    spans = [month_days(one) for one in months]
    return texts([f"{day_of(one.first)},{day_of(one.last)}" for one in spans])[month]


def day_texts(day: Numbers) -> Texts:
    """ISO dates of day numbers; -1 is blank."""
    if not len(day):
        return texts([])
    low = int(day.min()) if int(day.min()) >= 0 else int(day[day >= 0].min(initial=int(day.max())))
    known = [day_of(number).isoformat() for number in range(low, int(day.max()) + 1)]
    table = texts([*known, ""])
    return table[np.where(day < 0, len(known), day - low)]


def number_texts(first: int, count: int, prefix: str = "") -> Texts:
    """Running numbers as text."""
    return texts([f"{prefix}{number}" for number in range(first, first + count)])


def money(pence: int) -> str:
    """Pence as pounds: 12345 -> 123.45."""
    return f"{pence // 100}.{pence % 100:02d}"


def price(pence: int, provider: int, unbundled: int = 0) -> str:
    """Tariff, MFF payment, their sum, and what is paid for unbundled services (blank where there is none)."""
    extra = round(pence * (MARKET_FORCES[provider] - 1))
    return f"{money(pence)},{money(extra)},{money(pence + extra)},{money(unbundled) if unbundled else ''}"


NO_PRICE = ",,,"


def provider_texts(providers: Sequence[Provider]) -> Texts:
    """Provider and site, as two columns."""
    return texts([f"{one.code},{one.site}" for one in providers])
