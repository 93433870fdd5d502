"""How benchmarks on recorded tables are printed: means with intervals, differences, ranks, trials saved."""

from benchmarks.stats import print_table
from metamodel.backtest.replay import Method
from metamodel.backtest.result import Backtest
from warmtune.vocabulary.model_version import RegretEstimate


def print_backtest(backtest: Backtest, *, heading: str, reference: tuple[str, dict[int, float]] | None = None) -> None:
    """Print mean regret after n trials, a line of intervals under each mean, and what follows from it.

    Args:
        backtest: What was found.
        heading: Above the table.
        reference: Name and mean regrets by number of trials of a row that was measured elsewhere.
    """
    at = backtest.checkpoints()
    print(f"\n{heading}")
    rows = [row for method in backtest.regret for row in _rows(backtest, method, at)]
    if reference is not None:
        name, values = reference
        rows.append((f"({name}, given)", *(_short(values[n]) if n in values else "" for n in at)))
    print_table(("mean normalised regret after", *map(str, at)), rows)
    print_comparisons(backtest)


def print_comparisons(backtest: Backtest) -> None:
    """Print the engine against each baseline, mean ranks, and how soon it is where the others get."""
    at = backtest.checkpoints()
    ranks = {n: backtest.mean_ranks(n) for n in at}
    rows = [
        (f"rank: {method}", *(f"{ranks[n][method]:.2f}" if method in ranks[n] else "" for n in at))
        for method in backtest.regret
    ]
    if Method.ADAPTIVE in backtest.regret:
        for other in backtest.regret:
            if not other.is_engines:
                rows += _difference_rows(backtest, other, at)
    print()
    print_table(("compared after", *map(str, at)), rows)
    if Method.ADAPTIVE in backtest.regret:
        print()
        for line in saved_lines(backtest):
            print(line)


def saved_lines(backtest: Backtest) -> list[str]:
    """In words: which number of warm trials does what a cold method needs 20, 50 or 100 for."""
    lines = []
    for method in (Method.RANDOM, Method.TPE):
        for after in (20, 50, 100):
            if method in backtest.regret and backtest.regret[method].shape[1] >= after:
                found = backtest.trials_saved(method, after)
                needed = _count(found.needed, backtest)
                low, high = _count(found.low, backtest), _count(found.high, backtest)
                lines.append(
                    f"{method} after {after} ({_short(found.regret)}): adaptive after {needed} [{low}, {high}]"
                )
    return lines


def _rows(backtest: Backtest, method: Method, at: tuple[int, ...]) -> list[tuple[str, ...]]:
    found = [backtest.after(method, n) if n <= backtest.regret[method].shape[1] else None for n in at]
    n_tasks = backtest.n_tasks(method)
    note = "" if n_tasks == len(backtest.task_ids) else f" ({n_tasks} tasks)"
    means = ("" if e is None else _short(e.mean) for e in found)
    return [(f"{method}{note}", *means), ("", *("" if e is None else _interval(e) for e in found))]


def _difference_rows(backtest: Backtest, other: Method, at: tuple[int, ...]) -> list[tuple[str, ...]]:
    shared = min(backtest.regret[other].shape[1], backtest.regret[Method.ADAPTIVE].shape[1])
    found = [backtest.difference(Method.ADAPTIVE, other, n) if n <= shared else None for n in at]
    means = ("" if e is None else f"{e.mean:+.4f}" for e in found)
    return [(f"adaptive - {other}", *means), ("", *("" if e is None else _interval(e) for e in found))]


def _count(n: int | None, backtest: Backtest) -> str:
    return f"> {backtest.regret[Method.ADAPTIVE].shape[1]}" if n is None else str(n)


def _short(value: float) -> str:
    return f"{value:.4f}"


def _interval(found: RegretEstimate) -> str:
    return f"[{found.low:.3f}, {found.high:.3f}]"
