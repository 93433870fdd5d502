"""Parameters of many trials at once: checked by columns against a search space, and written as compact JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from store.database import to_json
from warmtune.vocabulary.condition_graph import value_key
from warmtune.vocabulary.distributions import contains
from warmtune.vocabulary.space import SearchSpace

_MAX_WHOLE: Final = 2**53
"""Up to here every integer is a float."""
_MAX_GROUPS: Final = 100
_SCALARS: Final = {str, bool, int, float, type(None)}


def types_of(values: Iterable[object]) -> set[type]:
    """The types that there are among values."""
    return set(map(type, values))


def param_texts(space: SearchSpace, params: Sequence[Mapping[str, object]]) -> list[str] | None:
    """Each trial's parameters as JSON of `store.database.to_json`, in the order and with the types of the space.

    Args:
        space: To check against.
        params: As parsed JSON has them.

    Returns:
        What `SearchSpace.validate` would give for each; None if it would refuse one, and for rarer cases.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, names in enumerate(map(tuple, params)):
        groups.setdefault(names, []).append(index)
    if len(groups) > _MAX_GROUPS:
        return None
    texts = [""] * len(params)
    for names, places in groups.items():
        found = _texts(space, frozenset(names), params if len(groups) == 1 else [params[place] for place in places])
        if found is None:
            return None
        for place, text in zip(places, found, strict=True):
            texts[place] = text
    return texts


def _texts(space: SearchSpace, names: frozenset[str], params: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """The same for trials that all have parameters of these names."""
    ordered = [name for name in space.parameters if name in names]
    columns = {name: [one[name] for one in params] for name in ordered}
    if len(ordered) != len(names) or not _are_active(space, columns):
        return None
    written = []
    for name, column in columns.items():
        texts = _column_texts(space, name, column)
        if texts is None:
            return None
        written.append(texts)
    labels = (f"{to_json(name)}:".replace("%", "%%") for name in ordered)
    pattern = "{" + ",".join(f"{label}%s" for label in labels) + "}"
    return [pattern % row for row in zip(*written, strict=True)] if written else [pattern] * len(params)


def _are_active(space: SearchSpace, columns: Mapping[str, list[Any]]) -> bool:
    """Whether exactly the active parameters are there, in all trials."""
    if not space.conditions:
        return len(columns) == len(space.parameters)
    parents = [name for name in columns if name in {condition.parent for condition in space.conditions}]
    if not all(types_of(columns[name]) <= _SCALARS for name in parents):
        return False
    rows = list(zip(*(columns[name] for name in parents), strict=True)) if parents else [()]
    is_mixed = any(len(types_of(columns[name])) > 1 for name in parents)
    keys: Iterable[object] = [tuple(map(value_key, row)) for row in rows] if is_mixed else rows
    chosen = dict(zip(keys, rows, strict=True)).values()
    return all(space.activation.active(dict(zip(parents, row, strict=True))) == columns.keys() for row in chosen)


def _column_texts(space: SearchSpace, name: str, column: list[Any]) -> Iterable[str] | None:
    distribution = space.parameters[name]
    types = types_of(column)
    if isinstance(distribution, CategoricalDistribution):
        return _choice_texts(space, name, column) if types <= _SCALARS else None
    if not isinstance(distribution, (FloatDistribution, IntDistribution)) or not types <= {float, int}:
        return None
    low, high = min(column), max(column)
    if not (distribution.low <= low and high <= distribution.high and low >= -_MAX_WHOLE and high <= _MAX_WHOLE):
        return None
    if isinstance(distribution, FloatDistribution):
        if distribution.step is not None and not all(contains(distribution, value) for value in column):
            return None
        return map(float.__repr__, column if types == {float} else map(float, column))
    start, step = distribution.low, distribution.step
    if types != {int} or (step != 1 and any((value - start) % step for value in column)):
        return None
    return map(int.__repr__, column)


def _choice_texts(space: SearchSpace, name: str, column: list[Any]) -> Iterable[str] | None:
    """Of values that repeat: each different one is looked up once."""
    keys = column if len(types_of(column)) == 1 else [(type(value), value) for value in column]
    texts = {}
    for key, value in dict(zip(keys, column, strict=True)).items():
        if not space.contains(name, value):
            return None
        texts[key] = to_json(space.native(name, value))
    return map(texts.__getitem__, keys)
