"""The search space of an NNI experiment, as its configuration has it: a type and its values for each parameter."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import contains
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import SearchSpace


def space_of_experiment(body: object, tried: Iterable[Mapping[str, object]]) -> SearchSpace | None:
    """The search space, or None where it can't be written as one or where not all that was tried is of it.

    Normal distributions and quantised ranges without an even grid have no counterpart; nested choices neither.

    Args:
        body: The configuration's ``searchSpace``.
        tried: The parameters of each trial.
    """
    if not isinstance(body, dict) or not body:
        return None
    try:
        parameters = {str(name): _distribution(entry["_type"], entry["_value"]) for name, entry in body.items()}
        space = SearchSpace(parameters)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, InvalidInputError):
        return None
    is_whole = all(
        name in parameters and contains(parameters[name], value) for values in tried for name, value in values.items()
    )
    return space if is_whole else None


def _distribution(kind: str, values: Sequence[Any]) -> BaseDistribution:
    if kind == "choice":
        if not all(isinstance(value, (str, int, float, type(None))) for value in values):
            raise InvalidInputError("a choice of parameters of its own", field="_value")
        return CategoricalDistribution(list(values))
    low, high = values[0], values[1]
    if kind == "randint":  # without its upper end
        return IntDistribution(int(low), int(high) - 1)
    if kind == "quniform":
        step, are_whole = float(values[2]), all(float(value).is_integer() for value in values[:3])
        if math.remainder(float(low), step):
            raise InvalidInputError("rounded to multiples of the step, not counted from the low end", field="_value")
        if are_whole:
            return IntDistribution(int(low), int(high), step=int(step))
        return FloatDistribution(float(low), float(high), step=step)
    if kind in ("uniform", "loguniform"):
        return FloatDistribution(float(low), float(high), log=kind == "loguniform")
    raise InvalidInputError(f"a parameter of type {kind}", field="_type", value=kind)
