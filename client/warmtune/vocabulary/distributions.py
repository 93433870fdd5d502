"""Optuna's distributions: which values they take, in words, and from JSON."""

import json
import math
from collections.abc import Mapping

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    json_to_distribution,
)

from warmtune.vocabulary.errors import InvalidConfigurationError, InvalidSearchSpaceError, shown
from warmtune.vocabulary.finite import is_finite_number

ParameterValue = float | int | str | bool | None


def contains(distribution: BaseDistribution, value: object) -> bool:
    """Whether Optuna would take `value` as it is: no refusal, no clipping, no rounding."""
    if isinstance(distribution, CategoricalDistribution):
        return any(same_value(value, choice) for choice in distribution.choices)
    if not isinstance(distribution, (FloatDistribution, IntDistribution)) or not is_finite_number(value):
        return False
    if not distribution.low <= value <= distribution.high:
        return False
    if isinstance(distribution, IntDistribution):
        # Optuna keeps integers as floats: above 2**53 not every one survives
        whole = int(value)
        return value == whole == int(float(whole)) and (whole - distribution.low) % distribution.step == 0
    if distribution.step is None:
        return True
    steps = (value - distribution.low) / distribution.step
    return abs(steps - round(steps)) < 1e-8


def native(distribution: BaseDistribution, value: object) -> ParameterValue:
    """A contained value in plain Python of the distribution's own type (databases refuse numpy's scalars)."""
    if isinstance(distribution, IntDistribution):
        return int(value)  # type: ignore[call-overload, no-any-return]  # contains() has let numbers only pass
    if isinstance(distribution, FloatDistribution):
        return float(value)  # type: ignore[arg-type]  # contains() has let numbers only pass
    if isinstance(distribution, CategoricalDistribution):
        return next(choice for choice in distribution.choices if same_value(value, choice))
    raise InvalidConfigurationError(f"{type(distribution).__name__} is not a supported distribution")


def same_value(left: object, right: object) -> bool:
    """Equality in which True is not 1, as JSON and people mean it."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def describe_distribution(distribution: BaseDistribution) -> str:
    """A distribution in words, for messages and tables: ``1..10 (int, log)``."""
    if isinstance(distribution, CategoricalDistribution):
        return f"one of {shown(list(distribution.choices))}"
    if not isinstance(distribution, (FloatDistribution, IntDistribution)):
        return type(distribution).__name__
    notes = ["int" if isinstance(distribution, IntDistribution) else "float"]
    if distribution.log:
        notes.append("log")
    if distribution.step not in (None, 1):
        notes.append(f"step {distribution.step}")
    return f"{distribution.low}..{distribution.high} ({', '.join(notes)})"


def distribution_from_json(name: str, entry: object) -> BaseDistribution:
    """Read one distribution as `optuna.distributions.distribution_to_json` writes it.

    Raises:
        InvalidSearchSpaceError: Naming the field, with Optuna's own reason where it refuses.
    """
    where = f"search_space.parameters.{name}"
    if not isinstance(entry, Mapping) or not isinstance(entry.get("attributes"), Mapping):
        raise InvalidSearchSpaceError(
            f"{name!r} needs 'name' and 'attributes', as optuna.distributions.distribution_to_json writes them",
            field=where,
            value=entry,
        )
    for key, value in entry["attributes"].items():
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidSearchSpaceError(
                f"{key!r} of {name!r} must be finite",
                field=f"{where}.{key}",
                value=value,
                limit="finite number",
            )
    try:
        return json_to_distribution(json.dumps(entry))
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:  # decimal's: a tiny step
        raise InvalidSearchSpaceError(
            f"Optuna refuses the distribution of {name!r}: {error}", field=where, value=dict(entry)
        ) from error
