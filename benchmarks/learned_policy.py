"""The learned acquisition as one of the compared methods: its belief predicts, its own policy chooses."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.tuning_tables import TuningTable
from maml.acquisition.meta_training import AcquisitionSettings, fit_acquisition
from maml.acquisition.policy import AcquisitionPolicy
from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate
from maml.surrogates.tuning_tasks import Points, TuningTask
from maml.training.job import TrainingSettings
from maml.training.outer_loop import OuterSettings
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.surrogate_kind import SurrogateKind

LEARNED: Final = "learned_acquisition"

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class LearnedPolicy:
    """A trained policy over a table's configurations.

    Attributes:
        table: Recorded scores.
        policy: Trained on other tasks.
        rows: Rows of the table that are the policy's candidates, in its order.
    """

    table: TuningTable
    policy: AcquisitionPolicy
    rows: Indices

    def __call__(self, task: int, observed: Indices, asked: Indices) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the asked configurations' scores, by the belief."""
        points = Points(self.table.cube, self.table.active)
        return self.policy.predict(points.take(observed), self.table.scores[task, observed], points.take(asked))

    def choose(self, task: int, observed: Indices) -> int:
        """The configuration to try next, by the policy."""
        points = Points(self.table.cube, self.table.active)
        (pick,) = self.policy.propose(points.take(observed), self.table.scores[task, observed], n=1)
        return int(self.rows[pick])


def learned_policy(
    table: TuningTable, past: Indices, known: list[Indices], seed: int, *, n_steps: int
) -> LearnedPolicy:
    """A deep kernel completes the past tasks; a policy is trained on the completed ones."""
    points = Points(table.cube, table.active)
    tasks = [
        TuningTask(points.take(at), table.scores[task, at], np.zeros(0)) for task, at in zip(past, known, strict=True)
    ]
    n_completing, n_policy = min(n_steps, 400), min(n_steps, 160)
    training = TrainingSettings(
        n_steps=n_completing,
        check_every=100,
        patience=4,
        seed=seed,
        outer=OuterSettings(rate=2e-3, decay_steps=n_completing),
    )
    completing = fit_surrogate(tasks, SurrogateSettings(kind=SurrogateKind.DEEP_KERNEL, training=training))
    _, distinct = np.unique(points.to_inputs(), axis=0, return_index=True)
    rows = np.sort(distinct)
    settings = AcquisitionSettings(
        training=TrainingSettings(
            n_steps=n_policy,
            check_every=20,
            patience=6,
            seed=seed,
            outer=OuterSettings(rate=1e-2, decay_steps=n_policy),
        )
    )
    policy = fit_acquisition(tasks, points.take(rows), completing, settings, larger_is_better=True)
    inputs = points.take(rows).to_inputs()
    place = {row.tobytes(): int(index) for row, index in zip(inputs, rows, strict=True)}
    candidates = policy.candidates.to_inputs()
    return LearnedPolicy(table, policy, np.array([place[row.tobytes()] for row in candidates], dtype=np.intp))
