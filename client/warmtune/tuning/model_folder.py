"""A tuned model in a folder: its parameters by skops, which executes nothing on loading, and what is known of it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from warmtune.pipelines.frames import as_frame, has_named_columns
from warmtune.pipelines.table import TableReader
from warmtune.tuning import needing_extra
from warmtune.tuning.tables import missing_columns
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError, WarmtuneError
from warmtune.vocabulary.paths import path_text
from warmtune.vocabulary.task import TaskKind

with needing_extra():
    import skops.io

MODEL_FILE: Final = "model.skops"
FACTS_FILE: Final = "model.json"
FORMAT: Final = 1
MAX_FACTS_BYTES: Final = 50_000_000

TRUSTED: Final = frozenset(
    {
        *("collections.OrderedDict", "functools.partial", "numpy.dtype"),
        *("lightgbm.basic.Booster", "lightgbm.sklearn.LGBMClassifier", "lightgbm.sklearn.LGBMRegressor"),
        *("xgboost.core.Booster", "xgboost.sklearn.XGBClassifier", "xgboost.sklearn.XGBRegressor"),
        *("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "sklearn.tree._tree.Tree"),
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.feature_selection._univariate_selection.f_regression",
        *(f"sklearn.metrics._dist_metrics.{n}Distance64" for n in ("Euclidean", "Manhattan", "Minkowski", "Chebyshev")),
        *("sklearn.neighbors._kd_tree.KDTree", "sklearn.neighbors._ball_tree.BallTree"),
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.utils.validation.check_array",
        *(f"warmtune.pipelines.catboost.CatBoostTable{kind}" for kind in ("Classifier", "Regressor")),
        *("warmtune.pipelines.columns.Categories", "warmtune.pipelines.columns.SkewedToNormal"),
        "warmtune.pipelines.columns._NormalQuantiles",
        *(f"warmtune.pipelines.knn.CappedNeighbors{kind}" for kind in ("Classifier", "Regressor")),
        *("warmtune.pipelines.labels.Labelled", "warmtune.pipelines.linear.ElasticNetPerTable"),
        *("warmtune.pipelines.reduction.Share", "warmtune.pipelines.svm_rbf.UnitScale"),
        "warmtune.pipelines.table.TableReader",
    }
)
"""Types beyond skops' own list that the shipped pipelines consist of; a file with any other is refused."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a tuned model beside its parameters.

    Attributes:
        kind: What is predicted.
        target: Name of the target.
        columns: The features, in order.
        nominal: Those whose values are names.
        decimal_mark: Of the file that was learned from, where it says it.
        search_space: A shipped one.
        configuration: The chosen one.
        metric: What was tuned for.
        seed: Of the pipeline.
        n_rows: Rows that the model was trained on.
        versions: Of the libraries, by name.
    """

    kind: str
    target: str
    columns: tuple[str, ...]
    nominal: tuple[str, ...]
    decimal_mark: str | None
    search_space: str
    configuration: dict[str, ParameterValue]
    metric: str
    seed: int
    n_rows: int
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class TunedModel:
    """A model that is ready to predict.

    Attributes:
        pipeline: scikit-learn's, fitted.
        facts: What is known of it.
    """

    pipeline: Pipeline
    facts: ModelFacts

    def predict(self, X: object) -> NDArray[np.generic]:
        """Labels or numbers, shape ``(n,)``.

        Args:
            X: A frame of pandas or polars, an Arrow table, a dictionary of columns or a list of records, with the
                columns of `facts.columns` in any order; or an array or a list of rows, with just these in this order.

        Raises:
            InvalidTableError: If it is no table, or one of the columns is missing.
        """
        return np.asarray(self.pipeline.predict(self._own_columns(X)))

    def predict_proba(self, X: object) -> pd.DataFrame:
        """Probabilities of the classes, a column each, under the classes' names; `X` as for `predict`.

        Raises:
            InvalidInputError: If the model has none.
            InvalidTableError: If it is no table, or one of the columns is missing.
        """
        if not hasattr(self.pipeline, "predict_proba"):
            raise InvalidInputError(
                f"a {self.facts.kind} model of {self.facts.search_space!r} has no probabilities", field="proba"
            )
        found = self.pipeline.predict_proba(self._own_columns(X))
        return pd.DataFrame(found, columns=[str(label) for label in self.pipeline.classes_])

    def unseen_categories(self, X: object) -> dict[str, list[str]]:
        """Cells of `X` with a category that the table learned from didn't have, by column; `X` as for `predict`.

        Raises:
            InvalidTableError: If it is no table, or one of the columns is missing.
        """
        readers = [step for _, step in self.pipeline.steps if isinstance(step, TableReader)]
        frame = self._own_columns(X)
        return {name: cells for reader in readers for name, cells in reader.unseen_categories(frame).items()}

    def _own_columns(self, X: object) -> pd.DataFrame:
        columns = self.facts.columns
        frame = as_frame(X)
        if not has_named_columns(X):
            if frame.shape[1] != len(columns):
                raise InvalidTableError(
                    f"the rows have {frame.shape[1]} values, and the model was trained on {len(columns)} columns",
                    field="X",
                    value=frame.shape,
                    limit=", ".join(columns),
                )
            return frame.set_axis(list(columns), axis=1)
        missing = [name for name in columns if name not in frame.columns]
        if missing:
            raise InvalidTableError(
                missing_columns(missing, [str(name) for name in frame.columns], "frame"),
                field=missing[0],
                limit=", ".join(columns),
            )
        return frame[list(columns)]


def save_model(model: TunedModel, folder: Path) -> None:
    """Write a model into a folder that exists.

    Raises:
        WarmtuneError: If the model holds what `load_model` wouldn't load.
    """
    content = skops.io.dumps(model.pipeline)
    unknown = _unknown_types(content)
    if unknown:
        raise WarmtuneError(f"a model with {', '.join(unknown)} can't be stored")
    facts = asdict(model.facts) | {"format": FORMAT, "sha256": hashlib.sha256(content).hexdigest()}
    (folder / MODEL_FILE).write_bytes(content)
    (folder / FACTS_FILE).write_text(json.dumps(facts, indent=2, ensure_ascii=False), encoding="utf-8")


def load_model(folder: str | Path) -> TunedModel:
    """Read a model that `warmtune tune` has written; nothing in its files is executed.

    Args:
        folder: Which `--out` named.

    Raises:
        InvalidInputError: If a file is missing, damaged, changed, or holds types that a tuned model doesn't.
    """
    folder = Path(path_text(folder, "folder"))
    facts = _read_facts(folder / FACTS_FILE)
    try:
        content = (folder / MODEL_FILE).read_bytes()
    except OSError as error:
        raise _no_model(folder, str(error)) from error
    if hashlib.sha256(content).hexdigest() != facts.pop("sha256"):
        raise _no_model(folder, f"{MODEL_FILE} was changed after it was written, or is damaged")
    unknown = _unknown_types(content)
    if unknown:
        raise _no_model(folder, f"{MODEL_FILE} holds {unknown[0]}, which no tuned model does: it is not loaded")
    try:
        facts |= {name: tuple(facts[name]) for name in ("columns", "nominal")}
        known = ModelFacts(**facts)
        TaskKind(known.kind)
    except (TypeError, ValueError, KeyError) as error:
        raise _no_model(folder, f"{FACTS_FILE} has other entries than it should: {error}") from error
    try:
        pipeline = skops.io.loads(content, trusted=sorted(TRUSTED))
    except Exception as error:  # whatever a library raises on a file of another version of it
        needs = _as_text(known.versions)
        raise _no_model(folder, f"{MODEL_FILE} can't be read here: {error}; it needs {needs}") from error
    if tuple(pipeline.feature_names_in_) != known.columns:
        raise _no_model(folder, f"{FACTS_FILE} names other columns than the model has: one of the two was changed")
    return TunedModel(pipeline, known)


def _unknown_types(content: bytes) -> list[str]:
    try:
        return sorted(set(skops.io.get_untrusted_types(data=content)) - TRUSTED)
    except Exception as error:  # no zip, no schema, another one: it is no file of skops
        raise InvalidInputError(
            f"{MODEL_FILE} is not a file of skops: {error}", field="model", limit="a folder that `warmtune tune` wrote"
        ) from error


def _read_facts(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_FACTS_BYTES:
            raise _no_model(path.parent, f"{path.name} is larger than {MAX_FACTS_BYTES:,} bytes")
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _no_model(path.parent, f"{path.name} can't be read: {error}") from error
    if not isinstance(facts, dict) or facts.pop("format", None) != FORMAT or not isinstance(facts.get("sha256"), str):
        raise _no_model(path.parent, f"{path.name} is of another format than {FORMAT}")
    return facts


def _no_model(folder: Path, reason: str) -> InvalidInputError:
    return InvalidInputError(reason, field="model", value=str(folder), limit="a folder that `warmtune tune` wrote")


def _as_text(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
