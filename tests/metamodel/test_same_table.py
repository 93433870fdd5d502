"""A past task that is the asked table with other rows is recognised by its meta-features, and counts more."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer

from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metafeatures.describe import describe
from metamodel.answers.weights import OWN_WEIGHT, SAME_TABLE_WEIGHT
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from warmtune.catalogue import find_entry
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

pytestmark = pytest.mark.slow
N_PAST = 60


@cache
def past() -> tuple[TaskHistory, ...]:
    base = read_knowledge(SHIPPED)
    tasks = {task.task_id: task for task in base.tasks}
    table = next(t for t in base.main_tables if t.search_space == "svm_rbf" and TaskKind.BINARY in t.kinds)
    whole = [row for row in range(len(table.task_ids)) if not np.isnan(table.scores["accuracy"][row, :16]).any()]
    return tuple(
        TaskHistory(
            tasks[table.task_ids[row]],
            table.configurations[:16],
            table.scores["accuracy"][row, :16],
            table.durations_s[row, :16],
        )
        for row in whole[:N_PAST]
    )


@cache
def breast_cancer(n_rows: int) -> MetaFeatures:
    """Of a sample of a table that the knowledge base doesn't know."""
    frame: pd.DataFrame = load_breast_cancer(as_frame=True).frame.astype({"target": str})
    return describe(
        pa.Table.from_pandas(frame.sample(n_rows, random_state=1), preserve_index=False), "target", kind=TaskKind.BINARY
    ).meta_features


def grown(task_id: str = "sample") -> TaskHistory:
    """What was tried on a sample of the table: one configuration did far better than all others."""
    first = past()[0]
    scores = np.linspace(0.5, 0.8, 16)
    scores[11] = 0.9
    return replace(first, task=Task(task_id, "a sample", TaskKind.BINARY, breast_cancer(250)), scores=scores)


@cache
def model(*, with_sample: bool = True) -> SpaceModel:
    histories = [*past(), *([grown()] if with_sample else [])]
    space = find_entry("svm_rbf", TaskKind.BINARY).space
    return fit_model(space, histories, metric="accuracy", direction=Direction.MAXIMIZE)


def test_a_sample_of_the_table_gets_its_share() -> None:
    weights = model().weigh(breast_cancer(569))
    assert weights.near[-1] >= SAME_TABLE_WEIGHT
    assert weights.near.sum() == pytest.approx(1.0)
    assert weights.strategy is Strategy.NEIGHBOURS
    assert weights.reason.endswith("one past task looks like this table with other rows")
    answer = model().recommend(breast_cancer(569), n=3)
    assert dict(past()[0].configurations[11]) in [dict(ranked.configuration) for ranked in answer.configurations]
    assert "sample" in {source.task_id for ranked in answer.configurations for source in ranked.sources}


def test_different_tables_are_not_recognised() -> None:
    assert "with other rows" not in model(with_sample=False).weigh(breast_cancer(569)).reason
    for history in past()[:12]:
        weights = model().weigh(history.task.meta_features, exclude=[history.task.task_id])
        assert "with other rows" not in weights.reason


def test_an_excluded_sample_says_nothing() -> None:
    weights = model().weigh(breast_cancer(569), exclude=["sample"])
    assert weights.near[-1] == 0.0
    assert "with other rows" not in weights.reason


def test_few_meta_features_are_not_enough() -> None:
    known = breast_cancer(569)
    few = replace(known, values=dict(list(known.values.items())[:30]), gaps={})
    assert "with other rows" not in model().weigh(few).reason


def test_the_task_s_own_past_comes_before_that_of_a_sample() -> None:
    weights = model().weigh(breast_cancer(250), task_id="sample")
    assert weights.near[-1] >= OWN_WEIGHT
    assert "with other rows" not in weights.reason


def test_a_sample_that_was_reported_since_is_recognised_too() -> None:
    before = model(with_sample=False)
    places = np.concatenate([before.places, before.places[:1]])
    assert before.shares is None or len(before.shares) == len(before.histories)
    with_sample = replace(before, histories=(*before.histories, grown()), places=places, shares=None)
    weights = with_sample.weigh(breast_cancer(569))
    assert weights.near[-1] >= SAME_TABLE_WEIGHT
