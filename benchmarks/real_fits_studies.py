"""One study of real cross-validations: how each method proposes, and how what it chose is judged."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import optuna
import pandas as pd

from knowledge.backfill.datasets import Dataset
from knowledge.backfill.evaluation import EvaluationSample, cross_validate, sample_rows
from knowledge.pack.base import KnowledgeBase, Table
from knowledge.pack.pack_file import read_knowledge
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.anchors import configuration_key
from metamodel.maps.history import TaskHistory
from warmtune.catalogue import find_entry
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.metrics import KNOWN_METRICS, Direction, default_metric
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.task import Task
from warmtune.vocabulary.trial import Trial, TrialState

MAX_ROWS = 600
AT = (1, 2, 3, 5, 10, 20, 50)
"""Numbers of trials after which the best so far is judged."""
JUDGING_SEEDS = (101, 102, 103)
"""Of the splits that judge: no method sees a score of theirs."""
N_JUDGING_FOLDS = 5

ENGINE, TPE, RANDOM = "engine", "TPE, default first", "random, default first"


@dataclass(frozen=True, slots=True)
class Job:
    """One study: a dataset, a search space, a method and a seed."""

    dataset: Dataset
    search_space: str
    method: str
    seed: int
    n_trials: int

    @property
    def name(self) -> str:
        """Of its file."""
        method = self.method.replace(" ", "_").replace(",", "")
        return f"{self.search_space}-{self.dataset.name}-{method}-{self.seed}-{self.n_trials}"


@dataclass(frozen=True, slots=True)
class Past:
    """The tasks of a knowledge base that the engine may know."""

    knowledge: Path
    task_ids: frozenset[str]


@dataclass(slots=True)
class _Fits:
    """The evaluations of one study; a larger score is better."""

    job: Job
    sample: EvaluationSample
    metric: str
    direction: Direction
    scores: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    configurations: list[Configuration] = field(default_factory=list)

    def __call__(self, configuration: Configuration) -> float | None:
        """The metric's value in a cross-validation of 3 folds; None where a model can't be fitted."""
        try:
            result = cross_validate(self.sample, self.job.search_space, configuration)
        except ValueError:
            value, seconds = None, 0.0
        else:
            value, seconds = result.scores[self.metric], sum(result.seconds)
        self.configurations.append(configuration)
        self.scores.append(None if value is None else self.direction.sign * value)
        self.seconds.append(seconds)
        return value

    def judged(self, n_trials: int, known: dict[str, float]) -> float:
        """The best of the first trials on other folds; a study in which all failed has the score of a guess: 0."""
        scores = [-np.inf if score is None else score for score in self.scores[:n_trials]]
        best = self.configurations[int(np.argmax(scores))]
        key = str(configuration_key(best))
        if key not in known:
            try:
                results = [
                    cross_validate(self.sample, self.job.search_space, best, n_folds=N_JUDGING_FOLDS, seed=seed)
                    for seed in JUDGING_SEEDS
                ]
            except ValueError:  # a fold of it can't be fitted: nothing was found
                known[key] = 0.0
            else:
                known[key] = float(np.mean([self.direction.sign * r.scores[self.metric] for r in results]))
        return known[key]


def run_study(job: Job, past: Past) -> dict[str, object]:
    """Play one study.

    Returns:
        ``values``: the signed score of each trial (a failed one: the worst of the study), ``seconds``: processor
        seconds of each, ``judged``: by number of trials, the signed score on other folds of the best by then.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    frame = pd.read_parquet(job.dataset.path)
    metric = default_metric(job.dataset.kind)
    sample = sample_rows(frame, job.dataset.target, kind=job.dataset.kind, max_rows=MAX_ROWS, seed=0)
    fits = _Fits(job, sample, metric, KNOWN_METRICS[metric])
    space = find_entry(job.search_space, job.dataset.kind).space
    if job.method == ENGINE:
        _play_engine(fits, space, past)
    else:
        _play_optuna(fits, space)
    signed = np.array([np.nan if score is None else score for score in fits.scores])
    known: dict[str, float] = {}
    return {
        "values": np.where(np.isnan(signed), np.nanmin(signed), signed).tolist(),
        "seconds": fits.seconds,
        "judged": {str(n): fits.judged(n, known) for n in AT if n <= job.n_trials},
    }


def _play_optuna(fits: _Fits, space: SearchSpace) -> None:
    samplers: dict[str, Callable[[], optuna.samplers.BaseSampler]] = {
        TPE: lambda: optuna.samplers.TPESampler(seed=fits.job.seed, multivariate=True, group=True),
        RANDOM: lambda: optuna.samplers.RandomSampler(seed=fits.job.seed),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # grouping is, and the best there is
        study = optuna.create_study(direction=fits.direction.value, sampler=samplers[fits.job.method]())
    default = space.default_configuration()
    if default is None:
        raise ValueError(f"{fits.job.search_space} has no default to begin with")
    study.enqueue_trial(default)
    for _ in range(fits.job.n_trials):
        trial = study.ask()
        value = fits(suggest(trial, space))
        if value is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, value)


def _play_engine(fits: _Fits, space: SearchSpace, past: Past) -> None:
    base = read_knowledge(past.knowledge)
    target = next(task for task in base.tasks if task.name == fits.job.dataset.name)
    histories = list(_histories(base, fits.job, past, fits.metric))
    model: SpaceModel = fit_model(space, histories, metric=fits.metric, direction=fits.direction)
    trials: list[Trial] = []
    for number in range(fits.job.n_trials):
        if number == 0:
            answer = model.recommend(target.meta_features, n=1)
        else:
            answer = model.suggest(target.meta_features, trials, n=1, seed=number)
        configuration = answer.configurations[0].configuration
        value = fits(configuration)
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        trials.append(Trial(number=number, configuration=configuration, value=value, state=state))


def _histories(base: KnowledgeBase, job: Job, past: Past, metric: str) -> Iterator[TaskHistory]:
    tasks = {task.task_id: task for task in base.tasks}
    tables: Sequence[Table] = base.full_tables
    table = next(t for t in tables if t.search_space == job.search_space and job.dataset.kind in t.kinds)
    for row, task_id in enumerate(table.task_ids):
        if task_id in past.task_ids:
            yield _history(tasks[task_id], table, row, metric)


def _history(task: Task, table: Table, row: int, metric: str) -> TaskHistory:
    return TaskHistory(task, table.configurations, table.scores[metric][row], table.durations_s[row])
