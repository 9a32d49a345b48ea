"""What a run says of a defect of the linter itself: one line, and no traceback unless asked for."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def tell(what: str, error: Exception, is_verbose: bool) -> None:
    """Say on standard error what could not be done, and where in the linter it broke off.

    Args:
        what: What could not be done: ``MLR001 could not be checked``.
        error: Why.
        is_verbose: Whether to show the whole traceback too.
    """
    said = " ".join(f"{type(error).__name__}: {error}".split())
    more = "" if is_verbose else ", with what `--verbose` says"
    print(f"mllint: {what} ({said}, {place(error)}): please report it{more}.", file=sys.stderr)
    if is_verbose:
        traceback.print_exception(error)


def place(error: Exception) -> str:
    """Return the innermost line of the linter's own that an error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if Path(each.filename).is_relative_to(PACKAGE)]
    if not own:
        return "outside of mllint"
    return f"{Path(own[-1].filename).relative_to(PACKAGE).as_posix()}:{own[-1].lineno}"
