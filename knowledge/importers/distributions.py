"""Distributions of other versions and of other moments: read from JSON, and united where they changed midway."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import ParameterValue, distribution_from_json
from warmtune.vocabulary.errors import InvalidSearchSpaceError, shown
from warmtune.vocabulary.parameter_checks import MAX_CHOICES

_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class StoredDistribution:
    """A distribution as Optuna stores it, and how its stored numbers become values.

    Attributes:
        distribution: The same for Warmtune: plain choices only.
        note: What reading it has changed, or empty.
        is_categorical: Whether the stored number is the index of a choice.
        is_int: Whether values are whole.
        is_plain: Whether the stored number is the value.
    """

    distribution: BaseDistribution
    note: str
    is_categorical: bool
    is_int: bool
    is_plain: bool

    def value_of(self, stored: float) -> ParameterValue:
        """The value that a stored number stands for.

        Raises:
            InvalidSearchSpaceError: On the index of a choice that there isn't.
        """
        if self.is_categorical:
            return choice_at(self.distribution, stored)
        return int(stored) if self.is_int else stored


def choice_at(distribution: BaseDistribution, stored: float) -> ParameterValue:
    """The choice that an index stands for.

    Raises:
        InvalidSearchSpaceError: If there is none.
    """
    assert isinstance(distribution, CategoricalDistribution)  # noqa: S101  # narrows; callers have looked
    if not (0 <= stored < len(distribution.choices) and stored == int(stored)):
        raise InvalidSearchSpaceError("a stored choice has no such index", field="param_value", value=stored)
    choice: ParameterValue = distribution.choices[int(stored)]
    return choice


def read_stored(name: str, text: str) -> StoredDistribution:
    """Read a distribution's JSON, of Optuna 2 to 5.

    Raises:
        InvalidSearchSpaceError: If it is none.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidSearchSpaceError(f"the distribution of {name!r} is not JSON", value=text) from error
    if not isinstance(body, dict) or not isinstance(body.get("attributes"), dict):
        raise InvalidSearchSpaceError(f"the distribution of {name!r} is not Optuna's", value=text)
    note = ""
    attributes: dict[str, object] = dict(body["attributes"])
    choices = attributes.get("choices")
    if body.get("name") == "CategoricalDistribution" and isinstance(choices, list):
        attributes["choices"], note = _plain_choices(name, choices)
    found = distribution_from_json(name, _renamed({"name": body.get("name"), "attributes": attributes}, attributes))
    is_categorical = isinstance(found, CategoricalDistribution)
    is_int = isinstance(found, IntDistribution)
    return StoredDistribution(found, note, is_categorical, is_int, is_plain=not is_categorical and not is_int)


def _float(attributes: dict[str, object], *, log: bool = False, step: object = None) -> dict[str, object]:
    low, high = attributes.get("low"), attributes.get("high")
    return {"name": "FloatDistribution", "attributes": {"low": low, "high": high, "log": log, "step": step}}


def _int(attributes: dict[str, object], *, log: bool = False, step: object = 1) -> dict[str, object]:
    low, high = attributes.get("low"), attributes.get("high")
    return {"name": "IntDistribution", "attributes": {"low": low, "high": high, "log": log, "step": step}}


_RENAMED: dict[str, Callable[[dict[str, object]], dict[str, object]]] = {
    "UniformDistribution": _float,
    "LogUniformDistribution": lambda a: _float(a, log=True),
    "DiscreteUniformDistribution": lambda a: _float(a, step=a.get("q")),
    "IntUniformDistribution": lambda a: _int(a, step=a.get("step", 1)),
    "IntLogUniformDistribution": lambda a: _int(a, log=True),
}


def _renamed(body: dict[str, object], attributes: dict[str, object]) -> dict[str, object]:
    """Distributions of Optuna 2, which version 3 has replaced and version 5 no longer reads."""
    rename = _RENAMED.get(str(body.get("name")))
    return rename(attributes) if rename else {"name": body.get("name"), "attributes": attributes}


def _plain_choices(name: str, choices: Sequence[object]) -> tuple[list[ParameterValue], str]:
    """Choices that are lists, objects or not finite as texts, so that they can be stored and compared."""
    plain: list[ParameterValue] = []
    changed: list[str] = []
    for choice in choices:
        if isinstance(choice, (str, bool, type(None))) or (isinstance(choice, (int, float)) and math.isfinite(choice)):
            plain.append(choice)
        else:
            text = json.dumps(choice)
            changed.append(text)
            plain.append(text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…")
    note = f"{name}: choices that are no plain values are kept as texts, e.g. {shown(changed[0])}" if changed else ""
    return plain, note


def united(name: str, distributions: Sequence[BaseDistribution]) -> tuple[BaseDistribution, str]:
    """One distribution that holds the values of all, and what uniting them means, in words (empty for one alone).

    Numbers: the widest bounds; whole only if all are; logarithmic only if all are; with a step only if they share one.
    Categories: all choices, in the order in which they came.

    Raises:
        InvalidSearchSpaceError: If numbers and categories are mixed, or there are too many choices.
    """
    distinct = list(dict.fromkeys(distributions))
    if len(distinct) == 1:
        return distinct[0], ""
    categorical = [d for d in distinct if isinstance(d, CategoricalDistribution)]
    if categorical and len(categorical) < len(distinct):
        raise InvalidSearchSpaceError(
            f"{name!r} is a category in some trials and a number in others", field=f"search_space.parameters.{name}"
        )
    if categorical:
        return _united_choices(name, categorical), f"{name}: its choices changed midway, all of them are taken"
    numeric = [d for d in distinct if isinstance(d, (FloatDistribution, IntDistribution))]
    return _united_numbers(numeric), f"{name}: its range changed midway, the widest is taken"


def _united_choices(name: str, distributions: Iterable[CategoricalDistribution]) -> CategoricalDistribution:
    choices: dict[tuple[bool, ParameterValue], ParameterValue] = {}  # as `same_value` compares, in linear time
    for distribution in distributions:
        for choice in distribution.choices:
            choices.setdefault((isinstance(choice, bool), choice), choice)
        if len(choices) > MAX_CHOICES:
            raise InvalidSearchSpaceError(
                f"{name!r} has more than {MAX_CHOICES} choices",
                field=f"search_space.parameters.{name}",
                limit=MAX_CHOICES,
            )
    return CategoricalDistribution(list(choices.values()))


def _united_numbers(distributions: Sequence[FloatDistribution | IntDistribution]) -> BaseDistribution:
    low, high = min(d.low for d in distributions), max(d.high for d in distributions)
    log = all(d.log for d in distributions)
    if not all(isinstance(d, IntDistribution) for d in distributions):
        return FloatDistribution(float(low), float(high), log=log)
    steps = [int(d.step) for d in distributions if d.step is not None]
    starts = [int(d.low) - int(low) for d in distributions]
    step = 1 if log else math.gcd(*steps, *starts)
    return IntDistribution(int(low), int(high), log=log, step=max(step, 1))
