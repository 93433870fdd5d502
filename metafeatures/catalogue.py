"""The catalogue: every meta-feature, in the order in which descriptions list them.

A formula never changes under its name without a new version (`metafeatures.version`).
"""

from metafeatures.entry import Entry
from metafeatures.groups import (
    autosklearn,
    complexity,
    correlation,
    information,
    landmarking,
    model,
    simple,
    statistical,
    target,
)

CATALOGUE: tuple[Entry, ...] = (
    *simple.ENTRIES,
    *target.ENTRIES,
    *statistical.MOMENT_ENTRIES,
    *statistical.QUANTILE_ENTRIES,
    *correlation.ENTRIES,
    *information.ENTRIES,
    *model.ENTRIES,
    *landmarking.ENTRIES,
    *complexity.ENTRIES,
    *autosklearn.ENTRIES,
)

UNIT_DEPENDENT: tuple[str, ...] = ("asinh_mean", "log_sd", "share_integral")
"""What another unit of a numeric column changes; of summarised ones the name before the point."""
