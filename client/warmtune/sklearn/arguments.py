"""What a search is given, checked before anything is fitted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optuna.distributions import BaseDistribution
from sklearn.base import BaseEstimator

from warmtune.sklearn.builder import checked_kind, shipped_name
from warmtune.sklearn.course import Callback, Limits
from warmtune.sklearn.folds import RAISE
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.finite import is_finite_number, is_integer
from warmtune.vocabulary.flags import checked_flag
from warmtune.vocabulary.space import SearchSpace


@dataclass(frozen=True, slots=True)
class Arguments:
    """Checked arguments of a search.

    Attributes:
        limits: When it ends.
        callbacks: Of the user.
        error_score: What a failed fit scores, or ``"raise"``.
        max_slowdown: How many times the usual time counts as slow, or None.
    """

    limits: Limits
    callbacks: tuple[Callback, ...]
    error_score: float | str
    max_slowdown: float | None


def checked_arguments(search: BaseEstimator) -> Arguments:
    """The arguments of a `WarmSearchCV`; those of the service and of the search space are checked where they are used.

    Raises:
        InvalidInputError: Naming the argument, its value and what it may be.
    """
    given = search.get_params(deep=False)
    _check_estimator(given["estimator"], given["param_distributions"])
    _check_refit(given["refit"])
    _check_jobs(given["n_jobs"])
    for field in ("prune", "warm", "report", "return_train_score"):
        checked_flag(given[field], field)
    if given["kind"] is not None:
        checked_kind(given["kind"])
    n_trials = _count(given["n_trials"], "n_trials")
    timeout = _positive(given["timeout"], "timeout", "seconds")
    patience = _count(given["patience"], "patience")
    min_gain = _positive(given["min_gain"], "min_gain", "in units of the score")
    if n_trials is None and timeout is None and patience is None and min_gain is None and not given["callbacks"]:
        raise InvalidInputError(
            "nothing ends the search: pass n_trials, timeout, patience or min_gain", field="n_trials", limit="a number"
        )
    return Arguments(
        Limits(n_trials=n_trials, timeout_s=timeout, min_gain=min_gain, patience=patience),
        _callbacks(given["callbacks"]),
        _error_score(given["error_score"]),
        _positive(given["max_slowdown"], "max_slowdown", "times the usual seconds"),
    )


def _check_estimator(estimator: object, distributions: object) -> None:
    name = shipped_name(estimator)
    if name is not None:
        if distributions is not None:
            raise InvalidInputError(
                f"the search space {name!r} has its own distributions: to search others, pass an estimator",
                field="param_distributions",
                limit="None beside the name of a search space",
            )
        return
    if isinstance(estimator, (SearchSpace, Mapping)):
        raise InvalidInputError(
            "a search space alone has nothing that fits: pass the name of a shipped one, or your own estimator with "
            "the search space as param_distributions",
            field="estimator",
            value=estimator,
            limit="an object with fit and get_params, or a name",
        )
    if isinstance(estimator, type) or not hasattr(estimator, "fit") or not hasattr(estimator, "get_params"):
        raise InvalidInputError(
            "estimator must have scikit-learn's interface, or be the name of a search space",
            field="estimator",
            value=estimator,
            limit="an object with fit and get_params, or a name",
        )
    if isinstance(distributions, BaseDistribution) or distributions is None:
        raise InvalidInputError(
            f"name the parameters of {type(estimator).__name__} to search",
            field="param_distributions",
            value=distributions,
            limit="a mapping of parameter names to optuna.distributions",
        )


def _check_refit(refit: object) -> None:
    if not isinstance(refit, bool) and not callable(refit):
        raise InvalidInputError(
            "refit must be True, False or a function of cv_results_", field="refit", value=refit, limit="a boolean"
        )


def _check_jobs(n_jobs: object) -> None:
    if n_jobs is not None and (not is_integer(n_jobs) or n_jobs == 0):
        raise InvalidInputError(
            "n_jobs is a number of folds at a time",
            field="n_jobs",
            value=n_jobs,
            limit="an integer from 1, or -1 for all processors",
        )


def _count(value: object, field: str) -> int | None:
    if value is None:
        return None
    if not is_integer(value) or value < 1:
        raise InvalidInputError(f"{field} is a number of trials", field=field, value=value, limit="an integer from 1")
    return int(value)


def _positive(value: object, field: str, unit: str) -> float | None:
    if value is None or (isinstance(value, float) and math.isinf(value) and value > 0 and field == "timeout"):
        return None
    if not is_finite_number(value) or value <= 0:
        raise InvalidInputError(f"{field} is a positive number ({unit})", field=field, value=value, limit="> 0")
    return float(value)


def _callbacks(callbacks: object) -> tuple[Callback, ...]:
    if callbacks is None:
        return ()
    if not isinstance(callbacks, Sequence) or isinstance(callbacks, str) or not all(map(callable, callbacks)):
        raise InvalidInputError(
            "callbacks must be functions of study and trial",
            field="callbacks",
            value=callbacks,
            limit="a list of callables",
        )
    return tuple(callbacks)


def _error_score(error_score: object) -> float | str:
    if isinstance(error_score, str) and error_score == RAISE:
        return RAISE
    is_nan = isinstance(error_score, float) and math.isnan(error_score)
    if not is_nan and not is_finite_number(error_score):
        raise InvalidInputError(
            "error_score must be a number, NaN or 'raise'",
            field="error_score",
            value=error_score,
            limit="a finite number, NaN, or 'raise'",
        )
    return float(error_score)  # type: ignore[arg-type]  # a number
