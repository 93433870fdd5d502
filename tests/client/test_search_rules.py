"""The two rules by which a search saves time, against simulation and closed forms."""

import math

import numpy as np
import pytest

from warmtune.sklearn.early_stop import MIN_CANDIDATES, expected_gain, n_since_best
from warmtune.sklearn.fold_bound import MIN_FOLDS, FoldBound, Z


def test_the_bound_is_what_it_says() -> None:
    bound = FoldBound()
    rival = [0.5, 0.7, 0.6, 0.8, 0.4]
    bound.learn(rival, None)
    spread = float(np.std(rival, ddof=1))
    allowed = Z * spread * math.sqrt(1 / 1 - 1 / 5)
    assert not bound.cannot_win([0.5 - allowed + 1e-9], rival)
    assert bound.cannot_win([0.5 - allowed - 1e-9], rival)


def test_differences_that_vary_between_folds_keep_a_configuration_alive() -> None:
    bound = FoldBound()
    rival = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    bound.learn([0.5, 0.51, 0.49, 0.5, 0.51, 0.49], rival)
    assert bound.cannot_win([0.4, 0.4], rival)
    assert not bound.cannot_win([0.3, 0.55], rival)


def test_too_few_folds_and_complete_ones_are_not_judged() -> None:
    bound = FoldBound()
    assert not bound.cannot_win([0.0], [0.9, 0.9, 0.9])  # nothing is known of the folds
    bound.learn([0.9, 0.8, 0.9], None)
    assert not bound.cannot_win([0.0, 0.0, 0.0], [0.9, 0.9, 0.9])
    assert not bound.cannot_win([], [0.9, 0.9, 0.9])
    assert MIN_FOLDS == 3
    assert not bound.cannot_win([0.0], [0.9, 0.9])


@pytest.mark.slow
def test_winners_are_rarely_stopped() -> None:
    """Normal folds, ten configurations each: of those that would have become the best, few in a hundred are stopped."""
    rng = np.random.default_rng(0)
    n_winners = n_stopped = n_folds_saved = n_all = 0
    for _ in range(400):
        difficulty = rng.normal(0, 0.05, size=5)
        bound, rival = FoldBound(), None
        for quality in rng.normal(0.8, 0.02, size=10):
            scores = quality + difficulty + rng.normal(0, 0.01, size=5)
            if rival is None:
                bound.learn(scores.tolist(), None)
                rival = scores
                continue
            stop = next((k for k in range(1, 5) if bound.cannot_win(scores[:k].tolist(), rival.tolist())), None)
            wins = scores.mean() > rival.mean()
            n_winners += wins
            n_stopped += wins and stop is not None
            n_folds_saved += 0 if stop is None else 5 - stop
            n_all += 5
            if stop is None:
                bound.learn(scores.tolist(), rival.tolist())
                rival = scores if wins else rival
    assert n_stopped / n_winners < 0.03
    assert n_folds_saved / n_all > 0.2


def test_the_expected_gain_is_that_of_exponential_scores() -> None:
    """Of n exponential draws the next one raises the maximum by 1 / (n + 1) in the mean, whatever n."""
    rng = np.random.default_rng(0)
    for n in (10, 30):
        draws = rng.exponential(size=(4_000, n + 1))
        expected = np.mean([expected_gain(row[:n].tolist()) for row in draws])
        true = np.mean(np.maximum(0.0, draws[:, n] - draws[:, :n].max(axis=1)))
        assert true == pytest.approx(1 / (n + 1), rel=0.15)
        assert expected == pytest.approx(1 / (n + 1), rel=0.05)


def test_gains_are_in_units_of_the_score_and_need_some_configurations() -> None:
    scores = [0.1, 0.5, 0.4, 0.3, 0.2]
    assert expected_gain([10 * s + 3 for s in scores]) == pytest.approx(10 * expected_gain(scores))
    assert expected_gain([0.5] * MIN_CANDIDATES) == 0.0
    assert expected_gain(scores[: MIN_CANDIDATES - 1]) == math.inf
    assert expected_gain([*scores, math.nan]) == expected_gain(scores)


def test_patience_counts_from_the_first_best() -> None:
    assert n_since_best([0.1, 0.5, 0.5, 0.2]) == 2
    assert n_since_best([0.1, math.nan, 0.5]) == 0
    assert n_since_best([]) == 0
