"""From a configuration of a shipped search space to an estimator that is ready to fit."""

from collections.abc import Collection, Hashable, Sequence
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
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.spelling import did_you_mean
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import kind_of, registered_name

CLASSIFICATION = "classification"
"""Stands for both kinds of classification: their search spaces are the same."""

MAX_SEED = 2**32 - 1


def build(
    name: str | NamedSearchSpace,
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
        name: A shipped search space, as `docs/knowledge.md` lists them, or one as it was read from the service.
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
        cls, name: str | NamedSearchSpace, X: object, *, kind: TaskKind | str, nominal: Sequence[str] | None = None
    ) -> "PipelineFactory":
        """The factory of a search space for tables like `X`; see `build`."""
        known = checked_kind(kind)
        entry = find_entry(checked_space_name(name), known)
        frame = as_frame(X)
        roles = roles_of(frame, nominal=_labels_of(column_names(nominal, "nominal"), frame))
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


def shipped_name(estimator: object) -> str | None:
    """The name of a search space where one stands in an estimator's place, or None."""
    if isinstance(estimator, NamedSearchSpace):
        return estimator.name
    return estimator if isinstance(estimator, str) else None


def checked_space_name(space: object) -> str:
    """The name of a shipped search space.

    Raises:
        InvalidInputError: If it is none: only shipped search spaces have pipelines.
    """
    return registered_name(
        space,
        limit="the name of a shipped search space",
        remedy="pass the name of a shipped one; to an estimator of your own, estimator.set_params(**configuration) "
        "gives its configurations",
    )


def _labels_of(listed: Collection[str], frame: pd.DataFrame) -> tuple[Hashable, ...]:
    """The labels of the columns that are listed by their names: descriptions know a frame's label 0 as ``"0"``, too.

    Raises:
        InvalidInputError: If one is missing.
    """
    known: dict[str, Hashable] = {}
    for label in frame.columns:
        known.setdefault(_name_of(label).strip(), label)
    known |= {label: label for label in frame.columns if isinstance(label, str)}
    unknown = [name for name in listed if name not in known]
    if unknown:
        raise InvalidInputError(
            f"X has no column {unknown[0]!r}, which is listed as nominal{did_you_mean(unknown[0], known)}",
            field="nominal",
            value=unknown[0],
            limit=", ".join(_name_of(label) for label in frame.columns[:20]),
        )
    return tuple(known[name] for name in listed)


def _name_of(label: object) -> str:
    return "_".join(str(level) for level in label if str(level)) if isinstance(label, tuple) else str(label)
