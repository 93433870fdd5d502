"""Tables of trials as files of several kinds."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd


def table(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    frame = pd.DataFrame([dict(row) for row in rows])
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        path.write_text(json.dumps([dict(row) for row in rows]))
    return path


ROWS: list[dict[str, object]] = [
    {
        "dataset": f"d{i % 2}",
        "C": 10.0 ** (i - 3),
        "kernel": "rbf" if i % 3 else "poly",
        "depth": i,
        "seed": 7,
        "val_auc": 0.5 + i / 100,
        "seconds": 0.5,
    }
    for i in range(8)
]
