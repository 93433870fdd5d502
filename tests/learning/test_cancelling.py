"""Learning that nobody wants any more ends in the middle of a group of tasks, not after it."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from learning.engine_surrogates import EngineSurrogateFit
from learning.job_context import JobCancelledError
from learning.limits import RefitLimits
from learning.material import Material
from learning.refit.replay import EVERYTHING, ReplayInputs
from learning.refit.surrogate_backtest import CHECK_EVERY, settings_of
from metamodel.backtest.records import RecordedTask, RecordedTasks, TargetTable
from metamodel.backtest.replay import replay_adaptive
from metamodel.backtest.tpe import cold_tpe
from metamodel.maps.surrogates import SurrogateRole
from store.model_keys import KindGroup, ModelKey
from store.model_snapshots import StudySet
from tests.countdown import Countdown
from tests.metamodel.synthetic import SPACE, make_histories
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.surrogate_kind import SurrogateKind
from warmtune.vocabulary.trial import Trial
from warmtune.vocabulary.work import work_checked_by

KEY = ModelKey(SPACE.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
LIMITS = RefitLimits(backtest_targets=6, backtest_folds=2, backtest_trials=8, margin=0.01, surrogate_steps=60)


CANCELLED = JobCancelledError("the job was cancelled")


def n_checks(work: Callable[[], object]) -> int:
    """How often work that nobody cancels looks whether it is wanted."""
    check = Countdown(np.inf, CANCELLED)
    with work_checked_by(check):
        work()
    return check.n_looks


def cancelled(work: Callable[[], object], *, after: int) -> None:
    with work_checked_by(Countdown(after, CANCELLED)), pytest.raises(JobCancelledError):
        work()


def test_a_group_of_left_out_tasks_is_left_anywhere() -> None:
    own = tuple(make_histories(8)[0])
    material = Material(SPACE, own, (), {}, considered=None, studies=StudySet(0, {}), grounds="")
    groups: list[int] = []

    def replay() -> None:
        ReplayInputs(KEY, material, LIMITS).run(material, EVERYTHING, on_fold=lambda done, _: groups.append(done))

    n_whole = n_checks(replay)
    assert groups == [1, 2]
    groups.clear()
    for after in (0, n_whole // 8, n_whole // 4):
        cancelled(replay, after=after)
    assert groups == []


def test_a_replayed_search_is_left_after_any_trial() -> None:
    truth = tuple(make_histories(3)[0])
    recorded = RecordedTasks(SPACE, "accuracy", Direction.MAXIMIZE, tuple(RecordedTask(h, h) for h in truth))
    table = TargetTable.of(recorded, recorded.tasks[0])

    class FirstRow:
        def recommend(self, n: int) -> Sequence[Configuration]:
            return [truth[0].configurations[0]][:n]

        def suggest(self, trials: Sequence[Trial]) -> Configuration:
            return truth[0].configurations[len(trials)]

    def by_tpe() -> None:
        cold_tpe(table, direction=Direction.MAXIMIZE, n_trials=5, seed=0)

    def adaptively() -> None:
        replay_adaptive(table, FirstRow(), n_trials=5)

    for search in (by_tpe, adaptively):
        assert n_checks(search) >= 5
        cancelled(search, after=3)


def test_meta_training_is_left_between_two_looks_at_the_held_out_tasks() -> None:
    looks: list[None] = []
    settings = settings_of(SurrogateKind.MAML, n_steps=60)
    fit = EngineSurrogateFit(SPACE, Direction.MAXIMIZE, settings, SurrogateRole.MAPS, lambda: looks.append(None))
    cancelled(lambda: fit(make_histories(8)[0]), after=CHECK_EVERY // 2)
    assert looks == []
