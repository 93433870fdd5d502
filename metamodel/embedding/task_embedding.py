"""The learned task embedding, as it is served: meta-features in, weights of past tasks out; numpy only.

A task's coordinates are where its performance map is expected to lie along the directions in which the maps of past
tasks differ most. Past tasks lie where their own maps put them. So near means "the same configurations work", and a
past task whose scores turned out otherwise than its meta-features promised still lies where its scores are.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metamodel.embedding.neighbours import MetaFeatureScaler
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FORMAT = "warmtune-embedding-1"
_GAP_SCALE = 0.5
_SCALARS = ("kernel_power", "kernel_length", "uniform_share", "gain", "reach")
_ARRAYS = (  # name, shape in terms of: d names, h hidden units, E coordinates, A anchors, k directions, T tasks, scalar
    ("hidden_weights", "2d h"),
    ("hidden_bias", "h"),
    ("output_weights", "h E"),
    ("kernel_centres", "c 2d"),
    ("kernel_coefficients", "c E"),
    ("map_centre", "A"),
    ("map_basis", "A E"),
    ("spread", "E"),
    ("explained", "E"),
    ("pull", "E"),
    ("stiffness", "E"),
    ("input_centre", "2d"),
    ("input_basis", "2d k"),
    ("training_places", "T k+1"),
    ("held_out", "T E"),
)


@dataclass(frozen=True, slots=True)
class TaskEmbedding:
    """A trained embedding; immutable, threads may share it.

    Let ``c`` be the coordinates of a new task and ``p`` those of a past one. The past task's weight is proportional to
    ``exp(sum(pull * c * p - stiffness * p**2 / 2))``: the factor by which the prediction ``c``, with its measured
    error, multiplies a Gaussian prior over maps. A direction that meta-features don't predict has pull and
    stiffness 0 and so doesn't count; a mixture with equal weights follows (`uniform_share`).

    Attributes:
        scaler: Of the ``d`` meta-features in use. The network reads ``[values, 0 for gaps; 1 known, 0 gap]``.
        hidden_weights: Shape ``(2 d, h)``: all members of the ensemble side by side.
        hidden_bias: Shape ``(h,)``.
        output_weights: Shape ``(h, E)``, members' mean included.
        kernel_centres: Shape ``(c, 2 d)``: inputs of the tasks trained on.
        kernel_coefficients: Shape ``(c, E)``. The coordinates are the network's plus the kernel's.
        kernel_power: 1 or 2; see `kernel_values`.
        kernel_length: Positive.
        map_centre: Shape ``(A,)``: mean map of the training tasks.
        map_basis: Shape ``(A, E)``: directions, scaled so that a squared distance of coordinates is a mean squared
            difference of maps.
        spread: Shape ``(E,)``: variance of the training tasks' coordinates.
        explained: Shape ``(E,)``: share of it that held-out predictions explain, in [0, 0.9], cautiously estimated.
        pull: Shape ``(E,)``, not negative.
        stiffness: Shape ``(E,)``, not negative.
        uniform_share: Part of the weights that counts all tasks alike, in [0, 1]; 1 where meta-features were useless.
        gain: Share of the squared error of equal weights that the weights remove on held-out training tasks; in [0, 1].
        input_centre: Shape ``(2 d,)``.
        input_basis: Shape ``(2 d, k)``: orthonormal directions of the training tasks' inputs.
        training_places: Shape ``(T, k + 1)``: training tasks' inputs along these, and their distance from them.
        reach: Distance of inputs within which nearest training tasks lie; positive.
        held_out: Shape ``(T, E)``: coordinates of each training task by networks that didn't see it: what an honest
            backtest uses in place of `embed`.
    """

    scaler: MetaFeatureScaler
    hidden_weights: FloatArray
    hidden_bias: FloatArray
    output_weights: FloatArray
    kernel_centres: FloatArray
    kernel_coefficients: FloatArray
    kernel_power: float
    kernel_length: float
    map_centre: FloatArray
    map_basis: FloatArray
    spread: FloatArray
    explained: FloatArray
    pull: FloatArray
    stiffness: FloatArray
    uniform_share: float
    gain: float
    input_centre: FloatArray
    input_basis: FloatArray
    training_places: FloatArray
    reach: float
    held_out: FloatArray

    @property
    def version(self) -> str:
        """What the embedding is, by content: equal versions give equal weights."""
        digest = hashlib.sha256(json.dumps(self.to_json()).encode())
        for array in self.to_arrays().values():
            digest.update(np.ascontiguousarray(array).tobytes())
        return f"{FORMAT}-{digest.hexdigest()[:12]}"

    def embed(self, meta_features: MetaFeatures) -> FloatArray:
        """Expected coordinates of a task, shape ``(E,)``; whatever is known or missing, they are finite."""
        inputs = network_inputs(self.scaler, [meta_features])
        network: FloatArray = np.tanh(inputs @ self.hidden_weights + self.hidden_bias) @ self.output_weights
        apart = squared_distances(inputs, self.kernel_centres)
        kernel = kernel_values(apart, power=self.kernel_power, length=self.kernel_length)
        coordinates: FloatArray = (network + kernel @ self.kernel_coefficients)[0]
        return coordinates

    def place(self, maps: FloatArray) -> FloatArray:
        """Coordinates of past tasks, shape ``(T, E)``, from their maps at the anchors trained on, shape ``(T, A)``."""
        if maps.ndim != 2 or maps.shape[1] != len(self.map_centre):
            raise InvalidInputError(
                "maps must be at the anchors of training",
                field="maps",
                value=maps.shape,
                limit=f"(n_tasks, {len(self.map_centre)})",
            )
        coordinates: FloatArray = (maps - self.map_centre) @ self.map_basis
        return coordinates

    def familiarity(self, meta_features: MetaFeatures) -> float:
        """How far the task is like those trained on, in [0, 1].

        1 where a training task is about as near as training tasks have their nearest (nine of ten have it within
        `reach`), then falling by ``exp(-excess)`` in units of `reach`. Gaps count: a task of which nothing is known is
        familiar only if such tasks were trained on.
        """
        place = input_places(
            network_inputs(self.scaler, [meta_features]), centre=self.input_centre, basis=self.input_basis
        )
        if not len(self.training_places):
            return 0.0
        nearest = float(np.sqrt(((self.training_places - place) ** 2).sum(axis=1).min()))
        return float(np.exp(-max(nearest / self.reach - 1.0, 0.0)))

    def weights(
        self, own: FloatArray, others: FloatArray, included: BoolArray, *, familiarity: float = 1.0
    ) -> FloatArray:
        """How much each past task speaks for a new one.

        Args:
            own: Shape ``(E,)``: `embed` of the new task.
            others: Shape ``(T, E)``: `place` of the past ones.
            included: Shape ``(T,)``: tasks that may speak.
            familiarity: In [0, 1]: the learned weights' part shrinks by it, towards equal ones.

        Returns:
            Shape ``(T,)``: not negative, 0 where not included, sums to 1; all 0 if no task is included.
        """
        n_included = int(included.sum())
        uniform: FloatArray = included / max(n_included, 1)
        if n_included == 0:
            return uniform
        exponent = others @ (self.pull * own) - 0.5 * (others**2) @ self.stiffness
        near = np.where(included, np.exp(np.minimum(exponent - exponent[included].max(), 0.0)), 0.0)
        learned = (1.0 - self.uniform_share) * familiarity
        weights: FloatArray = learned * near / near.sum() + (1.0 - learned) * uniform
        return weights

    def similarity(self, own: FloatArray, others: FloatArray) -> FloatArray:
        """Likeness of past tasks to a new one, shape ``(T,)``, in [0, 1]; 1 where all that is predictable agrees.

        ``exp(-d / 2)`` of the mean squared difference in standard deviations of the training tasks, directions counted
        by what held-out predictions explain of them; 0 where they explain nothing, since then nothing is known.
        """
        total = float(self.explained.sum())
        if total == 0.0:
            return np.zeros(len(others))
        difference = ((others - own) ** 2) @ (self.explained / (total * np.where(self.spread > 0, self.spread, 1.0)))
        similar: FloatArray = np.exp(-0.5 * difference)
        return similar

    def to_json(self) -> dict[str, object]:
        """What isn't an array, as plain JSON values."""
        return {
            "format": FORMAT,
            "names": list(self.scaler.names),
            "is_log": [bool(flag) for flag in self.scaler.is_log],
            "centre": [float(x) for x in self.scaler.centre],
            "spread": [float(x) for x in self.scaler.spread],
            **{key: getattr(self, key) for key in _SCALARS},
        }

    def to_arrays(self) -> dict[str, FloatArray]:
        """The arrays by name."""
        return {name: getattr(self, name) for name, _ in _ARRAYS}

    @classmethod
    def from_parts(cls, body: Mapping[str, object], arrays: Mapping[str, FloatArray]) -> "TaskEmbedding":
        """Read what `to_json` and `to_arrays` wrote.

        Raises:
            InvalidInputError: On another format, a missing part, shapes that don't fit, or numbers that aren't finite.
        """
        if body.get("format") != FORMAT:
            raise InvalidInputError(
                "not an embedding that this version reads",
                field="embedding.format",
                value=body.get("format"),
                limit=FORMAT,
            )
        names = body.get("names")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InvalidInputError("names must be a list of strings", field="embedding.names", value=names)
        columns = {key: _finite(body.get(key), key) for key in ("is_log", "centre", "spread")}
        scalars = {key: _finite(body.get(key), key) for key in _SCALARS}
        checked = {name: _finite(arrays.get(name), name) for name, _ in _ARRAYS}
        sizes = {"d": len(names), "2d": 2 * len(names)}
        for key, column in columns.items():
            _fit(key, column, "d", sizes)
        for key, scalar in scalars.items():
            _fit(key, scalar, "", sizes)
        for name, shape in _ARRAYS:
            _fit(name, checked[name], shape, sizes)
        scaler = MetaFeatureScaler(
            tuple(names), columns["is_log"].astype(np.bool_), columns["centre"], columns["spread"]
        )
        return cls(scaler=scaler, **checked, **{key: float(scalar) for key, scalar in scalars.items()})  # type: ignore[arg-type] # names come from the fields


