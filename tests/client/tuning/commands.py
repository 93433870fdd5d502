"""The commands, run in this process, and a table that is as messy as people's."""

from pathlib import Path

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from warmtune.cli.app import app


def messy(path: Path, *, n: int = 120, numbers: bool = False) -> Path:
    rng = np.random.default_rng(0)
    size = rng.gamma(2.0, 1_000.0, n)
    frame = pd.DataFrame(
        {
            "price": [f"${value:,.2f}" for value in size],
            "city": rng.choice(["Oslo", "Rome", "Bonn"], n),
            "when": pd.date_range("2020-01-01", periods=n).strftime("%Y-%m-%d"),
            "gaps": np.where(rng.uniform(size=n) < 0.2, np.nan, rng.normal(size=n)),
        }
    )
    frame["y <b>"] = size / 100 if numbers else np.where(size + 300 * rng.normal(size=n) > 1_700, "dear", "cheap")
    frame.to_csv(path, sep=";", index=False)
    return path


def run(*args: object) -> str:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == 0, result.output
    return result.output
