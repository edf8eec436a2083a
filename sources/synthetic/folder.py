"""The folder of a sample: whose it is, and how it comes to its place.

Belongs here: the care for what stands there already. Does not belong here: any content. A folder is built beside its
place and moved there at the end, so that a reader sees the old sample or the new one, never half of either.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pcw.errors import PcwError

#: Says that the folder is ours: the arguments and the files that were written.
MARK = Path("truth") / "sample.json"


def begin(out: Path) -> Path:
    """An empty folder beside `out` to build in; raise PcwError where `out` holds what no sample wrote."""
    _refuse_foreign(out)
    beside = out.parent / f".{out.name}.being-written"
    shutil.rmtree(beside, ignore_errors=True)
    (beside / MARK).parent.mkdir(parents=True)
    return beside


def finish(beside: Path, out: Path, arguments: Mapping[str, object]) -> tuple[tuple[str, ...], int]:
    """Note what was written, put it in the place of the old sample, and return the feed files and their bytes."""
    files = sorted(path.relative_to(beside).as_posix() for path in beside.rglob("*") if path.is_file())
    mark = {**arguments, "files": files}
    (beside / MARK).write_text(json.dumps(mark, indent=1) + "\n", encoding="utf-8")
    if out.exists():
        shutil.rmtree(out)
    os.replace(beside, out)
    size = sum(path.stat().st_size for path in out.iterdir() if path.is_file())
    return tuple(name for name in files if "/" not in name), size


def _refuse_foreign(out: Path) -> None:
    """Raise unless `out` is absent, empty or exactly what an earlier call left there."""
    if not out.exists():
        return
    if not out.is_dir():
        raise PcwError(f"{out} is a file; a sample needs a folder of its own.")
    present = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    if not present and not any(out.iterdir()):
        return
    known: set[str] = set()
    if (out / MARK).is_file():
        known = {MARK.as_posix(), *json.loads((out / MARK).read_text(encoding="utf-8"))["files"]}
    foreign = sorted(present - known)
    if foreign or not known:
        raise PcwError(
            f"{out} is not empty and holds what no sample wrote ({', '.join(foreign[:3]) or 'empty folders'}). "
            "Choose another folder, or remove these files."
        )
