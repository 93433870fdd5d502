"""The search space and the objectives of an Ax experiment, as its snapshot has them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import contains
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace

_TERM: Final = re.compile(r"\s*(-?)\s*(?:1(?:\.0*)?\s*\*\s*)?([^\W\d][\w./ -]*?)\s*")
"""An objective as newer versions write it: the name of a metric, with a minus if it is minimised."""


@dataclass(frozen=True, slots=True)
class AxObjective:
    """A metric, and which way it is better where the snapshot says so."""

    metric: str
    direction: Direction | None


@dataclass(frozen=True, slots=True)
class AxConstraint:
    """What a metric must not exceed, or must reach."""

    metric: str
    bound: float
    is_upper: bool

    def excess(self, value: float) -> float:
        """By how much a value breaks it; at most 0 if it doesn't."""
        return value - self.bound if self.is_upper else self.bound - value


def space_of_snapshot(body: object, tried: Iterable[Mapping[str, object]]) -> SearchSpace | None:
    """The search space, or None where it can't be written as one or where not all that was tried is of it.

    Parameters with a fixed value are left out; a space with conditions is inferred from its trials instead.

    Args:
        body: The experiment's ``search_space``.
        tried: The parameters of each trial.
    """
    entries = body.get("parameters") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        return None
    fixed = fixed_parameters(body)
    try:
        parameters = {str(one["name"]): _distribution(one) for one in entries if one["name"] not in fixed}
        space = SearchSpace(parameters)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, InvalidInputError):
        return None
    is_whole = all(
        name in fixed or (name in parameters and contains(parameters[name], value))
        for values in tried
        for name, value in values.items()
    )
    return space if is_whole and all(parameters.keys() <= values.keys() for values in tried) else None


def fixed_parameters(body: object) -> frozenset[str]:
    """The names of parameters that have one value."""
    entries = body.get("parameters") if isinstance(body, dict) else None
    named = [one for one in entries or () if isinstance(one, dict)] if isinstance(entries, list) else []
    return frozenset(str(one.get("name")) for one in named if one.get("__type") == "FixedParameter")


def _distribution(entry: Mapping[str, Any]) -> BaseDistribution:
    if entry.get("dependents"):
        raise InvalidInputError("a parameter that others depend on", field="dependents")
    if entry["__type"] == "ChoiceParameter":
        return CategoricalDistribution([_plain(value) for value in entry["values"]])
    if entry["__type"] != "RangeParameter":
        raise InvalidInputError("another kind of parameter", field="__type", value=entry["__type"])
    low, high, is_log = entry["lower"], entry["upper"], bool(entry.get("log_scale"))
    kind = entry.get("parameter_type")
    if isinstance(kind, dict) and kind.get("name") == "INT":
        return IntDistribution(int(low), int(high), log=is_log)
    return FloatDistribution(float(low), float(high), log=is_log)


def _plain(value: object) -> str | int | float | None:
    if not isinstance(value, (str, int, float, type(None))):
        raise InvalidInputError("a choice that is no plain value", field="values")
    return value


def objectives_of(config: object) -> tuple[AxObjective, ...]:
    """The objectives of an optimization config; empty where there is none, or a weighted sum of several.

    Args:
        config: The experiment's ``optimization_config``.
    """
    body = config.get("objective") if isinstance(config, dict) else None
    if not isinstance(body, dict) or body.get("__type") == "ScalarizedObjective":
        return ()
    if isinstance(body.get("expression"), str):
        terms = [_TERM.fullmatch(term) for term in body["expression"].split(",")]
        found = [AxObjective(one[2], _way(is_minimized=bool(one[1]))) for one in terms if one is not None]
        return tuple(found) if len(found) == len(terms) else ()
    several = body.get("objectives")
    singles = several if isinstance(several, list) else [body]
    each = [objectives_of({"objective": one}) for one in singles] if isinstance(several, list) else [_single(body)]
    return tuple(one for some in each for one in some)


def _single(body: Mapping[str, Any]) -> tuple[AxObjective, ...]:
    metric = body.get("metric")
    name = metric.get("name") if isinstance(metric, dict) else None
    if not isinstance(name, str) or not isinstance(metric, dict):
        return ()
    minimize = body.get("minimize", metric.get("lower_is_better"))
    return (AxObjective(name, _way(is_minimized=minimize) if isinstance(minimize, bool) else None),)


def _way(*, is_minimized: bool) -> Direction:
    return Direction.MINIMIZE if is_minimized else Direction.MAXIMIZE


def constraints_of(config: object) -> tuple[AxConstraint, ...] | None:
    """The outcome constraints; None where one is relative to the status quo, or another that isn't of one metric."""
    entries = config.get("outcome_constraints") if isinstance(config, dict) else None
    found = []
    for one in entries if isinstance(entries, list) else ():
        metric, op, bound = (
            (one.get(key) for key in ("metric", "op", "bound")) if isinstance(one, dict) else (None,) * 3
        )
        name = metric.get("name") if isinstance(metric, dict) else None
        word = op.get("name") if isinstance(op, dict) else None
        if isinstance(bound, bool) or not isinstance(bound, (int, float)):
            return None
        if not isinstance(name, str) or word not in ("LEQ", "GEQ") or one.get("relative"):
            return None
        found.append(AxConstraint(name, float(bound), is_upper=word == "LEQ"))
    return tuple(found)
