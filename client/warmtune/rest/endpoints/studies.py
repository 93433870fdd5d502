"""Studies and their trials."""

from collections.abc import Mapping, Sequence

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.tables.paths import check_no_path
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.flags import checked_flag
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.study import StudySummary, TrialsReceipt
from warmtune.vocabulary.trial import Trial
from warmtune.wire.answers import read_nothing, reader
from warmtune.wire.bodies import (
    SearchSpaceLike,
    asked_space_name,
    built,
    objectives_of,
    plain_mapping,
    search_space_body,
    sent,
    trial_bodies,
)
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.studies import StudyBody, StudyPage, StudyResponse, TrialPage, TrialsResponse


def create_study(
    task_id: str,
    search_space: SearchSpaceLike,
    *,
    metric: str | Sequence[str] | None = None,
    direction: Direction | str | Sequence[Direction | str] | None = None,
    name: str | None = None,
    metadata: Mapping[str, ParameterValue] | None = None,
    creation_key: str | None = None,
) -> Call[StudySummary]:
    """Start a study of a stored task, so that its trials can be reported and learned from.

    Args:
        task_id: The task.
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        metric: By default accuracy, or r2 for regression; a list of names for several objectives.
        direction: Needed for metrics that Warmtune doesn't know; a list for several objectives.
        name: For people; not unique.
        metadata: Whatever you want to find again.
        creation_key: Workers that ask under the same key get the same study, however many start at once.

    Returns:
        The stored study.

    Raises:
        InvalidInputError: Naming what is wrong.
        NotFoundError: On an unknown task or search space.
        ConflictError: If another study was made under the creation key.
    """
    if isinstance(task_id, str):  # what is none is refused with the body
        check_no_path(task_id, "task_id")
    body = built(
        StudyBody,
        task_id=task_id,
        search_space=search_space_body(search_space),
        **objectives_of(metric, direction),
        name=name,
        metadata=plain_mapping({} if metadata is None else metadata, "metadata"),
        creation_key=creation_key,
    )
    return Call("POST", "/v1/studies", reader(StudyResponse), body=sent(body))


def get_study(study_id: str) -> Call[StudySummary]:
    """A stored study.

    Raises:
        NotFoundError: If there is no object of that id.
    """
    return Call("GET", f"/v1/studies/{quoted(study_id, 'study_id')}", reader(StudyResponse))


def delete_study(study_id: str) -> Call[None]:
    """Forget a study with its trials and what the service learned from it.

    Raises:
        NotFoundError: If it doesn't exist; also if an attempt whose answer was lost has deleted it.
        ConflictError: If it ships.
    """
    return Call("DELETE", f"/v1/studies/{quoted(study_id, 'study_id')}", read_nothing)


def list_studies(
    *,
    task_id: str | None = None,
    search_space: str | NamedSearchSpace | None = None,
    own: bool = False,
    limit: int = PAGE_SIZE,
    cursor: str | None = None,
) -> Call[Page[StudySummary]]:
    """A page of the stored studies, newest first; those of the shipped knowledge base are among them.

    Args:
        task_id: Of this task only.
        search_space: Over the search space of this name only.
        own: Without those of the shipped knowledge base.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    is_own = "true" if checked_flag(own, "own") else None
    space = None if search_space is None else asked_space_name(search_space)
    asked = query(task_id=task_id, search_space=space, own=is_own, limit=limit, cursor=cursor)
    return Call("GET", "/v1/studies", reader(StudyPage), query=asked)


def get_study_search_space(study_id: str) -> Call[SearchSpace]:
    """The search space of a stored study, registered or not.

    Raises:
        NotFoundError: If there is no such study.
    """
    path = f"/v1/studies/{quoted(study_id, 'study_id')}/search-space"
    return Call("GET", path, reader(SearchSpaceBody))


def list_trials(study_id: str, *, limit: int = PAGE_SIZE, cursor: str | None = None) -> Call[Page[Trial]]:
    """A page of a study's trials, by number.

    Args:
        study_id: The study.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.

    Raises:
        NotFoundError: If there is no such study.
    """
    asked = query(limit=limit, cursor=cursor)
    return Call("GET", f"/v1/studies/{quoted(study_id, 'study_id')}/trials", reader(TrialPage), query=asked)


def report_trials(study_id: str, trials: Sequence[Trial]) -> Call[TrialsReceipt]:
    """Report a batch of trials, 10,000 at most; sending one again is harmless.

    Returns:
        What became of them; what is counted there survives a crash of the service.

    Raises:
        InvalidInputError: Naming what is wrong; then nothing of the batch is stored.
        NotFoundError: If there is no such study.
        ConflictError: If a finished trial of the same number is stored with other content.
    """
    body = b"[" + b",".join(map(sent, trial_bodies(trials))) + b"]"
    return Call("POST", f"/v1/studies/{quoted(study_id, 'study_id')}/trials", reader(TrialsResponse), body=body)
