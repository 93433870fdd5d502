"""Seconds of a trial, predicted from the table's size and the configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from metamodel.maps.history import TaskHistory
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.performance_maps import PerformanceMaps
from metamodel.maps.tried import TriedAnchors
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.trial import Trial

SIZES: Final = ("n_rows", "n_columns")
PRIOR_TASKS: Final = 20.0
"""A configuration's own dependence on the size counts against that of all configurations as this many tasks do."""
OWN_TRIALS: Final = 0.5
"""After this many trials of the study their own speed counts half."""
NEAREST: Final = 30.0
"""Power of the kernel that carries seconds to other configurations: near ones alone are of use."""


class TimedTrials(NamedTuple):
    """Trials that took any time, in columns of shape ``(m,)``: past task, anchor, and the logarithm of the seconds."""

    task: IntArray
    anchor: IntArray
    log_s: FloatArray


@dataclass(frozen=True, slots=True)
class Durations:
    """``log seconds = c_j + s_j . z``: a level and slopes for each anchor, on a table's standardised log sizes.

    Attributes:
        features: Shape ``(A, D)`` of the anchors.
        level: Shape ``(A,)``: log seconds on a table of the usual size; NaN where no trial says.
        slope: Shape ``(A, 2)``: by `SIZES`.
        mean: Shape ``(2,)``: of past tasks' log sizes.
        sd: Shape ``(2,)``: positive.
        at_anchors: Shape ``(A, K)``: how far each of the ``K`` anchors with a level counts at each anchor (`nearness`);
            it depends on no request, and its powers would be most of what a recommendation costs.
    """

    features: FloatArray
    level: FloatArray
    slope: FloatArray
    mean: FloatArray
    sd: FloatArray
    at_anchors: FloatArray

    @classmethod
    def of_histories(
        cls, histories: Sequence[TaskHistory], maps: PerformanceMaps, tried: TriedAnchors
    ) -> "Durations | None":
        """Learn from past trials that took any time, at the anchors that they count at; None where none did.

        All trials together show how seconds grow with rows and columns (least squares with a level for each anchor);
        each anchor's own trials move its level and slopes away from that, as far as they are many (a ridge towards the
        common slopes).
        """
        sizes = np.array([log_sizes(history.task.meta_features) for history in histories])
        return cls.of_trials(sizes, timed_trials(histories, tried), maps.features)

    @classmethod
    def of_trials(cls, sizes: FloatArray, trials: "TimedTrials", features: FloatArray) -> "Durations | None":
        """The same from trials in columns.

        Args:
            sizes: Shape ``(T, 2)``: `log_sizes` of the tasks.
            trials: Of these tasks.
            features: Shape ``(A, D)`` of the anchors.
        """
        known = np.isfinite(sizes)
        mean = np.where(known.any(axis=0), np.nanmean(np.where(known.any(axis=0), sizes, 0.0), axis=0), 0.0)
        spread = np.where(known, sizes - mean, 0.0)
        sd = np.maximum(np.sqrt((spread**2).mean(axis=0)), 1e-3)
        z = spread / sd
        rows, anchors, logs = trials
        if not len(logs):
            return None
        n_anchors = len(features)
        count = np.bincount(anchors, minlength=n_anchors)
        known = count > 0
        divisor = np.maximum(count, 1)
        x = z[rows]
        centre: FloatArray = np.stack(
            [np.bincount(anchors, weights=x[:, i], minlength=n_anchors) for i in (0, 1)], axis=-1
        )
        centre = centre / divisor[:, None]
        level: FloatArray = np.bincount(anchors, weights=logs, minlength=n_anchors) / divisor
        within, rest = x - centre[anchors], logs - level[anchors]
        common = np.linalg.solve(within.T @ within + PRIOR_TASKS * np.eye(2), within.T @ rest)
        rest = rest - within @ common
        slope = np.tile(common, (n_anchors, 1))
        gram = np.zeros((n_anchors, 2, 2))
        np.add.at(gram, anchors, within[:, :, None] * within[:, None, :])
        moment = np.zeros((n_anchors, 2))
        np.add.at(moment, anchors, within * rest[:, None])
        slope += np.linalg.solve(gram + PRIOR_TASKS * np.eye(2), moment[:, :, None])[:, :, 0]
        level = np.where(known, level - (slope * centre).sum(axis=1), np.nan)
        return cls(features, level, slope, mean, sd, nearness(features, features[np.isfinite(level)]))

    def seconds(
        self,
        meta_features: MetaFeatures | None,
        features: FloatArray,
        *,
        own: Sequence[Trial] = (),
        own_features: FloatArray | None = None,
    ) -> FloatArray:
        """Seconds of configurations on a table; shape ``(P,)``, positive.

        Args:
            meta_features: Of the task; where its size isn't known it counts as usual.
            features: Shape ``(P, D)``: `UnitCube.features` of the configurations.
            own: Trials of the study: how much faster or slower they were than predicted counts for all others too.
            own_features: Shape ``(len(own), D)``.
        """
        log_seconds = self._log_seconds(meta_features, features)
        timed = [i for i, trial in enumerate(own) if trial.duration_s is not None and trial.duration_s > 0.0]
        if timed and own_features is not None:
            measured = np.log([own[i].duration_s or 1.0 for i in timed])
            off = measured - self._log_seconds(meta_features, own_features[timed])
            log_seconds = log_seconds + float(np.median(off)) * len(timed) / (len(timed) + OWN_TRIALS)
        return _bounded(log_seconds)

    def seconds_at_anchors(self, meta_features: MetaFeatures | None) -> FloatArray:
        """As `seconds` of the anchors themselves, shape ``(A,)``."""
        return _bounded(self._carried(meta_features, self.at_anchors))

    def _log_seconds(self, meta_features: MetaFeatures | None, features: FloatArray) -> FloatArray:
        return self._carried(meta_features, nearness(features, self.features[np.isfinite(self.level)]))

    def _carried(self, meta_features: MetaFeatures | None, weight: FloatArray) -> FloatArray:
        """Log seconds where the anchors with a level count by ``weight``, shape ``(P, K)``."""
        sizes = np.full(2, np.nan) if meta_features is None else log_sizes(meta_features)
        z = np.where(np.isfinite(sizes), (sizes - self.mean) / self.sd, 0.0)
        known = np.isfinite(self.level)
        at_anchors = self.level[known] + self.slope[known] @ z
        result: FloatArray = weight @ at_anchors / weight.sum(axis=1)
        return result


