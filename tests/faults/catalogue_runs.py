"""Send the bad inputs of the catalogue, each to the same home, and say at which gate each was stopped.

`python -m tests.faults.catalogue_runs` counts them by family and gate; what must hold of each is in `test_catalogue`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from unittest.mock import patch

from expectations.verdict import Verdict
from expectations.waivers import Waiver
from orchestration import landing
from orchestration.landing import LandingOutcome, land
from orchestration.peeking import peek
from pcw.home import Home
from pcw.settings import Settings
from sources.contracts import load_contracts
from sources.receipts import Receipt, receive
from sources.staging import Staged
from tests.faults.catalogue import GENERIC, Case
from tests.faults.catalogue_families import FAMILIES
from tests.faults.good_files import Good, write_good_files
from tests.running import opened

CASES = (*GENERIC, *FAMILIES)
BEFORE, SENT = datetime(2018, 2, 15, tzinfo=UTC), datetime(2018, 3, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Ground:
    """The good files, and a home in which the register and the months before have landed."""

    goods: dict[str, Good]
    home: Home

    def land(self, path: Path, received_at: datetime = SENT) -> LandingOutcome:
        """Land one file in it."""
        return land(self.home, Settings(home=self.home.root), receive(path, received_at))


@dataclass(frozen=True)
class Tried:
    """What came of one bad input. `counts`: rows read, kept and set aside; None where no table was read to its end."""

    name: str
    receipt: Receipt
    outcome: LandingOutcome
    counts: tuple[int, int, int] | None

    @property
    def gate(self) -> str:
        """Where it was stopped, as a case says it."""
        if self.outcome.refusal is not None:
            return self.outcome.refusal.stage
        assert self.outcome.submission is not None
        return "quarantined" if self.outcome.submission.rows_quarantined else "warned"

    @property
    def failed(self) -> list[Verdict]:
        """What failed, what blocks first."""
        return sorted(
            (v for v in self.outcome.verdicts if not v.passed), key=lambda verdict: verdict.severity != "block"
        )

    @property
    def message(self) -> str:
        """What people are told."""
        if self.outcome.refusal is not None:
            return self.outcome.refusal.message
        return " | ".join(verdict.message for verdict in self.failed)


def prepare(folder: Path) -> Ground:
    """Land what comes before any bad input."""
    goods, earlier = write_good_files(folder / "sample")
    ground = Ground(goods, Home(folder / "home").create())
    for path in earlier:
        assert ground.land(path, BEFORE).submission
    return ground


def content_of(home: Home) -> dict[Path, tuple[int, int]]:
    """Everything in a home, with size and time of each file."""
    facts = {path: path.stat() for path in home.root.rglob("*")}
    return {path: (0, 0) if path.is_dir() else (fact.st_size, fact.st_mtime_ns) for path, fact in facts.items()}


@contextmanager
def left_as_it_was(home: Home) -> Iterator[None]:
    """What was added is taken away, so that each case starts from the same home; what was there must be as it was."""
    before = content_of(home)
    try:
        yield
    finally:
        after = content_of(home)
        for path in sorted(after.keys() - before.keys()):
            if path.is_dir():
                rmtree(path)
            else:
                path.unlink(missing_ok=True)
    assert after.items() >= before.items(), sorted(before.items() - after.items())


def send(ground: Ground, case: Case, folder: Path) -> Tried:
    """Send one bad input, and count its rows when the gates are asked."""
    name, data = case.damage(ground.goods, ground.goods[case.dataset])
    (folder / name).write_bytes(data)
    receipt = receive(folder / name, SENT)
    peek(receipt)
    counts: list[tuple[int, int, int]] = []
    asked = landing.judge

    def judge(staged: Staged, waivers: Sequence[Waiver] = ()) -> list[Verdict]:
        counts.extend(_counts(staged))
        return asked(staged, waivers)

    with patch.object(landing, "judge", judge):
        outcome = ground.land(folder / name)
    return Tried(name, receipt, outcome, counts[0] if counts else None)


def _counts(staged: Staged) -> Iterator[tuple[int, int, int]]:
    is_report = staged.layout is not None and staged.layout.report is not None
    if staged.read is None or (is_report and staged.read.shape_problem is not None):
        return
    with opened(staged) as connection:
        [(kept,)] = connection.execute("select count(*) from staged").fetchall()
        [(aside,)] = connection.execute("select count(*) from rejected where reason <> ''").fetchall()
    assert aside == staged.read.rows_quarantined
    yield staged.read.rows_read, kept, aside


def main() -> None:
    """Print how many bad inputs of each family were stopped at which gate, and by which check first."""
    family_of = {dataset: contract.family for dataset, contract in load_contracts().items()}
    gates, checks = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    with TemporaryDirectory() as folder:
        ground = prepare(Path(folder))
        for number, case in enumerate(CASES):
            sent = Path(folder) / f"{number}"
            sent.mkdir()
            with left_as_it_was(ground.home):
                tried = send(ground, case, sent)
            first = tried.failed[0]
            gates[family_of[case.dataset], tried.gate] += 1
            checks[tried.gate, f"{first.suite}.{first.check}" if first.suite == "file" else "checks of rows"] += 1
            rmtree(sent)
    columns = ("file", "rows", "quarantined", "warned")
    lines = [f"| family | {' | '.join(columns)} | all |", f"|---|{'---|' * (len(columns) + 1)}"]
    for family in (*sorted(set(family_of.values())), "all"):
        counts = [sum(n for (of, at), n in gates.items() if at == gate and family in (of, "all")) for gate in columns]
        lines.append(f"| {family} | {' | '.join(map(str, counts))} | {sum(counts)} |")
    lines += ["", "| gate | first check | inputs |", "|---|---|---|"]
    lines += [f"| {gate} | {check} | {count} |" for (gate, check), count in checks.most_common()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
