"""Starts for `benchmarks.maml_task_models`, one for each kind, fold and algorithm, and the one that ships."""

import time
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch

from benchmarks.maml_task_models_report import KINDS, PARTS
from maml.task_models.episodes import FeaturedEpisode, LabelledTable
from maml.task_models.initialisation import FineTuning, Initialisation, Start
from maml.task_models.meta_training import TaskAlgorithm, TaskModelSettings, draw_episodes, learn_start, task_learner
from maml.task_models.shipped_file import SHIPPED
from maml.training.checkpoints import TrainingProgress
from maml.training.job import TrainingSettings
from maml.training.outer_loop import LearnerState, OuterSettings
from maml.training.state_files import state_from_bytes, state_to_bytes
from maml.training.whole_files import replace_file

N_FOLDS, SHIPPED_FOLD = 3, 2


def folds_of(names: Iterable[str]) -> dict[str, int]:
    """The fold of every dataset, by a fixed shuffle of their names."""
    ordered = sorted(set(names))
    shuffled = np.random.default_rng(0).permutation(len(ordered))
    return {name: int(at % N_FOLDS) for name, at in zip(ordered, shuffled, strict=True)}


def train_all(tables: list[LabelledTable], algorithms: list[TaskAlgorithm], n_episodes: int, n_steps: int) -> None:
    """Learn a start for each kind, fold and algorithm."""
    folds = folds_of(table.name for table in tables)
    for kind, is_classes in KINDS.items():
        episodes = drawn(tables, kind, n_episodes)
        for algorithm in algorithms:
            for fold in range(N_FOLDS):
                target = PARTS / f"{algorithm}-{kind}-{fold}.safetensors"
                if target.exists():
                    continue
                settings = settings_of(algorithm, n_steps)
                past = {name: tasks for name, tasks in episodes.items() if folds[name] != fold}
                start_s = time.perf_counter()

                def show(progress: TrainingProgress, kind: str = kind, fold: int = fold) -> None:
                    print(kind, fold, progress.n_steps, round(progress.best_loss, 4), flush=True)

                start, facts = learn_start(past, settings, is_classes=is_classes, on_check=show)
                zeros = {name: torch.zeros_like(value) for name, value in start.params.items()}
                state = LearnerState(start.params, zeros, zeros, 0)
                how = start.fine_tuning
                facts |= {"seconds": time.perf_counter() - start_s, "recommended": [how.n_steps, how.rate, how.pull]}
                learner = task_learner(settings, is_classes=is_classes)
                replace_file(target, state_to_bytes(learner, state, facts))
                print(algorithm, kind, fold, facts, flush=True)


def ship() -> None:
    """Write what ships: the starts of the fold that leaves out the two tables that the knowledge base leaves out."""
    starts, facts = [], {}
    for kind in KINDS:
        learned = state_from_bytes((PARTS / f"{TaskAlgorithm.MAML}-{kind}-{SHIPPED_FOLD}.safetensors").read_bytes())
        n_steps, rate, pull = recommended_of(learned.facts)
        starts.append(Start(learned.learner.network, learned.best, FineTuning(n_steps, rate, pull)))
        facts[kind] = {name: learned.facts[name] for name in ("n_datasets", "n_tasks", "n_steps", "held_out_loss")}
    content = Initialisation(starts[0], starts[1], {"algorithm": str(TaskAlgorithm.MAML), **facts}).to_bytes()
    replace_file(SHIPPED, content)
    print(SHIPPED, len(content), facts)


def recommended_of(facts: dict[str, object]) -> tuple[int, float, float]:
    """Steps, rate and pull."""
    n_steps, rate, pull = (float(str(v)) for v in list(facts["recommended"]))  # type: ignore[call-overload]
    return int(n_steps), rate, pull


def settings_of(algorithm: TaskAlgorithm, n_steps: int) -> TaskModelSettings:
    """The same for every fold."""
    training = TrainingSettings(
        n_steps=n_steps, check_every=50, patience=8, outer=OuterSettings(rate=2e-3, decay_steps=n_steps)
    )
    return replace(TaskModelSettings(), algorithm=algorithm, training=training)


def drawn(tables: list[LabelledTable], kind: str, n_episodes: int) -> dict[str, list[FeaturedEpisode]]:
    """Training tasks of every dataset, stored in one file each."""
    fields = tuple(FeaturedEpisode.__dataclass_fields__)
    result = {}
    for table in tables:
        target = PARTS / "episodes" / f"{kind}-{table.name}-{n_episodes}.npz"
        if not target.exists():
            made = draw_episodes([table], n_episodes=n_episodes, seed=0, as_classes=KINDS[kind]).get(table.name, [])
            target.parent.mkdir(parents=True, exist_ok=True)
            np.savez(target, **{f"{i}-{f}": getattr(e, f) for i, e in enumerate(made) for f in fields})
        with np.load(target) as stored:
            count = len(stored.files) // len(fields)
            if count:
                result[table.name] = [FeaturedEpisode(**{f: stored[f"{i}-{f}"] for f in fields}) for i in range(count)]
    return result
