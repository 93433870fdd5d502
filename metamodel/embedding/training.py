"""Training of the task embedding: small networks on many views of few tasks, judged by tasks that they didn't see.

Imports torch: import this module only where a refit trains.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from metamodel.embedding.adamw import AdamW
from metamodel.embedding.calibration import Calibration, calibrate
from metamodel.embedding.kernel import KernelFit, fit_kernel
from metamodel.embedding.near_copies import folds_of_families
from metamodel.embedding.neighbours import MetaFeatureScaler
from metamodel.embedding.task_embedding import TaskEmbedding, input_places, network_inputs
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.work import check_wanted

MIN_TASKS = 12
MAX_TASKS = 600
N_COORDINATES = 4
_MIN_SHARE = 0.1  # names that fewer tasks know teach nothing
_N_FOLDS = 5
_N_MEMBERS = 3
_N_HIDDEN = 24
_N_STEPS = 120
_STEPS_BETWEEN_LOOKS = 10
_LEARNING_RATE = 1e-2
_WEIGHT_DECAY = 0.3
_NOISE = 0.3  # of values, in spreads between tasks
_VALUE_DROP = 0.3
_GROUP_DROP = 0.15
_SAME_GROUP = 0.08  # names whose gaps differ in a smaller share of the tasks come from one source
_N_INPUT_DIRECTIONS = 12


def train_embedding(meta_features: Sequence[MetaFeatures], maps: FloatArray, *, seed: int) -> TaskEmbedding:
    """Learn which meta-features predict which configurations work.

    Maps are reduced to their `N_COORDINATES` leading directions. Networks learn to predict a task's coordinates from
    views of its meta-features (noise, single values dropped, whole sources dropped), and so does a kernel regression;
    the embedding is their mean. A fold of tasks is held out from each, and the held-out predictions choose when to
    stop, the kernel, and how far the weights are to be trusted. Where meta-features predict nothing, or there are fewer
    than `MIN_TASKS` tasks, all tasks count alike. Of more than `MAX_TASKS`, a sample is learned from.

    Args:
        meta_features: Of ``T`` tasks; gaps are welcome.
        maps: Shape ``(T, A)``: their completed performance maps, finite.
        seed: Equal seeds and inputs give equal embeddings on one machine.

    Raises:
        InvalidInputError: On no task, on lengths that differ or maps that aren't a finite matrix.
    """
    if maps.ndim != 2 or len(maps) != len(meta_features) or maps.size == 0:
        raise InvalidInputError(
            "a map for each task is needed", field="maps", value=maps.shape, limit=f"({len(meta_features)}, n_anchors)"
        )
    if not np.isfinite(maps).all():
        raise InvalidInputError("maps must be finite", field="maps", limit="finite numbers")
    chosen = np.sort(np.random.default_rng(seed).permutation(len(maps))[:MAX_TASKS])
    embedding = _train_on([meta_features[row] for row in chosen], maps[chosen], seed=seed)
    if len(chosen) == len(maps):
        return embedding
    held_out = embedding.embed_all(meta_features)  # nothing saw the tasks that weren't chosen
    held_out[chosen] = embedding.held_out
    return replace(embedding, held_out=held_out)


def _train_on(meta_features: Sequence[MetaFeatures], maps: FloatArray, *, seed: int) -> TaskEmbedding:
    scaler = MetaFeatureScaler.fit(meta_features, min_share=max(_MIN_SHARE, min(3 / len(maps), 1.0)))
    inputs = network_inputs(scaler, meta_features)
    centre, basis = _directions(maps)
    coordinates = (maps - centre) @ basis
    spread = coordinates.var(axis=0)
    networks, kernel = _no_networks(inputs, coordinates), KernelFit.nothing(coordinates)
    calibration = Calibration.useless(coordinates.shape[1])
    if len(maps) >= MIN_TASKS and scaler.names and spread.sum() > 0.0:
        folds = folds_of_families(scaler.transform(meta_features), n_folds=_N_FOLDS, seed=seed)
        networks = _train(inputs, coordinates, folds=folds, seed=seed)
        kernel = fit_kernel(inputs, coordinates, folds=folds)
        calibration = calibrate(coordinates, 0.5 * (networks.held_out + kernel.held_out))
    input_centre, input_basis, places, reach = _region(inputs)
    return TaskEmbedding(
        scaler=scaler,
        hidden_weights=networks.hidden_weights,
        hidden_bias=networks.hidden_bias,
        output_weights=0.5 * networks.output_weights,
        kernel_centres=inputs,
        kernel_coefficients=0.5 * kernel.coefficients,
        kernel_power=kernel.power,
        kernel_length=kernel.length,
        map_centre=centre,
        map_basis=basis,
        spread=spread,
        explained=calibration.explained,
        pull=calibration.pull,
        stiffness=calibration.stiffness,
        uniform_share=calibration.uniform_share,
        gain=calibration.gain,
        input_centre=input_centre,
        input_basis=input_basis,
        training_places=places,
        reach=reach,
        held_out=0.5 * (networks.held_out + kernel.held_out),
    )


@dataclass(frozen=True, slots=True)
class _Networks:
    hidden_weights: FloatArray  # (2 d, h)
    hidden_bias: FloatArray  # (h,)
    output_weights: FloatArray  # (h, E)
    held_out: FloatArray  # (T, E)


def _directions(maps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean map, and leading directions divided by the root of the number of anchors; signs by the largest entry."""
    n_anchors = maps.shape[1]
    centre = maps.mean(axis=0)
    rows = np.linalg.svd(maps - centre, full_matrices=False)[2][:N_COORDINATES]
    largest = np.abs(rows).argmax(axis=1)
    rows = rows * np.sign(rows[np.arange(len(rows)), largest])[:, None]
    return centre, rows.T / np.sqrt(n_anchors)


