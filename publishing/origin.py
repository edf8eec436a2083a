"""Where figures of a release come from: the submissions that a row was read from, and what their gates said.

Belongs here: going from a row of a published table to rows of `submission` and `gate_result`, by what the release says
of itself and the contracts of its feeds. How that is shown is whoever's asks: the site, a command. It is the same rule
as for the causes of a change (`publishing.causes`): rather a file too many is named than none that was read.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from publishing.causes import ACTIVITY, stands_for_all
from publishing.reports.metrics import months_after
from publishing.reports.reader import Reader, Record
from publishing.tables import MARTS
from sources.contracts import Contract, load_contracts

RESULTS = "indicator_result"
OF_FILES = ("file", "rows")
# What says which practices sent a return is read with it, though no indicator names it.
READ_WITH = {"friends_and_family_submission": "friends_and_family"}


@dataclass(frozen=True)
class Read:
    """A feed and its current submissions that a figure is read from, the oldest month first; none where none came."""

    dataset: str
    submissions: tuple[Record, ...]


class Origins:
    """The submissions and verdicts of one release, each table read once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.contracts: Mapping[str, Contract] = load_contracts()

    @cached_property
    def submissions(self) -> Mapping[str, Sequence[Record]]:
        """Every submission by feed, oldest month first: a row for each month that it holds."""
        return _by(self._reader.records("submission", order="dataset, period, received_at, submission_id"), "dataset")

    @cached_property
    def verdicts(self) -> Mapping[str, Sequence[Record]]:
        """What the gates of files said of each submission."""
        rows = self._reader.records(
            "gate_result", "submission_id is not null", order="submission_id, stage, suite, check_id, period"
        )
        return _by(rows, "submission_id")

    @cached_property
    def checks(self) -> Collection[tuple[str, str, str]]:
        """Suite, stage and name of every check that is declared: an old file may have been asked another."""
        rows = self._reader.records("gate_check")
        return {(row["suite"], row["stage"], row["check_id"]) for row in rows}

    def feeds_of(self, definition: Record) -> Sequence[str]:
        """Feeds that an indicator names: of hospital activity the feeds that bring it."""
        named = _named(definition)
        return [name for name in self.contracts if {name, ACTIVITY.get(name), READ_WITH.get(name)} & named]

    def feeds_beside(self) -> Sequence[str]:
        """Feeds that no indicator names and every one may be read with: registers of practices, lists, codes.

        A monthly feed that none names is read by other tables (risks, providers) and moves no indicator.
        """
        (families,) = [mart.families for mart in MARTS if mart.name == RESULTS]
        every = {feed for row in self._reader.records("indicator") for feed in self.feeds_of(row)}
        return [
            name
            for name, feed in self.contracts.items()
            if feed.family in families and feed.cadence != "monthly" and name not in every
        ]

    def feeds_of_table(self, table: str) -> Sequence[str]:
        """Feeds that can move a row of a published table; none of one that is made of definitions alone."""
        families = {mart.name: mart.families for mart in MARTS}.get(table, ())
        return [name for name, feed in self.contracts.items() if feed.family in families]

    def since(self, indicator: str, version: str, window_start: date) -> date:
        """First month that a figure reads: its window, and the months before that its components look back to."""
        return months_after(window_start, -self._lookbacks[indicator, version])

    @cached_property
    def _lookbacks(self) -> Mapping[tuple[str, str], int]:
        rows = self._reader.rows("select indicator_id, version, lookback_months from indicator")
        return {(indicator, version): months for indicator, version, months in rows}

    def read(self, datasets: Sequence[str], first: date, last: date) -> list[Read]:
        """Current submissions that serve a day from `first` to `last`, by feed.

        A submission serves from its month until the next that its feed has; of a feed whose newest file stands for
        all, that file does.
        """
        return [Read(dataset, self._serving(dataset, first, last)) for dataset in datasets]

    def _serving(self, dataset: str, first: date, last: date) -> tuple[Record, ...]:
        current = [row for row in self.submissions.get(dataset, ()) if row["is_current"]]
        if not current or stands_for_all(self.contracts[dataset]):
            return tuple(current)
        periods = sorted({row["period"] for row in current})
        until = dict(zip(periods, [*periods[1:], date.max], strict=True))
        return tuple(row for row in current if row["period"] <= last and until[row["period"]] > first)


def _named(definition: Record) -> set[str]:
    return {feed.strip() for feed in (definition["source_feeds"] or "").split(",")} - {""}


def _by(rows: Sequence[Record], column: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return dict(found)
