"""Which sample belongs to which split: seeded, stratified, disjoint, before anything is fitted."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from . import randomness

SPLITS = ("train", "val", "test")
_STREAM = 0x5B117  # keeps membership independent of the augmentation under the same seed

Indices = npt.NDArray[np.int64]


def make_splits(
    targets: npt.NDArray[np.int64],
    val: float,
    test: float,
    seed: int,
    stratify: bool = True,
    groups: npt.NDArray[np.int64] | None = None,
    predefined: Mapping[str, Indices] | None = None,
    class_names: tuple[str, ...] = (),
) -> dict[str, Indices]:
    """Assign each row to "train", "val" or "test".

    Rows are ranked by a hash of (seed, row), so the result is the same on every machine and for
    every version of NumPy. The training seed plays no part: runs that differ by it share one test
    set.

    Args:
        targets: (N,) class of each row.
        val: share of the rows that are not predefined as test.
        test: share of all rows; ignored when the test split is predefined.
        seed: data.split.seed.
        stratify: keep the class proportions in each split.
        groups: (N,) rows with the same number stay together. By default these are the rows with
            identical content, so that no copy of a training sample is tested on. A group counts
            once.
        predefined: rows of "train" and "test", maybe "val", that the data set itself brings.
        class_names: for the error messages.

    Returns:
        Sorted, disjoint rows of each split.

    Raises:
        UserError: a share is not within (0, 1), the shares leave no training data, a class has too
            few distinct samples, or predefined splits overlap.
    """
    groups = np.arange(len(targets)) if groups is None else groups
    given = _check_predefined(predefined or {}, len(targets))
    shares = {name: share for name, share in (("val", val), ("test", test)) if name not in given}
    _check_shares(shares)
    pool = given.get("train", np.arange(len(targets), dtype=np.int64))
    if "train" not in given:
        pool = np.setdiff1d(pool, np.concatenate([np.empty(0, np.int64), *given.values()]))
    if not shares:
        return {name: np.sort(given[name]) for name in SPLITS}

    # One representative of each group is drawn; the others follow it.
    _, first, inverse = np.unique(groups[pool], return_index=True, return_inverse=True)
    owners = pool[first]
    ranks = randomness.random_bits(seed, 0, owners, _STREAM)[:, 0]
    strata = targets[owners] if stratify else np.zeros(len(owners), dtype=np.int64)
    part = np.full(len(owners), "train", dtype="<U5")
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        members = members[np.argsort(ranks[members], kind="stable")]
        name = _stratum_name(int(stratum), class_names) if stratify else "the data set"
        start = 0
        for split, count in _counts(len(members), shares, name).items():
            part[members[start : start + count]] = split
            start += count
    membership = part[inverse]
    splits = {name: np.sort(given[name]) for name in given if name != "train"}
    for name in ("train", *shares):
        splits[name] = np.sort(pool[membership == name])
    return {name: splits[name] for name in SPLITS}


def _check_predefined(predefined: Mapping[str, Indices], size: int) -> dict[str, Indices]:
    given = {name: np.asarray(rows, dtype=np.int64) for name, rows in predefined.items()}
    unknown = sorted(set(given) - set(SPLITS))
    if unknown:
        raise UserError(f"unknown split '{unknown[0]}' in the data source: use train, val or test")
    for name, rows in given.items():
        if len(rows) == 0:
            raise UserError(f"the data source brings an empty {name} split: add samples to it")
        if rows.min() < 0 or rows.max() >= size:
            raise UserError(f"the {name} split of the data source names rows outside 0..{size - 1}")
    together = np.concatenate([np.empty(0, np.int64), *given.values()])
    values, counts = np.unique(together, return_counts=True)
    if (counts > 1).any():
        raise UserError(
            f"the splits of the data source overlap: {int((counts > 1).sum())} rows are in two of "
            "them, "
            f"first row {int(values[counts > 1][0])}; each row may be in one split only"
        )
    return given


def _check_shares(shares: Mapping[str, float]) -> None:
    for name, share in shares.items():
        if not 0.0 < share < 1.0:
            raise UserError(f"data.split.{name}={share} must lie between 0 and 1, for example 0.15")
    if sum(shares.values()) >= 1.0:
        both = " + ".join(f"data.split.{name}={share}" for name, share in shares.items())
        raise UserError(f"{both} leaves no training data: together they must stay below 1")


def _counts(size: int, shares: Mapping[str, float], name: str) -> dict[str, int]:
    """Return how many of `size` samples go to each split; at least one is left for training."""
    counts = {split: max(1, round(size * share)) for split, share in shares.items()}
    if sum(counts.values()) >= size:
        raise UserError(
            f"{name} has {size} distinct sample{'s' if size != 1 else ''}, too few for "
            f"{len(counts) + 1} splits: add samples, merge the class, or set "
            "data.split.stratify=false"
        )
    return counts


def _stratum_name(stratum: int, class_names: tuple[str, ...]) -> str:
    return f"class '{class_names[stratum]}'" if stratum < len(class_names) else f"class {stratum}"
