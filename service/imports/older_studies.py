"""Marks for studies that were imported before there were any, so that their runs are found again, too."""

from typing import Final

from knowledge.importers.run_content import marks_of
from store.connections.database import Database
from store.imports import ImportRepository
from store.run_marks import RunMarkRepository
from store.studies import StudyRepository

_AT_ONCE: Final = 50
"""Studies in one transaction: other writers don't wait long."""


def mark_older_studies(database: Database) -> None:
    """Mark every imported study of the workspace that has no mark; there are some only after an upgrade."""
    with database.reading() as connection:
        if not RunMarkRepository(connection).unmarked(1):
            return
    while True:
        with database.writing() as connection:
            marks, studies = RunMarkRepository(connection), StudyRepository(connection)
            marks.begin()
            found = [studies.get(study_id) for study_id in marks.unmarked(_AT_ONCE)]
            rows = ImportRepository(connection)
            marks.keep({one.seq: marks_of(list(rows.trials_of(one).values()), identity=None) for one in found})
        if not found:
            return
