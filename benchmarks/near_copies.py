"""Near copies of tasks: a benchmark that leaves a task out leaves its near copies out with it."""

from collections.abc import Sequence

from metamodel.embedding.neighbours import MetaFeatureScaler, distances
from warmtune.vocabulary.task import Task


def near_copies(tasks: Sequence[Task], *, threshold: float = 0.05) -> dict[str, frozenset[str]]:
    """For every task the others that are nearly the same table, by id.

    Near copies have the same kind and a mean scaled difference of meta-features below `threshold`: what a table and its
    own row subsample of nine tenths differ by.
    """
    result: dict[str, frozenset[str]] = {}
    scaler = MetaFeatureScaler.fit([task.meta_features for task in tasks])
    scaled = scaler.transform([task.meta_features for task in tasks])
    for row, task in enumerate(tasks):
        far = distances(scaled[row], scaled) - float(distances(scaled[row], scaled[[row]])[0])
        result[task.task_id] = frozenset(
            other.task_id
            for other, distance in zip(tasks, far, strict=True)
            if other is not task and other.kind is task.kind and distance < threshold
        )
    return result
