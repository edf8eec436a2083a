"""Land one received file: stage, ask the gates, promote or refuse.

Joins the rooms `sources` and `expectations`; no Dagster here.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from expectations.runner import missing_verdicts, run_suite
from expectations.suites import SUITES, Suite, load_suite
from expectations.verdict import Verdict
from expectations.waivers import Waiver, in_force, read_waivers, waived
from orchestration.submissions import INDICATORS, TIMETABLE, read_indicators, read_timetable, submissions_of
from pcw.errors import PcwError
from pcw.home import Home
from pcw.settings import Settings
from sources import contracts as contracts_module
from sources.contracts import load_contracts
from sources.door import look, without_values
from sources.landing import Refusal, promote, refuse
from sources.manifests import Submission
from sources.receipts import Receipt, take_away
from sources.staging import Staged, stage

FILE_GATE = ("file", "file")


@dataclass(frozen=True)
class LandingOutcome:
    """What became of one received file: a submission, or a refusal."""

    receipt: Receipt
    dataset: str | None
    periods: tuple[date, ...]
    verdicts: tuple[Verdict, ...]
    submission: Submission | None
    refusal: Refusal | None


def gates_of(dataset: str) -> list[Suite]:
    """The suites that a file of this dataset must pass, in order."""
    return [load_suite(*FILE_GATE), load_suite(dataset, "rows")]


def suites_hash(dataset: str) -> str:
    """Changes when the gates of a dataset ask anything else: what was landed before is then judged again."""
    digest = hashlib.sha256()
    for suite in gates_of(dataset):
        digest.update(suite.model_dump_json().encode())
    return digest.hexdigest()


def gates_hash(home: Home) -> str:
    """Changes when a refused file might be judged differently: suites, contracts, readers, seeds or waivers."""
    digest = hashlib.sha256()
    readers = Path(contracts_module.__file__).parent
    for path in sorted(
        [*SUITES.glob("*.yaml"), *readers.glob("*/*.yaml"), *readers.glob("*.py"), TIMETABLE, INDICATORS]
    ):
        digest.update(path.name.encode() + path.read_bytes())
    for waiver in in_force(read_waivers(home.waivers), datetime.now(UTC)):
        digest.update(waiver.waiver_id.encode())
    return digest.hexdigest()


def land(home: Home, settings: Settings, receipt: Receipt) -> LandingOutcome:
    """Land one file, or refuse it and leave what was there before.

    Raises:
        PcwError: the file changed while it was read, or its stated dataset is unknown.
    """
    contracts = load_contracts()
    waivers = in_force(read_waivers(home.waivers), datetime.now(UTC))
    key = settings.pseudonym_key.get_secret_value() if settings.pseudonym_key else None

    def read() -> tuple[Staged, list[Verdict]]:
        staged = stage(
            home,
            receipt,
            contracts,
            submissions_of(home),
            settings.memory_limit,
            key,
            read_timetable(),
            settings.commissioner,
            read_indicators(),
        )
        try:
            return staged, judge(staged, waivers)
        finally:
            staged.close()

    staged, verdicts = without_values(
        receipt.name, lambda: look(receipt.path, receipt.name, contracts, None).is_private, read
    )
    dataset = staged.contract.dataset if staged.contract else None
    stored = [verdict.as_dict() for verdict in verdicts]
    failed = [verdict for verdict in verdicts if verdict.severity == "block" and not verdict.passed]
    submission, refusal = None, None
    if failed:
        also = ", ".join(verdict.check for verdict in failed[1:])
        message = failed[0].message + (f" (Also: {also}.)" if also else "")
        refusal = refuse(home, staged, failed[0].stage, message, stored, gates_hash(home))
    else:
        submission = promote(home, staged, stored, suites_hash(dataset or ""))
    if receipt.path.parent == home.inbox:  # on receipt a file leaves the inbox; any other folder is left as it is
        take_away(home, receipt)
    dataset = refusal.dataset if refusal is not None else dataset
    return LandingOutcome(receipt, dataset, staged.periods, tuple(verdicts), submission, refusal)


def judge(staged: Staged, waivers: Sequence[Waiver] = ()) -> list[Verdict]:
    """Verdicts of gate 1, and of gate 2 when gate 1 let the file through, as they count under the waivers given.

    A missing verdict is a failed one. What a waiver let land stays landed when the waiver has run out.
    """
    period = staged.periods[0] if len(staged.periods) == 1 else None
    name = staged.receipt.name

    def run(suite: Suite, relation: str) -> list[Verdict]:
        verdicts = run_suite(
            suite, staged.database, relation, period=period, submission_id=staged.submission_id, file_name=name
        )
        if missing := missing_verdicts(verdicts, suite):
            raise PcwError(f"File {name}: checks {', '.join(missing)} gave no verdict. This is a defect of the gates.")
        return verdicts

    verdicts = run(load_suite(*FILE_GATE), "file_facts")
    if any(verdict.severity == "block" and not verdict.passed for verdict in verdicts):
        return verdicts
    if staged.contract is None or not staged.readable:
        raise PcwError(
            f"File {name} could not be read, yet the file gate found nothing. This is a defect of the gates."
        )
    rows = run(load_suite(staged.contract.dataset, "rows"), "staged")
    return verdicts + waived(rows, waivers, staged.receipt.sha256)


def stored_verdicts(submissions: Sequence[Submission]) -> list[Verdict]:
    """The stored verdicts of the submissions given."""
    return [Verdict.from_dict(stored) for submission in submissions for stored in submission.verdicts]
