"""Meta-features of many tasks as one matrix of single precision, gathered one task after another."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from metamodel.embedding.near_copies import rescaled, shares_of
from metamodel.embedding.neighbours import MetaFeatureScaler
from warmtune.vocabulary.arrays import Float32Array, FloatArray, IntArray
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.work import check_wanted

N_SCALED_BY: Final = 20_000
"""Tasks, at equal steps, that determine how meta-features are scaled."""
BLOCK: Final = 4_096
"""Tasks that are scaled at once."""


class Descriptions:
    """What is known of tasks' meta-features: four bytes a value. For one thread."""

    def __init__(self, n_expected: int) -> None:
        """Begin with none.

        Args:
            n_expected: Tasks that will come, at most.
        """
        self._step = max(-(-n_expected // N_SCALED_BY), 1)
        self._columns: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self._of_version: list[int] = []
        self._blocks: list[Float32Array] = []
        self._waiting: list[MetaFeatures] = []
        self._scaled_by: list[MetaFeatures] = []

    def add(self, meta_features: MetaFeatures) -> None:
        """The next task's."""
        if len(self._of_version) % self._step == 0:
            self._scaled_by.append(meta_features)
        self._of_version.append(self._versions.setdefault(meta_features.version, len(self._versions)))
        self._waiting.append(meta_features)
        if len(self._waiting) == BLOCK:
            self._put_away()

    def shares(self, kinds: IntArray) -> FloatArray:
        """`metamodel.embedding.near_copies.copy_shares` of the tasks, shape ``(T,)``, whose kinds are given."""
        self._put_away()
        if len(kinds) < 2:  # nothing to compare
            return np.ones(len(kinds))
        scaler = MetaFeatureScaler.fit(self._scaled_by)
        scaled = np.empty((len(kinds), len(scaler.names)), dtype=np.float32)
        at = 0
        for raw in self._raw(scaler):
            scaled[at : at + len(raw)] = scaler.scaled(raw, limit=np.inf)
            at += len(raw)
        return shares_of(rescaled(scaled), kinds)

    def _raw(self, scaler: MetaFeatureScaler) -> Iterator[FloatArray]:
        """Values in the scaler's order, by blocks; those of another version of Warmtune's own are gaps."""
        nothing = np.array(
            [not MetaFeatures({"any": 0.0}, {}, v).in_version(scaler.version).values for v in self._versions]
        )
        columns = [self._columns[name] for name in scaler.names]
        versions = np.array(self._of_version)
        at = 0
        for block in self._blocks:
            check_wanted()
            wide = np.full((len(block), len(self._columns)), np.nan)
            wide[:, : block.shape[1]] = block
            wide[nothing[versions[at : at + len(block)]]] = np.nan
            at += len(block)
            yield wide[:, columns]

    def _put_away(self) -> None:
        for meta_features in self._waiting:
            for name in meta_features.values:
                self._columns.setdefault(name, len(self._columns))
        block = np.full((len(self._waiting), len(self._columns)), np.nan, dtype=np.float32)
        for row, meta_features in enumerate(self._waiting):
            known = meta_features.values
            block[row, [self._columns[name] for name in known]] = list(known.values())
        self._blocks.append(block)
        self._waiting = []
