"""One configuration on all folds, or on as many as it takes to see that it can't win."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import TracebackType

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from warmtune.sklearn.fold_bound import FoldBound
from warmtune.sklearn.folds import Data, Estimator, Fold, FoldOutcome, FoldScoring, evaluate_fold
from warmtune.sklearn.slow_bound import SlowBound


class CandidateState(StrEnum):
    """How a configuration ended."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the folds of one configuration gave.

    Attributes:
        folds: All of them where it is complete, else the first ones.
        state: How it ended.
        rival: Scores of all folds of the best complete configuration before; empty for the first.
        slow: Why it was stopped, where its time was the reason.
    """

    folds: tuple[FoldOutcome, ...]
    state: CandidateState
    rival: tuple[float, ...] = ()
    slow: str | None = None

    @property
    def scores(self) -> list[float]:
        """The folds' scores, in order."""
        return [fold.score for fold in self.folds]

    @property
    def seconds(self) -> float:
        """What the folds took, fits and scores."""
        return sum(fold.fit_s + fold.score_s for fold in self.folds)

    @property
    def means(self) -> list[float]:
        """The mean score of all folds, as expected after each of those that there are.

        Folds differ more than configurations do. So the mean of the first ones is corrected by how much easier or
        harder they were for the rival than all of its folds: else a configuration that was stopped after an easy fold
        would look better than the best.
        """
        own = np.cumsum(self.scores) / np.arange(1, len(self.folds) + 1)
        if self.rival:
            n_open = min(len(own), len(self.rival) - 1)  # after the last fold nothing is to be corrected
            theirs = np.cumsum(self.rival[:n_open]) / np.arange(1, n_open + 1)
            own[:n_open] += np.mean(self.rival) - theirs
        return [float(mean) for mean in own]

    @property
    def mean(self) -> float:
        """Mean score of all folds, where some are missing as expected from those that there are."""
        return float(np.mean(self.scores)) if self.state is CandidateState.COMPLETE else self.means[-1]


class Evaluator:
    """Evaluates configurations on the same folds; a context, since several processes may work on it.

    Args:
        data: The table.
        folds: Row numbers.
        judging: How a fold is judged.
        n_jobs: Folds at a time, as joblib has it. The answer doesn't depend on it.
        prunes: Whether configurations that can't win are stopped.
        is_over: Says whether no further fold should be begun.
        slow: Which configurations are too slow.
    """

    def __init__(
        self,
        data: Data,
        folds: Sequence[Fold],
        judging: FoldScoring,
        *,
        n_jobs: int | None,
        prunes: bool,
        is_over: Callable[[], bool],
        slow: SlowBound,
    ) -> None:
        self._data = data
        self._folds = folds
        self._judging = judging
        self._n_jobs = n_jobs
        self._parallel = Parallel(n_jobs=n_jobs)
        self._bound = FoldBound()
        self._prunes = prunes
        self._is_over = is_over
        self._slow = slow

    def __enter__(self) -> "Evaluator":
        self._parallel.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parallel.__exit__(kind, error, trace)

    def evaluate(self, make: Callable[[], Estimator], rival: Evaluation | None) -> Evaluation:
        """Evaluate estimators of one configuration.

        Args:
            make: A new estimator a call.
            rival: The best complete evaluation before, or None: then no fold is left out.
        """
        outcomes: list[FoldOutcome] = []
        beside = () if rival is None else tuple(rival.scores)
        width = max(1, effective_n_jobs(self._n_jobs))
        for start in range(0, len(self._folds), width):
            if outcomes and rival is not None and self._is_over():
                return Evaluation(tuple(outcomes), CandidateState.PRUNED, beside)
            for outcome in self._wave(make, self._folds[start : start + width]):
                outcomes.append(outcome)  # one after another, so that several at a time change nothing
                ended = self._ended(Evaluation(tuple(outcomes), CandidateState.PRUNED, beside), rival)
                if ended is not None:
                    return ended
        found = Evaluation(tuple(outcomes), CandidateState.COMPLETE, beside)
        self._bound.learn(found.scores, None if rival is None else rival.scores)
        self._slow.learn(found.seconds)
        return found

    def _wave(self, make: Callable[[], Estimator], folds: Sequence[Fold]) -> list[FoldOutcome]:
        if len(folds) == 1:
            return [evaluate_fold(make(), self._data, folds[0], self._judging)]
        found: list[FoldOutcome] = self._parallel(
            delayed(evaluate_fold)(make(), self._data, fold, self._judging) for fold in folds
        )
        return found

    def _ended(self, so_far: Evaluation, rival: Evaluation | None) -> Evaluation | None:
        """How it ended before its last fold, or None."""
        if not np.isfinite(so_far.scores[-1]):
            return replace(so_far, state=CandidateState.FAILED)
        if rival is None:
            return None
        if self._prunes and self._bound.cannot_win(so_far.scores, rival.scores):
            return so_far
        slow = self._slow.reason(so_far.scores, rival.scores, seconds=so_far.seconds)
        return None if slow is None else replace(so_far, slow=slow)
