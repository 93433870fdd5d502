"""Names of numpy's arrays by what they hold."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
"""Numbers in double precision."""
IntArray = NDArray[np.intp]
"""Positions and counts."""
BoolArray = NDArray[np.bool_]
"""Yes or no for each."""
Float32Array = NDArray[np.float32]
"""Numbers in single precision, where there are many."""
