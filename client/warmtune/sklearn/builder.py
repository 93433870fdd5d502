"""From a configuration of a shipped search space to an estimator that is ready to fit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd
from sklearn.pipeline import Pipeline

from warmtune.catalogue import CatalogueEntry, find_entry
from warmtune.pipelines.builders import builder_of
from warmtune.pipelines.frames import as_frame
from warmtune.pipelines.table import TableReader, roles_of
from warmtune.vocabulary.dataset import column_names
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.finite import is_integer
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.spelling import did_you_mean
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import kind_of

CLASSIFICATION = "classification"
"""Stands for both kinds of classification: their search spaces are the same."""

MAX_SEED = 2**32 - 1


def build(
    name: str,
    configuration: Configuration | None,
    X: object,
    *,
    kind: TaskKind | str,
    nominal: Sequence[str] | None = None,
    random_state: int = 0,
) -> Pipeline:
    """A scikit-learn pipeline for tables like `X`, ready to fit.

    ```python
    model = warmtune.build("svm_rbf", {"C": 10.0, "gamma_scale": 1.0, "class_weight": None}, X, kind="binary")
    model.fit(X, y).predict(X_new)
    ```

    Its first step reads the table (`warmtune.pipelines.table.TableReader`): categories, dates, text, gaps and any
    column type are taken as they are, so that nothing has to be encoded before. These are the pipelines that the
    shipped knowledge base was made with: a configuration means the same here as there.

    Args:
        name: A shipped search space, as `docs/knowledge.md` lists them.
        configuration: Valid in that space, e.g. a recommended one; None for the library's defaults.
        X: The features: a frame of pandas or polars, an Arrow table, an array, a sparse matrix.
        kind: What is predicted: ``binary``, ``multiclass``, ``classification`` or ``regression``.
        nominal: Columns whose numbers are category codes.
        random_state: Seed of everything random in it.

    Raises:
        NotFoundError: No such search space for this kind; the message lists the names.
        InvalidConfigurationError: A configuration that the space refuses: field, value and range are named.
        InvalidInputError: On another kind, seed, or a column in `nominal` that `X` lacks, or a search space whose past
            was recorded elsewhere.
        InvalidTableError: If `X` is no table, naming the column.
        MissingExtraError: The algorithm's library isn't installed; the message says how to get it.
    """
    if not is_integer(random_state) or not 0 <= random_state <= MAX_SEED:
        raise InvalidInputError(
            "random_state must be a seed",
            field="random_state",
            value=random_state,
            limit=f"an integer from 0 to {MAX_SEED}",
        )
    factory = PipelineFactory.of(name, X, kind=kind, nominal=nominal)
    chosen = factory.entry.space.default_configuration() if configuration is None else configuration
    return factory.pipeline({} if chosen is None else chosen, seed=int(random_state))


@dataclass(frozen=True, slots=True)
class PipelineFactory:
    """Makes the pipelines of one search space for one table.

    Attributes:
        entry: The search space.
        kind: What is predicted.
        roles: What each column of the table is read as.
        read: The table as it is read: the columns that the preparation sees.
    """

    entry: CatalogueEntry
    kind: TaskKind
    roles: tuple[str, ...]
    read: pd.DataFrame

    @classmethod
    def of(
        cls, name: str, X: object, *, kind: TaskKind | str, nominal: Sequence[str] | None = None
    ) -> "PipelineFactory":
        """The factory of a search space for tables like `X`; see `build`."""
        known = checked_kind(kind)
        entry = find_entry(checked_space_name(name), known)
        frame = as_frame(X)
        listed = column_names(nominal, "nominal")
        _check_known(listed, frame)
        roles = roles_of(frame, nominal=listed)
        return cls(entry, known, roles, TableReader(roles).fit_transform(frame))

    def pipeline(self, configuration: Configuration, *, seed: int) -> Pipeline:
        """The pipeline of a configuration.

        Raises:
            InvalidConfigurationError: If the space refuses the configuration.
            MissingExtraError: If the algorithm's library isn't installed.
        """
        values = self.entry.space.validate(configuration)
        built = builder_of(self.entry)(values, self.read, kind=self.kind, seed=seed)
        pipeline = Pipeline([("read", TableReader(self.roles)), *built.steps])
        for _, step in pipeline.steps:
            if hasattr(step, "set_output"):
                step.set_output(transform="default")  # whatever output scikit-learn is set to give
        return pipeline


def checked_kind(kind: TaskKind | str) -> TaskKind:
    """A kind of task from itself or its name.

    Raises:
        InvalidInputError: On another name, or none.
    """
    if kind == CLASSIFICATION:
        return TaskKind.MULTICLASS
    found = kind_of(kind)
    if found is None:
        raise InvalidInputError("pass the kind of task", field="kind", limit=", ".join((*TaskKind, CLASSIFICATION)))
    return found


def checked_space_name(name: object) -> str:
    """The name of a search space.

    Raises:
        InvalidInputError: If it is no string.
    """
    if not isinstance(name, str):
        raise InvalidInputError(
            f"the name of a search space must be a string, not {type(name).__name__}",
            field="search_space",
            value=name,
            limit="the name of a shipped search space",
        )
    return name


def _check_known(listed: Collection[str], frame: pd.DataFrame) -> None:
    unknown = [name for name in listed if name not in frame.columns]
    if unknown:
        raise InvalidInputError(
            f"X has no column {unknown[0]!r}, which is listed as nominal"
            + did_you_mean(unknown[0], map(str, frame.columns)),
            field="nominal",
            value=unknown[0],
            limit=", ".join(map(str, frame.columns[:20])),
        )
