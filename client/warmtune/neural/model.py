"""`NeuralTaskModel`: scikit-learn's interface to a meta-learned network that is fine-tuned in a few steps.

Needs the extra ``warmtune[neural]``; import it only where it is used.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from optuna.distributions import BaseDistribution
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import ClassifierTags, RegressorTags, Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import (
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from maml.task_models.encoder import check_magnitude
from maml.task_models.initialisation import FineTuning, Initialisation
from maml.task_models.shipped import shipped_initialisation
from maml.task_models.target_kind import inferred_kind
from maml.task_models.task_model import DatasetToFit, FittedTaskModel, fit_task_model
from warmtune.neural.checked_data import check_classes, check_frame, finite_target, plain_target, seed_of
from warmtune.neural.sources import Init, read_init
from warmtune.tables.paths import check_in_memory
from warmtune.vocabulary.arrays import FloatArray, unmasked
from warmtune.vocabulary.errors import InvalidInputError

Kind = Literal["auto", "classification", "regression"]

_KINDS: Final = ("auto", "classification", "regression")


def _gives_probabilities(model: "NeuralTaskModel") -> bool:
    kind = getattr(model, "kind_", model.kind)
    if kind == "regression":
        raise AttributeError("numbers have no probabilities: the model is of kind 'regression'")
    return True


class NeuralTaskModel(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A network for one table that starts from what was learned on many others.

    Tables may have any columns: numbers, times, names (object, string, category) and gaps. `fit` encodes the rows, lets
    closed forms predict each from the others, and fine-tunes the network that mixes them, by gradient steps from its
    learned start. What `docs/neural-task-models.md` says was measured with the shipped initialisation's kind.

    Args:
        init: A path or bytes of an initialisation, or `FromService`; None takes the one that ships.
        kind: ``classification`` or ``regression``; ``auto`` infers it from the target: numbers with a fraction are
            numbers, and so are whole ones of more than 20 different values with fewer than four rows each on average.
            Say it in cross-validation: before `fit`, scikit-learn can't know whether to stratify.
        n_steps: Gradient steps; None takes the initialisation's recommendation, as for the next two.
        rate: Of the steps, from 0 to 1.
        pull: Weight of the squared distance to the start, from 0 to 10.
        max_rows: Rows used at most, a random part of more: time grows with its cube.
        random_state: Seed of that part, of folds and of random thresholds: from 0, a generator to draw it from, or None
            for another one at every fit.

    Attributes:
        kind_: What was fitted.
        classes_: Class labels in sorted order, where there are any.
        n_features_in_: Columns.
        losses_: The known rows' loss at the start and after fine-tuning, each row predicted without its label.
    """

    def __init__(
        self,
        init: Init | None = None,
        *,
        kind: Kind = "auto",
        n_steps: int | None = None,
        rate: float | None = None,
        pull: float | None = None,
        max_rows: int = 1_024,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.init = init
        self.kind = kind
        self.n_steps = n_steps
        self.rate = rate
        self.pull = pull
        self.max_rows = max_rows
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fine-tune on labelled rows.

        Args:
            X: Shape ``(n, n_columns)``, at least two rows: a data frame or an array.
            y: Shape ``(n,)``.

        Raises:
            InvalidInputError: On a path or a name in the place of `X` or `y`, a setting out of range, an infinite
                number or one beyond ±1e100, two columns of one name, an initialisation that can't be read.
            ValueError: On shapes or values that scikit-learn refuses.
        """
        table, target = self._checked(X, y)
        target = plain_target(target)
        if np.issubdtype(target.dtype, np.floating):  # before scikit-learn looks for a fraction, which warns of them
            check_magnitude(target[np.isfinite(target)].astype(np.float64), field="y")
        self.kind_ = self._kind_of(target)
        start = self._initialisation().start(self.kind_)
        how = _how(start.fine_tuning, {"n_steps": self.n_steps, "rate": self.rate, "pull": self.pull})
        n_classes = 0
        if self.kind_ == "classification":
            check_classes(target)
            self.classes_, target = np.unique(target, return_inverse=True)
            n_classes = len(self.classes_)
            if n_classes < 2:
                raise ValueError("Classifier can't train when only one class is present.")
        else:
            target = finite_target(target)
        rows = DatasetToFit(table, np.asarray(target, dtype=np.float64), n_classes)
        self.model_: FittedTaskModel = fit_task_model(
            start, rows, how=how, max_rows=self.max_rows, seed=seed_of(self.random_state)
        )
        self.losses_ = self.model_.losses
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.generic]:
        """Class labels or numbers, shape ``(m,)``; ``m`` may be 0.

        Raises:
            InvalidInputError: On an infinite number.
            ValueError: On other columns than those that were fitted, as scikit-learn refuses them.
        """
        answer = self._answer(X)
        if self.kind_ == "classification":
            labels: NDArray[np.generic] = self.classes_[answer.argmax(axis=1)]
            return labels
        return answer[:, 0]

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]  # scikit-learn has no types
    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Probabilities of the classes in the order of `classes_`, shape ``(m, n_classes)``."""
        return self._answer(X)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Accuracy of classes, or R2 of numbers."""
        judge = accuracy_score if self.kind_of_fit() == "classification" else r2_score
        return float(judge(y, self.predict(X), sample_weight=sample_weight))

    def kind_of_fit(self) -> str:
        """``classification`` or ``regression``, once fitted."""
        check_is_fitted(self)
        return str(self.kind_)

    def search_space(self, kind: Literal["classification", "regression"]) -> dict[str, BaseDistribution]:
        """Optuna's distributions of `n_steps`, `rate` and `pull`, around the initialisation's recommendation."""
        return self._initialisation().search_space(kind)

    def recommended(self, kind: Literal["classification", "regression"]) -> FineTuning:
        """The steps, rate and pull that come with the initialisation."""
        return self._initialisation().start(kind).fine_tuning

    def __sklearn_tags__(self) -> Tags:
        """What scikit-learn's own tools ask."""
        tags = super().__sklearn_tags__()
        kind = getattr(self, "kind_", self.kind)
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        if kind == "regression":
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        elif kind == "classification":
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        return tags

    def _initialisation(self) -> Initialisation:
        return shipped_initialisation() if self.init is None else Initialisation.from_bytes(read_init(self.init))

    def _kind_of(self, target: NDArray[np.generic]) -> str:
        if self.kind not in _KINDS:
            raise InvalidInputError("no such kind", field="kind", value=self.kind, limit=", ".join(_KINDS))
        if self.kind != "auto":
            return self.kind
        return inferred_kind(target.tolist())

    def _checked(self, X: ArrayLike, y: ArrayLike) -> tuple[pd.DataFrame, NDArray[np.generic]]:
        check_in_memory(X, y, remedy="read the file with pandas")
        if isinstance(X, pd.DataFrame):
            check_frame(X)
            validate_data(self, X, skip_check_array=True)  # names and number of columns
            target = column_or_1d(unmasked(y), warn=True)
            if len(target) != len(X):
                raise ValueError(f"Found input variables with inconsistent numbers of samples: {[len(X), len(target)]}")
            if X.shape[1] < 1 or len(X) < 2:
                raise ValueError(f"Found array with shape {X.shape}: 2 samples and 1 feature are the minimum.")
            return X, target
        X, y = unmasked(X), unmasked(y)
        array, target = validate_data(
            self, X, y, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=2, y_numeric=False
        )
        return pd.DataFrame(array).infer_objects(), target

    def _answer(self, X: ArrayLike) -> FloatArray:
        check_is_fitted(self)
        check_in_memory(X, None, remedy="read the file with pandas")
        if isinstance(X, pd.DataFrame):
            check_frame(X)
            validate_data(self, X, reset=False, skip_check_array=True)
            table = X
        else:
            X = unmasked(X)
            array = validate_data(self, X, reset=False, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=0)
            table = pd.DataFrame(array).infer_objects()
        return self.model_.predict(table)


def _how(recommended: FineTuning, asked: Mapping[str, float | None]) -> FineTuning:
    return replace(recommended, **{name: value for name, value in asked.items() if value is not None})  # type: ignore[arg-type]  # the fields' own names
