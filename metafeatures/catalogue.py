"""The catalogue: every meta-feature, in the one order in which vectors hold them.

A change of a name, formula or order is a new `VERSION`: vectors of different versions are not mixed.
"""

from metafeatures.entry import Entry
from metafeatures.groups import information, landmarking, simple, statistical, target

VERSION = "warmtune-0.1"

CATALOGUE: tuple[Entry, ...] = (
    *simple.ENTRIES,
    *target.ENTRIES,
    *statistical.MOMENT_ENTRIES,
    *statistical.QUANTILE_ENTRIES,
    *statistical.PAIR_ENTRIES,
    *statistical.TARGET_ENTRIES,
    *information.ENTRIES,
    *landmarking.ENTRIES,
)
