"""Programs that this process has started for a run, so that none goes on when the run has ended.

Whose programs they are belongs with who starts them. A program whose run was killed ends by itself (`pcw.ending`).
"""

import subprocess

_started: list["subprocess.Popen[bytes]"] = []


def note_program(process: "subprocess.Popen[bytes]") -> None:
    """Remember it, and forget those that have ended."""
    _started[:] = [one for one in _started if one.poll() is None]
    _started.append(process)


def end_programs() -> None:
    """End what still runs for this process, and wait until it is gone.

    A run that ends in the middle, say where its history cannot be written, leaves dbt at work on the build database.
    """
    while _started:
        process = _started.pop()
        if process.poll() is None:
            process.kill()
        process.wait()
