"""Folds of an interrupted backtest are taken up again, and only for the same question."""

from dataclasses import replace

import numpy as np
import pytest

from metamodel.backtest.leave_one_out import BacktestOptions, backtest
from metamodel.backtest.records import RecordedTask, RecordedTasks
from tests.metamodel.synthetic import SPACE, make_histories
from warmtune.vocabulary.metrics import Direction

OPTIONS = BacktestOptions(n_trials=4, n_folds=3)


class Memory:
    """Keeps folds in memory, and counts those it was asked for and had."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.n_found = 0

    def find(self, name: str) -> bytes | None:
        """See `StoredFolds`."""
        self.n_found += name in self.kept
        return self.kept.get(name)

    def keep(self, name: str, content: bytes) -> None:
        """See `StoredFolds`."""
        self.kept[name] = content


@pytest.fixture
def recording() -> RecordedTasks:
    tasks = tuple(RecordedTask(history) for history in make_histories(6)[0])
    return RecordedTasks(SPACE, "accuracy", Direction.MAXIMIZE, tasks)


class _KilledError(Exception):
    """The process ended here."""


@pytest.mark.slow
def test_an_interrupted_backtest_goes_on_to_the_same_figures(recording: RecordedTasks) -> None:
    def killed_after_two(done: int, _n_folds: int) -> None:
        if done == 2:
            raise _KilledError

    memory = Memory()
    with pytest.raises(_KilledError):
        backtest(recording, OPTIONS, on_fold=killed_after_two, kept=memory)
    assert len(memory.kept) == 2
    resumed = backtest(recording, OPTIONS, kept=memory)
    assert (memory.n_found, len(memory.kept)) == (2, 3)
    whole = backtest(recording, OPTIONS)
    assert resumed.task_ids == whole.task_ids
    assert {m: curves.tobytes() for m, curves in resumed.regret.items()} == {
        m: curves.tobytes() for m, curves in whole.regret.items()
    }


@pytest.mark.slow
def test_another_question_takes_nothing_from_there(recording: RecordedTasks) -> None:
    memory = Memory()
    backtest(recording, OPTIONS, kept=memory)
    first, *others = recording.tasks
    scores = first.truth.scores.copy()
    scores[0] = np.nextafter(scores[0], 1.0)
    changed = RecordedTask(replace(first.truth, scores=scores))
    slower = RecordedTask(first.truth, known=replace(first.truth, durations_s=first.truth.durations_s + 1.0))
    asked = [
        (replace(recording, tasks=(changed, *others)), OPTIONS),
        (replace(recording, tasks=(slower, *others)), OPTIONS),
        (replace(recording, metric="balanced_accuracy"), OPTIONS),
        (recording, replace(OPTIONS, seed=1)),
        (recording, replace(OPTIONS, n_trials=3)),
    ]
    for other, options in asked:
        backtest(other, options, kept=memory)
    assert memory.n_found == 0
    assert len(memory.kept) == 3 * (1 + len(asked))
