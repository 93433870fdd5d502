"""Meta-training of task models over many datasets, for classes and for numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.func import vmap

from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.gradient_learner import GradientLearner
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.proximal import ProximalTransfer
from maml.algorithms.reptile import Reptile
from maml.task_models.episodes import MIN_ROWS, FeaturedEpisode, LabelledTable, draw_episode
from maml.task_models.initialisation import FineTuning, Initialisation, Start, task_network
from maml.task_models.pool import WIDTHS, EpisodePool
from maml.task_models.task_model import tuned_params
from maml.tensors.examples import Episode
from maml.tensors.parameters import Params
from maml.training.checkpoints import TrainingProgress, checkpoint_from_bytes, checkpoint_to_bytes
from maml.training.job import TrainingSettings, TrainingState, start_training, train
from maml.training.outer_loop import OuterSettings
from warmtune.vocabulary.errors import InvalidInputError

_CANDIDATES: Final = tuple(
    FineTuning(n_steps, rate, pull)
    for n_steps in (0, 5, 20)
    for rate in ((0.01, 0.03, 0.1) if n_steps else (0.03,))
    for pull in ((0.0, 0.03) if n_steps else (0.0,))
)
"""Ways to fine-tune; the one that does best on held-out datasets is recommended."""
MIN_DATASETS: Final = 2
"""Datasets for each kind of task: one to learn from, and one to judge by."""


class TaskAlgorithm(StrEnum):
    """How the start is learned."""

    MAML = Maml.name
    FIRST_ORDER_MAML = FirstOrderMaml.name
    REPTILE = Reptile.name
    JOINT = ProximalTransfer.name


@dataclass(frozen=True, slots=True)
class TaskModelSettings:
    """How task models are meta-trained.

    Attributes:
        algorithm: What learns the start.
        rate: Inner learning rate.
        inner_steps: Inner steps at most.
        n_batch: Tasks in a meta-step.
        held_out_share: Of the datasets: they stop the training early and choose the recommended fine-tuning.
        n_judged: Tasks of these datasets that are looked at.
        training: Steps, patience and seed.
    """

    algorithm: TaskAlgorithm = TaskAlgorithm.MAML
    rate: float = 0.03
    inner_steps: int = 5
    n_batch: int = 8
    held_out_share: float = 0.15
    n_judged: int = 64
    training: TrainingSettings = field(
        default_factory=lambda: TrainingSettings(
            n_steps=600, check_every=50, patience=8, outer=OuterSettings(rate=2e-3, decay_steps=600)
        )
    )


def task_learner(settings: TaskModelSettings, *, is_classes: bool) -> GradientLearner:
    """The learner of one kind of task."""
    network = task_network(is_classes=is_classes)
    rate, steps = settings.rate, settings.inner_steps
    match settings.algorithm:
        case TaskAlgorithm.MAML:
            return Maml(network, rate=rate, steps=steps, min_steps=0, clip=10.0)
        case TaskAlgorithm.FIRST_ORDER_MAML:
            return FirstOrderMaml(network, rate=rate, steps=steps, min_steps=0, clip=10.0)
        case TaskAlgorithm.REPTILE:
            return Reptile(network, rate=rate, steps=steps, min_steps=max(steps, 1), clip=10.0)
        case TaskAlgorithm.JOINT:
            return ProximalTransfer(network, rate=rate, steps=steps, clip=10.0)


def draw_episodes(
    tables: Iterable[LabelledTable], *, n_episodes: int, seed: int, as_classes: bool
) -> dict[str, list[FeaturedEpisode]]:
    """Tasks of every dataset that gives any, by its name; numbers are drawn as classes too, half as often.

    Datasets of fewer than `MIN_ROWS` rows give none, nor those whose draws have one class or value only.
    """
    drawn: dict[str, list[FeaturedEpisode]] = {}
    for index, table in enumerate(tables):
        if len(table.target) < MIN_ROWS or (table.is_classes and not as_classes):
            continue
        rng = np.random.default_rng((seed, index, int(as_classes)))
        count = n_episodes if table.is_classes or not as_classes else n_episodes // 2
        episodes = (draw_episode(table, rng, as_classes=as_classes) for _ in range(count))
        if found := [episode for episode in episodes if episode is not None]:
            drawn[table.name] = found
    return drawn


def learn_start(
    episodes: Mapping[str, Sequence[FeaturedEpisode]],
    settings: TaskModelSettings,
    *,
    is_classes: bool,
    checkpoint: bytes | None = None,
    on_check: Callable[[TrainingProgress], None] = lambda progress: None,
) -> tuple[Start, dict[str, object]]:
    """Meta-train on the tasks of many datasets.

    Args:
        episodes: By dataset.
        settings: How.
        is_classes: Whether the tasks are of classes.
        checkpoint: Of the same tasks and settings, to resume from.
        on_check: Called after every evaluation on the held-out datasets; may raise to cancel.

    Returns:
        The start with the fine-tuning that did best on held-out datasets, and its report.

    Raises:
        InvalidInputError: If there are fewer than `MIN_DATASETS` datasets.
    """
    _check_enough(len(episodes), is_classes=is_classes)
    learner = task_learner(settings, is_classes=is_classes)
    names = sorted(episodes)
    n_held = max(1, round(settings.held_out_share * len(names)))
    held = set(np.random.default_rng(settings.training.seed).permutation(names)[:n_held].tolist())
    pool = EpisodePool.of([e for n in names if n not in held for e in episodes[n]], is_classes=is_classes)
    judged = EpisodePool.of(
        [e for n in names if n in held for e in episodes[n]],
        is_classes=is_classes,
        widths=WIDTHS[-1:] if is_classes else WIDTHS[:1],
    )
    held_out = judged.sample(settings.n_judged, torch.Generator().manual_seed(settings.training.seed))
    begun = (
        start_training(learner, settings.training) if checkpoint is None else checkpoint_from_bytes(checkpoint, learner)
    )

    def tell(state: TrainingState) -> None:
        content = checkpoint_to_bytes(learner, state)
        on_check(TrainingProgress(state.current.n_steps, settings.training.n_steps, state.best_loss, content))

    state = train(
        learner,
        begun,
        settings.training,
        sample=lambda generator: pool.sample(settings.n_batch, generator),
        held_out=held_out,
        on_check=tell,
    )
    how, losses = recommended(learner, state.best, held_out)
    facts: dict[str, object] = {
        "n_datasets": len(names),
        "n_tasks": pool.n_tasks,
        "n_steps": state.current.n_steps,
        "held_out_loss": losses,
    }
    return Start(learner.network, state.best, how), facts


def recommended(learner: Learner, meta: Params, held_out: Episode) -> tuple[FineTuning, dict[str, float]]:
    """The way to fine-tune that leaves the lowest mean loss on held-out tasks, and that loss without and with it."""
    network = learner.network
    means = []
    for how in _CANDIDATES:

        def loss(tensors: tuple[Tensor, ...], how: FineTuning = how) -> Tensor:
            task = Episode.unpack(tensors)
            return network.loss(tuned_params(network, meta, task.support, how), task.query)

        means.append(float(vmap(loss)(held_out.pack()).mean().detach()))
    best = int(np.argmin(means))
    return _CANDIDATES[best], {"start": means[0], "fine_tuned": means[best]}


def learn_initialisation(
    tables: Sequence[LabelledTable],
    settings: TaskModelSettings,
    *,
    n_episodes: int,
    on_check: Callable[[str, TrainingProgress], None] = lambda kind, progress: None,
) -> Initialisation:
    """Meta-train both starts over a folder's datasets.

    Raises:
        InvalidInputError: Before any training, if one kind of task has fewer than `MIN_DATASETS` datasets to learn
            from. Numbers are cut into classes, so that datasets of numbers alone suffice.
    """
    usable = [table for table in tables if len(table.target) >= MIN_ROWS and len(np.unique(table.target)) > 1]
    _check_enough(len(usable), is_classes=True)
    _check_enough(sum(not table.is_classes for table in usable), is_classes=False)
    drawn = {
        is_classes: draw_episodes(tables, n_episodes=n_episodes, seed=settings.training.seed, as_classes=is_classes)
        for is_classes in (True, False)
    }
    for is_classes, episodes in drawn.items():
        _check_enough(len(episodes), is_classes=is_classes)
    starts, facts = [], {}
    for kind, is_classes in (("classification", True), ("regression", False)):

        def tell(progress: TrainingProgress, kind: str = kind) -> None:
            on_check(kind, progress)

        start, measured = learn_start(drawn[is_classes], settings, is_classes=is_classes, on_check=tell)
        starts.append(start)
        facts[kind] = measured | {"fine_tuning": asdict(start.fine_tuning)}
    return Initialisation(starts[0], starts[1], {"algorithm": str(settings.algorithm), **facts})


def _check_enough(n_datasets: int, *, is_classes: bool) -> None:
    if n_datasets < MIN_DATASETS:
        kind, task = ("classification", "of any task") if is_classes else ("regression", "with the task 'regression'")
        needed = f"at least {MIN_DATASETS} datasets {task}, each of {MIN_ROWS} rows and two different targets"
        raise InvalidInputError(
            f"{kind} is learned from {needed}; there are {n_datasets}", field="tables", value=n_datasets, limit=needed
        )
