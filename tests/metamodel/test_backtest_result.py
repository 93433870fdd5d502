import json

import numpy as np
import pytest

from metamodel.backtest.picture import backtest_picture
from metamodel.backtest.replay import Method
from metamodel.backtest.result import Backtest, estimate
from tests.metamodel.curves import RNG, falling, make_backtest
from warmtune.vocabulary.errors import InvalidInputError


def test_what_is_read_is_what_was_written() -> None:
    tpe = falling(6, 12)
    tpe[2] = np.nan
    before = make_backtest(adaptive=falling(6, 10), tpe=tpe)
    text = json.dumps(before.to_json(), allow_nan=False)
    after = Backtest.from_json(json.loads(text))
    assert after.task_ids == before.task_ids
    assert list(after.regret) == list(before.regret)
    for method in before.regret:
        np.testing.assert_array_equal(after.regret[method], before.regret[method])
    assert json.dumps(after.to_json()) == text


@pytest.mark.parametrize(
    "body", [{}, {"regret": {"nonsense": [[0.1]]}}, {"regret": {"random": [[2.0]]}}, {"regret": 3}]
)
def test_what_is_no_backtest_is_refused(body: dict[str, object]) -> None:
    whole = {"metric": "accuracy", "direction": "maximize", "task_ids": ["a"], **body}
    with pytest.raises(InvalidInputError):
        Backtest.from_json(whole)


def test_means_and_intervals_are_over_the_tasks_that_were_run() -> None:
    curves = falling(8, 5)
    curves[3] = np.nan
    found = make_backtest(tpe=curves)
    others = np.delete(curves, 3, axis=0)
    assert found.n_tasks(Method.TPE) == 7
    assert found.after(Method.TPE, 2).mean == pytest.approx(others[:, 1].mean(), abs=1e-6)
    mean, low, high = found.curve(Method.TPE)
    assert ((low <= mean) & (mean <= high)).all()
    assert (low < high).all()


def test_the_interval_has_the_width_of_the_standard_error() -> None:
    values = np.random.default_rng(1).normal(size=400)
    found = estimate(values)
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(400), rel=0.1)


def test_ranks_sum_to_what_ranks_sum_to() -> None:
    found = make_backtest(random=falling(9, 4), tpe=falling(9, 4), adaptive=falling(9, 4), recommended=falling(9, 4))
    for n in (1, 4):
        assert sum(found.mean_ranks(n).values()) == pytest.approx(4 * 5 / 2)


def test_equal_regrets_share_their_rank() -> None:
    same = falling(5, 3)
    found = make_backtest(random=np.minimum(same + 0.1, 1.0), tpe=same, adaptive=same)
    assert found.mean_ranks(2) == {Method.RANDOM: 3.0, Method.TPE: 1.5, Method.ADAPTIVE: 1.5}


def test_ranks_compare_methods_on_the_same_tasks() -> None:
    tpe = np.full((3, 1), np.nan)
    tpe[1] = 0.5
    found = make_backtest(tpe=tpe, adaptive=[[0.9], [0.1], [0.9]])
    assert found.mean_ranks(1) == {Method.TPE: 2.0, Method.ADAPTIVE: 1.0}


def test_trials_saved_count_from_the_first_trial_that_is_as_good() -> None:
    found = make_backtest(
        random=np.tile([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], (4, 1)), adaptive=np.tile([0.8, 0.5, 0.2, 0.1, 0.1, 0.0], (4, 1))
    )
    saved = found.trials_saved(Method.RANDOM, 5)
    assert (saved.needed, saved.low, saved.high, saved.saved) == (2, 2, 2, 3)
    assert saved.regret == pytest.approx(0.5)


def test_the_interval_of_trials_saved_is_wider_the_more_tasks_differ() -> None:
    falling_curve = np.linspace(0.9, 0.0, 19)
    rng = np.random.default_rng(3)
    for spread in (0.0, 0.2):
        own = np.clip(falling_curve + spread * rng.normal(size=(40, 1)), 0.0, 1.0)
        saved = make_backtest(random=np.full((40, 1), 0.45), adaptive=own).trials_saved(Method.RANDOM, 1)
        assert saved.low is not None and saved.needed is not None and saved.high is not None
        if spread:
            assert saved.low < saved.needed < saved.high
        else:
            assert saved.low == saved.needed == saved.high == 10


def test_what_is_never_reached_is_said_so() -> None:
    found = make_backtest(random=np.tile([0.2, 0.1], (4, 1)), adaptive=np.tile([0.9, 0.9], (4, 1)))
    saved = found.trials_saved(Method.RANDOM, 2)
    assert (saved.needed, saved.high, saved.saved) == (None, None, None)


def test_differences_are_paired() -> None:
    base = RNG.random((50, 1)) * 0.8
    found = make_backtest(random=base + 0.1, adaptive=base)
    difference = found.difference(Method.ADAPTIVE, Method.RANDOM, 1)
    assert (difference.mean, difference.low, difference.high) == pytest.approx((-0.1, -0.1, -0.1), abs=2e-6)


@pytest.mark.parametrize(("method", "n"), [(Method.TPE, 1), (Method.ADAPTIVE, 0), (Method.ADAPTIVE, 4)])
def test_asking_for_what_was_not_run_is_an_error(method: Method, n: int) -> None:
    with pytest.raises(InvalidInputError):
        make_backtest(adaptive=falling(4, 3)).after(method, n)


@pytest.mark.slow
def test_the_picture_is_a_picture_and_always_the_same() -> None:
    found = make_backtest(random=falling(6, 30), tpe=falling(6, 100), adaptive=np.zeros((6, 30)))
    png = backtest_picture(found, title="regret", dpi=60)
    assert png.startswith(b"\x89PNG") and len(png) > 5_000
    assert png == backtest_picture(found, title="regret", dpi=60)
    assert b"<svg" in backtest_picture(found, title="regret", picture_format="svg")


def test_the_band_of_a_curve_is_the_interval_of_each_mean() -> None:
    found = make_backtest(tpe=falling(9, 6))
    for n, (mean, low, high) in enumerate(found.curve(Method.TPE).T, start=1):
        at = found.after(Method.TPE, n)
        np.testing.assert_allclose((mean, low, high), (at.mean, at.low, at.high), rtol=1e-12)
