"""Small tables in the form that a backfill reads."""

import json
from pathlib import Path

import numpy as np
import pandas as pd


def classes(n: int = 90, seed: int = 0) -> pd.DataFrame:
    """Numbers, a nominal column with gaps, and a target that both tell."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    colour = rng.choice(["red", "green", "blue"], size=n)
    frame = pd.DataFrame({"x": x, "noise": rng.normal(size=n), "colour": pd.Categorical(colour)})
    frame.loc[::9, "x"] = np.nan
    frame.loc[::11, "colour"] = np.nan
    frame["y"] = pd.Categorical(np.where(x + (colour == "red") > 0, "yes", "no"))
    return frame


def numbers(n: int = 90, seed: int = 0) -> pd.DataFrame:
    """A regression table."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    frame["y"] = 1_000 + 50 * frame["a"] - 20 * frame["b"] ** 2
    return frame


def write_folder(folder: Path) -> Path:
    """Three datasets and their manifest."""
    entries = []
    for name, frame, task in (
        ("first", classes(90, 1), "binary"),
        ("second", classes(60, 2), "binary"),
        ("third", numbers(60, 3), "regression"),
    ):
        frame.to_parquet(folder / f"{name}.parquet")
        entries.append(
            {
                "name": name,
                "file": f"{name}.parquet",
                "task": task,
                "target": "y",
                "n_rows": len(frame),
                "n_features": frame.shape[1] - 1,
                "n_classes": 2 if task == "binary" else None,
            }
        )
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder
