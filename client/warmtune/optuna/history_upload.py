"""Filing finished Optuna studies as history: they stay as they are, and no trial is left behind."""

from dataclasses import dataclass

from optuna.study import Study

from warmtune.optuna.batches import DivergedError
from warmtune.optuna.directions import check_directions, study_directions, study_metrics
from warmtune.optuna.finished_trials import FINISHED_STATES
from warmtune.optuna.inference import search_space_of
from warmtune.optuna.memory import StudyMemory, StudySubject, recall
from warmtune.optuna.report import Report, report, reported_from_scratch
from warmtune.optuna.resolver import resolved_space, stored_task
from warmtune.optuna.stored_study import check_same, created_study
from warmtune.optuna.whole_study import all_trials
from warmtune.rest.connection import Connection
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import check_metric, default_metric
from warmtune.vocabulary.results import TaskDetails
from warmtune.wire.bodies import SearchSpaceLike
from warmtune.wire.spaces import SearchSpaceBody


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingOptions:
    """Facts about the studies; `warmtune.Client.report` documents each."""

    search_space: SearchSpaceLike | None = None
    metric: str | tuple[str, ...] | None = None


def file_studies(
    connection: Connection,
    studies: tuple[Study, ...],
    task: str | TaskDescription | TableUpload,
    options: FilingOptions,
) -> tuple[Report, ...]:
    """File studies of one task; see `warmtune.Client.report`.

    What each is about is known before anything of them is sent.
    """
    stored = stored_task(connection, task)
    subjects = [_subject(connection, study, stored, options) for study in studies]
    return tuple(_filed(connection, study, subject) for study, subject in zip(studies, subjects, strict=True))


def _subject(connection: Connection, study: Study, stored: TaskDetails, options: FilingOptions) -> StudySubject:
    directions = study_directions(study)
    metrics = study_metrics(study, options.metric, default=default_metric(stored.kind))
    check_directions([check_metric(metric, stored.kind) for metric in metrics], directions)
    name = None
    if options.search_space is None:
        space = search_space_of(all_trials(study))
        if space is None:
            raise InvalidInputError(
                f"the complete trials of the study {study.study_name!r} don't determine a search space: pass one",
                field="search_space",
                limit="a search space, or a complete trial with parameters",
            )
    else:
        space, name = resolved_space(connection, options.search_space, stored.kind)
    return StudySubject(
        task_id=stored.task_id,
        metric=metrics[0],
        direction=directions[0],
        further_metrics=metrics[1:],
        further_directions=directions[1:],
        search_space=SearchSpaceBody.from_domain(space),
        search_space_name=name,
    )


def _filed(connection: Connection, study: Study, subject: StudySubject) -> Report:
    """Under a name that only its content gives: filed again, it is the same study, though nothing is remembered."""
    memory = recall(study)
    if memory is not None and memory.is_of(study):
        check_same(memory, subject)
        return report(connection, study)
    trials = all_trials(study, FINISHED_STATES)
    parent_id: str | None = None
    while True:
        study_id = created_study(connection, study, subject, parent_id=parent_id)
        try:
            return reported_from_scratch(connection, StudyMemory(study_id=study_id, subject=subject), trials)
        except DivergedError:  # another one of the same name and beginning is there
            parent_id = study_id
