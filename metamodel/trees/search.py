"""Learning a meta-decision tree: a search over all shallow trees for the least expected regret."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from metamodel.trees.decision_tree import DecisionTree
from metamodel.trees.nodes import Leaf, Node, Split
from metamodel.trees.splits import ThresholdTest, candidate_questions
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures, common_version
from warmtune.vocabulary.work import check_wanted

MAX_DEPTH: Final = 3
MAX_TASKS: Final = 2_000
MIN_LEAF: Final = 5
MIN_LEAF_SHARE: Final = 0.05
N_PERMUTATIONS: Final = 200
NOISE_QUANTILE: Final = 0.98
MIN_GAIN: Final = 0.002
WIN_TOLERANCE: Final = 0.01
BEAM: Final = (24, 12)
"""Questions that are followed at the root and below it; at the last level all are tried."""


def fit_decision_tree(
    meta_features: Sequence[MetaFeatures], utility: FloatArray, candidates: Sequence[Configuration], *, seed: int
) -> DecisionTree:
    """Learn on which kinds of tasks which candidate wins.

    Of all trees up to `MAX_DEPTH` deep, the one with the least expected regret plus a price for every split. The price
    is what the best single split gains in `NOISE_QUANTILE` of `N_PERMUTATIONS` drawings in which the meta-features
    are permuted between the tasks: a split has to beat what searching through so many meta-features finds in noise
    (the maximum-statistic of Westfall and Young, 1993), and at least `MIN_GAIN` of mean utility. So meta-features that
    tell nothing give a single leaf. The search is exact where there are no more questions than `BEAM`; otherwise the
    upper levels follow that many, those that gain most by themselves, and the last level is always exact.

    Args:
        meta_features: Of ``T`` past tasks, in natural units; names may differ between them.
        utility: Shape ``(T, K)``: of each candidate on each task, 1 for a task's best configuration, 0 for its worst.
        candidates: ``K`` of them: configurations, or the values that make out a region (``{"algorithm": "svm"}``).
        seed: Of the permutations, and of the `MAX_TASKS` tasks that are drawn where there are more.

    Raises:
        InvalidInputError: If there is no task or no candidate, the shapes differ, or a utility isn't finite.
    """
    if utility.shape != (len(meta_features), len(candidates)) or utility.size == 0:
        raise InvalidInputError(
            f"{len(meta_features)} tasks and {len(candidates)} candidates need a utility each, got {utility.shape}",
            field="utility",
        )
    if not np.isfinite(utility).all():
        raise InvalidInputError("utilities must be finite", field="utility", limit="finite numbers")
    rng = np.random.default_rng(seed)
    if len(meta_features) > MAX_TASKS:
        drawn = np.sort(rng.choice(len(meta_features), MAX_TASKS, replace=False))
        meta_features, utility = [meta_features[i] for i in drawn], utility[drawn]
    version = common_version(meta_features)
    meta_features = [one.in_version(version) for one in meta_features]
    min_leaf = max(MIN_LEAF, math.ceil(MIN_LEAF_SHARE * len(meta_features)))
    questions, answers = candidate_questions(meta_features, min_leaf=min_leaf)
    price = max(_gain_of_noise(answers, utility, rng), MIN_GAIN * len(utility))
    search = _Search(questions, answers, utility, price, min_leaf)
    return DecisionTree(search.best(np.arange(len(utility)), depth=0)[1], tuple(candidates), version)


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for the best tree; utilities are summed over tasks, not averaged.

    Attributes:
        questions: ``S`` of them.
        answers: Shape ``(S, T)``.
        utility: Shape ``(T, K)``.
        price: Of a split.
        min_leaf: Fewest tasks of a leaf.
    """

    questions: list[ThresholdTest]
    answers: BoolArray
    utility: FloatArray
    price: float
    min_leaf: int

    def best(self, tasks: IntArray, *, depth: int) -> tuple[float, Node]:
        """The best subtree for some tasks: its utility less the price of its splits, and itself."""
        check_wanted()
        leaf_value = float(self.utility[tasks].sum(axis=0).max())
        best: tuple[float, Node] = (leaf_value, self._leaf(tasks))
        ceiling = float(self.utility[tasks].max(axis=1).sum())
        if depth == MAX_DEPTH or len(tasks) < 2 * self.min_leaf or ceiling - leaf_value <= self.price:
            return best
        value, answers = self._after_split(tasks)
        order = np.argsort(-value, kind="stable")
        order = order[np.isfinite(value[order])]
        is_last = depth == MAX_DEPTH - 1
        for row in order[: 1 if is_last else BEAM[depth]]:
            if is_last and value[row] - self.price <= best[0]:
                break
            above, at_most = tasks[answers[row]], tasks[~answers[row]]
            if not is_last and self._ceiling(above, at_most) <= best[0]:
                continue
            high, high_tree = self.best(above, depth=depth + 1)
            low, low_tree = self.best(at_most, depth=depth + 1)
            if high + low - self.price > best[0] + 1e-12:
                question = self.questions[int(row)]
                tree = Split(question.name, question.threshold, question.unknown_goes_above, high_tree, low_tree)
                best = (high + low - self.price, tree)
        return best

    def _ceiling(self, above: IntArray, at_most: IntArray) -> float:
        """No subtree after a split can be worth more: each side a leaf, or split at the price and then perfect."""
        total = -self.price
        for side in (above, at_most):
            leaf = float(self.utility[side].sum(axis=0).max())
            total += max(leaf, float(self.utility[side].max(axis=1).sum()) - self.price)
        return total

    def _after_split(self, tasks: IntArray) -> tuple[FloatArray, BoolArray]:
        """For every question the utility of its two leaves, minus infinity where one is too small; its answers."""
        answers = self.answers[:, tasks]
        above = answers.sum(axis=1)
        value = _utility_of_leaves(answers.astype(float), self.utility[tasks])
        value[(above < self.min_leaf) | (len(tasks) - above < self.min_leaf)] = -np.inf
        return value, answers

    def _leaf(self, tasks: IntArray) -> Leaf:
        utility = self.utility[tasks]
        candidate = int(utility.mean(axis=0).argmax())
        behind = utility.max(axis=1) - utility[:, candidate]
        n_wins = int((behind <= WIN_TOLERANCE).sum())
        return Leaf(candidate, len(tasks), n_wins, float(behind.mean()))


def _utility_of_leaves(answers: FloatArray, utility: FloatArray) -> FloatArray:
    """Summed utility of the two sides' best candidates.

    Args:
        answers: Shape ``(S, T)``, zeros and ones.
        utility: Shape ``(T, K)``.

    Returns:
        Shape ``(S,)``.
    """
    above = answers @ utility  # (S, K)
    value: FloatArray = above.max(axis=1) + (utility.sum(axis=0) - above).max(axis=1)
    return value


def _gain_of_noise(answers: BoolArray, utility: FloatArray, rng: np.random.Generator) -> float:
    """What the best single split gains when meta-features are permuted, in `NOISE_QUANTILE` of the drawings."""
    if not len(answers):
        return 0.0
    leaf = float(utility.sum(axis=0).max())
    as_numbers = answers.astype(float)
    gains = [
        float(_utility_of_leaves(as_numbers, utility[rng.permutation(len(utility))]).max()) - leaf
        for _ in range(N_PERMUTATIONS)
    ]
    return float(np.quantile(gains, NOISE_QUANTILE))
