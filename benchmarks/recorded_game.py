"""One recorded target that answers proposals: the nearest recorded configuration not tried yet, scores and seconds."""

import numpy as np

from benchmarks.transfer_table import Material
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.space import Configuration


class RecordedGame:
    """One target, of which the configurations with a score and seconds count.

    Attributes:
        has: Shape ``(C,)``: their indices in the table.
        values: Shape ``(C, 2)``: score in the metric's units, and log10 of the seconds.
        gains: Shape ``(C, 2)``: both scaled to [0, 1], larger is better.
        default: Row of the library's default, or the nearest one.
        task: The target.
    """

    def __init__(self, material: Material, target: int) -> None:
        """Take the target's rows."""
        table = material.table
        seconds = table.durations_s[target]
        self.has = np.flatnonzero(np.isfinite(material.scores[target]) & np.isfinite(seconds) & (seconds > 0.0))
        self.table, self.features, self.cube = table, material.features[self.has], UnitCube(table.space)
        self.values = np.stack([table.scores[target, self.has], np.log10(seconds[self.has])], axis=-1)
        signed = self.values * np.array([table.direction.sign, -1.0])
        low, high = signed.min(axis=0), signed.max(axis=0)
        self.gains = (signed - low) / np.maximum(high - low, 1e-12)
        default = np.flatnonzero(self.has == material.default)
        nearest = ((self.features - material.features[material.default]) ** 2).sum(axis=1).argmin()
        self.default = int(default[0]) if len(default) else int(nearest)
        self.task = table.tasks[target]

    def configuration(self, row: int) -> Configuration:
        """Of a row that the target has."""
        return self.table.configurations[int(self.has[row])]

    def nearest(self, configuration: Configuration, tried: list[int]) -> int:
        """The row that answers."""
        point = self.cube.features(*self.cube.encode([configuration]))
        distance = ((self.features - point) ** 2).sum(axis=1)
        distance[tried] = np.inf
        return int(distance.argmin())
