"""The learned embedding for people: tasks on a plane, what drives likeness, how two tasks differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metamodel.answers.snapshot import Snapshot
from metamodel.embedding.neighbours import MetaFeatureScaler
from metamodel.embedding.task_embedding import TaskEmbedding, network_inputs
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.task import MetaFeatures

MAX_TASKS = 60
"""Past tasks on which drivers are measured."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A meta-feature and how far tasks move when it is forgotten.

    Attributes:
        name: Of the meta-feature.
        influence: Mean distance in the embedding, in standard deviations of the tasks, coordinates counted by what is
            predictable of them.
    """

    name: str
    influence: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """A meta-feature of two tasks.

    Attributes:
        name: Of the meta-feature.
        one: Its value for the one.
        other: Its value for the other.
        apart: Absolute difference on the common scale, in spreads between tasks.
    """

    name: str
    one: float
    other: float
    apart: float


def plane(model: Snapshot) -> FloatArray:
    """Coordinates of the past tasks for a map, shape ``(T, 2)``, in standard deviations.

    The two coordinates of the embedding of which most is predictable; those of the largest spread where nothing is.
    Past tasks without an embedding lie where their maps' two leading directions put them.
    """
    if model.embedding is not None and model.places.shape[1] >= 2:
        by = model.embedding.explained if model.embedding.explained.any() else model.embedding.spread
        chosen = np.sort(np.argsort(-by, kind="stable")[:2])
        return _standardised(model.places[:, chosen])
    if model.maps is None:
        return np.zeros((len(model.histories), 2))
    centred = model.maps.mean - model.maps.mean.mean(axis=0)
    left, spread, _ = np.linalg.svd(centred, full_matrices=False)
    leading = left[:, :2] * spread[:2]
    return _standardised(np.pad(leading, ((0, 0), (0, 2 - leading.shape[1]))))


def drivers(embedding: TaskEmbedding, tasks: Sequence[MetaFeatures]) -> tuple[Driver, ...]:
    """What decides where tasks lie: each meta-feature is forgotten in turn; the most influential first.

    Args:
        embedding: Trained.
        tasks: Of more than `MAX_TASKS` an even sample counts.
    """
    sample = [tasks[int(i)] for i in np.unique(np.linspace(0, len(tasks) - 1, min(MAX_TASKS, len(tasks))).astype(int))]
    scale = np.where(embedding.spread > 0.0, np.sqrt(embedding.spread), 1.0)
    total = float(embedding.explained.sum())
    share = embedding.explained / total if total > 0.0 else np.full(len(scale), 1.0 / len(scale))
    inputs = network_inputs(embedding.scaler, sample)
    at, n_names = embedding.coordinates(inputs), len(embedding.scaler.names)
    found = []
    for column, name in enumerate(embedding.scaler.names):
        is_known = inputs[:, n_names + column] > 0.0
        forgotten = inputs[is_known]
        forgotten[:, [column, n_names + column]] = 0.0
        apart = (embedding.coordinates(forgotten) - at[is_known]) / scale
        moved = np.sqrt((apart**2) @ share)
        found.append(Driver(name, float(moved.mean()) if len(moved) else 0.0))
    return tuple(sorted(found, key=lambda driver: -driver.influence))


def contrasts(scaler: MetaFeatureScaler, one: MetaFeatures, other: MetaFeatures) -> tuple[Contrast, ...]:
    """How two tasks differ in what both are known by, the least difference first; ties by name."""
    scaled = scaler.transform([one, other])
    apart = np.abs(scaled[0] - scaled[1])
    found = [
        Contrast(name, one.values[name], other.values[name], float(apart[column]))
        for column, name in enumerate(scaler.names)
        if np.isfinite(apart[column])
    ]
    return tuple(sorted(found, key=lambda contrast: (contrast.apart, contrast.name)))


def _standardised(places: FloatArray) -> FloatArray:
    centred: FloatArray = places - places.mean(axis=0)
    spread = centred.std(axis=0)
    scaled: FloatArray = centred / np.where(spread > 0.0, spread, 1.0)
    return scaled
