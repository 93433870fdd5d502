"""What the sender of a history says about it, and how much is read at most."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.importers.values import TaskFacts
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind

MIB = 2**20


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
    """What a source doesn't tell, or tells wrongly.

    Attributes:
        metric: Name of what the trials' value is.
        direction: Which way it is better.
        kind: Of all tasks.
        objective: Of studies with several objectives: which to take, from 0.
        task_by: The attribute (Optuna, MLflow, W&B) or column (tables) that names a study's dataset.
        study_by: The column or attribute that tells the studies of a flat source apart.
        studies: Only studies of these names; None takes all.
        search_space: For sources that know values only: what was searched.
        columns: Roles of a table's columns, by column name, over what is guessed; see `knowledge.importers.roles`.
        tasks: What is known of tasks, by name.
        limits: Sizes above which a source is refused.
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
    limits: ImportLimits = ImportLimits()

    def wants(self, name: str) -> bool:
        """Whether a study of this name is to be taken."""
        return self.studies is None or name in self.studies
