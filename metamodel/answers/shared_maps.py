"""What a model expects of a few configurations on its tasks, to be learned from where its trials must not be seen."""

import hmac
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from metamodel.answers.portfolio import greedy_portfolio
from metamodel.answers.snapshot import Snapshot
from metamodel.maps.history import TaskHistory
from metamodel.maps.performance_maps import PerformanceMaps
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

MIN_TASKS: Final = 5
"""Tasks that a shared model is made of, at least: what is expected on one alone is nearly what was scored there."""
MAX_TASKS: Final = 256
"""At most: the last ones."""
N_CONFIGURATIONS: Final = 64
"""All tasks share scores of the same ones: half a portfolio that does well on them, half an even sample of others."""
MAX_BYTES: Final = 32 * 2**20
"""Of the content once it is decompressed."""
_MIN_SCORES: Final = 3
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class SharedMaps:
    """Expected utilities of shared configurations; no score, no duration, no name and no identifier of a task.

    Attributes:
        configurations: ``m`` of them, valid in the search space.
        tokens: Of the tasks, ``T`` of them: what distinguishes one from another, and nothing else of it.
        kinds: Of the tasks.
        meta_features: Of the tasks.
        utility: Shape ``(T, m)``, in [0, 1]: 1 is a task's best known score.
        variance: Shape ``(T, m)``, not negative: of that expectation.
        best: A typical best score, larger is better, to one digit: what a difference is worth depends on it.
        width: A typical score between utilities 1 and 0, to one digit, above 0.
    """

    configurations: tuple[Configuration, ...]
    tokens: tuple[str, ...]
    kinds: tuple[TaskKind, ...]
    meta_features: tuple[MetaFeatures, ...]
    utility: FloatArray
    variance: FloatArray
    best: float
    width: float

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On shapes that differ, or numbers out of their range.
        """
        shape = (len(self.tokens), len(self.configurations))
        if not all(shape) or self.utility.shape != shape or self.variance.shape != shape:
            raise InvalidInputError(f"{shape} utilities and variances are needed", field="shared_maps")
        if len(self.kinds) != shape[0] or len(self.meta_features) != shape[0]:
            raise InvalidInputError("each task has a kind and its meta-features", field="shared_maps")
        if not ((self.utility >= 0.0) & (self.utility <= 1.0)).all() or not (self.variance >= 0.0).all():
            raise InvalidInputError("utilities are in [0, 1], variances not negative", field="shared_maps")
        if not np.isfinite(self.variance).all() or not np.isfinite([self.best, self.width]).all() or self.width <= 0.0:
            raise InvalidInputError("variances and the scale are finite, the width is above 0", field="shared_maps")

    def histories(self, space: SearchSpace, direction: Direction, *, secret: bytes) -> tuple[TaskHistory, ...]:
        """Past tasks to learn from, under identifiers that nobody can guess who hasn't the secret.

        A task that the same giver has shared under several metrics has one identifier, so that their fronts can be
        made. Configurations that the search space refuses are left out.

        Args:
            space: Of the content that the maps are over.
            direction: Of the metric.
            secret: The learning workspace's: an identifier that could be guessed could be excluded, and so counted.
        """
        columns = [i for i, configuration in enumerate(self.configurations) if _is_valid(space, configuration)]
        chosen = tuple(self.configurations[i] for i in columns)
        scores = direction.sign * (self.best - self.width * (1.0 - self.utility[:, columns]))
        unknown = np.full(len(columns), np.nan)
        return tuple(
            TaskHistory(
                task=Task(_keyed(secret, token), "", kind, described),
                configurations=chosen,
                scores=scores[i],
                durations_s=unknown,
                noise=self.variance[i, columns],
            )
            for i, (token, kind, described) in enumerate(zip(self.tokens, self.kinds, self.meta_features, strict=True))
            if columns
        )

    def to_bytes(self) -> bytes:
        """Compressed JSON; equal maps give equal bytes."""
        body = {
            "format": _FORMAT,
            "configurations": [dict(configuration) for configuration in self.configurations],
            "tasks": [
                {
                    "token": token,
                    "kind": kind.value,
                    "meta_features": dict(described.values),
                    "gaps": dict(described.gaps),
                    "version": described.version,
                    "utility": utility.tolist(),
                    "variance": variance.tolist(),
                }
                for token, kind, described, utility, variance in zip(
                    self.tokens, self.kinds, self.meta_features, self.utility, self.variance, strict=True
                )
            ],
            "best": self.best,
            "width": self.width,
        }
        return zlib.compress(json.dumps(body, allow_nan=False, separators=(",", ":")).encode())

    @classmethod
    def from_bytes(cls, content: bytes) -> "SharedMaps":
        """Inverse of `to_bytes`.

        Raises:
            InvalidInputError: On anything that `to_bytes` hasn't written, or a newer version has.
        """
        try:
            reader = zlib.decompressobj()
            text = reader.decompress(content, MAX_BYTES)
            if reader.unconsumed_tail:
                raise InvalidInputError(
                    "the shared model is too large", field="shared_maps", limit=f"{MAX_BYTES} bytes"
                )
            return cls._read(json.loads(text))
        except (zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, InvalidInputError):
                raise
            raise InvalidInputError("the content is not a shared model", field="shared_maps") from error

    @classmethod
    def _read(cls, body: Mapping[str, Any]) -> "SharedMaps":
        if body["format"] != _FORMAT:
            raise InvalidInputError("a newer version has written the shared model", field="format", limit=_FORMAT)
        tasks = body["tasks"]
        return cls(
            configurations=tuple(body["configurations"]),
            tokens=tuple(str(task["token"]) for task in tasks),
            kinds=tuple(TaskKind(task["kind"]) for task in tasks),
            meta_features=tuple(MetaFeatures(t["meta_features"], t["gaps"], t["version"]) for t in tasks),
            utility=np.array([task["utility"] for task in tasks], dtype=np.float64),
            variance=np.array([task["variance"] for task in tasks], dtype=np.float64),
            best=float(body["best"]),
            width=float(body["width"]),
        )


def share_maps(model: Snapshot, task_ids: Collection[str], *, secret: bytes) -> SharedMaps:
    """What a model expects on some of its tasks.

    Args:
        model: The model.
        task_ids: Of the tasks that may be described; those with fewer than three scores are left out.
        secret: The giving workspace's: without it no token shows which task it is of.

    Raises:
        InvalidInputError: If fewer than `MIN_TASKS` are left.
    """
    wanted = frozenset(task_ids)
    rows = [
        i
        for i, history in enumerate(model.histories)
        if history.task.task_id in wanted and int((~np.isnan(history.scores)).sum()) >= _MIN_SCORES
    ][-MAX_TASKS:]
    if model.maps is None or len(rows) < MIN_TASKS:
        raise InvalidInputError(
            f"a shared model must have been learned from at least {MIN_TASKS} own tasks with {_MIN_SCORES} scores each",
            field="search_space",
            value=len(rows),
            limit=f"{MIN_TASKS} tasks",
        )
    maps, at = model.maps, np.array(rows, dtype=np.intp)
    columns = _columns(maps, at)
    histories = [model.histories[i] for i in rows]
    return SharedMaps(
        configurations=tuple(dict(maps.anchors[i]) for i in columns),
        tokens=tuple(_keyed(secret, history.task.task_id) for history in histories),
        kinds=tuple(history.task.kind for history in histories),
        meta_features=tuple(history.task.meta_features for history in histories),
        utility=np.clip(maps.mean[np.ix_(at, columns)], 0.0, 1.0).round(3),
        variance=np.maximum(maps.variance[np.ix_(at, columns)], 0.0).round(5),
        best=_to_one_digit(float(np.median(maps.best[at]))),
        width=max(_to_one_digit(float(np.median(maps.width[at]))), 1e-12),
    )


def _columns(maps: PerformanceMaps, tasks: IntArray) -> IntArray:
    """Anchors that are shared: the first, which is the default where there is one; a portfolio; some of the others."""
    tried = np.arange(maps.n_tried)
    n = min(N_CONFIGURATIONS, len(tried))
    weights = np.full(len(tasks), 1.0 / len(tasks))
    good = greedy_portfolio(
        maps.mean[np.ix_(tasks, tried)], weights, maps.kernel[np.ix_(tried, tried)], size=max(n // 2, 1)
    )
    chosen = list(dict.fromkeys([0, *good.tolist()]))
    others = np.setdiff1d(tried, chosen)
    n_left = min(n - len(chosen), len(others))
    even = others[np.arange(n_left) * len(others) // max(n_left, 1)]
    return np.array([*chosen, *even.tolist()], dtype=np.intp)


def _keyed(secret: bytes, name: str) -> str:
    return hmac.digest(secret, b"shared task " + name.encode(), "sha256").hex()[:32]


def _to_one_digit(value: float) -> float:
    return float(f"{value:.0e}")


def _is_valid(space: SearchSpace, configuration: Configuration) -> bool:
    try:
        space.validate(configuration)
    except InvalidInputError:
        return False
    return True
