"""Tables that tests describe."""

import numpy as np
import pyarrow as pa

from metafeatures.describe import describe
from warmtune.vocabulary.task import TaskKind


def mixed_table(n: int = 300, *, seed: int = 0, target: str = "classes") -> pa.Table:
    """Numeric columns of several shapes, nominal, boolean and date ones, some cells missing, and a target."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=n)
    skewed = rng.lognormal(size=n)
    skewed[rng.random(n) < 0.1] = np.nan
    colour = np.array(["red", "green", "blue", "violet"])[rng.choice(4, n, p=(0.5, 0.3, 0.15, 0.05))]
    columns = {
        "signal": signal,
        "skewed": pa.array(skewed, from_pandas=True),
        "count": rng.poisson(3.0, n),
        "noise": rng.uniform(-1.0, 1.0, n) * 1e3,
        "colour": pa.array([None if rng.random() < 0.1 else c for c in colour]),
        "flag": rng.random(n) < 0.3,
        "day": pa.array(rng.integers(10_000, 20_000, n).astype("datetime64[D]")),
    }
    latent = signal + 0.5 * (colour == "red") + 0.3 * rng.normal(size=n)
    targets = {
        "classes": np.where(latent > 0.8, "high", np.where(latent > -0.2, "mid", "low")),
        "numbers": latent * 7.0 + 40.0,
    }
    return pa.table(columns | {"y": targets[target]})


def values_of(table: pa.Table, target: str = "y", kind: TaskKind | None = None) -> dict[str, float]:
    """The described values by name."""
    return dict(describe(table, target, kind=kind).meta_features.values)
