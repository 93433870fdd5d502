"""Imports: whole histories from elsewhere."""

from collections.abc import Mapping, Sequence

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.history import HistoryUpload, ImportRecord
from warmtune.vocabulary.job import Job
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.answers import reader
from warmtune.wire.bodies import (
    SearchSpaceLike,
    TaskKnowledge,
    built,
    direction_of,
    file_options_body,
    imported_task_body,
    kind_of,
    search_space_body,
    sent,
)
from warmtune.wire.imports import ImportBody, ImportPage, ImportRequest
from warmtune.wire.jobs import JobResponse


def start_import(  # noqa: PLR0913  # what a source doesn't say: flat keywords, as on the command line
    history: HistoryUpload,
    *,
    dry_run: bool = False,
    source: str | None = None,
    metric: str | None = None,
    direction: Direction | str | None = None,
    kind: TaskKind | str | None = None,
    objective: int | None = None,
    task_by: str | None = None,
    study_by: str | None = None,
    studies: Sequence[str] | None = None,
    search_space: SearchSpaceLike | None = None,
    register_as: str | None = None,
    columns: Mapping[str, str] | None = None,
    tasks: Mapping[str, TaskKnowledge] | None = None,
    per_file: Mapping[str, Mapping[str, object]] | None = None,
    sent_by: str | None = None,
) -> Call[Job]:
    """Send a history, to be imported by a job; `Client.import_history` also packs it, waits and reads the result.

    Args:
        history: A file, as it is to be sent.
        dry_run: Only report what would be taken, adjusted and refused.
        source: What the file is; by default detected from its content.
        metric: What the trials' value is, where the source has no name for it.
        direction: Direction, if neither source nor metric determines it.
        kind: Of the tasks whose kind nothing else says.
        objective: Of studies with several: which to take, from 0.
        task_by: Attribute or column that names a study's dataset.
        study_by: Attribute or column that distinguishes the studies of a flat source.
        studies: Only studies of these names.
        search_space: What was searched, for sources that only know values.
        register_as: Name to register the search space of most imported trials under.
        columns: Roles of a table's columns, over what is guessed.
        tasks: What is known of datasets by the name that the source gives them (``"*"``: of all others): a description,
            or the id of a stored task.
        per_file: Of a folder's files by patterns of their names: their ``metric``, ``direction``, ``kind`` and
            ``objective``, e.g. ``{"lgb*.csv": {"direction": "minimize"}}``. Of several that fit the last one counts.
        sent_by: Who imports.

    Returns:
        The job; its result is the report.

    Raises:
        InvalidInputError: Naming what is wrong.
        NotFoundError: On an unknown search space.
    """
    if isinstance(studies, str):
        raise InvalidInputError("studies is one string", field="studies", value=studies, limit="a sequence of names")
    body = built(
        ImportRequest,
        source=source,
        dry_run=dry_run,
        metric=metric,
        direction=direction_of(direction),
        kind=kind_of(kind),
        objective=objective,
        task_by=task_by,
        study_by=study_by,
        studies=None if studies is None else list(studies),
        search_space=None if search_space is None else search_space_body(search_space),
        register_as=register_as,
        columns=dict(columns or {}),
        tasks={name: imported_task_body(task) for name, task in (tasks or {}).items()},
        per_file=[file_options_body(pattern, said) for pattern, said in (per_file or {}).items()],
        sent_by=sent_by,
    )
    return Call("POST", "/v1/imports", reader(JobResponse), body=sent(body), upload=history)


def get_import(import_id: str) -> Call[ImportRecord]:
    """Where studies came from: what an import has read, when, and for whom.

    Raises:
        NotFoundError: If there is no object of that id.
    """
    return Call("GET", f"/v1/imports/{quoted(import_id, 'import_id')}", reader(ImportBody))


def list_imports(*, limit: int = PAGE_SIZE, cursor: str | None = None) -> Call[Page[ImportRecord]]:
    """A page of the imports that have stored something, newest first.

    Args:
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    return Call("GET", "/v1/imports", reader(ImportPage), query=query(limit=limit, cursor=cursor))
