"""Directories that jobs left: of those that ended just before their service was killed, and of those never queued."""

import shutil
import time
from pathlib import Path
from typing import Final

from store.connections.database import Database
from store.jobs import JobRepository
from warmtune.vocabulary.errors import NotFoundError

UNKNOWN_AFTER_S: Final = 3_600.0
"""A directory is made before its job is queued: one whose job isn't known may be of a request under way elsewhere."""


def clear_leftovers(directory: Path, database: Database) -> None:
    """Remove the directories of jobs that have ended, and old ones of unknown jobs."""
    left = sorted(directory.glob("job_*")) if directory.is_dir() else []
    if not left:
        return
    with database.reading() as connection:
        repository = JobRepository(connection)
        removable = [path for path in left if _is_over(path, repository)]
    for path in removable:
        shutil.rmtree(path, ignore_errors=True)


def _is_over(path: Path, repository: JobRepository) -> bool:
    try:
        return repository.get(path.name).job.state.is_final
    except NotFoundError:
        pass
    try:
        return time.time() - path.stat().st_mtime > UNKNOWN_AFTER_S
    except FileNotFoundError:
        return False
