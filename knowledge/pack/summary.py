"""What a knowledge base holds, as a table for the terminal."""

from typing import Final

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table as Grid

from knowledge.pack.base import KnowledgeBase, Status, Table

FAILURES: Final = {Status.TIME: "time", Status.MEMORY: "memory", Status.ERROR: "error"}


def summary(base: KnowledgeBase) -> Grid:
    """A table with a line for each table of the knowledge base: its shape, and what was spent on it."""
    grid = Grid("search space", "kind of task", "tasks", "tried", "done", "failed", "hours", box=SIMPLE_HEAD, padding=0)
    for table in base.tables:
        counts = np.bincount(table.status.ravel(), minlength=len(Status))
        grid.add_row(
            _name(table),
            "classification" if any(kind.is_classification for kind in table.kinds) else "regression",
            str(len(table.task_ids)),
            str(len(table.configurations)),
            f"{1 - counts[Status.UNTRIED] / max(table.status.size, 1):.0%}",
            ", ".join(f"{counts[status]} {why}" for status, why in FAILURES.items() if counts[status]),
            f"{np.nansum(table.durations_s) / 3600:.2f}",
        )
    return grid


def _name(table: Table) -> str:
    parts = [table.search_space, f"split {table.split}" if table.split else "", "" if table.is_main else "other size"]
    return ", ".join(filter(None, parts))
