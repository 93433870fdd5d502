"""Which parameters a search space may have: how many, with which names, bounds and choices."""

import math
from collections.abc import Mapping

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from warmtune.vocabulary.errors import InvalidSearchSpaceError, LimitExceededError
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.task import check_name
from warmtune.vocabulary.text import is_unicode

MAX_PARAMETERS = 500
MAX_CHOICES = 1_000
MAX_ALL_CHOICES = 10_000
"""Of all parameters together: each choice is a number in every configuration that is compared."""


def too_many_parameters(count: int) -> LimitExceededError:
    """The error for a search space of `count` parameters."""
    return LimitExceededError(
        f"{count} parameters are more than the {MAX_PARAMETERS} allowed",
        field="search_space.parameters",
        value=count,
        limit=MAX_PARAMETERS,
    )


def check_all_choices(parameters: Mapping[str, BaseDistribution]) -> None:
    """Refuse more choices of all parameters together than a service compares; not for what is stored already.

    Raises:
        LimitExceededError: If there are more.
    """
    n_choices = sum(len(d.choices) for d in parameters.values() if isinstance(d, CategoricalDistribution))
    if n_choices > MAX_ALL_CHOICES:
        raise LimitExceededError(
            f"the parameters have {n_choices} choices together, {MAX_ALL_CHOICES} are allowed",
            field="search_space.parameters",
            value=n_choices,
            limit=MAX_ALL_CHOICES,
        )


def check_parameters(parameters: Mapping[str, BaseDistribution]) -> None:
    """Check number, names, bounds and choices of a search space's parameters.

    Raises:
        InvalidSearchSpaceError: Naming the parameter that is wrong.
        LimitExceededError: On too many parameters or choices.
    """
    if not parameters:
        raise InvalidSearchSpaceError("a search space needs a parameter", field="search_space.parameters")
    if len(parameters) > MAX_PARAMETERS:
        raise too_many_parameters(len(parameters))
    for name, distribution in parameters.items():
        check_name(name, field="search_space.parameters")
        where = f"search_space.parameters.{name}"
        if isinstance(distribution, CategoricalDistribution):
            _check_choices(name, distribution)
        elif isinstance(distribution, (FloatDistribution, IntDistribution)):
            if not (is_finite_number(distribution.low) and is_finite_number(distribution.high)):
                raise InvalidSearchSpaceError(
                    f"the bounds of {name!r} must be finite",
                    field=where,
                    value=[distribution.low, distribution.high],
                    limit="finite number",
                )
        else:
            raise InvalidSearchSpaceError(
                f"{name!r} has a distribution that is not one of Optuna's float, int and categorical ones",
                field=where,
                value=distribution,
            )


def _check_choices(name: str, distribution: CategoricalDistribution) -> None:
    where = f"search_space.parameters.{name}"
    choices = distribution.choices
    if len(choices) > MAX_CHOICES:
        raise LimitExceededError(
            f"{name!r} has more than {MAX_CHOICES} choices", field=where, value=len(choices), limit=MAX_CHOICES
        )
    for choice in choices:
        is_bad_number = isinstance(choice, float) and not math.isfinite(choice)
        is_bad_text = isinstance(choice, str) and not is_unicode(choice)
        if is_bad_number or is_bad_text or not isinstance(choice, (str, int, float, bool, type(None))):
            raise InvalidSearchSpaceError(
                f"a choice of {name!r} is not a plain value",
                field=where,
                value=choice,
                limit="string without half characters (lone surrogates), finite number, boolean or null",
            )
    if len(set(choices)) < len(choices):
        raise InvalidSearchSpaceError(
            f"{name!r} has choices that are equal (in Python, True is 1): Optuna can't distinguish them",
            field=where,
            value=list(choices),
            limit="distinct choices",
        )
