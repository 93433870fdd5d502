"""The catalogue: every meta-feature, in the one order in which vectors hold them.

A change of a name, formula or order is a new `VERSION`: vectors of different versions are not mixed.
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

VERSION = "warmtune-2"

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
