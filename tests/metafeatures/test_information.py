import math

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
from sklearn.metrics import mutual_info_score

from metafeatures.groups.information import MAX_SYMBOLS, equal_frequency_bins, lump, mutual_information
from metafeatures.groups.target import class_distribution, entropy_bits
from metafeatures.kernels.information import cross_counts
from tests.metafeatures.tables import values_of


def test_entropy_agrees_with_scipy() -> None:
    counts = np.random.default_rng(0).integers(0, 50, 40).astype(np.float64)
    assert entropy_bits(counts) == pytest.approx(scipy.stats.entropy(counts, base=2), rel=1e-9)
    assert entropy_bits(np.array([7.0, 0.0])) == 0.0


@pytest.mark.slow
def test_mutual_information_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    a = rng.integers(0, 5, 400).astype(np.int32)
    b = ((a + rng.integers(0, 2, 400)) % 4).astype(np.int32)
    table = cross_counts(a, b, 5, 4).astype(np.float64)
    h_a, h_b = entropy_bits(table.sum(axis=1)), entropy_bits(table.sum(axis=0))
    assert mutual_information(table, h_a, h_b) == pytest.approx(mutual_info_score(a, b) / math.log(2), rel=1e-9)


def test_class_distribution_in_closed_form() -> None:
    values = class_distribution(np.array([30.0, 10.0]))
    assert values["class_entropy"] == pytest.approx(2 - 0.75 * math.log2(3), rel=1e-12)
    assert values["class_gini"] == pytest.approx(0.375)
    assert values["log_imbalance"] == pytest.approx(math.log(3))
    assert values["minority_share"] == 0.25


def test_bins_have_equal_frequency_and_ties_never_part() -> None:
    values = np.random.default_rng(2).normal(size=1000)
    smooth = equal_frequency_bins(values, np.sort(values))
    assert np.bincount(smooth).tolist() == [100] * 10
    tied = np.array([0.0] * 70 + [1.0] * 30 + [np.nan])
    bins = equal_frequency_bins(tied, np.sort(tied))
    assert len(set(bins[:70])) == 1
    assert len(set(bins[:100])) == 2
    assert bins[100] == -1


def test_rare_symbols_are_lumped_and_missing_stays() -> None:
    codes = np.array([0, MAX_SYMBOLS, MAX_SYMBOLS + 7, -1], dtype=np.int32)
    assert lump(codes).tolist() == [0, MAX_SYMBOLS, MAX_SYMBOLS, -1]


def test_a_column_that_is_the_target_carries_all_its_information_and_a_constant_partner_none() -> None:
    y = ["a", "b", "c", "d"] * 50
    values = values_of(pa.table({"copy": y, "noise": ["u", "v"] * 100, "y": y}))
    assert values["mutual_information_max"] == pytest.approx(1.0)
    independent = values_of(pa.table({"x": ["u"] * 100 + ["v"] * 100, "y": y}))
    assert independent["mutual_information_max"] == pytest.approx(0.0, abs=1e-12)


def test_whether_a_value_is_missing_counts_as_information() -> None:
    y = ["a", "b"] * 40
    table = pa.table({"x": pa.array([1.0 if label == "a" else None for label in y]), "z": range(80), "y": y})
    assert values_of(table)["mutual_information_max"] == pytest.approx(1.0)
