"""The end of a process that is done. Every command imports it, so that it imports little.

That somebody told a process to end belongs in `pcw.ending`.
"""

import atexit
import os
import sys
from typing import NoReturn


def leave(code: int | str | None) -> NoReturn:
    """End this process as `sys.exit` does, without taking its millions of objects apart, which takes it seconds.

    What is registered for the end of a program is run, and what was printed is written. Databases that were written
    must be closed by then, and threads at their end: nobody waits for them.
    """
    if isinstance(code, str):
        print(code, file=sys.stderr)
        code = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except OSError:  # nobody reads it, or the disk is full: what Python itself says then
            code = code or 120
    os._exit(code or 0)