def nearness(features: FloatArray, anchors: FloatArray) -> FloatArray:
    """How far seconds at anchors ``(K, D)`` count at points ``(P, D)``; shape ``(P, K)``, positive."""
    weight: FloatArray = gaussian_kernel(features, anchors) ** NEAREST + 1e-12
    return weight


def _bounded(log_seconds: FloatArray) -> FloatArray:
    result: FloatArray = np.exp(np.clip(log_seconds, -30.0, 30.0))
    return result


def log_sizes(meta_features: MetaFeatures) -> FloatArray:
    """Logarithms of a table's `SIZES`, shape ``(2,)``, NaN where one isn't known."""
    values = [meta_features.values.get(name, np.nan) for name in SIZES]
    return np.array([np.log(value) if value > 0.0 else np.nan for value in values])


def timed_trials(histories: Sequence[TaskHistory], tried: TriedAnchors) -> TimedTrials:
    """Past task, anchor and log seconds of each trial that took any; what is no anchor counts at its nearest one."""
    rows, anchors, logs = [], [], []
    for row, (history, at) in enumerate(zip(histories, tried.at, strict=True)):
        timed = np.flatnonzero(history.durations_s > 0.0)
        if len(timed):
            rows.append(np.full(len(timed), row, dtype=np.intp))
            anchors.append(at[timed])
            logs.append(np.log(history.durations_s[timed]))
    if not logs:
        empty = np.zeros(0, dtype=np.intp)
        return TimedTrials(empty, empty, np.zeros(0))
    return TimedTrials(np.concatenate(rows), np.concatenate(anchors), np.concatenate(logs))
