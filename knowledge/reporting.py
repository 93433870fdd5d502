"""What a backfill says while it runs, and what a knowledge base holds."""

import numpy as np
from rich.table import Table as Grid

from knowledge.backfill import Progress
from knowledge.base import KnowledgeBase, Status
from knowledge.jobs import Outcome


def progress_line(progress: Progress, elapsed_s: float, *, latest: Outcome | None = None) -> str:
    """One line: done, rate, processor time spent and left, failures by kind."""
    failures = ", ".join(f"{count} by {kind}" for kind, count in sorted(progress.failures.items())) or "none"
    rate = progress.n_done / max(elapsed_s, 1e-9) * 3600
    where = "" if latest is None else f"; {latest.job.search_space} on {latest.job.dataset}"
    return (
        f"{progress.n_done}/{progress.n_jobs} configurations, {rate:.0f} an hour; "
        f"{progress.spent_s / 3600:.2f} processor hours spent, {progress.remaining_s() / 3600:.2f} left; "
        f"failed: {failures}{where}"
    )


def summary(base: KnowledgeBase) -> Grid:
    """A table with a line for each table of the knowledge base."""
    grid = Grid(
        "search space", "kinds", "split", "tasks", "configurations", "evaluated", "time", "memory", "error", "h"
    )
    for table in base.tables:
        counts = np.bincount(table.status.ravel(), minlength=len(Status))
        grid.add_row(
            table.search_space,
            "classes" if any(kind.is_classification for kind in table.kinds) else "numbers",
            str(table.split) if table.is_main else f"{table.split}, other size",
            str(len(table.task_ids)),
            str(len(table.configurations)),
            f"{1 - counts[Status.UNTRIED] / max(table.status.size, 1):.0%}",
            str(counts[Status.TIME]),
            str(counts[Status.MEMORY]),
            str(counts[Status.ERROR]),
            f"{np.nansum(table.durations_s) / 3600:.2f}",
        )
    return grid
