"""What the shell says while files land and a release is built: each step as it starts, since the whole takes minutes.

What a step does belongs in `build_assets` and `dbt_assets`.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import dagster as dg

from publishing.messages import plural

# Steps of the release job, in order.
STEPS = {
    "feeds": "preparing what is current of each feed",
    "dbt_components": "building lists, prescribing and activity",
    "gate_staged": "checking what was prepared (gate 3)",
    "dbt_indicators": "building indicators, finance and savings",
    "reconciliations": "holding figures against what is published of them",
    "gate_marts": "checking the figures (gate 4)",
    "publish": "hiding small numbers, comparing, checking what is to be read (gate 5) and publishing",
}


# Of more files at once a line for each would hide what matters: then one for each feed says how many landed.
TOLD_ONE_BY_ONE = 30
# What is wrong with files that landed all the same: so many sentences of a feed are said, the others are counted.
SAID_OF_A_FEED = 3
MINDED = {"withhold": "Withheld", "warn": "Warning"}


@dataclass
class Landed:
    """Says which files landed: one by one, or by feed as soon as those of another feed come, or the run ends."""

    say: Callable[[str], None]
    one_by_one: bool
    pages: Path
    feed: str | None = None
    months: list[str | None] = field(default_factory=list)
    alone: int = 0
    said: int = 0
    unsaid: list[str] = field(default_factory=list)

    def note(
        self,
        feed: str | None,
        month: str | None,
        line: str,
        *,
        alone: bool = False,
        minded: Sequence[Sequence[str]] = (),
    ) -> None:
        """A file of a feed and month (YYYY-MM; a register has none) landed; its own line is said where it has something
        to see to.

        Args:
            minded: severity and sentence of each check that it failed and was landed all the same.
        """
        minded = sorted(minded, key=lambda pair: list(MINDED).index(pair[0]))
        if feed != self.feed:
            self.flush()
            self.feed = feed
        shown = minded[: SAID_OF_A_FEED - self.said]
        self.said += len(shown)
        self.unsaid += [severity for severity, _ in minded[len(shown) :]]
        if self.one_by_one or alone or shown:
            self.say(line)
            self.alone += 1
        else:
            self.months.append(month)
        for severity, sentence in shown:
            self.say(f"  {MINDED[severity]}: {sentence}")

    def flush(self) -> None:
        """Say what is not said yet."""
        if self.unsaid:
            withheld, warnings = self.unsaid.count("withhold"), self.unsaid.count("warn")
            counts = {f"{withheld} more withheld": withheld, plural(warnings, "more warning"): warnings}
            more = " and ".join(words for words, count in counts.items() if count)
            self.say(f"  Of {self.feed} {more}: {self.pages}")
        self.said, self.unsaid = 0, []
        if self.months:
            known = sorted({month for month in self.months if month is not None})
            span = f", {' to '.join(known[:1] + known[1:][-1:])}" if known else ""
            files = plural(len(self.months), "more file" if self.alone else "file")
            self.say(f"Landed {self.feed or 'unrecognised'}: {files}{span}")
        self.months.clear()
        self.alone = 0

    def __enter__(self) -> "Landed":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.flush()


def follow(instance: dg.DagsterInstance, run_id: str, say: Callable[[str], None]) -> None:
    """Say each step of this run as it starts, where standard output leads now, also while it leads elsewhere."""
    shown, numbers = sys.stdout, {step: number for number, step in enumerate(STEPS, start=1)}

    def listen(event: dg.EventLogEntry) -> None:
        happened = event.dagster_event
        if happened is not None and happened.is_step_start and happened.step_key in numbers:
            with suppress(OSError), redirect_stdout(shown):  # nobody reads any more: no reason to fail
                say(f"  {numbers[happened.step_key]}/{len(STEPS)} {STEPS[happened.step_key]}")

    instance.add_event_listener(run_id, listen)
