"""Names of the arrays that kernels and descriptions share, by what they hold; the general ones are the vocabulary's."""

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import BoolArray, FloatArray

__all__ = ["BoolArray", "ByteArray", "CodeArray", "FloatArray", "HashArray", "IndexArray"]

CodeArray = NDArray[np.int32]
"""Codes into labels; -1 is missing."""
HashArray = NDArray[np.uint64]
"""64-bit hashes."""
IndexArray = NDArray[np.int64]
"""Numbers of rows, nodes or bytes, as kernels count them."""
ByteArray = NDArray[np.uint8]
"""Bytes of a file."""
