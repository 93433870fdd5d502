"""Synthetic past tasks of any number: made when they are asked for, so that a million need no memory.

What a task says of a configuration x is of low rank, as what recorded tasks say is:

    score = level + scale * (m(x) + sum of z_k * phi_k(x)) + noise,   k = 1 ... 8

m and phi_k are smooth random functions over the space (sums of 64 random cosines of the configuration's features;
Rahimi and Recht, 2007), m the same for all tasks; z is the task's own, standard normal, and counts less for larger k
(``1 / sqrt(k)``). Level and scale differ between tasks, the noise's standard deviation is 0.05 of the scale. Of the
forty meta-features half are linear in z, half are tanh of such, all with noise of 0.3; one in five isn't known. Each
task has tried 50 configurations: of its own, or drawn from a pool that all share, as the designs of recorded tables
are.
"""

import time
from collections.abc import Sequence
from typing import Final, overload

import numpy as np

from benchmarks.engine_speed import SPACE
from metamodel.maps.history import TaskHistory
from metamodel.space.cube import UnitCube
from metamodel.space.design import space_filling
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial

N_LATENT: Final = 8
N_COSINES: Final = 64
N_META_FEATURES: Final = 40
N_TRIALS: Final = 50
NOISE: Final = 0.05
BLOCK: Final = 1_024
"""Tasks that are made at once."""


class SyntheticPast(Sequence[TaskHistory]):
    """`n_tasks` tasks; a task's number alone decides what it is, whatever their number. Remembers the last block.

    Attributes:
        spent_s: Processor seconds that making tasks took so far.
    """

    def __init__(self, n_tasks: int, *, n_pool: int | None, seed: int = 0, start: int = 0) -> None:
        """Describe them.

        Args:
            n_tasks: How many.
            n_pool: Configurations that all tasks draw from; None: every task has its own.
            seed: Of the functions, the pool and the tasks.
            start: Number of the first task: others than those of another past.
        """
        self._n_tasks = n_tasks
        self._start = start
        self._seed = seed
        self.world = World(seed)
        self._pool = None if n_pool is None else self.world.evaluated(space_filling(SPACE, n_pool, seed=seed))
        self._block: tuple[int, list[TaskHistory]] = (-1, [])
        self.spent_s = 0.0

    def __len__(self) -> int:
        """How many tasks."""
        return self._n_tasks

    @overload
    def __getitem__(self, at: int) -> TaskHistory: ...

    @overload
    def __getitem__(self, at: slice) -> list[TaskHistory]: ...

    def __getitem__(self, at: int | slice) -> TaskHistory | list[TaskHistory]:
        """One, or some of them."""
        if isinstance(at, slice):
            return [self[row] for row in range(*at.indices(self._n_tasks))]
        if not 0 <= at < self._n_tasks:
            raise IndexError(at)
        number = self._start + at
        if self._block[0] != number // BLOCK:
            began = time.process_time()
            self._block = (number // BLOCK, self._made(number // BLOCK))
            self.spent_s += time.process_time() - began
        return self._block[1][number % BLOCK]

    def _made(self, block: int) -> list[TaskHistory]:
        rng = np.random.default_rng([self._seed, block])
        described = [self.world.task(block * BLOCK + row, rng) for row in range(BLOCK)]
        if self._pool is None:
            configurations, basis = self.world.evaluated(_random_configurations(BLOCK * N_TRIALS, rng))
            chosen = np.arange(BLOCK * N_TRIALS).reshape(BLOCK, N_TRIALS)
        else:
            configurations, basis = self._pool
            chosen = rng.integers(len(configurations), size=(BLOCK, N_TRIALS))
        durations = rng.exponential(size=(BLOCK, N_TRIALS))
        return [
            TaskHistory(
                task,
                tuple(configurations[int(i)] for i in chosen[row]),
                self.world.scores(basis[chosen[row]], hidden, rng),
                durations[row],
            )
            for row, (task, hidden) in enumerate(described)
        ]


class World:
    """The functions that all tasks are made of."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._cube = UnitCube(SPACE)
        width = self._cube.features(*self._cube.encode(space_filling(SPACE, 1, seed=0))).shape[1]
        self._waves = rng.normal(scale=2.0, size=(width, N_COSINES))
        self._phases = rng.uniform(0.0, 2.0 * np.pi, size=N_COSINES)
        self._loads = rng.normal(size=(N_COSINES, 1 + N_LATENT)) * np.sqrt(2.0 / N_COSINES)
        self._loads[:, 1:] /= np.sqrt(np.arange(1, N_LATENT + 1))
        self._mixing = rng.normal(size=(N_LATENT, N_META_FEATURES))

    def evaluated(self, configurations: Sequence[Configuration]) -> tuple[Sequence[Configuration], FloatArray]:
        """Configurations, and m and the phi_k of each, shape ``(n, 9)``."""
        points = self._cube.features(*self._cube.encode(configurations))
        return configurations, np.cos(points @ self._waves + self._phases) @ self._loads

    def task(self, number: int, rng: np.random.Generator) -> tuple[Task, FloatArray]:
        """A task and its z with level and scale, shape ``(10,)``."""
        hidden = np.concatenate([rng.normal(size=N_LATENT), [rng.uniform(0.5, 0.95), np.exp(rng.normal(-3.0, 0.5))]])
        mixed = hidden[:N_LATENT] @ self._mixing
        mixed[N_META_FEATURES // 2 :] = np.tanh(mixed[N_META_FEATURES // 2 :])
        values = mixed + 0.3 * rng.normal(size=N_META_FEATURES)
        known = rng.random(N_META_FEATURES) > 0.2
        features = {f"feature {i}": float(v) for i, v in enumerate(values) if known[i]}
        return Task(f"task_{number:07d}", f"table {number}", TaskKind.BINARY, MetaFeatures(features)), hidden

    def scores(self, basis: FloatArray, hidden: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Scores of configurations, shape ``(n,)``, of what `evaluated` gave of them."""
        level, scale = hidden[N_LATENT:]
        clean = basis[:, 0] + basis[:, 1:] @ hidden[:N_LATENT]
        result: FloatArray = level + scale * (clean + NOISE * rng.normal(size=len(clean)))
        return result


def asked_trials(task_number: int, n_trials: int, *, seed: int = 0) -> list[Trial]:
    """A study's trials so far: of random configurations, on a task that no past holds."""
    world, rng = World(seed), np.random.default_rng([seed, 1, task_number])
    _, hidden = world.task(task_number, rng)
    configurations, basis = world.evaluated(_random_configurations(n_trials, rng))
    scores = world.scores(basis, hidden, rng)
    return [Trial(i, dict(c), float(s)) for i, (c, s) in enumerate(zip(configurations, scores, strict=True))]


def _random_configurations(n: int, rng: np.random.Generator) -> Sequence[Configuration]:
    cube = UnitCube(SPACE)
    return cube.decode(rng.random((n, cube.n_parameters)))
