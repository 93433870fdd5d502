"""Training an acquisition policy on the stored trials: past tasks are completed first, then the policy is trained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from maml.acquisition.meta_training import AcquisitionSettings, fit_acquisition
from maml.acquisition.policy import AcquisitionPolicy
from maml.algorithms.learned_acquisition import LearnedAcquisition
from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate, useful_tasks
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import Points, TuningTask
from maml.training.checkpoints import TrainingProgress
from maml.training.job import TrainingSettings
from maml.training.outer_loop import OuterSettings
from maml.training.whole_files import replace_file
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.surrogate_kind import SurrogateKind

LEARNED_ACQUISITION: Final = LearnedAcquisition.name
N_DRAWN: Final = 512
"""Random configurations in the pool that candidates are chosen from."""
N_PAST: Final = 1_024
"""Configurations of past tasks in the pool at most; of more, a random part."""
RATE: Final = 1e-2

Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class AcquisitionTraining:
    """One training of a policy; what it needs to go on lies in a directory.

    Attributes:
        tasks: The past tasks.
        space: Of their configurations.
        direction: Of their scores.
        training: Steps, patience and seed; of the completing surrogate and, at another rate, of the policy.
        directory: The job's.
    """

    tasks: Sequence[TuningTask]
    space: SearchSpace
    direction: Direction
    training: TrainingSettings
    directory: Path

    def run(self, report: Report) -> tuple[AcquisitionPolicy, list[TrainingProgress]]:
        """Train; the looks at the held-out tasks since the last interruption come along.

        Args:
            report: Called with the progress; may raise to cancel.

        Raises:
            InvalidInputError: If fewer than four tasks have two different scores.
        """
        useful = useful_tasks(self.tasks)
        completing = self._completing(report)
        checks: list[TrainingProgress] = []

        def on_check(progress: TrainingProgress) -> None:
            checks.append(progress)
            replace_file(self._checkpoint, progress.checkpoint)
            message = f"policy: step {progress.n_steps} of {progress.n_steps_max}, regret {progress.best_loss:.4f}"
            report(0.5 + 0.5 * progress.n_steps / progress.n_steps_max, message)

        outer = OuterSettings(rate=RATE, decay_steps=self.training.n_steps)
        policy = fit_acquisition(
            useful,
            self._pool(useful),
            completing,
            AcquisitionSettings(training=replace(self.training, outer=outer)),
            larger_is_better=self.direction is Direction.MAXIMIZE,
            checkpoint=_read(self._checkpoint),
            on_check=on_check,
        )
        return policy, checks

    def _completing(self, report: Report) -> NeuralSurrogate:
        """The surrogate that predicts what past tasks haven't tried; written down once it is trained."""
        done, checkpoint = (
            self.directory / "completing.safetensors",
            self.directory / "completing-checkpoint.safetensors",
        )
        if (content := _read(done)) is not None:
            return NeuralSurrogate.from_bytes(content)

        def on_check(progress: TrainingProgress) -> None:
            replace_file(checkpoint, progress.checkpoint)
            message = f"completing tasks: step {progress.n_steps} of {progress.n_steps_max}"
            report(0.5 * progress.n_steps / progress.n_steps_max, message)

        settings = SurrogateSettings(kind=SurrogateKind.DEEP_KERNEL, training=self.training)
        surrogate = fit_surrogate(self.tasks, settings, checkpoint=_read(checkpoint), on_check=on_check)
        replace_file(done, surrogate.to_bytes())
        return surrogate

    def _pool(self, tasks: Sequence[TuningTask]) -> Points:
        """Different configurations of past tasks, and random ones."""
        cube, rng = UnitCube(self.space), np.random.default_rng(self.training.seed)
        drawn = cube.decode(rng.random((N_DRAWN, cube.n_parameters)))
        tried = [point for task in tasks for point in cube.decode(task.points.cube)]
        points = Points(*cube.encode([*tried, *drawn]))
        rounded = np.where(points.active, points.cube.round(9), -1.0)
        _, first = np.unique(rounded, axis=0, return_index=True)
        past, new = first[first < len(tried)], first[first >= len(tried)]
        if len(past) > N_PAST:
            past = rng.choice(past, N_PAST, replace=False)
        return points.take(np.sort(np.concatenate([past, new])))

    @property
    def _checkpoint(self) -> Path:
        return self.directory / "checkpoint.safetensors"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
