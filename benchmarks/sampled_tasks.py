"""Tasks as random rows of a folder's datasets describe them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from knowledge.backfill.datasets import read_datasets
from metafeatures.describe import describe
from metafeatures.reading import read_table
from warmtune.vocabulary.task import Task


class SampledTasks:
    """Descriptions of random rows of the datasets of a folder; each is computed once."""

    def __init__(self, folder: Path) -> None:
        """Read the manifest of a folder."""
        self._datasets = {dataset.name: dataset for dataset in read_datasets(folder)}
        self._known: dict[tuple[str, int], Task] = {}

    def n_rows(self, name: str) -> int:
        """Of a dataset."""
        return self._datasets[name].n_rows

    def task(self, task: Task, n_rows: int) -> Task:
        """The task that a random sample of `n_rows` rows describes."""
        key = (task.name, n_rows)
        if key not in self._known:
            dataset = self._datasets[task.name]
            table = read_table(dataset.path)
            chosen = np.random.default_rng(0).permutation(table.num_rows)[:n_rows]
            described = describe(table.take(np.sort(chosen)), dataset.target, kind=dataset.kind)
            self._known[key] = replace(task, task_id=f"{task.task_id}-{n_rows}", meta_features=described.meta_features)
        return self._known[key]
