"""What can be wrong with a data set: schema, copies, leakage between splits, values, balance."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .dataset import Indices, SampleError, Source

_CHUNK = 1_024
_IMBALANCE = 0.1  # rarest class over commonest, below which accuracy alone misleads

Status = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, how it is, and the numbers behind it."""

    name: str
    status: Status
    detail: str


def check_schema(source: Source) -> None:
    """Refuse a source whose parts do not fit together; cheap, so every run does it.

    Raises:
        UserError: no samples, lengths that differ, unknown dtype, targets outside the classes.
    """
    count = len(source)
    if count == 0:
        raise UserError("the data source is empty: check data.source")
    held = len(source.paths) if source.inputs is None else len(source.inputs)
    if held != count:
        raise UserError(
            f"the data source has {held} samples but {count} targets: repair data.source"
        )
    if source.targets.ndim != 1 or not np.issubdtype(source.targets.dtype, np.integer):
        raise UserError(
            "the targets of the data source must be a vector of integers, one per sample"
        )
    low, high = int(source.targets.min()), int(source.targets.max())
    classes = len(source.class_names)
    if low < 0 or high >= classes:
        raise UserError(
            f"targets reach from {low} to {high}, but there are {classes} classes (0 to "
            f"{classes - 1}): "
            "repair the labels or name all classes"
        )
    if source.inputs is None:
        return
    if source.inputs.ndim not in (2, 4):
        raise UserError(
            f"the inputs have shape {source.inputs.shape}: (N, H, W, C) images or an (N, F) table "
            "expected"
        )
    if source.inputs.dtype not in (np.uint8, np.float32, np.float64):
        raise UserError(f"the inputs are {source.inputs.dtype}: uint8, float32 or float64 expected")
    width = source.inputs.shape[1]
    if source.inputs.ndim == 2 and source.feature_names and len(source.feature_names) != width:
        raise UserError(f"{len(source.feature_names)} feature names for {width} features")


def hash_samples(source: Source) -> list[bytes]:
    """Return the SHA-256 of each sample's content, without its target.

    Files are hashed as they lie on disk, or by name and size when `source.hash_contents` is off.

    Raises:
        SampleError: a file is missing or can't be read.
    """
    if source.inputs is not None:
        # One byte order, so that the fingerprint is the same on every machine.
        rows = np.ascontiguousarray(source.inputs).astype(
            source.inputs.dtype.newbyteorder("<"), copy=False
        )
        return [hashlib.sha256(row).digest() for row in rows]
    digests = []
    for path in source.paths:
        try:
            if source.hash_contents:
                with path.open("rb") as file:
                    digests.append(hashlib.file_digest(file, "sha256").digest())
            else:
                name = f"{path.parent.name}/{path.name}:{path.stat().st_size}"
                digests.append(hashlib.sha256(name.encode()).digest())
        except OSError as error:
            raise SampleError(
                f"cannot read {path}: {error.strerror or error}; restore the file or remove its "
                "entry"
            ) from error
    return digests


def content_groups(digests: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """Number the samples so that those of identical content share a number, (N,)."""
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(d, len(numbers)) for d in digests], dtype=np.int64)


def fingerprint(source: Source, splits: Mapping[str, Indices], digests: Sequence[bytes]) -> str:
    """Return one SHA-256 over samples, targets, class and feature names, and split membership."""
    total = hashlib.sha256()
    total.update(b"".join(digests))
    total.update(source.targets.astype("<i8").tobytes())
    total.update(repr((source.class_names, source.feature_names)).encode())
    for name in sorted(splits):
        total.update(name.encode())
        total.update(splits[name].astype("<i8").tobytes())
    return total.hexdigest()


def run_checks(
    source: Source, splits: Mapping[str, Indices], digests: Sequence[bytes]
) -> Iterator[Check]:
    """Yield every check of the data set; an "error" means leakage or corruption.

    Args:
        source: passed `check_schema`.
        splits: rows of each split.
        digests: content hash of each sample.
    """
    yield _describe(source)
    yield _check_values(source)
    yield from _check_classes(source, splits)
    yield check_membership(splits)
    yield check_overlap(splits, digests)
    yield from _check_copies(source, digests)


def _describe(source: Source) -> Check:
    shape = "x".join(str(n) for n in source.sample_shape)
    what = "files" if source.inputs is None else str(source.inputs.dtype)
    return Check("schema", "ok", f"{len(source)} samples of shape {shape}, {what}")


