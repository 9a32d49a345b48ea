"""Random numbers that are a pure function of (seed, epoch, index, stream).

A generator has state, so what it draws depends on who drew before: on the number of workers, on the
batch a sample landed in, on where an interrupted run resumed. A counter-based generator has none:
the number for a sample is a hash of its key. The hash is the finaliser of SplitMix64, absorbed once
for each part of the key.

Sources: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014
(SplitMix64, constants of Stafford's variant 13); Salmon et al., "Parallel random numbers: as easy
as 1, 2, 3", SC 2011 (counter-based generators).
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

UInt64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

GOLDEN_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_MASK = (1 << 64) - 1


def splitmix64(state: UInt64) -> UInt64:
    """Return the output of SplitMix64 at each state; the n-th output of seed s is at s + n * gamma.

    Args:
        state: any shape, uint64.

    Returns:
        Same shape, uint64, uniform over all 64-bit values.
    """
    # Arrays wrap modulo 2**64 silently; NumPy scalars would warn.
    z = np.atleast_1d(state) + GOLDEN_GAMMA
    z ^= z >> _SHIFT_1
    z *= _MULTIPLIER_1
    z ^= z >> _SHIFT_2
    z *= _MULTIPLIER_2
    z ^= z >> _SHIFT_3
    return z.reshape(np.shape(state))


def random_bits(
    seed: int, epoch: npt.ArrayLike, index: npt.ArrayLike, stream: int = 0, size: int = 1
) -> UInt64:
    """Hash each (seed, epoch, index, stream, draw) to 64 random bits.

    Args:
        seed: any integer, taken modulo 2**64.
        epoch: one epoch for all samples, or (B,).
        index: (B,) sample numbers.
        stream: what the numbers are for, so that two users of one sample stay independent.
        size: draws for each sample.

    Returns:
        (B, size) uint64.
    """
    rows = np.atleast_1d(np.asarray(index, dtype=np.int64)).view(np.uint64)
    epochs = np.atleast_1d(np.asarray(epoch, dtype=np.int64)).view(np.uint64)
    key = splitmix64(_stream_key(seed, stream) ^ epochs)
    key = splitmix64(key ^ rows)
    return splitmix64(key[:, None] + np.arange(size, dtype=np.uint64)[None, :] * GOLDEN_GAMMA)


@lru_cache(maxsize=64)
def _stream_key(seed: int, stream: int) -> np.uint64:
    """Hash the parts that a whole run shares, once."""
    key = splitmix64(np.array([seed & _MASK], dtype=np.uint64))
    return np.uint64(splitmix64(key ^ np.uint64(stream & _MASK))[0])


def uniform(
    seed: int, epoch: npt.ArrayLike, index: npt.ArrayLike, stream: int = 0, size: int = 1
) -> Floats:
    """Draw (B, size) float64 numbers from [0, 1); arguments as for `random_bits`."""
    bits = random_bits(seed, epoch, index, stream, size)
    # The upper 53 bits: as many as a float64 holds.
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def integers(
    seed: int,
    epoch: npt.ArrayLike,
    index: npt.ArrayLike,
    low: int,
    high: int,
    stream: int = 0,
    size: int = 1,
) -> Integers:
    """Draw (B, size) int64 numbers from low to high - 1; at most 2**32 different ones.

    By multiply and shift (Lemire, 2019) without its rejection step: the bias is below
    (high - low) / 2**32.

    Raises:
        ValueError: the range is empty or wider than 2**32.
    """
    width = high - low
    if not 0 < width <= 1 << 32:
        raise ValueError(f"integers({low}, {high}): the range must hold 1 to 2**32 numbers")
    bits = random_bits(seed, epoch, index, stream, size)
    return (((bits >> np.uint64(32)) * np.uint64(width)) >> np.uint64(32)).astype(np.int64) + low


def normal(
    seed: int, epoch: npt.ArrayLike, index: npt.ArrayLike, stream: int = 0, size: int = 1
) -> Floats:
    """Draw (B, size) standard normal float64 numbers; arguments as for `random_bits`.

    By the transform of Box and Muller (1958), two uniform numbers for each.
    """
    pairs = uniform(seed, epoch, index, stream, 2 * size)
    # 1 - u lies in (0, 1], so its logarithm is finite.
    radius = np.sqrt(-2.0 * np.log(1.0 - pairs[:, :size]))
    return np.asarray(radius * np.cos(2.0 * np.pi * pairs[:, size:]), dtype=np.float64)
