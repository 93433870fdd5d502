"""How values over columns become numbers of fixed count."""

import numpy as np

from metafeatures.arrays import FloatArray
from metafeatures.kernels.order import quantile_of_sorted

SUMMARIES = ("mean", "sd", "q10", "median", "q90")


def summarise(name: str, values: FloatArray) -> dict[str, float]:
    """Mean, population standard deviation and quantiles (linear) of the finite values; {} where there are none.

    `values` have shape ``(n,)``; the figures are in their unit.
    """
    kept = values[np.isfinite(values)]
    if kept.size == 0:
        return {}
    ordered = np.sort(kept)
    q10, median, q90 = (quantile_of_sorted(ordered, q) for q in (0.1, 0.5, 0.9))
    figures = (ordered.mean(), ordered.std(), q10, median, q90)
    return {f"{name}.{suffix}": float(figure) for suffix, figure in zip(SUMMARIES, figures, strict=True)}
