"""Which changes of the code does no test notice? Mutates a room's operators and constants, one at a time.

    python -m tools.mutants ROOM [--tests PATH ...] [--sample 40] [--seed 0] [--timeout-s 300]

ROOM is a folder such as ``store``, or a file; the tests are those of ``tests/ROOM`` by default.
The sample is drawn from all places where a mutation is possible. Each mutant is written into a copy of the checkout in
a temporary folder, where the tests run until the first that fails. Printed: one line a mutant, killed or survived, and
the survivors at the end. A survivor is either a missing test or a change that makes no difference: that is for a
person to judge.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = (".git", ".venv*", "__pycache__", ".*_cache", "out", "runs", "results")
COMPARISONS: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
}
OPERATORS: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Div(),
    ast.Div: ast.Mult(),
    ast.FloorDiv: ast.Mult(),
    ast.Pow: ast.Mult(),
    ast.BitAnd: ast.BitOr(),
    ast.BitOr: ast.BitAnd(),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Attributes:
        path: Of the file, relative to the checkout.
        start: Line, from 1, and column in bytes where the changed expression begins.
        end: Where it ends.
        text: What stands there instead.
        was: What stood there.
    """

    path: Path
    start: tuple[int, int]
    end: tuple[int, int]
    text: str
    was: str

    def __str__(self) -> str:
        """Where, and what became of what."""
        return f"{self.path}:{self.start[0]}: {self.was} -> {self.text}"

    def apply(self, source: str) -> str:
        """The source with this change."""
        lines = source.encode().split(b"\n")
        (top, left), (bottom, right) = self.start, self.end
        changed = lines[top - 1][:left] + self.text.encode() + lines[bottom - 1][right:]
        return b"\n".join([*lines[: top - 1], changed, *lines[bottom:]]).decode()


def mutants_of(path: Path, source: str) -> Iterator[Mutant]:
    """Every possible mutant of a file; docstrings, annotations and calls that only build an error's text stay."""
    tree = ast.parse(source)
    quiet = {id(node) for node in _quiet(tree)}
    for node in ast.walk(tree):
        if id(node) in quiet or not isinstance(node, ast.expr):
            continue
        for changed in _changes(node):
            was = ast.get_source_segment(source, node) or ""
            yield Mutant(
                path,
                (node.lineno, node.col_offset),
                (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset),
                f"({ast.unparse(changed)})",
                " ".join(was.split()),
            )


def _changes(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        yield ast.Compare(node.left, [COMPARISONS[type(node.ops[0])]], node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)], node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int):
            yield ast.Constant(node.value + 1)
        elif isinstance(node.value, float):
            yield ast.Constant(node.value * 2.0 if node.value else 1.0)


def _quiet(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes that no test should be asked to notice: types, and what a failure says."""
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            parts = [node.returns, *(argument.annotation for argument in arguments), *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            parts = [*node.decorator_list]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.Raise):
            parts = [node.exc, node.cause]
        elif isinstance(node, ast.JoinedStr):
            parts = [node]
        for part in parts:
            if part is not None:
                yield from ast.walk(part)


def judged(copy: Path, mutant: Mutant, tests: Sequence[str], *, timeout_s: float) -> str:
    """`killed` where a test fails or the tests take too long, else `survived`."""
    target = copy / mutant.path
    source = target.read_text(encoding="utf-8")
    target.write_text(mutant.apply(source), encoding="utf-8")
    try:
        done = _pytest(copy, tests, timeout_s=timeout_s)
    except subprocess.TimeoutExpired:
        return "killed"
    finally:
        target.write_text(source, encoding="utf-8")
    return "survived" if done.returncode == 0 else "killed"


def _pytest(copy: Path, tests: Sequence[str], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *tests]
    path = os.pathsep.join((str(copy), str(copy / "client")))
    environment = os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )


def run(room: str, tests: Sequence[str], *, n: int, seed: int, timeout_s: float, say: Callable[[str], None]) -> int:
    """Judge a sample of a room's mutants and say what became of each; returns how many survived.

    Raises:
        RuntimeError: If the tests fail without any change.
    """
    paths = [ROOT / room] if (ROOT / room).is_file() else sorted((ROOT / room).rglob("*.py"))
    names = [path.relative_to(ROOT) for path in paths if "migrations" not in path.parts]
    possible = [mutant for name in names for mutant in mutants_of(name, (ROOT / name).read_text(encoding="utf-8"))]
    chosen = random.Random(seed).sample(possible, min(n, len(possible)))  # noqa: S311  # no secret
    say(f"{len(chosen)} of {len(possible)} possible mutants of {room}, tests: {' '.join(tests)}")
    survivors: list[Mutant] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        unchanged = _pytest(copy, tests, timeout_s=timeout_s)
        if unchanged.returncode != 0:
            raise RuntimeError(f"the tests fail without any change:\n{unchanged.stdout[-2_000:]}")
        for mutant in sorted(chosen, key=lambda m: (m.path, m.start)):
            verdict = judged(copy, mutant, tests, timeout_s=timeout_s)
            say(f"{verdict:9} {mutant}")
            if verdict == "survived":
                survivors.append(mutant)
    say(f"\n{len(chosen) - len(survivors)} of {len(chosen)} killed; survivors:")
    for mutant in survivors:
        say(f"  {mutant}")
    return len(survivors)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("room")
    parser.add_argument("--tests", nargs="+")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout-s", type=float, default=300.0)
    args = parser.parse_args()
    tests = args.tests or [f"tests/{args.room.partition('/')[0]}"]
    run(
        args.room,
        tests,
        n=args.sample,
        seed=args.seed,
        timeout_s=args.timeout_s,
        say=_say,
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
