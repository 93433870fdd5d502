"""What was said against what happened."""

import numpy as np
import pytest

from benchmarks.calibration import N_BINS, Claims, Found, picture, summary


def test_a_tie_counts_half_and_a_win_whole() -> None:
    claims = Claims()
    for difference in (0.5, -0.5, 0.0005, -0.0005):
        claims.note(0.7, difference, tie=0.001)
    assert claims.happened == [1.0, 0.0, 0.5, 0.5]


def test_claims_that_come_true_as_often_as_said_have_no_error() -> None:
    rng = np.random.default_rng(0)
    honest, boastful = Claims(), Claims()
    for said in rng.random(4_000):
        difference = 1.0 if rng.random() < said else -1.0
        honest.note(float(said), difference, tie=0.0)
        boastful.note(float(np.sqrt(said)), difference, tie=0.0)
    error, boast = summary(honest)["expected_calibration_error"], summary(boastful)["expected_calibration_error"]
    assert error == pytest.approx(0.0, abs=0.03)
    assert boast == pytest.approx(2 / 3 - 1 / 2, abs=0.03)  # the means of a square root and of the number itself
    assert len(summary(honest)["bins"]) == N_BINS
    assert picture(Found(first=honest), title="honest").startswith(b"\x89PNG")
