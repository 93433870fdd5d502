import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from metamodel.trees.alternatives import portfolio_members, regions_around, regions_by_choice
from metamodel.trees.nodes import Split
from metamodel.trees.search import fit_decision_tree
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Condition, Configuration, SearchSpace
from warmtune.vocabulary.task import MetaFeatures

SPACE = SearchSpace(
    {"algorithm": CategoricalDistribution(["forest", "svm", "knn"]), "C": FloatDistribution(0, 1)},
    conditions=(Condition("C", "algorithm", ("svm",)),),
)
ANCHORS: list[Configuration] = [
    {"algorithm": "forest"},
    {"algorithm": "svm", "C": 0.1},
    {"algorithm": "svm", "C": 0.2},
    {"algorithm": "svm", "C": 0.9},
]
UTILITY = np.array([[0.9, 0.2, 0.3, 0.1], [0.8, 0.4, 0.3, 0.2], [0.1, 0.5, 0.6, 1.0]])


def test_members_complement_each_other() -> None:
    members = portfolio_members(ANCHORS, UTILITY, size=4)
    assert members.candidates == (ANCHORS[0], ANCHORS[3])  # no other adds anything to these two
    assert members.utility.tolist() == UTILITY[:, [0, 3]].tolist()


def test_an_anchor_counts_for_the_region_of_the_nearest_member() -> None:
    regions = regions_around(SPACE, ANCHORS, UTILITY, size=2)
    assert regions.candidates == (ANCHORS[0], ANCHORS[3])
    assert regions.utility[:, 0].tolist() == UTILITY[:, 0].tolist()
    assert regions.utility[:, 1] == pytest.approx(UTILITY[:, 1:].mean(axis=1))


def test_a_choice_does_as_well_as_its_best_anchor_and_untried_ones_are_left_out() -> None:
    regions = regions_by_choice(SPACE, ANCHORS, UTILITY, parameter="algorithm")
    assert regions.candidates == ({"algorithm": "forest"}, {"algorithm": "svm"})
    assert regions.utility.tolist() == [[0.9, 0.3], [0.8, 0.4], [0.1, 1.0]]


def test_a_tree_over_choices_says_on_which_tasks_an_algorithm_wins() -> None:
    rng = np.random.default_rng(0)
    rows = np.exp(rng.uniform(4, 12, 50))
    utility = np.clip(np.where(rows[:, None] > 3e3, UTILITY[0], UTILITY[2]) + 0.05 * rng.normal(size=(50, 4)), 0, 1)
    regions = regions_by_choice(SPACE, ANCHORS, utility, parameter="algorithm")
    tree = fit_decision_tree([MetaFeatures({"n_rows": r}) for r in rows], regions.utility, regions.candidates, seed=0)
    assert isinstance(tree.root, Split)
    assert tree.as_sentence(MetaFeatures({"n_rows": 1e5})).startswith(
        f"Because n_rows is above {tree.root.threshold:,.0f}, algorithm forest usually wins here"
    )


@pytest.mark.parametrize("parameter", ["C", "unknown"])
def test_only_categories_make_regions_by_choice(parameter: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        regions_by_choice(SPACE, ANCHORS, UTILITY, parameter=parameter)
    assert caught.value.field == "parameter"


def test_a_choice_that_no_anchor_has_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        regions_by_choice(SPACE, [{"C": 0.5}], np.ones((2, 1)), parameter="algorithm")


@pytest.mark.parametrize("utility", [np.zeros((0, 4)), np.zeros((2, 3)), np.zeros(4)])
def test_wrong_shapes_are_refused(utility: np.ndarray) -> None:
    with pytest.raises(InvalidInputError):
        portfolio_members(ANCHORS, utility, size=2)
