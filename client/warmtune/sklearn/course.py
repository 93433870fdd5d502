"""The course of a search: trial after trial until a limit is reached, and what each of them gave."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import optuna
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial

from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.suggest import suggest
from warmtune.sklearn.candidates import NOTHING, Candidates
from warmtune.sklearn.early_stop import expected_gain, n_since_best
from warmtune.sklearn.evaluation import CandidateState, Evaluation, Evaluator
from warmtune.sklearn.results import Candidate, Origin
from warmtune.sklearn.scorers import Scoring
from warmtune.vocabulary.distributions import ParameterValue

ORIGIN_KEY = "warmtune:origin"
SLOW_KEY = "warmtune:slow"
"""Why a trial was stopped, where its time was the reason."""

Callback = Callable[[Study, FrozenTrial], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a search ends; None stands for no limit.

    Attributes:
        n_trials: Configurations, the default among them.
        timeout_s: Seconds after which no further fold is begun.
        min_gain: The least expected gain of a further trial that is worth its time, in units of the score.
        patience: Trials in a row that are no better than the best before.
    """

    n_trials: int | None
    timeout_s: float | None
    min_gain: float | None
    patience: int | None


class Deadline:
    """A moment on the clock, or never."""

    def __init__(self, timeout_s: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = None if timeout_s is None else clock() + timeout_s

    @property
    def left_s(self) -> float | None:
        """Seconds until then, negative afterwards; None for never."""
        return None if self._at is None else self._at - self._clock()

    def is_over(self) -> bool:
        """Whether it has passed."""
        return self._at is not None and self._clock() >= self._at


class Course:
    """Runs a search and keeps its candidates.

    Attributes:
        candidates: In the order in which they were tried.
        stopped_by: ``n_trials``, ``timeout``, ``min_gain``, ``patience`` or ``callback``.
        study: Optuna's.
    """

    def __init__(self, searched: Candidates, scoring: Scoring, sampler: BaseSampler, limits: Limits) -> None:
        self.candidates: list[Candidate] = []
        self.stopped_by: str | None = None
        self.study = optuna.create_study(
            study_name=_study_name(searched), direction=scoring.direction.value, sampler=sampler
        )
        self._searched = searched
        self._scoring = scoring
        self._limits = limits
        self._known: dict[frozenset[tuple[str, ParameterValue]], Evaluation] = {}

    def run(
        self, evaluator: Evaluator, deadline: Deadline, *, callbacks: Sequence[Callback], show_progress: bool
    ) -> None:
        """Try the default, then what the sampler proposes, until a limit is reached."""
        default, n_trials = self._searched.default, self._limits.n_trials
        if default:
            self.study.enqueue_trial(dict(default), user_attrs={ORIGIN_KEY: str(Origin.DEFAULT)})
        else:  # it has no place among the trials
            evaluation = evaluator.evaluate(lambda: self._searched.estimator(NOTHING), None)
            self.candidates.append(Candidate(NOTHING, Origin.DEFAULT, evaluation, None))
            n_trials = None if n_trials is None else n_trials - 1
            if n_trials == 0 or deadline.is_over():
                self.stopped_by = "n_trials" if n_trials == 0 else "timeout"
                return
        before, left_s = len(self.candidates), deadline.left_s
        self.study.optimize(
            lambda trial: self._value(trial, evaluator),
            n_trials=n_trials,
            callbacks=[*callbacks, lambda study, _: self._stop_early(study, deadline)],
            # the bar needs an end, and the first trial always begins
            timeout=max(left_s, 1.0) if n_trials is None and left_s is not None else None,
            show_progress_bar=show_progress and (n_trials is not None or left_s is not None),
        )
        if self.stopped_by is None:
            is_complete = n_trials is not None and len(self.candidates) - before >= n_trials
            self.stopped_by = "n_trials" if is_complete else "timeout" if deadline.is_over() else "callback"

    @property
    def scores(self) -> list[float]:
        """The mean score of each candidate, of pruned ones as expected from their folds; NaN for failed ones."""
        return [
            float("nan") if c.evaluation.state is CandidateState.FAILED else c.evaluation.mean for c in self.candidates
        ]

    def best(self) -> Evaluation | None:
        """The best of the complete candidates, the first of equal ones; None before there is one."""
        complete = [c.evaluation for c in self.candidates if c.evaluation.state is CandidateState.COMPLETE]
        return max(complete, key=lambda evaluation: evaluation.mean) if complete else None

    def _value(self, trial: Trial, evaluator: Evaluator) -> float:
        configuration = suggest(trial, self._searched.space)
        origin = self._origin(trial)
        trial.set_user_attr(ORIGIN_KEY, str(origin))
        key = frozenset(configuration.items())
        evaluation = self._known.get(key)
        if evaluation is None:
            evaluation = evaluator.evaluate(lambda: self._searched.estimator(configuration), self.best())
            self._known[key] = evaluation
        self.candidates.append(Candidate(configuration, origin, evaluation, trial.number))
        for step, mean in enumerate(evaluation.means):
            if np.isfinite(mean):
                trial.report(self._scoring.value(mean), step)
        if evaluation.slow is not None:
            trial.set_user_attr(SLOW_KEY, evaluation.slow)
        if evaluation.state is CandidateState.PRUNED:
            raise optuna.TrialPruned
        return self._scoring.value(evaluation.mean)

    def _origin(self, trial: Trial) -> Origin:
        given = trial.user_attrs.get(ORIGIN_KEY)
        if given is not None:
            return Origin(given)
        sampler = self.study.sampler
        if not isinstance(sampler, WarmtuneSampler):
            return Origin.SAMPLED
        is_recommended = sampler.is_recommended(self.study, trial)
        if is_recommended is None:
            return Origin.SAMPLED
        return Origin.RECOMMENDED if is_recommended else Origin.SUGGESTED

    def _stop_early(self, study: Study, deadline: Deadline) -> None:
        limits, scores = self._limits, self._with_pruned_below()
        has_score = bool(np.isfinite(scores).any())
        if deadline.is_over():
            self.stopped_by = "timeout"
        elif not has_score:
            return
        elif limits.patience is not None and n_since_best(scores) >= limits.patience:
            self.stopped_by = "patience"
        elif limits.min_gain is not None and self._expected_gain(scores) < limits.min_gain:
            self.stopped_by = "min_gain"
        if self.stopped_by is not None:
            study.stop()

    def _expected_gain(self, scores: Sequence[float]) -> float:
        """What the service expects of its next suggestion; where nobody is asked, what the scores suggest."""
        sampler = self.study.sampler
        if not isinstance(sampler, WarmtuneSampler):
            return expected_gain(scores)
        gain = sampler.expected_gain(self.study)
        if gain is not None:
            return gain.mean
        # recommended configurations are still to come, or the service is away: then TPE has taken over
        return expected_gain(scores) if self.candidates[-1].origin is Origin.SAMPLED else math.inf

    def _with_pruned_below(self) -> list[float]:
        """All scores; a pruned candidate's first folds may be easy ones, but it isn't the best."""
        best = self.best()
        ceiling = float("inf") if best is None else best.mean
        return [min(score, ceiling) if np.isfinite(score) else score for score in self.scores]


def _study_name(searched: Candidates) -> str:
    """What a list of studies shows: what was searched, and when it began."""
    return f"WarmSearchCV {searched.name} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"


@contextmanager
def quiet_optuna(verbose: int) -> Iterator[None]:
    """Optuna's own line for each trial, for those who ask for it only.

    Its loggers leave out what this thread says: the level is the whole process's, and other threads may search too.
    """
    thread = threading.get_ident()

    def is_others(record: logging.LogRecord) -> bool:
        return record.thread != thread

    known = [] if verbose > 1 else [name for name in logging.root.manager.loggerDict if name.startswith("optuna.")]
    for name in known:
        logging.getLogger(name).addFilter(is_others)
    try:
        yield
    finally:
        for name in known:
            logging.getLogger(name).removeFilter(is_others)
