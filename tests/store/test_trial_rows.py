"""Trials as the rows that imports insert."""

import pytest

from store.trial_rows import trial_of_row, trial_row, violation_of
from warmtune.vocabulary.trial import Trial, TrialState

TRIALS = (
    Trial(0, {"x": 0.5}, value=0.25, duration_s=2.0),
    Trial(1, {"x": 0.5, "kind": "a"}, value=0.25, intermediate_values={1: 0.5, 10: 0.25}),
    Trial(2, {"x": 0.5}, value=0.25, constraints=(0.5, -1.0, 0.25), values=(0.25, 3.0)),
    Trial(3, {}, state=TrialState.FAIL),
)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: str(trial.number))
def test_a_row_holds_the_whole_trial(trial: Trial) -> None:
    assert trial_of_row(trial_row(trial)) == trial


def test_a_violation_is_the_sum_of_the_violated_constraints() -> None:
    assert [violation_of(trial_row(trial)) for trial in TRIALS] == [None, None, 0.75, None]
    assert violation_of(trial_row(Trial(4, {}, value=1.0, constraints=(-1.0, 0.0)))) == 0.0
