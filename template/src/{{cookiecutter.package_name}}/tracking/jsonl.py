"""A run's own record, one JSON object a line: always written, and the truth where others differ."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError


class JsonLines:
    """An append-only file of JSON lines.

    Lines are written whole and at once, so that a killed process leaves at most one broken line,
    the last, which `truncate` removes.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` for appending.

        Raises:
            UserError: It can't be written.
        """
        self.path = path
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise UserError(f"{path}: can't be written ({error.strerror})") from error

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one record.

        Raises:
            UserError: The disk is full.
        """
        # Numbers that are not finite are no JSON; a reader in any language gets null.
        line = json.dumps({key: _finite(value) for key, value in record.items()})
        try:
            self._file.write(f"{line}\n".encode())
        except OSError as error:
            raise UserError(
                f"{self.path}: can't be written ({error.strerror}); checkpoints are intact: make "
                "room, then run the same command again to go on from the last one"
            ) from error

    def size(self) -> int:
        """Return the length in bytes."""
        return self._file.tell()

    def truncate(self, size: int) -> None:
        """Drop what was written after the first `size` bytes: it is going to be written again."""
        self._file.truncate(min(size, self.path.stat().st_size))
        self._file.seek(0, 2)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read the records of a file, leaving out a last line that was cut short.

    Raises:
        UserError: The file can't be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UserError(f"{path}: can't be read ({error.strerror})") from error
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise UserError(f"{path}:{number}: not JSON ({error})") from error
    return records


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and value - value != 0.0 else value
