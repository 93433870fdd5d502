"""The learned task embedding, as it is served: meta-features in, weights of past tasks out; numpy only.

A task's coordinates are where its performance map is expected to lie along the directions in which the maps of past
tasks differ most. Past tasks lie where their own maps put them. So near means "the same configurations work", and a
past task whose scores turned out otherwise than its meta-features promised still lies where its scores are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metamodel.embedding.neighbours import MetaFeatureScaler
from warmtune.vocabulary.arrays import BoolArray, FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures

_GAP_SCALE = 0.5
BLOCK = 1_024
"""Tasks that are embedded at once."""


@dataclass(frozen=True, slots=True)
class TaskLocation:
    """Where a new task is expected among the past ones.

    Attributes:
        coordinates: Shape ``(E,)``: see `TaskEmbedding.embed`.
        familiarity: In [0, 1]: see `TaskEmbedding.familiarity`.
        inputs: Shape ``(d,)``: scaled values of the meta-features in use, 0 for gaps.
        known: Share of these that are known, in [0, 1].
    """

    coordinates: FloatArray
    familiarity: float
    inputs: FloatArray
    known: float


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

    def embed(self, meta_features: MetaFeatures) -> FloatArray:
        """Expected coordinates of a task, shape ``(E,)``; whatever is known or missing, they are finite."""
        coordinates: FloatArray = self.coordinates(network_inputs(self.scaler, [meta_features]))[0]
        return coordinates

    def embed_all(self, tasks: Sequence[MetaFeatures]) -> FloatArray:
        """`embed` of many tasks, shape ``(n, E)``."""
        blocks = [tasks[start : start + BLOCK] for start in range(0, len(tasks), BLOCK)]
        embedded = [self.coordinates(network_inputs(self.scaler, block)) for block in blocks]
        return np.concatenate([np.zeros((0, len(self.spread))), *embedded])

    def locate(self, meta_features: MetaFeatures) -> TaskLocation:
        """Where a task is expected, by meta-features that are scaled once: an answer asks for all of it."""
        inputs = network_inputs(self.scaler, [meta_features])
        scaled, known = np.split(inputs[0], 2)
        return TaskLocation(self.coordinates(inputs)[0], self._familiarity(inputs), scaled, float(known.mean()))

    def coordinates(self, inputs: FloatArray) -> FloatArray:
        """Coordinates, shape ``(n, E)``, of `network_inputs`, shape ``(n, 2 d)``."""
        network: FloatArray = np.tanh(inputs @ self.hidden_weights + self.hidden_bias) @ self.output_weights
        apart = squared_distances(inputs, self.kernel_centres)
        kernel = kernel_values(apart, power=self.kernel_power, length=self.kernel_length)
        coordinates: FloatArray = network + kernel @ self.kernel_coefficients
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
        return self._familiarity(network_inputs(self.scaler, [meta_features]))

    def _familiarity(self, inputs: FloatArray) -> float:
        place = input_places(inputs, centre=self.input_centre, basis=self.input_basis)
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
        near = np.where(included, self.closeness(own, others, included), 0.0)
        learned = (1.0 - self.uniform_share) * familiarity
        weights: FloatArray = learned * near / near.sum() + (1.0 - learned) * uniform
        return weights

    def closeness(self, own: FloatArray, others: FloatArray, included: BoolArray | None = None) -> FloatArray:
        """What the learned part of the weights is proportional to, shape ``(T,)``: 1 for the heaviest included task."""
        exponent = others @ (self.pull * own) - 0.5 * (others**2) @ self.stiffness
        most = exponent.max() if included is None else exponent[included].max()
        near: FloatArray = np.exp(np.minimum(exponent - most, 0.0))
        return near

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
