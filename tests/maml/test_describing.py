"""Embeddings of tasks from their meta-features, and surrogates that keep what makes them."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from maml.surrogates.describer import MAX_NAMES, TaskDescriber
from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate
from maml.surrogates.surrogate import NeuralSurrogate
from maml.training.job import TrainingSettings
from maml.training.outer_loop import OuterSettings
from tests.maml.test_surrogates import drawn_points, quick, true_scores, tuning_tasks
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import SurrogateKind

PAST = [
    {"n_rows": 10.0**n, "skew": float(n), "constant": 3.0, **({"rare": float(n)} if n == 1 else {})}
    for n in range(1, 6)
]


def test_columns_have_mean_zero_and_unit_deviation_over_the_past_tasks() -> None:
    describer = TaskDescriber.fit(PAST)
    assert describer.names == ("n_rows", "skew")  # what too few know, or what doesn't vary, says nothing
    assert describer.is_log == (True, False)
    embedded = np.array([describer.embed(task) for task in PAST])
    assert_allclose(embedded.mean(0), 0.0, atol=1e-12)
    assert_allclose(embedded.std(0), 1.0)


def test_gaps_are_the_mean_and_extremes_are_clipped() -> None:
    describer = TaskDescriber.fit(PAST)
    assert_allclose(describer.embed({}), [0.0, 0.0])
    assert_allclose(describer.embed({"skew": 1e9, "n_rows": 1e300, "unheard": 1.0}), [3.0, 3.0])
    assert_allclose(describer.embed({"skew": -1e9, "n_rows": -5.0}), [describer.embed({"n_rows": 0.0})[0], -3.0])


def test_of_many_names_those_that_most_tasks_know_are_kept() -> None:
    many = [{f"f{i:03d}": float(n + i) for i in range(MAX_NAMES + 9)} for n in range(4)]
    del many[0]["f000"]
    names = TaskDescriber.fit(many).names
    assert len(names) == MAX_NAMES
    assert "f000" not in names
    assert "f001" in names


def test_nothing_to_describe_tasks_by_is_refused() -> None:
    nothing: list[list[dict[str, float]]] = [[], [{}, {}], [{"x": 1.0}, {"x": 1.0}]]
    for tasks in nothing:
        with pytest.raises(InvalidInputError) as refused:
            TaskDescriber.fit(tasks)
        assert refused.value.field == "meta_features"


def test_it_survives_json_and_other_values_are_refused() -> None:
    describer = TaskDescriber.fit(PAST)
    body = describer.to_json()
    assert TaskDescriber.from_json(body) == describer
    for wrong in (
        None,
        {},
        body | {"names": ["only one"]},
        body | {"spread": [1.0, 0.0]},
        body | {"centre": ["a", 1.0]},
    ):
        with pytest.raises(InvalidInputError) as refused:
            TaskDescriber.from_json(wrong)
        assert refused.value.field == "describer"


def test_a_conditioned_surrogate_keeps_its_describer_and_reads_meta_features() -> None:
    # the first embedding column is the place of the optimum
    tasks = tuning_tasks(30)
    features = [{"centre": float(task.embedding[0]), "salt": float(task.embedding[1])} for task in tasks]
    describer = TaskDescriber.fit(features)
    described = [
        dataclasses.replace(task, embedding=describer.embed(f)) for task, f in zip(tasks, features, strict=True)
    ]
    training = TrainingSettings(n_steps=400, check_every=100, outer=OuterSettings(rate=5e-3))
    fitted = fit_surrogate(described, SurrogateSettings(kind=SurrogateKind.CONDITIONED_MAML, training=training))
    surrogate = NeuralSurrogate.from_bytes(dataclasses.replace(fitted, describer=describer).to_bytes())
    assert surrogate.describer == describer
    query, nothing = drawn_points(80, np.random.default_rng(3)), drawn_points(0, np.random.default_rng(3))
    for centre in (0.25, 0.75):
        conditioned, _ = surrogate.predict(nothing, np.zeros(0), query, surrogate.describe({"centre": centre - 0.5}))
        without, _ = surrogate.predict(nothing, np.zeros(0), query)
        truth = true_scores(query, centre)
        assert np.corrcoef(conditioned, truth)[0, 1] > 0.8
        assert np.corrcoef(conditioned, truth)[0, 1] > np.corrcoef(without, truth)[0, 1]


def test_a_surrogate_without_a_describer_stays_as_it_was() -> None:
    surrogate = fit_surrogate(tuning_tasks(6), quick(SurrogateKind.REPTILE))
    assert b"describer" not in surrogate.to_bytes()  # as files that were kept before
    assert NeuralSurrogate.from_bytes(surrogate.to_bytes()).describer is None
    with pytest.raises(InvalidInputError) as refused:
        surrogate.describe({"n_rows": 1.0})
    assert refused.value.field == "task"
    with pytest.raises(InvalidInputError) as refused:
        dataclasses.replace(surrogate, describer=TaskDescriber.fit([{"x": 1.0}, {"x": 2.0}]))
    assert (refused.value.field, refused.value.limit) == ("describer", "2")
