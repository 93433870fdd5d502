import copy
import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamodel.trees.decision_tree import DecisionTree
from metamodel.trees.nodes import Leaf, Node, Split
from metamodel.trees.text import describe_candidates, number_in_words
from tests.metamodel.trees import tree_from_json
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures

CANDIDATES = (
    {"C": 30.2, "gamma_scale": 0.1, "shrinking": True},
    {"C": 1.0, "gamma_scale": 1.0, "shrinking": True},
    {"C": 0.05, "gamma_scale": 0.1, "shrinking": True},
)
TREE = DecisionTree(
    Split(
        "n_rows",
        3_200.0,
        False,
        Split("share_nominal", 0.1, True, Leaf(1, 9, 8, 0.02), Leaf(0, 17, 14, 0.013)),
        Split("n_rows", 150.0, False, Leaf(1, 20, 4, 0.31), Leaf(2, 6, 6, 0.0)),
    ),
    CANDIDATES,
)


def test_a_sentence_tells_why_with_the_counts() -> None:
    assert TREE.as_sentence(
        MetaFeatures({"n_rows": 1e4, "share_nominal": 0.03}), {"share_nominal": "the share of nominal columns"}
    ) == (
        "Because n_rows is above 3,200 and the share of nominal columns is at most 0.1, C around 30 with gamma_scale "
        "around 0.1 usually wins here: 14 of 17 such tasks."
    )


def test_two_answers_on_one_meta_feature_are_one_reason_and_few_wins_are_no_habit() -> None:
    assert TREE.as_sentence(MetaFeatures({"n_rows": 700.0})) == (
        "Because n_rows is above 150 and at most 3,200, C around 1 with gamma_scale around 1 does best here on average "
        "(it leaves 0.31 of the way to each task's best): it wins on 4 of 20 such tasks."
    )


def test_what_is_unknown_is_named_and_goes_where_the_split_says() -> None:
    assert TREE.leaf(MetaFeatures({"n_rows": 1e4})).candidate == 1
    assert "n_rows is above 3,200 and share_nominal is unknown" in TREE.as_sentence(MetaFeatures({"n_rows": 1e4}))
    assert TREE.candidate(MetaFeatures({})) == CANDIDATES[2]
    assert TREE.as_sentence(MetaFeatures({})).startswith("Because n_rows is unknown, C around 0.05")


@pytest.mark.parametrize(("n_wins", "words"), [(31, "usually wins"), (9, "does best on average")])
def test_a_single_leaf_says_that_meta_features_do_not_matter(n_wins: int, words: str) -> None:
    sentence = DecisionTree(Leaf(0, 50, n_wins, 0.04), CANDIDATES[:1]).as_sentence(MetaFeatures({"n_rows": 3.0}))
    assert sentence.startswith("Whatever the meta-features, C around 30 with gamma_scale around 0.1")
    assert words in sentence
    assert sentence.endswith(f"it wins on {n_wins} of 50 past tasks.")


def test_a_value_at_the_threshold_is_not_above_it() -> None:
    assert TREE.leaf(MetaFeatures({"n_rows": 3_200.0})).candidate == 1
    assert TREE.leaf(MetaFeatures({"n_rows": 3_200.1, "share_nominal": 0.1})).candidate == 0


def test_the_drawing() -> None:
    assert TREE.as_text() == (
        "n_rows above 3,200? (unknown: no)\n"
        "|-- yes: share_nominal above 0.1? (unknown: yes)\n"
        "|   |-- yes: C around 1 with gamma_scale around 1 [8 of 9 tasks, regret 0.020]\n"
        "|   `-- no:  C around 30 with gamma_scale around 0.1\n"
        "|         [14 of 17 tasks, regret 0.013]\n"
        "`-- no:  n_rows above 150? (unknown: no)\n"
        "    |-- yes: C around 1 with gamma_scale around 1 [4 of 20 tasks, regret 0.310]\n"
        "    `-- no:  C around 0.05 with gamma_scale around 0.1\n"
        "          [6 of 6 tasks, regret 0.000]"
    )


NAMES = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=200)
VALUES = st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), NAMES)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.tuples(st.integers(0, 1), st.integers(1, 9_999), st.floats(0, 9)).map(
    lambda t: Leaf(t[0], t[1], t[1] // 2, t[2])
)


def nodes(depth: int) -> st.SearchStrategy[Node]:
    if depth == 0:
        return LEAVES
    below = nodes(depth - 1)
    return st.one_of(LEAVES, st.builds(Split, NAMES, NUMBERS, st.booleans(), below, below))


TREES = st.builds(
    DecisionTree,
    nodes(3),
    st.tuples(*[st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)] * 2),
)


@settings(deadline=None)
@given(TREES)
@pytest.mark.slow
def test_every_tree_fits_eighty_columns_of_ascii(tree: DecisionTree) -> None:
    lines = tree.as_text().split("\n")
    assert max(map(len, lines)) <= 80
    assert all(line.isascii() for line in lines)
    assert sum("regret" in line for line in lines) >= tree.n_leaves


@settings(deadline=None)
@given(TREES)
@pytest.mark.slow
def test_a_tree_survives_json_copy_and_pickle(tree: DecisionTree) -> None:
    assert tree_from_json(json.loads(json.dumps(tree.to_json(), allow_nan=False))) == tree
    assert copy.deepcopy(tree) == tree
    assert pickle.loads(pickle.dumps(tree)).as_text() == tree.as_text()


@pytest.mark.parametrize("candidates", [(), ({},), ({"C": 1},)])
def test_leaves_need_their_candidates(candidates: tuple[dict[str, int], ...]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        DecisionTree(Leaf(1, 3, 1, 0.1), candidates)
    assert caught.value.field == ("root" if all(candidates) and candidates else "candidates")


def test_candidates_are_named_by_what_distinguishes_them() -> None:
    same: dict[str, ParameterValue] = {"a": 1, "b": "x", "c": None, "d": 0.5, "e": 2}
    described = describe_candidates([{**same, "d": 0.9}, {**same, "c": "on"}, same])
    assert described == ("c None with d around 0.9", "c on with d around 0.5", "c None with d around 0.5")
    assert describe_candidates([{"algorithm": "svm"}, {"algorithm": "forest"}]) == ("algorithm svm", "algorithm forest")
    assert describe_candidates([{"k": "rbf", "gamma": 0.1}, {"k": "linear"}]) == (
        "k rbf with gamma around 0.1",
        "k linear",
    )
    assert describe_candidates([same]) == ("a around 1 with b x and c None",)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3_200.0, "3,200"),
        (3_233.4, "3,233"),
        (0.1, "0.1"),
        (0.12345, "0.123"),
        (0, "0"),
        (-2.0, "-2"),
        (1.5e-7, "1.5e-07"),
        (2.5e8, "2.5e+08"),
        (999.9, "1,000"),
        (True, "1"),
    ],
)
def test_numbers_are_short(value: float, words: str) -> None:
    assert number_in_words(value) == words
