"""What a tracker is, and the group that keeps a failing or slow one away from training.

``metrics.jsonl`` in the run directory is the truth and is written by the loop itself. Trackers are
views of it: each is fed by a thread of its own, so that ``log`` costs the loop one queue operation,
and whatever a tracker does (raise, block, lose its network) costs at most that tracker.
"""

import dataclasses
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, Protocol

from ..errors import UserError
from ..utils.instantiate import instantiate
from .redact import redact

log = logging.getLogger(__name__)

Status = Literal["completed", "interrupted", "failed"]

# A record is one log call; a tracker that is this far behind has stopped taking them.
BACKLOG_LIMIT = 10_000
# Pre-emption gives a job some 30 s in all, so an interrupted run must not wait for an upload.
FINISH_TIMEOUT_S: dict[str, float] = {"completed": 60.0, "failed": 30.0, "interrupted": 10.0}


@dataclasses.dataclass(frozen=True)
class RunInfo:
    """What a tracker is told when a run starts.

    Attributes:
        run_dir: Directory of the run; a tracker writes below it and nowhere else.
        name: Name to show.
        config: The resolved configuration, JSON-able.
        provenance: Where the run comes from, JSON-able: ``git`` (``utils.system.git_state``),
            ``data_fingerprint`` (sha256) and ``system`` (``utils.system.system_report``).
        start_step: Optimizer steps already done: 0 for a new run, the checkpoint's on resume.
    """

    run_dir: Path
    name: str
    config: dict[str, Any]
    provenance: dict[str, Any]
    start_step: int = 0


class Tracker(Protocol):
    """One place that metrics go to. Its library is imported in ``start``, never at module level."""

    name: str

    def start(self, run: RunInfo) -> None:
        """Opens the run; called in the main thread.

        Raises:
            UserError: The library is not installed; the message names the extra to install.
        """

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Records metrics at an optimizer step; steps never decrease within one start."""

    def finish(self, status: Status) -> None:
        """Writes what is pending and closes the run."""


class _Feed:
    """A started tracker with the queue and the thread that feed it."""

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.alive = True
        self.records: SimpleQueue[tuple[dict[str, float], int] | Status] = SimpleQueue()
        self.thread = threading.Thread(target=self._drain, name=f"track-{tracker.name}")
        self.thread.daemon = True  # a hung tracker must not keep the process from ending
        self.thread.start()

    def _drain(self) -> None:
        while self.alive:
            record = self.records.get()
            try:
                if isinstance(record, str):
                    self.tracker.finish(record)
                    return
                self.tracker.log(*record)
            except Exception as error:
                action = "finish" if isinstance(record, str) else "log"
                self.drop(f"failed in {action} ({_describe(error)})")

    def drop(self, reason: str) -> None:
        if self.alive:  # one warning for one tracker
            self.alive = False
            _warn_dropped(self.tracker, reason)


class TrackerGroup:
    """Several trackers as one. No tracker's exception or delay reaches the training loop.

    Args:
        trackers: The trackers to feed; an empty group does nothing.
    """

    name = "group"

    def __init__(self, trackers: Iterable[Tracker]) -> None:
        self._trackers = list(trackers)
        self._feeds: list[_Feed] = []

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the trackers that are started and have not failed."""
        return tuple(feed.tracker.name for feed in self._feeds if feed.alive)

    def start(self, run: RunInfo) -> None:
        """Starts every tracker, with the secrets in config and provenance redacted.

        Args:
            run: The run that starts or resumes.

        Raises:
            UserError: A tracker's library is missing; better said now than after a night's run.
        """
        # The provenance may hold the config once more; trackers show it once.
        provenance = {key: value for key, value in run.provenance.items() if key != "config"}
        run = dataclasses.replace(run, config=redact(run.config), provenance=redact(provenance))
        for tracker in self._trackers:
            try:
                tracker.start(run)
            except UserError:
                self.finish("failed")
                raise
            except Exception as error:
                _warn_dropped(tracker, f"failed in start ({_describe(error)})")
            else:
                self._feeds.append(_Feed(tracker))

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Hands metrics to every live tracker and returns at once.

        Args:
            metrics: Values by name, such as ``train/loss``; Python floats, so that no thread
                waits for a GPU.
            step: Optimizer steps done.
        """
        for feed in self._feeds:
            if not feed.alive:
                continue
            if feed.records.qsize() >= BACKLOG_LIMIT:
                feed.drop(f"took no record for the last {BACKLOG_LIMIT} log calls")
            else:
                feed.records.put((dict(metrics), step))  # copied: the caller may reuse its dict

    def finish(self, status: Status) -> None:
        """Lets every tracker write what is pending and close; waits a bounded time.

        Args:
            status: How the run ended. Save the checkpoint first: this may wait for an upload.
        """
        feeds, self._feeds = self._feeds, []
        for feed in feeds:
            feed.records.put(status)
        deadline = time.monotonic() + FINISH_TIMEOUT_S[status]
        for feed in feeds:
            if not feed.alive:
                continue
            feed.thread.join(timeout=max(0.0, deadline - time.monotonic()))
            if feed.thread.is_alive():
                feed.drop(f"did not finish within {FINISH_TIMEOUT_S[status]:.0f} s")


def build_trackers(cfg_tracking: Mapping[str, Any] | None, rank: int = 0) -> TrackerGroup:
    """Builds the trackers of the ``tracking`` config group.

    Args:
        cfg_tracking: ``{"trackers": [{"_target_": "package.module.Class", …}, …]}``.
        rank: Rank of this process; only rank 0 tracks.

    Returns:
        The group, empty for ``tracking=none`` and on other ranks.

    Raises:
        UserError: A ``_target_`` cannot be found, or does not take the arguments given.
    """
    entries = (cfg_tracking or {}).get("trackers") or [] if rank == 0 else []
    return TrackerGroup(
        instantiate(entry, f"tracking.trackers[{index}]") for index, entry in enumerate(entries)
    )


def _describe(error: BaseException) -> str:
    """One line: the innermost cause says what went wrong."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _warn_dropped(tracker: Tracker, reason: str) -> None:
    log.warning(
        "tracker %s %s: it is dropped, training goes on; every metric is in metrics.jsonl",
        tracker.name,
        reason,
    )
