"""In which order waiting files land, which of them may land at the same time, and what came of each.

A file is held against what lies in landing: the registers, what of its own feed landed before, and reports of savings
against their plan. So registers land first, and then each feed in its own order, at the same time as other feeds if
there are processes for it (`landing_beside`). What one file does belongs in `landing`.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from orchestration.landing_jobs import landing_job_name
from orchestration.peeking import Peek, peek
from sources.contracts import load_contracts
from sources.finance_context import PLAN, TRACKER
from sources.organisations import GROUPS, REGISTER
from sources.receipts import Receipt, shown_path

if TYPE_CHECKING:
    from orchestration.job_runner import JobRunner, Outcome

#: Seconds that a small file takes, and bytes that are read in a second: what is long is begun first.
SECONDS, BYTES = 0.5, 6_000_000


@dataclass(frozen=True)
class Waiting:
    """A file that is to land, and what it seems to be."""

    found: Peek
    receipt: Receipt


@dataclass(frozen=True)
class Came:
    """What came of one file. `refused_before`: with which sentence it was refused in this run, before it landed."""

    file: Waiting
    has_month: bool
    outcome: "Outcome"
    refused_before: str | None = None

    @property
    def label(self) -> str:
        """Its feed, and its month where the feed has months."""
        dataset = self.file.found.dataset or "unrecognised"
        return f"{dataset} {self.file.found.partition[:7]}" if self.has_month else dataset

    @property
    def has_landed(self) -> bool:
        """Neither refused nor failed."""
        return self.outcome.error is None and self.outcome.refusal is None


#: Files that land one after the other.
Lane = Sequence[Waiting]


@dataclass(frozen=True)
class Done:
    """A lane has ended. `judged` are feeds (None: no known one) whose pages are still to be written."""

    lane: Lane
    judged: frozenset[str | None] = frozenset()


def in_order(receipts: Sequence[Receipt]) -> list[Waiting]:
    """In the order of the contracts, registers first; of a feed its months in their order."""
    order = list(load_contracts())
    waiting = [Waiting(peek(receipt), receipt) for receipt in receipts]

    def place(file: Waiting) -> tuple[int, str, str]:
        dataset = file.found.dataset
        return order.index(dataset) if dataset else len(order), file.found.partition, file.receipt.name

    return sorted(waiting, key=place)


def waves(waiting: Lane) -> list[list[Lane]]:
    """Lanes that may go on side by side, the longest first; those of a wave begin when all of the one before are done.

    What no feed is seen in may turn out to be of any: it comes last. So do the same bytes under the names of several
    feeds (the error page of a download), which are refused into one folder.
    """
    lanes: dict[str | None, list[Waiting]] = {}
    of_bytes: dict[str, set[str | None]] = {}
    for file in waiting:
        of_bytes.setdefault(file.receipt.sha256, set()).add(_lane_of(file))
    for file in waiting:
        lanes.setdefault(_lane_of(file) if len(of_bytes[file.receipt.sha256]) == 1 else None, []).append(file)
    first, last = lanes.pop(_REGISTERS, []), lanes.pop(None, [])
    beside = sorted(lanes.values(), key=_seconds, reverse=True)
    found: list[list[Lane]] = [[first], [*beside], [last]]
    return [wave for wave in found if any(wave)]


_REGISTERS = "registers"


def _lane_of(file: Waiting) -> str | None:
    dataset = file.found.dataset
    return {REGISTER: _REGISTERS, GROUPS: _REGISTERS, TRACKER: PLAN}.get(dataset or "", dataset)


def _seconds(lane: Lane) -> float:
    return sum(SECONDS + file.receipt.byte_count / BYTES for file in lane)


def one_by_one(runner: "JobRunner", waiting: Lane) -> Generator[Came | Done]:
    """Land all of them in this process, feed by feed."""
    for _, files in groupby(waiting, key=lambda file: file.found.dataset):
        lane = list(files)
        yield from in_turn(runner, lane)
        yield Done(lane)


def in_turn(runner: "JobRunner", lane: Lane) -> Iterator[Came]:
    """Land them one after the other, each in a Dagster run of its own."""
    refused: list[tuple[Waiting, str]] = []
    for file in lane:
        came = _land(runner, file)
        yield came
        if came.outcome.refusal is not None:
            refused.append((file, came.outcome.refusal))
        elif came.has_landed:
            yield from _parts_again(runner, file, refused)


def _parts_again(runner: "JobRunner", part: Waiting, refused: list[tuple[Waiting, str]]) -> Iterator[Came]:
    """Try again what was refused of a report of which more has landed now: all parts together may reach its total.

    A file that left the inbox cannot be tried again.
    """
    contract = load_contracts().get(part.found.dataset or "")
    if contract is None or contract.versions is None:
        return
    for file, sentence in list(refused):
        if file.found == part.found and file.receipt.path.exists():
            came = _land(runner, file)
            if came.has_landed:
                refused.remove((file, sentence))
                yield replace(came, refused_before=sentence)


def _land(runner: "JobRunner", file: Waiting) -> Came:
    found, receipt = file.found, file.receipt
    dataset = found.dataset or "unrecognised"
    has_months = found.dataset is not None and load_contracts()[found.dataset].cadence != "register"
    partition = found.partition if has_months else None
    config = {
        "path": str(shown_path(receipt.path.absolute())),
        "sha256": receipt.sha256,
        "received_at": receipt.received_at.isoformat(),
        "dataset": receipt.dataset,
        "period": receipt.period.strftime("%Y-%m") if receipt.period else None,
    }
    outcome = runner.execute(landing_job_name(dataset), partition, {f"landing__{dataset}": {"config": config}})
    return Came(file, has_months, outcome)
