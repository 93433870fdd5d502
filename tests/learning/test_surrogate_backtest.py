"""With how many past tasks a refit tries surrogates: no fewer, and as soon as there are as many."""

import numpy as np
import pytest

from learning.job_requests import SURROGATE_AUTO, SURROGATE_NONE
from learning.limits import RefitLimits
from learning.material import Material
from learning.refit.replay import ReplayInputs
from learning.refit.surrogate_backtest import MIN_TASKS, MIN_TASKS_FOR_AUTO, SurrogateBacktest
from store.model_keys import KindGroup, ModelKey
from store.model_snapshots import StudySet
from tests.metamodel.curves import make_backtest
from tests.metamodel.synthetic import SPACE, make_histories
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction

KEY = ModelKey(SPACE.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
LIMITS = RefitLimits(backtest_targets=6, backtest_folds=2, backtest_trials=3, margin=0.01, surrogate_steps=60)


class _BegunError(Exception):
    """The first surrogate is about to be measured."""


def _begin(_share: float, _message: str) -> None:
    raise _BegunError


def surrogate_backtest(n_tasks: int) -> SurrogateBacktest:
    """One over tasks that can all be left out; it stops where measuring begins."""
    own = tuple(make_histories(n_tasks)[0])
    material = Material(SPACE, own, (), {}, considered=None, studies=StudySet(0, {}), grounds="")
    return SurrogateBacktest(material, ReplayInputs(KEY, material, LIMITS), report=_begin, check_wanted=lambda: None)


def test_an_algorithm_that_is_asked_for_needs_as_many_tasks() -> None:
    with pytest.raises(InvalidInputError, match=f"{MIN_TASKS - 1} past tasks") as refused:
        surrogate_backtest(MIN_TASKS - 1).check("maml")
    assert (refused.value.field, refused.value.limit) == ("surrogate", f"at least {MIN_TASKS} tasks")
    surrogate_backtest(MIN_TASKS).check("maml")


@pytest.mark.parametrize("asked", [SURROGATE_AUTO, SURROGATE_NONE])
def test_without_such_a_request_too_few_tasks_are_no_error(asked: str) -> None:
    surrogate_backtest(2).check(asked)


def test_a_choice_is_made_from_as_many_tasks_on_and_not_before() -> None:
    by_prior = make_backtest(adaptive=np.full((6, 3), 0.2))
    outcome = surrogate_backtest(MIN_TASKS_FOR_AUTO - 1).run(SURROGATE_AUTO, by_prior)
    assert (outcome.found, outcome.use, outcome.backtest) == ((), None, by_prior)
    with pytest.raises(_BegunError):
        surrogate_backtest(MIN_TASKS_FOR_AUTO).run(SURROGATE_AUTO, by_prior)


@pytest.mark.parametrize(("asked", "n_tasks"), [(SURROGATE_NONE, MIN_TASKS_FOR_AUTO), ("maml", MIN_TASKS - 1)])
def test_nothing_is_measured_without_need(asked: str, n_tasks: int) -> None:
    outcome = surrogate_backtest(n_tasks).run(asked, make_backtest(adaptive=np.full((6, 3), 0.2)))
    assert (outcome.found, outcome.use) == ((), None)
