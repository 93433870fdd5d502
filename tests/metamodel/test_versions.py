"""Meta-features of different versions of Warmtune's own are not compared with each other."""

import numpy as np
import pytest

from metamodel.answers.weights import weigh_tasks
from metamodel.embedding.neighbours import MetaFeatureScaler, nearest
from metamodel.embedding.training import train_embedding
from metamodel.trees.search import fit_decision_tree
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind, common_version

NEW, OLD = "warmtune-2", "warmtune-1"


def described(value: float, version: str) -> MetaFeatures:
    return MetaFeatures({"a": value, "b": value**2}, version=version)


def task(name: str, value: float, version: str) -> Task:
    return Task(name, name, TaskKind.BINARY, described(value, version))


def test_the_version_that_most_have_is_the_common_one() -> None:
    assert common_version([described(1.0, NEW), described(2.0, OLD), described(3.0, NEW)]) == NEW
    assert common_version([described(1.0, NEW), described(2.0, OLD)]) == NEW
    assert common_version([described(1.0, "unknown"), described(2.0, "metadataset")]) is None


def test_values_of_another_own_version_are_gaps_that_say_so_and_foreign_ones_go_by_their_names() -> None:
    other = described(1.0, OLD).in_version(NEW)
    assert (dict(other.values), sorted(other.gaps)) == ({}, ["a", "b"])
    assert OLD in other.gaps["a"]
    for version in (NEW, "unknown", "metadataset"):
        assert described(1.0, version).in_version(NEW) == described(1.0, version)
    assert described(1.0, OLD).in_version(None) == described(1.0, OLD)


def test_a_scaler_neither_learns_from_another_version_nor_reads_it() -> None:
    new = [described(float(k), NEW) for k in range(10)]
    mixed = [*new, *(described(1_000.0 + k, OLD) for k in range(3))]
    alone, together = MetaFeatureScaler.fit(new), MetaFeatureScaler.fit(mixed)
    np.testing.assert_array_equal(alone.centre, together.centre)
    np.testing.assert_array_equal(alone.spread, together.spread)
    assert np.isnan(together.transform([described(5.0, OLD)])).all()
    assert np.isfinite(together.transform([described(5.0, NEW), described(5.0, "unknown")])).all()


def test_a_task_of_another_version_is_no_near_neighbour() -> None:
    others = [task(f"t{k}", float(k), NEW) for k in range(10)] + [task("same", 5.0, OLD)]
    found = nearest(described(5.0, NEW), others, n=11)
    assert (found[0].task_id, found[0].similarity) == ("t5", 1.0)
    last = found[-1]
    assert (last.task_id, last.similarity, last.n_shared) == ("same", 0.0, 0)
    assert last.reason == f"its meta-features are of version {OLD}, which isn't compared with {NEW}"


def test_a_task_of_the_newer_version_finds_the_few_of_its_own_among_many_old_ones() -> None:
    others = [task(f"old{k}", float(k), OLD) for k in range(30)] + [task(f"new{k}", float(k), NEW) for k in range(4)]
    found = nearest(described(2.0, NEW), others, n=5)
    assert [one.task_id for one in found[:1]] == ["new2"]
    assert [one.n_shared > 0 for one in found] == [True] * 4 + [False]


def test_a_value_that_is_added_later_keeps_all_neighbours() -> None:
    others = [task(f"t{k}", float(k), NEW) for k in range(10)]
    before = nearest(described(4.2, NEW), others, n=10)
    assert nearest(MetaFeatures({**described(4.2, NEW).values, "added": 7.0}, version=NEW), others, n=10) == before
    left_out = nearest(MetaFeatures({"a": 4.2}, version=NEW), others, n=10)
    assert [one.n_shared for one in left_out] == [1] * 10
    assert left_out[0].task_id == before[0].task_id


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (described(5.0, OLD), f"its meta-features are of version {OLD}, which isn't compared with {NEW} of past tasks"),
        (MetaFeatures({"z": 1.0}, version=NEW), "this task has none of the meta-features that describe past tasks"),
        (None, "this task has none of the meta-features that describe past tasks"),
    ],
)
@pytest.mark.slow
def test_an_answer_says_that_versions_are_not_compared(asked: MetaFeatures | None, why: str) -> None:
    n_tasks = 40
    place = np.linspace(-1.0, 1.0, n_tasks)
    utility = np.stack([place, -place, 0.5 * place], axis=1)
    tasks = [described(float(v), NEW) for v in place]
    embedding = train_embedding(tasks, utility, seed=0)
    weights = weigh_tasks(asked, embedding, embedding.place(utility), np.ones(n_tasks, dtype=bool))
    assert (weights.strategy, weights.reason) == (Strategy.PORTFOLIO, f"{why}, so all past tasks have equal weight")


def test_a_tree_neither_learns_from_another_version_nor_asks_it() -> None:
    values = np.linspace(-1.0, 1.0, 60)
    utility = np.stack([values > 0, values <= 0], axis=1).astype(float)
    candidates = [{"p": 0.0}, {"p": 1.0}]
    new = [MetaFeatures({"a": float(v)}, version=NEW) for v in values]
    old = [MetaFeatures({"a": float(-v)}, version=OLD) for v in values[:20]]
    tree = fit_decision_tree([*new, *old], np.concatenate([utility, utility[:20]]), candidates, seed=0)
    assert tree.version == NEW
    assert tree.candidate(MetaFeatures({"a": 0.9}, version=NEW)) == {"p": 0.0}
    assert tree.candidate(MetaFeatures({"a": -0.9}, version=NEW)) == {"p": 1.0}
    assert tree.candidate(MetaFeatures({"a": 0.9}, version=OLD)) == tree.candidate(MetaFeatures({}))
