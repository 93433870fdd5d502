"""The small sample as dense matrices, for models that need numbers."""

from dataclasses import dataclass

import numpy as np

from metafeatures.arrays import CodeArray, FloatArray
from metafeatures.kernels.order import rank_column
from metafeatures.sample import Sample
from metafeatures.standardise import standard_columns

MAX_WIDTH = 200
_MAX_SYMBOLS = 8


@dataclass(frozen=True, slots=True)
class EncodedSample:
    """A small sample, ready to be fitted.

    Attributes:
        dense: Shape ``(n, width)``, for models that take sums or distances: numeric columns standardised with
            missing cells at 0, then an indicator for each of a nominal column's 8 most frequent symbols.
        ordinal: Shape ``(n, n_columns)``, for trees: the same numeric columns by their dense ranks, which no unit
            changes, then nominal codes by falling frequency; -1 where missing.
        classes: Shape ``(n,)``, codes by falling frequency; None for regression.
        y: Shape ``(n,)``, standardised; None for classification.
    """

    dense: FloatArray
    ordinal: FloatArray
    classes: CodeArray | None
    y: FloatArray | None

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.dense)

    @property
    def n_columns(self) -> int:
        """The columns that are stood for: wide tables are cut, in canonical order."""
        return int(self.ordinal.shape[1])


def encode(sample: Sample) -> EncodedSample:
    """Encode a sample; in wide tables numeric and nominal columns share the width in proportion to their number."""
    n_numeric, n_nominal = sample.numbers.shape[1], sample.codes.shape[1]
    kept = min(1.0, MAX_WIDTH / max(n_numeric + n_nominal, 1))
    p_numeric = int(np.ceil(n_numeric * kept))
    numeric = standard_columns(sample.numbers[:, :p_numeric])
    blocks, width, p_nominal = [numeric], p_numeric, 0
    for j in range(int(np.ceil(n_nominal * kept))):
        codes = sample.codes[:, j]
        n_symbols = min(int(codes.max(initial=-1)) + 1, _MAX_SYMBOLS)
        if width + n_symbols > MAX_WIDTH and p_nominal > 0:
            break
        blocks.append((codes[:, None] == np.arange(n_symbols)).astype(np.float64))
        width, p_nominal = width + n_symbols, p_nominal + 1
    ordinal = np.hstack([dense_ranks(sample.numbers[:, :p_numeric]), sample.codes[:, :p_nominal]])
    return EncodedSample(
        np.ascontiguousarray(np.hstack(blocks)), np.ascontiguousarray(ordinal), sample.classes, sample.y
    )


def dense_ranks(matrix: FloatArray) -> FloatArray:
    """Ranks within each column from 0, equal values sharing one; -1 where missing. Shape as `matrix`."""
    out = np.empty(matrix.shape, order="F")
    for j in range(matrix.shape[1]):
        column = np.ascontiguousarray(matrix[:, j])
        rank_column(column, np.argsort(column), out[:, j])
    return out
