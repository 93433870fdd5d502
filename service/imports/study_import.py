"""One import: what the child process has found goes into the database, each study whole or not at all."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from knowledge.importers.lines import read_line
from knowledge.importers.values import ConvertedStudy, RefusedStudy, shown_name
from learning.job_context import JobContext
from service.imports.child import read_in_child
from service.imports.older_studies import mark_older_studies
from service.imports.readers import HistoryReaders
from service.imports.reports import ImportReportBuilder
from service.imports.requests import ImportJob
from service.imports.study_storage import StudyOutcome, StudyWriter
from service.settings import Settings
from store.connections.database import Database
from store.stored_job import Json
from warmtune.vocabulary.errors import ConflictError, WarmtuneError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.space import SearchSpace

TRIALS_PER_TRANSACTION: Final = 20_000
"""A commit waits for the disk, so that small studies share one; other writers wait no longer than for a large one."""

_READING_SHARE = 0.3
_MOST_ATTEMPTS: Final = 5
"""At a batch: each time another import of the same must have won."""


class DryRunEndedError(WarmtuneError):
    """Rolls back the transaction of a dry run."""


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One import.

    Attributes:
        context: Of its job.
        asked: What it is for.
        database: Where studies are stored.
        settings: Limits of the process that reads.
        readers: Start it.
    """

    context: JobContext
    asked: ImportJob
    database: Database
    settings: Settings
    readers: HistoryReaders

    def run(self) -> Json:
        """Run the import."""
        started = time.monotonic()
        path = read_in_child(self.context, self.settings, self.readers)
        read_s = time.monotonic() - started
        with path.open("rb") as file:
            head = json.loads(file.readline())
        record = ImportRecord(
            import_id=self.context.job_id.replace("job_", "import_", 1),
            source=head["source"],
            written_by=head["version"],
            file_name=self.asked.file_name,
            file_hash=head["file_hash"],
            sent_by=self.asked.sent_by,
            created_at=datetime.now(UTC),
        )
        report = ImportReportBuilder(record, is_dry_run=self.asked.dry_run, notes=head["notes"])
        keeper = StudyWriter(record)
        mark_older_studies(self.database)
        for batch in self._batches(path, max(int(head["n_studies"]), 1)):
            self._keep(batch, keeper, report)
        if self.asked.register_as is not None:
            self._register(self.asked.register_as, keeper, report)
        return report.to_json(read_s=read_s, total_s=time.monotonic() - started)

    def _batches(self, path: Path, n_studies: int) -> Iterator[list[ConvertedStudy | RefusedStudy]]:
        """The studies, as many at a time as share a transaction."""
        spaces: dict[str, SearchSpace] = {}
        batch: list[ConvertedStudy | RefusedStudy] = []
        n_rows = 0
        with path.open("rb") as file:
            file.readline()
            for number, line in enumerate(file, start=1):
                study = read_line(line, spaces)
                batch.append(study)
                n_rows += len(study.rows) if isinstance(study, ConvertedStudy) else 0
                done = _READING_SHARE + (1 - _READING_SHARE) * min(number / n_studies, 1.0)
                self.context.report(done, f"{number} of {n_studies} studies")
                if n_rows >= TRIALS_PER_TRANSACTION:
                    yield batch
                    batch, n_rows = [], 0
        if batch:
            yield batch

    def _keep(
        self, batch: list[ConvertedStudy | RefusedStudy], keeper: StudyWriter, report: ImportReportBuilder
    ) -> None:
        """Store a batch in one transaction; again where another import has stored the same in the meantime."""
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            try:
                self._store(batch, keeper, report)
            except ConflictError:  # its studies are there now, and are compared with instead
                if attempt == _MOST_ATTEMPTS:
                    raise
            else:
                return

    def _store(
        self, batch: list[ConvertedStudy | RefusedStudy], keeper: StudyWriter, report: ImportReportBuilder
    ) -> None:
        try:
            with self.database.writing() as connection:
                studies = [study for study in batch if isinstance(study, ConvertedStudy)]
                outcomes = iter(keeper.keep(connection, studies))
                for study in batch:
                    self._report(study, outcomes, report)
                if self.asked.dry_run:
                    raise DryRunEndedError("nothing is stored")
        except DryRunEndedError:
            return

    def _report(
        self,
        study: ConvertedStudy | RefusedStudy,
        outcomes: Iterator[StudyOutcome | WarmtuneError],
        report: ImportReportBuilder,
    ) -> None:
        if isinstance(study, RefusedStudy):
            report.refuse(study.name, study.reason, study.n_trials)
            return
        outcome = next(outcomes)
        if isinstance(outcome, WarmtuneError):
            report.refuse(shown_name(study.file, study.name), outcome.message, len(study.rows))
        else:
            report.take(study, outcome)

    def _register(self, name: str, keeper: StudyWriter, report: ImportReportBuilder) -> None:
        try:
            with self.database.writing() as connection:
                keeper.register(connection, name)
                if self.asked.dry_run:  # whether the name can be had is found out, too
                    raise DryRunEndedError("nothing is registered")
        except DryRunEndedError:
            return
        except WarmtuneError as error:
            report.notes.append(f"the search space is not registered as {name!r}: {error.message}")
