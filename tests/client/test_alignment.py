"""Features and target whose indexes disagree: a warning, and nothing is sorted."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from warmtune.tables.description import describe_task, pack_table

N = 40
X = pd.DataFrame({"a": np.arange(float(N)), "b": np.arange(N) % 7.0})
Y = pd.Series(np.arange(N) % 2, name="t")
WAYS: list[Callable[..., object]] = [describe_task, pack_table]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("y", [Y.sample(frac=1.0, random_state=0), Y.iloc[::-1].to_frame()], ids=["series", "frame"])
def test_the_same_labels_in_another_order_are_reported(way: Callable[..., object], y: object) -> None:
    with pytest.warns(UserWarning, match="another order") as caught:
        way(X, y)
    assert caught[0].filename == __file__


ALIKE = {
    "the same index": Y,
    "an array": Y.to_numpy()[::-1],
    "a column's name": "a",
    "other labels": Y.set_axis(range(N, 2 * N)),
    "labels that repeat": Y.set_axis([0] * N),
    "labels that can't be looked up": Y.set_axis(pd.Index([[i] for i in range(N)], dtype=object)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("y", ALIKE.values(), ids=ALIKE)
def test_what_has_no_other_order_is_taken_silently(way: Callable[..., object], y: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        way(X, y)


def test_rows_are_paired_by_their_places() -> None:
    shuffled = Y.sample(frac=1.0, random_state=0)
    with pytest.warns(UserWarning, match="another order"):
        described = describe_task(X, shuffled)
    assert described.meta_features == describe_task(X, shuffled.to_numpy()).meta_features
