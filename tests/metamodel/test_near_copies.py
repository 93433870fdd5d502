"""What is left out with a task."""

import numpy as np

from metamodel.embedding.near_copies import groups_of_copies, near_copies
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


def test_copies_of_copies_are_one_group_and_few_numbers_are_no_evidence() -> None:
    rng = np.random.default_rng(1)
    base = dict(zip("abcdefgh", rng.normal(size=8), strict=True))
    rows = {f"t{n}": dict(zip("abcdefgh", rng.normal(size=8), strict=True)) for n in range(20)}
    rows |= {"a": base, "b": {k: v + 0.04 for k, v in base.items()}, "c": {k: v + 0.08 for k, v in base.items()}}
    rows |= {"bare 1": {"a": 0.0, "b": 0.0}, "bare 2": {"a": 0.0, "b": 0.0}}
    tasks = [Task(name, name, TaskKind.BINARY, MetaFeatures(values)) for name, values in rows.items()]
    assert groups_of_copies(tasks) == {"a": "a", "b": "a", "c": "a"}
    assert groups_of_copies(tasks, of={"b"}) == {"a": "a", "b": "a", "c": "a"}
    assert groups_of_copies(tasks, of={"t3"}) == {}
