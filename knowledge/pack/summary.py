"""What a knowledge base holds, as a table for the terminal."""

import numpy as np
from rich.table import Table as Grid

from knowledge.pack.base import KnowledgeBase, Status


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
