"""Batches of complete trials, read and checked by columns: most are such, and trial by trial takes four times as long.

What is found wrong here is no error: the batch is then read trial by trial, where errors name the trial.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from metamodel.space.configuration_writer import ConfigurationWriter
from store.new_trials import CompleteTrials
from warmtune.vocabulary.parameter_checks import MAX_PARAMETERS
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import MAX_TRIAL_NUMBER, TrialState

_NEEDED: Final = frozenset({"number", "params", "value"})
_FIELDS: Final = _NEEDED | {"state", "duration_s"}


@dataclass(frozen=True, slots=True)
class TrialColumns:
    """Trials as their JSON has them, all complete and of the same few fields; their parameters are not looked at yet.

    Attributes:
        items: The batch as it was parsed.
        numbers: Each once.
        values: Finite.
        durations_s: Finite and not negative, or None.
        params: Of each trial, by name.
    """

    items: Sequence[object]
    numbers: Sequence[int]
    values: Sequence[float]
    durations_s: Sequence[float | None]
    params: Sequence[Mapping[str, object]]

    @classmethod
    def of(cls, items: Sequence[object]) -> "TrialColumns | None":
        """The columns of a batch; None where it has anything beyond them, right or wrong."""
        column = _by_field(items)
        if column is None:
            return None
        numbers, params = column["number"], column["params"]
        values, durations = _values(column["value"]), _durations(column.get("duration_s", [None] * len(items)))
        if values is None or durations is None or not (_are_complete(column) and _are_distinct(numbers)):
            return None
        if _types_of(params) != {dict} or max(map(len, params)) > MAX_PARAMETERS:
            return None
        return cls(items, numbers, values, durations, params)

    def within(self, space: SearchSpace) -> CompleteTrials | None:
        """The trials as they are stored, if all of them lie within a search space; None where not, or not surely."""
        writer = ConfigurationWriter(space)
        written = [writer.write(params, is_whole=True) for params in self.params]
        if any(refusal for _, refusal in written):
            return None
        return CompleteTrials(self.numbers, self.values, self.durations_s, [text for text, _ in written])


def _by_field(items: Sequence[object]) -> dict[str, list[Any]] | None:
    """The items' fields, if all of them have the same ones, and none but those."""
    if _types_of(items) != {dict}:
        return None
    objects: Sequence[Any] = items
    sets = set(map(frozenset, objects)) if len({*map(tuple, objects)}) > 1 else {frozenset(objects[0])}
    fields = sets.pop()
    if sets or not _NEEDED <= fields <= _FIELDS:
        return None
    return {name: [one[name] for one in objects] for name in fields}


def _are_complete(column: Mapping[str, list[Any]]) -> bool:
    states = column.get("state")
    return states is None or (_types_of(states) == {str} and set(states) == {TrialState.COMPLETE.value})


def _are_distinct(numbers: Sequence[Any]) -> bool:
    return (
        _types_of(numbers) == {int}
        and min(numbers) >= 0
        and max(numbers) <= MAX_TRIAL_NUMBER
        and len(set(numbers)) == len(numbers)
    )


def _values(given: Sequence[Any]) -> list[float] | None:
    """Finite numbers as floats; None if one isn't such."""
    if not _types_of(given) <= {float, int}:
        return None
    try:
        values = list(map(float, given))
    except OverflowError:
        return None
    return values if all(map(math.isfinite, values)) else None


def _durations(given: Sequence[Any]) -> list[float | None] | None:
    known = [seconds for seconds in given if seconds is not None]
    if not known:
        return list(given)
    seconds = _values(known)
    if seconds is None or min(seconds) < 0.0:
        return None
    return [None if one is None else float(one) for one in given]


def _types_of(values: Iterable[object]) -> set[type]:
    return set(map(type, values))
