"""A service that ships less: `warmtune serve` whose knowledge base lacks some datasets.

    python -m benchmarks.partial_service PACK [options of `warmtune serve`]

PACK is what `write_partial` writes. So nothing that the service learns, priors and rules of first picks included, has
seen what was left out.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.real_fits import without
from examples.running_service import running_service
from knowledge.pack import pack_file
from knowledge.pack.base import KnowledgeBase, Table
from warmtune.cli.app import app


@contextmanager
def partial_service(folder: Path, base: KnowledgeBase, left_out: frozenset[str]) -> Iterator[str]:
    """Run one that lacks datasets and their near copies.

    Args:
        folder: For its database and its knowledge base.
        base: What it has a part of.
        left_out: Names of datasets.
    """
    pack = folder / "knowledge.zip"
    write_partial(base, left_out, pack)
    with running_service(folder, command=(sys.executable, "-m", "benchmarks.partial_service", str(pack))) as url:
        yield url


def write_partial(base: KnowledgeBase, left_out: frozenset[str], path: Path) -> KnowledgeBase:
    """Write the knowledge base without some datasets and their near copies; see `partial_service`."""
    stay = without(base, left_out)
    tables = tuple(_part(table, stay) for table in base.tables)
    tasks = tuple(task for task in base.tasks if task.task_id in stay)
    return pack_file.write_knowledge(KnowledgeBase("", tasks, tables, base.facts), path)


def _part(table: Table, stay: frozenset[str]) -> Table:
    rows = np.array([row for row, task_id in enumerate(table.task_ids) if task_id in stay], dtype=np.intp)
    return table.part(rows, np.arange(len(table.configurations)))


def main() -> None:
    """Serve with the file in place of the shipped one."""
    pack_file.SHIPPED = Path(sys.argv[1])
    sys.argv[1:] = ["serve", *sys.argv[2:]]
    app()


if __name__ == "__main__":
    main()