def network_inputs(scaler: MetaFeatureScaler, tasks: Sequence[MetaFeatures]) -> FloatArray:
    """Scaled values with 0 for gaps, then 1 for known and 0 for gaps; shape ``(n, 2 d)``."""
    scaled = scaler.transform(tasks)
    known = ~np.isnan(scaled)
    return np.concatenate([np.where(known, scaled, 0.0), known.astype(np.float64)], axis=1)


def squared_distances(one: FloatArray, many: FloatArray) -> FloatArray:
    """Squared distances of inputs per meta-feature, shape ``(n, m)``; a gap on one side only counts a quarter.

    By one matrix product: ``|a|**2 - 2 a b + |b|**2``, which rounding may make negative and so is clipped.
    """
    n_names = many.shape[1] // 2
    scale = np.repeat([1.0, _GAP_SCALE], n_names)
    a, b = one * scale, many * scale
    total = (a**2).sum(axis=1)[:, None] - 2.0 * (a @ b.T) + (b**2).sum(axis=1)
    apart: FloatArray = np.maximum(total, 0.0) / max(n_names, 1)
    return apart


def kernel_values(apart: FloatArray, *, power: float, length: float) -> FloatArray:
    """``exp(-distance**power / length)`` of squared distances: positive definite for powers from 0 to 2."""
    kernel: FloatArray = np.exp(-(apart ** (power / 2.0)) / length)
    return kernel