def _check_values(source: Source) -> Check:
    """Read every sample: files must decode, numbers must be finite."""
    if source.inputs is None:
        broken = []
        for row in range(len(source)):
            try:
                source.read(np.array([row]))
            except SampleError as error:
                broken.append(str(error))
        if broken:
            return Check("readable files", "error", f"{len(broken)} unreadable; first: {broken[0]}")
        return Check("readable files", "ok", f"all {len(source)} files decode")
    bad = np.zeros(len(source), dtype=np.int64)
    for start in range(0, len(source), _CHUNK):
        chunk = source.inputs[start : start + _CHUNK].reshape(-1, source.inputs[0].size)
        wrong = np.isinf(chunk) if source.missing == "mean" else ~np.isfinite(chunk)
        bad[start : start + len(chunk)] = wrong.sum(axis=1)
    rows = np.flatnonzero(bad)
    if len(rows):
        return Check(
            "finite values",
            "error",
            f"{int(bad.sum())} missing or infinite values in {len(rows)} samples; first row "
            f"{rows[0]}",
        )
    return Check(
        "finite values",
        "ok",
        "no NaN, no infinity"
        if source.missing == "error"
        else "no infinity; missing values become the training mean",
    )


def _check_classes(source: Source, splits: Mapping[str, Indices]) -> Iterator[Check]:
    counts = np.bincount(source.targets, minlength=len(source.class_names))
    if (counts == 0).any():
        empty = source.class_names[int(np.argmin(counts))]
        yield Check("labels", "warning", f"class '{empty}' has no sample")
    else:
        yield Check("labels", "ok", f"all targets within 0..{len(counts) - 1}")
    present = np.flatnonzero(counts)
    rarest, commonest = (present[f(counts[present])] for f in (np.argmin, np.argmax))
    yield Check(
        "class balance",
        "warning" if counts[rarest] < _IMBALANCE * counts[commonest] else "ok",
        f"rarest '{source.class_names[rarest]}' {counts[rarest]}, "
        f"commonest '{source.class_names[commonest]}' {counts[commonest]}",
    )
    lacking = [
        f"{split} lacks '{source.class_names[c]}'"
        for split, rows in splits.items()
        for c in np.setdiff1d(present, source.targets[rows])
    ]
    yield Check(
        "classes in splits",
        "warning" if lacking else "ok",
        "; ".join(lacking[:3]) or "every class is in every split",
    )


def check_membership(splits: Mapping[str, Indices]) -> Check:
    """Compare splits by row number."""
    rows = np.concatenate(list(splits.values()))
    shared = len(rows) - len(np.unique(rows))
    sizes = ", ".join(f"{name} {len(r)}" for name, r in splits.items())
    if shared:
        return Check("splits share no row", "error", f"{shared} rows are in two splits ({sizes})")
    return Check("splits share no row", "ok", sizes)


def check_overlap(splits: Mapping[str, Indices], digests: Sequence[bytes]) -> Check:
    """Compare splits by content: a copy under another row number leaks just the same."""
    held: dict[bytes, str] = {}
    leaks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for name, rows in splits.items():
        for row in rows:
            other = held.setdefault(digests[row], name)
            if other != name:
                leaks[other, name].append(int(row))
    if leaks:
        text = "; ".join(
            f"{len(r)} of {name} also in {other} (first row {r[0]})"
            for (other, name), r in leaks.items()
        )
        return Check("splits share no content", "error", text)
    return Check("splits share no content", "ok", "no sample occurs in two splits")


def _check_copies(source: Source, digests: Sequence[bytes]) -> Iterator[Check]:
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    for row, digest in enumerate(digests):
        rows_of[digest].append(row)
    repeated = [rows for rows in rows_of.values() if len(rows) > 1]
    copies = sum(len(rows) - 1 for rows in repeated)
    if not copies:
        yield Check("copies", "ok", "no sample occurs twice")
        return
    yield Check("copies", "warning", f"{copies} exact copies, first of row {repeated[0][0]}")
    conflicts = [rows for rows in repeated if len({int(source.targets[r]) for r in rows}) > 1]
    if conflicts:
        yield Check(
            "copies agree",
            "warning",
            f"{len(conflicts)} samples have copies under another label, rows {conflicts[0][:3]}",
        )
