"""Builders of the shipped search spaces: they fit, they learn, and they mean what the catalogue says."""

import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.svm import SVC

from knowledge.backfill.evaluation import cross_validate, sample_rows
from knowledge.designs.shared import shared_design
from tests.knowledge.tables import classes, numbers
from warmtune.catalogue import catalogue, find_entry
from warmtune.catalogue.auto import ON_CODES, ON_NUMBERS, as_whole_pipeline
from warmtune.pipelines import build_pipeline
from warmtune.pipelines.columns import SkewedToNormal
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidConfigurationError, MissingExtraError, NotFoundError
from warmtune.vocabulary.task import TaskKind

NAMES = sorted({entry.name for entry in catalogue() if not entry.is_recorded})


def needs(name: str) -> None:
    """Skip where the algorithm's library is an extra that isn't installed."""
    extra = find_entry(name, TaskKind.BINARY).extra
    if extra is not None:
        pytest.importorskip(extra)


WITHOUT_PROBABILITIES = {"svm_rbf"}
"""Classifiers without `predict_proba`: their studies have no log_loss."""


def light(name: str, kind: TaskKind) -> dict[str, ParameterValue]:
    """The default, with few rounds where it would take long."""
    default = find_entry(name, kind).space.default_configuration()
    assert default is not None
    return {**default, "iterations": 60} if name == "catboost" else default


@pytest.mark.parametrize("name", NAMES)
def test_classifiers_learn_from_mixed_tables_with_gaps(name: str) -> None:
    sample = sample_rows(classes(), "y", kind=TaskKind.BINARY, max_rows=1_000, seed=0)
    needs(name)
    result = cross_validate(sample, name, light(name, TaskKind.BINARY))
    majority = np.bincount(sample.y).max() / len(sample.y)
    assert result.scores["accuracy"] > majority
    assert {"accuracy", "balanced_accuracy", "f1_macro", "roc_auc"} <= set(result.scores)
    assert ("log_loss" in result.scores) == (name not in WITHOUT_PROBABILITIES)


@pytest.mark.parametrize("name", NAMES)
def test_regressors_run_and_are_deterministic(name: str) -> None:
    sample = sample_rows(numbers(), "y", kind=TaskKind.REGRESSION, max_rows=1_000, seed=0)
    needs(name)
    default = light(name, TaskKind.REGRESSION)
    first, second = cross_validate(sample, name, default), cross_validate(sample, name, default)
    assert first.folds == second.folds
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


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [TaskKind.MULTICLASS, TaskKind.REGRESSION])
def test_every_shared_configuration_can_be_fitted(name: str, kind: TaskKind) -> None:
    needs(name)
    frame = classes(60) if kind.is_classification else numbers(60)
    if kind.is_classification:
        frame["y"] = np.where(frame["noise"] > 0.5, "third", frame["y"].astype(str))
    sample = sample_rows(frame, "y", kind=kind, max_rows=1_000, seed=0)
    for configuration in shared_design(find_entry(name, kind), 6)[1 if name == "catboost" else 0 :]:
        needs(str(configuration.get("algorithm", name)))
        result = cross_validate(sample, name, configuration, n_folds=2)
        assert len(result.seconds) == 2
        assert all(len(values) == 2 and np.isfinite(values).all() for values in result.folds.values())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore:Got `batch_size`")
@pytest.mark.parametrize("name", NAMES)
def test_categories_that_only_the_test_rows_have_are_predicted(name: str) -> None:
    needs(name)
    frame = classes(90)
    X, y = sample_rows(frame, "y", kind=TaskKind.BINARY, max_rows=90, seed=0).X, (frame["y"] == "yes").to_numpy()
    strange = X.copy()
    strange.loc[3, "c2"] = "ultraviolet"
    fitted = build_pipeline(name, light(name, TaskKind.BINARY), X, kind=TaskKind.BINARY, seed=0).fit(X, y)
    assert len(fitted.predict(strange)) == 90


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore:Got `batch_size`")
@pytest.mark.parametrize("name", NAMES)
def test_a_nominal_column_without_a_value_is_no_failure(name: str) -> None:
    needs(name)
    frame = classes(90)
    X, y = sample_rows(frame, "y", kind=TaskKind.BINARY, max_rows=90, seed=0).X, (frame["y"] == "yes").to_numpy()
    X["empty"] = np.full(90, np.nan, dtype=object)
    fitted = build_pipeline(name, light(name, TaskKind.BINARY), X, kind=TaskKind.BINARY, seed=0).fit(X, y)
    assert len(fitted.predict(X)) == 90


