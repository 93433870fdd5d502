"""The one way in: a search space's name and a configuration to a pipeline."""

import pandas as pd
from sklearn.pipeline import Pipeline

from warmtune.catalogue import find_entry
from warmtune.pipelines.builders import builder_of
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
    return builder_of(entry)(values, X, kind=kind, seed=seed)
