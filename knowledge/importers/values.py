"""What sources say, and what is made of it: foreign studies as read, converted studies as they can be stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from optuna.distributions import BaseDistribution

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.objectives import Objective
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.trial import TrialState

NO_STEPS: Final[Mapping[int, float | None]] = MappingProxyType({})
"""Of a trial without intermediate values."""

Row: TypeAlias = tuple[int, str, float | None, float | None, str, str | None, str | None, str | None]
"""Of a trial: number, state, value, seconds; parameters, intermediate values, constraints and the values of several
objectives as compact JSON, the last three None without any."""


class ForeignTrial(NamedTuple):
    """A trial as its source describes it; nothing is checked yet.

    A tuple, since a source may have a million of them: it is made in a third of a frozen dataclass's time.

    Attributes:
        number: Within its study.
        state: What became of it.
        values: One for each objective, perhaps not finite or missing.
        configuration: Parameters in natural units.
        duration_s: Seconds, perhaps negative or missing.
        intermediate_values: By step, perhaps not finite.
        constraints: At most 0 each, where they are met.
    """

    number: int
    state: TrialState
    values: tuple[float | None, ...]
    configuration: Configuration
    duration_s: float | None = None
    intermediate_values: Mapping[int, float | None] = NO_STEPS
    constraints: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What is known of a task besides its name.

    Attributes:
        kind: What is predicted, or None.
        meta_features: Its description, or None.
        content_hash: Of the described table, or None.
        task_id: Of a task that the service stores already, or None.
    """

    kind: TaskKind | None = None
    meta_features: MetaFeatures | None = None
    content_hash: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class TaskHint:
    """What a source says about a study's task.

    Attributes:
        name: The dataset's, within the source; equal names are the same task.
        kind: What is predicted, or None where the source doesn't say.
        task_id: Of a Warmtune service that the study was warm-started by, or None.
        facts: What the study itself says of its task, or None.
    """

    name: str
    kind: TaskKind | None = None
    task_id: str | None = None
    facts: TaskFacts | None = None


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What a sender says of the studies of one file of a folder.

    Attributes:
        metric: Name of what the trials' value is, or None.
        direction: Which way it is better, or None.
        kind: Of the tasks, or None.
        objective: Of studies with several: which to take, or None for all.
        is_of_all: The names of those of these fields that were said of the folder as a whole: what a file itself says
            counts more.
    """

    metric: str | None = None
    direction: Direction | None = None
    kind: TaskKind | None = None
    objective: int | None = None
    is_of_all: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    """What was adjusted, left out or refused, and how many trials it concerns (None: the study as a whole)."""

    text: str
    n_trials: int | None = None


@dataclass(frozen=True, slots=True)
class ForeignStudy:
    """A tuning run as its source describes it.

    Attributes:
        name: For people.
        identity: What distinguishes it from every other study of such sources, however often it is read, also once it
            has grown: the base of its identifier.
        task: Of which dataset.
        metrics: One for each objective; None where the source has no name for it.
        directions: One for each objective; None where the source doesn't say.
        distributions: Every distribution that trials gave a parameter; empty where a source knows values only.
        space: The search space, for a source that holds all of it; None otherwise.
        trials: In the source's order.
        metadata: Notes that are stored with the study.
        notes: What reading it has changed, in words.
        reported_as: The service's study that its trials were reported to already, or None.
        file: Of a folder: where it was read from; empty otherwise.
        said: What the sender says of that file, in place of what holds for the whole; None if there is only one.
        unread: Trials that the source has and that are not among `trials`, since they can't be read, by reason.
    """

    name: str
    identity: str
    task: TaskHint
    metrics: tuple[str | None, ...]
    directions: tuple[Direction | None, ...]
    trials: Sequence[ForeignTrial]
    distributions: Mapping[str, tuple[BaseDistribution, ...]] = field(default_factory=dict)
    space: SearchSpace | None = None
    metadata: Mapping[str, ParameterValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    reported_as: str | None = None
    file: str = ""
    said: FileOptions | None = None
    unread: tuple[Note, ...] = ()

    @property
    def n_trials(self) -> int:
        """Of the source, those that can't be read included."""
        return len(self.trials) + sum(note.n_trials or 0 for note in self.unread)


def shown_name(file: str, name: str) -> str:
    """What a study is called in a report: by its file, and its own name where that says more."""
    is_said = not file or PurePosixPath(file).stem == name
    return (file or name) if is_said else f"{file}: {name}"


@dataclass(frozen=True, slots=True)
class RefusedStudy:
    """A study that can't be taken, and why."""

    name: str
    reason: str
    n_trials: int


@dataclass(frozen=True, slots=True)
class ForeignHistory:
    """All that one source holds.

    Attributes:
        source: Which importer has read it, e.g. ``optuna-sqlite``.
        version: What wrote it, in words.
        studies: Those that could be read.
        refused: Those that couldn't.
        tasks: What the source knows of tasks, by name.
        notes: On the source as a whole: guessed columns, ignored tables.
    """

    source: str
    version: str
    studies: tuple[ForeignStudy, ...]
    refused: tuple[RefusedStudy, ...] = ()
    tasks: Mapping[str, TaskFacts] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConvertedStudy:
    """A study that can be stored: every trial is one of its search space.

    Attributes:
        name: For people.
        identity: See `ForeignStudy`.
        task: Name of its task, and what is known of it; the kind is always there.
        task_name: The task's name.
        space: The search space.
        metric: As Warmtune names it.
        direction: Which way is better.
        further: The objectives after the first, which `metric` and `direction` are of.
        file: See `ForeignStudy`.
        marks: By which its runs are found in whatever format; see `knowledge.importers.run_content.marks_of`.
        rows: Its trials by number; all are valid in the space.
        metadata: Notes that are stored with the study.
        adjusted: What was changed on the way.
        left_out: Trials that can't be taken, and why.
        reported_as: See `ForeignStudy`.
    """

    name: str
    identity: str
    task: TaskFacts
    task_name: str
    space: SearchSpace
    metric: str
    direction: Direction
    rows: tuple[Row, ...]
    metadata: Mapping[str, ParameterValue]
    adjusted: tuple[Note, ...]
    left_out: tuple[Note, ...]
    reported_as: str | None = None
    further: tuple[Objective, ...] = ()
    marks: tuple[int, ...] = ()
    file: str = ""