def input_places(inputs: FloatArray, *, centre: FloatArray, basis: FloatArray) -> FloatArray:
    """Inputs along the directions of `basis`, and their distance from the plane of these; shape ``(n, k + 1)``."""
    centred = inputs - centre
    along = centred @ basis
    beside = np.sqrt(np.maximum((centred**2).sum(axis=1) - (along**2).sum(axis=1), 0.0))
    return np.concatenate([along, beside[:, None]], axis=1)


def _finite(value: object, name: str) -> FloatArray:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if not np.isfinite(array).all():
        raise InvalidInputError(f"{name} must hold finite numbers", field=f"embedding.{name}", limit="finite numbers")
    return array


def _fit(name: str, array: FloatArray, shape: str, sizes: dict[str, int]) -> None:
    """Check a shape written in letters; a letter seen first takes the array's size."""
    letters = shape.split()
    if array.ndim == len(letters):
        for letter, size in zip(letters, array.shape, strict=True):
            sizes.setdefault(letter, size)
    sizes["k+1"] = sizes.get("k", -1) + 1
    expected = tuple(sizes.get(letter, -1) for letter in letters)
    if array.shape != expected:
        raise InvalidInputError(
            f"{name} has a shape that doesn't fit", field=f"embedding.{name}", value=array.shape, limit=str(expected)
        )
