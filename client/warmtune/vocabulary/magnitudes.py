"""Numbers of a search space that can be reckoned with: beyond these, differences and steps lose their meaning."""

from typing import Final

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.errors import InvalidSearchSpaceError
from warmtune.vocabulary.space import SearchSpace

MAX_BOUND: Final = 1e100
MIN_WIDTH: Final = 1e-300
"""What is divided by less than that may overflow."""
MAX_WHOLE_BOUND: Final = 2**53
"""Optuna keeps integers as floats, which hold every one up to here."""
MAX_STEPS: Final = 10_000_000
"""Of a stepped range: with more, a float's rounding is taken for a value between two steps."""


def check_magnitudes(space: SearchSpace) -> None:
    """Refuse bounds and steps of a search space that came from outside.

    Raises:
        InvalidSearchSpaceError: Naming the parameter.
    """
    for name, distribution in space.parameters.items():
        limit = _broken_limit(distribution)
        if limit is not None:
            raise InvalidSearchSpaceError(
                f"the bounds or steps of {name!r} are too large to compute with",
                field=f"search_space.parameters.{name}",
                value=distribution,
                limit=limit,
            )


def _broken_limit(distribution: BaseDistribution) -> str | None:
    if isinstance(distribution, IntDistribution):
        if max(abs(distribution.low), abs(distribution.high)) > MAX_WHOLE_BOUND:
            return f"whole bounds within ±{MAX_WHOLE_BOUND}"
    elif isinstance(distribution, FloatDistribution):
        if max(abs(distribution.low), abs(distribution.high)) > MAX_BOUND:
            return f"bounds within ±{MAX_BOUND:g}"
        if distribution.low < distribution.high and distribution.high - distribution.low < MIN_WIDTH:
            return f"bounds that differ by {MIN_WIDTH:g} or more, or are equal"
        step = distribution.step
        if step is not None and (distribution.high - distribution.low) > MAX_STEPS * step:
            return f"at most {MAX_STEPS} steps"
    return None
