"""From a dataset of a folder to the task that a knowledge base holds."""

from knowledge.backfill.datasets import Dataset
from metafeatures.describe import describe
from metafeatures.reading import read_table
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.task import Task


def describe_dataset(dataset: Dataset) -> Task:
    """The task of one dataset, described from all its rows."""
    description = describe(read_table(dataset.path), dataset.target, kind=dataset.kind)
    features = description.meta_features
    return Task(
        task_id_of(description.kind, features, content_hash=description.content_hash),
        dataset.name,
        description.kind,
        features,
    )
