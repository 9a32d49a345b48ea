"""Where messages go: the terminal, and the run's own log file."""

import logging
import sys
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler

# Progress bars and messages share one console, so that they don't overwrite each other; results
# that a program may read go to standard output.
console = Console(stderr=True)


def configure_logging(run_dir: Path | None = None, rank: int = 0) -> None:
    """Send messages to the terminal and, for the main process of a run, to `run_dir`/train.log.

    Args:
        run_dir: The run's folder.
        rank: This process's number; all but the first only warn.
    """
    handler: logging.Handler
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False, markup=False)
        handler.setFormatter(logging.Formatter("%(message)s", datefmt="[%X]"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handlers: list[logging.Handler] = [handler]
    if run_dir is not None and rank == 0:
        to_file = logging.FileHandler(run_dir / "train.log", encoding="utf-8")
        to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        handlers.append(to_file)
    if rank > 0:
        prefix = logging.Formatter(f"[rank {rank}] %(levelname)s %(message)s")
        handler.setFormatter(prefix)
    logging.basicConfig(
        level=logging.INFO if rank == 0 else logging.WARNING, handlers=handlers, force=True
    )
    logging.captureWarnings(True)
    for chatty in ("matplotlib", "fontTools", "PIL", "fsspec", "torch.distributed"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
