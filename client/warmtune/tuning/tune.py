"""From a file with a table to a tuned model: read, search by cross-validation, judge on rows that no search saw."""

import logging
import platform
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from importlib.metadata import PackageNotFoundError, version
from typing import Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import FrozenTrial
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from warmtune.client import Client
from warmtune.sklearn import WarmSearchCV, build
from warmtune.sklearn.course import SLOW_KEY
from warmtune.sklearn.scorer_checks import check_scorer, with_positive_class
from warmtune.sklearn.scorers import scoring_of
from warmtune.tuning.holdout import HeldOut, RowSubset, judge, split_rows
from warmtune.tuning.model_folder import ModelFacts, TunedModel
from warmtune.tuning.scorers import is_loss, metric_of, scorer_name
from warmtune.tuning.tables import TrainingTable
from warmtune.tuning.tuned import MIN_FOR_IMPORTANCE, TriedConfiguration, Tuned, TuneOptions
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidTableError, WarmtuneError
from warmtune.vocabulary.parameter_importance import ParameterImportance
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import TaskKind

_LIBRARIES: Final = ("warmtune", "scikit-learn", "numpy", "pandas", "lightgbm", "xgboost-cpu", "xgboost", "catboost")
_NEEDED: Final = frozenset({"scikit-learn", "numpy", "pandas", "warmtune"})


def tune(
    table: TrainingTable,
    options: TuneOptions,
    *,
    client: Client | None = None,
    on_trial: Callable[[Study, FrozenTrial], None] | None = None,
) -> Tuned:
    """Tune a model for a table.

    Args:
        table: As `read_training_table` gives it.
        options: What is asked for.
        client: Of the service; None for the embedded one, or that of ``WARMTUNE_URL``.
        on_trial: Receives of each trial.

    Raises:
        InvalidInputError: On a metric or search space of another kind of task.
        InvalidTableError: If the table has too few rows for the folds.
        MissingExtraError: If the search space's library is not installed.
    """
    started = time.monotonic()
    scorer = scorer_name(options.metric, table.kind)
    searched, hidden = split_rows(table.y, table.kind, share=options.holdout, seed=options.seed)
    inside = RowSubset(table.X.iloc[searched].reset_index(drop=True), table.y.iloc[searched].reset_index(drop=True))
    _check_metric(table, options, scorer)
    search = WarmSearchCV(
        options.search_space,
        n_trials=options.n_trials,
        timeout=None if options.minutes is None else 60.0 * options.minutes,
        scoring=scorer,
        cv=_folds(table, inside.y, options),
        n_jobs=options.jobs,
        random_state=options.seed,
        callbacks=[on_trial] if on_trial is not None else None,
        max_slowdown=options.max_slowdown,
        min_gain=options.min_gain,
        kind=table.kind,
        nominal=table.nominal,
        warm=options.warm,
        client=client,
    ).fit(inside.X, inside.y)
    tried = _tried(search, sign=-1.0 if is_loss(scorer) else 1.0)
    best = cast(dict[str, ParameterValue], search.best_params_)  # shipped search spaces have plain choices only
    pipeline = _trained(table, options, best)
    return Tuned(
        model=TunedModel(pipeline, _facts(table, options, best, metric_of(scorer))),
        table=table,
        metric=metric_of(scorer),
        is_loss=is_loss(scorer),
        tried=tried,
        best=search.best_index_,
        held_out=_held_out(search, table, options, inside=inside, hidden=hidden) if len(hidden) else None,
        importance=_importance(search.study_),
        past=_past_importance(options, table.kind, metric_of(scorer), client) if options.warm else None,
        stopped_by=search.stopped_by_ or "callback",
        seconds=time.monotonic() - started,
        n_folds=search.n_splits_,
        n_asked_folds=options.folds,
    )


def _check_metric(table: TrainingTable, options: TuneOptions, scorer: str) -> None:
    default = build(options.search_space, None, table.X, kind=table.kind, nominal=table.nominal)
    scoring = scoring_of(scorer, estimator=None, kind=table.kind)
    check_scorer(
        with_positive_class(scoring, table.y) if table.kind.is_classification else scoring,
        table.y,
        classifies=table.kind.is_classification,
        has_probabilities=hasattr(default, "predict_proba"),
        search_space=options.search_space,
        field="metric",
        name=metric_of(scorer),
    )