def _train(inputs: FloatArray, coordinates: FloatArray, *, folds: IntArray, seed: int) -> _Networks:
    """Train all members at once, each also without each fold; stop where held-out predictions are best."""
    unit = float(coordinates.std(axis=0).max())
    target = torch.as_tensor(coordinates / unit, dtype=torch.float32)
    views = _Views(inputs, torch.Generator().manual_seed(seed))
    n_tasks, n_inputs = inputs.shape
    n_runs = _N_FOLDS + 1  # the last run sees all tasks
    sees = torch.as_tensor(folds[None, :] != np.arange(n_runs)[:, None], dtype=torch.float32).repeat(_N_MEMBERS, 1)
    start = 1.0 / np.sqrt(n_inputs / 2)
    shape = (_N_MEMBERS * n_runs, n_inputs, _N_HIDDEN)
    hidden = (start * torch.randn(shape, generator=views.generator)).requires_grad_()
    bias = torch.zeros((shape[0], 1, _N_HIDDEN), requires_grad=True)
    output = (0.02 * torch.randn((shape[0], _N_HIDDEN, target.shape[1]), generator=views.generator)).requires_grad_()
    optimiser = AdamW([hidden, bias, output], learning_rate=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    best_loss, best = torch.inf, _no_networks(inputs, coordinates)
    for step in range(1, _N_STEPS + 1):
        check_wanted()
        predicted = torch.tanh(views.draw() @ hidden + bias) @ output  # (runs, T, E)
        loss = (((predicted - target) ** 2).sum(dim=2) * sees).sum() / n_tasks
        optimiser.step(loss)
        if step % _STEPS_BETWEEN_LOOKS == 0:
            with torch.no_grad():
                runs = torch.tanh(views.plain @ hidden + bias) @ output
                mean = runs.reshape(_N_MEMBERS, n_runs, n_tasks, -1).mean(dim=0)
                held_out = mean[torch.as_tensor(folds), torch.arange(n_tasks)]
                held_out_loss = float(((held_out - target) ** 2).sum())
                if held_out_loss < best_loss:
                    best_loss = held_out_loss
                    best = _side_by_side(hidden, bias, output * unit, held_out * unit)
    return best


class _Views:
    """Views of the tasks' inputs, one of each at a time; holds the generator's state, so not for sharing."""

    def __init__(self, inputs: FloatArray, generator: torch.Generator) -> None:
        n_names = inputs.shape[1] // 2
        self.generator = generator
        self.plain = torch.as_tensor(inputs, dtype=torch.float32)
        self._values, self._known = self.plain[:, :n_names], self.plain[:, n_names:]
        self._source = torch.as_tensor(_sources(inputs[:, n_names:]))

    def draw(self) -> torch.Tensor:
        """Shape ``(T, 2 d)``."""
        n_tasks, n_names = self._values.shape
        n_sources = int(self._source.max()) + 1
        keep = torch.rand((n_tasks, n_names), generator=self.generator) > _VALUE_DROP
        keep &= (torch.rand((n_tasks, n_sources), generator=self.generator) > _GROUP_DROP)[:, self._source]
        noise = _NOISE * torch.randn((n_tasks, n_names), generator=self.generator)
        known = self._known * keep
        return torch.cat([(self._values + noise) * known, known], dim=1)


def _sources(known: FloatArray) -> IntArray:
    """Number names by their gaps: those that are missing together come from one source. Shape ``(d,)``."""
    source = np.zeros(known.shape[1], dtype=np.intp)
    firsts: list[FloatArray] = []
    for column in range(known.shape[1]):
        differ = [float(np.abs(known[:, column] - first).mean()) for first in firsts]
        same = [number for number, share in enumerate(differ) if share < _SAME_GROUP]
        source[column] = same[0] if same else len(firsts)
        if not same:
            firsts.append(known[:, column])
    return source


def _side_by_side(hidden: torch.Tensor, bias: torch.Tensor, output: torch.Tensor, held_out: torch.Tensor) -> _Networks:
    """The members that saw all tasks as one wide network that gives their mean."""
    last = slice(_N_FOLDS, None, _N_FOLDS + 1)
    return _Networks(
        hidden_weights=_array(hidden[last].permute(1, 0, 2).reshape(hidden.shape[1], -1)),
        hidden_bias=_array(bias[last].reshape(-1)),
        output_weights=_array(output[last].reshape(-1, output.shape[2])) / _N_MEMBERS,
        held_out=_array(held_out),
    )


def _array(tensor: torch.Tensor) -> FloatArray:
    return tensor.detach().to(torch.float64).numpy().copy()


def _no_networks(inputs: FloatArray, coordinates: FloatArray) -> _Networks:
    """No hidden unit: every task is expected at the centre."""
    return _Networks(
        hidden_weights=np.zeros((inputs.shape[1], 0)),
        hidden_bias=np.zeros(0),
        output_weights=np.zeros((0, coordinates.shape[1])),
        held_out=np.zeros_like(coordinates),
    )


def _region(inputs: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Centre and directions of the inputs, tasks' places along these, and how far nearest tasks are apart."""
    centre = inputs.mean(axis=0)
    basis = np.linalg.svd(inputs - centre, full_matrices=False)[2][:_N_INPUT_DIRECTIONS].T
    places = input_places(inputs, centre=centre, basis=basis)
    apart = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))
    np.fill_diagonal(apart, np.inf)
    nearest = apart.min(axis=1)
    reach = float(np.quantile(nearest[np.isfinite(nearest)], 0.9)) if len(places) > 1 else 0.0
    return centre, basis, places, max(reach, 1e-6)
