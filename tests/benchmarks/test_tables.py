"""Tables of the shipped knowledge base, as benchmarks see them."""

import numpy as np
import pytest

from benchmarks.knowledge_tables import MIN_WIDE_TASKS, load_table
from metamodel.maps.anchors import configuration_key
from warmtune.catalogue.auto import as_whole_pipeline
from warmtune.vocabulary.space import SearchSpace


@pytest.mark.parametrize("name", ["wide-classification", "wide-regression"])
def test_the_wide_tables_keep_many_tasks_whatever_small_tables_the_base_has(name: str) -> None:
    table = load_table(name)
    assert len(table.tasks) >= MIN_WIDE_TASKS
    assert table.scores.shape == (len(table.tasks), len(table.configurations))
    assert np.isfinite(table.scores).any(axis=1).all()
    space: SearchSpace = table.space
    assert {c["algorithm"] for c in table.configurations} == set(space.parameters["algorithm"].choices)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["auto-classification", "auto-regression"])
def test_the_table_over_whole_pipelines_holds_each_algorithms_own_scores_where_they_were_tried(name: str) -> None:
    whole = load_table(name)
    single = load_table(name.replace("auto", "linear"))
    assert len({tuple(sorted(c.items(), key=str)) for c in whole.configurations}) == len(whole.configurations)
    columns = {str(configuration_key(c)): i for i, c in enumerate(whole.configurations)}
    at = [columns[str(configuration_key(as_whole_pipeline("linear", c)))] for c in single.configurations]
    rows = {task.task_id: row for row, task in enumerate(whole.tasks)}
    shared = [(i, rows[task.task_id]) for i, task in enumerate(single.tasks) if task.task_id in rows]
    assert len(shared) > 20
    for i, row in shared:
        assert whole.scores[row, at] == pytest.approx(single.scores[i], nan_ok=True)
    assert len({str(whole.configurations[i]["algorithm"]) for i in np.flatnonzero(np.isfinite(whole.scores[0]))}) >= 4
