"""Weights & Biases: online with a key, offline without one, and never a question.

What leaves the machine is metrics, the redacted configuration, the provenance, the list of
installed packages and W&B's own system metrics. Code, the git diff, the command line, terminal
output, environment variables and data samples stay here.
"""

import logging
import netrc
import os
import re
import secrets
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ..errors import UserError
from .base import FINISH_TIMEOUT_S, RunInfo, Status

if TYPE_CHECKING:
    from wandb import Run

log = logging.getLogger(__name__)

Mode = Literal["online", "offline", "disabled"]
ID_FILE = "wandb_run_id.txt"
# WANDB_MODE has two old names for modes.
_MODES: dict[str, Mode] = {
    "online": "online",
    "run": "online",
    "shared": "online",
    "offline": "offline",
    "dryrun": "offline",
    "disabled": "disabled",
}


class WandbTracker:
    """Logs a run to W&B; a resumed run continues under the same id.

    Args:
        project: W&B project; None leaves it to WANDB_PROJECT.
        entity: User or team; None is the default of the account.
        group: Name that groups runs, such as the seeds of one experiment.
        tags: Tags of the run.
        mode: ``online``, ``offline``, ``disabled``, or ``auto``: WANDB_MODE if set, else online
            where a key is found (WANDB_API_KEY, netrc), else offline.
        init_timeout_s: Seconds to wait for the server before the run goes on offline.
    """

    name = "wandb"

    def __init__(
        self,
        project: str | None = None,
        entity: str | None = None,
        group: str | None = None,
        tags: tuple[str, ...] | list[str] = (),
        mode: str = "auto",
        init_timeout_s: float = 30.0,
    ) -> None:
        self.project = project
        self.entity = entity
        self.group = group
        self.tags = list(tags)
        self.mode = mode
        self.init_timeout_s = init_timeout_s
        self._run: Run | None = None

    def start(self, run: RunInfo) -> None:
        """Opens or continues the W&B run.

        Raises:
            UserError: wandb is not installed, or the mode is unknown.
        """
        try:
            # By name: with W&B missing, a folder wandb/ beside the program would import, empty.
            from wandb import Settings, init, teardown
        except ImportError as error:
            raise UserError(
                "tracking=wandb: the package wandb is not installed; run "
                "pip install -e '.[wandb]' or choose tracking=none"
            ) from error
        mode = choose_mode(self.mode)
        try:
            self._run = self._open(init, Settings, run, mode)
        except Exception as error:
            if mode != "online":
                raise
            reason = " ".join(str(error).split())[:200]
            log.warning("W&B cannot be reached (%s): the run is tracked offline", reason)
            mode = "offline"
            teardown()  # W&B's service still holds the id of the run that failed to open
            self._run = self._open(init, Settings, run, mode)
        # W&B's own counter only ever grows and drops what comes below it; with an axis of our own
        # the steps that a resumed run repeats are kept.
        self._run.define_metric("step")
        self._run.define_metric("*", step_metric="step")
        if mode == "online":
            log.info("W&B: %s", self._run.url)
        elif mode == "offline":
            log.info("W&B offline; upload: wandb sync %s/wandb/offline-run-*", run.run_dir)

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Logs metrics with the optimizer step as their axis."""
        if self._run is not None:
            self._run.log({"step": step, **metrics})

    def finish(self, status: Status) -> None:
        """Closes the run; an interrupted one is marked so that W&B expects it back."""
        if self._run is not None:
            if status == "interrupted":
                self._run.mark_preempting()
            self._run.finish(exit_code=0 if status == "completed" else 1)
            self._run = None

    def _open(
        self, init: Callable[..., Any], settings: Callable[..., Any], run: RunInfo, mode: Mode
    ) -> "Run":
        run_id, known = stored_run_id(run.run_dir)
        if not known and mode != "disabled":
            _store_run_id(run.run_dir, run_id)
        git = run.provenance.get("git") or {}
        opened: Run = init(
            project=self.project,
            entity=self.entity,
            group=self.group,
            tags=self.tags,
            name=run.name,
            id=run_id,
            resume="allow",  # offline parts of one id are joined by `wandb sync`, oldest first
            dir=str(run.run_dir),
            config={**run.config, "provenance": run.provenance},
            mode=mode,
            reinit="create_new",
            settings=settings(
                silent=True,  # our own log says where the run is
                console="off",
                disable_code=True,
                disable_git=True,  # would send the diff; the commit comes from the provenance
                git_commit=git.get("commit"),
                x_disable_meta=True,  # holds the command line; the provenance says the rest
                init_timeout=self.init_timeout_s,
                finish_timeout=FINISH_TIMEOUT_S["completed"],
            ),
        )
        return opened


def choose_mode(wanted: str) -> Mode:
    """Resolves the mode so that W&B never has to ask for a key.

    Args:
        wanted: ``auto``, ``online``, ``offline`` or ``disabled``.

    Returns:
        The mode; ``online`` only where a key is found.

    Raises:
        UserError: The mode is none of these.
    """
    if wanted == "auto":
        wanted = os.environ.get("WANDB_MODE", "") or ("online" if has_key() else "offline")
    mode = _MODES.get(wanted.lower())
    if mode is None:
        raise UserError(
            f"W&B mode {wanted!r} is unknown; set tracking's mode (or WANDB_MODE) to one of "
            "online, offline, disabled"
        )
    if mode == "online" and not has_key():
        log.warning("W&B mode is online but no key is found (wandb login): tracked offline")
        return "offline"
    return mode


def has_key() -> bool:
    """Whether W&B credentials exist; their value is not read any further."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    named = os.environ.get("NETRC")
    for path in [Path(named)] if named else [Path.home() / ".netrc", Path.home() / "_netrc"]:
        try:
            if netrc.netrc(str(path)).hosts.get(host):
                return True
        except (OSError, netrc.NetrcParseError):
            continue
    return False


def stored_run_id(run_dir: Path) -> tuple[str, bool]:
    """Finds the W&B id that belongs to a run directory, or makes one.

    Args:
        run_dir: Directory of the run.

    Returns:
        The id, and whether it was already stored there.
    """
    try:
        stored = (run_dir / ID_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        stored = ""
    if re.fullmatch(r"[\w.-]{1,64}", stored):
        return stored, True
    # `secrets`, not `random`: tracking must not move the generators that training draws from.
    letters = string.ascii_lowercase + string.digits
    made = "".join(secrets.choice(letters) for _ in range(8))
    return os.environ.get("WANDB_RUN_ID") or made, False  # W&B's sweep agent names the run


def _store_run_id(run_dir: Path, run_id: str) -> None:
    run_dir.mkdir(parents=True, exist_ok=True)
    aside = run_dir / f"{ID_FILE}.tmp"
    aside.write_text(run_id + "\n", encoding="utf-8")
    aside.replace(run_dir / ID_FILE)
