"""One checkpoint: a directory that says by itself whether it is whole.

`checkpoints/step-00000120/` holds

    model.safetensors   the weights
    ema.safetensors     their moving average, if there is one
    optimizer.pt        the optimizer's state; loads with weights_only=True
    state.json          step, epoch, position in the data, generators, config, hashes, git commit
    MANIFEST.sha256     a checksum of each; `sha256sum -c MANIFEST.sha256` verifies it by hand
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from ..errors import UserError
from ..utils.durable import flush, sha256

FORMAT = 1
_MANIFEST = "MANIFEST.sha256"
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


def write_checkpoint(
    path: Path,
    content: dict[str, Any],
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    ema: nn.Module | None = None,
) -> None:
    """Write a checkpoint's files into a new directory, and wait until they are on the disk.

    Args:
        path: The directory; its name must not be that of a finished checkpoint.
        content: For `state.json`.
        model: The bare model, neither wrapped nor compiled.
        optimizer: Its optimizer.
        ema: The moving average.

    Raises:
        OSError, SafetensorError, RuntimeError: The disk is full or can't be written to; the last
            is how torch.save reports that.
    """
    path.mkdir(parents=True)
    save_model(model, str(path / "model.safetensors"))
    if ema is not None:
        save_model(ema, str(path / "ema.safetensors"))
    torch.save(optimizer.state_dict(), path / "optimizer.pt")
    (path / "state.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    files = sorted(p for p in path.iterdir() if p.is_file())
    for file in files:
        flush(file)
    manifest = path / _MANIFEST
    lines = [f"{sha256(file)}  {file.name}\n" for file in files]
    manifest.write_text("".join(lines), encoding="utf-8")
    flush(manifest)
    flush(path)


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
            if sha256(path / name) != digest:
                raise DamagedCheckpointError(f"{path / name} is not what was written")
        content = json.loads((path / "state.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise DamagedCheckpointError(f"{error.filename}: {error.strerror}") from error
    except ValueError as error:  # not UTF-8, not JSON
        raise DamagedCheckpointError(f"{path}: {first_line(error)}") from error
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
            f"{path}: does not fit the model that the config describes ({first_line(error)})"
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
        raise UserError(f"{path}: does not fit the optimizer ({first_line(error)})") from error
    for group, options in zip(optimizer.param_groups, kept, strict=True):
        group.update(options)


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its name."""
    return (str(error).splitlines() or [type(error).__name__])[0]
