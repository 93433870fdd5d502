"""What a benchmark leaves out with a task."""

import numpy as np

from benchmarks.near_copies import near_copies
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind


def test_near_copies_have_nearly_the_same_meta_features_and_the_same_kind() -> None:
    rng = np.random.default_rng(0)
    values = {f"t{number}": dict(zip("abcdef", rng.normal(size=6), strict=True)) for number in range(30)}
    values["copy"] = {name: value + 0.01 for name, value in values["t3"].items()}
    values["other kind"] = dict(values["t3"])
    tasks = [
        Task(task_id, task_id, TaskKind.REGRESSION if task_id == "other kind" else TaskKind.BINARY, MetaFeatures(row))
        for task_id, row in values.items()
    ]
    copies = near_copies(tasks)
    assert copies["t3"] == {"copy"}
    assert copies["copy"] == {"t3"}
    assert not any(found for task_id, found in copies.items() if task_id not in {"t3", "copy"})
    assert not any(near_copies(tasks, threshold=1e-6).values())
