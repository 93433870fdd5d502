"""What an exported study says of itself, in whatever format: so that an import elsewhere loses nothing of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

EXPORTED_KEY: Final = "warmtune:exported"
"""The study's attribute that holds it."""
EXPORTED_FROM: Final = "exported_from"
"""The attribute, or column, with only the identifier of the study that was exported."""


@dataclass(frozen=True, slots=True)
class ExportedNote:
    """A study's origin, its search space with conditions and untried ranges, and its task.

    Attributes:
        study_id: As the service that exported it stores it.
        space: What it searched.
        task: What it is of.
    """

    study_id: str
    space: SearchSpace
    task: Task

    def to_json(self) -> dict[str, object]:
        """As an attribute holds it."""
        features = self.task.meta_features
        return {
            "study_id": self.study_id,
            "search_space": self.space.to_json(),
            "task": {
                "task_id": self.task.task_id,
                "name": self.task.name,
                "kind": self.task.kind.value,
                "meta_features": dict(features.values),
                "gaps": dict(features.gaps),
                "version": features.version,
            },
        }


def read_exported_note(body: object) -> ExportedNote:
    """Inverse of `ExportedNote.to_json`.

    Raises:
        InvalidInputError: If it is no such note.
    """
    try:
        if not isinstance(body, Mapping):
            raise TypeError("not an object")
        task = body["task"]
        features = MetaFeatures(dict(task["meta_features"]), dict(task["gaps"]), str(task["version"]))
        return ExportedNote(
            study_id=str(body["study_id"]),
            space=search_space_from_json(body["search_space"]),
            task=Task(str(task["task_id"]), str(task["name"]), TaskKind(task["kind"]), features),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(
            f"the attribute {EXPORTED_KEY!r} is not one that an export writes: {type(error).__name__}",
            field=EXPORTED_KEY,
        ) from error
