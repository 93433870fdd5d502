"""What the sender of a history says about it, and how much is read at most."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, Final

from knowledge.importers.values import FileOptions, TaskFacts
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.vocabulary.task import MetaFeatures, TaskKind

MIB = 2**20
PER_FILE: Final = ("metric", "direction", "kind", "objective")
"""What may be said of single files of a folder; the order is that of `FileOptions`."""


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """Sizes above which a source is refused before it is read whole.

    Attributes:
        max_trials: Of all chosen studies together.
        max_studies: Of a source.
        max_values: Parameters and intermediate values of all trials together.
        max_text_bytes: One text of the source: a line, an attribute, a cell.
        max_unpacked_bytes: Of a compressed source.
        max_files: Of a folder.
    """

    max_trials: int = 1_000_000
    max_studies: int = 20_000
    max_values: int = 100_000_000
    max_text_bytes: int = 16 * MIB
    max_unpacked_bytes: int = 4_096 * MIB
    max_files: int = 1_000_000


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a source doesn't say, or says wrongly.

    Attributes:
        metric: Name of what the trials' value is.
        direction: Which way it is better.
        kind: Of all tasks.
        objective: Of studies with several objectives: which to take, from 0.
        task_by: The attribute (Optuna, MLflow, W&B) or column (tables) that names a study's dataset.
        study_by: The column or attribute that distinguishes the studies of a flat source.
        studies: Only studies of these names; None takes all.
        search_space: For sources that know values only: what was searched.
        columns: Roles of a table's columns, by column name, over what is guessed; see `knowledge.importers.roles`.
        tasks: What is known of tasks, by name.
        default_name: Of studies, and their datasets, that the source has no name for.
        limits: Sizes above which a source is refused.
        per_file: Patterns of files' names, with what is said of those files; of several that fit, the last one counts.
        is_of_all: See `FileOptions`; not sent along.
        only_evident_tables: Whether a table counts as one of trials only if its maker is known, or it has a column
            that no dataset has: a trial's number, state, seconds or study. Within a folder; not sent along.
    """

    metric: str | None = None
    direction: Direction | None = None
    kind: TaskKind | None = None
    objective: int | None = None
    task_by: str | None = None
    study_by: str | None = None
    studies: frozenset[str] | None = None
    search_space: SearchSpace | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, TaskFacts] = field(default_factory=dict)
    default_name: str | None = None
    limits: ImportLimits = ImportLimits()
    per_file: tuple[tuple[str, FileOptions], ...] = ()
    is_of_all: frozenset[str] = frozenset()
    only_evident_tables: bool = False

    def wants(self, name: str) -> bool:
        """Whether a study of this name is to be taken."""
        return self.studies is None or name in self.studies

    def of_file(self, name: str, *, in_folder: bool) -> FileOptions:
        """What is said of a file by its path: by the patterns that fit, else of all.

        Args:
            name: The path within the folder; a pattern fits the path, or the last part of it.
            in_folder: Whether it is one of a folder: then a file's own word counts more than what is said of all.
        """
        said: dict[str, Any] = {}
        for pattern, own in self.per_file:
            if matches(name, pattern):
                said |= {field: getattr(own, field) for field in PER_FILE if getattr(own, field) is not None}
        of_all = {field: getattr(self, field) for field in PER_FILE if field not in said}
        return FileOptions(**said, **of_all, is_of_all=frozenset(of_all) if in_folder else frozenset())

    def with_said(self, said: FileOptions | None) -> "ImportOptions":
        """These options, with what is said of one file."""
        if said is None:
            return self
        return replace(self, is_of_all=said.is_of_all, **{field: getattr(said, field) for field in PER_FILE})

    def to_json(self) -> dict[str, object]:
        """As one JSON object, for another process."""
        return {
            "metric": self.metric,
            "direction": self.direction,
            "kind": self.kind,
            "objective": self.objective,
            "task_by": self.task_by,
            "study_by": self.study_by,
            "studies": None if self.studies is None else sorted(self.studies),
            "search_space": None if self.search_space is None else self.search_space.to_json(),
            "columns": dict(self.columns),
            "tasks": {name: _facts_json(facts) for name, facts in self.tasks.items()},
            "default_name": self.default_name,
            "limits": asdict(self.limits),
            "per_file": [[name, *(getattr(own, field) for field in PER_FILE)] for name, own in self.per_file],
        }


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern fits a file's path, or the last part of it."""
    return fnmatchcase(name, pattern) or fnmatchcase(PurePosixPath(name).name, pattern)


def options_from_json(body: Mapping[str, Any]) -> ImportOptions:
    """What `ImportOptions.to_json` wrote."""
    direction, kind, studies, space = (body[name] for name in ("direction", "kind", "studies", "search_space"))
    return ImportOptions(
        metric=body["metric"],
        direction=None if direction is None else Direction(direction),
        kind=None if kind is None else TaskKind(kind),
        objective=body["objective"],
        task_by=body["task_by"],
        study_by=body["study_by"],
        studies=None if studies is None else frozenset(studies),
        search_space=None if space is None else search_space_from_json(space),
        columns=body["columns"],
        tasks={name: _facts(facts) for name, facts in body["tasks"].items()},
        default_name=body["default_name"],
        limits=ImportLimits(**body["limits"]),
        per_file=tuple((name, _file_options(*said)) for name, *said in body["per_file"]),
    )


def _file_options(metric: str | None, direction: str | None, kind: str | None, objective: int | None) -> FileOptions:
    return FileOptions(
        metric,
        None if direction is None else Direction(direction),
        None if kind is None else TaskKind(kind),
        objective,
    )


def _facts_json(facts: TaskFacts) -> dict[str, object]:
    features = facts.meta_features
    return {
        "kind": facts.kind,
        "meta_features": None if features is None else [dict(features.values), dict(features.gaps), features.version],
        "content_hash": facts.content_hash,
        "task_id": facts.task_id,
    }


def _facts(body: Mapping[str, Any]) -> TaskFacts:
    features = body["meta_features"]
    return TaskFacts(
        kind=None if body["kind"] is None else TaskKind(body["kind"]),
        meta_features=None if features is None else MetaFeatures(*features),
        content_hash=body["content_hash"],
        task_id=body["task_id"],
    )
