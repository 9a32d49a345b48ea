"""Data: a source is split first, then the normalisation is fitted on its training rows alone."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..utils.instantiate import instantiate
from .dataset import (
    ArrayDataset,
    Batch,
    DataSpec,
    DataSplits,
    FileDataset,
    Indices,
    SampleError,
    SampleKey,
    Source,
    SplitDataset,
)
from .integrity import check_schema, content_groups, fingerprint, hash_samples
from .splits import make_splits
from .transforms import Augmentation, fit_normalisation, prepare

if TYPE_CHECKING:
    from ..config import DataConfig

__all__ = [
    "ArrayDataset",
    "Batch",
    "DataSpec",
    "DataSplits",
    "FileDataset",
    "SampleError",
    "SampleKey",
    "Source",
    "SplitDataset",
    "load_data",
    "load_source",
    "prepare",
    "split_source",
]

log = logging.getLogger(__name__)


def load_data(cfg: "DataConfig", seed: int = 0) -> DataSplits:
    """Load, split and normalise the data that the config names.

    Args:
        cfg: the group data.
        seed: of the run; keys the augmentation, and nothing else here.

    Returns:
        The three splits and their description.

    Raises:
        UserError: the source can't be read or split, or the config names something unknown.
    """
    source = load_source(cfg)
    digests = hash_samples(source)
    rows = split_source(cfg, source, digests)
    mean, std = fit_normalisation(source, rows["train"])
    spec = DataSpec(
        kind=source.kind,
        input_shape=source.sample_shape,
        class_names=source.class_names,
        feature_names=source.feature_names,
        mean=mean,
        std=std,
        fingerprint=fingerprint(source, rows, digests),
        missing=source.missing,
    )
    ops = {
        str(name): instantiate(op, f"data.augment.{name}")
        for name, op in (cfg.augment or {}).items()
        if op is not None
    }
    augmentation = Augmentation(ops, seed) if ops else None
    in_memory = source.inputs is not None
    dataset: type[SplitDataset] = ArrayDataset if in_memory else FileDataset
    log.info(
        "data %s: %s, fingerprint %s",
        cfg.name,
        ", ".join(f"{len(r)} {name}" for name, r in rows.items()),
        spec.fingerprint[:12],
    )
    return DataSplits(
        train=dataset(source, rows["train"], spec, augmentation),
        val=dataset(source, rows["val"], spec),
        test=dataset(source, rows["test"], spec),
        spec=spec,
        in_memory=in_memory,
        source=source,
    )


def load_source(cfg: "DataConfig") -> Source:
    """Call the function that data.source names and check what it returns.

    Raises:
        UserError: the source can't be read, or its parts do not fit together.
    """
    source: Any = instantiate(cfg.source, "data.source")
    if not isinstance(source, Source):
        raise UserError(
            f"data.source._target_ returned a {type(source).__name__}: it must return a Source, "
            "as the functions in the package's data folder do"
        )
    check_schema(source)
    return source


def split_source(
    cfg: "DataConfig", source: Source, digests: list[bytes] | None = None
) -> Mapping[str, Indices]:
    """Return the rows of train, val and test as data.split asks for.

    Args:
        cfg: the group data.
        source: what `load_source` returned.
        digests: of its samples, when they are known already.

    Raises:
        UserError: the split is impossible; see `make_splits`.
    """
    groups = source.groups
    if groups is None:
        groups = content_groups(hash_samples(source) if digests is None else digests)
    return make_splits(
        source.targets,
        val=cfg.split.val,
        test=cfg.split.test,
        seed=cfg.split.seed,
        stratify=cfg.split.stratify,
        groups=groups,
        predefined=source.split,
        class_names=source.class_names,
    )
