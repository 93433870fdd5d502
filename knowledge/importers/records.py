"""Flat records of runs, as all sources but Optuna have them, made into studies: grouped, judged by one metric."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.importers.options import ImportOptions
from knowledge.importers.space_inference import inferred_by_study, key_of
from knowledge.importers.values import ForeignHistory, ForeignStudy, ForeignTrial, RefusedStudy, TaskFacts, TaskHint
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.exported_note import EXPORTED_FROM
from warmtune.vocabulary.metric_readings import read_metric
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import TrialState


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run.

    Attributes:
        study: Which study it is of.
        state: What became of it.
        parameters: Values as the source has them; what is None or NaN wasn't set.
        metrics: By the source's names, perhaps not finite.
        identity: What distinguishes the run from others of its source, so that a source that has grown is known again.
        number: Within the study, where the source has one.
        task: The dataset's name, where the source has one.
        duration_s: Seconds.
        steps: By metric: values by step.
        budget: How much it was evaluated with (epochs, rows, ...); less than its study's largest is no whole trial.
        metadata: Of the study, as far as this run knows.
        metric: What the study calls its value, where the source says so in each row.
        direction: Of that metric, likewise.
        constraints: At most 0 each, where they are met.
    """

    study: str
    state: TrialState
    parameters: Mapping[str, object]
    metrics: Mapping[str, float | None]
    identity: str = ""
    number: int | None = None
    task: str | None = None
    duration_s: float | None = None
    steps: Mapping[str, Mapping[int, float | None]] = field(default_factory=dict)
    budget: float | None = None
    metadata: Mapping[str, ParameterValue] = field(default_factory=dict)
    metric: str | None = None
    direction: Direction | None = None
    constraints: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a source says besides its records.

    Attributes:
        source: Which importer has read it.
        version: What wrote it, in words.
        notes: What reading has guessed.
        refused: Studies that could not be read.
        direction: Of all its metrics, if the source states it.
        space: The search space, if the source states it.
        tasks: What it knows of tasks.
        has_unique_runs: Whether the identity of a run distinguishes it from those of all other sources. Where runs
            are merely numbered, what the first one tried and gave is a part of what their study is identified by.
    """

    source: str
    version: str
    notes: tuple[str, ...] = ()
    refused: tuple[RefusedStudy, ...] = ()
    direction: Direction | None = None
    space: SearchSpace | None = None
    tasks: Mapping[str, TaskFacts] = field(default_factory=dict)
    has_unique_runs: bool = True


def history_of(records: Sequence[RunRecord], options: ImportOptions, facts: SourceFacts) -> ForeignHistory:
    """Studies of records, in the order in which they first occur.

    Raises:
        InvalidInputError: If there is no record, or nothing says which metric is meant.
        LimitExceededError: On too many records.
    """
    if not records:
        raise InvalidInputError("the source has no run", field="file")
    if len(records) > options.limits.max_trials:
        raise LimitExceededError(
            f"the source has {len(records):,} runs, {options.limits.max_trials:,} can be imported at once",
            field="file",
            value=len(records),
            limit=options.limits.max_trials,
        )
    groups: dict[str, list[RunRecord]] = defaultdict(list)
    for record in records:
        if options.wants(record.study):
            groups[record.study].append(record)
    wanted = [record for group in groups.values() for record in group]
    metric = chosen_metric(wanted, options)
    space = options.search_space or facts.space
    spaces, notes = inferred_by_study({name: [r.parameters for r in group] for name, group in groups.items()}, space)
    studies, refused = [], list(facts.refused)
    for name, group in groups.items():
        if why := _contradiction(group):
            refused.append(RefusedStudy(name, why, len(group)))
            continue
        inferred = spaces[name]
        parameters = {key for record in group for key in record.parameters}
        first = group[0]
        studies.append(
            ForeignStudy(
                name=name,
                identity=f"{facts.source.split('-')[0]}|{name}|{_identity(first, facts)}",
                task=TaskHint(first.task or name),
                metrics=(first.metric or metric,),
                directions=(first.direction or facts.direction,),
                trials=_trials(group, metric, inferred.read),
                distributions={
                    key: (distribution,) for key, distribution in inferred.distributions.items() if key in parameters
                },
                space=space,
                metadata={key: value for key, value in first.metadata.items() if key != EXPORTED_FROM},
                reported_as=_text(first.metadata.get(EXPORTED_FROM)),
            )
        )
    notes = (*facts.notes, f"the value of a trial is its metric {metric!r}", *notes)
    if n_partial := sum(_is_partial(record, largest) for group, largest in _with_budgets(groups) for record in group):
        notes = (*notes, f"{n_partial} trials had less than the largest budget of their study: they count as pruned")
    return ForeignHistory(facts.source, facts.version, tuple(studies), tuple(refused), facts.tasks, notes)


def _contradiction(group: Sequence[RunRecord]) -> str:
    """What its runs contradict each other in, as a reason to refuse a study; empty if they don't."""
    metrics = sorted({record.metric for record in group if record.metric})
    directions = sorted({record.direction.value for record in group if record.direction})
    for what, found in (("metrics", metrics), ("directions", directions)):
        if len(found) > 1:
            return f"its trials have different {what} ({', '.join(found[:5])}): make them separate studies"
    return ""


