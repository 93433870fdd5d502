import numpy as np
import pytest
from numpy.typing import NDArray

from metamodel.trees.nodes import Leaf, Split, leaves
from metamodel.trees.search import BEAM, MAX_DEPTH, MAX_TASKS, _gain_of_noise, _Search, fit_decision_tree
from metamodel.trees.splits import ThresholdTest, candidate_questions, round_between, thresholds
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures

SVMS: tuple[Configuration, ...] = (
    {"C": 30.0, "kernel": "rbf"},
    {"C": 1.0, "kernel": "linear"},
    {"C": 0.1, "kernel": "rbf"},
)


def planted(
    rng: np.random.Generator, n: int = 60, noise: float = 0.1
) -> tuple[list[MetaFeatures], FloatArray, FloatArray]:
    """Long tables want the first candidate; short ones the second if they are mostly nominal, else the third."""
    rows, nominal = np.exp(rng.uniform(4, 12, n)), rng.uniform(0, 1, n)
    wanted = np.where(rows > 3_200, 0, np.where(nominal > 0.4, 1, 2))
    utility = np.clip(0.5 + 0.4 * np.eye(3)[wanted] + noise * rng.normal(size=(n, 3)), 0, 1)
    others = rng.normal(size=(n, 8))
    tasks = [
        MetaFeatures({"n_rows": rows[i], "nominal": nominal[i], **{f"x{j}": others[i, j] for j in range(8)}})
        for i in range(n)
    ]
    return tasks, utility, wanted.astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_rule_is_found_in_its_natural_units(seed: int) -> None:
    tasks, utility, wanted = planted(np.random.default_rng(seed))
    tree = fit_decision_tree(tasks, utility, SVMS, seed=0)
    root = tree.root
    assert isinstance(root, Split)
    assert tree.n_leaves == 3
    right = [tree.leaf(task).candidate == want for task, want in zip(tasks, wanted, strict=True)]
    assert np.mean(right) > 0.95
    names = {node.name: node.threshold for node in (root, root.above, root.at_most) if isinstance(node, Split)}
    assert set(names) == {"n_rows", "nominal"}
    assert 2_000 < names["n_rows"] < 6_000
    assert 0.25 < names["nominal"] < 0.55


@pytest.mark.slow
def test_permuted_meta_features_come_back_as_a_single_leaf() -> None:
    split = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        tasks, utility, _ = planted(rng, n=50)
        shuffled = [tasks[i] for i in rng.permutation(len(tasks))]
        split += fit_decision_tree(shuffled, utility, SVMS, seed=seed).n_leaves > 1
    assert split <= 5  # 2 % of 60 are expected; 6 or more happen once in 3,000 runs of a sound test


def best_by_hand(answers: NDArray[np.bool_], utility: FloatArray, price: float, min_leaf: int, depth: int) -> float:
    """The value of the best of all trees, by trying them all."""
    value = float(utility.sum(axis=0).max())
    if depth == 0:
        return value
    for row in answers:
        if min_leaf <= row.sum() <= len(row) - min_leaf:
            sides = [best_by_hand(answers[:, s], utility[s], price, min_leaf, depth - 1) for s in (row, ~row)]
            value = max(value, sum(sides) - price)
    return value


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.slow
def test_the_search_finds_the_best_of_all_trees(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_questions = 24, BEAM[-1] - 2
    utility = rng.uniform(size=(n, 3))
    answers = rng.uniform(size=(n_questions, n)) > 0.5
    questions = [ThresholdTest(f"q{i}", 0.5, False) for i in range(n_questions)]
    for price, min_leaf in ((0.05, 2), (0.4, 3), (1.0, 5)):
        value, tree = _Search(questions, answers, utility, price, min_leaf).best(np.arange(n), depth=0)
        assert value == pytest.approx(best_by_hand(answers, utility, price, min_leaf, MAX_DEPTH))
        n_leaves = sum(1 for _ in leaves(tree))
        assert sum(leaf.n_tasks for leaf in leaves(tree)) == n
        behind = sum(leaf.regret * leaf.n_tasks for leaf in leaves(tree))
        assert value == pytest.approx(utility.max(axis=1).sum() - behind - price * (n_leaves - 1))


def test_a_rule_that_needs_two_questions_at_once_is_found_if_each_pays() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.uniform(size=80), rng.uniform(size=80)
    wanted = 2 * (a > 0.5) + (b > 0.5)
    utility = np.eye(4)[wanted] + 0.05 * rng.uniform(size=(80, 4))
    tasks = [MetaFeatures({"a": x, "b": y}) for x, y in zip(a, b, strict=True)]
    tree = fit_decision_tree(tasks, utility, [{"k": i} for i in range(4)], seed=0)
    assert tree.n_leaves == 4
    assert tree.regret < 0.1


def test_the_order_of_tasks_and_names_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    tasks, utility, _ = planted(rng, n=80, noise=0.05)
    order = rng.permutation(80)
    swapped = [MetaFeatures(dict(reversed(list(tasks[i].values.items())))) for i in order]
    assert fit_decision_tree(swapped, utility[order], SVMS, seed=0) == fit_decision_tree(tasks, utility, SVMS, seed=0)


def test_the_same_seed_gives_the_same_tree() -> None:
    tasks, utility, _ = planted(np.random.default_rng(2), noise=0.3)
    trees = [fit_decision_tree(tasks, utility, SVMS, seed=7) for _ in range(2)]
    assert trees[0] == trees[1]


def test_tasks_that_do_not_know_a_value_go_where_they_belong() -> None:
    rng = np.random.default_rng(0)
    rows = np.linspace(100, 10_000, 60)
    wanted = (rows > 5_000).astype(int)
    known = rng.uniform(size=60) > 0.3
    wanted[~known] = 1
    utility = np.eye(2)[wanted] * 0.8
    tasks = [MetaFeatures({"n_rows": r} if k else {}) for r, k in zip(rows, known, strict=True)]
    root = fit_decision_tree(tasks, utility, SVMS[:2], seed=0).root
    assert isinstance(root, Split)
    assert root.unknown_goes_above
    assert root.threshold == pytest.approx(5_000, rel=0.1)


def test_a_name_that_few_tasks_know_is_not_asked_for() -> None:
    tasks = [MetaFeatures({"rare": float(i)} if i < 9 else {}) for i in range(20)]
    assert candidate_questions(tasks, min_leaf=2)[0] == []


def test_questions_that_part_the_tasks_alike_are_asked_once() -> None:
    tasks = [MetaFeatures({"a": float(i), "b": -float(i), "c": 7.0}) for i in range(10)]
    questions, answers = candidate_questions(tasks, min_leaf=3)
    assert [question.name for question in questions] == ["a"] * len(questions)
    assert [int(row.sum()) for row in answers] == [7, 6, 5, 4, 3]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(3_157, 3_204, 3_200), (0.08, 0.13, 0.1), (0.0, 1.0, 0.5), (-3.0, -1.0, -2.0), (1e-9, 1e-5, 1e-7), (1, 2, 1)],
)
def test_thresholds_are_round_numbers_between_two_values(low: float, high: float, expected: float) -> None:
    assert round_between(low, high) == expected


