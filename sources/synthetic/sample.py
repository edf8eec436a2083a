"""`write_sample`: the feed files of a span of months, their truth, and the faults that were asked for.

Belongs here: the order of writing. Does not belong here: any content, and the care for the folder (`folder`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pcw.errors import PcwError

from .contract_feeds import write_contracts
from .description import DEFAULT, load_description
from .evidence_feeds import write_evidence
from .experience_feeds import write_experience
from .faults import chosen_faults
from .finance_feeds import write_finance
from .folder import begin, finish
from .months import months_between
from .performance_feeds import write_performance
from .practice_feeds import lists, registers, weighted_lists
from .prescribing_feeds import month_files
from .published_feeds import write_published
from .quality_feeds import write_quality
from .reference_feeds import write_reference
from .risk_feeds import write_risks
from .sus_feeds import write_sus
from .truth import write_truth
from .world import COMMISSIONER, World, build_world


@dataclass(frozen=True)
class SampleSummary:
    """What was written: `files` are names in `out`, `damaged` maps a fault to the file it hit."""

    out: Path
    first: date
    last: date
    practices: int
    seed: int
    files: tuple[str, ...]
    damaged: dict[str, str]
    byte_count: int


def write_sample(
    out: Path,
    first: date,
    last: date,
    *,
    practices: int = 92,
    seed: int = 20170829,
    faults: Sequence[str] = (),
    with_truth: bool = True,
    finance: tuple[date, date] | None = None,
    world: str = DEFAULT,
) -> SampleSummary:
    """Write feed files into `out` and the expected answers into `out/truth`; the same arguments give the same bytes.

    Without truth the folder holds the feeds and the note of what was written: the answers take longer than the files.

    `first` and `last` are months (any day of them). Lists that serve the first month are written even where they are
    older than it. Finance is written for these months, and for those of the span `finance` beside them, where the
    description `world` (its name, or a path) has it. Raises PcwError for an unknown fault or world, an impossible span
    or number of practices, and for a folder that holds anything which this function did not write.
    """
    first, last = first.replace(day=1), last.replace(day=1)
    wanted = chosen_faults(list(faults))
    if not date(2014, 1, 1) <= first <= last:
        raise PcwError(f"A sample runs from 2014-01 or later to its last month; got {first:%Y-%m} to {last:%Y-%m}.")
    if not 3 <= practices <= 900:
        raise PcwError(f"A sample has 3 to 900 practices, because it needs a merger and a move; got {practices}.")
    finance_months = set(months_between(first, last))
    if finance:
        further = (finance[0].replace(day=1), finance[1].replace(day=1))
        if not date(2014, 1, 1) <= further[0] <= further[1]:
            raise PcwError(
                f"Finance runs from 2014-01 or later to its last month; got {further[0]:%Y-%m} to {further[1]:%Y-%m}."
            )
        finance_months |= set(months_between(*further))
    description = load_description(world)
    built = build_world(practices, seed, last, description)
    out = out.resolve()
    beside = begin(out)
    _write_feeds(beside, built, first, last, seed)
    if description.has_finance:
        write_finance(beside, built, finance_months, seed)
        write_evidence(beside, built, sorted(finance_months), seed)
    write_quality(beside, built, first, last)
    write_experience(beside, built, first, last)
    if with_truth:
        write_truth(beside, beside / "truth", description.commissioner)
    damaged = {fault.name: fault.apply(beside, last) for fault in wanted}
    arguments = {
        "from": f"{first:%Y-%m}",
        "to": f"{last:%Y-%m}",
        "world": world,
        "practices": practices,
        "seed": seed,
        "finance": [f"{month:%Y-%m}" for month in finance] if finance else [],
        "damaged": damaged,
    }
    feeds, size = finish(beside, out, arguments)
    return SampleSummary(out, first, last, practices, seed, feeds, damaged, size)


def _write_feeds(folder: Path, world: World, first: date, last: date, seed: int) -> None:
    months = months_between(first, last)
    files = registers(world, last) | lists(world, months) | weighted_lists(world, months)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for position, month in enumerate(months):
        for name, content in month_files(world, month, seed, position, month == last):
            (folder / name).write_bytes(content)
    write_sus(folder, world, first, last, seed)
    write_performance(folder, world, first, last)
    write_contracts(folder, world, first, last)
    write_risks(folder, first, last, world.description.setting.codes)
    if world.description.commissioner == COMMISSIONER:
        write_reference(folder)
    write_published(folder, world, first, last)
