import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from metafeatures.tree import class_tree, number_tree

Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def data() -> Data:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(400, 6))
    latent = X[:, 0] + 0.7 * X[:, 1] * X[:, 2] + 0.4 * rng.normal(size=400)
    return X, np.digitize(latent, (-0.5, 0.5)).astype(np.int32), latent, rng.normal(size=(200, 6))


def test_classification_trees_are_scikit_learns_down_to_where_splits_tie(
    data: Data,
) -> None:
    X, y, _, X_test = data
    ours = class_tree(X, y, 3, min_leaf=7)
    theirs = DecisionTreeClassifier(min_samples_leaf=7, max_depth=3, random_state=0).fit(X, y)
    assert_allclose(ours.mean_outcome(X_test, depth=3), theirs.predict_proba(X_test), atol=1e-12)


def test_regression_trees_are_scikit_learns_down_to_where_splits_tie(
    data: Data,
) -> None:
    X, _, y, X_test = data
    ours = number_tree(X, y, min_leaf=7)
    theirs = DecisionTreeRegressor(min_samples_leaf=7, max_depth=4, random_state=0).fit(X, y)
    assert_allclose(ours.mean_outcome(X_test, depth=4)[:, 0], theirs.predict(X_test), atol=1e-9)
    full = DecisionTreeRegressor(min_samples_leaf=7, random_state=0).fit(X, y)
    assert len(ours.splits.column) == full.tree_.node_count
    assert_allclose(ours.mean_outcome(X)[:, 0], full.predict(X), atol=1e-9)
    assert_allclose(ours.importances, full.feature_importances_, atol=1e-3)


def test_a_full_tree_separates_what_can_be_separated(
    data: Data,
) -> None:
    X, y, _, _ = data
    tree = class_tree(X, y, 3)
    assert (tree.mean_outcome(X).argmax(axis=1) == y).all()
    leaves = tree.splits.left < 0
    assert tree.splits.impurity[leaves].max() == 0.0
    assert tree.weights[leaves].sum() == pytest.approx(1.0)


def test_depth_one_is_a_stump(data: Data) -> None:
    X, y, _, X_test = data
    ours = class_tree(X, y, 3).mean_outcome(X_test, depth=1)
    theirs = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X, y)
    assert_allclose(ours, theirs.predict_proba(X_test), atol=1e-12)


def test_columns_that_are_all_alike_give_a_single_leaf() -> None:
    tree = class_tree(np.zeros((10, 3)), np.arange(10, dtype=np.int32) % 2, 2)
    assert len(tree.splits.column) == 1
    assert_allclose(tree.mean_outcome(np.ones((4, 3))), 0.5)
