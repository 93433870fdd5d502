"""From a task's meta-features to the embedding that a conditioned surrogate reads: a small fitted scale by name."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError

MAX_NAMES: Final = 256
"""Columns of an embedding at most: of more names, those that most tasks know are kept."""

_REACH: Final = 3.0
_LEAST_SHARE: Final = 0.5
_LEAST_DEVIATION: Final = 1e-9
_COUNTS_FROM: Final = 100.0


@dataclass(frozen=True, slots=True)
class TaskDescriber:
    """Standardises named meta-features; immutable, threads may share it.

    It isn't the meta-model's `MetaFeatureScaler`, which serves distances: there a few odd tasks must not set the
    scale (median and quartiles) and a gap stays a gap. A network reads this one, so it takes mean and standard
    deviation, fills gaps and stays within a smaller range. Its columns are part of saved surrogates: another arithmetic
    would change what these predict.

    A gap is 0, the past tasks' mean: so a task of which nothing is known is described by zeros, as those are whose
    embeddings meta-training drops.

    Attributes:
        names: Meta-features in use, sorted; a column each.
        is_log: Whether ``log1p`` is taken first; as long as ``names``.
        centre: Mean over the past tasks that know the value; as long.
        spread: Standard deviation over them, positive; as long.
    """

    names: tuple[str, ...]
    is_log: tuple[bool, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the columns.

        Raises:
            InvalidInputError: If they differ in number, or a scale isn't finite and positive.
        """
        sizes = {len(self.names), len(self.is_log), len(self.centre), len(self.spread)}
        if len(sizes) != 1:
            raise InvalidInputError("a describer's columns differ in number", field="describer", value=sorted(sizes))
        for name, centre, spread in zip(self.names, self.centre, self.spread, strict=True):
            if not (math.isfinite(centre) and math.isfinite(spread) and spread > 0):
                raise InvalidInputError("a meta-feature's scale must be finite", field="describer", value=name)

    @classmethod
    def fit(cls, tasks: Sequence[Mapping[str, float]]) -> "TaskDescriber":
        """Learn the scale of what at least half of the past tasks know and what differs among them.

        Counts and sizes, which are never negative and large somewhere, are described by their logarithm.

        Args:
            tasks: Finite values by name, of each past task.

        Raises:
            InvalidInputError: If there is no such meta-feature.
        """
        counts = Counter(name for task in tasks for name in task)
        known_by_enough = [name for name, count in counts.items() if count >= _LEAST_SHARE * len(tasks)]
        columns: list[tuple[str, bool, float, float]] = []
        for name in sorted(known_by_enough, key=lambda name: (-counts[name], name)):
            values = np.array([task[name] for task in tasks if name in task])
            is_log = bool(values.min() >= 0.0 and values.max() > _COUNTS_FROM)
            scaled = np.log1p(values) if is_log else values
            if scaled.std() > _LEAST_DEVIATION * max(1.0, float(np.abs(scaled).max())):
                columns.append((name, is_log, float(scaled.mean()), float(scaled.std())))
        if not columns:
            raise InvalidInputError(
                "there is no meta-feature that half of the past tasks have and that differs among them",
                field="meta_features",
                value=len(counts),
                limit="at least 1",
            )
        names, is_log_of, centre, spread = zip(*sorted(columns[:MAX_NAMES]), strict=True)
        return cls(names, is_log_of, centre, spread)

    def embed(self, meta_features: Mapping[str, float]) -> FloatArray:
        """Shape ``(n_names,)``, within 3 standard deviations of the past tasks' mean; 0 where there is a gap."""
        embedding = np.zeros(len(self.names))
        for column, name in enumerate(self.names):
            if name in meta_features:
                value = meta_features[name]
                if self.is_log[column]:
                    value = math.log1p(max(value, 0.0))
                embedding[column] = (value - self.centre[column]) / self.spread[column]
        return np.clip(embedding, -_REACH, _REACH)

    def to_json(self) -> dict[str, object]:
        """Plain values, from which `from_json` reads an equal describer."""
        return {
            "names": list(self.names),
            "is_log": list(self.is_log),
            "centre": list(self.centre),
            "spread": list(self.spread),
        }

    @classmethod
    def from_json(cls, body: object) -> "TaskDescriber":
        """Inverse of `to_json`.

        Raises:
            InvalidInputError: If it is something else.
        """
        columns: list[list[object]] = []
        for key in ("names", "is_log", "centre", "spread"):
            column = body.get(key) if isinstance(body, dict) else None
            if not isinstance(column, list):
                raise InvalidInputError("not a describer of tasks", field="describer", value=key)
            columns.append(column)
        names, is_log, centre, spread = columns
        try:
            numbers = [tuple(float(str(value)) for value in column) for column in (centre, spread)]
        except ValueError as error:
            raise InvalidInputError("a describer's scales are numbers", field="describer") from error
        return cls(tuple(map(str, names)), tuple(map(bool, is_log)), *numbers)
