"""The shipped search spaces: distributions, conditions, defaults of the library, and for which kinds of task.

One module an algorithm. A name stands for two spaces, one for classes and one for numbers. Where a library's own
parameter depends on the dataset's shape, the space has it relative to that shape, so that a value means the same
everywhere. How a configuration becomes a pipeline is in `warmtune.pipelines`; the catalogue itself needs no library
of any algorithm.
"""

from warmtune.catalogue.entry import CLASSIFICATION, REGRESSION, CatalogueEntry
from warmtune.catalogue.registry import catalogue, find_entry

__all__ = ["CLASSIFICATION", "REGRESSION", "CatalogueEntry", "catalogue", "find_entry"]
