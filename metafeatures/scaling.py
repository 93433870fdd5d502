"""Meta-features as vectors on one scale: the input of the task embedding.

Each value is centred at the median of the tasks it was fitted on and divided by their robust spread. Where tasks
lie far out (counts, ratios), a signed logarithm comes first. What is unknown is 0, the middle, with a mask that
says so: never silently a value.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metafeatures.kernels.columns import FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures

FORMAT = "warmtune-scaling-1"
CLIP = 5.0
_HEAVY = 5.0  # kurtosis; 3 is the normal's, 6 the Laplace distribution's
_NORMAL_IQR = 1.349  # interquartile range of the standard normal


@dataclass(frozen=True, slots=True)
class Scaled:
    """Tasks as vectors.

    Attributes:
        values: Shape ``(n_tasks, n_names)``, in [-5, 5]; 0 where unknown.
        known: Shape ``(n_tasks, n_names)``: whether there was a value.
    """

    values: FloatArray
    known: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scaling:
    """A fitted scaling; immutable, threads may share it.

    Attributes:
        names: Meta-features, in the order of the vectors.
        is_log: Which go through the signed logarithm ``sign(x) ln(1 + |x|)``.
        centre: Median after that.
        spread: Robust standard deviation after that, positive.
        coverage: Share of the fitted tasks with a value.
    """

    names: tuple[str, ...]
    is_log: npt.NDArray[np.bool_]
    centre: FloatArray
    spread: FloatArray
    coverage: FloatArray

    @property
    def version(self) -> str:
        """What the scaling is, by content: equal versions give equal vectors."""
        return f"{FORMAT}-{hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:12]}"

    def transform(self, tasks: Sequence[MetaFeatures]) -> Scaled:
        """Scale tasks; names that weren't fitted are left out, names without a value are unknown."""
        raw = _matrix(tasks, self.names)
        known = ~np.isnan(raw)
        warped = np.where(self.is_log, signed_log(raw), raw)
        scaled = np.clip((warped - self.centre) / self.spread, -CLIP, CLIP)
        return Scaled(np.where(known, scaled, 0.0), known)

    def to_json(self) -> dict[str, object]:
        """As plain JSON values."""
        return {
            "format": FORMAT,
            "names": list(self.names),
            "is_log": [bool(flag) for flag in self.is_log],
            "centre": [float(x) for x in self.centre],
            "spread": [float(x) for x in self.spread],
            "coverage": [float(x) for x in self.coverage],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, object]) -> "Scaling":
        """Read what `to_json` wrote.

        Raises:
            InvalidInputError: On another format, lengths that differ, or numbers that are none.
        """
        if body.get("format") != FORMAT:
            raise InvalidInputError(
                "not a scaling that this version reads", field="scaling.format", value=body.get("format"), limit=FORMAT
            )
        names = body.get("names")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InvalidInputError("names must be a list of strings", field="scaling.names", value=names)
        arrays = {key: _numbers(body.get(key), key, len(names)) for key in ("is_log", "centre", "spread", "coverage")}
        if not (arrays["spread"] > 0.0).all():
            raise InvalidInputError("spreads must be positive", field="scaling.spread", limit="> 0")
        return cls(
            names=tuple(names),
            is_log=arrays["is_log"].astype(np.bool_),
            centre=arrays["centre"],
            spread=arrays["spread"],
            coverage=arrays["coverage"],
        )


def fit_scaling(tasks: Sequence[MetaFeatures]) -> Scaling:
    """Fit a scaling to the tasks of a knowledge base.

    Args:
        tasks: At least one. Names are all that any of them has a value for, in the order of first appearance.

    Raises:
        InvalidInputError: Without a task that has a value.
    """
    names = tuple(dict.fromkeys(name for task in tasks for name in task.values))
    if not names:
        raise InvalidInputError("a scaling needs a task with a value", field="tasks", value=len(tasks), limit=">= 1")
    raw = _matrix(tasks, names)
    is_log = np.array([_is_heavy(raw[:, j]) for j in range(len(names))])
    warped = np.where(is_log, signed_log(raw), raw)
    centre, spread = np.empty(len(names)), np.empty(len(names))
    for j in range(len(names)):
        centre[j], spread[j] = _centre_and_spread(warped[:, j])
    return Scaling(names, is_log, centre, spread, np.mean(~np.isnan(raw), axis=0))


def signed_log(x: FloatArray) -> FloatArray:
    """``sign(x) ln(1 + |x|)``: linear near 0, logarithmic far out, defined everywhere."""
    warped: FloatArray = np.sign(x) * np.log1p(np.abs(x))
    return warped


def _matrix(tasks: Sequence[MetaFeatures], names: Sequence[str]) -> FloatArray:
    return np.array([[task.values.get(name, np.nan) for name in names] for task in tasks]).reshape(-1, len(names))


def _centre_and_spread(column: FloatArray) -> tuple[float, float]:
    """Median, and interquartile range in standard deviations; the plain deviation where most values are equal."""
    x = column[~np.isnan(column)]
    q25, median, q75 = np.quantile(x, (0.25, 0.5, 0.75))
    spread = max(float(q75 - q25) / _NORMAL_IQR, 0.25 * float(x.std()))
    return float(median), spread if spread > 0.0 else 1.0


def _is_heavy(column: FloatArray) -> bool:
    """Whether tails are heavy, and lighter after the logarithm."""
    x = column[~np.isnan(column)]
    plain = _kurtosis(x)
    return plain > _HEAVY and _kurtosis(signed_log(x)) < plain


def _kurtosis(x: FloatArray) -> float:
    reach = float(np.max(np.abs(x - x.mean())))
    if reach == 0.0:
        return 1.0
    centred = (x - x.mean()) / reach  # no power over- or underflows
    return float(np.mean(centred**4) / np.mean(centred**2) ** 2)


def _numbers(values: object, key: str, length: int) -> FloatArray:
    if not isinstance(values, list) or len(values) != length:
        raise InvalidInputError(f"{key} must be a list", field=f"scaling.{key}", limit=f"{length} numbers")
    if not all(isinstance(v, (bool, int, float)) and np.isfinite(v) for v in values):
        raise InvalidInputError(f"{key} must hold finite numbers", field=f"scaling.{key}", limit="finite numbers")
    return np.array(values, dtype=np.float64)
