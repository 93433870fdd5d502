"""The service's studies with all that belongs to them, one after the other."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.studies import get_study_search_space, list_studies, list_trials
from warmtune.rest.endpoints.tasks import get_task
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.page import Page, every_item
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.study import StudySummary
from warmtune.vocabulary.task import Task
from warmtune.vocabulary.trial import Trial

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class ExportedStudy:
    """A study of the service.

    Attributes:
        summary: The study itself.
        task: What it is of.
        space: What it searched.
        trials: By number.
    """

    summary: StudySummary
    task: Task
    space: SearchSpace
    trials: tuple[Trial, ...]


def free_name(stored: ExportedStudy, names: Collection[str]) -> str:
    """The study's name, or its identifier where it has none; both where another one has the name."""
    summary = stored.summary
    name = summary.name or summary.study_id
    return f"{name} ({summary.study_id})" if name in names else name


def stored_studies(
    connection: Connection, *, task_id: str | None, search_space: str | NamedSearchSpace | None, own: bool
) -> Iterator[ExportedStudy]:
    """Studies, newest first, each fetched when it is wanted."""
    tasks: dict[str, Task] = {}
    spaces: dict[str, SearchSpace] = {}

    def page_at(cursor: str | None) -> Page[StudySummary]:
        asked = list_studies(task_id=task_id, search_space=search_space, own=own, limit=_PAGE, cursor=cursor)
        return connection.send(asked)

    for summary in every_item(page_at):
        if summary.task_id not in tasks:
            tasks[summary.task_id] = connection.send(get_task(summary.task_id))
        if summary.search_space_key not in spaces:
            spaces[summary.search_space_key] = connection.send(get_study_search_space(summary.study_id))
        yield ExportedStudy(
            summary,
            tasks[summary.task_id],
            spaces[summary.search_space_key],
            tuple(_trials(connection, summary.study_id)),
        )


def _trials(connection: Connection, study_id: str) -> Iterator[Trial]:
    return every_item(lambda cursor: connection.send(list_trials(study_id, limit=_PAGE, cursor=cursor)))
