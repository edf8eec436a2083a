"""All files of a run from the shell: landed in one process or in several, counted, and told to whoever typed it.

Which may land at the same time is said in `landing_turn`, in which processes in `landing_beside`. Nothing heavy is
imported before there is a file to land.
"""

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestration import copying
from pcw import ending
from pcw.home import Home
from pcw.settings import Settings
from publishing.messages import plural
from sources.manifests import remembered, submission_folders
from sources.receipts import Receipt

if TYPE_CHECKING:
    from orchestration.job_runner import Outcome
    from orchestration.landing_turn import Came
    from orchestration.progress import Landed

RELEASED, BLOCKED, FAILED = 0, 2, 1
Say = Callable[[str], None]


@dataclass
class Work:
    """What a run found to do, and what came of it. Exit codes: 0 released, 2 something was blocked, 1 error."""

    new: list[Receipt] = field(default_factory=list)
    known: list[Receipt] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    refused_before: list[tuple[Receipt, str]] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    uncopied: list[str] = field(default_factory=list)
    asked: copying.Asked = field(default_factory=copying.Asked)
    run_id: str | None = None
    #: Submissions that lay in landing before the first of these files; None until then.
    before: int | None = None

    def landed_in(self, home: Home) -> int:
        """How many of these files have landed: each is a folder, whoever made it."""
        return 0 if self.before is None else len(submission_folders(home.landing)) - self.before

    def went_well(self, outcome: "Outcome", say: Say, *, error: str, refusal: str) -> bool:
        """Note a Dagster run, and say after these words what did not go well; whether all did."""
        self.run_id = outcome.run_id
        if outcome.error is not None:
            self.failed.append(outcome.error)
            say(f"{error}: {outcome.error}")
        elif outcome.refusal is not None:
            self.blocked.append(outcome.refusal)
            say(f"{refusal}: {outcome.refusal}")
        return outcome.error is None and outcome.refusal is None

    @property
    def exit_code(self) -> int:
        return FAILED if self.untold or self.uncopied else self.code_of_work

    @property
    def code_of_work(self) -> int:
        """The exit code, were every channel alive and every copy of the release made."""
        if self.failed:
            return FAILED
        return BLOCKED if self.blocked or self.refused_before else RELEASED


def land_all(home: Home, settings: Settings, work: Work, say: Say) -> None:
    """One Dagster run for each file; where many wait, in several processes."""
    if not work.new:
        return
    from orchestration.job_runner import JobRunner
    from orchestration.landing_beside import landing_processes, processes_for, side_by_side
    from orchestration.landing_jobs import landing_defs
    from orchestration.landing_turn import Done, in_order, one_by_one, waves
    from orchestration.page_batch import batch
    from orchestration.progress import TOLD_ONE_BY_ONE, Landed

    work.before = len(submission_folders(home.landing))
    waiting, blocked_before = in_order(work.new), len(work.blocked)
    beside = waves(waiting)
    processes = processes_for(settings.landing_processes, beside)
    told: dict[str | None, Landed] = {}
    with (
        landing_processes(home, processes, settings.memory_limit) as workers,
        remembered(),
        batch(home) as pages,
        ExitStack() as feeds,
    ):
        runner = JobRunner(home, landing_defs())
        coming = side_by_side(runner, workers, beside, pages) if workers else one_by_one(runner, waiting)
        feeds.enter_context(closing(coming))
        for came in coming:
            if isinstance(came, Done):
                pages.take(home, came.judged)
                for feed in {file.found.dataset for file in came.lane}:
                    told.pop(feed).flush()
            else:
                feed = came.file.found.dataset
                if feed not in told:
                    is_few = len(waiting) <= TOLD_ONE_BY_ONE
                    told[feed] = feeds.enter_context(Landed(say, is_few, home.quality / "index.html"))
                _note(work, came, told[feed], say)
            ending.stop_if_ended()
    if len(work.blocked) > blocked_before:
        say(f"What was refused is open until a good file of it lands: `pcw quarantine`, {home.quality / 'index.html'}")


def _note(work: Work, came: "Came", landed: "Landed", say: Say) -> None:
    """Count what came of a file, and say it."""
    outcome, receipt, found = came.outcome, came.file.receipt, came.file.found
    if work.went_well(outcome, say, error=f"Error while landing {receipt.name}", refusal=f"Refused {came.label}"):
        aside = outcome.metadata.get("rows quarantined")
        line = f"Landed {came.label}: {receipt.name}"
        line += f"; {plural(aside, 'row')} set aside, see `pcw status`" if aside else ""
        if came.refused_before is not None:
            work.blocked.remove(came.refused_before)
            line = f"Landed {came.label} after all, with what came after it: {receipt.name}"
        alone = bool(aside) or came.refused_before is not None
        month = found.partition[:7] if came.has_month else None
        landed.note(found.dataset, month, line, alone=alone, minded=outcome.metadata.get("warnings", []))
