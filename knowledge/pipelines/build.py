"""The one way in: a search space's name and a configuration to a pipeline."""

from importlib import import_module

import pandas as pd
from sklearn.pipeline import Pipeline

from knowledge.catalogue import find_entry
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import TaskKind


def build_pipeline(name: str, configuration: Configuration, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """A pipeline for tables with the columns of `X`.

    Args:
        name: A shipped search space.
        configuration: Valid in it.
        X: Features, at least one; columns of category, string or object dtype are nominal; values may be missing.
        kind: What is predicted.
        seed: Of everything random in it.

    Raises:
        NotFoundError: No such search space for this kind.
        InvalidConfigurationError: A configuration that the space refuses.
        MissingExtraError: The algorithm's library isn't installed.
        InvalidInputError: A search space whose past was recorded elsewhere.
    """
    entry = find_entry(name, kind)
    values = entry.space.validate(configuration)
    if entry.is_recorded:
        raise InvalidInputError(
            f"the runs of {name!r} were recorded elsewhere: there is nothing here that fits them",
            field="search_space",
            value=name,
        )
    try:
        module = import_module(f"knowledge.pipelines.{entry.name}")
    except ImportError as error:
        if entry.extra is None:
            raise
        raise MissingExtraError(
            f"fitting {name!r} needs a library that is not installed: pip install 'warmtune-server[{entry.extra}]'",
            field="search_space",
            value=name,
        ) from error
    pipeline: Pipeline = module.build(values, X, kind=kind, seed=seed)
    return pipeline
