"""Similar tasks: distances between meta-features that may have gaps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.recommendation import Source
from warmtune.vocabulary.task import MetaFeatures, Task, common_version

_HEAVY_TAIL = 20.0


@dataclass(frozen=True, slots=True)
class MetaFeatureScaler:
    """Puts meta-features of any source on one scale: log where heavy-tailed, then median 0 and spread 1.

    Fitted on past tasks; a name that too few of them know, or that doesn't vary, is left out. Immutable.

    What neural surrogates read is scaled by `maml.surrogates.describer.TaskDescriber` instead, which says why.

    Attributes:
        names: Meta-features in use, ``d`` of them, sorted.
        is_log: Shape ``(d,)``: ``sign(x) * log1p(|x|)`` is taken first.
        centre: Shape ``(d,)``.
        spread: Shape ``(d,)``, positive.
        version: Of the meta-features: those of another version of Warmtune's own are gaps. None where none was its own.
    """

    names: tuple[str, ...]
    is_log: NDArray[np.bool_]
    centre: FloatArray
    spread: FloatArray
    version: str | None = None

    @classmethod
    def fit(cls, tasks: Sequence[MetaFeatures], *, min_share: float = 0.5) -> "MetaFeatureScaler":
        """Learn names, transforms, centres and spreads from past tasks.

        Args:
            tasks: Past tasks.
            min_share: Names that a smaller share of the tasks knows are left out; in ``(0, 1]``.
        """
        version = common_version(tasks)
        tasks = [task.in_version(version) for task in tasks]
        counts: dict[str, int] = {}
        for task in tasks:
            for name in task.values:
                counts[name] = counts.get(name, 0) + 1
        names = sorted(name for name, count in counts.items() if count >= min_share * len(tasks))
        raw = np.array([[task.values.get(name, np.nan) for name in names] for task in tasks]).reshape(
            len(tasks), len(names)
        )
        keep, is_log, centre, spread = [], [], [], []
        for column, name in enumerate(names):
            known = raw[:, column][~np.isnan(raw[:, column])]
            low, middle, high = np.quantile(known, [0.1, 0.5, 0.9])
            heavy = bool(high - middle > _HEAVY_TAIL * (middle - low) or np.abs(known).max() > 1e3 * (1 + abs(middle)))
            heavy = heavy or bool(known.min() >= 0 and known.max() > 100)
            x = _log(known) if heavy else known
            q25, q50, q75 = np.quantile(x, [0.25, 0.5, 0.75])
            width = (q75 - q25) / 1.349 if q75 > q25 else float(x.std())
            if width > 1e-12:
                keep.append(name)
                is_log.append(heavy)
                centre.append(q50)
                spread.append(width)
        return cls(tuple(keep), np.array(is_log, dtype=bool), np.array(centre), np.array(spread), version)

    def transform(self, tasks: Sequence[MetaFeatures], *, limit: float = 5.0) -> FloatArray:
        """Scaled meta-features, shape ``(n, d)``, clipped to ``[-limit, limit]``; NaN marks a gap."""
        comparable = [task.in_version(self.version) for task in tasks]
        raw = np.array([[t.values.get(name, np.nan) for name in self.names] for t in comparable]).reshape(
            len(tasks), len(self.names)
        )
        return self.scaled(raw, limit=limit)

    def scaled(self, raw: FloatArray, *, limit: float = 5.0) -> FloatArray:
        """`transform` of values that are comparable, shape ``(n, d)`` in the order of `names`, NaN for gaps."""
        x = np.where(self.is_log, _log(raw), raw)
        return np.clip((x - self.centre) / self.spread, -limit, limit)


def distances(one: FloatArray, many: FloatArray) -> FloatArray:
    """Mean absolute difference over the values that both know.

    The mean is shrunk towards a typical distance of 1 by one pseudo-value, so that two tasks with next to nothing in
    common are neither near nor infinitely far.

    Args:
        one: Shape ``(d,)``, NaN for gaps.
        many: Shape ``(n, d)``.

    Returns:
        Shape ``(n,)``, finite and not negative.
    """
    difference = np.abs(many - one)
    known = ~np.isnan(difference)
    total = np.where(known, difference, 0.0).sum(axis=1)
    mean: FloatArray = (total + 1.0) / (known.sum(axis=1) + 1.0)
    return mean


def nearest(
    meta_features: MetaFeatures, tasks: Sequence[Task], *, n: int, exclude: Collection[str] = ()
) -> tuple[Source, ...]:
    """The `n` most similar tasks, most similar first; ties go to the earlier task.

    Similarity is ``exp(-distance)``, with the distance counted from that of a task to itself, so that it is 1 for
    equal meta-features.
    """
    others = [task for task in tasks if task.task_id not in exclude]
    if not others:
        return ()
    scaler = MetaFeatureScaler.fit([task.meta_features for task in others])
    own = scaler.transform([meta_features])[0]
    far = distances(own, scaler.transform([task.meta_features for task in others]))
    itself = distances(own, own[None])[0]
    similarity = np.exp(-np.maximum(far - itself, 0.0))
    order = np.argsort(-similarity, kind="stable")[:n]
    return tuple(Source(others[i].task_id, others[i].name, float(similarity[i])) for i in order)


def _log(x: FloatArray) -> FloatArray:
    return np.sign(x) * np.log1p(np.abs(x))