def _trials(
    group: Sequence[RunRecord], metric: str, read: Mapping[str, Mapping[object, ParameterValue]]
) -> list[ForeignTrial]:
    """Trials under the numbers that the source gives, where all are different, else in its order."""
    largest = _largest_budget(group)
    numbers = [record.number for record in group]
    are_own = None not in numbers and len(set(numbers)) == len(numbers)
    trials = []
    for place, record in enumerate(group):
        configuration = {}
        for key, value in record.parameters.items():
            if key in read and (found := read[key].get(key_of(value), _ABSENT)) is not _ABSENT:
                configuration[key] = found
        trials.append(
            ForeignTrial(
                number=record.number if are_own and record.number is not None else place,
                state=TrialState.PRUNED if _is_partial(record, largest) else record.state,
                values=(record.metrics.get(metric),),
                configuration=configuration,  # type: ignore[arg-type]  # absent ones are left out
                duration_s=record.duration_s,
                intermediate_values=record.steps.get(metric, {}),
                constraints=record.constraints,
            )
        )
    return trials


def _identity(first: RunRecord, facts: SourceFacts) -> str:
    if facts.has_unique_runs:
        return first.identity
    gave = dict(first.metrics) if first.state is TrialState.COMPLETE else {}
    text = json.dumps([dict(first.parameters), gave], sort_keys=True, default=str)
    return f"{first.identity}|{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _with_budgets(groups: Mapping[str, Sequence[RunRecord]]) -> list[tuple[Sequence[RunRecord], float | None]]:
    return [(group, _largest_budget(group)) for group in groups.values()]


def _largest_budget(group: Sequence[RunRecord]) -> float | None:
    return max((record.budget for record in group if record.budget is not None), default=None)


def _is_partial(record: RunRecord, largest: float | None) -> bool:
    """Whether a complete run had less than the largest budget: its value can't be compared with the others'."""
    if largest is None or record.budget is None or record.state is not TrialState.COMPLETE:
        return False
    return record.budget < largest


_ABSENT = object()


def chosen_metric(records: Sequence[RunRecord], options: ImportOptions) -> str:
    """The metric that trials are judged by: the one that is asked for, the only one, or the only known one.

    Raises:
        InvalidInputError: If nothing tells, naming those that there are.
    """
    counts = Counter(name for record in records for name, value in record.metrics.items() if value is not None)
    if not counts:
        raise InvalidInputError("no run has a metric", field="metric")
    if len(counts) == 1:
        return next(iter(counts))
    listed = ", ".join(name for name, _ in counts.most_common(12))
    if options.metric is not None:
        if options.metric in counts:
            return options.metric
        meant = [name for name in counts if read_metric(name).metric == options.metric]
        if len(meant) == 1:
            return meant[0]
    if options.metric is not None and "metric" not in options.is_of_all:
        raise InvalidInputError(
            f"{len(meant) or 'no'} metric{'s' * (len(meant) > 1)} of the source correspond{'s' * (len(meant) < 2)} to "
            f"{options.metric!r}; it has {listed}",
            field="metric",
            value=options.metric,
            limit=listed,
        )
    known = [name for name in counts if read_metric(name).is_known and not _is_of_training(name)]
    if len(known) == 1:
        return known[0]
    raise InvalidInputError(
        f"the source has several metrics ({listed}); pass the name of one", field="metric", limit=listed
    )


def _is_of_training(name: str) -> bool:
    return "train" in name.lower().replace("-", "_").replace("/", "_").split("_")
