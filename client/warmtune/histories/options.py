"""The keywords of an import, as a type: `Client.import_history` passes them on."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import SearchSpaceLike, TaskKnowledge


class ImportArguments(TypedDict, total=False):
    """See `warmtune.rest.endpoints.imports.start_import`."""

    dry_run: bool
    source: str | None
    metric: str | None
    direction: Direction | str | None
    kind: TaskKind | str | None
    objective: int | None
    task_by: str | None
    study_by: str | None
    studies: Sequence[str] | None
    search_space: SearchSpaceLike | None
    register_as: str | None
    columns: Mapping[str, str] | None
    tasks: Mapping[str, TaskKnowledge] | None
    per_file: Mapping[str, Mapping[str, object]] | None
    sent_by: str | None