def test_more_neighbours_than_rows_are_all_rows() -> None:
    sample = sample_rows(numbers(30), "y", kind=TaskKind.REGRESSION, max_rows=30, seed=0)
    configuration: dict[str, ParameterValue] = {**light("knn", TaskKind.REGRESSION), "n_neighbors": 500}
    fitted = build_pipeline("knn", configuration, sample.X, kind=TaskKind.REGRESSION, seed=0).fit(sample.X, sample.y)
    assert fitted.predict(sample.X) == pytest.approx(np.full(30, sample.y.mean()))


def test_the_elastic_net_has_its_alpha_in_ridge_s_unit() -> None:
    sample = sample_rows(numbers(200), "y", kind=TaskKind.REGRESSION, max_rows=200, seed=0)
    shared: dict[str, ParameterValue] = {"alpha": 50.0, "impute": "median", "transform_skewed": False}

    def predicted(configuration: dict[str, ParameterValue]) -> NDArray[np.float64]:
        pipeline = build_pipeline("linear", configuration, sample.X, kind=TaskKind.REGRESSION, seed=0)
        return np.asarray(pipeline.fit(sample.X, sample.y).predict(sample.X))

    ridge = predicted({**shared, "penalty": "l2"})
    nearly_ridge = predicted({**shared, "penalty": "elastic_net", "l1_ratio": 0.05})
    assert np.corrcoef(ridge, nearly_ridge)[0, 1] > 0.999
    assert np.std(ridge) == pytest.approx(np.std(nearly_ridge), rel=0.1)


def test_skewed_columns_become_normal_and_others_standard() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.lognormal(sigma=1.5, size=400), rng.normal(5, 2, size=400)])
    changed = SkewedToNormal().fit(X).transform(X)
    assert abs(((changed[:, 0] - changed[:, 0].mean()) ** 3).mean()) < 0.1
    assert changed[:, 1] == pytest.approx((X[:, 1] - X[:, 1].mean()) / X[:, 1].std())


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    monkeypatch.delitem(sys.modules, "warmtune.pipelines.lightgbm", raising=False)
    X = numbers().drop(columns="y")
    configuration = light("lightgbm", TaskKind.REGRESSION)
    for name, asked in (("lightgbm", configuration), ("auto", as_whole_pipeline("lightgbm", configuration))):
        with pytest.raises(MissingExtraError, match=r"warmtune\[lightgbm\]"):
            build_pipeline(name, asked, X, kind=TaskKind.REGRESSION, seed=0)


@pytest.mark.parametrize("kind", [TaskKind.MULTICLASS, TaskKind.REGRESSION])
def test_a_whole_pipeline_is_the_same_as_its_algorithm_s_own(kind: TaskKind) -> None:
    frame = classes(90) if kind.is_classification else numbers(60)
    sample = sample_rows(frame, "y", kind=kind, max_rows=90, seed=0)
    for name in (*ON_NUMBERS, *ON_CODES):
        for configuration in shared_design(find_entry(name, kind), 4)[2:]:
            own = cross_validate(sample, name, configuration, n_folds=2)
            whole = cross_validate(sample, "auto", as_whole_pipeline(name, configuration), n_folds=2)
            assert own.folds == whole.folds


@pytest.mark.parametrize("reduction", ["none", "pca", "select_k_best"])
@pytest.mark.parametrize("scaling", ["standard", "quantile", "skewed", "none"])
def test_whole_pipelines_prepare_as_they_say(reduction: str, scaling: str) -> None:
    sample = sample_rows(classes(90), "y", kind=TaskKind.BINARY, max_rows=90, seed=0)
    whole = as_whole_pipeline("linear", light("linear", TaskKind.BINARY))
    whole |= {"reduction": reduction, "scaling": scaling, "imputation": "most_frequent"}
    if reduction != "none":
        whole["reduction_share"] = 0.5
    pipeline = build_pipeline("auto", whole, sample.X, kind=TaskKind.BINARY, seed=0).fit(sample.X, sample.y)
    n_columns = pipeline[:-1].transform(sample.X).shape[1]
    assert n_columns == (6 if reduction == "none" else 3)


def test_trees_of_a_whole_pipeline_may_read_categories_one_hot() -> None:
    sample = sample_rows(classes(90), "y", kind=TaskKind.BINARY, max_rows=90, seed=0)
    whole = as_whole_pipeline("random_forest", light("random_forest", TaskKind.BINARY)) | {"encoding": "one_hot"}
    pipeline = build_pipeline("auto", whole, sample.X, kind=TaskKind.BINARY, seed=0).fit(sample.X, sample.y)
    assert pipeline[:-1].transform(sample.X).shape[1] == 6
