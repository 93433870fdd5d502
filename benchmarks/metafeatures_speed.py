"""How long a description takes, against reading the same table from CSV and against pymfe, in one run.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.metafeatures_speed [--largest 1000000]

Tables are half normal, a fifth integer, skewed with 5 % missing, the rest nominal (strings), with a binary target.
Each figure is the best of several runs; ours uses one thread. Where other programs share the machine, the processor's
time is the fairer one. Memory is the process's at its peak, the table included. pymfe (its default groups, numbers and
codes as it wants them) is installed into a throw-away environment and stopped after --cap seconds; where it can't be
installed, the column says so. Compilation is shown apart.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as pacsv
from pyarrow import ipc

from metafeatures.describe import describe

SIZES = ((1_000, 20), (10_000, 50), (100_000, 200), (1_000_000, 50))
TARGET = "y"
PYMFE = """
import sys, time, json, warnings
warnings.simplefilter("ignore")
import pandas as pd
from pymfe.mfe import MFE
frame = pd.read_csv(sys.argv[1])
y = frame.pop("y").to_numpy()
frame = frame.fillna(frame.median(numeric_only=True))
nominal = [i for i, c in enumerate(frame.columns) if c.startswith("c")]
began = time.perf_counter()
mfe = MFE()
mfe.fit(frame.to_numpy(dtype=object if nominal else float), y, cat_cols=nominal or None)
names, values = mfe.extract()
print(json.dumps([time.perf_counter() - began, len(names), int(sum(bool(v != v) for v in values))]))
"""
FIRST = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from metafeatures.describe import describe
from metafeatures.reading import read_table
imported = time.perf_counter()
table = read_table(Path(sys.argv[1]))
began_call = time.perf_counter()
describe(table, "y")
first = time.perf_counter()
describe(table, "y")
print(imported - began, first - began_call, time.perf_counter() - first)
"""
MEMORY = """
import sys
from pathlib import Path
import pyarrow as pa
from metafeatures.describe import describe
def resident(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))
with pa.OSFile(sys.argv[1]) as source:
    table = pa.ipc.open_file(source).read_all()
describe(table.slice(0, 500), "y")
before = resident("VmRSS")
Path("/proc/self/clear_refs").write_text("5")
describe(table, "y")
print(table.nbytes, resident("VmHWM") - before)
"""


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=SIZES[-1][0], help="leave out tables with more rows")
    parser.add_argument("--cap", type=float, default=60.0, help="seconds for pymfe")
    parser.add_argument("--without-pymfe", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pymfe = None if arguments.without_pymfe else pymfe_python(folder)
        _first_call(folder)
        describe(mixed_table(300, 20), TARGET)
        print(
            "\nseconds by the clock (of the processor, all threads); in brackets after a reader: describe's share of it"
            f"\n{'table':>16} {'describe':>15} {'pyarrow CSV, 1 thread':>29} {'pyarrow CSV, threads':>29}"
            f" {'pandas CSV':>29} {'peak/table (MiB beside it)':>27}  pymfe"
        )
        for n_rows, n_columns in SIZES:
            if n_rows <= arguments.largest:
                _row(folder, n_rows, n_columns, pymfe, arguments.cap)


def mixed_table(n_rows: int, n_columns: int) -> pa.Table:
    """A table of mixed columns with a learnable binary target."""
    rng = np.random.default_rng(0)
    columns: dict[str, object] = {}
    for j in range(n_columns - 1):
        sort = j % 10
        if sort < 5:
            columns[f"n{j}"] = rng.normal(size=n_rows) * 10.0 ** rng.uniform(-2, 3)
        elif sort == 5:
            columns[f"n{j}"] = rng.integers(0, 1_000, n_rows)
        elif sort == 6:
            skewed = rng.lognormal(size=n_rows)
            skewed[rng.random(n_rows) < 0.05] = np.nan
            columns[f"n{j}"] = pa.array(skewed, from_pandas=True)
        else:
            words = np.array([f"word{i}" for i in range(3 * sort)])
            columns[f"c{j}"] = words[rng.integers(0, len(words), n_rows)]
    first = np.asarray(columns["n0"])
    columns[TARGET] = np.where(first / first.std() + rng.normal(size=n_rows) > 0.0, "yes", "no")
    return pa.table(columns)


def _row(folder: Path, n_rows: int, n_columns: int, pymfe: Path | None, cap: float) -> None:
    table, path = mixed_table(n_rows, n_columns), folder / f"{n_rows}.csv"
    pacsv.write_csv(table, path)
    with ipc.new_file(folder / "table.arrow", table.schema) as writer:
        writer.write_table(table)
    runs = 3 if n_rows * n_columns > 5_000_000 else 9
    ours = _best(lambda: describe(table, TARGET), runs)
    readers = (
        _best(lambda: pacsv.read_csv(path, read_options=pacsv.ReadOptions(use_threads=False)), min(runs, 3)),
        _best(lambda: pacsv.read_csv(path), min(runs, 3)),
        _best(lambda: pd.read_csv(path), 1 if runs == 3 else 3),
    )
    n_bytes, extra = (int(part) for part in _script(MEMORY, folder / "table.arrow").split())
    cells = "".join(f" {_pair(r):>15} [{ours[0] / r[0]:5.2f} ({ours[1] / r[1]:5.2f})]" for r in readers)
    memory = f"{1 + extra / n_bytes:.2f} ({extra / 2**20:.1f})"
    print(
        f"{n_rows:>9,} x {n_columns:<4d} {_pair(ours):>15}{cells} {memory:>27}  {_pymfe(pymfe, path, cap, ours[0])}",
        flush=True,
    )


def _pair(seconds: tuple[float, float]) -> str:
    return f"{seconds[0]:.3f} ({seconds[1]:.3f})"


def _best(call: Callable[[], object], runs: int) -> tuple[float, float]:
    wall, processor = float("inf"), float("inf")
    for _ in range(runs):
        began, used = time.perf_counter(), time.process_time()
        call()
        wall = min(wall, time.perf_counter() - began)
        processor = min(processor, time.process_time() - used)
    return wall, processor


def _script(code: str, *arguments: Path, python: Path | str = sys.executable, **environment: str) -> str:
    return subprocess.run(
        [str(python), "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    ).stdout


def _first_call(folder: Path) -> None:
    path = folder / "first.csv"
    pacsv.write_csv(mixed_table(10_000, 50), path)
    cache = folder / "cache"
    for label in ("nothing compiled yet", "compiled by an earlier process"):
        imported, first, second = map(float, _script(FIRST, path, NUMBA_CACHE_DIR=str(cache)).split())
        print(
            f"new process, {label}: import {imported:.2f} s, first call {first:.2f} s (10,000 x 50),"
            f" second {second * 1e3:.0f} ms",
            flush=True,
        )


def pymfe_python(folder: Path) -> Path | None:
    """The interpreter of a new environment with pymfe, or None, with a printed line, where it can't be installed."""
    home = folder / "pymfe"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "-q", "pymfe"], check=False, capture_output=True, text=True
    )
    if done.returncode:
        print(f"pymfe could not be installed, its column is left out: {done.stderr.strip().splitlines()[-1]}")
        return None
    return python


def _pymfe(python: Path | None, path: Path, cap: float, ours: float) -> str:
    if python is None:
        return "not installed"
    try:
        done = subprocess.run(
            [str(python), "-c", PYMFE, str(path)], capture_output=True, text=True, timeout=cap, check=False
        )
    except subprocess.TimeoutExpired:
        return f"stopped after {cap:.0f} s (over {cap / ours:,.0f} times ours)"
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1][:80]}"
    seconds, n_values, n_missing = json.loads(done.stdout)
    return f"{seconds:.1f} s ({seconds / ours:,.0f} times ours), {n_missing} of {n_values} values NaN"


if __name__ == "__main__":
    main()
