"""The tables of docs/engine-measured.md and docs/engine-experiments.md, from the JSON of the engine's benchmarks."""

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any, Final

from tools import side_tables, transfer_tables
from tools.transfer_tables import Reader, Writer, table_of


def real_fits(read: Reader, *, spaces: Sequence[str]) -> list[str]:
    """Real cross-validations on datasets left out, judged on other folds; trials until default-seeded TPE's best."""
    rows, lines = [], []
    for space in spaces:
        result = _results(read, f"real_fits-{space}")
        for name, found in result["compared"].items():
            low, high = found["interval"]
            rows.append(
                (
                    f"`{space}`: {name}",
                    *(str(found[key]) for key in ("won", "tied", "lost", "harmed")),
                    f"{found['mean']:+.4f} [{low:+.4f}, {high:+.4f}]",
                    f"{found['median']:+.4f}",
                )
            )
        needed, to_tie = result["trials_needed"], result["trials_needed_to_tie"]
        lines.append(
            f"- `{space}`, by the scores of the search: the engine reaches the score of 50 trials of TPE on "
            f"{sum(x is not None for x in needed)} of {len(needed)} datasets, and comes within .001 of it on "
            f"{sum(x is not None for x in to_tie)} (median number of trials over all datasets: "
            f"{result['median_trials_needed']}, {result['median_trials_needed_to_tie']}). "
            f"The fits of 50 trials of TPE take {median(result['seconds_of_tpe']):.3g} s in the median"
        )
    header = ("difference of judged scores", "won", "tied", "lost", "lost by > .01", "mean", "median")
    return [*table_of(header, rows), "", *lines]


def harm(read: Reader) -> list[str]:
    """A knowledge base that misleads."""
    rows = []
    for found in _results(read, "harm")["scenarios"]:
        cells = [f"{mean:+.4f} [{low:+.3f}, {high:+.3f}]" for mean, low, high in found["difference"].values()]
        rows.append((f"{found['table']}, {found['scenario']}: adaptive − {found['rival']}", *cells))
    return table_of(("difference of mean regret after", *_results(read, "harm")["scenarios"][0]["difference"]), rows)


def scale(read: Reader) -> list[str]:
    """Learning, memory, answers and restart from a hundred past tasks to a million."""
    header = (
        "past tasks, configurations",
        "learning, s",
        "its peak, MB",
        "bytes a task",
        "in all, MB",
        "snapshot, MB",
        "loading, s",
        "recommendation, ms (95 %)",
        "suggestion after 10, 100 trials, ms",
        "100 suggestions after 300, s",
        "reported trials, ms",
    )
    rows = [
        (
            f"{line['n_tasks']:,}, {'own' if not line['n_pool'] else 'shared'}",
            f"{line['learn_s']:.1f}",
            f"{line['peak_mb']:,.0f}",
            f"{line['bytes_a_task']:,.0f}",
            f"{line['n_bytes'] / 1e6:,.1f}",
            f"{line['file_bytes'] / 1e6:,.1f}",
            f"{line['load_s']:.3f}",
            f"{line['recommend_ms']:.1f} ({line['recommend_95_ms']:.1f})",
            f"{line['suggest_10_ms']:.1f}, {line['suggest_100_ms']:.1f}",
            f"{line['hundred_s']:.2f}",
            f"{line['reported_ms']:.1f}" if "reported_ms" in line else "",
        )
        for line in _results(read, "engine_scale")
    ]
    return table_of(header, rows)


def _results(read: Reader, name: str) -> Any:
    return read(name)  # as the benchmarks write it


WRITERS: Final[Mapping[str, Writer]] = {
    "real_fits": partial(real_fits, spaces=("svm_rbf", "lightgbm")),
    **side_tables.WRITERS,
    **transfer_tables.WRITERS,
    "harm": harm,
    "other_spaces": transfer_tables.other_spaces,
    "scale": scale,
}
"""By the name that a block has."""
