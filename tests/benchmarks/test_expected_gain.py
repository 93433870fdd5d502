"""What suggestions promised against what trials added."""

import pytest

from benchmarks.expected_gain import Promise, grouped, promises_on
from benchmarks.transfer_table import load_material


def test_promises_are_grouped_by_the_number_of_the_trial() -> None:
    found = [
        Promise(2, 0.5, 0.1, 0.2),
        Promise(5, 0.3, 0.3, 0.0),
        Promise(6, 0.1, 0.02, 0.0),
        Promise(31, 1.0, 1.0, 1.0),
    ]
    early, later = grouped(found)
    assert (early["from"], early["to"], early["n"]) == (2, 5, 2)
    assert early["said"] == pytest.approx(0.4) and early["happened"] == 0.5
    assert early["gain_said"] == pytest.approx(0.2) and early["gain"] == pytest.approx(0.1)
    assert (later["from"], later["to"], later["n"], later["happened"]) == (6, 10, 1, 0.0)


def test_every_suggestion_of_a_played_task_is_kept_with_what_it_added() -> None:
    found = promises_on(load_material("linear-regression"), "confirming", max_tasks=2, n_known=6, n_trials=6)
    assert [promise.number for promise in found] == [2, 3, 4, 5, 6] * 2
    assert all(0.0 <= promise.probability <= 1.0 and 0.0 <= promise.gain <= 1.0 for promise in found)
