"""Neural surrogates as the engine's port takes them: over its features and signed scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import Points, TuningTask
from metamodel.maps.history import TaskHistory
from metamodel.maps.performance_maps import signed_scores
from metamodel.maps.surrogates import SurrogateRole, SurrogateUse
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace


@dataclass(frozen=True, slots=True)
class EngineSurrogate:
    """A `metamodel.maps.surrogates.Surrogate`. Immutable; threads may share it.

    Attributes:
        neural: Learned on `engine_tasks`.
        version: Of its content.
    """

    neural: NeuralSurrogate
    version: str

    @classmethod
    def of(cls, neural: NeuralSurrogate) -> "EngineSurrogate":
        """With the version of its content, which takes a while to tell."""
        return cls(neural, neural.version)

    @classmethod
    def from_bytes(cls, content: bytes) -> "EngineSurrogate":
        """From the safetensors file of a model version.

        Raises:
            InvalidInputError: If the bytes aren't a surrogate's.
        """
        return cls.of(NeuralSurrogate.from_bytes(content))

    def to_bytes(self) -> bytes:
        """Inverse of `from_bytes`."""
        return self.neural.to_bytes()

    @property
    def name(self) -> str:
        """See `Surrogate`."""
        return self.neural.learner.name

    def predict(self, features: FloatArray, seen: IntArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Surrogate`."""
        points = _points(features)
        return self.neural.predict(points.take(seen), scores, points)


def engine_tasks(space: SearchSpace, histories: Sequence[TaskHistory], direction: Direction) -> list[TuningTask]:
    """Past tasks as the engine sees them: failed trials and outliers count as the worst value that is no outlier."""
    cube = UnitCube(space)
    tasks = []
    for history in histories:
        if np.isnan(history.scores).all():
            continue
        signed, low, _ = signed_scores(history.scores, direction)
        points = _points(cube.features(*cube.encode(history.configurations)))
        tasks.append(TuningTask(points, np.maximum(signed, low), np.zeros(0)))
    return tasks


@dataclass(frozen=True, slots=True)
class EngineSurrogateFit:
    """A `metamodel.maps.surrogates.SurrogateFit`.

    Attributes:
        space: Of the past tasks.
        direction: Of their metric.
        settings: Which algorithm, and how it is meta-trained.
        role: What it is learned for.
        on_check: Is called every so many meta-steps; may raise to cancel.
    """

    space: SearchSpace
    direction: Direction
    settings: SurrogateSettings
    role: SurrogateRole
    on_check: Callable[[], None] = lambda: None

    @property
    def name(self) -> str:
        """Role and settings: what is learned from the same tasks under the same name is the same."""
        return f"{self.role} {self.settings}"

    def __call__(self, histories: Sequence[TaskHistory]) -> SurrogateUse:
        """See `SurrogateFit`."""
        tasks = engine_tasks(self.space, histories, self.direction)
        neural = fit_surrogate(tasks, self.settings, on_check=lambda progress: self.on_check())
        return SurrogateUse(EngineSurrogate.of(neural), self.role)


def stored_use(content: bytes, role: str) -> SurrogateUse:
    """A surrogate that was stored with a model version, in its role.

    Raises:
        InvalidInputError: If the bytes aren't a surrogate's.
    """
    return SurrogateUse(EngineSurrogate.from_bytes(content), SurrogateRole(role))


def _points(features: FloatArray) -> Points:
    """Every coordinate counts: inactive parameters have a place of their own among the features."""
    return Points(features, np.ones(features.shape, dtype=bool))
