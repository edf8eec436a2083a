"""dbt ends with the run that started it, also where that ends in the middle."""

import subprocess
import sys

from orchestration import dbt_program


def test_what_still_runs_is_ended_and_waited_for() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    dbt_program._started[:] = [process, done]
    dbt_program.end_programs()
    assert process.returncode is not None and process.returncode < 0
    assert done.returncode == 0
    assert dbt_program._started == []