@pytest.mark.parametrize("values", [np.array([1.0, np.nextafter(1.0, 2.0)]), np.array([-1e300, 1e300]), np.zeros(3)])
def test_thresholds_part_whatever_can_be_parted(values: FloatArray) -> None:
    found = thresholds(values)
    assert len(found) == len(set(values)) - 1
    assert all((values > t).any() and (values <= t).any() for t in found)


def test_many_values_give_a_dozen_thresholds_over_their_ranks() -> None:
    found = thresholds(np.arange(1_000.0))
    assert len(found) == 12
    assert np.diff(found) == pytest.approx(np.full(11, 77), abs=40)


@pytest.mark.parametrize(
    ("tasks", "utility"),
    [
        ([MetaFeatures({"a": 1.0})], np.array([[0.2, 0.9]])),
        ([MetaFeatures({})] * 30, np.tile([0.2, 0.9], (30, 1))),
        ([MetaFeatures({"a": float(i)}) for i in range(30)], np.tile([0.9, 0.9], (30, 1))),
        ([MetaFeatures({"a": 3.0})] * 30, np.eye(2)[np.arange(30) % 2]),
    ],
)
def test_where_nothing_can_be_learned_there_is_one_leaf(tasks: list[MetaFeatures], utility: FloatArray) -> None:
    tree = fit_decision_tree(tasks, utility, SVMS[:2], seed=0)
    assert isinstance(tree.root, Leaf)
    assert tree.n_tasks == len(tasks)
    assert tree.root.candidate == utility.mean(axis=0).argmax()


@pytest.mark.slow
def test_of_very_many_tasks_some_are_drawn() -> None:
    tasks, utility, _ = planted(np.random.default_rng(0), n=MAX_TASKS + 500)
    tree = fit_decision_tree(tasks, utility, SVMS, seed=0)
    assert tree.n_tasks == MAX_TASKS
    assert tree.n_leaves >= 3


def test_noise_gains_nothing_where_nothing_can_be_asked() -> None:
    assert _gain_of_noise(np.zeros((0, 5), dtype=bool), np.eye(5), np.random.default_rng(0)) == 0.0


@pytest.mark.parametrize(
    ("n", "utility"),
    [(2, np.zeros((3, 3))), (3, np.zeros((3, 2))), (0, np.zeros((0, 3))), (3, np.full((3, 3), np.nan))],
)
def test_wrong_shapes_and_numbers_are_refused(n: int, utility: FloatArray) -> None:
    with pytest.raises(InvalidInputError) as caught:
        fit_decision_tree([MetaFeatures({"a": 1.0})] * n, utility, SVMS, seed=0)
    assert caught.value.field == "utility"


def test_leaves_count_wins_and_regret() -> None:
    utility = np.array([[1.0, 0.0], [0.9, 0.905], [0.2, 0.7]] * 2)
    tree = fit_decision_tree([MetaFeatures({})] * 6, utility, SVMS[:2], seed=0)
    assert isinstance(tree.root, Leaf)
    assert (tree.root.candidate, tree.root.n_tasks, tree.root.n_wins) == (0, 6, 4)
    assert tree.root.regret == pytest.approx(0.505 / 3)
