"""The learned set encoder, as it is served: raw cells in, a task's embedding out; numpy only.

A set of (column, target) pairs, each a set of rows: pooled over rows, then over pairs, so that the order of either
changes nothing (Zaheer et al., 2017: Deep Sets; Jomaa et al., 2021: Dataset2Vec). Trained by
`metafeatures.set_encoder_training`. An optional second source of meta-features: nothing computes it by default.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from metafeatures.kernels.columns import FloatArray
from metafeatures.set_cells import N_CELL_CHANNELS, N_TARGET_CHANNELS, SetCells
from warmtune.vocabulary.errors import InvalidInputError

FORMAT = "warmtune-set-encoder-1"
PREFIX = "set_encoder_"


@dataclass(frozen=True, slots=True)
class SetEncoder:
    """A trained encoder; immutable, threads may share it.

    Attributes:
        cell_weights: Shape ``(4, h)``: of a cell's channels.
        target_weights: Shape ``(3, h)``: of the target's channels.
        row_bias: Shape ``(h,)``.
        row_weights: Shape ``(h, h)``; then the mean over rows.
        pair_weights: Shape ``(h, h)``; then mean and standard deviation over pairs of column and target.
        pair_bias: Shape ``(h,)``.
        set_weights: Shape ``(2 h, h)``.
        set_bias: Shape ``(h,)``.
        output_weights: Shape ``(h, E)``.
    """

    cell_weights: FloatArray
    target_weights: FloatArray
    row_bias: FloatArray
    row_weights: FloatArray
    pair_weights: FloatArray
    pair_bias: FloatArray
    set_weights: FloatArray
    set_bias: FloatArray
    output_weights: FloatArray

    def __post_init__(self) -> None:
        """Check shapes and numbers.

        Raises:
            InvalidInputError: On a shape that doesn't fit, or a number that isn't finite.
        """
        h, width = self.cell_weights.shape[-1], self.output_weights.shape[-1]
        for name, shape in _shapes(h, width).items():
            array = getattr(self, name)
            if array.shape != shape:
                raise InvalidInputError(
                    f"{name} has a shape that doesn't fit",
                    field=f"set_encoder.{name}",
                    value=array.shape,
                    limit=str(shape),
                )
            if not np.isfinite(array).all():
                raise InvalidInputError(
                    f"{name} must hold finite numbers", field=f"set_encoder.{name}", limit="finite numbers"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the embedding's values as meta-features."""
        return tuple(f"{PREFIX}{i}" for i in range(self.output_weights.shape[1]))

    @property
    def version(self) -> str:
        """What the encoder is, by content: values of different versions can't be compared."""
        digest = hashlib.sha256()
        for array in self.to_arrays().values():
            digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
        return f"{FORMAT}-{digest.hexdigest()[:12]}"

    def encode(self, cells: SetCells) -> FloatArray:
        """A task's embedding: shape ``(E,)``, of length 1, so each value lies in [-1, 1]."""
        of_column = cells.columns @ self.cell_weights + self.row_bias  # (n, p, h)
        of_target = cells.targets @ self.target_weights  # (n, c, h)
        pairs = []
        for c in range(of_target.shape[1]):  # one target at a time: memory stays that of the cells
            hidden = np.maximum(of_column + of_target[:, c, None, :], 0.0)
            pairs.append(np.maximum(hidden @ self.row_weights, 0.0).mean(axis=0))
        pooled = np.maximum(np.concatenate(pairs) @ self.pair_weights + self.pair_bias, 0.0)  # (p c, h)
        both = np.concatenate([pooled.mean(axis=0), np.sqrt(pooled.var(axis=0) + VARIANCE_FLOOR)])
        embedded: FloatArray = np.maximum(both @ self.set_weights + self.set_bias, 0.0) @ self.output_weights
        return embedded / max(float(np.linalg.norm(embedded)), LENGTH_FLOOR)

    def values(self, cells: SetCells) -> dict[str, float]:
        """The embedding as meta-features by name, to be added to those of the catalogue."""
        return {name: float(value) for name, value in zip(self.names, self.encode(cells), strict=True)}

    def to_arrays(self) -> dict[str, FloatArray]:
        """The weights by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, FloatArray]) -> "SetEncoder":
        """Read what `to_arrays` wrote.

        Raises:
            InvalidInputError: On a missing array, a shape that doesn't fit or a number that isn't finite.
        """
        names = [field.name for field in fields(cls)]
        if missing := [name for name in names if name not in arrays]:
            raise InvalidInputError(f"{missing[0]} is missing", field=f"set_encoder.{missing[0]}", limit=str(names))
        return cls(**{name: np.asarray(arrays[name], dtype=np.float64) for name in names})


VARIANCE_FLOOR = 1e-6  # under the root, which has no slope at 0
LENGTH_FLOOR = 1e-9


def _shapes(h: int, width: int) -> dict[str, tuple[int, ...]]:
    return {
        "cell_weights": (N_CELL_CHANNELS, h),
        "target_weights": (N_TARGET_CHANNELS, h),
        "row_bias": (h,),
        "row_weights": (h, h),
        "pair_weights": (h, h),
        "pair_bias": (h,),
        "set_weights": (2 * h, h),
        "set_bias": (h,),
        "output_weights": (h, width),
    }
