"""The former place of `warmtune.catalogue`, kept for scripts that import it."""

from warmtune.catalogue import CLASSIFICATION, REGRESSION, CatalogueEntry, catalogue, find_entry

__all__ = ["CLASSIFICATION", "REGRESSION", "CatalogueEntry", "catalogue", "find_entry"]
