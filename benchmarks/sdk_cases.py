"""Scripts that once showed faults of the SDK, against what a manifest says of their output.

    python -m benchmarks.sdk_cases FOLDER MANIFEST [--only PART] [--show] [--limit-s 400]

FOLDER holds scripts that use a service at http://127.0.0.1:18101 and print a line for each attempt: what came back, or
the exception with its module. A service of its own is started there, and each script runs in a folder of its own, in
which `http_front` can be imported and `cert.pem`, `key.pem`, `d.csv` and `iris.txt` lie.

Of every script it is an error if it ends with another status than `status` (0; libraries refuse some inputs before
Warmtune sees them, and a script may end with the refusal that is right), if an exception that isn't Warmtune's, or one
of Python's that it names as `allowed`, reaches it, or if it prints a secret. The manifest is a JSON object by script:
`must` are regular expressions that the output has, `never` those that it lacks, `allowed` further exceptions.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

from benchmarks.stats import print_table
from tests.client.fronts import CERTIFICATE, KEY
from tests.serving import ROOT, start_service

PORT = "18101"
LIMIT_S = 400.0
"""For a script, on a machine that does nothing else."""
RAISED = re.compile(r": ((?:[a-z_]\w*\.)+)([A-Z]\w+): ")
"""How an attempt tells an exception: its module and its name."""
OWN = ("warmtune.", "builtins.InvalidInputError")
ALWAYS_ALLOWED = frozenset({"builtins.TypeError", "builtins.ModuleNotFoundError", "builtins.ValueError"})
"""Python's own for calls that no signature takes, libraries that are missing, and Optuna's own checks."""
SECRETS = ("SECRET123",)
LIBRARIES = ("common.py",)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a script's output is to be like; see the module."""

    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    status: int = 0

    @classmethod
    def of(cls, entry: Mapping[str, object]) -> "Expected":
        """As the manifest says it."""
        lists = {name: tuple(map(str, value)) for name, value in entry.items() if isinstance(value, list)}
        status = entry.get("status", 0)
        return cls(**lists, status=status if isinstance(status, int) else 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a script."""

    name: str
    output: str
    status: int
    seconds: float

    def faults(self, expected: Expected) -> list[str]:
        """In what it isn't as expected."""
        found = (
            [] if self.status == expected.status else [f"status {self.status}: {self.output.strip().splitlines()[-1:]}"]
        )
        for line in self.output.splitlines():
            for module, name in RAISED.findall(line):
                raised = f"{module}{name}"
                if not raised.startswith(OWN) and raised not in ALWAYS_ALLOWED and raised not in expected.allowed:
                    found.append(f"raw {raised}: {line[:160]}")
        found += [
            f"prints {secret}" for secret in SECRETS if secret in re.sub(r"^'[^']*'", "", self.output, flags=re.M)
        ]
        found += [f"lacks {part!r}" for part in expected.must if not re.search(part, self.output, re.MULTILINE)]
        found += [f"has {part!r}" for part in expected.never if re.search(part, self.output, re.MULTILINE)]
        return found


def main() -> None:
    """Run, print a table, and end with status 1 if any script fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--only", default="", help="scripts whose name contains this")
    parser.add_argument("--show", action="store_true", help="print what they print")
    parser.add_argument("--limit-s", type=float, default=LIMIT_S, help="seconds that a script may take")
    asked = parser.parse_args()
    expected = {name: Expected.of(entry) for name, entry in _read(asked.manifest).items()}
    names = sorted(path.name for path in asked.folder.glob("*.py") if path.name not in LIBRARIES)
    rows, faults = [], []
    with tempfile.TemporaryDirectory() as directory:
        service = start_service(Path(directory), port=PORT)
        try:
            for name in names:
                if asked.only not in name:
                    continue
                outcome = run(asked.folder, name, limit_s=asked.limit_s)
                wrong = outcome.faults(expected.get(name, Expected()))
                rows.append([name, f"{outcome.seconds:.0f}", "FAIL" if wrong else "pass"])
                faults += [f"{name}: {one}" for one in wrong]
                print(f"{name}: {'FAIL' if wrong else 'pass'}", flush=True)
                if asked.show:
                    print(outcome.output)
        finally:
            service.stop()
    print_table(["script", "s", ""], rows)
    print("\n".join(faults))
    print(f"{sum(row[2] == 'pass' for row in rows)} of {len(rows)} scripts pass")
    sys.exit(1 if faults else 0)


def run(folder: Path, name: str, *, limit_s: float = LIMIT_S) -> Outcome:
    """Run a script in a folder of its own, with all that it may import."""
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        _furnish(here)
        shutil.copy(ROOT / "benchmarks" / "http_front.py", here)
        for path in folder.glob("*.py"):
            shutil.copy(path, here)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("WARMTUNE_")}
        environment["PYTHONPATH"] = os.pathsep.join([directory, str(ROOT), str(ROOT / "client")])
        started = time.monotonic()
        command: Sequence[str] = [sys.executable, name, *(["1000"] if name == "big_study.py" else [])]
        try:
            done = subprocess.run(
                command, cwd=here, env=environment, capture_output=True, text=True, timeout=limit_s, check=False
            )
            output, status = done.stdout + done.stderr, done.returncode
        except subprocess.TimeoutExpired:
            output, status = f"not done after {limit_s:.0f} s", -1
        return Outcome(name, output, status, time.monotonic() - started)


def _furnish(here: Path) -> None:
    shutil.copy(CERTIFICATE, here)
    shutil.copy(KEY, here)
    rng = np.random.default_rng(0)
    a = rng.normal(size=120)
    pd.DataFrame({"a": a, "b": rng.normal(size=120), "y": (a > 0.0).astype(int)}).to_csv(here / "d.csv", index=False)
    X, y = load_iris(return_X_y=True)
    np.savetxt(here / "iris.txt", np.c_[X, y])


def _read(path: Path) -> dict[str, dict[str, object]]:
    read: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    return read


if __name__ == "__main__":
    main()
