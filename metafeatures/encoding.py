"""The sample as one dense matrix, for models that need numbers."""

from dataclasses import dataclass

import numpy as np

from metafeatures.column_kernels import FloatArray, IntArray
from metafeatures.sample import Sample
from metafeatures.standardise import standard_columns

MAX_WIDTH = 200
_MAX_SYMBOLS = 12


@dataclass(frozen=True, slots=True)
class Encoded:
    """A small sample, ready to be fitted.

    Attributes:
        X: Shape ``(n, width)``: numeric columns standardised with missing cells at 0, then an indicator for each of
            a nominal column's most frequent symbols.
        n_columns: The columns that X stands for: wide tables are cut, in canonical order.
        classes: Shape ``(n,)`` or None.
        y: Shape ``(n,)``, or None for classification.
    """

    X: FloatArray
    n_columns: int
    classes: IntArray | None
    y: FloatArray | None


def encode(sample: Sample) -> Encoded:
    """Encode a sample; numeric and nominal columns share the width in proportion to their number."""
    n_numeric, n_nominal = sample.numbers.shape[1], sample.codes.shape[1]
    kept = min(1.0, MAX_WIDTH / max(n_numeric + n_nominal, 1))
    p_numeric = int(np.ceil(n_numeric * kept))
    blocks = [standard_columns(sample.numbers[:, :p_numeric])]
    width, p_nominal = p_numeric, 0
    for j in range(int(np.ceil(n_nominal * kept))):
        codes = sample.codes[:, j]
        n_symbols = min(int(codes.max(initial=-1)) + 1, _MAX_SYMBOLS)
        if width + n_symbols > MAX_WIDTH and p_nominal > 0:
            break
        blocks.append((codes[:, None] == np.arange(n_symbols)).astype(np.float64))
        width, p_nominal = width + n_symbols, p_nominal + 1
    return Encoded(np.ascontiguousarray(np.hstack(blocks)), p_numeric + p_nominal, sample.classes, sample.y)