def _folds(table: TrainingTable, y: pd.Series, options: TuneOptions) -> StratifiedKFold | KFold:
    """Shuffled folds: files are often sorted by the target or by time of arrival."""
    n_folds = options.folds
    if table.kind.is_classification:
        smallest = int(y.value_counts().min())
        if smallest >= n_folds:
            return StratifiedKFold(n_folds, shuffle=True, random_state=options.seed)
        if smallest >= 2:
            return StratifiedKFold(smallest, shuffle=True, random_state=options.seed)
        rare = y.value_counts().idxmin()
        raise InvalidTableError(
            f"class {rare!r} of the target has one row to search on: leave such rows out, or give more of them",
            field=table.target,
            value=str(rare),
            limit="2 rows a class",
        )
    if len(y) < 2 * n_folds:
        raise InvalidTableError(
            f"{len(y)} rows are too few for {n_folds} folds", field="folds", value=n_folds, limit=f"{len(y) // 2}"
        )
    return KFold(n_folds, shuffle=True, random_state=options.seed)


def _trained(table: TrainingTable, options: TuneOptions, configuration: Configuration) -> Pipeline:
    pipeline = build(
        options.search_space,
        configuration,
        table.X,
        kind=table.kind,
        nominal=table.nominal,
        random_state=options.seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the shipped pipelines limit their solvers on purpose
        return pipeline.fit(table.X, table.y)


def _held_out(
    search: WarmSearchCV, table: TrainingTable, options: TuneOptions, *, inside: RowSubset, hidden: NDArray[np.intp]
) -> HeldOut:
    default = build(
        options.search_space,
        search.cv_results_["params"][0],
        inside.X,
        kind=table.kind,
        nominal=table.nominal,
        random_state=options.seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        default.fit(inside.X, inside.y)
        rows = RowSubset(table.X.iloc[hidden].reset_index(drop=True), table.y.iloc[hidden].reset_index(drop=True))
        return judge(search.best_estimator_, default, rows, scorer=search.scorer_, seed=options.seed)


def _tried(search: WarmSearchCV, *, sign: float) -> list[TriedConfiguration]:
    results = search.cv_results_
    slow = {trial.number for trial in search.study_.get_trials(deepcopy=False) if SLOW_KEY in trial.user_attrs}
    return [
        TriedConfiguration(
            origin=str(results["origin"][row]),
            state="too slow" if int(results["trial_number"][row]) in slow else str(results["state"][row]),
            score=sign * float(results["mean_test_score"][row]),
            spread=float(results["std_test_score"][row]),
            seconds=float(results["mean_fit_time"][row]) * int(results["n_folds"][row]),
            configuration=dict(results["params"][row]),
        )
        for row in range(len(results["params"]))
    ]


def _importance(study: Study) -> dict[str, float]:
    """Of the parameters that most complete trials have; nothing where there are too few trials to say."""
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances  # noqa: PLC0415  # when needed
    from optuna.trial import TrialState  # noqa: PLC0415

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    names = Counter(name for trial in complete for name in trial.params)
    usual = {name for name, count in names.items() if count >= MIN_FOR_IMPORTANCE}
    if len({trial.value for trial in complete}) < MIN_FOR_IMPORTANCE:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parameters that few trials have, which are left out
        found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return {name: share for name, share in found.items() if name in usual and share > 0.0}


def _past_importance(
    options: TuneOptions, kind: TaskKind, metric: str, client: Client | None
) -> ParameterImportance | None:
    """What past tasks say of the parameters; None where none is known, or the service can't be asked."""
    try:
        with nullcontext(client) if client is not None else Client() as asked:
            return asked.parameter_importance(options.search_space, kind=kind, metric=metric)
    except WarmtuneError as error:
        logging.getLogger(__name__).debug("no importance over past tasks: %s", error)
        return None


def _facts(table: TrainingTable, options: TuneOptions, configuration: Configuration, metric: str) -> ModelFacts:
    return ModelFacts(
        kind=str(table.kind),
        target=table.target,
        columns=tuple(str(name) for name in table.X.columns),
        nominal=tuple(table.nominal),
        decimal_mark=table.decimal_mark,
        search_space=options.search_space,
        configuration=dict(configuration),
        metric=metric,
        seed=options.seed,
        n_rows=len(table.y),
        versions={"python": platform.python_version(), **_versions(options.search_space, configuration)},
    )


def _versions(search_space: str, configuration: Configuration) -> dict[str, str]:
    algorithm = str(configuration.get("algorithm", search_space))
    found = {}
    for library in _LIBRARIES:
        if library in _NEEDED or library.partition("-")[0] == algorithm:
            try:
                found[library] = version(library)
            except PackageNotFoundError:
                continue
    return found
