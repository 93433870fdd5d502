"""The tables of what tuning is about besides the score, and of sizes of tables, from the JSON of their benchmarks."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from tools.transfer_tables import Reader, Writer, table_of

CONDITIONS: Final = {
    "constraint": ("constraint, warm", "constraint, warm, not reported", "constraint, TPE"),
    "failures": ("failures, warm", "failures, warm, not avoided", "failures, TPE"),
    "budget": ("budget, warm, per second", "budget, warm", "budget, TPE"),
}
"""Methods by condition."""


def side_conditions(read: Reader, *, condition: str, tables: Sequence[str]) -> list[str]:
    """Regret under a constraint, with failures, or at the end of a time budget."""
    columns = ("regret", "trials") if condition == "budget" else ("after 5", "10", "20", "share that doesn't count")
    rows = []
    for table in tables:
        result: Any = read(f"side-conditions-{table}")
        for method in CONDITIONS[condition]:
            cells = [_interval(*column) for column in result["measured"][method]]
            rows.append((f"`{table}`, {result['n_targets']} tasks: {method.partition(', ')[2]}", *cells))
    return table_of((condition, *columns), rows)


def two_objectives(read: Reader, *, tables: Sequence[str]) -> list[str]:
    """Share of a table's hypervolume after n trials."""
    at: tuple[str, ...] = ()
    rows = []
    for table in tables:
        result: Any = read(f"two-objectives-{table}")
        for method, shares in result["shares"].items():
            at = tuple(shares)
            label = f"`{table}`, {result['n_targets']} tasks: {method}"
            rows.append((label, *(_interval(*share) for share in shares.values())))
    return table_of(("share of the hypervolume after", *at), rows)


def pruners(read: Reader) -> list[str]:
    """What pruners spend and lose."""
    result: Any = read("pruning")
    rows = [
        (name, _interval(*found["epochs"]), _interval(*found["lost"], digits=4), str(found["n_lost"]))
        for name, found in result["pruners"].items()
    ]
    return table_of(
        (f"{result['n_tables']} tables", "share of epochs", "best score lost", "tables with more than .005 lost"), rows
    )


def table_sizes(read: Reader) -> list[str]:
    """Regret after n recommendations with pasts of other sizes, and their difference from the shipped one."""
    results: Any = read("table_sizes")
    rows = []
    for found in results:
        tied = found["n_tasks"] - found["won"] - found["lost"]
        regret = " ".join(f"{mean:.3f}" for mean, _, _ in found["regret"])
        less = [f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]" if high - low else "" for mean, low, high in found["less"]]
        label = f"{found['table']}, {found['n_tasks']} datasets, {found['target']}: {found['past']}"
        rows.append((label, f"{found['won']}, {tied}, {found['lost']}", regret, *less))
    header = ("past", "first against default: won, tied, lost", "regret after 1, 3, 5", "less main, after 1", "3", "5")
    return table_of(header, rows)


def _interval(mean: float, low: float, high: float, *, digits: int = 3) -> str:
    return f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


_CONDITION_TABLES: Final = (
    "lightgbm-classification",
    "svm_rbf-classification",
    "auto-classification",
    "oboe_pipelines",
)
WRITERS: Final[Mapping[str, Writer]] = {
    **{f"side_{name}": partial(side_conditions, condition=name, tables=_CONDITION_TABLES) for name in CONDITIONS},
    "two_objectives": partial(
        two_objectives, tables=("oboe_pipelines", "lightgbm-classification", "svm_rbf-classification")
    ),
    "pruners": pruners,
    "table_sizes": table_sizes,
}
"""By the name that a block has."""
