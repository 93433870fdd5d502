import math
from random import Random

import numpy as np
import pytest
import scipy.stats
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from metafeatures.arrow_arrays import read_only
from metafeatures.kernels.order import order_statistics, quantile_of_sorted, standardise_column
from metafeatures.kernels.sums import power_sums
from metafeatures.profile import NumericProfile, profile_numeric
from metafeatures.roles import Role
from metafeatures.row_hashes import RowHashes


def profiled(values: np.ndarray) -> NumericProfile:
    x = read_only(np.asarray(values, dtype=np.float64))
    profile = profile_numeric(x, "x", Role.NUMERIC, RowHashes.zeros(len(x)))
    assert isinstance(profile, NumericProfile)
    return profile


@pytest.mark.parametrize("shift", [0.0, 1e6, -1e9])
@pytest.mark.parametrize("draw", ["normal", "lognormal", "poisson", "standard_t"])
def test_moments_agree_with_scipy_even_far_from_zero(shift: float, draw: str) -> None:
    rng = np.random.default_rng(3)
    parameters = {"poisson": (3.0,), "standard_t": (5.0,)}.get(draw, ())
    x = getattr(rng, draw)(*parameters, size=5_000) + shift
    profile = profiled(x)
    exact = x - shift if shift else x  # scipy's own digits suffer from the shift; its shifted column is the oracle
    assert profile.mean == pytest.approx(x.mean(), rel=1e-12)
    assert profile.sd == pytest.approx(np.std(exact), rel=1e-9)
    assert profile.skewness == pytest.approx(scipy.stats.skew(exact), rel=1e-6 if shift == -1e9 else 1e-9, abs=1e-9)
    assert profile.kurtosis == pytest.approx(scipy.stats.kurtosis(exact, fisher=False), rel=1e-6 if shift else 1e-9)


def test_missing_values_are_left_out_and_counted() -> None:
    x = np.array([1.0, np.nan, 2.0, 4.0, np.nan, 8.0, 0.0])
    profile = profiled(x)
    kept = x[~np.isnan(x)]
    assert (profile.n, profile.n_missing, profile.n_zero) == (5, 2, 1)
    assert profile.skewness == pytest.approx(scipy.stats.skew(kept), rel=1e-12)


@pytest.mark.parametrize("factor", [1e308, 1e200, 1e-200, 5e-324])
def test_shape_survives_extreme_magnitudes(factor: float) -> None:
    x = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    plain, extreme = profiled(x), profiled(x * factor)
    assert extreme.skewness == pytest.approx(plain.skewness, rel=1e-12)
    assert extreme.kurtosis == pytest.approx(plain.kurtosis, rel=1e-12)
    assert extreme.mean / extreme.factor == pytest.approx(0.625 * factor, rel=1e-12, abs=5e-324)
    assert math.log10(extreme.sd) - math.log10(extreme.factor) == pytest.approx(
        math.log10(plain.sd) + math.log10(factor), rel=1e-12
    )


@given(st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=3_000), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_sums_of_powers_are_exact_to_the_last_digits_and_free_of_order(values: list[float], random: Random) -> None:
    shuffled = values.copy()
    random.shuffle(shuffled)
    found = power_sums(read_only(np.array(values)), 0.0, 1.0)
    assert found == power_sums(read_only(np.array(shuffled)), 0.0, 1.0)
    for power, total in enumerate(found, start=1):
        assert total == pytest.approx(math.fsum(v**power for v in values), rel=1e-12, abs=1e-12)


def test_moments_do_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(5)
    x = rng.lognormal(sigma=2.0, size=10_000)
    x[rng.random(10_000) < 0.1] = np.nan
    assert profiled(x) == profiled(rng.permutation(x))


def test_kurtosis_is_never_below_its_least_possible_value() -> None:
    x = 1e6 + np.tile([0.0, 1.0], 500)  # raw power sums answer -3 here
    assert profiled(x).kurtosis == pytest.approx(1.0, rel=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60).filter(lambda v: len(set(v)) > 1), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_quantiles_are_numpys(values: list[float], q: float) -> None:
    ordered = np.sort(np.array(values))
    assert_allclose(quantile_of_sorted(ordered, q), np.quantile(ordered, q), rtol=1e-12, atol=1e-9)


@given(st.lists(st.integers(-40, 40), min_size=2, max_size=80).filter(lambda v: len(set(v)) > 1))
@example([-6, -12, -16, -16, -40])
@settings(max_examples=80, deadline=None)
def test_order_statistics_agree_with_numpy_and_scipy(values: list[int]) -> None:
    x = np.sort(np.array(values, dtype=np.float64))
    centre, iqr, mad, outliers, distinct, mode = order_statistics(x)
    sd, (q25, median, q75) = x.std(), np.quantile(x, (0.25, 0.5, 0.75))
    fence = 1.5 * (q75 - q25)
    assert centre == pytest.approx((x.mean() - median) / sd, abs=1e-9)
    assert iqr == pytest.approx((q75 - q25) / sd, abs=1e-9)
    assert mad == pytest.approx(scipy.stats.median_abs_deviation(x) / sd, abs=1e-9)
    assert outliers == np.mean((x < q25 - fence - 1e-7) | (x > q75 + fence + 1e-7))  # on the fence is inside
    assert distinct == len(set(values)) / len(values)
    assert mode == np.unique(x, return_counts=True)[1].max() / len(values)


def test_standardised_columns_have_mean_0_and_sd_1_with_missing_at_the_mean() -> None:
    x = np.array([1e-190, 3e-190, np.nan, 9e-190])
    out = np.empty(4)
    standardise_column(x, out)
    assert out[2] == 0.0
    assert out.mean() == pytest.approx(0.0, abs=1e-15)
    assert out.std() == pytest.approx(1.0, rel=1e-12)
