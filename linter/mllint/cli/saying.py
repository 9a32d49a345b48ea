"""Writing to standard output, which may be full or closed."""

from __future__ import annotations

import sys


class UnwritableOutputError(Exception):
    """Standard output can't be written: the disk is full, say."""


def say(text: str) -> None:
    """Write to standard output.

    Raises:
        UnwritableOutputError: If that can't be done, but for a reader who has enough.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnwritableOutputError(f"the report can't be written: {error.strerror}.") from error
