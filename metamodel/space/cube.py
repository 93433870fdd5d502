"""Search spaces as unit cubes: configurations to points and back, inactive parameters and categories included."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from metamodel.space.zeros import zero_switches
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.distributions import ParameterValue, native, same_value
from warmtune.vocabulary.errors import InvalidConfigurationError
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.work import check_wanted

INACTIVE: Final = 0.5
"""The coordinate of an inactive parameter: the middle, so that it is equally far from all active values."""


@dataclass(frozen=True, slots=True)
class UnitCube:
    """A search space seen as ``[0, 1]^p``, one coordinate a parameter, in the parameters' order.

    A numeric coordinate runs linearly, or in the logarithm where the distribution does; integers and stepped floats
    own equal cells around them. A category owns the cell ``[i/k, (i+1)/k)`` and is encoded as its middle. A range that
    is 0 where its switch is off (`metamodel.space.zeros`) is then at its lower end. Immutable.

    Attributes:
        space: The search space.
    """

    space: SearchSpace

    @property
    def n_parameters(self) -> int:
        """Coordinates of the cube."""
        return len(self.space.parameters)

    def encode(self, configurations: Sequence[Configuration]) -> tuple[FloatArray, BoolArray]:
        """Points and activity of configurations.

        Numbers out of range are encoded at the nearest bound, since histories of other spaces come here too.

        Returns:
            Coordinates of shape ``(n, p)`` in ``[0, 1]``, `INACTIVE` where absent but for zeros, and the activity mask
            ``(n, p)``.

        Raises:
            InvalidConfigurationError: On a category that the distribution doesn't have.
        """
        points = np.full((len(configurations), self.n_parameters), INACTIVE)
        switches = zero_switches(self.space)
        active = np.zeros((len(configurations), self.n_parameters), dtype=bool)
        for column, (name, distribution) in enumerate(self.space.parameters.items()):
            check_wanted()
            rows = [row for row, configuration in enumerate(configurations) if name in configuration]
            active[rows, column] = True
            points[rows, column] = _to_units(name, distribution, [configurations[row][name] for row in rows])
            if name in switches:
                is_off = [switches[name] in configuration for configuration in configurations]
                points[~active[:, column] & np.array(is_off, dtype=bool), column] = 0.0  # 0 is nearest to the smallest
        return points, active

    def decode(self, points: FloatArray) -> list[dict[str, ParameterValue]]:
        """Configurations of points ``(n, p)`` in ``[0, 1]``; coordinates of inactive parameters are ignored.

        Every configuration is valid in the space: the result of `SearchSpace.validate` on it is itself.
        """
        names = tuple(self.space.parameters)
        columns = []
        for column, distribution in enumerate(self.space.parameters.values()):
            check_wanted()
            columns.append(_from_units(distribution, points[:, column]))
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        return [self._active(row) for row in rows] if self.space.conditions else rows

    def _active(self, row: Configuration) -> dict[str, ParameterValue]:
        """The active ones among values of all parameters."""
        check_wanted()
        activation = self.space.activation
        chosen: dict[str, ParameterValue] = {}
        for name in activation.order:
            if activation.holds(name, chosen):
                chosen[name] = row[name]
        return {name: chosen[name] for name in row if name in chosen}

    def parameter_of_axes(self) -> IntArray:
        """Which parameter each axis of `features` belongs to, as an index into the parameters; shape ``(d,)``."""
        conditional = {c.parameter for c in self.space.conditions}
        n_axes = [
            (len(d.choices) if isinstance(d, CategoricalDistribution) else 1) + (name in conditional)
            for name, d in self.space.parameters.items()
        ]
        return np.repeat(np.arange(self.n_parameters), n_axes)

    def features(self, points: FloatArray, active: BoolArray) -> FloatArray:
        """Euclidean coordinates for kernels: any kernel of their distance is positive definite on configurations.

        A number takes one axis; a parameter that can be inactive one more, ``0.5`` long, for its activity; a category
        ``k`` one-hot axes of length ``1/sqrt(2)``, so that two different ones are 1 apart.

        Returns:
            Shape ``(n, d)``.
        """
        conditional = {c.parameter for c in self.space.conditions}
        blocks: list[FloatArray] = []
        for column, (name, distribution) in enumerate(self.space.parameters.items()):
            on = active[:, column].astype(float)
            if isinstance(distribution, CategoricalDistribution):
                k = len(distribution.choices)
                index = np.minimum((points[:, column] * k).astype(int), k - 1)
                blocks.append(np.eye(k)[index] * on[:, None] * np.sqrt(0.5))
            else:
                blocks.append(points[:, [column]])
            if name in conditional:
                blocks.append(0.5 * on[:, None])
        return np.concatenate(blocks, axis=1)


def to_unit(name: str, distribution: BaseDistribution, value: ParameterValue) -> float:
    """The coordinate of one value; see `UnitCube`."""
    return float(_to_units(name, distribution, [value])[0])


def _to_units(name: str, distribution: BaseDistribution, values: Sequence[ParameterValue]) -> FloatArray:
    """The coordinates of a parameter's values, shape ``(n,)``."""
    if isinstance(distribution, CategoricalDistribution):
        return _to_cells(name, distribution, values)
    low, high, log = _bounds(distribution)
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InvalidConfigurationError(f"{name!r} must be a number", field=f"params.{name}", value=value)
    middle = np.full(len(values), INACTIVE)
    if high <= low:
        return middle
    x = np.clip(np.array([float(value) for value in values if value is not None]), low, high)
    if log:
        width = np.log(high) - np.log(low)
        if width <= 0:  # neighbouring floats have one logarithm
            return middle
        x, low, high = np.log(x), np.log(low), np.log(high)
    unit: FloatArray = (x - low) / (high - low)
    return unit


