"""What a foreign study is about, in Warmtune's terms: metric, direction, kind of task, objective."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from knowledge.importers.metric_names import kind_by_metric, read_metric
from knowledge.importers.options import ImportOptions
from knowledge.importers.values import ForeignStudy, TaskFacts
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction, check_metric, resolve_direction
from warmtune.vocabulary.task import MAX_NAME_LENGTH, check_name

UNNAMED_METRIC = "objective"
ALL_TASKS = "*"
"""In place of a task's name: what is known of all that are not named."""


@dataclass(frozen=True, slots=True)
class TuningProblem:
    """What is tuned and how it is judged.

    Attributes:
        task_name: Of the dataset.
        task: What is known of it; the kind is there.
        objective: Which of the study's objectives is taken.
        metric: As Warmtune names it.
        direction: Which way is better, after `is_negated`.
        is_negated: Whether values change their sign.
        notes: What was guessed or renamed.
    """

    task_name: str
    task: TaskFacts
    objective: int
    metric: str
    direction: Direction
    is_negated: bool
    notes: tuple[str, ...]


def subject_of(study: ForeignStudy, options: ImportOptions, known: Mapping[str, TaskFacts]) -> TuningProblem:
    """What a study is about.

    Args:
        study: As its source describes it.
        options: What its sender says; it wins over names that are guessed, but contradicts no fact.
        known: What the source knows of tasks.

    Raises:
        InvalidInputError: If something that is needed is not known, or contradicts itself.
    """
    objective = _objective(study, options)
    metric, is_negated, notes = _metric(study, objective, options)
    direction = _direction(study, objective, metric, is_negated=is_negated, asked=options.direction)
    task_name = _task_name(study, options)
    facts = options.tasks.get(task_name) or known.get(task_name) or options.tasks.get(ALL_TASKS) or TaskFacts()
    kind = facts.kind or study.task.kind
    if kind is None:
        by_metric = kind_by_metric(metric)
        kind = options.kind
        if by_metric is not None and (kind is None or kind.is_classification is not by_metric.is_classification):
            kind = by_metric
            notes = (*notes, f"kind of task: {kind}, since its metric is {metric}")
    if kind is None:
        raise InvalidInputError(
            f"metric {metric!r} doesn't determine the kind of task; pass binary, multiclass or regression",
            field="kind",
        )
    check_metric(metric, kind)
    task = replace(facts, kind=kind, task_id=facts.task_id or study.task.task_id)
    return TuningProblem(task_name, task, objective, metric, direction, is_negated, notes)


def _objective(study: ForeignStudy, options: ImportOptions) -> int:
    count = len(study.directions)
    if count == 0:
        raise InvalidInputError("the study has no direction", field="direction")
    if count == 1:
        return 0
    if options.objective is None:
        names = ", ".join(f"{i}: {metric or 'unnamed'}" for i, metric in enumerate(study.metrics))
        raise InvalidInputError(
            f"the study has {count} objectives ({names}); Warmtune learns from one: pass its number", field="objective"
        )
    if not 0 <= options.objective < count:
        raise InvalidInputError(
            f"the study has {count} objectives", field="objective", value=options.objective, limit=f"0 to {count - 1}"
        )
    return options.objective


def _metric(study: ForeignStudy, objective: int, options: ImportOptions) -> tuple[str, bool, tuple[str, ...]]:
    """The name of the metric, whether values are upside down, and what was guessed."""
    given = study.metrics[objective] if objective < len(study.metrics) else None
    if options.metric is not None and options.metric != given:
        reading = None if given is None else read_metric(given)
        is_meant = reading is not None and reading.is_known and reading.metric == options.metric
        return check_name(options.metric, field="metric"), is_meant and reading is not None and reading.is_negated, ()
    if given is None:
        return UNNAMED_METRIC, False, (f"the metric has no name in the source, it is called {UNNAMED_METRIC!r}",)
    reading = read_metric(given)
    name = check_name(reading.metric[:MAX_NAME_LENGTH], field="metric")
    if reading.is_negated:
        return name, True, (f"metric {given!r} is read as {name}, with the sign of its values changed",)
    return name, False, (f"metric {given!r} is read as {name}",) if name != given else ()


def _direction(
    study: ForeignStudy, objective: int, metric: str, *, is_negated: bool, asked: Direction | None
) -> Direction:
    given = study.directions[objective]
    if given is not None and is_negated:
        given = Direction.MINIMIZE if given is Direction.MAXIMIZE else Direction.MAXIMIZE
    if given is not None and asked is not None and given is not asked:
        raise InvalidInputError(
            f"the source has {given}, but {asked} was passed", field="direction", value=str(asked), limit=str(given)
        )
    return resolve_direction(metric, given or asked)


def _task_name(study: ForeignStudy, options: ImportOptions) -> str:
    """The dataset's name: the attribute that the sender names, else what the source says."""
    name = study.task.name
    if options.task_by is not None:
        named = study.metadata.get(options.task_by)
        if named is None:
            raise InvalidInputError(
                f"the study has no attribute {options.task_by!r} that names its dataset",
                field="task_by",
                value=options.task_by,
            )
        name = str(named)
    return check_name(name[:MAX_NAME_LENGTH], field="task")
