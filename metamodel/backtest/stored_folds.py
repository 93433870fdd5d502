"""Where folds are kept, so that a backtest which is interrupted goes on with the next one."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from metamodel.backtest.records import RecordedTasks
from metamodel.backtest.replay import Method, Replay
from metamodel.maps.anchors import configuration_key
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.work import check_wanted


class StoredFolds(Protocol):
    """A place for the replays of folds, by a name that says all that they follow from."""

    def find(self, name: str) -> bytes | None:
        """What was kept under it, or None."""
        ...

    def keep(self, name: str, content: bytes) -> None:
        """Keep it, whole or not at all."""
        ...


def found_or_made(kept: StoredFolds, name: str, make: Callable[[], Iterable[Replay]]) -> list[Replay]:
    """The replays that were kept under a name; else they are made, and kept."""
    content = kept.find(name)
    if content is not None:
        return _from_json(content)
    made = list(make())
    kept.keep(name, _to_json(made))
    return made


def digest_of(recording: RecordedTasks, options: Mapping[str, object]) -> str:
    """Of everything that was recorded and of how it is replayed, in hexadecimal digits.

    Any other trial, score, meta-feature or option changes it.

    Args:
        recording: What is replayed.
        options: By name: numbers, texts, and sets of texts.
    """
    asked = {
        "options": options,
        "space": recording.space.to_json(),
        "metric": recording.metric,
        "direction": recording.direction,
    }
    digest = hashlib.sha256(json.dumps(asked, default=sorted, sort_keys=True).encode())
    for task in recording.tasks:
        digest.update(repr((task.task_id, task.left_out_with)).encode())
        for history in (task.truth, task.past):
            _add(digest, history)
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", history: TaskHistory) -> None:
    check_wanted()
    keys = [configuration_key(configuration) for configuration in history.configurations]
    digest.update(repr((keys, sorted(history.task.meta_features.values.items()))).encode())
    for values in (history.scores, history.durations_s, history.noise, history.is_failed, history.is_infeasible):
        digest.update(b"-" if values is None else values.tobytes())


def _to_json(replays: Sequence[Replay]) -> bytes:
    """As a JSON document; regrets keep every bit."""
    return json.dumps(
        [
            {
                "task_id": replay.task_id,
                "regret": {method.value: curve.tolist() for method, curve in replay.regret.items()},
                "rows": {method.value: list(rows) for method, rows in replay.rows.items()},
            }
            for replay in replays
        ]
    ).encode()


def _from_json(content: bytes) -> list[Replay]:
    return [
        Replay(
            task_id=replay["task_id"],
            regret={Method(name): np.array(curve) for name, curve in replay["regret"].items()},
            rows={Method(name): tuple(rows) for name, rows in replay["rows"].items()},
        )
        for replay in json.loads(content)
    ]
