"""The end of the process, without its objects being taken apart one by one."""

from __future__ import annotations

import atexit
import os
import sys


def end_at_once(status: int) -> int:
    """End the process; of a large project, Python would free millions of facts first.

    What is registered for the end is done, and what was written reaches its file. If it can't, the
    status is returned, for Python to end as it does.
    """
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return status
    os._exit(status)
