"""Values for parameters that a past study didn't have: what went with the rest, else the default, else the middle."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution

from metamodel.mapping.values import SQUARED_LENGTH, lost_share
from metamodel.maps.anchors import configuration_key
from metamodel.space.cube import UnitCube, from_unit, to_unit
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.distributions import ParameterValue, contains, native, same_value
from warmtune.vocabulary.space import Configuration, SearchSpace

MAX_PAST: Final = 1_024
N_NEAREST: Final = 5
MIN_NEAREST: Final = 3
NEAR: Final = SQUARED_LENGTH**0.5

NEIGHBOURS_FLOOR: Final = 0.25
DEFAULT_DISTORTION: Final = 0.5
MIDDLE_DISTORTION: Final = 1.0


@dataclass(frozen=True, slots=True)
class FilledValue:
    """A value for a parameter of which the past study says nothing.

    Attributes:
        value: One that the target's distribution contains.
        origin: Where it is from, in words that complete "filled with 3, ...".
        distortion: Share of what is known of this parameter's effect that guessing it loses, in [0, 1].
    """

    value: ParameterValue
    origin: str
    distortion: float


class Filler(Protocol):
    """Answers what a missing parameter was set to."""

    def __call__(self, name: str, rest: Configuration, choices: Sequence[ParameterValue] | None) -> FilledValue:
        """A value for `name`.

        Args:
            name: A parameter of the target space.
            rest: The mapped values of the other parameters, each contained in its distribution; some of them may turn
                out to be inactive.
            choices: The answer must be one of these; None where the whole distribution may answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class NeighbourFiller:
    """Fills from past configurations of the target space.

    The chain: the middle one (the commonest category) of up to `N_NEAREST` past configurations within `NEAR` of the
    rest, root mean squared over the rest's coordinates, if there are at least `MIN_NEAREST`; else the target's
    default; else the middle of the distribution. Immutable; threads may share it.

    Attributes:
        space: The target.
        past: Distinct configurations that are valid in it, at most `MAX_PAST`, evenly picked.
        points: Their coordinates in the unit cube, shape ``(n, p)``.
        active: Which of them are active, shape ``(n, p)``.
    """

    space: SearchSpace
    past: tuple[Configuration, ...]
    points: FloatArray
    active: NDArray[np.bool_]

    @classmethod
    def of(cls, space: SearchSpace, past: Sequence[Configuration] = ()) -> "NeighbourFiller":
        """A filler that knows these past configurations, all valid in `space`."""
        distinct = list({configuration_key(c): c for c in past}.values())
        if len(distinct) > MAX_PAST:
            distinct = [distinct[int(i)] for i in np.linspace(0, len(distinct) - 1, MAX_PAST)]
        points, active = UnitCube(space).encode(distinct)
        return cls(space, tuple(distinct), points, active)

    def __call__(self, name: str, rest: Configuration, choices: Sequence[ParameterValue] | None) -> FilledValue:
        """See `Filler`; the documented chain."""
        distribution = self.space.parameters[name]
        filled = self._from_neighbours(name, rest, choices)
        if filled is not None:
            return filled
        if name in self.space.defaults:
            default = native(distribution, self.space.defaults[name])
            if choices is None or any(same_value(default, choice) for choice in choices):
                return FilledValue(default, "the default", DEFAULT_DISTORTION)
        if choices is not None:
            return FilledValue(choices[0], "the first that keeps the rest active", MIDDLE_DISTORTION)
        return FilledValue(_middle(distribution), "the middle of its range", MIDDLE_DISTORTION)

    def _from_neighbours(
        self, name: str, rest: Configuration, choices: Sequence[ParameterValue] | None
    ) -> FilledValue | None:
        columns = {other: i for i, other in enumerate(self.space.parameters)}
        known = [other for other in rest if other in columns and other != name]
        usable = self.active[:, columns[name]].copy()
        if choices is not None:
            for row in np.flatnonzero(usable):
                usable[row] = any(same_value(self.past[row][name], choice) for choice in choices)
        if not known or usable.sum() < MIN_NEAREST:
            return None
        gaps = self._distances({other: rest[other] for other in known}, columns)
        gaps[~usable] = np.inf
        nearest = [int(i) for i in np.argsort(gaps, kind="stable")[:N_NEAREST] if gaps[i] <= NEAR]
        if len(nearest) < MIN_NEAREST:
            return None
        units = self.points[nearest, columns[name]]
        pick, spread = _consensus(units, is_category=isinstance(self.space.parameters[name], CategoricalDistribution))
        origin = f"as in {len(nearest)} past configurations near the rest"
        return FilledValue(self.past[nearest[pick]][name], origin, max(spread, NEIGHBOURS_FLOOR))

    def _distances(self, rest: Configuration, columns: dict[str, int]) -> FloatArray:
        """Root mean squared difference from every past configuration, shape ``(n,)``.

        A parameter that is inactive there is 1 away, and so is another category.
        """
        squared = np.zeros(len(self.past))
        for other, value in rest.items():
            distribution, column = self.space.parameters[other], columns[other]
            gap = np.abs(self.points[:, column] - to_unit(other, distribution, value))
            if isinstance(distribution, CategoricalDistribution):
                gap = (gap > 1e-9).astype(float)
            squared += np.where(self.active[:, column], gap, 1.0) ** 2
        distances: FloatArray = np.sqrt(squared / len(rest))
        return distances


def _consensus(units: FloatArray, *, is_category: bool) -> tuple[int, float]:
    """Index of the value that stands for all, nearest first, and how much they differ from it, in [0, 1]."""
    if is_category:
        agreeing = (np.abs(units[:, None] - units[None]) < 1e-9).sum(axis=1)
        pick = int(agreeing.argmax())  # the first of equals is the nearest
        return pick, 1.0 - float(agreeing[pick]) / len(units)
    pick = int(np.argsort(units, kind="stable")[(len(units) - 1) // 2])
    return pick, float(np.mean([lost_share(float(abs(unit - units[pick]))) for unit in units]))


def _middle(distribution: BaseDistribution) -> ParameterValue:
    """The middle of a distribution, its first choice if it has no order."""
    if isinstance(distribution, CategoricalDistribution):
        return native(distribution, distribution.choices[0])
    middle = from_unit(distribution, 0.5)
    return middle if contains(distribution, middle) else native(distribution, distribution.low)  # type: ignore[attr-defined]
