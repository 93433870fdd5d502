"""What a foreign study is about, in Warmtune's terms: metric, direction, kind of task, objective."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge.importers.objectives import TakenObjective, taken_objectives
from knowledge.importers.options import ImportOptions
from knowledge.importers.values import ForeignStudy, TaskFacts
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metric_readings import kind_by_metric
from warmtune.vocabulary.metrics import check_metric
from warmtune.vocabulary.task import MAX_NAME_LENGTH, TaskKind, check_name

ALL_TASKS = "*"
"""In place of a task's name: what is known of all that are not named."""


@dataclass(frozen=True, slots=True)
class TuningProblem:
    """What is tuned and how it is judged.

    Attributes:
        task_name: Of the dataset.
        task: What is known of it; the kind is there.
        objectives: Those of the study's objectives that are taken, at least one.
        notes: What was guessed or renamed.
    """

    task_name: str
    task: TaskFacts
    objectives: tuple[TakenObjective, ...]
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
    objectives, notes = taken_objectives(study, options)
    task_name = _task_name(study, options)
    facts = options.tasks.get(task_name) or study.task.facts or known.get(task_name)
    facts = facts or options.tasks.get(ALL_TASKS) or TaskFacts()
    kind = facts.kind or study.task.kind
    if kind is None:
        kind, said = _kind([one.metric for one in objectives], options.kind)
        notes = (*notes, *said)
    for one in objectives:
        check_metric(one.metric, kind)
    task = replace(facts, kind=kind, task_id=facts.task_id or study.task.task_id)
    return TuningProblem(task_name, task, objectives, notes)


def _kind(metrics: Sequence[str], asked: TaskKind | None) -> tuple[TaskKind, tuple[str, ...]]:
    """The kind of the first metric that determines one, unless the sender says one that the metric can have, too."""
    found = next(((metric, kind) for metric in metrics if (kind := kind_by_metric(metric)) is not None), None)
    if found is not None:
        metric, kind = found
        if asked is None or asked.is_classification is not kind.is_classification:
            return kind, (f"kind of task: {kind}, since its metric is {metric}",)
    if asked is None:
        raise InvalidInputError(
            f"metric {metrics[0]!r} doesn't determine the kind of task; pass `kind` (--kind binary, multiclass or "
            "regression) or the usual name of the metric as `metric` (--metric)",
            field="kind",
        )
    return asked, ()


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
