"""Decision trees as the API answers them."""

from typing import Any

from metamodel.trees.decision_tree import DecisionTree
from metamodel.trees.nodes import Leaf, Node, Split


def tree_from_json(body: Any) -> DecisionTree:
    """The tree that an answer describes."""
    return DecisionTree(_node(body["root"]), tuple(body["candidates"]))


def _node(body: Any) -> Node:
    if "candidate" in body:
        return Leaf(body["candidate"], body["n_tasks"], body["n_wins"], body["regret"])
    above, at_most = _node(body["above"]), _node(body["at_most"])
    return Split(body["name"], body["threshold"], body["unknown_goes_above"], above, at_most)
