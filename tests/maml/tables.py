"""Small tables with a target, drawn from a seed."""

import numpy as np
import pandas as pd

from maml.task_models.episodes import LabelledTable


def mixed_table(n: int, *, seed: int, n_classes: int = 3) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Numbers, names and gaps; class labels and numbers that depend on them."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(n, 4))
    colour = rng.choice(["red", "green", "blue"], n)
    signal = numbers[:, 0] - 0.7 * numbers[:, 1] + 1.2 * (colour == "red") + 0.1 * rng.normal(size=n)
    labels = np.array([f"class {c}" for c in range(n_classes)])[
        np.searchsorted(np.quantile(signal, np.linspace(0, 1, n_classes + 1)[1:-1]), signal)
    ]
    numbers[rng.random(n) < 0.2, 2] = np.nan
    table = pd.DataFrame(numbers, columns=["a", "b", "c", "d"])
    table["colour"] = colour
    table.loc[rng.random(n) < 0.1, "colour"] = None
    return table, labels, 40.0 + 3.0 * signal


def learning_tables(n_tables: int, *, is_classes: bool) -> list[LabelledTable]:
    """Datasets to meta-train on."""
    made = []
    for seed in range(n_tables):
        table, labels, numbers = mixed_table(90, seed=seed, n_classes=2 + seed % 3)
        target = np.unique(labels, return_inverse=True)[1].astype(float) if is_classes else numbers
        made.append(LabelledTable(f"table {seed}", table, target, is_classes))
    return made
