"""Meta-training a surrogate, or an acquisition, on the stored trials of a search space, kind of task and metric."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from learning.histories import histories_of
from learning.job_context import JobContext
from learning.job_requests import NeuralTrainJob
from learning.neural.acquisition_training import LEARNED_ACQUISITION, AcquisitionTraining
from maml.surrogates.choice import backtest_kinds
from maml.surrogates.describer import TaskDescriber
from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate, useful_tasks
from maml.surrogates.tuning_tasks import Points, TuningTask
from maml.training.checkpoints import TrainingProgress
from maml.training.job import TrainingSettings
from maml.training.outer_loop import OuterSettings
from maml.training.whole_files import replace_file
from metamodel.maps.performance_maps import without_outliers
from metamodel.space.cube import UnitCube
from store.connections.database import Database
from store.histories import past_tasks
from store.model_keys import ModelKey
from store.neural_models import NeuralFamily, NeuralModelRepository, NewNeuralModel, SurrogateOf
from store.revisions import revision_of
from store.search_spaces import SearchSpaceRepository
from store.stored_job import Json
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.surrogate_kind import SurrogateKind
from warmtune.vocabulary.task import common_version

CHECK_EVERY: Final = 20
AUTO: Final = "auto"
CANDIDATES: Final = (
    SurrogateKind.DEEP_KERNEL,
    SurrogateKind.MARGINAL_LAST_LAYER,
    SurrogateKind.BAYESIAN_LAST_LAYER,
    SurrogateKind.MAML,
)
"""What `AUTO` chooses from: those that were best anywhere in docs/maml_results.md."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """An algorithm, and the mean log-densities in the backtest that chose it; none where it was asked for."""

    kind: SurrogateKind
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Made:
    """A model, what is reported about it, and the looks at the held-out tasks since the last interruption."""

    family: NeuralFamily
    content: bytes
    facts: dict[str, object]
    checks: list[TrainingProgress]


class SurrogateTraining:
    """One meta-training; what it needs to go on lies in its job's directory."""

    def __init__(self, context: JobContext, request: NeuralTrainJob, database: Database, *, max_stored: int) -> None:
        self._context = context
        self._request = request
        self._database = database
        self._max_stored = max_stored

    def run(self) -> Json:
        """Train, keep the model under its name, and tell of it.

        Raises:
            InvalidInputError: If fewer than four tasks have two different scores.
            ConflictError: If the name was taken for something else meanwhile.
        """
        key, space = self._request.key, self._space()
        tasks, describer = self._tasks(key, space)
        was_begun = self._checkpoint.exists()
        self._context.report(0.0, f"{len(tasks)} past tasks")
        if self._request.algorithm == LEARNED_ACQUISITION:
            made = self._acquisition(tasks, space, key.direction)
        else:
            made = self._surrogate(tasks, describer)
        last = made.checks[-1] if made.checks else None
        facts: dict[str, object] = {
            "n_tasks": len(tasks),
            "n_trials": sum(len(task.scores) for task in tasks),
            "n_meta_features": 0 if describer is None else len(describer.names),
            "n_steps": None if last is None else last.n_steps,
            "held_out_loss": last.best_loss if last is not None and np.isfinite(last.best_loss) else None,
            **made.facts,
        }
        name = self._request.name
        model = NewNeuralModel(name, made.family, made.content, facts, self._surrogate_of())
        with self._database.writing() as connection:
            stored = NeuralModelRepository(connection).keep(model, max_stored=self._max_stored)
        first = made.checks[0].n_steps - CHECK_EVERY if made.checks and was_begun else 0
        return {"name": stored.name, "version": stored.version, "resumed_from_step": max(first, 0), **facts}

    def _surrogate(self, tasks: list[TuningTask], describer: TaskDescriber | None) -> "_Made":
        checks: list[TrainingProgress] = []

        def on_check(progress: TrainingProgress) -> None:
            checks.append(progress)
            replace_file(self._checkpoint, progress.checkpoint)
            message = f"step {progress.n_steps} of {progress.n_steps_max}, held-out loss {progress.best_loss:.4f}"
            self._context.report(progress.n_steps / progress.n_steps_max, message)

        chosen = self._chosen(tasks)
        checkpoint = self._checkpoint.read_bytes() if self._checkpoint.exists() else None
        fitted = fit_surrogate(tasks, self._settings(chosen.kind), checkpoint=checkpoint, on_check=on_check)
        surrogate = replace(fitted, describer=describer)
        facts: dict[str, object] = {"algorithm": str(chosen.kind)}
        if chosen.scores:
            facts["backtest"] = chosen.scores
        return _Made(NeuralFamily.SURROGATE, surrogate.to_bytes(), facts, checks)

    def _acquisition(self, tasks: list[TuningTask], space: SearchSpace, direction: Direction) -> "_Made":
        training = AcquisitionTraining(tasks, space, direction, self._training(), self._context.directory)
        policy, checks = training.run(self._context.report)
        facts: dict[str, object] = {
            "algorithm": LEARNED_ACQUISITION,
            "n_candidates": len(policy.candidates),
            "horizon": policy.acquisition.horizon,
        }
        return _Made(NeuralFamily.ACQUISITION, policy.to_bytes(), facts, checks)

    def _tasks(self, key: ModelKey, space: SearchSpace) -> tuple[list[TuningTask], TaskDescriber | None]:
        """The past tasks as they were when the job was first begun: a checkpoint holds for these only."""
        marked = self._context.directory / "revision.json"
        with self._database.reading() as connection:
            revision = json.loads(marked.read_text()) if marked.exists() else revision_of(connection, key)
            past = past_tasks(connection, key, up_to=revision)
        replace_file(marked, json.dumps(revision).encode())
        cube, histories = UnitCube(space), histories_of(past, space)
        tasks = [
            TuningTask(Points(*cube.encode(history.configurations)), without_outliers(history.scores, key.direction))
            for history in histories
        ]
        useful_tasks(tasks)  # that there are too few is reported before anything that follows from it
        if not self._is_described:
            return tasks, None
        version = common_version(history.task.meta_features for history in histories)
        described = [history.task.meta_features.in_version(version).values for history in histories]
        describer = TaskDescriber.fit(described)
        return [
            replace(task, embedding=describer.embed(values)) for task, values in zip(tasks, described, strict=True)
        ], describer

    @property
    def _reads_meta_features(self) -> bool:
        return self._request.reads_meta_features

    @property
    def _is_described(self) -> bool:
        return self._reads_meta_features or self._request.algorithm == SurrogateKind.CONDITIONED_MAML

    def _chosen(self, tasks: list[TuningTask]) -> "_Chosen":
        """The asked algorithm, or the one that predicts left-out tasks best; every score is noted, and found once."""
        asked = self._request.algorithm
        if asked != AUTO:
            return _Chosen(SurrogateKind(asked), {})
        noted = self._context.directory / "choice.json"
        scores: dict[str, float] = json.loads(noted.read_text()) if noted.exists() else {}
        for kind in CANDIDATES:
            if str(kind) in scores:
                continue
            self._context.report(0.0, f"backtest of {kind}")
            (score,) = backtest_kinds(tasks, [kind], self._settings(kind), on_check=lambda _: self._context.check())
            scores[str(kind)] = score.mean
            replace_file(noted, json.dumps(scores).encode())
        return _Chosen(SurrogateKind(max(scores, key=lambda name: scores[name])), scores)

    def _settings(self, kind: SurrogateKind) -> SurrogateSettings:
        return SurrogateSettings(kind=kind, reads_embedding=self._reads_meta_features, training=self._training())

    def _training(self) -> TrainingSettings:
        n_steps = self._request.n_steps
        return TrainingSettings(
            n_steps=n_steps,
            check_every=CHECK_EVERY,
            patience=self._request.patience,
            seed=self._request.seed,
            outer=OuterSettings(rate=2e-3, decay_steps=n_steps),
        )

    def _space(self) -> SearchSpace:
        with self._database.reading() as connection:
            return SearchSpaceRepository(connection).get(self._request.space_id)

    def _surrogate_of(self) -> SurrogateOf:
        asked = self._request
        return SurrogateOf(asked.space_id, asked.search_space, asked.kind_group, asked.metric, asked.direction)

    @property
    def _checkpoint(self) -> Path:
        return self._context.directory / "checkpoint.safetensors"
