"""Similar tasks: distances between meta-features that may have gaps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.neighbour import Neighbour
from warmtune.vocabulary.task import OWN_VERSIONS, MetaFeatures, Task, common_version

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
    def fit(
        cls, tasks: Sequence[MetaFeatures], *, min_share: float = 0.5, version: str | None = None
    ) -> "MetaFeatureScaler":
        """Learn names, transforms, centres and spreads from past tasks.

        Args:
            tasks: Past tasks.
            min_share: Names that a smaller share of the tasks knows are left out; in ``(0, 1]``.
            version: To compare in; by default the one of Warmtune's own that most tasks have.
        """
        version = common_version(tasks) if version is None else version
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
        known = [dict(task.values) for task in comparable]  # looked up in faster than a read-only view
        raw = np.array([[values.get(name, np.nan) for name in self.names] for values in known]).reshape(
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
    common are neither near nor infinitely far. Where `n_shared` is 0, the 1 is no measurement.

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


def n_shared(one: FloatArray, many: FloatArray) -> IntArray:
    """Values that both know, shape ``(n,)``; the arguments are those of `distances`."""
    shared: IntArray = (~np.isnan(many - one)).sum(axis=1)
    return shared


def nearest(
    meta_features: MetaFeatures, tasks: Sequence[Task], *, n: int, exclude: Collection[str] = ()
) -> tuple[Neighbour, ...]:
    """The `n` most similar tasks, most similar first; ties go to the earlier task.

    Similarity is ``exp(-distance)``, with the distance counted from that of a task to itself, so that it is 1 for
    equal meta-features. Of tasks that share nothing known with the asked one no likeness is known: they come last, with
    similarity 0 and the reason. Where the asked task is described by a version of Warmtune's own, only tasks of that
    version and foreign ones are compared with it, however many others there are.
    """
    others = [task for task in tasks if task.task_id not in exclude]
    if not others:
        return ()
    described = [task.meta_features for task in others]
    version = meta_features.version if meta_features.version.startswith(OWN_VERSIONS) else common_version(described)
    scaler = MetaFeatureScaler.fit([one for one in described if one.in_version(version).values], version=version)
    own, known = scaler.transform([meta_features])[0], scaler.transform(described)
    shared = n_shared(own, known)
    far = distances(own, known) - distances(own, own[None])[0]
    similarity = np.where(shared > 0, np.exp(-np.maximum(far, 0.0)), 0.0)
    return tuple(
        Neighbour(
            others[i].task_id,
            others[i].name,
            float(similarity[i]),
            int(shared[i]),
            "" if shared[i] else _why_unknown(others[i].meta_features, version),
        )
        for i in np.argsort(-similarity, kind="stable")[:n]
    )


def _why_unknown(other: MetaFeatures, version: str | None) -> str:
    """Why a task couldn't be compared with one that is compared in a version."""
    if other.values and not other.in_version(version).values:
        return f"its meta-features are of version {other.version}, which isn't compared with {version}"
    return "no meta-feature that tells the stored tasks apart is known of both tasks"


def _log(x: FloatArray) -> FloatArray:
    return np.sign(x) * np.log1p(np.abs(x))
