"""How far past tasks speak in a study: before its trials, and as they come in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metamodel.answers.beliefs import speaking, task_prior
from metamodel.answers.snapshot import Snapshot
from metamodel.answers.study_scores import MAX_OBSERVED, study_scores
from metamodel.answers.weights import TaskWeights
from metamodel.maps.anchors import configuration_key
from metamodel.maps.prior import believed
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.trial import Trial


@dataclass(frozen=True, slots=True)
class Influence:
    """After so many trials; the three shares sum to 1.

    Attributes:
        n_trials: Of the study.
        mixture: What all past tasks together say.
        one: What single past tasks say.
        own: What the study's own trials say alone.
        tasks: Shape ``(T,)``: how far each past task speaks: its part of `one`, and its weight in the mixture.
    """

    n_trials: int
    mixture: float
    one: float
    own: float
    tasks: FloatArray


def influence_over_trials(
    model: Snapshot, weights: TaskWeights, trials: Sequence[Trial], *, at: Sequence[int]
) -> tuple[Influence, ...]:
    """What suggestions rest on, as the engine's prior sees it (a surrogate in its place has no such shares).

    Args:
        model: With at least one past task.
        weights: Of its past tasks for the study's task, which has none itself.
        trials: Finished ones, whole configurations, by number.
        at: Numbers of trials; those beyond the study's, or beyond what suggestions look at, are left out.
    """
    maps = model.maps
    if maps is None or not trials:
        return ()
    cube = UnitCube(model.space)
    features = cube.features(*cube.encode([trial.configuration for trial in trials]))
    position = np.array([maps.position.get(configuration_key(t.configuration), -1) for t in trials], dtype=np.intp)
    used = speaking(weights)
    found = []
    for n in sorted(n for n in set(at) if 1 <= n <= min(len(trials), MAX_OBSERVED)):
        scores = study_scores(model, trials[:n])
        if not np.isfinite(scores).all():
            continue
        prior = task_prior(maps, weights, at=position[:n], features=features[:n])
        now = believed(prior, np.arange(n), scores)
        tasks = np.zeros(len(model.histories))
        tasks[used] = now.mixture * prior.near + now.one * now.tasks
        found.append(Influence(n, now.mixture, now.one, now.nothing, tasks))
    return tuple(found)
