"""What travels between the parts of the data pipeline, and the two data sets behind every split."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from ..errors import UserError
from .transforms import prepare

if TYPE_CHECKING:
    from .transforms import Augmentation

SampleKey = tuple[int, int]
"""(epoch, index into the split): the sampler's item. The epoch keys the augmentation."""

Batch = dict[str, torch.Tensor]
"""inputs (B, ...) float32, targets (B,) int64, index (B,) int64: row in the whole data set."""

Indices = npt.NDArray[np.int64]
Reader = Callable[[Path], npt.NDArray[Any]]

# Below this size the normalised float32 copy of a split is made once; above it, batch by batch.
PREPARED_LIMIT_BYTES = 1 << 30


class SampleError(UserError):
    """A sample that can't be read; survives the way out of a DataLoader worker.

    PyTorch re-raises a worker's exception as `type(error)("Caught ... Original Traceback ...")`.
    The constructor finds the one line that was raised in that text, so the user reads just that.
    """

    def __init__(self, message: str) -> None:
        """Keep the last `SampleError: ...` of a worker's traceback, or the message as it is."""
        text = (
            message.rpartition(f"{type(self).__name__}: ")[2] if "Caught " in message else message
        )
        super().__init__(text.strip())


@dataclass(frozen=True)
class DataSpec:
    """What a model, a server and a checkpoint must know of the data.

    Attributes:
        kind: "vision" or "tabular".
        input_shape: one sample as the model gets it, (C, H, W) or (F,).
        class_names: position = target.
        feature_names: of a table, else empty.
        mean: per channel or feature, fitted on the training split only.
        std: likewise; never zero.
        fingerprint: SHA-256 over samples, targets and split membership.
        missing: "error" refuses missing values, "mean" replaces them by `mean`.
    """

    kind: str
    input_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fingerprint: str
    missing: str = "error"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types; `from_dict` gives the same spec back, bit for bit."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "DataSpec":
        """Rebuild what `to_dict` wrote."""
        arguments: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return cls(**arguments)


@dataclass(frozen=True)
class Source:
    """A whole data set before it is split, as the functions that data/*.yaml name return it.

    Attributes:
        kind: "vision" or "tabular".
        targets: (N,) int64, each a position in class_names.
        class_names: one for each class.
        inputs: (N, H, W, C) uint8, or float32 within [0, 1]; (N, F) float32 or float64. None for
            files.
        paths: N files instead of inputs; `reader` makes one (H, W, C) uint8 array of each.
        reader: picklable, raises SampleError.
        input_shape: (C, H, W) of what `reader` returns.
        feature_names: of a table.
        split: rows of "train" and "test", maybe "val", when the data set comes with them.
        groups: (N,) rows that share a number stay in one split (patients, sessions).
        missing: see DataSpec.
        hash_contents: False identifies files by name and size only (huge folders).
    """

    kind: str
    targets: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    inputs: npt.NDArray[Any] | None = None
    paths: tuple[Path, ...] = ()
    reader: Reader | None = None
    input_shape: tuple[int, ...] = ()
    feature_names: tuple[str, ...] = ()
    split: Mapping[str, Indices] | None = None
    groups: npt.NDArray[np.int64] | None = None
    missing: str = "error"
    hash_contents: bool = True

    def __len__(self) -> int:
        """Return the number of samples N."""
        return len(self.targets)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """One sample as the model gets it: (C, H, W) or (F,)."""
        if self.inputs is None:
            return self.input_shape
        shape = tuple(int(n) for n in self.inputs.shape[1:])
        return (shape[2], shape[0], shape[1]) if len(shape) == 3 else shape

    def read(self, rows: Indices) -> npt.NDArray[Any]:
        """Return raw samples (len(rows), H, W, C) or (len(rows), F).

        Raises:
            SampleError: a file is missing or can't be decoded.
        """
        if self.inputs is not None:
            return np.asarray(self.inputs[rows])
        if self.reader is None:
            raise ValueError("a Source needs inputs, or paths with a reader")
        return np.stack([self.reader(self.paths[row]) for row in rows])


class SplitDataset(Dataset[Batch], ABC):
    """One split; its items are whole batches, so the collate function is the identity."""

    def __init__(
        self,
        source: Source,
        indices: Indices,
        spec: DataSpec,
        augmentation: "Augmentation | None" = None,
    ) -> None:
        """Take a split of a source.

        Args:
            source: the whole data set.
            indices: (n,) rows of the source in this split.
            spec: gives the normalisation.
            augmentation: for the training split only.

        Raises:
            UserError: a value in memory is missing or not finite.
        """
        self.indices = indices
        self.targets = source.targets[indices]
        self.spec = spec
        self.augmentation = augmentation
        self._rows = torch.from_numpy(indices.astype(np.int64))
        self._labels = torch.from_numpy(self.targets.astype(np.int64))
        self._take(source)

    def __len__(self) -> int:
        """Return the number of samples of this split."""
        return len(self.indices)

    def __getitem__(self, key: SampleKey) -> Batch:
        """Return a batch of one."""
        return self.__getitems__([key])

    def __getitems__(self, keys: Sequence[SampleKey]) -> Batch:
        """Return a batch: normalised, and augmented when this is the training split.

        Args:
            keys: B pairs (epoch, index into this split).

        Raises:
            SampleError: a file of the batch is missing or can't be decoded.
        """
        positions = torch.tensor([index for _, index in keys], dtype=torch.int64)
        inputs = self._inputs(positions)
        rows = self._rows.index_select(0, positions)
        if self.augmentation is not None:
            epochs = np.array([epoch for epoch, _ in keys], dtype=np.int64)
            inputs = self.augmentation(inputs, epochs, rows.numpy())
        return {
            "inputs": inputs,
            "targets": self._labels.index_select(0, positions),
            "index": rows,
        }

    @abstractmethod
    def _take(self, source: Source) -> None:
        """Keep what `_inputs` needs."""

    @abstractmethod
    def _inputs(self, positions: torch.Tensor) -> torch.Tensor:
        """Return samples of this split, normalised."""


class ArrayDataset(SplitDataset):
    """A split in memory, normalised once where the copy is small; a batch is an index_select."""

    def _take(self, source: Source) -> None:
        raw = source.read(self.indices)
        self._prepared: torch.Tensor | None = None
        self._raw: torch.Tensor | None = None
        if 4 * raw.size <= PREPARED_LIMIT_BYTES:
            self._prepared = prepare(self.spec, raw)
        else:
            self._raw = torch.from_numpy(raw)

    def _inputs(self, positions: torch.Tensor) -> torch.Tensor:
        if self._prepared is not None:
            return self._prepared.index_select(0, positions)
        assert self._raw is not None
        return prepare(self.spec, self._raw.index_select(0, positions).numpy())


class FileDataset(SplitDataset):
    """A split of files, read and decoded when their batch is asked for."""

    def _take(self, source: Source) -> None:
        self._source = source

    def _inputs(self, positions: torch.Tensor) -> torch.Tensor:
        return prepare(self.spec, self._source.read(self.indices[positions.numpy()]))


@dataclass
class DataSplits:
    """The three splits of a data set and its description.

    Attributes:
        train: augmented as configured.
        val: as it is.
        test: as it is.
        spec: what the model must know of the data.
        in_memory: no worker is needed to read it.
        source: where the splits come from.
    """

    train: SplitDataset
    val: SplitDataset
    test: SplitDataset
    spec: DataSpec
    in_memory: bool
    source: Source = field(repr=False)
