"""Builders of the shipped search spaces: they fit, they learn, and they mean what the catalogue says."""

import numpy as np
import pytest
from sklearn.svm import SVC

from knowledge.catalogue import catalogue, find_entry
from knowledge.evaluation import cross_validate, sample_rows
from knowledge.pipelines import build_pipeline
from metamodel.space.design import around, space_filling
from tests.knowledge.tables import classes, numbers
from warmtune.vocabulary.errors import InvalidConfigurationError, NotFoundError
from warmtune.vocabulary.task import TaskKind

NAMES = ("random_forest", "hist_gradient_boosting", "svm_rbf", "mlp")


def test_catalogue_has_four_spaces_for_classes_and_for_numbers() -> None:
    found = {(entry.name, kind) for entry in catalogue() for kind in entry.kinds}
    assert found == {(name, kind) for name in NAMES for kind in TaskKind}


@pytest.mark.parametrize("entry", catalogue(), ids=lambda e: f"{e.name}-{len(e.kinds)}")
def test_defaults_are_complete_and_designs_are_valid(entry) -> None:  # type: ignore[no-untyped-def]
    default = entry.space.default_configuration()
    assert default is not None
    for configuration in [*space_filling(entry.space, 8, seed=0), *around(entry.space, default, 8, seed=0)]:
        assert entry.space.validate(configuration) == configuration


@pytest.mark.parametrize("name", NAMES)
def test_classifiers_learn_from_mixed_tables_with_gaps(name: str) -> None:
    sample = sample_rows(classes(), "y", kind=TaskKind.BINARY, max_rows=1_000, seed=0)
    default = find_entry(name, TaskKind.BINARY).space.default_configuration()
    assert default is not None
    result = cross_validate(sample, name, default)
    majority = np.bincount(sample.y).max() / len(sample.y)
    assert result.scores["accuracy"] > majority
    assert {"accuracy", "balanced_accuracy", "f1_macro", "roc_auc"} <= set(result.scores)
    assert ("log_loss" in result.scores) == (name != "svm_rbf")


@pytest.mark.parametrize("name", NAMES)
def test_regressors_run_and_are_deterministic(name: str) -> None:
    sample = sample_rows(numbers(), "y", kind=TaskKind.REGRESSION, max_rows=1_000, seed=0)
    default = find_entry(name, TaskKind.REGRESSION).space.default_configuration()
    assert default is not None
    first, second = cross_validate(sample, name, default), cross_validate(sample, name, default)
    assert first.scores == second.scores
    assert set(first.scores) == {"r2", "rmse", "mae"}
    assert first.scores["r2"] < 1.0


def test_gamma_scale_one_is_what_scikit_learn_calls_scale() -> None:
    sample = sample_rows(classes(), "y", kind=TaskKind.BINARY, max_rows=1_000, seed=0)
    default = find_entry("svm_rbf", TaskKind.BINARY).space.default_configuration()
    assert default is not None
    ours = build_pipeline("svm_rbf", default, sample.X, kind=TaskKind.BINARY, seed=0).fit(sample.X, sample.y)
    prepared = ours.named_steps["prepare"].transform(sample.X)
    theirs = SVC(C=1.0, gamma="scale").fit(prepared, sample.y)
    assert np.allclose(ours.decision_function(sample.X), theirs.decision_function(prepared), atol=1e-6)


def test_exponent_of_a_half_is_the_square_root() -> None:
    sample = sample_rows(numbers(), "y", kind=TaskKind.REGRESSION, max_rows=1_000, seed=0)
    space = find_entry("random_forest", TaskKind.REGRESSION).space
    for exponent, expected in ((0.0, 1), (0.5, 2), (1.0, 3)):
        configuration = {**space.defaults, "max_features_exponent": exponent}
        pipeline = build_pipeline("random_forest", configuration, sample.X, kind=TaskKind.REGRESSION, seed=0)
        assert pipeline.named_steps["model"].max_features == expected


def test_configurations_outside_the_space_are_refused() -> None:
    X = numbers().drop(columns="y")
    with pytest.raises(InvalidConfigurationError, match="C"):
        build_pipeline("svm_rbf", {"C": 1e9, "gamma_scale": 1.0, "epsilon": 0.1}, X, kind=TaskKind.REGRESSION, seed=0)
    with pytest.raises(NotFoundError, match="random_forest"):
        build_pipeline("forest", {}, X, kind=TaskKind.REGRESSION, seed=0)


def test_samples_are_bounded_seeded_and_keep_classes_that_can_be_split() -> None:
    frame = classes(200)
    frame["y"] = frame["y"].astype(str)
    frame.loc[[3, 5], "y"] = "rare"
    one = sample_rows(frame, "y", kind=TaskKind.MULTICLASS, max_rows=150, seed=1)
    two = sample_rows(frame, "y", kind=TaskKind.MULTICLASS, max_rows=150, seed=1)
    assert len(one.X) <= 150 and one.X.equals(two.X)
    assert len(np.unique(one.y)) == 2
