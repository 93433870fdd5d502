"""The module that builds an algorithm's pipelines, imported when first asked for."""

from importlib import import_module
from typing import Protocol, cast

import pandas as pd
from sklearn.pipeline import Pipeline

from warmtune.catalogue import CatalogueEntry
from warmtune.pipelines.columns import Values
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError
from warmtune.vocabulary.task import TaskKind


class Builder(Protocol):
    """From valid values to a pipeline; takes the values apart."""

    def __call__(self, values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
        """A pipeline for tables with the columns of `X`."""


def builder_of(entry: CatalogueEntry) -> Builder:
    """The builder of a search space.

    Raises:
        MissingExtraError: The algorithm's library isn't installed.
        InvalidInputError: A search space whose past was recorded elsewhere.
    """
    if entry.is_recorded:
        raise InvalidInputError(
            f"the runs of {entry.name!r} were recorded elsewhere: Warmtune has no pipeline that fits them",
            field="search_space",
            value=entry.name,
        )
    try:
        module = import_module(f"warmtune.pipelines.{entry.name}")
    except ImportError as error:
        if entry.extra is None:
            raise
        extra = f"pip install 'warmtune[{entry.extra}]'"
        raise MissingExtraError(
            f"fitting {entry.name!r} needs a library that is not installed: {extra}",
            field="search_space",
            value=entry.name,
        ) from error
    return cast(Builder, module.build)
