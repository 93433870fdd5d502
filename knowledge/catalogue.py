"""The former place of `warmtune.catalogue`: kept so that scripts that import it go on working."""

from warmtune.catalogue import CLASSIFICATION, REGRESSION, CatalogueEntry, catalogue, find_entry

__all__ = ["CLASSIFICATION", "REGRESSION", "CatalogueEntry", "catalogue", "find_entry"]
