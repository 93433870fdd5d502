"""Judging and fine-tuning surrogates ends in the middle, where nobody wants it any more."""

import numpy as np
import pytest
import torch

from maml.algorithms.descent import descend, descend_guarded
from maml.surrogates.choice import backtest_kinds
from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate
from maml.surrogates.tuning_tasks import Points, TuningTask
from maml.training.job import TrainingSettings
from tests.countdown import Countdown
from warmtune.vocabulary.errors import WarmtuneError
from warmtune.vocabulary.surrogate_kind import SurrogateKind
from warmtune.vocabulary.work import work_checked_by


class UnwantedError(WarmtuneError):
    """Nobody waits any more."""


UNWANTED = UnwantedError("nobody waits")


def tasks(n: int = 8) -> list[TuningTask]:
    rng = np.random.default_rng(0)
    return [
        TuningTask(Points(cube := rng.random((14, 2)), np.ones((14, 2), dtype=bool)), cube.sum(1) + t, np.zeros(0))
        for t in range(n)
    ]


SETTINGS = SurrogateSettings(
    kind=SurrogateKind.DEEP_KERNEL, training=TrainingSettings(n_steps=2, check_every=2, patience=1)
)


def test_each_prediction_and_each_step_looks_whether_it_is_wanted() -> None:
    surrogate = fit_surrogate(tasks(), SETTINGS)
    points = tasks()[0].points
    scores = tasks()[0].scores
    with work_checked_by(Countdown(0, UNWANTED)), pytest.raises(UnwantedError):
        surrogate.predict(points, scores, points)
    start = {"x": torch.ones(())}
    for descent in (descend, descend_guarded):
        check = Countdown(3, UNWANTED)
        with work_checked_by(check), pytest.raises(UnwantedError):
            descent(lambda params: params["x"] ** 2, start, 0.1, steps=100)
        assert check.n_looks == 4


def test_a_backtest_of_kinds_looks_at_every_left_out_task() -> None:
    check = Countdown(np.inf, UNWANTED)
    trained: list[int] = []
    with work_checked_by(check):
        backtest_kinds(tasks(), [SETTINGS.kind], SETTINGS, on_check=lambda _: trained.append(check.n_looks))
    after_last = check.n_looks - trained[-1]
    assert len(trained) == 3
    assert after_last >= 2 * len(tasks()) // 3  # several predictions for each task of the last fold
