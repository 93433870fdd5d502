"""What a search is to do, from what it was given."""

import warnings
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.model_selection import check_cv
from sklearn.utils import column_or_1d, get_tags

from warmtune.sklearn.builder import CLASSIFICATION, PipelineFactory, checked_kind, shipped_name
from warmtune.sklearn.candidates import Candidates, OwnCandidates, ShippedCandidates
from warmtune.sklearn.folds import Data, Estimator, Fold, as_shipped, checked_folds, fit
from warmtune.sklearn.kinds import checked_target, kind_by_estimator, kind_by_target, numeric_target
from warmtune.sklearn.rows import n_rows_of
from warmtune.sklearn.scorer_checks import check_scorer, with_positive_class
from warmtune.sklearn.scorers import Scoring, scoring_of
from warmtune.sklearn.weights import with_checked_weights
from warmtune.vocabulary.arrays import unmasked
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import TaskKind


@dataclass(frozen=True, slots=True)
class SearchArguments:
    """What the user says of the task.

    Attributes:
        estimator: An estimator, or a shipped search space: its name, or as it was read.
        distributions: Of the estimator's parameters.
        scoring: A scorer, its name, or None.
        kind: Kind of task, if given.
        nominal: Columns whose numbers are category codes.
        cv: Folds, a splitter, or splits.
    """

    estimator: BaseEstimator | str | NamedSearchSpace
    distributions: object
    scoring: object
    kind: TaskKind | str | None
    nominal: Sequence[str] | None
    cv: object


@dataclass(frozen=True, slots=True)
class Plan:
    """What is searched, on what, and what it is judged by.

    Attributes:
        searched: The configurations and their estimators.
        kind: What is predicted, or None where Warmtune has no word for it.
        scoring: The scorer.
        data: The table, with the target as it is used.
        folds: Row numbers.
    """

    searched: Candidates
    kind: TaskKind | None
    scoring: Scoring
    data: Data
    folds: tuple[Fold, ...]

    def fitted(self, configuration: Configuration) -> Estimator:
        """The estimator of a configuration, fitted on all rows."""
        with as_shipped() if self.searched.is_shipped else nullcontext():
            return fit(self.searched.estimator(configuration), self.data.X, self.data.y, self.data.fit_params)


def plan_of(
    asked: SearchArguments, X: object, y: ArrayLike | None, *, groups: object, params: Mapping[str, object], seed: int
) -> Plan:
    """Check everything, and decide what the user left open.

    Args:
        asked: What the user says.
        X: The features.
        y: The target.
        groups: For the splitter.
        params: Of `fit`.
        seed: Of the shipped pipelines.

    Raises:
        InvalidInputError: Naming what is wrong.
    """
    name = shipped_name(asked.estimator)
    if name is not None:
        if y is None:
            raise _missing_target(name)
        target = checked_target(column_or_1d(unmasked(y), warn=True))
        kind = _shipped_kind(asked, target)
        if not kind.is_classification:
            target = numeric_target(target)
        scoring = scoring_of(asked.scoring, estimator=None, kind=kind)
        factory = PipelineFactory.of(name, X, kind=kind, nominal=asked.nominal)
        searched = ShippedCandidates.of(factory, seed=seed)
        if isinstance(asked.scoring, str):
            scoring = _checked_scoring(scoring, searched, target, name=asked.scoring)
        weighted = with_checked_weights(params, n_rows=len(target))
        return _plan(asked, searched, kind, scoring, X, target, groups=groups, params=weighted)
    own = OwnCandidates.of(asked.estimator, asked.distributions)
    if y is None and get_tags(asked.estimator).target_tags.required:
        raise _missing_target(type(asked.estimator).__name__)
    own_kind = kind_by_estimator(asked.estimator, y)
    scoring = scoring_of(asked.scoring, estimator=asked.estimator, kind=own_kind)
    return _plan(asked, own, own_kind, scoring, X, y, groups=groups, params=params)


def _plan(  # noqa: PLR0917  # all that a plan consists of
    asked: SearchArguments,
    searched: Candidates,
    kind: TaskKind | None,
    scoring: Scoring,
    X: object,
    y: ArrayLike | None,
    *,
    groups: object,
    params: Mapping[str, object],
) -> Plan:
    scored = _score_params(scoring, params.get("sample_weight"))
    data = Data(X, y, n_rows_of(X) or 0, searched.fit_params(params), scored)
    splitter = check_cv(asked.cv, y, classifier=searched.is_classifier)
    folds = checked_folds(splitter.split(X, y, groups), n_rows=data.n_rows)
    return Plan(searched, kind, scoring, data, folds)


def _checked_scoring(
    scoring: Scoring,
    searched: ShippedCandidates,
    target: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
    *,
    name: str,
) -> Scoring:
    """One of scikit-learn's scorers, which has a value for the target and the models of the default configuration.

    Raises:
        InvalidInputError: If it has none.
    """
    if searched.is_classifier:
        scoring = with_positive_class(scoring, target)
    check_scorer(
        scoring,
        target,
        classifies=searched.is_classifier,
        has_probabilities=hasattr(searched.estimator(searched.default), "predict_proba"),
        search_space=searched.name,
        field="scoring",
        name=name,
    )
    return scoring


def _shipped_kind(asked: SearchArguments, target: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> TaskKind:
    if asked.kind == CLASSIFICATION:
        return TaskKind.of_classes(len(set(target.tolist())))
    if asked.kind is not None:
        return checked_kind(asked.kind)
    said = None if asked.scoring is None else scoring_of(asked.scoring, estimator=None, kind=None).metric
    return kind_by_target(target, said)


def _missing_target(name: str) -> InvalidInputError:
    return InvalidInputError(f"{name} requires y to be passed, but the target y is None", field="y", limit="a column")


def _score_params(scoring: Scoring, weights: object) -> Mapping[str, object]:
    """What goes to the scorer; a warning names one that takes no weights, since it judges all rows alike."""
    if weights is None:
        return {}
    if scoring.takes_weights:
        return {"sample_weight": weights}
    warnings.warn(
        f"{scoring.scorer} takes no sample_weight: the search gives all rows the same weight", UserWarning, stacklevel=5
    )
    return {}
