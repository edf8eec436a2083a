"""Whether what landed is still what was written: every file there, of the size and hash that its manifest states.

Nothing is repaired here. Which submissions a build reads belongs in `orchestration.inputs`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from pcw.errors import PcwError
from pcw.files import sha256_of
from sources.manifests import MANIFEST, REGATED, WITHDRAWN, Submission, parquet_files

OWN = {MANIFEST, REGATED, WITHDRAWN}
RAW = "raw"


def folder_of(landing: Path, submission: Submission) -> Path:
    """Where a submission lies."""
    return landing / submission.dataset / submission.submission_id


def facts_of_files(folder: Path) -> dict[str, tuple[int, str]]:
    """Bytes and SHA-256 of every file of a landed folder, by its name within; the manifest does not state itself."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, sha256_of(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in OWN
    }


def damage(landing: Path, submission: Submission, *, deep: bool) -> Iterator[str]:
    """What is wrong with the files of a submission, one clause each; none when it is whole.

    Args:
        deep: read every byte; else names and sizes alone.
    """
    folder = folder_of(landing, submission)
    if submission.purged is not None:
        left = [path.name for path in sorted(folder.iterdir()) if path.name not in OWN]
        if left:
            yield f"{', '.join(left)} is still there though it was purged"
        return
    if not submission.files:
        yield from _damage_of_rows(landing, submission, deep=deep)
        return
    for name, (size, sha256) in submission.files.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.stat().st_size != size:
            yield f"{name} has {path.stat().st_size:,} bytes and {size:,} were written"
        elif deep and sha256_of(path) != sha256:
            yield f"{name} does not hold what was written (its hash differs)"
    for path in sorted(folder.rglob("*.parquet")):
        if path.relative_to(folder).as_posix() not in submission.files:
            yield f"{path.relative_to(folder).as_posix()} was not written by landing"


def _damage_of_rows(landing: Path, submission: Submission, *, deep: bool) -> Iterator[str]:
    """A manifest of before files were listed: its rows by month are all that can be held against it."""
    for facts in submission.periods:
        files = parquet_files(landing, submission, facts.period)
        shown = f"period={facts.period.isoformat()}"
        if facts.rows and not files:
            yield f"{shown} is missing"
        elif deep and files:
            try:
                [(rows,)] = duckdb.execute(
                    "select count(*) from read_parquet(?, hive_partitioning = false)", [files]
                ).fetchall()
            except duckdb.Error as error:
                yield f"{shown} cannot be read ({str(error).splitlines()[0]})"
                continue
            if rows != facts.rows:
                yield f"{shown} holds {rows:,} rows and its manifest states {facts.rows:,}"


def remedy(landing: Path, submission: Submission) -> str:
    """What to do about a damaged submission: a backup, the bytes that were kept, or the sender."""
    folder = folder_of(landing, submission)
    if submission.purged is not None:
        return "Run the same pcw purge again: it removes what a crash left of it."
    steps = f"Restore {folder} from a backup; or move it out of landing and "
    for path in sorted((folder / RAW).glob("*")):
        stated = submission.files.get(f"{RAW}/{path.name}")
        if stated is not None and (path.stat().st_size, sha256_of(path)) == stated:
            return (
                f"{steps}land what was received again, which is whole, there: `pcw land {RAW}/{path.name} "
                f"--dataset {submission.dataset} --received-at {submission.received_at.isoformat()}`."
            )
    return f"{steps}send the file again, with --received-at {submission.received_at.isoformat()}."


def assert_intact(landing: Path, submissions: Iterable[Submission]) -> None:
    """Refuse to build from landed data that are not what was written, or that were purged.

    Raises:
        PcwError: names the submission, what is wrong with it, what follows and what to do.
    """
    for submission in submissions:
        name = f"{submission.dataset} {submission.submission_id} ({submission.file_name})"
        if submission.purged is not None:
            raise PcwError(
                f"{name} was purged on {submission.purged['at'][:10]} ({submission.purged['reason']}), and this build "
                "needs its rows, so it cannot be made any more. Ask for a date after it was superseded."
            )
        found = list(damage(landing, submission, deep=True))
        if found:
            raise PcwError(
                f"Landed data are damaged, so nothing is built: of {name} {'; '.join(found[:3])}. "
                f"{remedy(landing, submission)}"
            )
