"""The search space of a KerasTuner project, as its oracle notes it: ranges, steps and conditions, not only values."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import contains
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Condition, SearchSpace

_TUNER: Final = "tuner/"
"""Names of what Hyperband notes among the hyperparameters for itself."""


def space_of_project(body: Mapping[str, Any], tried: Iterable[Mapping[str, object]]) -> SearchSpace | None:
    """The search space, or None where it can't be written as one or where not all that was tried is of it.

    Args:
        body: Of ``oracle.json``.
        tried: The values of each trial.
    """
    hyperparameters = body.get("hyperparameters")
    entries = hyperparameters.get("space") if isinstance(hyperparameters, dict) else None
    parameters: dict[str, BaseDistribution] = {}
    conditions: list[Condition] = []
    fixed: set[str] = set()
    try:
        for entry in entries or ():
            config = entry["config"]
            name = str(config["name"])
            if entry["class_name"] == "Fixed" or name.startswith(_TUNER):
                fixed.add(name)
                continue
            if name in parameters:
                return None  # asked for in two places, each under its own condition
            parameters[name] = _distribution(str(entry["class_name"]), config)
            conditions += [
                Condition(name, str(one["config"]["name"]), tuple(one["config"]["values"]))
                for one in config.get("conditions") or ()
            ]
        space = SearchSpace(parameters, conditions=tuple(conditions))
    except (KeyError, TypeError, ValueError, AttributeError, InvalidInputError):
        return None
    is_whole = all(
        name in parameters and contains(parameters[name], value)
        for values in tried
        for name, value in values.items()
        if not name.startswith(_TUNER) and name not in fixed
    )
    return space if is_whole else None


def _distribution(kind: str, config: Mapping[str, Any]) -> BaseDistribution:
    if kind == "Boolean":
        return CategoricalDistribution([False, True])
    if kind == "Choice":
        return CategoricalDistribution(list(config["values"]))
    is_log = config.get("sampling") in ("log", "reverse_log")
    step = config.get("step")
    low, high = config["min_value"], config["max_value"]
    if kind == "Int":  # a step of a logarithmic range is a factor
        return IntDistribution(int(low), int(high), log=is_log, step=1 if is_log else int(step or 1))
    return FloatDistribution(float(low), float(high), log=is_log, step=None if is_log or step is None else float(step))
