"""Checkpoints that survive being killed while they are written, and that say when they are damaged.

A checkpoint is a directory, `checkpoints/step-00000120/`:

    model.safetensors   the weights
    ema.safetensors     their moving average, if there is one
    optimizer.pt        the optimizer's state; loads with weights_only=True
    state.json          step, epoch, position in the data, generators, config, hashes, git commit
    MANIFEST.sha256     a checksum of each; `sha256sum -c MANIFEST.sha256` verifies it by hand

It is written aside, flushed to the disk, and renamed, so that a name `step-…` is either a whole
checkpoint or not there. `last` and `best` are links to two of them, replaced in one step.
"""

import contextlib
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from ..errors import UserError

logger = logging.getLogger(__name__)

FORMAT = 1
_MANIFEST = "MANIFEST.sha256"
_ASIDE = ".writing-"  # prefix of what is not a checkpoint yet
_ON_ITS_WAY_OUT = ".deleting-"
_NEEDED = {"model.safetensors", "optimizer.pt", "state.json"}


class DamagedCheckpointError(Exception):
    """A checkpoint lacks a file, or one is not what was written; the message says which."""


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint.

    Attributes:
        path: Its directory.
        content: What `state.json` holds.
    """

    path: Path
    content: dict[str, Any]

    @property
    def step(self) -> int:
        """The optimizer step it was taken after."""
        return int(self.content["train"]["step"])

    @property
    def weights(self) -> Path:
        """The weights to evaluate and to ship: the moving average where there is one."""
        average = self.path / "ema.safetensors"
        return average if average.exists() else self.path / "model.safetensors"


class CheckpointStore:
    """The checkpoints of one run."""

    def __init__(self, run_dir: Path, keep_last: int = 3, keep_best: int = 1) -> None:
        """Look after `run_dir`/checkpoints; nothing is written yet."""
        self.root = run_dir / "checkpoints"
        self.keep_last, self.keep_best = keep_last, keep_best

    def save(
        self,
        content: dict[str, Any],
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        ema: nn.Module | None = None,
        *,
        is_best: bool = False,
    ) -> Path:
        """Write a checkpoint, point `last` (and `best`) at it, and drop those not kept.

        Args:
            content: For state.json; `content["train"]["step"]` names the directory.
            model: The bare model, neither wrapped nor compiled.
            optimizer: Its optimizer.
            ema: The moving average.
            is_best: Whether `best` is to point here.

        Raises:
            UserError: The disk is full or can't be written to; earlier checkpoints are untouched.
        """
        name = f"step-{content['train']['step']:08d}"
        final, aside = self.root / name, self.root / f"{_ASIDE}{name}"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            save_model(model, str(aside / "model.safetensors"))
            if ema is not None:
                save_model(ema, str(aside / "ema.safetensors"))
            torch.save(optimizer.state_dict(), aside / "optimizer.pt")
            (aside / "state.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
            _write_manifest(aside)
            if final.exists():  # saved again after the same step, with a lower rate
                _remove(final)
            aside.rename(final)
            _flush(self.root)
            _link(self.root / "last", name)
            if is_best:
                _link(self.root / "best", name)
        except (OSError, SafetensorError, RuntimeError) as error:
            # torch.save reports a full disk as a RuntimeError of its zip writer.
            shutil.rmtree(aside, ignore_errors=True)
            raise UserError(
                f"{final}: could not be written ({_first_line(error)}); earlier checkpoints are "
                "intact: make room, then run the same command again to go on from the last one"
            ) from error
        self._prune()
        return final

    def newest_good(self) -> Checkpoint | None:
        """Return the newest checkpoint that is whole, warning of each damaged one passed over.

        Raises:
            UserError: There are checkpoints, and all are damaged.
        """
        damage = []
        for path in reversed(self._all()):
            try:
                return read_checkpoint(path)
            except DamagedCheckpointError as error:
                logger.warning("skipping a damaged checkpoint: %s", error)
                damage.append(error)
        if damage:
            raise UserError(
                f"every checkpoint in {self.root} is damaged (the newest: {damage[0]}); "
                "restore one from a backup, or choose another run_dir to start anew"
            )
        return None

    def clean(self) -> None:
        """Remove what a killed process left half-written or half-deleted.

        A checkpoint that was being replaced when the process was killed may be under neither name;
        then its successor is whole, and takes its place.
        """
        for leftover in [*self.root.glob(f"{_ASIDE}*"), *self.root.glob(f"{_ON_ITS_WAY_OUT}*")]:
            final = leftover.with_name(leftover.name.removeprefix(_ASIDE))
            if leftover.name.startswith(f"{_ASIDE}step-") and not final.exists():
                with contextlib.suppress(DamagedCheckpointError, UserError):
                    read_checkpoint(leftover)
                    leftover.rename(final)
                    continue
            if leftover.is_symlink():
                leftover.unlink(missing_ok=True)
            else:
                shutil.rmtree(leftover, ignore_errors=True)

    def forget_after(self, checkpoint: Checkpoint) -> None:
        """Drop checkpoints later than the one that is resumed from, and point `last` at that one.

        They are damaged, or belong to a future that is not going to be repeated.
        """
        for path in self._all():
            if _step(path) > checkpoint.step:
                _remove(path)
        _link(self.root / "last", checkpoint.path.name)
        best = checkpoint.content["train"]["best_step"]
        if best is not None and (self.root / f"step-{best:08d}").exists():
            _link(self.root / "best", f"step-{best:08d}")

    def _all(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return sorted(p for p in self.root.glob("step-*") if p.is_dir())

    def _prune(self) -> None:
        everything = self._all()
        keep = set(everything[-self.keep_last :])
        keep |= {link.resolve() for link in (self.root / "last", self.root / "best")}
        if self.keep_best > 1:
            scored = [(value, path) for path in everything if (value := _score(path)) is not None]
            keep |= {path for _, path in sorted(scored)[: self.keep_best]}
        for path in everything:
            if path not in keep and path.resolve() not in keep:
                _remove(path)


def read_checkpoint(path: Path) -> Checkpoint:
    """Verify a checkpoint's files against its manifest and read its state.

    Raises:
        DamagedCheckpointError: Something is missing or is not what was written.
    """
    try:
        lines = (path / _MANIFEST).read_text(encoding="utf-8").splitlines()
        digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        if not _NEEDED.issubset(digests):
            raise DamagedCheckpointError(f"{path / _MANIFEST} is cut short")
        for name, digest in digests.items():
            if _sha256(path / name) != digest:
                raise DamagedCheckpointError(f"{path / name} is not what was written")
        content = json.loads((path / "state.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise DamagedCheckpointError(f"{error.filename}: {error.strerror}") from error
    except ValueError as error:  # not UTF-8, not JSON
        raise DamagedCheckpointError(f"{path}: {_first_line(error)}") from error
    if content.get("format") != FORMAT:
        raise UserError(f"{path}: checkpoint format {content.get('format')}, not {FORMAT}")
    return Checkpoint(path, content)


def load_weights(path: Path, model: nn.Module) -> None:
    """Load a safetensors file into the model, every tensor of both accounted for.

    Raises:
        UserError: The file does not fit the model.
    """
    try:
        load_model(model, str(path), strict=True)
    except (RuntimeError, SafetensorError, OSError) as error:
        raise UserError(
            f"{path}: does not fit the model that the config describes ({_first_line(error)})"
        ) from error


def load_optimizer(
    path: Path, optimizer: torch.optim.Optimizer, device: torch.device, configured: Iterable[str]
) -> None:
    """Load the optimizer's moments, and of its groups' options those that no config decides.

    Args:
        path: The file.
        optimizer: A new optimizer of the same class.
        device: Where its parameters are.
        configured: Options that stay as they are: a changed rate must not be overruled by the file.

    Raises:
        UserError: The file does not fit the optimizer.
    """
    kept = [{k: g[k] for k in configured if k in g} for g in optimizer.param_groups]
    try:
        optimizer.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: does not fit the optimizer ({_first_line(error)})") from error
    for group, options in zip(optimizer.param_groups, kept, strict=True):
        group.update(options)


def _write_manifest(directory: Path) -> None:
    files = sorted(p for p in directory.iterdir() if p.is_file())
    lines = []
    for file in files:
        _flush(file)
        lines.append(f"{_sha256(file)}  {file.name}\n")
    (directory / _MANIFEST).write_text("".join(lines), encoding="utf-8")
    _flush(directory / _MANIFEST)
    _flush(directory)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Wait until a file's, or a directory's, content is on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows can't open a directory, and needs no flush of one
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _link(link: Path, target: str) -> None:
    """Point a link at a sibling, in one step where the file system has links."""
    aside = link.with_name(f"{_ASIDE}{link.name}")
    aside.unlink(missing_ok=True)
    try:
        aside.symlink_to(target, target_is_directory=True)
        aside.replace(link)
    except OSError:  # Windows without the right to make links: a copy
        shutil.rmtree(link, ignore_errors=True)
        shutil.copytree(link.parent / target, link)


def _remove(path: Path) -> None:
    """Delete a checkpoint so that no half of it is ever taken for one."""
    doomed = path.with_name(f"{_ON_ITS_WAY_OUT}{path.name}")
    shutil.rmtree(doomed, ignore_errors=True)
    path.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _step(path: Path) -> int:
    return int(path.name.removeprefix("step-"))


def _score(path: Path) -> float | None:
    """Return the monitored value of a checkpoint taken at an evaluation, lower is better."""
    try:
        content = json.loads((path / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    score: float | None = content["train"]["score"]
    return score


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
