"""Whether a file or folder is there, for who must go on whatever the answer.

A path's own methods raise some errors: a folder on the way may not be entered, a name may be too
long, links may go in a circle.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Tell whether there is a file; no, where nothing may be seen."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder; no, where nothing may be seen."""
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: Path) -> bool:
    """Tell whether there is a file or folder; no, where nothing may be seen."""
    return os.path.exists(path)  # noqa: PTH110


def is_nowhere(path: Path) -> bool:
    """Tell whether there is sure to be nothing, as a name that was mistyped leads to."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False  # it may be there: reading it will say why it can't be
    return False
