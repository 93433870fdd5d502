"""Past tasks and their trials in columns: what many trials share is written once."""

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

PREFIX: Final = "histories."
_FLAGS: Final = ("noise", "failed", "infeasible")


def write_histories(histories: Sequence[TaskHistory]) -> tuple[object, dict[str, NDArray[Any]]]:
    """JSON and arrays of histories; the arrays' names begin with `PREFIX`."""
    configurations, accounts, gaps = _Distinct(), _Distinct(), _Distinct()
    names = sorted({name for history in histories for name in history.task.meta_features.values})
    values = np.full((len(histories), len(names)), np.nan)
    column = {name: at for at, name in enumerate(names)}
    tasks = []
    for row, history in enumerate(histories):
        task = history.task
        for name, value in task.meta_features.values.items():
            values[row, column[name]] = value
        known = task.meta_features
        tasks.append([task.task_id, task.name, task.kind.value, known.version, gaps.add(dict(known.gaps))])
    arrays = {
        "values": values,
        "sizes": np.array([len(h.scores) for h in histories], dtype=np.int64),
        "tried": np.array([configurations.add(dict(c)) for h in histories for c in h.configurations], dtype=np.int64),
        "accounts": np.array(
            [accounts.add(list(a)) for h in histories for a in h.adjustments or ()],
            dtype=np.int64,
        ),
        "scores": _joined([h.scores for h in histories]),
        "durations_s": _joined([h.durations_s for h in histories]),
        **{name: _joined([a for h in histories if (a := getattr(h, name)) is not None]) for name in _FLAGS},
    }
    has = [[getattr(h, name) is not None for name in (*_FLAGS, "adjustments")] for h in histories]
    document = {
        "names": names,
        "tasks": tasks,
        "has": has,
        "configurations": configurations.values,
        "accounts": accounts.values,
        "gaps": gaps.values,
    }
    return document, {f"{PREFIX}{name}": array for name, array in arrays.items()}


def read_histories(document: Any, arrays: dict[str, NDArray[Any]]) -> tuple[TaskHistory, ...]:
    """Inverse of `write_histories`; equal configurations of several tasks are one object."""
    columns = {name: _InOrder(arrays[f"{PREFIX}{name}"]) for name in ("scores", "durations_s", *_FLAGS)}
    tried, accounts = _InOrder(arrays[f"{PREFIX}tried"]), _InOrder(arrays[f"{PREFIX}accounts"])
    accounts_by_place = [tuple(account) for account in document["accounts"]]
    configurations, names, values = document["configurations"], document["names"], arrays[f"{PREFIX}values"]
    histories = []
    sizes = arrays[f"{PREFIX}sizes"].tolist()
    for row, (size, has, task) in enumerate(zip(sizes, document["has"], document["tasks"], strict=True)):
        given = {name: columns[name].take(size) for name, is_there in zip(_FLAGS, has, strict=False) if is_there}
        task_id, name, kind, version, gaps = task
        known = np.flatnonzero(~np.isnan(values[row]))
        features = dict(zip([names[i] for i in known], values[row, known].tolist(), strict=True))
        histories.append(
            TaskHistory(
                Task(task_id, name, TaskKind(kind), MetaFeatures(features, document["gaps"][gaps], version)),
                tuple(configurations[i] for i in tried.take(size).tolist()),
                columns["scores"].take(size),
                columns["durations_s"].take(size),
                adjustments=tuple(accounts_by_place[i] for i in accounts.take(size).tolist()) if has[-1] else None,
                **given,
            )
        )
    return tuple(histories)


class _Distinct:
    """Values that are distinguished by their JSON, numbered in the order of their first appearance."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._numbers: dict[str, int] = {}

    def add(self, value: object) -> int:
        """Its number."""
        text = json.dumps(value, allow_nan=False)
        number = self._numbers.setdefault(text, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


class _InOrder:
    """A column that is read from its beginning to its end."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        self._at = 0

    def take(self, n: int) -> NDArray[Any]:
        """The next `n`."""
        taken = self._array[self._at : self._at + n]
        self._at += n
        return taken


def _joined(arrays: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.zeros(0)
