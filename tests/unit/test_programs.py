"""dbt ends with the run that started it, also where that ends in the middle."""

import subprocess
import sys

from orchestration import programs


def test_what_still_runs_is_ended_and_waited_for() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    programs.note_program(process)
    programs.note_program(done)
    programs.end_programs()
    assert process.returncode is not None and process.returncode < 0
    assert done.returncode == 0
    assert programs._started == []
