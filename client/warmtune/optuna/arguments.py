"""What a sampler is given, checked before any study begins."""

import warnings
from collections.abc import Callable, Sequence

from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial

from warmtune.optuna.usable import check_sendable
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.finite import is_finite_number, is_integer
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import check_name
from warmtune.wire.base import MAX_CONFIGURATIONS
from warmtune.wire.bodies import SearchSpaceLike, as_search_space


def checked_n_startup(n_startup: object) -> int:
    """The size of the recommended batch.

    Raises:
        InvalidInputError: If it is no integer, or out of range.
    """
    number = _integer(n_startup, "n_startup")
    if not 0 <= number <= MAX_CONFIGURATIONS:
        raise InvalidInputError(
            "the recommended batch has 0 to 1,000 configurations",
            field="n_startup",
            value=n_startup,
            limit=f"0 to {MAX_CONFIGURATIONS}",
        )
    return number


def checked_space(search_space: SearchSpaceLike | None) -> str | SearchSpace | None:
    """A registered name as it is, anything else as a search space.

    Raises:
        InvalidInputError: If it is none.
    """
    if isinstance(search_space, str):
        return check_name(search_space, field="search_space")
    if search_space is None:
        return None
    space = as_search_space(search_space)
    check_sendable(space)  # what no service takes is said now, not in a warning later
    return space


def checked_budget(time_budget_s: object) -> float | None:
    """Seconds.

    Raises:
        InvalidInputError: If it is no finite number above 0.
    """
    if time_budget_s is None:
        return None
    if not is_finite_number(time_budget_s) or not time_budget_s > 0:
        raise InvalidInputError(
            "time_budget_s must be a finite number of seconds above 0",
            field="time_budget_s",
            value=time_budget_s,
            limit="> 0",
        )
    return float(time_budget_s)


def checked_metric(metric: object) -> str | tuple[str, ...] | None:
    """The name of a metric, or those of several; an empty one stands for the default, as in requests.

    Raises:
        InvalidInputError: If it is no name.
    """
    if isinstance(metric, Sequence) and not isinstance(metric, (str, bytes)):
        return tuple(check_name(name, field="metric") for name in metric)
    is_empty = metric is None or (isinstance(metric, str) and not metric)
    return None if is_empty else check_name(metric, field="metric")


def first_metric(metric: object) -> str | None:
    """The metric that determines the kind of task; see `checked_metric`."""
    checked = checked_metric(metric)
    return checked if checked is None or isinstance(checked, str) else next(iter(checked), None)


ConstraintsFunction = Callable[[FrozenTrial], Sequence[float]]


def checked_fallback(
    fallback: BaseSampler | None, *, seed: object, constraints_func: ConstraintsFunction | None
) -> BaseSampler:
    """The sampler that fills in: the user's own, or Optuna's `TPESampler` of the seed.

    Raises:
        InvalidInputError: If it is no sampler, or given beside what is the `TPESampler`'s, or a seed is no integer.
    """
    if constraints_func is not None and not callable(constraints_func):
        raise InvalidInputError(
            "constraints_func must be a function of a finished trial", field="constraints_func", value=constraints_func
        )
    if fallback is None:
        number = None if seed is None else _integer(seed, "seed")
        if number is not None and not 0 <= number < 2**32:
            raise InvalidInputError(
                "seed is outside the range that numpy accepts", field="seed", value=seed, limit="0 to 2**32 - 1"
            )
        if constraints_func is None:
            return TPESampler(seed=number)
        with warnings.catch_warnings():  # Optuna's own: experimental in 4, superseded by Trial.set_constraint in 5
            warnings.simplefilter("ignore")
            return TPESampler(seed=number, constraints_func=constraints_func)
    if not isinstance(fallback, BaseSampler):
        raise InvalidInputError(
            "fallback must be an Optuna sampler",
            field="fallback",
            value=fallback,
            limit="an optuna.samplers.BaseSampler",
        )
    for field, given in (("seed", seed), ("constraints_func", constraints_func)):
        if given is not None:
            raise InvalidInputError(
                f"{field} is for the default fallback, a TPE sampler: pass it to your own fallback itself",
                field=field,
                value=given,
                limit="None beside fallback",
            )
    return fallback


def _integer(value: object, field: str) -> int:
    if not is_integer(value):
        raise InvalidInputError(f"{field} is an integer", field=field, value=value, limit="an integer")
    return int(value)
