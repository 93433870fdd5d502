"""Nearest past tasks among millions: exact, in time that hardly grows with their number."""

import threading

import numpy as np
from scipy.spatial import cKDTree

from metamodel.embedding.task_embedding import TaskEmbedding
from warmtune.vocabulary.arrays import Float32Array, FloatArray, IntArray

LEAF_SIZE = 32


class PlaceIndex:
    """The tasks that an embedding gives the largest weights; threads may share it.

    A past task's weight falls with its squared distance: ``sum(pull c p - stiffness p^2 / 2)`` is, up to a constant,
    minus half of ``sum(stiffness (p - c pull / stiffness)^2)``. So the heaviest are the nearest ones in places that are
    scaled by the root of the stiffness, which a k-d tree finds (Bentley, 1975). It is built when first asked.
    """

    def __init__(self, embedding: TaskEmbedding, places: Float32Array) -> None:
        """Keep what the tree is made of.

        Args:
            embedding: Of the past tasks.
            places: Shape ``(T, E)``.
        """
        self._counts = embedding.stiffness > 0.0  # a direction without stiffness has no pull either
        self._scale = np.sqrt(embedding.stiffness[self._counts])
        self._pull = embedding.pull[self._counts]
        self._places = places
        self._lock = threading.Lock()
        self._tree: cKDTree | None = None

    def nearest(self, own: FloatArray, n: int) -> IntArray:
        """Rows of the `n` tasks of the largest weight for one at ``own`` ``(E,)``, the heaviest first; ties any way."""
        n = min(n, len(self._places))
        if not self._counts.any():
            return np.arange(n)
        centre = own[self._counts] * self._pull / self._scale
        rows: IntArray = np.atleast_1d(self._built().query(centre, k=n)[1]).astype(np.intp)
        return rows

    def _built(self) -> cKDTree:
        with self._lock:
            if self._tree is None:
                scaled = self._places[:, self._counts] * self._scale
                self._tree = cKDTree(scaled, leafsize=LEAF_SIZE, compact_nodes=False, balanced_tree=False)
            return self._tree
