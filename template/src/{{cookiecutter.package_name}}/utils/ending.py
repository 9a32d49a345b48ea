"""The end of a process that was one of several."""

import atexit
import logging
import os
import sys
from typing import NoReturn


def end_at_once(status: int) -> NoReturn:
    """End this process without Python taking itself apart.

    DDP keeps gloo's threads alive beyond the process group (pytorch 2.13). One that lets go of the
    last exchange's tensors while Python takes itself apart aborts the process, though its run went
    well. What is registered for the end is done, and what is written reaches its file.
    """
    atexit._run_exitfuncs()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
