"""Where the trials of block after block count among the anchors, remembering what many tasks share."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from metamodel.maps.anchors import Key
from metamodel.maps.history import TaskHistory
from metamodel.maps.tried import TriedAnchors, located
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.space import Configuration, SearchSpace

MAX_REMEMBERED: Final = 65_536
"""Configurations; later ones are looked up each time."""


class AnchorLookup:
    """`TriedAnchors` of some histories at a time. For one thread.

    A configuration that several tasks share as an object is looked up once. It is kept alive for that, since another
    one could get its identity otherwise.

    Attributes:
        features: Shape ``(A, D)`` of the anchors.
    """

    def __init__(self, space: SearchSpace, position: Mapping[Key, int], features: FloatArray) -> None:
        """Remember nothing yet; the arguments are those of `TriedAnchors.of_histories`."""
        self._space = space
        self._position = position
        self.features = features
        self._known: dict[int, tuple[Configuration, int, float]] = {}

    def tried(self, histories: Sequence[TaskHistory]) -> TriedAnchors:
        """Of the histories' trials."""
        known = self._known
        new = {id(one): one for history in histories for one in history.configurations if id(one) not in known}
        at, closeness = located(self._space, list(new.values()), self._position, self.features)
        found = {
            key: (configuration, int(place), float(close))
            for (key, configuration), place, close in zip(new.items(), at, closeness, strict=True)
        }
        all_at, all_closeness = [], []
        for history in histories:
            places = [known.get(id(one)) or found[id(one)] for one in history.configurations]
            all_at.append(np.array([place for _, place, _ in places], dtype=np.intp))
            all_closeness.append(np.array([close for _, _, close in places], dtype=np.float64))
        for key, one in found.items():
            if len(known) >= MAX_REMEMBERED:
                break
            known[key] = one
        return TriedAnchors(tuple(all_at), tuple(all_closeness))
