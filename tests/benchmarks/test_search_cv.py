"""Searches on left-out datasets: what the service must not know, and configurations with values that don't count."""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.partial_service import write_partial
from benchmarks.search_cv import Configured
from knowledge.pack.base import KnowledgeBase
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from warmtune.catalogue import find_entry
from warmtune.vocabulary.task import TaskKind


def test_a_left_out_dataset_is_in_no_table_of_the_partial_knowledge_base(tmp_path: Path) -> None:
    whole = read_knowledge(SHIPPED)
    table = whole.tables[0].part(np.arange(4), np.arange(3))
    tasks = tuple(task for task in whole.tasks if task.task_id in table.task_ids)
    few = KnowledgeBase("", tasks, (table,), whole.facts)
    out = tasks[1]
    write_partial(few, frozenset({str(out.name)}), tmp_path / "part.zip")
    part = read_knowledge(tmp_path / "part.zip")
    assert out.task_id not in {task.task_id for task in part.tasks}
    assert out.task_id not in part.tables[0].task_ids
    assert set(part.tables[0].task_ids) == {task.task_id for task in part.tasks}
    kept = part.tables[0].task_ids[0]
    metric = next(iter(table.scores))
    np.testing.assert_array_equal(
        part.tables[0].scores[metric][0], table.scores[metric][table.task_ids.index(kept)].astype(np.float64)
    )


def test_values_whose_condition_does_not_hold_are_left_out_of_a_fit() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    y = np.where(X["a"] > 0, "yes", "no")
    own = Configured("lightgbm", "binary", **find_entry("lightgbm", TaskKind.BINARY).space.defaults)
    own.set_params(use_lambda_l1=False, lambda_l1=0.5, n_estimators=30, min_data_in_leaf=5)
    assert own.fit(X, y).score(X, y) > 0.9
