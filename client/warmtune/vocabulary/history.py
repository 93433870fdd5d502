"""Tuning histories from elsewhere: on their way to the service, and what it made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HistoryUpload:
    """A history, to be sent to the service.

    Attributes:
        content: Where the file lies.
        filename: As the service is to call it.
    """

    content: Path
    filename: str


@dataclass(frozen=True, slots=True)
class ImportNote:
    """What was adjusted or left out, and how many trials it concerns (None: the study as a whole)."""

    what: str
    n_trials: int | None = None


@dataclass(frozen=True, slots=True)
class ImportedStudy:
    """A study that was taken, or would be.

    Attributes:
        name: In its source.
        outcome: ``new``, ``grown`` (trials were added), ``moved`` (to another search space or task) or ``unchanged``.
        study_id: As the service stores it.
        task: Name of its dataset.
        task_id: As the service stores that.
        metric: As Warmtune names it.
        direction: Which way is better.
        search_space: The registered name of its search space, or None.
        parameters: What was tuned.
        n_trials: That were taken, those that were there before included.
        n_new: Trials that were not there.
        adjusted: What was guessed, renamed or changed.
        left_out: Trials that can't be taken, and why.
    """

    name: str
    outcome: str
    study_id: str
    task: str
    task_id: str
    metric: str
    direction: str
    search_space: str | None
    parameters: tuple[str, ...]
    n_trials: int
    n_new: int
    adjusted: tuple[ImportNote, ...]
    left_out: tuple[ImportNote, ...]


@dataclass(frozen=True, slots=True)
class RefusedHistory:
    """A study that was not taken, and why."""

    name: str
    reason: str
    n_trials: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import took, adjusted and refused.

    Attributes:
        import_id: Under which what it wrote is stored; None for a dry run.
        dry_run: Whether nothing was stored.
        source: What the file was read as.
        written_by: What wrote it.
        n_studies: By outcome: new, grown, moved, unchanged, refused.
        n_trials: By outcome: new, changed, unchanged, left_out, refused.
        studies: Those taken, the first 500.
        refused: Those not, the first 500.
        notes: On the source as a whole: guessed columns, for instance.
        total_s: Seconds from the beginning of the job to its end.
        trials_per_s: Over that time.
    """

    import_id: str | None
    dry_run: bool
    source: str
    written_by: str
    n_studies: Mapping[str, int]
    n_trials: Mapping[str, int]
    studies: tuple[ImportedStudy, ...]
    refused: tuple[RefusedHistory, ...]
    notes: tuple[str, ...]
    total_s: float
    trials_per_s: float


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """An import as it is stored: where studies came from.

    Attributes:
        import_id: Unique; studies name it in their metadata.
        source: What the file was read as.
        written_by: What wrote it.
        file_name: As its sender called it.
        file_hash: SHA-256 of what was sent.
        sent_by: Who imported it, as far as was said.
        created_at: When.
        n_studies: Studies that it has written or added to.
    """

    import_id: str
    source: str
    written_by: str
    file_name: str
    file_hash: str
    sent_by: str | None
    created_at: datetime
    n_studies: int = 0


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote.

    Attributes:
        form: Of what was written: ``optuna``, ``table`` or ``metadataset``.
        n_studies: Studies written.
        n_trials: Trials written.
        notes: What the form could not take.
    """

    form: str
    n_studies: int
    n_trials: int
    notes: tuple[str, ...] = ()
