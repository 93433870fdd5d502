"""The result of an import's job, as a value."""

from collections.abc import Mapping

from pydantic import FiniteFloat, ValidationError

from warmtune.vocabulary.errors import ServiceError
from warmtune.vocabulary.history import ImportedStudy, ImportNote, ImportReport, RefusedHistory
from warmtune.wire.base import ResponseBody


class _Note(ResponseBody):
    what: str
    n_trials: int | None = None


class _Study(ResponseBody):
    name: str
    outcome: str
    study_id: str
    task: str
    task_id: str
    metric: str
    direction: str
    search_space: str | None
    parameters: list[str]
    n_trials: int
    n_new: int
    adjusted: list[_Note]
    left_out: list[_Note]


class _Refused(ResponseBody):
    name: str
    reason: str
    n_trials: int


class _Report(ResponseBody):
    import_id: str | None
    dry_run: bool
    source: str
    written_by: str
    n_studies: dict[str, int]
    n_trials: dict[str, int]
    studies: list[_Study]
    refused: list[_Refused]
    notes: list[str]
    total_s: FiniteFloat
    trials_per_s: FiniteFloat


def read_import_report(result: Mapping[str, object]) -> ImportReport:
    """The report that an import's job gives as its result.

    Raises:
        ServiceError: If it is something else.
    """
    try:
        body = _Report.model_validate(result)
    except ValidationError as error:
        raise ServiceError("the job's result is not that of an import") from error
    return ImportReport(
        import_id=body.import_id,
        dry_run=body.dry_run,
        source=body.source,
        written_by=body.written_by,
        n_studies=body.n_studies,
        n_trials=body.n_trials,
        studies=tuple(_study(study) for study in body.studies),
        refused=tuple(RefusedHistory(r.name, r.reason, r.n_trials) for r in body.refused),
        notes=tuple(body.notes),
        total_s=body.total_s,
        trials_per_s=body.trials_per_s,
    )


def _study(body: _Study) -> ImportedStudy:
    return ImportedStudy(
        name=body.name,
        outcome=body.outcome,
        study_id=body.study_id,
        task=body.task,
        task_id=body.task_id,
        metric=body.metric,
        direction=body.direction,
        search_space=body.search_space,
        parameters=tuple(body.parameters),
        n_trials=body.n_trials,
        n_new=body.n_new,
        adjusted=tuple(ImportNote(note.what, note.n_trials) for note in body.adjusted),
        left_out=tuple(ImportNote(note.what, note.n_trials) for note in body.left_out),
    )
