"""The last word before a release: every declared check has a verdict, and none that blocks has failed.

Checks are declared and run in `expectations`; nothing here decides what good data is.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from expectations.verdict import Verdict
from pcw.errors import PcwError

# Stages judged once per submission; the others judge the build as a whole.
SUBMISSION_STAGES = frozenset({"file", "rows"})
RELEASE_STAGE = "release"
NAMED_IN_MESSAGE = 5


class RequiredCheck(NamedTuple):
    """A check that must have a verdict: of one submission, or of the whole build (`submission_id` None)."""

    suite: str
    stage: str
    check: str
    submission_id: str | None = None

    def __str__(self) -> str:
        of = f" of submission {self.submission_id}" if self.submission_id else ""
        return f"{self.suite} {self.stage} {self.check}{of}"


class ReleaseBlocked(PcwError):
    """No release: what was published before stays. Carries the failed verdicts and the checks without one."""

    def __init__(self, message: str, *, failed: Sequence[Verdict] = (), missing: Sequence[RequiredCheck] = ()) -> None:
        super().__init__(message)
        self.failed = tuple(failed)
        self.missing = tuple(missing)


def required_checks(
    declared: Iterable[tuple[str, str, str, str, str]], current_submissions: Iterable[tuple[str, str]]
) -> list[RequiredCheck]:
    """Every verdict that a release needs.

    Args:
        declared: (suite, stage, check, severity, owner) of every check of every suite.
        current_submissions: (dataset, submission_id) of every current submission.
    """
    submissions: dict[str, list[str]] = {}
    for dataset, submission_id in current_submissions:
        submissions.setdefault(dataset, []).append(submission_id)
    required: list[RequiredCheck] = []
    for suite, stage, check, _, _ in declared:
        if stage in SUBMISSION_STAGES:
            required.extend(RequiredCheck(suite, stage, check, submission) for submission in submissions.get(suite, []))
        else:
            required.append(RequiredCheck(suite, stage, check))
    return required


def assert_gates(verdicts: Iterable[Verdict], required: Collection[RequiredCheck]) -> None:
    """Pass silently, or refuse the release. A check without a verdict counts as failed, whatever its severity.

    Raises:
        ReleaseBlocked: naming what failed and what is missing.
    """
    verdicts = list(verdicts)
    failed = [verdict for verdict in verdicts if verdict.severity == "block" and not verdict.passed]
    seen = {
        RequiredCheck(v.suite, v.stage, v.check, v.submission_id if v.stage in SUBMISSION_STAGES else None)
        for v in verdicts
    }
    missing = [check for check in required if check not in seen]
    if not failed and not missing:
        return
    sentences = []
    if failed:
        told = [f"{v.suite} {v.stage} {v.check}: {v.message}".removesuffix(".") for v in failed[:NAMED_IN_MESSAGE]]
        named = "; ".join(told)
        sentences.append(f"{len(failed)} blocking check(s) failed: {named}{_and_more(len(failed))}.")
    if missing:
        named = "; ".join(str(check) for check in missing[:NAMED_IN_MESSAGE])
        sentences.append(
            f"{len(missing)} declared check(s) have no verdict and count as failed: {named}{_and_more(len(missing))}. "
            "Run the gates again."
        )
    raise ReleaseBlocked(
        f"Nothing was released; what is published stays as it was. {' '.join(sentences)}",
        failed=failed,
        missing=missing,
    )


def _and_more(count: int) -> str:
    return f"; and {count - NAMED_IN_MESSAGE} more" if count > NAMED_IN_MESSAGE else ""
