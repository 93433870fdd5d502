import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core.registry import CPUDispatcher

from metafeatures.compilation import compile_kernels
from metafeatures.kernels import columns, complexity, information, order, trees

PROBE = """
import sys, numba.core.caching as caching
from metafeatures.kernels.compiled import kernel
{refuse}
def twice(x):
    return 2 * x
compiled = kernel(twice)
sys.stdout.write(str(compiled(21)))
"""
REFUSE = """
class Nowhere:
    @classmethod
    def from_function(cls, function, path):
        return None
caching.CacheImpl._locator_classes = [Nowhere]
"""


def run(code: str, folder: Path) -> str:
    script = folder / "probe.py"
    script.write_text(code, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    return found.stdout


@pytest.mark.slow
def test_kernels_compile_where_nothing_can_be_written(tmp_path: Path) -> None:
    assert run(PROBE.format(refuse=REFUSE), tmp_path) == "42"


@pytest.mark.slow
def test_kernels_are_cached_beside_their_source(tmp_path: Path) -> None:
    assert run(PROBE.format(refuse=""), tmp_path) == "42"
    assert list(tmp_path.glob("__pycache__/probe.twice*.nbc"))


def test_every_kernel_that_is_called_is_compiled_ahead() -> None:
    inner = {"_best_split", "_move", "_partition", "_totals", "median_deviation"}  # part of the kernel that calls them
    compile_kernels()
    modules = (columns, complexity, information, order, trees)
    kernels = [k for module in modules for k in vars(module).values() if isinstance(k, CPUDispatcher)]
    assert len(kernels) > 15
    assert {k.py_func.__name__ for k in kernels if not k.signatures} <= inner
