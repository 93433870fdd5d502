"""Samples of rows that depend on the content only: not on row order, units, names, machine or thread count."""

import numpy as np
import numpy.typing as npt

from metafeatures.arrays import HashArray, IndexArray
from metafeatures.arrow_arrays import read_only
from metafeatures.kernels.columns import first_ranks, sampling_ranks


def canonical_sample(keys: HashArray, size: int) -> IndexArray:
    """Up to `size` rows in an order given by their keys alone.

    Rows are ranked by a hash of their key and of how many rows with that key came before: so a row that occurs a
    thousand times is drawn about a thousand times as often, in proportion, as one that occurs once. Rows with the
    same key are alike, so which of them is drawn makes no difference.

    Args:
        keys: Shape ``(n_rows,)``, see `metafeatures.profile.RowHashes`.
        size: Most rows to return, at least 1.

    Returns:
        Shape ``(min(size, n_rows),)``: distinct row numbers in canonical order.
    """
    keys = read_only(keys)
    ranks = first_ranks(keys)
    ordered = np.sort(ranks)
    if (ordered[1:] == ordered[:-1]).any():
        ranks = sampling_ranks(keys)
        ordered = np.sort(ranks)
    drawn = np.flatnonzero(ranks <= ordered[min(size, len(ranks)) - 1])
    return drawn[np.argsort(ranks[drawn], kind="stable")]


def stratified_prefix(codes: npt.NDArray[np.int32], size: int) -> IndexArray:
    """Positions of up to `size` rows of an ordered sample with the classes in proportion, every class kept if it fits.

    Each class gives its first rows: its share of `size`, rounded by largest remainders, at least 2 where it has them
    and there is room. The positions come back in ascending order.

    Args:
        codes: Shape ``(n,)``, class codes from 0.
        size: Most rows to return, at least 1.
    """
    if len(codes) <= size:
        return np.arange(len(codes))
    counts = np.bincount(codes)
    share = counts * (size / len(codes))
    quota = np.floor(share).astype(np.int64)
    floor = np.minimum(counts, 2)
    if floor.sum() > size:
        floor = np.zeros_like(counts)
    quota = np.maximum(quota, floor)
    while quota.sum() > size:  # what the small classes get more is the others' loss
        quota[np.argmax(np.where(quota > floor, quota - share, -np.inf))] -= 1
    remainder = np.argsort(-(share - quota), kind="stable")
    for code in remainder[: size - int(quota.sum())]:
        quota[code] = min(quota[code] + 1, counts[code])
    by_class = np.argsort(codes, kind="stable")
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(codes), dtype=np.int64)
    rank[by_class] = np.arange(len(codes)) - np.repeat(starts, counts)
    return np.flatnonzero(rank < quota[codes])
