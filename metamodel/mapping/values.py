"""One value of one parameter: from the distribution it was drawn from to another."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import ParameterValue, contains, native, same_value
from warmtune.vocabulary.finite import is_finite_number

NumericDistribution = FloatDistribution | IntDistribution

SQUARED_LENGTH: Final = 0.045
"""Squared distance along one coordinate of the unit cube after which ``1 - 1/e`` of what is known is lost."""


@dataclass(frozen=True, slots=True)
class MappedValue:
    """A value that the target's distribution contains.

    Attributes:
        value: In plain Python of the distribution's own type.
        change: What was done to it in words, empty where it is still the same.
        distortion: Share of the knowledge that the change loses, in [0, 1].
    """

    value: ParameterValue
    change: str = ""
    distortion: float = 0.0


def map_value(value: object, source: BaseDistribution, target: BaseDistribution) -> MappedValue | None:
    """The value of `target` that stands for a value of `source`, or None where none does.

    Numbers are clipped, rounded and moved to steps. A category needs the same one, or the only one that reads the
    same: in another type (``1`` and ``"1"``, ``None`` and ``"none"``, ``True`` and ``"true"`` or ``1``) or in
    another case, as long as neither list has a second one that reads so. A number drawn from a range goes to the
    nearest choice where all choices are numbers.
    """
    if contains(target, value):
        return MappedValue(native(target, value))
    if isinstance(target, CategoricalDistribution):
        return _to_choice(value, source, target)
    if isinstance(target, (FloatDistribution, IntDistribution)):
        kind, number = _reading(value)
        return _to_number(number, value, target) if kind == "number" else None
    return None


def lost_share(distance: float) -> float:
    """Share of a smooth function's variance that is unknown at a distance, ``1 - exp(-d^2 / s)``: 0 at 0, 1 at 1.

    That is ``1 - k^2`` for the engine's Gaussian kernel along one coordinate, with `SQUARED_LENGTH` s.
    """
    return 1.0 - math.exp(-distance * distance / SQUARED_LENGTH)


def unit_distance(distribution: NumericDistribution, one: float, other: float) -> float:
    """Distance of two numbers in units of the distribution's range, capped at 1.

    Logarithmic where the distribution and both numbers allow; halved against overflow. In a one-point range it is the
    relative difference.
    """
    numbers = (float(distribution.low), float(distribution.high), one, other)
    if distribution.log and one > 0 and other > 0:
        low, high, first, second = (math.log(number) for number in numbers)
    else:
        low, high, first, second = numbers
    if low == high:
        first, second, low, high = one, other, 0.0, max(abs(one), abs(other))
    width = high / 2 - low / 2
    return min(abs(first / 2 - second / 2) / width, 1.0) if width > 0 else float(first != second)


def as_text(value: object) -> str:
    """A value as people write it: six digits of a float, text in quotes."""
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _to_number(number: ParameterValue, given: object, target: NumericDistribution) -> MappedValue | None:
    if not is_finite_number(number):
        return None
    clipped = min(max(number, target.low), target.high)
    result = _on_grid(clipped, target)
    if result is None or not contains(target, result):
        return None
    if clipped != number:
        verb = "clipped"
    elif result == number:
        verb = "read as number"
    else:
        verb = "rounded" if target.step == 1 else "moved to step"
    distance = unit_distance(target, float(number), float(result))
    mapped = native(target, result)
    return MappedValue(mapped, f"{verb} {as_text(given)} -> {as_text(mapped)}", lost_share(distance))


def _on_grid(number: float, target: NumericDistribution) -> float | None:
    """The nearest grid point of the distribution to a number within its bounds."""
    if target.step is None:
        return float(number)
    if isinstance(number, int) and isinstance(target, IntDistribution):  # exact, however large
        return target.low + (2 * (number - target.low) + target.step) // (2 * target.step) * target.step
    steps = (number - target.low) / target.step
    last = (target.high - target.low) / target.step
    if not (math.isfinite(steps) and math.isfinite(last)):
        return None
    on_grid = target.low + min(round(steps), math.floor(last + 1e-8)) * target.step
    return min(on_grid, target.high)


def _to_choice(value: object, source: BaseDistribution, target: CategoricalDistribution) -> MappedValue | None:
    others = source.choices if isinstance(source, CategoricalDistribution) else ()
    for reading in (_reading, _loose_reading):
        wanted = reading(value)
        found = [choice for choice in target.choices if reading(choice) == wanted]
        rivals = [other for other in others if reading(other) == wanted and not same_value(other, value)]
        if len(found) == 1 and not rivals:
            return MappedValue(found[0], f"{as_text(value)} read as {as_text(found[0])}")
    numbers = [choice for choice in target.choices if is_finite_number(choice)]
    if not isinstance(source, (FloatDistribution, IntDistribution)) or not is_finite_number(value):
        return None
    if len(numbers) < len(target.choices):
        return None
    distance: Callable[[float], float] = lambda choice: unit_distance(source, float(value), float(choice))  # noqa: E731
    nearest = min(numbers, key=distance)
    return MappedValue(nearest, f"nearest choice {as_text(value)} -> {as_text(nearest)}", lost_share(distance(nearest)))


def _reading(value: object) -> tuple[str, ParameterValue]:
    """What a person reads in a value, whatever its type and case: a kind and its content."""
    if isinstance(value, bool):
        return "truth", value
    if is_finite_number(value):
        return "number", value
    if value is None:
        return "nothing", None
    text = str(value).strip().casefold()
    if text in {"none", "null"}:
        return "nothing", None
    if text in {"true", "false"}:
        return "truth", text == "true"
    for parse in (int, float):
        try:
            number = parse(text)
        except ValueError:
            continue
        if is_finite_number(number) and "_" not in text:
            return "number", number
    return "text", text


def _loose_reading(value: object) -> tuple[str, ParameterValue]:
    """`_reading`, with truths as 0 and 1."""
    kind, content = _reading(value)
    return ("number", int(content)) if isinstance(content, bool) else (kind, content)
