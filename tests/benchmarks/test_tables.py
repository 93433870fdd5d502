"""Tables of the shipped knowledge base, as benchmarks see them."""

import numpy as np
import pytest

from benchmarks.tables import MIN_WIDE_TASKS, load_table
from warmtune.vocabulary.space import SearchSpace


@pytest.mark.parametrize("name", ["wide-classification", "wide-regression"])
def test_the_wide_tables_keep_many_tasks_whatever_small_tables_the_base_has(name: str) -> None:
    table = load_table(name)
    assert len(table.tasks) >= MIN_WIDE_TASKS
    assert table.scores.shape == (len(table.tasks), len(table.configurations))
    assert np.isfinite(table.scores).any(axis=1).all()
    space: SearchSpace = table.space
    assert {c["algorithm"] for c in table.configurations} == set(space.parameters["algorithm"].choices)  # type: ignore[attr-defined]