def _to_cells(name: str, distribution: CategoricalDistribution, values: Sequence[ParameterValue]) -> FloatArray:
    """The middles of categories' cells, shape ``(n,)``; a value that comes again isn't looked for again."""
    n_choices = len(distribution.choices)
    known: dict[tuple[type, str], float] = {}
    points = np.empty(len(values))
    for row, value in enumerate(values):
        key = (type(value), repr(value))
        if key not in known:
            indices = (i for i, choice in enumerate(distribution.choices) if same_value(value, choice))
            index = next(indices, None)
            if index is None:
                raise InvalidConfigurationError(f"{name!r} has no such choice", field=f"params.{name}", value=value)
            known[key] = (index + 0.5) / n_choices
        points[row] = known[key]
    return points


def from_unit(distribution: BaseDistribution, unit: float) -> ParameterValue:
    """The value at one coordinate, always one that the distribution contains."""
    return _from_units(distribution, np.array([unit]))[0]


def _from_units(distribution: BaseDistribution, units: FloatArray) -> list[ParameterValue]:
    """The values at coordinates of shape ``(n,)``; see `from_unit`."""
    units = np.clip(units, 0.0, 1.0)
    if isinstance(distribution, CategoricalDistribution):
        k = len(distribution.choices)
        choices = [native(distribution, choice) for choice in distribution.choices]
        return [choices[cell] for cell in np.minimum((units * k).astype(int), k - 1)]
    low, high, log = _bounds(distribution)
    values = np.exp(np.log(low) + units * (np.log(high) - np.log(low))) if log else low + units * (high - low)
    if isinstance(distribution, IntDistribution):
        # in Python's integers: a range may be wider than 64 bits
        last = (distribution.high - distribution.low) // distribution.step
        steps = [round(float(one)) for one in (values - distribution.low) / distribution.step]
        return [int(distribution.low + min(max(step, 0), last) * distribution.step) for step in steps]
    if isinstance(distribution, FloatDistribution):
        if distribution.step is not None:
            most = round((distribution.high - distribution.low) / distribution.step)
            taken = np.clip(np.rint((values - distribution.low) / distribution.step), 0, most)
            values = distribution.low + taken * distribution.step
        inside: list[ParameterValue] = np.clip(values, distribution.low, distribution.high).tolist()
        return inside
    raise InvalidConfigurationError(f"{type(distribution).__name__} is not a supported distribution")


def _bounds(distribution: BaseDistribution) -> tuple[float, float, bool]:
    """Bounds between which a unit coordinate runs; cells of integers and steps reach half a step further."""
    if isinstance(distribution, IntDistribution):
        half = 0.5 if distribution.log else 0.5 * distribution.step
        return distribution.low - half, distribution.high + half, distribution.log
    if isinstance(distribution, FloatDistribution):
        half = 0.0 if distribution.step is None else 0.5 * distribution.step
        return distribution.low - half, distribution.high + half, distribution.log
    raise InvalidConfigurationError(f"{type(distribution).__name__} is not a supported distribution")
